/* See default.h. */
#include "default.h"
#include "timer.h"
#include "trace.h"

#include <errno.h>
#include <future/pool.h>

static _Atomic(struct future_executor *) default_pool;

/* Two that start it at once: one wins, the other closes its own. */
static struct future_executor *start(struct future_executor *inherited)
{
	future_executor_t *pool = NULL;

	if (future_pool_new(NULL, &pool) != 0)
		return NULL;
	pool->immortal = true;
	/* The pool before its address, for fut_executor_peek(). */
	if (atomic_compare_exchange_strong_explicit(&default_pool, &inherited,
			pool, FUT_ACQ_REL, FUT_ACQUIRE))
		return pool;
	pool->immortal = false;
	future_executor_unref(pool);
	return inherited;
}

struct future_executor *fut_executor_peek(struct future_executor *executor)
{
	if (executor != NULL)
		return executor;
	/* The address before the pool, for start(). */
	return atomic_load_explicit(&default_pool, FUT_ACQUIRE);
}

struct future_executor *fut_executor_default(void)
{
	struct future_executor *executor = fut_executor_peek(NULL);

	/* A forked child starts one of its own. */
	if (executor == NULL || fut_executor_inherited(executor))
		return start(executor);
	return executor;
}

future_executor_t *future_default(void)
{
	struct future_executor *sim = fut_executor_meant(NULL);

	return sim != NULL ? sim : fut_executor_default();
}

bool fut_keep(struct fut_task *task)
{
	struct future_executor *executor = fut_executor_peek(task->executor);

	if (executor == NULL || executor->kind->keep == NULL ||
	    fut_executor_inherited(executor) ||
	    !executor->kind->keep(executor, task))
		return false;
	/* This thread runs it, later. */
	fut_trace(FUT_TRACE_SUBMIT, task, executor);
	return true;
}

/* Where a task is to go; 0, or why it cannot. */
static int address(const struct fut_task *task,
	struct future_executor **ret_executor)
{
	struct future_executor *executor = task->executor;

	if (FUT_UNLIKELY(executor == NULL)) {
		executor = fut_executor_default();
		if (executor == NULL)
			return EAGAIN;
	}
	if (fut_executor_inherited(executor))
		return ECHILD;
	*ret_executor = executor;
	return 0;
}

int fut_post(struct fut_task *task, enum fut_post how)
{
	struct future_executor *executor;
	int error = address(task, &executor);

	if (error != 0)
		return error;
	fut_trace(FUT_TRACE_SUBMIT, task, executor);
	return executor->kind->post(executor, task, how);
}

int fut_arm(struct fut_timer *timer, enum fut_post how)
{
	struct future_executor *executor;
	int error = address(fut_timer_task(timer), &executor);

	return error != 0 ? error : executor->kind->arm(executor, timer, how);
}

bool fut_disarm(struct fut_timer *timer)
{
	struct future_executor *executor =
		fut_task_executor(fut_timer_task(timer));

	return executor != NULL && executor->kind->disarm(executor, timer);
}

int fut_default_arm(struct future_executor *executor, struct fut_timer *timer,
	enum fut_post how)
{
	executor = fut_executor_default();
	return executor != NULL ? executor->kind->arm(executor, timer, how) :
		EAGAIN;
}

bool fut_default_disarm(struct future_executor *executor,
	struct fut_timer *timer)
{
	/* Started for one that is not armed yet, so that it never will be. */
	executor = fut_executor_default();
	return executor != NULL && executor->kind->disarm(executor, timer);
}

struct fut_task *fut_default_evict(struct future_executor *executor,
	struct future_executor *lane)
{
	executor = fut_executor_peek(NULL);
	return executor != NULL ? executor->kind->evict(executor, lane) : NULL;
}
