#!/bin/sh
# The probes stand in the notes of the library, each with its two words, and the
# script in doc/ asks for no others.
. "$(dirname "$0")/lib.sh"

grep -q '^FUT_CPPFLAGS = .*-DFUT_SDT' Makefile ||
	skip "built without probes: no sys/sdt.h (systemtap-sdt-dev has it)"
command -v readelf > /dev/null || skip "no readelf"
library=lib/.libs/libfuture.so
[ -f $library ] || skip "no $library"
scratch

# "name count-of-words" for each place of a probe.
readelf -n $library | awk '
	$1 == "Provider:" { ours = $2 == "libfuture" }
	$1 == "Name:" { name = $2 }
	$1 == "Arguments:" && ours { print name, NF - 1 }' |
	sort -u > "$tmp/there"
printf '%s 2\n' park settle start steal submit unpark > "$tmp/wanted"
complain "$(diff "$tmp/wanted" "$tmp/there")"

cut -d ' ' -f 1 "$tmp/wanted" > "$tmp/names"
grep -o 'libfuture:[a-z_]*$' "$root/doc/queue.bt" | sed 's/.*://' |
	sort -u > "$tmp/used"
[ -s "$tmp/used" ] || complain "doc/queue.bt asks for no probe"
complain "$(grep -vxFf "$tmp/names" "$tmp/used" |
	sed 's/^/doc\/queue.bt asks for what is no probe: /')"
exit $failed
