/*
 * Map: a function called on each item of an array, the results in its order.
 *
 *	static future_result_t fetch(const void *item, void *arg)
 *	{
 *		const char *const *url = item;
 *		...
 *	}
 *
 *	FUTURE_AUTO future_t *all = future_map(pool, urls, 100,
 *		sizeof(urls[0]), fetch, NULL);
 *	const future_result_t *pages = future_get(all).value;	pages[99]
 *
 * The items stand as they do for qsort(): any array will do, and nothing has
 * to be cast or copied to make it one of pointers.
 */
#ifndef FUTURE_MAP_H
#define FUTURE_MAP_H

#include <future/base.h>
#include <future/result.h>

FUTURE_BEGIN_DECLS

/* Called once for an item, on any worker; `arg` is the same for all. */
typedef future_result_t future_map_fn(const void *item, void *arg);

/* The long form. */
typedef struct future_mapping {
	const void *items;
	size_t count;
	size_t size;		/* bytes from one item to the next */
	future_map_fn *fn;
	void *arg;
	void (*destroy_arg)(void *arg);	/* called exactly once, on every path */
} future_map_t;

/*
 * Has fn(item, arg) called for each of `count` items of `size` bytes, each in
 * a task of its own, on `executor`.  Succeeds when all have: the value is a
 * future_result_t[count] in the order of the items, borrowed from the tasks,
 * which it keeps alive.
 *
 * The first failure settles it, with the array as detail, and cancels the
 * rest; so does its cancel: what has not started never does, what runs may ask
 * future_cancel_requested().  Such items stand in the array with EINPROGRESS
 * or ECANCELED.
 *
 * `items` and `arg` are borrowed until a future_join() of the future has
 * returned: then no call of `fn` runs any more, or ever will.  A queue's
 * capacity does not bind the tasks.  Never blocks.  ENOMEM, ECHILD, ESHUTDOWN,
 * EINVAL for no function or no items arrive in the future.
 */
FUTURE_API FUTURE_CHECKED future_t *future_map(future_executor_t *executor,
	const void *items, size_t count, size_t size, future_map_fn *fn,
	void *arg);

/*
 * The long form; `map` is read during the call only.  destroy_arg runs when no
 * call of `fn` runs any more, or ever will; inside this call if that fails.  It
 * must not wait for a future.
 */
FUTURE_API FUTURE_CHECKED future_t *future_map_with(
	future_executor_t *executor, const future_map_t *map);

FUTURE_END_DECLS

#endif
