#!/bin/sh
# all.sh OUT: has OUT/explore try every scenario, on all processors at once.
set -eu

out=$1
rm -rf "$out/said"
mkdir -p "$out/said"
"$out/explore" --list >"$out/names"

# Those that take longest come first, so that the last ones end together.  A
# name that no longer exists is not missed.
cat >"$out/long" <<EOF
random_waits
each_that_fails_is_joined
prod_of_both_workers
claim_against_start_and_cancel
a_kept_continuation_against_its_cancel
each_that_is_cancelled_is_joined
each_on_two_workers
two_cancels_against_release_and_free
shares_against_stealing
EOF
{
	grep -xFf "$out/long" "$out/names" || :
	grep -vxFf "$out/long" "$out/names" || :
} >"$out/order"
# shellcheck disable=SC2016 # $0 and $1 are the inner shell's
xargs -P "$(getconf _NPROCESSORS_ONLN)" -n 1 sh -c \
	'"$0/explore" "$1" >"$0/said/$1" 2>&1 || :
	sed "/^interleavings: /d; /^[0-9]* passed, /d" "$0/said/$1"' \
	"$out" <"$out/order"
while read -r name; do
	cat "$out/said/$name"
done <"$out/names" | awk '
	/^interleavings: / { runs += $2 }
	/^[0-9]+ passed, [0-9]+ failed$/ { passed += $1; failed += $3; said++ }
	END {
		printf "interleavings: %d\n", runs
		failed += '"$(wc -l <"$out/names")"' - said
		printf "%d passed, %d failed\n", passed, failed
		exit failed != 0 || passed == 0
	}'
