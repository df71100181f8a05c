/* The version, errors in words, deadlines; bad input to executors. */
#define _GNU_SOURCE
#include "support.h"

#include <limits.h>

START_TEST(the_version_is_that_of_the_header)
{
	char numbers[64];

	snprintf(numbers, sizeof(numbers), "%d.%d.%d", FUTURE_VERSION_MAJOR,
		FUTURE_VERSION_MINOR, FUTURE_VERSION_PATCH);
	ck_assert_str_eq(FUTURE_VERSION, numbers);
	ck_assert_str_eq(future_version(), FUTURE_VERSION);
}
END_TEST

/* Errors in words. */

START_TEST(every_int_has_a_text)
{
	static const int edges[] = { INT_MIN, INT_MIN + 1, INT_MAX - 1,
		INT_MAX };

	for (int error = -1000; error <= 1000; error++) {
		ck_assert_ptr_nonnull(future_strerror(error));
		ck_assert_str_ne(future_strerror(error), "");
	}
	for (size_t i = 0; i < sizeof(edges) / sizeof(edges[0]); i++)
		ck_assert_str_ne(future_strerror(edges[i]), "");
}
END_TEST

START_TEST(a_negative_code_is_an_application_error)
{
	ck_assert_str_eq(future_strerror(-1), "application error");
	ck_assert_str_eq(future_strerror(-12345), "application error");
	ck_assert_str_eq(future_strerror(INT_MIN), "application error");
}
END_TEST

START_TEST(the_librarys_own_errors_have_texts_of_their_own)
{
	static const int own[] = { 0, EINVAL, ENOMEM, EAGAIN, ESHUTDOWN,
		ECANCELED, ETIMEDOUT, EDEADLK, EALREADY, EINPROGRESS,
		EOWNERDEAD, ECHILD, ENOTSUP, EBUSY };
	size_t count = sizeof(own) / sizeof(own[0]);

	for (size_t i = 0; i < count; i++)
		for (size_t j = 0; j < i; j++)
			ck_assert_str_ne(future_strerror(own[i]),
				future_strerror(own[j]));
}
END_TEST

START_TEST(a_text_stays_what_it_was)
{
	const char *text = future_strerror(ECANCELED);
	char *before = strdup(text);

	for (int error = -200; error <= 200; error++)
		(void)future_strerror(error);
	ck_assert_ptr_eq(future_strerror(ECANCELED), text);
	ck_assert_str_eq(text, before);
	free(before);
}
END_TEST

/* Deadlines. */

START_TEST(now_never_goes_back)
{
	future_time_t before = future_now();

	for (int i = 0; i < 10000; i++) {
		future_time_t now = future_now();

		ck_assert_int_ge(now.ns, before.ns);
		before = now;
	}
}
END_TEST

START_TEST(in_ms_is_so_many_milliseconds_from_now)
{
	static const int64_t spans[] = { 0, 1, 250, 3600000, -1, -250 };
	int64_t span = spans[_i];
	future_time_t first = future_now(), at = future_in_ms(span);
	future_time_t last = future_now();

	ck_assert_int_ge(at.ns, first.ns + span * 1000000);
	ck_assert_int_le(at.ns, last.ns + span * 1000000);
}
END_TEST

START_TEST(in_ms_beyond_the_end_of_time_is_forever)
{
	static const int64_t spans[] = { INT64_MAX, INT64_MAX - 1,
		INT64_MAX / 1000000 + 1, INT64_MAX / 1000000 };

	ck_assert_int_eq(future_in_ms(spans[_i]).ns, FUTURE_FOREVER.ns);
}
END_TEST

START_TEST(ms_until_is_what_poll_takes)
{
	const int64_t day = 24 * 3600 * 1000;
	future_time_t at = future_in_ms(day);
	int ms = future_ms_until(at);

	/* Rounded up: who sleeps so long wakes when it has passed. */
	ck_assert_int_le(ms, day);
	ck_assert_int_gt(ms, day - 60000);
	at = future_now();
	at.ns += 1 + 60000000000;
	ck_assert_int_le(future_ms_until(at), 60001);
	ck_assert_int_gt(future_ms_until(at), 0);
	ck_assert_int_eq(future_ms_until(future_now()), 0);
	ck_assert_int_eq(future_ms_until(FUTURE_NOW), 0);
	ck_assert_int_eq(future_ms_until((future_time_t){ INT64_MIN }), 0);
	ck_assert_int_eq(future_ms_until(FUTURE_FOREVER), -1);
	at.ns = INT64_MAX - 1;
	ck_assert_int_eq(future_ms_until(at), INT_MAX);
}
END_TEST

/* Until it is 0, at each step: no sleep of 0 before the deadline. */
START_TEST(ms_until_is_rounded_up)
{
	future_time_t at = future_now();
	int ms;

	at.ns += 3000001;
	while ((ms = future_ms_until(at)) > 0)
		;
	ck_assert_int_eq(ms, 0);
	ck_assert_int_ge(future_now().ns, at.ns);
}
END_TEST

START_TEST(in_ms_far_below_zero_has_passed)
{
	static const int64_t spans[] = { INT64_MIN, INT64_MIN + 1,
		INT64_MIN / 1000000 - 1, INT64_MIN / 1000000, -INT64_MAX };
	future_promise_t *promise;
	future_t *future;

	ck_assert_int_lt(future_in_ms(spans[_i]).ns, future_now().ns);
	ck_assert_int_eq(future_promise_new(future_inline(), &promise), 0);
	future = future_promise_future(promise);
	ck_assert_int_eq(future_wait(future, future_in_ms(spans[_i])),
		ETIMEDOUT);
	future_promise_free(promise);
	future_unref(future);
}
END_TEST

START_TEST(a_wait_in_the_deep_past_only_looks)
{
	static const int64_t past[] = { INT64_MIN, -1, 0, 1 };
	struct gate gate = GATE_INIT;
	future_executor_t *pool = pool_of(1);
	future_t *future = future_submit(pool, pass_task, &gate);
	future_time_t deadline = { past[_i] };

	ck_assert_int_eq(future_wait(future, deadline), ETIMEDOUT);
	ck_assert_int_eq(future_join(future, deadline), ETIMEDOUT);
	gate_open(&gate);
	ck_assert_int_eq(outcome_of(future), 0);
	future_executor_unref(pool);
}
END_TEST

/* Bad input to executors. */

START_TEST(a_null_executor_is_the_default_or_harmless)
{
	ck_assert_uint_eq(future_executor_cancel(NULL), 0);
	future_executor_shutdown(NULL);
	future_executor_detach(NULL);
	future_executor_unref(NULL);
	future_executor_unref(future_executor_ref(NULL));
	ck_assert_int_eq(future_executor_join(NULL, FUTURE_NOW), EINVAL);
	ck_assert_int_eq(future_executor_drain(NULL, FUTURE_FOREVER), 0);
	ck_assert_uint_eq(stats_of(NULL).completed, 0);
}
END_TEST

START_TEST(statistics_without_a_place_for_them_are_harmless)
{
	future_executor_t *pool = pool_of(1);

	future_executor_stats(pool, NULL);
	future_executor_stats(NULL, NULL);
	future_executor_stats(future_inline(), NULL);
	future_executor_unref(pool);
}
END_TEST

START_TEST(a_task_without_a_function_is_einval_and_its_argument_destroyed)
{
	future_executor_t *pool = pool_of(1);
	atomic_int ends = 0;

	ck_assert_int_eq(future_execute(pool, NULL, NULL), EINVAL);
	ck_assert_int_eq(outcome_of(future_submit(pool, NULL, NULL)), EINVAL);
	ck_assert_int_eq(outcome_of(future_submit_with(pool, NULL)), EINVAL);
	ck_assert_int_eq(outcome_of(future_submit_with(pool, &(future_task_t){
		.arg = &ends, .destroy_arg = count_work })), EINVAL);
	ck_assert_int_eq(ends, 1);
	ck_assert_uint_eq(stats_when_idle(pool).completed, 0);
	future_executor_unref(pool);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("base");
	TCase *tcase = suite_case(suite, "base");

	tcase_add_test(tcase, the_version_is_that_of_the_header);
	tcase_add_test(tcase, every_int_has_a_text);
	tcase_add_test(tcase, a_negative_code_is_an_application_error);
	tcase_add_test(tcase, the_librarys_own_errors_have_texts_of_their_own);
	tcase_add_test(tcase, a_text_stays_what_it_was);
	tcase_add_test(tcase, now_never_goes_back);
	tcase_add_loop_test(tcase, in_ms_is_so_many_milliseconds_from_now,
		0, 6);
	tcase_add_loop_test(tcase, in_ms_beyond_the_end_of_time_is_forever,
		0, 4);
	tcase_add_test(tcase, ms_until_is_what_poll_takes);
	tcase_add_test(tcase, ms_until_is_rounded_up);
	tcase_add_loop_test(tcase, in_ms_far_below_zero_has_passed, 0, 5);
	tcase_add_loop_test(tcase, a_wait_in_the_deep_past_only_looks, 0, 4);
	tcase_add_test(tcase, a_null_executor_is_the_default_or_harmless);
	tcase_add_test(tcase, statistics_without_a_place_for_them_are_harmless);
	tcase_add_test(tcase,
		a_task_without_a_function_is_einval_and_its_argument_destroyed);
	return suite_run(suite);
}
