/*
 * What another library runs becomes a future, through a table of three
 * functions: start it, ask it to stop, take its result.
 *
 *	struct stat_op {
 *		struct foreign foreign;		first
 *		uv_fs_t request;
 *	};
 *
 *	op = malloc(sizeof(*op));
 *	size = foreign_start(loop, &stat_kind, &op->foreign);
 *
 * Its callback calls foreign_done(), from whatever thread.  libfuture knows
 * nothing of the other library, nor the other way round.
 */
#ifndef FOREIGN_H
#define FOREIGN_H

#include <errno.h>
#include <future.h>
#include <stdlib.h>

struct foreign;

struct foreign_kind {
	/* 0: foreign_done() will be called, once.  Else it never is. */
	int (*start)(struct foreign *foreign);

	/*
	 * The future was cancelled: on its home, before the end of
	 * foreign_done(), which is still called.  NULL: it cannot be stopped.
	 */
	void (*cancel)(struct foreign *foreign);

	/* It is over: the result, and nothing is left but memory. */
	future_result_t (*take)(struct foreign *foreign);
};

/* The first member of an operation, which is allocated with malloc(). */
struct foreign {
	const struct foreign_kind *kind;
	future_promise_t *promise;
};

/* The future goes first: it may be asked to stop until that is free. */
static inline void foreign_end(struct foreign *foreign, future_result_t result)
{
	future_promise_settle(foreign->promise, result);
	future_promise_free(foreign->promise);
	free(foreign);
}

static inline void foreign_done(struct foreign *foreign)
{
	foreign_end(foreign, foreign->kind->take(foreign));
}

static inline void foreign_cancel(void *foreign)
{
	((struct foreign *)foreign)->kind->cancel(foreign);
}

/*
 * Starts an operation, which it takes (NULL: ENOMEM); returns its future, whose
 * home is `home`.  Whose operations belong to a thread has a loop there.
 */
static inline future_t *foreign_start(future_executor_t *home,
	const struct foreign_kind *kind, struct foreign *foreign)
{
	int error = foreign == NULL ? ENOMEM :
		future_promise_new(home, &foreign->promise);
	future_t *future;

	if (error != 0) {
		free(foreign);
		return future_ready(future_fail(error));
	}
	foreign->kind = kind;
	future = future_promise_future(foreign->promise);
	/* First: once it has started it may be over, and freed. */
	if (kind->cancel != NULL)
		error = future_promise_on_cancel(foreign->promise, home,
			foreign_cancel, foreign);
	if (error == 0)
		error = kind->start(foreign);
	if (error != 0)
		foreign_end(foreign, future_fail(error));
	return future;
}

#endif
