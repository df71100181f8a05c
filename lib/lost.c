/* See lost.h. */
#include "lost.h"
#include "lock.h"
#include "known.h"

#include <errno.h>
#include <future/report.h>

struct wish {
	future_unobserved_fn *fn;
	void *arg;
};

static struct fut_lock lock;
static void say(void *arg, const future_unobserved_t *lost)
{
	FILE *stream = fut_text_errors();

	(void)arg;
	fut_text(stream, "libfuture: nobody looked at an error: %s, of ",
		future_strerror(lost->error));
	fut_report_named(stream, lost->name, lost->site);
	fut_text(stream, "\n");
}

static struct wish wish = { FUT_SAYS_LOST ? say : NULL, NULL };	/* under lock */
static _Atomic bool wanted = FUT_SAYS_LOST;	/* read without it as a hint */

void future_set_unobserved(future_unobserved_fn *fn, void *arg)
{
	fut_lock(&lock);
	wish = (struct wish){ fn, arg };
	atomic_store_explicit(&wanted, fn != NULL, FUT_RELAXED);
	fut_unlock(&lock);
}

/* What fut_job_destroy() calls. */
struct call {
	struct wish wish;
	future_unobserved_t lost;
};

static void tell(void *argument)
{
	struct call *call = argument;

	call->wish.fn(call->wish.arg, &call->lost);
}

void fut_lost(struct fut_job *job)
{
	struct fut_sight sight;
	struct call call = { .lost = { .error = job->cell.error } };

	if (!atomic_load_explicit(&wanted, FUT_RELAXED) ||
	    call.lost.error == ECANCELED || fut_cell_inherited(&job->cell))
		return;
	if (fut_cell_state(&job->cell) & FUT_KNOWN &&
	    fut_known_find(&job->cell, &sight)) {
		call.lost.name = sight.name;
		call.lost.site = sight.site;
	}
	fut_lock(&lock);
	call.wish = wish;
	fut_unlock(&lock);
	if (call.wish.fn != NULL)
		fut_job_destroy(tell, &call);
}
