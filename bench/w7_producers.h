/* W7: four threads, each posting a quarter. */
#ifndef W7_PRODUCERS_H
#define W7_PRODUCERS_H

#include "bench.h"

enum { PRODUCERS = 4 };

struct producer {
	pthread_t thread;
	pthread_barrier_t *start;
	size_t core;
	size_t n;
};

static void *producer_run(void *arg)
{
	struct producer *producer = (struct producer *)arg;

	if (bench_is_spread())
		bench_pin(0, producer->core);
	peer_enter();
	pthread_barrier_wait(producer->start);
	for (size_t i = 0; i < producer->n; i++)
		peer_post(count_task, NULL);
	peer_leave();
	return NULL;
}

static void w7_producers(const struct bench *bench)
{
	struct producer producers[PRODUCERS];
	struct stretch stretch;
	pthread_barrier_t start;

	bench_check(bench->n % PRODUCERS == 0, "W7: N must divide by four");
	count_expect(bench->n);
	pthread_barrier_init(&start, NULL, PRODUCERS + 1);
	for (int i = 0; i < PRODUCERS; i++) {
		producers[i].start = &start;
		producers[i].core = (size_t)i & 1;
		producers[i].n = bench->n / PRODUCERS;
		bench_check(pthread_create(&producers[i].thread, NULL,
			producer_run, &producers[i]) == 0, "W7: no thread");
	}
	stretch_start(&stretch);
	pthread_barrier_wait(&start);
	bench_sem_wait(&all_done);
	stretch_report(&stretch, peer_name, bench, "");
	for (int i = 0; i < PRODUCERS; i++)
		pthread_join(producers[i].thread, NULL);
	bench_check(atomic_load(&done_count) == bench->n, "W7: wrong count");
}

#endif
