#!/bin/sh
# samples/sim_bug: the sim finds the bug in a few runs, the same each time, the
# seed repeats it, and what is mended is right in all orders.
. "$(dirname "$0")/lib.sh"

program=samples/sim_bug
[ -x $program ] || skip "$program was not built"
scratch

cat > "$tmp/lines" <<'END'
in a sim: stale in run 3, seed 0x800000000000000c
that seed again: stale
mended: right in all 10 orders
END
for runs in 10 100; do
	$program $runs > "$tmp/out" || complain "it failed"
	head -n 1 "$tmp/out" |
		grep -qx "on a pool: [0-9]* of $runs runs stale" ||
		complain "$(head -n 1 "$tmp/out")"
	tail -n +2 "$tmp/out" | diff "$tmp/lines" - || complain "another run"
done
exit $failed
