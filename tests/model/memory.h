/*
 * The memory of a run, and its shadow.
 *
 * Watched are the stacks of the threads, an arena for all that is allocated,
 * and the static variables of the objects under test.  Four bytes have a cell;
 * where they are accessed in parts, each byte has one of its own.
 */
#ifndef MEMORY_H
#define MEMORY_H

#include "run.h"

#define NOWHERE SIZE_MAX

struct cell {
	uint32_t run;		/* if not this one, all is zero */
	uint32_t writer_pc;
	uint16_t place;		/* the atomic that is here; see atomic.h */
	uint8_t writer;		/* the last plain write: who, and when */
	bool parts;		/* see the cells of the bytes */
	int16_t written;	/* 0: never */
	clocks reads;		/* plain reads */
};

void memory_init(void);
/* Starts anew: static variables as at the start, nothing allocated. */
void memory_reset(void);

/* Memory of undefined contents; never NULL.  `align` is a power of two. */
void *memory_new(size_t size, size_t align);
void memory_free(void *memory);

/* How many are allocated and not freed. */
unsigned memory_blocks(void);

/* At the end of a run: NULL, or a sentence about what was not freed. */
const char *memory_leak(void);

/*
 * Returns where in the shadow these bytes are, NOWHERE if they are not
 * watched; ends the run if they are not alive.
 */
size_t memory_at(const void *address, size_t size);

/* The same for words whose memory may be gone. */
size_t memory_at_any(const void *address);

extern struct cell memory_cells[];

/* Splits a cell; returns that of the byte at *at, and steps over it. */
struct cell *memory_cell_of_byte(struct cell *cell, size_t *at);

/* Returns the cell at *at, before `end`, and steps *at over it. */
static inline struct cell *memory_cell(size_t *at, size_t end)
{
	struct cell *cell = &memory_cells[*at / 4];

	if (cell->run != run.number)
		*cell = (struct cell){ .run = run.number };
	if (cell->parts || *at % 4 != 0 || end - *at < 4)
		return memory_cell_of_byte(cell, at);
	*at += 4;
	return cell;
}

/* What an address is, in words. */
void memory_describe(const void *address, char *text, size_t size);

#endif
