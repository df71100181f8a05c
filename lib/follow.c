/*
 * Floor 5: a future that settles as another does.
 *
 * A follower holds a reference on the followed one, which its lock guards, and
 * hangs a hook there.  A ring of futures that wait for each other is found by
 * whoever closes it: each links, then hangs its hook, then looks; and it only
 * has to look if by then something hangs on it.
 */
#include "help.h"
#include "hope.h"
#include "sleeper.h"

#include <errno.h>

void fut_follow_mark(void *inner)
{
	future_unref(inner);
}

future_result_t future_follow(future_t *inner)
{
	if (inner == NULL)
		return future_fail(EINVAL);
	return future_result_make(inner, fut_follow_mark, 0);
}

/*
 * Settles as `inner` did.  Takes the hook's reference, and the one on `inner`;
 * kept where that was cancelled: its function may still run, which
 * future_join() waits for.
 */
static void adopt(struct fut_job *job, struct future_cell *inner)
{
	struct future_cell *cell = &job->cell, *as = NULL;

	if ((fut_cell_state(inner) & FUT_STATUS) == FUT_CANCELLED) {
		cell->followed = inner;
		if (fut_cell_publish(cell, FUT_CANCELLED, FUT_FOLLOWS, 0,
				false) == FUT_PUBLISH_FIRE)
			fut_job_fire(job, false, 0);
		fut_job_unref(job);
		return;
	}
	if (cell->kind->outcome != NULL)
		as = cell->kind->outcome(job, inner);
	if (as != NULL)
		fut_job_unref(fut_job_of(inner));
	fut_job_finish_as(job, as != NULL ? as : inner);
}

static bool follower_fire(struct fut_hook *hook, struct future_cell *inner,
	bool locked)
{
	struct fut_job *job = fut_job_of(
		FUT_OWNER(hook, struct future_cell, follow));

	if (locked)
		return false;
	if (fut_cell_claim_follower(&job->cell))
		adopt(job, inner);
	else
		fut_job_unref(job);
	return true;
}

/*
 * The claim first: the result is written where the hook is, so whoever fires
 * it must be too late.
 */
static void give_up_ring(struct fut_job *job, struct future_cell *inner)
{
	future_result_t ring = future_fail(EDEADLK);
	bool hung;

	if (!fut_cell_claim_follower(&job->cell))
		return;
	hung = fut_cell_unhang(inner, &job->cell.follow);
	fut_job_settle(job, &ring);
	fut_job_unref(fut_job_of(inner));
	if (hung)
		fut_job_unref(job);
}

static void hang(struct fut_job *job, struct future_cell *inner)
{
	if (!fut_cell_hang(inner, &job->cell.follow, 0))
		follower_fire(&job->cell.follow, inner, false);
}

/* What it follows, with a reference, if somebody waits for it in turn. */
static struct future_cell *between(struct future_cell *cell)
{
	const uint32_t both = FUT_FOLLOWS | FUT_HOOKS;
	/* Its own hook before this look: see hang_and_look(). */
	uint32_t state = fut_cell_lock(cell);
	struct future_cell *inner = NULL;

	if (!fut_is_settled(state) && (state & both) == both)
		inner = fut_cell_ref(cell->followed);
	fut_cell_unlock(cell);
	return inner;
}

/* Not LINKING any more; those asleep are told: as in has_been_told(). */
static void is_linked(struct future_cell *cell)
{
	bool help = fut_sleepers_help();

	if (FUT_LIKELY(!help)) {
		fut_cell_linked(cell);
		help = fut_sleepers_help();
	}
	if (FUT_UNLIKELY(help))
		fut_hope_follows(cell);
}

/*
 * Of two that link at the same time, each hangs on the other before it looks
 * whether something hangs on itself: so one of them at least sees it.
 */
static void hang_and_look(struct fut_job *job, struct future_cell *inner)
{
	fut_cell_ref(&job->cell);
	hang(job, inner);
	inner = between(&job->cell);
	if (inner != NULL) {
		if (fut_help_waits(inner, &job->cell))
			give_up_ring(job, inner);
		fut_job_unref(fut_job_of(inner));
	}
	is_linked(&job->cell);
	fut_job_unref(job);
}

/* The one that was to follow has been cancelled: so is what it would have. */
static void follow_late(struct fut_job *job, struct future_cell *inner)
{
	fut_job_cancel(fut_job_of(inner));
	fut_cell_see(inner);
	fut_job_unref(fut_job_of(inner));
	fut_cell_quiet(&job->cell, 0);
	fut_job_unref(job);
}

static void follow_not(struct fut_job *job, struct future_cell *inner,
	int error)
{
	future_result_t failed = future_fail(error);

	if (fut_cell_claim_follower(&job->cell)) {
		fut_job_settle(job, &failed);
		fut_job_unref(fut_job_of(inner));
	}
	fut_job_unref(job);
}

static void link(struct future_cell *cell, struct future_cell *inner)
{
	cell->followed = inner;
	fut_hook_init(&cell->follow, follower_fire);
}

static void follow_linked(struct fut_job *job, struct future_cell *inner)
{
	if (inner == &job->cell)
		follow_not(job, inner, EDEADLK);
	else if (!fut_is_settled(fut_cell_state(inner)) &&
		 fut_cell_inherited(inner))
		follow_not(job, inner, ECHILD);
	else
		hang_and_look(job, inner);
}

void fut_follow(struct fut_job *job, struct future_cell *inner)
{
	link(&job->cell, inner);
	if (!fut_cell_follow(&job->cell))
		follow_late(job, inner);
	else
		follow_linked(job, inner);
}

bool fut_follow_unclaimed(struct fut_job *job, struct future_cell *inner)
{
	if (!fut_cell_claim_to_follow(&job->cell))
		return false;
	fut_cell_ref(&job->cell);
	link(&job->cell, inner);
	fut_cell_unlock(&job->cell);
	follow_linked(job, inner);
	return true;
}
