/* W10: n timers are armed, in no order, and cancelled; none is ever due. */
#ifndef W10_TIMERS_H
#define W10_TIMERS_H

#include "workloads.h"

/* Scattered over n milliseconds, an hour from now. */
static inline int64_t timer_ms(size_t i, size_t n)
{
	return 3600000 + (int64_t)(i * 7919 % n);
}

static void w10_timers(const struct bench *bench)
{
	peer_timer_t *timers = bench_alloc(bench->n * sizeof(*timers));
	struct stretch stretch;
	uint64_t armed_ns;
	char more[64];

	stretch_start(&stretch);
	for (size_t i = 0; i < bench->n; i++)
		timers[i] = peer_arm(timer_ms(i, bench->n));
	armed_ns = bench_now_ns() - stretch.start_ns;
	for (size_t i = 0; i < bench->n; i++)
		peer_disarm(timers[i]);
	peer_collect();
	snprintf(more, sizeof(more), "arm=%.1f",
		(double)armed_ns / (double)bench->n);
	stretch_report(&stretch, peer_name, bench, more);
	free(timers);
}

#endif
