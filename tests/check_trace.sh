#!/bin/sh
# Traces of whole programs: each event of the file is as it should be, the
# picture made from it is well-formed.  The samples have pools, lanes, loops,
# sims, timers, groups and waits of each kind.
. "$(dirname "$0")/lib.sh"

[ -x samples/four_models ] || skip "samples/four_models was not built"
scratch
${CC:-cc} -std=gnu11 -O1 -Wall -Wextra -Werror "$root/tests/lint_trace.c" \
	-o "$tmp/lint" || exit 99

# counted PHASE: how many events of it the last lint has seen.
counted() {
	sed -n "s/^$1 //p" "$tmp/counts"
}

lint() {
	"$tmp/lint" "$tmp/trace" > "$tmp/counts" 2> "$tmp/said" ||
		complain "$1: $(cat "$tmp/said")"
}

draw() {
	"$root/scripts/trace2svg" "$@" > "$tmp/svg" 2> "$tmp/said" ||
		complain "trace2svg: $(cat "$tmp/said")"
	if command -v xmllint > /dev/null; then
		complain "$(xmllint --noout "$tmp/svg" 2>&1)"
	else
		[ "$(tail -n 1 "$tmp/svg")" = "</svg>" ] ||
			complain "no end of the picture of $*"
	fi
}

# The pictures of all four models; the first two have no pool.
samples/four_models -n 4 -d 20 --trace "$tmp/trace" > "$tmp/out" 2>&1 ||
	complain "four_models: $(cat "$tmp/out")"
lint four_models
[ "$(grep -c '"ph":"B".*"cat":"task"' "$tmp/trace")" = 12 ] ||
	complain "not 4 downloads, 4 more and 4 checks"
[ "$(counted t)" = 12 ] || complain "not an arrow to each of them"
draw "$tmp/trace"
[ "$(grep -c '<rect class="task".*<title>' "$tmp/svg")" = 12 ] ||
	complain "the picture has not all of them"
draw "$tmp/trace" 1000 2000
samples/four_models --trace "$tmp/no/where" > "$tmp/out" 2>&1 &&
	complain "four_models succeeds without its file"
grep -q "no/where: No such file" "$tmp/out" ||
	complain "four_models does not say why: $(cat "$tmp/out")"

# Whatever the environment asks for.
for sample in actor as_completed event_loop fanout in_poll merge_sort \
	philosophers processes producers pubsub race_condition resource saga sim_bug; do
	rm -f "$tmp/trace"
	# Whether they do as they should is for their own tests to say.
	FUTURE_TRACE=$tmp/trace samples/$sample > "$tmp/out" 2>&1 < /dev/null
	lint $sample
	[ "$(counted B)" -gt 0 ] || complain "$sample: a trace of nothing"
done
FUTURE_TRACE=$tmp/no/where samples/fanout > "$tmp/out" 2> "$tmp/said"
[ "$(head -n 1 "$tmp/said")" = "libfuture: FUTURE_TRACE: $tmp/no/where: \
No such file or directory" ] ||
	complain "FUTURE_TRACE of no file: $(cat "$tmp/said")"
draw "$tmp/trace"
for what in solid dashed; do
	grep -q ">[^<]*$what" "$tmp/svg" || complain "no legend for $what lines"
done

# A trace that is not complete is drawn as far as it goes, which is said.
cut="trace2svg: the trace is cut off: its program was killed, or still runs"
sed '$d' "$tmp/trace" > "$tmp/short"
"$root/scripts/trace2svg" "$tmp/short" > "$tmp/svg" 2> "$tmp/said" ||
	complain "trace2svg draws nothing of what there is"
[ "$(cat "$tmp/said")" = "$cut" ] || complain "cut off: $(cat "$tmp/said")"
: > "$tmp/trace"
"$root/scripts/trace2svg" "$tmp/trace" > "$tmp/svg" 2> "$tmp/said" &&
	complain "trace2svg draws an empty file"
[ "$(cat "$tmp/said")" = "$cut" ] || complain "empty: $(cat "$tmp/said")"
exit $failed
