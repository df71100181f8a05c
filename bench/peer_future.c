/* The library itself. */
#include "bench.h"

#include <future.h>

static const char peer_name[] = "libfuture";
static const bool peer_helps = true;
static future_executor_t *pool;

typedef future_t *peer_future_t;

static inline void peer_start(int workers)
{
	const future_pool_options_t options = { .threads = (size_t)workers };

	bench_check(future_pool_new(&options, &pool) == 0, "no pool");
}

static inline void peer_enter(void)
{
}

static inline void peer_collect(void)
{
}

static inline void peer_leave(void)
{
}

static inline void peer_post(bench_fn *fn, void *arg)
{
	bench_check(future_execute(pool, fn, arg) == 0, "future_execute");
}

static future_result_t increment(void *arg)
{
	return future_ok_int((intptr_t)arg + 1);
}

static inline peer_future_t peer_submit(intptr_t n)
{
	return future_submit(pool, increment, (void *)n);
}

static inline intptr_t peer_get(peer_future_t future)
{
	intptr_t value = future_result_int(future_get(future));

	future_unref(future);
	return value;
}

static inline intptr_t peer_recall(intptr_t n)
{
	return peer_get(peer_submit(n));
}

#include "workloads.h"
#include "w4_chain.h"

int main(int argc, char **argv)
{
	return bench_main(argc, argv, chain_workloads);
}
