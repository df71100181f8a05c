/* What the scenarios share. */
#ifndef SCENARIO_H
#define SCENARIO_H

#include "model.h"

#include <errno.h>
#include <future.h>
#include <string.h>

/* Each counts as it likes; these names serve most. */
enum count { RAN, SETTLED, CANCELLED, DESTROYED, PASSED, REFUSED, STARTED };

static inline future_executor_t *pool_of(size_t threads)
{
	future_pool_options_t options = { .threads = threads };
	future_executor_t *pool = NULL;

	MODEL_CHECK(future_pool_new(&options, &pool) == 0);
	return pool;
}

/* A pool whose workers sleep; nothing of its start is explored. */
static inline future_executor_t *pool_at_rest(size_t threads)
{
	future_executor_t *pool;

	model_quiet(true);
	pool = pool_of(threads);
	model_rest();
	model_quiet(false);
	return pool;
}

/* Nothing of its end is explored. */
static inline void pool_end(future_executor_t *pool)
{
	model_quiet(true);
	future_executor_unref(pool);
}

/* On the inline executor, so that no pool is needed. */
static inline future_promise_t *promise_new(void)
{
	future_promise_t *promise = NULL;

	MODEL_CHECK(future_promise_new(future_inline(), &promise) == 0);
	return promise;
}

static inline future_result_t run_one(void *arg)
{
	model_count(RAN);
	return future_ok(arg);
}

static inline void run_bare(void *arg)
{
	(void)arg;
	model_count(RAN);
}

static inline void get_and_unref(future_t *future, void *value)
{
	future_result_t result = future_get(future);

	MODEL_CHECK(result.error == 0 && result.value == value);
	future_unref(future);
}

#endif
