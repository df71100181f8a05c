/* Executors of one's own: one place for works, run by a thread of the test. */
#include "scenario.h"

#include <stdatomic.h>

static future_executor_t *own;
static _Atomic(future_work_t *) place;

/* Counted by free: nobody is in post then. */
enum { FREED = DESTROYED, POSTING = STARTED, POSTED = PASSED };

static int post(void *self, future_work_t *work)
{
	(void)self;
	model_count(POSTING);
	atomic_store_explicit(&place, work, memory_order_release);
	/* Here another thread may run it. */
	atomic_load_explicit(&place, memory_order_relaxed);
	model_count(POSTED);
	return 0;
}

static void free_self(void *self)
{
	(void)self;
	MODEL_CHECK(model_counted(POSTING) == model_counted(POSTED));
	model_count(FREED);
}

static void own_new(void)
{
	future_executor_ops_t ops = { .post = post, .free = free_self };

	MODEL_CHECK(future_executor_new(&ops, NULL, &own) == 0);
	atomic_store_explicit(&place, NULL, memory_order_relaxed);
}

/* What is there, if something is. */
static void run_what_is_there(void *arg)
{
	future_work_t *work = atomic_exchange_explicit(&place, NULL,
		memory_order_acquire);

	(void)arg;
	if (work != NULL)
		future_work_run(work);
}

static void unref_own(void *arg)
{
	(void)arg;
	future_executor_unref(own);
}

SCENARIO(a_work_that_closes_against_the_end_of_its_post)
{
	int thread;

	own_new();
	thread = model_start(run_what_is_there, NULL);
	MODEL_CHECK(future_execute(own, unref_own, NULL) == 0);
	model_join(thread);
	run_what_is_there(NULL);
	MODEL_CHECK(model_counted(FREED) == 1);
}

SCENARIO(unref_waits_for_a_work_that_is_run)
{
	int thread;

	own_new();
	MODEL_CHECK(future_execute(own, run_bare, NULL) == 0);
	thread = model_start(run_what_is_there, NULL);
	future_executor_unref(own);
	MODEL_CHECK(model_counted(RAN) == 1);
	MODEL_CHECK(model_counted(FREED) == 1);
	model_join(thread);
}

static void submit_one(void *arg)
{
	int error = future_execute(own, run_bare, arg);

	MODEL_CHECK(error == 0 || error == ESHUTDOWN);
	if (error != 0)
		model_count(REFUSED);
	run_what_is_there(NULL);
}

SCENARIO(execute_against_shutdown_of_ones_own)
{
	int thread;

	own_new();
	thread = model_start(submit_one, NULL);
	future_executor_shutdown(own);
	MODEL_CHECK(future_executor_join(own, FUTURE_FOREVER) == 0);
	MODEL_CHECK(model_counted(RAN) + model_counted(REFUSED) <= 1);
	model_join(thread);
	MODEL_CHECK(model_counted(RAN) + model_counted(REFUSED) == 1);
	future_executor_unref(own);
	MODEL_CHECK(model_counted(FREED) == 1);
}

/* A cancelled future against the run, and the cancel of the executor. */

static void cancel_own(void *arg)
{
	(void)arg;
	future_executor_cancel(own);
}

SCENARIO(cancel_of_a_work_against_its_run)
{
	future_executor_stats_t stats;
	future_t *future;
	int thread, error;

	own_new();
	future = future_submit(own, run_one, NULL);
	thread = model_start(run_what_is_there, NULL);
	if (future_cancel(future))
		model_count(CANCELLED);
	model_join(thread);
	error = future_get(future).error;
	MODEL_CHECK(error == (model_counted(CANCELLED) ? ECANCELED : 0));
	future_executor_stats(own, &stats);
	MODEL_CHECK(stats.queued == 0 && stats.running == 0);
	MODEL_CHECK(stats.completed + stats.cancelled >= 1);
	future_unref(future);
	future_executor_unref(own);
	MODEL_CHECK(model_counted(FREED) == 1);
}

SCENARIO(cancel_of_ones_own_against_a_run)
{
	future_t *future;
	int thread, error;

	own_new();
	future = future_submit(own, run_one, NULL);
	thread = model_start(cancel_own, NULL);
	run_what_is_there(NULL);
	model_join(thread);
	error = future_get(future).error;
	MODEL_CHECK(error == (model_counted(RAN) ? 0 : ECANCELED));
	future_unref(future);
	future_executor_unref(own);
	MODEL_CHECK(model_counted(FREED) == 1);
}
