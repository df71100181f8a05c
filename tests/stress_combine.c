/*
 * Several futures, many threads: inputs settle while they are combined,
 * followers meet cancels, rings close from all sides, promises are freed.
 */
#define _XOPEN_SOURCE 700
#include "stress.h"

typedef future_t *combine_fn(future_t *const *futures, size_t count);

static combine_fn *const combinators[] = { future_all, future_all_settled,
	future_any, future_race };

/* Three pending inputs; scene->future is the first of them. */
static void set_inputs(struct scene *scene)
{
	for (int i = 0; i < 3; i++)
		scene->promises[i] = promise_new(&scene->futures[i]);
	scene->future = future_ref(scene->futures[0]);
}

/* The same, combined already: scene->future is the combined one. */
static void set_combined(struct scene *scene)
{
	set_inputs(scene);
	future_unref(scene->future);
	scene->future = combinators[scene->number % 4](scene->futures, 3);
}

static void settle_input(struct scene *scene, int which)
{
	future_result_t result = scene_value(scene);

	if ((scene->number >> which & 4) != 0)
		result.error = -1 - which;
	future_promise_settle(scene->promises[which], result);
	future_unref(scene->future);
}

static void act_settle_0(struct scene *scene)
{
	settle_input(scene, 0);
}

static void act_settle_1(struct scene *scene)
{
	settle_input(scene, 1);
}

static void act_settle_2(struct scene *scene)
{
	settle_input(scene, 2);
}

static void act_combine(struct scene *scene)
{
	future_t *combined = combinators[scene->number % 4](scene->futures, 3);
	future_result_t result = future_get(combined);

	scene_bad(scene, result.value == NULL || result.error > 0);
	future_unref(combined);
	future_unref(scene->future);
}

static void act_combine_and_cancel(struct scene *scene)
{
	future_t *combined = combinators[scene->number % 4](scene->futures, 3);

	if (future_cancel(combined))
		scene_bad(scene, future_wait(combined, FUTURE_NOW) != 0);
	else
		scene_bad(scene, future_wait(combined, FUTURE_FOREVER) != 0);
	future_unref(combined);
	future_unref(scene->future);
}

static void act_cancel(struct scene *scene)
{
	if (future_cancel(scene->future))
		atomic_fetch_add(&scene->wins, 1);
	future_unref(scene->future);
}

static void act_unref(struct scene *scene)
{
	future_unref(scene->future);
}

static void act_read_array(struct scene *scene)
{
	future_result_t result = future_get(scene->future);

	scene_bad(scene, result.error > 0 && result.error != ECANCELED);
	if (result.value != NULL && scene->number % 4 < 2)
		for (int i = 0; i < 3; i++) {
			const future_result_t *in = result.value;

			scene_bad(scene, in[i].error != EINPROGRESS &&
				!owned_is(in[i], &scene->destroyed));
		}
	future_unref(scene->future);
}

static void end_inputs(struct scene *scene)
{
	future_unref(scene->future);
	for (int i = 0; i < 3; i++) {
		if (scene->promises[i] != NULL)
			future_promise_free(scene->promises[i]);
		future_unref(scene->futures[i]);
	}
	SCENE_OK(scene);
}

START_TEST(inputs_may_settle_while_they_are_combined)
{
	STRESS(NULL, set_inputs, end_inputs, act_settle_0, act_settle_1,
		act_settle_2, act_combine, act_combine, act_combine_and_cancel);
}
END_TEST

START_TEST(inputs_of_one_combination_may_settle_together)
{
	STRESS(NULL, set_combined, end_inputs, act_settle_0, act_settle_1,
		act_settle_2, act_read_array);
}
END_TEST

START_TEST(a_combination_may_be_cancelled_and_dropped_meanwhile)
{
	STRESS(NULL, set_combined, end_inputs, act_settle_0, act_settle_1,
		act_settle_2, act_cancel, act_unref);
}
END_TEST

/* Two of three, or one: the third is cancelled, if it has not settled. */
static future_t *combine_some(struct scene *scene)
{
	return future_combine(&(future_combine_t){
		.futures = scene->futures, .count = 3,
		.mode = FUTURE_COMBINE_SOME, .need = scene->number % 2 + 1,
		.cancel_rest = true });
}

static bool all_have_settled(struct scene *scene)
{
	for (int i = 0; i < 3; i++)
		if (future_state(scene->futures[i]) < FUTURE_OK)
			return false;
	return true;
}

static void act_some(struct scene *scene)
{
	future_t *some = combine_some(scene);
	int error = future_get(some).error;

	/* Another one may have cancelled what it waits for. */
	scene_bad(scene, error > 0 && error != ECANCELED);
	scene_bad(scene, future_join(some, FUTURE_FOREVER) != 0);
	scene_bad(scene, !all_have_settled(scene));
	future_unref(some);
	future_unref(scene->future);
}

static void act_some_and_cancel(struct scene *scene)
{
	future_t *some = combine_some(scene);

	future_cancel(some);
	scene_bad(scene, future_join(some, FUTURE_FOREVER) != 0);
	scene_bad(scene, !all_have_settled(scene));
	future_unref(some);
	future_unref(scene->future);
}

START_TEST(the_rest_may_be_cancelled_while_it_settles)
{
	STRESS(NULL, set_inputs, end_inputs, act_settle_0, act_settle_1,
		act_settle_2, act_some, act_some_and_cancel);
	STRESS(NULL, set_inputs, end_inputs, act_settle_0, act_settle_1,
		act_settle_2, act_some);
}
END_TEST

/* The outer future follows the inner: 0 is the outer, 1 the inner. */
static void set_outer(struct scene *scene)
{
	set_inputs(scene);
}

static void act_follow(struct scene *scene)
{
	future_promise_settle(scene->promises[0],
		future_follow(future_ref(scene->futures[1])));
	future_unref(scene->future);
}

static void act_get_outer(struct scene *scene)
{
	int error = future_get(scene->futures[0]).error;

	scene_bad(scene, error > 0 && error != ECANCELED);
	future_unref(scene->future);
}

static void act_join_outer(struct scene *scene)
{
	scene_bad(scene, future_join(scene->futures[0], FUTURE_FOREVER) != 0);
	future_unref(scene->future);
}

START_TEST(a_follower_meets_the_outcome_of_what_it_follows)
{
	STRESS(NULL, set_outer, end_inputs, act_follow, act_settle_1,
		act_get_outer, act_join_outer);
}
END_TEST

START_TEST(a_follower_meets_its_own_cancel)
{
	STRESS(NULL, set_outer, end_inputs, act_follow, act_settle_1,
		act_cancel, act_get_outer);
}
END_TEST

/* A cancel of the outer reaches the inner, or came before the follow. */
static void act_cancel_and_free(struct scene *scene)
{
	scene_bad(scene, !future_cancel(scene->futures[0]));
	future_unref(scene->future);
}

START_TEST(a_follower_of_what_never_settles_can_be_cancelled)
{
	STRESS(NULL, set_outer, end_inputs, act_follow, act_cancel_and_free,
		act_get_outer);
}
END_TEST

/* A ring: each actor hangs one link. */
static void follow_next(struct scene *scene, int which, int ring)
{
	future_t *next = scene->futures[(which + 1) % ring];

	if (scene->number % 2 == 0)
		next = future_then(next, pass, NULL);
	else
		future_ref(next);
	future_promise_settle(scene->promises[which], future_follow(next));
	(void)future_get(scene->futures[which]);
	future_unref(scene->future);
}

static void act_ring_of_2_0(struct scene *scene)
{
	follow_next(scene, 0, 2);
}

static void act_ring_of_2_1(struct scene *scene)
{
	follow_next(scene, 1, 2);
}

static void act_ring_of_3_0(struct scene *scene)
{
	follow_next(scene, 0, 3);
}

static void act_ring_of_3_1(struct scene *scene)
{
	follow_next(scene, 1, 3);
}

static void act_ring_of_3_2(struct scene *scene)
{
	follow_next(scene, 2, 3);
}

static void end_ring(struct scene *scene)
{
	scene_bad(scene, future_get(scene->futures[0]).error != EDEADLK);
	scene_bad(scene, future_get(scene->futures[1]).error != EDEADLK);
	end_inputs(scene);
}

START_TEST(a_ring_closed_by_two_threads_is_edeadlk)
{
	STRESS(NULL, set_inputs, end_ring, act_ring_of_2_0, act_ring_of_2_1);
}
END_TEST

START_TEST(a_ring_closed_by_three_threads_is_edeadlk)
{
	STRESS(NULL, set_inputs, end_ring, act_ring_of_3_0, act_ring_of_3_1,
		act_ring_of_3_2);
}
END_TEST

/* A cancel callback whose argument goes right after the promise. */
static void use_number(void *arg)
{
	++*(int *)arg;
}

static void set_on_cancel(struct scene *scene)
{
	scene->promise = promise_on(scene->pool, &scene->future);
	scene->arg = calloc(1, sizeof(int));
	ck_assert_int_eq(future_promise_on_cancel(scene->promise, NULL,
			use_number, scene->arg), 0);
}

static void act_free(struct scene *scene)
{
	future_promise_free(scene->promise);
	free(scene->arg);
	future_unref(scene->future);
}

static void end_on_cancel(struct scene *scene)
{
	int error = future_get(scene->future).error;

	scene_bad(scene, error != (scene->wins ? ECANCELED : EOWNERDEAD));
	future_unref(scene->future);
	SCENE_OK(scene);
}

START_TEST(free_of_a_promise_meets_the_cancel_callback)
{
	future_executor_t *pool = pool_of(1);

	STRESS(pool, set_on_cancel, end_on_cancel, act_cancel, act_free);
	STRESS(future_inline(), set_on_cancel, end_on_cancel, act_cancel,
		act_free);
	future_executor_unref(pool);
}
END_TEST

static void set_promise(struct scene *scene)
{
	scene->promise = promise_new(&scene->future);
}

static void act_on_cancel(struct scene *scene)
{
	scene_bad(scene, future_promise_on_cancel(scene->promise, NULL,
			count_up, &scene->calls) != 0);
	future_unref(scene->future);
}

static void end_called(struct scene *scene)
{
	future_promise_free(scene->promise);
	scene_bad(scene, scene->calls != 1);
	future_unref(scene->future);
	SCENE_OK(scene);
}

START_TEST(on_cancel_set_while_a_cancel_comes_is_called_once)
{
	STRESS(NULL, set_promise, end_called, act_on_cancel, act_cancel,
		act_cancel);
}
END_TEST

/* Nobody keeps a reference: followers take them, and go as it settles. */
static void act_follow_and_go(struct scene *scene)
{
	future_unref(future_ready(future_follow(scene->future)));
}

static void act_settle_and_go(struct scene *scene)
{
	future_promise_settle(scene->promise, scene_value(scene));
	future_promise_free(scene->promise);
	future_unref(scene->future);
	future_unref(scene->future);
}

static void end_alone(struct scene *scene)
{
	SCENE_OK(scene);
}

START_TEST(the_last_reference_may_go_with_a_follower)
{
	STRESS(NULL, set_promise, end_alone, act_follow_and_go,
		act_follow_and_go, act_follow_and_go, act_settle_and_go);
}
END_TEST

static void act_on_cancel_once(struct scene *scene)
{
	int error = future_promise_on_cancel(scene->promise, NULL, count_up,
		&scene->calls);

	if (error == 0)
		atomic_fetch_add(&scene->wins, 1);
	else
		scene_bad(scene, error != EALREADY);
	future_unref(scene->future);
}

static void end_one_callback(struct scene *scene)
{
	scene_bad(scene, !future_cancel(scene->future));
	scene_bad(scene, scene->wins != 1);
	end_called(scene);
}

START_TEST(one_of_two_cancel_callbacks_is_accepted)
{
	STRESS(NULL, set_promise, end_one_callback, act_on_cancel_once,
		act_on_cancel_once, act_unref);
}
END_TEST

static void act_settle(struct scene *scene)
{
	if (future_promise_settle(scene->promise, scene_value(scene)))
		atomic_fetch_add(&scene->wins, 1);
	future_unref(scene->future);
}

static void end_called_if_cancelled(struct scene *scene)
{
	bool cancelled = future_state(scene->future) == FUTURE_CANCELLED;

	future_promise_free(scene->promise);
	scene_bad(scene, scene->calls != cancelled);
	scene_bad(scene, scene->wins != 1);
	future_unref(scene->future);
	SCENE_OK(scene);
}

START_TEST(on_cancel_is_called_exactly_if_the_cancel_wins)
{
	STRESS(NULL, set_promise, end_called_if_cancelled, act_on_cancel,
		act_cancel, act_settle);
}
END_TEST

/* A pool of tasks that wait for each other's parts, many at once. */
static future_result_t fibonacci(void *arg)
{
	intptr_t n = (intptr_t)arg;

	if (n < 2)
		return future_ok_int(n);
	FUTURE_AUTO future_t *a = future_submit(future_current(), fibonacci,
		(void *)(n - 1));
	FUTURE_AUTO future_t *b = future_submit(future_current(), fibonacci,
		(void *)(n - 2));
	return future_ok_int(future_result_int(future_get(a)) +
		future_result_int(future_get(b)));
}

START_TEST(workers_that_wait_for_parts_of_parts_end)
{
	future_executor_t *pool = pool_of(4);

	for (size_t i = scaled(50); i > 0; i--) {
		FUTURE_AUTO future_t *future = future_submit(pool, fibonacci,
			(void *)12);

		ck_assert_int_eq(future_result_int(future_get(future)), 144);
	}
	future_executor_unref(pool);
}
END_TEST

int main(void)
{
	return run_tests("stress_combine", (const TTest *[]) {
		inputs_may_settle_while_they_are_combined,
		inputs_of_one_combination_may_settle_together,
		a_combination_may_be_cancelled_and_dropped_meanwhile,
		the_rest_may_be_cancelled_while_it_settles,
		a_follower_meets_the_outcome_of_what_it_follows,
		a_follower_meets_its_own_cancel,
		a_follower_of_what_never_settles_can_be_cancelled,
		a_ring_closed_by_two_threads_is_edeadlk,
		a_ring_closed_by_three_threads_is_edeadlk,
		free_of_a_promise_meets_the_cancel_callback,
		on_cancel_set_while_a_cancel_comes_is_called_once,
		the_last_reference_may_go_with_a_follower,
		one_of_two_cancel_callbacks_is_accepted,
		on_cancel_is_called_exactly_if_the_cancel_wins,
		workers_that_wait_for_parts_of_parts_end,
		NULL,
	});
}
