#!/bin/sh
# The pages: mandoc finds nothing to say, every SYNOPSIS agrees with the
# headers, every name in those stands on a page and no other does, every example
# is compiled, and run if it is a program.
. "$(dirname "$0")/lib.sh"

[ -d "$root/doc/man" ] || skip "no doc/man"
command -v mandoc > /dev/null || skip "no mandoc"
scratch

# render PAGE OPTION...: the page as plain text.
render() {
	page_file=$1
	shift
	mandoc -T utf8 "$@" "$page_file" | sed "s/.$(printf '\b')//g"
}

# synopsis PAGE: the C in it, a declaration a line.
synopsis() {
	render "$1" -O width=1000 | awk '
		/^[A-Z]/ { inside = $1 == "SYNOPSIS"; next }
		!inside || /^ *$/ { next }
		/^ *#/ { print; next }
		{ printf "%s%s", $0, /;$/ ? "\n" : " " }'
}

# From a synopsis: the functions that it declares, the macros that it shows,
# and the variables that show how a macro is used.
functions() {
	grep -v '^ *typedef' | sed -n \
		's/^[^(]*[^A-Za-z0-9_(]\(future_[a-z_0-9]*\)(.*/\1/p'
}

macros() {
	sed -n 's/^[^(]*\(FUTURE_[A-Z_0-9]*\)(.*/\1/p'
}

variables() {
	grep '^ *FUTURE_[A-Z_0-9]* '
}

# A program that knows what a synopsis shows before it is declared once more.
program() {
	echo '#include <future.h>'
	macros < "$1" | sed 's/.*/#ifndef &\n#error no macro &\n#endif/'
	echo 'void known(void);'
	echo 'void known(void)'
	echo '{'
	functions < "$1" | sed 's/.*/(void)&;/'
	variables < "$1"
	echo '}'
	grep -v 'FUTURE_[A-Z_0-9]*[( ]' "$1"
}

# examples PAGE: each goes to a file as it stands on the screen: N.c if it is a
# program.  If it is not, it is a function's body behind the program before it,
# in N.part.c.
examples() {
	rm -f "$tmp"/example-*
	render "$1" | awk -v base="$tmp/example-" '
		function flush() {
			count += text != ""
			if (text ~ /int main\(/) {
				last = text
				printf "%s", text > (base count ".c")
			} else if (text != "") {
				printf "%s%s%s%s", last, "future_result_t " \
					"part(void);\nfuture_result_t " \
					"part(void)\n{\n", text, "}\n" \
					> (base count ".part.c")
			}
			text = ""
		}
		/^[A-Z]/ { flush(); inside = $1 == "EXAMPLES" }
		inside && /^       / { text = text $0 "\n"; next }
		inside && /^     / { flush() }
		text != "" { text = text "\n" }'
}

# compile OPTION...: what the compiler has to say.
compile() {
	# shellcheck disable=SC2086 # they are words
	${CC:-cc} -I"$root/include" ${SANITIZER_FLAGS-} "$@" 2>&1
}

# try_example NAME FILE: it is compiled; if it is a program, it ends well.
try_example() {
	if [ "${2%.part.c}" != "$2" ]; then
		compile -Werror -Wno-return-type -fsyntax-only "$2" \
			> "$tmp/said" ||
			complain "$1: an example: $(cat "$tmp/said")"
		return
	fi
	if ! compile -std=c11 -Wall -Wextra -Werror "$2" -o "$tmp/example" "$library" \
		-pthread > "$tmp/said"; then
		complain "$1: an example: $(cat "$tmp/said")"
		return
	fi
	LD_LIBRARY_PATH=lib/.libs${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH} \
		timeout 60 "$tmp/example" > "$tmp/said" 2>&1 ||
		complain "$1: an example ended with $?:" "$(cat "$2" "$tmp/said")"
}

# words < TEXT: the names in it that begin like ours.
words() {
	grep -o '\<\(future\|FUTURE\)_[A-Za-z0-9_]*' | sort -u
}

# Of the headers' names, those that are not for users.
private_names() {
	grep -x -e 'FUTURE_[A-Z]*_H' -e '.*_' -e 'FUTURE_.*_DECLS' \
		-e FUTURE_API -e FUTURE_CHECKED -e future_cell \
		-e future_detail -e future_result_make -e future_unref_auto
}

library=lib/.libs/libfuture.so
[ -f $library ] || library=lib/.libs/libfuture.a
[ -f $library ] || echo "no $library: no example was run"

for page in "$root"/doc/man/*.[1-9]; do
	sed -n '/^\.Sh NAME/,/^\.Nd/s/^\.Nm \([^ ]*\).*/\1/p' "$page"
done > "$tmp/names"

for page in "$root"/doc/man/*.[1-9]; do
	name=${page##*/}
	case " ${MAN_PAGES-doc/man/$name} " in
	*" doc/man/$name "*) ;;
	*) complain "$name is not in doc/local.mk" ;;
	esac
	mandoc -T lint -W warning "$page" > "$tmp/said" ||
		complain "$(cat "$tmp/said")"
	render "$page" > "$tmp/text"
	cat "$tmp/text" >> "$tmp/texts"
	complain "$(tr -d '\200-\277' < "$tmp/text" | awk -v name="$name" '
		length($0) > 80 { print name ": too wide: " $0 }')"
	complain "$(sed -n 's/^\.Xr \([a-zA-Z_]*future[^ ]*\) 3.*/\1/p' "$page" |
		sort -u | grep -vxFf "$tmp/names" |
		sed "s/^/$name refers to what is no page: /")"

	synopsis "$page" > "$tmp/synopsis"
	grep -q future.h "$tmp/synopsis" ||
		complain "$name: no #include in its SYNOPSIS"
	functions < "$tmp/synopsis" >> "$tmp/all"
	program "$tmp/synopsis" > "$tmp/page.c"
	compile -std=c11 -Werror -fsyntax-only "$tmp/page.c" > "$tmp/said" ||
		complain "$name: its SYNOPSIS: $(cat "$tmp/said")"

	examples "$page"
	[ -f "$tmp/example-1.c" ] ||
		complain "$name: no program leads its EXAMPLES"
	[ -f $library ] || continue
	for example in "$tmp"/example-*.c; do
		[ ! -f "$example" ] || try_example "$name" "$example"
	done
done

# Both ways: what the headers have is on a page, a tag by the name of its type;
# what is on a page is in the headers.
for header in "$root"/include/future/*.h; do
	code "$header"
done | words > "$tmp/known"
# The environment is no header.
grep -v '^[A-Z]' "$tmp/texts" | words | grep -vx FUTURE_TRACE > "$tmp/told"
private_names < "$tmp/known" > "$tmp/passed"
sed 's/\(.*\)_t$/&\n\1/' "$tmp/told" >> "$tmp/passed"
complain "$(grep -vxFf "$tmp/passed" "$tmp/known" |
	sed 's/$/ is in a header, and on no page/')"
complain "$(grep -vxFf "$tmp/known" "$tmp/told" |
	sed 's/$/ is on a page, and in no header/')"
if [ -f lib/.libs/libfuture.so ]; then
	for name in $(${NM:-nm} -D --defined-only lib/.libs/libfuture.so |
		awk '$3 ~ /^future_/ { print $3 }'); do
		grep -qx "$name" "$tmp/all" || complain "$name is on no page"
	done
else
	echo "no lib/.libs/libfuture.so: exported names were not looked up"
fi
exit $failed
