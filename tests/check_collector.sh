#!/bin/sh
# samples/collector: three ways get the same data, what fails is told apart and
# holds up nobody; links are followed as far as they may be.
. "$(dirname "$0")/lib.sh"

program=samples/collector
[ -x $program ] || skip "$program was not built: no libcurl"
scratch
mkfifo "$tmp/leash" "$tmp/port" "$tmp/words" || exit 99
collector=$program fails=tests/collector_fails
no_memory='Cannot allocate memory'
export no_proxy=127.0.0.1 http_proxy=http://127.0.0.1:1

# collect WANTED ARGUMENT...: its status, its data and its words in $tmp.
collect() {
	wanted=$1
	shift
	# shellcheck disable=SC2086 # they may be words
	timeout 100 $program "$@" > "$tmp/out" 2> "$tmp/err"
	got=$?
	[ $got -eq "$wanted" ] || complain "$* ended with $got, not $wanted:" \
		"$(cat "$tmp/err")"
}

# says LINE...: each was a whole line of what it said.
says() {
	for line in "$@"; do
		grep -qx -- "$line" "$tmp/err" || complain "no \"$line\" in:" \
			"$(cat "$tmp/err")"
	done
}

# serve OPTION...: $url is a server that lives until `unserve`, with no more
# than $descriptors if that is set.
serve() {
	(
		# shellcheck disable=SC3045 # dash and bash have it
		[ -z "${descriptors:-}" ] || ulimit -n "$descriptors"
		exec samples/serve "$@"
	) < "$tmp/leash" > "$tmp/port" &
	server=$!
	exec 9> "$tmp/leash"
	read -r port < "$tmp/port" || exit 99
	url=http://127.0.0.1:$port
}

# The next one has the same pipes: so it is waited for.
unserve() {
	exec 9>&-
	wait
}

# One in five fails, by lot: the same number each time.
for way in sequential pool loop; do
	collect 1 --way=$way --count=60 --delay=1 --fail-one-in=5
	[ "$(wc -l < "$tmp/out")" -eq 48 ] || complain "$way: $(cat "$tmp/out")"
	[ "$(grep -c ': status 503$' "$tmp/err")" -eq 12 ] ||
		complain "$way: not 12 failures: $(cat "$tmp/err")"
	[ "$(grep -c "^$way: .* of 60 done$" "$tmp/err")" -eq 10 ] ||
		complain "$way: not ten words of progress: $(cat "$tmp/err")"
	says "$way: 6 of 60 done" "$way: 60 of 60 done" \
		'failed: 0 timeout, 12 status, 0 connection' \
		'success rate: 80.0 % (48 of 60)'
done

# What fails says why; the data is the same, in the same order.
serve --body-size=1000 --delay=1
for way in sequential pool loop; do
	collect 1 --way=$way --timeout=700 "$url/1" "$url/silent" "$url/2" \
		"$url/missing" "$url/truncated" "$url/garbage" \
		http://127.0.0.1:1/ "$url/3"
	says "$url/silent: timeout" "$url/missing: status 404" \
		"$url/truncated: connection: Transferred a partial file" \
		"http://127.0.0.1:1/: connection: Could.* connect to server" \
		'failed: 1 timeout, 1 status, 3 connection' \
		'success rate: 37.5 % (3 of 8)'
	grep -q "^$url/garbage: connection: " "$tmp/err" ||
		complain "garbage is data: $(cat "$tmp/err")"
	cut -f 1-4 "$tmp/out" > "$tmp/$way"
done
[ "$(cut -f 1-3 "$tmp/loop")" = "$(printf '%s\t200\t1000\n' "$url/1" \
	"$url/2" "$url/3")" ] || complain "$(cat "$tmp/loop")"
[ "$(cut -f 4 "$tmp/loop" | sort -u | wc -l)" -eq 3 ] ||
	complain "checksums: $(cat "$tmp/loop")"
cmp "$tmp/sequential" "$tmp/loop" || complain "sequential is not loop"
cmp "$tmp/pool" "$tmp/loop" || complain "pool is not loop"

# A redirect is followed, to http and https, but not for ever; a part that
# nobody asked for is not the whole.
for way in sequential pool loop; do
	collect 1 --way=$way "$url/moved?/2" "$url/partial" "$url/moved" \
		"$url/moved?ftp://127.0.0.1:1/" "$url/moved?/missing"
	says "$url/partial: status 206" "$url/moved?/missing: status 404" \
		"$url/moved: connection: .* redirects .*" \
		"$url/moved?ftp://.*: it has moved to neither http nor https" \
		'success rate: 20.0 % (1 of 5)'
	sed -n '2s|/2|/moved?/2|p' "$tmp/loop" > "$tmp/wanted"
	cut -f 1-4 "$tmp/out" | diff "$tmp/wanted" - || complain "$way: moved"
done

# Three time out: at once, but one after another if that was asked for.
for way in pool loop sequential; do
	collect 1 --way=$way --timeout=700 --count=6 "$url/silent" "$url/1"
	says 'failed: 3 timeout, 0 status, 0 connection'
	seconds=$(sed -n "s/^$way: \([0-9]*\)\.[0-9]* s, .*/\1/p" "$tmp/err")
	case $way in
	sequential) [ "$seconds" -ge 2 ] ;;
	*) [ "$seconds" -lt 2 ] ;;
	esac || complain "$(cat "$tmp/err")"
done
unserve

# Progress is told while it runs: here it ends only when it has been.
for way in sequential pool loop; do
	serve --delay=0
	timeout 100 $program --way=$way --timeout=1000000 "$url/1" \
		"$url/silent" > "$tmp/out" 2> "$tmp/words" 9>&- &
	exec 8< "$tmp/words"
	read -r line <&8
	exec 9>&-
	cat <&8 > "$tmp/err"
	unserve
	[ "$line" = "$way: 1 of 2 done" ] || complain "$way says: $line"
	says "$way: 2 of 2 done" 'failed: 0 timeout, 0 status, 1 connection'
done

# No more at once than there may be.
collect 0 --way=loop --count=300 --delay=1500
says '.*, at most 300 at once, .*'
collect 0 --way=loop --count=30 --delay=20 --at-once=7
says '.*, at most 7 at once, .*'
collect 0 --way=pool --count=30 --delay=20 --workers=5
says '.*, at most 5 at once, .*'
(
	# shellcheck disable=SC3045 # dash and bash have it
	ulimit -n 64
	collect 0 --way=loop --count=100 --delay=20
	says 'collector: 64 descriptors at most: 32 at once' \
		'.*, at most 32 at once, .*' 'success rate: 100.0 % (100 of 100)'
	collect 0 --way=pool --count=100 --delay=20
	says 'collector: 64 descriptors at most: 10 at once' \
		'.*, at most 10 at once, .*' 'success rate: 100.0 % (100 of 100)'
	collect 0 --way=pool --count=30 --delay=20 --workers=9
	! grep descriptors "$tmp/err" || complain '9 workers are too many'
	exit $failed
) || failed=1

# Nor at the server: one too many is closed, and costs it no time.
descriptors=20
serve
collect 1 --way=loop --timeout=1000 --count=40 "$url/silent"
# shellcheck disable=SC2046 # they are words
set -- $(sed -n 's/^failed: \([0-9]*\) timeout, 0 status, \([0-9]*\) .*/\1 \2/p' \
	"$tmp/err")
if [ "$1" -lt 10 ] || [ "$1" -gt 16 ] || [ "$2" -ne $((40 - $1)) ]; then
	complain "a server with $descriptors descriptors: $(cat "$tmp/err")"
fi
awk '{ exit $14 + $15 > 30 }' "/proc/$server/stat" ||
	complain "it spins: $(cat "/proc/$server/stat")"
collect 0 "$url/1"
unserve
descriptors=

# Without memory for what should hang on a request, that one has failed.
for way in sequential pool loop; do
	for call in 1 7 12; do
		program="env FAIL_HANG=future_handle_on:$call $fails"
		collect 1 --way=$way --count=12 --at-once=4 --delay=1
		says "http.*: connection: $no_memory" \
			'success rate: 91.7 % (11 of 12)'
	done
done
program=$collector

collect 0 --table --count=20 --delay=20 --workers=5
awk 'NR == 1 { next }
	NR == 2 { right = $0 ~ /wall s +requests\/s +at once +peak MiB/ }
	NR > 2 { right += $2 > 0 && $5 > 1 && $6 > 0 && $8 == "100.0"
		rows = rows $1 " " $4 ";" }
	END { exit right != 4 || rows != "sequential 1;pool 5;loop 20;" }' \
	"$tmp/out" || complain "the table: $(cat "$tmp/out")"
collect 0 --table --way=loop --count=20 --delay=0
[ "$(wc -l < "$tmp/out")" -eq 3 ] || complain "one way: $(cat "$tmp/out")"

serve --fail-one-in=1
collect 1 --table --count=3 "$url/1"
if [ -c /dev/full ]; then
	$program --table --way=loop --count=3 --delay=0 > /dev/full \
		2> "$tmp/err" && complain 'a table to a full disk'
	says 'collector: output: No space left on device'
fi
unserve

for url in "file://$PWD/config.h" ftp://127.0.0.1:1/ 127.0.0.1:1 /1 http:// \
	mailto:nobody@elsewhere.invalid; do
	for options in --way=sequential --way=loop --table --scrape; do
		collect 2 $options http://127.0.0.1:1/ "$url"
		[ ! -s "$tmp/out" ] || complain "$url: $(cat "$tmp/out")"
		[ "$(cat "$tmp/err")" = "collector: '$url' is not a URL of \
http:// or https://" ] || complain "$url: $(cat "$tmp/err")"
	done
done
collect 2 --scrape --table
collect 2 --way=none
says "collector: 'none' is not sequential, pool, loop or all"
collect 2 --count=many
says "collector: -n: 'many' is not a number from 1 to 1000000"
collect 2 -n 0
says "collector: -n: '0' is not a number from 1 to 1000000"
collect 2 --unheard-of
collect 0 --help

# pages DEPTH LAST: each once, in this order.
pages() {
	awk -v depth="$1" -v last="$2" 'BEGIN {
		level = 0
		for (page = 1; page <= last; page++) {
			while (page >= 2 ^ (level + 1)) level++
			print level "\t200\t/pages/" page "\tPage " page
		}
	}' > "$tmp/wanted"
	sed 's|http://127.0.0.1:[0-9]*||' "$tmp/out" |
		diff "$tmp/wanted" - || complain "depth $1 is another"
}

if $program --scrape --depth=0 2>&1 | grep -q 'built without libxml2'; then
	echo 'not scraped: no libxml2'
	exit $failed
fi
collect 0 --scrape --depth=0
pages 0 1
collect 0 --scrape --depth=3 --pages=100 --delay=20
pages 3 15
says 'depth 3: 8 of 8 done' '.* s, at most 4 at once of a host' \
	'success rate: 100.0 % (15 of 15)'
collect 0 --scrape --depth=9 --pages=20 --delay=0
pages 9 20

# By turns, they take as long as all of them.
collect 0 --scrape --depth=2 --per-host=1 --delay=50
pages 2 7
says '.* s, at most 1 at once of a host'
awk '/at once of a host/ { exit $1 < 0.35 }' "$tmp/err" ||
	complain "all at once: $(cat "$tmp/err")"

# The other host is where the proxy is, which is not there.
collect 1 --scrape --depth=1 --delay=0 --other-hosts
pages 1 3
says "http://elsewhere.invalid/: connection: Could.* connect to server" \
	'success rate: 75.0 % (3 of 4)'
serve --pages=3 --delay=0
if [ -c /dev/full ]; then
	$program --scrape --depth=0 "$url/pages/1" > /dev/full 2> "$tmp/err" &&
		complain 'scraped to a full disk'
	grep -q '^collector: output: ' "$tmp/err" ||
		complain 'a full disk:' "$(cat "$tmp/err")"
fi
collect 1 --scrape "$url/pages/2" "$url/missing" "$url/pages/2#again"
says "$url/missing: status 404" 'success rate: 75.0 % (3 of 4)'
[ "$(cut -f 1,4 "$tmp/out" | tr '\t\n' ' ;')" = \
	'0 Page 2;1 Page 1;2 Page 3;' ] || complain "$(cat "$tmp/out")"

# Where a page has moved to is a link; if that is not followed, a failure.
collect 0 --scrape --depth=1 "$url/moved?/pages/3"
[ "$(cut -f 1,2,4 "$tmp/out" | tr '\t\n' ' ;')" = '0 302 ;1 200 Page 3;' ] ||
	complain "moved: $(cat "$tmp/out")"
collect 1 --scrape --depth=1 "$url/moved?http://elsewhere.invalid/" \
	"$url/moved" "$url/partial" "$url/pages/1"
says "$url/moved?http://elsewhere.invalid/: status 302" \
	"$url/moved: status 302" "$url/partial: status 206" \
	'success rate: 50.0 % (3 of 6)'
collect 1 --scrape --depth=0 "$url/moved?/pages/3"
says "$url/moved?/pages/3: status 302" 'success rate: 0.0 % (0 of 1)'
unserve
serve --body-size=9000000
collect 1 --scrape --depth=0 "$url/1"
says "$url/1: connection: Maximum file size exceeded"
unserve

# Without memory: a page has failed, or all of it, but it ends.  The calls of
# future_handle_on() end a level, or a download.
for call in handle_on:2 handle_on:4 chain:1 chain:2; do
	program="env FAIL_HANG=future_$call $fails"
	collect 1 --scrape --per-host=1 --depth=2 --delay=1
	says "http://.*: connection: $no_memory"
done
for call in handle_on:1 handle_on:3 all_settled:1 all_settled:2; do
	program="env FAIL_HANG=future_$call $fails"
	collect 1 --scrape --per-host=1 --depth=2 --delay=1
	# A debug build tells of what was let go, too.
	[ "$(grep -v '^depth\|^refused\|^libfuture:' "$tmp/err")" = \
		"collector: scrape: $no_memory" ] || complain "$(cat "$tmp/err")"
done
exit $failed
