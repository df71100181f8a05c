/* Retry: a task that is run again until it succeeds. */
#include "check.h"

enum { MOST = 16 };

/* A task that fails so often, and notes when it ran. */
struct tries {
	int fails;
	int error;
	atomic_int runs;
	int64_t at_ns[MOST];
	atomic_int destroyed;
	atomic_int details;
};

static struct tries fails(int count)
{
	return (struct tries){ .fails = count, .error = EIO };
}

static future_result_t run(void *arg)
{
	struct tries *tries = arg;
	int nth = atomic_fetch_add(&tries->runs, 1);

	if (nth < MOST)
		tries->at_ns[nth] = future_now().ns;
	return nth < tries->fails ? future_fail(tries->error) :
		future_ok_int(nth);
}

static future_result_t run_with_detail(void *arg)
{
	struct tries *tries = arg;
	int nth = atomic_fetch_add(&tries->runs, 1);

	return nth < tries->fails ? owned_failure(EIO, &tries->details) :
		owned(&tries->details);
}

static void end(void *arg)
{
	count_up(&((struct tries *)arg)->destroyed);
}

static future_retry_t retrying(struct tries *tries, size_t attempts)
{
	return (future_retry_t){ .attempts = attempts, .fn = run,
		.arg = tries, .destroy_arg = end };
}

static int outcome(future_t *future)
{
	int error = future_get(future).error;

	future_unref(future);
	return error;
}

START_TEST(a_task_that_succeeds_runs_once)
{
	future_executor_t *pool = pool_of(1);
	struct tries tries = fails(0);
	future_retry_t retry = retrying(&tries, 5);
	FUTURE_AUTO future_t *future = future_retry(pool, &retry);

	ck_assert_int_eq(future_get(future).error, 0);
	ck_assert_int_eq(tries.runs, 1);
	ck_assert_int_eq(tries.destroyed, 1);
	future_executor_unref(pool);
}
END_TEST

START_TEST(a_task_runs_until_it_succeeds)
{
	future_executor_t *pool = pool_of(1);
	struct tries tries = fails(3);
	future_retry_t retry = retrying(&tries, 5);
	FUTURE_AUTO future_t *future = future_retry(pool, &retry);

	ck_assert_int_eq(future_result_int(future_get(future)), 3);
	ck_assert_int_eq(future_get(future).error, 0);
	ck_assert_int_eq(tries.runs, 4);
	ck_assert_int_eq(tries.destroyed, 1);
	future_executor_unref(pool);
}
END_TEST

START_TEST(three_attempts_are_the_usual_number)
{
	future_executor_t *pool = pool_of(1);
	struct tries tries = fails(MOST);
	future_retry_t retry = retrying(&tries, 0);

	ck_assert_int_eq(outcome(future_retry(pool, &retry)), EIO);
	ck_assert_int_eq(tries.runs, 3);
	ck_assert_int_eq(tries.destroyed, 1);
	future_executor_unref(pool);
}
END_TEST

START_TEST(it_fails_as_the_last_attempt_did)
{
	future_executor_t *pool = pool_of(1);
	struct tries tries = fails(MOST);
	future_retry_t retry = retrying(&tries, 4);
	future_t *future;

	retry.fn = run_with_detail;
	future = future_retry(pool, &retry);
	ck_assert_int_eq(future_get(future).error, EIO);
	ck_assert(owned_is(future_get(future), &tries.details));
	ck_assert_int_eq(tries.details, 3);
	future_unref(future);
	future_executor_unref(pool);
	ck_assert_int_eq(tries.details, 4);
}
END_TEST

START_TEST(it_owns_the_value_of_the_attempt_that_succeeds)
{
	future_executor_t *pool = pool_of(1);
	struct tries tries = fails(1);
	future_retry_t retry = retrying(&tries, 4);
	future_t *future;

	retry.fn = run_with_detail;
	future = future_retry(pool, &retry);
	ck_assert_int_eq(future_get(future).error, 0);
	ck_assert(owned_is(future_get(future), &tries.details));
	ck_assert_int_eq(tries.details, 1);
	future_unref(future);
	future_executor_unref(pool);
	ck_assert_int_eq(tries.details, 2);
}
END_TEST

/* What is worth it. */

static bool not_einval(future_result_t failure, void *tries)
{
	ck_assert_int_ge(((struct tries *)tries)->runs, 1);
	return failure.error != EINVAL;
}

START_TEST(a_failure_that_is_not_worth_it_is_final)
{
	future_executor_t *pool = pool_of(1);
	struct tries passing = fails(2), permanent = fails(2);
	future_retry_t retry = retrying(&passing, 5);

	retry.worth = not_einval;
	ck_assert_int_eq(outcome(future_retry(pool, &retry)), 0);
	ck_assert_int_eq(passing.runs, 3);
	permanent.error = EINVAL;
	retry.arg = &permanent;
	ck_assert_int_eq(outcome(future_retry(pool, &retry)), EINVAL);
	ck_assert_int_eq(permanent.runs, 1);
	future_executor_unref(pool);
}
END_TEST

START_TEST(a_cancel_by_the_task_is_final)
{
	future_executor_t *pool = pool_of(1);
	struct tries tries = fails(2);
	future_retry_t retry = retrying(&tries, 5);

	tries.error = ECANCELED;
	ck_assert_int_eq(outcome(future_retry(pool, &retry)), ECANCELED);
	ck_assert_int_eq(tries.runs, 1);
	future_executor_unref(pool);
}
END_TEST

/* Pauses. */

static void pauses_are(const struct tries *tries, const int *least_ms,
	int count)
{
	for (int i = 0; i < count; i++)
		ck_assert_int_ge(tries->at_ns[i + 1] - tries->at_ns[i],
			least_ms[i] * INT64_C(1000000));
}

START_TEST(each_pause_is_twice_the_last_up_to_the_cap)
{
	static const int least_ms[] = { 2, 4, 8, 9, 9 };
	future_executor_t *pool = pool_of(1);
	struct tries tries = fails(5);
	future_retry_t retry = retrying(&tries, 6);
	int64_t begin_ns = future_now().ns;

	retry.backoff_ns = 2000000;
	retry.cap_ns = 9000000;
	ck_assert_int_eq(outcome(future_retry(pool, &retry)), 0);
	pauses_are(&tries, least_ms, 5);
	ck_assert_int_lt(future_now().ns - begin_ns, INT64_C(20000000000));
	future_executor_unref(pool);
}
END_TEST

START_TEST(the_cap_holds_for_the_first_pause)
{
	future_executor_t *pool = pool_of(1);
	struct tries tries = fails(2);
	future_retry_t retry = retrying(&tries, 3);

	retry.backoff_ns = INT64_MAX;
	retry.cap_ns = 1000000;
	ck_assert_int_eq(outcome(future_retry(pool, &retry)), 0);
	ck_assert_int_eq(tries.runs, 3);
	future_executor_unref(pool);
}
END_TEST

/* So long that it would not end: it must be there, to be cancelled. */
START_TEST(a_pause_saturates)
{
	future_executor_t *pool = pool_of(1);
	struct hold hold = HOLD;
	future_retry_t retry = { .attempts = SIZE_MAX,
		.backoff_ns = INT64_MAX / 2 + 1, .fn = hold_run, .arg = &hold };
	future_t *future;

	hold.result = future_fail(EIO);
	gate_open(&hold.released);
	future = future_retry(pool, &retry);
	gate_wait(&hold.started);
	ck_assert_int_eq(future_wait(future, future_in_ms(20)), ETIMEDOUT);
	ck_assert(future_cancel(future));
	future_unref(future);
	future_executor_unref(pool);
}
END_TEST

/* The pauses of a seed, in a sum that only they make up. */
static int64_t jittered_ns(uint64_t seed)
{
	struct tries tries = fails(9);
	future_retry_t retry = retrying(&tries, 10);
	int64_t begin_ns = future_now().ns;

	retry.backoff_ns = 4000000;
	retry.cap_ns = 4000000;
	retry.jitter = seed;
	ck_assert_int_eq(outcome(future_retry(future_inline(), &retry)), 0);
	return future_now().ns - begin_ns;
}

START_TEST(a_jitter_shortens_pauses)
{
	int64_t best_ns = INT64_MAX;

	/* 36 ms without, 18 with, on average; the machine may be busy. */
	for (uint64_t seed = 1; seed <= 100 && best_ns >= 36000000; seed++) {
		int64_t ns = jittered_ns(seed);

		best_ns = ns < best_ns ? ns : best_ns;
	}
	ck_assert_int_lt(best_ns, 36000000);
	ck_assert_int_ge(jittered_ns(0), 36000000);
}
END_TEST

/* Cancelling. */

START_TEST(a_cancel_ends_a_pause)
{
	future_executor_t *pool = pool_of(1);
	struct tries tries = fails(MOST);
	future_retry_t retry = retrying(&tries, 5);
	future_t *future;

	retry.backoff_ns = INT64_C(3600000000000);
	future = future_retry(pool, &retry);
	/* Its function has returned: what is left is the pause. */
	ck_assert_int_eq(future_executor_drain(pool, FUTURE_FOREVER), 0);
	ck_assert_int_lt(future_state(future), FUTURE_OK);
	ck_assert_int_eq(tries.destroyed, 0);
	ck_assert(future_cancel(future));
	ck_assert_int_eq(tries.destroyed, 1);
	ck_assert_int_eq(future_join(future, FUTURE_FOREVER), 0);
	ck_assert_int_eq(future_get(future).error, ECANCELED);
	future_unref(future);
	future_executor_unref(pool);
	ck_assert_int_eq(tries.runs, 1);
}
END_TEST

static future_result_t run_then_hold(void *arg)
{
	struct hold *hold = arg;

	if (atomic_fetch_add(&hold->returned, 1) == 0)
		return future_fail(EIO);
	return hold_run(arg);
}

START_TEST(a_cancel_asks_the_attempt_that_runs)
{
	future_executor_t *pool = pool_of(1);
	struct hold hold = HOLD;
	future_retry_t retry = { .attempts = 5, .fn = run_then_hold,
		.arg = &hold };
	future_t *future;

	hold.result = future_fail(EIO);
	future = future_retry(pool, &retry);
	gate_wait(&hold.started);
	ck_assert(future_cancel(future));
	ck_assert_int_eq(future_join(future, future_in_ms(1)), ETIMEDOUT);
	gate_open(&hold.released);
	ck_assert_int_eq(future_join(future, FUTURE_FOREVER), 0);
	ck_assert_int_eq(hold.asked, 1);
	future_unref(future);
	future_executor_unref(pool);
}
END_TEST

START_TEST(a_cancel_of_one_that_has_not_started_runs_nothing)
{
	future_executor_t *pool = pool_of(1);
	struct hold hold = HOLD;
	struct tries tries = fails(0);
	future_retry_t retry = retrying(&tries, 5);
	future_t *future;

	hold_worker(pool, &hold);
	future = future_retry(pool, &retry);
	ck_assert(future_cancel(future));
	ck_assert_int_eq(tries.destroyed, 1);
	future_unref(future);
	gate_open(&hold.released);
	future_executor_unref(pool);
	ck_assert_int_eq(tries.runs, 0);
}
END_TEST

START_TEST(a_token_cancels_any_attempt)
{
	future_executor_t *pool = pool_of(1);
	struct hold hold = HOLD;
	future_token_t *token;
	future_retry_t retry = { .fn = run_then_hold, .arg = &hold };
	future_t *future;

	ck_assert_int_eq(future_token_new(NULL, FUTURE_FOREVER, &token), 0);
	retry.token = token;
	future = future_retry(pool, &retry);
	gate_wait(&hold.started);
	future_token_cancel(token);
	future_token_unref(token);
	ck_assert_int_eq(future_get(future).error, ECANCELED);
	gate_open(&hold.released);
	ck_assert_int_eq(future_join(future, FUTURE_FOREVER), 0);
	ck_assert_int_eq(hold.asked, 1);
	future_unref(future);
	future_executor_unref(pool);
}
END_TEST

/* Attempts that take their time elsewhere. */

struct remote {
	future_promise_t *promises[MOST];
	future_t *futures[MOST];
	struct gate started[MOST];
	atomic_int runs;
	atomic_int destroyed;
};

static void remote_init(struct remote *remote)
{
	for (int i = 0; i < MOST; i++) {
		remote->promises[i] = promise_new(&remote->futures[i]);
		remote->started[i] = (struct gate)GATE_SHUT;
	}
	remote->runs = remote->destroyed = 0;
}

static void remote_fini(struct remote *remote)
{
	for (int i = 0; i < MOST; i++) {
		future_unref(remote->futures[i]);
		future_promise_free(remote->promises[i]);
	}
}

static void remote_end(void *arg)
{
	count_up(&((struct remote *)arg)->destroyed);
}

static future_result_t run_remote(void *arg)
{
	struct remote *remote = arg;
	int nth = atomic_fetch_add(&remote->runs, 1);

	gate_open(&remote->started[nth]);
	return future_follow(future_ref(remote->futures[nth]));
}

static bool is_eio(future_result_t failure, void *remote)
{
	(void)remote;
	return failure.error == EIO;
}

START_TEST(an_attempt_may_follow_a_future)
{
	future_executor_t *pool = pool_of(1);
	struct remote remote;
	future_retry_t retry = { .attempts = 5, .worth = is_eio,
		.fn = run_remote, .arg = &remote, .destroy_arg = remote_end };
	atomic_int details = 0;
	future_t *future;

	remote_init(&remote);
	future_promise_settle(remote.promises[1], future_fail(EIO));
	future = future_retry(pool, &retry);
	gate_wait(&remote.started[0]);
	future_promise_settle(remote.promises[0],
		owned_failure(EIO, &details));
	gate_wait(&remote.started[2]);
	future_promise_settle(remote.promises[2], owned(&details));
	ck_assert_int_eq(future_get(future).error, 0);
	ck_assert(owned_is(future_get(future), &details));
	ck_assert_int_eq(remote.runs, 3);
	ck_assert_int_eq(remote.destroyed, 1);
	future_unref(future);
	future_executor_unref(pool);
	remote_fini(&remote);
	ck_assert_int_eq(details, 2);
}
END_TEST

START_TEST(what_an_attempt_follows_may_fail_for_good)
{
	future_executor_t *pool = pool_of(1);
	future_executor_t *where[] = { pool, future_inline() };

	for (int i = 0; i < 2; i++) {
		struct remote remote;
		future_retry_t retry = { .attempts = 5, .worth = is_eio,
			.fn = run_remote, .arg = &remote };
		atomic_int details = 0;
		future_t *future;

		remote_init(&remote);
		future = future_retry(where[i], &retry);
		future_promise_settle(remote.promises[0],
			owned_failure(EPERM, &details));
		ck_assert_int_eq(future_get(future).error, EPERM);
		ck_assert(owned_is(future_get(future), &details));
		ck_assert_int_eq(remote.runs, 1);
		future_unref(future);
		ck_assert_int_eq(future_executor_drain(pool, FUTURE_FOREVER),
			0);
		remote_fini(&remote);
	}
	future_executor_unref(pool);
}
END_TEST

START_TEST(a_cancel_reaches_what_an_attempt_follows)
{
	future_executor_t *pool = pool_of(1);
	struct remote remote;
	future_retry_t retry = { .attempts = 2, .fn = run_remote,
		.arg = &remote, .destroy_arg = remote_end };

	/* The first attempt, and the last. */
	for (int last = 0; last < 2; last++) {
		future_t *future;

		remote_init(&remote);
		if (last == 1)
			future_promise_settle(remote.promises[0],
				future_fail(EIO));
		future = future_retry(pool, &retry);
		gate_wait(&remote.started[last]);
		ck_assert_int_eq(future_executor_drain(pool, FUTURE_FOREVER),
			0);
		ck_assert(future_cancel(future));
		ck_assert_int_eq(future_state(remote.futures[last]),
			FUTURE_CANCELLED);
		ck_assert_int_eq(remote.destroyed, 1);
		ck_assert_int_eq(remote.runs, last + 1);
		future_unref(future);
		remote_fini(&remote);
	}
	future_executor_unref(pool);
}
END_TEST

START_TEST(another_attempt_may_come_from_any_thread)
{
	future_executor_t *pool = pool_of(2);
	struct remote remote;
	future_retry_t retry = { .attempts = MOST, .fn = run_remote,
		.arg = &remote };
	future_t *future;

	remote_init(&remote);
	future = future_retry(pool, &retry);
	for (int i = 0; i < MOST - 1; i++) {
		gate_wait(&remote.started[i]);
		future_promise_settle(remote.promises[i], future_fail(EIO));
	}
	future_promise_settle(remote.promises[MOST - 1], future_ok_int(7));
	ck_assert_int_eq(future_result_int(future_get(future)), 7);
	future_unref(future);
	future_executor_unref(pool);
	remote_fini(&remote);
}
END_TEST

/* Where it runs. */

START_TEST(on_the_inline_executor_it_starts_in_the_call)
{
	struct tries tries = fails(1);
	future_retry_t retry = retrying(&tries, 5);
	future_t *future;

	retry.backoff_ns = 1000000;
	future = future_retry(future_inline(), &retry);
	ck_assert_int_ge(tries.runs, 1);
	ck_assert_int_eq(outcome(future), 0);
	ck_assert_int_eq(tries.runs, 2);
	ck_assert_int_eq(tries.destroyed, 1);
}
END_TEST

static future_result_t submit_a_failure(void *arg)
{
	return future_follow(future_submit(future_current(), run, arg));
}

static future_result_t wait_for_it(void *arg)
{
	struct tries tries = fails(2);
	future_retry_t retry = retrying(&tries, 5);
	FUTURE_AUTO future_t *future = NULL;

	retry.fn = arg != NULL ? submit_a_failure : run;
	retry.backoff_ns = 1000000;
	future = future_retry(future_current(), &retry);
	return future_fail(future_get(future).error == 0 ? -tries.runs :
		future_get(future).error);
}

START_TEST(a_worker_of_a_pool_of_one_may_wait_for_it)
{
	future_executor_t *pool = pool_of(1);

	ck_assert_int_eq(outcome(future_submit(pool, wait_for_it, NULL)), -3);
	ck_assert_int_eq(outcome(future_submit(pool, wait_for_it, pool)), -3);
	future_executor_unref(pool);
}
END_TEST

START_TEST(a_closed_executor_ends_the_pause)
{
	struct tries tries = fails(MOST);
	future_retry_t retry = retrying(&tries, 5);
	future_executor_t *pool = pool_of(1);
	future_t *future;

	retry.backoff_ns = INT64_C(3600000000000);
	future = future_retry(pool, &retry);
	ck_assert_int_eq(future_executor_drain(pool, FUTURE_FOREVER), 0);
	future_executor_unref(pool);
	ck_assert_int_eq(outcome(future), ESHUTDOWN);
	ck_assert_int_eq(tries.runs, 1);
	ck_assert_int_eq(tries.destroyed, 1);
}
END_TEST

START_TEST(a_closed_executor_runs_no_other_attempt)
{
	struct hold hold = HOLD;
	future_retry_t retry = { .fn = hold_run, .arg = &hold };
	future_executor_t *pool = pool_of(1);
	future_t *future = future_retry(pool, &retry);

	hold.result = future_fail(EIO);
	gate_wait(&hold.started);
	future_executor_shutdown(pool);
	gate_open(&hold.released);
	ck_assert_int_eq(outcome(future), ESHUTDOWN);
	ck_assert_int_eq(outcome(future_retry(pool, &retry)), ESHUTDOWN);
	future_executor_unref(pool);
}
END_TEST

START_TEST(the_last_failure_needs_no_executor)
{
	struct remote remote;
	future_retry_t retry = { .attempts = 1, .fn = run_remote,
		.arg = &remote };
	future_executor_t *pool = pool_of(1);
	future_t *future;

	remote_init(&remote);
	future = future_retry(pool, &retry);
	gate_wait(&remote.started[0]);
	future_executor_unref(pool);
	future_promise_settle(remote.promises[0], future_fail(EIO));
	ck_assert_int_eq(outcome(future), EIO);
	remote_fini(&remote);
}
END_TEST

/* Its argument. */

struct copied {
	atomic_int *destroyed;
	int64_t runs;
};

static future_result_t run_copied(void *arg)
{
	struct copied *copied = arg;

	return ++copied->runs < 3 ? future_fail(EIO) :
		future_ok_int(copied->runs);
}

static void copied_end(void *arg)
{
	count_up(((struct copied *)arg)->destroyed);
}

START_TEST(an_argument_is_copied_once_for_all_attempts)
{
	future_executor_t *pool = pool_of(1);
	atomic_int destroyed = 0;
	struct copied copied = { &destroyed, 0 };
	future_retry_t retry = { .attempts = 5, .fn = run_copied,
		.arg = &copied, .arg_size = sizeof(copied),
		.destroy_arg = copied_end };
	FUTURE_AUTO future_t *future = future_retry(pool, &retry);

	copied = (struct copied){ NULL, -1 };
	ck_assert_int_eq(future_result_int(future_get(future)), 3);
	ck_assert_int_eq(destroyed, 1);
	future_executor_unref(pool);
}
END_TEST

START_TEST(a_retry_that_cannot_be_is_refused_with_its_argument)
{
	struct tries tries = fails(0);
	future_retry_t retry = retrying(&tries, 0);

	ck_assert_int_eq(outcome(future_retry(NULL, NULL)), EINVAL);
	retry.backoff_ns = -1;
	ck_assert_int_eq(outcome(future_retry(NULL, &retry)), EINVAL);
	retry.backoff_ns = 0;
	retry.cap_ns = -1;
	ck_assert_int_eq(outcome(future_retry(NULL, &retry)), EINVAL);
	retry.cap_ns = 0;
	retry.priority = FUTURE_PRIORITY_HIGH + 1;
	ck_assert_int_eq(outcome(future_retry(NULL, &retry)), EINVAL);
	retry.priority = 0;
	retry.arg_size = SIZE_MAX;
	ck_assert_int_eq(outcome(future_retry(NULL, &retry)), ENOMEM);
	retry.arg_size = 0;
	retry.fn = NULL;
	ck_assert_int_eq(outcome(future_retry(NULL, &retry)), EINVAL);
	ck_assert_int_eq(tries.destroyed, 5);
	ck_assert_int_eq(tries.runs, 0);
}
END_TEST

/* Many at once, some of which are cancelled at any moment. */
START_TEST(whatever_happens_each_argument_is_destroyed_once)
{
	enum { COUNT = 32 };
	future_executor_t *pool = pool_of(2);

	for (size_t round = 0; round < scaled(100); round++) {
		struct tries tries[COUNT];
		future_t *futures[COUNT];

		for (int i = 0; i < COUNT; i++) {
			future_retry_t retry = retrying(&tries[i], 6);

			tries[i] = fails(i % 8);
			retry.fn = i % 3 == 0 ? submit_a_failure : run;
			retry.backoff_ns = i % 5 * 1000;
			retry.jitter = (uint64_t)i;
			futures[i] = future_retry(pool, &retry);
		}
		for (int i = 0; i < COUNT; i++) {
			int error;

			if (i % 2 == 0)
				future_cancel(futures[i]);
			error = future_get(futures[i]).error;
			ck_assert(error == (i % 8 < 6 ? 0 : EIO) ||
				(error == ECANCELED && i % 2 == 0));
			ck_assert_int_eq(future_join(futures[i],
				FUTURE_FOREVER), 0);
		}
		ck_assert_int_eq(future_executor_drain(pool, FUTURE_FOREVER),
			0);
		for (int i = 0; i < COUNT; i++) {
			ck_assert_int_eq(tries[i].destroyed, 1);
			future_unref(futures[i]);
		}
	}
	future_executor_unref(pool);
}
END_TEST

int main(void)
{
	return run_tests("retry", (const TTest *[]) {
		a_task_that_succeeds_runs_once,
		a_task_runs_until_it_succeeds,
		three_attempts_are_the_usual_number,
		it_fails_as_the_last_attempt_did,
		it_owns_the_value_of_the_attempt_that_succeeds,
		a_failure_that_is_not_worth_it_is_final,
		a_cancel_by_the_task_is_final,
		each_pause_is_twice_the_last_up_to_the_cap,
		the_cap_holds_for_the_first_pause,
		a_pause_saturates,
		a_jitter_shortens_pauses,
		a_cancel_ends_a_pause,
		a_cancel_asks_the_attempt_that_runs,
		a_cancel_of_one_that_has_not_started_runs_nothing,
		a_token_cancels_any_attempt,
		an_attempt_may_follow_a_future,
		what_an_attempt_follows_may_fail_for_good,
		a_cancel_reaches_what_an_attempt_follows,
		another_attempt_may_come_from_any_thread,
		on_the_inline_executor_it_starts_in_the_call,
		a_worker_of_a_pool_of_one_may_wait_for_it,
		a_closed_executor_ends_the_pause,
		a_closed_executor_runs_no_other_attempt,
		the_last_failure_needs_no_executor,
		an_argument_is_copied_once_for_all_attempts,
		a_retry_that_cannot_be_is_refused_with_its_argument,
		whatever_happens_each_argument_is_destroyed_once,
		NULL
	});
}
