#!/bin/sh
# run.sh OUT [NAME...]: seeds one bug at a time in a copy of lib/, and asks the
# explorer for it.
#
# Each NAME.patch says in its first line what goes wrong, and in the second
# which scenario has to tell.  It is caught if that scenario fails.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
model=$here/../model
mkdir -p "$1"
out=$(cd "$1" && pwd)
shift
passed=0 failed=0

# What has not changed is not compiled again: see build.sh.
"$model/build.sh" "$out/right"

# try NAME: true if the bug is caught.
try() {
	scenario=$(sed -n 's/^Scenario: //p' "$here/$1.patch")
	rm -rf "$out/wrong"
	mkdir "$out/wrong"
	cp -Rp "$here/../../lib" "$out/wrong/lib"
	cp -Rp "$out/right/objects" "$out/wrong/objects"
	if ! patch -s -F0 -p1 -d "$out/wrong" <"$here/$1.patch" >/dev/null; then
		echo "$1: does not apply"
		return 1
	fi
	"$model/build.sh" "$out/wrong" "$out/wrong/lib" >/dev/null || return 1
	if "$out/wrong/explore" "$scenario" >"$out/$1.log" 2>&1; then
		echo "$1: $scenario has not noticed"
		return 1
	fi
	printf '%-28s %s\n' "$1" \
		"$(sed -n 's/^  \([a-z]*\): .*/\1/p' "$out/$1.log" | tail -1)"
}

[ $# != 0 ] || set -- "$here"/*.patch
for name; do
	if try "$(basename "$name" .patch)"; then
		passed=$((passed + 1))
	else
		failed=$((failed + 1))
	fi
done
rm -rf "$out/wrong"
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
