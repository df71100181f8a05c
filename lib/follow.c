/*
 * Floor 5: a future that settles as another does.
 *
 * A follower holds a reference on the followed one, which its lock guards, and
 * hangs a hook there.  Two that are about to follow each other both link
 * first and look afterwards, so that the later one sees the ring.
 */
#include "job.h"

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
 * Settles as `inner` did.  Takes the reference on it; kept where `inner` was
 * cancelled: its function may still run, which future_join() waits for.
 */
static void adopt(struct fut_job *job, struct future_cell *inner)
{
	struct future_cell *cell = &job->cell, *as = NULL;

	if ((fut_cell_state(inner) & FUT_STATUS) == FUT_CANCELLED) {
		cell->followed = inner;
		if (fut_cell_publish(cell, FUT_CANCELLED, FUT_FOLLOWS,
				FUT_CLAIM, false) == FUT_PUBLISH_FIRE)
			fut_job_fire(job, false);
		return;
	}
	if (cell->kind->outcome != NULL)
		as = cell->kind->outcome(job, inner);
	fut_job_settle_as(job, as != NULL ? as : inner);
	fut_job_unref(fut_job_of(inner));
}

static void follower_fire(struct fut_hook *hook, struct future_cell *inner)
{
	struct fut_job *job = fut_job_of(
		FUT_OWNER(hook, struct future_cell, follow));

	if (fut_cell_claim_follower(&job->cell))
		adopt(job, inner);
	fut_job_unref(job);
}

/*
 * True if `inner` waits for `job`, by what it follows or continues.  A ring
 * that does not contain `job` is somebody else's to find: R. Brent's method
 * notices it.
 */
static bool waits_for(struct future_cell *inner, struct fut_job *job)
{
	struct future_cell *node = fut_cell_ref(inner), *mark = NULL;
	size_t steps = 0, limit = 1;

	while (node != NULL && node != &job->cell && node != mark) {
		struct future_cell *next = NULL;
		size_t at = 0;

		if (steps++ == limit) {
			if (mark != NULL)
				fut_job_unref(fut_job_of(mark));
			mark = fut_cell_ref(node);
			limit *= 2;
		}
		if ((fut_cell_state(node) & FUT_FOLLOWS) ||
		    node->kind->run != NULL)
			next = fut_job_need(fut_job_of(node), &at);
		fut_job_unref(fut_job_of(node));
		node = next;
	}
	if (mark != NULL)
		fut_job_unref(fut_job_of(mark));
	if (node != NULL)
		fut_job_unref(fut_job_of(node));
	return node == &job->cell;
}

/* Ends what follows, unless a cancel has ended it. */
static void give_up(struct fut_job *job, int error)
{
	struct future_cell *inner = job->cell.followed;
	future_result_t failed = future_fail(error);

	if (fut_cell_claim_follower(&job->cell)) {
		fut_job_settle(job, &failed);
		fut_job_unref(fut_job_of(inner));
	}
	fut_job_unref(job);
}

/* The one that was to follow has been cancelled: so is what it would have. */
static void follow_late(struct fut_job *job, struct future_cell *inner)
{
	fut_job_cancel(fut_job_of(inner), true);
	fut_job_unref(fut_job_of(inner));
	fut_cell_quiet(&job->cell);
	fut_job_unref(job);
}

void fut_follow(struct fut_job *job, struct future_cell *inner)
{
	struct future_cell *cell = &job->cell;

	cell->followed = inner;
	cell->follow.next = NULL;
	cell->follow.fire = follower_fire;
	if (!fut_cell_follow(cell))
		follow_late(job, inner);
	else if (waits_for(inner, job))
		give_up(job, EDEADLK);
	else if (!fut_is_settled(fut_cell_state(inner)) &&
		 fut_cell_inherited(inner))
		give_up(job, ECHILD);
	else if (!fut_cell_hang(inner, &cell->follow))
		follower_fire(&cell->follow, inner);
}
