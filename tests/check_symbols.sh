#!/bin/sh
# What the library shows a linker: future_ and nothing else; the archive, whose
# parts must see each other, also fut_.
. "$(dirname "$0")/lib.sh"

# defined OPTION FILE: the names that FILE defines and C can write.  With a dot
# in them they are the compiler's.
defined() {
	${NM:-nm} "$1" --defined-only "$2" | awk 'NF == 3 { print $3 }' |
		grep -x '[A-Za-z_][A-Za-z_0-9]*' | sort -u
}

# The functions that the public headers promise.
promised() {
	# shellcheck disable=SC2086 # they are words
	${CC:-cc} -E -P -I"$root/include" "$root/include/future.h" |
		awk 'BEGIN { RS = ";" }
			sub(/.*visibility/, "") &&
			match($0, /future_[a-z_0-9]*\(/) {
				print substr($0, RSTART, RLENGTH - 1)
			}'
}

shared=lib/.libs/libfuture.so
archive=lib/.libs/libfuture.a
[ -f $shared ] || [ -f $archive ] || skip "neither $shared nor $archive"
scratch

if [ -f $shared ]; then
	defined -D $shared > "$tmp/exported"
	promised | sort -u > "$tmp/promised"
	complain "$(comm -23 "$tmp/promised" "$tmp/exported" |
		sed "s|.*|$shared lacks &, which a header declares|")"
	complain "$(comm -13 "$tmp/promised" "$tmp/exported" |
		sed "s|.*|$shared exports &, which no header declares|")"
fi
if [ -f $archive ]; then
	complain "$(defined -g $archive | grep -v '^fut_\|^future_' |
		sed "s|.*|$archive defines &|")"
fi
exit $failed
