/*
 * Floor 4: a worker's share: tasks it took under one lock, each still free to
 * be stolen by a worker that has nothing to do.
 *
 * The word holds an epoch, how many there are, and which is next; taking one is
 * a CAS on it.  The epoch keeps a slow thief from taking out of a later share.
 */
#ifndef FUT_SHARE_H
#define FUT_SHARE_H

#include "task.h"

#ifndef FUT_SHARE_MAX
#define FUT_SHARE_MAX 64
#endif

struct fut_share {
	_Alignas(64) _Atomic uint64_t word;
	_Atomic(struct fut_task *) slot[FUT_SHARE_MAX];

	/* The word as a worker that looked in passing last saw it. */
	_Alignas(64) _Atomic uint64_t seen;
};

static inline size_t fut_share_left(uint64_t word)
{
	return (word >> 16 & 0xffff) - (word & 0xffff);
}

static inline uint64_t fut_share_look(struct fut_share *share)
{
	return atomic_load_explicit(&share->word, FUT_RELAXED);
}

/* By its owner, who found it empty.  Under the queue's lock. */
static inline void fut_share_fill(struct fut_share *share, size_t index,
	struct fut_task *task)
{
	atomic_store_explicit(&share->slot[index], task, FUT_RELAXED);
}

static inline void fut_share_publish(struct fut_share *share, size_t count)
{
	uint64_t word = atomic_load_explicit(&share->word, FUT_RELAXED);

	word = ((word >> 32) + 1) << 32 | (uint64_t)count << 16;
	/* The slots before the word, for fut_share_take(). */
	atomic_store_explicit(&share->word, word, FUT_RELEASE);
}

/* By anybody.  NULL if it is empty. */
static inline struct fut_task *fut_share_take(struct fut_share *share)
{
	/* The word before the slots, for fut_share_publish(). */
	uint64_t word = atomic_load_explicit(&share->word, FUT_ACQUIRE);
	struct fut_task *task;

	do {
		if (fut_share_left(word) == 0)
			return NULL;
		task = atomic_load_explicit(&share->slot[word & 0xffff],
			FUT_RELAXED);
	} while (!atomic_compare_exchange_weak_explicit(&share->word, &word,
		word + 1, FUT_ACQUIRE, FUT_ACQUIRE));
	return task;
}

#endif
