/* Loops: what runs when, on which thread, and what the descriptor says. */
#define _GNU_SOURCE
#include "child.h"
#include "looping.h"

#include <sys/resource.h>

static atomic_int ran;

static void post_counts(future_executor_t *loop, int count)
{
	for (int i = 0; i < count; i++)
		ck_assert_int_eq(future_execute(loop, count_work, &ran), 0);
}

/* What runs when. */

START_TEST(tasks_run_when_the_loop_is_run_and_not_before)
{
	future_executor_t *loop = loop_new();
	future_t *one = future_submit(loop, count_task, &ran);

	ck_assert_int_eq(ran, 0);
	ck_assert_int_eq(future_state(one), FUTURE_PENDING);
	ck_assert_uint_eq(future_loop_run_pending(loop), 1);
	ck_assert_int_eq(ran, 1);
	ck_assert_int_eq(future_state(one), FUTURE_OK);
	ck_assert_uint_eq(future_loop_run_pending(loop), 0);
	future_unref(one);
	future_executor_unref(loop);
}
END_TEST

START_TEST(tasks_run_in_the_order_in_which_they_were_posted)
{
	future_executor_t *loop = loop_new();
	struct record record = { 0 };
	struct letter letters[5];

	for (int i = 0; i < 5; i++) {
		letters[i] = (struct letter){ &record, (char)('a' + i) };
		ck_assert_int_eq(future_execute(loop, write_work, &letters[i]),
			0);
	}
	ck_assert_uint_eq(future_loop_run_pending(loop), 5);
	ck_assert_str_eq(record.text, "abcde");
	future_executor_unref(loop);
}
END_TEST

struct place {
	pthread_t thread;
	future_executor_t *executor;
};

static void find_place(void *arg)
{
	struct place *place = arg;

	place->thread = pthread_self();
	place->executor = future_current();
}

static void *post_place(void *arg)
{
	struct place *place = arg;
	future_executor_t *loop = place->executor;

	place->executor = NULL;
	ck_assert_int_eq(future_execute(loop, find_place, place), 0);
	future_loop_stop(loop);
	return NULL;
}

START_TEST(any_thread_posts_and_the_one_that_runs_it_runs_the_task)
{
	future_executor_t *loop = loop_new();
	struct place place = { .executor = loop };
	pthread_t poster = thread_start(post_place, &place);

	ck_assert_int_eq(future_loop_run(loop), 0);
	thread_finish(poster);
	future_loop_run_pending(loop);
	ck_assert(pthread_equal(place.thread, pthread_self()));
	ck_assert_ptr_eq(place.executor, loop);
	ck_assert_ptr_null(future_current());
	future_executor_unref(loop);
}
END_TEST

static void post_again(void *loop)
{
	ck_assert_int_eq(future_execute(loop, post_again, loop), 0);
	atomic_fetch_add(&ran, 1);
}

START_TEST(run_pending_runs_only_what_was_queued_at_entry)
{
	future_executor_t *loop = loop_new();

	ck_assert_int_eq(future_execute(loop, post_again, loop), 0);
	ck_assert_int_eq(future_execute(loop, post_again, loop), 0);
	for (int i = 1; i < 5; i++) {
		ck_assert_uint_eq(future_loop_run_pending(loop), 2);
		ck_assert_int_eq(ran, 2 * i);
		ck_assert(readable(loop));
	}
	ck_assert_uint_eq(future_executor_cancel(loop), 2);
	future_executor_unref(loop);
}
END_TEST

START_TEST(run_pending_counts_the_tasks_of_lanes)
{
	future_executor_t *loop = loop_new(), *lane = NULL;
	atomic_int count = 0;

	ck_assert_int_eq(future_lane_new(loop, 1, &lane), 0);
	for (int i = 0; i < 2; i++)
		ck_assert_int_eq(future_execute(lane, count_work, &count), 0);
	/* The lane has one turn in each. */
	ck_assert_uint_eq(future_loop_run_pending(loop), 1);
	ck_assert_int_eq(count, 1);
	ck_assert_uint_eq(future_loop_run_pending(loop), 1);
	ck_assert_uint_eq(future_loop_run_pending(loop), 0);
	ck_assert_uint_eq(stats_of(loop).completed, 0);
	future_executor_unref(lane);
	future_executor_unref(loop);
}
END_TEST

START_TEST(what_was_cancelled_is_not_run_nor_counted)
{
	future_executor_t *loop = loop_new();
	future_t *tasks[3];

	for (int i = 0; i < 3; i++)
		tasks[i] = future_submit(loop, count_task, &ran);
	ck_assert(future_cancel(tasks[1]));
	ck_assert_uint_eq(future_loop_run_pending(loop), 2);
	ck_assert_int_eq(ran, 2);
	ck_assert(!readable(loop));
	for (int i = 0; i < 3; i++)
		future_unref(tasks[i]);
	future_executor_unref(loop);
}
END_TEST

static void post_and_cancel(void *loop)
{
	future_t *task = future_submit(loop, count_task, &ran);

	ck_assert(future_cancel(task));
	future_unref(task);
}

START_TEST(what_is_posted_and_cancelled_in_a_task_leaves_nothing_to_do)
{
	future_executor_t *loop = loop_new();

	ck_assert_int_eq(future_execute(loop, post_and_cancel, loop), 0);
	ck_assert_uint_eq(future_loop_run_pending(loop), 1);
	ck_assert(!readable(loop));
	ck_assert_int_eq(ran, 0);
	future_executor_unref(loop);
}
END_TEST

/* Continuations. */

START_TEST(continuations_run_on_the_loop_that_is_their_home)
{
	future_executor_t *loop = loop_new();
	future_t *first = future_submit(loop, nothing_task, NULL);
	future_t *second = future_then(first, count_then, &ran);
	future_t *third = future_then(second, stop_then, loop);

	ck_assert_int_eq(future_loop_run(loop), 0);
	ck_assert_int_eq(ran, 1);
	ck_assert_int_eq(outcome_of(third), 0);
	future_unref(first);
	future_unref(second);
	future_executor_unref(loop);
}
END_TEST

static void *settle_main(void *promise)
{
	ck_assert(future_promise_settle(promise, future_ok(NULL)));
	future_promise_free(promise);
	return NULL;
}

static future_result_t where_then(future_result_t in, void *arg)
{
	(void)in;
	find_place(arg);
	future_loop_stop(future_current());
	return future_ok(NULL);
}

START_TEST(what_another_thread_settles_goes_on_on_the_loop)
{
	future_executor_t *loop = loop_new();
	struct place place = { .executor = NULL };
	future_promise_t *promise;
	future_t *source, *next;
	pthread_t settler;

	ck_assert_int_eq(future_promise_new(loop, &promise), 0);
	source = future_promise_future(promise);
	next = future_then(source, where_then, &place);
	settler = thread_start(settle_main, promise);
	ck_assert_int_eq(future_loop_run(loop), 0);
	thread_finish(settler);
	ck_assert(pthread_equal(place.thread, pthread_self()));
	ck_assert_ptr_eq(place.executor, loop);
	future_unref(source);
	future_unref(next);
	future_executor_unref(loop);
}
END_TEST

START_TEST(inline_callbacks_of_its_tasks_are_not_put_off)
{
	future_executor_t *loop = loop_new();
	future_t *task = future_submit(loop, nothing_task, NULL);
	future_t *next = future_then_on(task, future_inline(), count_then,
		&ran);

	future_loop_run_pending(loop);
	ck_assert_int_eq(ran, 1);
	future_unref(task);
	future_unref(next);
	future_executor_unref(loop);
}
END_TEST

/* The descriptor. */

START_TEST(the_descriptor_is_readable_exactly_while_something_is_queued)
{
	future_executor_t *loop = loop_new();
	future_t *task;

	ck_assert(!readable(loop));
	post_counts(loop, 2);
	ck_assert(readable(loop));
	ck_assert_int_eq(future_loop_fd(loop), future_loop_fd(loop));
	future_loop_run_pending(loop);
	ck_assert(!readable(loop));
	task = future_submit(loop, count_task, &ran);
	ck_assert(readable(loop));
	ck_assert(future_cancel(task));
	ck_assert(!readable(loop));
	future_unref(task);
	post_counts(loop, 1);
	ck_assert(readable(loop));
	future_executor_cancel(loop);
	ck_assert(!readable(loop));
	future_executor_unref(loop);
}
END_TEST

START_TEST(the_descriptor_shows_what_was_posted_before_it_was_asked_for)
{
	future_executor_t *loop = loop_new();

	post_counts(loop, 1);
	ck_assert(readable(loop));
	ck_assert_int_eq(future_loop_deadline(loop).ns, FUTURE_NOW.ns);
	future_executor_unref(loop);
	ck_assert_int_eq(ran, 1);
}
END_TEST

START_TEST(it_is_readable_when_a_timer_is_due_before_what_was_told)
{
	future_executor_t *loop = loop_new();
	future_time_t hour = future_in_ms(3600000);
	future_time_t day = future_in_ms(24 * 3600000);
	future_t *late, *soon;

	ck_assert_int_eq(future_loop_deadline(loop).ns, FUTURE_FOREVER.ns);
	late = future_after(loop, day);
	ck_assert(readable(loop));
	ck_assert_uint_eq(future_loop_run_pending(loop), 0);
	ck_assert(readable(loop));
	ck_assert_int_eq(future_loop_deadline(loop).ns, day.ns);
	ck_assert(!readable(loop));
	soon = future_after(loop, hour);
	ck_assert(readable(loop));
	/* Not so with what is due later. */
	ck_assert_int_eq(future_loop_deadline(loop).ns, hour.ns);
	ck_assert(future_cancel(late));
	future_unref(late);
	late = future_after(loop, day);
	ck_assert(!readable(loop));
	ck_assert(future_cancel(soon));
	future_unref(soon);
	ck_assert_int_eq(future_loop_deadline(loop).ns, day.ns);
	future_executor_unref(loop);
	ck_assert_int_eq(outcome_of(late), ESHUTDOWN);
}
END_TEST

START_TEST(a_loop_takes_a_descriptor_and_gives_it_back)
{
	future_executor_t *loop = loop_new(), *none = NULL;
	int fd = future_loop_fd(loop);
	struct rlimit old, limit;

	/* A pipe's other end is above it. */
	ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &old), 0);
	limit = old;
	limit.rlim_cur = (rlim_t)fd + 1;
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
	ck_assert_int_eq(future_loop_new(&none), EMFILE);
	ck_assert_ptr_null(none);
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &old), 0);
	future_executor_unref(loop);
	loop = loop_new();
	ck_assert_int_eq(future_loop_fd(loop), fd);
	future_executor_unref(loop);
}
END_TEST

/* To stop. */

START_TEST(a_stop_in_a_task_leaves_the_rest_for_the_next_run)
{
	future_executor_t *loop = loop_new();

	post_counts(loop, 1);
	ck_assert_int_eq(future_execute(loop, stop_work, loop), 0);
	post_counts(loop, 2);
	ck_assert_int_eq(future_loop_run(loop), 0);
	ck_assert_int_eq(ran, 1);
	ck_assert_uint_eq(stats_of(loop).queued, 2);
	ck_assert(readable(loop));
	ck_assert_int_eq(future_execute(loop, stop_work, loop), 0);
	ck_assert_int_eq(future_loop_run(loop), 0);
	ck_assert_int_eq(ran, 3);
	future_executor_unref(loop);
}
END_TEST

START_TEST(a_stop_before_the_run_is_not_lost_and_two_are_one)
{
	future_executor_t *loop = loop_new();

	post_counts(loop, 1);
	future_loop_stop(loop);
	future_loop_stop(loop);
	ck_assert_int_eq(future_loop_run(loop), 0);
	ck_assert_int_eq(ran, 0);
	ck_assert_int_eq(future_execute(loop, stop_work, loop), 0);
	ck_assert_int_eq(future_loop_run(loop), 0);
	ck_assert_int_eq(ran, 1);
	future_executor_unref(loop);
}
END_TEST

START_TEST(a_stop_from_another_thread_wakes_the_one_that_sleeps)
{
	future_executor_t *loop = loop_new();
	struct runner_of runner;

	runner_of_start(&runner, loop);
	runner_of_sleeps(&runner);
	future_loop_stop(loop);
	ck_assert_int_eq(runner_of_finish(&runner), 0);
	future_executor_unref(loop);
}
END_TEST

/* One at a time. */

static void run_inside(void *loop)
{
	ck_assert_int_eq(future_loop_run(loop), EDEADLK);
	ck_assert_uint_eq(future_loop_run_pending(loop), 0);
	atomic_fetch_add(&ran, 1);
}

START_TEST(a_run_inside_a_task_is_edeadlk)
{
	future_executor_t *loop = loop_new();

	ck_assert_int_eq(future_execute(loop, run_inside, loop), 0);
	post_counts(loop, 1);
	ck_assert_uint_eq(future_loop_run_pending(loop), 2);
	ck_assert_int_eq(ran, 2);
	future_executor_unref(loop);
}
END_TEST

START_TEST(a_run_beside_another_is_ebusy)
{
	future_executor_t *loop = loop_new();
	struct gate gate = GATE_INIT;
	struct runner_of runner;

	runner_of_start(&runner, loop);
	ck_assert_int_eq(future_execute(loop, pass_work, &gate), 0);
	post_counts(loop, 1);
	gate_await(&gate, 1);
	ck_assert_int_eq(future_loop_run(loop), EBUSY);
	ck_assert_uint_eq(future_loop_run_pending(loop), 0);
	ck_assert_int_eq(ran, 0);
	gate_open(&gate);
	runner_of_sleeps(&runner);
	ck_assert_int_eq(future_loop_run(loop), EBUSY);
	future_loop_stop(loop);
	ck_assert_int_eq(runner_of_finish(&runner), 0);
	ck_assert_int_eq(ran, 1);
	future_executor_unref(loop);
}
END_TEST

/* Misuse. */

START_TEST(what_is_no_loop_is_invalid)
{
	future_executor_t *executors[] = { NULL, future_inline(), pool_of(1) };

	ck_assert_int_eq(future_loop_new(NULL), EINVAL);
	for (int i = 0; i < 3; i++) {
		ck_assert_int_eq(future_loop_run(executors[i]), EINVAL);
		ck_assert_uint_eq(future_loop_run_pending(executors[i]), 0);
		ck_assert_int_eq(future_loop_fd(executors[i]), -1);
		ck_assert_int_eq(future_loop_deadline(executors[i]).ns,
			FUTURE_FOREVER.ns);
		future_loop_stop(executors[i]);
	}
	future_executor_unref(executors[2]);
}
END_TEST

static void loop_child(void *loop)
{
	future_executor_t *own;
	atomic_int count = 0;

	CHILD_ASSERT(future_loop_run(loop) == ECHILD);
	CHILD_ASSERT(future_loop_run_pending(loop) == 0);
	CHILD_ASSERT(future_loop_fd(loop) == -1);
	CHILD_ASSERT(future_loop_deadline(loop).ns == FUTURE_FOREVER.ns);
	CHILD_ASSERT(future_execute(loop, count_work, &count) == ECHILD);
	CHILD_ASSERT(outcome_of(future_after(loop, FUTURE_FOREVER)) == ECHILD);
	CHILD_ASSERT(future_executor_drain(loop, FUTURE_FOREVER) == ECHILD);
	future_loop_stop(loop);
	future_executor_unref(loop);
	CHILD_ASSERT(future_loop_new(&own) == 0 && own != loop);
	CHILD_ASSERT(future_execute(own, count_work, &count) == 0);
	CHILD_ASSERT(future_loop_run_pending(own) == 1 && count == 1);
	future_executor_unref(own);
}

static void fork_in_task(void *loop)
{
	ck_assert_int_eq(in_child(loop_child, loop), 0);
	atomic_fetch_add(&ran, 1);
}

START_TEST(a_forked_child_cannot_use_the_loop_but_has_its_own)
{
	future_executor_t *loop = loop_new();

	post_counts(loop, 1);
	ck_assert_int_eq(in_child(loop_child, loop), 0);
	ck_assert_int_eq(future_execute(loop, fork_in_task, loop), 0);
	ck_assert_uint_eq(future_loop_run_pending(loop), 2);
	ck_assert_int_eq(ran, 2);
	future_executor_unref(loop);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("loop");
	TCase *tcase = suite_case(suite, "loop");

	tcase_add_test(tcase, tasks_run_when_the_loop_is_run_and_not_before);
	tcase_add_test(tcase, tasks_run_in_the_order_in_which_they_were_posted);
	tcase_add_test(tcase,
		any_thread_posts_and_the_one_that_runs_it_runs_the_task);
	tcase_add_test(tcase, run_pending_runs_only_what_was_queued_at_entry);
	tcase_add_test(tcase, run_pending_counts_the_tasks_of_lanes);
	tcase_add_test(tcase, what_was_cancelled_is_not_run_nor_counted);
	tcase_add_test(tcase,
		what_is_posted_and_cancelled_in_a_task_leaves_nothing_to_do);
	tcase_add_test(tcase, continuations_run_on_the_loop_that_is_their_home);
	tcase_add_test(tcase, what_another_thread_settles_goes_on_on_the_loop);
	tcase_add_test(tcase, inline_callbacks_of_its_tasks_are_not_put_off);
	tcase_add_test(tcase,
		the_descriptor_is_readable_exactly_while_something_is_queued);
	tcase_add_test(tcase,
		the_descriptor_shows_what_was_posted_before_it_was_asked_for);
	tcase_add_test(tcase,
		it_is_readable_when_a_timer_is_due_before_what_was_told);
	tcase_add_test(tcase, a_loop_takes_a_descriptor_and_gives_it_back);
	tcase_add_test(tcase,
		a_stop_in_a_task_leaves_the_rest_for_the_next_run);
	tcase_add_test(tcase,
		a_stop_before_the_run_is_not_lost_and_two_are_one);
	tcase_add_test(tcase,
		a_stop_from_another_thread_wakes_the_one_that_sleeps);
	tcase_add_test(tcase, a_run_inside_a_task_is_edeadlk);
	tcase_add_test(tcase, a_run_beside_another_is_ebusy);
	tcase_add_test(tcase, what_is_no_loop_is_invalid);
	tcase_add_test(tcase,
		a_forked_child_cannot_use_the_loop_but_has_its_own);
	return suite_run(suite);
}
