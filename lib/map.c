/*
 * Floor 6: a function called on each item.
 *
 * The tasks are continuations of one future, the start, and all of it is
 * combined before that is settled.  So what cannot be had (memory, mostly) is
 * known before any of them runs, and the refusal of one is a failure like any
 * other.  The value of the start is what they share: each holds a reference
 * until its function has returned.
 */
#include <future.h>

#include <errno.h>
#include <stdlib.h>

/* The value of the start. */
struct shared {
	future_map_fn *fn;
	void *arg;
	void (*destroy_arg)(void *arg);
};

static void shared_free(void *value)
{
	struct shared *shared = value;

	if (shared->destroy_arg != NULL)
		shared->destroy_arg(shared->arg);
	free(shared);
}

static struct shared *shared_new(const future_map_t *map)
{
	struct shared *shared = malloc(sizeof(*shared));

	if (shared != NULL)
		*shared = (struct shared){ map->fn, map->arg,
			map->destroy_arg };
	return shared;
}

static future_result_t call(future_result_t start, void *item)
{
	const struct shared *shared = start.value;

	return shared->fn(item, shared->arg);
}

/* All of the calls, once `start` has settled. */
static future_t *combine(future_executor_t *executor, const future_map_t *map,
	future_t *start)
{
	const char *item = map->items;
	future_t **futures = NULL, *all;

	if (map->count < SIZE_MAX / sizeof(future_t *))
		futures = malloc((map->count + 1) * sizeof(future_t *));
	if (futures == NULL)
		return future_ready(future_fail(ENOMEM));
	for (size_t i = 0; i < map->count; i++, item += map->size)
		futures[i] = future_then_with(start, &(future_continuation_t){
			.fn = call, .arg = (void *)(uintptr_t)item,
			.token = future_token_current() });
	all = future_combine(&(future_combine_t){ .futures = futures,
		.count = map->count, .mode = FUTURE_COMBINE_ALL,
		.cancel_rest = true, .executor = executor });
	for (size_t i = 0; i < map->count; i++) {
		/* If there is none, nothing is made of them. */
		if (future_state(all) == FUTURE_FAILED)
			future_cancel(futures[i]);
		future_unref(futures[i]);
	}
	free(futures);
	return all;
}

/* Takes `shared`. */
static future_t *run(future_executor_t *executor, const future_map_t *map,
	future_promise_t *promise, struct shared *shared)
{
	future_t *start = future_promise_future(promise);
	future_t *all = combine(executor, map, start);

	/* What has settled already has failed, or there is nothing to do. */
	if (future_state(all) == FUTURE_PENDING)
		future_promise_settle(promise, future_own(shared, shared_free));
	else
		shared_free(shared);
	future_unref(start);
	future_promise_free(promise);
	return all;
}

static future_t *refuse(const future_map_t *map, int error)
{
	if (map != NULL && map->destroy_arg != NULL)
		map->destroy_arg(map->arg);
	return future_ready(future_fail(error));
}

future_t *future_map_with(future_executor_t *executor, const future_map_t *map)
{
	future_promise_t *promise;
	struct shared *shared;
	int error;

	if (map == NULL || map->fn == NULL ||
	    (map->items == NULL && map->count > 0))
		return refuse(map, EINVAL);
	error = future_promise_new(executor, &promise);
	if (error != 0)
		return refuse(map, error);
	shared = shared_new(map);
	if (shared == NULL) {
		future_promise_free(promise);
		return refuse(map, ENOMEM);
	}
	return run(executor, map, promise, shared);
}

future_t *future_map(future_executor_t *executor, const void *items,
	size_t count, size_t size, future_map_fn *fn, void *arg)
{
	future_map_t map = { .items = items, .count = count, .size = size,
		.fn = fn, .arg = arg };

	return future_map_with(executor, &map);
}
