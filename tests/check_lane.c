/* Lanes: order, limits, turns, and waits inside them. */
#define _GNU_SOURCE
#include "support.h"

static future_executor_t *lane_on(future_executor_t *parent, size_t limit)
{
	future_executor_t *lane = NULL;

	ck_assert_int_eq(future_lane_new(parent, limit, &lane), 0);
	ck_assert_ptr_nonnull(lane);
	return lane;
}

/* Finds two at work at once, or one that comes before its turn. */
struct serial {
	atomic_int inside;
	atomic_int wrong;
	int next;	/* plain: who is alone may write it */
};

struct place {
	struct serial *serial;
	int at;
};

static future_result_t serial_task(void *arg)
{
	struct place *place = arg;
	struct serial *serial = place->serial;

	if (atomic_fetch_add(&serial->inside, 1) != 0 ||
	    serial->next++ != place->at)
		atomic_fetch_add(&serial->wrong, 1);
	atomic_fetch_sub(&serial->inside, 1);
	return future_ok(NULL);
}

START_TEST(a_lane_of_one_runs_in_order_and_never_two_at_once)
{
	enum { TASKS = 10000 };
	future_executor_t *pool = pool_of(4), *lane = lane_on(pool, 1);
	struct place *places = calloc(TASKS, sizeof(*places));
	struct serial serial = { 0, 0, 0 };

	for (int i = 0; i < TASKS; i++) {
		places[i] = (struct place){ &serial, i };
		future_unref(future_submit(lane, serial_task, &places[i]));
	}
	future_executor_unref(lane);
	ck_assert_int_eq(serial.next, TASKS);
	ck_assert_int_eq(serial.wrong, 0);
	future_executor_unref(pool);
	free(places);
}
END_TEST

START_TEST(a_lane_runs_as_many_at_once_as_its_limit_and_no_more)
{
	future_executor_t *pool = pool_of(4), *lane = lane_on(pool, 2);
	struct gate gate = GATE_INIT;
	atomic_int ran = 0;

	for (int i = 0; i < 4; i++)
		ck_assert_int_eq(future_execute(lane, pass_work, &gate), 0);
	gate_await(&gate, 2);
	/* Two workers are free for the pool's own tasks. */
	ck_assert_int_eq(outcome_of(future_submit(pool, count_task, &ran)), 0);
	ck_assert_uint_eq(stats_of(lane).running, 2);
	ck_assert_uint_eq(stats_of(lane).queued, 2);
	gate_open(&gate);
	ck_assert_int_eq(future_executor_drain(lane, FUTURE_FOREVER), 0);
	ck_assert_uint_eq(stats_of(lane).completed, 4);
	future_executor_unref(lane);
	future_executor_unref(pool);
}
END_TEST

START_TEST(lanes_take_turns)
{
	future_executor_t *pool = pool_of(1);
	future_executor_t *a = lane_on(pool, 1), *b = lane_on(pool, 1);
	struct record record = { 0, "" };
	struct letter in_a = { &record, 'a' }, in_b = { &record, 'b' };
	struct letter in_pool = { &record, 'p' };
	struct gate gate = GATE_INIT;

	occupy(pool, 1, &gate);
	for (int i = 0; i < 4; i++)
		ck_assert_int_eq(future_execute(a, write_work, &in_a), 0);
	for (int i = 0; i < 3; i++)
		ck_assert_int_eq(future_execute(b, write_work, &in_b), 0);
	ck_assert_int_eq(future_execute(pool, write_work, &in_pool), 0);
	gate_open(&gate);
	ck_assert_int_eq(future_executor_drain(pool, FUTURE_FOREVER), 0);
	ck_assert_str_eq(record.text, "abpababa");
	future_executor_unref(a);
	future_executor_unref(b);
	future_executor_unref(pool);
}
END_TEST

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

START_TEST(continuations_stay_in_the_lane)
{
	future_executor_t *lane = lane_on(NULL, 1);
	future_executor_t *first = NULL, *second = NULL;
	future_t *task = future_submit(lane, note_current, &first);

	ck_assert_int_eq(outcome_of(future_then(task, note_current_then,
		&second)), 0);
	ck_assert_ptr_eq(first, lane);
	ck_assert_ptr_eq(second, lane);
	future_unref(task);
	future_executor_unref(lane);
}
END_TEST

static future_result_t follow_event(void *event)
{
	return future_follow(future_event_wait_async(event));
}

START_TEST(a_task_that_follows_holds_up_nobody_in_its_lane)
{
	future_executor_t *pool = pool_of(2), *lane = lane_on(pool, 1);
	future_event_t event = FUTURE_EVENT_INIT;
	future_t *follower = future_submit(lane, follow_event, &event);
	atomic_int ran = 0;

	ck_assert_int_eq(outcome_of(future_submit(lane, count_task, &ran)), 0);
	ck_assert_int_eq(future_state(follower), FUTURE_RUNNING);
	future_event_set(&event);
	ck_assert_int_eq(outcome_of(follower), 0);
	future_executor_unref(lane);
	future_executor_unref(pool);
}
END_TEST

START_TEST(ten_thousand_lanes_cost_no_thread)
{
	enum { LANES = 10000, TASKS = 3 };
	static future_executor_t *lanes[LANES];
	future_executor_t *pool = pool_of(2);
	size_t threads = threads_now();
	atomic_int ran = 0;

	for (int i = 0; i < LANES; i++)
		lanes[i] = lane_on(pool, 1);
	for (int i = 0; i < LANES * TASKS; i++)
		ck_assert_int_eq(future_execute(lanes[i % LANES], count_work,
			&ran), 0);
	ck_assert_uint_eq(threads_now(), threads);
	for (int i = 0; i < LANES; i++)
		future_executor_unref(lanes[i]);
	ck_assert_int_eq(ran, LANES * TASKS);
	future_executor_unref(pool);
}
END_TEST

START_TEST(a_lane_may_stand_on_a_lane_and_on_the_inline_executor)
{
	future_executor_t *pool = pool_of(2), *wide = lane_on(pool, 2);
	future_executor_t *narrow = lane_on(wide, 1);
	future_executor_t *here = lane_on(future_inline(), 1);
	struct serial serial = { 0, 0, 0 };
	struct place places[100];
	atomic_int ran = 0;

	for (int i = 0; i < 100; i++) {
		places[i] = (struct place){ &serial, i };
		future_unref(future_submit(narrow, serial_task, &places[i]));
	}
	ck_assert_int_eq(future_execute(here, count_work, &ran), 0);
	ck_assert_int_eq(ran, 1);
	future_executor_unref(here);
	future_executor_unref(wide);
	future_executor_unref(narrow);
	ck_assert_int_eq(serial.next, 100);
	ck_assert_int_eq(serial.wrong, 0);
	future_executor_unref(pool);
}
END_TEST

START_TEST(a_task_that_was_cancelled_never_runs)
{
	future_executor_t *pool = pool_of(1), *lane = lane_on(pool, 1);
	struct gate gate = GATE_INIT;
	atomic_int ran = 0;
	future_t *tasks[200];

	occupy(lane, 1, &gate);
	for (int i = 0; i < 200; i++)
		tasks[i] = future_submit(lane, count_task, &ran);
	for (int i = 0; i < 200; i++)
		ck_assert(i % 4 == 0 || future_cancel(tasks[i]));
	ck_assert_uint_eq(stats_of(lane).queued, 50);
	gate_open(&gate);
	ck_assert_int_eq(future_executor_drain(lane, FUTURE_FOREVER), 0);
	ck_assert_int_eq(ran, 50);
	ck_assert_uint_eq(stats_of(lane).cancelled, 150);
	ck_assert_uint_eq(stats_of(lane).completed, 51);
	for (int i = 0; i < 200; i++)
		future_unref(tasks[i]);
	future_executor_unref(lane);
	future_executor_unref(pool);
}
END_TEST

/* Waiting inside. */

struct wait {
	future_executor_t *lane;
	struct record record;
	int error;
};

static future_result_t wait_for_later(void *arg)
{
	struct wait *wait = arg;
	struct letter second = { &wait->record, 's' };
	struct letter third = { &wait->record, 't' };
	future_t *before = future_submit(wait->lane, write_task, &second);
	future_t *awaited = future_submit(wait->lane, write_task, &third);

	record_add(&wait->record, '(');
	wait->error = outcome_of(awaited);
	record_add(&wait->record, ')');
	future_unref(before);
	return future_ok(NULL);
}

START_TEST(a_task_may_wait_for_a_later_one_of_its_lane)
{
	future_executor_t *pool = pool_of(2);
	struct wait wait = { lane_on(pool, 1), { 0, "" }, EIO };

	ck_assert_int_eq(outcome_of(future_submit(wait.lane, wait_for_later,
		&wait)), 0);
	ck_assert_int_eq(wait.error, 0);
	ck_assert_str_eq(wait.record.text, "(st)");
	future_executor_unref(wait.lane);
	future_executor_unref(pool);
}
END_TEST

START_TEST(a_task_of_the_pool_may_wait_for_a_lane_that_nobody_runs)
{
	future_executor_t *pool = pool_of(1);
	struct wait wait = { lane_on(pool, 1), { 0, "" }, EIO };

	ck_assert_int_eq(outcome_of(future_submit(pool, wait_for_later,
		&wait)), 0);
	ck_assert_int_eq(wait.error, 0);
	ck_assert_str_eq(wait.record.text, "(st)");
	future_executor_unref(wait.lane);
	future_executor_unref(pool);
}
END_TEST

START_TEST(a_task_of_another_lane_may_wait_for_it)
{
	future_executor_t *pool = pool_of(1), *other = lane_on(pool, 1);
	struct wait wait = { lane_on(pool, 1), { 0, "" }, EIO };

	ck_assert_int_eq(outcome_of(future_submit(other, wait_for_later,
		&wait)), 0);
	ck_assert_int_eq(wait.error, 0);
	ck_assert_str_eq(wait.record.text, "(st)");
	future_executor_unref(other);
	future_executor_unref(wait.lane);
	future_executor_unref(pool);
}
END_TEST

struct depth {
	future_executor_t *lane;
	int left;
};

static future_result_t wait_deeper(void *arg)
{
	struct depth *depth = arg;

	future_t *deeper;
	intptr_t number;

	if (depth->left-- == 0)
		return future_ok_int(7);
	deeper = future_submit(depth->lane, wait_deeper, depth);
	number = future_result_int(future_get(deeper));
	future_unref(deeper);
	return future_ok_int(number);
}

START_TEST(a_row_of_waits_in_one_lane_ends)
{
	future_executor_t *pool = pool_of(2);
	struct depth depth = { lane_on(pool, 1), 50 };
	future_t *task = future_submit(depth.lane, wait_deeper, &depth);

	ck_assert_int_eq(future_result_int(future_get(task)), 7);
	future_unref(task);
	future_executor_unref(depth.lane);
	future_executor_unref(pool);
}
END_TEST

/* Another one is at work in the lane: whose turn it is has to be waited for. */
static future_result_t wait_behind(void *arg)
{
	struct wait *wait = arg;
	struct letter letter = { &wait->record, 'l' };

	wait->error = outcome_of(future_submit(wait->lane, write_task,
		&letter));
	return future_ok(NULL);
}

START_TEST(a_waiter_is_told_when_the_lane_is_free)
{
	future_executor_t *pool = pool_of(2);
	struct wait wait = { lane_on(pool, 1), { 0, "" }, EIO };
	struct gate gate = GATE_INIT;
	future_t *task;

	occupy(wait.lane, 1, &gate);
	task = future_submit(pool, wait_behind, &wait);
	while (stats_of(wait.lane).queued != 1)
		sched_yield();
	gate_open(&gate);
	ck_assert_int_eq(outcome_of(task), 0);
	ck_assert_int_eq(wait.error, 0);
	future_executor_unref(wait.lane);
	future_executor_unref(pool);
}
END_TEST

/* What is waited for comes only when the waiter sleeps. */
struct late {
	future_executor_t *lane;
	future_t *future;
	bool behind;	/* a task that is queued before it, with the runner */
	atomic_int tid;
};

static future_result_t wait_for_late(void *arg)
{
	struct late *late = arg;
	future_t *before = late->behind ? future_submit(late->lane,
		nothing_task, NULL) : NULL;
	int error;

	atomic_store(&late->tid, (int)thread_id());
	error = future_get(late->future).error;
	future_unref(before);
	return future_ok_int(error);
}

static intptr_t get_late(future_executor_t *where, struct late *late)
{
	future_promise_t *promise;
	future_t *source, *task;
	intptr_t error;

	ck_assert_int_eq(future_promise_new(NULL, &promise), 0);
	source = future_promise_future(promise);
	late->future = future_then_on(source, late->lane, error_then, NULL);
	task = future_submit(where, wait_for_late, late);
	while (atomic_load(&late->tid) == 0)
		sched_yield();
	thread_sleeps(atomic_load(&late->tid));
	ck_assert(future_promise_settle(promise, future_ok(NULL)));
	error = future_result_int(future_get(task));
	future_promise_free(promise);
	future_unref(source);
	future_unref(late->future);
	future_unref(task);
	return error;
}

START_TEST(a_task_that_sleeps_is_told_of_what_comes_to_its_lane)
{
	future_executor_t *pool = pool_of(2);
	struct late late = { .lane = lane_on(pool, 1) };

	ck_assert_int_eq(get_late(late.lane, &late), 0);
	future_executor_unref(late.lane);
	future_executor_unref(pool);
}
END_TEST

START_TEST(a_task_that_sleeps_is_told_of_what_comes_behind_a_runner)
{
	future_executor_t *pool = pool_of(1);
	struct late late = { .lane = lane_on(pool, 1), .behind = true };

	ck_assert_int_eq(get_late(pool, &late), 0);
	future_executor_unref(late.lane);
	future_executor_unref(pool);
}
END_TEST

START_TEST(a_wrong_lane_is_einval)
{
	future_executor_t *lane = NULL;

	ck_assert_int_eq(future_lane_new(NULL, 0, &lane), EINVAL);
	ck_assert_int_eq(future_lane_new(future_inline(), 1, NULL), EINVAL);
	ck_assert_ptr_null(lane);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("lane");
	TCase *tcase = suite_case(suite, "order");

	tcase_add_test(tcase,
		a_lane_of_one_runs_in_order_and_never_two_at_once);
	tcase_add_test(tcase,
		a_lane_runs_as_many_at_once_as_its_limit_and_no_more);
	tcase_add_test(tcase, lanes_take_turns);
	tcase_add_test(tcase, continuations_stay_in_the_lane);
	tcase_add_test(tcase,
		a_task_that_follows_holds_up_nobody_in_its_lane);
	tcase_add_test(tcase, ten_thousand_lanes_cost_no_thread);
	tcase_add_test(tcase,
		a_lane_may_stand_on_a_lane_and_on_the_inline_executor);
	tcase_add_test(tcase, a_task_that_was_cancelled_never_runs);
	tcase_add_test(tcase, a_wrong_lane_is_einval);
	tcase = suite_case(suite, "waits");
	tcase_add_test(tcase, a_task_may_wait_for_a_later_one_of_its_lane);
	tcase_add_test(tcase,
		a_task_of_the_pool_may_wait_for_a_lane_that_nobody_runs);
	tcase_add_test(tcase, a_task_of_another_lane_may_wait_for_it);
	tcase_add_test(tcase, a_row_of_waits_in_one_lane_ends);
	tcase_add_test(tcase, a_waiter_is_told_when_the_lane_is_free);
	tcase_add_test(tcase,
		a_task_that_sleeps_is_told_of_what_comes_to_its_lane);
	tcase_add_test(tcase,
		a_task_that_sleeps_is_told_of_what_comes_behind_a_runner);
	return suite_run(suite);
}
