/*
 * The cache of blocks, with magazines of two and slabs of four: allocated on
 * one thread, freed on another, flushed where a thread ends.
 */
#include "scenario.h"

#define MANY 5

static future_t *made[2][MANY];

/* Each of these is a block. */
static void make(future_t **futures)
{
	for (int i = 0; i < MANY; i++)
		futures[i] = future_ready(future_ok(&futures[i]));
}

static void drop(void *at)
{
	future_t **futures = at;

	for (int i = 0; i < MANY; i++) {
		if (future_state(futures[i]) == FUTURE_OK)
			MODEL_CHECK(future_get(futures[i]).value ==
				&futures[i]);
		future_unref(futures[i]);
	}
}

SCENARIO(blocks_freed_elsewhere)
{
	int thread;

	model_cache();
	make(made[0]);
	thread = model_start(drop, made[0]);
	make(made[1]);
	drop(made[1]);
	model_join(thread);
}

static void make_and_drop(void *at)
{
	make(at);
	drop(at);
}

SCENARIO(blocks_of_two_threads)
{
	int thread;

	model_cache();
	thread = model_start(make_and_drop, made[0]);
	make_and_drop(made[1]);
	model_join(thread);
}

/* Without memory a future has failed, and nothing is lost. */
SCENARIO(blocks_without_memory, .faults = 2)
{
	int thread;

	model_cache();
	make(made[0]);
	thread = model_start(drop, made[0]);
	model_join(thread);
	make_and_drop(made[1]);
}
