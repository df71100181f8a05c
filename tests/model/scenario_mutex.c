/* The mutex: held by one, handed on, given up, freed by the last. */
#include "scenario.h"
#include "alloc.h"

static future_mutex_t *mutex;
static unsigned inside;		/* held */

static void mutex_new(void)
{
	mutex = memset(fut_alloc(sizeof(*mutex)), 0, sizeof(*mutex));
}

/* Nobody holds it, nobody waits. */
static void mutex_end(void)
{
	MODEL_CHECK(mutex->waiters == NULL);
	MODEL_CHECK(future_mutex_lock_until(mutex, FUTURE_NOW) == 0);
	MODEL_CHECK(future_mutex_unlock(mutex) == 0);
	fut_free(mutex);
}

static void hold(void)
{
	MODEL_CHECK(inside++ == 0);
	model_count(PASSED);
	MODEL_CHECK(--inside == 0);
}

static void lock(void *arg)
{
	(void)arg;
	MODEL_CHECK(future_mutex_lock(mutex) == 0);
	hold();
	MODEL_CHECK(future_mutex_unlock(mutex) == 0);
}

static void lock_twice(void *arg)
{
	lock(arg);
	lock(arg);
}

static void lock_until(void *arg)
{
	int error = future_mutex_lock_until(mutex, future_in_ms(1));

	(void)arg;
	MODEL_CHECK(error == 0 || error == ETIMEDOUT);
	if (error != 0)
		return;
	hold();
	MODEL_CHECK(future_mutex_unlock(mutex) == 0);
}

static void cancel(void *future)
{
	if (future_cancel(future))
		model_count(CANCELLED);
	future_unref(future);
}

static void unref(void *future)
{
	future_unref(future);
}

/* Gives the hold back with the future. */
static void get(void *future)
{
	int error = future_get(future).error;

	MODEL_CHECK(error == 0 || error == ECANCELED);
	if (error == 0)
		hold();
	future_unref(future);
}

SCENARIO(two_threads_lock_twice)
{
	int thread;

	mutex_new();
	thread = model_start(lock_twice, NULL);
	lock_twice(NULL);
	model_join(thread);
	mutex_end();
}

SCENARIO(three_threads_lock)
{
	int a, b;

	mutex_new();
	a = model_start(lock, NULL);
	b = model_start(lock, NULL);
	lock(NULL);
	model_join(a);
	model_join(b);
	MODEL_CHECK(model_counted(PASSED) == 3);
	mutex_end();
}

/* The one that was prodded may give up: the other must learn of it. */
SCENARIO(lock_with_a_deadline_against_two_locks)
{
	int a, b;

	mutex_new();
	a = model_start(lock_until, NULL);
	b = model_start(lock, NULL);
	lock(NULL);
	model_join(a);
	model_join(b);
	MODEL_CHECK(model_counted(PASSED) >= 2);
	mutex_end();
}

SCENARIO(lock_async_against_cancel_and_lock)
{
	future_t *future;
	int a, b;

	mutex_new();
	MODEL_CHECK(future_mutex_lock(mutex) == 0);
	future = future_mutex_lock_async(mutex);
	a = model_start(cancel, future_ref(future));
	b = model_start(lock, NULL);
	MODEL_CHECK(future_mutex_unlock(mutex) == 0);
	get(future);
	model_join(a);
	model_join(b);
	mutex_end();
}

SCENARIO(two_futures_and_a_sleeper)
{
	future_t *future;
	int a, b;

	mutex_new();
	MODEL_CHECK(future_mutex_lock(mutex) == 0);
	future = future_mutex_lock_async(mutex);
	a = model_start(lock, NULL);
	b = model_start(get, future_mutex_lock_async(mutex));
	MODEL_CHECK(future_mutex_unlock(mutex) == 0);
	get(future);
	model_join(a);
	model_join(b);
	MODEL_CHECK(model_counted(PASSED) == 3);
	mutex_end();
}

/* Nobody will give the hold back: the future's end has to. */
SCENARIO(unref_of_a_waiting_lock_against_unlock)
{
	future_t *future;
	int a, b;

	mutex_new();
	MODEL_CHECK(future_mutex_lock(mutex) == 0);
	future = future_mutex_lock_async(mutex);
	a = model_start(unref, future);
	b = model_start(lock, NULL);
	MODEL_CHECK(future_mutex_unlock(mutex) == 0);
	model_join(a);
	model_join(b);
	mutex_end();
}

/* The second to hold it knows that nobody else will. */
static void lock_and_free(void *arg)
{
	bool second;

	(void)arg;
	MODEL_CHECK(future_mutex_lock(mutex) == 0);
	second = ++inside == 2;
	MODEL_CHECK(future_mutex_unlock(mutex) == 0);
	if (second)
		fut_free(mutex);
}

SCENARIO(a_mutex_freed_by_the_second_holder)
{
	int thread;

	mutex_new();
	thread = model_start(lock_and_free, NULL);
	lock_and_free(NULL);
	model_join(thread);
}

SCENARIO(a_mutex_freed_by_the_future_that_got_it)
{
	future_t *future;
	int a;

	mutex_new();
	a = model_start(unref, future_mutex_lock_async(mutex));
	future = future_mutex_lock_async(mutex);
	MODEL_CHECK(future_take(future).error == 0);
	MODEL_CHECK(future_mutex_unlock(mutex) == 0);
	fut_free(mutex);
	model_join(a);
	future_unref(future);
}

/* Two that give up, one of whom was prodded; then it is free. */
SCENARIO(two_locks_with_deadlines_against_unlock)
{
	int a, b;

	mutex_new();
	MODEL_CHECK(future_mutex_lock(mutex) == 0);
	a = model_start(lock_until, NULL);
	b = model_start(lock_until, NULL);
	MODEL_CHECK(future_mutex_unlock(mutex) == 0);
	model_join(a);
	model_join(b);
	mutex_end();
}

/* Who cancels a continuation lets go of the value that its source shares. */
static future_result_t go_on(future_result_t in, void *arg)
{
	(void)arg;
	model_count(PASSED);
	return in;
}

static void cancel_next(void *next)
{
	future_cancel(next);
	future_unref(next);
}

SCENARIO(a_shared_hold_that_is_handed_on_against_a_cancel)
{
	future_mutex_t own = FUTURE_MUTEX_INIT;
	future_t *hold, *same, *next;
	int thread;

	MODEL_CHECK(future_mutex_lock(&own) == 0);
	hold = future_mutex_lock_async(&own);
	same = future_catch_on(hold, future_inline(), go_on, NULL);
	next = future_then_on(same, future_inline(), go_on, NULL);
	future_unref(hold);
	future_unref(same);
	thread = model_start(cancel_next, next);
	MODEL_CHECK(future_mutex_unlock(&own) == 0);
	model_join(thread);
	MODEL_CHECK(future_mutex_lock(&own) == 0);
	MODEL_CHECK(future_mutex_unlock(&own) == 0);
}
