/* Futures in the order in which they settle. */
#include "scenario.h"

enum { INPUTS = 2 };

static future_completion_t *completion;
static future_promise_t *promises[INPUTS];
static future_t *inputs[INPUTS];

static void completion_start(size_t added)
{
	MODEL_CHECK(future_completion_new(&completion) == 0);
	for (size_t i = 0; i < INPUTS; i++) {
		promises[i] = promise_new();
		inputs[i] = future_promise_future(promises[i]);
		if (i < added)
			MODEL_CHECK(future_completion_add(completion,
				inputs[i]) == 0);
	}
}

static void completion_end(void)
{
	future_completion_free(completion);
	for (size_t i = 0; i < INPUTS; i++) {
		future_unref(inputs[i]);
		future_promise_free(promises[i]);
	}
}

static void settle_at(void *promise)
{
	MODEL_CHECK(future_promise_settle(*(future_promise_t **)promise,
		future_ok(NULL)));
}

static void settle_both(void *arg)
{
	(void)arg;
	settle_at(&promises[1]);
	settle_at(&promises[0]);
}

static void take(future_t *next)
{
	MODEL_CHECK(next == inputs[0] || next == inputs[1]);
	MODEL_CHECK(future_state(next) == FUTURE_OK);
	model_count(next == inputs[0] ? PASSED : STARTED);
	future_unref(next);
}

SCENARIO(add_and_next_against_settle)
{
	future_t *next;
	int thread;

	completion_start(0);
	thread = model_start(settle_at, &promises[0]);
	MODEL_CHECK(future_completion_add(completion, inputs[0]) == 0);
	MODEL_CHECK(future_completion_next(completion, &next) == 0);
	take(next);
	MODEL_CHECK(future_completion_next(completion, &next) == ENOENT);
	model_join(thread);
	completion_end();
}

SCENARIO(next_follows_the_order_of_settling)
{
	future_t *next;
	int thread;

	completion_start(2);
	thread = model_start(settle_both, NULL);
	MODEL_CHECK(future_completion_next(completion, &next) == 0);
	MODEL_CHECK(next == inputs[1]);
	take(next);
	MODEL_CHECK(future_completion_next(completion, &next) == 0);
	take(next);
	model_join(thread);
	completion_end();
}

static void next_one(void *arg)
{
	future_t *next;
	int error;

	(void)arg;
	error = future_completion_next(completion, &next);
	MODEL_CHECK(error == 0);
	take(next);
}

SCENARIO(two_nexts_against_two_settles)
{
	int thread;

	completion_start(2);
	thread = model_start(next_one, NULL);
	settle_at(&promises[1]);
	settle_at(&promises[0]);
	next_one(NULL);
	model_join(thread);
	MODEL_CHECK(model_counted(PASSED) == 1 && model_counted(STARTED) == 1);
	MODEL_CHECK(future_completion_left(completion) == 0);
	completion_end();
}

/* It gave up, or it was given the one; the next one comes whatever happens. */
SCENARIO(next_with_a_deadline_against_settle)
{
	future_t *next;
	int thread, error;

	completion_start(1);
	thread = model_start(settle_at, &promises[0]);
	error = future_completion_next_until(completion,
		future_in_ms(1), &next);
	MODEL_CHECK(error == 0 || error == ETIMEDOUT);
	if (error != 0)
		MODEL_CHECK(future_completion_next(completion, &next) == 0);
	take(next);
	model_join(thread);
	completion_end();
}

static void cancel_it(void *future)
{
	if (future_cancel(future))
		model_count(CANCELLED);
	future_unref(future);
}

SCENARIO(cancel_of_a_next_against_settle_and_another)
{
	future_t *first, *second;
	int thread;

	completion_start(1);
	first = future_completion_next_async(completion);
	thread = model_start(cancel_it, future_ref(first));
	settle_at(&promises[0]);
	model_join(thread);
	second = future_completion_next_async(completion);
	MODEL_CHECK(future_get(first).error ==
		(model_counted(CANCELLED) ? ECANCELED : 0));
	MODEL_CHECK(future_get(second).error ==
		(model_counted(CANCELLED) ? 0 : ENOENT));
	future_unref(first);
	future_unref(second);
	completion_end();
}

/* Whoever comes while one that was cancelled is being given to it waits. */
SCENARIO(next_against_a_cancel_and_settle)
{
	future_t *first, *next;
	int thread, other;

	completion_start(1);
	first = future_completion_next_async(completion);
	thread = model_start(settle_at, &promises[0]);
	other = model_start(cancel_it, future_ref(first));
	model_join(other);
	if (model_counted(CANCELLED)) {
		MODEL_CHECK(future_completion_next(completion, &next) == 0);
		take(next);
	}
	MODEL_CHECK(future_completion_next(completion, &next) == ENOENT);
	model_join(thread);
	future_unref(first);
	completion_end();
}

SCENARIO(free_of_a_completion_against_settle)
{
	future_t *next;
	int thread;

	completion_start(2);
	next = future_completion_next_async(completion);
	thread = model_start(settle_both, NULL);
	future_completion_free(completion);
	completion = NULL;
	model_join(thread);
	MODEL_CHECK(future_state(next) >= FUTURE_OK);
	future_unref(next);
	completion_end();
}

SCENARIO(no_memory_for_a_completion, .faults = 1)
{
	future_t *ready = future_ready(future_ok(NULL)), *next;
	int error;

	if (future_completion_new(&completion) != 0) {
		future_unref(ready);
		return;
	}
	error = future_completion_add(completion, ready);
	MODEL_CHECK(error == 0 || error == ENOMEM ||
		future_state(ready) == FUTURE_FAILED);
	if (error == 0)
		MODEL_CHECK(future_completion_next(completion, &next) == 0);
	if (error == 0)
		future_unref(next);
	MODEL_CHECK(future_completion_left(completion) == 0);
	future_completion_free(completion);
	future_unref(ready);
}
