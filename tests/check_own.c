/* Executors of the user's own: what is posted, run, dropped, refused. */
#define _GNU_SOURCE
#include "child.h"
#include "own.h"

static struct hands hands = HANDS;

START_TEST(an_executor_without_a_post_is_einval)
{
	future_executor_ops_t ops = { .post = hands_post };
	future_executor_ops_t none = { .free = hands_free };
	future_executor_t *own = NULL;

	ck_assert_int_eq(future_executor_new(NULL, NULL, &own), EINVAL);
	ck_assert_int_eq(future_executor_new(&none, NULL, &own), EINVAL);
	ck_assert_int_eq(future_executor_new(&ops, NULL, NULL), EINVAL);
	ck_assert_ptr_null(own);
	ck_assert_int_eq(hands.freed, 0);
	future_work_run(NULL);
	future_work_drop(NULL);
}
END_TEST

START_TEST(a_task_lies_in_your_hands_until_you_run_it)
{
	future_executor_t *own = hands_new(&hands, 0);
	atomic_int ran = 0;
	future_t *task = future_submit(own, count_task, &ran);

	ck_assert_uint_eq(hands_count(&hands), 1);
	ck_assert_int_eq(future_state(task), FUTURE_PENDING);
	ck_assert_uint_eq(stats_of(own).queued, 1);
	ck_assert_int_eq(ran, 0);
	future_work_run(hands_take(&hands));
	ck_assert_int_eq(ran, 1);
	ck_assert_int_eq(outcome_of(task), 0);
	ck_assert_uint_eq(stats_of(own).queued, 0);
	ck_assert_uint_eq(stats_of(own).completed, 1);
	ck_assert_uint_eq(stats_of(own).peak_queue, 1);
	ck_assert_uint_eq(stats_of(own).threads, 0);
	future_executor_unref(own);
	ck_assert_int_eq(hands.freed, 1);
}
END_TEST

START_TEST(works_are_run_in_the_order_you_like)
{
	future_executor_t *own = hands_new(&hands, 0);
	struct record record = { 0 };
	struct letter a = { &record, 'a' }, b = { &record, 'b' };
	future_work_t *first;

	ck_assert_int_eq(future_execute(own, write_work, &a), 0);
	ck_assert_int_eq(future_execute(own, write_work, &b), 0);
	first = hands_take(&hands);
	future_work_run(hands_take(&hands));
	future_work_run(first);
	ck_assert_str_eq(record.text, "ba");
	future_executor_unref(own);
}
END_TEST

static void run_one(void *arg)
{
	future_work_run(hands_take(arg));
}

START_TEST(a_work_runs_inside_a_task_of_another_executor)
{
	future_executor_t *own = hands_new(&hands, 0), *pool = pool_of(1);
	atomic_int ran = 0;
	future_t *task = future_submit(own, count_task, &ran);

	ck_assert_int_eq(future_execute(pool, run_one, &hands), 0);
	ck_assert_int_eq(outcome_of(task), 0);
	future_executor_unref(pool);
	ck_assert_uint_eq(stats_of(own).completed, 1);
	future_executor_unref(own);
}
END_TEST

static future_result_t note_current(void *arg)
{
	*(future_executor_t **)arg = future_current();
	return future_fail(EIO);
}

START_TEST(current_is_the_executor_inside_its_works)
{
	future_executor_t *own = hands_new(&hands, 0), *seen = NULL;
	future_t *task = future_submit(own, note_current, &seen);

	hands_run_all(&hands);
	ck_assert_ptr_eq(seen, own);
	ck_assert_ptr_null(future_current());
	ck_assert_int_eq(outcome_of(task), EIO);
	ck_assert_uint_eq(stats_of(own).failed, 1);
	future_executor_unref(own);
}
END_TEST

/* Refused. */

START_TEST(a_refusal_is_the_error_of_the_future)
{
	future_executor_t *own = hands_new(&hands, 0);
	atomic_int ran = 0, destroyed = 0;
	future_task_t task = { .fn = count_task, .arg = &ran };

	hands.refusal = EBUSY;
	ck_assert_int_eq(outcome_of(future_submit(own, count_task, &ran)),
		EBUSY);
	ck_assert_int_eq(future_execute(own, count_work, &ran), EBUSY);
	task.arg = &destroyed;
	task.destroy_arg = count_work;
	ck_assert_int_eq(outcome_of(future_submit_with(own, &task)), EBUSY);
	ck_assert_int_eq(ran, 0);
	ck_assert_int_eq(destroyed, 1);
	ck_assert_uint_eq(stats_of(own).refused, 3);
	ck_assert_uint_eq(stats_of(own).queued, 0);
	ck_assert_uint_eq(stats_of(own).peak_queue, 0);
	ck_assert_int_eq(future_executor_drain(own, FUTURE_FOREVER), 0);
	future_executor_unref(own);
	ck_assert_int_eq(hands.freed, 1);
}
END_TEST

START_TEST(a_refusal_that_is_no_errno_value_is_einval)
{
	future_executor_t *own = hands_new(&hands, 0);
	atomic_int ran = 0;

	hands.refusal = -1;
	ck_assert_int_eq(outcome_of(future_submit(own, count_task, &ran)),
		EINVAL);
	ck_assert_int_eq(future_execute(own, count_work, &ran), EINVAL);
	future_executor_unref(own);
}
END_TEST

START_TEST(a_continuation_that_is_refused_fails_with_that)
{
	future_executor_t *own = hands_new(&hands, 0);
	atomic_int ran = 0;
	future_t *task = future_submit(own, count_task, &ran);
	future_t *next = future_then(task, count_then, &ran);

	hands.refusal = ENOBUFS;
	future_work_run(hands_take(&hands));
	ck_assert_int_eq(outcome_of(next), ENOBUFS);
	ck_assert_int_eq(outcome_of(task), 0);
	ck_assert_int_eq(ran, 1);
	future_executor_unref(own);
}
END_TEST

/* Dropped, cancelled. */

START_TEST(a_dropped_work_settles_with_ecanceled)
{
	future_executor_t *own = hands_new(&hands, 0);
	atomic_int destroyed = 0;
	future_task_t task = { .fn = count_task, .arg = &destroyed,
		.destroy_arg = count_work };
	future_t *dropped = future_submit_with(own, &task);
	future_t *healed = future_catch(dropped, error_then, NULL);

	future_work_drop(hands_take(&hands));
	ck_assert_int_eq(destroyed, 1);
	ck_assert_int_eq(future_state(dropped), FUTURE_CANCELLED);
	ck_assert_int_eq(outcome_of(dropped), ECANCELED);
	hands_run_all(&hands);
	ck_assert_int_eq((int)future_result_int(future_get(healed)), ECANCELED);
	future_unref(healed);
	ck_assert_uint_eq(stats_of(own).cancelled, 1);
	ck_assert_uint_eq(stats_of(own).completed, 1);
	ck_assert_int_eq(future_execute(own, count_work, &destroyed), 0);
	future_work_drop(hands_take(&hands));
	ck_assert_int_eq(destroyed, 1);
	ck_assert_uint_eq(stats_of(own).cancelled, 2);
	future_executor_unref(own);
}
END_TEST

START_TEST(a_cancelled_task_runs_as_nothing)
{
	future_executor_t *own = hands_new(&hands, 0);
	atomic_int ran = 0;
	future_t *run = future_submit(own, count_task, &ran);
	future_t *dropped = future_submit(own, count_task, &ran);

	ck_assert(future_cancel(run));
	ck_assert(future_cancel(dropped));
	ck_assert_uint_eq(stats_of(own).queued, 0);
	ck_assert_uint_eq(stats_of(own).peak_queue, 2);
	ck_assert_uint_eq(stats_of(own).cancelled, 2);
	future_unref(run);
	future_unref(dropped);
	future_work_run(hands_take(&hands));
	future_work_drop(hands_take(&hands));
	ck_assert_int_eq(ran, 0);
	ck_assert_uint_eq(stats_of(own).cancelled, 2);
	ck_assert_uint_eq(stats_of(own).completed, 0);
	ck_assert_uint_eq(stats_of(own).running, 0);
	future_executor_unref(own);
}
END_TEST

START_TEST(a_token_cancels_what_lies_in_your_hands)
{
	future_executor_t *own = hands_new(&hands, 0);
	atomic_int ran = 0;
	future_token_t *token;
	future_t *task;

	ck_assert_int_eq(future_token_new(NULL, FUTURE_FOREVER, &token), 0);
	task = future_submit_with(own, &(future_task_t){ .fn = count_task,
		.arg = &ran, .token = token });
	future_token_cancel(token);
	ck_assert_int_eq(outcome_of(task), ECANCELED);
	hands_run_all(&hands);
	ck_assert_int_eq(ran, 0);
	future_token_unref(token);
	future_executor_unref(own);
}
END_TEST

/* Continuations. */

START_TEST(each_link_of_a_chain_is_posted)
{
	future_executor_t *own = hands_new(&hands, 0);
	struct record record = { 0 };
	struct letter a = { &record, 'a' }, b = { &record, 'b' },
		c = { &record, 'c' };
	future_t *last = FUTURE_CHAIN(future_submit(own, write_task, &a),
		{ .fn = write_then, .arg = &b },
		{ .fn = write_then, .arg = &c });

	for (size_t posted = 1; posted <= 3; posted++) {
		ck_assert_uint_eq(hands_count(&hands), 1);
		ck_assert_uint_eq(hands.posted, posted);
		future_work_run(hands_take(&hands));
	}
	ck_assert_str_eq(record.text, "abc");
	ck_assert_int_eq(outcome_of(last), 0);
	future_executor_unref(own);
}
END_TEST

START_TEST(a_million_links_take_little_stack)
{
	future_executor_t *own = hands_new(&hands, 0);
	size_t links = scaled(1000000);
	future_t *last = future_submit(own, nothing_task, NULL);
	atomic_int ran = 0;

	for (size_t i = 0; i < links; i++) {
		future_t *next = future_then(last, count_then, &ran);

		future_unref(last);
		last = next;
	}
	hands_run_all(&hands);
	ck_assert_int_eq(outcome_of(last), 0);
	ck_assert_uint_eq((size_t)ran, links);
	future_executor_unref(own);
}
END_TEST

START_TEST(a_promise_of_it_posts_where_it_is_settled)
{
	future_executor_t *own = hands_new(&hands, 0);
	future_promise_t *promise;
	atomic_int ran = 0;
	future_t *first, *second;

	ck_assert_int_eq(future_promise_new(own, &promise), 0);
	first = future_promise_future(promise);
	second = future_then(first, count_then, &ran);
	future_promise_settle(promise, future_ok(NULL));
	future_promise_free(promise);
	ck_assert_uint_eq(hands_count(&hands), 1);
	hands_run_all(&hands);
	ck_assert_int_eq(outcome_of(second), 0);
	ck_assert_int_eq(ran, 1);
	future_unref(first);
	future_executor_unref(own);
}
END_TEST

/* A post that does more than it should: still, what it settles is settled. */

struct settling {
	struct hands *hands;
	future_promise_t *promise;
	future_t *future;
	future_state_t seen;
};

static int settling_post(void *self, future_work_t *work)
{
	struct settling *settling = self;

	if (settling->promise != NULL) {
		future_promise_settle(settling->promise, future_ok(NULL));
		future_promise_free(settling->promise);
		settling->promise = NULL;
		settling->seen = future_state(settling->future);
	}
	return hands_post(settling->hands, work);
}

START_TEST(what_a_post_settles_is_settled_there_and_then)
{
	struct settling settling = { .hands = &hands };
	future_executor_t *own = own_with(settling_post, NULL, &settling);
	future_promise_t *source;
	atomic_int ran = 0;
	future_t *first, *inner, *next;

	ck_assert_int_eq(future_promise_new(own, &source), 0);
	first = future_promise_future(source);
	next = future_then(first, count_then, &ran);
	ck_assert_int_eq(future_promise_new(future_inline(),
		&settling.promise), 0);
	inner = future_promise_future(settling.promise);
	/* It passes through: a step after the settle. */
	settling.future = future_catch(inner, error_then, NULL);
	future_promise_settle(source, future_ok(NULL));
	ck_assert_int_eq(settling.seen, FUTURE_OK);
	hands_run_all(&hands);
	ck_assert_int_eq(outcome_of(next), 0);
	future_promise_free(source);
	future_unref(first);
	future_unref(inner);
	future_unref(settling.future);
	future_executor_unref(own);
}
END_TEST

/* Waits. */

static void *run_main(void *arg)
{
	future_work_run(arg);
	return NULL;
}

struct waiter {
	struct gate gate;
	future_t *awaited;
	pid_t tid;
};

static future_result_t wait_task(void *arg)
{
	struct waiter *waiter = arg;

	waiter->tid = thread_id();
	gate_pass(&waiter->gate);
	return future_get(waiter->awaited);
}

static future_result_t tid_task(void *arg)
{
	(void)arg;
	return future_ok_int(thread_id());
}

START_TEST(a_work_that_waits_for_another_sleeps)
{
	future_executor_t *own = hands_new(&hands, 0);
	struct waiter waiter = { .gate = GATE_OPEN };
	future_t *waits = future_submit(own, wait_task, &waiter);
	pthread_t thread;

	waiter.awaited = future_submit(own, tid_task, NULL);
	thread = thread_start(run_main, hands_take(&hands));
	gate_await(&waiter.gate, 1);
	thread_sleeps(waiter.tid);
	ck_assert_int_eq(future_state(waiter.awaited), FUTURE_PENDING);
	ck_assert_uint_eq(stats_of(own).queued, 1);
	ck_assert_uint_eq(stats_of(own).running, 1);
	future_work_run(hands_take(&hands));
	ck_assert_int_eq((int)future_result_int(future_get(waits)),
		(int)thread_id());
	thread_finish(thread);
	future_unref(waiter.awaited);
	future_unref(waits);
	future_executor_unref(own);
}
END_TEST

START_TEST(a_work_that_waits_for_itself_gets_edeadlk)
{
	future_executor_t *own = hands_new(&hands, 0);
	struct waiter waiter = { .gate = GATE_OPEN };

	waiter.awaited = future_submit(own, wait_task, &waiter);
	hands_run_all(&hands);
	ck_assert_int_eq(outcome_of(waiter.awaited), EDEADLK);
	future_executor_unref(own);
}
END_TEST

/* Built on top: a crew of threads. */

static int add_up(size_t begin, size_t end, void *arg)
{
	for (size_t i = begin; i < end; i++)
		atomic_fetch_add((atomic_long *)arg, (long)i);
	return 0;
}

START_TEST(groups_and_loops_run_on_it)
{
	future_executor_t *own = hands_new(&hands, 2);
	atomic_int ran = 0;
	atomic_long sum = 0;
	future_group_t *group;

	ck_assert_int_eq(future_group_new(own, NULL, &group), 0);
	for (int i = 0; i < 16; i++)
		future_unref(future_group_submit(group, count_task, &ran));
	ck_assert_int_eq(future_group_close(group), 0);
	ck_assert_int_eq(ran, 16);
	ck_assert_int_eq(outcome_of(future_each(own, 1000, 10, add_up,
		&sum)), 0);
	ck_assert_int_eq(sum, 999 * 1000 / 2);
	future_executor_unref(own);
	ck_assert_int_eq(hands.freed, 1);
}
END_TEST

/* Timers: the default executor keeps their time. */

START_TEST(a_timer_of_it_hands_on_to_it)
{
	future_executor_t *own = hands_new(&hands, 1), *seen = NULL;
	future_t *timer = future_after(own, future_in_ms(1));
	future_t *next = future_finally(timer, error_then, NULL);
	future_t *task = future_submit(own, note_current, &seen);

	ck_assert_int_eq(outcome_of(next), 0);
	ck_assert_int_eq(outcome_of(timer), 0);
	ck_assert_int_eq(outcome_of(task), EIO);
	ck_assert_ptr_eq(seen, own);
	future_executor_unref(own);
}
END_TEST

START_TEST(a_timeout_of_it_takes_its_timer_off)
{
	future_executor_t *own = hands_new(&hands, 0);
	future_t *task = future_submit(own, nothing_task, NULL);
	future_t *late = future_submit(own, nothing_task, NULL);
	future_t *in_time = future_timeout(task, future_in_ms(3600 * 1000));
	future_t *too_late = future_timeout(late, future_in_ms(1));

	future_work_run(hands_take(&hands));
	ck_assert_int_eq(outcome_of(in_time), 0);
	ck_assert_int_eq(outcome_of(too_late), ETIMEDOUT);
	ck_assert_int_eq(outcome_of(late), ECANCELED);
	future_unref(task);
	hands_run_all(&hands);
	future_executor_unref(own);
}
END_TEST

static future_result_t thrice(void *arg)
{
	atomic_int *left = arg;

	if (future_current() == NULL || atomic_fetch_sub(left, 1) > 1)
		return future_ok(NULL);
	return future_fail(EXDEV);
}

START_TEST(every_run_of_an_every_is_posted)
{
	future_executor_t *own = hands_new(&hands, 1);
	atomic_int left = 3;
	future_t *every = future_every(own, &(future_schedule_t){
		.period_ns = 1000, .fn = thrice, .arg = &left });

	ck_assert_int_eq(outcome_of(every), EXDEV);
	ck_assert_int_eq(left, 0);
	future_executor_unref(own);
	ck_assert_uint_ge(hands.posted, 3);
}
END_TEST

/* Fork. */

static void use_inherited(void *arg)
{
	future_executor_t *own = arg;
	future_t *future = future_submit(own, nothing_task, NULL);

	CHILD_ASSERT(future_get(future).error == ECHILD);
	future_work_run(hands.works[hands.first]);
	future_work_drop(hands.works[hands.first]);
	CHILD_ASSERT(future_executor_drain(own, FUTURE_FOREVER) == ECHILD);
	future_executor_unref(own);
	CHILD_ASSERT(hands.freed == 0);
	future_unref(future);
}

START_TEST(a_forked_child_has_no_use_for_it)
{
	future_executor_t *own = hands_new(&hands, 0);
	atomic_int ran = 0;

	ck_assert_int_eq(future_execute(own, count_work, &ran), 0);
	ck_assert_int_eq(in_child(use_inherited, own), 0);
	hands_run_all(&hands);
	ck_assert_int_eq(ran, 1);
	future_executor_unref(own);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("own");
	TCase *tcase = suite_case(suite, "hands");

	tcase_add_test(tcase, an_executor_without_a_post_is_einval);
	tcase_add_test(tcase, a_task_lies_in_your_hands_until_you_run_it);
	tcase_add_test(tcase, works_are_run_in_the_order_you_like);
	tcase_add_test(tcase, a_work_runs_inside_a_task_of_another_executor);
	tcase_add_test(tcase, current_is_the_executor_inside_its_works);
	tcase = suite_case(suite, "refused");
	tcase_add_test(tcase, a_refusal_is_the_error_of_the_future);
	tcase_add_test(tcase, a_refusal_that_is_no_errno_value_is_einval);
	tcase_add_test(tcase, a_continuation_that_is_refused_fails_with_that);
	tcase = suite_case(suite, "dropped");
	tcase_add_test(tcase, a_dropped_work_settles_with_ecanceled);
	tcase_add_test(tcase, a_cancelled_task_runs_as_nothing);
	tcase_add_test(tcase, a_token_cancels_what_lies_in_your_hands);
	tcase = suite_case(suite, "continuations");
	tcase_add_test(tcase, each_link_of_a_chain_is_posted);
	tcase_add_test(tcase, a_million_links_take_little_stack);
	tcase_add_test(tcase, a_promise_of_it_posts_where_it_is_settled);
	tcase_add_test(tcase, what_a_post_settles_is_settled_there_and_then);
	tcase = suite_case(suite, "waits");
	tcase_add_test(tcase, a_work_that_waits_for_another_sleeps);
	tcase_add_test(tcase, a_work_that_waits_for_itself_gets_edeadlk);
	tcase_add_test(tcase, groups_and_loops_run_on_it);
	tcase = suite_case(suite, "timers");
	tcase_add_test(tcase, a_timer_of_it_hands_on_to_it);
	tcase_add_test(tcase, a_timeout_of_it_takes_its_timer_off);
	tcase_add_test(tcase, every_run_of_an_every_is_posted);
	tcase = suite_case(suite, "fork");
	tcase_add_test(tcase, a_forked_child_has_no_use_for_it);
	return suite_run(suite);
}
