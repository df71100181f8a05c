#!/bin/sh
# The floors of lib/: an include points down, never up, and only floor 1
# touches the machine.
. "$(dirname "$0")/lib.sh"

# The one table: a floor, and the nouns that live there.
floors='
0 base ring
1 alloc clock error file fork lock park probe self text thread unwind wakefd
2 bits block hook lots order sleeper things trace tracks waiter
3 cell executor gate shell task
4 admit asleep close default doze frame handle heap inline keep lane levels pool queue runner share shift timer worker
4 calm loop own pass sim times turn
5 after cancel combine every follow get help hope job knot known lost more plain promise result
5 explore stop submit then timeout token group report
5 channel event latch mutex semaphore wait
6 completion each limiter map retry
'
# Who never meets: the future knows nothing of what runs it, nor that of it.
strangers='
cell admit
cell asleep
cell close
cell default
cell doze
cell executor
cell frame
cell handle
cell inline
cell keep
cell lane
cell levels
cell loop
cell pass
cell own
cell pool
cell queue
cell share
cell shell
cell shift
cell sim
cell timer
cell task
cell turn
cell worker
'
# All that a file outside floor 1 may include with angle brackets.  Floor 6 is
# built as a user would: on <future.h>, and with the memory of libc.
headers='errno limits stdatomic stdbool stddef stdint string'

# What a file outside floor 1 may not name: threads, clocks, memory, the
# system, and what the explorer cannot see (fences, volatile, assembly).
machine='pthread_[a-z_]*|futex|syscall|SYS_[a-z]*|sched_[a-z]*'
machine="$machine|clock_[a-z]*|CLOCK_[A-Z_]*|gettimeofday|time|sleep|usleep|nanosleep"
machine="$machine|malloc|calloc|realloc|aligned_alloc|posix_memalign|free"
machine="$machine|strdup|strndup|mmap|munmap|madvise|getenv|sysconf|fork"
machine="$machine|printf|fprintf|abort|exit|_Thread_local|__thread|volatile"
machine="$machine|asm|__asm__|atomic_thread_fence|atomic_signal_fence"
machine="$machine|__atomic_[a-z_]*|__sync_[a-z_]*"
# What a tool is told, or not to look at.
machine="$machine|__[almt]san_[a-z_]*|__sanitizer_[a-z_]*|no_sanitize[a-z_]*"
machine="$machine|VALGRIND_[A-Z_]*|ANNOTATE_[A-Z_]*"

floor_of() {
	printf '%s' "$floors" | awk -v noun="$1" '{
		for (i = 2; i <= NF; i++)
			if ($i == noun) print $1
	}'
}

are_strangers() {
	printf '%s' "$strangers" | grep -qx -e "$1 $2" -e "$2 $1"
}

# includes FILE KIND: "line name" of each #include <KIND or "KIND.
includes() {
	grep -n "^[[:space:]]*#[[:space:]]*include[[:space:]]*$2" "$1" |
		sed 's/^\([0-9]*\):[^<"]*[<"]\([^>"]*\)[>"].*/\1 \2/'
}

check_own() {
	includes "$1" '"' | while read -r line name; do
		below=$(floor_of "${name%.h}")
		if [ "$floor" = 6 ]; then
			echo "$1:$line: floor 6 includes $name of the library"
		elif [ -z "$below" ]; then
			[ "$floor" = 1 ] && [ "$name" = config.h ] && continue
			echo "$1:$line: \"$name\" is on no floor"
		elif [ "$below" -gt "$floor" ]; then
			echo "$1:$line: floor $floor includes $name of floor $below"
		elif are_strangers "$noun" "${name%.h}"; then
			echo "$1:$line: $noun and ${name%.h} must not meet"
		fi
	done
}

check_system() {
	includes "$1" '<' | while read -r line name; do
		case " $headers future " in
		*" ${name%.h} "*) continue ;;
		esac
		case $floor$name in
		6stdlib.h) continue ;;
		6*) ;;
		?future/*) continue ;;
		esac
		echo "$1:$line: <$name> outside floor 1"
	done
}

# A header has its guard, and a number that a test may set its default: three
# lines, #ifndef, #define, #endif.  No other condition.
check_conditions() {
	code "$1" | awk -v file="$1" '
		{ line[NR] = $0 }
		END {
			for (i = 1; i <= NR; i++) {
				if (line[i] !~ /^[ \t]*#[ \t]*(if|elif|else)/)
					continue
				if (file ~ /\.h$/ && !seen++)
					continue
				split(line[i], first)
				split(line[i + 1], second)
				if (first[1] == "#ifndef" && second[1] == "#define" &&
				    first[2] == second[2] && second[3] != "" &&
				    line[i + 2] ~ /^#endif/)
					continue
				print file ":" i ": a condition outside floor 1"
			}
		}'
}

check_words() {
	code "$1" | awk -v file="$1" -v floor="$floor" -v words="$machine" '{
		rest = $0
		while (match(rest, /[A-Za-z_][A-Za-z_0-9]*/)) {
			word = substr(rest, RSTART, RLENGTH)
			before = substr(rest, 1, RSTART - 1)
			rest = substr(rest, RSTART + RLENGTH)
			# A member may have any name; a call is meant.
			if (word !~ ("^(" words ")$") || before ~ /(\.|->)$/ ||
			    (floor == 6 && word ~ /^(malloc|free)$/) ||
			    (word ~ /^(time|free|exit|fork)$/ && rest !~ /^ *\(/))
				continue
			print file ":" NR ": " word " outside floor 1"
		}
	}'
}

check_file() {
	noun=$(basename "$1")
	noun=${noun%.[ch]}
	floor=$(floor_of "$noun")
	if [ -z "$floor" ]; then
		echo "$1: $noun is on no floor; the table is in $0"
		return
	fi
	check_own "$1"
	[ "$floor" = 1 ] && return
	check_system "$1"
	check_conditions "$1"
	check_words "$1"
}

for file in "$root"/lib/*.[ch]; do
	complain "$(check_file "$file")"
	case " ${LIB_SOURCES-lib/${file##*/}} " in
	*" lib/${file##*/} "*) ;;
	*) complain "$file is not in lib/local.mk" ;;
	esac
done

# A sample is a user: it sees the public headers only.
for file in "$root"/samples/*.[ch]; do
	[ -f "$file" ] || continue
	complain "$(includes "$file" '"' | while read -r line name; do
		[ ! -e "$root/lib/$name" ] ||
			echo "$file:$line: a sample includes lib/$name"
	done)"
done
exit $failed
