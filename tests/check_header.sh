#!/bin/sh
# Every public header compiles alone and twice over, as C11 and as C++11; all
# of them also beside <future> under `using namespace std`.  No warnings.
. "$(dirname "$0")/lib.sh"
scratch
command -v "${CXX:=g++}" > /dev/null || skip "no C++ compiler"

warnings='-pedantic -Wall -Wextra -Wconversion -Wundef -Werror'
c="${CC:-cc} -std=c11 $warnings -Wshadow -Wstrict-prototypes"
cxx="$CXX $warnings -std"

# try WHAT COMPILER...: the program on standard input compiles.
try() {
	what=$1
	shift
	"$@" -I"$root/include" -fsyntax-only - > "$tmp/said" 2>&1 ||
		complain "$what: $(cat "$tmp/said")"
}

# twice HEADER
twice() {
	printf '#include <%s>\n#include <%s>\n' "$1" "$1"
	echo 'int main(void) { return 0; }'
}

for path in "$root"/include/future.h "$root"/include/future/*.h; do
	header=${path#"$root/include/"}
	case " ${HEADERS-include/$header} " in
	*" include/$header "*) ;;
	*) complain "$header is not in include/local.mk" ;;
	esac
	# With `using namespace std` each of these would mean two things.
	complain "$(code "$path" | grep -nwE \
		'future_(status|error|errc|category)' | sed "s|^|$header:|")"
	# shellcheck disable=SC2086 # they are words
	{
		twice "$header" > "$tmp/twice"
		try "$header in C" $c -x c < "$tmp/twice"
		try "$header in C++" $cxx=c++11 -x c++ < "$tmp/twice"
	}
done

{
	printf '#include <future>\nusing namespace std;\n'
	twice future.h
} > "$tmp/beside"
for standard in c++11 c++20; do
	# shellcheck disable=SC2086
	try "future.h beside <future>" $cxx=$standard -x c++ < "$tmp/beside"
done

# With FUTURE_SITES every call that makes a future is a macro, in C++ as well.
cat > "$tmp/sites" <<'END'
#define FUTURE_SITES
#include <future.h>
int main(void)
{
	future_t *one = future_then(future_submit(NULL, NULL, NULL), NULL, 0);
	future_t *both = FUTURE_ALL(one, (future_submit)(NULL, NULL, NULL));

	future_unref(both);
	return 0;
}
END
# shellcheck disable=SC2086
{
	try "sites in C" $c -x c < "$tmp/sites"
	try "sites in C++" $cxx=c++11 -x c++ < "$tmp/sites"
}
cat "$root"/include/future/*.h | tr '\n\t' '  ' |
	grep -oE 'FUTURE_CHECKED future_t \* *future_[a-z_]+\(' |
	grep -oE 'future_[a-z_]+\(' | sort -u > "$tmp/made"
sed -n 's/^#define \(future_[a-z_]*(\).*/\1/p' \
	"$root/include/future/sites.h" | sort -u > "$tmp/sited"
[ -s "$tmp/made" ] || complain "no call makes a future"
complain "$(comm -23 "$tmp/made" "$tmp/sited" | sed 's/$/) has no site/')"
exit $failed
