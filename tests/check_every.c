/* Functions that run again and again. */
#define _GNU_SOURCE
#include "support.h"

static const int64_t hour_ns = (int64_t)3600 * 1000000000;

static int64_t now_ns(void)
{
	return future_now().ns;
}

/* What a run does is the test's; after `count` runs it fails with EINTR. */
struct runs {
	int64_t at_ns[16];
	atomic_int count, overlaps, inside;
	int last;		/* its number */
	int64_t takes_ns;
	atomic_int ends;	/* of the argument */
};

static void spend(int64_t ns)
{
	int64_t end = now_ns() + ns;

	while (now_ns() < end)
		;
}

static future_result_t note_run(void *arg)
{
	struct runs *runs = arg;
	int count = atomic_fetch_add(&runs->count, 1);

	if (atomic_fetch_add(&runs->inside, 1) != 0)
		atomic_fetch_add(&runs->overlaps, 1);
	if (count < 16)
		runs->at_ns[count] = now_ns();
	spend(runs->takes_ns);
	atomic_fetch_sub(&runs->inside, 1);
	return count + 1 == runs->last ? future_fail(EINTR) : future_ok(NULL);
}

static void runs_end(void *arg)
{
	atomic_fetch_add(&((struct runs *)arg)->ends, 1);
}

static future_t *every(future_executor_t *executor, struct runs *runs,
	int64_t first_ns, int64_t period_ns, future_pace_t pace)
{
	return future_every(executor, &(future_schedule_t){
		.first_ns = first_ns, .period_ns = period_ns, .pace = pace,
		.fn = note_run, .arg = runs, .destroy_arg = runs_end });
}

/* Paces. */

START_TEST(it_runs_until_a_run_fails_and_settles_with_that)
{
	future_executor_t *pool = pool_of(2);
	struct runs runs = { .last = 5 };
	future_t *timer = every(pool, &runs, 0, 100000,
		(future_pace_t)_i);

	ck_assert_int_eq(outcome_of(timer), EINTR);
	ck_assert_int_eq(runs.count, 5);
	ck_assert_int_eq(runs.overlaps, 0);
	ck_assert_int_eq(runs.ends, 1);
	future_executor_unref(pool);
}
END_TEST

START_TEST(the_first_run_comes_after_first_ns_and_not_before)
{
	future_executor_t *pool = pool_of(1);
	struct runs runs = { .last = 1 };
	int64_t start = now_ns();

	ck_assert_int_eq(outcome_of(every(pool, &runs, 2000000, hour_ns,
		(future_pace_t)_i)), EINTR);
	ck_assert_int_ge(runs.at_ns[0] - start, 2000000);
	future_executor_unref(pool);
}
END_TEST

START_TEST(at_a_fixed_rate_no_run_comes_before_its_time)
{
	const int64_t first = 1000000, period = 500000;
	future_executor_t *pool = pool_of(2);
	struct runs runs = { .last = 10 };
	int64_t start = now_ns();

	ck_assert_int_eq(outcome_of(every(pool, &runs, first, period,
		FUTURE_FIXED_RATE)), EINTR);
	for (int k = 0; k < 10; k++)
		ck_assert_int_ge(runs.at_ns[k] - start, first + k * period);
	future_executor_unref(pool);
}
END_TEST

/*
 * Each run takes two periods and a half, so the next one is due three after the
 * last one was.  One that came late would have run at once.
 */
START_TEST(runs_that_were_missed_are_left_out)
{
	const int64_t period = 1000000;
	future_executor_t *pool = pool_of(2);
	struct runs runs = { .last = 6, .takes_ns = 2500000 };
	int64_t start = now_ns();

	ck_assert_int_eq(outcome_of(every(pool, &runs, period, period,
		FUTURE_FIXED_RATE)), EINTR);
	ck_assert_int_eq(runs.overlaps, 0);
	for (int k = 0; k < 6; k++)
		ck_assert_int_ge(runs.at_ns[k] - start, (1 + 3 * k) * period);
	future_executor_unref(pool);
}
END_TEST

START_TEST(a_fixed_delay_counts_from_the_end_of_a_run)
{
	const int64_t period = 1000000;
	future_executor_t *pool = pool_of(2);
	struct runs runs = { .last = 4, .takes_ns = 1500000 };

	ck_assert_int_eq(outcome_of(every(pool, &runs, 0, period,
		FUTURE_FIXED_DELAY)), EINTR);
	for (int k = 0; k + 1 < 4; k++)
		ck_assert_int_ge(runs.at_ns[k + 1] - runs.at_ns[k],
			runs.takes_ns + period);
	ck_assert_int_eq(runs.overlaps, 0);
	future_executor_unref(pool);
}
END_TEST

/* Where nobody is free to run it. */
START_TEST(a_run_that_waits_in_the_queue_is_not_queued_twice)
{
	struct gate gate = GATE_INIT;
	future_executor_t *pool = pool_of(1);
	struct runs runs = { .last = 2 };
	future_t *timer;

	occupy(pool, 1, &gate);
	timer = every(pool, &runs, 0, 1, FUTURE_FIXED_RATE);
	ck_assert_uint_eq(stats_of(pool).queued, 1);
	ck_assert_int_eq(future_wait(timer, future_in_ms(5)), ETIMEDOUT);
	ck_assert_uint_eq(stats_of(pool).queued, 1);
	ck_assert_int_eq(runs.count, 0);
	gate_open(&gate);
	ck_assert_int_eq(outcome_of(timer), EINTR);
	future_executor_unref(pool);
}
END_TEST

START_TEST(runs_are_tasks_of_the_executor_and_counted)
{
	future_executor_t *pool = pool_of(1);
	struct runs runs = { .last = 4 };
	future_executor_stats_t stats;

	ck_assert_int_eq(outcome_of(every(pool, &runs, 0, 1000,
		FUTURE_FIXED_RATE)), EINTR);
	stats = stats_when_idle(pool);
	ck_assert_uint_eq(stats.completed, 3);
	ck_assert_uint_eq(stats.failed, 1);
	future_executor_unref(pool);
}
END_TEST

START_TEST(a_full_queue_does_not_stop_it)
{
	static const future_when_full_t policies[] = { FUTURE_REJECT,
		FUTURE_BLOCK, FUTURE_CALLER_RUNS, FUTURE_DISCARD,
		FUTURE_DISCARD_OLDEST };
	struct gate gate = GATE_INIT;
	future_executor_t *pool = bounded(policies[_i], 1);
	struct runs runs = { .last = 2 };
	atomic_int ran = 0;
	future_t *timer;

	fill(pool, 1, &gate, &ran);
	timer = every(pool, &runs, 0, 1000, FUTURE_FIXED_RATE);
	ck_assert_uint_eq(stats_of(pool).queued, 2);
	ck_assert_int_eq(runs.count, 0);
	gate_open(&gate);
	ck_assert_int_eq(outcome_of(timer), EINTR);
	future_executor_unref(pool);
	ck_assert_int_eq(ran, 1);
}
END_TEST

START_TEST(the_inline_and_the_default_executor_run_it_too)
{
	struct runs runs = { .last = 3 };

	ck_assert_int_eq(outcome_of(every(_i == 0 ? NULL : future_inline(),
		&runs, 0, 1000000, FUTURE_FIXED_RATE)), EINTR);
	ck_assert_int_eq(runs.count, 3);
	ck_assert_int_eq(runs.ends, 1);
}
END_TEST

/* Stopping. */

START_TEST(a_cancel_between_two_runs_frees_the_argument_inside)
{
	future_executor_t *pool = pool_of(1);
	struct runs runs = { .last = 0 };
	future_t *timer = every(pool, &runs, hour_ns, hour_ns,
		FUTURE_FIXED_RATE);

	ck_assert_int_eq(future_state(timer), FUTURE_PENDING);
	ck_assert(future_cancel(timer));
	ck_assert_int_eq(runs.ends, 1);
	ck_assert_int_eq(outcome_of(timer), ECANCELED);
	future_executor_unref(pool);
	ck_assert_int_eq(runs.count, 0);
}
END_TEST

START_TEST(a_cancel_of_a_queued_run_frees_the_argument_inside)
{
	struct gate gate = GATE_INIT;
	future_executor_t *pool = pool_of(1);
	struct runs runs = { .last = 0 };
	future_t *timer;

	occupy(pool, 1, &gate);
	timer = every(pool, &runs, 0, 1, FUTURE_FIXED_DELAY);
	ck_assert(future_cancel(timer));
	ck_assert_int_eq(runs.ends, 1);
	ck_assert_uint_eq(stats_of(pool).queued, 0);
	ck_assert_uint_eq(stats_of(pool).cancelled, 1);
	future_unref(timer);
	gate_open(&gate);
	future_executor_unref(pool);
	ck_assert_int_eq(runs.count, 0);
}
END_TEST

struct asked {
	struct gate started, go_on;
	atomic_int runs, asked, ends;
};

static future_result_t run_until_asked(void *arg)
{
	struct asked *asked = arg;

	asked->runs++;
	gate_pass(&asked->started);
	gate_pass(&asked->go_on);
	asked->asked = future_cancel_requested();
	return future_ok(NULL);
}

static void asked_end(void *arg)
{
	((struct asked *)arg)->ends++;
}

START_TEST(a_run_learns_of_the_cancel_and_is_the_last)
{
	future_executor_t *pool = pool_of(1);
	struct asked asked = { .started = GATE_OPEN, .go_on = GATE_INIT };
	future_t *timer = future_every(pool, &(future_schedule_t){
		.period_ns = 1, .fn = run_until_asked, .arg = &asked,
		.destroy_arg = asked_end });

	gate_await(&asked.started, 1);
	ck_assert_int_eq(future_state(timer), FUTURE_RUNNING);
	ck_assert(future_cancel(timer));
	ck_assert_int_eq(asked.ends, 0);
	gate_open(&asked.go_on);
	ck_assert_int_eq(future_join(timer, FUTURE_FOREVER), 0);
	ck_assert_int_eq(asked.asked, 1);
	ck_assert_int_eq(asked.ends, 1);
	ck_assert_int_eq(outcome_of(timer), ECANCELED);
	future_executor_unref(pool);
	ck_assert_int_eq(asked.runs, 1);
}
END_TEST

static future_result_t cancel_own(void *arg)
{
	return future_cancel(*(future_t **)arg) ? future_ok(NULL) :
		future_fail(EPROTO);
}

START_TEST(a_run_can_cancel_its_own_future)
{
	struct gate gate = GATE_INIT;
	future_executor_t *pool = pool_of(1);
	future_t *timer = NULL;

	occupy(pool, 1, &gate);
	timer = future_every(pool, &(future_schedule_t){ .period_ns = 1,
		.fn = cancel_own, .arg = &timer });
	gate_open(&gate);
	ck_assert_int_eq(future_join(timer, FUTURE_FOREVER), 0);
	ck_assert_int_eq(outcome_of(timer), ECANCELED);
	future_executor_unref(pool);
}
END_TEST

START_TEST(without_a_reference_it_goes_on_until_its_pool_ends)
{
	future_executor_t *pool = pool_of(1);
	struct gate gate = GATE_OPEN;

	future_unref(future_every(pool, &(future_schedule_t){
		.period_ns = 1000, .fn = pass_task, .arg = &gate }));
	gate_await(&gate, 5);
	future_executor_unref(pool);
}
END_TEST

START_TEST(the_end_of_the_executor_ends_it)
{
	future_executor_t *pool = pool_of(2);
	struct runs armed = { .last = 0 }, fast = { .last = 0 };
	future_t *hour = every(pool, &armed, hour_ns, hour_ns,
		FUTURE_FIXED_RATE);
	future_t *quick = every(pool, &fast, 0, 1000, FUTURE_FIXED_RATE);
	int error = _i == 0 ? ESHUTDOWN : ECANCELED;

	if (_i != 0)
		ck_assert_uint_ge(future_executor_cancel(pool), 1);
	future_executor_unref(pool);
	ck_assert_int_eq(outcome_of(hour), error);
	ck_assert_int_eq(outcome_of(quick), error);
	ck_assert_int_eq(armed.ends + fast.ends, 2);
}
END_TEST

START_TEST(a_closed_executor_refuses_it_and_the_argument_goes)
{
	future_executor_t *pool = pool_of(1);
	struct runs runs = { .last = 0 };

	future_executor_shutdown(pool);
	ck_assert_int_eq(outcome_of(every(pool, &runs, 0, 1,
		FUTURE_FIXED_RATE)), ESHUTDOWN);
	ck_assert_int_eq(runs.ends, 1);
	future_executor_unref(pool);
}
END_TEST

/* What it is given. */

START_TEST(a_run_that_never_comes_is_no_overflow)
{
	struct gate gate = GATE_OPEN;
	future_executor_t *pool = pool_of(1);
	struct runs runs = { .last = 0 };
	future_t *never = every(pool, &runs, INT64_MAX, 1, (future_pace_t)_i);
	future_t *once = future_every(pool, &(future_schedule_t){
		.period_ns = INT64_MAX, .pace = (future_pace_t)_i,
		.fn = pass_task, .arg = &gate });

	gate_await(&gate, 1);
	ck_assert_int_eq(future_wait(once, future_in_ms(2)), ETIMEDOUT);
	future_cancel(never);
	future_cancel(once);
	future_unref(never);
	future_unref(once);
	future_executor_unref(pool);
	ck_assert_uint_eq(gate.arrived, 1);
	ck_assert_int_eq(runs.count, 0);
}
END_TEST

static void count_before(void *hook_arg, void *captured, const char *name)
{
	(void)captured;
	if (strcmp(name, "beat") == 0)
		count_work(hook_arg);
}

START_TEST(hooks_and_clocks_see_each_run)
{
	atomic_int before = 0;
	future_executor_t *pool = pool_with(&(future_pool_options_t){
		.threads = 1, .before = count_before, .hook_arg = &before,
		.timing = true });
	struct runs runs = { .last = 3, .takes_ns = 100000 };

	ck_assert_int_eq(outcome_of(future_every(pool, &(future_schedule_t){
		.period_ns = 1000, .fn = note_run, .arg = &runs,
		.name = "beat" })), EINTR);
	ck_assert_int_eq(before, 3);
	ck_assert_uint_ge(stats_when_idle(pool).running_ns, 300000);
	future_executor_unref(pool);
}
END_TEST

/* A cancel at every moment. */
START_TEST(a_cancel_at_any_time_ends_it_once)
{
	future_executor_t *pool = pool_of(2);
	size_t rounds = scaled(3000);

	for (size_t i = 0; i < rounds; i++) {
		struct runs runs = { .takes_ns = 2000 };
		future_t *timer = every(pool, &runs, (int64_t)(i % 5) * 2000,
			3000, (future_pace_t)(i % 2));

		spend((int64_t)(i % 64) * 500);
		ck_assert(future_cancel(timer));
		ck_assert_int_eq(future_join(timer, FUTURE_FOREVER), 0);
		ck_assert_int_eq(runs.ends, 1);
		ck_assert_int_eq(runs.overlaps, 0);
		ck_assert_int_eq(outcome_of(timer), ECANCELED);
	}
	future_executor_unref(pool);
}
END_TEST

static void add_paces(Suite *suite)
{
	TCase *tcase = suite_case(suite, "paces");

	tcase_add_loop_test(tcase,
		it_runs_until_a_run_fails_and_settles_with_that, 0, 2);
	tcase_add_loop_test(tcase,
		the_first_run_comes_after_first_ns_and_not_before, 0, 2);
	tcase_add_test(tcase, at_a_fixed_rate_no_run_comes_before_its_time);
	tcase_add_test(tcase, runs_that_were_missed_are_left_out);
	tcase_add_test(tcase, a_fixed_delay_counts_from_the_end_of_a_run);
	tcase_add_test(tcase,
		a_run_that_waits_in_the_queue_is_not_queued_twice);
	tcase_add_test(tcase, runs_are_tasks_of_the_executor_and_counted);
	tcase_add_loop_test(tcase, a_full_queue_does_not_stop_it, 0, 5);
	tcase_add_loop_test(tcase,
		the_inline_and_the_default_executor_run_it_too, 0, 2);
}

static void add_ends(Suite *suite)
{
	TCase *tcase = suite_case(suite, "ends");

	tcase_add_test(tcase,
		a_cancel_between_two_runs_frees_the_argument_inside);
	tcase_add_test(tcase,
		a_cancel_of_a_queued_run_frees_the_argument_inside);
	tcase_add_test(tcase, a_run_learns_of_the_cancel_and_is_the_last);
	tcase_add_test(tcase, a_run_can_cancel_its_own_future);
	tcase_add_test(tcase,
		without_a_reference_it_goes_on_until_its_pool_ends);
	tcase_add_loop_test(tcase, the_end_of_the_executor_ends_it, 0, 2);
	tcase_add_test(tcase,
		a_closed_executor_refuses_it_and_the_argument_goes);
	tcase_add_test(tcase, a_cancel_at_any_time_ends_it_once);
}

int main(void)
{
	Suite *suite = suite_create("every");
	TCase *tcase;

	add_paces(suite);
	add_ends(suite);
	tcase = suite_case(suite, "given");
	tcase_add_loop_test(tcase, a_run_that_never_comes_is_no_overflow, 0,
		2);
	tcase_add_test(tcase, hooks_and_clocks_see_each_run);
	return suite_run(suite);
}
