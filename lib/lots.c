/* See lots.h. */
#include "lots.h"

void fut_lots_init(struct fut_lots *lots, uint64_t seed)
{
	lots->ordered = seed >= FUT_LOTS_ORDER;
	lots->state = seed & ~FUT_LOTS_ORDER;
	lots->orders = 1;
	lots->count = 0;
}

/* SplitMix64: see <future/sim.h>. */
static uint64_t next_random(uint64_t *state)
{
	uint64_t z = *state += 0x9e3779b97f4a7c15;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
	z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
	return z ^ (z >> 31);
}

static void note(struct fut_lots *lots, size_t lot, size_t of)
{
	if (lots->orders > (FUT_LOTS_ORDER - 1) / of) {
		lots->orders = FUT_LOTS_MANY;
		return;
	}
	lots->orders *= of;
	lots->drawn[lots->count].lot = lot;
	lots->drawn[lots->count].of = of;
	lots->count++;
}

size_t fut_lots_draw(struct fut_lots *lots, size_t of)
{
	size_t lot;

	if (of <= 1)
		return 0;
	if (lots->ordered) {
		lot = (size_t)(lots->state % of);
		lots->state /= of;
	} else {
		lot = (size_t)(next_random(&lots->state) % of);
	}
	note(lots, lot, of);
	return lot;
}

bool fut_lots_next(const struct fut_lots *lots, uint64_t *ret_seed)
{
	uint64_t weight = 1, number = 0, next = 0;

	for (size_t i = 0; i < lots->count; i++) {
		if (lots->drawn[i].lot + 1 < lots->drawn[i].of)
			next = FUT_LOTS_ORDER + number +
				weight * (lots->drawn[i].lot + 1);
		number += weight * lots->drawn[i].lot;
		weight *= lots->drawn[i].of;
	}
	if (next != 0)
		*ret_seed = next;
	return next != 0;
}
