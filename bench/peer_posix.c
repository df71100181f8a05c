/* POSIX: a thread for every job, pthread_mutex_t and sem_t. */
#include "bench.h"

static const char peer_name[] = "POSIX";
static const bool peer_helps = false;

struct posix_job {
	bench_fn *fn;
	void *arg;
};

struct posix_future {
	pthread_t thread;
	intptr_t value;
};

typedef struct posix_future *peer_future_t;

static void *job_main(void *data)
{
	struct posix_job job = *(struct posix_job *)data;

	free(data);
	job.fn(job.arg);
	return NULL;
}

static inline void peer_start(int workers)
{
	(void)workers;
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
	struct posix_job *job = bench_alloc(sizeof(*job));
	pthread_t thread;

	job->fn = fn;
	job->arg = arg;
	while (pthread_create(&thread, NULL, job_main, job) != 0)
		sched_yield();
	pthread_detach(thread);
}

static void *future_main(void *data)
{
	((struct posix_future *)data)->value++;
	return NULL;
}

static inline peer_future_t peer_submit(intptr_t n)
{
	struct posix_future *future = bench_alloc(sizeof(*future));

	future->value = n;
	while (pthread_create(&future->thread, NULL, future_main, future) != 0)
		sched_yield();
	return future;
}

static inline intptr_t peer_get(peer_future_t future)
{
	intptr_t value;

	pthread_join(future->thread, NULL);
	value = future->value;
	free(future);
	return value;
}

static inline intptr_t peer_recall(intptr_t n)
{
	return peer_get(peer_submit(n));
}

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static sem_t semaphore;

static inline void peer_lock(void)
{
	pthread_mutex_lock(&mutex);
}

static inline void peer_unlock(void)
{
	pthread_mutex_unlock(&mutex);
}

static inline void peer_acquire(void)
{
	bench_sem_wait(&semaphore);
}

static inline void peer_release(void)
{
	sem_post(&semaphore);
}

#include "workloads.h"
#include "w11_locks.h"

static const struct workload own_workloads[] = {
	W11_MUTEX,
	W11_SEMAPHORE,
	{ NULL, NULL }
};

int main(int argc, char **argv)
{
	sem_init(&semaphore, 0, 1);
	return bench_main(argc, argv, own_workloads);
}
