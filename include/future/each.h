/*
 * Each: a loop whose turns run in parallel.
 *
 *	static int blur(size_t begin, size_t end, void *picture)
 *	{
 *		for (size_t row = begin; row < end; row++)
 *			...
 *		return 0;
 *	}
 *
 *	FUTURE_AUTO future_t *all = future_each(pool, height, 0, blur, picture);
 *	int error = future_get(all).error;
 */
#ifndef FUTURE_EACH_H
#define FUTURE_EACH_H

#include <future/base.h>

FUTURE_BEGIN_DECLS

/*
 * One piece of the loop, from `begin` to before `end`.  Returns 0, or an error
 * (an errno value, or your own negative code), which stops the loop.
 */
typedef int future_each_fn(size_t begin, size_t end, void *arg);

/*
 * Calls fn(begin, end, arg) on `executor` until [0, count) has been covered,
 * each index once, `grain` of them at a time; 0: chosen, so that there are
 * some hundred pieces.  Pieces are handed out one by one, in rising order, so
 * that a slow one holds up nobody else.  There are as many tasks as the
 * executor has threads, and no memory is taken for a piece.
 *
 * The first error settles the future, and no piece is begun any more; the same
 * for its cancel.  What has begun goes on (it may ask
 * future_cancel_requested()): `arg` is borrowed until a future_join() of the
 * future has returned.  The value says nothing.  Never blocks.  ENOMEM, ECHILD,
 * ESHUTDOWN, EINVAL for no function arrive in the future.
 */
FUTURE_API FUTURE_CHECKED future_t *future_each(future_executor_t *executor,
	size_t count, size_t grain, future_each_fn *fn, void *arg);

FUTURE_END_DECLS

#endif
