/* Functions that run again and again, against whatever ends them. */
#include "scenario.h"

static future_executor_t *pool;
static future_t *timer;

/* RAN counts runs, DESTROYED the ends of the argument. */
static future_result_t run_again(void *arg)
{
	(void)arg;
	MODEL_CHECK(model_counted(DESTROYED) == 0);
	model_count(RAN);
	return model_counted(RAN) == 2 ? future_fail(EINTR) : future_ok(NULL);
}

static void destroy(void *arg)
{
	(void)arg;
	model_count(DESTROYED);
}

static void start(future_executor_t *executor, int64_t first_ns)
{
	timer = future_every(executor, &(future_schedule_t){
		.first_ns = first_ns, .period_ns = 1000000, .fn = run_again,
		.destroy_arg = destroy });
}

/* A pool whose timer thread is there, and sleeps for ever. */
static future_executor_t *pool_with_timers(void)
{
	future_executor_t *new = pool_at_rest(1);

	model_quiet(true);
	get_and_unref(future_after(new, future_in_ms(1)), NULL);
	model_rest();
	model_quiet(false);
	return new;
}

static void finish(bool cancelled)
{
	int error = future_get(timer).error;

	MODEL_CHECK(future_join(timer, FUTURE_FOREVER) == 0);
	MODEL_CHECK(model_counted(DESTROYED) == 1);
	MODEL_CHECK(error == (cancelled ? ECANCELED : EINTR) ||
		(!cancelled && error == ESHUTDOWN));
	future_unref(timer);
}

SCENARIO(every_runs_until_it_fails)
{
	pool = pool_with_timers();
	start(pool, 0);
	finish(false);
	MODEL_CHECK(model_counted(RAN) == 2);
	pool_end(pool);
}

static void cancel_timer(void *arg)
{
	(void)arg;
	if (future_cancel(timer))
		model_count(CANCELLED);
}

SCENARIO(every_against_cancel)
{
	int thread;

	pool = pool_with_timers();
	start(pool, 0);
	thread = model_start(cancel_timer, NULL);
	model_join(thread);
	finish(model_counted(CANCELLED) == 1);
	pool_end(pool);
}

SCENARIO(every_that_is_armed_against_cancel)
{
	pool = pool_with_timers();
	start(pool, 1000000);
	cancel_timer(NULL);
	finish(model_counted(CANCELLED) == 1);
	pool_end(pool);
}

SCENARIO(every_against_the_end_of_its_pool)
{
	pool = pool_with_timers();
	start(pool, 0);
	future_executor_unref(pool);
	finish(false);
}

SCENARIO(every_against_cancel_of_its_pool)
{
	pool = pool_with_timers();
	start(pool, 1000000);
	future_executor_cancel(pool);
	future_executor_unref(pool);
	MODEL_CHECK(model_counted(DESTROYED) == 1);
	MODEL_CHECK(future_state(timer) >= FUTURE_OK);
	future_unref(timer);
}
