#!/bin/sh
# samples/merge_sort: sorted on one, two and four threads, whatever the count.
. "$(dirname "$0")/lib.sh"

program=samples/merge_sort
[ -x $program ] || skip "$program was not built"
scratch

for count in 0 1 4096 4097 100003; do
	$program $count 7 > "$tmp/out" 2>&1 || complain "$count: status $?"
	[ "$(grep -c "^$count numbers on .* sorted$" "$tmp/out")" = 3 ] ||
		complain "$(cat "$tmp/out")"
done
exit $failed
