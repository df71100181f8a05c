/* How a lane's tasks come to run.  See lane.h. */
#include "lane.h"
#include "default.h"
#include "frame.h"
#include "pool.h"
#include "sleeper.h"
#include "unwind.h"

#include <errno.h>

/* Under the lock: true if the runner is to be sent, by who asks. */
static bool hire(struct fut_lane *lane)
{
	bool hired = !lane->sent && lane->queue.head != NULL &&
		lane->running < lane->limit;

	FUT_ASSERT(fut_lock_held(&lane->lock));
	lane->sent |= hired;
	return hired;
}

/* Under the lock: the oldest, which is at work now; NULL if there is none. */
static struct fut_task *take(struct fut_lane *lane)
{
	FUT_ASSERT(fut_lock_held(&lane->lock));
	lane->running++;
	if (lane->queue.head == NULL)
		return NULL;
	if (fut_queue_live(&lane->queue) > lane->peak)
		lane->peak = fut_queue_live(&lane->queue);
	return fut_queue_pop(&lane->queue);
}

/*
 * Under the lock, which it gives back: after whatever may have calmed it.  The
 * caller sends the runner if this is true.
 */
static bool unlock(struct fut_lane *lane)
{
	struct future_executor *parent = fut_lane_parent(lane);
	bool hired = hire(lane), calm = fut_lane_is_calm(lane);
	bool wake = calm && fut_calm_tell(&lane->calm);
	bool over = calm && lane->orphan;
	bool threads = fut_lane_has_threads(lane);

	/* By one only. */
	lane->orphan &= !over;
	fut_unlock(&lane->lock);
	if (wake)
		fut_calm_wake(&lane->calm);
	if (over)
		fut_lane_end(lane);
	if (over && threads)
		fut_executor_leave(parent);
	return hired;
}

/* Those asleep in waits look again at what they could run. */
static void prod(struct future_executor *parent)
{
	if (parent->kind->prod != NULL)
		parent->kind->prod(parent);
}

/*
 * Under the lock, as unlock(): one less at work.  Those who wait in the parent
 * may have looked while it was one too many, with the runner on its way; or
 * have hoped for the end of this one, after which there are too many still, as
 * those who help from inside are not counted.
 */
static bool unlock_after(struct fut_lane *lane)
{
	struct future_executor *parent = fut_lane_parent(lane);
	bool looked = lane->queue.head != NULL &&
		lane->running + lane->sent > lane->limit;
	bool hired;

	lane->running--;
	hired = unlock(lane);
	/* There may be no lane now, but its parent's shell is never freed. */
	if (looked)
		prod(parent);
	return hired;
}

/* Under the lock, which it gives back: drops what is queued; as unlock(). */
static bool drop(struct fut_lane *lane, int error, size_t *ret_settled)
{
	struct fut_task *queued = fut_queue_drain(&lane->queue);
	size_t settled;

	/* Not calm before they have settled. */
	lane->running++;
	fut_unlock(&lane->lock);
	settled = fut_tasks_drop(queued, error);
	fut_lock(&lane->lock);
	if (error == ECANCELED)
		lane->counts[FUT_END_CANCELLED] += settled;
	else
		lane->refused += settled;
	*ret_settled = settled;
	return unlock_after(lane);
}

/* The parent is over, or was cancelled: nothing more can run. */
static bool fail(struct fut_lane *lane, int error)
{
	size_t settled;

	fut_lock(&lane->lock);
	lane->sent = false;
	return drop(lane, error, &settled);
}

/* What is dropped may release more, which is refused in turn: a loop. */
static void send(struct fut_lane *lane, enum fut_post how)
{
	struct future_executor *parent = fut_lane_parent(lane);
	int error;

	do {
		error = parent->kind->post(parent, &lane->runner, how);
		how = FUT_POST_AGAIN;
	} while (error != 0 && fail(lane, error));
}

size_t fut_lane_drop(struct fut_lane *lane, int error)
{
	size_t settled;

	if (drop(lane, error, &settled))
		send(lane, FUT_POST_AGAIN);
	return settled;
}

struct at_work {
	struct fut_lane *lane;
	struct fut_frame frame;
};

static void count_end(struct fut_lane *lane, enum fut_end end)
{
	fut_lock(&lane->lock);
	lane->counts[end]++;
	if (unlock_after(lane))
		send(lane, FUT_POST_AGAIN);
}

/* By pthread_exit.  In a forked child the lane is the parent's. */
static void work_left(void *arg)
{
	struct at_work *at = arg;

	if (fut_executor_inherited(&at->lane->executor))
		return;
	fut_frame_pop(&at->frame);
	count_end(at->lane, FUT_END_CANCELLED);
}

/* Runs what was taken; settling it, too, is inside the lane. */
static enum fut_end work(struct fut_lane *lane, struct fut_task *task)
{
	struct at_work at = { .lane = lane };
	enum fut_end end = FUT_END_HUSK;

	if (task != NULL) {
		FUT_WATCH(watch, work_left, &at);

		fut_frame_push(&at.frame, &lane->executor, NULL);
		at.frame.at_work = true;
		end = task->kind->run(task);
		FUT_RETURNED(watch);
		fut_frame_pop(&at.frame);
	}
	count_end(lane, end);
	return end == FUT_END_HUSK ? FUT_END_HUSK : FUT_END_ELSEWHERE;
}

static enum fut_end runner_run(struct fut_task *runner)
{
	struct fut_lane *lane = FUT_OWNER(runner, struct fut_lane, runner);
	struct fut_task *task = NULL;
	bool turn, hired = false;

	fut_lock(&lane->lock);
	lane->sent = false;
	/* If not, who is at work has it sent again. */
	turn = lane->running < lane->limit;
	if (turn) {
		task = take(lane);
		hired = hire(lane);
	}
	fut_unlock(&lane->lock);
	if (hired)
		send(lane, FUT_POST_AGAIN);
	return turn ? work(lane, task) : FUT_END_HUSK;
}

static bool runner_drop(struct fut_task *runner, int error)
{
	struct fut_lane *lane = FUT_OWNER(runner, struct fut_lane, runner);

	if (fail(lane, error))
		send(lane, FUT_POST_AGAIN);
	return false;
}

static const struct fut_task_kind runner_task = { runner_run, runner_drop };

int fut_lane_post(struct future_executor *executor, struct fut_task *task,
	enum fut_post how)
{
	struct fut_lane *lane = fut_lane_of(executor);
	struct future_executor *parent = fut_lane_parent(lane);
	bool late = how < FUT_POST_RELEASED && fut_executor_closed(parent);
	bool hired = false;
	int error;

	fut_lock(&lane->lock);
	error = late ? ESHUTDOWN : fut_frame_check(task, lane->phase, how);
	if (error == 0) {
		fut_queue_push(&lane->queue, task, FUT_PLACE_QUEUED);
		hired = hire(lane);
	} else if (!fut_task_is_stale(task)) {
		lane->refused++;
	}
	fut_unlock(&lane->lock);
	if (hired)
		send(lane, how < FUT_POST_RELEASED ? FUT_POST_TIMED :
			FUT_POST_AGAIN);
	/* Some may be inside, with nothing sent that would tell them. */
	else if (error == 0 && FUT_UNLIKELY(fut_sleepers_help()))
		prod(parent);
	return error;
}

void fut_lane_husk(struct future_executor *executor, struct fut_task *task,
	enum fut_husk why)
{
	struct fut_lane *lane = fut_lane_of(executor);
	struct fut_task *husks = NULL;

	fut_lock(&lane->lock);
	if (!fut_task_is_stale(task)) {
		lane->counts[FUT_END_CANCELLED] += why == FUT_HUSK_CANCELLED;
		if (fut_queue_mark(&lane->queue, task))
			husks = fut_queue_sweep(&lane->queue);
	}
	if (unlock(lane))
		send(lane, FUT_POST_AGAIN);
	while (husks != NULL) {
		struct fut_task *husk = husks;

		husks = husk->next;
		husk->kind->run(husk);
	}
}

/* Under the lock: `task` is queued here, and the first of those may run. */
static bool may_take(struct fut_lane *lane, const struct fut_task *task,
	bool inside)
{
	FUT_ASSERT(fut_lock_held(&lane->lock));
	return !fut_task_is_stale(task) && task->place == FUT_PLACE_QUEUED &&
		(inside || lane->running < lane->limit);
}

bool fut_lane_moves(struct future_executor *executor,
	const struct fut_task *task, size_t asleep,
	const struct fut_task **ret_up)
{
	struct fut_lane *lane = fut_lane_of(executor);
	bool moves;

	(void)task;
	/* Beyond the limit, too: who is inside may run it for himself. */
	fut_lock(&lane->lock);
	moves = asleep < lane->running;
	if (!moves && asleep < lane->limit)
		*ret_up = &lane->runner;
	fut_unlock(&lane->lock);
	return moves;
}

bool fut_lane_may_help(struct future_executor *executor,
	const struct fut_task *task, bool inside)
{
	struct fut_lane *lane = fut_lane_of(executor);
	bool may;

	fut_lock(&lane->lock);
	may = may_take(lane, task, inside);
	fut_unlock(&lane->lock);
	return may;
}

/* No runner was taken up that the worker would count. */
static void count_helped(struct future_executor *root)
{
	struct fut_worker *worker = fut_self()->worker;

	if (worker != NULL && &worker->pool->executor == root)
		FUT_COUNT_UP(worker->ended[FUT_END_ELSEWHERE]);
}

void fut_lane_help(struct future_executor *executor,
	const struct fut_task *task)
{
	struct fut_lane *lane = fut_lane_of(executor);
	struct future_executor *parent = fut_lane_parent(lane);
	bool inside = fut_frame_belongs(executor), may, hired = false;
	bool cancelled = fut_executor_cancelled(parent);
	struct future_executor *root;
	struct fut_task *first = NULL;

	fut_lock(&lane->lock);
	root = lane->root;
	may = may_take(lane, task, inside);
	if (may && cancelled) {
		/* As the runner will be, which may be far behind. */
		(void)fut_lane_drop(lane, ECANCELED);
		return;
	}
	if (may) {
		first = take(lane);
		hired = hire(lane);
	}
	fut_unlock(&lane->lock);
	if (hired)
		send(lane, FUT_POST_AGAIN);
	if (may && work(lane, first) != FUT_END_HUSK)
		count_helped(root);
}

void fut_lane_start(struct fut_lane *lane, struct future_executor *parent)
{
	lane->runner = (struct fut_task){ .kind = &runner_task,
		.executor = parent,
		.generation = fut_executor_generation(parent),
		.priority = FUTURE_PRIORITY_NORMAL };
	lane->sent = false;
}
