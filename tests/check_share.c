/* A short task never waits behind a long one while a worker is idle. */
#define _GNU_SOURCE
#include "support.h"

/* Both workers take from: `before` short ones, a long one, 100 short ones. */
static void run_beside_long(size_t threads, size_t before)
{
	struct gate start = GATE_INIT, end = GATE_INIT, shorts = GATE_OPEN;
	future_executor_t *pool = pool_of(threads);

	occupy(pool, threads, &start);
	for (size_t i = 0; i < before; i++)
		ck_assert_int_eq(future_execute(pool, pass_work, &shorts), 0);
	for (size_t i = 0; i < threads - 1; i++)
		ck_assert_int_eq(future_execute(pool, pass_work, &end), 0);
	for (size_t i = 0; i < 100; i++)
		ck_assert_int_eq(future_execute(pool, pass_work, &shorts), 0);
	gate_open(&start);
	/* The long ones are still running: this hangs if one holds it up. */
	gate_await(&shorts, before + 100);
	gate_open(&end);
	future_executor_unref(pool);
}

START_TEST(as_many_tasks_as_workers_run_all_at_once)
{
	size_t threads = (size_t)_i;
	future_executor_t *pool = pool_of(threads);

	for (size_t i = 0; i < scaled(200); i++) {
		struct gate gate = GATE_INIT;

		/* Every worker has gone to sleep, or is about to. */
		ck_assert_int_eq(future_executor_drain(pool, FUTURE_FOREVER),
			0);
		occupy(pool, threads, &gate);
		gate_open(&gate);
		ck_assert_int_eq(future_executor_drain(pool, FUTURE_FOREVER),
			0);
	}
	future_executor_unref(pool);
}
END_TEST

static void yield_and_count(void *arg)
{
	for (int i = 0; i < 3; i++)
		sched_yield();
	count_work(arg);
}

/* It may take its first task from another's share, and is not idle then. */
START_TEST(a_worker_that_has_just_started_is_at_work)
{
	for (size_t i = 0; i < scaled(3000); i++) {
		future_executor_t *pool = pool_of(4);
		atomic_int done = 0;

		for (int j = 0; j < 10; j++)
			ck_assert_int_eq(future_execute(pool, yield_and_count,
				&done), 0);
		ck_assert_int_eq(future_executor_drain(pool, FUTURE_FOREVER),
			0);
		ck_assert_int_eq(done, 10);
		future_executor_unref(pool);
	}
}
END_TEST

START_TEST(a_short_task_never_waits_behind_a_long_one)
{
	for (size_t i = 0; i < scaled(50); i++)
		run_beside_long(2, (size_t)_i);
}
END_TEST

START_TEST(short_tasks_pass_three_long_ones_on_a_pool_of_four)
{
	for (size_t i = 0; i < scaled(50); i++)
		run_beside_long(4, (size_t)_i * 7);
}
END_TEST

START_TEST(short_tasks_run_one_by_one_beside_a_long_one)
{
	struct gate end = GATE_INIT;
	future_executor_t *pool = pool_of(2);

	occupy(pool, 1, &end);
	for (size_t i = 0; i < scaled(2000); i++)
		ck_assert_int_eq(outcome_of(future_submit(pool, nothing_task,
			NULL)), 0);
	gate_open(&end);
	future_executor_unref(pool);
}
END_TEST

struct brood {
	future_executor_t *pool;
	struct gate *shorts, *end;
};

/* Queues short ones from a worker, then is long itself. */
static void breed_and_stay(void *arg)
{
	struct brood *brood = arg;

	for (int i = 0; i < 100; i++)
		if (future_execute(brood->pool, pass_work, brood->shorts) != 0)
			abort();
	gate_pass(brood->end);
}

START_TEST(what_a_long_task_submits_is_run_by_the_others)
{
	struct gate end = GATE_INIT, shorts = GATE_OPEN;
	future_executor_t *pool = pool_of(2);
	struct brood brood = { pool, &shorts, &end };

	ck_assert_int_eq(future_execute(pool, breed_and_stay, &brood), 0);
	gate_await(&shorts, 100);
	gate_open(&end);
	future_executor_unref(pool);
}
END_TEST

/*
 * Two workers: one has a short task in its share.  The other, or both, run a
 * chain that is as good as endless, each link kept for the next.
 */

struct endless {
	atomic_int started;
	struct gate noted;
	size_t links;	/* before the short one, on the thread that ran it */
};

static _Thread_local size_t links_here;

static future_result_t chain_then(future_result_t in, void *arg)
{
	(void)arg;
	links_here++;
	return in;
}

/* Each is started by a worker of its own. */
static future_result_t start_task(void *arg)
{
	struct endless *endless = arg;

	atomic_fetch_add(&endless->started, 1);
	while (atomic_load(&endless->started) < 2)
		sched_yield();
	return future_ok(NULL);
}

static future_result_t stay_task(void *arg)
{
	struct endless *endless = arg;

	start_task(arg);
	gate_pass(&endless->noted);
	return future_ok(NULL);
}

static void note_chain(void *arg)
{
	struct endless *endless = arg;

	endless->links = links_here;
	gate_open(&endless->noted);
}

static future_t *endless_chain(future_t *last)
{
	for (size_t i = scaled(200000); i > 0; i--) {
		future_t *next = future_then(last, chain_then, NULL);

		future_unref(last);
		last = next;
	}
	return last;
}

START_TEST(a_chain_lets_what_is_in_a_share_run)
{
	struct endless endless = { 0, GATE_INIT, 0 };
	struct gate start = GATE_INIT;
	future_executor_t *pool = pool_of(2);
	future_t *first, *last;

	occupy(pool, 2, &start);
	first = future_submit(pool, _i == 0 ? start_task : stay_task,
		&endless);
	ck_assert_int_eq(future_execute(pool, note_chain, &endless), 0);
	last = endless_chain(future_submit(pool, start_task, &endless));
	if (_i == 0)
		first = endless_chain(first);
	gate_open(&start);
	ck_assert_int_eq(outcome_of(first), 0);
	ck_assert_int_eq(outcome_of(last), 0);
	future_executor_unref(pool);
	ck_assert_uint_le(endless.links, 1000);
}
END_TEST

static future_result_t pass_then(future_result_t in, void *arg)
{
	(void)in;
	gate_pass(arg);
	return future_ok(NULL);
}

static future_result_t open_then(future_result_t in, void *arg)
{
	(void)in;
	gate_open(arg);
	return future_ok(NULL);
}

START_TEST(a_long_continuation_holds_up_nobody_while_a_worker_is_idle)
{
	struct gate start = GATE_INIT, end = GATE_INIT, shorts = GATE_OPEN;
	future_executor_t *pool = pool_of(2);
	future_t *source = future_submit(pool, pass_task, &start);

	future_unref(future_then(source, pass_then, &end));
	for (int i = 0; i < 100; i++)
		future_unref(future_then(source, pass_then, &shorts));
	future_unref(source);
	gate_open(&start);
	gate_await(&shorts, 100);
	gate_open(&end);
	future_executor_unref(pool);
}
END_TEST

START_TEST(a_long_inline_continuation_holds_up_nobody)
{
	struct gate start = GATE_INIT, end = GATE_INIT;
	future_executor_t *pool = pool_of(2);
	future_t *source = future_submit(pool, pass_task, &start);

	future_unref(future_then(source, open_then, &end));
	future_unref(future_then_on(source, future_inline(), pass_then, &end));
	future_unref(source);
	gate_open(&start);
	/* Not closed before: a closed pool's idle workers leave. */
	ck_assert_int_eq(future_executor_drain(pool, FUTURE_FOREVER), 0);
	future_executor_unref(pool);
}
END_TEST

static future_result_t own_gate(void *arg)
{
	return future_own(arg, pass_work);
}

START_TEST(a_long_destructor_holds_up_nobody_while_a_worker_is_idle)
{
	struct gate start = GATE_INIT, end = GATE_INIT;
	atomic_int ran = 0;
	future_executor_t *pool = pool_of(2);
	future_t *owner, *next, *last;

	/* So that all hangs before the first of them runs. */
	occupy(pool, 2, &start);
	owner = future_submit(pool, own_gate, &end);
	next = future_then(owner, count_then, &ran);
	last = future_then(next, open_then, &end);
	/* The worker that runs `next` destroys the value of `owner`. */
	future_unref(owner);
	future_unref(next);
	gate_open(&start);
	ck_assert_int_eq(outcome_of(last), 0);
	future_executor_unref(pool);
}
END_TEST

struct busy {
	future_executor_t *pool;
	atomic_bool over;
};

/* Keeps the queue from ever being empty, until the pool is closed. */
static void busy_work(void *arg)
{
	struct busy *busy = arg;

	if (!atomic_load(&busy->over))
		(void)!future_execute(busy->pool, busy_work, busy);
}

START_TEST(a_share_behind_a_long_task_is_relieved_under_a_full_queue)
{
	struct gate one = GATE_INIT, other = GATE_INIT, end = GATE_INIT;
	struct gate shorts = GATE_OPEN;
	struct busy busy = { pool_of(2), false };

	occupy(busy.pool, 1, &one);
	occupy(busy.pool, 1, &other);
	ck_assert_int_eq(future_execute(busy.pool, pass_work, &end), 0);
	for (int i = 0; i < 8; i++)
		ck_assert_int_eq(future_execute(busy.pool, pass_work, &shorts),
			0);
	for (int i = 0; i < 7; i++)
		ck_assert_int_eq(future_execute(busy.pool, busy_work, &busy),
			0);
	/* The first takes half of the queue, and stays in the long one. */
	gate_open(&one);
	gate_await(&end, 1);
	gate_open(&other);
	gate_await(&shorts, 8);
	atomic_store(&busy.over, true);
	gate_open(&end);
	future_executor_unref(busy.pool);
}
END_TEST

struct chains {
	atomic_int links, before;
};

static future_result_t link_then(future_result_t in, void *arg)
{
	struct chains *chains = arg;

	(void)in;
	atomic_fetch_add(&chains->links, 1);
	return future_ok(NULL);
}

static void note_links(void *arg)
{
	struct chains *chains = arg;

	atomic_store(&chains->before, atomic_load(&chains->links));
}

START_TEST(a_queued_task_does_not_wait_for_the_end_of_a_chain)
{
	struct gate gate = GATE_INIT;
	struct chains chains = { 0, -1 };
	future_executor_t *pool = pool_of(2);

	for (int i = 0; i < 2; i++) {
		future_t *last = future_submit(pool, pass_task, &gate), *next;

		for (int j = 0; j < 10000; j++) {
			next = future_then(last, link_then, &chains);
			future_unref(last);
			last = next;
		}
		future_unref(last);
	}
	gate_await(&gate, 2);
	ck_assert_int_eq(future_execute(pool, note_links, &chains), 0);
	gate_open(&gate);
	future_executor_unref(pool);
	ck_assert_int_eq(chains.links, 20000);
	ck_assert_int_lt(chains.before, 5000);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("share");
	TCase *tcase = suite_case(suite, "share");

	tcase_add_loop_test(tcase,
		as_many_tasks_as_workers_run_all_at_once, 1, 9);
	tcase_add_test(tcase, a_worker_that_has_just_started_is_at_work);
	tcase_add_loop_test(tcase,
		a_short_task_never_waits_behind_a_long_one, 0, 12);
	tcase_add_loop_test(tcase,
		short_tasks_pass_three_long_ones_on_a_pool_of_four, 0, 6);
	tcase_add_test(tcase, short_tasks_run_one_by_one_beside_a_long_one);
	tcase_add_test(tcase, what_a_long_task_submits_is_run_by_the_others);
	tcase_add_loop_test(tcase, a_chain_lets_what_is_in_a_share_run, 0, 2);
	tcase_add_test(tcase,
		a_long_continuation_holds_up_nobody_while_a_worker_is_idle);
	tcase_add_test(tcase, a_long_inline_continuation_holds_up_nobody);
	tcase_add_test(tcase,
		a_share_behind_a_long_task_is_relieved_under_a_full_queue);
	tcase_add_test(tcase,
		a_queued_task_does_not_wait_for_the_end_of_a_chain);
	tcase_add_test(tcase,
		a_long_destructor_holds_up_nobody_while_a_worker_is_idle);
	return suite_run(suite);
}
