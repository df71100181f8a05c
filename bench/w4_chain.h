/* W4: a chain of continuations, each + 1, its source done or still pending. */
#ifndef W4_CHAIN_H
#define W4_CHAIN_H

#include "bench.h"

enum { CHAIN_ROUNDS = 3 };	/* a line each; the driver takes the median */

static future_result_t chain_link(future_result_t in, void *arg)
{
	(void)arg;
	return future_ok_int(future_result_int(in) + 1);
}

static void chain_round(const struct bench *bench, future_executor_t *home,
	bool is_done)
{
	future_promise_t *promise;
	future_t *tail, *next;
	struct stretch stretch;
	intptr_t value;

	bench_check(future_promise_new(home, &promise) == 0, "no promise");
	tail = future_promise_future(promise);
	stretch_start(&stretch);
	if (is_done)
		future_promise_settle(promise, future_ok_int(0));
	for (size_t i = 0; i < bench->n; i++) {
		next = future_then(tail, chain_link, NULL);
		future_unref(tail);
		tail = next;
	}
	if (!is_done)
		future_promise_settle(promise, future_ok_int(0));
	value = future_result_int(future_get(tail));
	future_unref(tail);
	stretch_report(&stretch, peer_name, bench, "");
	future_promise_free(promise);
	bench_check((size_t)value == bench->n, "W4: wrong value");
}

static void w4_done_pool(const struct bench *bench)
{
	for (int i = 0; i < CHAIN_ROUNDS; i++)
		chain_round(bench, pool, true);
}

static void w4_pending_inline(const struct bench *bench)
{
	for (int i = 0; i < CHAIN_ROUNDS; i++)
		chain_round(bench, future_inline(), false);
}

static void w4_pending_pool(const struct bench *bench)
{
	for (int i = 0; i < CHAIN_ROUNDS; i++)
		chain_round(bench, pool, false);
}

#endif
