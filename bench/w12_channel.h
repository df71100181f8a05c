/*
 * W12: n pointers from one thread to another, in order: through a channel that
 * holds 256, where the peer has one with a bound; GLib's queue has none.
 *
 * The peer gives peer_channel_start(), peer_send(), peer_recv().
 */
#ifndef W12_CHANNEL_H
#define W12_CHANNEL_H

#include "workloads.h"

enum { W12_CAPACITY = 256 };

static pthread_barrier_t w12_start;

static void *channel_send_all(void *arg)
{
	const struct bench *bench = (const struct bench *)arg;

	pthread_barrier_wait(&w12_start);
	for (uintptr_t i = 1; i <= bench->n; i++)
		peer_send((void *)i);
	return NULL;
}

static void w12_channel(const struct bench *bench)
{
	struct stretch stretch;
	pthread_t sender;

	peer_channel_start(W12_CAPACITY);
	pthread_barrier_init(&w12_start, NULL, 2);
	bench_check(pthread_create(&sender, NULL, channel_send_all,
		(void *)bench) == 0, "W12: no thread");
	bench_spread();
	pthread_barrier_wait(&w12_start);
	stretch_start(&stretch);
	for (uintptr_t i = 1; i <= bench->n; i++)
		bench_check((uintptr_t)peer_recv() == i, "W12: wrong item");
	stretch_report(&stretch, peer_name, bench, "");
	pthread_join(sender, NULL);
}

#endif
