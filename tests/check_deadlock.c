/*
 * Waits that cannot end: of those who would wait for each other for ever, one
 * is told EDEADLK.  Where something can still move nobody is.
 */
#include "check.h"

#include <errno.h>
#include <future/group.h>
#include <future/lane.h>
#include <future/loop.h>
#include <future/sync.h>

/* A task that waits, once it is known what for, and says how that ended. */
struct role {
	struct gate begun, known;
	future_t *own, *other;
	atomic_int error;
};

#define ROLE { GATE_SHUT, GATE_SHUT, NULL, NULL, -1 }

static future_result_t play(void *arg)
{
	struct role *role = arg;

	gate_open(&role->begun);
	gate_wait(&role->known);
	atomic_store(&role->error, future_get(role->other).error);
	return future_ok_int(7);
}

/* On its worker, and not yet waiting. */
static void cast(struct role *role, future_executor_t *executor)
{
	role->own = future_submit(executor, play, role);
	gate_wait(&role->begun);
}

static void direct(struct role *role, future_t *other)
{
	role->other = other;
	gate_open(&role->known);
}

/* Its task ends; its wait ended so. */
static int dismiss(struct role *role)
{
	ck_assert_int_eq(future_result_int(future_get(role->own)), 7);
	future_unref(role->own);
	return atomic_load(&role->error);
}

/* One EDEADLK of them all, and otherwise success. */
static void check_one(const int *errors, size_t count)
{
	size_t told = 0;

	for (size_t i = 0; i < count; i++) {
		ck_assert(errors[i] == 0 || errors[i] == EDEADLK);
		told += errors[i] == EDEADLK;
	}
	ck_assert_uint_eq(told, 1);
}

/* Each of them waits for the next. */
static void check_ring(struct role *roles, size_t count)
{
	int errors[4];

	for (size_t i = 0; i < count; i++)
		future_ref(roles[i].own);
	for (size_t i = 0; i < count; i++)
		direct(&roles[i], roles[(i + 1) % count].own);
	for (size_t i = 0; i < count; i++)
		errors[i] = dismiss(&roles[i]);
	for (size_t i = 0; i < count; i++)
		future_unref(roles[i].own);
	check_one(errors, count);
}

START_TEST(of_two_workers_that_wait_for_each_other_one_is_told)
{
	struct role roles[2] = { ROLE, ROLE };
	future_executor_t *pool = pool_of(2);

	for (int i = 0; i < 2; i++)
		cast(&roles[i], pool);
	check_ring(roles, 2);
	future_executor_unref(pool);
}
END_TEST

START_TEST(of_four_workers_in_a_ring_one_is_told)
{
	struct role roles[4] = { ROLE, ROLE, ROLE, ROLE };
	future_executor_t *pool = pool_of(4);

	for (int i = 0; i < 4; i++)
		cast(&roles[i], pool);
	check_ring(roles, 4);
	future_executor_unref(pool);
}
END_TEST

START_TEST(of_two_pools_that_wait_for_each_other_one_is_told)
{
	struct role roles[2] = { ROLE, ROLE };
	future_executor_t *pools[2] = { pool_of(1), pool_of(1) };

	for (int i = 0; i < 2; i++)
		cast(&roles[i], pools[i]);
	check_ring(roles, 2);
	future_executor_unref(pools[0]);
	future_executor_unref(pools[1]);
}
END_TEST

/* Each waits for what the other's executor has no room for. */
static void check_behind(future_executor_t *one, future_executor_t *two)
{
	struct role roles[2] = { ROLE, ROLE };
	future_t *behind[2];
	int errors[2];

	cast(&roles[0], one);
	cast(&roles[1], two);
	behind[0] = future_submit(two, give_int, (void *)1);
	behind[1] = future_submit(one, give_int, (void *)2);
	for (int i = 0; i < 2; i++)
		direct(&roles[i], behind[i]);
	for (int i = 0; i < 2; i++)
		errors[i] = dismiss(&roles[i]);
	for (int i = 0; i < 2; i++) {
		ck_assert_int_eq(future_get(behind[i]).error, 0);
		future_unref(behind[i]);
	}
	check_one(errors, 2);
}

START_TEST(what_is_queued_behind_sleepers_cannot_move)
{
	future_executor_t *pools[2] = { pool_of(1), pool_of(1) };

	check_behind(pools[0], pools[1]);
	future_executor_unref(pools[0]);
	future_executor_unref(pools[1]);
}
END_TEST

static future_executor_t *lane_on(future_executor_t *parent, size_t limit)
{
	future_executor_t *lane = NULL;

	ck_assert_int_eq(future_lane_new(parent, limit, &lane), 0);
	return lane;
}

START_TEST(what_is_queued_in_a_lane_behind_a_sleeper_cannot_move)
{
	future_executor_t *pool = pool_of(3);
	future_executor_t *lanes[2] = { lane_on(pool, 1), lane_on(pool, 1) };

	check_behind(lanes[0], lanes[1]);
	future_executor_unref(lanes[0]);
	future_executor_unref(lanes[1]);
	future_executor_unref(pool);
}
END_TEST

START_TEST(a_lane_with_room_on_a_pool_of_sleepers_cannot_move)
{
	future_executor_t *pools[2] = { pool_of(1), pool_of(1) };
	future_executor_t *lanes[2] = { lane_on(pools[0], 2),
		lane_on(pools[1], 2) };

	check_behind(lanes[0], lanes[1]);
	for (int i = 0; i < 2; i++) {
		future_executor_unref(lanes[i]);
		future_executor_unref(pools[i]);
	}
}
END_TEST

/* Hope. */

START_TEST(a_promise_is_hope)
{
	struct role roles[2] = { ROLE, ROLE };
	future_executor_t *pool = pool_of(2);
	future_t *promised;
	future_promise_t *promise = promise_new(&promised);

	for (int i = 0; i < 2; i++)
		cast(&roles[i], pool);
	direct(&roles[0], roles[1].own);
	direct(&roles[1], promised);
	future_promise_settle(promise, future_ok(NULL));
	future_ref(roles[1].own);
	ck_assert_int_eq(dismiss(&roles[0]), 0);
	ck_assert_int_eq(dismiss(&roles[1]), 0);
	future_unref(roles[1].own);
	future_promise_free(promise);
	future_unref(promised);
	future_executor_unref(pool);
}
END_TEST

/*
 * One waits for a promise and another, which waits for it.  Its wait ends with
 * `error`; or EDEADLK is for the other, where that sleeps last.
 */
static void wait_beside(future_t *(*combine)(future_t *const *, size_t),
	future_result_t result, int error)
{
	struct role roles[2] = { ROLE, ROLE };
	future_executor_t *pool = pool_of(2);
	future_t *both[2], *all;
	future_promise_t *promise = promise_new(&both[0]);
	int errors[2];

	for (int i = 0; i < 2; i++)
		cast(&roles[i], pool);
	both[1] = future_ref(roles[1].own);
	all = combine(both, 2);
	direct(&roles[1], future_ref(roles[0].own));
	direct(&roles[0], all);
	future_promise_settle(promise, result);
	for (int i = 0; i < 2; i++)
		errors[i] = dismiss(&roles[i]);
	if (error == EDEADLK)
		check_one(errors, 2);
	else
		ck_assert_int_eq(errors[0], error);
	future_unref(roles[0].own);
	future_unref(both[0]);
	future_unref(both[1]);
	future_unref(all);
	future_promise_free(promise);
	future_executor_unref(pool);
}

START_TEST(an_any_whose_last_hope_has_failed_is_told)
{
	wait_beside(future_any, future_fail(EIO), EDEADLK);
}
END_TEST

START_TEST(an_any_whose_hope_comes_true_succeeds)
{
	wait_beside(future_any, future_ok(NULL), 0);
}
END_TEST

START_TEST(an_all_whose_last_hope_has_succeeded_is_told)
{
	wait_beside(future_all, future_ok(NULL), EDEADLK);
}
END_TEST

START_TEST(an_all_whose_hope_fails_fails_with_it)
{
	wait_beside(future_all, future_fail(EIO), EIO);
}
END_TEST

START_TEST(a_race_whose_hope_fails_fails_with_it)
{
	wait_beside(future_race, future_fail(EIO), EIO);
}
END_TEST

START_TEST(a_timer_is_hope)
{
	struct role roles[2] = { ROLE, ROLE };
	future_executor_t *pool = pool_of(2);
	future_t *late;
	int error;

	for (int i = 0; i < 2; i++)
		cast(&roles[i], pool);
	late = future_timeout(roles[1].own, future_in_ms(20));
	direct(&roles[1], future_ref(roles[0].own));
	direct(&roles[0], late);
	error = dismiss(&roles[0]);
	ck_assert_int_eq(error, ETIMEDOUT);
	/* It was cancelled, and its wait with it. */
	ck_assert_int_eq(future_get(roles[1].own).error, ECANCELED);
	future_unref(roles[1].own);
	future_executor_unref(pool);
	/* Or it saw the other go on. */
	error = atomic_load(&roles[1].error);
	ck_assert(error == ECANCELED || error == 0);
	future_unref(roles[0].own);
	future_unref(late);
}
END_TEST

/* Cycles that close later. */

static future_result_t follow(void *arg)
{
	struct role *role = arg;

	gate_open(&role->begun);
	gate_wait(&role->known);
	return future_follow(future_ref(role->other));
}

START_TEST(a_ring_that_is_closed_by_a_follow_is_told)
{
	struct role waits = ROLE, follows = ROLE;
	future_executor_t *pool = pool_of(2);

	follows.own = future_submit(pool, follow, &follows);
	gate_wait(&follows.begun);
	cast(&waits, pool);
	direct(&waits, follows.own);
	direct(&follows, waits.own);
	ck_assert_int_eq(dismiss(&waits), EDEADLK);
	ck_assert_int_eq(future_result_int(future_get(follows.own)), 7);
	future_unref(follows.own);
	future_executor_unref(pool);
}
END_TEST

/* A recursion that no longer helps itself: a stack half used. */

struct descent {
	atomic_int depth, told;
	future_executor_t *pool;
};

static future_result_t descend(void *arg)
{
	struct descent *descent = arg;
	FUTURE_AUTO future_t *next = NULL;
	future_result_t result;

	if (atomic_load(&descent->told) != 0)
		return future_ok(NULL);
	atomic_fetch_add(&descent->depth, 1);
	next = future_submit(descent->pool, descend, descent);
	result = future_get(next);
	if (result.error == EDEADLK)
		atomic_fetch_add(&descent->told, 1);
	return future_ok(NULL);
}

static void check_descent(size_t threads)
{
	future_pool_options_t options = { .threads = threads,
		.stack_size = 4 * SMALL_STACK };
	struct descent descent = { .depth = 0 };
	FUTURE_AUTO future_t *top = NULL;

	ck_assert_int_eq(future_pool_new(&options, &descent.pool), 0);
	top = future_submit(descent.pool, descend, &descent);
	ck_assert_int_eq(future_get(top).error, 0);
	ck_assert_int_ge(descent.told, 1);
	future_executor_unref(descent.pool);
}

START_TEST(a_recursion_without_end_is_told_on_a_pool_of_one)
{
	check_descent(1);
}
END_TEST

START_TEST(a_recursion_without_end_is_told_on_a_pool_of_three)
{
	check_descent(3);
}
END_TEST

/* Other ways to wait. */

static future_result_t join_other(void *arg)
{
	struct role *role = arg;

	gate_open(&role->begun);
	gate_wait(&role->known);
	atomic_store(&role->error, future_join(role->other, FUTURE_FOREVER));
	return future_ok_int(7);
}

/* Settled by a cancel, and its function waits for who joins it. */
START_TEST(a_join_of_a_function_that_waits_for_it_is_told)
{
	struct role joins = ROLE, waits = ROLE;
	future_executor_t *pool = pool_of(2);
	int error;

	joins.own = future_submit(pool, join_other, &joins);
	gate_wait(&joins.begun);
	cast(&waits, pool);
	ck_assert(future_cancel(waits.own));
	direct(&joins, waits.own);
	/* The wait of a cancelled function ends by itself. */
	direct(&waits, joins.own);
	error = dismiss(&joins);
	ck_assert(error == 0 || error == EDEADLK);
	future_executor_unref(pool);
	ck_assert_int_eq(atomic_load(&waits.error), ECANCELED);
	future_unref(waits.own);
}
END_TEST

static void *run_loop(void *loop)
{
	ck_assert_int_eq(future_loop_run(loop), 0);
	return NULL;
}

START_TEST(a_loop_and_a_worker_that_wait_for_each_other_are_told)
{
	struct role roles[2] = { ROLE, ROLE };
	future_executor_t *pool = pool_of(1), *loop = NULL;
	pthread_t thread;
	future_t *behind;
	int errors[2];

	ck_assert_int_eq(future_loop_new(&loop), 0);
	thread = start(run_loop, loop);
	cast(&roles[0], pool);
	cast(&roles[1], loop);
	behind = future_submit(loop, give_int, (void *)1);
	direct(&roles[0], behind);
	direct(&roles[1], future_ref(roles[0].own));
	errors[0] = dismiss(&roles[0]);
	errors[1] = dismiss(&roles[1]);
	check_one(errors, 2);
	ck_assert_int_eq(future_get(behind).error, 0);
	future_loop_stop(loop);
	finish(thread);
	future_unref(behind);
	future_unref(roles[0].own);
	future_executor_unref(loop);
	future_executor_unref(pool);
}
END_TEST

/* What sleeps otherwise may be woken. */

static future_result_t acquire(void *arg)
{
	struct role *role = arg;
	future_semaphore_t *semaphore = (void *)role->other;

	gate_open(&role->begun);
	gate_wait(&role->known);
	semaphore = (void *)role->other;
	atomic_store(&role->error, future_semaphore_acquire(semaphore, 1));
	return future_ok_int(7);
}

START_TEST(a_worker_asleep_in_a_semaphore_is_hope)
{
	future_semaphore_t semaphore = FUTURE_SEMAPHORE_INIT(0);
	struct role waits = ROLE, sleeps = ROLE;
	future_executor_t *pool = pool_of(2);

	sleeps.own = future_submit(pool, acquire, &sleeps);
	gate_wait(&sleeps.begun);
	cast(&waits, pool);
	direct(&sleeps, (void *)&semaphore);
	direct(&waits, sleeps.own);
	ck_assert_int_eq(future_semaphore_release(&semaphore, 1), 0);
	ck_assert_int_eq(dismiss(&waits), 0);
	ck_assert_int_eq(dismiss(&sleeps), 0);
	future_executor_unref(pool);
}
END_TEST

/*
 * One worker sleeps in a semaphore, which only the continuation can release
 * that the other waits for: that one runs it itself.
 */
static future_result_t release(future_result_t in, void *semaphore)
{
	(void)in;
	return future_semaphore_release(semaphore, 1) == 0 ?
		future_ok_int(7) : future_fail(EIO);
}

START_TEST(a_waiter_runs_what_comes_while_the_others_sleep_in_a_semaphore)
{
	future_semaphore_t semaphore = FUTURE_SEMAPHORE_INIT(0);
	struct role waits = ROLE, sleeps = ROLE;
	future_executor_t *pool = pool_of(2);
	future_t *source, *next;
	future_promise_t *promise = promise_on(pool, &source);

	next = future_then(source, release, &semaphore);
	sleeps.own = future_submit(pool, acquire, &sleeps);
	gate_wait(&sleeps.begun);
	cast(&waits, pool);
	direct(&sleeps, (void *)&semaphore);
	direct(&waits, next);
	future_promise_settle(promise, future_ok(NULL));
	ck_assert_int_eq(dismiss(&waits), 0);
	ck_assert_int_eq(dismiss(&sleeps), 0);
	future_unref(source);
	future_unref(next);
	future_promise_free(promise);
	future_executor_unref(pool);
}
END_TEST

/* The same in a lane that is full: of the waiter itself. */
START_TEST(a_waiter_in_a_lane_runs_what_comes_to_it_later)
{
	struct role waits = ROLE;
	future_executor_t *pool = pool_of(1), *lane = lane_on(pool, 1);
	future_t *source, *next;
	future_promise_t *promise = promise_on(lane, &source);

	next = future_then(source, add, (void *)1);
	cast(&waits, lane);
	direct(&waits, next);
	future_promise_settle(promise, future_ok_int(1));
	ck_assert_int_eq(dismiss(&waits), 0);
	ck_assert_int_eq(future_result_int(future_get(next)), 2);
	future_unref(source);
	future_unref(next);
	future_promise_free(promise);
	future_executor_unref(lane);
	future_executor_unref(pool);
}
END_TEST

/* Who closes the group that it is given when it is told to. */
struct closer {
	struct gate begun, known;
	future_group_t *group;
	atomic_int error;
};

static future_result_t close_group(void *arg)
{
	struct closer *closer = arg;

	gate_open(&closer->begun);
	gate_wait(&closer->known);
	atomic_store(&closer->error, future_group_close(closer->group));
	return future_ok(NULL);
}

static future_result_t open_gate(void *gate)
{
	gate_open(gate);
	return future_ok(NULL);
}

/* A join of what has settled does not look again: in vain it is told so. */
START_TEST(a_close_of_what_joins_its_closer_is_told)
{
	struct closer closer = { GATE_SHUT, GATE_SHUT, NULL, -1 };
	struct role joins = ROLE;
	future_executor_t *pool = NULL, *closers = pool_of(1);
	future_t *asleep;

	ck_assert_int_eq(future_pool_new(&(future_pool_options_t){
		.threads = 1, .spare_threads = 1 }, &pool), 0);
	ck_assert_int_eq(future_group_new(pool, NULL, &closer.group), 0);
	joins.other = future_submit(closers, close_group, &closer);
	joins.own = future_group_submit(closer.group, join_other, &joins);
	gate_wait(&closer.begun);
	gate_wait(&joins.begun);
	future_cancel(joins.other);
	gate_open(&joins.known);
	/* By the spare thread: when the join sleeps. */
	asleep = future_submit(pool, open_gate, &closer.known);
	ck_assert_int_eq(future_join(joins.other, FUTURE_FOREVER), 0);
	ck_assert_int_eq(atomic_load(&closer.error), EDEADLK);
	ck_assert_int_eq(future_group_close(closer.group), ECANCELED);
	ck_assert_int_eq(atomic_load(&joins.error), 0);
	future_unref(asleep);
	future_unref(joins.own);
	future_unref(joins.other);
	future_executor_unref(closers);
	future_executor_unref(pool);
}
END_TEST

/* What somebody has in hand. */

struct dropped {
	struct role *waits;
	struct gate asleep;
	future_t *next;
};

/* The next is in the same hand. */
static void drop_slowly(void *arg)
{
	struct dropped *dropped = arg;

	direct(dropped->waits, dropped->next);
	gate_wait(&dropped->asleep);
}

START_TEST(what_a_cancelled_lane_drops_is_hope)
{
	struct role waits = ROLE;
	struct dropped dropped = { &waits, GATE_SHUT, NULL };
	future_executor_t *pool = NULL, *lane;
	future_t *first, *asleep;

	ck_assert_int_eq(future_pool_new(&(future_pool_options_t){
		.threads = 1, .spare_threads = 1 }, &pool), 0);
	lane = lane_on(pool, 1);
	cast(&waits, lane);
	first = future_submit_with(lane, &(future_task_t){ .fn = open_gate,
		.arg = &dropped, .destroy_arg = drop_slowly });
	dropped.next = future_submit(lane, open_gate, NULL);
	/* By the spare thread: when the first sleeps. */
	asleep = future_submit(pool, open_gate, &dropped.asleep);
	ck_assert_uint_eq(future_executor_cancel(lane), 2);
	ck_assert_int_eq(dismiss(&waits), ECANCELED);
	ck_assert_int_eq(future_get(asleep).error, 0);
	future_unref(asleep);
	future_unref(first);
	future_unref(dropped.next);
	future_executor_unref(lane);
	future_executor_unref(pool);
}
END_TEST

/* The same where who could have run it sleeps, too. */
START_TEST(what_a_cancelled_pool_drops_is_hope)
{
	struct role waits = ROLE, sleeps = ROLE;
	struct dropped dropped = { &waits, GATE_SHUT, NULL };
	future_executor_t *pool = NULL, *full = pool_of(1);
	future_t *first, *asleep;

	ck_assert_int_eq(future_pool_new(&(future_pool_options_t){
		.threads = 1, .spare_threads = 1 }, &pool), 0);
	cast(&waits, pool);
	cast(&sleeps, full);
	direct(&sleeps, future_ref(waits.own));
	first = future_submit_with(full, &(future_task_t){ .fn = open_gate,
		.arg = &dropped, .destroy_arg = drop_slowly });
	dropped.next = future_submit(full, open_gate, NULL);
	asleep = future_submit(pool, open_gate, &dropped.asleep);
	ck_assert_uint_eq(future_executor_cancel(full), 2);
	ck_assert_int_eq(dismiss(&waits), ECANCELED);
	ck_assert_int_eq(dismiss(&sleeps), 0);
	future_unref(sleeps.other);
	future_unref(asleep);
	future_unref(first);
	future_unref(dropped.next);
	future_executor_unref(full);
	future_executor_unref(pool);
}
END_TEST

/* What is too far away to be looked at. */

static future_result_t count_calls(future_result_t in, void *calls)
{
	atomic_fetch_add((atomic_int *)calls, 1);
	return in;
}

START_TEST(a_wait_runs_nothing_before_its_source_has_settled)
{
	future_executor_t *pool = pool_of(1);
	struct role waits = ROLE;
	atomic_int calls = 0;
	future_t *never, *last;
	future_promise_t *promise = promise_new(&never);

	last = future_timeout(never, future_in_ms(500));
	for (size_t i = 0; i < 150000; i++) {
		future_t *next = future_then_on(last, pool, count_calls,
			&calls);

		future_unref(last);
		last = next;
	}
	cast(&waits, pool);
	direct(&waits, last);
	ck_assert_int_eq(dismiss(&waits), ETIMEDOUT);
	ck_assert_int_eq(atomic_load(&calls), 0);
	future_unref(last);
	future_unref(never);
	future_promise_free(promise);
	future_executor_unref(pool);
}
END_TEST

int main(void)
{
	return run_tests("deadlock", (const TTest *[]) {
		of_two_workers_that_wait_for_each_other_one_is_told,
		of_four_workers_in_a_ring_one_is_told,
		of_two_pools_that_wait_for_each_other_one_is_told,
		what_is_queued_behind_sleepers_cannot_move,
		what_is_queued_in_a_lane_behind_a_sleeper_cannot_move,
		a_lane_with_room_on_a_pool_of_sleepers_cannot_move,
		a_promise_is_hope,
		an_any_whose_last_hope_has_failed_is_told,
		an_any_whose_hope_comes_true_succeeds,
		an_all_whose_last_hope_has_succeeded_is_told,
		an_all_whose_hope_fails_fails_with_it,
		a_race_whose_hope_fails_fails_with_it,
		a_timer_is_hope,
		a_ring_that_is_closed_by_a_follow_is_told,
		a_recursion_without_end_is_told_on_a_pool_of_one,
		a_recursion_without_end_is_told_on_a_pool_of_three,
		a_join_of_a_function_that_waits_for_it_is_told,
		a_loop_and_a_worker_that_wait_for_each_other_are_told,
		a_worker_asleep_in_a_semaphore_is_hope,
		a_waiter_runs_what_comes_while_the_others_sleep_in_a_semaphore,
		a_waiter_in_a_lane_runs_what_comes_to_it_later,
		a_close_of_what_joins_its_closer_is_told,
		what_a_cancelled_lane_drops_is_hope,
		what_a_cancelled_pool_drops_is_hope,
		a_wait_runs_nothing_before_its_source_has_settled,
		NULL
	});
}
