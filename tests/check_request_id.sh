#!/bin/sh
# samples/request_id: each line of a request has its id, whichever thread wrote
# it, and all of them are there, in order.
. "$(dirname "$0")/lib.sh"

program=samples/request_id
[ -x $program ] || skip "$program was not built"
scratch

for run in 1 2 3 4 5; do
	timeout 60 $program > "$tmp/all" 2>&1 || complain "run $run: status $?"
	for id in 1 2 3 4 5 6 7 8; do
		for step in 'web: parse' 'cpu: render' 'ledger: book' \
			'web: answer'; do
			echo "[$id] $step order 100$id"
		done > "$tmp/lines"
		grep "order 100$id\$" "$tmp/all" > "$tmp/of"
		complain "$(diff "$tmp/lines" "$tmp/of")"
	done
	[ "$(wc -l < "$tmp/all")" = 32 ] || complain "$(cat "$tmp/all")"
done
exit $failed
