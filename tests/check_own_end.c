/* The end of an executor of the user's own: in each state, also from inside. */
#define _GNU_SOURCE
#include "own.h"

static struct hands hands = HANDS;

/* Shutdown. */

START_TEST(after_a_shutdown_what_was_accepted_still_runs)
{
	future_executor_t *own = hands_new(&hands, 0);
	atomic_int ran = 0;
	future_t *task = future_submit(own, count_task, &ran);

	future_executor_shutdown(own);
	ck_assert_int_eq(outcome_of(future_submit(own, count_task, &ran)),
		ESHUTDOWN);
	ck_assert_int_eq(future_execute(own, count_work, &ran), ESHUTDOWN);
	ck_assert_uint_eq(hands.posted, 1);
	ck_assert_uint_eq(stats_of(own).refused, 2);
	hands_run_all(&hands);
	ck_assert_int_eq(outcome_of(task), 0);
	ck_assert_int_eq(ran, 1);
	future_executor_unref(own);
	ck_assert_int_eq(hands.freed, 1);
}
END_TEST

START_TEST(after_a_shutdown_its_own_works_still_release)
{
	future_executor_t *own = hands_new(&hands, 0);
	future_promise_t *promise;
	future_t *last, *foreign;
	atomic_int ran = 0;

	last = FUTURE_CHAIN(future_submit(own, count_task, &ran),
		{ .fn = count_then, .arg = &ran },
		{ .fn = count_then, .arg = &ran });
	ck_assert_int_eq(future_promise_new(own, &promise), 0);
	foreign = FUTURE_CHAIN(future_promise_future(promise),
		{ .fn = count_then, .arg = &ran });
	future_executor_shutdown(own);
	future_promise_settle(promise, future_ok(NULL));
	future_promise_free(promise);
	ck_assert_int_eq(outcome_of(foreign), ESHUTDOWN);
	hands_run_all(&hands);
	ck_assert_int_eq(outcome_of(last), 0);
	ck_assert_int_eq(ran, 3);
	future_executor_unref(own);
}
END_TEST

/* Cancel. */

struct asks {
	future_executor_t *own;
	bool before, after;
};

static future_result_t ask_task(void *arg)
{
	struct asks *asks = arg;

	asks->before = future_cancel_requested();
	ck_assert_uint_eq(future_executor_cancel(asks->own), 0);
	asks->after = future_cancel_requested();
	return future_ok(NULL);
}

START_TEST(after_a_cancel_a_run_is_a_drop)
{
	future_executor_t *own = hands_new(&hands, 0);
	struct asks asks = { .own = own };
	atomic_int ran = 0, destroyed = 0;
	future_task_t task = { .fn = count_task, .arg = &destroyed,
		.destroy_arg = count_work };
	future_t *running = future_submit(own, ask_task, &asks);
	future_t *next = future_then(running, count_then, &ran);
	future_t *queued = future_submit_with(own, &task);

	future_work_run(hands_take(&hands));
	ck_assert(!asks.before);
	ck_assert(asks.after);
	ck_assert_int_eq(outcome_of(running), 0);
	ck_assert_int_eq(outcome_of(next), ECANCELED);
	ck_assert_int_eq(future_state(queued), FUTURE_PENDING);
	ck_assert_int_eq(outcome_of(future_submit(own, count_task, &ran)),
		ESHUTDOWN);
	future_work_run(hands_take(&hands));
	ck_assert_int_eq(outcome_of(queued), ECANCELED);
	ck_assert_int_eq(ran, 0);
	ck_assert_int_eq(destroyed, 1);
	ck_assert_uint_eq(stats_of(own).cancelled, 1);
	ck_assert_uint_eq(stats_of(own).running, 0);
	future_executor_unref(own);
	ck_assert_int_eq(hands.freed, 1);
}
END_TEST

/* Join and drain. */

START_TEST(join_waits_for_each_work_to_be_run_or_dropped)
{
	future_executor_t *own = hands_new(&hands, 0);
	atomic_int ran = 0;

	for (int i = 0; i < 3; i++)
		ck_assert_int_eq(future_execute(own, count_work, &ran), 0);
	ck_assert_int_eq(future_executor_join(own, FUTURE_NOW), EBUSY);
	future_executor_shutdown(own);
	future_work_run(hands_take(&hands));
	future_work_drop(hands_take(&hands));
	ck_assert_int_eq(future_executor_join(own, FUTURE_NOW), ETIMEDOUT);
	ck_assert_int_eq(future_executor_join(own, future_in_ms(1)),
		ETIMEDOUT);
	future_work_run(hands_take(&hands));
	ck_assert_int_eq(future_executor_join(own, FUTURE_FOREVER), 0);
	ck_assert_int_eq(future_executor_join(own, FUTURE_NOW), 0);
	ck_assert_int_eq(hands.freed, 0);
	future_executor_unref(own);
	ck_assert_int_eq(hands.freed, 1);
}
END_TEST

START_TEST(drain_waits_for_a_cancelled_work_too)
{
	future_executor_t *own = hands_new(&hands, 0);
	atomic_int ran = 0;
	future_t *task = future_submit(own, count_task, &ran);

	future_cancel(task);
	ck_assert_int_eq(future_executor_drain(own, FUTURE_NOW), ETIMEDOUT);
	future_work_run(hands_take(&hands));
	ck_assert_int_eq(future_executor_drain(own, FUTURE_FOREVER), 0);
	future_unref(task);
	task = future_submit(own, count_task, &ran);
	hands_run_all(&hands);
	ck_assert_int_eq(outcome_of(task), 0);
	future_executor_unref(own);
}
END_TEST

static void join_it(void *arg, size_t index)
{
	if (index == 0)
		hands_run_all(&hands);
	else
		ck_assert_int_eq(future_executor_join(arg, FUTURE_FOREVER), 0);
}

START_TEST(several_threads_join_it)
{
	future_executor_t *own = hands_new(&hands, 0);
	atomic_int ran = 0;

	for (int i = 0; i < 5; i++)
		ck_assert_int_eq(future_execute(own, count_work, &ran), 0);
	future_executor_shutdown(own);
	together(4, join_it, own);
	ck_assert_int_eq(ran, 5);
	future_executor_unref(own);
}
END_TEST

static future_result_t await_task(void *arg)
{
	future_executor_t *own = arg;
	int drained = future_executor_drain(own, FUTURE_FOREVER);

	future_executor_shutdown(own);
	if (drained != EDEADLK)
		return future_fail(EIO);
	return future_fail(future_executor_join(own, FUTURE_FOREVER));
}

START_TEST(inside_a_work_join_and_drain_are_edeadlk)
{
	future_executor_t *own = hands_new(&hands, 0);
	future_t *task = future_submit(own, await_task, own);

	hands_run_all(&hands);
	ck_assert_int_eq(outcome_of(task), EDEADLK);
	future_executor_unref(own);
}
END_TEST

struct inquiry {
	future_executor_t *own;
	int drained, joined;
};

static int awaiting_post(void *self, future_work_t *work)
{
	struct inquiry *inquiry = self;

	inquiry->drained = future_executor_drain(inquiry->own, FUTURE_FOREVER);
	future_executor_shutdown(inquiry->own);
	inquiry->joined = future_executor_join(inquiry->own, FUTURE_FOREVER);
	return hands_post(&hands, work);
}

START_TEST(inside_post_join_and_drain_are_edeadlk)
{
	struct inquiry inquiry = { .own = NULL };
	atomic_int ran = 0;

	inquiry.own = own_with(awaiting_post, NULL, &inquiry);
	ck_assert_int_eq(future_execute(inquiry.own, count_work, &ran), 0);
	ck_assert_int_eq(inquiry.drained, EDEADLK);
	ck_assert_int_eq(inquiry.joined, EDEADLK);
	hands_run_all(&hands);
	future_executor_unref(inquiry.own);
}
END_TEST

/* The last handle. */

START_TEST(the_last_unref_waits_and_frees)
{
	future_executor_t *own = hands_new(&hands, 1);
	struct gate gate = GATE_INIT;
	atomic_int ran = 0;

	occupy(own, 1, &gate);
	for (int i = 0; i < 10; i++)
		ck_assert_int_eq(future_execute(own, count_work, &ran), 0);
	ck_assert_ptr_eq(future_executor_ref(own), own);
	future_executor_unref(own);
	ck_assert_int_eq(hands.freed, 0);
	gate_open(&gate);
	future_executor_unref(own);
	ck_assert_int_eq(ran, 10);
	ck_assert_int_eq(hands.freed, 1);
}
END_TEST

static void unref_work(void *arg)
{
	future_executor_unref(arg);
	ck_assert_int_eq(hands.freed, 0);
}

START_TEST(from_inside_the_last_work_frees)
{
	future_executor_t *own = hands_new(&hands, 0);
	atomic_int ran = 0;
	future_t *last;

	ck_assert_int_eq(future_execute(own, unref_work, own), 0);
	last = FUTURE_CHAIN(future_submit(own, count_task, &ran),
		{ .fn = count_then, .arg = &ran });
	future_work_run(hands_take(&hands));
	ck_assert_int_eq(hands.freed, 0);
	future_work_run(hands_take(&hands));
	ck_assert_int_eq(hands.freed, 0);
	future_work_run(hands_take(&hands));
	ck_assert_int_eq(hands.freed, 1);
	ck_assert_int_eq(outcome_of(last), 0);
	ck_assert_int_eq(ran, 2);
}
END_TEST

START_TEST(from_inside_a_dropped_work_may_be_the_last)
{
	future_executor_t *own = hands_new(&hands, 0);
	atomic_int ran = 0;

	ck_assert_int_eq(future_execute(own, unref_work, own), 0);
	ck_assert_int_eq(future_execute(own, count_work, &ran), 0);
	future_work_run(hands_take(&hands));
	future_work_drop(hands_take(&hands));
	ck_assert_int_eq(hands.freed, 1);
}
END_TEST

/* On one of a crew: hands_free() lets that one go. */
START_TEST(one_of_its_threads_closes_it)
{
	future_executor_t *own = hands_new(&hands, 2);

	ck_assert_int_eq(future_execute(own, unref_work, own), 0);
	while (hands.freed == 0)
		sched_yield();
}
END_TEST

static int closing_post(void *self, future_work_t *work)
{
	struct inquiry *inquiry = self;

	future_executor_unref(inquiry->own);
	return hands_post(&hands, work);
}

static void freed_inquiry(void *self)
{
	(void)self;
	atomic_fetch_add(&hands.freed, 1);
}

START_TEST(inside_post_the_last_unref_does_not_wait)
{
	struct inquiry inquiry = { .own = NULL };
	future_executor_t *own = own_with(closing_post, freed_inquiry,
		&inquiry);
	atomic_int ran = 0;

	hands.refusal = _i;
	inquiry.own = own;
	ck_assert_int_eq(future_execute(own, count_work, &ran), _i);
	ck_assert_int_eq(hands.freed, _i != 0);
	if (_i == 0)
		hands_run_all(&hands);
	ck_assert_int_eq(hands.freed, 1);
}
END_TEST

/* In the call that settles what a continuation on the executor waits for. */
struct settling {
	future_executor_t *own;
	future_promise_t *promise;
	future_t *future;
	future_state_t seen;
};

static int close_and_refuse_post(void *self, future_work_t *work)
{
	struct settling *settling = self;

	(void)work;
	future_executor_unref(settling->own);
	return EAGAIN;
}

static void settling_free(void *self)
{
	struct settling *settling = self;

	future_promise_settle(settling->promise, future_ok(NULL));
	settling->seen = future_state(settling->future);
}

START_TEST(what_free_settles_is_settled_there_and_then)
{
	struct settling settling = { .seen = FUTURE_PENDING };
	future_promise_t *promise;
	future_t *source, *next;
	atomic_int ran = 0;

	settling.own = own_with(close_and_refuse_post, settling_free,
		&settling);
	ck_assert_int_eq(future_promise_new(future_inline(),
		&settling.promise), 0);
	source = future_promise_future(settling.promise);
	settling.future = future_then(source, count_then, &ran);
	future_unref(source);
	ck_assert_int_eq(future_promise_new(future_inline(), &promise), 0);
	source = future_promise_future(promise);
	next = future_then_on(source, settling.own, count_then, &ran);
	future_promise_settle(promise, future_ok(NULL));
	ck_assert_int_eq(settling.seen, FUTURE_OK);
	ck_assert_int_eq(outcome_of(next), EAGAIN);
	ck_assert_int_eq(ran, 1);
	future_promise_free(promise);
	future_promise_free(settling.promise);
	future_unref(settling.future);
	future_unref(source);
}
END_TEST

START_TEST(a_detach_does_not_wait)
{
	future_executor_t *own = hands_new(&hands, 0);
	atomic_int ran = 0;

	for (int i = 0; i < _i; i++)
		ck_assert_int_eq(future_execute(own, count_work, &ran), 0);
	future_executor_detach(own);
	ck_assert_int_eq(hands.freed, _i == 0);
	hands_run_all(&hands);
	ck_assert_int_eq(ran, _i);
	ck_assert_int_eq(hands.freed, 1);
}
END_TEST

/* Another thread is done with the work before post has returned. */

static void *run_main(void *work)
{
	future_work_run(work);
	return NULL;
}

static int quick_post(void *self, future_work_t *work)
{
	(void)self;
	thread_finish(thread_start(run_main, work));
	ck_assert_int_eq(hands.freed, 0);
	return 0;
}

START_TEST(the_executor_outlives_each_call_of_post)
{
	future_executor_t *own = own_with(quick_post, freed_inquiry, NULL);

	ck_assert_int_eq(future_execute(own, unref_work, own), 0);
	ck_assert_int_eq(hands.freed, 1);
}
END_TEST

/* What is left of it. */

START_TEST(a_future_that_outlives_its_home_gets_eshutdown)
{
	future_executor_t *own = hands_new(&hands, 0), *other;
	atomic_int ran = 0;
	future_t *task = future_submit(own, count_task, &ran);

	hands_run_all(&hands);
	future_executor_unref(own);
	/* In the same shell, perhaps. */
	other = own_with(hands_post, NULL, &hands);
	ck_assert_int_eq(outcome_of(future_then(task, count_then, &ran)),
		ESHUTDOWN);
	ck_assert_uint_eq(hands.posted, 1);
	ck_assert_uint_eq(stats_of(other).refused, 0);
	future_unref(task);
	future_executor_unref(other);
}
END_TEST

START_TEST(it_may_have_nothing_to_free)
{
	future_executor_t *own = own_with(hands_post, NULL, &hands);
	atomic_int ran = 0;

	ck_assert_int_eq(future_execute(own, count_work, &ran), 0);
	hands_run_all(&hands);
	future_executor_unref(own);
	ck_assert_int_eq(ran, 1);
}
END_TEST

/* Timers. */

START_TEST(an_armed_timer_outlives_it)
{
	future_executor_t *own = hands_new(&hands, 0);
	future_t *timer = future_after(own, future_in_ms(3600 * 1000));
	atomic_int ran = 0;
	future_t *next = future_catch(timer, count_then, &ran);

	future_executor_shutdown(own);
	ck_assert_int_eq(outcome_of(future_after(own, future_in_ms(1))),
		ESHUTDOWN);
	future_executor_unref(own);
	ck_assert_int_eq(hands.freed, 1);
	ck_assert_int_eq(future_state(timer), FUTURE_PENDING);
	ck_assert(future_cancel(timer));
	ck_assert_int_eq(outcome_of(next), ESHUTDOWN);
	ck_assert_int_eq(ran, 0);
	future_unref(timer);
}
END_TEST

static future_result_t close_task(void *arg)
{
	future_executor_t *own = future_current();

	if (*(int *)arg == ECANCELED)
		future_executor_cancel(own);
	else
		future_executor_shutdown(own);
	return future_ok(NULL);
}

START_TEST(an_every_ends_with_it)
{
	int ends[] = { ESHUTDOWN, ECANCELED };
	future_executor_t *own = hands_new(&hands, 1);
	future_t *every = future_every(own, &(future_schedule_t){
		.period_ns = 1000, .fn = close_task, .arg = &ends[_i] });

	ck_assert_int_eq(outcome_of(every), ends[_i]);
	future_executor_unref(own);
	ck_assert_int_eq(hands.freed, 1);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("own_end");
	TCase *tcase = suite_case(suite, "shutdown");

	tcase_add_test(tcase, after_a_shutdown_what_was_accepted_still_runs);
	tcase_add_test(tcase, after_a_shutdown_its_own_works_still_release);
	tcase_add_test(tcase, after_a_cancel_a_run_is_a_drop);
	tcase = suite_case(suite, "wait");
	tcase_add_test(tcase, join_waits_for_each_work_to_be_run_or_dropped);
	tcase_add_test(tcase, drain_waits_for_a_cancelled_work_too);
	tcase_add_test(tcase, several_threads_join_it);
	tcase_add_test(tcase, inside_a_work_join_and_drain_are_edeadlk);
	tcase_add_test(tcase, inside_post_join_and_drain_are_edeadlk);
	tcase = suite_case(suite, "unref");
	tcase_add_test(tcase, the_last_unref_waits_and_frees);
	tcase_add_test(tcase, from_inside_the_last_work_frees);
	tcase_add_test(tcase, from_inside_a_dropped_work_may_be_the_last);
	tcase_add_test(tcase, one_of_its_threads_closes_it);
	tcase_add_loop_test(tcase, inside_post_the_last_unref_does_not_wait,
		0, 2);
	tcase_add_test(tcase, what_free_settles_is_settled_there_and_then);
	tcase_add_loop_test(tcase, a_detach_does_not_wait, 0, 3);
	tcase_add_test(tcase, the_executor_outlives_each_call_of_post);
	tcase = suite_case(suite, "left");
	tcase_add_test(tcase, a_future_that_outlives_its_home_gets_eshutdown);
	tcase_add_test(tcase, it_may_have_nothing_to_free);
	tcase_add_test(tcase, an_armed_timer_outlives_it);
	tcase_add_loop_test(tcase, an_every_ends_with_it, 0, 2);
	return suite_run(suite);
}
