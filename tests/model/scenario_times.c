/* Times are read without a lock: while they are written, while a lane ends. */
#include "scenario.h"

static const future_pool_options_t timed = { .threads = 1, .timing = true };

static future_executor_t *timed_pool_at_rest(void)
{
	future_executor_t *pool = NULL;

	model_quiet(true);
	MODEL_CHECK(future_pool_new(&timed, &pool) == 0);
	model_rest();
	model_quiet(false);
	return pool;
}

static uint64_t count_of(future_executor_t *executor)
{
	future_executor_times_t times;

	future_executor_times(executor, &times);
	MODEL_CHECK(times.queued.count <= 1 && times.running.count <= 1);
	return times.running.count;
}

static void read_times(void *executor)
{
	if (count_of(executor) != 0)
		model_count(RAN);
}

SCENARIO(times_read_while_a_worker_writes)
{
	future_executor_t *pool = timed_pool_at_rest();
	int thread = model_start(read_times, pool);
	future_executor_worker_t worker;

	get_and_unref(future_submit(pool, run_one, &pool), &pool);
	MODEL_CHECK(count_of(pool) == 1);
	MODEL_CHECK(future_executor_workers(pool, 1, &worker) == 1);
	MODEL_CHECK(worker.tasks <= 1);
	model_join(thread);
	pool_end(pool);
}

static void read_inside(void *arg)
{
	(void)arg;
	read_times(future_current());
	model_count(STARTED);
}

/* The last handle goes before, while or after a task of the lane reads. */
SCENARIO(times_read_in_a_lane_that_ends)
{
	future_executor_t *pool = timed_pool_at_rest(), *lane = NULL;

	MODEL_CHECK(future_lane_new(pool, 1, &lane) == 0);
	MODEL_CHECK(future_execute(lane, read_inside, NULL) == 0);
	future_executor_detach(lane);
	MODEL_CHECK(future_executor_drain(pool, FUTURE_FOREVER) == 0);
	pool_end(pool);
	MODEL_CHECK(model_counted(STARTED) == 1 && model_counted(RAN) == 0);
}

SCENARIO(a_lane_with_times_or_no_memory, .faults = 1)
{
	future_executor_t *pool = NULL, *lane = NULL;
	int error;

	if (future_pool_new(&timed, &pool) != 0)
		return;
	error = future_lane_new(pool, 1, &lane);
	MODEL_CHECK(error == (lane == NULL ? ENOMEM : 0));
	future_executor_unref(lane);
	pool_end(pool);
}
