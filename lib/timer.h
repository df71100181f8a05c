/*
 * Floor 4: timers.  A timer is a task that waits for its time: run when it is
 * due, dropped if its executor ends before.  So it is run, dropped or taken
 * off, exactly one of them, under no lock.
 *
 * Who waits embeds a timer right before its task, and arms it.  An executor
 * holds it, as it would a task in its queue, in a heap; a pool's has a thread,
 * started when the first timer is armed and gone before the pool is.
 *
 *			arm	disarm	pop	await	end
 *	each		X	X	X	X	X	(lock)
 *
 * While timers are run their thread counts as one of those that run a task of
 * the pool's on a thread of their own (pool.h, callers): the workers stay, so
 * what the timer releases still runs after a shutdown; drain and join wait for
 * it; and on it itself they are EDEADLK.
 */
#ifndef FUT_TIMER_H
#define FUT_TIMER_H

#include "executor.h"
#include "heap.h"
#include "lock.h"
#include "thread.h"

struct fut_timer {
	struct fut_heap_node node;	/* under the lock of who holds it */
};

static inline struct fut_task *fut_timer_task(struct fut_timer *timer)
{
	return (struct fut_task *)(void *)(timer + 1);
}

static inline struct fut_timer *fut_timer_of(struct fut_task *task)
{
	return (struct fut_timer *)(void *)task - 1;
}

/* For FUT_TIMER_BEFORE(struct, timer, task), a static assertion. */
#define FUT_TIMER_BEFORE(type, timer, task) \
	_Static_assert(offsetof(type, timer) + sizeof(struct fut_timer) == \
		offsetof(type, task), "the timer stands right before its task")

/* Before it is armed for the first time; the deadline is its node's key. */
static inline void fut_timer_init(struct fut_timer *timer, int64_t deadline_ns)
{
	timer->node.prev = NULL;
	timer->node.key = deadline_ns;
}

struct fut_timers {
	struct fut_lock lock;
	uint8_t phase;			/* enum fut_phase; under lock */
	bool running;			/* under lock: the thread is there */
	struct fut_heap_node *root;	/* under lock */
	int64_t awaited_ns;		/* under lock: it looks by then */
	_Atomic uint32_t turn;		/* the thread parks on it */
	struct fut_thread thread;	/* while `running` */
};

/* A new executor in this shell. */
void fut_timers_open(struct fut_timers *timers);

/* Under the lock: 0, or why it cannot be armed: see fut_executor_kind. */
int fut_timers_check(const struct fut_timers *timers, struct fut_timer *timer,
	enum fut_post how, int64_t now_ns);

/* Under the lock: the first, taken out, if it is due; NULL: none is. */
struct fut_task *fut_timers_pop(struct fut_timers *timers, int64_t now_ns);

/* For good; true if it was armed. */
bool fut_timers_disarm(struct fut_timers *timers, struct fut_timer *timer);

/* Refuses what it is too late for from now on; armed ones stay. */
void fut_timers_shut(struct fut_timers *timers, enum fut_phase phase);

enum fut_phase fut_timers_phase(struct fut_timers *timers);

/* Takes out what is armed, as a list of tasks for the caller to drop. */
struct fut_task *fut_timers_take(struct fut_timers *timers);

/* The same of those that are addressed to `executor`. */
struct fut_task *fut_timers_take_of(struct fut_timers *timers,
	const struct future_executor *executor);

/*
 * How many are armed, but not more than `most`; *ret_first_ns: when the first
 * is due.
 */
size_t fut_timers_count(struct fut_timers *timers, size_t most,
	int64_t *ret_first_ns);

/*
 * No more of them: the thread is stopped and joined, what is armed is dropped
 * with ESHUTDOWN.  By one of the executor's threads, the last at work.
 */
void fut_timers_end(struct fut_timers *timers);

/* See struct fut_executor_kind. */
struct fut_timers *fut_pool_timers(struct future_executor *executor);
int fut_pool_arm(struct future_executor *executor, struct fut_timer *timer,
	enum fut_post how);
bool fut_pool_disarm(struct future_executor *executor,
	struct fut_timer *timer);
struct fut_task *fut_pool_evict(struct future_executor *executor,
	struct future_executor *lane);

#endif
