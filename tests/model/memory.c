/* See memory.h. */
#include "memory.h"
#include "atomic.h"
#include "report.h"
#include "schedule.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ARENA ((size_t)1024 * 1024)
#define STACKS (THREADS * STACK)
#define MEMORY (STACKS + ARENA)
#define STATICS ((size_t)64 * 1024)
#define BLOCKS 8192
#define LINE 64

/* The stacks, then the arena; in the shadow, the statics follow. */
static _Alignas(64 * 1024) char memory[MEMORY];
struct cell memory_cells[(MEMORY + STATICS) / 4];
static struct cell byte_cells[MEMORY + STATICS];

struct line {
	uint32_t run;		/* if not this one, no block is here */
	uint16_t block;
	bool touched;		/* some cell of it is of this run */
};
static struct line lines[ARENA / LINE];

struct block {
	char *start;
	size_t size;
	bool freed, reached;
};
static struct block blocks[BLOCKS];
static unsigned block_count;
static size_t arena_used;

/* The static variables of the objects under test: see build.sh. */
extern char __start_model_data[] __attribute__((weak));
extern char __stop_model_data[] __attribute__((weak));
static char *image;
static size_t statics;

char *schedule_stack(unsigned thread)
{
	return memory + thread * STACK;
}

void memory_init(void)
{
	if (__start_model_data == NULL)
		return;
	statics = (size_t)(__stop_model_data - __start_model_data);
	image = malloc(statics);
	if (image == NULL || statics > STATICS) {
		fprintf(stderr, "no room for %zu bytes of statics\n", statics);
		exit(2);
	}
	memcpy(image, __start_model_data, statics);
}

void memory_reset(void)
{
	block_count = 0;
	arena_used = 0;
	memcpy(__start_model_data, image, statics);
}

void *memory_new(size_t size, size_t align)
{
	size_t start = (arena_used + align - 1) / align * align;
	struct block *block = &blocks[block_count];

	/* A line stays free behind each block: an overflow hits it. */
	if (size > ARENA || start + size + 2 * LINE > ARENA ||
	    block_count == BLOCKS)
		run_fail(FINDING_UNSUPPORTED, "the arena is full");
	arena_used = (start + size + LINE - 1) / LINE * LINE + LINE;
	*block = (struct block){ .start = memory + STACKS + start,
		.size = size };
	for (size_t i = start / LINE; i <= (start + size) / LINE; i++)
		lines[i] = (struct line){ run.number, (uint16_t)block_count,
			false };
	block_count++;
	memset(block->start, 0xa5, size);
	if (run.tracing)
		report_event("allocates", block->start, size, size,
			ORDER_NONE);
	return block->start;
}

static struct block *block_of(const char *at)
{
	struct line *line = &lines[((size_t)(at - memory) - STACKS) / LINE];

	return line->run == run.number ? &blocks[line->block] : NULL;
}

/* All that was done to it must happen before the free. */
static void check_free(size_t start, size_t size)
{
	clocks seen = self_thread()->seen;

	for (size_t at = start; at < start + size;) {
		struct cell *cell;

		if (!lines[(at - STACKS) / LINE].touched) {
			at = (at / LINE + 1) * LINE;
			continue;
		}
		cell = memory_cell(&at, start + size);
		if (cell->written > seen[cell->writer] ||
		    !clocks_within(cell->reads, seen)) {
			report_about(memory + at - 4, 4);
			run_fail(FINDING_MEMORY, "freed while another thread "
				"may still be using it");
		}
		if (cell->place != 0)
			atomic_meets_plain(cell, true, FINDING_MEMORY,
				memory + at - 4);
	}
}

void memory_free(void *pointer)
{
	char *at = pointer;
	struct block *block;

	if (pointer == NULL)
		return;
	block = at >= memory + STACKS && at < memory + MEMORY ?
		block_of(at) : NULL;
	if (block == NULL || block->start != at)
		run_fail(FINDING_MEMORY, "free of what was not allocated");
	if (block->freed)
		run_fail(FINDING_MEMORY, "freed twice");
	if (run.tracing)
		report_event("frees", at, block->size, block->size,
			ORDER_NONE);
	check_free((size_t)(at - memory), block->size);
	block->freed = true;
}

unsigned memory_blocks(void)
{
	unsigned count = 0;

	for (unsigned i = 0; i < block_count; i++)
		count += !blocks[i].freed;
	return count;
}

/* Whatever lies there and looks like a pointer reaches a block. */
static void reach(const char *from, size_t size, struct block **todo,
	unsigned *count)
{
	for (size_t i = 0; i + sizeof(char *) <= size; i += sizeof(char *)) {
		struct block *block;
		char *to;

		memcpy(&to, from + i, sizeof(to));
		if (to < memory + STACKS || to >= memory + MEMORY)
			continue;
		block = block_of(to);
		if (block == NULL || block->freed || block->reached)
			continue;
		block->reached = true;
		todo[(*count)++] = block;
	}
}

const char *memory_leak(void)
{
	static struct block *todo[BLOCKS];
	static char text[160];
	unsigned count = 0, lost = 0;
	bool any = false;

	for (unsigned i = 0; i < block_count; i++)
		any |= !blocks[i].freed;
	if (!any)
		return NULL;
	reach(__start_model_data, statics, todo, &count);
	/* Threads that may outlive the scenario keep what they know. */
	for (unsigned i = 0; i < run.threads; i++)
		if (threads[i].state != ENDED)
			reach(threads[i].sp, (size_t)(schedule_stack(i) +
				STACK - (char *)threads[i].sp), todo, &count);
	while (count > 0) {
		struct block *block = todo[--count];

		reach(block->start, block->size, todo, &count);
	}
	for (unsigned i = block_count; i-- > 0;)
		if (!blocks[i].freed && !blocks[i].reached) {
			lost++;
			memory_describe(blocks[i].start, text, sizeof(text));
		}
	if (lost == 0)
		return NULL;
	snprintf(text + strlen(text), sizeof(text) - strlen(text),
		" was not freed (%u in all)", lost);
	return text;
}

static void check_arena(size_t at, size_t size)
{
	struct line *line = &lines[(at - STACKS) / LINE];
	struct block *block = &blocks[line->block];

	if (line->run != run.number ||
	    memory + at + size > block->start + block->size)
		run_fail(FINDING_MEMORY,
			"%zu bytes at %p were never allocated", size,
			(void *)(memory + at));
	if (block->freed) {
		report_about(memory + at, size);
		run_fail(FINDING_MEMORY, "use after free");
	}
	line->touched = true;
}

static void check_stack(size_t at, size_t size)
{
	unsigned owner = (unsigned)(at / STACK);

	if (owner == run.current)
		return;
	if (owner < run.threads && threads[owner].state != ENDED &&
	    memory + at >= (char *)threads[owner].sp)
		return;
	report_about(memory + at, size);
	run_fail(FINDING_MEMORY, "use of the stack of thread %u after the "
		"function there has returned", owner);
}

size_t memory_at_any(const void *address)
{
	size_t at = (size_t)((uintptr_t)address - (uintptr_t)memory);

	if (at < MEMORY)
		return at;
	at = (size_t)((uintptr_t)address - (uintptr_t)__start_model_data);
	return at < statics ? MEMORY + at : NOWHERE;
}

size_t memory_at(const void *address, size_t size)
{
	size_t at = memory_at_any(address);

	if (at < STACKS)
		check_stack(at, size);
	else if (at < MEMORY)
		check_arena(at, size);
	return at;
}

struct cell *memory_cell_of_byte(struct cell *cell, size_t *at)
{
	if (!cell->parts) {
		for (size_t i = 0; i < 4; i++)
			byte_cells[*at / 4 * 4 + i] = *cell;
		cell->parts = true;
	}
	return &byte_cells[(*at)++];
}

void memory_describe(const void *address, char *text, size_t size)
{
	size_t at = memory_at_any(address);
	struct block *block;

	if (at < STACKS) {
		snprintf(text, size, "stack of T%zu+%zu", at / STACK,
			STACK - at % STACK);
		return;
	}
	block = at < MEMORY ? block_of(address) : NULL;
	if (block != NULL)
		snprintf(text, size, "block %u+%zu",
			(unsigned)(block - blocks),
			(size_t)((const char *)address - block->start));
	else
		snprintf(text, size, "%s", report_symbol(address));
}
