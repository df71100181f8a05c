#!/bin/sh
# samples/processes: tasks in processes of their own, in order; those that crash,
# hang or leave fail alone, and more of them than there are processes.
. "$(dirname "$0")/lib.sh"

program=samples/processes
[ -x $program ] || skip "$program was not built"
scratch

timeout 60 $program > "$tmp/out" 2>&1 || complain "status $?:"
fibs='6765 10946 17711 28657, and 4 times'
grep -qx 'primes below 1000000: .*: 78498, in shared memory 78498' \
	"$tmp/out" || complain "no primes"
grep -qx "some crash: $fibs error -11, .*" "$tmp/out" || complain "no crash"
grep -qx "some hang: $fibs error [0-9]*, .*" "$tmp/out" || complain "no hang"
grep -qx "some leave: $fibs error [0-9]*, .*" "$tmp/out" || complain "no leave"
[ "$failed" = 0 ] || complain "$(cat "$tmp/out")"
exit $failed
