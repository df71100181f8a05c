/* W3: submit one, get it, again; from outside, and from a worker (W3w). */
#ifndef W3_PINGPONG_H
#define W3_PINGPONG_H

#include "bench.h"

struct pingpong {
	const struct bench *bench;
	uint32_t *samples;
};

static intptr_t call_outside(intptr_t n)
{
	return peer_get(peer_submit(n));
}

static intptr_t call_worker(intptr_t n)
{
	return peer_recall(n);
}

static inline void pingpong_run(const struct pingpong *game,
	intptr_t (*call)(intptr_t n))
{
	intptr_t n = (intptr_t)game->bench->n, sum = 0;
	struct stretch stretch;
	uint64_t before, after;
	char more[128];

	for (intptr_t i = 0; i < 1000; i++)
		bench_check(call(i) == i + 1, "W3: wrong value");
	stretch_start(&stretch);
	before = stretch.start_ns;
	for (intptr_t i = 0; i < n; i++) {
		sum += call(i);
		after = bench_now_ns();
		game->samples[i] = (uint32_t)(after - before);
		before = after;
	}
	bench_percentiles(game->samples, game->bench->n, more, sizeof(more));
	stretch_report(&stretch, peer_name, game->bench, more);
	bench_check(sum == n * (n + 1) / 2, "W3: wrong sum");
}

static void w3_outside(const struct bench *bench)
{
	struct pingpong game = { bench, NULL };

	game.samples = (uint32_t *)bench_alloc(bench->n * sizeof(uint32_t));
	pingpong_run(&game, call_outside);
}

static void pingpong_task(void *arg)
{
	peer_enter();
	pingpong_run((const struct pingpong *)arg, call_worker);
	peer_leave();
	sem_post(&all_done);
}

static void w3_worker(const struct bench *bench)
{
	struct pingpong game = { bench, NULL };

	if (!peer_helps && bench->workers < 2) {
		printf("%s %s n/a\n", peer_name, bench->workload);
		return;
	}
	game.samples = (uint32_t *)bench_alloc(bench->n * sizeof(uint32_t));
	peer_post(pingpong_task, &game);
	peer_collect();
	bench_sem_wait(&all_done);
}

#endif
