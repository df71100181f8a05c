/* Loops: timers, and waits in their tasks. */
#define _GNU_SOURCE
#include "looping.h"

static const int64_t ms_ns = 1000000;

static future_executor_t *loop;
static atomic_int ran;

static void run_to_the_stop(void)
{
	ck_assert_int_eq(future_loop_run(loop), 0);
}

/* Timers. */

START_TEST(a_timer_wakes_the_run_that_sleeps_and_needs_no_thread)
{
	size_t threads = threads_before();
	int64_t start_ns = future_now().ns;
	future_t *soon, *then;

	loop = loop_new();
	soon = future_after(loop, future_in_ms(20));
	then = future_then(soon, stop_then, loop);
	run_to_the_stop();
	ck_assert_int_ge(future_now().ns - start_ns, 20 * ms_ns);
	ck_assert_uint_eq(threads_now(), threads);
	ck_assert_int_eq(outcome_of(soon), 0);
	future_unref(then);
	future_executor_unref(loop);
}
END_TEST

/* Two, the later one first; neither is due before the loop is run. */
static future_time_t arm_two(future_t **ret_timers)
{
	for (int ms = 5;; ms *= 2) {
		future_time_t late = future_in_ms(2 * ms);

		ret_timers[0] = future_after(loop, late);
		ret_timers[1] = future_after(loop, future_in_ms(ms));
		if (future_state(ret_timers[0]) == FUTURE_PENDING &&
		    future_state(ret_timers[1]) == FUTURE_PENDING)
			return late;
		for (int i = 0; i < 2; i++) {
			future_cancel(ret_timers[i]);
			future_unref(ret_timers[i]);
		}
	}
}

START_TEST(timers_fire_in_order_of_their_deadlines_before_the_tasks)
{
	struct record record = { 0 };
	struct letter letters[3] = { { &record, 'b' }, { &record, 'a' },
		{ &record, 't' } };
	future_t *timers[2], *then[2];
	future_time_t late;

	loop = loop_new();
	ck_assert_int_eq(future_execute(loop, write_work, &letters[2]), 0);
	late = arm_two(timers);
	for (int i = 0; i < 2; i++)
		then[i] = future_then_on(timers[i], future_inline(),
			write_then, &letters[i]);
	ck_assert_int_eq(future_wait(timers[0], late), ETIMEDOUT);
	while (future_now().ns < late.ns)
		sched_yield();
	ck_assert_uint_eq(future_loop_run_pending(loop), 3);
	ck_assert_str_eq(record.text, "abt");
	for (int i = 0; i < 2; i++) {
		future_unref(timers[i]);
		future_unref(then[i]);
	}
	future_executor_unref(loop);
}
END_TEST

static void *arm_main(void *arg)
{
	future_t *soon = future_after(loop, future_in_ms(1));

	(void)arg;
	future_unref(future_then(soon, stop_then, loop));
	future_unref(soon);
	return NULL;
}

START_TEST(a_timer_armed_by_another_thread_shortens_the_sleep)
{
	struct runner_of runner;
	future_t *late;

	loop = loop_new();
	late = future_after(loop, future_in_ms(3600000));
	runner_of_start(&runner, loop);
	runner_of_sleeps(&runner);
	thread_finish(thread_start(arm_main, NULL));
	ck_assert_int_eq(runner_of_finish(&runner), 0);
	ck_assert_int_eq(future_state(late), FUTURE_PENDING);
	future_unref(late);
	future_executor_unref(loop);
}
END_TEST

START_TEST(who_polls_the_descriptor_until_the_deadline_misses_no_timer)
{
	future_t *timers[3];
	pthread_t armer;

	loop = loop_new();
	for (int i = 0; i < 3; i++)
		timers[i] = future_after(loop, future_in_ms(5 * i));
	while (future_state(timers[2]) == FUTURE_PENDING) {
		poll_loop(loop);
		future_loop_run_pending(loop);
	}
	/* One that another thread arms, or will. */
	armer = thread_start(arm_main, NULL);
	poll_loop(loop);
	thread_finish(armer);
	ck_assert_int_ne(future_loop_deadline(loop).ns, FUTURE_FOREVER.ns);
	for (int i = 0; i < 3; i++)
		ck_assert_int_eq(outcome_of(timers[i]), 0);
	future_executor_unref(loop);
}
END_TEST

static future_result_t tick(void *arg)
{
	(void)arg;
	if (atomic_fetch_add(&ran, 1) == 2)
		future_loop_stop(loop);
	return future_ok(NULL);
}

START_TEST(an_every_runs_on_the_loop_again_and_again)
{
	future_t *every;

	loop = loop_new();
	every = future_every(loop, &(future_schedule_t){
		.period_ns = ms_ns, .fn = tick });
	run_to_the_stop();
	ck_assert_int_eq(ran, 3);
	ck_assert(future_cancel(every));
	future_unref(every);
	ck_assert_int_eq(future_loop_deadline(loop).ns, FUTURE_FOREVER.ns);
	future_executor_unref(loop);
}
END_TEST

START_TEST(a_timeout_at_home_on_the_loop_cancels_its_source)
{
	future_promise_t *promise;
	future_t *source, *timed, *last;

	loop = loop_new();
	ck_assert_int_eq(future_promise_new(loop, &promise), 0);
	source = future_promise_future(promise);
	timed = future_timeout(source, future_in_ms(2));
	last = future_finally(timed, stop_then, loop);
	run_to_the_stop();
	ck_assert_int_eq(outcome_of(timed), ETIMEDOUT);
	ck_assert_int_eq(outcome_of(source), ECANCELED);
	ck_assert_int_eq(outcome_of(last), ETIMEDOUT);
	future_promise_free(promise);
	future_executor_unref(loop);
}
END_TEST

/* Waits in its tasks. */

/* Runs `task` on the loop, and says with what it succeeded. */
static intptr_t result_of(future_task_fn *task, void *arg)
{
	future_t *future = future_submit(loop, task, arg);
	future_result_t result;

	while (future_state(future) == FUTURE_PENDING)
		future_loop_run_pending(loop);
	result = future_get(future);
	ck_assert_int_eq(result.error, 0);
	future_unref(future);
	return future_result_int(result);
}

static future_result_t get_queued(void *arg)
{
	future_t *stranger = future_submit(loop, count_task, &ran);
	future_t *one = future_submit(loop, count_task, &ran);
	future_t *two = future_then(one, count_then, &ran);
	int error = outcome_of(two);

	(void)arg;
	ck_assert_int_eq(error, 0);
	ck_assert_int_eq(future_state(stranger), FUTURE_PENDING);
	future_unref(one);
	future_unref(stranger);
	return future_ok_int(ran);
}

START_TEST(a_wait_in_a_task_runs_what_it_waits_for_and_no_stranger)
{
	loop = loop_new();
	ck_assert_int_eq(result_of(get_queued, NULL), 2);
	ck_assert_uint_eq(future_loop_run_pending(loop), 1);
	ck_assert_int_eq(ran, 3);
	ck_assert_uint_eq(stats_of(loop).completed, 4);
	future_executor_unref(loop);
}
END_TEST

struct await {
	future_promise_t *promise;
	atomic_int tid;
};

static future_result_t await_then(void *arg)
{
	struct await *await = arg;
	future_t *source = future_promise_future(await->promise);
	future_t *next = future_then(source, count_then, &ran);

	atomic_store(&await->tid, (int)thread_id());
	future_unref(source);
	return future_ok_int(outcome_of(next));
}

static void *settle_when_it_sleeps(void *arg)
{
	struct await *await = arg;

	while (atomic_load(&await->tid) == 0)
		sched_yield();
	thread_sleeps(atomic_load(&await->tid));
	ck_assert(future_promise_settle(await->promise, future_ok(NULL)));
	return NULL;
}

START_TEST(a_wait_in_a_task_wakes_for_what_comes_to_the_loop)
{
	struct await await = { .tid = 0 };
	pthread_t settler;

	loop = loop_new();
	ck_assert_int_eq(future_promise_new(loop, &await.promise), 0);
	settler = thread_start(settle_when_it_sleeps, &await);
	ck_assert_int_eq(result_of(await_then, &await), 0);
	ck_assert_int_eq(ran, 1);
	thread_finish(settler);
	future_promise_free(await.promise);
	future_executor_unref(loop);
}
END_TEST

static future_result_t get_after(void *arg)
{
	future_t *soon = future_after(loop, future_in_ms(2));
	future_t *then = future_then(soon, count_then, &ran);

	(void)arg;
	ck_assert_int_eq(outcome_of(then), 0);
	return future_ok_int(outcome_of(soon));
}

START_TEST(a_wait_in_a_task_keeps_the_loops_time)
{
	loop = loop_new();
	ck_assert_int_eq(result_of(get_after, NULL), 0);
	ck_assert_int_eq(ran, 1);
	future_executor_unref(loop);
}
END_TEST

static future_result_t wait_after(void *arg)
{
	future_t *soon = future_after(loop, future_in_ms(2));
	int error = future_wait(soon, future_in_ms(3600000));

	(void)arg;
	future_unref(soon);
	return future_ok_int(error);
}

START_TEST(a_wait_with_a_deadline_in_a_task_keeps_the_loops_time)
{
	loop = loop_new();
	ck_assert_int_eq(result_of(wait_after, NULL), 0);
	future_executor_unref(loop);
}
END_TEST

static future_result_t wait_in_vain(void *arg)
{
	future_t *late = future_after(loop, future_in_ms(3600000));
	int error = future_wait(late, future_in_ms(2));

	(void)arg;
	future_unref(late);
	return future_ok_int(error);
}

START_TEST(a_wait_with_a_deadline_in_a_task_ends_with_it)
{
	loop = loop_new();
	ck_assert_int_eq(result_of(wait_in_vain, NULL), ETIMEDOUT);
	future_executor_unref(loop);
}
END_TEST

static future_result_t acquire_late(void *semaphore)
{
	future_t *soon = future_after(loop, future_in_ms(2));
	int error = future_semaphore_acquire_until(semaphore, 1,
		future_in_ms(10));

	ck_assert_int_eq(future_state(soon), FUTURE_OK);
	future_unref(soon);
	return future_ok_int(error);
}

START_TEST(a_wait_for_a_semaphore_in_a_task_keeps_the_loops_time)
{
	future_semaphore_t semaphore = FUTURE_SEMAPHORE_INIT(0);

	loop = loop_new();
	ck_assert_int_eq(result_of(acquire_late, &semaphore), ETIMEDOUT);
	future_executor_unref(loop);
}
END_TEST

static future_result_t get_itself(void *arg)
{
	return future_ok_int(future_get(*(future_t **)arg).error);
}

START_TEST(a_task_that_waits_for_itself_gets_edeadlk)
{
	future_t *self;

	loop = loop_new();
	self = future_submit(loop, get_itself, &self);
	future_loop_run_pending(loop);
	ck_assert_int_eq(future_result_int(future_get(self)), EDEADLK);
	future_unref(self);
	future_executor_unref(loop);
}
END_TEST

START_TEST(a_wait_outside_of_the_tasks_runs_nothing_of_the_loop)
{
	future_t *task;

	loop = loop_new();
	task = future_submit(loop, count_task, &ran);
	ck_assert_int_eq(future_wait(task, future_in_ms(2)), ETIMEDOUT);
	ck_assert_int_eq(ran, 0);
	future_loop_run_pending(loop);
	ck_assert_int_eq(outcome_of(task), 0);
	future_executor_unref(loop);
}
END_TEST

/* One loop in another, and in a pool. */

static future_executor_t *inner, *outer;

static future_result_t get_of_outer(void *arg)
{
	future_t *queued = future_submit(outer, count_task, &ran);
	future_t *soon = future_after(outer, future_in_ms(2));

	(void)arg;
	ck_assert_int_eq(outcome_of(soon), 0);
	return future_ok_int(outcome_of(queued));
}

static future_result_t run_inner(void *arg)
{
	future_t *task = future_submit(inner, get_of_outer, NULL);

	(void)arg;
	ck_assert_uint_eq(future_loop_run_pending(inner), 1);
	ck_assert_ptr_eq(future_current(), outer);
	ck_assert_int_eq(future_result_int(future_get(task)), 0);
	return future_ok_int(outcome_of(task));
}

START_TEST(a_task_of_one_loop_may_run_another)
{
	loop = outer = loop_new();
	inner = loop_new();
	ck_assert_int_eq(result_of(run_inner, NULL), 0);
	ck_assert_int_eq(ran, 1);
	future_executor_unref(inner);
	future_executor_unref(outer);
}
END_TEST

START_TEST(a_worker_of_a_pool_may_run_a_loop)
{
	outer = pool_of(1);
	inner = loop_new();
	ck_assert_int_eq(outcome_of(future_submit(outer, run_inner, NULL)), 0);
	ck_assert_int_eq(ran, 1);
	future_executor_unref(inner);
	future_executor_unref(outer);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("loop_wait");
	TCase *tcase = suite_case(suite, "loop_wait");

	tcase_add_test(tcase,
		a_timer_wakes_the_run_that_sleeps_and_needs_no_thread);
	tcase_add_test(tcase,
		timers_fire_in_order_of_their_deadlines_before_the_tasks);
	tcase_add_test(tcase,
		a_timer_armed_by_another_thread_shortens_the_sleep);
	tcase_add_test(tcase,
		who_polls_the_descriptor_until_the_deadline_misses_no_timer);
	tcase_add_test(tcase, an_every_runs_on_the_loop_again_and_again);
	tcase_add_test(tcase, a_timeout_at_home_on_the_loop_cancels_its_source);
	tcase_add_test(tcase,
		a_wait_in_a_task_runs_what_it_waits_for_and_no_stranger);
	tcase_add_test(tcase,
		a_wait_in_a_task_wakes_for_what_comes_to_the_loop);
	tcase_add_test(tcase, a_wait_in_a_task_keeps_the_loops_time);
	tcase_add_test(tcase,
		a_wait_with_a_deadline_in_a_task_keeps_the_loops_time);
	tcase_add_test(tcase, a_wait_with_a_deadline_in_a_task_ends_with_it);
	tcase_add_test(tcase,
		a_wait_for_a_semaphore_in_a_task_keeps_the_loops_time);
	tcase_add_test(tcase, a_task_that_waits_for_itself_gets_edeadlk);
	tcase_add_test(tcase,
		a_wait_outside_of_the_tasks_runs_nothing_of_the_loop);
	tcase_add_test(tcase, a_task_of_one_loop_may_run_another);
	tcase_add_test(tcase, a_worker_of_a_pool_may_run_a_loop);
	return suite_run(suite);
}
