/* Futures that settle at an instant, and the thread that settles them. */
#define _GNU_SOURCE
#include "support.h"
#include "fail/thread.h"

#include <signal.h>

static future_time_t in_ns(int64_t ns)
{
	return (future_time_t){ future_now().ns + ns };
}

static const int64_t hour_ns = (int64_t)3600 * 1000000000;

/*
 * Has `fn` called on the thread of the executor's timers, and returns what it
 * returned: again, and later, until it was hung up before it was due.
 */
static future_result_t on_timer(future_executor_t *executor,
	future_then_fn *fn, void *arg)
{
	future_result_t result = { NULL, NULL, 0 };
	bool hung = false;

	for (int64_t ns = 1000000; !hung; ns *= 2) {
		future_t *after = future_after(executor, in_ns(ns));
		future_t *then = future_then_on(after, future_inline(), fn,
			arg);

		hung = future_state(after) == FUTURE_PENDING;
		result = future_get(then);
		future_unref(after);
		future_unref(then);
	}
	return result;
}

/* Instants. */

START_TEST(after_succeeds_at_its_deadline_and_not_before)
{
	future_executor_t *pool = pool_of(1);
	future_time_t deadline = in_ns(2000000);
	future_t *after = future_after(pool, deadline);
	future_result_t result = future_get(after);

	ck_assert_int_ge(future_now().ns, deadline.ns);
	ck_assert_int_eq(result.error, 0);
	ck_assert_ptr_null(result.value);
	future_unref(after);
	future_executor_unref(pool);
}
END_TEST

START_TEST(a_deadline_that_has_passed_settles_inside_the_call)
{
	static const int64_t past[] = { INT64_MIN, -1, 0, 1 };
	future_executor_t *pool = pool_of(1);
	size_t before = threads_now();
	future_t *after = future_after(pool, (future_time_t){ past[_i] });

	ck_assert_int_eq(future_state(after), FUTURE_OK);
	ck_assert_uint_eq(threads_now(), before);
	future_unref(after);
	future_executor_unref(pool);
}
END_TEST

START_TEST(forever_never_comes_and_takes_no_thread)
{
	future_executor_t *pool = pool_of(1);
	size_t before = threads_now();
	future_t *never = future_after(pool, FUTURE_FOREVER);

	ck_assert_int_eq(future_wait(never, future_in_ms(2)), ETIMEDOUT);
	ck_assert_uint_eq(threads_now(), before);
	ck_assert(future_cancel(never));
	future_unref(never);
	future_executor_unref(pool);
}
END_TEST

static int64_t cpu_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

/* A deadline that the system does not know does not make the thread spin. */
START_TEST(the_thread_sleeps_for_a_deadline_centuries_away)
{
	future_executor_t *pool = pool_of(1);
	future_t *late = future_after(pool, (future_time_t){ INT64_MAX - 1 });
	int64_t start = cpu_ns();

	ck_assert_int_eq(future_wait(late, future_in_ms(100)), ETIMEDOUT);
	ck_assert_int_le(cpu_ns() - start, 50000000);
	future_unref(late);
	future_executor_unref(pool);
}
END_TEST

static future_result_t write_in_order(future_result_t in, void *arg)
{
	(void)in;
	return write_task(arg);
}

/* Armed in the order of `which`; false if that took too long to tell. */
static bool fires_in_order(const int *which, int64_t first_ns)
{
	struct record record = { 0, "" };
	struct letter letters[3];
	future_time_t start = in_ns(first_ns);
	future_t *after[3], *then[3];
	bool pending = true;

	for (int i = 0; i < 3; i++) {
		letters[i] = (struct letter){ &record, (char)('a' + which[i]) };
		after[i] = future_after(future_inline(), (future_time_t){
			start.ns + which[i] * 1000 });
		then[i] = future_then(after[i], write_in_order, &letters[i]);
	}
	for (int i = 0; i < 3; i++)
		pending &= future_state(after[i]) == FUTURE_PENDING;
	for (int i = 0; i < 3; i++) {
		ck_assert_int_eq(outcome_of(then[i]), 0);
		future_unref(after[i]);
	}
	if (pending)
		ck_assert_str_eq(record.text, "abc");
	return pending;
}

START_TEST(the_earlier_deadline_fires_first_however_they_were_armed)
{
	static const int orders[6][3] = { { 0, 1, 2 }, { 0, 2, 1 }, { 1, 0, 2 },
		{ 1, 2, 0 }, { 2, 0, 1 }, { 2, 1, 0 } };
	int64_t first_ns = 1000000;

	while (!fires_in_order(orders[_i], first_ns))
		first_ns *= 2;
}
END_TEST

START_TEST(an_earlier_one_wakes_the_thread_that_sleeps_for_a_later)
{
	future_executor_t *pool = pool_of(1);
	future_t *late = future_after(pool, in_ns(hour_ns));
	future_t *soon = future_after(pool, in_ns(1000000));

	ck_assert_int_eq(outcome_of(soon), 0);
	ck_assert_int_eq(future_state(late), FUTURE_PENDING);
	future_unref(late);
	future_executor_unref(pool);
}
END_TEST

static future_result_t tell_thread(future_result_t in, void *arg)
{
	(void)in;
	*(pid_t *)arg = thread_id();
	return future_ok(future_current());
}

START_TEST(continuations_run_on_the_home)
{
	future_executor_t *pool = pool_of(1);
	future_t *after = future_after(pool, in_ns(1000000));
	pid_t thread = 0;
	future_t *then = future_then(after, tell_thread, &thread);

	ck_assert_ptr_eq(future_get(then).value, pool);
	ck_assert_int_ne(thread, thread_id());
	future_unref(after);
	future_unref(then);
	future_executor_unref(pool);
}
END_TEST

/* NULL, the inline executor: the default one keeps their time. */
START_TEST(the_default_executor_keeps_the_time_of_those_without)
{
	pid_t here = 0, there = 0;

	on_timer(NULL, tell_thread, &here);
	on_timer(future_inline(), tell_thread, &there);
	ck_assert_int_eq(here, there);
	ck_assert_int_ne(here, thread_id());
}
END_TEST

static future_result_t wait_for_after(void *arg)
{
	future_t *after = future_after(arg, in_ns(1000000));
	int error = future_get(after).error;

	future_unref(after);
	return future_ok_int(error);
}

START_TEST(the_only_worker_can_wait_for_a_timer)
{
	future_executor_t *pool = pool_of(1);
	future_t *task = future_submit(pool, wait_for_after, pool);
	future_result_t result = future_get(task);

	ck_assert_int_eq(result.error, 0);
	ck_assert_int_eq(future_result_int(result), 0);
	future_unref(task);
	future_executor_unref(pool);
}
END_TEST

/* The thread. */

START_TEST(a_pool_starts_one_thread_with_its_first_timer)
{
	future_executor_t *pool = pool_of(2);
	size_t before = threads_now();
	future_t *timers[100];

	for (int i = 0; i < 100; i++) {
		timers[i] = future_after(pool, in_ns(hour_ns));
		ck_assert_uint_eq(threads_now(), before + 1);
	}
	for (int i = 0; i < 100; i++) {
		ck_assert(future_cancel(timers[i]));
		future_unref(timers[i]);
	}
	future_executor_unref(pool);
	threads_become(before - 2);
}
END_TEST

static future_result_t read_name(future_result_t in, void *arg)
{
	(void)in;
	ck_assert_int_eq(pthread_getname_np(pthread_self(), arg, 16), 0);
	return future_ok(NULL);
}

START_TEST(the_thread_has_the_name_of_its_pool)
{
	static const char *const names[][2] = { { "io", "io-timer" },
		{ "a-long-name-indeed", "a-long-na-timer" } };
	future_executor_t *pool = pool_with(&(future_pool_options_t){
		.threads = 1, .name = names[_i][0] });
	char name[16] = "";

	on_timer(pool, read_name, name);
	ck_assert_str_eq(name, names[_i][1]);
	future_executor_unref(pool);
}
END_TEST

static future_result_t blocks_signals(future_result_t in, void *arg)
{
	sigset_t set;

	(void)in;
	(void)arg;
	pthread_sigmask(SIG_SETMASK, NULL, &set);
	return future_ok_int(sigismember(&set, SIGTERM) &&
		sigismember(&set, SIGALRM) && !sigismember(&set, SIGSEGV));
}

START_TEST(the_thread_blocks_signals_like_a_worker)
{
	future_executor_t *pool = pool_of(1);

	ck_assert_int_eq(future_result_int(on_timer(pool, blocks_signals,
		NULL)), 1);
	future_executor_unref(pool);
}
END_TEST

START_TEST(a_thread_that_cannot_be_started_is_eagain_and_tried_again)
{
	future_executor_t *pool = pool_of(1);
	future_t *after;

	fail_thread(1);
	after = future_after(pool, in_ns(hour_ns));
	fail_thread(0);
	ck_assert_int_eq(future_state(after), FUTURE_FAILED);
	ck_assert_int_eq(outcome_of(after), EAGAIN);
	ck_assert_int_eq(outcome_of(future_after(pool, in_ns(1000000))), 0);
	future_executor_unref(pool);
}
END_TEST

/* Cancelling. */

START_TEST(a_cancel_takes_the_timer_off)
{
	future_executor_t *pool = pool_of(1);
	future_t *after = future_after(pool, in_ns(hour_ns));

	ck_assert(future_cancel(after));
	ck_assert(!future_cancel(after));
	ck_assert_int_eq(future_state(after), FUTURE_CANCELLED);
	ck_assert_int_eq(outcome_of(after), ECANCELED);
	future_executor_unref(pool);
}
END_TEST

START_TEST(an_unref_cancels_nothing)
{
	future_executor_t *pool = pool_of(1);
	future_t *after = future_after(pool, in_ns(2000000));
	atomic_int ran = 0;
	future_t *then = future_then(after, count_then, &ran);

	future_unref(after);
	ck_assert_int_eq(outcome_of(then), 0);
	ck_assert_int_eq(ran, 1);
	future_executor_unref(pool);
}
END_TEST

/* A round of each, so that the cancel comes before, with and after the end. */
START_TEST(a_cancel_and_the_deadline_at_once_are_one_of_the_two)
{
	future_executor_t *pool = pool_of(1);
	size_t rounds = scaled(5000);

	for (size_t i = 0; i < rounds; i++) {
		future_t *after = future_after(pool, in_ns(
			(int64_t)(i % 100) * 1000));
		bool cancelled;

		while (future_now().ns % 64 != 0)
			;
		cancelled = future_cancel(after);
		ck_assert_int_eq(outcome_of(after), cancelled ? ECANCELED : 0);
	}
	future_executor_unref(pool);
}
END_TEST

/* Not armed in order, so that the heap has something to do. */
static future_time_t scattered(size_t i, size_t count)
{
	return (future_time_t){ hour_ns * 1000 +
		(int64_t)(i * 7919 % count) * 1000 };
}

/*
 * A list would take 10^12 steps, an hour of them; the bound is far from both.
 * What is left is dropped, in order, when the pool goes.
 */
START_TEST(a_million_can_be_armed_and_half_of_them_cancelled)
{
	future_executor_t *pool = pool_of(1);
	size_t count = scaled(1000000);
	future_t **timers = calloc(count, sizeof(*timers));
	int64_t start = cpu_ns();

	ck_assert_ptr_nonnull(timers);
	for (size_t i = 0; i < count; i++)
		timers[i] = future_after(pool, scattered(i, count));
	for (size_t i = 0; i < count; i += 2)
		ck_assert(future_cancel(timers[i]));
	future_executor_unref(pool);
	ck_assert_int_le(cpu_ns() - start, (int64_t)20 * 1000000000);
	for (size_t i = 0; i < count; i++)
		ck_assert_int_eq(outcome_of(timers[i]), i % 2 == 0 ?
			ECANCELED : ESHUTDOWN);
	free(timers);
}
END_TEST

START_TEST(a_hundred_thousand_that_are_due_at_once_all_fire)
{
	future_executor_t *pool = pool_of(1);
	size_t count = scaled(100000);
	future_t **timers = calloc(count, sizeof(*timers));
	future_time_t deadline = in_ns(30000000);

	ck_assert_ptr_nonnull(timers);
	for (size_t i = 0; i < count; i++)
		timers[i] = future_after(pool, deadline);
	for (size_t i = 0; i < count; i++)
		ck_assert_int_eq(outcome_of(timers[i]), 0);
	future_executor_unref(pool);
	free(timers);
}
END_TEST

static void arm_and_cancel(void *arg, size_t index)
{
	future_t *timers[64] = { NULL };

	for (size_t i = 0; i < scaled(20000); i++) {
		future_t **timer = &timers[i * 31 % 64];

		if (*timer != NULL && i % 3 != 0)
			future_cancel(*timer);
		future_unref(*timer);
		*timer = future_after(arg, in_ns((int64_t)(i % 7 + index) *
			20000));
	}
	for (int i = 0; i < 64; i++) {
		future_cancel(timers[i]);
		future_unref(timers[i]);
	}
}

START_TEST(many_threads_arm_and_cancel)
{
	future_executor_t *pool = pool_of(1);

	together(4, arm_and_cancel, pool);
	future_executor_unref(pool);
}
END_TEST

static void add_instants(Suite *suite)
{
	TCase *tcase = suite_case(suite, "instants");

	tcase_add_test(tcase, after_succeeds_at_its_deadline_and_not_before);
	tcase_add_loop_test(tcase,
		a_deadline_that_has_passed_settles_inside_the_call, 0, 4);
	tcase_add_test(tcase, forever_never_comes_and_takes_no_thread);
	tcase_add_test(tcase, the_thread_sleeps_for_a_deadline_centuries_away);
	tcase_add_loop_test(tcase,
		the_earlier_deadline_fires_first_however_they_were_armed,
		0, 6);
	tcase_add_test(tcase,
		an_earlier_one_wakes_the_thread_that_sleeps_for_a_later);
	tcase_add_test(tcase, continuations_run_on_the_home);
	tcase_add_test(tcase,
		the_default_executor_keeps_the_time_of_those_without);
	tcase_add_test(tcase, the_only_worker_can_wait_for_a_timer);
}

static void add_thread(Suite *suite)
{
	TCase *tcase = suite_case(suite, "thread");

	tcase_add_test(tcase, a_pool_starts_one_thread_with_its_first_timer);
	tcase_add_loop_test(tcase, the_thread_has_the_name_of_its_pool, 0, 2);
	tcase_add_test(tcase, the_thread_blocks_signals_like_a_worker);
	tcase_add_test(tcase,
		a_thread_that_cannot_be_started_is_eagain_and_tried_again);
}

int main(void)
{
	Suite *suite = suite_create("timer");
	TCase *tcase;

	add_instants(suite);
	add_thread(suite);
	tcase = suite_case(suite, "cancel");
	tcase_add_test(tcase, a_cancel_takes_the_timer_off);
	tcase_add_test(tcase, an_unref_cancels_nothing);
	tcase_add_test(tcase,
		a_cancel_and_the_deadline_at_once_are_one_of_the_two);
	tcase_add_test(tcase,
		a_million_can_be_armed_and_half_of_them_cancelled);
	tcase_add_test(tcase,
		a_hundred_thousand_that_are_due_at_once_all_fire);
	tcase_add_test(tcase, many_threads_arm_and_cancel);
	return suite_run(suite);
}
