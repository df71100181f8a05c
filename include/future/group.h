/*
 * Groups: tasks that do not outlive the function that started them.
 *
 *	future_group_t *group;
 *	int error = future_group_new(pool, NULL, &group);
 *
 *	future_unref(future_group_submit(group, sort, &left));
 *	future_unref(future_group_submit(group, sort, &right));
 *	error = future_group_close(group);	both have returned
 *
 * Closing waits until every child's function has returned, whatever happens, so
 * that children may use the caller's stack.  The first error cancels the rest.
 */
#ifndef FUTURE_GROUP_H
#define FUTURE_GROUP_H

#include <future/base.h>
#include <future/future.h>

FUTURE_BEGIN_DECLS

typedef struct future_group future_group_t;

/*
 * Makes a group whose children run on `executor` (NULL: the default one) and
 * are cancelled with `token` (NULL: that of the calling function, if any).
 * Returns 0, EINVAL, ENOMEM, ECHILD, ESHUTDOWN in a task of an executor that
 * has been closed; to be ended with future_group_close().
 */
FUTURE_API FUTURE_CHECKED int future_group_new(future_executor_t *executor,
	future_token_t *token, future_group_t **ret_group);

/*
 * Starts a child, as future_submit() would.  Returns a reference to its future,
 * which need not be kept.  An error that `fn` returns, or that a refused child
 * fails with (EAGAIN, ESHUTDOWN, ENOMEM; EINVAL without a function), is the
 * group's.  A child whose future alone is cancelled is no error, nor is what
 * the function of a cancelled child returns, nor what a child follows.  To be
 * called until the group is closed, and meanwhile by its children.
 *
 * Children that wait for each other, on a latch or a channel say, need as many
 * threads as there are of them: on fewer some never start.
 */
FUTURE_API FUTURE_CHECKED future_t *future_group_submit(future_group_t *group,
	future_task_fn *fn, void *arg);

/*
 * The long form, as that of future_submit_with().  `token` is to be NULL: the
 * group's is the child's.  destroy_arg runs before the group can be closed.
 */
FUTURE_API FUTURE_CHECKED future_t *future_group_submit_with(
	future_group_t *group, const future_task_t *task);

/*
 * Waits until the function of every child has returned, or will never start,
 * and frees the group.  A worker that closes runs those that have not started.
 * If the task that closes is cancelled, so are the children, at once, also
 * while the worker runs one of them; they are waited for all the same.  Returns
 * 0, the first error of a child (of its function, or why it was refused), or
 * ECANCELED if the group was cancelled; with the group still open, EINVAL,
 * ECHILD, EDEADLK in one of its children.  Where it and others would wait for
 * each other for ever, they are told, and this goes on to wait.
 */
FUTURE_API FUTURE_CHECKED int future_group_close(future_group_t *group);

FUTURE_END_DECLS

#endif
