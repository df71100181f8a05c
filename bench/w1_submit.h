/* W1: a future per task, all kept, then each got and added up. */
#ifndef W1_SUBMIT_H
#define W1_SUBMIT_H

#include "bench.h"

static void w1_submit(const struct bench *bench)
{
	peer_future_t *futures = (peer_future_t *)bench_alloc(
		bench->n * sizeof(*futures));
	int64_t n = (int64_t)bench->n, sum = 0;
	struct stretch stretch;
	uint64_t submitted_ns;
	char more[64];

	stretch_start(&stretch);
	for (int64_t i = 0; i < n; i++)
		futures[i] = peer_submit((intptr_t)i);
	submitted_ns = bench_now_ns() - stretch.start_ns;
	for (int64_t i = 0; i < n; i++)
		sum += peer_get(futures[i]);
	snprintf(more, sizeof(more), "submit=%.1f",
		(double)submitted_ns / (double)n);
	stretch_report(&stretch, peer_name, bench, more);
	bench_check(sum == n * (n + 1) / 2, "W1: wrong sum");
}

#endif
