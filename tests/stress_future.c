/*
 * One future, many threads: settle, cancel, then, take, wait, join and the
 * last unref race each other.
 */
#define _XOPEN_SOURCE 700
#include "stress.h"

/* Scenes: a pending promise, a settled value, a task on its way. */
static void set_promise(struct scene *scene)
{
	scene->promise = promise_new(&scene->future);
}

static void set_value(struct scene *scene)
{
	set_promise(scene);
	future_promise_settle(scene->promise, scene_value(scene));
}

static future_result_t make_value(void *arg)
{
	return scene_value(arg);
}

static void set_task(struct scene *scene)
{
	scene->future = future_submit(scene->pool, make_value, scene);
}

/* Acts: each ends with the reference that the actor was given. */
static void act_settle(struct scene *scene)
{
	if (future_promise_settle(scene->promise, scene_value(scene)))
		atomic_fetch_add(&scene->wins, 1);
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

static future_result_t call(future_result_t in, void *arg)
{
	struct scene *scene = arg;

	atomic_fetch_add(&scene->calls, 1);
	scene_bad(scene, in.destroy != NULL || in.error == EINPROGRESS);
	return in;
}

static void act_then(struct scene *scene)
{
	future_t *next = future_handle(scene->future, call, scene);

	future_unref(scene->future);
	future_unref(next);
}

static void act_then_and_get(struct scene *scene)
{
	future_t *next = future_handle(scene->future, call, scene);

	future_unref(scene->future);
	(void)future_get(next);
	future_unref(next);
}

static void act_wait(struct scene *scene)
{
	int error = future_wait(scene->future, future_in_ms(1));

	scene_bad(scene, error != 0 && error != ETIMEDOUT);
	scene_bad(scene, error == 0 &&
		future_state(scene->future) <= FUTURE_RUNNING);
	future_unref(scene->future);
}

static void act_get(struct scene *scene)
{
	int error = future_get(scene->future).error;

	scene_bad(scene, error != 0 && error != ECANCELED && error != EALREADY);
	future_unref(scene->future);
}

static void act_join(struct scene *scene)
{
	scene_bad(scene, future_join(scene->future, FUTURE_FOREVER) != 0);
	future_unref(scene->future);
}

static void act_take(struct scene *scene)
{
	future_result_t mine = future_take(scene->future);

	if (mine.destroy != NULL) {
		scene_bad(scene, !owned_is(mine, &scene->destroyed));
		mine.destroy(mine.value);
		atomic_fetch_add(&scene->calls, 1);
	}
	future_unref(scene->future);
}

/* Ends: main's own reference goes, and everything must have gone with it. */
static void end_promise(struct scene *scene)
{
	future_promise_free(scene->promise);
	future_unref(scene->future);
	scene_bad(scene, scene->wins != 1);
	SCENE_OK(scene);
}

static void end_calls(struct scene *scene)
{
	int calls = scene->calls;

	end_promise(scene);
	ck_assert_int_eq(calls, 3);
}

static void end_one_owner(struct scene *scene)
{
	future_promise_free(scene->promise);
	scene_bad(scene, future_get(scene->future).error != EALREADY);
	future_unref(scene->future);
	scene_bad(scene, scene->calls != 1);
	SCENE_OK(scene);
}

START_TEST(one_of_two_settles_wins)
{
	STRESS(NULL, set_promise, end_promise, act_settle, act_settle);
}
END_TEST

START_TEST(one_of_two_cancels_wins)
{
	STRESS(NULL, set_promise, end_promise, act_cancel, act_cancel);
}
END_TEST

START_TEST(settle_or_cancel_wins)
{
	STRESS(NULL, set_promise, end_promise, act_settle, act_cancel);
}
END_TEST

START_TEST(settle_runs_every_continuation_hung_at_the_same_time)
{
	STRESS(NULL, set_promise, end_calls, act_settle, act_then, act_then,
		act_then);
}
END_TEST

START_TEST(cancel_runs_every_continuation_hung_at_the_same_time)
{
	STRESS(NULL, set_promise, end_calls, act_cancel, act_then_and_get,
		act_then, act_then);
}
END_TEST

START_TEST(settle_wakes_those_who_wait)
{
	STRESS(NULL, set_promise, end_promise, act_settle, act_get, act_wait,
		act_join);
}
END_TEST

START_TEST(cancel_wakes_those_who_wait)
{
	STRESS(NULL, set_promise, end_promise, act_cancel, act_get, act_wait,
		act_join);
}
END_TEST

START_TEST(one_of_three_takes_gets_the_value)
{
	STRESS(NULL, set_value, end_one_owner, act_take, act_take, act_take);
}
END_TEST

static void settle_quietly(struct scene *scene)
{
	future_promise_settle(scene->promise, scene_value(scene));
	future_unref(scene->future);
}

START_TEST(one_of_two_takes_gets_the_value_that_settles)
{
	STRESS(NULL, set_promise, end_one_owner, settle_quietly, act_take,
		act_take);
}
END_TEST

static future_result_t move_it(future_result_t in, void *arg)
{
	struct scene *scene = arg;
	future_result_t mine = future_move(in);

	if (mine.destroy != NULL)
		atomic_fetch_add(&scene->calls, 1);
	else
		scene_bad(scene, mine.error != EALREADY);
	return mine;
}

static void act_move(struct scene *scene)
{
	future_unref(future_handle(scene->future, move_it, scene));
	future_unref(scene->future);
}

START_TEST(a_take_or_a_move_gets_the_value)
{
	STRESS(NULL, set_value, end_one_owner, act_move, act_take, act_move);
}
END_TEST

/* Nobody keeps a reference: any of the actors may have the last. */
static void act_settle_and_free(struct scene *scene)
{
	future_promise_settle(scene->promise, scene_value(scene));
	future_promise_free(scene->promise);
	future_unref(scene->future);
}

static void act_unref_for_main(struct scene *scene)
{
	future_unref(scene->future);
	future_unref(scene->future);
}

static void end_alone(struct scene *scene)
{
	scene_bad(scene, scene->calls != 1);
	SCENE_OK(scene);
}

START_TEST(the_last_unref_may_meet_settle_and_then)
{
	STRESS(NULL, set_promise, end_alone, act_settle_and_free, act_then,
		act_unref, act_unref_for_main);
}
END_TEST

START_TEST(everything_at_once)
{
	STRESS(NULL, set_promise, end_promise, act_settle, act_cancel, act_then,
		act_take, act_unref, act_wait, act_join);
}
END_TEST

/* A task on a pool; main waits until its function has returned. */
static void end_task(struct scene *scene)
{
	scene_bad(scene, future_join(scene->future, FUTURE_FOREVER) != 0);
	future_unref(scene->future);
	/* A worker lets go of it a moment after it has settled it. */
	scene_bad(scene, future_executor_drain(scene->pool, FUTURE_FOREVER));
	SCENE_OK(scene);
}

static void stress_pool(size_t threads, act_fn *const *acts)
{
	future_executor_t *pool = pool_of(threads);

	stress(pool, set_task, acts, end_task);
	future_executor_unref(pool);
}

START_TEST(a_task_starts_or_is_cancelled)
{
	stress_pool(1, (act_fn *const[]){ act_cancel, act_cancel, NULL });
}
END_TEST

START_TEST(a_task_meets_get_take_join_and_unref)
{
	stress_pool(2, (act_fn *const[]){ act_get, act_take, act_join,
		act_unref, NULL });
}
END_TEST

START_TEST(a_task_meets_everything)
{
	stress_pool(2, (act_fn *const[]){ act_get, act_take, act_join,
		act_cancel, act_wait, act_unref, NULL });
}
END_TEST

static future_result_t use_arg(void *arg)
{
	int *number = arg;

	for (int i = 0; i < 100 && !future_cancel_requested(); i++)
		++*number;
	++*number;
	return future_ok(NULL);
}

static void set_arg(struct scene *scene)
{
	scene->arg = calloc(1, sizeof(int));
	scene->future = future_submit(scene->pool, use_arg, scene->arg);
}

static void act_join_and_free(struct scene *scene)
{
	(void)future_get(scene->future);
	scene_bad(scene, future_join(scene->future, FUTURE_FOREVER) != 0);
	free(scene->arg);
	future_unref(scene->future);
}

static void end_arg(struct scene *scene)
{
	future_unref(scene->future);
	SCENE_OK(scene);
}

START_TEST(after_cancel_get_join_the_argument_may_go)
{
	future_executor_t *pool = pool_of(2);

	STRESS(pool, set_arg, end_arg, act_cancel, act_join_and_free);
	future_executor_unref(pool);
}
END_TEST

/* A task that returns a value after its cancel, and not before. */
static future_result_t make_late(void *arg)
{
	while (!future_cancel_requested())
		sched_yield();
	return scene_value(arg);
}

static void set_late(struct scene *scene)
{
	scene->future = future_submit(scene->pool, make_late, scene);
	while (future_state(scene->future) != FUTURE_RUNNING)
		sched_yield();
}

static future_result_t heal(future_result_t in, void *arg)
{
	struct scene *scene = arg;
	future_result_t moved = future_move(in);

	scene_bad(scene, in.error != ECANCELED || moved.value != NULL);
	return future_ok_int(1);
}

static void act_heal(struct scene *scene)
{
	future_t *next = future_catch_on(scene->future, future_inline(), heal,
		scene);

	scene_bad(scene, future_result_int(future_get(next)) != 1);
	future_unref(next);
	future_unref(scene->future);
}

START_TEST(the_value_of_a_cancelled_task_meets_what_heals_the_cancel)
{
	future_executor_t *pool = pool_of(1);

	STRESS(pool, set_late, end_task, act_cancel, act_heal, act_heal);
	future_executor_unref(pool);
}
END_TEST

/* A worker waits for a task that others start, cancel and wait for too. */
static future_result_t get_it(void *future)
{
	(void)future_get(future);
	return future_ok(NULL);
}

static void act_get_on_a_worker(struct scene *scene)
{
	future_t *outer = future_submit(scene->pool, get_it, scene->future);

	scene_bad(scene, future_get(outer).error != 0);
	future_unref(outer);
	future_unref(scene->future);
}

START_TEST(waiting_workers_meet_the_task_they_wait_for)
{
	for (size_t threads = 1; threads <= 3; threads++)
		stress_pool(threads, (act_fn *const[]){ act_get_on_a_worker,
			act_get_on_a_worker, act_cancel, NULL });
}
END_TEST

/* Three futures share one value, and go at the same time. */
static void set_sharers(struct scene *scene)
{
	set_value(scene);
	scene->futures[0] = future_then(scene->future, pass, NULL);
	scene->futures[1] = future_then(scene->futures[0], pass, NULL);
	scene->futures[2] = future_then(scene->futures[1], pass, NULL);
}

static void share_and_go(struct scene *scene, int which)
{
	scene_bad(scene, !owned_is(future_get(scene->futures[which]),
			&scene->destroyed));
	future_unref(scene->futures[which]);
	future_unref(scene->future);
}

static void act_share_0(struct scene *scene)
{
	share_and_go(scene, 0);
}

static void act_share_1(struct scene *scene)
{
	share_and_go(scene, 1);
}

static void act_share_2(struct scene *scene)
{
	share_and_go(scene, 2);
}

static void end_sharers(struct scene *scene)
{
	future_promise_free(scene->promise);
	scene_bad(scene, scene->destroyed != 0);
	future_unref(scene->future);
	SCENE_OK(scene);
}

START_TEST(those_who_share_a_value_may_go_at_the_same_time)
{
	STRESS(NULL, set_sharers, end_sharers, act_share_0, act_share_1,
		act_share_2);
}
END_TEST

int main(void)
{
	return run_tests("stress_future", (const TTest *[]) {
		one_of_two_settles_wins,
		one_of_two_cancels_wins,
		settle_or_cancel_wins,
		settle_runs_every_continuation_hung_at_the_same_time,
		cancel_runs_every_continuation_hung_at_the_same_time,
		settle_wakes_those_who_wait,
		cancel_wakes_those_who_wait,
		one_of_three_takes_gets_the_value,
		one_of_two_takes_gets_the_value_that_settles,
		a_take_or_a_move_gets_the_value,
		the_last_unref_may_meet_settle_and_then,
		everything_at_once,
		a_task_starts_or_is_cancelled,
		a_task_meets_get_take_join_and_unref,
		a_task_meets_everything,
		after_cancel_get_join_the_argument_may_go,
		the_value_of_a_cancelled_task_meets_what_heals_the_cancel,
		waiting_workers_meet_the_task_they_wait_for,
		those_who_share_a_value_may_go_at_the_same_time,
		NULL,
	});
}
