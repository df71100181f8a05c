/* Permits: against the timer that brings them, and who gives up. */
#include "scenario.h"

static future_limiter_t *limiter;
static future_t *first, *second;

/*
 * One permit a millisecond, of which none is there.  The default executor's
 * two workers and its timer thread are, and sleep.
 */
static void limiter_start(size_t burst)
{
	model_daemons(3);
	model_quiet(true);
	get_and_unref(future_after(NULL, future_in_ms(1)), NULL);
	model_rest();
	MODEL_CHECK(future_limiter_new(1, 1000000, burst, &limiter) == 0);
	MODEL_CHECK(future_limiter_acquire(limiter, burst) == 0);
	model_quiet(false);
}

static void cancel_first(void *arg)
{
	(void)arg;
	if (future_cancel(first))
		model_count(CANCELLED);
}

static void acquire_one(void *arg)
{
	(void)arg;
	MODEL_CHECK(future_limiter_acquire(limiter, 1) == 0);
	model_count(PASSED);
}

/* Until nothing of the limiter is left, on whatever thread. */
static void limiter_end(void)
{
	future_limiter_unref(limiter);
	model_quiet(true);
	model_rest();
}

SCENARIO(cancel_of_an_acquire_against_its_timer, .bound = 1)
{
	int thread, error;

	limiter_start(1);
	first = future_limiter_acquire_async(limiter, 1);
	thread = model_start(cancel_first, NULL);
	error = future_get(first).error;
	MODEL_CHECK(error == 0 || error == ECANCELED);
	model_join(thread);
	MODEL_CHECK(model_counted(CANCELLED) == (error == ECANCELED));
	future_unref(first);
	limiter_end();
}

/* Whoever is first when the second comes: it is served. */
SCENARIO(a_second_acquire_against_a_cancel_of_the_first, .bound = 1)
{
	int thread;

	limiter_start(2);
	first = future_limiter_acquire_async(limiter, 2);
	thread = model_start(cancel_first, NULL);
	second = future_limiter_acquire_async(limiter, 1);
	get_and_unref(second, NULL);
	model_join(thread);
	MODEL_CHECK(future_state(first) >= FUTURE_OK);
	future_unref(first);
	limiter_end();
}

SCENARIO(acquire_with_a_deadline_against_its_timer)
{
	int error;

	limiter_start(1);
	error = future_limiter_acquire_until(limiter, 1, future_in_ms(1));
	MODEL_CHECK(error == 0 || error == ETIMEDOUT);
	acquire_one(NULL);
	limiter_end();
}

SCENARIO(two_acquire_at_once, .bound = 1)
{
	int thread;

	limiter_start(1);
	thread = model_start(acquire_one, NULL);
	acquire_one(NULL);
	model_join(thread);
	MODEL_CHECK(model_counted(PASSED) == 2);
	limiter_end();
}

static void unref_it(void *arg)
{
	future_limiter_unref(arg);
}

SCENARIO(unref_of_a_limiter_against_its_timer)
{
	int thread;

	limiter_start(1);
	first = future_limiter_acquire_async(limiter, 1);
	thread = model_start(unref_it, future_limiter_ref(limiter));
	get_and_unref(first, NULL);
	limiter_end();
	model_join(thread);
}

SCENARIO(no_memory_for_a_limiter, .faults = 1, .bound = 1)
{
	int error;

	model_daemons(3);
	if (future_limiter_new(1, 1000000, 1, &limiter) != 0)
		return;
	MODEL_CHECK(future_limiter_acquire(limiter, 1) == 0);
	first = future_limiter_acquire_async(limiter, 1);
	error = future_get(first).error;
	MODEL_CHECK(error == 0 || error == ENOMEM || error == EAGAIN);
	future_unref(first);
	limiter_end();
}
