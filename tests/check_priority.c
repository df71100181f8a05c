/* Which of the tasks that wait in a pool is started next. */
#define _GNU_SOURCE
#include "listing.h"
#include "looping.h"
#include "own.h"

#include "levels.h"

/* How many of another letter went before the first, the second `letter`. */
static size_t before(const struct list *list, char letter)
{
	ck_assert_ptr_nonnull(strchr(list->text, letter));
	return strcspn(list->text, (char[]){ letter, '\0' });
}

/* Order. */

/* Of one worker: without a bound, with one, with a spare thread. */
static const future_pool_options_t pools[] = {
	{ .threads = 1 },
	{ .threads = 1, .queue_capacity = 6 },
	{ .threads = 1, .spare_threads = 1 },
};

START_TEST(a_pool_starts_the_highest_first)
{
	struct gate gate = GATE_INIT;
	struct list list = LIST(pool_with(&pools[_i]));

	occupy(list.executor, 1, &gate);
	list_add(&list, "lnhnlh");
	gate_open(&gate);
	future_executor_unref(list.executor);
	ck_assert_str_eq(list.text, "hhnnll");
}
END_TEST

START_TEST(a_task_that_names_none_is_normal)
{
	struct gate gate = GATE_INIT;
	struct list list = LIST(pool_of(1));
	struct record record = { 0, "" };
	struct letter x = { &record, 'x' }, y = { &record, 'y' };
	struct letter z = { &record, 'z' };

	occupy(list.executor, 1, &gate);
	future_unref(submit_at(list.executor, LOW, write_task, &z));
	future_unref(future_submit(list.executor, write_task, &x));
	ck_assert_int_eq(future_execute(list.executor, write_work, &y), 0);
	future_unref(submit_at(list.executor, NORMAL, write_task, &x));
	future_unref(submit_at(list.executor, HIGH, write_task, &z));
	gate_open(&gate);
	future_executor_unref(list.executor);
	ck_assert_str_eq(record.text, "zxyxz");
}
END_TEST

struct numbered {
	atomic_size_t *next;
	atomic_size_t *wrong;
	size_t mine;
};

static future_result_t numbered_task(void *arg)
{
	const struct numbered *numbered = arg;

	if (atomic_fetch_add(numbered->next, 1) != numbered->mine)
		atomic_fetch_add(numbered->wrong, 1);
	return future_ok(NULL);
}

/* A copy of `numbered`. */
static void numbered_submit(future_executor_t *pool, int priority,
	struct numbered *numbered)
{
	future_unref(future_submit_with(pool, &(future_task_t){
		.fn = numbered_task, .arg = numbered,
		.arg_size = sizeof(*numbered), .priority = priority }));
}

START_TEST(within_a_priority_a_pool_of_one_runs_in_order)
{
	future_executor_t *pool = pool_of(1);
	atomic_size_t next[3] = { 0, 0, 0 }, wrong = 0;

	for (size_t i = 0; i < 3 * 2000; i++)
		numbered_submit(pool, LOW + (int)(i % 3), &(struct numbered){
			&next[i % 3], &wrong, i / 3 });
	future_executor_unref(pool);
	ck_assert_uint_eq(wrong, 0);
	for (size_t i = 0; i < 3; i++)
		ck_assert_uint_eq(next[i], 2000);
}
END_TEST

/* Ageing. */

static const char passing[][2] = { "lh", "ln", "nh" };

START_TEST(the_first_of_a_lower_priority_waits_for_sixteen_and_no_more)
{
	struct gate gate = GATE_INIT;
	struct list list = LIST(pool_of(1));

	occupy(list.executor, 1, &gate);
	list_add_many(&list, 1, passing[_i][0]);
	list_add_many(&list, 200, passing[_i][1]);
	gate_open(&gate);
	future_executor_unref(list.executor);
	ck_assert_uint_eq(before(&list, passing[_i][0]), FUT_AGE_MAX);
	ck_assert_uint_eq(list.length, 201);
}
END_TEST

static future_result_t add_normal(void *list)
{
	list_add(list, "n");
	write_down(list, 'x');
	return future_ok(NULL);
}

START_TEST(a_normal_one_waits_for_sixteen_whenever_it_comes)
{
	struct gate gate = GATE_INIT;
	struct list list = LIST(pool_of(1));

	occupy(list.executor, 1, &gate);
	list_add_many(&list, (size_t)_i, 'h');
	future_unref(submit_at(list.executor, HIGH, add_normal, &list));
	list_add_many(&list, 3 * FUT_AGE_MAX, 'h');
	gate_open(&gate);
	gate_await(&list.door, (size_t)_i + 1);
	future_executor_unref(list.executor);
	ck_assert_uint_eq(before(&list, 'x'), (size_t)_i);
	ck_assert_uint_eq(before(&list, 'n'),
		(size_t)_i + 1 + FUT_AGE_MAX);
}
END_TEST

/* Tasks that submit themselves again until `until` others have run. */
struct flood {
	future_executor_t *pool;
	int priority;
	int until;
	atomic_int others;
	struct gate door;	/* open: the others come through it */
	atomic_int passed;	/* runs before the last of them */
};

#define FLOOD(pool_, priority_, until_) { .pool = (pool_), \
	.priority = (priority_), .until = (until_), .door = GATE_OPEN }

static future_result_t other_task(void *arg)
{
	struct flood *flood = arg;

	atomic_fetch_add(&flood->others, 1);
	gate_pass(&flood->door);
	return future_ok(NULL);
}

static future_result_t flood_task(void *arg)
{
	struct flood *flood = arg;

	if (atomic_load(&flood->others) == flood->until)
		return future_ok(NULL);
	atomic_fetch_add(&flood->passed, 1);
	future_unref(submit_at(flood->pool, flood->priority, flood_task,
		flood));
	return future_ok(NULL);
}

/* Some of `lower` priority in a flood of so many at a time. */
static int passed_in_flood(size_t threads, int lower, int priority,
	size_t width)
{
	struct gate gate = GATE_INIT;
	struct flood flood = FLOOD(pool_of(threads), priority, 10);

	occupy(flood.pool, threads, &gate);
	for (int i = 0; i < flood.until; i++)
		future_unref(submit_at(flood.pool, lower, other_task, &flood));
	for (size_t i = 0; i < width; i++)
		future_unref(submit_at(flood.pool, priority, flood_task,
			&flood));
	gate_open(&gate);
	gate_await(&flood.door, (size_t)flood.until);
	future_executor_unref(flood.pool);
	return flood.passed;
}

static const struct {
	int lower, priority;
	size_t width;
} floods[] = {
	{ LOW, HIGH, 1 },
	{ LOW, HIGH, 8 },
	{ LOW, NORMAL, 1 },
	{ LOW, NORMAL, 100 },	/* in shares, which end at its turn */
	{ NORMAL, HIGH, 1 },
	{ NORMAL, HIGH, 8 },
};

START_TEST(an_endless_flood_leaves_each_lower_one_its_turn)
{
	for (size_t threads = 1; threads <= 3; threads++) {
		int passed = passed_in_flood(threads, floods[_i].lower,
			floods[_i].priority, floods[_i].width);

		if (threads == 1)
			ck_assert_int_eq(passed, 10 * FUT_AGE_MAX);
	}
}
END_TEST

/* What workers have set aside. */

struct apart {
	struct list list;
	struct gate normal, urgent;
	atomic_int started;	/* normal ones */
};

static future_result_t normal_task(void *arg)
{
	struct apart *apart = arg;

	atomic_fetch_add(&apart->started, 1);
	write_down(&apart->list, 'n');
	gate_pass(&apart->normal);
	return future_ok(NULL);
}

static future_result_t urgent_task(void *arg)
{
	struct apart *apart = arg;

	write_down(&apart->list, 'h');
	gate_pass(&apart->urgent);
	return future_ok(NULL);
}

/* Each worker stands in a normal task, and has others in its share. */
static void apart_start(struct apart *apart, size_t threads)
{
	struct gate start = GATE_INIT;

	*apart = (struct apart){ .normal = GATE_INIT, .urgent = GATE_INIT,
		.list = LIST(pool_of(threads)) };
	occupy(apart->list.executor, threads, &start);
	for (int i = 0; i < 200; i++)
		future_unref(future_submit(apart->list.executor, normal_task,
			apart));
	gate_open(&start);
	gate_await(&apart->normal, threads);
}

START_TEST(what_is_urgent_goes_before_what_each_worker_has_set_aside)
{
	size_t threads = (size_t)_i;
	struct apart apart;

	apart_start(&apart, threads);
	for (size_t i = 0; i < threads; i++)
		future_unref(submit_at(apart.list.executor, HIGH, urgent_task,
			&apart));
	gate_open(&apart.normal);
	gate_await(&apart.urgent, threads);
	/* Each of them runs one, and only what ran before has run. */
	ck_assert_int_eq(apart.started, _i);
	gate_open(&apart.urgent);
	future_executor_unref(apart.list.executor);
	ck_assert_int_eq(apart.started, 200);
}
END_TEST

/* A low one in a share would be overtaken by the next in the queue. */
START_TEST(a_worker_sets_nothing_low_aside)
{
	struct apart apart = { .normal = GATE_INIT,
		.list = LIST(pool_of(1)) };
	struct gate start = GATE_INIT;
	atomic_size_t next = 0, wrong = 0;

	occupy(apart.list.executor, 1, &start);
	for (size_t i = 0; i < 20; i++)
		numbered_submit(apart.list.executor, LOW,
			&(struct numbered){ &next, &wrong, i });
	for (int i = 0; i < 200; i++)
		future_unref(future_submit(apart.list.executor, normal_task,
			&apart));
	gate_open(&start);
	gate_await(&apart.normal, 1);
	list_add_many(&apart.list, 4 * FUT_AGE_MAX, 'h');
	gate_open(&apart.normal);
	future_executor_unref(apart.list.executor);
	ck_assert_uint_eq(next, 20);
	ck_assert_uint_eq(wrong, 0);
}
END_TEST

START_TEST(what_a_worker_has_set_aside_has_its_turn_among_urgent_ones)
{
	struct apart apart;
	const char *text = apart.list.text;

	apart_start(&apart, 1);
	list_add_many(&apart.list, 4 * FUT_AGE_MAX, 'h');
	gate_open(&apart.normal);
	future_executor_unref(apart.list.executor);
	ck_assert_int_eq(text[0], 'n');
	for (size_t i = 1; i + FUT_AGE_MAX < 4 * FUT_AGE_MAX;
	     i += FUT_AGE_MAX + 1) {
		ck_assert_uint_eq(strspn(text + i, "h"), FUT_AGE_MAX);
		ck_assert_int_eq(text[i + FUT_AGE_MAX], 'n');
	}
	ck_assert_uint_eq(apart.list.length, 200 + 4 * FUT_AGE_MAX);
}
END_TEST

START_TEST(what_was_urgent_and_is_cancelled_hurries_nobody)
{
	struct apart apart;
	future_t *urgent;

	apart_start(&apart, 1);
	urgent = list_submit(&apart.list, 'h');
	ck_assert(future_cancel(urgent));
	future_unref(urgent);
	list_add(&apart.list, "l");
	gate_open(&apart.normal);
	future_executor_unref(apart.list.executor);
	ck_assert_int_eq(apart.started, 200);
	ck_assert_uint_ge(before(&apart.list, 'l'), FUT_AGE_MAX);
}
END_TEST

/* The first stands at one gate, the second at another, the others count. */
struct behind {
	struct gate first, second;
	struct flood flood;
	atomic_int started;
};

static future_result_t behind_task(void *arg)
{
	struct behind *behind = arg;
	int order = atomic_fetch_add(&behind->started, 1);

	if (order < 2)
		gate_pass(order == 0 ? &behind->first : &behind->second);
	else
		other_task(&behind->flood);
	return future_ok(NULL);
}

/* Among them what lies in the share of the worker that does not come back. */
START_TEST(a_share_behind_a_long_task_ends_under_an_endless_flood)
{
	struct gate start = GATE_INIT;
	struct behind behind = { GATE_INIT, GATE_INIT,
		FLOOD(pool_of(2), HIGH, 100), 0 };

	occupy(behind.flood.pool, 2, &start);
	for (int i = 0; i < behind.flood.until + 2; i++)
		future_unref(future_submit(behind.flood.pool, behind_task,
			&behind));
	gate_open(&start);
	gate_await(&behind.first, 1);
	gate_await(&behind.second, 1);
	for (int i = 0; i < 2; i++)
		future_unref(submit_at(behind.flood.pool, HIGH, flood_task,
			&behind.flood));
	gate_open(&behind.second);
	gate_await(&behind.flood.door, (size_t)behind.flood.until);
	gate_open(&behind.first);
	future_executor_unref(behind.flood.pool);
}
END_TEST

/* Executors that run in order. */

START_TEST(a_lane_runs_in_order_and_is_normal_on_its_pool)
{
	struct gate gate = GATE_INIT;
	struct list list = LIST(pool_of(1));
	future_executor_t *pool = list.executor, *lane = NULL;

	ck_assert_int_eq(future_lane_new(pool, 1, &lane), 0);
	occupy(pool, 1, &gate);
	list_add(&list, "n");
	list.executor = lane;
	list_add(&list, "lhn");
	list.executor = pool;
	list_add(&list, "lnh");
	gate_open(&gate);
	future_executor_unref(lane);
	future_executor_unref(pool);
	ck_assert_str_eq(list.text, "hnlnhnl");
}
END_TEST

START_TEST(a_loop_runs_in_order)
{
	struct list list = LIST(loop_new());

	list_add(&list, "lnhln");
	ck_assert_uint_eq(future_loop_run_pending(list.executor), 5);
	future_executor_unref(list.executor);
	ck_assert_str_eq(list.text, "lnhln");
}
END_TEST

START_TEST(an_executor_of_a_users_is_told_nothing)
{
	struct hands hands = HANDS;
	struct list list = LIST(hands_new(&hands, 0));

	list_add(&list, "lnhln");
	for (int i = 0; i < 5; i++)
		future_work_run(hands_take(&hands));
	future_executor_unref(list.executor);
	ck_assert_str_eq(list.text, "lnhln");
}
END_TEST

/* Waiting. */

static future_result_t wait_task(void *future)
{
	return future_get(*(future_t **)future).error == 0 ?
		future_ok(NULL) : future_fail(EIO);
}

START_TEST(a_worker_that_waits_runs_what_is_low_there_and_then)
{
	struct gate gate = GATE_INIT;
	struct list list = LIST(pool_of(1));
	future_t *low, *waits;

	occupy(list.executor, 1, &gate);
	low = list_submit(&list, 'l');
	waits = submit_at(list.executor, HIGH, wait_task, &low);
	list_add(&list, "nh");
	gate_open(&gate);
	ck_assert_int_eq(outcome_of(waits), 0);
	future_unref(low);
	future_executor_unref(list.executor);
	ck_assert_str_eq(list.text, "lhn");
}
END_TEST

static void add_order(Suite *suite)
{
	TCase *tcase = suite_case(suite, "order");

	tcase_add_loop_test(tcase, a_pool_starts_the_highest_first, 0,
		sizeof(pools) / sizeof(pools[0]));
	tcase_add_test(tcase, a_task_that_names_none_is_normal);
	tcase_add_test(tcase, within_a_priority_a_pool_of_one_runs_in_order);
	tcase_add_loop_test(tcase,
		the_first_of_a_lower_priority_waits_for_sixteen_and_no_more,
		0, 3);
	tcase_add_loop_test(tcase,
		a_normal_one_waits_for_sixteen_whenever_it_comes, 0, 20);
	tcase_add_loop_test(tcase,
		an_endless_flood_leaves_each_lower_one_its_turn,
		0, sizeof(floods) / sizeof(floods[0]));
	tcase_add_loop_test(tcase,
		what_is_urgent_goes_before_what_each_worker_has_set_aside,
		1, 5);
	tcase_add_test(tcase, a_worker_sets_nothing_low_aside);
	tcase_add_test(tcase,
		what_a_worker_has_set_aside_has_its_turn_among_urgent_ones);
	tcase_add_test(tcase, what_was_urgent_and_is_cancelled_hurries_nobody);
	tcase_add_test(tcase,
		a_share_behind_a_long_task_ends_under_an_endless_flood);
}

static void add_elsewhere(Suite *suite)
{
	TCase *tcase = suite_case(suite, "elsewhere");

	tcase_add_test(tcase, a_lane_runs_in_order_and_is_normal_on_its_pool);
	tcase_add_test(tcase, a_loop_runs_in_order);
	tcase_add_test(tcase, an_executor_of_a_users_is_told_nothing);
	tcase_add_test(tcase,
		a_worker_that_waits_runs_what_is_low_there_and_then);
}

int main(void)
{
	Suite *suite = suite_create("priority");

	add_order(suite);
	add_elsewhere(suite);
	return suite_run(suite);
}
