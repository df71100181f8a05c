#!/bin/sh
# samples/in_uv: a file's size and an address, by libuv, and their errors.
. "$(dirname "$0")/lib.sh"

program=samples/in_uv
[ -x $program ] || skip "$program was not built: no libuv"
scratch

printf '0123456789' > "$tmp/ten"
cat > "$tmp/wanted" <<'END'
size 10, squared on a worker 100, address 127.0.0.1
the one that was cancelled: is
END
timeout 100 $program "$tmp/ten" > "$tmp/out" || complain "it failed"
diff "$tmp/wanted" "$tmp/out" || complain "something else"
if timeout 100 $program "$tmp/none" > "$tmp/out"; then
	complain "a size of nothing"
fi
grep -qx 'failed: No such file or directory' "$tmp/out" ||
	complain "$(cat "$tmp/out")"
exit $failed
