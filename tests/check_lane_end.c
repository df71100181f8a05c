/* Lanes: their ends, and those of their parents; timers; hooks. */
#define _GNU_SOURCE
#include "child.h"

static future_executor_t *lane_on(future_executor_t *parent)
{
	future_executor_t *lane = NULL;

	ck_assert_int_eq(future_lane_new(parent, 1, &lane), 0);
	return lane;
}

/* A pool with a lane of which a task stands at the gate; then two more. */
struct busy {
	future_executor_t *pool, *lane;
	struct gate gate;
	atomic_int ran;
	future_t *first, *last;
};

#define BUSY { NULL, NULL, GATE_INIT, 0, NULL, NULL }

static void busy_start(struct busy *busy)
{
	busy->pool = pool_of(2);
	busy->lane = lane_on(busy->pool);
	occupy(busy->lane, 1, &busy->gate);
	busy->first = future_submit(busy->lane, count_task, &busy->ran);
	busy->last = future_submit(busy->lane, count_task, &busy->ran);
}

static void busy_end(struct busy *busy, int error)
{
	ck_assert_int_eq(outcome_of(busy->first), error);
	ck_assert_int_eq(outcome_of(busy->last), error);
	future_executor_unref(busy->lane);
	future_executor_unref(busy->pool);
	ck_assert_int_eq(busy->ran, error == 0 ? 2 : 0);
}

START_TEST(after_a_shutdown_what_is_queued_runs_and_nothing_new)
{
	struct busy busy = BUSY;
	future_t *next, *late;

	busy_start(&busy);
	next = future_then(busy.last, count_then, &busy.ran);
	future_executor_shutdown(busy.lane);
	late = future_submit(busy.lane, count_task, &busy.ran);
	ck_assert_int_eq(outcome_of(late), ESHUTDOWN);
	ck_assert_int_eq(future_execute(busy.lane, count_work, &busy.ran),
		ESHUTDOWN);
	ck_assert_int_eq(future_executor_join(busy.lane, FUTURE_NOW),
		ETIMEDOUT);
	gate_open(&busy.gate);
	ck_assert_int_eq(future_executor_join(busy.lane, FUTURE_FOREVER), 0);
	ck_assert_int_eq(busy.ran, 3);
	ck_assert_int_eq(outcome_of(next), 0);
	ck_assert_uint_eq(stats_of(busy.lane).refused, 2);
	busy.ran = 2;
	busy_end(&busy, 0);
}
END_TEST

START_TEST(an_open_lane_cannot_be_joined)
{
	future_executor_t *lane = lane_on(NULL);

	ck_assert_int_eq(future_executor_join(lane, FUTURE_FOREVER), EBUSY);
	future_executor_unref(lane);
}
END_TEST

static void until_asked(void *gate)
{
	gate_pass(gate);
	while (!future_cancel_requested())
		sched_yield();
}

START_TEST(a_cancel_settles_what_is_queued_and_asks_what_runs)
{
	struct busy busy = BUSY;
	struct gate here = GATE_OPEN;

	busy.pool = pool_of(2);
	busy.lane = lane_on(busy.pool);
	ck_assert_int_eq(future_execute(busy.lane, until_asked, &here), 0);
	gate_await(&here, 1);
	busy.first = future_submit(busy.lane, count_task, &busy.ran);
	busy.last = future_submit(busy.lane, count_task, &busy.ran);
	ck_assert_uint_eq(future_executor_cancel(busy.lane), 2);
	ck_assert_int_eq(future_state(busy.last), FUTURE_CANCELLED);
	ck_assert_int_eq(future_executor_join(busy.lane, FUTURE_FOREVER), 0);
	ck_assert_uint_eq(stats_of(busy.lane).cancelled, 2);
	/* The parent is alone. */
	ck_assert_int_eq(outcome_of(future_submit(busy.pool, nothing_task,
		NULL)), 0);
	busy_end(&busy, ECANCELED);
}
END_TEST

START_TEST(after_a_shutdown_of_its_parent_a_lane_runs_what_it_has)
{
	struct busy busy = BUSY;
	future_t *late;

	busy_start(&busy);
	future_executor_shutdown(busy.pool);
	late = future_submit(busy.lane, count_task, &busy.ran);
	ck_assert_int_eq(outcome_of(late), ESHUTDOWN);
	gate_open(&busy.gate);
	ck_assert_int_eq(future_executor_join(busy.pool, FUTURE_FOREVER), 0);
	ck_assert_int_eq(busy.ran, 2);
	busy_end(&busy, 0);
}
END_TEST

START_TEST(a_cancel_of_its_parent_settles_what_a_lane_has)
{
	struct busy busy = BUSY;
	future_executor_t *idle;
	struct gate second = GATE_INIT;
	future_t *waiting;

	busy_start(&busy);
	idle = lane_on(busy.pool);
	occupy(busy.pool, 1, &second);
	waiting = future_submit(idle, count_task, &busy.ran);
	future_executor_cancel(busy.pool);
	ck_assert_int_eq(future_state(waiting), FUTURE_CANCELLED);
	gate_open(&busy.gate);
	gate_open(&second);
	ck_assert_int_eq(outcome_of(waiting), ECANCELED);
	future_executor_unref(idle);
	busy_end(&busy, ECANCELED);
}
END_TEST

/* Waits, at work in a lane, for what is queued behind it. */
struct behind {
	struct gate gate;
	future_t *future;
};

static future_result_t wait_behind(void *arg)
{
	struct behind *behind = arg;

	gate_pass(&behind->gate);
	return future_ok_int(future_get(behind->future).error);
}

START_TEST(after_a_cancel_of_its_parent_no_wait_runs_what_a_lane_has)
{
	struct behind behind = { .gate = GATE_INIT };
	future_executor_t *pool = pool_of(2), *lane = lane_on(pool);
	future_t *waits = future_submit(lane, wait_behind, &behind);
	atomic_int ran = 0;

	behind.future = future_submit(lane, count_task, &ran);
	gate_await(&behind.gate, 1);
	future_executor_cancel(pool);
	gate_open(&behind.gate);
	ck_assert_int_eq(future_result_int(future_get(waits)), ECANCELED);
	ck_assert_int_eq(ran, 0);
	future_unref(waits);
	future_unref(behind.future);
	future_executor_unref(lane);
	future_executor_unref(pool);
}
END_TEST

START_TEST(a_lane_keeps_its_parent_open)
{
	size_t threads = threads_before();
	struct busy busy = BUSY;

	busy_start(&busy);
	future_executor_unref(busy.pool);
	busy.pool = NULL;
	gate_open(&busy.gate);
	ck_assert_int_eq(outcome_of(future_submit(busy.lane, nothing_task,
		NULL)), 0);
	busy_end(&busy, 0);
	threads_become(threads);
}
END_TEST

static void unref_lane(void *lane)
{
	future_executor_unref(lane);
}

START_TEST(the_last_handle_may_go_inside)
{
	size_t threads = threads_before();
	future_executor_t *pool = pool_of(2), *lane = lane_on(pool);
	atomic_int ran = 0;

	ck_assert_int_eq(future_execute(lane, unref_lane, lane), 0);
	future_executor_unref(pool);
	threads_become(threads);
	pool = pool_of(1);
	lane = lane_on(pool);
	/* And with the pool's own behind it. */
	ck_assert_int_eq(future_executor_drain(pool, FUTURE_FOREVER), 0);
	ck_assert_int_eq(future_execute(lane, unref_lane, lane), 0);
	ck_assert_int_eq(future_execute(pool, count_work, &ran), 0);
	future_executor_unref(pool);
	threads_become(threads);
	ck_assert_int_eq(ran, 1);
}
END_TEST

START_TEST(a_detached_lane_runs_what_it_has)
{
	struct busy busy = BUSY;

	busy_start(&busy);
	future_executor_detach(busy.lane);
	busy.lane = NULL;
	gate_open(&busy.gate);
	busy_end(&busy, 0);
}
END_TEST

struct inside {
	future_executor_t *pool, *lane;
	int drains, joins;
};

static void wait_inside(void *arg)
{
	struct inside *inside = arg;

	inside->drains = future_executor_drain(inside->lane, FUTURE_FOREVER);
	inside->joins = future_executor_join(inside->lane, FUTURE_FOREVER);
}

START_TEST(nobody_waits_for_a_lane_in_it_or_beneath)
{
	struct inside inside = { pool_of(2), NULL, 0, 0 };
	future_executor_t *on;

	inside.lane = lane_on(inside.pool);
	on = inside.lane;
	for (int i = 0; i < 2; i++) {
		inside.drains = inside.joins = 0;
		ck_assert_int_eq(future_execute(on, wait_inside, &inside), 0);
		ck_assert_int_eq(future_executor_drain(inside.pool,
			FUTURE_FOREVER), 0);
		ck_assert_int_eq(inside.drains, EDEADLK);
		ck_assert_int_eq(inside.joins, EDEADLK);
		on = inside.pool;
	}
	future_executor_unref(inside.lane);
	future_executor_unref(inside.pool);
}
END_TEST

START_TEST(timers_of_a_lane_end_with_it)
{
	future_executor_t *pool = pool_of(1), *lane = lane_on(pool);
	future_t *soon = future_after(lane, future_in_ms(1));
	future_t *others = future_after(pool, future_in_ms(3600000)), *late[9];

	ck_assert_int_eq(outcome_of(soon), 0);
	for (int i = 0; i < 9; i++)
		late[i] = future_after(lane, future_in_ms(3600000 - i % 3));
	ck_assert_uint_eq(future_executor_cancel(lane), 9);
	for (int i = 0; i < 9; i++)
		ck_assert_int_eq(outcome_of(late[i]), ECANCELED);
	future_executor_unref(lane);
	lane = lane_on(pool);
	late[0] = future_after(lane, future_in_ms(3600000));
	future_executor_unref(lane);
	ck_assert_int_eq(outcome_of(late[0]), ESHUTDOWN);
	ck_assert_int_eq(future_state(others), FUTURE_PENDING);
	future_cancel(others);
	future_unref(others);
	future_executor_unref(pool);
}
END_TEST

static future_result_t count_to_three(void *arg)
{
	return atomic_fetch_add((atomic_int *)arg, 1) == 2 ? future_fail(EIO) :
		future_ok(NULL);
}

START_TEST(a_schedule_runs_in_a_lane)
{
	future_executor_t *lane = lane_on(NULL);
	atomic_int ran = 0;
	future_t *every = future_every(lane, &(future_schedule_t){
		.period_ns = 1000, .fn = count_to_three, .arg = &ran });

	ck_assert_int_eq(outcome_of(every), EIO);
	ck_assert_int_eq(ran, 3);
	future_executor_unref(lane);
}
END_TEST

START_TEST(a_future_outlives_the_lane_that_was_its_home)
{
	future_executor_t *pool = pool_of(1), *lane = lane_on(pool);
	future_t *task = future_submit(lane, nothing_task, NULL);
	atomic_int ran = 0;

	future_executor_unref(lane);
	/* In the same shell. */
	lane = lane_on(pool);
	ck_assert_int_eq(outcome_of(future_then(task, count_then, &ran)),
		ESHUTDOWN);
	ck_assert_int_eq(ran, 0);
	future_unref(task);
	future_executor_unref(lane);
	future_executor_unref(pool);
}
END_TEST

static void count_before(void *arg, void *captured, const char *name)
{
	(void)captured;
	(void)name;
	count_work(arg);
}

START_TEST(the_hooks_of_its_parent_are_called)
{
	atomic_int before = 0;
	future_executor_t *pool = pool_with(&(future_pool_options_t){
		.threads = 1, .before = count_before, .hook_arg = &before,
		.timing = true });
	future_executor_t *lane = lane_on(pool);

	ck_assert_int_eq(outcome_of(future_submit(lane, nothing_task, NULL)),
		0);
	ck_assert_int_eq(outcome_of(future_submit(pool, nothing_task, NULL)),
		0);
	future_executor_unref(lane);
	ck_assert_int_eq(before, 2);
	future_executor_unref(pool);
}
END_TEST

static void in_forked_child(void *lane)
{
	future_executor_t *other = NULL;
	future_t *task = future_submit(lane, nothing_task, NULL);

	CHILD_ASSERT(future_get(task).error == ECHILD);
	CHILD_ASSERT(future_lane_new(lane, 1, &other) == ECHILD);
	future_unref(task);
}

START_TEST(in_a_forked_child_a_lane_is_echild)
{
	future_executor_t *lane;

	if (skipped(under_tsan(), "the child of a process with threads"))
		return;
	lane = lane_on(NULL);
	ck_assert_int_eq(outcome_of(future_submit(lane, nothing_task, NULL)),
		0);
	ck_assert_int_eq(in_child(in_forked_child, lane), 0);
	future_executor_unref(lane);
}
END_TEST

static future_result_t leave_task(void *arg)
{
	(void)arg;
	pthread_exit(NULL);
}

START_TEST(a_lane_goes_on_after_a_task_that_calls_pthread_exit)
{
	future_executor_t *pool = pool_of(1), *lane = lane_on(pool);
	atomic_int ran = 0;
	future_t *left = future_submit(lane, leave_task, NULL);

	ck_assert_int_eq(future_execute(lane, count_work, &ran), 0);
	ck_assert_int_eq(outcome_of(left), ECANCELED);
	future_executor_unref(lane);
	ck_assert_int_eq(ran, 1);
	future_executor_unref(pool);
}
END_TEST

START_TEST(a_lane_on_a_loop_is_run_by_who_closes_it)
{
	future_executor_t *loop = NULL, *lane;
	atomic_int ran = 0;

	ck_assert_int_eq(future_loop_new(&loop), 0);
	lane = lane_on(loop);
	for (int i = 0; i < 5; i++)
		ck_assert_int_eq(future_execute(lane, count_work, &ran), 0);
	future_executor_unref(lane);
	ck_assert_int_eq(ran, 5);
	future_executor_unref(loop);
}
END_TEST

/* Its tasks never end by themselves. */
struct endless {
	future_executor_t *lane;
	atomic_bool over;
};

static void go_on_work(void *arg)
{
	struct endless *endless = arg;

	if (!atomic_load(&endless->over))
		ck_assert_int_eq(future_execute(endless->lane, go_on_work,
			endless), 0);
}

START_TEST(a_drain_of_a_lane_on_a_loop_ends_at_its_deadline)
{
	future_executor_t *loop = NULL;
	struct endless endless = { 0 };

	ck_assert_int_eq(future_loop_new(&loop), 0);
	endless.lane = lane_on(loop);
	go_on_work(&endless);
	ck_assert_int_eq(future_executor_drain(endless.lane, FUTURE_NOW),
		ETIMEDOUT);
	ck_assert_int_eq(future_executor_drain(endless.lane, future_in_ms(5)),
		ETIMEDOUT);
	atomic_store(&endless.over, true);
	future_executor_unref(endless.lane);
	future_executor_unref(loop);
}
END_TEST

struct closer {
	future_executor_t *executor;
	atomic_int tid;
};

static void *run_pending_main(void *loop)
{
	future_loop_run_pending(loop);
	return NULL;
}

static void *close_main(void *arg)
{
	struct closer *closer = arg;

	atomic_store(&closer->tid, (int)thread_id());
	future_executor_unref(closer->executor);
	return NULL;
}

START_TEST(who_closes_a_lane_runs_the_loop_once_nobody_else_does)
{
	struct gate gate = GATE_INIT;
	future_executor_t *loop = NULL;
	struct closer closer = { NULL, 0 };
	pthread_t runs, closes;
	atomic_int ran = 0;

	ck_assert_int_eq(future_loop_new(&loop), 0);
	closer.executor = lane_on(loop);
	ck_assert_int_eq(future_execute(loop, pass_work, &gate), 0);
	runs = thread_start(run_pending_main, loop);
	gate_await(&gate, 1);
	/* Not in this pass. */
	ck_assert_int_eq(future_execute(closer.executor, count_work, &ran), 0);
	closes = thread_start(close_main, &closer);
	while (atomic_load(&closer.tid) == 0)
		sched_yield();
	thread_sleeps(atomic_load(&closer.tid));
	gate_open(&gate);
	thread_finish(runs);
	thread_finish(closes);
	ck_assert_int_eq(ran, 1);
	future_executor_unref(loop);
}
END_TEST

START_TEST(a_lane_in_a_sim_is_run_by_it)
{
	future_executor_t *sim = NULL, *lane;
	atomic_int ran = 0;
	future_t *timer;

	ck_assert_int_eq(future_sim_new(1, &sim), 0);
	lane = lane_on(NULL);
	for (int i = 0; i < 5; i++)
		ck_assert_int_eq(future_execute(lane, count_work, &ran), 0);
	timer = future_after(lane, future_in_ms(3600000));
	ck_assert_int_eq(outcome_of(future_then(timer, count_then, &ran)), 0);
	ck_assert_int_eq(ran, 6);
	ck_assert_int_eq(future_execute(lane, count_work, &ran), 0);
	future_unref(timer);
	future_executor_unref(lane);
	ck_assert_int_eq(ran, 7);
	future_executor_unref(sim);
}
END_TEST

static void unref_work(void *executor)
{
	future_executor_unref(executor);
}

/* A handle of a lane keeps a loop open, but nobody could run it with that. */
static void lane_closed_before_its_loop(void (*close_it)(void *lane),
	bool inside)
{
	future_executor_t *loop = NULL, *lane;
	atomic_int ran = 0;

	ck_assert_int_eq(future_loop_new(&loop), 0);
	lane = lane_on(loop);
	if (inside)
		ck_assert_int_eq(future_execute(lane, close_it, lane), 0);
	for (int i = 0; i < 3; i++)
		ck_assert_int_eq(future_execute(lane, count_work, &ran), 0);
	if (inside)
		ck_assert_uint_eq(future_loop_run_pending(loop), 1);
	else
		close_it(lane);
	future_executor_unref(loop);
	ck_assert_int_eq(ran, 3);
}

static void detach_work(void *executor)
{
	future_executor_detach(executor);
}

START_TEST(the_last_handle_of_a_loop_runs_what_its_closed_lanes_have)
{
	int before = dup(0), after;

	lane_closed_before_its_loop(unref_work, true);
	lane_closed_before_its_loop(detach_work, false);
	after = dup(0);
	/* The loops have given theirs back. */
	ck_assert_int_eq(after, before + 1);
	close(after);
	close(before);
}
END_TEST

START_TEST(a_detached_lane_is_the_last_to_keep_its_loop)
{
	future_executor_t *loop = NULL, *lane, *upper;
	atomic_int ran = 0;

	ck_assert_int_eq(future_loop_new(&loop), 0);
	lane = lane_on(loop);
	upper = lane_on(lane);
	for (int i = 0; i < 3; i++)
		ck_assert_int_eq(future_execute(upper, count_work, &ran), 0);
	future_executor_unref(loop);
	future_executor_detach(lane);
	ck_assert_int_eq(ran, 0);
	future_executor_detach(upper);
	ck_assert_int_eq(ran, 3);
}
END_TEST

START_TEST(the_last_handle_of_a_sim_runs_what_its_closed_lanes_have)
{
	future_executor_t *sim = NULL, *lane;
	atomic_int ran = 0;

	ck_assert_int_eq(future_sim_new(1, &sim), 0);
	lane = lane_on(sim);
	for (int i = 0; i < 3; i++)
		ck_assert_int_eq(future_execute(lane, count_work, &ran), 0);
	future_executor_detach(lane);
	future_executor_unref(sim);
	ck_assert_int_eq(ran, 3);
	ck_assert_int_eq(future_sim_new(1, &sim), 0);
	future_executor_unref(sim);
}
END_TEST

static void *cancel_main(void *executor)
{
	ck_assert_uint_eq(future_executor_cancel(executor), 0);
	return NULL;
}

START_TEST(a_lane_in_a_sim_is_not_over_while_another_thread_is_in_it)
{
	struct gate gate = GATE_INIT;
	future_executor_t *sim = NULL, *lane, *next;
	pthread_t cancels;

	ck_assert_int_eq(future_sim_new(1, &sim), 0);
	lane = lane_on(sim);
	future_unref(future_submit_with(lane, &(future_task_t){
		.fn = nothing_task, .arg = &gate,
		.destroy_arg = pass_work }));
	cancels = thread_start(cancel_main, sim);
	gate_await(&gate, 1);
	future_executor_unref(lane);
	/* It has not been given the same memory. */
	next = lane_on(sim);
	gate_open(&gate);
	thread_finish(cancels);
	ck_assert_uint_eq(stats_of(next).running, 0);
	ck_assert_int_eq(future_executor_drain(next, FUTURE_FOREVER), 0);
	future_executor_unref(next);
	future_executor_unref(sim);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("lane_end");
	TCase *tcase = suite_case(suite, "end");

	tcase_add_test(tcase,
		after_a_shutdown_what_is_queued_runs_and_nothing_new);
	tcase_add_test(tcase, an_open_lane_cannot_be_joined);
	tcase_add_test(tcase,
		a_cancel_settles_what_is_queued_and_asks_what_runs);
	tcase_add_test(tcase,
		after_a_shutdown_of_its_parent_a_lane_runs_what_it_has);
	tcase_add_test(tcase, a_cancel_of_its_parent_settles_what_a_lane_has);
	tcase_add_test(tcase,
		after_a_cancel_of_its_parent_no_wait_runs_what_a_lane_has);
	tcase_add_test(tcase, a_lane_keeps_its_parent_open);
	tcase_add_test(tcase, the_last_handle_may_go_inside);
	tcase_add_test(tcase, a_detached_lane_runs_what_it_has);
	tcase_add_test(tcase, nobody_waits_for_a_lane_in_it_or_beneath);
	tcase = suite_case(suite, "more");
	tcase_add_test(tcase, timers_of_a_lane_end_with_it);
	tcase_add_test(tcase, a_schedule_runs_in_a_lane);
	tcase_add_test(tcase, a_future_outlives_the_lane_that_was_its_home);
	tcase_add_test(tcase, the_hooks_of_its_parent_are_called);
	tcase_add_test(tcase, in_a_forked_child_a_lane_is_echild);
	tcase_add_test(tcase,
		a_lane_goes_on_after_a_task_that_calls_pthread_exit);
	tcase = suite_case(suite, "without threads");
	tcase_add_test(tcase, a_lane_on_a_loop_is_run_by_who_closes_it);
	tcase_add_test(tcase,
		a_drain_of_a_lane_on_a_loop_ends_at_its_deadline);
	tcase_add_test(tcase,
		who_closes_a_lane_runs_the_loop_once_nobody_else_does);
	tcase_add_test(tcase,
		the_last_handle_of_a_loop_runs_what_its_closed_lanes_have);
	tcase_add_test(tcase, a_detached_lane_is_the_last_to_keep_its_loop);
	tcase_add_test(tcase, a_lane_in_a_sim_is_run_by_it);
	tcase_add_test(tcase,
		the_last_handle_of_a_sim_runs_what_its_closed_lanes_have);
	tcase_add_test(tcase,
		a_lane_in_a_sim_is_not_over_while_another_thread_is_in_it);
	return suite_run(suite);
}
