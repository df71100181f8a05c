/*
 * What the tests of executors share: gates that order threads, counts, records
 * of what ran when, and a look at the process from outside.
 *
 *	struct gate gate = GATE_INIT;
 *
 *	occupy(pool, 2, &gate);		both workers stand at the gate
 *	...				what is submitted now is queued
 *	gate_open(&gate);
 *
 * Who includes this has defined _GNU_SOURCE.
 */
#ifndef SUPPORT_H
#define SUPPORT_H

#include "tools.h"

#include <future.h>

#include <check.h>
#include <dirent.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define SUPPORT_TSAN 1
#endif
#if __has_feature(address_sanitizer)
#define SUPPORT_ASAN 1
#endif
#endif
#ifdef __SANITIZE_THREAD__
#define SUPPORT_TSAN 1
#endif
#ifdef __SANITIZE_ADDRESS__
#define SUPPORT_ASAN 1
#endif

static inline bool under_tsan(void)
{
#ifdef SUPPORT_TSAN
	return true;
#else
	return false;
#endif
}

static inline bool under_asan(void)
{
#ifdef SUPPORT_ASAN
	return true;
#else
	return false;
#endif
}

static inline bool under_valgrind(void)
{
	const char *preload = getenv("LD_PRELOAD");

	return preload != NULL && strstr(preload, "vgpreload") != NULL;
}

/* A tool that allocates, maps and starts threads of its own is watching. */
static inline bool watched(void)
{
	return under_tsan() || under_asan() || under_valgrind();
}

/* True, and says so, if a test cannot be made here. */
static inline bool skipped(bool here, const char *reason)
{
	if (here) {
		printf("skipped: %s\n", reason);
		fflush(stdout);
	}
	return here;
}

/*
 * A door: threads stand at it until somebody opens it, then it stays open.
 *
 * On one condition variable for both, those at the door would wake and wait
 * again with each that comes, and glibc (bug 25847) could lose a broadcast.
 */
struct gate {
	pthread_mutex_t lock;
	pthread_cond_t came;	/* for one thread in gate_await() */
	pthread_cond_t opened;	/* broadcast once */
	size_t arrived;	/* under lock: at the door, or through it */
	bool open;	/* under lock */
};

#define GATE_INIT \
	{ PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, \
	  PTHREAD_COND_INITIALIZER, 0, false }
/* One that lets everybody through, for gate_await() to count. */
#define GATE_OPEN \
	{ PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, \
	  PTHREAD_COND_INITIALIZER, 0, true }

static inline void gate_open(struct gate *gate)
{
	pthread_mutex_lock(&gate->lock);
	gate->open = true;
	pthread_cond_broadcast(&gate->opened);
	pthread_mutex_unlock(&gate->lock);
}

static inline void gate_pass(struct gate *gate)
{
	pthread_mutex_lock(&gate->lock);
	gate->arrived++;
	pthread_cond_signal(&gate->came);
	while (!gate->open)
		pthread_cond_wait(&gate->opened, &gate->lock);
	pthread_mutex_unlock(&gate->lock);
}

/* Waits until `count` have come to the door. */
static inline void gate_await(struct gate *gate, size_t count)
{
	pthread_mutex_lock(&gate->lock);
	while (gate->arrived < count)
		pthread_cond_wait(&gate->came, &gate->lock);
	pthread_mutex_unlock(&gate->lock);
}

/* Letters, in the order in which they were written. */
struct record {
	atomic_size_t count;
	char text[64];
};

static inline void record_add(struct record *record, char letter)
{
	size_t at = atomic_fetch_add(&record->count, 1);

	if (at < sizeof(record->text) - 1)
		record->text[at] = letter;
}

/* One letter for a record, as the argument of a task. */
struct letter {
	struct record *record;
	char letter;
};

static inline void write_work(void *arg)
{
	struct letter *letter = arg;

	record_add(letter->record, letter->letter);
}

static inline future_result_t write_task(void *arg)
{
	write_work(arg);
	return future_ok(NULL);
}

static inline future_result_t write_then(future_result_t in, void *arg)
{
	(void)in;
	write_work(arg);
	return future_ok(NULL);
}

/*
 * Tasks, continuations, destructors of arguments: `arg` is a gate to pass, or
 * an atomic_int to count up.
 */
static inline void pass_work(void *arg)
{
	gate_pass(arg);
}

static inline future_result_t pass_task(void *arg)
{
	gate_pass(arg);
	return future_ok(NULL);
}

static inline void count_work(void *arg)
{
	atomic_fetch_add((atomic_int *)arg, 1);
}

static inline future_result_t count_task(void *arg)
{
	count_work(arg);
	return future_ok(NULL);
}

static inline future_result_t count_then(future_result_t in, void *arg)
{
	(void)in;
	count_work(arg);
	return future_ok(NULL);
}

/* Succeeds with the error it saw. */
static inline future_result_t error_then(future_result_t in, void *arg)
{
	(void)arg;
	return future_ok_int(in.error);
}

static inline future_result_t nothing_task(void *arg)
{
	return future_ok(arg);
}

static inline future_result_t fail_task(void *arg)
{
	(void)arg;
	return future_fail(EIO);
}

/* A pool that must start. */
static inline future_executor_t *pool_with(const future_pool_options_t *options)
{
	future_executor_t *pool = NULL;

	ck_assert_int_eq(future_pool_new(options, &pool), 0);
	ck_assert_ptr_nonnull(pool);
	return pool;
}

static inline future_executor_t *pool_of(size_t threads)
{
	future_pool_options_t options = { .threads = threads };

	return pool_with(&options);
}

static inline future_group_t *group_on(future_executor_t *executor)
{
	future_group_t *group = NULL;

	ck_assert_int_eq(future_group_new(executor, NULL, &group), 0);
	return group;
}

/* When this returns, `threads` workers stand at the gate. */
static inline void occupy(future_executor_t *pool, size_t threads,
	struct gate *gate)
{
	for (size_t i = 0; i < threads; i++)
		ck_assert_int_eq(future_execute(pool, pass_work, gate), 0);
	gate_await(gate, threads);
}

/* Waits, takes the reference, and says how it ended. */
static inline int outcome_of(future_t *future)
{
	int error = future_get(future).error;

	future_unref(future);
	return error;
}

/* Idle, so that every count is final. */
static inline future_executor_stats_t stats_when_idle(future_executor_t *pool)
{
	future_executor_stats_t stats;

	ck_assert_int_eq(future_executor_drain(pool, FUTURE_FOREVER), 0);
	future_executor_stats(pool, &stats);
	return stats;
}

static inline future_executor_stats_t stats_of(future_executor_t *executor)
{
	future_executor_stats_t stats;

	future_executor_stats(executor, &stats);
	return stats;
}

/* A pool of one, with a bounded queue. */
static inline future_executor_t *bounded(future_when_full_t when_full,
	size_t capacity)
{
	return pool_with(&(future_pool_options_t){ .threads = 1,
		.queue_capacity = capacity, .when_full = when_full });
}

/* The worker at the gate, the queue full of counting tasks. */
static inline void fill(future_executor_t *pool, size_t capacity,
	struct gate *gate, atomic_int *ran)
{
	occupy(pool, 1, gate);
	for (size_t i = 0; i < capacity; i++)
		ck_assert_int_eq(future_execute(pool, count_work, ran), 0);
	ck_assert_uint_eq(stats_of(pool).queued, capacity);
}

static inline pthread_t thread_start(void *(*body)(void *arg), void *arg)
{
	pthread_t thread;

	ck_assert_int_eq(pthread_create(&thread, NULL, body, arg), 0);
	return thread;
}

static inline void thread_finish(pthread_t thread)
{
	ck_assert_int_eq(pthread_join(thread, NULL), 0);
}

/* A thread that only passes a gate. */
static inline void *gate_main(void *arg)
{
	gate_pass(arg);
	return NULL;
}

/* One of those that set off from a line. */
struct runner {
	pthread_barrier_t *line;
	void (*body)(void *arg, size_t index);
	void *arg;
	size_t index;
};

static inline void *runner_main(void *arg)
{
	struct runner *runner = arg;

	pthread_barrier_wait(runner->line);
	runner->body(runner->arg, runner->index);
	return NULL;
}

/* Runs body(arg, 0) ... body(arg, count - 1) at once; at most 16. */
static inline void together(size_t count,
	void (*body)(void *arg, size_t index), void *arg)
{
	struct runner runners[16];
	pthread_t threads[16];
	pthread_barrier_t line;

	ck_assert_uint_le(count, 16);
	pthread_barrier_init(&line, NULL, (unsigned)count);
	for (size_t i = 0; i < count; i++) {
		runners[i] = (struct runner){ &line, body, arg, i };
		threads[i] = thread_start(runner_main, &runners[i]);
	}
	for (size_t i = 0; i < count; i++)
		thread_finish(threads[i]);
	pthread_barrier_destroy(&line);
}

static inline pid_t thread_id(void)
{
	return (pid_t)syscall(SYS_gettid);
}

/*
 * False once its last instruction has been executed: then it stands in /proc a
 * moment longer, be it joined.
 */
static inline bool thread_runs(const char *tid)
{
	enum { PF_EXITING = 4 };	/* of the kernel */
	char path[64], line[512], *read;
	unsigned flags = PF_EXITING;
	const char *state;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/self/task/%.20s/stat", tid);
	file = fopen(path, "re");
	if (file == NULL)
		return false;
	read = fgets(line, sizeof(line), file);
	fclose(file);
	state = read != NULL ? strrchr(line, ')') : NULL;
	/* Behind the name: state, parent, group, session, tty, its group. */
	return state != NULL && sscanf(state + 1,
		" %*c %*d %*d %*d %*d %*d %u", &flags) == 1 &&
		!(flags & PF_EXITING);
}

static inline size_t threads_now(void)
{
	DIR *tasks = opendir("/proc/self/task");
	size_t count = 0;

	ck_assert_ptr_nonnull(tasks);
	for (struct dirent *task; (task = readdir(tasks)) != NULL;)
		if (task->d_name[0] != '.')
			count += thread_runs(task->d_name);
	closedir(tasks);
	return count;
}

/*
 * Waits until there are `count` threads.  The kernel has no event for the end
 * of one: this is the one place that looks again and again, and Check's timeout
 * ends it.
 */
static inline void threads_become(size_t count)
{
	/* A reader of /proc may miss one when another one ends: so twice. */
	while (threads_now() != count || threads_now() != count)
		sched_yield();
}

/*
 * How many threads there are before the first of the library's.  A tool that
 * has a thread of its own starts it with the first of ours.
 */
static inline size_t threads_before(void)
{
	struct gate gate = GATE_INIT;
	pthread_t one = thread_start(gate_main, &gate);
	size_t count;

	gate_await(&gate, 1);
	count = threads_now() - 1;
	gate_open(&gate);
	thread_finish(one);
	threads_become(count);
	return count;
}

/* True if the kernel says that thread `tid` sleeps, or knows it no more. */
static inline bool thread_asleep(pid_t tid)
{
	char path[64], line[256], *read;
	const char *state;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/self/task/%d/stat", (int)tid);
	file = fopen(path, "re");
	if (file == NULL)
		return true;
	read = fgets(line, sizeof(line), file);
	fclose(file);
	state = read != NULL ? strrchr(line, ')') : NULL;
	return read == NULL || (state != NULL && state[2] == 'S');
}

/* Waits for that: there is no event. */
static inline void thread_sleeps(pid_t tid)
{
	do
		sched_yield();
	while (!thread_asleep(tid));
}

/* Every suite ends here: Check's own exit status. */
static inline int suite_run(Suite *suite)
{
	SRunner *runner = srunner_create(suite);
	int failed;

	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

/* A case of the suite, with time enough for a tool that is slow. */
static inline TCase *suite_case(Suite *suite, const char *name)
{
	TCase *tcase = tcase_create(name);

	tcase_set_timeout(tcase, 60);
	suite_add_tcase(suite, tcase);
	return tcase;
}

#endif
