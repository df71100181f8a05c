/*
 * Floor 2: blocks of memory for tasks and futures.
 *
 * A block is often allocated on one thread and freed on another, which costs
 * malloc 60 to 330 ns.  So each thread has magazines, arrays of free blocks,
 * and exchanges whole magazines with a depot; the depot cuts blocks from slabs
 * of 2 MiB and unmaps those whose blocks have all come back, but for some.
 * (J. Bonwick, J. Adams, "Magazines and Vmem", 2001.)
 * Where a tool watches, every block is allocated and freed singly.
 */
#ifndef FUT_BLOCK_H
#define FUT_BLOCK_H

#include "self.h"

#ifndef FUT_MAGAZINE_ROUNDS
#define FUT_MAGAZINE_ROUNDS 256
#endif

/* The largest block that comes from a slab: classes are 64, 96, 128 bytes. */
#define FUT_BLOCK_MAX 128

struct fut_magazine {
	struct fut_magazine *next;	/* under the depot's lock */
	unsigned count;
	void *slot[FUT_MAGAZINE_ROUNDS];
};

/* A pool has ended, and perhaps a burst with it: keeps only a few. */
void fut_block_trim(void);

void *fut_block_new_slow(size_t size);
void fut_block_free_slow(void *block, size_t size);

static inline unsigned fut_block_class(size_t size)
{
	return size <= 64 ? 0 : size <= 96 ? 1 : 2;
}

/* `size` bytes, contents undefined; NULL if there is no memory. */
static inline void *fut_block_new(size_t size)
{
	struct fut_magazine *loaded;

	if (size > FUT_BLOCK_MAX)
		return fut_block_new_slow(size);
	loaded = fut_self()->loaded[fut_block_class(size)];
	if (FUT_UNLIKELY(loaded == NULL || loaded->count == 0))
		return fut_block_new_slow(size);
	loaded->count--;
	/* It was last used on another core, as likely as not. */
	if (loaded->count > 0) {
		const char *after = loaded->slot[loaded->count - 1];

		__builtin_prefetch(after, 1);
		__builtin_prefetch(after + 64, 1);
	}
	return loaded->slot[loaded->count];
}

/* `size` is what the block was asked for with. */
static inline void fut_block_free(void *block, size_t size)
{
	struct fut_magazine *loaded;

	if (size > FUT_BLOCK_MAX) {
		fut_block_free_slow(block, size);
		return;
	}
	loaded = fut_self()->loaded[fut_block_class(size)];
	if (FUT_UNLIKELY(loaded == NULL ||
			 loaded->count == FUT_MAGAZINE_ROUNDS)) {
		fut_block_free_slow(block, size);
		return;
	}
	loaded->slot[loaded->count++] = block;
}

#endif
