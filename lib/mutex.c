/*
 * Floor 5: the mutex.
 *
 *	upper half	the number of the thread that holds it
 *	HELD		by that thread, or if there is no number by a future
 *	WAITERS		some wait
 *	WOKEN		a sleeper was prodded, and is on its way to try
 *	HANDOVER	a sleeper has waited long: to unlock is to hand over
 *	LOCKED		of the queue, and of the word: see bits.h
 *
 * Where nobody waits, or a sleeper is on its way, lock and unlock are a CAS
 * each; if not, unlocking looks at the first in the queue.  A future is
 * handed the mutex; so is a sleeper if there is HANDOVER.  Else the mutex is
 * free and the sleeper prodded.  It keeps its place until it has the mutex, or
 * gives up; then it passes on what it was prodded for.
 *
 * A sleeper that was woken and came too late, after a millisecond, asks for
 * HANDOVER.  (Eventual fairness: as in WebKit's parking lot, 2016.)
 */
#include "clock.h"
#include "wait.h"

#include <errno.h>
#include <future/future.h>
#include <future/sync.h>

#ifndef FUT_MUTEX_SPINS
#define FUT_MUTEX_SPINS 8
#endif
#ifndef FUT_MUTEX_PAUSES
#define FUT_MUTEX_PAUSES 32
#endif

#ifndef FUT_MUTEX_PATIENCE_NS
#define FUT_MUTEX_PATIENCE_NS 1000000
#endif

enum {
	WAITERS = 1,
	RECURSIVE = 2,	/* as in FUTURE_MUTEX_RECURSIVE_INIT */
	HELD = 4,
	WOKEN = 8,
	HANDOVER = 16
};

#define OWNER(number) ((uint64_t)(number) << 32)
#define OWNER_OF(word) ((uint32_t)((word) >> 32))

struct mutex {
	_Atomic uint64_t word;
	struct fut_link *waiters;	/* the last of the ring; under LOCKED */
	uint64_t depth;			/* of a recursive one; its owner's */
};

_Static_assert(sizeof(struct mutex) == sizeof(future_mutex_t),
	"a mutex is one");

static struct mutex *mutex_of(future_mutex_t *mutex)
{
	return (struct mutex *)(void *)mutex;
}

static uint32_t number_new(struct fut_self *self)
{
	static _Atomic uint32_t last;

	/* Not 0, which is no thread. */
	do
		self->number = atomic_fetch_add_explicit(&last, 1,
			FUT_RELAXED) + 1;
	while (self->number == 0);
	return self->number;
}

/* Of the calling thread. */
static inline uint32_t number(void)
{
	struct fut_self *self = fut_self();

	return FUT_LIKELY(self->number != 0) ? self->number :
		number_new(self);
}

static uint64_t look(struct mutex *mutex)
{
	return atomic_load_explicit(&mutex->word, FUT_RELAXED);
}

/* Takes a free one, which looks like `word`; false if it is held. */
static inline bool try(struct mutex *mutex, uint64_t word, uint32_t number)
{
	do {
		if (word & (HELD | FUT_LOCKED))
			return false;
		/* The last holder's doings before this. */
	} while (!atomic_compare_exchange_strong_explicit(&mutex->word, &word,
		word | OWNER(number) | HELD, FUT_ACQUIRE, FUT_RELAXED));
	return true;
}

/* With WAITERS in the word if somebody is left there. */
static void unlock_queue(struct mutex *mutex, uint64_t word)
{
	word |= WAITERS;
	if (mutex->waiters == NULL)
		word &= ~(uint64_t)(WAITERS | WOKEN | HANDOVER);
	fut_bits_unlock_as(&mutex->word, word);
}

/*
 * Under the lock: has the sleeper try, for which it stays in the queue.  True:
 * the caller unparks it after the lock; it may be gone by then.
 */
static bool prod(struct fut_nap *nap)
{
	nap->prodded = true;
	return atomic_fetch_or_explicit(&nap->sleeper.word,
		FUT_SLEEPER_PRODDED, FUT_ACQ_REL) & FUT_SLEEPER_PARKED;
}

/* Under the lock: gives the free mutex to one that has been claimed. */
static uint64_t hand_over(struct mutex *mutex, uint64_t word,
	struct fut_waiter *waiter, struct fut_granted *granted)
{
	struct fut_nap *nap = fut_nap_of(waiter);

	if (nap != NULL && nap->prodded)
		word &= ~(uint64_t)WOKEN;
	fut_granted_add(granted, &mutex->waiters, waiter, 0);
	/* A future wants 0. */
	return (word & ~(uint64_t)HANDOVER) | OWNER(waiter->want) | HELD;
}

/* Under the lock, which it gives back: the mutex is free for the next one. */
static void pass_on(struct mutex *mutex, uint64_t word)
{
	struct fut_granted granted = FUT_GRANTED_INIT(granted);
	struct fut_link *last = mutex->waiters, *link, *next;
	_Atomic uint32_t *parked = NULL;

	for (link = last != NULL ? last->next : NULL;
	     link != NULL && !(word & HELD); link = next) {
		struct fut_waiter *waiter = fut_waiter_of(link);
		struct fut_nap *nap = fut_nap_of(waiter);

		next = link != last ? link->next : NULL;
		if (nap != NULL && !(word & HANDOVER)) {
			if (!(word & WOKEN) && prod(nap))
				parked = &nap->sleeper.word;
			word |= WOKEN;
			break;
		}
		if (!waiter->kind->claim(waiter))
			continue;
		if (waiter->kind->gone(waiter))
			fut_granted_add(&granted, &mutex->waiters, waiter,
				ECANCELED);
		else
			word = hand_over(mutex, word, waiter, &granted);
	}
	unlock_queue(mutex, word);
	if (parked != NULL)
		fut_unpark(parked, 1);
	fut_granted_fire(&granted);
}

/* By its holder, whose word it was when it last looked. */
static inline void release(struct mutex *mutex, uint64_t word)
{
	do {
		if ((word & (FUT_LOCKED | HANDOVER)) ||
		    (word & (WAITERS | WOKEN)) == WAITERS) {
			word = fut_bits_lock(&mutex->word);
			pass_on(mutex, (uint32_t)word & ~(uint32_t)HELD);
			return;
		}
		/* The holder's doings before the next one's. */
	} while (!atomic_compare_exchange_strong_explicit(&mutex->word, &word,
		(uint32_t)word & ~(uint32_t)HELD, FUT_RELEASE, FUT_RELAXED));
}

/* Not as most are: recursive, a future's, waited for, or not the caller's. */
static int unlock_slow(struct mutex *mutex)
{
	uint64_t word = look(mutex);
	uint32_t owner = OWNER_OF(word);

	if (!(word & HELD) || (owner != 0 && owner != number()))
		return EPERM;
	if (owner != 0 && mutex->depth > 0)
		mutex->depth--;
	else
		release(mutex, word);
	return 0;
}

int future_mutex_unlock(future_mutex_t *public)
{
	struct mutex *mutex = mutex_of(public);
	uint64_t mine = OWNER(number()) | HELD;

	if (mutex == NULL)
		return EINVAL;
	/* The holder's doings before the next one's. */
	if (FUT_LIKELY(atomic_compare_exchange_strong_explicit(&mutex->word,
			&mine, 0, FUT_RELEASE, FUT_RELAXED)))
		return 0;
	return unlock_slow(mutex);
}

/* Queues the waiter; or takes the mutex for it if that is free: true. */
static bool enter(struct mutex *mutex, struct fut_waiter *waiter)
{
	uint64_t word = fut_bits_lock(&mutex->word);
	bool free = !(word & HELD);

	if (free)
		word |= OWNER(waiter->want) | HELD;
	else
		fut_ring_append(&mutex->waiters, &waiter->link);
	unlock_queue(mutex, word);
	return free;
}

/* Takes a waiter off that has claimed itself. */
static void leave(struct mutex *mutex, struct fut_waiter *waiter)
{
	const struct fut_nap *nap = fut_nap_of(waiter);
	uint64_t word = fut_bits_lock(&mutex->word);

	fut_ring_remove(&mutex->waiters, &waiter->link);
	if (nap != NULL && nap->prodded)
		word &= ~(uint64_t)WOKEN;
	if (word & (HELD | WOKEN))
		unlock_queue(mutex, word);
	else
		pass_on(mutex, word);
}

/* A sleeper that was prodded takes the mutex if that is free: true. */
static bool try_in_turn(struct mutex *mutex, struct fut_nap *nap,
	int64_t since_ns)
{
	int64_t waited_ns = fut_clock_now() - since_ns;
	uint64_t word = fut_bits_lock(&mutex->word) & ~(uint64_t)WOKEN;
	bool free = !(word & HELD);

	nap->prodded = false;
	atomic_fetch_and_explicit(&nap->sleeper.word,
		~(uint32_t)FUT_SLEEPER_PRODDED, FUT_RELAXED);
	if (free) {
		fut_ring_remove(&mutex->waiters, &nap->waiter.link);
		word = (word & ~(uint64_t)HANDOVER) |
			OWNER(nap->waiter.want) | HELD;
	} else if (waited_ns >= FUT_MUTEX_PATIENCE_NS) {
		word |= HANDOVER;
	}
	unlock_queue(mutex, word);
	return free;
}

/* Sleeps in the queue.  0, ETIMEDOUT, or if it `stops`, ECANCELED. */
static int lock_asleep(struct mutex *mutex, int64_t deadline_ns, bool stops)
{
	int64_t since_ns = fut_clock_now();
	struct fut_nap nap;
	int error;

	fut_nap_init(&nap, number(), "a mutex");
	if (enter(mutex, &nap.waiter))
		return 0;
	do
		error = fut_nap_sleep(&nap, deadline_ns, stops);
	while (error == EAGAIN && !try_in_turn(mutex, &nap, since_ns));
	if (error == 0 || error == EAGAIN)
		return 0;
	leave(mutex, &nap.waiter);
	return error;
}

static int relock(struct mutex *mutex)
{
	if (!(look(mutex) & RECURSIVE))
		return EDEADLK;
	if (mutex->depth == UINT32_MAX - 1)
		return EOVERFLOW;
	mutex->depth++;
	return 0;
}

static int lock_slow(struct mutex *mutex, int64_t deadline_ns, bool stops)
{
	uint64_t word = look(mutex);

	if ((word & HELD) && OWNER_OF(word) == number())
		return relock(mutex);
	for (int i = 0; i < FUT_MUTEX_SPINS && deadline_ns > 0; i++) {
		if (try(mutex, look(mutex), number()))
			return 0;
		fut_back_off(FUT_MUTEX_PAUSES);
	}
	return lock_asleep(mutex, deadline_ns, stops);
}

static inline int lock(struct mutex *mutex, int64_t deadline_ns, bool stops)
{
	if (mutex == NULL)
		return EINVAL;
	/* Most are not recursive, and free. */
	if (FUT_LIKELY(try(mutex, 0, number())))
		return 0;
	return lock_slow(mutex, deadline_ns, stops);
}

int future_mutex_lock(future_mutex_t *mutex)
{
	return lock(mutex_of(mutex), FUT_FOREVER, false);
}

int future_mutex_lock_until(future_mutex_t *mutex, future_time_t deadline)
{
	return lock(mutex_of(mutex), deadline.ns, true);
}

static void unlock_value(void *mutex)
{
	future_mutex_unlock(mutex);
}

static void lock_fire(struct fut_waiter *waiter, int error, void *item)
{
	struct fut_wait *wait = fut_wait_of(waiter);
	future_result_t result = future_fail(error);

	(void)item;
	if (error == 0)
		result = future_own(wait->job.cell.more, unlock_value);
	fut_wait_settle(wait, &result);
}

static void lock_withdraw(struct fut_job *job)
{
	leave(job->cell.more, &fut_wait_of_job(job)->waiter);
	fut_job_unref(job);
}

static const struct fut_waiter_kind lock_waiter = {
	fut_wait_claim, fut_wait_gone, lock_fire
};

static const struct fut_cell_kind lock_cell = {
	.withdraw = lock_withdraw,
	.holds = true,
	.free = fut_wait_free,
};

future_t *future_mutex_lock_async(future_mutex_t *mutex)
{
	struct fut_waiter *waiter;
	struct fut_wait *wait;

	if (mutex == NULL)
		return fut_job_failed(fut_home_here(), EINVAL);
	wait = fut_wait_new(&lock_cell, &lock_waiter, mutex, 0);
	if (wait == NULL)
		return fut_job_failed(fut_home_here(), ENOMEM);
	waiter = &wait->waiter;
	if (enter(mutex_of(mutex), waiter)) {
		waiter->kind->claim(waiter);
		waiter->kind->fire(waiter, 0, NULL);
	}
	return &wait->job.cell;
}
