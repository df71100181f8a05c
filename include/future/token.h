/*
 * Tokens: cancelling a whole tree of work at once.
 *
 *	future_token_t *request;
 *	int error = future_token_new(NULL, future_in_ms(500), &request);
 *	future_task_t task = { .fn = answer, .arg = &call, .token = request };
 *	FUTURE_AUTO future_t *reply = future_submit_with(pool, &task);
 *	...
 *	future_token_cancel(request);	the client has hung up
 *
 * A token is not cancelled, and then it is, for good: by a call, when its
 * deadline passes, or with its parent.  Cancelled with it is everything under
 * it, as by future_cancel(): tasks not started never run, running ones are
 * asked, what waits in them ends with ECANCELED, new ones fail with ECANCELED.
 *
 * Under a token is what names it; what is submitted inside a function under it
 * and names no other; continuations of a future under it; and its children.
 * Promises, timers, combined futures, those of map and each (but their calls
 * are) and futures that wait (of lock, acquire, event, latch, send, recv, a
 * limiter, a completion) are not, nor are the continuations of all these: let
 * them name future_token_current().  A wait inside a function under the token
 * does end.  A continuation that is to see the cancel must name another token,
 * or FUTURE_NO_TOKEN: else it is cancelled itself.
 */
#ifndef FUTURE_TOKEN_H
#define FUTURE_TOKEN_H

#include <future/base.h>
#include <future/time.h>

FUTURE_BEGIN_DECLS

/*
 * Makes a token under `parent` (NULL: under none) that is cancelled at the
 * deadline (FUTURE_FOREVER: never).  Under a cancelled parent, or with a
 * deadline that has passed, it is born cancelled.  Returns 0, EINVAL, ENOMEM,
 * EAGAIN if no thread for the deadline could be started, ECHILD.  The one
 * reference is to be given back with future_token_unref().
 */
FUTURE_API FUTURE_CHECKED int future_token_new(future_token_t *parent,
	future_time_t deadline, future_token_t **ret_token);

/*
 * True if this call cancelled it: when it returns, each future under it has
 * been cancelled, or was just settling, or another thread is at it (the
 * deadline of a child, say).  Waits for nothing that runs.
 */
FUTURE_API bool future_token_cancel(future_token_t *token);

/*
 * The token that the function which calls this is under; NULL if none.  In a
 * child of a group it is the group's own.  No reference: good until that
 * function returns.
 */
FUTURE_API future_token_t *future_token_current(void);

/* Never blocks. */
FUTURE_API bool future_token_is_cancelled(const future_token_t *token);

/*
 * Has fn(arg) called on `executor` (NULL: the default one) when the token is
 * cancelled; if it has been, now.  Forgotten with the token.  Returns 0,
 * EINVAL, ENOMEM, ESHUTDOWN, ECHILD.
 */
FUTURE_API FUTURE_CHECKED int future_token_on_cancel(future_token_t *token,
	future_executor_t *executor, void (*fn)(void *arg), void *arg);

/* Returns `token` with one more reference. */
FUTURE_API future_token_t *future_token_ref(future_token_t *token);

/*
 * Gives a reference back; NULL is fine.  What is under the token keeps it, so
 * that its deadline and its parent still hold.
 */
FUTURE_API void future_token_unref(future_token_t *token);

FUTURE_END_DECLS

#endif
