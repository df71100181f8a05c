/* A worker's shift: how it starts, leaves, and is replaced.  See pool.h. */
#include "pool.h"
#include "unwind.h"

/* Joins those that ended before.  True: this last one is to free the pool. */
static bool join_before(struct fut_worker *worker, struct fut_worker *before,
	bool last)
{
	struct fut_pool *pool = worker->pool;
	bool orphan;

	/* Their thread-local destructors may close the pool: see orphan. */
	if (worker->has_former)
		fut_thread_join(worker->former);
	if (before != NULL)
		fut_thread_join(before->thread);
	if (!last)
		return false;
	fut_lock(&pool->lock);
	pool->over = true;
	orphan = pool->orphan;
	fut_unlock(&pool->lock);
	return orphan;
}

/* Each one that leaves joins the one before; the last is joined or detached. */
static void leave(struct fut_worker *worker)
{
	struct fut_pool *pool = worker->pool;
	struct fut_worker *before;
	bool last;

	fut_lock(&pool->lock);
	before = pool->corpse;
	pool->corpse = worker;
	pool->alive--;
	last = pool->alive == 0;
	fut_pool_bump(&pool->calm);
	fut_unlock(&pool->lock);
	/* A word of the shell, which is never freed. */
	fut_unpark(&pool->calm, FUT_EVERYBODY);
	if (join_before(worker, before, last))
		fut_worker_release(worker);
}

void fut_worker_release(struct fut_worker *worker)
{
	struct fut_pool *pool = worker->pool;

	/* Another pool may have the shell, and this address, soon. */
	fut_self()->former = NULL;
	fut_thread_detach(worker->thread);
	fut_pool_release(pool);
}

static void call_start(struct fut_pool *pool)
{
	FUT_MUST_RETURN(must, "libfuture: on_thread_start was left by "
		"pthread_exit or an exception");

	if (pool->on_thread_start != NULL)
		pool->on_thread_start(pool->hooks.hook_arg);
	FUT_HAS_RETURNED(must);
}

static void call_stop(struct fut_pool *pool)
{
	FUT_MUST_RETURN(must, "libfuture: on_thread_stop was left by "
		"pthread_exit or an exception");

	if (pool->on_thread_stop != NULL)
		pool->on_thread_stop(pool->hooks.hook_arg);
	FUT_HAS_RETURNED(must);
}

/*
 * A task has called pthread_exit; what was on the stack is settled.  Another
 * thread takes the place of this one, with all that the worker has.  That joins
 * this one, which may still wait for its tasks, when its own time has come.
 */
static void replace(void *argument)
{
	struct fut_worker *worker = argument;
	struct fut_thread mine = worker->thread, former = worker->former;
	struct fut_pool *pool = worker->pool;
	bool has_former = worker->has_former;

	/* A forked child's thread is no worker. */
	if (fut_self()->worker != worker)
		return;
	fut_self()->may_keep = false;
	call_stop(pool);
	fut_self()->worker = NULL;
	fut_self()->former = pool;
	worker->former = mine;
	worker->has_former = true;
	if (fut_thread_start(&worker->thread, pool->stack_size,
			fut_worker_main, worker) != 0) {
		/* Nobody can: so its end comes with that of the pool. */
		worker->thread = mine;
		worker->former = former;
		worker->has_former = has_former;
		fut_self()->stay = fut_worker_main;
		fut_self()->stay_arg = worker;
	} else if (has_former) {
		fut_thread_join(former);
	}
}

static void work(struct fut_worker *worker)
{
	FUT_WATCH(watch, replace, worker);

	fut_worker_work(worker);
	FUT_RETURNED(watch);
}

/* A spare worker has started, and the next may be. */
static void arrive(struct fut_pool *pool)
{
	fut_lock(&pool->lock);
	pool->hiring = false;
	fut_unlock(&pool->lock);
}

void fut_worker_main(void *argument)
{
	struct fut_worker *worker = argument;
	struct fut_pool *pool = worker->pool;

	fut_self()->former = NULL;
	fut_self()->worker = worker;
	if (worker->index >= pool->width && worker->rested)
		arrive(pool);
	fut_thread_name(pool->name, worker->index);
	call_start(pool);
	fut_self()->may_keep = true;
	work(worker);
	fut_self()->may_keep = false;
	worker->leaving = true;
	/* While this one is alive, and inside: what they call may close it. */
	if (worker->last)
		fut_timers_end(&pool->timers);
	call_stop(pool);
	fut_self()->worker = NULL;
	fut_self()->former = pool;
	leave(worker);
}
