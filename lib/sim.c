/* The start and the end of a sim, and its handle.  See sim.h. */
#include "sim.h"
#include "frame.h"
#include "shell.h"

#include <errno.h>
#include <string.h>

/* The same in every sim; a day, so that what lies before it is positive. */
#define START_NS ((int64_t)86400 * 1000000000)

static struct fut_shells shells;

static int sim_post(struct future_executor *executor, struct fut_task *task,
	enum fut_post how)
{
	struct fut_sim *sim = fut_sim_of(executor);
	int error;

	fut_lock(&sim->timers.lock);
	error = fut_frame_check(task, sim->timers.phase, how);
	if (error == 0)
		fut_queue_push(&sim->queue, task, FUT_PLACE_QUEUED);
	else if (!fut_task_is_stale(task))
		sim->refused++;
	if (sim->queue.length > sim->peak)
		sim->peak = sim->queue.length;
	fut_unlock(&sim->timers.lock);
	return error;
}

static void sim_husk(struct future_executor *executor, struct fut_task *task,
	enum fut_husk why)
{
	struct fut_sim *sim = fut_sim_of(executor);
	bool queued = false;

	fut_lock(&sim->timers.lock);
	if (!fut_task_is_stale(task)) {
		sim->counts[FUT_END_CANCELLED] += why == FUT_HUSK_CANCELLED;
		queued = fut_queue_remove(&sim->queue, task);
	}
	fut_unlock(&sim->timers.lock);
	if (queued)
		task->kind->run(task);
}

static void sim_ran(struct future_executor *executor, enum fut_end end)
{
	struct fut_sim *sim = fut_sim_of(executor);

	fut_lock(&sim->timers.lock);
	sim->counts[end]++;
	fut_unlock(&sim->timers.lock);
}

static int sim_arm(struct future_executor *executor, struct fut_timer *timer,
	enum fut_post how)
{
	struct fut_sim *sim = fut_sim_of(executor);
	int error;

	fut_lock(&sim->timers.lock);
	error = fut_timers_check(&sim->timers, timer, how, sim->now_ns);
	if (error == 0)
		fut_heap_insert(&sim->timers.root, &timer->node);
	fut_unlock(&sim->timers.lock);
	return error;
}

static bool sim_disarm(struct future_executor *executor,
	struct fut_timer *timer)
{
	return fut_timers_disarm(&fut_sim_of(executor)->timers, timer);
}

static struct fut_task *sim_evict(struct future_executor *executor,
	struct future_executor *lane)
{
	return fut_timers_take_of(&fut_sim_of(executor)->timers, lane);
}

void fut_sim_end(struct fut_sim *sim)
{
	struct fut_self *self = fut_self();

	sim->orphan = false;
	fut_sim_finish(&sim->executor);
	fut_lock(&sim->timers.lock);
	fut_shell_renew(&sim->executor);
	fut_unlock(&sim->timers.lock);
	self->sim = NULL;
	self->clock = NULL;
	fut_shell_free(&shells, &sim->executor);
}

const struct fut_lots *fut_sim_finish(struct future_executor *executor)
{
	struct fut_sim *sim = fut_sim_of(executor);

	fut_timers_shut(&sim->timers, FUT_PHASE_SHUT);
	fut_sim_run(sim);
	fut_timers_end(&sim->timers);
	return &sim->lots;
}

static void sim_close(struct future_executor *executor, bool wait)
{
	struct fut_sim *sim = fut_sim_of(executor);

	(void)wait;
	if (!fut_sim_is_here(executor))
		fut_die("future_executor_unref: the last one of a sim, "
			"on another thread");
	fut_timers_shut(&sim->timers, FUT_PHASE_SHUT);
	if (sim->running > 0)
		sim->orphan = true;
	else
		fut_sim_end(sim);
}

static void sim_shutdown(struct future_executor *executor)
{
	fut_timers_shut(&fut_sim_of(executor)->timers, FUT_PHASE_SHUT);
}

static size_t sim_cancel(struct future_executor *executor)
{
	struct fut_sim *sim = fut_sim_of(executor);
	struct fut_task *timed, *queued;
	size_t settled;

	fut_timers_shut(&sim->timers, FUT_PHASE_CANCELLED);
	timed = fut_timers_take(&sim->timers);
	fut_lock(&sim->timers.lock);
	queued = fut_queue_drain(&sim->queue);
	fut_unlock(&sim->timers.lock);
	settled = fut_tasks_drop(queued, ECANCELED);
	fut_lock(&sim->timers.lock);
	sim->counts[FUT_END_CANCELLED] += settled;
	fut_unlock(&sim->timers.lock);
	return settled + fut_tasks_drop(timed, ECANCELED);
}

static enum fut_phase sim_phase(struct future_executor *executor)
{
	return fut_timers_phase(&fut_sim_of(executor)->timers);
}

static bool sim_inside(struct future_executor *executor)
{
	return fut_sim_is_here(executor) && fut_sim_of(executor)->running > 0;
}

static int sim_run_out(struct future_executor *executor, int64_t deadline_ns)
{
	(void)deadline_ns;
	if (fut_sim_is_here(executor))
		fut_sim_run(fut_sim_of(executor));
	return 0;
}

/* 0 if all of it can be run here. */
static int check_outside(struct future_executor *executor)
{
	if (!fut_sim_is_here(executor))
		return EPERM;
	return sim_inside(executor) ? EDEADLK : 0;
}

static int sim_join(struct future_executor *executor, int64_t deadline_ns)
{
	int error = check_outside(executor);

	(void)deadline_ns;
	if (error != 0)
		return error;
	if (!fut_executor_closed(executor))
		return EBUSY;
	fut_sim_finish(executor);
	return 0;
}

static int sim_drain(struct future_executor *executor, int64_t deadline_ns)
{
	int error = check_outside(executor);

	(void)deadline_ns;
	if (error == 0)
		fut_sim_run(fut_sim_of(executor));
	return error;
}

static void sim_stats(struct future_executor *executor,
	struct future_executor_stats *ret_stats)
{
	struct fut_sim *sim = fut_sim_of(executor);

	memset(ret_stats, 0, sizeof(*ret_stats));
	fut_lock(&sim->timers.lock);
	ret_stats->queued = sim->queue.length;
	ret_stats->running = sim->running;
	ret_stats->completed = sim->counts[FUT_END_OK];
	ret_stats->failed = sim->counts[FUT_END_FAILED];
	ret_stats->cancelled = sim->counts[FUT_END_CANCELLED];
	ret_stats->refused = sim->refused;
	ret_stats->peak_queue = sim->peak;
	ret_stats->threads = 1;
	fut_unlock(&sim->timers.lock);
}

static const struct fut_executor_kind sim_kind = {
	.noun = "sim",
	.post = sim_post,
	.husk = sim_husk,
	.ran = sim_ran,
	.arm = sim_arm,
	.disarm = sim_disarm,
	.evict = sim_evict,
	.run_out = sim_run_out,
	.close = sim_close,
	.shutdown = sim_shutdown,
	.cancel = sim_cancel,
	.inside = sim_inside,
	.phase = sim_phase,
	.join = sim_join,
	.drain = sim_drain,
	.stats = sim_stats,
};

static struct fut_shells shells = {
	.kind = &sim_kind,
	.size = sizeof(struct fut_sim),
};

int future_sim_new(uint64_t seed, future_executor_t **ret_sim)
{
	struct fut_self *self = fut_self();
	struct future_executor *shell;
	struct fut_sim *sim;

	if (ret_sim == NULL)
		return EINVAL;
	if (self->sim != NULL)
		return EBUSY;
	shell = fut_shell_new(&shells);
	if (shell == NULL)
		return ENOMEM;
	sim = fut_sim_of(shell);
	fut_timers_open(&sim->timers);
	/* Under the lock, for who has the address of an earlier one. */
	fut_lock(&sim->timers.lock);
	fut_queue_init(&sim->queue);
	sim->peak = sim->refused = sim->running = 0;
	memset(sim->counts, 0, sizeof(sim->counts));
	sim->now_ns = START_NS;
	fut_unlock(&sim->timers.lock);
	fut_lots_init(&sim->lots, seed);
	sim->orphan = false;
	atomic_store_explicit(&sim->executor.refs, 1, FUT_RELAXED);
	fut_shell_show(&shells, shell);
	self->sim = &sim->executor;
	self->clock = &sim->now_ns;
	*ret_sim = &sim->executor;
	return 0;
}

/* 0, or why it cannot be run here. */
static int check(const struct future_executor *executor)
{
	if (executor == NULL || executor->kind != &sim_kind)
		return EINVAL;
	if (fut_executor_inherited(executor))
		return ECHILD;
	return fut_sim_is_here(executor) ? 0 : EPERM;
}

int future_sim_run(future_executor_t *sim)
{
	int error = check(sim);

	if (error == 0)
		fut_sim_run(fut_sim_of(sim));
	return error;
}

int future_sim_advance(future_executor_t *executor, int64_t ns)
{
	int error = check(executor);

	if (error != 0)
		return error;
	if (ns < 0)
		return EINVAL;
	fut_sim_move_clock(fut_sim_of(executor),
		fut_add_sat(fut_sim_of(executor)->now_ns, ns));
	return 0;
}
