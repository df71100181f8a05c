/*
 * Executors of your own: you say where a task runs, and when.
 *
 *	static int post(void *self, future_work_t *work)
 *	{
 *		return queue_push(self, work) ? 0 : EAGAIN;
 *	}
 *
 *	future_executor_ops_t ops = { .post = post, .free = queue_free };
 *	future_executor_t *executor;
 *	int error = future_executor_new(&ops, queue, &executor);
 *
 * and on a thread of yours
 *
 *	while ((work = queue_pop(queue)) != NULL)
 *		future_work_run(work);
 *
 * Everything that takes an executor takes this one: submit, continuations,
 * promises, groups, timers (whose time the default executor keeps).
 */
#ifndef FUTURE_OWN_H
#define FUTURE_OWN_H

#include <future/base.h>

FUTURE_BEGIN_DECLS

/* A task in your hands, until you run it or drop it. */
typedef struct future_work future_work_t;

typedef struct future_executor_ops {
	/*
	 * Takes the work and returns 0, or an errno value: refused, and its
	 * future fails with that.  Called on any thread, several at once: one
	 * that submits, or one that settles what a continuation waits for.  So
	 * it is short, waits for nothing, and never runs or drops work itself
	 * (that aborts).  Another thread may do so before it returns.
	 */
	int (*post)(void *self, future_work_t *work);

	/*
	 * The executor is over: every work has been run or dropped, no post is
	 * being called, none will be.  Called once: by the last unref; or, if
	 * that came from inside, by the last future_work_run() or _drop(), and
	 * so perhaps on a thread of yours, which it cannot join then.  NULL:
	 * nothing to free.
	 */
	void (*free)(void *self);
} future_executor_ops_t;

/*
 * Makes an executor that hands each task to ops->post, with `self`, which it
 * borrows until ops->free; `ops` is read during the call only.  On success it
 * is in *ret_executor with one reference: see <future/executor.h>.
 *
 * future_executor_shutdown(): what was accepted is still to be run; new tasks
 * are not posted, but the continuations that its own running ones release are.
 * future_executor_cancel(): future_work_run() drops from then on; it settles
 * nothing itself, and returns 0.  The last unref, join and drain wait until
 * each work that was accepted has been run or dropped; inside a work, or
 * inside post, the two are EDEADLK and the unref does not wait.
 *
 * A work that waits for another one of the same executor sleeps: it does not
 * run that, for it is in your hands.  So have more threads than such waits, or
 * hang on continuations.
 *
 * Returns 0, EINVAL (no post), ENOMEM.  Does not block.
 */
FUTURE_API FUTURE_CHECKED int future_executor_new(
	const future_executor_ops_t *ops, void *self,
	future_executor_t **ret_executor);

/*
 * Runs an accepted work on the calling thread, or drops it if its executor has
 * been cancelled; one whose future was cancelled runs as nothing.  Takes the
 * work.  It blocks as long as the function does.  Afterwards the executor may
 * be over, and what ops->free frees be gone, if a function in here gave its
 * last handle back.
 *
 * Each accepted work takes one future_work_run() or one future_work_drop(), on
 * any thread, not inside ops->post.  A second one aborts where it is noticed.
 */
FUTURE_API void future_work_run(future_work_t *work);

/*
 * The work will not be run: its future settles with ECANCELED.  Takes the work.
 * May call destructors and, as continuations go on, ops->post.
 */
FUTURE_API void future_work_drop(future_work_t *work);

FUTURE_END_DECLS

#endif
