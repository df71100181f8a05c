#!/bin/sh
# An installed copy serves: C and C++ programs are built through pkg-config,
# shared and static, and run; so is every program in README.md.
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
	timeout 60 "$tmp/program" > "$tmp/said" 2>&1 ||
		complain "$label: ended with $?:" "$(cat "$tmp/said")"
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

# Each function has a page of its name.
if [ -d "$root/doc/man" ] && [ -f "$lib/libfuture.so" ]; then
	for name in $(${NM:-nm} -D --defined-only "$lib/libfuture.so" |
		awk '$3 ~ /^future_/ { print $3 }'); do
		[ -f "$man/$name.3" ] ||
			complain "man $name would find nothing"
	done
fi

# Each fenced example with a main(): example-1.c, example-2.c ...
awk -v dir="$tmp" '
	/^```c$/ { inside = 1; text = ""; next }
	/^```/ && inside {
		if (text ~ /int main/) {
			file = dir "/example-" ++count ".c"
			printf "%s", text > file
			close(file)
		}
		inside = 0
	}
	inside { text = text $0 "\n" }' "$root/README.md" 2> /dev/null
if [ -f "$tmp/example-1.c" ]; then
	for example in "$tmp"/example-*.c; do
		# shellcheck disable=SC2086
		everywhere "README.md, ${example##*/}" "$example" ${CC:-cc} -std=c11
	done
elif [ -f "$root/README.md" ]; then
	complain "README.md has no example with a main()"
else
	[ $failed = 1 ] || skip "the copy serves, but there is no README.md"
fi
exit $failed
