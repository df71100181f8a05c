/* Tokens: cancelled while what is under them runs, settles, goes. */
#include "scenario.h"

static future_token_t *token;

static future_token_t *token_under(future_token_t *parent,
	future_time_t deadline)
{
	future_token_t *made = NULL;

	MODEL_CHECK(future_token_new(parent, deadline, &made) == 0);
	return made;
}

static void cancel_token(void *of)
{
	if (future_token_cancel(of))
		model_count(CANCELLED);
	future_token_unref(of);
}

static void unref_token(void *of)
{
	future_token_unref(of);
}

static void unref(void *future)
{
	future_unref(future);
}

static future_t *submit_under(future_executor_t *executor)
{
	return future_submit_with(executor, &(future_task_t){ .fn = run_one,
		.token = token });
}

SCENARIO(cancel_of_a_token_against_a_task_under_it)
{
	future_executor_t *pool = pool_at_rest(1);
	future_t *task;
	int thread, error;

	token = token_under(NULL, FUTURE_FOREVER);
	thread = model_start(cancel_token, future_token_ref(token));
	task = submit_under(pool);
	error = future_get(task).error;
	MODEL_CHECK(error == 0 || error == ECANCELED);
	future_unref(task);
	model_join(thread);
	pool_end(pool);
	future_token_unref(token);
	MODEL_CHECK(model_counted(RAN) == 1 || error == ECANCELED);
}

/* The memory may not go while the token still fires in it, nor stay. */
SCENARIO(cancel_of_a_token_against_the_end_of_a_task)
{
	future_t *task;
	int a, b;

	token = token_under(NULL, FUTURE_FOREVER);
	task = submit_under(future_inline());
	a = model_start(cancel_token, token);
	b = model_start(unref, future_ref(task));
	future_unref(task);
	model_join(a);
	model_join(b);
}

SCENARIO(cancel_of_a_parent_against_the_end_of_a_child)
{
	future_token_t *child;
	int a, b;

	token = token_under(NULL, FUTURE_FOREVER);
	child = token_under(token, FUTURE_FOREVER);
	a = model_start(cancel_token, token);
	b = model_start(unref_token, child);
	model_join(a);
	model_join(b);
	MODEL_CHECK(model_counted(CANCELLED) == 1);
}

static void run_callback(void *arg)
{
	(void)arg;
	model_count(RAN);
}

SCENARIO(cancel_of_a_parent_against_the_callback_of_a_child)
{
	future_token_t *child;
	int thread;

	token = token_under(NULL, FUTURE_FOREVER);
	child = token_under(token, FUTURE_FOREVER);
	thread = model_start(cancel_token, token);
	MODEL_CHECK(future_token_on_cancel(child, future_inline(),
		run_callback, NULL) == 0);
	model_join(thread);
	MODEL_CHECK(future_token_is_cancelled(child));
	future_token_unref(child);
	MODEL_CHECK(model_counted(RAN) == 1);
}

static future_result_t go_on(future_result_t in, void *arg)
{
	(void)arg;
	model_count(RAN);
	return in;
}

static future_promise_t *promise;

static void settle(void *arg)
{
	(void)arg;
	future_promise_settle(promise, future_ok_int(1));
	future_promise_free(promise);
}

SCENARIO(cancel_of_a_token_against_a_continuation_under_it)
{
	future_continuation_t then = { .fn = go_on };
	future_t *source, *next;
	int a, b, error;

	token = then.token = token_under(NULL, FUTURE_FOREVER);
	promise = promise_new();
	source = future_promise_future(promise);
	a = model_start(cancel_token, future_token_ref(token));
	b = model_start(settle, NULL);
	next = future_then_with(source, &then);
	future_unref(source);
	error = future_get(next).error;
	MODEL_CHECK(error == ECANCELED ||
		(error == 0 && model_counted(RAN) == 1));
	future_unref(next);
	model_join(a);
	model_join(b);
	future_token_unref(token);
}

static future_result_t acquire(void *arg)
{
	int error = future_semaphore_acquire(arg, 1);

	MODEL_CHECK(error == ECANCELED);
	return future_fail(error);
}

SCENARIO(cancel_of_a_token_against_a_wait_under_it)
{
	future_semaphore_t never = FUTURE_SEMAPHORE_INIT(0);
	future_executor_t *pool = pool_at_rest(1);
	future_t *task;
	int thread;

	token = token_under(NULL, FUTURE_FOREVER);
	task = future_submit_with(pool, &(future_task_t){ .fn = acquire,
		.arg = &never, .token = token });
	thread = model_start(cancel_token, token);
	MODEL_CHECK(future_get(task).error == ECANCELED);
	MODEL_CHECK(future_join(task, FUTURE_FOREVER) == 0);
	future_unref(task);
	model_join(thread);
	pool_end(pool);
}
