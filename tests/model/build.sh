#!/bin/sh
# build.sh OUT [LIB]: builds OUT/explore from the library's sources in LIB (by
# default those of this tree), and OUT/check_explorer, the explorer's own tests.
#
# What is under test is compiled for ThreadSanitizer and linked with our own
# __tsan_* functions.  Its sections get names of their own, so that the
# explorer knows its code and its variables.
#
# shellcheck disable=SC2046,SC2086 # lists of words are meant to be split
set -eu

here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../.." && pwd)
mkdir -p "$1/include" "$1/objects"
out=$(cd "$1" && pwd)
lib=${2:-$top/lib}
CC=${EXPLORE_CC:-gcc}

# Of floor 1 only the lock is the library's own: floor.c stands in for these.
floor=' park.c clock.c thread.c alloc.c self.c fork.c '

common="-std=gnu11 -g -fno-pie -fno-omit-frame-pointer -DFUT_MODEL -DFUT_DEBUG
	-Wall -Wextra -Wconversion -Wshadow -Wstrict-prototypes ${WERROR:-}
	-iquote $here -iquote $lib -I$top/include -I$out/include"
watched="-O1 -fsanitize=thread --param=tsan-instrument-func-entry-exit=0
	-fno-builtin-memset -fno-builtin-memcpy -fno-builtin-memmove
	-fno-builtin-memcmp -include $here/tunables.h"

: >"$out/include/config.h"

compile() { # OBJECT FLAGS SOURCE
	# Only what has changed; a header counts for all.
	if [ -z "$(find "$3" "$here" "$lib" "$top/include" -maxdepth 2 \
		\( -path "$3" -o -name '*.h' -o -name build.sh \) \
		-newer "$1" 2>/dev/null || echo new)" ]; then
		return
	fi
	$CC $common $2 -c "$3" -o "$1"
}

# One object of many, with names for its sections.
watch() { # OBJECT PARTS...
	object=$1
	shift
	ld -r -o "$object.part" "$@"
	objcopy --set-section-flags .bss=alloc,load,contents,data \
		"$object.part"
	objcopy --rename-section .bss=model_data,alloc,load,data,contents \
		--rename-section .data=model_data \
		--rename-section .text=model_text \
		--redefine-sym memset=model_memset \
		--redefine-sym memcpy=model_memcpy \
		--redefine-sym memmove=model_memmove \
		--redefine-sym memcmp=model_memcmp \
		--redefine-sym strncpy=model_strncpy "$object.part" "$object"
	known='(__tsan_|model_|fut_|str(len|cmp|chr|ncmp|errordesc_np)$)'
	if nm -u "$object" | grep -vE " $known"; then
		echo "$object reaches the outside past floor 1" >&2
		exit 1
	fi
	if objdump -h "$object" | grep -A1 -E '\.(data|bss|tdata|tbss)' |
		grep -E '^ +[0-9]+ [^ ]+ +0*[1-9a-f]'; then
		echo "$object has variables that are not watched" >&2
		exit 1
	fi
}

objects() { # PREFIX FLAGS SOURCES...: compiles, prints the objects
	prefix=$1 flags=$2
	shift 2
	for source; do
		object=$out/objects/$prefix$(basename "$source" .c).o
		compile "$object" "$flags" "$source"
		echo "$object"
	done
}

sources() { # the library's, without the floor
	for source in "$lib"/*.c; do
		case $floor in
		*" $(basename "$source") "*) ;;
		*) echo "$source" ;;
		esac
	done
}

runtime=$(for name in atomic choice explore fiber floor memory options plain \
	reduce replay report schedule tally; do
	objects run_ "-O3 -flto" "$here/$name.c"
done)
own=$(objects own_ "$watched" "$here"/litmus.c "$here"/toys.c "$lib/lock.c")
watch "$out/objects/own.o" $own
$CC -O3 -flto -no-pie -o "$out/check_explorer" $runtime "$out/objects/own.o"

set -- "$here"/scenario_*.c
if [ -e "$1" ]; then
	parts=$(objects lib_ "$watched" $(sources))
	scenarios=$(objects lib_ "$watched" "$@")
	watch "$out/objects/library.o" $parts $scenarios
	$CC -O3 -flto -no-pie -o "$out/explore" $runtime "$out/objects/library.o"
fi
