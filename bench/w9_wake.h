/* W9: sleep 2 ms, post one; from the post to the start of the task. */
#ifndef W9_WAKE_H
#define W9_WAKE_H

#include "bench.h"

static void stamp_task(void *arg)
{
	atomic_store((_Atomic(uint64_t) *)arg, bench_now_ns());
}

static void w9_wake(const struct bench *bench)
{
	uint32_t *samples = (uint32_t *)bench_alloc(
		bench->n * sizeof(*samples));
	uint64_t posted_ns, sum_ns = 0;
	_Atomic(uint64_t) started_ns;
	char more[128];

	bench_sleep_us(20000);
	for (size_t i = 0; i < bench->n; i++) {
		atomic_store(&started_ns, 0);
		posted_ns = bench_now_ns();
		peer_post(stamp_task, &started_ns);
		bench_sleep_us(2000);
		peer_collect();
		while (atomic_load(&started_ns) == 0)
			bench_sleep_us(50);
		samples[i] = (uint32_t)(atomic_load(&started_ns) - posted_ns);
		sum_ns += samples[i];
	}
	bench_percentiles(samples, bench->n, more, sizeof(more));
	printf("%s %s %.2f %s\n", peer_name, bench->workload,
		(double)sum_ns / (double)bench->n, more);
}

#endif
