/*
 * Floor 6: a loop whose turns run in parallel.
 *
 * A map over its runners, as many as the executor has threads.  Each takes the
 * next piece of the loop until there is none: so a worker that is busy with
 * something else, or with a long piece, leaves its share to the others.
 */
#include <future.h>

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>

enum {
	PIECES = 256,		/* about so many, where the grain is chosen */
	RUNNERS_UNKNOWN = 4	/* where the executor has no known width */
};

struct loop {
	_Atomic size_t next;	/* what lies before it has been handed out */
	size_t count;
	size_t grain;
	future_each_fn *fn;
	void *arg;
};

/* False if there is no more. */
static bool take(struct loop *loop, size_t *ret_begin, size_t *ret_end)
{
	size_t begin = atomic_load_explicit(&loop->next, memory_order_relaxed);
	size_t end;

	do {
		if (begin >= loop->count)
			return false;
		end = loop->count - begin > loop->grain ?
			begin + loop->grain : loop->count;
	} while (!atomic_compare_exchange_weak_explicit(&loop->next, &begin,
		end, memory_order_relaxed, memory_order_relaxed));
	*ret_begin = begin;
	*ret_end = end;
	return true;
}

static void stop(struct loop *loop)
{
	atomic_store_explicit(&loop->next, loop->count, memory_order_relaxed);
}

static future_result_t run(const void *item, void *arg)
{
	struct loop *loop = arg;
	size_t begin, end;

	(void)item;
	while (!future_cancel_requested()) {
		int error;

		if (!take(loop, &begin, &end))
			return future_ok(NULL);
		error = loop->fn(begin, end, loop->arg);
		if (error != 0) {
			stop(loop);
			return future_fail(error);
		}
	}
	return future_fail(ECANCELED);
}

/* No more than there are pieces. */
static size_t runners(future_executor_t *executor, const struct loop *loop)
{
	size_t pieces = loop->count / loop->grain +
		(loop->count % loop->grain != 0);
	future_executor_stats_t stats;

	future_executor_stats(executor != NULL ? executor : future_default(),
		&stats);
	if (stats.threads == 0)
		stats.threads = RUNNERS_UNKNOWN;
	return pieces < stats.threads ? pieces : stats.threads;
}

future_t *future_each(future_executor_t *executor, size_t count, size_t grain,
	future_each_fn *fn, void *arg)
{
	struct loop *loop;

	if (fn == NULL)
		return future_ready(future_fail(EINVAL));
	loop = malloc(sizeof(*loop));
	if (loop == NULL)
		return future_ready(future_fail(ENOMEM));
	atomic_init(&loop->next, 0);
	loop->count = count;
	loop->grain = grain != 0 ? grain : count / PIECES + 1;
	loop->fn = fn;
	loop->arg = arg;
	return future_map_with(executor, &(future_map_t){ .items = loop,
		.count = runners(executor, loop), .fn = run, .arg = loop,
		.destroy_arg = free });
}
