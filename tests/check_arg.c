/*
 * Arguments: destroy_arg runs exactly once on every path, at the time that is
 * promised.
 */
#include "check.h"

static future_result_t read_count(void *count)
{
	return future_ok_int(atomic_load((atomic_int *)count));
}

static future_result_t read_count_then(future_result_t in, void *count)
{
	(void)in;
	return read_count(count);
}

/* A task that returns how often its argument had been destroyed. */
static future_task_t counting(atomic_int *destroyed)
{
	return (future_task_t){ .fn = read_count, .arg = destroyed,
		.destroy_arg = count_up };
}

static future_continuation_t counting_on(future_on_t on, atomic_int *destroyed)
{
	return (future_continuation_t){ .on = on, .fn = read_count_then,
		.arg = destroyed, .destroy_arg = count_up };
}

START_TEST(an_argument_goes_after_its_function)
{
	atomic_int destroyed = 0;
	future_task_t task = counting(&destroyed);
	FUTURE_AUTO future_t *future = future_submit_with(future_inline(),
		&task);

	ck_assert_int_eq(future_result_int(future_get(future)), 0);
	ck_assert_int_eq(destroyed, 1);
}
END_TEST

/* An argument whose destroy_arg waits inside. */
struct slow {
	struct hold in_function;
	struct gate in_destroy;
	struct gate go_on;
	atomic_int destroyed;
};

#define SLOW { HOLD, GATE_SHUT, GATE_SHUT, 0 }

static future_result_t slow_run(void *arg)
{
	return hold_run(&((struct slow *)arg)->in_function);
}

static void slow_destroy(void *arg)
{
	struct slow *slow = arg;

	gate_open(&slow->in_destroy);
	gate_wait(&slow->go_on);
	atomic_fetch_add(&slow->destroyed, 1);
}

START_TEST(an_argument_goes_before_its_future_settles)
{
	future_executor_t *pool = pool_of(1);
	struct slow slow = SLOW;
	future_task_t task = { .fn = slow_run, .arg = &slow,
		.destroy_arg = slow_destroy };
	FUTURE_AUTO future_t *future = future_submit_with(pool, &task);

	gate_open(&slow.in_function.released);
	gate_wait(&slow.in_destroy);
	ck_assert_int_eq(slow.in_function.returned, 1);
	ck_assert_int_eq(future_wait(future, FUTURE_NOW), ETIMEDOUT);
	gate_open(&slow.go_on);
	ck_assert_int_eq(future_get(future).error, 0);
	ck_assert_int_eq(slow.destroyed, 1);
	future_executor_unref(pool);
}
END_TEST

START_TEST(join_waits_for_the_argument_of_a_cancelled_task)
{
	future_executor_t *pool = pool_of(1);
	struct slow slow = SLOW;
	future_task_t task = { .fn = slow_run, .arg = &slow,
		.destroy_arg = slow_destroy };
	FUTURE_AUTO future_t *future = future_submit_with(pool, &task);

	gate_wait(&slow.in_function.started);
	ck_assert(future_cancel(future));
	gate_open(&slow.in_function.released);
	gate_wait(&slow.in_destroy);
	ck_assert_int_eq(future_wait(future, FUTURE_NOW), 0);
	ck_assert_int_eq(future_join(future, FUTURE_NOW), ETIMEDOUT);
	gate_open(&slow.go_on);
	ck_assert_int_eq(future_join(future, FUTURE_FOREVER), 0);
	ck_assert_int_eq(slow.destroyed, 1);
	future_executor_unref(pool);
}
END_TEST

struct joins {
	future_t *own;
	int error;
};

static void join_own(void *arg)
{
	struct joins *joins = arg;

	joins->error = future_join(joins->own, FUTURE_FOREVER);
}

START_TEST(a_destroy_arg_that_joins_its_own_cancelled_future_is_edeadlk)
{
	struct joins joins = { NULL, 0 };
	struct hold hold = HOLD;
	future_executor_t *pool = pool_of(1);
	future_task_t task = { .fn = give_int, .arg = &joins,
		.destroy_arg = join_own };

	hold_worker(pool, &hold);
	joins.own = future_submit_with(pool, &task);
	ck_assert(future_cancel(joins.own));
	ck_assert_int_eq(joins.error, EDEADLK);
	gate_open(&hold.released);
	future_executor_unref(pool);
	future_unref(joins.own);
}
END_TEST

START_TEST(an_argument_goes_inside_the_cancel_of_a_queued_task)
{
	atomic_int destroyed = 0;
	future_executor_t *pool = pool_of(1);
	struct hold hold = HOLD;
	future_task_t task = counting(&destroyed);
	hold_worker(pool, &hold);
	FUTURE_AUTO future_t *future = future_submit_with(pool, &task);

	ck_assert(future_cancel(future));
	ck_assert_int_eq(destroyed, 1);
	gate_open(&hold.released);
	future_executor_unref(pool);
	ck_assert_int_eq(destroyed, 1);
}
END_TEST

static void hold_destroy(void *arg)
{
	struct hold *hold = arg;

	atomic_fetch_add(&hold->returned, 10);
}

START_TEST(an_argument_in_use_goes_when_its_cancelled_function_returns)
{
	future_executor_t *pool = pool_of(1);
	struct hold hold = HOLD;
	future_task_t task = { .fn = hold_run, .arg = &hold,
		.destroy_arg = hold_destroy };
	FUTURE_AUTO future_t *future = future_submit_with(pool, &task);

	gate_wait(&hold.started);
	ck_assert(future_cancel(future));
	ck_assert_int_eq(hold.returned, 0);
	gate_open(&hold.released);
	ck_assert_int_eq(future_join(future, FUTURE_FOREVER), 0);
	ck_assert_int_eq(hold.returned, 11);
	future_executor_unref(pool);
	ck_assert_int_eq(hold.returned, 11);
}
END_TEST

START_TEST(an_argument_goes_inside_the_call_that_a_closed_pool_refuses)
{
	atomic_int destroyed = 0;
	future_executor_t *pool = pool_of(1);
	future_task_t task = counting(&destroyed);

	future_executor_shutdown(pool);
	FUTURE_AUTO future_t *future = future_submit_with(pool, &task);
	ck_assert_int_eq(destroyed, 1);
	ck_assert_int_eq(future_get(future).error, ESHUTDOWN);
	future_executor_unref(pool);
	ck_assert_int_eq(destroyed, 1);
}
END_TEST

/* Fills a pool of one and its queue of one, and submits one task more. */
static void overfill(future_when_full_t when_full, int error)
{
	future_pool_options_t options = { .threads = 1, .queue_capacity = 1,
		.when_full = when_full, .block_ns = 1000000 };
	atomic_int queued = 0, extra = 0;
	future_task_t queued_task = counting(&queued);
	future_task_t extra_task = counting(&extra);
	struct hold hold = HOLD;
	future_executor_t *pool;

	ck_assert_int_eq(future_pool_new(&options, &pool), 0);
	hold_worker(pool, &hold);
	future_unref(future_submit_with(pool, &queued_task));
	FUTURE_AUTO future_t *last = future_submit_with(pool, &extra_task);
	ck_assert_int_eq(extra, error != 0);
	if (error != 0)
		ck_assert_int_eq(future_get(last).error, error);
	gate_open(&hold.released);
	future_executor_unref(pool);
	ck_assert_int_eq(queued, 1);
	ck_assert_int_eq(extra, 1);
}

START_TEST(an_argument_goes_inside_the_call_that_a_full_queue_rejects)
{
	overfill(FUTURE_REJECT, EAGAIN);
}
END_TEST

START_TEST(an_argument_goes_inside_the_call_that_a_full_queue_discards)
{
	overfill(FUTURE_DISCARD, EAGAIN);
}
END_TEST

START_TEST(an_argument_goes_inside_the_call_that_blocked_too_long)
{
	overfill(FUTURE_BLOCK, EAGAIN);
}
END_TEST

START_TEST(the_argument_of_a_discarded_oldest_task_goes_at_once)
{
	future_pool_options_t options = { .threads = 1, .queue_capacity = 1,
		.when_full = FUTURE_DISCARD_OLDEST };
	atomic_int oldest = 0, newest = 0;
	future_task_t oldest_task = counting(&oldest);
	future_task_t newest_task = counting(&newest);
	struct hold hold = HOLD;
	future_executor_t *pool;

	ck_assert_int_eq(future_pool_new(&options, &pool), 0);
	hold_worker(pool, &hold);
	FUTURE_AUTO future_t *first = future_submit_with(pool, &oldest_task);
	FUTURE_AUTO future_t *second = future_submit_with(pool, &newest_task);
	ck_assert_int_eq(oldest, 1);
	ck_assert_int_eq(future_get(first).error, ECANCELED);
	gate_open(&hold.released);
	ck_assert_int_eq(future_get(second).error, 0);
	future_executor_unref(pool);
	ck_assert_int_eq(oldest, 1);
	ck_assert_int_eq(newest, 1);
}
END_TEST

START_TEST(the_arguments_of_a_cancelled_pools_queue_go_once)
{
	enum { COUNT = 100 };
	atomic_int destroyed = 0;
	future_executor_t *pool = pool_of(1);
	struct hold hold = HOLD;
	future_task_t task = counting(&destroyed);

	hold_worker(pool, &hold);
	for (int i = 0; i < COUNT; i++)
		future_unref(future_submit_with(pool, &task));
	ck_assert_uint_ge(future_executor_cancel(pool), COUNT);
	gate_open(&hold.released);
	future_executor_unref(pool);
	ck_assert_int_eq(destroyed, COUNT);
}
END_TEST

START_TEST(an_argument_goes_inside_the_call_that_lacks_a_function)
{
	atomic_int destroyed = 0;
	future_task_t task = { .arg = &destroyed, .destroy_arg = count_up };
	FUTURE_AUTO future_t *future = future_submit_with(future_inline(),
		&task);

	ck_assert_int_eq(destroyed, 1);
	ck_assert_int_eq(future_get(future).error, EINVAL);
}
END_TEST

START_TEST(an_argument_goes_inside_the_call_with_an_unknown_priority)
{
	atomic_int destroyed = 0;
	future_task_t above = counting(&destroyed);
	future_task_t below = counting(&destroyed);

	above.priority = FUTURE_PRIORITY_HIGH + 1;
	below.priority = -1;
	FUTURE_AUTO future_t *first = future_submit_with(future_inline(),
		&above);
	ck_assert_int_eq(destroyed, 1);
	FUTURE_AUTO future_t *second = future_submit_with(future_inline(),
		&below);
	ck_assert_int_eq(destroyed, 2);
	ck_assert_int_eq(future_get(first).error, EINVAL);
	ck_assert_int_eq(future_get(second).error, EINVAL);
}
END_TEST

START_TEST(the_argument_of_a_continuation_goes_after_its_function)
{
	const future_on_t on[] = { FUTURE_ON_SUCCESS, FUTURE_ON_FINALLY,
		FUTURE_ON_EITHER };
	FUTURE_AUTO future_t *source = settled(future_ok(NULL));

	for (size_t i = 0; i < sizeof(on) / sizeof(on[0]); i++) {
		atomic_int destroyed = 0;
		future_continuation_t c = counting_on(on[i], &destroyed);
		FUTURE_AUTO future_t *next = future_then_with(source, &c);

		ck_assert_int_eq(future_result_int(future_get(next)), 0);
		ck_assert_int_eq(destroyed, 1);
	}
}
END_TEST

START_TEST(the_argument_of_a_continuation_that_is_passed_over_goes_once)
{
	atomic_int destroyed = 0;
	future_continuation_t then = counting_on(FUTURE_ON_SUCCESS, &destroyed);
	future_continuation_t heal = counting_on(FUTURE_ON_FAILURE, &destroyed);
	FUTURE_AUTO future_t *bad = settled(future_fail(EIO));
	FUTURE_AUTO future_t *good = settled(future_ok(NULL));
	FUTURE_AUTO future_t *first = future_then_with(bad, &then);

	ck_assert_int_eq(future_get(first).error, EIO);
	ck_assert_int_eq(destroyed, 1);
	FUTURE_AUTO future_t *second = future_then_with(good, &heal);
	ck_assert_int_eq(future_get(second).error, 0);
	ck_assert_int_eq(destroyed, 2);
}
END_TEST

START_TEST(the_argument_of_a_continuation_that_a_take_overtook_goes_once)
{
	atomic_int value = 0, destroyed = 0;
	struct hold hold = HOLD;
	future_executor_t *pool = pool_of(1);
	future_continuation_t c = counting_on(FUTURE_ON_SUCCESS, &destroyed);
	FUTURE_AUTO future_t *source = settled(owned(&value));

	hold_worker(pool, &hold);
	c.executor = pool;
	FUTURE_AUTO future_t *next = future_then_with(source, &c);
	future_result_t mine = future_take(source);
	gate_open(&hold.released);
	ck_assert_int_eq(future_get(next).error, EALREADY);
	ck_assert_int_eq(destroyed, 1);
	mine.destroy(mine.value);
	future_executor_unref(pool);
}
END_TEST

START_TEST(the_argument_of_a_pending_continuation_goes_inside_its_cancel)
{
	atomic_int destroyed = 0;
	future_continuation_t c = counting_on(FUTURE_ON_EITHER, &destroyed);
	future_t *source;
	future_promise_t *promise = promise_new(&source);
	FUTURE_AUTO future_t *next = future_then_with(source, &c);

	ck_assert(future_cancel(next));
	ck_assert_int_eq(destroyed, 1);
	future_promise_settle(promise, future_ok(NULL));
	ck_assert_int_eq(destroyed, 1);
	future_promise_free(promise);
	future_unref(source);
}
END_TEST

START_TEST(the_argument_of_a_continuation_on_a_closed_pool_goes_once)
{
	atomic_int destroyed = 0;
	future_executor_t *pool = pool_of(1);
	future_continuation_t c = counting_on(FUTURE_ON_EITHER, &destroyed);
	future_t *source;
	future_promise_t *promise = promise_new(&source);

	c.executor = pool;
	FUTURE_AUTO future_t *next = future_then_with(source, &c);
	future_executor_unref(pool);
	future_promise_settle(promise, future_ok(NULL));
	ck_assert_int_eq(future_get(next).error, ESHUTDOWN);
	ck_assert_int_eq(destroyed, 1);
	future_promise_free(promise);
	future_unref(source);
}
END_TEST

START_TEST(the_argument_of_a_refused_continuation_goes_inside_the_call)
{
	atomic_int destroyed = 0;
	future_continuation_t no_fn = counting_on(FUTURE_ON_EITHER, &destroyed);
	future_continuation_t no_on = counting_on((future_on_t)99, &destroyed);
	future_continuation_t unknown = counting_on(FUTURE_ON_EITHER,
		&destroyed);
	FUTURE_AUTO future_t *source = settled(future_ok(NULL));

	no_fn.fn = NULL;
	unknown.priority = -1;
	FUTURE_AUTO future_t *first = future_then_with(source, &no_fn);
	ck_assert_int_eq(destroyed, 1);
	FUTURE_AUTO future_t *second = future_then_with(source, &no_on);
	ck_assert_int_eq(destroyed, 2);
	FUTURE_AUTO future_t *third = future_then_with(source, &unknown);
	ck_assert_int_eq(destroyed, 3);
	future_unref(future_then_with(NULL, &unknown));
	ck_assert_int_eq(destroyed, 4);
	ck_assert_int_eq(future_get(first).error, EINVAL);
	ck_assert_int_eq(future_get(second).error, EINVAL);
	ck_assert_int_eq(future_get(third).error, EINVAL);
}
END_TEST

static void wait_for_own(void *arg)
{
	struct joins *joins = arg;

	joins->error = future_wait(joins->own, FUTURE_FOREVER);
}

START_TEST(a_destroy_arg_that_waits_for_its_passed_over_future_is_edeadlk)
{
	struct joins joins = { NULL, 0 };
	future_t *source;
	future_promise_t *promise = promise_new(&source);
	future_continuation_t c = { .on = FUTURE_ON_SUCCESS, .fn = pass,
		.arg = &joins, .destroy_arg = wait_for_own };

	joins.own = future_then_with(source, &c);
	future_promise_settle(promise, future_fail(EIO));
	ck_assert_int_eq(joins.error, EDEADLK);
	ck_assert_int_eq(future_get(joins.own).error, EIO);
	future_promise_free(promise);
	future_unref(joins.own);
	future_unref(source);
}
END_TEST

static void move_inside(void *result)
{
	*(future_result_t *)result = future_move(future_ok(result));
}

START_TEST(a_destroy_arg_of_a_cancelled_continuation_has_nothing_to_move)
{
	future_result_t moved = future_ok(NULL);
	future_t *source;
	future_promise_t *promise = promise_new(&source);
	future_continuation_t c = { .fn = pass, .arg = &moved,
		.destroy_arg = move_inside };
	FUTURE_AUTO future_t *next = future_then_with(source, &c);

	ck_assert(future_cancel(next));
	ck_assert_int_eq(moved.error, EINVAL);
	future_promise_free(promise);
	future_unref(source);
}
END_TEST

int main(void)
{
	return run_tests("arg", (const TTest *[]) {
		an_argument_goes_after_its_function,
		an_argument_goes_before_its_future_settles,
		join_waits_for_the_argument_of_a_cancelled_task,
		a_destroy_arg_that_joins_its_own_cancelled_future_is_edeadlk,
		an_argument_goes_inside_the_cancel_of_a_queued_task,
		an_argument_in_use_goes_when_its_cancelled_function_returns,
		an_argument_goes_inside_the_call_that_a_closed_pool_refuses,
		an_argument_goes_inside_the_call_that_a_full_queue_rejects,
		an_argument_goes_inside_the_call_that_a_full_queue_discards,
		an_argument_goes_inside_the_call_that_blocked_too_long,
		the_argument_of_a_discarded_oldest_task_goes_at_once,
		the_arguments_of_a_cancelled_pools_queue_go_once,
		an_argument_goes_inside_the_call_that_lacks_a_function,
		an_argument_goes_inside_the_call_with_an_unknown_priority,
		the_argument_of_a_continuation_goes_after_its_function,
		the_argument_of_a_continuation_that_is_passed_over_goes_once,
		the_argument_of_a_continuation_that_a_take_overtook_goes_once,
		the_argument_of_a_pending_continuation_goes_inside_its_cancel,
		the_argument_of_a_continuation_on_a_closed_pool_goes_once,
		the_argument_of_a_refused_continuation_goes_inside_the_call,
		a_destroy_arg_that_waits_for_its_passed_over_future_is_edeadlk,
		a_destroy_arg_of_a_cancelled_continuation_has_nothing_to_move,
		NULL,
	});
}
