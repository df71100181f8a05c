/* Every priority, from many threads: none is lost, each argument ends once. */
#define _GNU_SOURCE
#include "support.h"

enum { THREADS = 4, RECENT = 8 };

struct crowd {
	future_executor_t *pool;
	size_t each;		/* tasks that a thread submits */
	bool cancels;		/* some of them are cancelled */
	atomic_int ends;	/* of arguments */
	atomic_int ran;
	atomic_int inherited;	/* continuations that ran */
};

static uint32_t draw(uint32_t *random, uint32_t below)
{
	*random ^= *random << 13;
	*random ^= *random >> 17;
	*random ^= *random << 5;
	return *random % below;
}

static future_result_t run_task(void *arg)
{
	struct crowd *crowd = arg;

	atomic_fetch_add(&crowd->ran, 1);
	return future_ok(NULL);
}

static future_result_t run_then(future_result_t in, void *arg)
{
	struct crowd *crowd = arg;

	atomic_fetch_add(&crowd->inherited, 1);
	return in;
}

static void end(void *arg)
{
	struct crowd *crowd = arg;

	atomic_fetch_add(&crowd->ends, 1);
}

static future_t *submit_one(struct crowd *crowd, uint32_t *random)
{
	future_t *task = future_submit_with(crowd->pool, &(future_task_t){
		.fn = run_task, .arg = crowd, .destroy_arg = end,
		.priority = (int)draw(random, FUTURE_PRIORITY_HIGH + 1) });

	if (draw(random, 4) == 0)
		future_unref(future_finally(task, run_then, crowd));
	return task;
}

/* Each keeps a few, to cancel one of them or to wait for it. */
static void join_in(void *arg, size_t index)
{
	struct crowd *crowd = arg;
	uint32_t random = (uint32_t)index + 2463534242u;
	future_t *recent[RECENT] = { NULL };

	for (size_t i = 0; i < crowd->each; i++) {
		future_t **at = &recent[draw(&random, RECENT)];
		uint32_t lot = draw(&random, 16);

		if (crowd->cancels && lot == 0)
			future_cancel(*at);
		else if (lot == 1 && *at != NULL)
			(void)!future_wait(*at, FUTURE_FOREVER);
		future_unref(*at);
		*at = submit_one(crowd, &random);
	}
	for (int i = 0; i < RECENT; i++)
		future_unref(recent[i]);
}

START_TEST(tasks_of_every_priority_are_not_lost)
{
	struct crowd crowd = { .pool = pool_of((size_t)_i),
		.each = scaled(50000) };

	together(THREADS, join_in, &crowd);
	ck_assert_uint_eq(stats_when_idle(crowd.pool).failed, 0);
	future_executor_unref(crowd.pool);
	ck_assert_uint_eq((size_t)crowd.ran, THREADS * crowd.each);
	ck_assert_uint_eq((size_t)crowd.ends, THREADS * crowd.each);
	ck_assert_int_gt(crowd.inherited, 0);
}
END_TEST

/* On a full queue, under the policy that is the number of the run. */
START_TEST(whatever_a_full_queue_does_each_argument_ends_once)
{
	struct crowd crowd = { .each = scaled(20000), .cancels = true,
		.pool = pool_with(&(future_pool_options_t){ .threads = 2,
			.queue_capacity = 4,
			.when_full = (future_when_full_t)_i }) };

	together(THREADS, join_in, &crowd);
	ck_assert_uint_eq(stats_when_idle(crowd.pool).queued, 0);
	future_executor_unref(crowd.pool);
	ck_assert_uint_eq((size_t)crowd.ends, THREADS * crowd.each);
}
END_TEST

static void cancel_pool(void *arg, size_t index)
{
	struct crowd *crowd = arg;

	if (index > 0)
		join_in(arg, index);
	else
		future_executor_cancel(crowd->pool);
}

START_TEST(a_pool_may_be_cancelled_at_any_moment)
{
	for (size_t round = 0; round < scaled(500); round++) {
		struct crowd crowd = { .pool = pool_of(2), .each = 100,
			.cancels = true };

		together(THREADS, cancel_pool, &crowd);
		future_executor_unref(crowd.pool);
		ck_assert_uint_eq((size_t)crowd.ends,
			(THREADS - 1) * crowd.each);
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("stress_priority");
	TCase *tcase = suite_case(suite, "stress");

	tcase_add_loop_test(tcase, tasks_of_every_priority_are_not_lost, 1, 4);
	tcase_add_loop_test(tcase,
		whatever_a_full_queue_does_each_argument_ends_once,
		FUTURE_REJECT, FUTURE_DISCARD_OLDEST + 1);
	tcase_add_test(tcase, a_pool_may_be_cancelled_at_any_moment);
	return suite_run(suite);
}
