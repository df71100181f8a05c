/* Workers asleep in the middle of their tasks.  See pool.h. */
#include "pool.h"

void fut_pool_look_again(struct future_executor *executor)
{
	struct fut_pool *pool = fut_pool_of(executor);

	fut_lock(&pool->lock);
	if (pool->blocked != NULL) {
		pool->pushed++;
		fut_pool_prod(pool);
	}
	fut_unlock(&pool->lock);
}

bool fut_pool_moves(struct future_executor *executor,
	const struct fut_task *task, size_t asleep,
	const struct fut_task **ret_up)
{
	struct fut_pool *pool = fut_pool_of(executor);
	bool moves;

	(void)ret_up;
	fut_lock(&pool->lock);
	/* In a share, too, it is nowhere; but a cancel takes those as well. */
	moves = asleep < pool->alive ||
		(pool->alive < pool->slots && !pool->unable) ||
		(pool->phase == FUT_PHASE_CANCELLED &&
		 task->place == FUT_PLACE_NONE);
	fut_unlock(&pool->lock);
	return moves;
}

void fut_worker_block(struct fut_worker *worker, struct fut_blocked *blocked,
	struct fut_sleeper *sleeper)
{
	struct fut_pool *pool = worker->pool;

	blocked->sleeper = sleeper;
	fut_lock(&pool->lock);
	blocked->seen = pool->pushed;
	blocked->next = pool->blocked;
	blocked->prev = &pool->blocked;
	if (blocked->next != NULL)
		blocked->next->prev = &blocked->next;
	pool->blocked = blocked;
	fut_unlock(&pool->lock);
}

void fut_worker_unblock(struct fut_worker *worker, struct fut_blocked *blocked)
{
	struct fut_pool *pool = worker->pool;

	fut_lock(&pool->lock);
	*blocked->prev = blocked->next;
	if (blocked->next != NULL)
		blocked->next->prev = blocked->prev;
	fut_unlock(&pool->lock);
}

const char *fut_worker_doze(const char *noun)
{
	struct fut_worker *worker = fut_self()->worker, *hired = NULL;
	struct fut_pool *pool;
	const char *outer;
	bool wake = false;

	if (worker == NULL)
		return NULL;
	fut_worker_unkeep();
	pool = worker->pool;
	fut_lock(&pool->lock);
	fut_pool_begin_early(worker);
	pool->dozing += worker->dozes++ == 0;
	outer = worker->waits_for;
	worker->waits_for = noun;
	if (fut_pool_has_spare(pool) && !fut_levels_is_empty(&pool->levels)) {
		wake = fut_pool_wakes(pool);
		hired = fut_pool_hires(pool);
	}
	/* What was left for the others to run is now for those who wait. */
	if (hired == NULL && pool->dozing == pool->alive)
		fut_pool_prod(pool);
	fut_unlock(&pool->lock);
	if (wake)
		fut_pool_wake_one(pool);
	if (hired != NULL)
		fut_pool_hire(hired);
	return outer;
}

void fut_worker_wake(const char *outer)
{
	struct fut_worker *worker = fut_self()->worker;

	if (worker == NULL)
		return;
	fut_lock(&worker->pool->lock);
	worker->pool->dozing -= --worker->dozes == 0;
	worker->waits_for = outer;
	fut_unlock(&worker->pool->lock);
}

int fut_worker_park(_Atomic uint32_t *word, uint32_t expected,
	int64_t deadline_ns, const char *noun)
{
	const char *outer = fut_worker_doze(noun);
	int error;

	fut_trace(FUT_TRACE_WAIT, word, noun);
	error = fut_park(word, expected, deadline_ns);
	fut_trace(FUT_TRACE_WAITED, word, NULL);
	fut_worker_wake(outer);
	return error;
}
