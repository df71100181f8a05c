#!/bin/sh
# samples/pubsub: each message is delivered or dropped, and who sleeps holds up
# nobody.
. "$(dirname "$0")/lib.sh"

program=samples/pubsub
[ -x $program ] || skip "$program was not built"
scratch

cat > "$tmp/lines" <<'END'
archive, back-pressure: published 1000, delivered 1000, dropped 0, the last is 1000
screen, back-pressure : published 500, delivered 500, dropped 0, the last is 500
phone, drop oldest    : published 1000, delivered 4, dropped 996, the last is 1000
END
timeout 60 $program > "$tmp/out" 2>&1 || complain "status $?"
complain "$(diff "$tmp/lines" "$tmp/out")"
exit $failed
