/* The default and the current executor; handles and references. */
#define _GNU_SOURCE
#include "support.h"

static future_result_t note_current(void *arg)
{
	*(future_executor_t **)arg = future_current();
	return future_ok(NULL);
}

static future_result_t note_current_then(future_result_t in, void *arg)
{
	(void)in;
	return note_current(arg);
}

/* The default executor. */

START_TEST(the_default_executor_starts_on_first_use)
{
	future_executor_t *executor;

	if (!watched())
		ck_assert_uint_eq(threads_now(), 1);
	executor = future_default();
	ck_assert_ptr_nonnull(executor);
	ck_assert_uint_gt(threads_now(), 1);
	ck_assert_ptr_eq(future_default(), executor);
}
END_TEST

static void note_default(void *arg, size_t index)
{
	((future_executor_t **)arg)[index] = future_default();
}

START_TEST(the_default_executor_starts_once_when_many_ask)
{
	future_executor_t *seen[8];
	size_t threads = threads_before() +
		(size_t)sysconf(_SC_NPROCESSORS_ONLN);

	together(8, note_default, seen);
	for (int i = 0; i < 8; i++)
		ck_assert_ptr_eq(seen[i], future_default());
	while (threads_now() > threads)
		sched_yield();
}
END_TEST

START_TEST(null_is_the_default_executor)
{
	future_executor_t *seen = NULL;
	atomic_int ran = 0;

	ck_assert_int_eq(outcome_of(future_submit(NULL, note_current, &seen)),
		0);
	ck_assert_ptr_eq(seen, future_default());
	ck_assert_int_eq(outcome_of(future_submit_with(NULL, &(future_task_t){
		.fn = count_task, .arg = &ran })), 0);
	ck_assert_int_eq(future_execute(NULL, count_work, &ran), 0);
	ck_assert_int_eq(future_executor_drain(NULL, FUTURE_FOREVER), 0);
	ck_assert_int_eq(ran, 2);
	ck_assert_uint_eq(stats_of(NULL).completed, 3);
}
END_TEST

START_TEST(the_default_executor_cannot_be_closed)
{
	future_executor_t *executor = _i == 0 ? future_default() : NULL;
	atomic_int ran = 0;

	future_executor_shutdown(executor);
	ck_assert_uint_eq(future_executor_cancel(executor), 0);
	future_executor_unref(executor);
	future_executor_unref(executor);
	future_executor_detach(executor);
	ck_assert_int_eq(future_executor_join(executor, FUTURE_FOREVER),
		EINVAL);
	ck_assert_int_eq(outcome_of(future_submit(executor, count_task, &ran)),
		0);
	ck_assert_int_eq(ran, 1);
}
END_TEST

START_TEST(a_cancel_of_the_default_executor_asks_nobody)
{
	struct gate gate = GATE_INIT;
	future_t *task = future_submit(NULL, pass_task, &gate);

	ck_assert_uint_eq(future_executor_cancel(NULL), 0);
	gate_open(&gate);
	ck_assert_int_eq(outcome_of(task), 0);
}
END_TEST

/* Current. */

START_TEST(current_is_null_outside_a_task)
{
	future_executor_t *pool = pool_of(1);

	ck_assert_ptr_null(future_current());
	ck_assert_int_eq(outcome_of(future_submit(pool, nothing_task, NULL)),
		0);
	ck_assert_ptr_null(future_current());
	ck_assert_int_eq(outcome_of(future_submit(future_inline(),
		nothing_task, NULL)), 0);
	ck_assert_ptr_null(future_current());
	future_executor_unref(pool);
}
END_TEST

START_TEST(current_is_the_pool_inside_its_tasks)
{
	future_executor_t *pool = pool_of(1), *seen = NULL;

	ck_assert_int_eq(outcome_of(future_submit(pool, note_current, &seen)),
		0);
	ck_assert_ptr_eq(seen, pool);
	future_executor_unref(pool);
}
END_TEST

START_TEST(current_is_where_the_continuation_runs)
{
	future_executor_t *first = pool_of(1), *second = pool_of(1);
	future_executor_t *home = NULL, *named = NULL, *in_line = NULL;
	future_t *source = future_submit(first, nothing_task, NULL);

	ck_assert_int_eq(outcome_of(future_then(source, note_current_then,
		&home)), 0);
	ck_assert_int_eq(outcome_of(future_then_on(source, second,
		note_current_then, &named)), 0);
	ck_assert_int_eq(outcome_of(future_then_on(source, future_inline(),
		note_current_then, &in_line)), 0);
	ck_assert_ptr_eq(home, first);
	ck_assert_ptr_eq(named, second);
	ck_assert_ptr_eq(in_line, future_inline());
	future_unref(source);
	future_executor_unref(first);
	future_executor_unref(second);
}
END_TEST

/* Handles. */

START_TEST(ref_returns_its_argument)
{
	future_executor_t *pool = pool_of(1);

	ck_assert_ptr_eq(future_executor_ref(pool), pool);
	future_executor_unref(pool);
	future_executor_unref(pool);
}
END_TEST

START_TEST(unref_of_null_is_fine)
{
	future_executor_unref(NULL);
}
END_TEST

START_TEST(a_pool_stays_open_while_somebody_holds_a_handle)
{
	future_executor_t *pool = pool_of(1);
	atomic_int ran = 0;

	future_executor_ref(pool);
	future_executor_unref(pool);
	ck_assert_int_eq(outcome_of(future_submit(pool, count_task, &ran)), 0);
	future_executor_unref(pool);
	ck_assert_int_eq(ran, 1);
}
END_TEST

START_TEST(futures_do_not_keep_a_pool_open)
{
	size_t before = threads_before();
	future_executor_t *pool = pool_of(2);
	future_t *future = future_submit(pool, nothing_task, NULL);

	future_executor_unref(pool);
	threads_become(before);
	ck_assert_int_eq(outcome_of(future), 0);
}
END_TEST

static void unref_work(void *arg)
{
	future_executor_unref(arg);
}

START_TEST(the_last_unref_on_its_own_worker_does_not_join)
{
	size_t before = threads_before();
	future_executor_t *pool = pool_of((size_t)_i);

	/* To wait for itself would be a hang. */
	ck_assert_int_eq(future_execute(pool, unref_work, pool), 0);
	threads_become(before);
}
END_TEST

static void unref_behind_gate(void *arg)
{
	future_executor_t *pool = future_current();

	gate_pass(arg);
	future_executor_unref(pool);
}

START_TEST(what_is_queued_at_the_last_unref_from_inside_still_runs)
{
	size_t before = threads_before();
	struct gate gate = GATE_INIT;
	future_executor_t *pool = pool_of((size_t)_i);
	atomic_int ran = 0;

	ck_assert_int_eq(future_execute(pool, unref_behind_gate, &gate), 0);
	gate_await(&gate, 1);
	for (int i = 0; i < 1000; i++)
		ck_assert_int_eq(future_execute(pool, count_work, &ran), 0);
	gate_open(&gate);
	threads_become(before);
	ck_assert_int_eq(ran, 1000);
}
END_TEST

static future_result_t unref_then(future_result_t in, void *arg)
{
	future_executor_unref(arg);
	return in;
}

START_TEST(the_last_unref_in_a_continuation_does_not_join)
{
	size_t before = threads_before();
	future_executor_t *pool = pool_of(2);
	future_executor_t *on = _i == 0 ? pool : future_inline();
	struct gate gate = GATE_INIT;
	future_t *source = future_submit(pool, pass_task, &gate);
	future_t *next = future_then_on(source, on, unref_then, pool);

	gate_open(&gate);
	ck_assert_int_eq(outcome_of(next), 0);
	future_unref(source);
	threads_become(before);
}
END_TEST

static void unref_value(void *value)
{
	future_executor_unref(value);
}

static future_result_t own_task(void *arg)
{
	return future_own(arg, unref_value);
}

START_TEST(the_last_unref_in_a_destructor_on_a_worker_does_not_join)
{
	size_t before = threads_before();
	future_executor_t *pool = pool_of(2);

	/* Nobody holds the future: the worker destroys its value. */
	future_unref(future_submit(pool, own_task, pool));
	threads_become(before);
}
END_TEST

START_TEST(the_last_unref_on_a_strangers_worker_joins)
{
	future_executor_t *pool = pool_of(1), *stranger = pool_of(1);
	struct gate gate = GATE_INIT;
	atomic_int ran = 0;

	occupy(pool, 1, &gate);
	ck_assert_int_eq(future_execute(pool, count_work, &ran), 0);
	ck_assert_int_eq(future_execute(stranger, unref_work, pool), 0);
	gate_open(&gate);
	future_executor_unref(stranger);
	ck_assert_int_eq(ran, 1);
}
END_TEST

struct owners {
	future_executor_t *pool;
	struct gate ran;
};

static void drop_handle(void *arg, size_t index)
{
	struct owners *owners = arg;

	(void)index;
	for (int i = 0; i < 10; i++)
		if (future_execute(owners->pool, pass_work, &owners->ran) != 0)
			abort();
	future_executor_unref(owners->pool);
}

START_TEST(handles_dropped_by_many_threads_at_once_close_it_once)
{
	for (size_t i = 0; i < scaled(200); i++) {
		struct owners owners = { pool_of(2), GATE_OPEN };

		for (int j = 0; j < 3; j++)
			future_executor_ref(owners.pool);
		together(4, drop_handle, &owners);
		ck_assert_uint_eq(owners.ran.arrived, 40);
	}
}
END_TEST

static void add_default(Suite *suite)
{
	TCase *tcase = suite_case(suite, "default");

	tcase_add_test(tcase, the_default_executor_starts_on_first_use);
	tcase_add_test(tcase, the_default_executor_starts_once_when_many_ask);
	tcase_add_test(tcase, null_is_the_default_executor);
	tcase_add_loop_test(tcase, the_default_executor_cannot_be_closed,
		0, 2);
	tcase_add_test(tcase, a_cancel_of_the_default_executor_asks_nobody);
	tcase_add_test(tcase, current_is_null_outside_a_task);
	tcase_add_test(tcase, current_is_the_pool_inside_its_tasks);
	tcase_add_test(tcase, current_is_where_the_continuation_runs);
}

static void add_handles(Suite *suite)
{
	TCase *tcase = suite_case(suite, "handles");

	tcase_add_test(tcase, ref_returns_its_argument);
	tcase_add_test(tcase, unref_of_null_is_fine);
	tcase_add_test(tcase, a_pool_stays_open_while_somebody_holds_a_handle);
	tcase_add_test(tcase, futures_do_not_keep_a_pool_open);
	tcase_add_loop_test(tcase,
		the_last_unref_on_its_own_worker_does_not_join, 1, 5);
	tcase_add_loop_test(tcase,
		what_is_queued_at_the_last_unref_from_inside_still_runs, 1, 5);
	tcase_add_loop_test(tcase,
		the_last_unref_in_a_continuation_does_not_join, 0, 2);
	tcase_add_test(tcase,
		the_last_unref_in_a_destructor_on_a_worker_does_not_join);
	tcase_add_test(tcase, the_last_unref_on_a_strangers_worker_joins);
	tcase_add_test(tcase,
		handles_dropped_by_many_threads_at_once_close_it_once);
}

int main(void)
{
	Suite *suite = suite_create("executor");

	add_default(suite);
	add_handles(suite);
	return suite_run(suite);
}
