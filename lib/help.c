/* See help.h. */
#include "help.h"
#include "pool.h"
#include "thread.h"
#include "unwind.h"

/* The waiter's own functions came from there, or from what that is on. */
static bool runs_here(struct future_executor *home)
{
	const struct fut_self *self = fut_self();

	for (; home != NULL; home = atomic_load_explicit(&home->parent,
			FUT_RELAXED)) {
		/* In a sim the seed says what runs. */
		if (home == self->sim)
			return false;
		/* Between two functions, too: in a destructor, say. */
		if ((self->worker != NULL &&
		     home == &self->worker->pool->executor) ||
		    (self->inline_busy && home == future_inline()) ||
		    fut_frame_belongs(home))
			return true;
	}
	return false;
}

static bool may_run(const struct fut_job *job)
{
	struct future_executor *home = fut_executor_peek(job->task.executor);

	/* What a user's executor holds is the user's to run. */
	if (home == NULL || fut_thread_stack_deep() ||
	    fut_task_is_stale(&job->task) ||
	    (home->kind->ran == NULL && home->kind->help == NULL))
		return false;
	return runs_here(home) && (home->kind->may_help == NULL ||
		home->kind->may_help(home, &job->task));
}

/*
 * More than this is not looked at: a lattice of inputs may be without end.  A
 * wait looks again whenever it wakes, who closes a ring but once.
 */
enum { HELP_LOOKS = 100000, RING_LOOKS = 1000000 };

struct look {
	const struct future_cell *other;	/* NULL: whoever runs here */
	bool prods;		/* what can be started is for others to start */
	size_t left;
	struct fut_job *job;	/* found, with a reference */
};

static enum fut_help find(struct look *look, struct future_cell *node);

/*
 * Several inputs: the first that can be helped.  It waits for itself if one
 * does, or where any of them would do, if every open one does; so where only
 * that is asked, the first that does not is the answer.  It never does where
 * there is hope beside them.
 */
static enum fut_help find_among(struct look *look, struct fut_job *job,
	struct future_cell *need, size_t at)
{
	bool hopes = job->cell.kind->hopes;
	bool any = job->cell.kind->needs_one || hopes;
	enum fut_help found = any && !hopes ? FUT_HELP_SELF : FUT_HELP_NOTHING;
	enum fut_help one;

	if (fut_thread_stack_deep())
		look->left = 0;
	for (; need != NULL; need = fut_job_need(job, &at)) {
		one = find(look, need);
		if (one == FUT_HELP_JOB || (one == FUT_HELP_SELF ? !any :
				any && look->other != NULL))
			return one;
		if (one != FUT_HELP_SELF && found != FUT_HELP_AGAIN)
			found = one;
	}
	return found;
}

static void prod(struct future_executor *executor)
{
	if (executor != NULL && executor->kind->prod != NULL)
		executor->kind->prod(executor);
}

/* A node that needs nothing more: it runs, or waits to be started. */
static enum fut_help find_here(struct look *look, struct fut_job *job)
{
	uint32_t state = fut_cell_state(&job->cell);

	if (look->other != NULL || job->cell.kind->run == NULL ||
	    (state & (FUT_STATUS | FUT_CLAIM)) != FUT_PENDING)
		return FUT_HELP_NOTHING;
	if (look->prods)
		prod(fut_executor_peek(job->task.executor));
	if (look->prods || !may_run(job))
		return FUT_HELP_NOTHING;
	fut_cell_ref(&job->cell);
	look->job = job;
	return FUT_HELP_JOB;
}

/* Takes the reference on `node`.  A chain is a loop, a tree a recursion. */
static enum fut_help find(struct look *look, struct future_cell *node)
{
	enum fut_help found = FUT_HELP_NOTHING;

	while (node != NULL) {
		struct fut_job *job = fut_job_of(node);
		struct future_cell *next = NULL;
		uint32_t state = fut_cell_state(node);
		size_t at = 0;

		if (fut_is_settled(state))
			found = FUT_HELP_AGAIN;
		else if (look->prods ? false :
			 look->other != NULL ? node == look->other :
				fut_frame_holds(node))
			found = FUT_HELP_SELF;
		else if (look->left > 0) {
			look->left--;
			next = fut_job_need(job, &at);
		}
		if (next != NULL && node->kind->run == NULL &&
		    !(state & FUT_FOLLOWS)) {
			found = find_among(look, job, next, at);
			next = NULL;
		} else if (next == NULL && found == FUT_HELP_NOTHING) {
			found = find_here(look, job);
		}
		fut_job_unref(job);
		node = next;
	}
	return found;
}

enum fut_help fut_help_find(struct future_cell *cell, struct fut_job **ret_job)
{
	struct look look = { .left = HELP_LOOKS };
	enum fut_help found = find(&look, fut_cell_ref(cell));

	*ret_job = look.job;
	return found;
}

void fut_help_prod(struct future_cell *cell)
{
	struct look look = { .prods = true, .left = HELP_LOOKS };

	find(&look, fut_cell_ref(cell));
}

bool fut_help_waits(struct future_cell *cell, const struct future_cell *other)
{
	struct look look = { .other = other, .left = RING_LOOKS };

	return find(&look, fut_cell_ref(cell)) == FUT_HELP_SELF;
}

/* By pthread_exit: the job has settled. */
static void help_left(void *argument)
{
	struct future_executor *executor = argument;

	if (!fut_executor_inherited(executor))
		executor->kind->ran(executor, FUT_END_CANCELLED);
}

static void lane_left(void *job)
{
	fut_job_unref(job);
}

void fut_help_run(struct fut_job *job)
{
	struct future_executor *executor =
		fut_executor_peek(job->task.executor);
	enum fut_end end;

	/* In a lane the earlier ones come first. */
	if (executor->kind->help != NULL) {
		FUT_WATCH(watch, lane_left, job);

		executor->kind->help(executor, &job->task);
		FUT_RETURNED(watch);
		fut_job_unref(job);
		return;
	}
	if (!fut_cell_start(&job->cell)) {
		fut_job_unref(job);
		return;
	}
	/* The executor's reference goes with the husk, this with the run. */
	executor->kind->husk(executor, &job->task, FUT_HUSK_CLAIMED);
	FUT_WATCH(watch, help_left, executor);
	end = job->cell.kind->run(job);
	FUT_RETURNED(watch);
	executor->kind->ran(executor, end);
}
