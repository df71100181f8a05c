#!/bin/sh
# run.sh OUT [NAME...]: seeds one bug at a time in a copy of lib/, and asks the
# explorer for it; as many at once as there are processors.  $RIGHT is where the
# explorer is built without any, by default OUT/right.
#
# Each NAME.patch says in its first line what goes wrong, and in the second
# which scenario has to tell.  It is caught if that scenario fails.  Where that
# draws what it runs, a third may name a seed from which it soon does.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
model=$here/../model
mkdir -p "$1"
out=$(cd "$1" && pwd)
right=${RIGHT:-$out/right}
shift

# try NAME: true if the bug is caught.
try() {
	scenario=$(sed -n 's/^Scenario: //p' "$here/$1.patch")
	seed=$(sed -n 's/^Seed: //p' "$here/$1.patch")
	wrong=$out/$1
	rm -rf "$wrong"
	mkdir "$wrong"
	cp -Rp "$here/../../lib" "$wrong/lib"
	cp -Rp "$right/objects" "$wrong/objects"
	if ! patch -s -F0 -p1 -d "$wrong" <"$here/$1.patch" >/dev/null; then
		echo "$1: does not apply"
		return 1
	fi
	"$model/build.sh" "$wrong" "$wrong/lib" >"$out/$1.log" 2>&1 || {
		cat "$out/$1.log"
		echo "$1: does not build"
		return 1
	}
	if "$wrong/explore" "$scenario" ${seed:+--seed "$seed"} \
			>"$out/$1.log" 2>&1; then
		echo "$1: $scenario has not noticed"
		return 1
	fi
	rm -rf "$wrong"
	printf '%-28s %s\n' "$1" \
		"$(sed -n 's/^  \([a-z]*\): .*/\1/p' "$out/$1.log" | tail -1)"
}

if [ "${1:-}" = --one ]; then
	try "$(basename "$2" .patch)" && : >"$out/caught/$(basename "$2")"
	exit 0
fi

# What has not changed is not compiled again: see build.sh.
"$model/build.sh" "$right"
rm -rf "$out/caught"
mkdir "$out/caught"
[ $# != 0 ] || set -- "$here"/*.patch
printf '%s\n' "$@" | sed 's/\.patch$//; s/$/.patch/' |
	xargs -P "$(getconf _NPROCESSORS_ONLN)" -n 1 "$0" "$out" --one
passed=$(find "$out/caught" -type f | wc -l)
failed=$(($# - passed))
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
