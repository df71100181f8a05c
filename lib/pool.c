/* The start and the end of a pool.  See pool.h. */
#include "pool.h"
#include "alloc.h"
#include "asleep.h"
#include "block.h"
#include "shell.h"

#include <errno.h>
#include <string.h>

static const struct fut_executor_kind pool_kind = {
	.noun = "pool",
	.post = fut_pool_post,
	.keep = fut_pool_keep,
	.husk = fut_pool_husk,
	.ran = fut_pool_ran,
	.arm = fut_pool_arm,
	.disarm = fut_pool_disarm,
	.evict = fut_pool_evict,
	.prod = fut_pool_look_again,
	.moves = fut_pool_moves,
	.hooks = fut_pool_hooks,
	.timed = fut_pool_timed,
	.close = fut_pool_close,
	.shutdown = fut_pool_shutdown,
	.cancel = fut_pool_cancel,
	.inside = fut_pool_inside,
	.phase = fut_pool_phase,
	.join = fut_pool_join,
	.timers = fut_pool_timers,
	.drain = fut_pool_drain,
	.stats = fut_pool_stats,
	.times = fut_pool_times,
	.workers = fut_pool_workers,
};

static struct fut_shells shells = {
	.kind = &pool_kind,
	.size = sizeof(struct fut_pool),
};

void fut_pool_release(struct fut_pool *pool)
{
	struct fut_worker *workers;
	struct fut_times *times;

	fut_lock(&pool->lock);
	workers = pool->workers;
	times = pool->times;
	pool->workers = NULL;
	pool->times = NULL;
	fut_shell_renew(&pool->executor);
	fut_unlock(&pool->lock);
	fut_free(workers);
	fut_free(times);
	fut_shell_free(&shells, &pool->executor);
	fut_block_trim();
}

static int check_options(const struct future_pool_options *options)
{
	if (options->block_ns < 0 ||
	    options->when_full < FUTURE_REJECT ||
	    options->when_full > FUTURE_DISCARD_OLDEST ||
	    options->threads > FUT_POOL_WIDTH_MAX ||
	    options->spare_threads > FUT_POOL_WIDTH_MAX)
		return EINVAL;
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
	pool->slots = pool->width + options->spare_threads;
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
	fut_levels_init(&pool->levels);
	atomic_store_explicit(&pool->idle, 0, FUT_RELAXED);
	pool->waking = pool->leaving = pool->orphan = false;
	pool->over = pool->gone = pool->hiring = pool->unable = false;
	pool->alive = pool->dozing = pool->pushed = 0;
	pool->blocked = NULL;
	pool->peak = pool->takes = pool->producers = pool->watchers = 0;
	pool->claims = pool->refused = pool->callers = 0;
	memset(pool->counts, 0, sizeof(pool->counts));
	pool->corpse = NULL;
	pool->phase = FUT_PHASE_OPEN;
	atomic_store_explicit(&pool->wake, FUT_WAKE_NOBODY, FUT_RELAXED);
	atomic_store_explicit(&pool->filled, 0, FUT_RELAXED);
	atomic_store_explicit(&pool->urgent, 0, FUT_RELAXED);
	atomic_store_explicit(&pool->closing, FUT_PHASE_OPEN, FUT_RELAXED);
	fut_unlock(&pool->lock);
	atomic_store_explicit(&pool->executor.hooked,
		options->capture != NULL || options->before != NULL ||
		options->after != NULL || options->release != NULL ||
		options->timing, FUT_RELAXED);
	fut_timers_open(&pool->timers);
	atomic_store_explicit(&pool->executor.refs, 1, FUT_RELAXED);
}

/* Under the lock: one more, idle until it first looks. */
static struct fut_worker *count_in(struct fut_pool *pool)
{
	struct fut_worker *worker = &pool->workers[pool->alive];

	FUT_ASSERT(fut_lock_held(&pool->lock));
	worker->pool = pool;
	worker->index = pool->alive++;
	worker->rested = true;
	FUT_COUNT_UP(pool->idle);
	return worker;
}

/* Starts one that was counted in; if that fails it is not, any more. */
static int start(struct fut_worker *worker)
{
	struct fut_pool *pool = worker->pool;
	int error = fut_thread_start(&worker->thread, pool->stack_size,
		fut_worker_main, worker);

	if (error == 0)
		return 0;
	fut_lock(&pool->lock);
	pool->alive--;
	FUT_COUNT_DOWN(pool->idle);
	fut_unlock(&pool->lock);
	return error;
}

static int start_worker(struct fut_pool *pool)
{
	struct fut_worker *worker;

	fut_lock(&pool->lock);
	worker = count_in(pool);
	fut_unlock(&pool->lock);
	return start(worker);
}

struct fut_worker *fut_pool_hires(struct fut_pool *pool)
{
	FUT_ASSERT(fut_lock_held(&pool->lock));
	if (pool->alive == pool->slots || pool->hiring || pool->unable ||
	    pool->leaving ||
	    atomic_load_explicit(&pool->idle, FUT_RELAXED) != 0 ||
	    fut_pool_busy(pool) >= pool->width)
		return NULL;
	pool->hiring = true;
	/* The others stay until it is one of them. */
	pool->callers++;
	return count_in(pool);
}

void fut_pool_hire(struct fut_worker *worker)
{
	struct fut_pool *pool = worker->pool;
	bool able = start(worker) == 0;

	fut_lock(&pool->lock);
	pool->unable = !able;
	if (!able) {
		/* Those who wait had counted on it. */
		pool->hiring = false;
		pool->pushed++;
		fut_pool_prod(pool);
	}
	fut_unlock(&pool->lock);
	fut_pool_exit(pool);
}

/* Under the lock, for who reports on a pool that is only being made. */
static bool make_workers(struct fut_pool *pool, bool timing)
{
	struct fut_worker *workers = fut_alloc_lines(pool->slots *
		sizeof(*workers));
	struct fut_times *times = !timing ? NULL : fut_alloc_lines(
		(pool->slots + 1) * sizeof(*times));

	fut_lock(&pool->lock);
	pool->workers = workers;
	pool->times = times;
	fut_unlock(&pool->lock);
	return workers != NULL && (!timing || times != NULL);
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
	shell = fut_asleep_watch() ? fut_shell_new(&shells) : NULL;
	if (shell == NULL)
		return ENOMEM;
	pool = fut_pool_of(shell);
	configure(pool, options);
	if (!make_workers(pool, options->timing)) {
		error = ENOMEM;
		goto free_shell;
	}
	fut_shell_show(&shells, shell);
	for (size_t i = 0; i < pool->width && error == 0; i++)
		error = start_worker(pool);
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
