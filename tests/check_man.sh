#!/bin/sh
# The pages: mandoc finds nothing to say, every SYNOPSIS agrees with the
# headers, every function that is exported stands in one.
. "$(dirname "$0")/lib.sh"

[ -d "$root/doc/man" ] || skip "no doc/man"
command -v mandoc > /dev/null || skip "no mandoc"
scratch

# synopsis PAGE: the C in it, a declaration a line.
synopsis() {
	mandoc -T ascii -O width=1000 "$1" | sed "s/.$(printf '\b')//g" | awk '
		/^[A-Z]/ { inside = $1 == "SYNOPSIS"; next }
		!inside || /^ *$/ { next }
		/^ *#/ { print; next }
		{ printf "%s%s", $0, /;$/ ? "\n" : " " }'
}

# From a synopsis: the functions that it declares, the macros that it shows.
functions() {
	grep -v '^ *typedef' | sed -n \
		's/^[^(]*[^A-Za-z0-9_(]\(future_[a-z_0-9]*\)(.*/\1/p'
}

macros() {
	sed -n 's/^[^(]*\(FUTURE_[A-Z_0-9]*\)(.*/\1/p'
}

# A program that knows what a synopsis shows before it is declared once more.
program() {
	echo '#include <future.h>'
	macros < "$1" | sed 's/.*/#ifndef &\n#error no macro &\n#endif/'
	echo 'void known(void);'
	echo 'void known(void)'
	echo '{'
	functions < "$1" | sed 's/.*/(void)&;/'
	echo '}'
	grep -v 'FUTURE_[A-Z_0-9]*(' "$1"
}

for page in "$root"/doc/man/*.[1-9]; do
	name=${page##*/}
	case " ${MAN_PAGES-doc/man/$name} " in
	*" doc/man/$name "*) ;;
	*) complain "$name is not in doc/local.mk" ;;
	esac
	mandoc -T lint -W warning "$page" > "$tmp/said" ||
		complain "$(cat "$tmp/said")"
	synopsis "$page" > "$tmp/synopsis"
	grep -q future.h "$tmp/synopsis" ||
		complain "$name: no #include in its SYNOPSIS"
	functions < "$tmp/synopsis" >> "$tmp/all"
	program "$tmp/synopsis" > "$tmp/page.c"
	# shellcheck disable=SC2086 # they are words
	${CC:-cc} -std=c11 -Werror -I"$root/include" -fsyntax-only \
		"$tmp/page.c" > "$tmp/said" 2>&1 ||
		complain "$name: its SYNOPSIS: $(cat "$tmp/said")"
done

if [ -f lib/.libs/libfuture.so ]; then
	for name in $(${NM:-nm} -D --defined-only lib/.libs/libfuture.so |
		awk '$3 ~ /^future_/ { print $3 }'); do
		grep -qx "$name" "$tmp/all" || complain "$name is on no page"
	done
else
	echo "no lib/.libs/libfuture.so: exported names were not looked up"
fi
exit $failed
