/* The start and the end of a lane, and its handle.  See lane.h. */
#include "lane.h"
#include "alloc.h"
#include "default.h"
#include "frame.h"
#include "shell.h"
#include "timer.h"

#include <errno.h>
#include <string.h>

static struct fut_shells shells;

void fut_lane_end(struct fut_lane *lane)
{
	struct future_executor *root = lane->root;
	struct fut_times *times;
	bool timed;

	/* What is armed after the look into the heap is refused as stale. */
	fut_lock(&lane->lock);
	timed = lane->timed;
	times = lane->times;
	lane->times = NULL;
	fut_shell_renew(&lane->executor);
	fut_unlock(&lane->lock);
	fut_free(times);
	if (timed)
		fut_tasks_drop(root->kind->evict(root, &lane->executor),
			ESHUTDOWN);
	fut_shell_free(&shells, &lane->executor);
}

static void lane_prod(struct future_executor *executor)
{
	struct future_executor *parent = fut_lane_parent(fut_lane_of(executor));

	if (parent->kind->prod != NULL)
		parent->kind->prod(parent);
}

/*
 * Who has no handle may find another lane in the shell, with another root: the
 * heap that the timer stands in, or will, is that of the root it sees while the
 * lane is its own.
 */
static int lane_arm(struct future_executor *executor, struct fut_timer *timer,
	enum fut_post how)
{
	struct fut_lane *lane = fut_lane_of(executor);
	struct future_executor *parent = fut_lane_parent(lane), *root;
	bool late = how < FUT_POST_RELEASED && fut_executor_closed(parent);
	int error;

	fut_lock(&lane->lock);
	late |= fut_task_is_stale(fut_timer_task(timer));
	error = late ? ESHUTDOWN : fut_phase_check(lane->phase, how, true);
	root = lane->root;
	lane->timed |= error == 0;
	fut_unlock(&lane->lock);
	return error != 0 ? error : root->kind->arm(root, timer, how);
}

/* Where the lane is over its end has the timer, or an arm is refused. */
static bool lane_disarm(struct future_executor *executor,
	struct fut_timer *timer)
{
	struct fut_lane *lane = fut_lane_of(executor);
	struct future_executor *root;
	bool stale;

	fut_lock(&lane->lock);
	stale = fut_task_is_stale(fut_timer_task(timer));
	root = lane->root;
	fut_unlock(&lane->lock);
	return !stale && root->kind->disarm(root, timer);
}

static bool is_current(struct fut_lane *lane, uint32_t generation)
{
	bool is;

	fut_lock(&lane->lock);
	is = generation == fut_executor_generation(&lane->executor);
	fut_unlock(&lane->lock);
	return is;
}

/*
 * Its parent's, which the lane keeps; so what is read of that is right if the
 * lane is current afterwards, and then both may go at any time.
 */
static bool lane_hooks(struct future_executor *executor, uint32_t generation,
	struct fut_executor_hooks *ret_hooks)
{
	struct fut_lane *lane = fut_lane_of(executor);
	struct future_executor *parent = fut_lane_parent(lane);
	uint32_t above = fut_executor_generation(parent);

	return is_current(lane, generation) &&
		parent->kind->hooks(parent, above, ret_hooks);
}

static void lane_timed(struct future_executor *executor, int64_t queued_ns,
	int64_t running_ns, bool own)
{
	struct fut_lane *lane = fut_lane_of(executor);
	struct future_executor *parent = fut_lane_parent(lane);

	if (own) {
		fut_lock(&lane->lock);
		fut_times_add(lane->times, queued_ns, running_ns);
		fut_unlock(&lane->lock);
	}
	parent->kind->timed(parent, queued_ns, running_ns, false);
}

static void set_phase(struct fut_lane *lane, enum fut_phase phase)
{
	FUT_ASSERT(fut_lock_held(&lane->lock));
	if (lane->phase < phase)
		lane->phase = (uint8_t)phase;
}

static void lane_shutdown(struct future_executor *executor)
{
	struct fut_lane *lane = fut_lane_of(executor);

	fut_lock(&lane->lock);
	set_phase(lane, FUT_PHASE_SHUT);
	fut_unlock(&lane->lock);
}

static size_t lane_cancel(struct future_executor *executor)
{
	struct fut_lane *lane = fut_lane_of(executor);
	struct fut_task *timed;
	size_t settled;

	fut_lock(&lane->lock);
	set_phase(lane, FUT_PHASE_CANCELLED);
	fut_unlock(&lane->lock);
	timed = lane->root->kind->evict(lane->root, executor);
	fut_lock(&lane->lock);
	settled = fut_lane_drop(lane, ECANCELED);
	/* These were never queued: they are not in the lane's counts. */
	return settled + fut_tasks_drop(timed, ECANCELED);
}

static enum fut_phase phase_of(struct fut_lane *lane)
{
	enum fut_phase phase;

	fut_lock(&lane->lock);
	phase = lane->phase;
	fut_unlock(&lane->lock);
	return phase;
}

static enum fut_phase lane_phase(struct future_executor *executor)
{
	struct fut_lane *lane = fut_lane_of(executor);
	struct future_executor *parent = fut_lane_parent(lane);
	enum fut_phase above = parent->kind->phase(parent);
	enum fut_phase own = phase_of(lane);

	return own > above ? own : above;
}

/* Whoever runs its parent may be what would run it. */
static bool lane_inside(struct future_executor *executor)
{
	struct future_executor *parent = fut_lane_parent(fut_lane_of(executor));

	return fut_frame_belongs(executor) || parent->kind->inside(parent);
}

/* Until it is calm: 0, ETIMEDOUT; EDEADLK in a sim in which nothing moves. */
static int await(struct fut_lane *lane, int64_t deadline_ns)
{
	struct future_executor *root = lane->root;
	bool threads = fut_lane_has_threads(lane), ran = threads, calm;
	int error = 0;

	fut_lock(&lane->lock);
	while (!(calm = fut_lane_is_calm(lane)) && error == 0) {
		if (!ran) {
			fut_unlock(&lane->lock);
			error = root->kind->run_out(root, deadline_ns);
			fut_lock(&lane->lock);
		} else if (root == fut_self()->sim) {
			/* By another thread, which is dropping something. */
			error = EDEADLK;
		} else {
			error = fut_calm_await(&lane->calm, &lane->lock,
				deadline_ns);
		}
		ran = !ran || threads;
	}
	fut_unlock(&lane->lock);
	return calm ? 0 : error;
}

static int lane_drain(struct future_executor *executor, int64_t deadline_ns)
{
	return lane_inside(executor) ? EDEADLK :
		await(fut_lane_of(executor), deadline_ns);
}

static int lane_join(struct future_executor *executor, int64_t deadline_ns)
{
	if (lane_inside(executor))
		return EDEADLK;
	if (phase_of(fut_lane_of(executor)) == FUT_PHASE_OPEN)
		return EBUSY;
	return await(fut_lane_of(executor), deadline_ns);
}

static void lane_close(struct future_executor *executor, bool wait)
{
	struct fut_lane *lane = fut_lane_of(executor);
	struct future_executor *parent = fut_lane_parent(lane);
	bool threads = fut_lane_has_threads(lane), orphan;

	wait &= !lane_inside(executor);
	lane_shutdown(executor);
	/* EDEADLK: another thread is in there, and not to be waited for. */
	if (wait)
		(void)await(lane, FUT_FOREVER);
	fut_lock(&lane->lock);
	orphan = lane->orphan = !fut_lane_is_calm(lane);
	fut_unlock(&lane->lock);
	if (!orphan)
		fut_lane_end(lane);
	if (!orphan && wait)
		future_executor_unref(parent);
	else if (!orphan || !threads)
		fut_executor_leave(parent);
}

static void lane_stats(struct future_executor *executor,
	struct future_executor_stats *ret_stats)
{
	struct fut_lane *lane = fut_lane_of(executor);
	struct future_executor *parent = fut_lane_parent(lane);
	size_t threads;

	parent->kind->stats(parent, ret_stats);
	threads = ret_stats->threads;
	memset(ret_stats, 0, sizeof(*ret_stats));
	fut_lock(&lane->lock);
	ret_stats->queued = fut_queue_live(&lane->queue);
	ret_stats->running = lane->running;
	ret_stats->completed = lane->counts[FUT_END_OK];
	ret_stats->failed = lane->counts[FUT_END_FAILED];
	ret_stats->cancelled = lane->counts[FUT_END_CANCELLED];
	ret_stats->refused = lane->refused;
	ret_stats->peak_queue = lane->peak > ret_stats->queued ? lane->peak :
		ret_stats->queued;
	ret_stats->threads = threads == 0 || lane->limit < threads ?
		lane->limit : threads;
	if (lane->times != NULL) {
		ret_stats->queued_ns = fut_times_sum(&lane->times->queued);
		ret_stats->running_ns = fut_times_sum(&lane->times->running);
	}
	fut_unlock(&lane->lock);
}

/* Who asks has a handle, or is inside: it stays this lane. */
static void lane_times(struct future_executor *executor,
	struct future_executor_times *ret_times)
{
	struct fut_lane *lane = fut_lane_of(executor);

	if (lane->times != NULL)
		fut_times_read(lane->times, ret_times);
}

static const struct fut_executor_kind lane_kind = {
	.noun = "lane",
	.post = fut_lane_post,
	.husk = fut_lane_husk,
	.arm = lane_arm,
	.disarm = lane_disarm,
	.moves = fut_lane_moves,
	.may_help = fut_lane_may_help,
	.help = fut_lane_help,
	.prod = lane_prod,
	.hooks = lane_hooks,
	.timed = lane_timed,
	.close = lane_close,
	.shutdown = lane_shutdown,
	.cancel = lane_cancel,
	.inside = lane_inside,
	.phase = lane_phase,
	.join = lane_join,
	.drain = lane_drain,
	.stats = lane_stats,
	.times = lane_times,
};

static struct fut_shells shells = {
	.kind = &lane_kind,
	.size = sizeof(struct fut_lane),
};

/* Itself, or what it is on, at any distance. */
static struct future_executor *root_of(struct future_executor *executor)
{
	struct future_executor *parent = executor;

	do {
		executor = parent;
		parent = atomic_load_explicit(&executor->parent, FUT_RELAXED);
	} while (parent != NULL);
	return executor;
}

/* What it keeps its times in, where the parent has any.  0 or ENOMEM. */
static int new_times(struct future_executor *parent,
	struct fut_times **ret_times)
{
	struct fut_executor_hooks hooks = { .timing = false };

	*ret_times = NULL;
	if (!atomic_load_explicit(&parent->hooked, FUT_RELAXED) ||
	    !parent->kind->hooks(parent, fut_executor_generation(parent),
			&hooks) || !hooks.timing)
		return 0;
	*ret_times = fut_alloc_lines(sizeof(**ret_times));
	return *ret_times != NULL ? 0 : ENOMEM;
}

/* Takes the lock, for whoever has the address of an earlier lane. */
static void configure(struct fut_lane *lane, struct future_executor *parent,
	size_t limit, struct fut_times *times)
{
	fut_lock(&lane->lock);
	atomic_store_explicit(&lane->executor.parent, parent, FUT_RELAXED);
	lane->root = root_of(parent);
	lane->limit = limit;
	fut_lane_start(lane, parent);
	fut_queue_init(&lane->queue);
	lane->phase = FUT_PHASE_OPEN;
	lane->timed = lane->orphan = false;
	lane->running = lane->peak = lane->refused = 0;
	memset(lane->counts, 0, sizeof(lane->counts));
	lane->times = times;
	fut_unlock(&lane->lock);
	atomic_store_explicit(&lane->executor.hooked, atomic_load_explicit(
		&parent->hooked, FUT_RELAXED), FUT_RELAXED);
	atomic_store_explicit(&lane->executor.refs, 1, FUT_RELAXED);
}

int future_lane_new(future_executor_t *parent, size_t limit,
	future_executor_t **ret_lane)
{
	struct future_executor *executor = NULL;
	struct fut_times *times;

	if (limit == 0 || ret_lane == NULL)
		return EINVAL;
	if (parent == NULL)
		parent = future_default();
	if (parent == NULL)
		return EAGAIN;
	if (fut_executor_inherited(parent))
		return ECHILD;
	if (!fut_executor_try_ref(parent))
		return ESHUTDOWN;
	if (new_times(parent, &times) == 0)
		executor = fut_shell_new(&shells);
	if (executor == NULL) {
		fut_free(times);
		fut_executor_leave(parent);
		return ENOMEM;
	}
	configure(fut_lane_of(executor), parent, limit, times);
	fut_shell_show(&shells, executor);
	*ret_lane = executor;
	return 0;
}
