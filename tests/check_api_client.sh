#!/bin/sh
# samples/api_client: every batch comes though one call in five fails, and no
# call is made before its time.  What fails is drawn from a seed: so there are as
# many calls each time.
. "$(dirname "$0")/lib.sh"

program=samples/api_client
[ -x $program ] || skip "$program was not built"
scratch

$program > "$tmp/out" 2> "$tmp/err" || complain "status $?: $(cat "$tmp/err")"
[ "$(head -n 1 "$tmp/out")" = \
	"101 calls, 21 retries, 21 failures, 80 of 80 batches" ] ||
	complain "$(cat "$tmp/out")"
tail -n 1 "$tmp/out" | grep -q ' of 50, 0 too early$' ||
	complain "$(cat "$tmp/out")"
[ "$(tail -n 1 "$tmp/err")" = "80 of 80" ] || complain "$(cat "$tmp/err")"
exit $failed
