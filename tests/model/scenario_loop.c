/* Loops: who posts, arms or stops against the one that is going to sleep. */
#include "scenario.h"

#include "loop.h"

static future_executor_t *loop;

/* A loop is made and closed in each; no more of that is explored. */
static void loop_new(void)
{
	model_quiet(true);
	MODEL_CHECK(future_loop_new(&loop) == 0);
	model_quiet(false);
}

static void loop_end(void)
{
	model_quiet(true);
	future_executor_unref(loop);
}

static void stop_it(void *arg)
{
	(void)arg;
	future_loop_stop(loop);
}

static future_result_t stop_then(future_result_t in, void *arg)
{
	(void)in;
	stop_it(arg);
	return future_ok(NULL);
}

static void post_a_stop(void *arg)
{
	(void)arg;
	MODEL_CHECK(future_execute(loop, run_bare, NULL) == 0);
	MODEL_CHECK(future_execute(loop, stop_it, NULL) == 0);
}

SCENARIO(post_against_the_going_to_sleep_of_run)
{
	int thread;

	loop_new();
	thread = model_start(post_a_stop, NULL);
	MODEL_CHECK(future_loop_run(loop) == 0);
	MODEL_CHECK(model_counted(RAN) == 1);
	model_join(thread);
	loop_end();
}

SCENARIO(stop_against_run)
{
	int thread;

	loop_new();
	thread = model_start(stop_it, NULL);
	MODEL_CHECK(future_loop_run(loop) == 0);
	model_join(thread);
	loop_end();
}

static void arm_a_stop(void *arg)
{
	future_t *soon = future_after(loop, future_in_ms(1));
	future_t *then = future_then(soon, stop_then, arg);

	future_unref(soon);
	future_unref(then);
}

SCENARIO(a_timer_armed_against_the_going_to_sleep_of_run)
{
	int thread;

	loop_new();
	thread = model_start(arm_a_stop, NULL);
	MODEL_CHECK(future_loop_run(loop) == 0);
	model_join(thread);
	loop_end();
}

static void shut_it(void *arg)
{
	(void)arg;
	future_executor_shutdown(loop);
}

SCENARIO(shutdown_against_run)
{
	int thread;

	loop_new();
	MODEL_CHECK(future_execute(loop, run_bare, NULL) == 0);
	thread = model_start(shut_it, NULL);
	MODEL_CHECK(future_loop_run(loop) == ESHUTDOWN);
	MODEL_CHECK(model_counted(RAN) == 1);
	model_join(thread);
	loop_end();
}

/* The descriptor, which nobody polls here. */
static bool is_readable(void)
{
	struct fut_loop *at = fut_loop_of(loop);
	bool is;

	fut_lock(&at->timers.lock);
	is = at->wakefd.readable;
	fut_unlock(&at->timers.lock);
	return is;
}

static void post_one(void *arg)
{
	(void)arg;
	MODEL_CHECK(future_execute(loop, run_bare, NULL) == 0);
}

SCENARIO(post_against_run_pending)
{
	unsigned ran;
	int thread;

	loop_new();
	(void)future_loop_fd(loop);
	post_one(NULL);
	thread = model_start(post_one, NULL);
	ran = (unsigned)future_loop_run_pending(loop);
	MODEL_CHECK(ran == model_counted(RAN));
	model_join(thread);
	MODEL_CHECK(is_readable() == (ran == 1));
	MODEL_CHECK(future_loop_run_pending(loop) == 2 - ran);
	MODEL_CHECK(!is_readable());
	loop_end();
}

static void cancel_it(void *future)
{
	if (future_cancel(future))
		model_count(CANCELLED);
}

SCENARIO(cancel_against_run_pending)
{
	future_t *first, *second;
	int thread;

	loop_new();
	(void)future_loop_fd(loop);
	first = future_submit(loop, run_one, NULL);
	second = future_submit(loop, run_one, NULL);
	thread = model_start(cancel_it, second);
	(void)future_loop_run_pending(loop);
	model_join(thread);
	MODEL_CHECK(model_counted(RAN) >= 1);
	MODEL_CHECK(model_counted(RAN) + model_counted(CANCELLED) >= 2);
	MODEL_CHECK(!is_readable());
	future_unref(first);
	future_unref(second);
	loop_end();
}

static void cancel_all(void *arg)
{
	(void)arg;
	if (future_executor_cancel(loop) != 0)
		model_count(CANCELLED);
}

SCENARIO(cancel_of_the_loop_against_run_pending)
{
	future_t *task;
	int thread;

	loop_new();
	task = future_submit(loop, run_one, NULL);
	thread = model_start(cancel_all, NULL);
	(void)future_loop_run_pending(loop);
	model_join(thread);
	MODEL_CHECK(model_counted(RAN) + model_counted(CANCELLED) == 1);
	MODEL_CHECK(future_state(task) >= FUTURE_OK);
	future_unref(task);
	loop_end();
}

/* In a task: what it waits for comes to the loop while it goes to sleep. */

static future_promise_t *promise;

static void settle_it(void *arg)
{
	MODEL_CHECK(future_promise_settle(promise, future_ok(arg)));
}

static future_result_t count_then(future_result_t in, void *arg)
{
	(void)arg;
	model_count(RAN);
	return in;
}

static void wait_inside(void *next)
{
	MODEL_CHECK(future_get(next).error == 0);
	MODEL_CHECK(model_counted(RAN) == 1);
}

SCENARIO(a_wait_in_a_task_against_what_comes_to_the_loop)
{
	future_t *source, *next;
	int thread;

	loop_new();
	model_quiet(true);
	MODEL_CHECK(future_promise_new(loop, &promise) == 0);
	source = future_promise_future(promise);
	next = future_then(source, count_then, NULL);
	MODEL_CHECK(future_execute(loop, wait_inside, next) == 0);
	model_quiet(false);
	thread = model_start(settle_it, NULL);
	MODEL_CHECK(future_loop_run_pending(loop) >= 1);
	model_join(thread);
	future_promise_free(promise);
	future_unref(source);
	future_unref(next);
	loop_end();
}

/* A timer that another thread arms ends it. */

static future_result_t settle_then(future_result_t in, void *arg)
{
	model_count(RAN);
	settle_it(arg);
	return in;
}

static void arm_for_promise(void *arg)
{
	future_t *soon = future_after(loop, future_in_ms(1));
	future_t *then = future_then_on(soon, future_inline(), settle_then,
		arg);

	future_unref(soon);
	future_unref(then);
}

static void wait_for_promise(void *future)
{
	MODEL_CHECK(future_get(future).error == 0);
	MODEL_CHECK(model_counted(RAN) == 1);
}

SCENARIO(a_wait_in_a_task_against_a_timer_that_is_armed)
{
	future_t *future;
	int thread;

	loop_new();
	model_quiet(true);
	MODEL_CHECK(future_promise_new(loop, &promise) == 0);
	future = future_promise_future(promise);
	MODEL_CHECK(future_execute(loop, wait_for_promise, future) == 0);
	model_quiet(false);
	thread = model_start(arm_for_promise, NULL);
	MODEL_CHECK(future_loop_run_pending(loop) >= 1);
	model_join(thread);
	future_promise_free(promise);
	future_unref(future);
	loop_end();
}

/* The end. */

static void run_it(void *arg)
{
	int error = future_loop_run(loop);

	(void)arg;
	/* While it is drained, it is being run. */
	MODEL_CHECK(error == 0 || error == EBUSY);
}

static void run_pending(void *arg)
{
	(void)arg;
	future_loop_run_pending(loop);
}

SCENARIO(drain_against_run_and_stop)
{
	int thread;

	loop_new();
	post_a_stop(NULL);
	thread = model_start(run_it, NULL);
	MODEL_CHECK(future_executor_drain(loop, FUTURE_FOREVER) == 0);
	MODEL_CHECK(model_counted(RAN) == 1);
	future_loop_stop(loop);
	model_join(thread);
	loop_end();
}

SCENARIO(join_against_run_pending)
{
	future_t *late;
	int thread;

	loop_new();
	late = future_after(loop, FUTURE_FOREVER);
	post_one(NULL);
	future_executor_shutdown(loop);
	thread = model_start(run_pending, NULL);
	MODEL_CHECK(future_executor_join(loop, FUTURE_FOREVER) == 0);
	MODEL_CHECK(model_counted(RAN) == 1);
	MODEL_CHECK(future_get(late).error == ESHUTDOWN);
	future_unref(late);
	model_join(thread);
	loop_end();
}

static void pass_and_unref(void *arg)
{
	(void)arg;
	MODEL_CHECK(future_loop_run_pending(loop) <= 1);
	future_executor_unref(loop);
}

SCENARIO(the_last_unref_against_another_that_runs)
{
	int thread;

	loop_new();
	future_executor_ref(loop);
	post_one(NULL);
	thread = model_start(pass_and_unref, NULL);
	future_executor_unref(loop);
	model_join(thread);
	MODEL_CHECK(model_counted(RAN) == 1);
}

static void run_to_the_end(void *arg)
{
	(void)arg;
	MODEL_CHECK(future_loop_run(loop) == ESHUTDOWN);
}

SCENARIO(detach_against_run)
{
	int thread;

	loop_new();
	post_one(NULL);
	thread = model_start(run_to_the_end, NULL);
	model_quiet(true);
	model_rest();
	model_quiet(false);
	future_executor_detach(loop);
	model_join(thread);
	MODEL_CHECK(model_counted(RAN) == 1);
}

SCENARIO(no_memory_for_a_loop, .faults = 1)
{
	future_executor_t *new = NULL;
	int error = future_loop_new(&new);

	MODEL_CHECK(error == 0 || error == ENOMEM || error == EMFILE);
	MODEL_CHECK((error == 0) == (new != NULL));
	future_executor_unref(new);
}

/* Whoever gives the last handle back runs what a closed lane still has. */

static void run_and_unref(void *executor)
{
	future_loop_run_pending(executor);
	future_executor_unref(executor);
}

SCENARIO(detach_of_a_lane_on_a_loop_against_its_run)
{
	future_executor_t *lane = NULL;
	int thread;

	MODEL_CHECK(future_loop_new(&loop) == 0);
	MODEL_CHECK(future_lane_new(loop, 1, &lane) == 0);
	for (int i = 0; i < 2; i++)
		MODEL_CHECK(future_execute(lane, run_bare, NULL) == 0);
	thread = model_start(run_and_unref, future_executor_ref(loop));
	future_executor_detach(lane);
	future_executor_unref(loop);
	model_join(thread);
	MODEL_CHECK(model_counted(RAN) == 2);
}
