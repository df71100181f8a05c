/* Futures that settle as another does, but no later than an instant. */
#define _GNU_SOURCE
#include "support.h"

/* NULL unless a sanitizer watches. */
size_t __sanitizer_get_current_allocated_bytes(void) __attribute__((weak));

static future_time_t in_ns(int64_t ns)
{
	return (future_time_t){ future_now().ns + ns };
}

static const int64_t hour_ns = (int64_t)3600 * 1000000000;

static future_promise_t *promise_new(future_executor_t *home,
	future_t **ret_future)
{
	future_promise_t *promise = NULL;

	ck_assert_int_eq(future_promise_new(home, &promise), 0);
	*ret_future = future_promise_future(promise);
	return promise;
}

/* The source settles first. */

static void count_and_free(void *value)
{
	count_work(*(atomic_int **)value);
	free(value);
}

static future_result_t owned(atomic_int *count)
{
	atomic_int **value = malloc(sizeof(*value));

	ck_assert_ptr_nonnull(value);
	*value = count;
	return future_own(value, count_and_free);
}

START_TEST(a_timeout_shares_the_value_of_a_source_in_time)
{
	future_t *source, *timeout;
	future_promise_t *promise = promise_new(NULL, &source);
	atomic_int ends = 0;

	timeout = future_timeout(source, in_ns(hour_ns));
	ck_assert_int_eq(future_state(timeout), FUTURE_PENDING);
	future_promise_settle(promise, owned(&ends));
	ck_assert_ptr_eq(future_get(timeout).value, future_get(source).value);
	future_unref(source);
	future_promise_free(promise);
	ck_assert_int_eq(ends, 0);
	future_unref(timeout);
	ck_assert_int_eq(ends, 1);
}
END_TEST

START_TEST(a_timeout_fails_as_its_source_does)
{
	future_t *source, *timeout;
	future_promise_t *promise = promise_new(NULL, &source);

	timeout = future_timeout(source, in_ns(hour_ns));
	if (_i == 0)
		future_promise_settle(promise, future_fail(EIO));
	else
		future_cancel(source);
	ck_assert_int_eq(outcome_of(timeout), _i == 0 ? EIO : ECANCELED);
	future_unref(source);
	future_promise_free(promise);
}
END_TEST

START_TEST(a_source_that_has_settled_is_never_too_late)
{
	future_t *source = future_ready(future_ok_int(7));
	future_t *timeout = future_timeout(source, FUTURE_NOW);

	ck_assert_int_eq(future_state(timeout), FUTURE_OK);
	ck_assert_int_eq(future_result_int(future_get(timeout)), 7);
	future_unref(timeout);
	future_unref(source);
}
END_TEST

/* The deadline passes first. */

START_TEST(at_the_deadline_it_fails_and_the_source_is_cancelled)
{
	future_t *source, *timeout;
	future_promise_t *promise = promise_new(NULL, &source);
	future_time_t deadline = in_ns(2000000);

	timeout = future_timeout(source, deadline);
	ck_assert_int_eq(future_get(timeout).error, ETIMEDOUT);
	ck_assert_int_ge(future_now().ns, deadline.ns);
	ck_assert_int_eq(future_state(timeout), FUTURE_FAILED);
	ck_assert_int_eq(future_state(source), FUTURE_CANCELLED);
	ck_assert(!future_promise_settle(promise, future_ok(NULL)));
	future_unref(timeout);
	future_unref(source);
	future_promise_free(promise);
}
END_TEST

START_TEST(a_deadline_that_has_passed_cancels_inside_the_call)
{
	static const int64_t past[] = { INT64_MIN, -1, 0, 1 };
	future_t *source, *timeout;
	future_promise_t *promise = promise_new(NULL, &source);

	timeout = future_timeout(source, (future_time_t){ past[_i] });
	ck_assert_int_eq(future_state(timeout), FUTURE_FAILED);
	ck_assert_int_eq(future_state(source), FUTURE_CANCELLED);
	ck_assert_int_eq(outcome_of(timeout), ETIMEDOUT);
	future_unref(source);
	future_promise_free(promise);
}
END_TEST

static future_result_t wait_for_cancel(void *arg)
{
	gate_pass(arg);
	while (!future_cancel_requested())
		sched_yield();
	return future_ok(NULL);
}

START_TEST(a_running_function_learns_of_the_timeout)
{
	struct gate gate = GATE_OPEN;
	future_executor_t *pool = pool_of(1);
	future_t *source = future_submit(pool, wait_for_cancel, &gate);
	future_t *timeout;

	gate_await(&gate, 1);
	timeout = future_timeout(source, in_ns(1000000));
	ck_assert_int_eq(outcome_of(timeout), ETIMEDOUT);
	ck_assert_int_eq(future_join(source, FUTURE_FOREVER), 0);
	ck_assert_int_eq(outcome_of(source), ECANCELED);
	future_executor_unref(pool);
}
END_TEST

START_TEST(a_race_of_one_shields_a_shared_source)
{
	future_t *source, *shield, *timeout;
	future_promise_t *promise = promise_new(NULL, &source);

	shield = FUTURE_RACE(source);
	timeout = future_timeout(shield, in_ns(1000000));
	ck_assert_int_eq(outcome_of(timeout), ETIMEDOUT);
	ck_assert_int_eq(future_state(source), FUTURE_PENDING);
	future_unref(shield);
	future_promise_free(promise);
	ck_assert_int_eq(outcome_of(source), EOWNERDEAD);
}
END_TEST

/* A cancel, and what is refused. */

START_TEST(a_cancel_of_the_timeout_leaves_its_source_alone)
{
	future_t *source, *timeout;
	future_promise_t *promise = promise_new(NULL, &source);

	timeout = future_timeout(source, in_ns(hour_ns));
	ck_assert(future_cancel(timeout));
	ck_assert_int_eq(outcome_of(timeout), ECANCELED);
	ck_assert_int_eq(future_state(source), FUTURE_PENDING);
	ck_assert(future_promise_settle(promise, future_ok_int(1)));
	future_promise_free(promise);
	ck_assert_int_eq(outcome_of(source), 0);
}
END_TEST

START_TEST(null_is_einval)
{
	ck_assert_int_eq(outcome_of(future_timeout(NULL, FUTURE_FOREVER)),
		EINVAL);
}
END_TEST

START_TEST(while_a_task_runs_a_timeout_can_be_made_after_a_shutdown)
{
	struct gate gate = GATE_INIT;
	future_executor_t *pool = pool_of(1);
	future_t *task = future_submit(pool, pass_task, &gate);
	future_t *timeout;

	gate_await(&gate, 1);
	future_executor_shutdown(pool);
	timeout = future_timeout(task, in_ns(hour_ns));
	ck_assert_int_eq(future_state(timeout), FUTURE_PENDING);
	gate_open(&gate);
	ck_assert_int_eq(outcome_of(timeout), 0);
	future_unref(task);
	future_executor_unref(pool);
}
END_TEST

START_TEST(the_end_of_the_home_ends_a_timeout_with_eshutdown)
{
	future_executor_t *pool = pool_of(1);
	future_t *source, *before, *behind;
	future_promise_t *promise = promise_new(pool, &source);

	before = future_timeout(source, in_ns(hour_ns));
	future_executor_unref(pool);
	behind = future_timeout(source, in_ns(hour_ns));
	ck_assert_int_eq(outcome_of(before), ESHUTDOWN);
	ck_assert_int_eq(outcome_of(behind), ESHUTDOWN);
	ck_assert_int_eq(future_state(source), FUTURE_PENDING);
	future_promise_free(promise);
	future_unref(source);
}
END_TEST

START_TEST(a_cancel_of_the_home_ends_a_timeout_with_ecanceled)
{
	struct gate gate = GATE_INIT;
	future_executor_t *pool = pool_of(1);
	future_t *source = future_submit(pool, pass_task, &gate);
	future_t *before, *behind;

	gate_await(&gate, 1);
	before = future_timeout(source, in_ns(hour_ns));
	ck_assert_uint_eq(future_executor_cancel(pool), 1);
	behind = future_timeout(source, in_ns(hour_ns));
	ck_assert_int_eq(outcome_of(before), ECANCELED);
	ck_assert_int_eq(outcome_of(behind), ECANCELED);
	gate_open(&gate);
	ck_assert_int_eq(outcome_of(source), 0);
	future_executor_unref(pool);
}
END_TEST

/* Nothing stays behind. */

/* Memory in use, in bytes; 0 if nobody can tell. */
static size_t memory_now(void)
{
	unsigned long size = 0, resident = 0;
	FILE *statm;

	if (__sanitizer_get_current_allocated_bytes != NULL)
		return __sanitizer_get_current_allocated_bytes();
	statm = fopen("/proc/self/statm", "r");
	if (statm == NULL)
		return 0;
	if (fscanf(statm, "%lu %lu", &size, &resident) != 2)
		resident = 0;
	fclose(statm);
	return resident * (size_t)sysconf(_SC_PAGESIZE);
}

static void cancel_timeouts(future_t *source, size_t count)
{
	while (count-- > 0) {
		future_t *timeout = future_timeout(source, in_ns(hour_ns));

		ck_assert(future_cancel(timeout));
		future_unref(timeout);
	}
}

START_TEST(a_million_cancelled_timeouts_leave_nothing)
{
	future_t *source;
	future_promise_t *promise = promise_new(NULL, &source);
	size_t before;

	cancel_timeouts(source, scaled(1000));
	before = memory_now();
	cancel_timeouts(source, scaled(1000000));
	ck_assert_uint_le(memory_now(), before + (1 << 20));
	future_promise_free(promise);
	ck_assert_int_eq(outcome_of(source), EOWNERDEAD);
}
END_TEST

START_TEST(many_timeouts_on_one_source_share_its_outcome)
{
	enum { COUNT = 1000 };
	future_t *source, *timeouts[COUNT];
	future_promise_t *promise = promise_new(NULL, &source);

	for (int i = 0; i < COUNT; i++)
		timeouts[i] = future_timeout(source, in_ns(hour_ns + i));
	future_promise_settle(promise, future_ok_int(3));
	for (int i = 0; i < COUNT; i++) {
		ck_assert_int_eq(future_result_int(future_get(timeouts[i])), 3);
		future_unref(timeouts[i]);
	}
	future_unref(source);
	future_promise_free(promise);
}
END_TEST

/* The settle and the deadline at about the same time: one of the two. */
START_TEST(a_settle_and_the_deadline_at_once_are_one_of_the_two)
{
	size_t rounds = scaled(5000);

	for (size_t i = 0; i < rounds; i++) {
		future_t *source, *timeout;
		future_promise_t *promise = promise_new(NULL, &source);
		bool settled;

		timeout = future_timeout(source, in_ns(
			(int64_t)(i % 100) * 1000));
		while (future_now().ns % 64 != 0)
			;
		settled = future_promise_settle(promise, future_ok_int(1));
		/* So what was sent, or received, in time is not lost. */
		ck_assert_int_eq(future_get(timeout).error,
			settled ? 0 : ETIMEDOUT);
		future_unref(timeout);
		future_unref(source);
		future_promise_free(promise);
	}
}
END_TEST

/* Waiting inside a task. */

struct waiting {
	future_executor_t *pool;
	future_t *own;
	struct gate gate;
	future_time_t deadline;
	int error;
};

static future_result_t wait_for_queued(void *arg)
{
	struct waiting *waiting = arg;
	future_t *task = future_submit(waiting->pool, nothing_task, arg);
	future_t *timeout = future_timeout(task, in_ns(hour_ns));
	int error = future_get(timeout).error;

	future_unref(task);
	future_unref(timeout);
	return future_ok_int(error);
}

START_TEST(the_only_worker_runs_what_a_timeout_waits_for)
{
	struct waiting waiting = { .pool = pool_of(1) };
	future_t *task = future_submit(waiting.pool, wait_for_queued, &waiting);

	ck_assert_int_eq(future_result_int(future_get(task)), 0);
	future_unref(task);
	future_executor_unref(waiting.pool);
}
END_TEST

static future_result_t wait_for_self(void *arg)
{
	struct waiting *waiting = arg;
	future_t *timeout;

	gate_pass(&waiting->gate);
	timeout = future_timeout(waiting->own, waiting->deadline);
	waiting->error = outcome_of(timeout);
	return future_ok(NULL);
}

/*
 * The timer is hope: it is no EDEADLK.  It cancels the task that waits, which
 * may see that before it sees the timeout settle.
 */
START_TEST(a_task_that_waits_for_itself_with_a_timeout_ends)
{
	struct waiting waiting = { .pool = pool_of(1), .gate = GATE_INIT,
		.deadline = in_ns(2000000) };

	waiting.own = future_submit(waiting.pool, wait_for_self, &waiting);
	gate_open(&waiting.gate);
	ck_assert_int_eq(future_join(waiting.own, FUTURE_FOREVER), 0);
	ck_assert(waiting.error == ETIMEDOUT || waiting.error == ECANCELED);
	ck_assert_int_eq(outcome_of(waiting.own), ECANCELED);
	future_executor_unref(waiting.pool);
}
END_TEST

START_TEST(where_only_the_source_is_left_to_wait_for_it_is_edeadlk)
{
	struct waiting waiting = { .pool = pool_of(1), .gate = GATE_INIT,
		.deadline = FUTURE_FOREVER };

	waiting.own = future_submit(waiting.pool, wait_for_self, &waiting);
	gate_open(&waiting.gate);
	ck_assert_int_eq(outcome_of(waiting.own), 0);
	ck_assert_int_eq(waiting.error, EDEADLK);
	future_executor_unref(waiting.pool);
}
END_TEST

/* A ring that the deadline opens. */
START_TEST(a_source_that_follows_its_own_timeout_ends_at_the_deadline)
{
	future_t *source, *timeout;
	future_promise_t *promise = promise_new(NULL, &source);

	timeout = future_timeout(source, in_ns(2000000));
	future_promise_settle(promise, future_follow(future_ref(timeout)));
	ck_assert_int_eq(outcome_of(timeout), ETIMEDOUT);
	ck_assert_int_eq(outcome_of(source), ECANCELED);
	future_promise_free(promise);
}
END_TEST

START_TEST(a_source_that_follows_its_own_timeout_for_ever_is_edeadlk)
{
	future_t *source, *timeout;
	future_promise_t *promise = promise_new(NULL, &source);

	timeout = future_timeout(source, FUTURE_FOREVER);
	future_promise_settle(promise, future_follow(future_ref(timeout)));
	ck_assert_int_eq(outcome_of(timeout), EDEADLK);
	ck_assert_int_eq(outcome_of(source), EDEADLK);
	future_promise_free(promise);
}
END_TEST

static void add_ends(Suite *suite)
{
	TCase *tcase = suite_case(suite, "ends");

	tcase_add_test(tcase, a_timeout_shares_the_value_of_a_source_in_time);
	tcase_add_loop_test(tcase, a_timeout_fails_as_its_source_does, 0, 2);
	tcase_add_test(tcase, a_source_that_has_settled_is_never_too_late);
	tcase_add_test(tcase,
		at_the_deadline_it_fails_and_the_source_is_cancelled);
	tcase_add_loop_test(tcase,
		a_deadline_that_has_passed_cancels_inside_the_call, 0, 4);
	tcase_add_test(tcase, a_running_function_learns_of_the_timeout);
	tcase_add_test(tcase, a_race_of_one_shields_a_shared_source);
	tcase_add_test(tcase, a_cancel_of_the_timeout_leaves_its_source_alone);
	tcase_add_test(tcase, null_is_einval);
	tcase_add_test(tcase,
		while_a_task_runs_a_timeout_can_be_made_after_a_shutdown);
	tcase_add_test(tcase,
		the_end_of_the_home_ends_a_timeout_with_eshutdown);
	tcase_add_test(tcase,
		a_cancel_of_the_home_ends_a_timeout_with_ecanceled);
}

int main(void)
{
	Suite *suite = suite_create("timeout");
	TCase *tcase;

	add_ends(suite);
	tcase = suite_case(suite, "many");
	tcase_add_test(tcase,
		a_million_cancelled_timeouts_leave_nothing);
	tcase_add_test(tcase, many_timeouts_on_one_source_share_its_outcome);
	tcase_add_test(tcase,
		a_settle_and_the_deadline_at_once_are_one_of_the_two);
	tcase = suite_case(suite, "tasks");
	tcase_add_test(tcase, the_only_worker_runs_what_a_timeout_waits_for);
	tcase_add_test(tcase,
		a_task_that_waits_for_itself_with_a_timeout_ends);
	tcase_add_test(tcase,
		where_only_the_source_is_left_to_wait_for_it_is_edeadlk);
	tcase_add_test(tcase,
		a_source_that_follows_its_own_timeout_ends_at_the_deadline);
	tcase_add_test(tcase,
		a_source_that_follows_its_own_timeout_for_ever_is_edeadlk);
	return suite_run(suite);
}
