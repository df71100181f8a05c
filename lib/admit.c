/* What a pool does with a task that comes: accept it or refuse.  See pool.h. */
#include "pool.h"
#include "clock.h"
#include "frame.h"
#include "unwind.h"

#include <errno.h>

/* What is left to do once the lock is released. */
struct after {
	bool wake;
	struct fut_worker *hired;	/* to be started */
	struct fut_task *oldest;	/* to be dropped; perhaps the new one */
	uint32_t room;			/* to be waited for */
};

/* Under the lock. */
static int check_open(struct fut_pool *pool, struct fut_task *task,
	enum fut_post how)
{
	const struct fut_worker *worker = fut_pool_self(pool);

	FUT_ASSERT(fut_lock_held(&pool->lock));
	if (fut_task_is_stale(task))
		return ESHUTDOWN;
	if (pool->phase == FUT_PHASE_OPEN)
		return 0;
	/* What its own tasks release still runs: the workers outlive that. */
	return fut_phase_check(pool->phase, how, worker != NULL ?
		!worker->leaving : fut_frame_belongs(&pool->executor));
}

/* Under the lock. */
static bool is_full(const struct fut_pool *pool, enum fut_post how)
{
	return how == FUT_POST_NEW && pool->capacity != 0 &&
		fut_levels_live(&pool->levels) >= pool->capacity;
}

/* Under the lock: makes room for the task, or says why there is none. */
static int check_room(struct fut_pool *pool, struct fut_task *task,
	struct after *after)
{
	FUT_ASSERT(fut_lock_held(&pool->lock));
	switch (pool->when_full) {
	case FUTURE_BLOCK:
		/* Its own workers would wait for themselves. */
		if (fut_pool_self(pool) != NULL)
			return 0;
		after->room = atomic_load_explicit(&pool->room, FUT_RELAXED);
		return EAGAIN;
	case FUTURE_DISCARD_OLDEST:
		fut_pool_note_peak(pool);
		after->oldest = fut_levels_discard(&pool->levels, task);
		return 0;
	case FUTURE_DISCARD:
		return FUT_DISCARDED;
	case FUTURE_CALLER_RUNS:
		pool->callers++;
		break;
	case FUTURE_REJECT:
		break;
	}
	return EAGAIN;
}

/* Under the lock. */
static inline void enqueue(struct fut_pool *pool, struct fut_task *task,
	enum fut_post how, struct after *after)
{
	FUT_ASSERT(fut_lock_held(&pool->lock));
	if (fut_levels_is_empty(&pool->levels))
		atomic_store_explicit(&pool->filled, 1, FUT_RELAXED);
	fut_levels_push(&pool->levels, task, how == FUT_POST_NEW ?
		FUT_PLACE_QUEUED : FUT_PLACE_RELEASED);
	if (FUT_UNLIKELY(task->priority == FUTURE_PRIORITY_HIGH) &&
	    !fut_pool_is_urgent(pool))
		atomic_store_explicit(&pool->urgent, 1, FUT_RELAXED);
	pool->pushed++;
	after->wake = fut_pool_wakes(pool);
	if (FUT_UNLIKELY(pool->dozing != 0)) {
		after->hired = fut_pool_hires(pool);
		if (after->hired == NULL && pool->dozing == pool->alive)
			fut_pool_prod(pool);
	}
}

/*
 * `waited` says that the caller was counted among the producers, and `last`
 * that it will not wait again.
 */
static int push(struct fut_pool *pool, struct fut_task *task,
	enum fut_post how, bool waited, bool last, struct after *after)
{
	int error;

	fut_lock(&pool->lock);
	if (waited)
		pool->producers--;
	error = check_open(pool, task, how);
	if (error == 0 && FUT_UNLIKELY(is_full(pool, how)))
		error = check_room(pool, task, after);
	if (error == 0) {
		if (FUT_LIKELY(after->oldest != task))
			enqueue(pool, task, how, after);
	} else if (error == EAGAIN && pool->when_full == FUTURE_BLOCK &&
		   !last) {
		pool->producers++;
	} else if (!fut_task_is_stale(task) &&
		   (error != EAGAIN ||
		    pool->when_full != FUTURE_CALLER_RUNS)) {
		pool->refused++;
	}
	fut_unlock(&pool->lock);
	return error;
}

/* Under FUTURE_BLOCK: until there is room, at most block_ns. */
static int push_waiting(struct fut_pool *pool, struct fut_task *task,
	struct after *after)
{
	int64_t deadline = pool->block_ns == 0 ? FUT_FOREVER :
		fut_add_sat(fut_clock_now(), pool->block_ns);
	bool last;
	int error;

	do {
		last = fut_worker_park(&pool->room, after->room, deadline,
			"room in a queue") == ETIMEDOUT;
		error = push(pool, task, FUT_POST_NEW, true, last, after);
	} while (error == EAGAIN && !last);
	return error;
}

static void count(struct fut_pool *pool, enum fut_end end)
{
	fut_lock(&pool->lock);
	pool->counts[end]++;
	fut_unlock(&pool->lock);
}

/*
 * The common case in few instructions: an open pool without a bound.  False if
 * it is not that; then nothing has been done.
 */
static inline bool push_simply(struct fut_pool *pool, struct fut_task *task,
	enum fut_post how)
{
	struct after after = { .wake = false };
	bool simple;

	fut_lock(&pool->lock);
	simple = pool->phase == FUT_PHASE_OPEN && pool->capacity == 0 &&
		!fut_task_is_stale(task);
	if (FUT_LIKELY(simple))
		enqueue(pool, task, how, &after);
	fut_unlock(&pool->lock);
	if (after.wake)
		fut_pool_wake_one(pool);
	if (FUT_UNLIKELY(after.hired != NULL))
		fut_pool_hire(after.hired);
	return simple;
}

bool fut_pool_enter(struct fut_pool *pool)
{
	bool stays;

	fut_lock(&pool->lock);
	stays = !pool->leaving;
	pool->callers += stays;
	fut_unlock(&pool->lock);
	return stays;
}

void fut_pool_exit(struct fut_pool *pool)
{
	bool wake, calm;

	fut_lock(&pool->lock);
	pool->callers--;
	wake = pool->phase != FUT_PHASE_OPEN && fut_pool_wakes(pool);
	calm = pool->watchers > 0;
	if (calm)
		fut_pool_bump(&pool->calm);
	fut_unlock(&pool->lock);
	/* Words of the shell, which is never freed. */
	if (wake)
		fut_pool_wake_one(pool);
	if (calm)
		fut_unpark(&pool->calm, FUT_EVERYBODY);
}

/*
 * On the submitting thread, which counts as one of the pool's until all of it
 * is done: the workers stay that long.
 */
static void run_here(struct fut_pool *pool, struct fut_task *task)
{
	struct fut_frame frame;
	FUT_MUST_RETURN(must, "libfuture: what a submit ran was left by "
		"pthread_exit or an exception");

	fut_frame_push(&frame, &pool->executor, NULL);
	count(pool, task->kind->run(task));
	FUT_HAS_RETURNED(must);
	fut_frame_pop(&frame);
	fut_pool_exit(pool);
}

int fut_pool_post(struct future_executor *executor, struct fut_task *task,
	enum fut_post how)
{
	struct fut_pool *pool = fut_pool_of(executor);
	struct after after = { .wake = false };
	int error;

	if (how == FUT_POST_RELEASED && fut_pool_keep(executor, task))
		return 0;
	if (FUT_LIKELY(push_simply(pool, task, how)))
		return 0;
	error = push(pool, task, how, false, false, &after);
	if (FUT_UNLIKELY(error == EAGAIN)) {
		if (pool->when_full == FUTURE_BLOCK) {
			error = push_waiting(pool, task, &after);
		} else if (pool->when_full == FUTURE_CALLER_RUNS) {
			run_here(pool, task);
			return 0;
		}
	}
	if (after.wake)
		fut_pool_wake_one(pool);
	if (FUT_UNLIKELY(after.hired != NULL))
		fut_pool_hire(after.hired);
	if (FUT_UNLIKELY(after.oldest != NULL) &&
	    after.oldest->kind->drop(after.oldest, ECANCELED))
		count(pool, FUT_END_CANCELLED);
	return error;
}

void fut_pool_husk(struct future_executor *executor, struct fut_task *task,
	enum fut_husk why)
{
	struct fut_pool *pool = fut_pool_of(executor);
	struct fut_task *husks = NULL;
	bool room = false;

	fut_lock(&pool->lock);
	if (!fut_task_is_stale(task)) {
		if (why == FUT_HUSK_CANCELLED) {
			pool->counts[FUT_END_CANCELLED]++;
		} else {
			pool->claims++;
			if (fut_pool_self(pool) != NULL)
				fut_pool_begin_early(fut_pool_self(pool));
		}
		fut_pool_note_peak(pool);
		husks = fut_levels_husk(&pool->levels, task);
		fut_pool_show(pool);
		room = pool->producers > 0;
		if (room)
			fut_pool_bump(&pool->room);
	}
	fut_unlock(&pool->lock);
	if (room)
		fut_unpark(&pool->room, 1);
	while (husks != NULL) {
		struct fut_task *husk = husks;

		husks = husk->next;
		husk->kind->run(husk);
	}
}
