/*
 * Plain accesses, as the compiler tells of them under -fsanitize=thread.
 *
 * A race is a pair of accesses of which at least one writes and at least one
 * is plain, and neither happens before the other.
 */
#include "atomic.h"
#include "memory.h"
#include "report.h"
#include "schedule.h"

#include <string.h>

static _Noreturn void race(const char *what, const char *before,
	const struct cell *cell, const void *address)
{
	char where[160];

	report_about(address, 1);
	memory_describe(address, where, sizeof(where));
	if (cell == NULL)
		run_fail(FINDING_RACE, "%s of %s, unordered after a %s", what,
			where, before);
	run_fail(FINDING_RACE, "%s of %s, unordered after a %s by T%u at %s",
		what, where, before, (unsigned)cell->writer,
		report_where(cell->writer_pc));
}

static inline void touch(const void *address, size_t size, bool write,
	const void *caller)
{
	size_t at = memory_at(address, size), end = at + size, start = at;
	const struct thread *self = self_thread();

	if (run.tracing)
		report_plain(address, size, write);
	if (at == NOWHERE)
		return;
	while (at < end) {
		const char *here = (const char *)address + (at - start);
		struct cell *cell = memory_cell(&at, end);

		if (cell->written > self->seen[cell->writer])
			race(write ? "write" : "read", "write", cell, here);
		if (cell->place != 0)
			atomic_meets_plain(cell, write, FINDING_RACE, here);
		if (!write) {
			cell->reads[run.current] = self_clock();
			continue;
		}
		if (!clocks_within(cell->reads, self->seen))
			race("write", "read", NULL, here);
		cell->writer = (uint8_t)run.current;
		cell->written = self_clock();
		cell->writer_pc = (uint32_t)(uintptr_t)caller;
	}
}

#define CALLER __builtin_return_address(0)

#define ACCESS(suffix, size) \
	void __tsan_read##suffix(void *address); \
	void __tsan_write##suffix(void *address); \
	void __tsan_unaligned_read##suffix(void *address); \
	void __tsan_unaligned_write##suffix(void *address); \
	void __tsan_read##suffix(void *address) \
	{ \
		touch(address, size, false, CALLER); \
	} \
	void __tsan_write##suffix(void *address) \
	{ \
		touch(address, size, true, CALLER); \
	} \
	void __tsan_unaligned_read##suffix(void *address) \
	{ \
		touch(address, size, false, CALLER); \
	} \
	void __tsan_unaligned_write##suffix(void *address) \
	{ \
		touch(address, size, true, CALLER); \
	}

ACCESS(1, 1)
ACCESS(2, 2)
ACCESS(4, 4)
ACCESS(8, 8)
ACCESS(16, 16)

void __tsan_init(void);
void __tsan_func_entry(void *caller);
void __tsan_func_exit(void);
void __tsan_read_range(void *address, size_t size);
void __tsan_write_range(void *address, size_t size);
void *model_memset(void *to, int byte, size_t size);
void *model_memcpy(void *to, const void *from, size_t size);
void *model_memmove(void *to, const void *from, size_t size);
int model_memcmp(const void *a, const void *b, size_t size);
char *model_strncpy(char *to, const char *from, size_t size);

void __tsan_init(void)
{
}

void __tsan_func_entry(void *caller)
{
	(void)caller;
}

void __tsan_func_exit(void)
{
}

void __tsan_read_range(void *address, size_t size)
{
	touch(address, size, false, CALLER);
}

void __tsan_write_range(void *address, size_t size)
{
	touch(address, size, true, CALLER);
}

/* The compiler leaves these to us: build.sh renames them. */
void *model_memset(void *to, int byte, size_t size)
{
	touch(to, size, true, CALLER);
	return memset(to, byte, size);
}

void *model_memcpy(void *to, const void *from, size_t size)
{
	touch(from, size, false, CALLER);
	touch(to, size, true, CALLER);
	return memcpy(to, from, size);
}

void *model_memmove(void *to, const void *from, size_t size)
{
	touch(from, size, false, CALLER);
	touch(to, size, true, CALLER);
	return memmove(to, from, size);
}

int model_memcmp(const void *a, const void *b, size_t size)
{
	touch(a, size, false, CALLER);
	touch(b, size, false, CALLER);
	return memcmp(a, b, size);
}

char *model_strncpy(char *to, const char *from, size_t size)
{
	touch(from, strnlen(from, size), false, CALLER);
	touch(to, size, true, CALLER);
	return strncpy(to, from, size);
}
