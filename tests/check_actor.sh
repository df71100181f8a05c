#!/bin/sh
# samples/actor: each order has its answer, and no money is lost, on any number
# of threads: the default pool has as many as the process may use CPUs.
. "$(dirname "$0")/lib.sh"

program=samples/actor
[ -x $program ] || skip "$program was not built"
scratch

# adds_up COMMAND...: it ends well, and says so.
adds_up() {
	timeout 60 "$@" > "$tmp/out" 2>&1 || complain "$*: status $?"
	grep -qx "4000 answers to 4000 orders, [1-9][0-9]* moved; of 200000 in \
all 200000 are left" "$tmp/out" || complain "$*: $(cat "$tmp/out")"
}

for _ in 1 2 3 4 5 6 7 8 9 10; do
	adds_up $program
done
! taskset -c 0 true 2> /dev/null || adds_up taskset -c 0 $program
exit $failed
