/* The start and the end of a loop, and its handle.  See loop.h. */
#include "loop.h"
#include "clock.h"
#include "frame.h"
#include "pool.h"
#include "shell.h"

#include <errno.h>
#include <string.h>

static struct fut_shells shells;

/* Under the lock. */
static bool enqueue(struct fut_loop *loop, struct fut_task *task)
{
	FUT_ASSERT(fut_lock_held(&loop->timers.lock));
	fut_queue_push(&loop->queue, task, FUT_PLACE_QUEUED);
	if (fut_loop_live(loop) > loop->peak)
		loop->peak = fut_loop_live(loop);
	return fut_loop_rouse(loop);
}

static int loop_post(struct future_executor *executor, struct fut_task *task,
	enum fut_post how)
{
	struct fut_loop *loop = fut_loop_of(executor);
	bool wake = false;
	int error;

	fut_lock(&loop->timers.lock);
	error = fut_frame_check(task, loop->timers.phase, how);
	if (error == 0)
		wake = enqueue(loop, task);
	else if (!fut_task_is_stale(task))
		loop->refused++;
	fut_unlock(&loop->timers.lock);
	/* A word of the shell, which is never freed. */
	if (wake)
		fut_unpark(&loop->wake, 1);
	return error;
}

static void loop_husk(struct future_executor *executor, struct fut_task *task,
	enum fut_husk why)
{
	struct fut_loop *loop = fut_loop_of(executor);
	struct fut_task *husks = NULL;

	fut_lock(&loop->timers.lock);
	if (!fut_task_is_stale(task)) {
		if (why == FUT_HUSK_CANCELLED)
			loop->counts[FUT_END_CANCELLED]++;
		else
			loop->running++;
		if (fut_queue_mark(&loop->queue, task))
			husks = fut_queue_sweep(&loop->queue);
		fut_loop_show(loop);
	}
	fut_unlock(&loop->timers.lock);
	fut_loop_let_go(husks);
}

static void loop_ran(struct future_executor *executor, enum fut_end end)
{
	struct fut_loop *loop = fut_loop_of(executor);

	fut_lock(&loop->timers.lock);
	loop->running--;
	loop->counts[end]++;
	fut_unlock(&loop->timers.lock);
}

static int loop_arm(struct future_executor *executor, struct fut_timer *timer,
	enum fut_post how)
{
	struct fut_loop *loop = fut_loop_of(executor);
	int64_t now_ns = fut_clock_now();
	bool wake = false;
	int error;

	fut_lock(&loop->timers.lock);
	error = fut_timers_check(&loop->timers, timer, how, now_ns);
	if (error == 0) {
		fut_heap_insert(&loop->timers.root, &timer->node);
		if (loop->timers.root == &timer->node)
			wake = fut_loop_rouse(loop);
	}
	fut_unlock(&loop->timers.lock);
	if (wake)
		fut_unpark(&loop->wake, 1);
	return error;
}

static bool loop_disarm(struct future_executor *executor,
	struct fut_timer *timer)
{
	return fut_timers_disarm(&fut_loop_of(executor)->timers, timer);
}

static struct fut_task *loop_evict(struct future_executor *executor,
	struct future_executor *lane)
{
	return fut_timers_take_of(&fut_loop_of(executor)->timers, lane);
}

/* Something has changed for who sleeps. */
static void rouse(struct fut_loop *loop, bool stop)
{
	bool wake;

	fut_lock(&loop->timers.lock);
	loop->stopping |= stop;
	wake = fut_loop_rouse(loop);
	fut_unlock(&loop->timers.lock);
	if (wake)
		fut_unpark(&loop->wake, 1);
}

static void loop_prod(struct future_executor *executor)
{
	rouse(fut_loop_of(executor), false);
}

static void loop_shutdown(struct future_executor *executor)
{
	fut_timers_shut(&fut_loop_of(executor)->timers, FUT_PHASE_SHUT);
	rouse(fut_loop_of(executor), false);
}

static size_t loop_cancel(struct future_executor *executor)
{
	struct fut_loop *loop = fut_loop_of(executor);
	struct fut_task *timed, *queued;
	size_t settled;

	fut_timers_shut(&loop->timers, FUT_PHASE_CANCELLED);
	timed = fut_timers_take(&loop->timers);
	fut_lock(&loop->timers.lock);
	fut_loop_take_mark(loop);
	queued = fut_queue_drain(&loop->queue);
	fut_unlock(&loop->timers.lock);
	settled = fut_tasks_drop(queued, ECANCELED);
	fut_lock(&loop->timers.lock);
	loop->counts[FUT_END_CANCELLED] += settled;
	fut_unlock(&loop->timers.lock);
	rouse(loop, false);
	return settled + fut_tasks_drop(timed, ECANCELED);
}

static enum fut_phase loop_phase(struct future_executor *executor)
{
	return fut_timers_phase(&fut_loop_of(executor)->timers);
}

/* In one of its tasks. */
static bool loop_inside(struct future_executor *executor)
{
	const struct fut_loop *at = fut_self()->loop;
	const struct fut_loop *loop = fut_loop_of(executor);

	while (at != NULL && at != loop)
		at = at->outer;
	return at != NULL;
}

/* Until nothing is left, or the deadline.  ETIMEDOUT says it has passed. */
static int run_out(struct fut_loop *loop, int64_t deadline_ns)
{
	bool late;

	if (fut_loop_enter(loop) != 0)
		return 0;	/* somebody has come before: look again */
	do
		late = fut_clock_now() >= deadline_ns;
	while (!late && (fut_loop_pass(loop, false) > 0 ||
			fut_loop_has_more(loop)));
	fut_loop_leave(loop);
	return late ? ETIMEDOUT : 0;
}

/* Under the lock: nothing is queued, and no task runs; or nobody runs it. */
static bool is_calm(const struct fut_loop *loop, bool over)
{
	return loop->queue.head == NULL && (loop->runner == NULL ||
		(loop->napping && !over));
}

/* Until it is so.  Runs the loop, if nobody else does.  0 or ETIMEDOUT. */
static int await(struct fut_loop *loop, int64_t deadline_ns, bool over)
{
	struct fut_lock *lock = &loop->timers.lock;
	int error = 0;
	bool calm;

	fut_lock(lock);
	while (!(calm = is_calm(loop, over)) && error == 0) {
		if (loop->runner != NULL) {
			error = fut_calm_await(&loop->calm, lock, deadline_ns);
			continue;
		}
		fut_unlock(lock);
		error = run_out(loop, deadline_ns);
		fut_lock(lock);
	}
	fut_unlock(lock);
	return calm ? 0 : error;
}

static int loop_run_out(struct future_executor *executor, int64_t deadline_ns)
{
	return await(fut_loop_of(executor), deadline_ns, false);
}

static int loop_drain(struct future_executor *executor, int64_t deadline_ns)
{
	return loop_inside(executor) ? EDEADLK :
		loop_run_out(executor, deadline_ns);
}

static int loop_join(struct future_executor *executor, int64_t deadline_ns)
{
	struct fut_loop *loop = fut_loop_of(executor);
	int error;

	if (loop_inside(executor))
		return EDEADLK;
	if (!fut_executor_closed(executor))
		return EBUSY;
	do {
		error = await(loop, deadline_ns, true);
		if (error != 0)
			return error;
	} while (fut_loop_enter(loop) != 0);
	fut_loop_finish(loop);
	fut_loop_leave(loop);
	return 0;
}

void fut_loop_release(struct fut_loop *loop)
{
	fut_lock(&loop->timers.lock);
	fut_shell_renew(&loop->executor);
	loop->runner = NULL;
	fut_unlock(&loop->timers.lock);
	fut_wakefd_close(&loop->wakefd);
	fut_shell_free(&shells, &loop->executor);
}

static void loop_close(struct future_executor *executor, bool wait)
{
	struct fut_loop *loop = fut_loop_of(executor);
	bool orphan;

	loop_shutdown(executor);
	fut_lock(&loop->timers.lock);
	orphan = loop->runner != NULL && (!wait || loop_inside(executor));
	loop->orphan = orphan;
	fut_unlock(&loop->timers.lock);
	if (orphan)
		return;
	(void)!loop_join(executor, FUT_FOREVER);
	fut_loop_release(loop);
}

static void loop_stats(struct future_executor *executor,
	struct future_executor_stats *ret_stats)
{
	struct fut_loop *loop = fut_loop_of(executor);

	memset(ret_stats, 0, sizeof(*ret_stats));
	fut_lock(&loop->timers.lock);
	ret_stats->queued = fut_loop_live(loop);
	ret_stats->running = loop->running;
	ret_stats->completed = loop->counts[FUT_END_OK];
	ret_stats->failed = loop->counts[FUT_END_FAILED];
	ret_stats->cancelled = loop->counts[FUT_END_CANCELLED];
	ret_stats->refused = loop->refused;
	ret_stats->peak_queue = loop->peak;
	ret_stats->threads = 1;
	fut_unlock(&loop->timers.lock);
}

static struct fut_timers *loop_timers(struct future_executor *executor)
{
	return &fut_loop_of(executor)->timers;
}

/* By who runs it, or nobody: then somebody may. */
static bool loop_moves(struct future_executor *executor,
	const struct fut_task *task, size_t asleep,
	const struct fut_task **ret_up)
{
	struct fut_loop *loop = fut_loop_of(executor);
	bool taken;

	(void)ret_up;
	fut_lock(&loop->timers.lock);
	taken = task->place == FUT_PLACE_NONE;
	fut_unlock(&loop->timers.lock);
	return taken || asleep == 0;
}

static const struct fut_executor_kind loop_kind = {
	.noun = "loop",
	.post = loop_post,
	.husk = loop_husk,
	.ran = loop_ran,
	.arm = loop_arm,
	.disarm = loop_disarm,
	.evict = loop_evict,
	.prod = loop_prod,
	.moves = loop_moves,
	.run_out = loop_run_out,
	.close = loop_close,
	.shutdown = loop_shutdown,
	.cancel = loop_cancel,
	.inside = loop_inside,
	.phase = loop_phase,
	.join = loop_join,
	.timers = loop_timers,
	.drain = loop_drain,
	.stats = loop_stats,
};

static struct fut_shells shells = {
	.kind = &loop_kind,
	.size = sizeof(struct fut_loop),
};

/* Under the lock, for who has the address of an earlier one. */
static void init(struct fut_loop *loop, const struct fut_wakefd *wakefd)
{
	FUT_ASSERT(fut_lock_held(&loop->timers.lock));
	fut_queue_init(&loop->queue);
	loop->mark = (struct fut_task){ .place = FUT_PLACE_NONE };
	loop->peak = loop->refused = loop->running = 0;
	memset(loop->counts, 0, sizeof(loop->counts));
	loop->runner = NULL;
	loop->napping = loop->stopping = loop->orphan = loop->polled = false;
	loop->told_ns = FUT_FOREVER;
	loop->blocked = NULL;
	loop->wakefd = *wakefd;
}

int future_loop_new(future_executor_t **ret_loop)
{
	struct future_executor *shell;
	struct fut_wakefd wakefd;
	struct fut_loop *loop;
	int error;

	if (ret_loop == NULL)
		return EINVAL;
	error = fut_wakefd_open(&wakefd);
	if (error != 0)
		return error;
	shell = fut_shell_new(&shells);
	if (shell == NULL) {
		fut_wakefd_close(&wakefd);
		return ENOMEM;
	}
	loop = fut_loop_of(shell);
	fut_timers_open(&loop->timers);
	fut_lock(&loop->timers.lock);
	init(loop, &wakefd);
	fut_unlock(&loop->timers.lock);
	atomic_store_explicit(&loop->executor.refs, 1, FUT_RELAXED);
	fut_shell_show(&shells, shell);
	*ret_loop = &loop->executor;
	return 0;
}

/* 0, or why it is no loop here. */
static int check(const struct future_executor *executor)
{
	if (executor == NULL || executor->kind != &loop_kind)
		return EINVAL;
	return fut_executor_inherited(executor) ? ECHILD : 0;
}

int future_loop_fd(future_executor_t *executor)
{
	struct fut_loop *loop;
	int fd;

	if (check(executor) != 0)
		return -1;
	loop = fut_loop_of(executor);
	fut_lock(&loop->timers.lock);
	loop->polled = true;
	fut_loop_show(loop);
	fd = loop->wakefd.fd;
	fut_unlock(&loop->timers.lock);
	return fd;
}

future_time_t future_loop_deadline(future_executor_t *executor)
{
	future_time_t due = FUTURE_FOREVER;
	struct fut_loop *loop;

	if (check(executor) != 0)
		return due;
	loop = fut_loop_of(executor);
	fut_lock(&loop->timers.lock);
	if (loop->timers.root != NULL)
		due.ns = loop->timers.root->key;
	loop->told_ns = due.ns;
	fut_loop_show(loop);
	if (loop->queue.head != NULL)
		due = FUTURE_NOW;
	fut_unlock(&loop->timers.lock);
	return due;
}

size_t future_loop_run_pending(future_executor_t *executor)
{
	struct fut_loop *loop;
	size_t ran;

	if (check(executor) != 0)
		return 0;
	loop = fut_loop_of(executor);
	if (fut_loop_enter(loop) != 0)
		return 0;
	ran = fut_loop_pass(loop, false);
	fut_loop_leave(loop);
	return ran;
}

int future_loop_run(future_executor_t *executor)
{
	int error = check(executor);

	if (error == 0)
		error = fut_loop_enter(fut_loop_of(executor));
	if (error != 0)
		return error;
	error = fut_loop_spin(fut_loop_of(executor));
	fut_loop_leave(fut_loop_of(executor));
	return error;
}

void future_loop_stop(future_executor_t *executor)
{
	if (check(executor) == 0)
		rouse(fut_loop_of(executor), true);
}
