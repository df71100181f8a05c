#!/bin/sh
# The pages speak of what there is: links lead to files, files and tests that
# are named exist, each noun of lib/ stands in both maps of the house.
# shellcheck disable=SC2016 # backticks are meant
. "$(dirname "$0")/lib.sh"

# names PAGE: what stands between backticks and is one word.
names() {
	grep -o '`[^`]*`' "$1" | tr -d '`' | grep -x '[a-zA-Z0-9_./*-]*' |
		sort -u
}

# A file or a directory, by its path; a program, by its source.
check_paths() {
	names "$1" | grep -E '^(lib|include|tests|samples|scripts|bench|doc)/' |
		while read -r path; do
			# shellcheck disable=SC2086 # it may be a pattern
			set -- "$root"/$path
			[ -e "$1" ] || [ -e "$1.c" ] || echo "$page: there is no $path"
		done
}

check_links() {
	grep -o '](\([^)#]*\))' "$1" | sed 's/^](//; s/)$//' | grep -v : |
		while read -r link; do
			[ -e "$(dirname "$1")/$link" ] ||
				echo "$page: a link to $link"
		done
}

# is_operation NAME: the explorer's scenarios are put together from it.
is_operation() {
	grep -q "($1[,)]" "$root"/tests/model/*.c
}

# A long name of words is that of a test, or of a function.  A scenario's may be
# put together: a_and_b_against_settle.
check_tests() {
	names "$1" | grep -E '^[a-z]+(_[a-z0-9]+){3,}$' |
		while read -r name; do
			both=${name%_against_settle}
			grep -qw "$name" "$root"/tests/*.c \
				"$root"/tests/model/*.c \
				"$root"/include/future/*.h ||
				{ [ "$name" != "$both" ] &&
				is_operation "${both%%_and_*}" &&
				is_operation "${both#*_and_}"; } ||
				echo "$page: there is no test $name"
		done
	names "$1" | grep -E '^(check|stress)_[a-z]+$' |
		while read -r noun; do
			[ -e "$root/tests/$noun.c" ] || grep -qw "$noun" \
				"$root"/lib/*.[ch] ||
				echo "$page: there is no tests/$noun.c"
		done
}

# Both maps have each noun, and files of no other.
check_map() {
	for file in "$root"/lib/*.[ch]; do
		noun=${file##*/}
		noun=${noun%.[ch]}
		grep '^| [0-6]' "$1" | grep -qF "\`$noun\`" ||
			echo "$page: $noun is on no floor"
	done
	grep '^| [0-6]' "$1" | awk -F'|' '{ print $3, $2 }' |
		grep -o '`[a-z]*`' | tr -d '`' | while read -r noun; do
		[ -e "$root/lib/$noun.c" ] || [ -e "$root/lib/$noun.h" ] ||
			echo "$page: lib/ has no $noun"
	done
}

for page in README.md CONTRIBUTING.md doc/guide.md doc/design.md; do
	complain "$(check_paths "$root/$page")"
	complain "$(check_links "$root/$page")"
	complain "$(check_tests "$root/$page")"
done
for page in README.md doc/design.md; do
	complain "$(check_map "$root/$page")"
done
exit $failed
