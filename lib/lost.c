/* See lost.h. */
#include "lost.h"
#include "known.h"

#include <errno.h>
#include <future/report.h>

static void say(void *arg, const future_unobserved_t *lost)
{
	FILE *stream = fut_text_errors();

	(void)arg;
	fut_text(stream, "libfuture: nobody looked at an error: %s, of ",
		future_strerror(lost->error));
	fut_report_named(stream, lost->name, lost->site);
	fut_text(stream, "\n");
}

static _Atomic(future_unobserved_fn *) wish = FUT_SAYS_LOST ? say : NULL;
static void *_Atomic wish_arg;

void future_set_unobserved(future_unobserved_fn *fn, void *arg)
{
	atomic_store_explicit(&wish_arg, arg, FUT_RELAXED);
	/* After its argument, for fut_lost(). */
	atomic_store_explicit(&wish, fn, FUT_RELEASE);
}

/* What fut_job_destroy() calls. */
struct call {
	future_unobserved_fn *fn;
	future_unobserved_t lost;
};

static void tell(void *argument)
{
	struct call *call = argument;

	call->fn(atomic_load_explicit(&wish_arg, FUT_RELAXED), &call->lost);
}

void fut_lost(struct fut_job *job)
{
	struct fut_sight sight;
	struct call call = {
		.fn = atomic_load_explicit(&wish, FUT_ACQUIRE),
		.lost.error = job->cell.error,
	};

	if (call.fn == NULL || call.lost.error == ECANCELED ||
	    fut_cell_inherited(&job->cell))
		return;
	if (fut_cell_state(&job->cell) & FUT_KNOWN &&
	    fut_known_find(&job->cell, &sight)) {
		call.lost.name = sight.name;
		call.lost.site = sight.site;
	}
	fut_job_destroy(tell, &call);
}
