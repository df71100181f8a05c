/*
 * Floor 4: an executor of the user's own: what is posted goes to a function of
 * his, and comes back to be run or dropped.
 *
 * A work is a task, in his hands from the one to the other.  `busy` counts
 * those, and the calls of his post: one that another thread has run already is
 * still being posted here, with his memory.  When there is none, nobody is in
 * the executor.
 *
 * The shell is never freed: shell.h.
 *
 *			post	husk	take	leave	close	await
 *	each		X	X	X	X	X	X	(lock)
 */
#include "calm.h"
#include "default.h"
#include "frame.h"
#include "lock.h"
#include "pool.h"
#include "shell.h"
#include "unwind.h"

#include <errno.h>
#include <future/own.h>
#include <string.h>

struct own {
	struct future_executor executor;	/* first */

	struct fut_lock lock;
	uint8_t phase;			/* enum fut_phase; all under lock */
	bool orphan;			/* the last to leave ends it */
	future_executor_ops_t ops;
	void *self;
	size_t busy;			/* as explained above */
	size_t queued;			/* in his hands, no husks, not run */
	size_t running;
	size_t peak;			/* of queued, when one left */
	size_t refused;
	size_t counts[FUT_ENDS];
	struct fut_calm calm;		/* nothing is busy */
};

/* A call of his post, on the stack of who makes it. */
struct fut_posting {
	struct fut_posting *up;
	const struct own *own;
};

static struct fut_shells shells;

static struct own *own_of(struct future_executor *executor)
{
	return FUT_OWNER(executor, struct own, executor);
}

/* This thread is in his post. */
static bool is_posting(const struct own *own)
{
	const struct fut_posting *posting = fut_self()->posting;

	while (posting != NULL && posting->own != own)
		posting = posting->up;
	return posting != NULL;
}

/* Its end cannot be waited for here. */
static bool is_inside(const struct own *own)
{
	return fut_frame_belongs(&own->executor) || is_posting(own);
}

/* As a destructor, also in the middle of whatever this thread is at. */
static void call_free(void (*free_self)(void *self), void *self)
{
	struct fut_aside aside = fut_set_aside();
	FUT_MUST_RETURN(must, "libfuture: free of an executor was left by "
		"pthread_exit or an exception");

	fut_worker_unkeep();
	free_self(self);
	FUT_HAS_RETURNED(must);
	fut_resume(&aside);
}

/* Nobody is in it any more, but old addresses. */
static void release(struct own *own)
{
	void (*free_self)(void *self);
	void *self;

	fut_lock(&own->lock);
	free_self = own->ops.free;
	self = own->self;
	fut_shell_renew(&own->executor);
	fut_unlock(&own->lock);
	fut_shell_free(&shells, &own->executor);
	if (free_self != NULL)
		call_free(free_self, self);
}

/*
 * So many less are busy: calls of post, or a work that ended.  Afterwards the
 * executor may be over.
 */
static void leave(struct own *own, size_t busy, bool ran, enum fut_end how)
{
	bool calm, last;

	fut_lock(&own->lock);
	own->busy -= busy;
	own->running -= ran;
	own->counts[how]++;
	calm = own->busy == 0 && fut_calm_tell(&own->calm);
	last = own->busy == 0 && own->orphan;
	fut_unlock(&own->lock);
	if (calm)
		fut_calm_wake(&own->calm);
	if (last)
		release(own);
}

/* Under the lock: no longer queued, for one reason or another. */
static void unqueue(struct own *own, struct fut_task *task,
	enum fut_task_place place)
{
	FUT_ASSERT(fut_lock_held(&own->lock));
	if (task->place == FUT_PLACE_QUEUED) {
		if (own->queued > own->peak)
			own->peak = own->queued;
		own->queued--;
	}
	task->place = (uint8_t)place;
}

/* Calls his post, in the middle of whatever this thread is at. */
static int call_post(const struct own *own, const future_executor_ops_t *ops,
	void *self, struct fut_task *task)
{
	struct fut_aside aside = fut_set_aside();
	struct fut_posting posting = { fut_self()->posting, own };
	int error;
	FUT_MUST_RETURN(must, "libfuture: post of an executor was left by "
		"pthread_exit or an exception");

	fut_self()->posting = &posting;
	fut_worker_unkeep();
	error = ops->post(self, (future_work_t *)(void *)task);
	FUT_HAS_RETURNED(must);
	fut_self()->posting = posting.up;
	fut_resume(&aside);
	/* Negative ones mean something else to who posts. */
	return error < 0 ? EINVAL : error;
}

/* He has refused it: it never was in his hands. */
static void take_back(struct own *own, struct fut_task *task)
{
	bool gone;

	fut_lock(&own->lock);
	gone = task->place == FUT_PLACE_NONE;
	if (task->place == FUT_PLACE_QUEUED)
		own->queued--;
	task->place = FUT_PLACE_NONE;
	own->refused++;
	fut_unlock(&own->lock);
	if (gone)
		fut_die("post of an executor: refused a work that was run "
			"or dropped");
}

static int own_post(struct future_executor *executor, struct fut_task *task,
	enum fut_post how)
{
	struct own *own = own_of(executor);
	future_executor_ops_t ops;
	void *self;
	int error;

	fut_lock(&own->lock);
	error = fut_frame_check(task, own->phase, how);
	if (error == 0) {
		own->busy += 2;	/* the work, and this call */
		own->queued++;
		task->place = FUT_PLACE_QUEUED;
	} else if (!fut_task_is_stale(task)) {
		own->refused++;
	}
	ops = own->ops;
	self = own->self;
	fut_unlock(&own->lock);
	if (error != 0)
		return error;
	error = call_post(own, &ops, self, task);
	/* If he took it, it may be gone. */
	if (error != 0)
		take_back(own, task);
	leave(own, error != 0 ? 2 : 1, false, FUT_END_HUSK);
	return error;
}

static void own_husk(struct future_executor *executor, struct fut_task *task,
	enum fut_husk why)
{
	struct own *own = own_of(executor);

	FUT_ASSERT(why == FUT_HUSK_CANCELLED);
	(void)why;
	fut_lock(&own->lock);
	if (!fut_task_is_stale(task)) {
		own->counts[FUT_END_CANCELLED]++;
		if (task->place == FUT_PLACE_QUEUED)
			unqueue(own, task, FUT_PLACE_HUSK);
	}
	fut_unlock(&own->lock);
}

/* Takes a work out of his hands.  NULL: it belongs to the parent process. */
static struct own *take(struct fut_task *task, bool *ret_run,
	const char *sentence)
{
	struct future_executor *executor = task->executor;
	struct own *own;
	bool there;

	if (executor == NULL || executor->kind != shells.kind)
		fut_die(sentence);
	if (fut_executor_inherited(executor))
		return NULL;
	own = own_of(executor);
	if (is_posting(own))
		fut_die("future_work_run, future_work_drop: inside post");
	fut_lock(&own->lock);
	there = task->place != FUT_PLACE_NONE;
	*ret_run = *ret_run && own->phase != FUT_PHASE_CANCELLED;
	unqueue(own, task, FUT_PLACE_NONE);
	own->running += *ret_run;
	fut_unlock(&own->lock);
	if (!there)
		fut_die(sentence);
	return own;
}

static void end(future_work_t *work, bool run, const char *sentence)
{
	struct fut_task *task = (struct fut_task *)(void *)work;
	struct own *own = task != NULL ? take(task, &run, sentence) : NULL;
	struct fut_frame frame;
	enum fut_end how;

	if (own == NULL)
		return;
	FUT_MUST_RETURN(must, "libfuture: a work was left by pthread_exit or "
		"an exception");
	/* Inside, also for what fires when its function has returned. */
	fut_frame_push(&frame, &own->executor, NULL);
	if (run)
		how = task->kind->run(task);
	else
		how = task->kind->drop(task, ECANCELED) ? FUT_END_CANCELLED :
			FUT_END_HUSK;
	FUT_HAS_RETURNED(must);
	fut_frame_pop(&frame);
	leave(own, 1, run, how);
}

void future_work_run(future_work_t *work)
{
	end(work, true, "future_work_run: the work is not in your hands");
}

void future_work_drop(future_work_t *work)
{
	end(work, false, "future_work_drop: the work is not in your hands");
}

static enum fut_phase own_phase(struct future_executor *executor)
{
	struct own *own = own_of(executor);
	enum fut_phase phase;

	fut_lock(&own->lock);
	phase = own->phase;
	fut_unlock(&own->lock);
	return phase;
}

/* But the default executor keeps the time. */
static int own_arm(struct future_executor *executor, struct fut_timer *timer,
	enum fut_post how)
{
	int error = fut_phase_check(own_phase(executor), how, true);

	return error != 0 ? error : fut_default_arm(executor, timer, how);
}

/* Until nothing is in his hands.  0 or ETIMEDOUT. */
static int await(struct own *own, int64_t deadline_ns)
{
	int error = 0;
	bool busy;

	fut_lock(&own->lock);
	while ((busy = own->busy != 0) && error == 0)
		error = fut_calm_await(&own->calm, &own->lock, deadline_ns);
	fut_unlock(&own->lock);
	return busy ? error : 0;
}

static void close_to(struct own *own, enum fut_phase phase)
{
	fut_lock(&own->lock);
	if (own->phase < phase)
		own->phase = (uint8_t)phase;
	fut_unlock(&own->lock);
}

static void own_shutdown(struct future_executor *executor)
{
	close_to(own_of(executor), FUT_PHASE_SHUT);
}

/* What is queued is in his hands: it is dropped when he runs it. */
static size_t own_cancel(struct future_executor *executor)
{
	close_to(own_of(executor), FUT_PHASE_CANCELLED);
	return 0;
}

static bool own_inside(struct future_executor *executor)
{
	return is_inside(own_of(executor));
}

static void own_close(struct future_executor *executor, bool wait)
{
	struct own *own = own_of(executor);
	bool inside = is_inside(own), orphan;

	fut_lock(&own->lock);
	if (own->phase == FUT_PHASE_OPEN)
		own->phase = FUT_PHASE_SHUT;
	orphan = (!wait || inside) && own->busy > 0;
	own->orphan = orphan;
	fut_unlock(&own->lock);
	if (orphan)
		return;
	(void)!await(own, FUT_FOREVER);
	release(own);
}

static int own_drain(struct future_executor *executor, int64_t deadline_ns)
{
	struct own *own = own_of(executor);

	return is_inside(own) ? EDEADLK : await(own, deadline_ns);
}

static int own_join(struct future_executor *executor, int64_t deadline_ns)
{
	struct own *own = own_of(executor);

	if (is_inside(own))
		return EDEADLK;
	return fut_executor_closed(executor) ? await(own, deadline_ns) : EBUSY;
}

static void own_stats(struct future_executor *executor,
	struct future_executor_stats *ret_stats)
{
	struct own *own = own_of(executor);

	memset(ret_stats, 0, sizeof(*ret_stats));
	fut_lock(&own->lock);
	ret_stats->queued = own->queued;
	ret_stats->running = own->running;
	ret_stats->completed = own->counts[FUT_END_OK];
	ret_stats->failed = own->counts[FUT_END_FAILED];
	ret_stats->cancelled = own->counts[FUT_END_CANCELLED];
	ret_stats->refused = own->refused;
	ret_stats->peak_queue = own->queued > own->peak ? own->queued :
		own->peak;
	fut_unlock(&own->lock);
}

static const struct fut_executor_kind own_kind = {
	.noun = "executor",
	.post = own_post,
	.husk = own_husk,
	.arm = own_arm,
	.disarm = fut_default_disarm,
	.evict = fut_default_evict,
	.close = own_close,
	.shutdown = own_shutdown,
	.cancel = own_cancel,
	.inside = own_inside,
	.phase = own_phase,
	.join = own_join,
	.drain = own_drain,
	.stats = own_stats,
};

static struct fut_shells shells = {
	.kind = &own_kind,
	.size = sizeof(struct own),
};

int future_executor_new(const future_executor_ops_t *ops, void *self,
	future_executor_t **ret_executor)
{
	struct future_executor *shell;
	struct own *own;

	if (ops == NULL || ops->post == NULL || ret_executor == NULL)
		return EINVAL;
	shell = fut_shell_new(&shells);
	if (shell == NULL)
		return ENOMEM;
	own = own_of(shell);
	/* Under the lock, for who has the address of an earlier one. */
	fut_lock(&own->lock);
	own->phase = FUT_PHASE_OPEN;
	own->orphan = false;
	own->ops = *ops;
	own->self = self;
	own->busy = own->queued = own->running = 0;
	own->peak = own->refused = 0;
	memset(own->counts, 0, sizeof(own->counts));
	fut_unlock(&own->lock);
	atomic_store_explicit(&own->executor.refs, 1, FUT_RELAXED);
	fut_shell_show(&shells, shell);
	*ret_executor = &own->executor;
	return 0;
}
