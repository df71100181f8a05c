#!/bin/sh
# samples/fanout: four services at once take as long as the slowest, a failure
# is known at once, and one that hangs leaves a part of the answer.
. "$(dirname "$0")/lib.sh"

program=samples/fanout
[ -x $program ] || skip "$program was not built"
scratch

# It measures time: a machine that is busy may be late, but not each time.
for try in 1 2 3 4 5 6 7 8 9 10; do
	$program > "$tmp/out" 2>&1 && break
	[ $try -lt 10 ] || complain "$(cat "$tmp/out")"
done
sed 's/[0-9.]* ms, /T, /; s/cancelled: .*/cancelled: E/' "$tmp/out" |
	diff - /dev/fd/3 3<<-'END' || complain "not what was expected"
	all answer: T, one after the other 650 ms: success
	one fails: T, 2 cancelled: E
	one hangs: T, 3 answers of 4
	END
exit $failed
