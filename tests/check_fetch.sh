#!/bin/sh
# samples/fetch: whatever a server, a signal or a kill does, what is there at
# the end is right, and what is not is said.
[ -n "${CHECK_FETCH-}" ] ||
	CHECK_FETCH=1 exec timeout -k 10 300 sh "$0" "$@"
. "$(dirname "$0")/lib.sh"

fetch=samples/fetch
[ -x $fetch ] || skip "$fetch was not built: no libcurl, or no libcrypto"
[ -x samples/serve ] || skip "samples/serve was not built"
# On a disk, as files are.
TMPDIR=$PWD
export TMPDIR
scratch
trap 'exec 9>&-; wait; rm -rf "$tmp"' EXIT
seed=$$
size=200000

# serve OPTION...: another server, at $url.
serve() {
	exec 9>&-
	rm -f "$tmp/hold" "$tmp/port"
	mkfifo "$tmp/hold" "$tmp/port" || exit 99
	samples/serve "$@" < "$tmp/hold" > "$tmp/port" &
	exec 9> "$tmp/hold"
	read -r port < "$tmp/port"
	url=http://127.0.0.1:$port
}

# canned FILE...: a server at $canned that answers each request with the next;
# and as a proxy, with the certificate in $dir, what is behind it does.
canned() {
	rm -f "$tmp/port"
	mkfifo "$tmp/port" || exit 99
	timeout 60 python3 -c 'import os, socket, ssl, sys
def request(client):
    said = b""
    while not said.endswith(b"\r\n\r\n"):
        said += client.recv(4096) or sys.exit()
    return said
listener = socket.create_server(("127.0.0.1", 0))
print(listener.getsockname()[1], flush=True)
for name in sys.argv[2:]:
    client = listener.accept()[0]
    if request(client).startswith(b"CONNECT "):
        client.sendall(b"HTTP/1.1 200 Connected\r\n\r\n")
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(sys.argv[1] + "/cert", sys.argv[1] + "/key")
        client = context.wrap_socket(client, server_side=True)
        request(client)
    client.sendall(open(name, "rb").read())
    client.close()' "$dir" "$@" > "$tmp/port" 9>&- &
	canner=$!
	read -r port < "$tmp/port"
	canned=http://127.0.0.1:$port
}

canned_end() {
	kill $canner 2> "$tmp/none"
	wait $canner 2> "$tmp/none"
}

# head LINE...: of an answer, which ends the connection.
head_of() {
	printf '%s\r\n' "$@" "ETag: \"1-$size-0\"" 'Connection: close' ''
}

# chunk: the standard input, and no end.
chunk() {
	cat > "$tmp/chunk"
	printf '%x\r\n' "$(wc -c < "$tmp/chunk")"
	cat "$tmp/chunk"
	printf '\r\n'
}

# begin NAME: a case of its own, in a directory of its own.
begin() {
	case=$1
	dir=$tmp/$1
	mkdir "$dir"
}

# ends STATUS ARGUMENT...: what it says is in $tmp/out.
ends() {
	wanted=$1
	shift
	status=0
	timeout -k 5 120 $fetch -d "$dir" "$@" > "$tmp/out" 2>&1 9>&- || status=$?
	[ $status -eq "$wanted" ] || complain \
		"$case: ended with $status, not $wanted:" "$(cat "$tmp/out")"
}

# says COUNT PATTERN: so many lines do.
says() {
	[ "$(grep -c -- "$2" "$tmp/out")" -eq "$1" ] || complain \
		"$case: not $1 times '$2':" "$(cat "$tmp/out")"
}

# body NUMBER [OPTION...]: as a server with these options has it.
body() {
	number=$1
	shift
	samples/serve -s $size "$@" -b "$number"
}

# is NUMBER [OPTION...]: that is what is there.
is() {
	body "$@" > "$tmp/wanted"
	cmp "$tmp/wanted" "$dir/$1" || complain "$case: $1 is wrong (seed $seed)"
}

# certificate: $dir/key and $dir/cert, of this machine.
certificate() {
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \
		-subj /CN=localhost -addext subjectAltName=IP:127.0.0.1 \
		-days 2 -keyout "$dir/key" -out "$dir/cert" 2> "$tmp/none"
}

sum() {
	body "$1" | sha256sum | cut -d ' ' -f 1
}

# no NAME...: it is not there.
no() {
	for name in "$@"; do
		[ ! -e "$dir/$name" ] || complain "$case: there is $name"
	done
}

numbers='1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16'

# A server that delays, fails and truncates.

serve -s $size -d 10 -f 5 -t 5 -S 2026
begin all
{
	echo '# some with a checksum'
	for i in $numbers; do
		case $i in
		*[13]) echo "$url/$i sha256:$(sum "$i")" ;;
		*[57]) echo "	$url/$i $(sum "$i" | tr a-f A-F)" ;;
		*) echo "$url/$i" ;;
		esac
	done
} > "$tmp/list"
ends 0 -v -i "$tmp/list" -r 60
says 1 '^16 of 16 files, 0 failed; '
for i in $numbers; do
	is "$i"
	no "$i.part" "$i.part.etag"
done
grep -q 'status 503$' "$tmp/out" || complain "$case: no 503"
grep -q 'partial file$' "$tmp/out" || complain "$case: nothing was truncated"
grep -q 'from byte' "$tmp/out" || complain "$case: nothing was resumed"
ends 0 -i - -r 60 < "$tmp/list"
says 16 ': is there$'
says 1 ' failed; 0 B, '

# What does not pass is not tried again, and holds up nobody.
begin missing
serve -s $size
ends 1 -v "$url/missing" "$url/1" http://127.0.0.1:1/refused -r 2
says 1 "^$url/missing: attempt"
says 1 "^$url/missing: status 404$"
says 2 '/refused: attempt [12]: '	# the third is the last
says 1 "^1: "
is 1
no missing missing.part refused refused.part

begin silent
ends 1 -t 1 -r 0 "$url/silent" "$url/garbage" "$url/endless" "$url/truncated"
says 1 '/silent: Timeout'
says 1 '/garbage: .*only http and https are allowed'
says 1 '/truncated: .*partial'
says 1 '^endless: '
[ "$(wc -c < "$dir/endless")" -eq $size ] || complain "$case: endless"
no silent silent.part truncated garbage

# Parts.

part() {
	body 1 | head -c "$1" > "$dir/1.part"
	printf '"1-%d-0"' $size > "$dir/1.part.etag"
}

begin resumed
part 50000
printf X | dd of="$dir/1.part" conv=notrunc 2> "$tmp/dd"
ends 0 -v "$url/1"
says 1 '/1: from byte 49999$'
says 1 '146.5 KiB, '
printf X > "$tmp/wanted"
body 1 | tail -c +2 >> "$tmp/wanted"
cmp "$tmp/wanted" "$dir/1" || complain "$case: no such end on that beginning"
no 1.part 1.part.etag

begin complete
part $size
ends 0 -v "$url/1"
says 1 ' failed; 1 B, '
is 1

begin nothing_known
part 50000
printf XX | dd of="$dir/1.part" conv=notrunc 2> "$tmp/dd"
rm "$dir/1.part.etag"
ends 0 -v "$url/1"
says 0 'from byte'
is 1

begin checksum_only
part 50000
rm "$dir/1.part.etag"
ends 0 -v --sha256 "$(sum 1)" "$url/1"
says 1 'from byte 49999$'
is 1

begin checksum_wrong_part
part 50000
printf X | dd of="$dir/1.part" conv=notrunc 2> "$tmp/dd"
ends 0 -v --sha256 "$(sum 1)" "$url/1"
says 1 'from byte'
says 1 'wrong checksum, starts over$'
is 1

begin too_long
{ body 1; body 2; } > "$dir/1.part"
ends 0 -v --sha256 "$(sum 1)" "$url/1"
says 1 'status 416'
is 1

# What is there, and no file: waits for nobody, and holds up nobody.
begin irregular
part 50000
rm "$dir/1.part.etag"
mkfifo "$dir/1.part.etag" "$dir/2.part" "$dir/3"
mkdir "$dir/4.part.etag"
ln -s /dev/zero "$dir/5.part"
ends 1 "$url/1" "$url/2" "$url/3" "$url/4" "$url/5" "$url/6"
says 5 '/[12345]: it, its .part or .part.etag is not a regular file$'
says 1 '^1 of 6 files, 5 failed; '
is 6
no 1 2 4 4.part 5
[ -p "$dir/2.part" ] || complain "$case: where is the FIFO?"

# A server that sends less than was asked for, as it may, is no whole file.
if command -v python3 > "$tmp/none"; then
	begin less
	{
		head_of 'HTTP/1.1 206 Some' 'Content-Length: 10' \
			'Content-Range: bytes 0-9/1000'
		printf 0123456789
	} > "$tmp/answer"
	canned "$tmp/answer" "$tmp/answer"
	ends 1 -r 1 "$canned/1"
	canned_end
	says 1 'the server sends another part than was asked for$'
	no 1

	# It does not say a length, and ends too soon.
	begin chunks
	part 50000
	{
		head_of 'HTTP/1.1 206 Some' 'Transfer-Encoding: chunked' \
			"Content-Range: bytes 49999-$((size - 1))/$size"
		body 1 | tail -c +50000 | head -c 50001 | chunk
		printf '0\r\n\r\n'
	} > "$tmp/answer"
	{
		head_of 'HTTP/1.1 206 Some' \
			"Content-Range: bytes 99999-$((size - 1))/$size"
		body 1 | tail -c +100000
	} > "$tmp/rest"
	canned "$tmp/answer" "$tmp/rest"
	ends 0 -v "$canned/1"
	canned_end
	says 1 'attempt 1: .*partial'
	says 1 'from byte 99999$'
	is 1

	# A trailer is no head, whatever it looks like.
	begin trailers
	{
		head_of 'HTTP/1.1 200 All' 'Transfer-Encoding: chunked'
		body 1 | chunk
		printf '0\r\nHTTP/1.1 404: x\r\nETag: "x"\r\n\r\n'
	} > "$tmp/answer"
	canned "$tmp/answer"
	ends 0 "$canned/1"
	canned_end
	is 1

	begin redirect
	for to in ftp://127.0.0.1:1/1 gopher://127.0.0.1:1/1; do
		head_of 'HTTP/1.1 302 There' "Location: $to" \
			'Content-Length: 0' > "$tmp/answer"
		canned "$tmp/answer"
		ends 1 "$canned/1"
		canned_end
		says 1 "$canned/1: .*only http and https are allowed"
	done

	# The answer of a proxy is none to what was asked for.
	begin proxy
	if command -v openssl > "$tmp/none" && certificate; then
		part 100000
		canned "$tmp/rest"
		https_proxy=$canned no_proxy='' NO_PROXY='' \
			ends 0 --cacert "$dir/cert" https://127.0.0.1/1
		canned_end
		is 1
	else
		echo 'no openssl: a proxy was not tried'
	fi
else
	echo 'no python3: a server that misbehaves was not tried'
fi

begin wrong_checksum
ends 1 -v --sha256 "$(sum 2)" "$url/1"
says 1 '/1: wrong checksum$'
says 0 'starts over'
no 1 1.part 1.part.etag

begin there
echo mine > "$dir/1"
ends 0 "$url/1"
says 1 '^1: is there$'
ends 1 --sha256 "$(sum 1)" "$url/1"
says 1 'another checksum'
[ "$(cat "$dir/1")" = mine ] || complain "$case: it is not any more"

if command -v flock > /dev/null; then
	begin locked
	: > "$dir/1.part"
	flock "$dir/1.part" $fetch -d "$dir" "$url/1" > "$tmp/out" 2>&1 &&
		complain "$case: it went well"
	says 1 'another process'
	no 1
else
	echo "no flock: a part in use was not tried"
fi

begin changed
part 50000
serve -s $size -e 1
ends 0 -v "$url/1"
says 1 'from byte'
says 1 ' failed; 195.3 KiB, '
says 0 'attempt'
is 1 -e 1

# Killed, again and again, wherever it may be.

bytes() {
	find "$dir" -type f -printf '%s\n' 2> "$tmp/none" |
		awk '{ sum += $1 } END { print sum + 0 }'
}

# until_bytes COUNT: until it is there that far, or has ended.
until_bytes() {
	until [ "$(bytes)" -ge "$1" ] || ! kill -0 $pid 2> "$tmp/none"; do
		:
	done
}

begin killed
serve -s $size -f 5 -t 5 -S $seed
kills=0
while :; do
	$fetch -d "$dir" -n 3 -r 60 -l 1M "$url/1" "$url/2" "$url/3" "$url/4" \
		"$url/5" "$url/6" > "$tmp/out" 2>&1 9>&- &
	pid=$!
	# Up to 300000 further on.
	until_bytes $(($(bytes) + (seed * 7919 + kills * 104729) % 300000))
	[ "$(find "$dir" -name '*.part' | wc -l)" -le 3 ] ||
		complain "$case: more than three at once"
	kill -KILL $pid 2> "$tmp/none" && kills=$((kills + 1))
	status=0
	wait $pid 2> "$tmp/none" || status=$?
	[ $status -eq 137 ] || break
done
[ $status -eq 0 ] || complain "$case: $status:" "$(cat "$tmp/out")"
[ $kills -gt 2 ] || complain "$case: only $kills times"
for i in 1 2 3 4 5 6; do
	is $i
	no $i.part $i.part.etag
done

# Ctrl-C.  A background job of a script ignores it, but one of timeout's.
begin stopped
serve -s $size
timeout --foreground 60 $fetch -d "$dir" -n 2 -l 200K "$url/1" "$url/2" "$url/3" \
	"$url/silent" > "$tmp/out" 2>&1 9>&- &
pid=$!
until_bytes 20000
kill -INT $pid
status=0
wait $pid || status=$?
[ $status -eq 130 ] || complain "$case: $status:" "$(cat "$tmp/out")"
says 1 '^0 of 4 files, 0 failed; '
says 1 '^stopped; run again'
[ -s "$dir/1.part.etag" ] || complain "$case: there is no part of 1"
ends 0 -v "$url/1" "$url/2" "$url/3"
says 1 '/1: from byte'
for i in 1 2 3; do
	is $i
done

# What a terminal shows.
if command -v script > /dev/null; then
	begin terminal
	script -qec "$fetch -d $dir -l 400K $url/1" "$tmp/out" > "$tmp/none" \
		9>&- || complain "$case: it failed"
	grep -q '1  *\[##*\.\.*\] .* of 195.3 KiB' "$tmp/out" ||
		complain "$case: no bar" "$(cat "$tmp/out")"
	grep -q '0 of 1 files, 0 failed; ' "$tmp/out" ||
		complain "$case: nothing for all"
	is 1
else
	echo "no script (bsdutils): the bars were not looked at"
fi
begin plain
ends 0 -l 9000000K "$url/1"
[ "$(wc -l < "$tmp/out")" -eq 2 ] || complain "$case:" "$(cat "$tmp/out")"
is 1

# https, with a certificate of one's own.
secure() {
	mkdir "$dir/www"
	body 1 > "$dir/www/1"
	certificate || return 1
	mkfifo "$tmp/says"
	(cd "$dir/www" && exec openssl s_server -WWW -accept 127.0.0.1:0 \
		-key ../key -cert ../cert) > "$tmp/says" 2>&1 9>&- < /dev/null &
	server=$!
	exec 8< "$tmp/says"
	while read -r word where <&8; do
		[ "$word" = ACCEPT ] || continue
		url=https://$where
		return 0
	done
	return 1
}
begin https
if ! command -v openssl > /dev/null; then
	echo "no openssl: https was not tried"
elif ! secure; then
	complain "$case: openssl s_server does not say where it is"
else
	ends 1 -v -r 3 "$url/1"
	says 1 "attempt"
	says 2 "$url/1: .*SSL peer certificate"
	ends 0 --cacert "$dir/cert" "$url/1"
	is 1
	kill "$server"
	exec 8<&-
fi

# Without memory for a thing that is hung, whichever it is: it ends.
serve -s 20000
size=20000
dir=$tmp/without_memory
call=0
status=1
while [ $status -ne 0 ]; do
	call=$((call + 1))
	case=without_memory_$call
	mkdir "$dir"
	body 4 > "$dir/4"
	status=0
	FAIL_HANG=$call timeout -k 5 60 tests/fetch_fails -d "$dir" -n 2 -l 100M \
		"$url/1" "$url/2" "$url/3" "$url/4" > "$tmp/out" 2>&1 9>&- ||
		status=$?
	[ $status -le 1 ] || complain "$case: $status:" "$(cat "$tmp/out")"
	for i in 1 2 3 4; do
		[ ! -e "$dir/$i" ] || is $i
	done
	says 1 " of 4 files, $status failed"
	! grep -q '^refused' "$tmp/out" || status=1
	rm -r "$dir"
done
[ $call -gt 40 ] || complain "$case: only $call calls"

# Nor does it wait for signals then: they kill.
for call in 1 2; do
	begin deaf_$call
	: > "$tmp/out"		# it has been said before
	FAIL_HANG=$call timeout --foreground -k 5 60 tests/fetch_fails \
		-d "$dir" "$url/silent" > "$tmp/out" 2>&1 9>&- &
	pid=$!
	until grep -q '^refused' "$tmp/out" || ! kill -0 $pid; do
		:
	done
	kill -INT $pid
	status=0
	wait $pid 2> "$tmp/none" || status=$?
	[ $status -eq 130 ] || complain "$case: $status"
done
size=200000

begin demo
(cd "$dir" && exec "$OLDPWD/$fetch" --demo -l 100M) > "$tmp/out" 2>&1 9>&- ||
	complain "$case:" "$(cat "$tmp/out")"
says 1 '^12 of 12 files'
size=3000000
dir=$dir/fetch-demo
is 7

# Command lines.

case=usage
dir=$tmp/none_made
printf '%s\n' '# a list' '' "$url/1" "$url/2 123" > "$tmp/list"
ends 2 -i "$tmp/list"
says 1 "^fetch: $tmp/list:4: not a SHA-256 in hexadecimal$"
printf '%s\n' "$url/a/1" "$url/b/1" > "$tmp/list"
ends 2 -i "$tmp/list"
says 1 "list:1, .*list:2: both would be the file '1'$"
for bad in ftp://127.0.0.1/1 nosuch://127.0.0.1/1; do
	ends 2 "$bad"
	says 1 "^fetch: '$bad': neither http nor https, .* allowed$"
done
for bad in nonsense http://127.0.0.1/%2e%2e \
    http://127.0.0.1/1.part http://127.0.0.1/a%2f..%2f.. 'http://a b' \
    http://127.0.0.1/%1b%5b2J --wrong --at-once=0 -nx -l2Q -rK -n-1K \
    --sha256=12; do
	ends 2 "$bad"
	[ -s "$tmp/out" ] || complain "$bad: not a word"
	[ "$(wc -l < "$tmp/out")" -le 2 ] ||
		complain "$bad:" "$(cat "$tmp/out")"
done
ends 2
ends 2 -i "$tmp/there_is_none"
ends 2 --sha256 "$(sum 1)" "$url/1" "$url/2"
ends 2 --demo "$url/1"
says 1 '^fetch: --demo takes no URL'
ends 0 --help
[ ! -e "$dir" ] || complain "$case: there is something"
exit $failed
