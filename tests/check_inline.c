/* The inline executor: tasks that run in the call that submits them. */
#define _GNU_SOURCE
#include "support.h"
#include "default.h"
#include "timer.h"

static future_result_t note_current(void *arg)
{
	*(future_executor_t **)arg = future_current();
	return future_ok(NULL);
}

START_TEST(inline_runs_inside_submit)
{
	atomic_int ran = 0;
	FUTURE_AUTO future_t *done = future_submit(future_inline(), count_task,
		&ran);

	ck_assert_int_eq(ran, 1);
	ck_assert_int_eq(future_state(done), FUTURE_OK);
}
END_TEST

START_TEST(inline_runs_inside_execute)
{
	atomic_int ran = 0;

	ck_assert_int_eq(future_execute(future_inline(), count_work, &ran), 0);
	ck_assert_int_eq(ran, 1);
}
END_TEST

static future_result_t note_thread(void *arg)
{
	*(pid_t *)arg = thread_id();
	return future_ok(NULL);
}

START_TEST(inline_runs_on_the_thread_that_submits)
{
	pid_t tid = 0;

	ck_assert_int_eq(outcome_of(future_submit(future_inline(), note_thread,
		&tid)), 0);
	ck_assert_int_eq(tid, thread_id());
}
END_TEST

struct nested {
	struct record record;
	future_t *inner;
	future_state_t state;
};

static future_result_t nested_inner(void *arg)
{
	struct nested *nested = arg;

	record_add(&nested->record, 'i');
	return future_ok_int(7);
}

static future_result_t nested_outer(void *arg)
{
	struct nested *nested = arg;

	record_add(&nested->record, '(');
	nested->inner = future_submit(future_inline(), nested_inner, nested);
	nested->state = future_state(nested->inner);
	record_add(&nested->record, ')');
	return future_ok(NULL);
}

START_TEST(inline_inside_inline_waits_for_the_outer_task_to_return)
{
	struct nested nested = { { 0, "" }, NULL, FUTURE_OK };

	ck_assert_int_eq(outcome_of(future_submit(future_inline(),
		nested_outer, &nested)), 0);
	ck_assert_str_eq(nested.record.text, "()i");
	ck_assert_int_eq(nested.state, FUTURE_PENDING);
	ck_assert_int_eq(future_state(nested.inner), FUTURE_OK);
	future_unref(nested.inner);
}
END_TEST

static future_result_t nested_wait(void *arg)
{
	struct nested *nested = arg;
	future_result_t result;

	record_add(&nested->record, '(');
	nested->inner = future_submit(future_inline(), nested_inner, nested);
	result = future_get(nested->inner);
	record_add(&nested->record, ')');
	return result;
}

START_TEST(inline_that_waits_for_an_inline_task_runs_it_there)
{
	struct nested nested = { { 0, "" }, NULL, FUTURE_OK };
	FUTURE_AUTO future_t *outer = future_submit(future_inline(),
		nested_wait, &nested);

	ck_assert_int_eq(future_result_int(future_get(outer)), 7);
	ck_assert_str_eq(nested.record.text, "(i)");
	future_unref(nested.inner);
}
END_TEST

static void count_down(void *arg)
{
	int *left = arg;

	if (--*left > 0 && future_execute(future_inline(), count_down, left))
		abort();
}

static void *run_deep_inline(void *arg)
{
	if (future_execute(future_inline(), count_down, arg) != 0)
		abort();
	return NULL;
}

START_TEST(inline_tasks_that_submit_the_next_do_not_recurse)
{
	int left = (int)scaled(1000000);
	pthread_attr_t attr;
	pthread_t thread;

	pthread_attr_init(&attr);
	ck_assert_int_eq(pthread_attr_setstacksize(&attr,
		(watched() ? 1024 : 64) * 1024), 0);
	ck_assert_int_eq(pthread_create(&thread, &attr, run_deep_inline,
		&left), 0);
	pthread_attr_destroy(&attr);
	thread_finish(thread);
	ck_assert_int_eq(left, 0);
}
END_TEST

START_TEST(inline_is_current_inside_its_tasks)
{
	future_executor_t *seen = NULL;

	ck_assert_int_eq(outcome_of(future_submit(future_inline(),
		note_current, &seen)), 0);
	ck_assert_ptr_eq(seen, future_inline());
}
END_TEST

START_TEST(an_inline_continuation_of_what_has_settled_runs_inside_then)
{
	FUTURE_AUTO future_t *source = future_ready(future_ok(NULL));
	atomic_int ran = 0;
	FUTURE_AUTO future_t *next = future_then_on(source, future_inline(),
		count_then, &ran);

	ck_assert_int_eq(ran, 1);
	ck_assert_int_eq(future_state(next), FUTURE_OK);
}
END_TEST

static future_result_t note_thread_then(future_result_t in, void *arg)
{
	(void)in;
	return note_thread(arg);
}

START_TEST(an_inline_continuation_runs_on_the_thread_that_settles)
{
	future_executor_t *pool = pool_of(1);
	struct gate gate = GATE_INIT;
	future_t *source = future_submit(pool, pass_task, &gate);
	pid_t tid = 0, worker = 0;
	future_t *next = future_then_on(source, future_inline(),
		note_thread_then, &tid);

	gate_open(&gate);
	ck_assert_int_eq(outcome_of(next), 0);
	ck_assert_int_eq(outcome_of(future_submit(pool, note_thread, &worker)),
		0);
	ck_assert_int_eq(tid, worker);
	future_unref(source);
	future_executor_unref(pool);
}
END_TEST

START_TEST(inline_cannot_be_closed)
{
	future_executor_t *executor = future_inline();
	atomic_int ran = 0;

	future_executor_shutdown(executor);
	ck_assert_uint_eq(future_executor_cancel(executor), 0);
	future_executor_unref(executor);
	future_executor_unref(executor);
	future_executor_detach(executor);
	ck_assert_int_eq(future_executor_join(executor, FUTURE_FOREVER),
		EINVAL);
	ck_assert_int_eq(future_execute(executor, count_work, &ran), 0);
	ck_assert_int_eq(ran, 1);
}
END_TEST

START_TEST(inline_is_always_drained)
{
	ck_assert_int_eq(future_executor_drain(future_inline(),
		FUTURE_FOREVER), 0);
}
END_TEST

/* Its timers live in the default executor, which nobody has used so far. */

struct armed {
	struct fut_timer timer;
	struct fut_task task;
};

FUT_TIMER_BEFORE(struct armed, timer, task);

START_TEST(a_timer_taken_off_before_it_is_armed_stays_off)
{
	struct armed armed = { .task = { .executor = future_inline() } };

	fut_timer_init(&armed.timer, future_in_ms(3600 * 1000).ns);
	ck_assert(!fut_disarm(&armed.timer));
	ck_assert_int_eq(fut_arm(&armed.timer, FUT_POST_NEW), ECANCELED);
}
END_TEST

static void add_inline(Suite *suite)
{
	TCase *tcase = suite_case(suite, "inline");

	tcase_add_test(tcase, inline_runs_inside_submit);
	tcase_add_test(tcase, inline_runs_inside_execute);
	tcase_add_test(tcase, inline_runs_on_the_thread_that_submits);
	tcase_add_test(tcase,
		inline_inside_inline_waits_for_the_outer_task_to_return);
	tcase_add_test(tcase,
		inline_that_waits_for_an_inline_task_runs_it_there);
	tcase_add_test(tcase,
		inline_tasks_that_submit_the_next_do_not_recurse);
	tcase_add_test(tcase, inline_is_current_inside_its_tasks);
	tcase_add_test(tcase,
		an_inline_continuation_of_what_has_settled_runs_inside_then);
	tcase_add_test(tcase,
		an_inline_continuation_runs_on_the_thread_that_settles);
	tcase_add_test(tcase, inline_cannot_be_closed);
	tcase_add_test(tcase, inline_is_always_drained);
	tcase_add_test(tcase, a_timer_taken_off_before_it_is_armed_stays_off);
}

int main(void)
{
	Suite *suite = suite_create("inline");

	add_inline(suite);
	return suite_run(suite);
}
