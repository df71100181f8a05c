# shellcheck shell=sh disable=SC2034
# What the scripts of make check share: sourced, run in the build directory.
set -u
export LC_ALL=C

root=${top_srcdir:-$(dirname "$0")/..}
failed=0

# complain TEXT: if there is any, it is printed, and the test will fail.
complain() {
	[ -n "$*" ] || return 0
	printf '%s\n' "$*"
	failed=1
}

# skip REASON...: nothing here to test.
skip() {
	printf 'skipped: %s\n' "$*"
	exit 77
}

# code FILE: its C without comments and the contents of strings, line by line.
code() {
	awk '{
		out = ""
		n = length($0)
		for (i = 1; i <= n; i++) {
			c = substr($0, i, 1)
			two = substr($0, i, 2)
			if (comment) {
				if (two == "*/") { comment = 0; i++; out = out " " }
			} else if (quote != "") {
				if (c == "\\") i++
				else if (c == quote) { quote = ""; out = out c }
			} else if (two == "/*") {
				comment = 1; i++
			} else if (two == "//") {
				break
			} else {
				if (c == "\"" || c == "\047") quote = c
				out = out c
			}
		}
		quote = ""
		print out
	}' "$1"
}

# scratch: makes the directory $tmp, gone when the script ends.
scratch() {
	tmp=$(mktemp -d) || exit 99
	trap 'rm -rf "$tmp"' EXIT
	trap 'exit 99' HUP INT TERM
}
