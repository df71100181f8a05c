#!/bin/sh
# samples/in_poll: each number is answered, on the thread of the main loop.
. "$(dirname "$0")/lib.sh"

program=samples/in_poll
[ -x $program ] || skip "$program was not built"
scratch

cat > "$tmp/wanted" <<'END'
1000: 168 primes
100: 25 primes
10: 4 primes
3 answers, and the clock ticked
END
printf '10\n100\n1000\n' | timeout 100 $program | sort -r -n > "$tmp/out" ||
	complain "it failed"
diff "$tmp/wanted" "$tmp/out" || complain "something else"
: | timeout 100 $program > "$tmp/out" || complain "it failed without a question"
grep -q '^0 answers, ' "$tmp/out" || complain "$(cat "$tmp/out")"
exit $failed
