/*
 * See order.h.  Below `place` are 2 * place and the one after; the leaves, from
 * `count` on, are the contestants themselves.
 */
#include "order.h"
#include "alloc.h"

static size_t winner_at(const struct fut_order *order, size_t place)
{
	return place < order->count ? order->winners[place] :
		place - order->count;
}

static void play(struct fut_order *order, size_t place)
{
	size_t one = winner_at(order, 2 * place);
	size_t other = winner_at(order, 2 * place + 1);
	bool later = order->keys[one] != order->keys[other] ?
		order->keys[one] > order->keys[other] : one > other;

	order->winners[place] = later ? other : one;
}

bool fut_order_init(struct fut_order *order, size_t count)
{
	*order = (struct fut_order){ .count = count,
		.keys = fut_alloc((count + 1) * sizeof(int64_t)),
		.winners = fut_alloc((count + 1) * sizeof(size_t)) };
	if (order->keys == NULL || order->winners == NULL)
		return false;
	for (size_t i = 0; i < count; i++)
		order->keys[i] = INT64_MAX;
	for (size_t place = count; place-- > 1;)
		play(order, place);
	return true;
}

void fut_order_end(struct fut_order *order)
{
	fut_free(order->keys);
	fut_free(order->winners);
}

void fut_order_set(struct fut_order *order, size_t which, int64_t key)
{
	size_t place = which + order->count;

	order->keys[which] = key;
	while ((place /= 2) > 0)
		play(order, place);
}

size_t fut_order_first(const struct fut_order *order)
{
	return winner_at(order, 1);
}

int64_t fut_order_key(const struct fut_order *order)
{
	return order->count == 0 ? INT64_MAX :
		order->keys[fut_order_first(order)];
}
