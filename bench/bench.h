/*
 * The harness: one peer, one workload, one line of output a process.
 *
 *	peer_uv W3 50000 2	libuv W3 14211.80 cpu=... p50=11950 p99=...
 *
 * The first number is nanoseconds an operation (bytes a task for W8).  With
 * SPREAD=1 in the environment the threads are forced apart: main on core 0,
 * the others in turn on 1, 0, 1 ...  Linux only.
 *
 * This is C that is C++ too: every peer's calls are compiled into the
 * workloads, so that nobody pays a call that another does not.  A peer is
 * one source file that includes this, defines
 *
 *	peer_name	as it stands in the tables
 *	peer_helps	whether a worker that waits may run what it waits for
 *	peer_start(workers)
 *	peer_enter(), peer_leave()	around a thread's use of the peer;
 *					leave waits for what the thread posted
 *	peer_collect()			waits until this thread's posts have
 *					returned, where the peer asks for it
 *	peer_post(fn, arg)		fire and forget
 *	peer_future_t, peer_submit(n), peer_get(f)	n + 1, later
 *	peer_recall(n)			submit and get on a worker, the best
 *					way the peer has
 *	peer_timer_t, peer_arm(ms), peer_disarm(t)	if it has timers
 *
 * and then includes "workloads.h".
 */
#ifndef BENCH_H
#define BENCH_H

#include <dirent.h>
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <stdalign.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

typedef void bench_fn(void *arg);

/* What main() was asked for. */
struct bench {
	const char *workload;
	size_t n;
	int workers;
};

/* A measured stretch: wall, CPU time and voluntary context switches. */
struct stretch {
	uint64_t start_ns;
	struct rusage start;
};

static inline void bench_fail(const char *what)
{
	fprintf(stderr, "bench: %s\n", what);
	_exit(1);
}

static inline void bench_check(bool right, const char *what)
{
	if (!right)
		bench_fail(what);
}

/* Returns `size` bytes that are resident already. */
static inline void *bench_alloc(size_t size)
{
	void *block = malloc(size);

	bench_check(block != NULL, "out of memory");
	memset(block, 1, size);
	return block;
}

static inline uint64_t bench_now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000U + (uint64_t)now.tv_nsec;
}

static inline void bench_sleep_us(long us)
{
	struct timespec span = { us / 1000000, us % 1000000 * 1000 };

	nanosleep(&span, NULL);
}

static inline void bench_sem_wait(sem_t *semaphore)
{
	while (sem_wait(semaphore) != 0)
		;
}

static inline size_t bench_resident(void)
{
	FILE *statm = fopen("/proc/self/statm", "r");
	unsigned long all, resident;

	bench_check(statm != NULL &&
		fscanf(statm, "%lu %lu", &all, &resident) == 2,
		"cannot read /proc/self/statm");
	fclose(statm);
	return resident * (size_t)sysconf(_SC_PAGESIZE);
}

static inline double bench_cpu_ns(const struct rusage *usage)
{
	return (double)(usage->ru_utime.tv_sec + usage->ru_stime.tv_sec) * 1e9
		+ (double)(usage->ru_utime.tv_usec + usage->ru_stime.tv_usec)
		* 1e3;
}

static inline void stretch_start(struct stretch *stretch)
{
	getrusage(RUSAGE_SELF, &stretch->start);
	stretch->start_ns = bench_now_ns();
}

/* Prints the line of a stretch of `n` operations that ends here. */
static inline void stretch_report(const struct stretch *stretch,
	const char *peer, const struct bench *bench, const char *more)
{
	uint64_t wall_ns = bench_now_ns() - stretch->start_ns;
	double n = (double)bench->n;
	struct rusage end;

	getrusage(RUSAGE_SELF, &end);
	printf("%s %s %.2f cpu=%.1f switches=%.4f %s\n", peer,
		bench->workload, (double)wall_ns / n,
		(bench_cpu_ns(&end) - bench_cpu_ns(&stretch->start)) / n,
		(double)(end.ru_nvcsw - stretch->start.ru_nvcsw) / n, more);
}

static int compare_samples(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

/* Writes the percentiles of `samples`, which it sorts, to `text`. */
static inline void bench_percentiles(uint32_t *samples, size_t n, char *text,
	size_t size)
{
	qsort(samples, n, sizeof(*samples), compare_samples);
	snprintf(text, size, "p50=%u p99=%u max=%u", samples[n / 2],
		samples[n * 99 / 100], samples[n - 1]);
}

static inline bool bench_is_spread(void)
{
	return getenv("SPREAD") != NULL;
}

static inline void bench_pin(pid_t thread, size_t core)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(core, &set);
	/* It may just have ended. */
	bench_check(sched_setaffinity(thread, sizeof(set), &set) == 0 ||
		errno == ESRCH, "SPREAD needs cores 0 and 1");
}

static int compare_pids(const void *a, const void *b)
{
	pid_t x = *(const pid_t *)a, y = *(const pid_t *)b;

	return (x > y) - (x < y);
}

/* Places every thread there is, in order of birth; main is the first. */
static inline void bench_spread(void)
{
	DIR *tasks = bench_is_spread() ? opendir("/proc/self/task") : NULL;
	pid_t threads[256];
	size_t count = 0;
	struct dirent *entry;

	if (tasks == NULL)
		return;
	while ((entry = readdir(tasks)) != NULL && count < 256)
		if (entry->d_name[0] != '.')
			threads[count++] = (pid_t)atoi(entry->d_name);
	closedir(tasks);
	qsort(threads, count, sizeof(*threads), compare_pids);
	for (size_t i = 0; i < count; i++)
		bench_pin(threads[i], i & 1);
}

/* Fire and forget is over when the last task has posted `all_done`. */
alignas(64) static _Atomic(uint64_t) done_count;
alignas(64) static uint64_t done_target;
static sem_t all_done;

static inline void count_expect(uint64_t n)
{
	atomic_store_explicit(&done_count, 0, memory_order_relaxed);
	done_target = n;
}

static void count_task(void *arg)
{
	(void)arg;
	if (atomic_fetch_add_explicit(&done_count, 1, memory_order_relaxed) + 1
	    == done_target)
		sem_post(&all_done);
}

/* The future of a peer that has none; part of a block on the heap. */
struct cell {
	pthread_mutex_t lock;
	pthread_cond_t settled;
	bool done;
	intptr_t value;
};

static inline void cell_init(struct cell *cell, intptr_t n)
{
	pthread_mutex_init(&cell->lock, NULL);
	pthread_cond_init(&cell->settled, NULL);
	cell->done = false;
	cell->value = n;
}

static inline void cell_run(struct cell *cell)
{
	intptr_t value = cell->value + 1;

	pthread_mutex_lock(&cell->lock);
	cell->value = value;
	cell->done = true;
	/* Signalled under the lock: the waiter frees the cell. */
	pthread_cond_signal(&cell->settled);
	pthread_mutex_unlock(&cell->lock);
}

/* Waits; the cell may be freed afterwards. */
static inline intptr_t cell_get(struct cell *cell)
{
	pthread_mutex_lock(&cell->lock);
	while (!cell->done)
		pthread_cond_wait(&cell->settled, &cell->lock);
	pthread_mutex_unlock(&cell->lock);
	pthread_mutex_destroy(&cell->lock);
	pthread_cond_destroy(&cell->settled);
	return cell->value;
}

#endif
