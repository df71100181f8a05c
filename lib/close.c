/* How a pool is closed, emptied and counted.  See pool.h. */
#include "pool.h"
#include "frame.h"

#include <errno.h>
#include <string.h>

static void wake_everybody(struct fut_pool *pool)
{
	fut_unpark(&pool->wake, FUT_EVERYBODY);
	fut_unpark(&pool->room, FUT_EVERYBODY);
	fut_unpark(&pool->calm, FUT_EVERYBODY);
}

/* Under the lock. */
static void set_phase(struct fut_pool *pool, enum fut_phase phase)
{
	FUT_ASSERT(fut_lock_held(&pool->lock));
	if (pool->phase < phase) {
		pool->phase = (uint8_t)phase;
		atomic_store_explicit(&pool->closing, phase, FUT_RELAXED);
	}
	/* One of the idle, if there are: it sees whether all may leave. */
	(void)!fut_pool_wakes(pool);
	fut_pool_bump(&pool->room);
	fut_pool_bump(&pool->calm);
}

void fut_pool_shutdown(struct future_executor *executor)
{
	struct fut_pool *pool = fut_pool_of(executor);

	fut_timers_shut(&pool->timers, FUT_PHASE_SHUT);
	fut_lock(&pool->lock);
	set_phase(pool, FUT_PHASE_SHUT);
	fut_unlock(&pool->lock);
	wake_everybody(pool);
}

enum fut_phase fut_pool_phase(struct future_executor *executor)
{
	return atomic_load_explicit(&fut_pool_of(executor)->closing,
		FUT_RELAXED);
}

size_t fut_pool_cancel(struct future_executor *executor)
{
	struct fut_pool *pool = fut_pool_of(executor);
	struct fut_worker *workers;
	struct fut_task *queued, *timed, *task;
	size_t settled = 0, slots;

	/* First, so that nobody who leaves settles them otherwise. */
	fut_timers_shut(&pool->timers, FUT_PHASE_CANCELLED);
	timed = fut_timers_take(&pool->timers);
	fut_lock(&pool->lock);
	set_phase(pool, FUT_PHASE_CANCELLED);
	fut_pool_note_peak(pool);
	queued = fut_levels_drain(&pool->levels);
	fut_pool_show(pool);
	workers = pool->gone ? NULL : pool->workers;
	slots = pool->slots;
	fut_unlock(&pool->lock);
	wake_everybody(pool);
	for (size_t i = 0; workers != NULL && i < slots; i++) {
		while ((task = fut_share_take(&workers[i].share)) != NULL)
			settled += task->kind->drop(task, ECANCELED);
	}
	settled += fut_tasks_drop(queued, ECANCELED);
	fut_lock(&pool->lock);
	pool->counts[FUT_END_CANCELLED] += settled;
	fut_unlock(&pool->lock);
	/* These were never queued: they are not in the pool's counts. */
	return settled + fut_tasks_drop(timed, ECANCELED);
}

/* Under the lock: nothing queued, nobody at work. */
static bool is_calm(struct fut_pool *pool)
{
	FUT_ASSERT(fut_lock_held(&pool->lock));
	return fut_levels_is_empty(&pool->levels) && pool->callers == 0 &&
		pool->alive == atomic_load_explicit(&pool->idle, FUT_RELAXED);
}

/*
 * Waits until `done` says so under the lock.  Returns 0 or ETIMEDOUT;
 * *ret_corpse, if wanted, is the worker for the caller to join.
 */
static int await(struct fut_pool *pool, bool (*done)(struct fut_pool *pool),
	int64_t deadline_ns, struct fut_worker **ret_corpse)
{
	int error = 0;

	for (;;) {
		uint32_t calm;
		bool now;

		fut_lock(&pool->lock);
		now = done(pool);
		pool->watchers += !now && error == 0;
		calm = atomic_load_explicit(&pool->calm, FUT_RELAXED);
		if (now && ret_corpse != NULL) {
			*ret_corpse = pool->corpse;
			pool->corpse = NULL;
		}
		fut_unlock(&pool->lock);
		if (now || error != 0)
			return now ? 0 : error;
		error = fut_worker_park(&pool->calm, calm, deadline_ns,
			"a pool to be done");
		fut_lock(&pool->lock);
		pool->watchers--;
		fut_unlock(&pool->lock);
	}
}

/* One of its tasks runs on this thread: its end cannot be waited for here. */
bool fut_pool_inside(struct future_executor *executor)
{
	struct fut_pool *pool = fut_pool_of(executor);

	return fut_frame_belongs(executor) || fut_pool_self(pool) != NULL ||
		fut_pool_was_here(pool);
}

int fut_pool_drain(struct future_executor *executor, int64_t deadline_ns)
{
	struct fut_pool *pool = fut_pool_of(executor);

	if (fut_pool_inside(executor))
		return EDEADLK;
	return await(pool, is_calm, deadline_ns, NULL);
}

/* Under the lock: left, and somebody joins or has joined the last of them. */
static bool has_left(struct fut_pool *pool)
{
	FUT_ASSERT(fut_lock_held(&pool->lock));
	return pool->alive == 0 && (pool->corpse != NULL || pool->gone);
}

int fut_pool_join(struct future_executor *executor, int64_t deadline_ns)
{
	struct fut_pool *pool = fut_pool_of(executor);
	struct fut_worker *corpse = NULL;
	bool open;
	int error;

	if (fut_pool_inside(executor))
		return EDEADLK;
	fut_lock(&pool->lock);
	open = pool->phase == FUT_PHASE_OPEN;
	fut_unlock(&pool->lock);
	if (open)
		return EBUSY;
	error = await(pool, has_left, deadline_ns, &corpse);
	if (error != 0 || corpse == NULL)
		return error;
	fut_thread_join(corpse->thread);
	fut_lock(&pool->lock);
	pool->gone = true;
	fut_pool_bump(&pool->calm);
	fut_unlock(&pool->lock);
	fut_unpark(&pool->calm, FUT_EVERYBODY);
	return 0;
}

void fut_pool_close(struct future_executor *executor, bool wait)
{
	struct fut_pool *pool = fut_pool_of(executor);
	bool inside = fut_pool_inside(executor);
	struct fut_worker *mine = NULL;

	/* First: where it is not waited for, the pool may soon be another. */
	fut_timers_shut(&pool->timers, FUT_PHASE_SHUT);
	fut_lock(&pool->lock);
	set_phase(pool, FUT_PHASE_SHUT);
	if (!wait || inside)
		pool->orphan = pool->alive > 0;
	/* In a thread-local destructor of the last one, or of another. */
	if (fut_pool_was_here(pool) && pool->over)
		mine = pool->corpse;
	else if (fut_pool_was_here(pool))
		pool->orphan = true;
	pool->gone |= pool->alive == 0 && pool->corpse == NULL;
	wait = !pool->orphan && mine == NULL;
	fut_unlock(&pool->lock);
	wake_everybody(pool);
	if (mine != NULL)
		fut_worker_release(mine);
	if (!wait)
		return;
	(void)!fut_pool_join(executor, FUT_FOREVER);
	fut_pool_release(pool);
}

bool fut_pool_hooks(struct future_executor *executor, uint32_t generation,
	struct fut_executor_hooks *ret_hooks)
{
	struct fut_pool *pool = fut_pool_of(executor);
	bool same;

	fut_lock(&pool->lock);
	same = generation == fut_executor_generation(executor);
	if (same)
		*ret_hooks = pool->hooks;
	fut_unlock(&pool->lock);
	return same;
}

void fut_pool_timed(struct future_executor *executor, int64_t queued_ns,
	int64_t running_ns, bool own)
{
	struct fut_pool *pool = fut_pool_of(executor);
	struct fut_worker *worker = fut_pool_self(pool);

	FUT_ASSERT(pool->times != NULL);
	if (worker != NULL) {
		fut_times_grow(&worker->running_ns, (uint64_t)running_ns);
		if (own)
			fut_times_add(&pool->times[worker->index], queued_ns,
				running_ns);
	} else if (own) {
		/* The last are those of all other threads. */
		fut_lock(&pool->lock);
		fut_times_add(&pool->times[pool->slots], queued_ns,
			running_ns);
		fut_unlock(&pool->lock);
	}
}

void fut_pool_ran(struct future_executor *executor, enum fut_end end)
{
	struct fut_pool *pool = fut_pool_of(executor);
	struct fut_worker *worker = fut_pool_self(pool);

	if (worker != NULL) {
		FUT_COUNT_UP(worker->ended[end]);
		FUT_COUNT_UP(worker->claims_ended);
		return;
	}
	fut_lock(&pool->lock);
	pool->claims--;
	pool->counts[end]++;
	fut_unlock(&pool->lock);
}

static void add_worker(struct fut_worker *worker,
	struct future_executor_stats *stats, size_t *ended)
{
	uint64_t share = fut_share_look(&worker->share);

	for (int i = 0; i < FUT_ENDS; i++)
		ended[i] += atomic_load_explicit(&worker->ended[i],
			FUT_RELAXED);
	stats->queued += fut_share_left(share);
	stats->running += atomic_load_explicit(&worker->running, FUT_RELAXED);
	stats->running -= atomic_load_explicit(&worker->claims_ended,
		FUT_RELAXED);
}

void fut_pool_stats(struct future_executor *executor,
	struct future_executor_stats *ret_stats)
{
	struct fut_pool *pool = fut_pool_of(executor);
	size_t ended[FUT_ENDS];

	memset(ret_stats, 0, sizeof(*ret_stats));
	fut_lock(&pool->lock);
	memcpy(ended, pool->counts, sizeof(ended));
	ret_stats->queued = fut_levels_live(&pool->levels);
	ret_stats->running = pool->claims;
	ret_stats->refused = pool->refused;
	fut_pool_note_peak(pool);
	ret_stats->peak_queue = pool->peak;
	ret_stats->threads = pool->width;
	for (size_t i = 0; pool->workers != NULL && i < pool->slots; i++)
		add_worker(&pool->workers[i], ret_stats, ended);
	for (size_t i = 0; pool->times != NULL && i <= pool->slots; i++) {
		ret_stats->queued_ns += fut_times_sum(&pool->times[i].queued);
		ret_stats->running_ns += fut_times_sum(&pool->times[i].running);
	}
	fut_unlock(&pool->lock);
	ret_stats->completed = ended[FUT_END_OK];
	ret_stats->failed = ended[FUT_END_FAILED];
	ret_stats->cancelled = ended[FUT_END_CANCELLED];
}

bool fut_pool_worker(struct fut_pool *pool, size_t index,
	enum fut_worker_does *ret_does, const char **ret_waits_for)
{
	const struct fut_worker *worker;
	bool there;

	fut_lock(&pool->lock);
	there = pool->workers != NULL && index < pool->alive;
	worker = there ? &pool->workers[index] : NULL;
	*ret_waits_for = there ? worker->waits_for : NULL;
	if (!there || worker->rested)
		*ret_does = FUT_WORKER_IDLE;
	else if (worker->dozes > 0)
		*ret_does = FUT_WORKER_SLEEPS;
	else if (atomic_load_explicit(&worker->running, FUT_RELAXED) > 0)
		*ret_does = FUT_WORKER_RUNS;
	else
		*ret_does = FUT_WORKER_LOOKS;
	fut_unlock(&pool->lock);
	return there;
}

void fut_pool_name(struct fut_pool *pool, char *ret_name)
{
	fut_lock(&pool->lock);
	memcpy(ret_name, pool->name, sizeof(pool->name));
	fut_unlock(&pool->lock);
}

/* Who asks has a handle, or is inside: the pool stays what it is. */
void fut_pool_times(struct future_executor *executor,
	struct future_executor_times *ret_times)
{
	struct fut_pool *pool = fut_pool_of(executor);

	for (size_t i = 0; pool->times != NULL && i <= pool->slots; i++)
		fut_times_read(&pool->times[i], ret_times);
}

static void read_worker(struct fut_worker *worker,
	struct future_executor_worker *ret_worker)
{
	memset(ret_worker, 0, sizeof(*ret_worker));
	for (int i = FUT_END_ELSEWHERE; i < FUT_ENDS; i++)
		ret_worker->tasks += atomic_load_explicit(&worker->ended[i],
			FUT_RELAXED);
	ret_worker->stolen = atomic_load_explicit(&worker->stolen,
		FUT_RELAXED);
	ret_worker->slept = atomic_load_explicit(&worker->slept, FUT_RELAXED);
	ret_worker->running_ns = atomic_load_explicit(&worker->running_ns,
		FUT_RELAXED);
}

size_t fut_pool_workers(struct future_executor *executor, size_t size,
	struct future_executor_worker *ret_workers)
{
	struct fut_pool *pool = fut_pool_of(executor);

	for (size_t i = 0; i < size && i < pool->slots; i++)
		read_worker(&pool->workers[i], &ret_workers[i]);
	return pool->slots;
}
