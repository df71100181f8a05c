/* W8: resident bytes per queued task with its future, the workers blocked. */
#ifndef W8_MEMORY_H
#define W8_MEMORY_H

#include "bench.h"

static sem_t blocker_in, blocker_go;

static void block_task(void *arg)
{
	(void)arg;
	sem_post(&blocker_in);
	bench_sem_wait(&blocker_go);
}

static void w8_memory(const struct bench *bench)
{
	peer_future_t *futures = (peer_future_t *)bench_alloc(
		bench->n * sizeof(*futures));
	int64_t n = (int64_t)bench->n, sum = 0;
	size_t before;

	sem_init(&blocker_in, 0, 0);
	sem_init(&blocker_go, 0, 0);
	for (int i = 0; i < bench->workers; i++)
		peer_post(block_task, NULL);
	for (int i = 0; i < bench->workers; i++)
		bench_sem_wait(&blocker_in);

	before = bench_resident();
	for (int64_t i = 0; i < n; i++)
		futures[i] = peer_submit((intptr_t)i);
	printf("%s %s %.1f\n", peer_name, bench->workload,
		(double)(bench_resident() - before) / (double)n);

	for (int i = 0; i < bench->workers; i++)
		sem_post(&blocker_go);
	for (int64_t i = 0; i < n; i++)
		sum += peer_get(futures[i]);
	bench_check(sum == n * (n + 1) / 2, "W8: wrong sum");
}

#endif
