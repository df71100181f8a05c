/*
 * Completion: futures taken in the order in which they settle.
 *
 *	future_completion_t *done;
 *	future_t *next;
 *	int error = future_completion_new(&done);
 *
 *	error = future_completion_add(done, page);	any number of them
 *	...
 *	while ((error = future_completion_next(done, &next)) == 0) {
 *		show(future_get(next));
 *		future_unref(next);
 *	}
 *	future_completion_free(done);			ENOENT: that was all
 *
 * A next is also had with a deadline, which so splits what is done from what is
 * pending (_until; FUTURE_NOW only looks), or as a future (_async).  Those who
 * wait are served first come first served.
 */
#ifndef FUTURE_COMPLETION_H
#define FUTURE_COMPLETION_H

#include <future/base.h>
#include <future/time.h>

FUTURE_BEGIN_DECLS

typedef struct future_completion future_completion_t;

/* Returns 0, EINVAL or ENOMEM; free it with future_completion_free(). */
FUTURE_API FUTURE_CHECKED int future_completion_new(
	future_completion_t **ret_completion);

/*
 * Adds a future, settled or not, with a reference of its own.  One that is
 * added twice comes twice.  Never blocks.  Returns 0, EINVAL, ENOMEM, ECHILD.
 */
FUTURE_API FUTURE_CHECKED int future_completion_add(
	future_completion_t *completion, future_t *future);

/*
 * Blocks until one of them has settled that nobody has been given.  Returns 0
 * and a reference to it; or ENOENT if none is left but those that others wait
 * for, EINVAL, ENOMEM, ECANCELED in a task that was cancelled; until a
 * deadline, ETIMEDOUT.  Whatever the error, nothing is lost.  A worker that
 * waits without a deadline may run those that have not started.
 */
FUTURE_API FUTURE_CHECKED int future_completion_next(
	future_completion_t *completion, future_t **ret_future);
FUTURE_API FUTURE_CHECKED int future_completion_next_until(
	future_completion_t *completion, future_time_t deadline,
	future_t **ret_future);

/*
 * Returns a future whose value is the next one, a future_t *: its to unref,
 * unless it is taken.  It fails with the errors above.  Cancel it to leave the
 * queue.
 */
FUTURE_API FUTURE_CHECKED future_t *future_completion_next_async(
	future_completion_t *completion);

/* How many were added and not yet given to anybody.  Never blocks long. */
FUTURE_API size_t future_completion_left(future_completion_t *completion);

/*
 * NULL is fine.  What was added goes on, but nothing of this hangs on it any
 * more; futures that wait for a next one fail with ECANCELED.  No thread may be
 * in a call on it then.
 */
FUTURE_API void future_completion_free(future_completion_t *completion);

FUTURE_END_DECLS

#endif
