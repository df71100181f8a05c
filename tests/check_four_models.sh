#!/bin/sh
# samples/four_models keeps its promises: the order of events in each model,
# the same bytes in all four, main blocked in model 4 for less than 1 % of what
# it is in model 3, a clear message and a failure when a download fails.
#
# FOUR_MODELS names the program; by default it is samples/four_models.

fm=${FOUR_MODELS:-samples/four_models}
if [ ! -x "$fm" ]; then
	echo "$fm was not built"
	exit 77
fi
dir=$(mktemp -d) || exit 99
trap 'exec 9>&-; wait; rm -rf "$dir"' EXIT
tab=$(printf '\t')
failures=0
exec 3>&1

# check SENTENCE COMMAND...: the sentence is true if the command succeeds.
# The command's output may be sent to a file.
check() {
	sentence=$1
	shift
	if "$@"; then
		echo "ok: $sentence" >&3
	else
		echo "FAILED: $sentence" >&3
		failures=$((failures + 1))
	fi
}

# numbers PROGRAM: awk sees the table as v[model, column].
numbers() {
	awk -F "$tab" '
		NR == 1 { for (i = 1; i <= NF; i++) name[i] = $i; next }
		{ for (i = 1; i <= NF; i++) v[NR - 1, name[i]] = $i }
		END { exit !(NR == 5 && ('"$1"')) }' "$dir/table"
}

# fails_with STATUS TEXT ARGUMENT...: no output, the text on stderr.
fails_with() {
	want=$1 text=$2
	shift 2
	"$fm" "$@" > "$dir/out" 2> "$dir/err" < /dev/null
	got=$?
	if [ "$got" -eq "$want" ] && [ ! -s "$dir/out" ] &&
	    grep -q "$text" "$dir/err"; then
		return 0
	fi
	echo "status $got, not $want; stderr:"
	cat "$dir/err"
	return 1
}

is_plain() {
	[ -s "$1" ] && [ "$(LC_ALL=C tr -d '\n -~' < "$1" | wc -c)" -eq 0 ]
}

is_picture() {
	if command -v xmllint > /dev/null 2>&1; then
		xmllint --noout "$1"
	else
		grep -q '^<svg ' "$1" && [ "$(tail -n 1 "$1")" = "</svg>" ]
	fi
}

# The four models, on the server that the program brings.
check "the four models run" "$fm" -n 4 -t 4 -d 150 --tsv \
	--svg "$dir/picture.svg" > "$dir/table"
cat "$dir/table"
for model in 1 2 3; do
	check "model $model: request, data, next work" numbers \
		"v[$model, \"order\"] == \"1 request, 2 data, 3 next work\""
done
check "model 4: request, I go on, data arrived" numbers \
	'v[4, "order"] == "1 request, 2 I go on, 3 data arrived"'
check "all four got the same bytes" numbers \
	'v[1, "bytes"] == 4 * 256 * 1024 &&
	v[1, "fnv1a64"] "" == v[2, "fnv1a64"] "" &&
	v[1, "fnv1a64"] "" == v[3, "fnv1a64"] "" &&
	v[1, "fnv1a64"] "" == v[4, "fnv1a64"] ""'
check "models 1 to 3 are blocked for four delays" numbers \
	'v[1, "blocked_ns"] >= 6e8 && v[2, "blocked_ns"] >= 6e8 &&
	v[3, "blocked_ns"] >= 6e8'
check "model 4 is blocked for less than 1 % of model 3" numbers \
	'v[4, "blocked_ns"] * 100 < v[3, "blocked_ns"]'
check "model 4 is over before model 3" numbers \
	'v[4, "wall_ns"] < v[3, "wall_ns"]'
check "only model 2 polls" numbers \
	'v[2, "polls"] > 4 && v[1, "polls"] == 0 && v[3, "polls"] == 0 &&
	v[4, "polls"] == 0'
check "model 3 gets every body, model 4 gets once" numbers \
	'v[1, "gets"] == 0 && v[2, "gets"] == 0 && v[3, "gets"] == 4 &&
	v[4, "gets"] == 1'
check "main works in every model" numbers \
	'v[1, "units"] > 0 && v[2, "units"] > 0 && v[3, "units"] > 0 &&
	v[4, "units"] > 0'
check "the picture is well-formed" is_picture "$dir/picture.svg"

# What people read.  The FNV-1a 64 of nothing is known.
check "empty bodies are bodies" "$fm" -n 2 -d 0 -s 0 > "$dir/text"
check "what is not for a terminal is plain ASCII" is_plain "$dir/text"
check "the checksum is FNV-1a 64" grep -q cbf29ce484222325 "$dir/text"
check "the agreement is told" grep -q "got the same bytes" "$dir/text"

# What can go wrong, in each model.
mkfifo "$dir/hold" "$dir/where" || exit 99
"$fm" --serve -d 1 < "$dir/hold" > "$dir/where" &
server=$!
exec 9> "$dir/hold"
read -r url < "$dir/where"
for m in 1 2 3 4; do
	check "model $m downloads what is asked for" \
		"$fm" -m $m --tsv "$url/1" "$url/endless" > "$dir/$m"
	check "model $m: a refused connection fails" \
		fails_with 1 "refused" -m $m http://127.0.0.1:1/
	check "model $m: a truncated body fails" \
		fails_with 1 "/truncated: .*truncated" -m $m "$url/1" \
		"$url/truncated"
	check "model $m: a status that is not 200 fails" \
		fails_with 1 "/missing: .*404" -m $m "$url/missing" "$url/1"
	check "model $m: what is not HTTP fails" \
		fails_with 1 "/garbage: .*not HTTP" -m $m "$url/garbage"
	check "model $m: silence times out" \
		fails_with 1 "/silent: timed out" -m $m -T 100 "$url/silent"
done
for bad in nonsense https://127.0.0.1/ http:// http://127.0.0.1:70000/ \
    http://me@127.0.0.1/ "http://127.0.0.1/a b"; do
	check "'$bad' is a bad URL" fails_with 2 "not a URL" "$bad"
done
check "a wrong option is refused" fails_with 2 "help" --nonsense
check "a wrong number is refused" fails_with 2 "not a number" --count=0
exec 9>&-
check "the server ends with its input" wait $server

if [ "$failures" -gt 0 ]; then
	echo "$failures failed"
	exit 1
fi
