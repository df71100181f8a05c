/* What outlives what: futures their pools, and everything racing the end. */
#define _GNU_SOURCE
#include "support.h"

/* A future whose home is a pool that is gone. */
static future_t *orphan(void)
{
	future_executor_t *pool = pool_of(2);
	future_t *future = future_submit(pool, nothing_task, NULL);

	future_executor_unref(pool);
	return future;
}

START_TEST(a_value_can_be_read_after_its_pool_is_gone)
{
	static char value[] = "value";
	future_executor_t *pool = pool_of(1);
	future_t *future = future_submit(pool, nothing_task, value);

	future_executor_unref(pool);
	ck_assert_ptr_eq(future_get(future).value, value);
	ck_assert_int_eq(future_state(future), FUTURE_OK);
	ck_assert_int_eq(future_wait(future, FUTURE_NOW), 0);
	ck_assert_int_eq(future_join(future, FUTURE_NOW), 0);
	future_unref(future);
}
END_TEST

START_TEST(a_continuation_hung_on_after_its_home_closed_gets_eshutdown)
{
	FUTURE_AUTO future_t *source = orphan();
	atomic_int ran = 0, ends = 0;
	FUTURE_AUTO future_t *next = future_then(source, count_then, &ran);
	FUTURE_AUTO future_t *with = NULL;

	ck_assert_int_eq(future_get(next).error, ESHUTDOWN);
	with = future_then_with(source, &(future_continuation_t){
		.fn = count_then, .arg = &ends, .destroy_arg = count_work });
	ck_assert_int_eq(future_get(with).error, ESHUTDOWN);
	ck_assert_int_eq(ends, 1);
	ck_assert_int_eq(ran, 0);
}
END_TEST

START_TEST(a_pool_made_later_gets_nothing_that_was_meant_for_an_older_one)
{
	atomic_int ran = 0;

	for (size_t i = 0; i < scaled(100); i++) {
		FUTURE_AUTO future_t *source = orphan(), *next = NULL;
		future_executor_t *pool = pool_of(2);

		next = future_then(source, count_then, &ran);
		ck_assert_int_eq(future_get(next).error, ESHUTDOWN);
		ck_assert_uint_eq(stats_when_idle(pool).completed, 0);
		ck_assert_uint_eq(stats_of(pool).refused, 0);
		future_executor_unref(pool);
	}
	ck_assert_int_eq(ran, 0);
}
END_TEST

START_TEST(a_continuation_on_a_named_executor_runs_after_the_home_closed)
{
	FUTURE_AUTO future_t *source = orphan();
	future_executor_t *pool = pool_of(1);
	atomic_int ran = 0;

	ck_assert_int_eq(outcome_of(future_then_on(source, pool, count_then,
		&ran)), 0);
	ck_assert_int_eq(outcome_of(future_then_on(source, future_inline(),
		count_then, &ran)), 0);
	ck_assert_int_eq(ran, 2);
	future_executor_unref(pool);
}
END_TEST

START_TEST(a_promise_outlives_its_home)
{
	future_executor_t *pool = pool_of(1);
	future_promise_t *promise;
	future_t *future, *next;
	atomic_int ran = 0;

	ck_assert_int_eq(future_promise_new(pool, &promise), 0);
	future_executor_unref(pool);
	future = future_promise_future(promise);
	next = future_then(future, count_then, &ran);
	ck_assert(future_promise_settle(promise, future_ok_int(5)));
	ck_assert_int_eq(future_result_int(future_get(future)), 5);
	ck_assert_int_eq(outcome_of(next), ESHUTDOWN);
	ck_assert_int_eq(ran, 0);
	future_promise_free(promise);
	future_unref(future);
}
END_TEST

START_TEST(a_continuation_named_on_a_pool_that_has_gone_gets_eshutdown)
{
	future_executor_t *pool = pool_of(1), *later;
	future_promise_t *promise;
	future_t *future, *next;
	atomic_int ran = 0;

	ck_assert_int_eq(future_promise_new(future_inline(), &promise), 0);
	future = future_promise_future(promise);
	next = future_then_on(future, pool, count_then, &ran);
	future_executor_unref(pool);
	later = pool_of(1);
	ck_assert(future_promise_settle(promise, future_ok(NULL)));
	ck_assert_int_eq(outcome_of(next), ESHUTDOWN);
	ck_assert_uint_eq(stats_when_idle(later).completed, 0);
	ck_assert_int_eq(ran, 0);
	future_executor_unref(later);
	future_promise_free(promise);
	future_unref(future);
}
END_TEST

START_TEST(a_worker_keeps_nothing_that_was_meant_for_an_older_pool)
{
	future_executor_t *older = pool_of(2), *pool;
	struct gate gate = GATE_INIT;
	future_promise_t *promise;
	future_t *source, *next;
	atomic_int ran = 0;

	ck_assert_int_eq(future_promise_new(future_inline(), &promise), 0);
	source = future_promise_future(promise);
	next = future_then_on(source, older, count_then, &ran);
	future_executor_unref(older);
	pool = pool_of(2);
	ck_assert(future_promise_settle(promise, future_follow(
		future_submit(pool, pass_task, &gate))));
	gate_open(&gate);
	ck_assert_int_eq(outcome_of(next), ESHUTDOWN);
	future_executor_unref(pool);
	ck_assert_int_eq(ran, 0);
	future_promise_free(promise);
	future_unref(source);
}
END_TEST

START_TEST(thousands_of_pools_one_after_the_other_leave_nothing)
{
	size_t before = threads_before();
	atomic_int ran = 0;
	int pools = (int)scaled(2000);

	for (int i = 0; i < pools; i++) {
		future_executor_t *pool = pool_of(1);

		ck_assert_int_eq(future_execute(pool, count_work, &ran), 0);
		future_executor_unref(pool);
	}
	ck_assert_int_eq(ran, pools);
	threads_become(before);
}
END_TEST

START_TEST(fifty_pools_live_side_by_side)
{
	future_executor_t *pools[50];
	atomic_int ran = 0;

	for (int i = 0; i < 50; i++)
		pools[i] = pool_of(1);
	for (int i = 0; i < 1000; i++)
		ck_assert_int_eq(future_execute(pools[i % 50], count_work,
			&ran), 0);
	for (int i = 0; i < 50; i++)
		future_executor_unref(pools[(i * 7) % 50]);
	ck_assert_int_eq(ran, 1000);
}
END_TEST

/* Races: in must be out. */

struct traffic {
	future_executor_t *pool;
	atomic_size_t submitted, ran, destroyed;
	atomic_size_t ok, refused, cancelled, other;
	struct gate flowing;
};

static future_result_t traffic_task(void *arg)
{
	struct traffic *traffic = arg;

	atomic_fetch_add(&traffic->ran, 1);
	return future_ok(NULL);
}

static void traffic_destroy(void *arg)
{
	struct traffic *traffic = arg;

	atomic_fetch_add(&traffic->destroyed, 1);
}

/* Waits for one of what was submitted, and counts how it ended. */
static int traffic_settle(struct traffic *traffic, future_t *future)
{
	int error = outcome_of(future);

	atomic_fetch_add(error == 0 ? &traffic->ok :
		error == ESHUTDOWN ? &traffic->refused :
		error == ECANCELED ? &traffic->cancelled : &traffic->other, 1);
	return error;
}

static future_t *traffic_submit(struct traffic *traffic)
{
	atomic_fetch_add(&traffic->submitted, 1);
	return future_submit_with(traffic->pool, &(future_task_t){
		.fn = traffic_task, .arg = traffic,
		.destroy_arg = traffic_destroy });
}

enum { WINDOW = 64 };

/* Submits a window at a time until one is refused. */
static void *traffic_main(void *arg)
{
	struct traffic *traffic = arg;
	future_t *window[WINDOW];
	bool open = true;

	while (open) {
		for (int i = 0; i < WINDOW; i++)
			window[i] = traffic_submit(traffic);
		for (int i = 0; i < WINDOW; i++)
			open = traffic_settle(traffic, window[i]) == 0 && open;
		gate_pass(&traffic->flowing);
	}
	future_executor_unref(traffic->pool);
	return NULL;
}

/* Three producers in full flow meet what `end` does to the pool. */
static void traffic_run(void (*end)(future_executor_t *pool))
{
	struct traffic traffic = { .pool = pool_of(2), .flowing = GATE_OPEN };
	pthread_t producers[3];

	for (int i = 0; i < 3; i++) {
		future_executor_ref(traffic.pool);
		producers[i] = thread_start(traffic_main, &traffic);
	}
	gate_await(&traffic.flowing, 3);
	end(traffic.pool);
	for (int i = 0; i < 3; i++)
		thread_finish(producers[i]);
	ck_assert_uint_eq(traffic.submitted, traffic.ok + traffic.refused +
		traffic.cancelled);
	ck_assert_uint_eq(traffic.ran, traffic.ok);
	ck_assert_uint_eq(traffic.destroyed, traffic.submitted);
	ck_assert_uint_eq(traffic.other, 0);
}

static void end_shutdown(future_executor_t *pool)
{
	future_executor_shutdown(pool);
	future_executor_unref(pool);
}

static void end_cancel(future_executor_t *pool)
{
	future_executor_cancel(pool);
	future_executor_unref(pool);
}

static void end_twice(future_executor_t *pool)
{
	future_executor_shutdown(pool);
	future_executor_cancel(pool);
	if (future_executor_join(pool, FUTURE_FOREVER) != 0)
		abort();
	future_executor_unref(pool);
}

START_TEST(submit_racing_shutdown_is_accepted_and_settled_or_refused)
{
	for (size_t i = 0; i < scaled(200); i++)
		traffic_run(end_shutdown);
}
END_TEST

START_TEST(submit_racing_cancel_is_settled_every_way_once)
{
	for (size_t i = 0; i < scaled(200); i++)
		traffic_run(end_cancel);
}
END_TEST

START_TEST(submit_racing_detach_is_accepted_and_settled_or_refused)
{
	for (size_t i = 0; i < scaled(200); i++)
		traffic_run(future_executor_detach);
}
END_TEST

START_TEST(submit_racing_shutdown_cancel_and_join_is_settled)
{
	for (size_t i = 0; i < scaled(200); i++)
		traffic_run(end_twice);
}
END_TEST

struct last {
	future_executor_t *pool;
	future_t *source;
	atomic_int ran;
	atomic_size_t ok, refused, other;
};

/* Hangs continuations on while the home of their source closes. */
static void hang_or_close(void *arg, size_t index)
{
	struct last *last = arg;

	if (index == 0) {
		future_executor_unref(last->pool);
		return;
	}
	for (int i = 0; i < 20; i++) {
		int error = outcome_of(future_then(last->source, count_then,
			&last->ran));

		atomic_fetch_add(error == 0 ? &last->ok :
			error == ESHUTDOWN ? &last->refused : &last->other, 1);
	}
}

START_TEST(then_racing_the_end_of_its_home_runs_or_gets_eshutdown)
{
	for (size_t i = 0; i < scaled(300); i++) {
		struct last last = { .pool = pool_of(2) };

		last.source = future_submit(last.pool, nothing_task, NULL);
		together(3, hang_or_close, &last);
		future_unref(last.source);
		ck_assert_uint_eq(last.ok + last.refused, 40);
		ck_assert_uint_eq(last.other, 0);
		ck_assert_uint_eq((size_t)last.ran, last.ok);
	}
}
END_TEST

struct inside {
	future_executor_t *pool;
	atomic_int *ran;
};

static void unref_inside(void *arg)
{
	struct inside *inside = arg;
	future_executor_t *pool = inside->pool;

	/* `inside` is read no more once this has been counted. */
	count_work(inside->ran);
	future_executor_unref(pool);
}

START_TEST(handles_dropped_inside_and_outside_at_once_lose_nothing)
{
	size_t before = threads_before();

	for (size_t i = 0; i < scaled(300); i++) {
		atomic_int ran = 0;
		struct inside inside = { pool_of(3), &ran };
		future_t *last;

		for (int j = 0; j < 3; j++) {
			future_executor_ref(inside.pool);
			ck_assert_int_eq(future_execute(inside.pool,
				unref_inside, &inside), 0);
		}
		last = future_submit(inside.pool, nothing_task, NULL);
		future_executor_unref(inside.pool);
		ck_assert_int_eq(outcome_of(last), 0);
		threads_become(before);
		ck_assert_int_eq(ran, 3);
	}
}
END_TEST

static void add_outlive(Suite *suite)
{
	TCase *tcase = suite_case(suite, "outlive");

	tcase_add_test(tcase, a_value_can_be_read_after_its_pool_is_gone);
	tcase_add_test(tcase,
		a_continuation_hung_on_after_its_home_closed_gets_eshutdown);
	tcase_add_test(tcase,
		a_pool_made_later_gets_nothing_that_was_meant_for_an_older_one);
	tcase_add_test(tcase,
		a_continuation_on_a_named_executor_runs_after_the_home_closed);
	tcase_add_test(tcase, a_promise_outlives_its_home);
	tcase_add_test(tcase,
		a_continuation_named_on_a_pool_that_has_gone_gets_eshutdown);
	tcase_add_test(tcase,
		a_worker_keeps_nothing_that_was_meant_for_an_older_pool);
	tcase_add_test(tcase,
		thousands_of_pools_one_after_the_other_leave_nothing);
	tcase_add_test(tcase, fifty_pools_live_side_by_side);
}

static void add_races(Suite *suite)
{
	TCase *tcase = suite_case(suite, "races");

	tcase_add_test(tcase,
		submit_racing_shutdown_is_accepted_and_settled_or_refused);
	tcase_add_test(tcase,
		submit_racing_cancel_is_settled_every_way_once);
	tcase_add_test(tcase,
		submit_racing_detach_is_accepted_and_settled_or_refused);
	tcase_add_test(tcase,
		submit_racing_shutdown_cancel_and_join_is_settled);
	tcase_add_test(tcase,
		then_racing_the_end_of_its_home_runs_or_gets_eshutdown);
	tcase_add_test(tcase,
		handles_dropped_inside_and_outside_at_once_lose_nothing);
}

int main(void)
{
	Suite *suite = suite_create("lifetime");

	add_outlive(suite);
	add_races(suite);
	return suite_run(suite);
}
