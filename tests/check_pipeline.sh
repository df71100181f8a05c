#!/bin/sh
# samples/pipeline: each line of a log once, in order, as JSON or put aside;
# interrupted and resumed; back-pressure, bounded memory; what fails ends it.
. "$(dirname "$0")/lib.sh"

program=samples/pipeline
[ -x $program ] || skip "$program was not built: no jansson"
scratch

# With a sanitizer it takes ten times as long, and memory is the sanitizer's.
lines=20000 sanitized=
if grep -q '__[at]san_init' $program samples/.libs/pipeline 2> /dev/null; then
	lines=3000 sanitized=yes
fi

# pipeline WANTED ARGUMENT...: to $tmp/out and $tmp/said; ends with WANTED.
pipeline() {
	wanted=$1
	shift
	timeout 60 $program "$@" > "$tmp/out" 2> "$tmp/said"
	status=$?
	[ $status = "$wanted" ] ||
		complain "$*: status $status:" "$(head "$tmp/said")"
}

# says PATTERN: in one line, and that is all.
says() {
	[ "$(wc -l < "$tmp/said") $(grep -c "$1" "$tmp/said")" = '1 1' ] ||
		complain "not \"$1\" but:" "$(head "$tmp/said")"
}

# same FILE FILE WHAT
same() {
	cmp "$1" "$2" || complain "$3"
}

pipeline 0 --generate "$lines" --broken 100
mv "$tmp/out" "$tmp/log"
pipeline 0 --generate "$lines" --broken 100 --output "$tmp/again"
same "$tmp/log" "$tmp/again" 'the log is not always the same'

# One worker makes what several do, whatever the sizes and where it comes from.
pipeline 3 -q -w 1 -e "$tmp/errors" "$tmp/log"
[ ! -s "$tmp/said" ] || complain "not quiet: $(cat "$tmp/said")"
mv "$tmp/out" "$tmp/json"
compare() {
	same "$tmp/json" "$tmp/out" "another output: $*"
	same "$tmp/errors" "$tmp/errors.2" "other errors: $*"
}
for options in '-w 3' '-w 4 -b 1 -d 1' '-w 2 -b 7 -d 2' '-b 100000'; do
	# shellcheck disable=SC2086 # they are several
	pipeline 3 -q $options -e "$tmp/errors.2" - < "$tmp/log"
	compare "$options"
done
pipeline 3 -q -o "$tmp/file" "$tmp/log"
mv "$tmp/file" "$tmp/out"
mv "$tmp/said" "$tmp/errors.2"
compare 'with other files'

# What another program makes of it.
if command -v python3 > /dev/null; then
	cat > "$tmp/convert.py" <<'END'
import json, re, sys
from datetime import datetime
form = re.compile(rb'([^ ]+) [^ ]+ ((?:(?! \[).)+) \[([^]]*)\] '
    rb'"((?:[^"\\]|\\.)*)" (\d{3}) (\d{1,18}|-) '
    rb'"((?:[^"\\]|\\.)*)" "((?:[^"\\]|\\.)*)"')

def convert(line):
    host, user, time, request, status, size, referer, agent = [
        None if field == b'-' else field.decode()
        for field in form.fullmatch(line).groups()]
    time = datetime.strptime(time, '%d/%b/%Y:%H:%M:%S %z')
    object = {'host': host, 'user': user, 'time': time.isoformat()}
    words = (request or '').split(' ')
    if len(words) == 3 and all(words):
        object.update(zip(('method', 'path', 'protocol'), words))
    else:
        object['request'] = request
    object.update(status=int(status), bytes=size and int(size),
        referer=referer, agent=agent)
    return list(object.items())

wanted, errors = [], []
with open(sys.argv[1], 'rb') as log:
    for number, line in enumerate(log.read().split(b'\n')[:-1], 1):
        try:
            wanted.append(convert(line))
        except (AttributeError, ValueError):
            errors.append(number)
with open(sys.argv[2], encoding='utf-8') as file:
    found = [list(json.loads(line).items()) for line in file]
with open(sys.argv[3], 'rb') as file:
    put_aside = [int(line.split(b':')[0]) for line in file]
assert len(errors) > 10 and len(wanted) > 1000
for one, other in zip(wanted, found):
    assert one == other, (one, other)
assert len(wanted) == len(found), (len(wanted), len(found))
assert errors == put_aside, set(errors) ^ set(put_aside)
END
	complain "$(python3 "$tmp/convert.py" "$tmp/log" "$tmp/json" \
		"$tmp/errors" 2>&1 | tail -n 1)"
	# A pipe that takes what it has room for.
	timeout 60 python3 -c 'import os, sys; os.set_blocking(1, False)
os.execv(sys.argv[1], sys.argv[1:])' $program -q -e "$tmp/errors.2" \
		"$tmp/log" | cat > "$tmp/out"
	compare 'a pipe that does not block'
else
	echo 'no python3: the objects were compared with nothing,' \
		'no write was short'
fi

# The edges: no line, a last one without its end, lines that are too long.
pipeline 0 -q /dev/null
[ ! -s "$tmp/out" ] || complain 'something of nothing'
record='h - - [01/Oct/2025:00:00:00 +0200] "G / H" 200 1 "-" "'
as() { head -c "$1" /dev/zero | tr '\0' a; }
long=$((65536 - ${#record} - 2))	# with a quote and an end, as it may be
{
	printf '%s%s"\n' "$record" "$(as $long)"
	printf '%s%s"\n' "$record" "$(as $((long + 1)))"
	as 300000
	printf '\n%s"' "$record"
} > "$tmp/long"
pipeline 3 -q "$tmp/long"
[ "$(wc -l < "$tmp/out")" = 2 ] || complain 'long lines: not two objects'
sed 's/\(: too long: .\).*\.\.\.$/\1/' "$tmp/said" > "$tmp/short"
printf '2: too long: h\n3: too long: a\n' | cmp - "$tmp/short" ||
	complain 'long lines:' "$(cut -c 1-100 "$tmp/said")"

# Interrupted at many points, by either signal, and resumed: nothing is lost,
# nothing is there twice.
mkfifo "$tmp/fifo" "$tmp/fifo.2"
from=0:1 rounds=0 signal=TERM
: > "$tmp/out"
: > "$tmp/errors.2"
while :; do
	[ $signal = TERM ] && signal=INT || signal=TERM
	timeout --foreground 60 $program -q -w 2 -d 1 -b 5 --from="$from" \
		-e "$tmp/part" "$tmp/log" > "$tmp/fifo" 2> "$tmp/said" &
	pid=$!
	{
		head -c $((rounds * 7919 % 150000 + 1))
		kill -$signal $pid 2> /dev/null
		cat
	} < "$tmp/fifo" >> "$tmp/out"
	wait $pid
	status=$?
	cat "$tmp/part" >> "$tmp/errors.2"
	rm "$tmp/part"
	case $signal$status in
	INT130 | TERM143) ;;
	*) break ;;
	esac
	from=$(sed -n 's/^pipeline: interrupted; go on with --from=//p' \
		"$tmp/said")
	rounds=$((rounds + 1))
done
[ $status = 3 ] || [ $status = 0 ] ||
	complain "interrupted: status $status" "$(cat "$tmp/said")"
compare "interrupted $rounds times"
[ $rounds -ge 3 ] || complain "only $rounds interruptions"

# With FILEs the same is: they are appended to, and no line is cut in two.
head -n 100 "$tmp/log" | wc -c > "$tmp/count"
head -n 100 "$tmp/log" | timeout 60 $program -q -o "$tmp/file" \
	-e "$tmp/file.2" -
pipeline 3 -q --from="$(tr -d ' ' < "$tmp/count"):101" -o "$tmp/file" \
	-e "$tmp/file.2" "$tmp/log"
same "$tmp/json" "$tmp/file" 'not appended to'
same "$tmp/errors" "$tmp/file.2" 'errors: not appended to'
pipeline 1 --from=7 "$tmp/log"
says 'no line begins at byte 7'
pipeline 1 --from=99999999999 "$tmp/log"
says 'no line begins at byte 99999999999'

# Nobody reads on: it waits where it is, says so, and with a bound on what it
# holds.  All is there in the end.
timeout 60 $program -p -w 2 -d 2 -b 10 -e "$tmp/errors.2" "$tmp/log" \
	> "$tmp/fifo" 2> "$tmp/fifo.2" &
exec 8< "$tmp/fifo" 9< "$tmp/fifo.2"
read -r line <&9
cat <&8 > "$tmp/out"
cat <&9 > "$tmp/said"
wait $!
[ $? = 3 ] || complain 'slow: it failed'
exec 8<&- 9<&-
compare 'slow reader'
echo "$line" | grep -q ' MB read, .*; texts 2 of 2, batches 2 of 2$' ||
	complain "progress: $line"
complain "$(awk '
	/^(texts|batches): room for 2; the sender waited/ {
		channels++
		if ($8 == 0) print "no sender waited"
	}
	/^worker/ { workers++; done += $3; busy += $6 }
	/^at most .* KiB of memory$/ { memory = $3 }
	END {
		if (channels != 2 || workers != 2 || done <= 0 || busy <= 0 ||
		    memory <= 0)
			print "statistics: " done " items, busy " busy
	}' "$tmp/said")"
grep -q "^$lines lines, $(wc -l < "$tmp/errors" | tr -d ' ') of them put" \
	"$tmp/said" || complain 'statistics:' "$(cat "$tmp/said")"

# The second interruption ends it, though nobody reads.
timeout --foreground 60 $program -q -d 1 -b 5 -e /dev/null "$tmp/log" \
	> "$tmp/fifo" 2> "$tmp/fifo.2" &
pid=$!
exec 8< "$tmp/fifo" 9< "$tmp/fifo.2"
head -c 10 <&8 > "$tmp/out"
kill -INT $pid
read -r line <&9
kill -INT $pid
wait $pid
[ $? = 130 ] || complain 'twice interrupted: it did not end so'
cat <&9 > "$tmp/said"
exec 8<&- 9<&-
echo "$line" | grep -q 'once more, and it ends at once' || complain "$line"
[ ! -s "$tmp/said" ] || complain 'twice interrupted: it went on'

# SIGUSR1 asks for progress; timeout would not pass it on.
# shellcheck disable=SC2016 # for the inner shell
timeout 60 sh -c 'echo $$ > "$0"; exec "$@"' "$tmp/pid" $program -q \
	"$tmp/fifo" > "$tmp/out" 2> "$tmp/fifo.2" &
pid=$!
exec 9< "$tmp/fifo.2" 8> "$tmp/fifo"
echo what >&8
read -r line <&9
[ "$line" = '1: no host: what' ] || complain "at once: $line"
kill -USR1 "$(cat "$tmp/pid")"
read -r line <&9
exec 8>&-
wait $pid
[ $? = 3 ] || complain 'asked: it failed'
exec 9<&-
echo "$line" | grep -q ' 1 lines written, 1 put aside' ||
	complain "asked: $line"

# What cannot be written ends it soon, also while there is nothing to read.
{
	{
		cat "$tmp/log"
		timeout 60 head -n 1 "$tmp/fifo"
	} | {
		timeout 60 $program -q -e /dev/null > "$tmp/fifo.2" 2> "$tmp/said"
		echo $? > "$tmp/status"
		exec < /dev/null
		: > "$tmp/fifo"
	}
} &
head -n 1 "$tmp/fifo.2" > "$tmp/out"
wait $!
head -n 1 "$tmp/json" | cmp - "$tmp/out" || complain 'a closed pipe'
[ "$(cat "$tmp/status")" = 1 ] || complain "a closed pipe: $(cat "$tmp/status")"
says '^pipeline: standard output: Broken pipe$'
if [ -c /dev/full ]; then
	pipeline 1 -q -e /dev/null -o /dev/full "$tmp/log"
	says '^pipeline: /dev/full: No space left on device$'
	pipeline 1 -q -e /dev/full -o /dev/null "$tmp/log"
	says '^pipeline: /dev/full: No space left on device$'
	pipeline 1 --generate=9 -o /dev/full
	says '^pipeline: /dev/full: No space left on device$'
else
	echo 'no /dev/full: a full disk was not tried'
fi
pipeline 1 -q "$tmp"
says "^pipeline: $tmp: Is a directory\$"
pipeline 1 -q <&-
says '^pipeline: standard input: Bad file descriptor$'
pipeline 1 "$tmp/none"
says 'none: No such file or directory$'
cp "$tmp/log" "$tmp/again"
pipeline 1 "$tmp/again" -o "$tmp/again"
says 'again: this is the input$'
same "$tmp/log" "$tmp/again" 'the log is gone'

for wrong in '-w 0' '-w x' '-b 0' '-d 99999' '--from=1:' '--from=-1' \
	'--from=1x' 'one two' '--generate=5 log' '--broken=0' \
	'--broken=2' '--broken=2 log' '--batch=1k'; do
	# shellcheck disable=SC2086 # they are several
	pipeline 2 $wrong
	says '^pipeline: .*'
done
pipeline 2 --nonsense
pipeline 0 --help
grep -q '^Usage: pipeline ' "$tmp/out" || complain 'no help'

# Ten times as much takes no more memory than full channels do.
memory() {
	timeout 60 $program --generate "$1" | timeout 60 $program \
		-o /dev/null 2>&1 | sed -n 's/^at most \(.*\) KiB of memory$/\1/p'
}
if [ -n "$sanitized" ]; then
	echo 'a sanitizer: the memory was not measured'
else
	little=$(memory 50000)
	much=$(memory 500000)
	[ "$much" -le $((little + 8192)) ] ||
		complain "$little KiB for 8 MB, $much KiB for 80 MB"
fi
exit $failed
