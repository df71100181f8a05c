/*
 * Floor 5: a user's test under all orders of its tasks, or many.
 *
 * Orders are the leaves of a tree, a choice between n is a node of n children.
 * Who goes down at random, at each node to any child alike, comes to a leaf
 * with a chance of one in the product of the n on its way.  These chances add
 * up to 1: so where no product is above the budget, neither is the number of
 * leaves, and depth first comes to the last of them in time.
 */
#include "sim.h"

#include <errno.h>

enum { BUDGET = 10000 };

/* 0, or why there is no sim; what `fn` returned is in *ret_outcome. */
static int try(int (*fn)(future_executor_t *sim), uint64_t seed,
	int *ret_outcome, struct fut_lots *ret_lots)
{
	future_executor_t *sim;
	int error = future_sim_new(seed, &sim);

	if (error != 0)
		return error;
	*ret_outcome = fn(sim);
	*ret_lots = *fut_sim_finish(sim);
	future_executor_unref(sim);
	return 0;
}

int future_sim_explore(int (*fn)(future_executor_t *sim), size_t budget,
	uint64_t *ret_seed)
{
	uint64_t seed = FUT_LOTS_ORDER;	/* first in first out */
	bool few = true;

	if (fn == NULL || ret_seed == NULL)
		return EINVAL;
	if (budget == 0)
		budget = BUDGET;
	for (size_t i = 1; i <= budget; i++) {
		struct fut_lots lots;
		int outcome, error = try(fn, seed, &outcome, &lots);

		if (error != 0)
			return error;
		if (outcome != 0) {
			*ret_seed = seed;
			return outcome;
		}
		few = few && lots.orders != FUT_LOTS_MANY &&
			lots.orders <= budget;
		if (!few)
			seed = i;
		else if (!fut_lots_next(&lots, &seed))
			break;
	}
	return 0;
}
