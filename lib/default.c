/* See default.h. */
#include "default.h"

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

/* The default one; NULL if it cannot be started. */
static struct future_executor *resolve(void)
{
	struct future_executor *executor = fut_executor_peek(NULL);

	/* A forked child starts one of its own. */
	if (executor == NULL || fut_executor_inherited(executor))
		return start(executor);
	return executor;
}

future_executor_t *future_default(void)
{
	return resolve();
}

bool fut_keep(struct fut_task *task)
{
	struct future_executor *executor = fut_executor_peek(task->executor);

	return executor != NULL && executor->kind->keep != NULL &&
		!fut_executor_inherited(executor) &&
		executor->kind->keep(executor, task);
}

int fut_post(struct fut_task *task, enum fut_post how)
{
	struct future_executor *executor = task->executor;

	if (FUT_UNLIKELY(executor == NULL)) {
		executor = resolve();
		if (executor == NULL)
			return EAGAIN;
	}
	if (fut_executor_inherited(executor))
		return ECHILD;
	return executor->kind->post(executor, task, how);
}
