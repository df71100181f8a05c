#!/bin/sh
# samples/inspect: on SIGQUIT it says who waits for what, on SIGTERM it ends;
# an error that nobody looked at has the line that made it.
. "$(dirname "$0")/lib.sh"

program=samples/inspect
[ -x $program ] || skip "$program was not built"
scratch

mkfifo "$tmp/ready" || exit 99
timeout 60 $program > "$tmp/ready" 2> "$tmp/said" &
timer=$!
read -r _ _ pid < "$tmp/ready"
for _ in 1 2; do
	lines=$(wc -l < "$tmp/said")
	kill -QUIT "$pid"
	# It ends with the lines about futures.
	while [ "$(tail -n +$((lines + 1)) "$tmp/said" |
		grep -c '(.*inspect.c:[0-9]*): 1 pending')" = 0 ]; do
		kill -0 "$pid" 2> /dev/null || break
	done
done
kill -TERM "$pid"
wait $timer || complain "status $?"

# says WHAT: an extended regular expression for a line.
says() {
	grep -qxE "$1" "$tmp/said" || complain "not said: $1"
}

line=$(grep -n 'future_submit(future_inline(), fail' \
	"$root/samples/inspect.c" | cut -d: -f1)
says "lost: error -1 of .*inspect\.c:$line"
says 'pool "work": 0 queued \(peak [0-9]+\), 1 running, .*'
says '  work-[0-2] sleeps in "ask" \(.*:[0-9]+\), begun [0-9]+\.[0-9]{3} s ago, waits for a future'
says '  2 idle'
says '  work-[0-2], in "ask" .*, waits for "answer" \(.*inspect\.c:[0-9]+\)'
says 'EDEADLK, [0-9.]+ s ago, the first of these was told:'
says '  work-[0-2], in "first" .*, waits for "second" .*, which ran on .*'
says '  work-[0-2], in "second" .*, waits for "first" .*, which ran on .*'
says '  1 of "answer" \(.*\): 1 pending, 0 running, 0 settled; .* s'
[ "$failed" = 0 ] || cat "$tmp/said"
exit $failed
