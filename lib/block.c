/* See block.h. */
#include "block.h"
#include "alloc.h"
#include "fork.h"
#include "lock.h"

/* Full magazines that a depot keeps; what comes beyond goes to its slabs. */
#ifndef FUT_DEPOT_FULL_MAX
#define FUT_DEPOT_FULL_MAX 64
#endif
/* Empty slabs that a depot keeps, for the next burst. */
#ifndef FUT_DEPOT_EMPTY_MAX
#define FUT_DEPOT_EMPTY_MAX 64
#endif
/* Those that it keeps when a pool ends. */
#ifndef FUT_DEPOT_EMPTY_MIN
#define FUT_DEPOT_EMPTY_MIN 8
#endif
#ifndef FUT_SLAB_SIZE
#define FUT_SLAB_SIZE ((size_t)2 << 20)
#endif

/*
 * At the start of its own pages: found from a block by its address.  The free
 * blocks are bits, so that a block is not touched until it is used, and the
 * next ones taken lie in rising order.  All of it under the depot's lock.
 */
struct slab {
	struct slab *next, *prev;	/* in the depot's list if it has room */
	size_t live;			/* blocks that are not in the slab */
	size_t cursor;			/* no word before it has a free block */
	uint32_t born;			/* the process it was mapped in */
	uint64_t free[];
};

static struct depot {
	struct fut_lock lock;
	struct fut_magazine *full, *empty;	/* all under lock */
	unsigned full_count;
	struct slab *slabs;		/* those with room and live blocks */
	struct slab *empties;
	size_t empty_count;
	atomic_bool grown;		/* it has had a slab */
} depots[FUT_BLOCK_CLASSES];

/* As many blocks as fit beside one bit each. */
#define BLOCKS(size) ((FUT_SLAB_SIZE - sizeof(struct slab) - 128) * 8 / \
	((size) * 8 + 1))

static const size_t class_size[FUT_BLOCK_CLASSES] = { 64, 96, 128 };
static const size_t class_blocks[FUT_BLOCK_CLASSES] = {
	BLOCKS(64), BLOCKS(96), BLOCKS(128)
};

enum { MODE_UNKNOWN, MODE_CACHED, MODE_WATCHED };
static _Atomic int mode;

/* The blocks of other threads did not come along; let them be. */
static void forget(void)
{
	for (unsigned i = 0; i < FUT_BLOCK_CLASSES; i++)
		depots[i] = (struct depot){ .full_count = 0 };
}

/* Decided once: a block goes back the way it came. */
static bool watched(void)
{
	int now = atomic_load_explicit(&mode, FUT_RELAXED), before;

	if (FUT_LIKELY(now != MODE_UNKNOWN))
		return now == MODE_WATCHED;
	before = MODE_UNKNOWN;
	now = fut_alloc_watched() || fut_fork_at_child(forget) != 0 ?
		MODE_WATCHED : MODE_CACHED;
	if (!atomic_compare_exchange_strong_explicit(&mode, &before, now,
			FUT_RELAXED, FUT_RELAXED))
		now = before;
	return now == MODE_WATCHED;
}

static size_t words(unsigned class)
{
	return (class_blocks[class] + 63) / 64;
}

/* The first block: behind the bits, aligned to a cache line. */
static char *slab_blocks(struct slab *slab, unsigned class)
{
	size_t header = sizeof(*slab) + words(class) * sizeof(uint64_t);

	return (char *)slab + (header + 63) / 64 * 64;
}

static struct slab *slab_of(void *block)
{
	return (struct slab *)((uintptr_t)block & ~(FUT_SLAB_SIZE - 1));
}

static struct slab *slab_new(unsigned class, bool huge)
{
	struct slab *slab = fut_pages(FUT_SLAB_SIZE);

	if (slab == NULL)
		return NULL;
	if (huge)
		fut_pages_huge(slab, FUT_SLAB_SIZE);
	slab->born = fut_fork_now();
	for (size_t i = 0; i < class_blocks[class] / 64; i++)
		slab->free[i] = UINT64_MAX;
	if (class_blocks[class] % 64 != 0)
		slab->free[class_blocks[class] / 64] =
			((uint64_t)1 << class_blocks[class] % 64) - 1;
	return slab;
}

static void slab_link(struct slab **list, struct slab *slab)
{
	slab->prev = NULL;
	slab->next = *list;
	if (slab->next != NULL)
		slab->next->prev = slab;
	*list = slab;
}

static void slab_unlink(struct slab **list, struct slab *slab)
{
	if (slab->prev != NULL)
		slab->prev->next = slab->next;
	else
		*list = slab->next;
	if (slab->next != NULL)
		slab->next->prev = slab->prev;
}

/* Under the depot's lock: free blocks, at most `most`, lowest first. */
static unsigned slab_take(struct slab *slab, unsigned class, void **blocks,
	unsigned most)
{
	char *base = slab_blocks(slab, class);
	unsigned n = 0;

	while (n < most && slab->cursor < words(class)) {
		uint64_t *word = &slab->free[slab->cursor];
		size_t bit;

		if (*word == 0) {
			slab->cursor++;
			continue;
		}
		bit = (size_t)__builtin_ctzll(*word);
		*word &= *word - 1;
		blocks[n++] = base + (slab->cursor * 64 + bit) *
			class_size[class];
	}
	slab->live += n;
	return n;
}

/* Under the depot's lock: one more slab with room, if there is an empty one. */
static void use_empty(struct depot *depot)
{
	struct slab *slab = depot->empties;

	if (slab == NULL)
		return;
	slab_unlink(&depot->empties, slab);
	depot->empty_count--;
	slab_link(&depot->slabs, slab);
}

/* By constants: a division takes longer than all the rest of slab_put(). */
static inline size_t block_index(size_t offset, unsigned class)
{
	return class == 0 ? offset / 64 : class == 1 ? offset / 96 :
		offset / 128;
}

/* Under the depot's lock.  Returns the slab if it is to be unmapped. */
static struct slab *slab_put(struct depot *depot, void *block, unsigned class)
{
	struct slab *slab = slab_of(block);
	size_t index = block_index((size_t)((char *)block -
		slab_blocks(slab, class)), class);

	/* Inherited by a fork, perhaps in the middle of a change. */
	if (slab->born != fut_fork_now())
		return NULL;
	if (slab->live == class_blocks[class])
		slab_link(&depot->slabs, slab);
	slab->free[index / 64] |= (uint64_t)1 << index % 64;
	if (slab->cursor > index / 64)
		slab->cursor = index / 64;
	if (--slab->live > 0)
		return NULL;
	slab_unlink(&depot->slabs, slab);
	if (depot->empty_count == FUT_DEPOT_EMPTY_MAX)
		return slab;
	slab_link(&depot->empties, slab);
	depot->empty_count++;
	return NULL;
}

/* Under the depot's lock: as many blocks as there are, at most a magazine. */
static void depot_load(struct depot *depot, struct fut_magazine *magazine,
	unsigned class)
{
	unsigned n = 0;

	if (depot->slabs == NULL)
		use_empty(depot);
	while (depot->slabs != NULL && n < FUT_MAGAZINE_ROUNDS) {
		struct slab *slab = depot->slabs;

		n += slab_take(slab, class, &magazine->slot[n],
			FUT_MAGAZINE_ROUNDS - n);
		if (slab->live == class_blocks[class])
			slab_unlink(&depot->slabs, slab);
	}
	magazine->count = n;
	/* Taken from the end: so in rising order of address. */
	for (unsigned i = 0; i < n / 2; i++) {
		void *block = magazine->slot[i];

		magazine->slot[i] = magazine->slot[n - 1 - i];
		magazine->slot[n - 1 - i] = block;
	}
}

/* Under the depot's lock: back to the slabs.  Adds to *unmap. */
static void depot_unload(struct depot *depot, struct fut_magazine *magazine,
	unsigned class, struct slab **unmap)
{
	while (magazine->count > 0) {
		struct slab *slab = slab_put(depot,
			magazine->slot[--magazine->count], class);

		if (slab != NULL) {
			slab->next = *unmap;
			*unmap = slab;
		}
	}
}

static void unmap_all(struct slab *slabs)
{
	while (slabs != NULL) {
		struct slab *next = slabs->next;

		fut_pages_free(slabs, FUT_SLAB_SIZE);
		slabs = next;
	}
}

void fut_block_trim(void)
{
	/* Without a cache nobody would unlock in a forked child: forget(). */
	if (atomic_load_explicit(&mode, FUT_RELAXED) != MODE_CACHED)
		return;
	for (unsigned i = 0; i < FUT_BLOCK_CLASSES; i++) {
		struct depot *depot = &depots[i];
		struct slab *unmap = NULL;

		fut_lock(&depot->lock);
		while (depot->empty_count > FUT_DEPOT_EMPTY_MIN) {
			struct slab *slab = depot->empties;

			slab_unlink(&depot->empties, slab);
			depot->empty_count--;
			slab->next = unmap;
			unmap = slab;
		}
		fut_unlock(&depot->lock);
		unmap_all(unmap);
	}
}

/*
 * One new slab for the depot; false if there is no memory.  Most programs touch
 * but a few pages of the first one: that is not made of huge ones.
 */
static bool depot_grow(struct depot *depot, unsigned class)
{
	struct slab *slab = slab_new(class, atomic_exchange_explicit(
		&depot->grown, true, FUT_RELAXED));

	if (slab == NULL)
		return false;
	fut_lock(&depot->lock);
	slab_link(&depot->slabs, slab);
	fut_unlock(&depot->lock);
	return true;
}

/* Exchanges the empty `magazine` for a full one, or fills it; may fail. */
static struct fut_magazine *depot_exchange_empty(unsigned class,
	struct fut_magazine *magazine)
{
	struct depot *depot = &depots[class];
	struct fut_magazine *full;

	do {
		fut_lock(&depot->lock);
		full = depot->full;
		if (full != NULL) {
			depot->full = full->next;
			depot->full_count--;
			magazine->next = depot->empty;
			depot->empty = magazine;
			magazine = full;
		} else {
			depot_load(depot, magazine, class);
		}
		fut_unlock(&depot->lock);
	} while (magazine->count == 0 && depot_grow(depot, class));
	return magazine;
}

/* Exchanges the full `magazine` for an empty one; may return NULL. */
static struct fut_magazine *depot_exchange_full(unsigned class,
	struct fut_magazine *magazine)
{
	struct depot *depot = &depots[class];
	struct slab *unmap = NULL;

	fut_lock(&depot->lock);
	if (depot->full_count == FUT_DEPOT_FULL_MAX) {
		depot_unload(depot, magazine, class, &unmap);
	} else {
		magazine->next = depot->full;
		depot->full = magazine;
		depot->full_count++;
		magazine = depot->empty;
		if (magazine != NULL)
			depot->empty = magazine->next;
	}
	fut_unlock(&depot->lock);
	unmap_all(unmap);
	return magazine;
}

/* The thread ends: its blocks go back to their slabs. */
static void flush(void)
{
	struct fut_self *self = fut_self();

	self->flush_set = false;
	self->flushes++;
	for (unsigned i = 0; i < FUT_BLOCK_CLASSES; i++) {
		struct fut_magazine *mine[] = { self->loaded[i],
			self->spare[i] };
		struct slab *unmap = NULL;

		self->loaded[i] = self->spare[i] = NULL;
		for (unsigned k = 0; k < 2; k++) {
			if (mine[k] == NULL)
				continue;
			fut_lock(&depots[i].lock);
			depot_unload(&depots[i], mine[k], i, &unmap);
			fut_unlock(&depots[i].lock);
			fut_free(mine[k]);
		}
		unmap_all(unmap);
	}
}

static struct fut_magazine *magazine_new(void)
{
	struct fut_magazine *magazine = fut_alloc(sizeof(*magazine));

	if (magazine != NULL)
		magazine->count = 0;
	return magazine;
}

/* True once nobody would flush what this thread keeps. */
static bool at_end(const struct fut_self *self)
{
	return FUT_UNLIKELY(self->flushes == FUT_SELF_ENDS - 1);
}

/* Two magazines for the calling thread; false if there is no memory. */
static bool self_ready(struct fut_self *self, unsigned class)
{
	if (self->loaded[class] != NULL)
		return true;
	if (at_end(self))
		return false;
	if (!self->flush_set && fut_self_at_exit(flush) != 0)
		return false;
	self->flush_set = true;
	if (self->spare[class] == NULL)
		self->spare[class] = magazine_new();
	if (self->spare[class] == NULL)
		return false;
	self->loaded[class] = magazine_new();
	return self->loaded[class] != NULL;
}

static void swap(struct fut_self *self, unsigned class)
{
	struct fut_magazine *loaded = self->loaded[class];

	self->loaded[class] = self->spare[class];
	self->spare[class] = loaded;
}

/* Without a magazine: straight from a slab. */
static void *new_alone(unsigned class)
{
	struct depot *depot = &depots[class];
	void *block = NULL;

	do {
		fut_lock(&depot->lock);
		if (depot->slabs == NULL)
			use_empty(depot);
		if (depot->slabs != NULL) {
			struct slab *slab = depot->slabs;

			slab_take(slab, class, &block, 1);
			if (slab->live == class_blocks[class])
				slab_unlink(&depot->slabs, slab);
		}
		fut_unlock(&depot->lock);
	} while (block == NULL && depot_grow(depot, class));
	return block;
}

void *fut_block_new_slow(size_t size)
{
	struct fut_self *self = fut_self();
	unsigned class = fut_block_class(size);
	struct fut_magazine *loaded;

	if (size > FUT_BLOCK_MAX || watched())
		return fut_alloc(size);
	if (!self_ready(self, class))
		return at_end(self) ? new_alone(class) : NULL;
	if (self->spare[class] != NULL && self->spare[class]->count > 0)
		swap(self, class);
	else
		self->loaded[class] = depot_exchange_empty(class,
			self->loaded[class]);
	loaded = self->loaded[class];
	return loaded->count > 0 ? loaded->slot[--loaded->count] : NULL;
}

/* Without a magazine to put it in: straight to its slab. */
static void free_alone(void *block, unsigned class)
{
	struct fut_magazine alone = { NULL, 1, { block } };
	struct slab *unmap = NULL;

	fut_lock(&depots[class].lock);
	depot_unload(&depots[class], &alone, class, &unmap);
	fut_unlock(&depots[class].lock);
	unmap_all(unmap);
}

void fut_block_free_slow(void *block, size_t size)
{
	struct fut_self *self = fut_self();
	unsigned class = fut_block_class(size);

	if (size > FUT_BLOCK_MAX || watched()) {
		fut_free(block);
		return;
	}
	if (!self_ready(self, class)) {
		free_alone(block, class);
		return;
	}
	if (self->loaded[class]->count == FUT_MAGAZINE_ROUNDS) {
		if (self->spare[class] == NULL)
			self->spare[class] = magazine_new();
		else if (self->spare[class]->count == FUT_MAGAZINE_ROUNDS)
			self->spare[class] = depot_exchange_full(class,
				self->spare[class]);
		if (self->spare[class] == NULL) {
			free_alone(block, class);
			return;
		}
		swap(self, class);
	}
	self->loaded[class]->slot[self->loaded[class]->count++] = block;
}
