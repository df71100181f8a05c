/* See hope.h. */
#include "hope.h"
#include "help.h"
#include "knot.h"
#include "thread.h"

/* More inputs than this are not looked at: then there may be hope. */
#ifndef FUT_HOPE_LOOKS
#define FUT_HOPE_LOOKS 100000
#endif

/* What is asked of what a thread waits for. */
enum look {
	LOOK_HOPES,	/* can it move, as the others have set their hope? */
	LOOK_MOVES,	/* can it move at all? */
	LOOK_JOB,	/* is there something that only the caller can run? */
	LOOK_TARGET	/* is `target` among it? */
};

struct search {
	enum look look;
	struct fut_asleep *own;
	const struct future_cell *target;
	struct fut_asleep *todo;	/* asleep, and not yet looked at */
	const struct fut_path *path;
	size_t left;
	struct future_cell *on;		/* see fut_hope_find() */
	struct fut_job *job;		/* the same, for `own` to run */
};

static uint64_t searches;	/* in somebody's turn: see fut_asleep.seen */

/* Its function has been cancelled: the wait ends, once it looks. */
static bool is_stopped(const struct fut_asleep *asleep)
{
	const struct fut_frame *frame = asleep->spot.frame;

	return asleep->stops && frame != NULL && frame->cell != NULL &&
		fut_is_settled(fut_cell_state(frame->cell));
}

/*
 * It has not been woken, or is who searches, and is about to sleep.  Who joins
 * sleeps on, whatever it was told: it has nothing to look for.
 */
static bool is_asleep(const struct search *search,
	const struct fut_asleep *asleep)
{
	return asleep == search->own || asleep->joins ||
		(!fut_asleep_is_woken(asleep) && !is_stopped(asleep));
}

/* Whether it can move is to be seen, since `by` needs it. */
static void look_at(struct search *search, struct fut_asleep *asleep,
	struct fut_asleep *by)
{
	if (asleep->seen == searches)
		return;
	asleep->seen = searches;
	asleep->from = by;
	asleep->todo = search->todo;
	search->todo = asleep;
}

/* True if a thread that is awake runs it; or else who does is looked at. */
static bool runner_is_awake(struct search *search, struct fut_asleep *by,
	const struct future_cell *cell)
{
	struct fut_asleep *asleep = fut_asleep_first();

	while (asleep != NULL && !fut_asleep_holds(asleep, cell))
		asleep = asleep->next;
	if (asleep == NULL || !is_asleep(search, asleep))
		return true;
	look_at(search, asleep, by);
	return false;
}

/* How many of those at work there sleep, who are looked at. */
static size_t sleepers_of(struct search *search, struct fut_asleep *by,
	const struct future_executor *executor)
{
	struct fut_asleep *asleep = fut_asleep_first();
	size_t count = 0;

	for (; asleep != NULL; asleep = asleep->next) {
		size_t serve = fut_asleep_serves(asleep, executor);

		if (!is_asleep(search, asleep))
			continue;
		count += serve;
		if (serve > 0 || fut_spot_belongs(&asleep->spot, executor))
			look_at(search, asleep, by);
	}
	return count;
}

/* True if somebody awake will run it; or else all who could are looked at. */
static bool crew_is_awake(struct search *search, struct fut_asleep *by,
	struct future_executor *executor, const struct fut_task *task)
{
	while (executor != NULL && task != NULL) {
		const struct fut_task *up = NULL;

		if (executor->kind->moves == NULL ||
		    executor->kind->moves(executor, task, sleepers_of(search,
			by, executor), &up))
			return true;
		executor = atomic_load_explicit(&executor->parent, FUT_RELAXED);
		task = up;
	}
	return false;
}

/* The same of a job that `by` needs, who might run it himself. */
static bool can_start(struct search *search, struct fut_asleep *by,
	struct fut_job *job, struct future_executor *executor)
{
	bool may = fut_help_may_run(&by->spot, job);
	/* What runs inline is the thread's own that waits in there. */
	bool others = !(may && executor == future_inline()) &&
		(search->look != LOOK_JOB || may) &&
		crew_is_awake(search, by, executor, &job->task);

	if (others || !may)
		return others && search->look != LOOK_JOB;
	/* Another has to be told that it is for him to run it. */
	if (by != search->own)
		return search->look == LOOK_MOVES;
	fut_cell_ref(&job->cell);
	search->job = job;
	return true;
}

/*
 * True if what needs no other future can move by itself; or else those whom it
 * waits for are looked at.
 */
static bool can_move(struct search *search, struct fut_asleep *by,
	struct fut_job *job, uint32_t state)
{
	bool moves = search->look != LOOK_JOB;
	struct future_executor *executor =
		fut_executor_peek(job->task.executor);

	if (search->look == LOOK_TARGET)
		return false;
	if ((state & (FUT_STATUS | FUT_CLAIM | FUT_FOLLOWS)) == FUT_RUNNING ||
	    (by->joins && (state & FUT_BUSY) && &job->cell == by->waits))
		return moves && runner_is_awake(search, by, &job->cell);
	/* Whoever needs it has been told. */
	if ((state & (FUT_SETTLED | FUT_FOLLOWS | FUT_LINKING)) == FUT_FOLLOWS)
		return false;
	/* It settles, or has; a promise, a timer; it is about to be dropped. */
	if ((state & (FUT_SETTLED | FUT_CLAIM | FUT_LINKING)) ||
	    job->cell.kind->run == NULL || executor == NULL ||
	    fut_task_is_stale(&job->task))
		return moves;
	return can_start(search, by, job, executor);
}

static bool walk(struct search *search, struct fut_asleep *by,
	struct future_cell *node, unsigned nested);

/*
 * True if it still needs what it has set its hope on: what was between may have
 * settled otherwise.
 */
static bool hopes_well(struct fut_asleep *asleep)
{
	struct search whether = { .look = LOOK_TARGET, .own = asleep,
		.target = asleep->on, .left = FUT_HOPE_LOOKS };

	return walk(&whether, asleep, fut_cell_ref(asleep->waits), 0);
}

/* They look again, and set their hope on what was just found. */
static void wake_path(struct search *search, struct fut_asleep *asleep)
{
	for (; asleep != search->own; asleep = asleep->from)
		fut_sleeper_wake(asleep->sleeper, FUT_SLEEPER_PRODDED);
}

/* True if one that sleeps can go on. */
static bool goes_on(struct search *search, struct fut_asleep *asleep)
{
	struct future_cell *on = asleep->on;
	uint32_t state = fut_cell_state(on);

	if (search->look == LOOK_HOPES)
		return (fut_is_settled(state) || hopes_well(asleep)) &&
			can_move(search, asleep, fut_job_of(on), state);
	/* If that has settled, it is about to be told, and to look again. */
	if ((asleep->joins || !fut_is_settled(state)) &&
	    !walk(search, asleep, fut_cell_ref(asleep->waits), 0))
		return false;
	wake_path(search, asleep);
	return true;
}

/* True if one of those who are to be looked at can. */
static bool others_move(struct search *search)
{
	const struct fut_path *path = search->path;
	bool moves = false;

	/* From what they need it may be another's to go on than from here. */
	search->path = NULL;
	while (search->todo != NULL && !moves) {
		struct fut_asleep *asleep = search->todo;

		search->todo = asleep->todo;
		moves = goes_on(search, asleep);
	}
	search->path = path;
	return moves;
}

/* Of several, hope is set on the last: so it is seldom asked again. */
static struct future_cell *next_need(const struct search *search,
	struct fut_job *job, size_t *at)
{
	return fut_help_need(job, at, search->look != LOOK_JOB);
}

/* What was asked for, whatever it needs. */
static bool is_it(struct search *search, struct fut_asleep *by,
	struct fut_job *job, uint32_t state)
{
	bool it = can_move(search, by, job, state) || (by == search->own &&
		search->look <= LOOK_MOVES && others_move(search));

	if (it && by == search->own && search->on == NULL)
		search->on = fut_cell_ref(&job->cell);
	return it;
}

static bool walk_inputs(struct search *search, struct fut_asleep *by,
	struct fut_job *job, struct future_cell *need, size_t *at,
	unsigned nested)
{
	struct fut_path path = { search->path, &job->cell };
	bool found = false;
	uint32_t state;

	if (nested >= FUT_HELP_NESTED && fut_thread_stack_deep())
		search->left = 0;
	search->path = &path;
	while (need != NULL && !found) {
		found = walk(search, by, need, nested + 1);
		need = found ? NULL : next_need(search, job, at);
	}
	search->path = path.up;
	state = fut_cell_state(&job->cell);
	/* It has been decided: then some were not looked at. */
	return found || ((state & (FUT_SETTLED | FUT_CLAIM)) &&
		is_it(search, by, job, state));
}

/* There is hope, whatever it needs. */
static bool is_end(const struct search *search, const struct future_cell *node,
	uint32_t state)
{
	return node->kind->hopes || (state & (FUT_SETTLED | FUT_LINKING)) ||
		node == search->target;
}

/* No more is looked at: there may be hope.  Takes the reference. */
static bool give_up(struct search *search, const struct fut_asleep *by,
	struct future_cell *node)
{
	bool may = search->look <= LOOK_MOVES;

	if (may && by == search->own && search->on == NULL)
		search->on = node;
	else
		fut_job_unref_quietly(fut_job_of(node));
	return may;
}

/*
 * From what `by` waits for down to what needs nothing: true if it found what
 * was asked for.  A chain is a loop, a tree a recursion.  Takes the reference
 * on `node`.
 */
static bool walk(struct search *search, struct fut_asleep *by,
	struct future_cell *node, unsigned nested)
{
	bool found = false;

	if (search->left == 0)
		return give_up(search, by, node);
	search->left--;
	while (node != NULL && !found) {
		struct fut_job *job = fut_job_of(node);
		struct future_cell *next = NULL;
		uint32_t state = fut_cell_state(node);
		bool ring = fut_path_has(search->path, node);
		size_t at = 0;

		if (!ring && !is_end(search, node, state))
			next = next_need(search, job, &at);
		if (next != NULL && node->kind->run == NULL &&
		    !(state & FUT_FOLLOWS)) {
			found = walk_inputs(search, by, job, next, &at,
				nested);
			next = NULL;
		} else if (next == NULL && !ring) {
			/* It may have settled since, and need none for that. */
			found = node == search->target || is_it(search, by,
				job, fut_cell_state(node));
		}
		fut_job_unref_quietly(job);
		node = next;
	}
	return found;
}

/* One search, from the beginning. */
static bool look(struct search *search, enum look look)
{
	searches++;
	search->look = look;
	search->todo = NULL;
	search->left = FUT_HOPE_LOOKS;
	search->own->seen = searches;
	return walk(search, search->own, fut_cell_ref(search->own->waits), 0);
}

/*
 * Nothing moves: if there is somebody who may be told in place of `own`, they
 * look again, and the last of them is.
 */
static bool passes_on(struct fut_asleep *own)
{
	struct fut_asleep *asleep = fut_asleep_first();
	bool passed = false;

	for (; own->firm && asleep != NULL; asleep = asleep->next) {
		if (asleep->firm || asleep->joins || asleep->seen != searches)
			continue;
		fut_sleeper_wake(asleep->sleeper, FUT_SLEEPER_PRODDED);
		passed = true;
	}
	return passed;
}

enum fut_hope fut_hope_find(struct fut_asleep *own, bool helps,
	struct future_cell **ret_on)
{
	struct search search = { .own = own };
	bool found = (helps && look(&search, LOOK_JOB)) ||
		look(&search, LOOK_HOPES) || look(&search, LOOK_MOVES);

	if (search.job != NULL) {
		fut_job_unref_quietly(fut_job_of(search.on));
		*ret_on = &search.job->cell;
		return FUT_HOPE_RUN;
	}
	if (!found && passes_on(own)) {
		search.on = fut_cell_ref(own->waits);
		found = true;
	}
	if (!found)
		fut_knot_note(own, searches);
	*ret_on = search.on;
	return found ? FUT_HOPE_MOVES : FUT_HOPE_NONE;
}

/* In a turn: those who need `cell`, unless they `may` hope on, look again. */
static void prod(struct future_cell *cell, bool may)
{
	struct fut_asleep *asleep = fut_asleep_first();

	for (; asleep != NULL; asleep = asleep->next) {
		struct search search = { .own = asleep, .target = cell };

		if (look(&search, LOOK_TARGET) &&
		    !(may && hopes_well(asleep)))
			fut_sleeper_wake(asleep->sleeper,
				FUT_SLEEPER_PRODDED);
	}
}

void fut_hope_follows(struct future_cell *cell)
{
	bool turn = fut_asleep_turn();

	fut_cell_linked(cell);
	if (!turn)
		return;
	prod(cell, false);
	fut_asleep_turn_ends();
	fut_job_bury();
}

void fut_hope_lost(struct future_cell *cell, _Atomic bool *told)
{
	bool turn = fut_asleep_turn();

	/* The outcome, if that was it, before the word, for has_fired(). */
	atomic_store_explicit(told, true, FUT_SEQ_CST);
	if (!turn)
		return;
	if (!fut_is_settled(fut_cell_state(cell)))
		prod(cell, true);
	fut_asleep_turn_ends();
	fut_job_bury();
}
