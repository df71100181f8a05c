/*
 * Floor 4: a thread pool: one lock, one queue, a fixed number of workers.
 *
 * A worker takes a share of the queue under one lock, at most half of it.  At
 * most one worker is being woken at a time; the woken wakes the next if there
 * is more.  A worker lingers briefly before it sleeps.
 *
 * No wake-up is lost (invariant I7): a worker announces itself as idle under
 * the lock, and only while the queue is empty and nobody has taken a share
 * since it last looked at all of them; whoever pushes, or takes a share, does
 * it under the same lock and looks for the idle there.
 *
 * The queue has a level for each priority (levels.h).  Shares are of normal
 * tasks, and end where the turn of another level comes: what one had of that
 * could be overtaken by its like.  A worker looks for what is urgent before it
 * takes from any share, but FUT_AGE_MAX times in a row at most.
 *
 * The shell of a pool is never freed: shell.h.
 *
 * With spare threads, some start when workers sleep in waits and others would
 * be missing: at most `width` of them are awake and at work, but for those who
 * have just been woken.
 *
 *			post	grab	rest	doze	cancel	leave
 *	each		X	X	X	X	X	X	(lock)
 *	with share_take: any at once
 */
#ifndef FUT_POOL_H
#define FUT_POOL_H

#include "executor.h"
#include "levels.h"
#include "lock.h"
#include "share.h"
#include "sleeper.h"
#include "thread.h"
#include "timer.h"
#include "times.h"
#include "trace.h"

#include <future/pool.h>

#define FUT_POOL_NAME_MAX 16
#define FUT_POOL_WIDTH_MAX 4096

/* A counter of any size that one thread at a time writes and others read. */
#define FUT_COUNT_UP(counter) \
	atomic_store_explicit(&(counter), \
		atomic_load_explicit(&(counter), FUT_RELAXED) + 1, FUT_RELAXED)
#define FUT_COUNT_DOWN(counter) \
	atomic_store_explicit(&(counter), \
		atomic_load_explicit(&(counter), FUT_RELAXED) - 1, FUT_RELAXED)

/* A worker asleep in a wait: prodded when nobody else is left to run things. */
struct fut_blocked {
	struct fut_blocked *next, **prev;
	struct fut_sleeper *sleeper;
	uint32_t seen;	/* pool->pushed when it last looked */
};

struct fut_worker {
	struct fut_pool *pool;	/* these three constant once it started */
	size_t index;
	struct fut_thread thread;

	/* Of the thread alone; handed on to the one that takes its place. */
	struct fut_thread former;	/* the one before, if has_former */
	bool has_former;

	/* The worker's own. */
	struct fut_task *kept;	/* a continuation to run next */
	unsigned streak;	/* kept ones in a row */
	unsigned hurried;	/* urgent ones in a row, before shares */
	size_t look;		/* whose share to look at in passing */
	bool leaving;		/* it will not look at the queue again */
	bool last;		/* it saw that nobody is at work any more */
	bool rested;		/* it is still counted as idle */
	unsigned dozes;		/* one in the other: a loop's timers */
	const char *waits_for;	/* in them; under the pool's lock */

	/* Written by the worker alone, read by anybody. */
	_Atomic size_t ended[FUT_ENDS];
	_Atomic size_t running;
	_Atomic size_t claims_ended;	/* of the pool's claims */
	_Atomic size_t stolen, slept;
	_Atomic uint64_t running_ns;

	struct fut_share share;
};

/* What the idle park on: how many of them are to get up. */
enum fut_pool_wake {
	FUT_WAKE_NOBODY,
	FUT_WAKE_ONE,	/* whoever takes it */
	FUT_WAKE_ALL	/* for good: they leave */
};

struct fut_pool {
	struct future_executor executor;	/* first */

	/* Constant from the first worker's start to the last one's end. */
	size_t width;		/* how many are at work at a time */
	size_t slots;		/* the workers: these, and the spare ones */
	size_t capacity;
	enum future_when_full when_full;
	int64_t block_ns;
	size_t stack_size;
	char name[FUT_POOL_NAME_MAX];
	void (*on_thread_start)(void *arg);
	void (*on_thread_stop)(void *arg);
	struct fut_worker *workers;
	struct fut_times *times;	/* one more than slots; or NULL */

	/* Set rarely, and looked at for each task: so in a line that stays. */
	_Atomic uint32_t closing;	/* the phase, to be read without lock */
	_Atomic uint32_t urgent;	/* something high is queued: a hint */

	/* What a push touches, in one cache line; all under lock. */
	_Alignas(64) struct fut_lock lock;
	uint8_t phase;			/* enum fut_phase */
	bool waking;			/* a wake-up is in flight */
	_Atomic uint32_t idle;		/* read without it as a hint */
	uint32_t alive;
	uint32_t dozing;		/* asleep in the middle of a task */
	uint32_t pushed;		/* so far; it may wrap */
	struct fut_levels levels;	/* its second half, in the next line */

	/* The rest; under lock, too. */
	_Alignas(64) size_t peak;	/* as seen before each pop and mark */
	size_t takes;			/* shares taken so far */
	bool leaving;			/* closed, and nobody is at work */
	bool hiring;			/* a spare worker is being started */
	bool unable;			/* it failed, and no task was taken */
	bool orphan;			/* the last worker frees the pool */
	bool over;			/* all but the last have been joined */
	bool gone;			/* every worker has been joined */
	struct fut_blocked *blocked;
	size_t producers;		/* waiting for room */
	size_t watchers;		/* waiting for calm */
	size_t callers;	/* at work, but no workers: fut_pool_enter() */
	size_t claims;	/* claimed by waiters; claims_ended comes off */
	size_t counts[FUT_ENDS];	/* what no worker counted */
	size_t refused;
	struct fut_worker *corpse;	/* it has left, nobody has joined it */
	struct fut_executor_hooks hooks;

	_Alignas(64) _Atomic uint32_t wake;	/* enum fut_pool_wake */
	_Atomic uint32_t filled;	/* something is queued: a hint */
	_Atomic uint32_t room;		/* producers park on it */
	_Atomic uint32_t calm;		/* drain and join park on it */

	_Alignas(64) struct fut_timers timers;	/* with a lock of their own */
};

_Static_assert(offsetof(struct fut_pool, levels.low) -
	offsetof(struct fut_pool, lock) <= 64 || sizeof(void *) > 8,
	"what a push of a normal task touches is one cache line");

static inline struct fut_pool *fut_pool_of(struct future_executor *executor)
{
	return FUT_OWNER(executor, struct fut_pool, executor);
}

/*
 * True on the thread of a worker that has left, or was replaced: it runs the
 * destructors of its thread-local storage.
 */
static inline bool fut_pool_was_here(const struct fut_pool *pool)
{
	return fut_self()->former == pool;
}

/* Under the lock: awake, and in the middle of a task or about to be. */
static inline size_t fut_pool_busy(struct fut_pool *pool)
{
	return pool->alive - pool->dozing -
		atomic_load_explicit(&pool->idle, FUT_RELAXED);
}

static inline bool fut_pool_has_spare(const struct fut_pool *pool)
{
	return FUT_UNLIKELY(pool->slots > pool->width);
}

/* The calling thread's worker, if it is one of this pool's. */
static inline struct fut_worker *fut_pool_self(struct fut_pool *pool)
{
	struct fut_worker *worker = fut_self()->worker;

	return worker != NULL && worker->pool == pool ? worker : NULL;
}

/* A hint: something waits that goes before what is in shares. */
static inline bool fut_pool_is_urgent(struct fut_pool *pool)
{
	return atomic_load_explicit(&pool->urgent, FUT_RELAXED) != 0;
}

/* Under the lock: the hints, after something has left the queue. */
static inline void fut_pool_show(struct fut_pool *pool)
{
	FUT_ASSERT(fut_lock_held(&pool->lock));
	if (fut_levels_is_empty(&pool->levels))
		atomic_store_explicit(&pool->filled, 0, FUT_RELAXED);
	if (FUT_UNLIKELY(fut_pool_is_urgent(pool)) &&
	    !fut_levels_is_urgent(&pool->levels))
		atomic_store_explicit(&pool->urgent, 0, FUT_RELAXED);
}

/* Under the lock: before anything leaves the queue. */
static inline void fut_pool_note_peak(struct fut_pool *pool)
{
	FUT_ASSERT(fut_lock_held(&pool->lock));
	if (fut_levels_live(&pool->levels) > pool->peak)
		pool->peak = fut_levels_live(&pool->levels);
}

/* What a worker does from its first instant to its last. */
void fut_worker_main(void *worker);

/* Runs one task after the other until it is time to leave. */
void fut_worker_work(struct fut_worker *worker);

/*
 * By the last worker, which has joined the others, on its own thread: nobody
 * will join it, and the pool is gone.
 */
void fut_worker_release(struct fut_worker *worker);

/* True if there is something left in any share. */
bool fut_pool_shares_left(struct fut_pool *pool);

/* Gives what was kept to the queue: something long may run first. */
void fut_worker_unkeep(void);

/*
 * The worker is about to wait, and will look at what is queued once more.
 * Until fut_worker_unblock(), to which it lends both, it is prodded when a task
 * has come since and no worker is awake to run it.
 */
void fut_worker_block(struct fut_worker *worker, struct fut_blocked *blocked,
	struct fut_sleeper *sleeper);
void fut_worker_unblock(struct fut_worker *worker,
	struct fut_blocked *blocked);

/* Under the lock: it waits, or helps, in on_thread_start: it is not idle. */
void fut_pool_begin_early(struct fut_worker *worker);

/*
 * The calling thread, if it is a worker's, goes to sleep in the middle of a
 * task, and what is queued is for others; it has been woken.  `noun` says for
 * people what it waits for, and stays; returned, and to be given back, is that
 * of the wait around it.
 */
const char *fut_worker_doze(const char *noun);
void fut_worker_wake(const char *outer);

/* fut_park(), as one that dozes. */
int fut_worker_park(_Atomic uint32_t *word, uint32_t expected,
	int64_t deadline_ns, const char *noun);

/*
 * Under the lock, when everybody who is awake has enough to do: those who wait
 * look at what has come since.
 */
void fut_pool_prod(struct fut_pool *pool);

/*
 * Under the lock: a spare worker for the caller to start after it, if nobody
 * else is left for what is queued; or NULL.
 */
struct fut_worker *fut_pool_hires(struct fut_pool *pool);
void fut_pool_hire(struct fut_worker *worker);

/*
 * Under the lock: sends a wake-up if somebody is idle and none is in flight.
 * True: the caller wakes one after the lock.
 */
bool fut_pool_wakes(struct fut_pool *pool);

/* One from another worker's share; NULL if that is empty. */
static inline struct fut_task *fut_share_steal(struct fut_share *share,
	const struct fut_pool *pool)
{
	struct fut_task *task = fut_share_take(share);

	if (task != NULL)
		fut_trace(FUT_TRACE_STEAL, task, pool);
	return task;
}

static inline void fut_pool_wake_one(struct fut_pool *pool)
{
	fut_trace(FUT_TRACE_WAKE, pool, NULL);
	fut_unpark(&pool->wake, 1);
}

/*
 * A thread that is no worker is about to run something of the pool's, or has:
 * the workers stay until then.  False: they are leaving.
 */
bool fut_pool_enter(struct fut_pool *pool);
void fut_pool_exit(struct fut_pool *pool);

/* Under the lock: bumps a word; the caller unparks it after the lock. */
void fut_pool_bump(_Atomic uint32_t *word);

/* See struct fut_executor_kind. */
int fut_pool_post(struct future_executor *executor, struct fut_task *task,
	enum fut_post how);
bool fut_pool_keep(struct future_executor *executor, struct fut_task *task);
void fut_pool_husk(struct future_executor *executor, struct fut_task *task,
	enum fut_husk why);
void fut_pool_ran(struct future_executor *executor, enum fut_end end);
bool fut_pool_hooks(struct future_executor *executor, uint32_t generation,
	struct fut_executor_hooks *ret_hooks);
void fut_pool_timed(struct future_executor *executor, int64_t queued_ns,
	int64_t running_ns, bool own);
void fut_pool_close(struct future_executor *executor, bool wait);
void fut_pool_shutdown(struct future_executor *executor);
size_t fut_pool_cancel(struct future_executor *executor);
bool fut_pool_inside(struct future_executor *executor);
enum fut_phase fut_pool_phase(struct future_executor *executor);
void fut_pool_look_again(struct future_executor *executor);
bool fut_pool_moves(struct future_executor *executor,
	const struct fut_task *task, size_t asleep,
	const struct fut_task **ret_up);
int fut_pool_join(struct future_executor *executor, int64_t deadline_ns);
int fut_pool_drain(struct future_executor *executor, int64_t deadline_ns);

/* What a worker is doing.  False: there is none of that index. */
enum fut_worker_does {
	FUT_WORKER_IDLE,
	FUT_WORKER_SLEEPS,	/* in the middle of a task */
	FUT_WORKER_RUNS,
	FUT_WORKER_LOOKS	/* for something to run */
};
bool fut_pool_worker(struct fut_pool *pool, size_t index,
	enum fut_worker_does *ret_does, const char **ret_waits_for);

/* Copies its name, FUT_POOL_NAME_MAX bytes. */
void fut_pool_name(struct fut_pool *pool, char *ret_name);

void fut_pool_stats(struct future_executor *executor,
	struct future_executor_stats *ret_stats);
void fut_pool_times(struct future_executor *executor,
	struct future_executor_times *ret_times);
size_t fut_pool_workers(struct future_executor *executor, size_t size,
	struct future_executor_worker *ret_workers);

/* The shell goes back, under a new generation: nobody is left in the pool. */
void fut_pool_release(struct fut_pool *pool);

#endif
