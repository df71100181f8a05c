/*
 * The outcome of a task: a value with the way to free it, or an error.
 *
 *	return page != NULL ? future_own(page, page_free) : future_fail(errno);
 */
#ifndef FUTURE_RESULT_H
#define FUTURE_RESULT_H

#include <errno.h>
#include <future/base.h>

FUTURE_BEGIN_DECLS

typedef struct future_result {
	void *value;			/* may accompany an error, as detail */
	void (*destroy)(void *value);	/* or NULL; NULL where borrowed */
	int error;	/* 0, an errno value, or your own negative code */
} future_result_t;

static inline future_result_t future_result_make(void *value,
	void (*destroy)(void *value), int error)
{
	future_result_t result;

	result.value = value;
	result.destroy = destroy;
	result.error = error;
	return result;
}

/* Success with a value that the future does not own. */
static inline future_result_t future_ok(void *value)
{
	return future_result_make(value, NULL, 0);
}

/* Success with a number; future_result_int() reads it. */
static inline future_result_t future_ok_int(intptr_t number)
{
	return future_result_make((void *)number, NULL, 0);
}

/* Returns the number that future_ok_int() put in. */
static inline intptr_t future_result_int(future_result_t result)
{
	return (intptr_t)result.value;
}

/*
 * Success with a value that the future owns from now on: `destroy` is called
 * once when nobody shares it any more, on whatever thread that is: it must not
 * wait for a future.  A NULL value is ENOMEM, so that future_own(malloc(n),
 * free) is right as it stands.
 */
static inline future_result_t future_own(void *value,
	void (*destroy)(void *value))
{
	if (value == NULL)
		return future_result_make(NULL, NULL, ENOMEM);
	return future_result_make(value, destroy, 0);
}

/* Failure.  An error of 0 is EINVAL. */
static inline future_result_t future_fail(int error)
{
	return future_result_make(NULL, NULL, error != 0 ? error : EINVAL);
}

/* Failure with a detail that the future owns; a NULL detail is fine. */
static inline future_result_t future_fail_own(int error, void *value,
	void (*destroy)(void *value))
{
	return future_result_make(value, value != NULL ? destroy : NULL,
		error != 0 ? error : EINVAL);
}

/*
 * Success with a copy of `size` bytes at `data`, freed with the future.
 * ENOMEM if there is no room; EINVAL if `data` is NULL and `size` is not 0.
 */
FUTURE_API future_result_t future_copy(const void *data, size_t size);

/*
 * Makes the value that a continuation was given its own: call it with the `in`
 * of the continuation that is running, and `destroy` is set in what comes
 * back.  Everybody else who shares the value sees EALREADY from now on, and so
 * do continuations that have not started.  EALREADY if somebody moved or took
 * it before; EINVAL, with nothing moved, where `in` is not what the running
 * continuation was given.  A value that nobody owns comes back as it is.
 */
FUTURE_API future_result_t future_move(future_result_t in);

/*
 * Settle as `inner` does, when it does: the way to return a future from a
 * task, a continuation, or to settle a promise with one.  Takes the reference.
 * A future that would wait for itself, at any distance, fails with EDEADLK;
 * a NULL `inner` is EINVAL.
 */
FUTURE_API future_result_t future_follow(future_t *inner);

FUTURE_END_DECLS

#endif
