/*
 * One future, settled by one thread while others do something else with it.
 *
 * Each thread holds a reference of its own, so that any of them may be the one
 * that drops the last.
 */
#include "scenario.h"


enum { TAKEN = STARTED + 1, CONTINUED };

static future_promise_t *promise;
static int value;

static void destroy(void *at)
{
	MODEL_CHECK(at == &value);
	model_count(DESTROYED);
}

static void settle(void *future)
{
	if (future_promise_settle(promise, future_own(&value, destroy)))
		model_count(SETTLED);
	future_unref(future);
}

static void cancel(void *future)
{
	if (future_cancel(future)) {
		model_count(CANCELLED);
		MODEL_CHECK(future_state(future) == FUTURE_CANCELLED);
	}
	future_unref(future);
}

static future_result_t go_on(future_result_t in, void *arg)
{
	MODEL_CHECK(arg == &value && in.error == 0 && in.value == &value);
	model_count(CONTINUED);
	return future_ok_int(1);
}

static void then(void *future)
{
	future_t *next = future_then(future, go_on, &value);
	future_result_t result;

	future_unref(future);
	result = future_get(next);
	MODEL_CHECK(result.error == 0 || result.error == ECANCELED ||
		result.error == EALREADY);
	if (result.error != 0)
		model_count(PASSED);
	future_unref(next);
}

static void wait_until(void *future)
{
	int error = future_wait(future, future_in_ms(1));

	MODEL_CHECK(error == 0 || error == ETIMEDOUT);
	if (error == 0)
		MODEL_CHECK(future_state(future) >= FUTURE_OK);
	future_unref(future);
}

static void take(void *future)
{
	future_result_t result = future_take(future);

	future_unref(future);
	MODEL_CHECK(result.error == 0 || result.error == ECANCELED ||
		result.error == EALREADY);
	if (result.error != 0)
		return;
	MODEL_CHECK(result.value == &value && result.destroy == destroy);
	model_count(TAKEN);
	result.destroy(result.value);
}

static void join(void *future)
{
	MODEL_CHECK(future_join(future, FUTURE_FOREVER) == 0);
	MODEL_CHECK(future_state(future) >= FUTURE_OK);
	future_unref(future);
}

static void unref(void *future)
{
	future_unref(future);
}

/* Two threads at once, or one if the other is NULL, while this one settles. */
static void against_settle(void (*first)(void *), void (*second)(void *))
{
	int a, b = 0, error = future_promise_new(future_inline(), &promise);
	unsigned late = (unsigned)(first == settle) +
		(unsigned)(second == settle);
	future_t *future;

	MODEL_CHECK(error == 0);
	future = future_promise_future(promise);
	a = model_start(first, future_ref(future));
	if (second != NULL)
		b = model_start(second, future_ref(future));
	settle(future);
	/* If nobody needs it any more, the last reference is anybody's. */
	if (late == 0)
		future_promise_free(promise);
	model_join(a);
	if (second != NULL)
		model_join(b);
	if (late != 0)
		future_promise_free(promise);
	MODEL_CHECK(model_counted(SETTLED) + model_counted(CANCELLED) == 1);
	MODEL_CHECK(model_counted(TAKEN) <= model_counted(SETTLED));
	/* Settled too late as well: the value goes once, on every path. */
	MODEL_CHECK(model_counted(DESTROYED) == 1 + late);
}

#define ALONE(op) \
	SCENARIO(op##_against_settle) \
	{ \
		against_settle(op, NULL); \
	}
#define PAIR(op, other) \
	SCENARIO(op##_and_##other##_against_settle) \
	{ \
		against_settle(op, other); \
	}

ALONE(settle)
ALONE(cancel)
ALONE(then)
ALONE(wait_until)
ALONE(take)
ALONE(join)
ALONE(unref)

PAIR(settle, settle)
PAIR(settle, cancel)
PAIR(settle, then)
PAIR(settle, wait_until)
PAIR(settle, take)
PAIR(settle, join)
PAIR(settle, unref)
PAIR(cancel, cancel)
PAIR(cancel, then)
PAIR(cancel, wait_until)
PAIR(cancel, take)
PAIR(cancel, join)
PAIR(cancel, unref)
PAIR(then, then)
PAIR(then, wait_until)
PAIR(then, take)
PAIR(then, join)
PAIR(then, unref)
PAIR(wait_until, wait_until)
PAIR(wait_until, take)
PAIR(wait_until, join)
PAIR(wait_until, unref)
PAIR(take, take)
PAIR(take, join)
PAIR(take, unref)
PAIR(join, join)
PAIR(join, unref)
PAIR(unref, unref)
