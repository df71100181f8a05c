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

typedef future_t *peer_timer_t;

static inline peer_timer_t peer_arm(int64_t ms)
{
	return future_after(pool, future_in_ms(ms));
}

static inline void peer_disarm(peer_timer_t timer)
{
	bench_check(future_cancel(timer), "future_cancel");
	future_unref(timer);
}

static future_mutex_t mutex = FUTURE_MUTEX_INIT;
static future_semaphore_t semaphore = FUTURE_SEMAPHORE_INIT(1);
static future_channel_t *channel;

static inline void peer_lock(void)
{
	future_mutex_lock(&mutex);
}

static inline void peer_unlock(void)
{
	future_mutex_unlock(&mutex);
}

static inline void peer_acquire(void)
{
	(void)!future_semaphore_acquire(&semaphore, 1);
}

static inline void peer_release(void)
{
	future_semaphore_release(&semaphore, 1);
}

static inline void peer_channel_start(size_t capacity)
{
	bench_check(future_channel_new(capacity, NULL, &channel) == 0,
		"no channel");
}

static inline void peer_send(void *item)
{
	(void)!future_channel_send(channel, item);
}

static inline void *peer_recv(void)
{
	void *item = NULL;

	(void)!future_channel_recv(channel, &item);
	return item;
}

#include "workloads.h"
#include "w10_timers.h"
#include "w11_locks.h"
#include "w12_channel.h"
#include "w4_chain.h"

static const struct workload own_workloads[] = {
	{ "W4done", w4_done_pool },
	{ "W4pend", w4_pending_inline },
	{ "W4pool", w4_pending_pool },
	{ "W10", w10_timers },
	W11_MUTEX,
	W11_SEMAPHORE,
	{ "W12", w12_channel },
	{ NULL, NULL }
};

int main(int argc, char **argv)
{
	return bench_main(argc, argv, own_workloads);
}
