/* GLib: an exclusive GThreadPool whose function runs a job. */
#include "bench.h"

#include <glib.h>

struct job {
	bench_fn *fn;
	void *arg;
};

/* Its job's argument is itself: one block a future. */
struct glib_future {
	struct job job;
	struct cell cell;
};

typedef struct glib_future *peer_future_t;

static const char peer_name[] = "GLib";
static const bool peer_helps = false;
static GThreadPool *pool;

static void job_run(void *data, void *user_data)
{
	struct job job = *(struct job *)data;

	(void)user_data;
	if (job.arg != data)
		free(data);
	job.fn(job.arg);
}

static inline void peer_start(int workers)
{
	pool = g_thread_pool_new(job_run, NULL, workers, TRUE, NULL);
	bench_check(pool != NULL, "g_thread_pool_new");
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
	struct job *job = malloc(sizeof(*job));

	bench_check(job != NULL, "out of memory");
	job->fn = fn;
	job->arg = arg;
	g_thread_pool_push(pool, job, NULL);
}

static void future_run(void *arg)
{
	cell_run(&((struct glib_future *)arg)->cell);
}

static inline peer_future_t peer_submit(intptr_t n)
{
	struct glib_future *future = malloc(sizeof(*future));

	bench_check(future != NULL, "out of memory");
	future->job.fn = future_run;
	future->job.arg = future;
	cell_init(&future->cell, n);
	g_thread_pool_push(pool, future, NULL);
	return future;
}

static inline intptr_t peer_get(peer_future_t future)
{
	intptr_t value = cell_get(&future->cell);

	free(future);
	return value;
}

static inline intptr_t peer_recall(intptr_t n)
{
	return peer_get(peer_submit(n));
}

static GMutex mutex;
static GAsyncQueue *queue;

static inline void peer_lock(void)
{
	g_mutex_lock(&mutex);
}

static inline void peer_unlock(void)
{
	g_mutex_unlock(&mutex);
}

/* GLib has no semaphore. */
static inline void peer_acquire(void)
{
	bench_fail("W11s");
}

static inline void peer_release(void)
{
}

static inline void peer_channel_start(size_t capacity)
{
	(void)capacity;
	queue = g_async_queue_new();
}

static inline void peer_send(void *item)
{
	g_async_queue_push(queue, item);
}

static inline void *peer_recv(void)
{
	return g_async_queue_pop(queue);
}

#include "workloads.h"
#include "w11_locks.h"
#include "w12_channel.h"

static const struct workload own_workloads[] = {
	W11_MUTEX,
	{ "W12", w12_channel },
	{ NULL, NULL }
};

int main(int argc, char **argv)
{
	return bench_main(argc, argv, own_workloads);
}
