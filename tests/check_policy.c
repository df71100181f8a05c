/* What a full queue does, policy by policy. */
#define _GNU_SOURCE
#include "support.h"

/* Reject. */

START_TEST(reject_refuses_with_eagain_exactly_above_capacity)
{
	struct gate gate = GATE_INIT;
	size_t capacity = (size_t)_i;
	future_executor_t *pool = bounded(FUTURE_REJECT, capacity);
	atomic_int ran = 0;

	fill(pool, capacity, &gate, &ran);
	ck_assert_int_eq(future_execute(pool, count_work, &ran), EAGAIN);
	ck_assert_int_eq(outcome_of(future_submit(pool, count_task, &ran)),
		EAGAIN);
	gate_open(&gate);
	future_executor_unref(pool);
	ck_assert_int_eq(ran, _i);
}
END_TEST

START_TEST(reject_destroys_the_argument_inside_the_call)
{
	struct gate gate = GATE_INIT;
	future_executor_t *pool = bounded(FUTURE_REJECT, 1);
	atomic_int ran = 0, ends = 0;
	future_t *refused;

	fill(pool, 1, &gate, &ran);
	refused = future_submit_with(pool, &(future_task_t){
		.fn = nothing_task, .arg = &ends, .destroy_arg = count_work });
	ck_assert_int_eq(ends, 1);
	ck_assert_int_eq(future_state(refused), FUTURE_FAILED);
	future_unref(refused);
	gate_open(&gate);
	future_executor_unref(pool);
	ck_assert_int_eq(ends, 1);
}
END_TEST

START_TEST(reject_accepts_again_when_there_is_room)
{
	struct gate gate = GATE_INIT;
	future_executor_t *pool = bounded(FUTURE_REJECT, 2);
	atomic_int ran = 0;

	fill(pool, 2, &gate, &ran);
	ck_assert_int_eq(future_execute(pool, count_work, &ran), EAGAIN);
	gate_open(&gate);
	ck_assert_int_eq(future_executor_drain(pool, FUTURE_FOREVER), 0);
	ck_assert_int_eq(future_execute(pool, count_work, &ran), 0);
	future_executor_unref(pool);
	ck_assert_int_eq(ran, 3);
}
END_TEST

START_TEST(what_runs_takes_no_place_in_the_queue)
{
	struct gate gate = GATE_INIT;
	future_executor_t *pool = pool_with(&(future_pool_options_t){
		.threads = 4, .queue_capacity = 1 });
	atomic_int ran = 0;

	for (size_t i = 1; i <= 4; i++) {
		ck_assert_int_eq(future_execute(pool, pass_work, &gate), 0);
		gate_await(&gate, i);
	}
	ck_assert_int_eq(future_execute(pool, count_work, &ran), 0);
	ck_assert_int_eq(future_execute(pool, count_work, &ran), EAGAIN);
	gate_open(&gate);
	future_executor_unref(pool);
	ck_assert_int_eq(ran, 1);
}
END_TEST

START_TEST(what_a_worker_has_ahead_of_it_takes_its_place_in_the_queue)
{
	struct gate first = GATE_INIT, second = GATE_INIT;
	future_executor_t *pool = bounded(FUTURE_REJECT, 5);
	atomic_int ran = 0;

	occupy(pool, 1, &first);
	ck_assert_int_eq(future_execute(pool, pass_work, &second), 0);
	for (int i = 0; i < 4; i++)
		ck_assert_int_eq(future_execute(pool, count_work, &ran), 0);
	gate_open(&first);
	gate_await(&second, 1);
	ck_assert_int_eq(future_execute(pool, count_work, &ran), 0);
	ck_assert_int_eq(future_execute(pool, count_work, &ran), EAGAIN);
	gate_open(&second);
	future_executor_unref(pool);
	ck_assert_int_eq(ran, 5);
}
END_TEST

/* Every policy. */

START_TEST(a_cancelled_task_gives_its_place_back_at_once)
{
	struct gate gate = GATE_INIT;
	future_executor_t *pool = bounded((future_when_full_t)_i, 3);
	future_t *queued[3];
	atomic_int ran = 0;

	occupy(pool, 1, &gate);
	for (int i = 0; i < 3; i++)
		queued[i] = future_submit(pool, nothing_task, NULL);
	ck_assert(future_cancel(queued[1]));
	ck_assert_uint_eq(stats_of(pool).queued, 2);
	ck_assert_int_eq(future_execute(pool, count_work, &ran), 0);
	ck_assert_uint_eq(stats_of(pool).queued, 3);
	ck_assert_int_eq(ran, 0);
	gate_open(&gate);
	future_executor_unref(pool);
	for (int i = 0; i < 3; i++)
		ck_assert_int_eq(outcome_of(queued[i]),
			i == 1 ? ECANCELED : 0);
	ck_assert_int_eq(ran, 1);
}
END_TEST

START_TEST(places_given_back_a_thousand_times_do_not_fill_the_queue)
{
	struct gate gate = GATE_INIT;
	future_executor_t *pool = bounded((future_when_full_t)_i, 2);
	atomic_int ran = 0;

	fill(pool, 1, &gate, &ran);
	for (int i = 0; i < 1000; i++) {
		future_t *queued = future_submit(pool, nothing_task, NULL);

		ck_assert_int_eq(future_state(queued), FUTURE_PENDING);
		ck_assert(future_cancel(queued));
		future_unref(queued);
	}
	gate_open(&gate);
	future_executor_unref(pool);
	ck_assert_int_eq(ran, 1);
}
END_TEST

START_TEST(continuations_are_never_refused_for_want_of_room)
{
	struct gate gate = GATE_INIT;
	future_executor_t *pool = bounded((future_when_full_t)_i, 1);
	future_t *source = future_ready(future_ok(NULL)), *next[10];
	atomic_int ran = 0, later = 0;

	fill(pool, 1, &gate, &ran);
	for (int i = 0; i < 10; i++)
		next[i] = future_then_on(source, pool, count_then, &later);
	ck_assert_int_eq(later, 0);
	gate_open(&gate);
	for (int i = 0; i < 10; i++)
		ck_assert_int_eq(outcome_of(next[i]), 0);
	future_unref(source);
	future_executor_unref(pool);
	ck_assert_int_eq(later, 10);
}
END_TEST

struct flow {
	future_executor_t *pool;
	atomic_size_t ran, ok, again, cancelled, other;
};

static future_result_t flow_task(void *arg)
{
	struct flow *flow = arg;

	atomic_fetch_add(&flow->ran, 1);
	return future_ok(NULL);
}

static void flow_main(void *arg, size_t index)
{
	struct flow *flow = arg;
	future_t *window[20];

	(void)index;
	for (size_t i = 0; i < scaled(500); i++) {
		for (int j = 0; j < 20; j++)
			window[j] = future_submit(flow->pool, flow_task, flow);
		for (int j = 0; j < 20; j++) {
			int error = outcome_of(window[j]);

			atomic_fetch_add(error == 0 ? &flow->ok :
				error == EAGAIN ? &flow->again :
				error == ECANCELED ? &flow->cancelled :
				&flow->other, 1);
		}
	}
}

START_TEST(in_is_out_under_pressure)
{
	struct flow flow = { .pool = pool_with(&(future_pool_options_t){
		.threads = 2, .queue_capacity = 4,
		.when_full = (future_when_full_t)_i }) };

	together(4, flow_main, &flow);
	future_executor_unref(flow.pool);
	ck_assert_uint_eq(flow.ok + flow.again + flow.cancelled,
		4 * 20 * scaled(500));
	ck_assert_uint_eq(flow.ran, flow.ok);
	ck_assert_uint_eq(flow.other, 0);
	if (_i == FUTURE_BLOCK || _i == FUTURE_CALLER_RUNS)
		ck_assert_uint_eq(flow.ok, 4 * 20 * scaled(500));
	if (_i != FUTURE_DISCARD_OLDEST)
		ck_assert_uint_eq(flow.cancelled, 0);
}
END_TEST

START_TEST(the_queue_never_grows_beyond_its_capacity_from_outside)
{
	struct flow flow = { .pool = pool_with(&(future_pool_options_t){
		.threads = 2, .queue_capacity = 4,
		.when_full = (future_when_full_t)_i }) };
	future_executor_stats_t stats;

	together(4, flow_main, &flow);
	stats = stats_when_idle(flow.pool);
	future_executor_unref(flow.pool);
	ck_assert_uint_le(stats.peak_queue, 4);
	ck_assert_uint_eq(stats.queued, 0);
}
END_TEST

/* Caller runs. */

struct caller {
	pid_t tid;
	future_executor_t *current;
};

static void note_caller(void *arg)
{
	struct caller *caller = arg;

	caller->tid = thread_id();
	caller->current = future_current();
}

static future_result_t note_caller_task(void *arg)
{
	note_caller(arg);
	return future_ok_int(3);
}

START_TEST(caller_runs_runs_it_inside_submit)
{
	struct gate gate = GATE_INIT;
	future_executor_t *pool = bounded(FUTURE_CALLER_RUNS, 1);
	struct caller caller = { 0, NULL };
	atomic_int ran = 0;
	future_t *done;

	fill(pool, 1, &gate, &ran);
	done = future_submit(pool, note_caller_task, &caller);
	ck_assert_int_eq(future_state(done), FUTURE_OK);
	ck_assert_int_eq(future_result_int(future_get(done)), 3);
	ck_assert_int_eq(caller.tid, thread_id());
	ck_assert_int_eq(ran, 0);
	future_unref(done);
	gate_open(&gate);
	future_executor_unref(pool);
}
END_TEST

START_TEST(caller_runs_runs_it_inside_execute)
{
	struct gate gate = GATE_INIT;
	future_executor_t *pool = bounded(FUTURE_CALLER_RUNS, 1);
	struct caller caller = { 0, NULL };
	atomic_int ran = 0;

	fill(pool, 1, &gate, &ran);
	ck_assert_int_eq(future_execute(pool, note_caller, &caller), 0);
	ck_assert_int_eq(caller.tid, thread_id());
	gate_open(&gate);
	future_executor_unref(pool);
}
END_TEST

START_TEST(the_pool_is_current_where_its_caller_runs)
{
	struct gate gate = GATE_INIT;
	future_executor_t *pool = bounded(FUTURE_CALLER_RUNS, 1);
	struct caller caller = { 0, NULL };
	atomic_int ran = 0;

	fill(pool, 1, &gate, &ran);
	ck_assert_int_eq(future_execute(pool, note_caller, &caller), 0);
	ck_assert_ptr_eq(caller.current, pool);
	ck_assert_ptr_null(future_current());
	gate_open(&gate);
	future_executor_unref(pool);
}
END_TEST

struct late {
	future_executor_t *pool;
	atomic_int ran;
	future_t *next;
};

/* Releases a continuation after the pool was shut down. */
static future_result_t release_late(void *arg)
{
	struct late *late = arg;
	future_promise_t *promise;
	future_t *source;

	if (future_promise_new(late->pool, &promise) != 0)
		return future_fail(ENOMEM);
	source = future_promise_future(promise);
	late->next = future_then(source, count_then, &late->ran);
	future_unref(source);
	future_executor_shutdown(late->pool);
	future_promise_settle(promise, future_ok(NULL));
	future_promise_free(promise);
	return future_ok(NULL);
}

START_TEST(what_a_task_in_its_caller_releases_runs_after_shutdown)
{
	struct gate gate = GATE_INIT;
	struct late late = { bounded(FUTURE_CALLER_RUNS, 1), 0, NULL };
	atomic_int ran = 0;

	fill(late.pool, 1, &gate, &ran);
	ck_assert_int_eq(outcome_of(future_submit(late.pool, release_late,
		&late)), 0);
	gate_open(&gate);
	ck_assert_int_eq(outcome_of(late.next), 0);
	ck_assert_int_eq(late.ran, 1);
	future_executor_unref(late.pool);
}
END_TEST

START_TEST(caller_runs_does_not_run_what_comes_after_shutdown)
{
	struct gate gate = GATE_INIT;
	future_executor_t *pool = bounded(FUTURE_CALLER_RUNS, 1);
	atomic_int ran = 0;

	fill(pool, 1, &gate, &ran);
	future_executor_shutdown(pool);
	ck_assert_int_eq(future_execute(pool, count_work, &ran), ESHUTDOWN);
	gate_open(&gate);
	future_executor_unref(pool);
	ck_assert_int_eq(ran, 1);
}
END_TEST

/* A thread that runs a task of the pool inside its submit. */
struct inside {
	future_executor_t *pool;
	struct gate gate;	/* the task passes it */
	pthread_t thread;
};

static void *inside_main(void *arg)
{
	struct inside *inside = arg;

	if (outcome_of(future_submit(inside->pool, pass_task,
	    &inside->gate)) != 0)
		abort();
	return NULL;
}

/* When this returns, the thread is in its task, and the worker sleeps. */
static void inside_start(struct inside *inside)
{
	struct gate gate = GATE_INIT;
	struct caller worker = { 0, NULL };
	future_t *queued;

	occupy(inside->pool, 1, &gate);
	queued = future_submit(inside->pool, note_caller_task, &worker);
	inside->thread = thread_start(inside_main, inside);
	gate_await(&inside->gate, 1);
	gate_open(&gate);
	ck_assert_int_eq(outcome_of(queued), 0);
	thread_sleeps(worker.tid);
}

START_TEST(drain_waits_for_a_task_that_its_caller_runs)
{
	struct inside inside = { bounded(FUTURE_CALLER_RUNS, 1), GATE_INIT,
		0 };

	inside_start(&inside);
	ck_assert_int_eq(future_executor_drain(inside.pool, FUTURE_NOW),
		ETIMEDOUT);
	gate_open(&inside.gate);
	ck_assert_int_eq(future_executor_drain(inside.pool, FUTURE_FOREVER),
		0);
	thread_finish(inside.thread);
	future_executor_unref(inside.pool);
}
END_TEST

START_TEST(join_waits_for_a_task_that_its_caller_runs)
{
	struct inside inside = { bounded(FUTURE_CALLER_RUNS, 1), GATE_INIT,
		0 };

	inside_start(&inside);
	future_executor_shutdown(inside.pool);
	ck_assert_int_eq(future_executor_join(inside.pool, FUTURE_NOW),
		ETIMEDOUT);
	gate_open(&inside.gate);
	ck_assert_int_eq(future_executor_join(inside.pool, FUTURE_FOREVER),
		0);
	thread_finish(inside.thread);
	future_executor_unref(inside.pool);
}
END_TEST

static void add_reject(Suite *suite)
{
	TCase *tcase = suite_case(suite, "reject");

	tcase_add_loop_test(tcase,
		reject_refuses_with_eagain_exactly_above_capacity, 1, 5);
	tcase_add_test(tcase, reject_destroys_the_argument_inside_the_call);
	tcase_add_test(tcase, reject_accepts_again_when_there_is_room);
	tcase_add_test(tcase, what_runs_takes_no_place_in_the_queue);
	tcase_add_test(tcase,
		what_a_worker_has_ahead_of_it_takes_its_place_in_the_queue);
}

static void add_every(Suite *suite)
{
	TCase *tcase = suite_case(suite, "every policy");
	int end = FUTURE_DISCARD_OLDEST + 1;

	tcase_add_loop_test(tcase,
		a_cancelled_task_gives_its_place_back_at_once, 0, end);
	tcase_add_loop_test(tcase,
		places_given_back_a_thousand_times_do_not_fill_the_queue,
		0, end);
	tcase_add_loop_test(tcase,
		continuations_are_never_refused_for_want_of_room, 0, end);
	tcase_add_loop_test(tcase, in_is_out_under_pressure, 0, end);
	tcase_add_loop_test(tcase,
		the_queue_never_grows_beyond_its_capacity_from_outside,
		0, end);
}

static void add_caller_runs(Suite *suite)
{
	TCase *tcase = suite_case(suite, "caller runs");

	tcase_add_test(tcase, caller_runs_runs_it_inside_submit);
	tcase_add_test(tcase, caller_runs_runs_it_inside_execute);
	tcase_add_test(tcase, the_pool_is_current_where_its_caller_runs);
	tcase_add_test(tcase,
		what_a_task_in_its_caller_releases_runs_after_shutdown);
	tcase_add_test(tcase,
		caller_runs_does_not_run_what_comes_after_shutdown);
	tcase_add_test(tcase, drain_waits_for_a_task_that_its_caller_runs);
	tcase_add_test(tcase, join_waits_for_a_task_that_its_caller_runs);
}

int main(void)
{
	Suite *suite = suite_create("policy");

	add_reject(suite);
	add_every(suite);
	add_caller_runs(suite);
	return suite_run(suite);
}
