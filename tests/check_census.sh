#!/bin/sh
# samples/census: the answer that awk finds, and the same one, bit for bit, from
# any number of threads, processes and chunks; each line that is wrong is named;
# memory does not grow with the file; a process that dies is no hang.
. "$(dirname "$0")/lib.sh"

program=$PWD/samples/census
[ -x "$program" ] || skip "$program was not built"
root=$(cd "$root" && pwd)
scratch
cd "$tmp" || exit 99

# census ARGUMENT...: to out and err; its status is in $status.
census() {
	status=0
	timeout 120 "$program" "$@" > out 2> err || status=$?
}

# ends STATUS WHAT: so it has, and without a word where all is well.
ends() {
	[ "$status" = "$1" ] || complain "$2: ended with $status:" "$(cat err)"
	[ "$1" != 0 ] || [ ! -s err ] || complain "$2: it says:" "$(cat err)"
}

# A table alone, and with the three percentiles left out.
head='count,mean,min,p50 +-0.4%,p90 +-0.4%,p99 +-0.4%,max'
exact() {
	sed 's/^\(.*\),\([^,]*,[^,]*,[^,]*\),[^,]*,[^,]*,[^,]*,\([^,]*\)$/\1,\2,\3/'
}

# finds FILE: what awk finds in it, of columns "name" and "value", the second and
# the third; percentiles by rank, in the sorted values.
finds() {
	census -g name -v value --verify --chunk 1000 "$1"
	ends 0 "$1"
	tail -n +2 "$1" | sort -t , -k 2,2 -k 3,3n | awk -F , '
		FILENAME != "-" { told[$1] = $0; next }
		$2 != name { end() }
		{ name = $2; value[++count] = $3; sum += $3 }
		function rank(percent) {
			return value[int((count * percent + 99) / 100)]
		}
		function near(what, is, wanted, error) {
			if (is - wanted > error || wanted - is > error)
				print name ": " what " " is ", not " wanted
		}
		function size(x) { return x < 0 ? -x : x }
		function end(    is) {
			if (count > 0) {
				split(told[name], is, ",")
				near("count", is[2], count, 0)
				near("mean", is[3], sum / count, 0.000001)
				near("min", is[4], value[1], 0)
				near("p50", is[5], rank(50), size(rank(50)) / 256)
				near("p90", is[6], rank(90), size(rank(90)) / 256)
				near("p99", is[7], rank(99), size(rank(99)) / 256)
				near("max", is[8], value[count], 0)
				names++
			}
			count = sum = 0
		}
		END { end(); if (names != '"$2"') print names + 0 " names" }
	' out - > differs
	[ ! -s differs ] || complain "$1:" "$(cat differs)"
}

# What the files of this project are of: real, and none like the other.
{
	echo path,name,value
	(cd "$root" && wc -c lib/*.[ch] include/future/*.h samples/*.[ch] \
		tests/*.[ch] doc/*.md) |
		awk '$2 != "total" {
			name = $2
			sub("/[^/]*$", "", name)
			print $2 "," name "," $1
		}'
} > sizes.csv
finds sizes.csv 5

# Below 0, above and 0; nothing but 0; each power of ten.
awk 'BEGIN {
	print "number,name,value"
	for (i = 1; i <= 3000; i++)
		print i ",both," (i * 7919 % 20011 - 10000) / 8
	for (i = 1; i <= 300; i++)
		print i ",below,-" i
	for (i = 1; i <= 3; i++)
		print i ",nothing,0"
	for (i = 1; i < 1000000000; i *= 10)
		print i ",powers," i
}' > numbers.csv
finds numbers.csv 4

# Their sum is none of 64 bits, nor of a double.
{
	echo n
	awk 'BEGIN { for (; i < 11; i++) print "999999999999.999999" }'
	echo 999999999999.999987
} > large.csv
census -v n large.csv
ends 0 large
[ "$(sed -n 2p out | cut -d , -f 1-4,8)" = all,12,999999999999.999998,\
999999999999.999987,999999999999.999999 ] || complain "large: $(cat out)"

# RFC 4180: one row in each line here, and \n inside quotes.
printf '\357\273\277city,"the ""value"""\r\nx,1\r\n"x","2"\r\n"a,b",3\r\n' \
	> rfc.csv
printf '"say ""a""",4\n"two\nlines",5\n,6\n"",-7.50\n"x",+.5' >> rfc.csv
{
	echo "city,count,mean,min,max"
	printf '%s\n' ',2,-0.75,-7.5,6' '"a,b",1,3,3,3' '"say ""a""",1,4,4,4' \
		'"two' 'lines",1,5,5,5' 'x,3,1.166667,0.5,2'
} > wanted
for chunk in 1 2 3 5 7 1000; do
	for how in -t1 -t3 -p2; do
		census -g city -v 'the "value"' --verify --chunk $chunk $how \
			rfc.csv
		ends 0 "rfc.csv in $chunk $how"
		exact < out | diff wanted - || complain "rfc.csv in $chunk $how"
	done
done

# The same from everybody.
"$program" --generate 20000 > readings.csv || complain "nothing is generated"
census -g city -v temperature -t 1 readings.csv
ends 0 readings.csv
mv out one
[ "$(wc -l < one)" = 27 ] || complain "$(cat one)"
[ "$(head -n 1 one)" = "city,$head" ] || complain "$(head -n 1 one)"
grep -q '^"Las Vegas, ""Sin City""",[0-9]*,20\.' one || complain "no Las Vegas"
for how in -t1 -t2 -t3 -t7 -p1 -p2 -p3 -p7; do
	for chunk in 100 4096 100000; do
		census -g city -v temperature --verify $how --chunk $chunk \
			readings.csv
		ends 0 "readings.csv in $chunk $how"
		cmp one out || complain "readings.csv in $chunk $how"
	done
done
census -g city readings.csv
ends 0 'readings.csv, counted'
cut -d , -f 1 one > a
cut -d , -f 1 out > b
cmp a b || complain "$(cat out)"

# wrong LINE WHAT TEXT: one clear error, the same from everybody.
wrong() {
	printf '%b' "$3" > wrong.csv
	for how in '-t1' '-t3 --chunk 1' '-p2 --chunk 2' '-t2 --chunk 9'; do
		# shellcheck disable=SC2086 # they are words
		census -g a -v b $how wrong.csv
		ends 1 "$3"
		[ "$(cat err)" = "census: wrong.csv:$1: $2" ] ||
			complain "$3 $how: $(cat err)"
		[ ! -s out ] || complain "$3 $how: $(cat out)"
	done
}

quote='a quote that is never closed, or in a field that does not begin with one'
text='text behind the quote that closes a field'
wrong 4 "$quote" 'a,b\n"x\ny",1\nx"y,2\nx,3\n"y,4\n'
wrong 4 "$text" 'a,b\nx,1\ny,2\n"x"y,2\nx,"3" \n'
wrong 3 "$quote" 'a,b\nx,1\n"y,2\nx,3\n'
wrong 1 "$text" 'a,"b"c\nx,1\n'
wrong 1 'there is no column "b"' 'a,bb\nx,1\n'

# Of two that may be found at the same time, the first: the other is found later.
"$program" --generate 200000 |
	awk 'NR == 80000 || NR == 200000 { $0 = "1,\"x\"y" } { print }' > wrong.csv
half=$(($(wc -c < wrong.csv) / 2))
for how in -t1 -p2 -t2 -t2 -t2 -t2 -t2 -t2 -t2 -t2; do
	census -g city --chunk $half $how wrong.csv
	ends 1 "two wrong $how"
	[ "$(cat err)" = "census: wrong.csv:$(grep -n -m 1 x.y wrong.csv |
		cut -d : -f 1): $text" ] || complain "two wrong $how: $(cat err)"
done

# What is left out is counted; the rest is not lost.
printf 'a,b\nx,1\nx\nx,1,2\n\nx,\nx,1e3\nx,.\nx,1.1234567\n' > some.csv
printf 'x,1234567890123\nx,--1\nx, 1\nx,3\n' >> some.csv
cat > wanted <<'END'
census: some.csv:3: left out 3, of which this is the first: other columns than the header
census: some.csv:6: left out 1, of which this is the first: no value
census: some.csv:7: left out 6, of which this is the first: a value that is no number
END
for how in '-t1' '-t3 --chunk 1' '-p2 --chunk 2'; do
	# shellcheck disable=SC2086 # they are words
	census -g a -v b $how some.csv
	ends 3 "some.csv $how"
	diff wanted err || complain "some.csv $how"
	grep -q '^x,2,2,1,.*,3$' out || complain "some.csv $how: $(cat out)"
done

census -g city --max-groups 25 readings.csv
ends 1 'too many groups'
[ "$(cat err)" = 'census: more groups than --max-groups, 25' ] ||
	complain "$(cat err)"
census -g city --max-groups 26 readings.csv
ends 0 'as many groups as may be'
printf 'a,b\n' > none.csv
for how in -t2 -p2; do
	census -v b $how --verify none.csv
	ends 0 'no rows'
	[ "$(cat out)" = "rows,$head" ] || complain "no rows: $(cat out)"
done
: > empty.csv
mkfifo fifo.csv
for file in . /dev/null empty.csv nowhere.csv fifo.csv; do
	census $file
	ends 1 $file
	[ "$(grep -c "^census: $file: " err)" = 1 ] || complain "$(cat err)"
done
for line in '' 'a b' '-t0 a' '-t-1 a' '-p17 a' '--chunk=1k a' '--none a' \
	'--generate= ' '--generate=0' '--generate 2 sizes.csv' \
	'sizes.csv --generate 2' '--generate 2 --group=city' '--generate 2 -x'; do
	# shellcheck disable=SC2086 # they are words
	census $line
	ends 2 "census $line"
	grep -q '^census: ' err || complain "census $line: $(cat err)"
	[ ! -s out ] || complain "census $line: $(cat out)"
done
census --help
ends 0 --help

# No file may have more than 1 or 2 MB here, as the shell counts: the tables of
# so many groups do, and the processes die.
(
	# shellcheck disable=SC3045 # dash and bash have it
	ulimit -f 2048
	timeout 60 "$program" -g reading -v temperature -p 3 readings.csv 2>&1
	echo "status $?"
) | cat > out
grep -q '^census: process [123] of 3: File ' out ||
	grep -q '^census: File too large$' out || complain "$(cat out)"
grep -qx 'status 1' out || complain "a process dies: $(cat out)"

if [ -c /dev/full ]; then
	for line in '--generate 9' '-g city readings.csv'; do
		# shellcheck disable=SC2086 # they are words
		"$program" $line > /dev/full 2> err &&
			complain "$line: to a full disk"
		[ "$(cat err)" = 'census: standard output: No space left on device' ] ||
			complain "$line: $(cat err)"
	done
fi

census -g city -v temperature --bench -t 2 readings.csv
ends 0 --bench
[ "$(grep -c '^ [12] \(alone\|threads\|processes\)  .* [0-9.]* *[0-9.]*$' out)" \
	= 5 ] || complain "--bench: $(cat out)"

# A sanitizer keeps what it knows of the file's pages, too.
if [ -z "${SANITIZER_FLAGS:-}" ]; then
	"$program" --generate 2000000 > large.csv
	for how in -t1 -t2 -p2; do
		census -g city -v temperature --verbose $how large.csv
		[ "$(sed -n 's/.* at most \([0-9]*\) kB in memory/\1/p' err)" \
			-lt 25000 ] || complain "50 MB $how: $(cat err)"
	done
fi
exit $failed
