/* The start and the end of a pool.  See pool.h. */
#include "pool.h"
#include "alloc.h"
#include "block.h"
#include "shell.h"

#include <errno.h>
#include <string.h>

static const struct fut_executor_kind pool_kind = {
	.post = fut_pool_post,
	.keep = fut_pool_keep,
	.husk = fut_pool_husk,
	.ran = fut_pool_ran,
	.arm = fut_pool_arm,
	.disarm = fut_pool_disarm,
	.evict = fut_pool_evict,
	.prod = fut_pool_look_again,
	.hooks = fut_pool_hooks,
	.timed = fut_pool_timed,
	.close = fut_pool_close,
	.shutdown = fut_pool_shutdown,
	.cancel = fut_pool_cancel,
	.inside = fut_pool_inside,
	.closed = fut_pool_closed,
	.cancelled = fut_pool_cancelled,
	.join = fut_pool_join,
	.drain = fut_pool_drain,
	.stats = fut_pool_stats,
};

static struct fut_shells shells = {
	.kind = &pool_kind,
	.size = sizeof(struct fut_pool),
};

void fut_pool_release(struct fut_pool *pool)
{
	struct fut_worker *workers;

	fut_lock(&pool->lock);
	workers = pool->workers;
	pool->workers = NULL;
	fut_shell_renew(&pool->executor);
	fut_unlock(&pool->lock);
	fut_free(workers);
	fut_shell_free(&shells, &pool->executor);
	fut_block_trim();
}

static int check_options(const struct future_pool_options *options)
{
	if (options->block_ns < 0 ||
	    options->when_full < FUTURE_REJECT ||
	    options->when_full > FUTURE_DISCARD_OLDEST ||
	    options->threads > FUT_POOL_WIDTH_MAX)
		return EINVAL;
	if (options->spare_threads != 0)
		return ENOTSUP;
	for (int i = 0; i < 4; i++)
		if (options->reserved[i] != NULL)
			return ENOTSUP;
	return fut_thread_stack_check(options->stack_size);
}

/* Takes the lock, for whoever has the address of an earlier pool. */
static void configure(struct fut_pool *pool,
	const struct future_pool_options *options)
{
	const char *name = options->name != NULL ? options->name : "future";

	fut_lock(&pool->lock);
	pool->width = options->threads != 0 ? options->threads :
		fut_thread_cpus();
	pool->capacity = options->queue_capacity;
	pool->when_full = options->when_full;
	pool->block_ns = options->block_ns;
	pool->stack_size = options->stack_size;
	strncpy(pool->name, name, FUT_POOL_NAME_MAX - 1);
	pool->on_thread_start = options->on_thread_start;
	pool->on_thread_stop = options->on_thread_stop;
	pool->hooks = (struct fut_executor_hooks){
		.capture = options->capture,
		.before = options->before,
		.after = options->after,
		.release = options->release,
		.hook_arg = options->hook_arg,
		.timing = options->timing,
	};
	fut_queue_init(&pool->queue);
	atomic_store_explicit(&pool->idle, 0, FUT_RELAXED);
	pool->waking = pool->leaving = pool->orphan = false;
	pool->over = pool->gone = false;
	pool->alive = pool->blocked_count = pool->pushed = 0;
	pool->blocked = NULL;
	pool->peak = pool->takes = pool->producers = pool->watchers = 0;
	pool->claims = pool->refused = pool->callers = 0;
	memset(pool->counts, 0, sizeof(pool->counts));
	pool->corpse = NULL;
	pool->phase = FUT_POOL_OPEN;
	atomic_store_explicit(&pool->wake, FUT_WAKE_NOBODY, FUT_RELAXED);
	atomic_store_explicit(&pool->filled, 0, FUT_RELAXED);
	atomic_store_explicit(&pool->closing, FUT_POOL_OPEN, FUT_RELAXED);
	fut_unlock(&pool->lock);
	atomic_store_explicit(&pool->executor.hooked,
		options->capture != NULL || options->before != NULL ||
		options->after != NULL || options->release != NULL ||
		options->timing, FUT_RELAXED);
	fut_timers_open(&pool->timers);
	atomic_store_explicit(&pool->executor.refs, 1, FUT_RELAXED);
}

static int start_worker(struct fut_pool *pool, size_t index)
{
	struct fut_worker *worker = &pool->workers[index];
	int error;

	worker->pool = pool;
	worker->index = index;
	/* Idle until it first looks. */
	worker->rested = true;
	fut_lock(&pool->lock);
	pool->alive++;
	FUT_COUNT_UP(pool->idle);
	fut_unlock(&pool->lock);
	error = fut_thread_start(&worker->thread, pool->stack_size,
		fut_worker_main, worker);
	if (error == 0)
		return 0;
	fut_lock(&pool->lock);
	pool->alive--;
	FUT_COUNT_DOWN(pool->idle);
	fut_unlock(&pool->lock);
	return error;
}

int future_pool_new(const future_pool_options_t *options,
	future_executor_t **ret_pool)
{
	static const future_pool_options_t defaults;
	struct future_executor *shell;
	struct fut_pool *pool;
	int error;

	if (options == NULL)
		options = &defaults;
	if (ret_pool == NULL)
		return EINVAL;
	error = check_options(options);
	if (error != 0)
		return error;
	shell = fut_shell_new(&shells);
	if (shell == NULL)
		return ENOMEM;
	pool = fut_pool_of(shell);
	configure(pool, options);
	pool->workers = fut_alloc_lines(pool->width * sizeof(*pool->workers));
	if (pool->workers == NULL) {
		error = ENOMEM;
		goto free_shell;
	}
	for (size_t i = 0; i < pool->width && error == 0; i++)
		error = start_worker(pool, i);
	if (error != 0)
		goto close_pool;
	*ret_pool = &pool->executor;
	return 0;
close_pool:
	fut_pool_close(&pool->executor, true);
	return error;
free_shell:
	fut_pool_release(pool);
	return error;
}
