#!/bin/sh
# The shared library stays when it is closed: its workers, the ends of threads
# and forks run its code until the process ends.
. "$(dirname "$0")/lib.sh"

shared=lib/.libs/libfuture.so
[ -f $shared ] || skip "no $shared"
scratch

if command -v readelf > /dev/null; then
	readelf -d $shared | grep -q 'FLAGS_1.*NODELETE' ||
		complain "$shared is not linked with -z nodelete"
fi
# shellcheck disable=SC2086 # they are words
${CC:-cc} -std=c11 -D_GNU_SOURCE -g ${SANITIZER_FLAGS:-} -I"$root/include" \
	-pthread -o "$tmp/dlclose" "$root/tests/dlclose.c" -ldl || exit 99
# What the default pool holds at exit is nobody's leak.
ASAN_OPTIONS=detect_leaks=0:${ASAN_OPTIONS:-} "$tmp/dlclose" \
	"$PWD/$shared" || complain "it failed: status $?"
exit $failed
