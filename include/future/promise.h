/*
 * Promises: the writing end of a future, for work the library does not run.
 *
 *	future_promise_t *promise;
 *	int error = future_promise_new(NULL, &promise);
 *	FUTURE_AUTO future_t *done = future_promise_future(promise);
 *	...
 *	future_promise_settle(promise, future_ok(buffer));	any thread
 *	future_promise_free(promise);
 */
#ifndef FUTURE_PROMISE_H
#define FUTURE_PROMISE_H

#include <future/base.h>
#include <future/result.h>

FUTURE_BEGIN_DECLS

/*
 * Makes a promise whose future has `executor` for its home (NULL: the
 * default).  Returns 0, ENOMEM, ECHILD, EINVAL; free it with
 * future_promise_free().
 */
FUTURE_API FUTURE_CHECKED int future_promise_new(future_executor_t *executor,
	future_promise_t **ret_promise);

/* Returns a reference to the promise's future. */
FUTURE_API FUTURE_CHECKED future_t *future_promise_future(
	future_promise_t *promise);

/*
 * The first call settles; it returns true.  For the rest, and after a cancel,
 * false, and the value is destroyed.  Takes the value either way.
 */
FUTURE_API bool future_promise_settle(future_promise_t *promise,
	future_result_t result);

/*
 * True once a settle would return false: also after settling with
 * future_follow(), while future_state() is still FUTURE_PENDING.
 */
FUTURE_API bool future_promise_is_settled(const future_promise_t *promise);

/*
 * Has fn(arg) called on `executor` (NULL: the promise's home) when the future
 * is cancelled; at once if it has been.  Returns 0, EALREADY for a second
 * registration, ENOMEM, ECHILD, EINVAL.
 */
FUTURE_API FUTURE_CHECKED int future_promise_on_cancel(
	future_promise_t *promise, future_executor_t *executor,
	void (*fn)(void *arg), void *arg);

/*
 * Frees the writing end; NULL is fine.  An unsettled future fails with
 * EOWNERDEAD.  Withdraws the cancel callback: when this returns it has
 * returned, or will never start (inside the callback itself it does not wait).
 */
FUTURE_API void future_promise_free(future_promise_t *promise);

FUTURE_END_DECLS

#endif
