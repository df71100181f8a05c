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
floor=' park.c clock.c thread.c alloc.c self.c fork.c text.c wakefd.c file.c '

common="-std=gnu11 -g -fno-pie -fno-omit-frame-pointer -DFUT_MODEL -DFUT_DEBUG
	-Wall -Wextra -Wconversion -Wshadow -Wstrict-prototypes ${WERROR:-}
	-iquote $here -iquote $lib -I$top/include -I$out/include"
watched="-O1 -fsanitize=thread --param=tsan-instrument-func-entry-exit=0
	-fno-builtin-memset -fno-builtin-memcpy -fno-builtin-memmove
	-fno-builtin-memcmp -include $here/tunables.h"

: >"$out/include/config.h"

# True if something has changed since FILE was made.
stale() { # FILE SOURCES...
	file=$1
	shift
	[ ! -e "$file" ] || [ -n "$(find "$@" -newer "$file")" ]
}

# A header counts for all.
headers=$(find "$here" "$lib" "$top/include" -name '*.h')

compile() { # OBJECT FLAGS SOURCE
	if stale "$1" "$3" "$0" $headers; then
		$CC $common $2 -c "$3" -o "$1"
	fi
}

# One object of many, with names for its sections.  Floor 6 has its memory from
# libc: here that is floor 1's, as for the others.
watch() { # OBJECT PARTS...
	object=$1
	shift
	stale "$object" "$@" || return 0
	ld -r -o "$object.part" "$@"
	objcopy --set-section-flags .bss=alloc,load,contents,data \
		"$object.part"
	objcopy --rename-section .bss=model_data,alloc,load,data,contents \
		--rename-section .data=model_data \
		--rename-section .text=model_text \
		--redefine-sym malloc=fut_alloc \
		--redefine-sym free=fut_free \
		--redefine-sym memset=model_memset \
		--redefine-sym memcpy=model_memcpy \
		--redefine-sym memmove=model_memmove \
		--redefine-sym memcmp=model_memcmp \
		--redefine-sym strncpy=model_strncpy "$object.part" "$object"
	known='(__tsan_|model_|fut_|shadow_|graph_|str(len|cmp|r?chr|ncmp|errordesc_np)$)'
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

program() { # PROGRAM OBJECTS...
	program=$1
	shift
	if stale "$program" "$@" "$out/objects/runtime.o"; then
		$CC -no-pie -o "$program" "$out/objects/runtime.o" "$@"
	fi
}

# The runtime is optimized as a whole, once.
runtime=$(for name in atomic choice explore fiber floor memory options plain \
	reduce replay report schedule tally; do
	objects run_ "-O3 -flto" "$here/$name.c"
done)
if stale "$out/objects/runtime.o" $runtime; then
	$CC -O3 -flto -flto-partition=one -r -flinker-output=nolto-rel \
		-o "$out/objects/runtime.o" $runtime
fi

own=$(objects own_ "$watched" "$here/litmus.c" "$here/toys.c" "$lib/lock.c")
watch "$out/objects/own.o" $own
program "$out/check_explorer" "$out/objects/own.o"

parts=$(objects lib_ "$watched" $(sources))
scenarios=$(objects lib_ "$watched" "$here"/scenario_*.c)
watch "$out/objects/library.o" $parts $scenarios
# What scenarios know of themselves is not watched.
shadow=$(objects run_ -O2 "$here/shadow.c")
program "$out/explore" "$out/objects/library.o" "$shadow"
