#!/bin/sh
# The explorer finds what it is there to find: litmus tests have the outcomes
# of C11, seeded bugs are caught, what is right is not blamed.
. "$(dirname "$0")/lib.sh"

for tool in gcc ld objcopy objdump nm; do
	command -v "$tool" > /dev/null || skip "no $tool"
done
[ -z "${SANITIZER_FLAGS:-}" ] || skip "it has a runtime of its own"

"$root"/tests/model/build.sh tests/model/out || exit 1
tests/model/out/check_explorer --runs 20000
