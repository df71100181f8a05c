#!/bin/sh
# samples/event_loop: every request is answered, and who computes on the loop
# stalls it for as long as that takes, at least.
. "$(dirname "$0")/lib.sh"

program=samples/event_loop
[ -x $program ] || skip "$program was not built"
scratch

timeout 100 $program 5 > "$tmp/out" || complain "it failed: $(cat "$tmp/out")"
awk '
	/^a checksum takes [0-9.]+ ms$/ { said++ }
	/^(the loop|a pool) +10 +[0-9.]+ ms +[0-9.]+ ms$/ { said += 10 }
	/^the loop/ && $4 > 0 { said += 100 }
	END { exit said != 121 }' "$tmp/out" || complain "$(cat "$tmp/out")"
exit $failed
