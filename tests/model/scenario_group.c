/* Groups: closed while children start, fail, end. */
#include "scenario.h"

static future_group_t *group;

static void group_new(future_executor_t *executor)
{
	MODEL_CHECK(future_group_new(executor, NULL, &group) == 0);
}

static void start(future_task_fn *fn, void *arg)
{
	future_unref(future_group_submit(group, fn, arg));
}

static future_result_t write_it(void *arg)
{
	*(int *)arg = 1;	/* on the stack of who closes */
	model_count(RAN);
	return future_ok(NULL);
}

static future_result_t fail_it(void *arg)
{
	(void)arg;
	return future_fail(EIO);
}

SCENARIO(close_against_two_children)
{
	future_executor_t *pool = pool_at_rest(2);
	int first = 0, second = 0;

	group_new(pool);
	start(write_it, &first);
	start(write_it, &second);
	MODEL_CHECK(future_group_close(group) == 0);
	MODEL_CHECK(first == 1 && second == 1);
	pool_end(pool);
}

SCENARIO(close_against_a_child_that_fails)
{
	future_executor_t *pool = pool_at_rest(2);
	int number = 0;

	group_new(pool);
	start(fail_it, NULL);
	start(write_it, &number);
	MODEL_CHECK(future_group_close(group) == EIO);
	number = 2;
	pool_end(pool);
}

static future_result_t start_another(void *arg)
{
	start(write_it, arg);
	return future_ok(NULL);
}

SCENARIO(close_against_a_child_that_starts_another)
{
	future_executor_t *pool = pool_at_rest(1);
	int number = 0;

	group_new(pool);
	start(start_another, &number);
	MODEL_CHECK(future_group_close(group) == 0);
	MODEL_CHECK(number == 1);
	pool_end(pool);
}

static void cancel(void *future)
{
	future_cancel(future);
	future_unref(future);
}

SCENARIO(close_against_the_cancel_of_a_child)
{
	future_executor_t *pool = pool_at_rest(1);
	int number = 0, thread;

	group_new(pool);
	thread = model_start(cancel, future_group_submit(group, write_it,
		&number));
	MODEL_CHECK(future_group_close(group) == 0);
	number = 2;
	model_join(thread);
	pool_end(pool);
}

/* What a cancel of who closes calls, against the end of the group. */

static future_result_t close_empty(void *arg)
{
	int error;

	group_new(NULL);
	error = future_group_close(group);
	MODEL_CHECK(error == 0 || error == ECANCELED);
	return future_ok(arg);
}

static void cancel_closer(void *closer)
{
	future_cancel(closer);
}

SCENARIO(cancel_of_who_closes_against_the_end_of_the_group)
{
	future_executor_t *workers = pool_at_rest(1);
	future_t *closer = future_submit(workers, close_empty, NULL);
	int thread = model_start(cancel_closer, closer);

	MODEL_CHECK(future_join(closer, FUTURE_FOREVER) == 0);
	model_join(thread);
	future_unref(closer);
	pool_end(workers);
}
