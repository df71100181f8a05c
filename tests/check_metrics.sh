#!/bin/sh
# samples/metrics: its text is what Prometheus reads, to the letter, and says
# what the sample has done.
. "$(dirname "$0")/lib.sh"

program=samples/metrics
[ -x $program ] || skip "$program was not built"
scratch

# The format: a metric has its HELP, its TYPE, then all its series, each once; a
# histogram's buckets stand in order, grow, and end with +Inf, the count.
cat > "$tmp/format" <<'EOF'
function wrong(what) { print FILENAME ":" FNR ": " what ": " $0 }
function close_histogram() {
	if (bound != "" && bound != "+Inf") wrong("no +Inf before this")
	bound = ""
}
# The labels but for le, which is a global; checks that each is well formed.
function labels_of(text,    rest, others, pair) {
	le = ""
	others = ""
	for (rest = text; rest != ""; rest = substr(rest, RLENGTH + 2)) {
		if (!match(rest, /^[a-zA-Z_][a-zA-Z0-9_]*="([^"\\]|\\[\\"n])*"/))
			break
		pair = substr(rest, 1, RLENGTH)
		if (substr(rest, RLENGTH + 1) !~ /^(,.+)?$/) break
		if (pair ~ /^le=/) le = substr(pair, 5, length(pair) - 5)
		else others = others pair ","
	}
	if (rest != "") wrong("labels")
	return others
}
$1 == "#" && $2 == "HELP" {
	close_histogram()
	if (helped[$3]++ || NF < 4) wrong("HELP")
	metric = $3
	type = ""
	next
}
$1 == "#" && $2 == "TYPE" {
	if ($3 != metric || type != "" || NF != 4) wrong("TYPE")
	type = $4
	if (type !~ /^(counter|gauge|histogram)$/) wrong("no type")
	if ((metric ~ /_total$/) != (type == "counter")) wrong("its name")
	next
}
{
	if (!match($0, /^[a-zA-Z_:][a-zA-Z0-9_:]*\{.*\} /) ||
	    substr($0, RLENGTH + 1) !~ /^[0-9]+(\.[0-9]+)?(e[-+][0-9]+)?$/)
		wrong("no series")
	value = substr($0, RLENGTH + 1) + 0
	name = substr($0, 1, index($0, "{") - 1)
	text = substr($0, length(name) + 2, RLENGTH - length(name) - 3)
	others = labels_of(text)
	if (series[name, others, le]++) wrong("twice")
	if (type == "histogram") {
		if (name == metric "_bucket") {
			if (le !~ /^([0-9.]+(e[-+][0-9]+)?|\+Inf)$/) wrong("le")
			if (bound != "" && (others != whose || bound == "+Inf" ||
			    (le != "+Inf" && le + 0 <= bound + 0) ||
			    value < count))
				wrong("order")
			whose = others
			bound = le
			count = value
		} else {
			if (bound != "+Inf" || others != whose || le != "")
				wrong("not behind its buckets")
			if (name == metric "_count") {
				if (value != count) wrong("not what +Inf says")
				bound = ""
			} else if (name != metric "_sum") {
				wrong("not of this metric")
			}
		}
	} else if (name != metric || type == "" || le != "") {
		wrong("not of this metric")
	}
}
END { close_histogram() }
EOF

# metrics ARGUMENT...: to $tmp/text; the format is right.
metrics() {
	timeout 60 $program "$@" > "$tmp/text" 2> "$tmp/rate" ||
		complain "$*: ended with $?: $(cat "$tmp/rate")"
	grep -qx '[0-9]* requests a second' "$tmp/rate" ||
		complain "$*: its rate is $(cat "$tmp/rate")"
	complain "$(awk -f "$tmp/format" "$tmp/text")"
}

# says LINE...: each stands there.
says() {
	for line in "$@"; do
		grep -qxF "$line" "$tmp/text" ||
			complain "no $line in:" "$(cat "$tmp/text")"
	done
}

metrics 1000
says 'future_ok_total{executor="digests"} 900' \
	'future_failed_total{executor="digests"} 100' \
	'future_ok_total{executor="ledger"} 900' \
	'future_failed_total{executor="ledger"} 100' \
	'future_ok_total{executor="answers"} 900' \
	'future_queued{executor="digests"} 0' \
	'future_queued_seconds_count{executor="digests"} 1000' \
	'future_running_seconds_count{executor="digests"} 1000' \
	'future_queued_seconds_count{executor="ledger"} 1000' \
	'future_running_seconds_bucket{executor="ledger",le="+Inf"} 1000'

# Workers were busy for as long as functions ran; a sum is not above what its
# buckets allow.
complain "$(awk '
	{ value = $NF }
	/^future_running_seconds_sum/ { sum += value }
	/^future_busy_seconds_total/ { busy += value }
	/_bucket/ {
		match($0, /le="[^"]*/)
		le = substr($0, RSTART + 4, RLENGTH - 4)
		if (le != "+Inf") most += (value - before) * le
		else beyond = value - before
		before = le != "+Inf" ? value : 0
	}
	/seconds_sum/ {
		if (beyond == 0 && value > most)
			print "more than the buckets allow: " $0
		most = 0
	}
	END {
		if (sum == 0 || busy - sum > 1e-6 || sum - busy > 1e-6)
			print "busy for " busy " s, in functions for " sum " s"
	}' "$tmp/text")"

# Nothing done is 0, everywhere.
metrics 0
complain "$(grep -v '^#' "$tmp/text" | grep -v ' 0$')"

# A name may have any bytes.
name='a "b" \c {d="e"} f
g'
metrics 10 "$name"
says 'future_failed_total{executor="a \"b\" \\c {d=\"e\"} f\ng"} 1'
exit $failed
