/* W2: fire and forget; the last task posts a semaphore. */
#ifndef W2_EXECUTE_H
#define W2_EXECUTE_H

#include "bench.h"

static void w2_execute(const struct bench *bench)
{
	struct stretch stretch;
	uint64_t posted_ns;
	char more[64];

	count_expect(bench->n);
	stretch_start(&stretch);
	for (size_t i = 0; i < bench->n; i++)
		peer_post(count_task, NULL);
	posted_ns = bench_now_ns() - stretch.start_ns;
	peer_collect();
	bench_sem_wait(&all_done);
	snprintf(more, sizeof(more), "submit=%.1f",
		(double)posted_ns / (double)bench->n);
	stretch_report(&stretch, peer_name, bench, more);
	bench_check(atomic_load(&done_count) == bench->n, "W2: wrong count");
}

#endif
