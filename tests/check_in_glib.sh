#!/bin/sh
# samples/in_glib: what a GTask counts is shown on the main loop's thread.
. "$(dirname "$0")/lib.sh"

program=samples/in_glib
[ -x $program ] || skip "$program was not built: no gio-2.0"
case ${SANITIZER_FLAGS-} in
*thread*) skip "ThreadSanitizer knows nothing of GLib's own locks" ;;
esac
scratch

printf '1\n2\n3\n' > "$tmp/three"
cat > "$tmp/wanted" <<'END'
3 lines, shown on the thread of the main loop: yes
the one that was cancelled: is
END
timeout 100 $program "$tmp/three" > "$tmp/out" || complain "it failed"
diff "$tmp/wanted" "$tmp/out" || complain "something else"
if timeout 100 $program "$tmp/none" > "$tmp/out"; then
	complain "lines of nothing"
fi
grep -qx 'failed: No such file or directory' "$tmp/out" ||
	complain "$(cat "$tmp/out")"
exit $failed
