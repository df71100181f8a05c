#!/bin/sh
# samples/hybrid: every page is downloaded, digested in a process and saved, but
# the one on which the process crashes.
. "$(dirname "$0")/lib.sh"

program=samples/hybrid
[ -x $program ] || skip "$program was not built"
scratch

timeout 60 $program "$tmp/saved" > "$tmp/out" 2>&1 ||
	complain "status $?: $(cat "$tmp/out")"
grep -qx 'page 7: Segmentation fault' "$tmp/out" || complain "no crash"
grep -qx '15 of 16 pages saved' "$tmp/out" || complain "$(cat "$tmp/out")"
# Its place is left empty.
tr -d '\0' < "$tmp/saved" | awk '{ print $1 }' | tr '\n' ' ' > "$tmp/numbers"
[ "$(cat "$tmp/numbers")" = '0 1 2 3 4 5 6 8 9 10 11 12 13 14 15 ' ] ||
	complain "saved: $(cat "$tmp/numbers")"
exit $failed
