/* Floor 5: cancelling, and asking whether one was. */
#include "job.h"

bool future_cancel(future_t *future)
{
	struct fut_job *job;
	bool settled;

	if (future == NULL || fut_is_settled(fut_cell_state(future)) ||
	    fut_cell_inherited(future))
		return false;
	job = fut_job_of(future);
	/* A callback may give back the caller's own reference. */
	fut_cell_ref(future);
	settled = fut_job_cancel(job);
	fut_job_unref(job);
	return settled;
}

bool future_cancel_requested(void)
{
	const struct fut_frame *frame = fut_self()->frame;

	if (frame == NULL)
		return false;
	if (frame->cell != NULL && (fut_cell_state(frame->cell) & FUT_STATUS) ==
	    FUT_CANCELLED)
		return true;
	return frame->executor != NULL &&
		fut_executor_cancelled(frame->executor);
}
