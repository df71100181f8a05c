/*
 * Floor 1: sleeping on a word.  All that blocks in the library blocks here.
 *
 *	while (atomic_load_explicit(&word, FUT_ACQUIRE) == 0)
 *		if (fut_park(&word, 0, deadline) == ETIMEDOUT)
 *			...
 *
 * A park may return for no reason at all, and an unpark may hit memory that
 * has been freed since: it reads nothing there.
 */
#ifndef FUT_PARK_H
#define FUT_PARK_H

#include "base.h"

#define FUT_FOREVER INT64_MAX
#define FUT_EVERYBODY INT32_MAX

/*
 * Sleeps while *word is `expected`, until an unpark or `deadline_ns`, absolute
 * on the monotonic clock.  Returns 0 (look again) or ETIMEDOUT.
 */
int fut_park(_Atomic uint32_t *word, uint32_t expected, int64_t deadline_ns);

/* Wakes at most `count` of those asleep on `word`. */
void fut_unpark(_Atomic uint32_t *word, int count);

/* The same on the lower half of a word. */
int fut_park_half(_Atomic uint64_t *word, uint32_t expected,
	int64_t deadline_ns);
void fut_unpark_half(_Atomic uint64_t *word, int count);

/* One step of a bounded spin. */
#ifdef FUT_MODEL
void fut_relax(void);
#elif defined(__x86_64__) || defined(__i386__)
static inline void fut_relax(void)
{
	__builtin_ia32_pause();
}
#else
static inline void fut_relax(void)
{
	atomic_signal_fence(memory_order_seq_cst);
}
#endif

/*
 * Between two looks at a word that others write: each look takes its line from
 * the thread that is at work there.  (T. Anderson, The Performance of Spin Lock
 * Alternatives for Shared-Memory Multiprocessors, 1990.)
 */
static inline void fut_back_off(int pauses)
{
	for (int i = 0; i < pauses; i++)
		fut_relax();
}

#endif
