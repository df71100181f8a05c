/*
 * Retry: a task that is run again until it succeeds.
 *
 *	static bool is_passing(future_result_t failure, void *url)
 *	{
 *		return failure.error == EAGAIN || failure.error == ETIMEDOUT;
 *	}
 *
 *	FUTURE_AUTO future_t *page = future_retry(pool, &(future_retry_t){
 *		.attempts = 5, .backoff_ns = 100000000, .cap_ns = 1000000000,
 *		.jitter = seed, .worth = is_passing, .fn = fetch, .arg = url });
 *
 * Between two attempts no thread waits: a timer does.
 */
#ifndef FUTURE_RETRY_H
#define FUTURE_RETRY_H

#include <future/future.h>

FUTURE_BEGIN_DECLS

/*
 * True if after this failure, which is borrowed, another attempt is worth it.
 * Called on the executor, with the task's argument.
 */
typedef bool future_retry_fn(future_result_t failure, void *arg);

/* What to try, and how often; all zero but `fn`: three times, at once. */
typedef struct future_retrying {
	size_t attempts;	/* at most so many; 0: 3 */
	int64_t backoff_ns;	/* the first pause; each is twice the last */
	int64_t cap_ns;		/* but none is longer; 0: no cap */
	uint64_t jitter;	/* a seed: see below; 0: none */
	future_retry_fn *worth;	/* NULL: every failure is worth it */

	future_task_fn *fn;	/* this and the rest: as in a task */
	void *arg;
	size_t arg_size;		/* copied once for all attempts */
	void (*destroy_arg)(void *arg);	/* after the last attempt */
	int priority;			/* of each attempt; 0: normal */
	future_token_t *token;
	const char *name;
} future_retry_t;

/*
 * Submits a task as future_submit_with() does; and whenever it fails, again
 * after a pause, until it succeeds, or the failure is not worth it, or there
 * have been enough attempts: then the future fails as the last one did, with
 * its detail.  ECANCELED is never worth another attempt.  A task may end with
 * future_follow(): then the attempt lasts until that has settled.
 *
 * With a jitter each pause is drawn evenly from 0 up to what it would be, so
 * that many who failed together do not come back together.  The same seed
 * draws the same pauses: give each its own.  Arithmetic saturates.
 *
 * Cancelling the future ends the pause, or asks the attempt that runs
 * (future_cancel_requested()) and cancels what it follows.  future_join() waits
 * for that attempt, and so for the last use of `arg` by `fn`; but of a future
 * that a cancelled attempt follows only in the last one.  destroy_arg runs
 * once: when the last attempt has returned, and before the future settles
 * unless that was cancelled; inside the cancel of one that runs no attempt; or
 * inside this call, if that fails.
 *
 * Capacity and when_full of the executor bind the first attempt only.  Once
 * the executor is closed there are no more: ESHUTDOWN, or the last failure if
 * that was final, arrives.  A future costs some 400 bytes for each attempt
 * there was, until it settles.  All attempts are under the token, or under that
 * of the calling function.
 *
 * Never blocks, but on a full queue as future_submit() does.  At once it fails
 * with EINVAL (no function, a negative duration), ENOMEM, or as that does; if a
 * pause cannot be had, as future_after() does.  The caller owns the reference.
 *
 * (The jitter is the "full" one of M. Brooker, Exponential Backoff And Jitter,
 * AWS Architecture Blog 2015; the numbers are drawn by splitmix64: G. Steele,
 * D. Lea, C. Flood, Fast Splittable Pseudorandom Number Generators, 2014.)
 */
FUTURE_API FUTURE_CHECKED future_t *future_retry(future_executor_t *executor,
	const future_retry_t *retry);

FUTURE_END_DECLS

#endif
