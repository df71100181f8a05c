/* What the scenarios of waits in tasks have in common: two that wait. */
#ifndef TWO_H
#define TWO_H

#include "scenario.h"

#include <future/sync.h>

static future_executor_t *pool;
static future_promise_t *promise;
static future_t *promised, *tasks[2];
static future_semaphore_t permit;

static inline void promise_in(future_executor_t *home)
{
	MODEL_CHECK(future_promise_new(home, &promise) == 0);
	promised = future_promise_future(promise);
}

static inline void promise_end(void)
{
	future_unref(promised);
	future_promise_free(promise);
}

static inline future_result_t get_other(void *which)
{
	int error = future_wait(tasks[*(int *)which], FUTURE_FOREVER);

	MODEL_CHECK(error == 0 || error == EDEADLK);
	model_count(error == 0 ? PASSED : REFUSED);
	return future_ok(NULL);
}

static inline future_result_t start_both(future_result_t in, void *which)
{
	(void)in;
	return get_other(which);
}

#endif
