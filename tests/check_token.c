/* Tokens: everything under one is cancelled with it. */
#define _GNU_SOURCE
#include "support.h"

static future_token_t *token_under(future_token_t *parent)
{
	future_token_t *token = NULL;

	ck_assert_int_eq(future_token_new(parent, FUTURE_FOREVER, &token), 0);
	return token;
}

static future_t *submit_under(future_token_t *token,
	future_executor_t *executor, future_task_fn *fn, void *arg)
{
	return future_submit_with(executor, &(future_task_t){ .fn = fn,
		.arg = arg, .token = token });
}

START_TEST(a_token_is_cancelled_once_and_for_good)
{
	future_token_t *token = token_under(NULL);

	ck_assert(!future_token_is_cancelled(token));
	ck_assert(future_token_cancel(token));
	ck_assert(future_token_is_cancelled(token));
	ck_assert(!future_token_cancel(token));
	future_token_unref(token);
}
END_TEST

START_TEST(a_token_that_is_null_is_harmless)
{
	ck_assert(!future_token_cancel(NULL));
	ck_assert(!future_token_is_cancelled(NULL));
	ck_assert_ptr_null(future_token_ref(NULL));
	future_token_unref(NULL);
	ck_assert_int_eq(future_token_new(NULL, FUTURE_FOREVER, NULL), EINVAL);
	ck_assert_int_eq(future_token_on_cancel(NULL, NULL, count_work, NULL),
		EINVAL);
}
END_TEST

static future_result_t get_token(void *arg)
{
	(void)arg;
	return future_ok(future_token_current());
}

static future_result_t pass(future_result_t in, void *arg)
{
	(void)arg;
	return in;
}

START_TEST(queued_tasks_under_a_token_never_run)
{
	future_executor_t *pool = pool_of(1);
	future_token_t *token = token_under(NULL);
	struct gate gate = GATE_INIT;
	future_t *under[10], *beside;
	atomic_int ran = 0;

	occupy(pool, 1, &gate);
	for (int i = 0; i < 10; i++)
		under[i] = submit_under(token, pool, count_task, &ran);
	beside = future_submit(pool, count_task, &ran);
	ck_assert(future_token_cancel(token));
	for (int i = 0; i < 10; i++) {
		ck_assert_int_eq(future_state(under[i]), FUTURE_CANCELLED);
		future_unref(under[i]);
	}
	gate_open(&gate);
	ck_assert_int_eq(outcome_of(beside), 0);
	future_executor_unref(pool);
	ck_assert_int_eq(ran, 1);
	future_token_unref(token);
}
END_TEST

static future_result_t note_error(future_result_t in, void *arg)
{
	(void)arg;
	return future_ok_int(in.error);
}

static future_result_t under_nothing(void *arg)
{
	future_t **made = arg;

	ck_assert_ptr_nonnull(future_token_current());
	made[0] = submit_under(FUTURE_NO_TOKEN, future_current(), get_token,
		NULL);
	made[1] = future_then_with(made[0], &(future_continuation_t){
		.fn = pass, .token = future_token_current() });
	made[2] = future_then_with(made[1], &(future_continuation_t){
		.on = FUTURE_ON_EITHER, .fn = note_error,
		.token = FUTURE_NO_TOKEN });
	made[3] = future_every(future_current(), &(future_schedule_t){
		.period_ns = 3600000000000, .fn = get_token,
		.token = FUTURE_NO_TOKEN });
	ck_assert(future_token_cancel(future_token_current()));
	return future_ok(NULL);
}

/* Where it is named nothing is cancelled, and nothing is under it. */
START_TEST(no_token_is_none)
{
	future_executor_t *pool = pool_of(1);
	future_token_t *token = token_under(NULL), *alone = NULL;
	future_t *made[4];
	future_t *task = submit_under(token, pool, under_nothing, made);
	future_group_t *group;

	ck_assert_int_eq(future_join(task, FUTURE_FOREVER), 0);
	ck_assert_int_eq(future_get(made[0]).error, 0);
	ck_assert_ptr_null(future_get(made[0]).value);
	ck_assert_int_eq(future_get(made[1]).error, ECANCELED);
	ck_assert_int_eq(future_result_int(future_get(made[2])), ECANCELED);
	ck_assert_int_eq(future_state(made[3]), FUTURE_PENDING);
	for (int i = 0; i < 4; i++) {
		future_cancel(made[i]);
		future_unref(made[i]);
	}
	ck_assert_int_eq(future_token_new(FUTURE_NO_TOKEN, FUTURE_FOREVER,
		&alone), 0);
	ck_assert(!future_token_is_cancelled(alone));
	ck_assert_int_eq(future_group_new(NULL, FUTURE_NO_TOKEN, &group), 0);
	ck_assert_int_eq(future_group_close(group), 0);
	future_unref(task);
	future_token_unref(alone);
	future_token_unref(token);
	future_executor_unref(pool);
}
END_TEST

static future_result_t until_asked(void *arg)
{
	gate_pass(arg);
	while (!future_cancel_requested())
		sched_yield();
	return future_ok(NULL);
}

START_TEST(a_running_task_under_a_token_is_asked)
{
	future_executor_t *pool = pool_of(1);
	future_token_t *token = token_under(NULL);
	struct gate here = GATE_OPEN;
	future_t *task = submit_under(token, pool, until_asked, &here);

	gate_await(&here, 1);
	ck_assert(future_token_cancel(token));
	ck_assert_int_eq(future_state(task), FUTURE_CANCELLED);
	ck_assert_int_eq(future_join(task, FUTURE_FOREVER), 0);
	future_unref(task);
	future_token_unref(token);
	future_executor_unref(pool);
}
END_TEST

START_TEST(a_new_task_under_a_cancelled_token_never_runs)
{
	future_token_t *token = token_under(NULL);
	atomic_int ran = 0, destroyed = 0;
	future_task_t task = { .fn = count_task, .arg = &ran, .token = token };
	future_continuation_t next = { .on = FUTURE_ON_EITHER,
		.fn = count_then, .arg = &ran, .token = token };
	future_t *source = future_ready(future_ok(NULL));

	future_token_cancel(token);
	ck_assert_int_eq(outcome_of(future_submit_with(future_inline(),
		&task)), ECANCELED);
	task.arg = &destroyed;
	task.destroy_arg = count_work;
	ck_assert_int_eq(outcome_of(future_submit_with(future_inline(),
		&task)), ECANCELED);
	ck_assert_int_eq(outcome_of(future_then_with(source, &next)),
		ECANCELED);
	ck_assert_int_eq(ran, 0);
	ck_assert_int_eq(destroyed, 1);
	future_unref(source);
	future_token_unref(token);
}
END_TEST

START_TEST(children_are_cancelled_with_their_parent_and_not_the_other_way)
{
	future_token_t *parent = token_under(NULL);
	future_token_t *child = token_under(parent);
	future_token_t *sibling = token_under(parent);
	future_token_t *grandchild = token_under(sibling);

	future_token_cancel(child);
	ck_assert(!future_token_is_cancelled(parent));
	ck_assert(!future_token_is_cancelled(sibling));
	future_token_cancel(parent);
	ck_assert(future_token_is_cancelled(sibling));
	ck_assert(future_token_is_cancelled(grandchild));
	future_token_unref(parent);
	future_token_unref(child);
	future_token_unref(sibling);
	future_token_unref(grandchild);
}
END_TEST

START_TEST(a_token_under_a_cancelled_one_is_born_cancelled)
{
	future_token_t *parent = token_under(NULL), *child;

	future_token_cancel(parent);
	child = token_under(parent);
	ck_assert(future_token_is_cancelled(child));
	future_token_unref(child);
	future_token_unref(parent);
}
END_TEST

START_TEST(a_long_row_of_tokens_is_cancelled)
{
	enum { TOKENS = 100000 };
	future_token_t *first = token_under(NULL), *last = first;

	for (int i = 0; i < TOKENS; i++) {
		future_token_t *next = token_under(last);

		if (last != first)
			future_token_unref(last);
		last = next;
	}
	future_token_cancel(first);
	ck_assert(future_token_is_cancelled(last));
	future_token_unref(first);
	future_token_unref(last);
}
END_TEST

START_TEST(a_long_row_of_tokens_goes)
{
	enum { TOKENS = 100000 };
	future_token_t *last = token_under(NULL);

	for (int i = 0; i < TOKENS; i++) {
		future_token_t *next = token_under(last);

		future_token_unref(last);
		last = next;
	}
	future_token_unref(last);
}
END_TEST

struct waiter {
	struct gate here;
	future_semaphore_t semaphore;
	int error;
};

static future_result_t acquire_task(void *arg)
{
	struct waiter *waiter = arg;

	gate_pass(&waiter->here);
	waiter->error = future_semaphore_acquire(&waiter->semaphore, 1);
	return future_ok(NULL);
}

START_TEST(a_wait_under_a_cancelled_token_ends)
{
	future_executor_t *pool = pool_of(1);
	future_token_t *token = token_under(NULL);
	struct waiter waiter = { .here = GATE_OPEN };
	future_t *task = submit_under(token, pool, acquire_task, &waiter);

	gate_await(&waiter.here, 1);
	future_token_cancel(token);
	ck_assert_int_eq(future_join(task, FUTURE_FOREVER), 0);
	ck_assert_int_eq(waiter.error, ECANCELED);
	future_unref(task);
	future_token_unref(token);
	future_executor_unref(pool);
}
END_TEST

static void acquire_work(void *arg)
{
	acquire_task(arg);
}

static void execute_inside(void *arg)
{
	ck_assert_int_eq(future_execute(future_current(), acquire_work, arg),
		0);
}

static future_result_t execute_task(void *arg)
{
	execute_inside(arg);
	return future_ok(NULL);
}

START_TEST(a_wait_in_an_executed_function_ends_with_its_token)
{
	future_executor_t *pool = pool_of(1);
	future_token_t *token = token_under(NULL);
	struct waiter waiter = { .here = GATE_OPEN };

	future_unref(submit_under(token, pool, execute_task, &waiter));
	gate_await(&waiter.here, 1);
	future_token_cancel(token);
	future_executor_unref(pool);
	ck_assert_int_eq(waiter.error, ECANCELED);
	future_token_unref(token);
}
END_TEST

START_TEST(a_deadline_cancels_a_token)
{
	future_executor_t *pool = pool_of(1);
	struct waiter waiter = { .here = GATE_OPEN };
	future_token_t *token = NULL;
	future_t *task;

	ck_assert_int_eq(future_token_new(NULL, future_in_ms(20), &token), 0);
	task = submit_under(token, pool, acquire_task, &waiter);
	ck_assert_int_eq(outcome_of(task), ECANCELED);
	ck_assert(future_token_is_cancelled(token));
	future_token_unref(token);
	future_executor_unref(pool);
}
END_TEST

START_TEST(a_deadline_that_has_passed_makes_a_cancelled_token)
{
	future_token_t *token = NULL;

	ck_assert_int_eq(future_token_new(NULL, FUTURE_NOW, &token), 0);
	ck_assert(future_token_is_cancelled(token));
	future_token_unref(token);
}
END_TEST

START_TEST(a_deadline_holds_for_what_is_under_when_all_handles_are_gone)
{
	future_executor_t *pool = pool_of(1);
	struct waiter waiter = { .here = GATE_OPEN };
	future_token_t *token = NULL;
	future_t *task;

	ck_assert_int_eq(future_token_new(NULL, future_in_ms(20), &token), 0);
	task = submit_under(token, pool, acquire_task, &waiter);
	future_token_unref(token);
	ck_assert_int_eq(outcome_of(task), ECANCELED);
	future_executor_unref(pool);
}
END_TEST

START_TEST(a_token_with_a_far_deadline_goes_with_its_last_handle)
{
	for (int i = 0; i < 1000; i++) {
		future_token_t *token = NULL;

		ck_assert_int_eq(future_token_new(NULL, future_in_ms(3600000),
			&token), 0);
		future_token_unref(token);
	}
}
END_TEST

START_TEST(callbacks_are_called_once_when_a_token_is_cancelled)
{
	future_token_t *token = token_under(NULL);
	atomic_int called = 0;

	ck_assert_int_eq(future_token_on_cancel(token, future_inline(),
		count_work, &called), 0);
	ck_assert_int_eq(future_token_on_cancel(token, future_inline(),
		count_work, &called), 0);
	ck_assert_int_eq(called, 0);
	future_token_cancel(token);
	ck_assert_int_eq(called, 2);
	ck_assert_int_eq(future_token_on_cancel(token, future_inline(),
		count_work, &called), 0);
	ck_assert_int_eq(called, 3);
	future_token_unref(token);
	ck_assert_int_eq(called, 3);
}
END_TEST

START_TEST(callbacks_are_forgotten_with_the_token)
{
	future_token_t *parent = token_under(NULL);
	future_token_t *token = token_under(parent);
	atomic_int called = 0;

	ck_assert_int_eq(future_token_on_cancel(token, future_inline(),
		count_work, &called), 0);
	future_token_unref(token);
	future_token_cancel(parent);
	future_token_unref(parent);
	ck_assert_int_eq(called, 0);
}
END_TEST

START_TEST(an_every_under_a_token_ends_with_it)
{
	future_executor_t *pool = pool_of(1);
	future_token_t *token = token_under(NULL);
	struct gate here = GATE_OPEN;
	future_t *every = future_every(pool, &(future_schedule_t){
		.period_ns = 100000, .fn = pass_task, .arg = &here,
		.token = token });

	gate_await(&here, 3);
	future_token_cancel(token);
	ck_assert_int_eq(future_join(every, FUTURE_FOREVER), 0);
	ck_assert_int_eq(outcome_of(every), ECANCELED);
	future_token_unref(token);
	future_executor_unref(pool);
}
END_TEST

START_TEST(tasks_that_have_settled_leave_nothing_on_a_token)
{
	future_executor_t *pool = pool_of(2);
	future_token_t *token = token_under(NULL);
	size_t count = scaled(100000);
	atomic_int ran = 0;

	for (size_t i = 0; i < count; i++)
		future_unref(submit_under(token, pool, count_task, &ran));
	ck_assert_int_eq(future_executor_drain(pool, FUTURE_FOREVER), 0);
	ck_assert_uint_eq((size_t)ran, count);
	future_token_cancel(token);
	future_token_unref(token);
	future_executor_unref(pool);
}
END_TEST

static void add_cancels(Suite *suite)
{
	TCase *tcase = suite_case(suite, "cancels");

	tcase_add_test(tcase, a_token_is_cancelled_once_and_for_good);
	tcase_add_test(tcase, a_token_that_is_null_is_harmless);
	tcase_add_test(tcase, queued_tasks_under_a_token_never_run);
	tcase_add_test(tcase, no_token_is_none);
	tcase_add_test(tcase, a_running_task_under_a_token_is_asked);
	tcase_add_test(tcase, a_new_task_under_a_cancelled_token_never_runs);
	tcase_add_test(tcase,
		children_are_cancelled_with_their_parent_and_not_the_other_way);
	tcase_add_test(tcase, a_token_under_a_cancelled_one_is_born_cancelled);
	tcase_add_test(tcase, a_long_row_of_tokens_is_cancelled);
	tcase_add_test(tcase, a_long_row_of_tokens_goes);
	tcase_add_test(tcase, tasks_that_have_settled_leave_nothing_on_a_token);
}

static void add_ends(Suite *suite)
{
	TCase *tcase = suite_case(suite, "ends");

	tcase_add_test(tcase, a_wait_under_a_cancelled_token_ends);
	tcase_add_test(tcase,
		a_wait_in_an_executed_function_ends_with_its_token);
	tcase_add_test(tcase, a_deadline_cancels_a_token);
	tcase_add_test(tcase,
		a_deadline_that_has_passed_makes_a_cancelled_token);
	tcase_add_test(tcase,
		a_deadline_holds_for_what_is_under_when_all_handles_are_gone);
	tcase_add_test(tcase,
		a_token_with_a_far_deadline_goes_with_its_last_handle);
	tcase_add_test(tcase,
		callbacks_are_called_once_when_a_token_is_cancelled);
	tcase_add_test(tcase, callbacks_are_forgotten_with_the_token);
	tcase_add_test(tcase, an_every_under_a_token_ends_with_it);
}

int main(void)
{
	Suite *suite = suite_create("token");

	add_cancels(suite);
	add_ends(suite);
	return suite_run(suite);
}
