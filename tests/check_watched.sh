#!/bin/sh
# The cache of blocks hides nothing from a tool: a seeded use after free and a
# seeded leak are reported by AddressSanitizer and by valgrind, with the cache
# built in and without; and the same programs without the mistake are clean.
. "$(dirname "$0")/lib.sh"

# Under a sanitizer of its own the build says nothing about another one.
[ -z "${SANITIZER_FLAGS:-}" ] || skip "this build has a sanitizer already"

scratch
if [ -f config.h ]; then
	cp config.h "$tmp"
else
	echo '#define FUT_FUTEX 1' > "$tmp/config.h"
fi

root=$(cd "$root" && pwd)

# build NAME FLAGS...: the library's own sources, once, and the seeded programs.
build() {
	to=$tmp/$1
	shift
	mkdir "$to" || return
	(cd "$to" && ${CC:-cc} -std=c11 -g "$@" -I"$tmp" -I"$root/include" \
		-iquote "$root/lib" -pthread -c "$root"/lib/*.c \
		"$root"/tests/seeded_*.c) || return
	for seeded in uaf leak; do
		mv "$to/seeded_$seeded.o" "$to/$seeded.main" || return
	done
	for seeded in uaf leak; do
		${CC:-cc} "$@" "$to/$seeded.main" "$to"/*.o -pthread \
			-o "$to/$seeded" || return
	done
}

# expect TEXT COMMAND...: it fails and says so.
expect() {
	text=$1
	shift
	if "$@" > "$tmp/out" 2>&1; then
		complain "nothing reported: $*"
	elif ! grep -q "$text" "$tmp/out"; then
		complain "no '$text' in: $*"
		cat "$tmp/out"
	fi
}

# clean COMMAND...: it passes.
clean() {
	"$@" > "$tmp/out" 2>&1 || { complain "not clean: $*"; cat "$tmp/out"; }
}

tools=

if build asan -fsanitize=address 2> "$tmp/out"; then
	tools="$tools asan"
	expect heap-use-after-free "$tmp/asan/uaf"
	clean "$tmp/asan/uaf" right
	clean "$tmp/asan/leak" right
	if "$tmp/asan/leak" right 2>&1 | grep -q ptrace; then
		echo "not tried: LeakSanitizer cannot run here"
	else
		expect LeakSanitizer "$tmp/asan/leak"
	fi
fi

# shellcheck disable=SC2317 # it is called, by expect and clean
memcheck() {
	valgrind -q --error-exitcode=9 --leak-check=full \
		--errors-for-leak-kinds=definite "$@"
}

if command -v valgrind > /dev/null && build plain && clean memcheck true; then
	tools="$tools valgrind"
	build nocache -DFUT_NO_CACHE
	for cache in plain nocache; do
		expect "Invalid read" memcheck "$tmp/$cache/uaf"
		expect "definitely lost" memcheck "$tmp/$cache/leak"
		clean memcheck "$tmp/$cache/uaf" right
		clean memcheck "$tmp/$cache/leak" right
	done
fi

[ -n "$tools" ] || skip "neither AddressSanitizer nor valgrind"
echo "watched by$tools"
exit $failed
