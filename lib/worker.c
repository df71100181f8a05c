/* What a worker does.  See pool.h. */
#include "pool.h"
#include "unwind.h"

#include <errno.h>

#ifndef FUT_LINGER_SPINS
#define FUT_LINGER_SPINS 200
#endif

static uint32_t idle(struct fut_pool *pool)
{
	return atomic_load_explicit(&pool->idle, FUT_RELAXED);
}

bool fut_pool_wakes(struct fut_pool *pool)
{
	FUT_ASSERT(fut_lock_held(&pool->lock));
	if (idle(pool) == 0 || pool->waking || pool->leaving ||
	    (fut_pool_has_spare(pool) && fut_pool_busy(pool) >= pool->width))
		return false;
	pool->waking = true;
	atomic_store_explicit(&pool->wake, FUT_WAKE_ONE, FUT_RELEASE);
	return true;
}

void fut_pool_bump(_Atomic uint32_t *word)
{
	atomic_store_explicit(word,
		atomic_load_explicit(word, FUT_RELAXED) + 1, FUT_RELEASE);
}

void fut_pool_prod(struct fut_pool *pool)
{
	FUT_ASSERT(fut_lock_held(&pool->lock));
	/* Under the lock: the sleeper is on the stack of who unblocks. */
	for (struct fut_blocked *at = pool->blocked; at != NULL;
	     at = at->next) {
		if (at->seen == pool->pushed)
			continue;
		at->seen = pool->pushed;
		fut_sleeper_wake(at->sleeper, FUT_SLEEPER_PRODDED);
	}
}

/* Under the lock: how many to take, so that others have something too. */
static size_t share_size(const struct fut_pool *pool)
{
	size_t run = fut_levels_run(&pool->levels);
	size_t size = pool->levels.normal.length / 2 + 1;

	if (pool->capacity != 0 || fut_pool_has_spare(pool) ||
	    FUT_UNLIKELY(run == 0))
		return 1;
	if (FUT_UNLIKELY(size > run))
		size = run;
	return size < FUT_SHARE_MAX ? size : FUT_SHARE_MAX;
}

/* Under the lock: the first of a new share; the rest is published. */
static struct fut_task *take_share(struct fut_worker *worker)
{
	struct fut_pool *pool = worker->pool;
	struct fut_task *first;
	size_t size = share_size(pool);

	FUT_ASSERT(fut_lock_held(&pool->lock));
	fut_pool_note_peak(pool);
	first = fut_levels_pop(&pool->levels);
	if (size > 1) {
		for (size_t i = 0; i < size - 1; i++)
			fut_share_fill(&worker->share, i,
				fut_levels_pop(&pool->levels));
		pool->takes++;
		fut_share_publish(&worker->share, size - 1);
	}
	fut_pool_show(pool);
	return first;
}

/* Under the lock: those who slept are back, and there is one too many. */
static bool is_surplus(struct fut_pool *pool)
{
	FUT_ASSERT(fut_lock_held(&pool->lock));
	return fut_pool_has_spare(pool) && fut_pool_busy(pool) > pool->width;
}

/* Under the lock: what goes before its share; NULL if there is none. */
static struct fut_task *take_urgent(struct fut_worker *worker)
{
	struct fut_pool *pool = worker->pool;
	struct fut_task *task;

	FUT_ASSERT(fut_lock_held(&pool->lock));
	fut_pool_note_peak(pool);
	task = fut_levels_pop_urgent(&pool->levels);
	fut_pool_show(pool);
	return task;
}

/*
 * A share of the queue, or while it has one what goes before that; NULL if
 * there is nothing.  *ret_takes is for rest().
 */
static struct fut_task *grab(struct fut_worker *worker, size_t *ret_takes)
{
	struct fut_pool *pool = worker->pool;
	struct fut_worker *hired = NULL;
	struct fut_task *task = NULL;
	bool wake = false, room = false;

	fut_lock(&pool->lock);
	if (worker->rested) {
		worker->rested = false;
		FUT_COUNT_DOWN(pool->idle);
		pool->waking = false;
	}
	*ret_takes = pool->takes;
	if (!fut_levels_is_empty(&pool->levels) && !is_surplus(pool)) {
		bool more;

		task = fut_share_left(fut_share_look(&worker->share)) == 0 ?
			take_share(worker) : take_urgent(worker);
		pool->unable = false;
		more = !fut_levels_is_empty(&pool->levels);
		if (more || *ret_takes != pool->takes)
			wake = fut_pool_wakes(pool);
		if (more && fut_pool_has_spare(pool))
			hired = fut_pool_hires(pool);
		if (pool->producers > 0) {
			fut_pool_bump(&pool->room);
			room = true;
		}
	}
	fut_unlock(&pool->lock);
	if (wake)
		fut_pool_wake_one(pool);
	if (room)
		fut_unpark(&pool->room, 1);
	if (FUT_UNLIKELY(hired != NULL))
		fut_pool_hire(hired);
	return task;
}

bool fut_pool_shares_left(struct fut_pool *pool)
{
	size_t left = 0;

	for (size_t i = 0; i < pool->slots && left == 0; i++)
		left = fut_share_left(fut_share_look(&pool->workers[i].share));
	return left != 0;
}

/*
 * The duty of one that was woken, before it turns to its own task: while its
 * wake-up was in flight others may have left that to it.
 */
static void wake_next(struct fut_pool *pool)
{
	bool wake;

	if (!fut_pool_shares_left(pool) || idle(pool) == 0)
		return;
	fut_lock(&pool->lock);
	wake = fut_pool_wakes(pool);
	fut_unlock(&pool->lock);
	if (wake)
		fut_pool_wake_one(pool);
}

static struct fut_task *take_from(struct fut_worker *worker, size_t other)
{
	struct fut_pool *pool = worker->pool;
	struct fut_task *task =
		fut_share_steal(&pool->workers[other].share, pool);

	if (task != NULL)
		FUT_COUNT_UP(worker->stolen);
	return task;
}

/* One task from somebody's share; NULL if all are empty. */
static struct fut_task *steal(struct fut_worker *worker)
{
	size_t slots = worker->pool->slots;
	struct fut_task *task = NULL;

	for (size_t i = 1; i < slots && task == NULL; i++)
		task = take_from(worker, (worker->index + i) % slots);
	return task;
}

/*
 * In passing, once a share: a task from a share that has not moved since it
 * was last looked at waits behind something long.
 */
static struct fut_task *relieve(struct fut_worker *worker)
{
	struct fut_pool *pool = worker->pool;
	struct fut_share *share;
	uint64_t word;

	if (pool->slots == 1)
		return NULL;
	worker->look = (worker->look + 1) % pool->slots;
	if (worker->look == worker->index)
		worker->look = (worker->look + 1) % pool->slots;
	share = &pool->workers[worker->look].share;
	word = fut_share_look(share);
	if (fut_share_left(word) == 0)
		return NULL;
	if (atomic_load_explicit(&share->seen, FUT_RELAXED) == word)
		return take_from(worker, worker->look);
	atomic_store_explicit(&share->seen, word, FUT_RELAXED);
	return NULL;
}

/*
 * Something urgent, before what is in shares; NULL if there is none, or those
 * have their turn.  One that has only just started has no share, and is idle
 * until it has grabbed.
 */
static struct fut_task *hurry(struct fut_worker *worker)
{
	size_t takes;

	if (worker->rested || worker->hurried == FUT_AGE_MAX)
		return NULL;
	worker->hurried++;
	return grab(worker, &takes);
}

/* True if something came within a short while. */
static bool linger(struct fut_pool *pool)
{
	/* One that is surplus would find it again and again. */
	if (fut_pool_has_spare(pool))
		return false;
	for (int i = 0; i < FUT_LINGER_SPINS; i++) {
		if (atomic_load_explicit(&pool->filled, FUT_RELAXED) != 0)
			return true;
		fut_relax();
	}
	return false;
}

/*
 * Takes the wake-up that is in flight.  It is anybody's: an unpark may reach a
 * worker that came to rest after it was sent, and must not be lost on it.
 */
static bool take_wake_up(struct fut_pool *pool)
{
	uint32_t wake = FUT_WAKE_ONE;

	return atomic_compare_exchange_strong_explicit(&pool->wake, &wake,
		FUT_WAKE_NOBODY, FUT_ACQUIRE, FUT_ACQUIRE) ||
		wake == FUT_WAKE_ALL;
}

/*
 * Under the lock, with nothing queued: whether it is time to leave a closed
 * pool.  Only when nobody is at work any more, whose tasks might release
 * continuations: those have the whole width of the pool until the end.
 */
static bool leaves(struct fut_worker *worker)
{
	struct fut_pool *pool = worker->pool;

	FUT_ASSERT(fut_lock_held(&pool->lock));
	if (!pool->leaving && pool->phase != FUT_PHASE_OPEN &&
	    pool->callers == 0 && idle(pool) + 1 == pool->alive)
		pool->leaving = worker->last = true;
	if (pool->leaving)
		atomic_store_explicit(&pool->wake, FUT_WAKE_ALL, FUT_RELEASE);
	return pool->leaving;
}

/*
 * Sleeps until woken; false if it is time to leave.  Goes back to look if
 * anything came since `takes` was read.
 */
static bool rest(struct fut_worker *worker, size_t takes)
{
	struct fut_pool *pool = worker->pool;
	bool stay = true, calm = false, empty, surplus;

	fut_lock(&pool->lock);
	empty = fut_levels_is_empty(&pool->levels);
	surplus = !empty && is_surplus(pool);
	if ((empty || surplus) && pool->takes == takes) {
		stay = surplus || !leaves(worker);
		worker->rested = stay;
		if (stay) {
			FUT_COUNT_UP(pool->idle);
			FUT_COUNT_UP(worker->slept);
		}
		calm = pool->watchers > 0 && idle(pool) == pool->alive;
		if (calm)
			fut_pool_bump(&pool->calm);
	}
	fut_unlock(&pool->lock);
	if (calm)
		fut_unpark(&pool->calm, FUT_EVERYBODY);
	if (!stay)
		fut_unpark(&pool->wake, FUT_EVERYBODY);
	if (!worker->rested)
		return stay;
	fut_trace(FUT_TRACE_PARK, pool, NULL);
	while (!take_wake_up(pool))
		fut_park(&pool->wake, FUT_WAKE_NOBODY, FUT_FOREVER);
	fut_trace(FUT_TRACE_UNPARK, pool, NULL);
	return stay;
}

/* The next task; NULL when it is time to leave: see leaves(). */
static struct fut_task *next(struct fut_worker *worker)
{
	struct fut_task *task = worker->kept;
	size_t takes = 0;

	if (task != NULL) {
		worker->kept = NULL;
		worker->streak++;
		return task;
	}
	worker->streak = 0;
	if (FUT_UNLIKELY(fut_pool_is_urgent(worker->pool)))
		task = hurry(worker);
	if (task != NULL)
		return task;
	worker->hurried = 0;
	task = fut_share_take(&worker->share);
	/* One that has only just started is idle until it has grabbed. */
	if (task == NULL && !worker->rested)
		task = relieve(worker);
	while (task == NULL) {
		bool woken = worker->rested;

		task = grab(worker, &takes);
		if (task == NULL)
			task = steal(worker);
		if (task != NULL && woken)
			wake_next(worker->pool);
		if (task == NULL && !linger(worker->pool) &&
		    !rest(worker, takes))
			return NULL;
	}
	return task;
}

/* A task has ended. */
static void count_end(struct fut_worker *worker, enum fut_end end)
{
	FUT_COUNT_DOWN(worker->running);
	FUT_COUNT_UP(worker->ended[end]);
}

/* By pthread_exit. */
static void run_left(void *worker)
{
	count_end(worker, FUT_END_CANCELLED);
}

static void run(struct fut_worker *worker, struct fut_task *task)
{
	enum fut_end end;
	FUT_WATCH(watch, run_left, worker);

	FUT_ASSERT(!worker->rested);
	FUT_COUNT_UP(worker->running);
	if (FUT_UNLIKELY(atomic_load_explicit(&worker->pool->closing,
			FUT_RELAXED) == FUT_PHASE_CANCELLED))
		end = task->kind->drop(task, ECANCELED) ? FUT_END_CANCELLED :
			FUT_END_HUSK;
	else
		end = task->kind->run(task);
	FUT_RETURNED(watch);
	count_end(worker, end);
}

void fut_worker_work(struct fut_worker *worker)
{
	struct fut_task *task;

	while ((task = next(worker)) != NULL)
		run(worker, task);
}

void fut_pool_begin_early(struct fut_worker *worker)
{
	FUT_ASSERT(fut_lock_held(&worker->pool->lock));
	if (!worker->rested)
		return;
	worker->rested = false;
	FUT_COUNT_DOWN(worker->pool->idle);
}
