/*
 * W11: lock and unlock a mutex, n times in all: alone (W11), by two threads
 * (W11x2), by four (W11x4), with some 50 ns inside; and the same with a
 * semaphore of one permit (W11s, W11sx2, W11sx4).
 *
 * The peer gives peer_lock(), peer_unlock(), peer_acquire(), peer_release().
 */
#ifndef W11_LOCKS_H
#define W11_LOCKS_H

#include "workloads.h"

enum { W11_THREADS_MAX = 4, W11_INSIDE = 32 };

struct locking {
	size_t rounds;		/* of each thread */
	bool permits;	/* of a semaphore, not a mutex */
	bool busy;
	volatile uint64_t inside;	/* under the lock */
	pthread_barrier_t start;
};

static void locking_inside(struct locking *locking)
{
	for (int i = 0; i < W11_INSIDE; i++)
		locking->inside++;
}

static void locking_run(struct locking *locking)
{
	for (size_t i = 0; i < locking->rounds && locking->permits; i++) {
		peer_acquire();
		if (locking->busy)
			locking_inside(locking);
		peer_release();
	}
	for (size_t i = 0; i < locking->rounds && !locking->permits; i++) {
		peer_lock();
		if (locking->busy)
			locking_inside(locking);
		peer_unlock();
	}
}

static void *locking_main(void *arg)
{
	struct locking *locking = (struct locking *)arg;

	pthread_barrier_wait(&locking->start);
	locking_run(locking);
	return NULL;
}

static void w11_locks(const struct bench *bench, unsigned threads,
	bool permits)
{
	pthread_t others[W11_THREADS_MAX];
	struct locking locking;
	struct stretch stretch;

	locking.rounds = bench->n / threads;
	locking.permits = permits;
	locking.busy = threads > 1;
	locking.inside = 0;
	pthread_barrier_init(&locking.start, NULL, threads);
	for (unsigned i = 1; i < threads; i++)
		bench_check(pthread_create(&others[i], NULL, locking_main,
			&locking) == 0, "W11: no thread");
	bench_spread();
	pthread_barrier_wait(&locking.start);
	stretch_start(&stretch);
	locking_run(&locking);
	for (unsigned i = 1; i < threads; i++)
		pthread_join(others[i], NULL);
	stretch_report(&stretch, peer_name, bench, "");
	bench_check(!locking.busy || locking.inside ==
		(uint64_t)W11_INSIDE * locking.rounds * threads,
		"W11: an increment was lost");
}

static void w11_mutex(const struct bench *bench)
{
	w11_locks(bench, 1, false);
}

static void w11_mutex_by_2(const struct bench *bench)
{
	w11_locks(bench, 2, false);
}

static void w11_mutex_by_4(const struct bench *bench)
{
	w11_locks(bench, 4, false);
}

static void w11_semaphore(const struct bench *bench)
{
	w11_locks(bench, 1, true);
}

static void w11_semaphore_by_2(const struct bench *bench)
{
	w11_locks(bench, 2, true);
}

static void w11_semaphore_by_4(const struct bench *bench)
{
	w11_locks(bench, 4, true);
}

#define W11_MUTEX \
	{ "W11", w11_mutex }, { "W11x2", w11_mutex_by_2 }, \
	{ "W11x4", w11_mutex_by_4 }
#define W11_SEMAPHORE \
	{ "W11s", w11_semaphore }, { "W11sx2", w11_semaphore_by_2 }, \
	{ "W11sx4", w11_semaphore_by_4 }

#endif
