#!/bin/sh
# What a machine can see of style: columns, sizes, blanks, the scripts' lint.
. "$(dirname "$0")/lib.sh"

columns=80
file_lines=500
function_lines=60

# A tab is 8 columns; a character of UTF-8 is one.
check_columns() {
	tr -d '\200-\277' < "$1" | expand -t 8 | awk -v file="$1" -v max=$columns '
		length($0) > max {
			print file ":" NR ": " length($0) " columns"
		}'
}

check_blanks() {
	grep -n '[[:blank:]]$' "$1" | sed "s|^\([0-9]*\):.*|$1:\1: a blank at the end|"
	[ -z "$(tail -c 1 "$1")" ] || echo "$1: no newline at the end"
}

# A function's braces stand in the first column; it starts after a blank line,
# a line of the preprocessor, or the end of what came before.
check_functions() {
	code "$1" | awk -v file="$1" -v max=$function_lines '
		/^[A-Za-z_]/ && !body && !start { start = NR }
		/^\{/ && start { body = 1 }
		/^\}/ && body {
			if (NR - start + 1 > max)
				print file ":" start ": a function of " \
					NR - start + 1 " lines"
			body = start = 0
		}
		(/^[ \t]*$/ || /^#/ || /;[ \t]*$/) && !body { start = 0 }'
}

complain "$(find "$root/lib" "$root/include" "$root/samples" "$root/bench" \
	"$root/tests" -name '*.[ch]' -o -name '*.cc' | sort |
	while read -r file; do
		check_columns "$file"
		check_blanks "$file"
		check_functions "$file"
	done)"

for file in "$root"/lib/*.[ch]; do
	lines=$(wc -l < "$file")
	[ "$lines" -le $file_lines ] || complain "$file: $lines lines"
done

if command -v shellcheck > /dev/null; then
	set --
	for file in "$root"/tests/*.sh "$root"/scripts/* "$root"/bench/* \
		"$root"/.ci/run; do
		[ -f "$file" ] || continue
		head -n 1 "$file" | grep -q '^#!.*sh$\|^# shellcheck' &&
			set -- "$@" "$file"
	done
	LC_ALL=C.UTF-8 shellcheck -x -P "$root/tests" "$@" || complain "shellcheck complained"
else
	echo "shellcheck is not here: the scripts were not linted"
fi
exit $failed
