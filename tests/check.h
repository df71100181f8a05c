/*
 * What the tests of futures share: main, values and arguments that count how
 * often they are destroyed, and gates that order threads.
 *
 * CK_RUN_CASE=name runs one test.
 */
#ifndef TESTS_CHECK_H
#define TESTS_CHECK_H

#include "tools.h"

#include <check.h>
#include <future.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>

/* NULL unless a sanitizer watches. */
size_t __sanitizer_get_current_allocated_bytes(void) __attribute__((weak));

/* Runs each test in a process of its own; the list ends with NULL. */
static inline int run_tests(const char *noun, const TTest *const *tests)
{
	Suite *suite = suite_create(noun);
	SRunner *runner;
	int failed;

	for (; *tests != NULL; tests++) {
		TCase *one = tcase_create((*tests)->name);

		tcase_set_timeout(one, 120);
		tcase_add_test(one, *tests);
		suite_add_tcase(suite, one);
	}
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

/* Once open a gate stays open; everything before open is before wait. */
struct gate {
	pthread_mutex_t mutex;
	pthread_cond_t changed;
	bool open;	/* under mutex */
};

#define GATE_SHUT { PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, false }

static inline void gate_open(struct gate *gate)
{
	pthread_mutex_lock(&gate->mutex);
	gate->open = true;
	pthread_cond_broadcast(&gate->changed);
	pthread_mutex_unlock(&gate->mutex);
}

static inline void gate_wait(struct gate *gate)
{
	pthread_mutex_lock(&gate->mutex);
	while (!gate->open)
		pthread_cond_wait(&gate->changed, &gate->mutex);
	pthread_mutex_unlock(&gate->mutex);
}

/* A task that says when it has started and returns when it is told to. */
struct hold {
	struct gate started;
	struct gate released;
	future_result_t result;
	atomic_int asked;	/* what future_cancel_requested() said */
	atomic_int returned;
};

#define HOLD { GATE_SHUT, GATE_SHUT, { NULL, NULL, 0 }, 0, 0 }

static inline future_result_t hold_run(void *arg)
{
	struct hold *hold = arg;

	gate_open(&hold->started);
	gate_wait(&hold->released);
	atomic_store(&hold->asked, future_cancel_requested());
	atomic_store(&hold->returned, 1);
	return hold->result;
}

/* Submits `hold` and waits until a worker is in it. */
static inline future_t *hold_submit(future_executor_t *pool, struct hold *hold)
{
	future_t *held = future_submit(pool, hold_run, hold);

	gate_wait(&hold->started);
	return held;
}

static inline void hold_worker(future_executor_t *pool, struct hold *hold)
{
	future_unref(hold_submit(pool, hold));
}

/* Adds one to the atomic_int that is the argument: a destroy_arg. */
static inline void count_up(void *count)
{
	atomic_fetch_add((atomic_int *)count, 1);
}

/* A value on the heap that adds one to *count when it is destroyed. */
struct owned {
	atomic_int *count;
};

static inline void owned_destroy(void *value)
{
	count_up(((struct owned *)value)->count);
	free(value);
}

static inline void *owned_new(atomic_int *count)
{
	struct owned *owned = malloc(sizeof(*owned));

	if (owned == NULL)
		abort();
	owned->count = count;
	return owned;
}

/* A success that owns its value. */
static inline future_result_t owned(atomic_int *count)
{
	return future_own(owned_new(count), owned_destroy);
}

/* A failure that owns its detail. */
static inline future_result_t owned_failure(int error, atomic_int *count)
{
	return future_fail_own(error, owned_new(count), owned_destroy);
}

/* Reads the value, so that a tool sees if it is gone. */
static inline bool owned_is(future_result_t result, const atomic_int *count)
{
	return result.value != NULL &&
		((struct owned *)result.value)->count == count;
}

/* Tasks: the number, the result, or the owned value that `arg` is. */
static inline future_result_t give_int(void *number)
{
	return future_ok_int((intptr_t)number);
}

static inline future_result_t give(void *result)
{
	return *(future_result_t *)result;
}

static inline future_result_t give_owned(void *count)
{
	return owned(count);
}

/* Continuations: share what came in, add a number to it, or fail. */
static inline future_result_t pass(future_result_t in, void *arg)
{
	(void)arg;
	return in;
}

static inline future_result_t add(future_result_t in, void *number)
{
	return future_ok_int(future_result_int(in) + (intptr_t)number);
}

static inline future_result_t fail_with(future_result_t in, void *error)
{
	(void)in;
	return future_fail((int)(intptr_t)error);
}

/* What a continuation was given, and where it ran. */
struct seen {
	atomic_int calls;
	future_result_t in;
	future_executor_t *executor;
	pthread_t thread;
};

#define SEE_RETURNS 42

static inline future_result_t see(future_result_t in, void *arg)
{
	struct seen *seen = arg;

	seen->in = in;
	seen->executor = future_current();
	seen->thread = pthread_self();
	atomic_fetch_add(&seen->calls, 1);
	return future_ok_int(SEE_RETURNS);
}

/* A promise and its future; an inline home unless another is given. */
static inline future_promise_t *promise_on(future_executor_t *home,
	future_t **ret_future)
{
	future_promise_t *promise = NULL;

	ck_assert_int_eq(future_promise_new(home, &promise), 0);
	*ret_future = future_promise_future(promise);
	return promise;
}

static inline future_promise_t *promise_new(future_t **ret_future)
{
	return promise_on(future_inline(), ret_future);
}

/* A future that has settled and whose home is the inline executor. */
static inline future_t *settled(future_result_t result)
{
	return future_submit(future_inline(), give, &result);
}

static inline future_executor_t *pool_of(size_t threads)
{
	future_pool_options_t options = { .threads = threads };
	future_executor_t *pool = NULL;

	ck_assert_int_eq(future_pool_new(&options, &pool), 0);
	return pool;
}

static inline pthread_t start(void *(*main)(void *arg), void *arg)
{
	pthread_t thread;

	ck_assert_int_eq(pthread_create(&thread, NULL, main, arg), 0);
	return thread;
}

static inline void finish(pthread_t thread)
{
	ck_assert_int_eq(pthread_join(thread, NULL), 0);
}

#define SMALL_STACK 65536

/* Runs main(arg) to its end on a thread with a stack of 64 KiB. */
static inline void run_on_small_stack(void *(*main)(void *arg), void *arg)
{
	pthread_attr_t attr;
	pthread_t thread;

	ck_assert_int_eq(pthread_attr_init(&attr), 0);
	ck_assert_int_eq(pthread_attr_setstacksize(&attr, SMALL_STACK), 0);
	ck_assert_int_eq(pthread_create(&thread, &attr, main, arg), 0);
	pthread_attr_destroy(&attr);
	finish(thread);
}

#endif
