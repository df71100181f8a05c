#!/bin/sh
# samples/symptoms: the runs of the guide, and what their pictures show.
. "$(dirname "$0")/lib.sh"

program=samples/symptoms
[ -x $program ] || skip "$program was not built"
scratch

# run NAME: its picture is $tmp/NAME.svg.
run() {
	FUTURE_TRACE=$tmp/$1.json timeout 60 $program "$1" \
		> "$tmp/out" 2>&1 || complain "$1: status $?"
	[ "$(cat "$tmp/out")" = "$1: done" ] || complain "$(cat "$tmp/out")"
	"$root/scripts/trace2svg" "$tmp/$1.json" > "$tmp/$1.svg" ||
		complain "$1: no picture"
}

# shows NAME COUNT TASK: so many of them, by their titles.
shows() {
	count=$(grep -c "<rect class=\"task\".*<title>$3" "$tmp/$1.svg")
	[ "$count" = "$2" ] || complain "$1: $count of $3, not $2"
}

for name in healthy stall deadlock; do
	run $name
	shows $name 6 fetch
	shows $name 6 parse
done
shows healthy 0 read
shows stall 2 read
shows deadlock 1 first
shows deadlock 1 second
grep -q '<rect class="wait"' "$tmp/deadlock.svg" || complain "nobody waits"
# The one that waits has its name in it.
grep -Eq 'class="in">(first|second)<' "$tmp/deadlock.svg" ||
	complain "who waits has no name"
[ "$($program sick 2>&1)" = "sick: Invalid argument" ] ||
	complain "an unknown run: $($program sick 2>&1)"
for name in healthy stall deadlock; do
	[ -s "$root/doc/$name.svg" ] || complain "there is no doc/$name.svg"
done
exit $failed
