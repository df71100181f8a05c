#!/bin/sh
# The samples show what they claim: each fails by itself if that does not hold;
# here what they print is looked at, too.
. "$(dirname "$0")/lib.sh"
scratch

# shows SAMPLE [ARGUMENT...]: it ends well, and prints to $tmp/out.
shows() {
	sample=$1
	shift
	timeout 60 "samples/$sample" "$@" > "$tmp/out" 2>&1 ||
		complain "$sample $*: ended with $?:" "$(cat "$tmp/out")"
}

# says PATTERN...: each is a whole line of that.
says() {
	for pattern in "$@"; do
		grep -qx "$pattern" "$tmp/out" || complain \
			"$sample does not say \"$pattern\":" "$(cat "$tmp/out")"
	done
}

# fails ARGUMENT...: it does not end well, and complains.
fails() {
	if timeout 60 "samples/$sample" "$@" > "$tmp/out" 2> "$tmp/err"; then
		complain "$sample $*: ended well:" "$(cat "$tmp/out")"
	fi
	[ -s "$tmp/err" ] || complain "$sample $*: fails without a word"
}

for sample in philosophers producers race_condition resource; do
	[ -x samples/$sample ] || skip "samples/$sample was not built"
done

shows race_condition
says 'no lock, both read first *2 *1 *1' \
	'mutex *400000 *400000 *0' 'recursive mutex *400000 *400000 *0' \
	'semaphore of 2: at most 2 of 4 tasks inside at once' \
	'event: 0 of 3 waiters passed before it was set, 3 after'

# 87 blocks, the last of which is not full.
awk 'BEGIN { for (i = 0; i < 12700; i++) print "line " i % 10 }' \
	> "$tmp/lines"
shows producers "$tmp/lines"
says '87 blocks: 0 lost, 0 twice; 88900 bytes, 12700 lines' \
	'the producers waited [1-9][0-9]* times, .* ms in all' \
	'at most 8 blocks in flight, in a channel of 8'
echo one > "$tmp/one"
shows producers "$tmp/one"
says '1 blocks: 0 lost, 0 twice; 4 bytes, 1 lines' \
	'the producers waited 0 times, 0.000 ms in all'
fails "$tmp/none"

shows philosophers
says 'five threads, in an order: 100 of 100 meals, success' \
	'two threads, asynchronously: 100 of 100 meals, success' \
	'  Plato holds fork 0, waits for fork 1, which Hypatia holds: ETIMEDOUT' \
	'  Avicenna holds fork 4, waits for fork 0, which Plato holds: ETIMEDOUT'

shows resource "$tmp/lines"
says 'success *opened 1, closed 1: success' \
	'the use fails *opened 1, closed 1: Bad message' \
	'it cannot be opened *opened 0, closed 0: No such file or directory' \
	'cancelled while in use *opened 1, closed 1: cancelled' \
	'close_finally was not called: the file is open still' \
	'destroy_arg, pool cancelled *opened 1, closed 1: .* been closed'
fails "$tmp/none"
exit $failed
