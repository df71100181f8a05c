#!/bin/sh
# An installed copy serves: C and C++ programs are built through pkg-config,
# shared and static, and run; so is every program in README.md and the guide,
# which prints the ```output that stands behind it.
. "$(dirname "$0")/lib.sh"
scratch
command -v "${PKG_CONFIG:=pkg-config}" > /dev/null || skip "no pkg-config"

# What the caller's make was told is not for this one.
unset MAKEFLAGS MFLAGS MAKELEVEL
"${MAKE:-make}" install DESTDIR="$tmp/root" > "$tmp/said" 2>&1 || {
	cat "$tmp/said"
	exit 1
}
lib=$tmp/root${libdir:?is set by make check}
man=$tmp/root${mandir:?}/man3
export PKG_CONFIG_LIBDIR="$lib/pkgconfig"
export PKG_CONFIG_SYSROOT_DIR="$tmp/root"
export LD_LIBRARY_PATH="$lib${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}"

# serves WHAT SOURCE LINKAGE COMPILER...: SOURCE becomes a program that ends
# well; LINKAGE is --shared or --static.
serves() {
	label="$1, $3"
	program=$2
	linkage=$3
	shift 3
	[ "$linkage" = --shared ] || set -- "$@" -static
	# shellcheck disable=SC2046,SC2086 # they are words
	"$@" -Wall -Wextra -Werror ${SANITIZER_FLAGS-} "$program" \
		-o "$tmp/program" $("$PKG_CONFIG" "$linkage" --cflags --libs \
			libfuture) > "$tmp/said" 2>&1 || {
		complain "$label: does not build:" "$(cat "$tmp/said")"
		return
	}
	timeout 60 "$tmp/program" > "$tmp/said" 2> "$tmp/errors" ||
		complain "$label: ended with $?:" \
			"$(cat "$tmp/said" "$tmp/errors")"
	[ ! -f "${program%.c}.output" ] ||
		diff "${program%.c}.output" "$tmp/said" > "$tmp/differs" ||
		complain "$label: prints something else:" "$(cat "$tmp/differs")"
}

# everywhere WHAT SOURCE COMPILER...: serves, in each linkage that there is.
everywhere() {
	what=$1
	source=$2
	shift 2
	[ ! -f "$lib/libfuture.so" ] ||
		serves "$what" "$source" --shared "$@"
	# No sanitizer can be linked with -static.
	[ ! -f "$lib/libfuture.a" ] || [ -n "${SANITIZER_FLAGS-}" ] ||
		serves "$what" "$source" --static "$@"
}

version=$("$PKG_CONFIG" --modversion libfuture) ||
	complain "pkg-config does not know libfuture"
cat > "$tmp/tiny.c" <<EOF
#include <future.h>
#include <string.h>

static future_result_t square(void *number)
{
	return future_ok_int((intptr_t)number * (intptr_t)number);
}

int main(void)
{
	FUTURE_AUTO future_t *f = future_submit(NULL, square, (void *)7);

	return future_result_int(future_get(f)) != 49 ||
		strcmp(future_version(), "$version") != 0 ||
		strcmp(FUTURE_VERSION, "$version") != 0;
}
EOF
# shellcheck disable=SC2086 # they are words
everywhere "a tiny program" "$tmp/tiny.c" ${CC:-cc} -std=c11
if command -v "${CXX:=g++}" > /dev/null; then
	# shellcheck disable=SC2086
	everywhere "tests/cxx.cc" "$root/tests/cxx.cc" $CXX -std=c++11
else
	echo "no C++ compiler: tests/cxx.cc was not built"
fi

# What is for people knows where it is.
docs=$(find "$tmp/root" -name queue.bt)
grep -q "^usdt:$libdir/libfuture.so.0:" "$docs" ||
	complain "queue.bt looks for the library elsewhere"
[ -x "$(find "$tmp/root" -path '*/libfuture/trace2svg')" ] ||
	complain "trace2svg is not installed"

# Each function has a page of its name.
if [ -d "$root/doc/man" ] && [ -f "$lib/libfuture.so" ]; then
	for name in $(${NM:-nm} -D --defined-only "$lib/libfuture.so" |
		awk '$3 ~ /^future_/ { print $3 }'); do
		[ -f "$man/$name.3" ] ||
			complain "man $name would find nothing"
	done
fi

# examples PAGE: each fenced piece of C becomes $tmp/NAME-NUMBER.c if it has a
# main(), with what it is to print in NAME-NUMBER.output; $tmp/NAME-NUMBER.part
# if it is only to be compiled.
examples() {
	awk -v stem="$tmp/$(basename "$1" .md)" '
		/^```(c|output)$/ && !inside {
			inside = substr($0, 4)
			text = ""
			next
		}
		/^```/ && inside {
			if (inside == "output")
				file = stem "-" count ".output"
			else if (text ~ /int main/)
				file = stem "-" ++count ".c"
			else
				file = stem "-" ++count ".part"
			printf "%s", text > file
			close(file)
			inside = ""
		}
		inside { text = text $0 "\n" }' "$1"
}

linkage=--shared
[ -f "$lib/libfuture.so" ] || linkage=--static
for page in README.md doc/guide.md; do
	[ -f "$root/$page" ] || {
		complain "there is no $page"
		continue
	}
	examples "$root/$page"
	count=0
	for example in "$tmp/$(basename "$page" .md)"-*.c; do
		[ -f "$example" ] || continue
		count=$((count + 1))
		# shellcheck disable=SC2086
		if [ "$page" = README.md ]; then
			everywhere "$page, ${example##*/}" "$example" \
				${CC:-cc} -std=c11
		else
			serves "$page, ${example##*/}" "$example" $linkage \
				${CC:-cc} -std=c11
		fi
	done
	[ $count -gt 0 ] || complain "$page has no example with a main()"
	for part in "$tmp/$(basename "$page" .md)"-*.part; do
		[ -f "$part" ] || continue
		# shellcheck disable=SC2046,SC2086
		${CC:-cc} -std=c11 -Wall -Wextra -Werror -Wno-unused-function \
			-fsyntax-only -include future.h \
			$("$PKG_CONFIG" --cflags libfuture) -x c "$part" \
			> "$tmp/said" 2>&1 ||
			complain "$page, ${part##*/}:" "$(cat "$tmp/said")"
	done
done
exit $failed
