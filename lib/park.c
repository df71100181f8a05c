/* See park.h.  Futexes on Linux; elsewhere one condition variable a sleeper. */
#define _GNU_SOURCE
#include "park.h"
#include "config.h"

#include <errno.h>
#include <time.h>

#ifdef FUT_FUTEX

#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Where the lower half of a word lies. */
static void *half(_Atomic uint64_t *word)
{
	return (char *)word +
		(__BYTE_ORDER__ == __ORDER_BIG_ENDIAN__ ? sizeof(uint32_t) : 0);
}

static int park(void *address, uint32_t expected, int64_t deadline_ns)
{
	struct timespec at, *until = NULL;
	int saved = errno, error;

	if (deadline_ns < 0)
		deadline_ns = 0;	/* the kernel knows no time before */
	if (deadline_ns != FUT_FOREVER) {
		at.tv_sec = (time_t)(deadline_ns / 1000000000);
		at.tv_nsec = (long)(deadline_ns % 1000000000);
		until = &at;
	}
	/* The bitset form takes an absolute deadline on CLOCK_MONOTONIC. */
	error = syscall(SYS_futex, address, FUTEX_WAIT_BITSET_PRIVATE, expected,
		until, NULL, FUTEX_BITSET_MATCH_ANY) == 0 ? 0 : errno;
	errno = saved;
	return error == ETIMEDOUT ? ETIMEDOUT : 0;
}

static void unpark(void *address, int count)
{
	int saved = errno;

	syscall(SYS_futex, address, FUTEX_WAKE_PRIVATE, count, NULL, NULL, 0);
	errno = saved;
}

int fut_park(_Atomic uint32_t *word, uint32_t expected, int64_t deadline_ns)
{
	return park(word, expected, deadline_ns);
}

void fut_unpark(_Atomic uint32_t *word, int count)
{
	unpark(word, count);
}

int fut_park_half(_Atomic uint64_t *word, uint32_t expected,
	int64_t deadline_ns)
{
	return park(half(word), expected, deadline_ns);
}

void fut_unpark_half(_Atomic uint64_t *word, int count)
{
	unpark(half(word), count);
}

#else

#include <pthread.h>

/*
 * A sleeper hangs in the bucket of its word's address.  Each has a condition
 * variable of its own, so that glibc's lost wake-up (bug 25847), which takes
 * two waiters on one variable, cannot occur.
 */
struct sleeper {
	struct sleeper *next;
	const volatile void *address;	/* of the word */
	bool woken;
	pthread_cond_t changed;
};

#define BUCKETS 64

static struct bucket {
	pthread_mutex_t lock;
	struct sleeper *head;	/* under lock, oldest first */
} buckets[BUCKETS] = {
#define B { PTHREAD_MUTEX_INITIALIZER, NULL }
#define B8 B, B, B, B, B, B, B, B
	B8, B8, B8, B8, B8, B8, B8, B8
};

/* Nobody sleeps in a forked child, whoever did, or held a lock, before. */
static void forget(void)
{
	for (int i = 0; i < BUCKETS; i++)
		buckets[i] = (struct bucket)B;
}

__attribute__((constructor)) static void watch(void)
{
	pthread_atfork(NULL, NULL, forget);
}

static struct bucket *bucket_of(const volatile void *address)
{
	return &buckets[((uintptr_t)address >> 2) * 2654435761u / 64 % BUCKETS];
}

static void bucket_remove(struct bucket *bucket, struct sleeper *sleeper)
{
	struct sleeper **at = &bucket->head;

	while (*at != sleeper)
		at = &(*at)->next;
	*at = sleeper->next;
}

static int sleeper_wait(struct bucket *bucket, struct sleeper *sleeper,
	int64_t deadline_ns)
{
	struct timespec at;

	if (deadline_ns == FUT_FOREVER)
		return pthread_cond_wait(&sleeper->changed, &bucket->lock);
	if (deadline_ns < 0)
		deadline_ns = 0;
	at.tv_sec = (time_t)(deadline_ns / 1000000000);
	at.tv_nsec = (long)(deadline_ns % 1000000000);
	return pthread_cond_timedwait(&sleeper->changed, &bucket->lock, &at);
}

/* Under the bucket's lock, which it releases. */
static int sleep_on(struct bucket *bucket, const volatile void *address,
	int64_t deadline_ns)
{
	struct sleeper self = { .address = address }, **at;
	pthread_condattr_t monotonic;
	int error = 0, cancel;

	/* Cancelled in there, it would leave this behind. */
	pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &cancel);
	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_cond_init(&self.changed, &monotonic);
	pthread_condattr_destroy(&monotonic);
	for (at = &bucket->head; *at != NULL; at = &(*at)->next)
		;
	*at = &self;
	while (!self.woken && error != ETIMEDOUT)
		error = sleeper_wait(bucket, &self, deadline_ns);
	if (!self.woken)
		bucket_remove(bucket, &self);
	pthread_mutex_unlock(&bucket->lock);
	pthread_cond_destroy(&self.changed);
	pthread_setcancelstate(cancel, NULL);
	return self.woken ? 0 : ETIMEDOUT;
}

static void unpark(const volatile void *address, int count)
{
	struct bucket *bucket = bucket_of(address);
	struct sleeper **at;

	pthread_mutex_lock(&bucket->lock);
	for (at = &bucket->head; *at != NULL && count > 0;) {
		struct sleeper *sleeper = *at;

		if (sleeper->address != address) {
			at = &sleeper->next;
			continue;
		}
		*at = sleeper->next;
		sleeper->woken = true;
		count--;
		/* Signalled under the lock: the sleeper is on its stack. */
		pthread_cond_signal(&sleeper->changed);
	}
	pthread_mutex_unlock(&bucket->lock);
}

/* In both the look is under the lock: an unpark after a store comes later. */

int fut_park(_Atomic uint32_t *word, uint32_t expected, int64_t deadline_ns)
{
	struct bucket *bucket = bucket_of(word);

	pthread_mutex_lock(&bucket->lock);
	if (atomic_load_explicit(word, FUT_SEQ_CST) == expected)
		return sleep_on(bucket, word, deadline_ns);
	pthread_mutex_unlock(&bucket->lock);
	return 0;
}

int fut_park_half(_Atomic uint64_t *word, uint32_t expected,
	int64_t deadline_ns)
{
	struct bucket *bucket = bucket_of(word);

	pthread_mutex_lock(&bucket->lock);
	if ((uint32_t)atomic_load_explicit(word, FUT_SEQ_CST) == expected)
		return sleep_on(bucket, word, deadline_ns);
	pthread_mutex_unlock(&bucket->lock);
	return 0;
}

void fut_unpark(_Atomic uint32_t *word, int count)
{
	unpark(word, count);
}

void fut_unpark_half(_Atomic uint64_t *word, int count)
{
	unpark(word, count);
}

#endif
