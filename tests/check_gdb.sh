#!/bin/sh
# doc/gdb in gdb: what it prints of futures in each state, of executors, of a
# wait; that threads have names there; and a clear word where the library has no
# debugging information.
. "$(dirname "$0")/lib.sh"

[ -z "${SANITIZER_FLAGS:-}" ] || skip "a sanitizer does not like a debugger"
shared=lib/.libs/libfuture.so
[ -f $shared ] || skip "no $shared"
command -v gdb > /dev/null || skip "no gdb"
scratch

# debug LIBRARIES OPTION...: tests/debugged.c in gdb, with those libraries.
debug() {
	LD_LIBRARY_PATH=$1
	export LD_LIBRARY_PATH
	shift
	timeout 120 gdb -nx -batch -ex 'set debuginfod enabled off' \
		-ex "source $root/doc/gdb/libfuture-gdb.py" "$@" \
		"$tmp/debugged" < /dev/null 2>&1
	unset LD_LIBRARY_PATH
}

gdb -nx -batch -ex 'python print("it" + " has")' 2>&1 | grep -q '^it has' ||
	skip "this gdb has no Python"
gdb -nx -batch -ex run true 2>&1 < /dev/null | grep -q 'exited normally' ||
	skip "gdb cannot run a program here"
${CC:-cc} -std=c11 -g -O0 -I"$root/include" -pthread -o "$tmp/debugged" \
	"$root/tests/debugged.c" -L"$(dirname $shared)" -lfuture || exit 99

no_debug='^libfuture: no debugging information'

# told FILE: two commands were answered with that.
told() {
	[ "$(grep -c "$no_debug" "$1")" = 2 ] ||
		complain "without debugging information:" "$(cat "$1")"
}

mkdir "$tmp/stripped"
cp -L lib/.libs/libfuture.so.[0-9] "$tmp/stripped"
if ${STRIP:-strip} "$tmp"/stripped/*; then
	debug "$tmp/stripped" -ex 'break all_is_set' -ex run \
		-ex future-executors -ex future-waits > "$tmp/said"
	told "$tmp/said"
fi

debug lib/.libs -ex start -ex future-executors -ex future-waits > "$tmp/said"
if grep -q "$no_debug" "$tmp/said"; then
	told "$tmp/said"
	[ $failed != 0 ] || skip "the library was built without -g"
	exit $failed
fi
[ "$(tail -n 2 "$tmp/said")" = 'no executor is in use
nobody waits in a task' ] || complain "before the first:" "$(cat "$tmp/said")"

executors='pool lane loop own'
futures='pending running ok failed told taken sharer queued cancelled hung
	follower late waiter'
{
	echo 'break all_is_set'
	echo run
	echo future-waits
	echo 'tbreak fut_stop_sleep'
	echo continue
	for name in $executors $futures; do
		# shellcheck disable=SC1003 # it is gdb's \n
		printf 'printf "%%p is %s\\n", %s\n' "$name" "$name"
		echo "print *$name"
	done
	echo 'print *future_inline()'
	echo future-waits
	echo future-executors
	echo 'info threads'
} > "$tmp/commands"
debug lib/.libs -x "$tmp/commands" > "$tmp/said"

# Addresses become the names of what is there.
sed -n 's|^\(0x[0-9a-f]*\) is \([a-z]*\)$|s/\1\\>/<\2>/g|p' "$tmp/said" |
	sort -u > "$tmp/names"
sed -f "$tmp/names" "$tmp/said" | sed -n '
	s/^\$[0-9]* = //p
	t
	s/^thread [0-9]* "web-[01]"/a worker/p
	t
	/^	in /p
	/^pool\|^lane\|^loop\|^executor\|^nobody/p' > "$tmp/out"
cat > "$tmp/lines" << 'END'
nobody waits in a task
pool "web" <pool>: open, 2 threads, 1 queued, 2 running, 0 idle, 2 handles
lane <lane>: open, on pool "web", at most 3 at a time, 1 queued, 0 running, 1 handle
loop <loop>: open, 1 queued, 0 running, run by nobody, 1 handle
executor <own>: the program's own, open, 0 queued, 0 running, 1 handle
future <pending>: pending, 2 hooks, 4 references, at home on lane <lane>
future <running>: running, 2 references, at home on pool "web"
future <ok>: ok, value 0x2a, 1 reference, at home on the default executor
future <failed>: failed with ENOENT, 1 reference, at home on the default executor
future <told>: failed with error -7, 1 reference, at home on the default executor
future <taken>: ok, its value taken, 2 references, at home on the default executor
future <sharer>: ok, its value taken, 1 reference, at home on the default executor
future <queued>: pending, 2 references, at home on loop <loop>
future <cancelled>: cancelled, 2 references, at home on loop <loop>
future <hung>: pending, continues future <pending>, 1 hook, 3 references, at home on lane <lane>
future <follower>: pending, follows future <hung>, 2 references, at home on the default executor
future <late>: ok, 1 reference, at home on a pool that is over
future <waiter>: running, 2 references, at home on pool "web"
the inline executor
a worker waits for future <pending>: pending, 2 hooks, 4 references, at home on lane <lane>
	in wait_for_it(), of future <waiter>: running, 2 references, at home on pool "web"
executor <own>: the program's own, open, 0 queued, 0 running, 1 handle
loop <loop>: open, 1 queued, 0 running, run by nobody, 1 handle
lane <lane>: open, on pool "web", at most 3 at a time, 1 queued, 0 running, 1 handle
pool "web" <pool>: open, 2 threads, 1 queued, 2 running, 0 idle, 2 handles
END
diff "$tmp/lines" "$tmp/out" > "$tmp/differs" ||
	complain "$(cat "$tmp/differs")" "gdb said:" "$(cat "$tmp/said")"
for name in web-0 web-1; do
	grep -q "^[* ].*\"$name\" " "$tmp/said" ||
		complain "no thread is named $name"
done
exit $failed
