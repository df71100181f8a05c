/* In which order a pool runs what it was given, and that it loses nothing. */
#define _GNU_SOURCE
#include "support.h"

/* A task that knows when it is its turn. */
struct turn {
	atomic_int *next;
	atomic_int *wrong;
	int mine;
};

static void turn_work(void *arg)
{
	struct turn *turn = arg;

	if (atomic_fetch_add(turn->next, 1) != turn->mine)
		atomic_fetch_add(turn->wrong, 1);
}

static future_result_t turn_task(void *arg)
{
	turn_work(arg);
	return future_ok(NULL);
}

static future_result_t turn_then(future_result_t in, void *arg)
{
	(void)in;
	turn_work(arg);
	return future_ok(NULL);
}

enum { TURNS = 2000 };

struct turns {
	atomic_int next, wrong;
	struct turn turn[TURNS];
};

static struct turns *turns_new(void)
{
	struct turns *turns = calloc(1, sizeof(*turns));

	ck_assert_ptr_nonnull(turns);
	for (int i = 0; i < TURNS; i++)
		turns->turn[i] = (struct turn){ &turns->next, &turns->wrong,
			i };
	return turns;
}

/* All had their turn, in order. */
static void turns_finish(struct turns *turns)
{
	ck_assert_int_eq(turns->next, TURNS);
	ck_assert_int_eq(turns->wrong, 0);
	free(turns);
}

START_TEST(a_pool_of_one_runs_first_in_first_out)
{
	struct turns *turns = turns_new();
	future_executor_t *pool = pool_of(1);

	for (int i = 0; i < TURNS; i++)
		ck_assert_int_eq(future_execute(pool, turn_work,
			&turns->turn[i]), 0);
	future_executor_unref(pool);
	turns_finish(turns);
}
END_TEST

START_TEST(submit_and_execute_share_one_queue)
{
	struct turns *turns = turns_new();
	struct gate gate = GATE_INIT;
	future_executor_t *pool = pool_of(1);

	occupy(pool, 1, &gate);
	for (int i = 0; i < TURNS; i += 2) {
		future_unref(future_submit(pool, turn_task, &turns->turn[i]));
		ck_assert_int_eq(future_execute(pool, turn_work,
			&turns->turn[i + 1]), 0);
	}
	gate_open(&gate);
	future_executor_unref(pool);
	turns_finish(turns);
}
END_TEST

START_TEST(a_bounded_pool_of_one_runs_first_in_first_out)
{
	struct turns *turns = turns_new();
	future_executor_t *pool = pool_with(&(future_pool_options_t){
		.threads = 1, .queue_capacity = 3, .when_full = FUTURE_BLOCK });

	for (int i = 0; i < TURNS; i++)
		ck_assert_int_eq(future_execute(pool, turn_work,
			&turns->turn[i]), 0);
	future_executor_unref(pool);
	turns_finish(turns);
}
END_TEST

START_TEST(continuations_of_one_future_run_in_order_on_a_pool_of_one)
{
	struct turns *turns = turns_new();
	struct gate gate = GATE_INIT;
	future_executor_t *pool = pool_of(1);
	future_t *source = future_submit(pool, pass_task, &gate);

	for (int i = 0; i < TURNS; i++)
		future_unref(future_then(source, turn_then, &turns->turn[i]));
	gate_open(&gate);
	future_unref(source);
	future_executor_unref(pool);
	turns_finish(turns);
}
END_TEST

START_TEST(a_continuation_runs_behind_what_is_queued_on_a_pool_of_one)
{
	struct record record = { 0, "" };
	struct letter queued = { &record, 'q' }, after = { &record, 't' };
	struct gate gate = GATE_INIT;
	future_executor_t *pool = pool_of(1);
	future_t *source = future_submit(pool, pass_task, &gate);

	future_unref(future_then(source, write_then, &after));
	ck_assert_int_eq(future_execute(pool, write_work, &queued), 0);
	gate_open(&gate);
	future_unref(source);
	future_executor_unref(pool);
	ck_assert_str_eq(record.text, "qt");
}
END_TEST

/* Nothing is lost. */

START_TEST(a_pool_dropped_with_10000_queued_tasks_loses_none)
{
	int tasks = (int)scaled(10000);
	struct gate gate = GATE_INIT;
	future_executor_t *pool = pool_of(2);
	atomic_int ran = 0;

	occupy(pool, 2, &gate);
	for (int i = 0; i < tasks; i++)
		ck_assert_int_eq(future_execute(pool, count_work, &ran), 0);
	ck_assert_int_eq(ran, 0);
	gate_open(&gate);
	future_executor_unref(pool);
	ck_assert_int_eq(ran, tasks);
}
END_TEST

START_TEST(a_pool_dropped_with_10000_queued_futures_settles_them_all)
{
	size_t tasks = scaled(10000);
	future_t **futures = calloc(tasks, sizeof(*futures));
	struct gate gate = GATE_INIT;
	future_executor_t *pool = pool_of(2);

	occupy(pool, 2, &gate);
	for (size_t i = 0; i < tasks; i++)
		futures[i] = future_submit(pool, nothing_task, futures);
	gate_open(&gate);
	future_executor_unref(pool);
	for (size_t i = 0; i < tasks; i++) {
		ck_assert_int_eq(future_state(futures[i]), FUTURE_OK);
		ck_assert_ptr_eq(future_get(futures[i]).value, futures);
		future_unref(futures[i]);
	}
	free(futures);
}
END_TEST

struct producers {
	future_executor_t *pool;
	atomic_int ran;
	size_t each;
};

static void produce(void *arg, size_t index)
{
	struct producers *producers = arg;

	for (size_t i = 0; i < producers->each; i++)
		if ((i + index) % 2 == 0)
			future_unref(future_submit(producers->pool, count_task,
				&producers->ran));
		else if (future_execute(producers->pool, count_work,
				&producers->ran) != 0)
			abort();
}

START_TEST(many_producers_lose_nothing)
{
	struct producers producers = { pool_of((size_t)_i), 0,
		scaled(20000) };

	together(8, produce, &producers);
	future_executor_unref(producers.pool);
	ck_assert_int_eq(producers.ran, (int)(8 * producers.each));
}
END_TEST

struct tree {
	future_executor_t *pool;
	atomic_int *nodes;
	int height;
};

/* Submits two smaller ones, from the worker. */
static future_result_t tree_task(void *arg)
{
	struct tree *tree = arg, below = *tree;
	future_task_t task = { .fn = tree_task, .arg = &below,
		.arg_size = sizeof(below) };

	atomic_fetch_add(tree->nodes, 1);
	if (below.height-- > 0)
		for (int i = 0; i < 2; i++)
			future_unref(future_submit_with(tree->pool, &task));
	return future_ok(NULL);
}

START_TEST(a_tree_of_tasks_that_submit_tasks_is_complete)
{
	atomic_int nodes = 0;
	struct tree tree = { pool_of(4), &nodes, 14 };

	ck_assert_int_eq(outcome_of(future_submit(tree.pool, tree_task,
		&tree)), 0);
	ck_assert_int_eq(future_executor_drain(tree.pool, FUTURE_FOREVER), 0);
	ck_assert_int_eq(nodes, (1 << 15) - 1);
	future_executor_unref(tree.pool);
}
END_TEST

START_TEST(two_pools_know_nothing_of_each_other)
{
	future_executor_t *stuck = pool_of(1), *free_one = pool_of(1);
	struct gate gate = GATE_INIT;
	atomic_int ran = 0;

	occupy(stuck, 1, &gate);
	ck_assert_int_eq(future_execute(stuck, count_work, &ran), 0);
	for (int i = 0; i < 1000; i++)
		ck_assert_int_eq(outcome_of(future_submit(free_one,
			nothing_task, NULL)), 0);
	ck_assert_uint_eq(stats_of(stuck).queued, 1);
	future_executor_unref(free_one);
	ck_assert_int_eq(ran, 0);
	gate_open(&gate);
	future_executor_unref(stuck);
	ck_assert_int_eq(ran, 1);
}
END_TEST

struct ping {
	future_executor_t *here, *there;
	int left;
	struct gate *end;
};

static void ping_work(void *arg)
{
	struct ping *ping = arg;
	future_executor_t *next = ping->there;

	if (ping->left-- == 0) {
		gate_pass(ping->end);
		return;
	}
	ping->there = ping->here;
	ping->here = next;
	if (future_execute(next, ping_work, ping) != 0)
		abort();
}

START_TEST(two_pools_hand_a_task_to_and_fro)
{
	struct gate end = GATE_OPEN;
	struct ping ping = { pool_of(1), pool_of(2), (int)scaled(20000), &end };
	future_executor_t *one = ping.here, *other = ping.there;

	ck_assert_int_eq(future_execute(one, ping_work, &ping), 0);
	gate_await(&end, 1);
	future_executor_unref(one);
	future_executor_unref(other);
}
END_TEST

static void add_order(Suite *suite)
{
	TCase *tcase = suite_case(suite, "order");

	tcase_add_test(tcase, a_pool_of_one_runs_first_in_first_out);
	tcase_add_test(tcase, submit_and_execute_share_one_queue);
	tcase_add_test(tcase, a_bounded_pool_of_one_runs_first_in_first_out);
	tcase_add_test(tcase,
		continuations_of_one_future_run_in_order_on_a_pool_of_one);
	tcase_add_test(tcase,
		a_continuation_runs_behind_what_is_queued_on_a_pool_of_one);
}

static void add_complete(Suite *suite)
{
	TCase *tcase = suite_case(suite, "complete");

	tcase_add_test(tcase,
		a_pool_dropped_with_10000_queued_tasks_loses_none);
	tcase_add_test(tcase,
		a_pool_dropped_with_10000_queued_futures_settles_them_all);
	tcase_add_loop_test(tcase, many_producers_lose_nothing, 1, 5);
	tcase_add_test(tcase, a_tree_of_tasks_that_submit_tasks_is_complete);
	tcase_add_test(tcase, two_pools_know_nothing_of_each_other);
	tcase_add_test(tcase, two_pools_hand_a_task_to_and_fro);
}

int main(void)
{
	Suite *suite = suite_create("order");

	add_order(suite);
	add_complete(suite);
	return suite_run(suite);
}
