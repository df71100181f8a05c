/* The continuation that a worker keeps for itself.  See pool.h. */
#include "pool.h"

#include <errno.h>

#ifndef FUT_STREAK_MAX
#define FUT_STREAK_MAX 64
#endif

bool fut_pool_keep(struct future_executor *executor, struct fut_task *task)
{
	struct fut_pool *pool = fut_pool_of(executor);
	struct fut_self *self = fut_self();
	struct fut_worker *worker = self->worker;

	if (!self->may_keep || worker->pool != pool || worker->kept != NULL ||
	    pool->width == 1 || fut_pool_has_spare(pool) ||
	    fut_task_is_stale(task) ||
	    task->priority == FUTURE_PRIORITY_LOW || fut_pool_is_urgent(pool))
		return false;
	if (FUT_UNLIKELY(worker->streak >= FUT_STREAK_MAX)) {
		if (atomic_load_explicit(&pool->filled, FUT_RELAXED) != 0 ||
		    fut_pool_shares_left(pool))
			return false;
		worker->streak = 0;
	}
	worker->kept = task;
	return true;
}

void fut_worker_unkeep(void)
{
	struct fut_worker *worker = fut_self()->worker;
	struct fut_task *task;

	if (worker == NULL || worker->kept == NULL)
		return;
	task = worker->kept;
	worker->kept = NULL;
	if (fut_pool_post(&worker->pool->executor, task, FUT_POST_RELEASED))
		task->kind->drop(task, ECANCELED);
}
