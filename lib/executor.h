/*
 * Floor 3: an executor, the only address.  It takes a task or refuses it with
 * an errno value; then the caller drops the task.
 *
 * Futures hold no reference on their home: counting them would cost two
 * contended atomics a task.  So the shell of an executor is never freed, only
 * reused under a new generation (shell.h); to post with a stale one: ESHUTDOWN.
 */
#ifndef FUT_EXECUTOR_H
#define FUT_EXECUTOR_H

#include "fork.h"
#include "self.h"
#include "task.h"

#include <errno.h>
#include <future/executor.h>
#include <future/stats.h>

struct fut_timer;
struct fut_timers;

/* A post's answer, beside errno values: refused, and meant to be. */
#define FUT_DISCARDED (-1)

/* What a post is, for those who bound what they accept. */
enum fut_post {
	FUT_POST_NEW,		/* submitted or executed by a user */
	FUT_POST_TIMED,		/* a later run: not refused for room */
	FUT_POST_RELEASED,	/* a continuation: nor after a shutdown */
	FUT_POST_AGAIN		/* the same, and behind all that is queued */
};

/* How far an executor is closed; it only grows. */
enum fut_phase {
	FUT_PHASE_OPEN,
	FUT_PHASE_SHUT,		/* too late for what is new */
	FUT_PHASE_CANCELLED,	/* and for what its own tasks release */
	FUT_PHASE_ENDED		/* nobody is left in there */
};

/*
 * 0, or why it is too late for a post.  `inside`: where what is released still
 * runs after a shutdown, as one of the executor's own functions does it.
 */
static inline int fut_phase_check(enum fut_phase phase, enum fut_post how,
	bool inside)
{
	if (phase == FUT_PHASE_OPEN)
		return 0;
	if (phase == FUT_PHASE_CANCELLED && how == FUT_POST_TIMED)
		return ECANCELED;
	if (phase == FUT_PHASE_ENDED || how < FUT_POST_RELEASED || !inside)
		return ESHUTDOWN;
	return phase == FUT_PHASE_CANCELLED ? ECANCELED : 0;
}

/* Why a queued task is only a husk now. */
enum fut_husk {
	FUT_HUSK_CANCELLED,
	FUT_HUSK_CLAIMED	/* a waiter runs it */
};

/* Context carried to a task: see struct future_pool_options. */
struct fut_executor_hooks {
	void *(*capture)(void *hook_arg);
	void (*before)(void *hook_arg, void *captured, const char *name);
	void (*after)(void *hook_arg, void *captured, const char *name,
		int error);
	void (*release)(void *hook_arg, void *captured);
	void *hook_arg;
	bool timing;
};

struct fut_executor_kind {
	const char *noun;	/* what it is called in a report */

	/*
	 * Takes the task, or refuses.  May run it before it returns; calls
	 * nothing of the user's for FUT_POST_RELEASED but on the inline one,
	 * and where the user's own post takes it: own.c.
	 */
	int (*post)(struct future_executor *executor, struct fut_task *task,
		enum fut_post how);

	/*
	 * Takes a continuation for the calling thread to run next, without a
	 * lock; calls nothing of the user's.  False: post it.  NULL: never.
	 */
	bool (*keep)(struct future_executor *executor, struct fut_task *task);

	/* A task that it may hold will not start. */
	void (*husk)(struct future_executor *executor, struct fut_task *task,
		enum fut_husk why);

	/*
	 * A task was run by a thread that waits for it.  NULL: those who wait
	 * leave its tasks alone.
	 */
	void (*ran)(struct future_executor *executor, enum fut_end end);

	/*
	 * Takes a timer, whose task is run when it is due and dropped if the
	 * executor ends before: see timer.h.  Returns 0, ETIMEDOUT if it is due
	 * already, ECANCELED if it has been disarmed, or why it is refused.
	 */
	int (*arm)(struct future_executor *executor, struct fut_timer *timer,
		enum fut_post how);

	/*
	 * For good, also if it is only about to be armed.  True: it was armed,
	 * and its task is the caller's.
	 */
	bool (*disarm)(struct future_executor *executor,
		struct fut_timer *timer);

	/*
	 * Takes out the timers whose tasks are addressed to `lane`, whose root
	 * this one is: a list, for the caller to drop.
	 */
	struct fut_task *(*evict)(struct future_executor *executor,
		struct future_executor *lane);

	/*
	 * Whether the task will be taken up although so many of those at work
	 * here sleep (see fut_asleep_serves()), or has been: to be run, or to
	 * be dropped.  *ret_up, untouched or set: if it is not, yet will be
	 * when the parent takes up that one.  NULL: others run it, and there is
	 * always hope.
	 */
	bool (*moves)(struct future_executor *executor,
		const struct fut_task *task, size_t asleep,
		const struct fut_task **ret_up);

	/*
	 * These two only for one on another: whether who runs that one, or is
	 * `inside` this, may run its oldest task now, which is `task` or one
	 * before it; and does.
	 */
	bool (*may_help)(struct future_executor *executor,
		const struct fut_task *task, bool inside);
	void (*help)(struct future_executor *executor,
		const struct fut_task *task);

	/* Those asleep in waits there look again at what they could run. */
	void (*prod)(struct future_executor *executor);

	/*
	 * Runs what can run, if that is for the calling thread to do, else
	 * waits for the one that does: 0 or ETIMEDOUT.  NULL: it has threads.
	 */
	int (*run_out)(struct future_executor *executor, int64_t deadline_ns);

	/*
	 * These two only where `hooked` was set.  hooks: under the shell's
	 * generation; false if that is over.  timed: a function has returned,
	 * of a task that is its `own`, or of one of a lane on it.
	 */
	bool (*hooks)(struct future_executor *executor, uint32_t generation,
		struct fut_executor_hooks *ret_hooks);
	void (*timed)(struct future_executor *executor, int64_t queued_ns,
		int64_t running_ns, bool own);

	/* The end of a handle: none of these if it is immortal. */
	void (*close)(struct future_executor *executor, bool wait);
	void (*shutdown)(struct future_executor *executor);
	size_t (*cancel)(struct future_executor *executor);
	int (*join)(struct future_executor *executor, int64_t deadline_ns);

	/* True if something of its own would wait for what waits here. */
	bool (*inside)(struct future_executor *executor);

	/* How far it, or what it is on, is closed. */
	enum fut_phase (*phase)(struct future_executor *executor);

	/* Its timers; NULL: it has none of its own. */
	struct fut_timers *(*timers)(struct future_executor *executor);

	/* See <future/executor.h>. */
	int (*drain)(struct future_executor *executor, int64_t deadline_ns);
	void (*stats)(struct future_executor *executor,
		struct future_executor_stats *ret_stats);

	/* See <future/stats.h>; what is given is all zero.  NULL: nothing. */
	void (*times)(struct future_executor *executor,
		struct future_executor_times *ret_times);
	size_t (*workers)(struct future_executor *executor, size_t size,
		struct future_executor_worker *ret_workers);
};

struct future_executor {
	const struct fut_executor_kind *kind;
	struct future_executor *next_free;	/* see shell.h */
	struct future_executor *_Atomic parent;	/* of a lane; else NULL */
	_Atomic uint32_t refs;		/* users' handles; 0: closing or free */
	_Atomic uint32_t generation;
	_Atomic bool hooked;		/* kind->hooks has something to say */
	bool immortal;			/* lent: cannot be closed */
	uint32_t born;			/* the process it belongs to */
	bool used;			/* under the lock of its shells */
	uintptr_t made_before;		/* see shell.h */
};

/* Belongs to no process in particular. */
#define FUT_BORN_EVERYWHERE UINT32_MAX

static inline bool fut_executor_inherited(
	const struct future_executor *executor)
{
	return FUT_UNLIKELY(executor->born != fut_fork_now()) &&
		executor->born != FUT_BORN_EVERYWHERE;
}

/* NULL on the thread of a sim is that. */
static inline struct future_executor *fut_executor_meant(
	struct future_executor *executor)
{
	return executor != NULL ? executor : fut_self()->sim;
}

/* The generation that a holder of a handle sees. */
static inline uint32_t fut_executor_generation(
	struct future_executor *executor)
{
	return atomic_load_explicit(&executor->generation, FUT_RELAXED);
}

static inline bool fut_executor_closed(struct future_executor *executor)
{
	return executor->kind->phase(executor) != FUT_PHASE_OPEN;
}

static inline bool fut_executor_cancelled(struct future_executor *executor)
{
	return executor->kind->phase(executor) >= FUT_PHASE_CANCELLED;
}

/*
 * It was meant for an earlier executor in this shell.  The default one, NULL,
 * is always the same.
 */
static inline bool fut_task_is_stale(const struct fut_task *task)
{
	return task->executor != NULL &&
		task->generation != fut_executor_generation(task->executor);
}

#endif
