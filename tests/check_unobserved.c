/* Errors that nobody looked at: each is told once, and no other. */
#define _GNU_SOURCE
#include "support.h"

static struct lost {
	size_t count;
	int error;
} lost;

static void note(void *arg, const future_unobserved_t *what)
{
	struct lost *noted = arg;

	noted->count++;
	noted->error = what->error;
}

static void begin(void)
{
	lost = (struct lost){ 0, 0 };
	future_set_unobserved(note, &lost);
}

static future_result_t be_broken(void *arg)
{
	(void)arg;
	return future_fail(EIO);
}

static future_result_t pass_on(future_result_t in, void *arg)
{
	(void)arg;
	return in;
}

static future_result_t repair(future_result_t in, void *arg)
{
	(void)in;
	(void)arg;
	return future_ok(NULL);
}

static future_result_t follow(void *future)
{
	return future_follow(future);
}

static future_promise_t *promise_with(future_t **ret_future)
{
	future_promise_t *promise = NULL;

	ck_assert_int_eq(future_promise_new(NULL, &promise), 0);
	*ret_future = future_promise_future(promise);
	return promise;
}

static future_t *failed(void)
{
	return future_submit(future_inline(), be_broken, NULL);
}

START_TEST(an_error_that_nobody_looked_at_is_told)
{
	begin();
	future_unref(failed());
	ck_assert_uint_eq(lost.count, 1);
	ck_assert_int_eq(lost.error, EIO);
}
END_TEST

START_TEST(nobody_is_told_by_default)
{
	future_set_unobserved(NULL, NULL);
	future_unref(failed());
	ck_assert_uint_eq(lost.count, 0);
}
END_TEST

static void look_by_get(future_t *future)
{
	ck_assert_int_eq(future_get(future).error, EIO);
}

static void look_by_take(future_t *future)
{
	ck_assert_int_eq(future_take(future).error, EIO);
}

static void look_by_state(future_t *future)
{
	ck_assert_int_eq(future_state(future), FUTURE_FAILED);
}

static void look_by_wait(future_t *future)
{
	ck_assert_int_eq(future_wait(future, FUTURE_FOREVER), 0);
}

static void look_by_join(future_t *future)
{
	ck_assert_int_eq(future_join(future, FUTURE_FOREVER), 0);
}

static void look_by_catch(future_t *future)
{
	future_unref(future_catch(future, repair, NULL));
}

static void look_by_finally(future_t *future)
{
	FUTURE_AUTO future_t *next = future_finally(future, pass_on, NULL);

	ck_assert_int_eq(future_get(next).error, EIO);
}

static void look_by_all(future_t *future)
{
	FUTURE_AUTO future_t *all = FUTURE_ALL_SETTLED(future);

	ck_assert_int_eq(future_get(all).error, 0);
}

static void look_by_timeout(future_t *future)
{
	FUTURE_AUTO future_t *timeout = future_timeout(future,
		future_in_ms(100000));

	ck_assert_int_eq(future_get(timeout).error, EIO);
}

typedef void look_fn(future_t *future);

static look_fn *const looks[] = { look_by_get, look_by_take, look_by_state,
	look_by_wait, look_by_join, look_by_catch, look_by_finally, look_by_all,
	look_by_timeout };

enum { LOOKS = sizeof(looks) / sizeof(looks[0]) };

START_TEST(who_looks_after_it_has_failed_is_enough)
{
	future_t *future = failed();

	begin();
	looks[_i](future);
	future_unref(future);
	ck_assert_uint_eq(lost.count, 0);
}
END_TEST

static void settle(void *promise)
{
	future_promise_settle(promise, future_fail(EIO));
}

static void *settle_later(void *promise)
{
	settle(promise);
	return NULL;
}

START_TEST(who_looks_before_it_has_failed_is_enough)
{
	future_promise_t *promise;
	future_t *future;
	pthread_t thread;

	begin();
	promise = promise_with(&future);
	if (looks[_i] == look_by_state) {
		ck_assert_int_eq(future_state(future), FUTURE_PENDING);
		settle(promise);
		looks[_i](future);
	} else {
		ck_assert_int_eq(pthread_create(&thread, NULL, settle_later,
			promise), 0);
		looks[_i](future);
		pthread_join(thread, NULL);
	}
	future_unref(future);
	future_promise_free(promise);
	ck_assert_uint_eq(lost.count, 0);
}
END_TEST

/* Whoever comes at the end of a chain answers for all that was passed on. */
START_TEST(of_a_chain_the_last_is_told)
{
	future_t *first = failed(), *last;

	begin();
	last = future_then(first, pass_on, NULL);
	future_unref(first);
	ck_assert_uint_eq(lost.count, 0);
	future_unref(last);
	ck_assert_uint_eq(lost.count, 1);
	ck_assert_int_eq(lost.error, EIO);
}
END_TEST

START_TEST(a_follower_answers_for_what_it_followed)
{
	future_t *last;

	future_t *first = failed();

	begin();
	last = future_then_on(first, future_inline(), pass_on, NULL);
	future_unref(first);
	last = future_submit(future_inline(), follow, last);
	future_unref(last);
	ck_assert_uint_eq(lost.count, 1);
}
END_TEST

/* The loser of a race fails when that has let go of it. */
START_TEST(a_loser_that_fails_later_is_not_told)
{
	future_promise_t *loser;
	future_t *loses, *race;

	begin();
	loser = promise_with(&loses);
	{
		FUTURE_AUTO future_t *ready = future_ready(future_ok(NULL));

		race = FUTURE_RACE(ready, loses);
	}
	ck_assert_int_eq(future_get(race).error, 0);
	future_unref(race);
	settle(loser);
	future_unref(loses);
	future_promise_free(loser);
	ck_assert_uint_eq(lost.count, 0);
}
END_TEST

START_TEST(what_a_cancelled_continuation_hung_on_is_not_told)
{
	future_promise_t *promise;
	future_t *future, *next;

	begin();
	promise = promise_with(&future);
	next = future_then(future, pass_on, NULL);
	ck_assert(future_cancel(next));
	future_unref(next);
	settle(promise);
	future_unref(future);
	future_promise_free(promise);
	ck_assert_uint_eq(lost.count, 0);
}
END_TEST

/* Who waited in vain and went has not seen it. */
START_TEST(a_wait_that_timed_out_has_not_looked)
{
	future_promise_t *promise;
	future_t *future;

	begin();
	promise = promise_with(&future);
	ck_assert_int_eq(future_wait(future, future_in_ms(1)), ETIMEDOUT);
	settle(promise);
	future_unref(future);
	future_promise_free(promise);
	ck_assert_uint_eq(lost.count, 1);
}
END_TEST

START_TEST(a_cancelled_future_has_not_failed)
{
	future_promise_t *promise;
	future_t *future;

	begin();
	promise = promise_with(&future);
	ck_assert(future_cancel(future));
	future_unref(future);
	future_promise_free(promise);
	future_unref(future_ready(future_fail(ECANCELED)));
	ck_assert_uint_eq(lost.count, 0);
}
END_TEST

static void nothing(void *arg)
{
	(void)arg;
}

static void *captured(void *arg)
{
	return arg;
}

/* Its caller has the error; the future under it is the library's. */
START_TEST(an_execute_that_was_refused_has_said_so)
{
	future_pool_options_t options = { .threads = 1, .capture = captured };
	future_executor_t *pool = NULL;
	future_t *refused;

	begin();
	ck_assert_int_eq(future_pool_new(&options, &pool), 0);
	future_executor_shutdown(pool);
	ck_assert_int_eq(future_execute(pool, nothing, NULL), ESHUTDOWN);
	ck_assert_uint_eq(lost.count, 0);
	refused = future_submit(pool, be_broken, NULL);
	future_unref(refused);
	ck_assert_uint_eq(lost.count, 1);
	ck_assert_int_eq(lost.error, ESHUTDOWN);
	future_executor_unref(pool);
}
END_TEST

/* The child is gone before the group is closed. */
START_TEST(the_error_of_a_child_is_its_groups)
{
	future_group_t *group = NULL;

	begin();
	ck_assert_int_eq(future_group_new(future_inline(), NULL, &group), 0);
	future_unref(future_group_submit(group, be_broken, NULL));
	ck_assert_int_eq(future_group_close(group), EIO);
	ck_assert_int_eq(future_group_new(NULL, NULL, &group), 0);
	future_unref(future_group_submit(group, NULL, NULL));
	ck_assert_int_eq(future_group_close(group), EINVAL);
	ck_assert_uint_eq(lost.count, 0);
}
END_TEST

START_TEST(a_receive_that_was_let_go_has_not_failed)
{
	future_channel_t *channel = NULL;
	future_t *kept;

	begin();
	ck_assert_int_eq(future_channel_new(1, NULL, &channel), 0);
	future_unref(future_channel_recv_async(channel));
	kept = future_channel_recv_async(channel);
	future_channel_close(channel);
	ck_assert_uint_eq(lost.count, 0);
	future_unref(kept);
	ck_assert_int_eq(lost.error, EPIPE);
	future_channel_unref(channel);
}
END_TEST

START_TEST(a_promise_that_nobody_hears_of_may_be_broken)
{
	future_promise_t *promise;
	future_t *kept;

	begin();
	ck_assert_int_eq(future_promise_new(NULL, &promise), 0);
	future_promise_free(promise);
	ck_assert_uint_eq(lost.count, 0);
	promise = promise_with(&kept);
	future_promise_free(promise);
	future_unref(kept);
	ck_assert_int_eq(lost.error, EOWNERDEAD);
}
END_TEST

static future_result_t tick(void *arg)
{
	(void)arg;
	return future_ok(NULL);
}

/* Who closes the executor means to end it; to begin it then is an error. */
START_TEST(that_a_shutdown_ends_a_schedule_is_no_error)
{
	const future_schedule_t hourly = { .fn = tick,
		.period_ns = 3600000000000 };
	future_executor_t *pool = NULL;

	begin();
	ck_assert_int_eq(future_pool_new(NULL, &pool), 0);
	future_unref(future_every(pool, &hourly));
	future_executor_shutdown(pool);
	ck_assert_int_eq(future_executor_join(pool, FUTURE_FOREVER), 0);
	ck_assert_uint_eq(lost.count, 0);
	future_unref(future_every(pool, &hourly));
	ck_assert_int_eq(lost.error, ESHUTDOWN);
	future_executor_unref(pool);
}
END_TEST

static future_result_t follow_at_gate(void *gate)
{
	gate_pass(gate);
	return future_follow(failed());
}

START_TEST(what_a_cancelled_function_follows_is_not_told)
{
	struct gate gate = GATE_INIT;
	future_executor_t *pool = NULL;
	future_t *future;

	begin();
	ck_assert_int_eq(future_pool_new(NULL, &pool), 0);
	future = future_submit(pool, follow_at_gate, &gate);
	gate_await(&gate, 1);
	ck_assert(future_cancel(future));
	gate_open(&gate);
	future_unref(future);
	future_executor_unref(pool);
	ck_assert_uint_eq(lost.count, 0);
}
END_TEST

/* From many threads at once: each once. */
enum { MANY = 1000 };

static _Atomic size_t told;

static void count(void *arg, const future_unobserved_t *what)
{
	(void)arg;
	(void)what;
	atomic_fetch_add(&told, 1);
}

START_TEST(each_of_many_is_told_once)
{
	future_executor_t *pool = NULL;

	ck_assert_int_eq(future_pool_new(NULL, &pool), 0);
	atomic_store(&told, 0);
	future_set_unobserved(count, NULL);
	for (size_t i = 0; i < MANY; i++)
		future_unref(future_submit(pool, be_broken, NULL));
	future_executor_unref(pool);
	ck_assert_uint_eq(atomic_load(&told), MANY);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("unobserved");
	TCase *tcase = suite_case(suite, "unobserved");

	tcase_add_test(tcase, an_error_that_nobody_looked_at_is_told);
	tcase_add_test(tcase, nobody_is_told_by_default);
	tcase_add_loop_test(tcase, who_looks_after_it_has_failed_is_enough, 0,
		LOOKS);
	tcase_add_loop_test(tcase, who_looks_before_it_has_failed_is_enough, 0,
		LOOKS);
	tcase_add_test(tcase, of_a_chain_the_last_is_told);
	tcase_add_test(tcase, a_follower_answers_for_what_it_followed);
	tcase_add_test(tcase, a_loser_that_fails_later_is_not_told);
	tcase_add_test(tcase,
		what_a_cancelled_continuation_hung_on_is_not_told);
	tcase_add_test(tcase, a_wait_that_timed_out_has_not_looked);
	tcase_add_test(tcase, a_cancelled_future_has_not_failed);
	tcase_add_test(tcase, an_execute_that_was_refused_has_said_so);
	tcase_add_test(tcase, the_error_of_a_child_is_its_groups);
	tcase_add_test(tcase, a_receive_that_was_let_go_has_not_failed);
	tcase_add_test(tcase, a_promise_that_nobody_hears_of_may_be_broken);
	tcase_add_test(tcase, that_a_shutdown_ends_a_schedule_is_no_error);
	tcase_add_test(tcase, what_a_cancelled_function_follows_is_not_told);
	tcase_add_test(tcase, each_of_many_is_told_once);
	return suite_run(suite);
}
