/*
 * Futures: submit, wait, continue, cancel.
 *
 *	FUTURE_AUTO future_t *page = future_submit(pool, fetch, url);
 *	FUTURE_AUTO future_t *words = future_then(page, count, NULL);
 *	future_result_t r = future_get(words);
 *
 * A future settles exactly once: with a value, with an error, or cancelled.
 * Callbacks run on the future's home executor (the one it was submitted to; a
 * continuation has its source's) unless another is named, never inside the
 * call that registers or settles, unless that executor is the inline one.
 */
#ifndef FUTURE_FUTURE_H
#define FUTURE_FUTURE_H

#include <future/base.h>
#include <future/priority.h>
#include <future/time.h>
#include <future/result.h>

FUTURE_BEGIN_DECLS

/* Runs on a worker.  `arg` is the caller's, or the task's own copy. */
typedef future_result_t future_task_fn(void *arg);

/* Runs when its source has settled; `in` is borrowed during the call. */
typedef future_result_t future_then_fn(future_result_t in, void *arg);

typedef enum future_state {
	FUTURE_PENDING,
	FUTURE_RUNNING,
	FUTURE_OK,
	FUTURE_FAILED,
	FUTURE_CANCELLED	/* exactly when the error is ECANCELED */
} future_state_t;

/* The long form of a task. */
typedef struct future_task {
	future_task_fn *fn;
	void *arg;
	size_t arg_size;		/* not 0: arg is copied into the task */
	void (*destroy_arg)(void *arg);	/* called exactly once, on every path */
	int priority;			/* a future_priority_t; 0: normal */
	future_token_t *token;		/* NULL: that of who submits it */
	const char *name;		/* kept, not copied: a literal */
} future_task_t;

typedef enum future_on {
	FUTURE_ON_SUCCESS,	/* a failure passes through */
	FUTURE_ON_FAILURE,	/* a success passes through */
	FUTURE_ON_FINALLY,	/* either; the outcome passes through */
	FUTURE_ON_EITHER	/* either; the outcome is the function's */
} future_on_t;

/* The long form of a continuation. */
typedef struct future_continuation {
	future_on_t on;
	future_executor_t *executor;	/* NULL: the source's home */
	future_then_fn *fn;
	void *arg;			/* this and the rest: as in a task */
	size_t arg_size;
	void (*destroy_arg)(void *arg);
	int priority;			/* 0: that of the source */
	future_token_t *token;		/* NULL: that of the source */
	const char *name;
} future_continuation_t;

/*
 * Has `fn` called with `arg` on `executor` and returns its future.  Blocks
 * only on a full queue whose policy is FUTURE_BLOCK.  What goes wrong arrives
 * in the future: ENOMEM, EAGAIN (full), ESHUTDOWN (closed), EINVAL (no
 * function, an unknown priority), ECHILD (inherited by a fork).
 */
FUTURE_API FUTURE_CHECKED future_t *future_submit(future_executor_t *executor,
	future_task_fn *fn, void *arg);

/*
 * The long form.  `task` is read during the call only.  destroy_arg runs after
 * the function returned and before its future settles; inside the call that
 * cancels a task not started; inside this call if it is refused.  It must not
 * wait for a future: its thread may be in the middle of settling that one.
 */
FUTURE_API FUTURE_CHECKED future_t *future_submit_with(
	future_executor_t *executor, const future_task_t *task);

/*
 * Fire and forget: no future.  Returns 0 or what future_submit() would have
 * failed with; under FUTURE_DISCARD, 0.
 */
FUTURE_API FUTURE_CHECKED int future_execute(future_executor_t *executor,
	void (*fn)(void *arg), void *arg);

/*
 * Waits for the outcome; the value is borrowed.  A worker that waits may run
 * the very task it waits for, or what that cannot settle without, if it has
 * not started, until half of its stack is used; then it only sleeps.
 *
 * With these the awaited future is still pending: EDEADLK, in a function that
 * an executor runs, where nothing that it waits for, however far, can move any
 * more, itself included; ECANCELED where the future of the function that waits
 * is cancelled; ECHILD for one inherited by a fork.
 */
FUTURE_API future_result_t future_get(future_t *future);

/*
 * Returns 0 once settled, whatever the outcome; ETIMEDOUT, EDEADLK, ECHILD,
 * ECANCELED (the waiter's own), EINVAL for NULL.  With a deadline a worker only
 * sleeps.
 */
FUTURE_API FUTURE_CHECKED int future_wait(future_t *future,
	future_time_t deadline);

/*
 * As future_wait(), and until its function, and that of the future it follows,
 * has returned and let go of `arg`: settled is not finished.  Of a future that
 * was combined with cancel_rest: and until those of its inputs have.  Not until
 * that of a source has: what a timeout has cancelled is joined itself.
 */
FUTURE_API FUTURE_CHECKED int future_join(future_t *future,
	future_time_t deadline);

/* Never blocks.  A NULL future has failed. */
FUTURE_API future_state_t future_state(const future_t *future);

/*
 * Waits like future_get() and makes the value the caller's, once: `destroy` is
 * set where there is something to free.  From then on everyone who shares the
 * value sees EALREADY.  Take when nobody else still reads.
 */
FUTURE_API FUTURE_CHECKED future_result_t future_take(future_t *future);

/*
 * Settles the future with ECANCELED; true if this call did.  A task that has
 * not started never runs; a running one learns it by asking, and what it
 * returns is destroyed.  The source of a continuation, and the inputs of a
 * combined future, are left alone; a followed future is cancelled.
 */
FUTURE_API bool future_cancel(future_t *future);

/*
 * True inside a task whose future, or whose executor, was cancelled.  False
 * outside a task.
 */
FUTURE_API bool future_cancel_requested(void);

/*
 * Continuations.  Each returns a new future whose home is the source's, and
 * borrows `future`: it may be unreferenced at once.
 *
 * then: on success; a failure passes through.  catch: on failure; a success
 * passes through.  finally: on either; the source's outcome passes through
 * unless fn fails, and fn's value is destroyed.  handle: on either.
 */
FUTURE_API FUTURE_CHECKED future_t *future_then(future_t *future,
	future_then_fn *fn, void *arg);
FUTURE_API FUTURE_CHECKED future_t *future_catch(future_t *future,
	future_then_fn *fn, void *arg);
FUTURE_API FUTURE_CHECKED future_t *future_finally(future_t *future,
	future_then_fn *fn, void *arg);
FUTURE_API FUTURE_CHECKED future_t *future_handle(future_t *future,
	future_then_fn *fn, void *arg);

/* The same, on a named executor; NULL is the source's home. */
FUTURE_API FUTURE_CHECKED future_t *future_then_on(future_t *future,
	future_executor_t *executor, future_then_fn *fn, void *arg);
FUTURE_API FUTURE_CHECKED future_t *future_catch_on(future_t *future,
	future_executor_t *executor, future_then_fn *fn, void *arg);
FUTURE_API FUTURE_CHECKED future_t *future_finally_on(future_t *future,
	future_executor_t *executor, future_then_fn *fn, void *arg);
FUTURE_API FUTURE_CHECKED future_t *future_handle_on(future_t *future,
	future_executor_t *executor, future_then_fn *fn, void *arg);

/* The long form; `continuation` is read during the call only. */
FUTURE_API FUTURE_CHECKED future_t *future_then_with(future_t *future,
	const future_continuation_t *continuation);

/*
 * Hangs `count` continuations one on the other.  Takes the reference on
 * `first`, returns the last.
 */
FUTURE_API FUTURE_CHECKED future_t *future_chain(future_t *first,
	const future_continuation_t *links, size_t count);

#ifndef __cplusplus
/* FUTURE_CHAIN(future_submit(...), { .fn = decode }, { .fn = show }) */
#define FUTURE_CHAIN(first, ...) future_chain((first), \
	(const future_continuation_t[]){ __VA_ARGS__ }, \
	sizeof((const future_continuation_t[]){ __VA_ARGS__ }) / \
	sizeof(future_continuation_t))
#endif

/* A future that has settled (or, after future_follow(), follows). */
FUTURE_API FUTURE_CHECKED future_t *future_ready(future_result_t result);

/* Returns `future` with one more reference. */
FUTURE_API future_t *future_ref(future_t *future);

/*
 * Gives a reference back; NULL is fine.  Legal anywhere, also inside a
 * callback of that very future; cancels nothing and never blocks: what was
 * started goes on, and so do continuations.
 */
FUTURE_API void future_unref(future_t *future);

/* What FUTURE_AUTO calls. */
static inline void future_unref_auto(future_t **future)
{
	future_unref(*future);
}

FUTURE_END_DECLS

#endif
