#!/bin/sh
# samples/as_completed: every job is reported once, failures are told apart,
# and the exit status says whether there were any.
. "$(dirname "$0")/lib.sh"

program=samples/as_completed
[ -x $program ] || skip "$program was not built"
scratch

# says STATUS LINES ARGUMENT...: the lines, in any order.
says() {
	want=$1 lines=$2
	shift 2
	$program "$@" > "$tmp/out" 2> "$tmp/err"
	got=$?
	[ $got = "$want" ] || complain "status $got, not $want: $*"
	printf '%b' "$lines" | sort > "$tmp/lines"
	sort "$tmp/out" | diff "$tmp/lines" - || complain "output of: $*"
	[ ! -s "$tmp/err" ] || complain "$(cat "$tmp/err")"
}

invalid=$(LC_ALL=C.UTF-8 $program nonsense | sed -n 's/.*nonsense: //p')
[ -n "$invalid" ] || complain "nothing is said of a failure"
says 1 "below 400000: 33860 primes\nbelow 100: 25 primes\nbelow nonsense: \
$invalid\nbelow 50000: 5133 primes\nbelow 2000: 303 primes\n1 of 5 failed\n"
says 0 "below 3: 1 primes\nbelow 3: 1 primes\n0 of 2 failed\n" 3 3
$program 1 1000001 > "$tmp/out" && complain "what is out of range succeeds"
[ "$(tail -n 1 "$tmp/out")" = "2 of 2 failed" ] || complain "$(cat "$tmp/out")"
# The last comes first: it is long done when the first one is.
[ "$($program 900000 10 | head -n 1)" = "below 10: 4 primes" ] ||
	[ "$(nproc)" = 1 ] || complain "not in the order of completion"
exit $failed
