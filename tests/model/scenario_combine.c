/* Combinators while their inputs settle, and those who follow each other. */
#include "scenario.h"

static int values[2];

static void destroy(void *value)
{
	MODEL_CHECK(value == &values[0] || value == &values[1]);
	model_count(DESTROYED);
}

static future_promise_t *promises[2];
static future_t *inputs[2];

static void inputs_new(void)
{
	for (int i = 0; i < 2; i++) {
		promises[i] = promise_new();
		inputs[i] = future_promise_future(promises[i]);
	}
}

static void inputs_free(void)
{
	for (int i = 0; i < 2; i++) {
		future_unref(inputs[i]);
		future_promise_free(promises[i]);
	}
}

static void settle_at(void *value)
{
	int i = value == &values[1];

	if (future_promise_settle(promises[i], future_own(value, destroy)))
		model_count(SETTLED);
}

static void fail_at(void *value)
{
	int i = value == &values[1];

	if (future_promise_settle(promises[i], future_fail(EIO)))
		model_count(SETTLED);
}

static void cancel_it(void *future)
{
	if (future_cancel(future))
		model_count(CANCELLED);
	future_unref(future);
}

/* One of two inputs settles elsewhere, the other here, as it is combined. */
static future_result_t meet(future_t *(*combine)(future_t *const *, size_t),
	void (*there)(void *), void (*here)(void *), future_t **ret_future)
{
	int thread = model_start(there, &values[1]);
	future_t *future = combine(inputs, 2);

	here(&values[0]);
	*ret_future = future;
	model_join(thread);
	return future_get(future);
}

SCENARIO(race_against_both_its_inputs)
{
	future_result_t result;
	future_t *race;

	inputs_new();
	result = meet(future_race, settle_at, settle_at, &race);
	MODEL_CHECK(result.error == 0 && (result.value == &values[0] ||
		result.value == &values[1]));
	inputs_free();
	/* What it shares stays; the loser's value is gone. */
	MODEL_CHECK(model_counted(DESTROYED) == 1);
	future_unref(race);
	MODEL_CHECK(model_counted(DESTROYED) == 2);
}

/* The loser has no references left but the race's own. */
static void race_and_drop(void *arg)
{
	future_t *race = future_race(inputs, 2);

	(void)arg;
	for (int i = 0; i < 2; i++)
		future_unref(inputs[i]);
	MODEL_CHECK(future_get(race).error == 0);
	future_unref(race);
}

SCENARIO(a_race_that_leaves_its_loser)
{
	int thread;

	inputs_new();
	thread = model_start(race_and_drop, NULL);
	settle_at(&values[0]);
	future_promise_free(promises[0]);
	model_join(thread);
	settle_at(&values[1]);
	future_promise_free(promises[1]);
	MODEL_CHECK(model_counted(DESTROYED) == 2);
}

/* What stays pending must not remember a race that is over. */
SCENARIO(a_race_leaves_nothing_on_its_loser)
{
	unsigned before;
	future_t *race;
	int thread;

	inputs_new();
	before = model_blocks();
	thread = model_start(settle_at, &values[0]);
	race = future_race(inputs, 2);
	MODEL_CHECK(future_get(race).value == &values[0]);
	future_unref(race);
	model_join(thread);
	MODEL_CHECK(model_blocks() == before);
	inputs_free();
	MODEL_CHECK(model_counted(DESTROYED) == 1);
}

SCENARIO(cancel_of_a_race_against_an_input)
{
	future_t *race;
	int thread, error;

	inputs_new();
	race = future_race(inputs, 2);
	thread = model_start(settle_at, &values[1]);
	cancel_it(future_ref(race));
	error = future_get(race).error;
	MODEL_CHECK(error == (model_counted(CANCELLED) ? ECANCELED : 0));
	future_unref(race);
	model_join(thread);
	inputs_free();
	MODEL_CHECK(model_counted(DESTROYED) == 1);
}

SCENARIO(all_against_both_its_inputs)
{
	const future_result_t *results;
	future_result_t result;
	future_t *all;

	inputs_new();
	result = meet(future_all, settle_at, settle_at, &all);
	MODEL_CHECK(result.error == 0);
	inputs_free();
	results = result.value;
	for (int i = 0; i < 2; i++)
		MODEL_CHECK(results[i].error == 0 &&
			results[i].value == &values[i]);
	MODEL_CHECK(model_counted(DESTROYED) == 0);
	future_unref(all);
	MODEL_CHECK(model_counted(DESTROYED) == 2);
}

SCENARIO(all_against_a_failure_and_a_success)
{
	const future_result_t *results;
	future_result_t result;
	future_t *all;

	inputs_new();
	result = meet(future_all, fail_at, settle_at, &all);
	MODEL_CHECK(result.error == EIO);
	inputs_free();
	results = result.value;
	MODEL_CHECK(results[1].error == EIO);
	MODEL_CHECK(results[0].error == EINPROGRESS ||
		(results[0].error == 0 && results[0].value == &values[0]));
	future_unref(all);
	MODEL_CHECK(model_counted(DESTROYED) == 1);
}

SCENARIO(any_against_a_failure_and_a_success)
{
	future_result_t result;
	future_t *any;

	inputs_new();
	result = meet(future_any, fail_at, settle_at, &any);
	MODEL_CHECK(result.error == 0 && result.value == &values[0]);
	inputs_free();
	future_unref(any);
	MODEL_CHECK(model_counted(DESTROYED) == 1);
}

SCENARIO(any_against_two_failures)
{
	future_result_t result;
	future_t *any;

	inputs_new();
	result = meet(future_any, fail_at, fail_at, &any);
	MODEL_CHECK(result.error == EIO && result.value != NULL);
	inputs_free();
	future_unref(any);
}

/* The general form, cancelling what is left. */

static future_t *combine(future_combine_mode_t mode, size_t need)
{
	return future_combine(&(future_combine_t){ .futures = inputs,
		.count = 2, .mode = mode, .need = need, .cancel_rest = true });
}

static future_t *race_cancelling(future_t *const *futures, size_t count)
{
	(void)futures;
	(void)count;
	return combine(FUTURE_COMBINE_RACE, 0);
}

static future_t *all_cancelling(future_t *const *futures, size_t count)
{
	(void)futures;
	(void)count;
	return combine(FUTURE_COMBINE_ALL, 0);
}

static future_t *some_of_two(future_t *const *futures, size_t count)
{
	return future_some(futures, count, 2);
}

static future_t *one_of_two(future_t *const *futures, size_t count)
{
	return future_some(futures, count, 1);
}

SCENARIO(some_against_two_successes)
{
	const future_result_t *results;
	future_result_t result;
	future_t *some;
	int there = 0;

	inputs_new();
	result = meet(one_of_two, settle_at, settle_at, &some);
	MODEL_CHECK(result.error == 0);
	results = result.value;
	for (int i = 0; i < 2; i++)
		there += results[i].error == 0 &&
			results[i].value == &values[i];
	MODEL_CHECK(there >= 1);
	inputs_free();
	MODEL_CHECK(model_counted(DESTROYED) == 2 - (unsigned)there);
	future_unref(some);
	MODEL_CHECK(model_counted(DESTROYED) == 2);
}

SCENARIO(some_against_a_failure_and_a_success)
{
	future_result_t result;
	future_t *some;

	inputs_new();
	result = meet(some_of_two, fail_at, settle_at, &some);
	MODEL_CHECK(result.error == EIO && result.value != NULL);
	inputs_free();
	future_unref(some);
	MODEL_CHECK(model_counted(DESTROYED) == 1);
}

/* The loser settles by itself, or is cancelled before the winner is done. */
SCENARIO(cancel_rest_against_both_inputs)
{
	future_result_t result;
	future_t *race;

	inputs_new();
	result = meet(race_cancelling, settle_at, settle_at, &race);
	MODEL_CHECK(result.error == 0);
	for (int i = 0; i < 2; i++)
		MODEL_CHECK(future_state(inputs[i]) >= FUTURE_OK);
	MODEL_CHECK(model_counted(SETTLED) >= 1);
	inputs_free();
	future_unref(race);
	MODEL_CHECK(model_counted(DESTROYED) == 2);
}

SCENARIO(cancel_rest_against_a_failure_and_a_success)
{
	future_result_t result;
	future_t *all;

	inputs_new();
	result = meet(all_cancelling, fail_at, settle_at, &all);
	MODEL_CHECK(result.error == EIO);
	MODEL_CHECK(future_state(inputs[0]) >= FUTURE_OK);
	inputs_free();
	future_unref(all);
	MODEL_CHECK(model_counted(DESTROYED) == 1);
}

static void settle_and_see(void *combined)
{
	settle_at(&values[1]);
	/* Whoever decided it, this input's settle or the cancel, is over. */
	MODEL_CHECK(future_state(combined) >= FUTURE_OK);
	future_unref(combined);
}

SCENARIO(cancel_rest_against_an_input_and_a_cancel)
{
	future_t *race;
	int thread, error;

	inputs_new();
	race = combine(FUTURE_COMBINE_RACE, 0);
	thread = model_start(settle_and_see, future_ref(race));
	cancel_it(future_ref(race));
	error = future_get(race).error;
	model_join(thread);
	MODEL_CHECK(error == 0 || error == ECANCELED);
	MODEL_CHECK((error != 0) == (model_counted(CANCELLED) != 0));
	for (int i = 0; i < 2; i++)
		MODEL_CHECK(future_state(inputs[i]) >= FUTURE_OK);
	MODEL_CHECK(future_state(inputs[0]) == FUTURE_CANCELLED);
	MODEL_CHECK(future_join(race, FUTURE_FOREVER) == 0);
	inputs_free();
	future_unref(race);
	MODEL_CHECK(model_counted(DESTROYED) == 1);
}

/* A running input is cancelled by the other; a join waits for its function. */
static bool returned;	/* plain: the explorer blames a race */

static future_result_t run_long(void *arg)
{
	model_count(STARTED);
	returned = true;
	return future_ok(arg);
}

SCENARIO(join_of_a_combination_against_a_running_input)
{
	future_executor_t *pool = pool_at_rest(1);
	future_t *list[2], *all;
	bool ran;

	list[0] = future_submit(pool, run_long, NULL);
	list[1] = future_ready(future_fail(EIO));
	all = future_combine(&(future_combine_t){ .futures = list, .count = 2,
		.cancel_rest = true });
	for (int i = 0; i < 2; i++)
		future_unref(list[i]);
	MODEL_CHECK(future_join(all, FUTURE_FOREVER) == 0);
	ran = returned;
	returned = false;
	MODEL_CHECK(ran == (model_counted(STARTED) != 0));
	future_unref(all);
	pool_end(pool);
	MODEL_CHECK(ran == (model_counted(STARTED) != 0));
}

/* One in the other, while the inputs of the inner one settle. */
SCENARIO(cancel_of_a_combination_of_a_combination)
{
	future_t *inner, *outer;
	int thread;

	inputs_new();
	inner = combine(FUTURE_COMBINE_ALL, 0);
	outer = future_combine(&(future_combine_t){ .futures = &inner,
		.count = 1, .cancel_rest = true });
	future_unref(inner);
	thread = model_start(settle_at, &values[0]);
	cancel_it(future_ref(outer));
	MODEL_CHECK(future_get(outer).error == ECANCELED);
	MODEL_CHECK(future_state(inputs[1]) == FUTURE_CANCELLED);
	model_join(thread);
	inputs_free();
	future_unref(outer);
	MODEL_CHECK(model_counted(DESTROYED) == 1);
}

/* Following. */

static void follow_other(void *value)
{
	int i = value == &values[1];

	future_promise_settle(promises[i],
		future_follow(future_ref(inputs[1 - i])));
}

SCENARIO(two_that_follow_each_other)
{
	int thread, errors[2];

	inputs_new();
	thread = model_start(follow_other, &values[1]);
	follow_other(&values[0]);
	for (int i = 0; i < 2; i++) {
		future_result_t result = future_get(inputs[i]);

		errors[i] = result.error;
	}
	MODEL_CHECK(errors[0] == EDEADLK && errors[1] == EDEADLK);
	model_join(thread);
	inputs_free();
}

SCENARIO(a_follower_against_the_followed)
{
	future_result_t result;
	int thread;

	inputs_new();
	thread = model_start(settle_at, &values[1]);
	follow_other(&values[0]);
	result = future_get(inputs[0]);
	MODEL_CHECK(result.error == 0 && result.value == &values[1]);
	model_join(thread);
	inputs_free();
	MODEL_CHECK(model_counted(DESTROYED) == 1);
}

/*
 * What is followed has no other reference than the one that follow takes, and
 * no value for the sake of which the follower would keep it.
 */

static void settle_and_free(void *promise)
{
	future_promise_settle(promise, future_ok(&values[1]));
	future_promise_free(promise);
}

SCENARIO(a_follow_of_the_last_reference_against_settle)
{
	future_promise_t *inner = promise_new(), *outer = promise_new();
	future_t *followed = future_promise_future(inner);
	future_t *follower = future_promise_future(outer);
	int thread = model_start(settle_and_free, inner);

	future_promise_settle(outer, future_follow(followed));
	model_join(thread);
	get_and_unref(follower, &values[1]);
	future_promise_free(outer);
}

SCENARIO(cancel_of_a_follower_against_the_followed)
{
	int thread, follower;

	inputs_new();
	follow_other(&values[0]);
	thread = model_start(settle_at, &values[1]);
	cancel_it(future_ref(inputs[0]));
	follower = future_get(inputs[0]).error;
	MODEL_CHECK(follower == (model_counted(CANCELLED) ? ECANCELED : 0));
	MODEL_CHECK(future_join(inputs[0], FUTURE_FOREVER) == 0);
	model_join(thread);
	MODEL_CHECK(future_state(inputs[1]) >= FUTURE_OK);
	inputs_free();
	MODEL_CHECK(model_counted(DESTROYED) == 1);
}

SCENARIO(a_follow_against_the_cancel_of_the_follower)
{
	int thread;

	inputs_new();
	thread = model_start(cancel_it, future_ref(inputs[0]));
	follow_other(&values[0]);
	settle_at(&values[1]);
	model_join(thread);
	MODEL_CHECK(future_state(inputs[0]) >= FUTURE_OK);
	inputs_free();
	MODEL_CHECK(model_counted(DESTROYED) == 1);
}
