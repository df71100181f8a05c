#!/bin/sh
# samples/saga: whatever fails, and when, what was booked is given back in
# reverse order, once.
. "$(dirname "$0")/lib.sh"

program=samples/saga
[ -x $program ] || skip "$program was not built"
scratch

cat > "$tmp/lines" <<'END'
all is well: flight hotel car => success
no flight: => application error
no hotel: flight -flight => application error
no car: flight hotel -hotel -flight => application error
no car, a stubborn hotel: flight hotel (hotel: error -2) -flight => application error
a late car: flight hotel car -car -hotel -flight => the deadline has passed
cancelled, a car to come: flight hotel car -car -hotel -flight => cancelled
END
timeout 60 $program > "$tmp/all" 2>&1 || complain "status $?"
# On a busy machine the late car may be given up before it is asked for.
sed '/^a late car/s/hotel -hotel/hotel car -car -hotel/' "$tmp/all" > "$tmp/out"
complain "$(diff "$tmp/lines" "$tmp/out")"
exit $failed
