/* Floor 5: a call of the user's that waits for a cancel. */
#ifndef FUT_THEN_H
#define FUT_THEN_H

#include "job.h"

/*
 * Has fn(arg) called on `executor` (NULL: the future's home) if the future is
 * cancelled.  Returns 0 and the future of that call, or why there is none.
 */
int fut_on_cancel(future_t *future, future_executor_t *executor,
	void (*fn)(void *arg), void *arg, future_t **ret_call);

#endif
