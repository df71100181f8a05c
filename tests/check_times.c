/* How long tasks were queued and ran, and what each worker did. */
#define _GNU_SOURCE
#include "own.h"
#include "world.h"

static future_executor_t *timed_pool(size_t threads)
{
	return pool_with(&(future_pool_options_t){ .threads = threads,
		.timing = true });
}

static future_executor_t *lane_on(future_executor_t *parent)
{
	future_executor_t *lane = NULL;

	ck_assert_int_eq(future_lane_new(parent, 1, &lane), 0);
	return lane;
}

static future_executor_times_t times_of(future_executor_t *executor)
{
	future_executor_times_t times;

	memset(&times, 0xff, sizeof(times));
	future_executor_times(executor, &times);
	return times;
}

static void run_on(future_executor_t *executor, int count)
{
	for (int i = 0; i < count; i++)
		ck_assert_int_eq(outcome_of(future_submit(executor,
			nothing_task, NULL)), 0);
}

static bool is_zero(const void *memory, size_t size)
{
	const unsigned char *byte = memory;

	while (size > 0 && byte[size - 1] == 0)
		size--;
	return size == 0;
}

static void is_untimed(future_executor_t *executor)
{
	future_executor_times_t times = times_of(executor);

	ck_assert(is_zero(&times, sizeof(times)));
}

/*
 * Times to the nanosecond.  The clock of a sim is that of its thread, and on
 * this thread a full pool runs its tasks, too, whose hook moves it on.
 */
struct exact {
	struct gate gate;
	future_executor_t *pool, *sim;
	int64_t queued_ns, running_ns;	/* of the next task */
};

static void *capture(void *arg)
{
	struct exact *exact = arg;

	if (exact->sim != NULL)
		ck_assert_int_eq(future_sim_advance(exact->sim,
			exact->queued_ns), 0);
	return NULL;
}

static void take_its_time(void *arg)
{
	struct exact *exact = arg;

	ck_assert_int_eq(future_sim_advance(exact->sim, exact->running_ns), 0);
}

static void exact_start(struct exact *exact)
{
	*exact = (struct exact){ .gate = GATE_INIT };
	exact->pool = pool_with(&(future_pool_options_t){ .threads = 1,
		.queue_capacity = 1, .when_full = FUTURE_CALLER_RUNS,
		.timing = true, .capture = capture, .hook_arg = exact });
	occupy(exact->pool, 1, &exact->gate);
	ck_assert_int_eq(future_execute(exact->pool, pass_work, &exact->gate),
		0);
	ck_assert_int_eq(future_sim_new(1, &exact->sim), 0);
}

static void exact_run(struct exact *exact, int64_t queued_ns,
	int64_t running_ns)
{
	exact->queued_ns = queued_ns;
	exact->running_ns = running_ns;
	ck_assert_int_eq(future_execute(exact->pool, take_its_time, exact), 0);
}

static void exact_end(struct exact *exact)
{
	future_executor_unref(exact->sim);
	gate_open(&exact->gate);
	future_executor_unref(exact->pool);
}

static void has_one_in(const future_histogram_t *histogram, int at, int64_t ns)
{
	ck_assert_uint_eq(histogram->count, 1);
	ck_assert_uint_eq(histogram->sum_ns, (uint64_t)ns);
	for (int i = 0; i < FUTURE_HISTOGRAM_BUCKETS; i++)
		ck_assert_msg(histogram->bucket[i] == (i == at),
			"%jd ns: bucket %d has %ju", (intmax_t)ns, i,
			(uintmax_t)histogram->bucket[i]);
}

/* Each in a pool of its own: one bucket and its neighbours. */
static const struct edge {
	int64_t ns;
	int bucket;
} edges[] = {
	{ 0, 0 }, { 1, 0 }, { 2, 1 }, { 3, 2 }, { 4, 2 }, { 5, 3 }, { 8, 3 },
	{ 9, 4 }, { 1024, 10 }, { 1025, 11 }, { INT64_C(1) << 31, 31 },
	{ (INT64_C(1) << 31) + 1, 32 }, { INT64_C(1) << 61, 61 },
	{ (INT64_C(1) << 61) + 1, 62 },
};

START_TEST(a_bucket_ends_with_its_power_of_two)
{
	const struct edge *edge = &edges[_i];
	struct exact exact;
	future_executor_times_t times;

	exact_start(&exact);
	exact_run(&exact, edge->ns, 3);
	times = times_of(exact.pool);
	has_one_in(&times.queued, edge->bucket, edge->ns);
	has_one_in(&times.running, 2, 3);
	exact_end(&exact);

	exact_start(&exact);
	exact_run(&exact, 3, edge->ns);
	times = times_of(exact.pool);
	has_one_in(&times.queued, 2, 3);
	has_one_in(&times.running, edge->bucket, edge->ns);
	exact_end(&exact);
}
END_TEST

START_TEST(the_longest_time_is_in_the_last_bucket)
{
	struct exact exact;
	future_executor_times_t times;
	int64_t since_ns;

	exact_start(&exact);
	since_ns = future_now().ns;
	exact_run(&exact, 0, INT64_MAX);
	times = times_of(exact.pool);
	has_one_in(&times.running, 63, future_now().ns - since_ns);
	exact_end(&exact);
}
END_TEST

START_TEST(counts_and_sums_add_up)
{
	struct exact exact;
	future_executor_times_t times;
	future_executor_stats_t stats;

	exact_start(&exact);
	for (int i = 1; i <= 100; i++)
		exact_run(&exact, i, 1000 * i);
	times = times_of(exact.pool);
	stats = stats_of(exact.pool);
	ck_assert_uint_eq(times.queued.count, 100);
	ck_assert_uint_eq(times.running.count, 100);
	ck_assert_uint_eq(times.queued.bucket[6], 32);
	ck_assert_uint_eq(times.queued.sum_ns, 5050);
	ck_assert_uint_eq(times.running.sum_ns, 5050000);
	ck_assert_uint_eq(stats.queued_ns, 5050);
	ck_assert_uint_eq(stats.running_ns, 5050000);
	exact_end(&exact);
}
END_TEST

static future_result_t start_sim(void *sim)
{
	return future_sim_new(1, sim) == 0 ? future_ok(NULL) :
		future_fail(EIO);
}

static future_result_t end_sim(void *sim)
{
	future_executor_unref(*(future_executor_t **)sim);
	return future_ok(NULL);
}

/* Of these two one ends before it has started. */
START_TEST(a_clock_that_went_back_counts_as_no_time)
{
	future_executor_t *pool = timed_pool(1), *sim = NULL;
	future_executor_times_t times;

	ck_assert_int_eq(outcome_of(future_submit(pool, start_sim, &sim)), 0);
	ck_assert_int_eq(outcome_of(future_submit(pool, end_sim, &sim)), 0);
	times = times_of(pool);
	ck_assert_uint_eq(times.running.count, 2);
	ck_assert_uint_ge(times.running.bucket[0], 1);
	ck_assert_uint_lt(times.running.sum_ns, (uint64_t)INT64_MAX);
	future_executor_unref(pool);
}
END_TEST

/* Whose they are. */

START_TEST(a_task_is_counted_before_its_future_settles)
{
	future_executor_t *pool = timed_pool(2);

	for (unsigned i = 1; i <= 100; i++) {
		run_on(pool, 1);
		ck_assert_uint_eq(times_of(pool).queued.count, i);
		ck_assert_uint_eq(times_of(pool).running.count, i);
	}
	future_executor_unref(pool);
}
END_TEST

static future_result_t wait_then_fail(void *arg)
{
	return future_fail(outcome_of(future_submit(arg, fail_task, NULL)));
}

START_TEST(continuations_failures_and_what_a_waiter_runs_are_counted)
{
	future_executor_t *pool = timed_pool(1);
	future_t *source = future_submit(pool, wait_then_fail, pool);

	ck_assert_int_eq(outcome_of(future_finally(source, error_then, NULL)),
		EIO);
	future_unref(source);
	ck_assert_uint_eq(times_of(pool).queued.count, 3);
	ck_assert_uint_eq(times_of(pool).running.count, 3);
	future_executor_unref(pool);
}
END_TEST

START_TEST(what_was_cancelled_in_the_queue_is_not_counted)
{
	future_executor_t *pool = timed_pool(1);
	struct gate gate = GATE_INIT;
	future_t *queued;

	occupy(pool, 1, &gate);
	queued = future_submit(pool, nothing_task, NULL);
	ck_assert(future_cancel(queued));
	future_unref(queued);
	gate_open(&gate);
	ck_assert_uint_eq(stats_when_idle(pool).cancelled, 1);
	ck_assert_uint_eq(times_of(pool).queued.count, 1);
	future_executor_unref(pool);
}
END_TEST

START_TEST(a_lane_counts_its_own_and_its_parent_does_not)
{
	future_executor_t *pool = timed_pool(2), *lane = lane_on(pool);
	future_executor_t *upper = lane_on(lane);

	run_on(pool, 2);
	run_on(lane, 3);
	run_on(upper, 4);
	ck_assert_uint_eq(times_of(pool).running.count, 2);
	ck_assert_uint_eq(times_of(lane).running.count, 3);
	ck_assert_uint_eq(times_of(upper).running.count, 4);
	ck_assert_uint_eq(times_of(upper).queued.sum_ns,
		stats_of(upper).queued_ns);
	ck_assert_uint_eq(times_of(upper).running.sum_ns,
		stats_of(upper).running_ns);
	ck_assert_uint_gt(stats_of(upper).queued_ns, 0);
	future_executor_unref(upper);
	future_executor_unref(lane);
	future_executor_unref(pool);
}
END_TEST

/* The shell of the one before serves for the next. */
START_TEST(a_new_lane_or_pool_begins_with_zeros)
{
	for (int i = 0; i < 4; i++) {
		future_executor_t *pool = pool_with(&(future_pool_options_t){
			.threads = 1, .timing = i % 2 == 0 });
		future_executor_t *lane = lane_on(pool);

		is_untimed(pool);
		is_untimed(lane);
		run_on(pool, 1);
		run_on(lane, 1);
		ck_assert_uint_eq(times_of(pool).running.count, i % 2 == 0);
		ck_assert_uint_eq(times_of(lane).running.count, i % 2 == 0);
		future_executor_unref(lane);
		future_executor_unref(pool);
	}
}
END_TEST

START_TEST(without_timing_all_is_zero)
{
	future_executor_t *pool = pool_of(1), *lane = lane_on(pool);
	struct hands hands = HANDS;
	future_executor_t *own = hands_new(&hands, 1), *loop = NULL;
	atomic_int ran = 0;

	ck_assert_int_eq(future_loop_new(&loop), 0);
	is_untimed(NULL);
	run_on(pool, 3);
	run_on(lane, 3);
	run_on(own, 3);
	run_on(NULL, 3);
	run_on(future_inline(), 3);
	ck_assert_int_eq(future_execute(loop, count_work, &ran), 0);
	ck_assert_uint_eq(stats_when_idle(loop).completed, 1);
	is_untimed(pool);
	is_untimed(lane);
	is_untimed(own);
	is_untimed(loop);
	is_untimed(NULL);
	is_untimed(future_inline());
	future_executor_unref(lane);
	future_executor_unref(pool);
	future_executor_unref(loop);
	future_executor_unref(own);
}
END_TEST

static void without_its_threads(void *arg)
{
	struct world *world = arg;
	future_executor_times_t times = times_of(world->pool);
	future_executor_worker_t worker;

	CHILD_ASSERT(is_zero(&times, sizeof(times)));
	CHILD_ASSERT(future_executor_workers(world->pool, 1, &worker) == 0);
}

START_TEST(an_inherited_pool_has_no_times_and_no_workers)
{
	struct world world = { .pool = timed_pool(1) };

	run_on(world.pool, 3);
	ck_assert_uint_eq(times_of(world.pool).running.count, 3);
	child_passes(without_its_threads, &world);
	future_executor_unref(world.pool);
}
END_TEST

START_TEST(times_to_nowhere_are_not_read)
{
	future_executor_t *pool = timed_pool(1);

	future_executor_times(pool, NULL);
	future_executor_times(NULL, NULL);
	future_executor_unref(pool);
}
END_TEST

/* What each worker did. */

enum { SLOTS = 8 };

struct crew {
	size_t count;
	future_executor_worker_t workers[SLOTS], total;
};

static struct crew crew_of(future_executor_t *pool)
{
	struct crew crew = { .count = 0 };

	crew.count = future_executor_workers(pool, SLOTS, crew.workers);
	ck_assert_uint_le(crew.count, SLOTS);
	for (size_t i = 0; i < crew.count; i++) {
		crew.total.tasks += crew.workers[i].tasks;
		crew.total.stolen += crew.workers[i].stolen;
		crew.total.slept += crew.workers[i].slept;
		crew.total.running_ns += crew.workers[i].running_ns;
	}
	return crew;
}

START_TEST(a_pool_has_its_width_and_its_spare_workers)
{
	future_executor_t *pool = pool_with(&(future_pool_options_t){
		.threads = 2, .spare_threads = 3 });
	future_executor_worker_t workers[6];

	memset(workers, 0xff, sizeof(workers));
	ck_assert_uint_eq(future_executor_workers(pool, 0, NULL), 5);
	ck_assert_uint_eq(future_executor_workers(pool, 6, NULL), 5);
	ck_assert_uint_eq(future_executor_workers(pool, 6, workers), 5);
	ck_assert(is_zero(&workers[2], 3 * sizeof(workers[0])));
	ck_assert_uint_eq(workers[5].tasks, SIZE_MAX);
	future_executor_unref(pool);
}
END_TEST

START_TEST(fewer_workers_are_read_than_there_are)
{
	future_executor_t *pool = pool_of(3);
	future_executor_worker_t workers[2];

	memset(workers, 0xff, sizeof(workers));
	ck_assert_uint_eq(future_executor_workers(pool, 1, workers), 3);
	ck_assert_uint_lt(workers[0].tasks, SIZE_MAX);
	ck_assert_uint_eq(workers[1].tasks, SIZE_MAX);
	future_executor_unref(pool);
}
END_TEST

START_TEST(only_pools_have_workers)
{
	future_executor_t *lane = NULL, *loop = NULL, *sim = NULL;
	future_executor_worker_t worker;

	ck_assert_uint_eq(future_executor_workers(NULL, 1, &worker), 0);
	ck_assert_int_eq(future_loop_new(&loop), 0);
	lane = lane_on(NULL);
	run_on(lane, 1);
	ck_assert_uint_gt(future_executor_workers(NULL, 1, &worker), 0);
	ck_assert_uint_eq(future_executor_workers(lane, 1, &worker), 0);
	ck_assert_uint_eq(future_executor_workers(loop, 1, &worker), 0);
	ck_assert_uint_eq(future_executor_workers(future_inline(), 1, &worker),
		0);
	ck_assert_int_eq(future_sim_new(1, &sim), 0);
	ck_assert_uint_eq(future_executor_workers(sim, 1, &worker), 0);
	ck_assert_uint_eq(future_executor_workers(NULL, 1, &worker), 0);
	future_executor_unref(sim);
	future_executor_unref(loop);
	future_executor_unref(lane);
}
END_TEST

static future_result_t wait_for_two(void *arg)
{
	future_executor_t *lane = arg;
	future_t *first = future_submit(lane, nothing_task, NULL);
	int error = outcome_of(future_submit(lane, nothing_task, NULL));

	return future_fail(outcome_of(first) + error == 0 ? outcome_of(
		future_submit(future_current(), fail_task, NULL)) : EINVAL);
}

/* As many as the pool and its lanes have counted, each by who ran it. */
START_TEST(workers_sum_up_to_the_pool_and_its_lanes)
{
	future_executor_t *pool = timed_pool(2), *lane = lane_on(pool);
	future_executor_stats_t below, above;
	struct crew crew;

	for (int i = 0; i < 10; i++) {
		ck_assert_int_eq(outcome_of(future_submit(pool, wait_for_two,
			lane)), EIO);
		run_on(lane, 2);
	}
	above = stats_when_idle(lane);
	below = stats_when_idle(pool);
	crew = crew_of(pool);
	ck_assert_uint_eq(below.failed, 20);
	ck_assert_uint_eq(above.completed, 40);
	ck_assert_uint_eq(crew.total.tasks, 60);
	ck_assert_uint_eq(crew.total.running_ns,
		below.running_ns + above.running_ns);
	future_executor_unref(lane);
	future_executor_unref(pool);
}
END_TEST

START_TEST(without_timing_workers_count_and_take_no_time)
{
	future_executor_t *pool = pool_of(2);
	struct crew crew;

	run_on(pool, 20);
	ck_assert_uint_eq(stats_when_idle(pool).completed, 20);
	crew = crew_of(pool);
	ck_assert_uint_eq(crew.total.tasks, 20);
	ck_assert_uint_eq(crew.total.running_ns, 0);
	future_executor_unref(pool);
}
END_TEST

START_TEST(a_worker_with_nothing_to_do_sleeps)
{
	future_executor_t *pool = pool_of(1);
	size_t before = 0;

	for (int i = 0; i < 5; i++) {
		run_on(pool, 1);
		ck_assert_int_eq(future_executor_drain(pool, FUTURE_FOREVER),
			0);
		ck_assert_uint_gt(crew_of(pool).total.slept, before);
		before = crew_of(pool).total.slept;
	}
	future_executor_unref(pool);
}
END_TEST

/*
 * One worker takes half of what is queued, and is held up in the first of that:
 * the other runs the rest.
 */
START_TEST(what_another_had_set_aside_is_stolen)
{
	future_executor_t *pool = pool_of(2);
	struct gate one = GATE_INIT, other = GATE_INIT, held = GATE_INIT;
	future_t *last[10];
	struct crew crew;

	occupy(pool, 1, &one);
	occupy(pool, 1, &other);
	ck_assert_int_eq(future_execute(pool, pass_work, &held), 0);
	for (int i = 0; i < 10; i++)
		last[i] = future_submit(pool, nothing_task, NULL);
	gate_open(&one);
	gate_await(&held, 1);
	ck_assert_uint_eq(crew_of(pool).total.stolen, 0);
	gate_open(&other);
	for (int i = 0; i < 10; i++)
		ck_assert_int_eq(outcome_of(last[i]), 0);
	crew = crew_of(pool);
	ck_assert_uint_gt(crew.total.stolen, 0);
	ck_assert(crew.workers[0].stolen == 0 || crew.workers[1].stolen == 0);
	gate_open(&held);
	future_executor_unref(pool);
}
END_TEST

/* Read while they grow: by threads that take no lock. */

struct busy {
	future_executor_t *pool, *lane;
};

static void watch(future_executor_t *executor)
{
	uint64_t before = 0;

	for (size_t i = 0; i < scaled(2000); i++) {
		future_executor_times_t times = times_of(executor);
		uint64_t count = 0;

		for (int j = 0; j < FUTURE_HISTOGRAM_BUCKETS; j++)
			count += times.queued.bucket[j];
		ck_assert_uint_eq(count, times.queued.count);
		ck_assert_uint_ge(count, before);
		before = count;
	}
}

static void keep_busy(void *arg, size_t index)
{
	struct busy *busy = arg;
	future_executor_t *on = index % 2 == 0 ? busy->pool : busy->lane;
	size_t tasks = 0;

	if (index >= 2) {
		watch(on);
		return;
	}
	for (size_t i = 0; i < scaled(5000); i++) {
		struct crew crew;

		run_on(on, 1);
		crew = crew_of(busy->pool);
		ck_assert_uint_ge(crew.total.tasks, tasks);
		tasks = crew.total.tasks;
	}
}

START_TEST(they_are_read_while_they_grow)
{
	struct busy busy = { .pool = timed_pool(2) };

	busy.lane = lane_on(busy.pool);
	together(4, keep_busy, &busy);
	ck_assert_uint_eq(times_of(busy.pool).running.count, scaled(5000));
	ck_assert_uint_eq(times_of(busy.lane).running.count, scaled(5000));
	future_executor_unref(busy.lane);
	future_executor_unref(busy.pool);
}
END_TEST

static void add_times(Suite *suite)
{
	TCase *tcase = suite_case(suite, "times");

	tcase_add_loop_test(tcase, a_bucket_ends_with_its_power_of_two, 0,
		sizeof(edges) / sizeof(edges[0]));
	tcase_add_test(tcase, the_longest_time_is_in_the_last_bucket);
	tcase_add_test(tcase, counts_and_sums_add_up);
	tcase_add_test(tcase, a_clock_that_went_back_counts_as_no_time);
	tcase_add_test(tcase, a_task_is_counted_before_its_future_settles);
	tcase_add_test(tcase,
		continuations_failures_and_what_a_waiter_runs_are_counted);
	tcase_add_test(tcase, what_was_cancelled_in_the_queue_is_not_counted);
	tcase_add_test(tcase, a_lane_counts_its_own_and_its_parent_does_not);
	tcase_add_test(tcase, a_new_lane_or_pool_begins_with_zeros);
	tcase_add_test(tcase, without_timing_all_is_zero);
	tcase_add_test(tcase, an_inherited_pool_has_no_times_and_no_workers);
	tcase_add_test(tcase, times_to_nowhere_are_not_read);
	tcase_add_test(tcase, they_are_read_while_they_grow);
}

static void add_workers(Suite *suite)
{
	TCase *tcase = suite_case(suite, "workers");

	tcase_add_test(tcase, a_pool_has_its_width_and_its_spare_workers);
	tcase_add_test(tcase, fewer_workers_are_read_than_there_are);
	tcase_add_test(tcase, only_pools_have_workers);
	tcase_add_test(tcase, workers_sum_up_to_the_pool_and_its_lanes);
	tcase_add_test(tcase, without_timing_workers_count_and_take_no_time);
	tcase_add_test(tcase, a_worker_with_nothing_to_do_sleeps);
	tcase_add_test(tcase, what_another_had_set_aside_is_stolen);
}

int main(void)
{
	Suite *suite = suite_create("times");

	add_times(suite);
	add_workers(suite);
	return suite_run(suite);
}
