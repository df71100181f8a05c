/* Home: where what hangs on a future runs, when no place is named. */
#define _GNU_SOURCE
#include "support.h"

static future_result_t note_current(future_result_t in, void *ret_executor)
{
	*(future_executor_t **)ret_executor = future_current();
	return in;
}

/* Where a continuation of it runs; NULL: nowhere.  Takes the reference. */
static future_executor_t *home_of(future_t *future)
{
	future_executor_t *home = NULL;
	future_t *seen = future_handle(future, note_current, &home);

	future_get(seen);
	future_unref(seen);
	future_unref(future);
	return home;
}

/* Two executors that are neither the default one nor alike. */
static future_executor_t *pool, *lane;

static void set_up(void)
{
	pool = pool_of(1);
	ck_assert_int_eq(future_lane_new(pool, 1, &lane), 0);
}

static void tear_down(void)
{
	future_executor_unref(lane);
	future_executor_unref(pool);
}

START_TEST(what_is_made_for_an_executor_is_at_home_there)
{
	future_schedule_t once = { .period_ns = 1, .fn = fail_task };
	future_retry_t retry = { .attempts = 2, .fn = fail_task };

	ck_assert_ptr_eq(home_of(future_submit(lane, nothing_task, NULL)),
		lane);
	ck_assert_ptr_eq(home_of(future_after(lane, future_in_ms(1))), lane);
	ck_assert_ptr_eq(home_of(future_every(lane, &once)), lane);
	ck_assert_ptr_eq(home_of(future_retry(lane, &retry)), lane);
}
END_TEST

static int do_nothing(size_t begin, size_t end, void *arg)
{
	(void)begin;
	(void)end;
	(void)arg;
	return 0;
}

static future_result_t map_nothing(const void *item, void *arg)
{
	(void)item;
	return future_ok(arg);
}

START_TEST(maps_loops_and_groups_are_at_home_on_theirs)
{
	int items[2] = { 0 };
	future_group_t *group;
	future_t *child;

	ck_assert_ptr_eq(home_of(future_map(lane, items, 2, sizeof(int),
		map_nothing, NULL)), lane);
	ck_assert_ptr_eq(home_of(future_each(lane, 2, 1, do_nothing, NULL)),
		lane);
	ck_assert_int_eq(future_group_new(lane, NULL, &group), 0);
	child = future_group_submit(group, nothing_task, NULL);
	ck_assert_ptr_eq(home_of(child), lane);
	ck_assert_int_eq(future_group_close(group), 0);
}
END_TEST

START_TEST(what_runs_elsewhere_is_at_home_with_its_source)
{
	future_executor_t *where = NULL;
	future_t *task = future_submit(lane, nothing_task, NULL);
	future_t *next = future_then_on(task, pool, note_current, &where);

	ck_assert_ptr_eq(home_of(next), lane);
	ck_assert_ptr_eq(where, pool);
	/* NULL is no place here. */
	ck_assert_int_eq(outcome_of(future_then_on(task, NULL, note_current,
		&where)), 0);
	ck_assert_ptr_eq(where, lane);
	future_unref(task);
}
END_TEST

START_TEST(a_timeout_is_at_home_with_its_source_whichever_is_first)
{
	future_t *task = future_submit(lane, nothing_task, NULL), *late;
	future_promise_t *promise;

	ck_assert_ptr_eq(home_of(future_timeout(task, future_in_ms(60000))),
		lane);
	ck_assert_int_eq(future_promise_new(lane, &promise), 0);
	late = future_promise_future(promise);
	ck_assert_ptr_eq(home_of(future_timeout(late, FUTURE_NOW)), lane);
	future_unref(task);
	future_unref(late);
	future_promise_free(promise);
}
END_TEST

/* What waits for nothing, each made here and now. */
static void look_at_waits(future_executor_t *home)
{
	future_event_t event = FUTURE_EVENT_INIT;
	future_mutex_t mutex = FUTURE_MUTEX_INIT;
	future_channel_t *channel;

	future_event_set(&event);
	ck_assert_int_eq(future_channel_new(1, NULL, &channel), 0);
	ck_assert_ptr_eq(home_of(future_ready(future_fail(EIO))), home);
	ck_assert_ptr_eq(home_of(future_all(NULL, 0)), home);
	ck_assert_ptr_eq(home_of(future_event_wait_async(&event)), home);
	ck_assert_ptr_eq(home_of(future_mutex_lock_async(&mutex)), home);
	/* The last to let go of the hold may be a worker. */
	ck_assert_int_eq(future_mutex_lock(&mutex), 0);
	ck_assert_int_eq(future_mutex_unlock(&mutex), 0);
	ck_assert_ptr_eq(home_of(future_channel_send_async(channel, NULL)),
		home);
	ck_assert_ptr_eq(home_of(future_channel_recv_async(channel)), home);
	future_channel_unref(channel);
}

static future_result_t look_at_waits_here(void *arg)
{
	look_at_waits(future_current());
	return future_ok(arg);
}

START_TEST(what_waits_is_at_home_where_it_is_made)
{
	look_at_waits(future_default());
	ck_assert_int_eq(outcome_of(future_submit(lane, look_at_waits_here,
		NULL)), 0);
}
END_TEST

static future_result_t look_at_null(void *arg)
{
	ck_assert_ptr_eq(home_of(future_submit(NULL, nothing_task, NULL)),
		future_default());
	return future_ok(arg);
}

START_TEST(null_is_the_default_executor_inside_a_task_too)
{
	ck_assert_int_eq(outcome_of(future_submit(lane, look_at_null, NULL)),
		0);
}
END_TEST

START_TEST(what_a_cancel_settles_is_continued_at_home)
{
	struct gate gate = GATE_INIT;
	future_executor_t *where = NULL;
	future_t *task, *next;

	occupy(pool, 1, &gate);
	task = future_submit(lane, nothing_task, NULL);
	next = future_handle(task, note_current, &where);
	ck_assert(future_cancel(task));
	ck_assert_ptr_null(where);
	gate_open(&gate);
	ck_assert_int_eq(outcome_of(next), ECANCELED);
	ck_assert_ptr_eq(where, lane);
	future_unref(task);
}
END_TEST

START_TEST(what_an_executor_refused_is_at_home_there)
{
	ck_assert_ptr_eq(home_of(future_submit(lane, NULL, NULL)), lane);
	future_executor_shutdown(lane);
	ck_assert_ptr_null(home_of(future_submit(lane, nothing_task, NULL)));
}
END_TEST

START_TEST(what_the_caller_ran_is_continued_at_home)
{
	future_executor_t *full = bounded(FUTURE_CALLER_RUNS, 1);
	struct gate gate = GATE_INIT;
	atomic_int ran = 0;
	future_t *task;

	fill(full, 1, &gate, &ran);
	task = future_submit(full, count_task, &ran);
	ck_assert_int_eq(ran, 1);
	gate_open(&gate);
	ck_assert_ptr_eq(home_of(task), full);
	future_executor_unref(full);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("home");
	TCase *tcase = suite_case(suite, "home");

	tcase_add_checked_fixture(tcase, set_up, tear_down);
	tcase_add_test(tcase, what_is_made_for_an_executor_is_at_home_there);
	tcase_add_test(tcase, maps_loops_and_groups_are_at_home_on_theirs);
	tcase_add_test(tcase, what_runs_elsewhere_is_at_home_with_its_source);
	tcase_add_test(tcase,
		a_timeout_is_at_home_with_its_source_whichever_is_first);
	tcase_add_test(tcase, what_waits_is_at_home_where_it_is_made);
	tcase_add_test(tcase, null_is_the_default_executor_inside_a_task_too);
	tcase_add_test(tcase, what_a_cancel_settles_is_continued_at_home);
	tcase_add_test(tcase, what_an_executor_refused_is_at_home_there);
	tcase_add_test(tcase, what_the_caller_ran_is_continued_at_home);
	return suite_run(suite);
}
