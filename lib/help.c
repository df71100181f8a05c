/* See help.h. */
#include "help.h"
#include "pool.h"
#include "thread.h"
#include "unwind.h"

/* Whatever it links to. */
static struct future_cell *next_link(struct fut_job *job, size_t *at, bool back)
{
	struct future_cell *cell = &job->cell, *need = NULL;
	uint32_t state;

	if (fut_cell_inherited(cell))
		return NULL;
	state = fut_cell_lock(cell);
	if (!fut_is_settled(state)) {
		if (state & FUT_FOLLOWS)
			need = (*at)++ == 0 ? fut_cell_ref(cell->followed) :
				NULL;
		else if ((state & (FUT_STATUS | FUT_CLAIM)) == FUT_PENDING &&
			 cell->kind->need != NULL)
			need = cell->kind->need(job, at, back);
	}
	fut_cell_unlock(cell);
	return need;
}

struct future_cell *fut_help_need(struct fut_job *job, size_t *at, bool back)
{
	const uint32_t fired = FUT_SETTLED | FUT_FIRING;
	struct future_cell *need;

	while ((need = next_link(job, at, back)) != NULL &&
	       (fut_cell_state(need) & fired) == FUT_SETTLED)
		fut_job_unref_quietly(fut_job_of(need));
	return need;
}

/* The waiter's own functions came from there, or from what that is on. */
static bool runs_there(const struct fut_spot *spot,
	const struct future_executor *home)
{
	const struct future_executor *sim = fut_self()->sim;

	for (; home != NULL; home = atomic_load_explicit(&home->parent,
			FUT_RELAXED)) {
		/* In a sim the seed says what runs. */
		if (home == sim)
			return false;
		/* Between two functions, too: in a destructor, say. */
		if ((spot->worker != NULL &&
		     home == &spot->worker->pool->executor) ||
		    (spot->inline_busy && home == future_inline()) ||
		    fut_spot_belongs(spot, home))
			return true;
	}
	return false;
}

bool fut_help_may_run(const struct fut_spot *spot, const struct fut_job *job)
{
	struct future_executor *home = fut_executor_peek(job->task.executor);

	/* What a user's executor holds is the user's to run. */
	if (home == NULL || spot->deep || fut_task_is_stale(&job->task) ||
	    (home->kind->ran == NULL && home->kind->help == NULL))
		return false;
	return runs_there(spot, home) && (home->kind->may_help == NULL ||
		home->kind->may_help(home, &job->task,
			fut_spot_belongs(spot, home)));
}

/*
 * More inputs than this are not looked at: a lattice of them may be without
 * end, a chain never is.  A wait looks again whenever it wakes, who closes a
 * ring but once.
 */
enum { HELP_LOOKS = 100000, RING_LOOKS = 1000000 };

struct look {
	const struct future_cell *other;	/* NULL: whoever runs here */
	const struct fut_spot *spot;	/* of who looks, unless for `other` */
	size_t left;
	unsigned nested;
	const struct fut_path *path;
	struct fut_job *job;	/* found, with a reference */
	bool passed_by;		/* one that may not be needed */
};

static enum fut_help find(struct look *look, struct future_cell *node);

/* It waits for its inputs still. */
static bool is_open(const struct future_cell *cell)
{
	return (fut_cell_state(cell) & (FUT_STATUS | FUT_CLAIM)) ==
		FUT_PENDING;
}

/*
 * Several inputs: the first that can be helped, unless another would do.  It
 * waits for itself if every open one does, for another may yet decide; never
 * where there is hope beside them.  For `other` it waits, too, if one of an all
 * does; so where any would do, the first that does not is the answer.
 */
static enum fut_help find_inputs(struct look *look, struct fut_job *job,
	struct future_cell *need, size_t at)
{
	bool hopes = job->cell.kind->hopes;
	bool any = job->cell.kind->needs_one || hopes || look->other == NULL;
	enum fut_help found = any && !hopes ? FUT_HELP_SELF : FUT_HELP_NOTHING;
	enum fut_help one;

	for (; need != NULL; need = fut_help_need(job, &at, false)) {
		one = find(look, need);
		if (one == FUT_HELP_JOB && job->cell.kind->needs_one) {
			fut_job_unref(look->job);
			look->job = NULL;
			look->passed_by = true;
			one = FUT_HELP_NOTHING;
		}
		if (one == FUT_HELP_JOB || (one == FUT_HELP_SELF ? !any :
				any && look->other != NULL))
			return one;
		if (one != FUT_HELP_SELF && found != FUT_HELP_AGAIN)
			found = one;
	}
	/* One that was not asked may have decided meanwhile. */
	return found == FUT_HELP_SELF && look->other == NULL &&
		!is_open(&job->cell) ? FUT_HELP_AGAIN : found;
}

static enum fut_help find_among(struct look *look, struct fut_job *job,
	struct future_cell *need, size_t at)
{
	struct fut_path path = { look->path, &job->cell };
	enum fut_help found;

	if (++look->nested > FUT_HELP_NESTED && fut_thread_stack_deep())
		look->left = 0;
	look->path = &path;
	found = find_inputs(look, job, need, at);
	look->path = path.up;
	look->nested--;
	return found;
}

/* A node that needs nothing more: it runs, or waits to be started. */
static enum fut_help find_here(struct look *look, struct fut_job *job)
{
	if (look->other != NULL || job->cell.kind->run == NULL ||
	    !is_open(&job->cell) ||
	    !fut_help_may_run(look->spot, job))
		return FUT_HELP_NOTHING;
	fut_cell_ref(&job->cell);
	look->job = job;
	return FUT_HELP_JOB;
}

/* A continuation can be started as soon as its source has settled. */
static struct future_cell *next_of(const struct look *look, struct fut_job *job,
	size_t *at)
{
	struct future_cell *next = fut_help_need(job, at, false);

	if (next == NULL || look->other != NULL ||
	    job->cell.kind->run == NULL ||
	    !fut_is_settled(fut_cell_state(next)))
		return next;
	fut_job_unref(fut_job_of(next));
	return NULL;
}

/* Takes the reference on `node`.  A chain is a loop, a tree a recursion. */
static enum fut_help find(struct look *look, struct future_cell *node)
{
	enum fut_help found = FUT_HELP_NOTHING;
	bool looks = look->left > 0;

	look->left -= looks;
	while (node != NULL) {
		struct fut_job *job = fut_job_of(node);
		struct future_cell *next = NULL;
		uint32_t state = fut_cell_state(node);
		size_t at = 0;

		if (fut_is_settled(state))
			found = state & FUT_FIRING ? FUT_HELP_NOTHING :
				FUT_HELP_AGAIN;
		else if (look->other == NULL && (state & FUT_LINKING))
			found = FUT_HELP_NOTHING;
		else if (fut_path_has(look->path, node) ||
			 (look->other != NULL ? node == look->other :
				fut_frame_holds(node)))
			found = FUT_HELP_SELF;
		else if (looks)
			next = next_of(look, job, &at);
		if (next != NULL && node->kind->run == NULL &&
		    !(state & FUT_FOLLOWS)) {
			found = find_among(look, job, next, at);
			next = NULL;
		} else if (looks && next == NULL && found == FUT_HELP_NOTHING) {
			found = find_here(look, job);
		}
		fut_job_unref(job);
		node = next;
	}
	return found;
}

enum fut_help fut_help_find(struct future_cell *cell, struct fut_job **ret_job)
{
	struct fut_spot spot = fut_spot_here();
	struct look look = { .spot = &spot, .left = HELP_LOOKS };
	enum fut_help found = find(&look, fut_cell_ref(cell));

	fut_job_bury();
	*ret_job = look.job;
	return found == FUT_HELP_NOTHING && look.passed_by ? FUT_HELP_ELSE :
		found;
}

bool fut_help_waits(struct future_cell *cell, const struct future_cell *other)
{
	struct look look = { .other = other, .left = RING_LOOKS };

	bool waits = find(&look, fut_cell_ref(cell)) == FUT_HELP_SELF;

	fut_job_bury();
	return waits;
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
