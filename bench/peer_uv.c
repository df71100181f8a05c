/*
 * libuv: uv_queue_work().  Each thread that posts has a loop of its own, which
 * its futures settle on: get() runs the loop, as a libuv program would.
 */
#include "bench.h"

#include <uv.h>

static const char peer_name[] = "libuv";
static const bool peer_helps = false;
static _Thread_local uv_loop_t loop;

struct job {
	uv_work_t work;
	bench_fn *fn;
	void *arg;
};

struct uv_future {
	uv_work_t work;
	bool done;
	intptr_t value;
};

typedef struct uv_future *peer_future_t;

static inline void peer_start(int workers)
{
	char count[16];

	snprintf(count, sizeof(count), "%d", workers);
	setenv("UV_THREADPOOL_SIZE", count, 1);
}

static inline void peer_enter(void)
{
	bench_check(uv_loop_init(&loop) == 0, "uv_loop_init");
}

static inline void peer_collect(void)
{
	uv_run(&loop, UV_RUN_DEFAULT);
}

static inline void peer_leave(void)
{
	peer_collect();
	bench_check(uv_loop_close(&loop) == 0, "uv_loop_close");
}

static void job_run(uv_work_t *work)
{
	struct job *job = (struct job *)work;

	job->fn(job->arg);
}

static void job_done(uv_work_t *work, int status)
{
	(void)status;
	free(work);
}

static inline void peer_post(bench_fn *fn, void *arg)
{
	struct job *job = malloc(sizeof(*job));

	bench_check(job != NULL, "out of memory");
	job->fn = fn;
	job->arg = arg;
	bench_check(uv_queue_work(&loop, &job->work, job_run, job_done) == 0,
		"uv_queue_work");
}

static void future_run(uv_work_t *work)
{
	((struct uv_future *)work)->value++;
}

static void future_done(uv_work_t *work, int status)
{
	(void)status;
	((struct uv_future *)work)->done = true;
}

static inline peer_future_t peer_submit(intptr_t n)
{
	struct uv_future *future = malloc(sizeof(*future));

	bench_check(future != NULL, "out of memory");
	future->done = false;
	future->value = n;
	bench_check(uv_queue_work(&loop, &future->work, future_run,
		future_done) == 0, "uv_queue_work");
	return future;
}

static inline intptr_t peer_get(peer_future_t future)
{
	intptr_t value;

	while (!future->done)
		uv_run(&loop, UV_RUN_ONCE);
	value = future->value;
	free(future);
	return value;
}

static inline intptr_t peer_recall(intptr_t n)
{
	return peer_get(peer_submit(n));
}

typedef uv_timer_t *peer_timer_t;

static void timer_fire(uv_timer_t *timer)
{
	(void)timer;
}

static inline peer_timer_t peer_arm(int64_t ms)
{
	uv_timer_t *timer = malloc(sizeof(*timer));

	bench_check(timer != NULL && uv_timer_init(&loop, timer) == 0 &&
		uv_timer_start(timer, timer_fire, (uint64_t)ms, 0) == 0,
		"uv_timer_start");
	return timer;
}

static void timer_free(uv_handle_t *timer)
{
	free(timer);
}

static inline void peer_disarm(peer_timer_t timer)
{
	uv_close((uv_handle_t *)timer, timer_free);
}

static uv_mutex_t mutex;
static uv_sem_t semaphore;

static inline void peer_lock(void)
{
	uv_mutex_lock(&mutex);
}

static inline void peer_unlock(void)
{
	uv_mutex_unlock(&mutex);
}

static inline void peer_acquire(void)
{
	uv_sem_wait(&semaphore);
}

static inline void peer_release(void)
{
	uv_sem_post(&semaphore);
}

#include "workloads.h"
#include "w10_timers.h"
#include "w11_locks.h"

static const struct workload own_workloads[] = {
	{ "W10", w10_timers },
	W11_MUTEX,
	W11_SEMAPHORE,
	{ NULL, NULL }
};

int main(int argc, char **argv)
{
	uv_mutex_init(&mutex);
	uv_sem_init(&semaphore, 1);
	return bench_main(argc, argv, own_workloads);
}
