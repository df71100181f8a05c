/* What is built on the public calls: map and each. */
#include "scenario.h"

enum { PIECES = 2 };

/* On the stack of the scenario; plain, so that the explorer blames a race. */
struct turns {
	int turns[PIECES];
	int bad;	/* an error there; negative: nowhere */
};

static int take_turn(size_t begin, size_t end, void *arg)
{
	struct turns *turns = arg;

	MODEL_CHECK(end == begin + 1);
	turns->turns[begin]++;
	model_count(RAN);
	return (int)begin == turns->bad ? EIO : 0;
}

static void check_turns(const struct turns *turns, int least)
{
	int sum = 0;

	for (int i = 0; i < PIECES; i++) {
		MODEL_CHECK(turns->turns[i] <= 1);
		sum += turns->turns[i];
	}
	MODEL_CHECK(sum >= least && (unsigned)sum == model_counted(RAN));
}

SCENARIO(each_on_two_workers)
{
	future_executor_t *pool = pool_at_rest(2);
	struct turns turns = { .bad = -1 };
	future_t *each = future_each(pool, PIECES, 1, take_turn, &turns);

	MODEL_CHECK(future_get(each).error == 0);
	check_turns(&turns, PIECES);
	future_unref(each);
	pool_end(pool);
}

SCENARIO(each_that_fails_is_joined)
{
	future_executor_t *pool = pool_at_rest(2);
	struct turns turns = { .bad = 1 };
	future_t *each = future_each(pool, PIECES, 1, take_turn, &turns);

	MODEL_CHECK(future_join(each, FUTURE_FOREVER) == 0);
	MODEL_CHECK(future_get(each).error == EIO);
	check_turns(&turns, 1);
	turns.bad = 0;
	future_unref(each);
	pool_end(pool);
}

SCENARIO(each_that_is_cancelled_is_joined)
{
	future_executor_t *pool = pool_at_rest(2);
	struct turns turns = { .bad = -1 };
	future_t *each = future_each(pool, PIECES, 1, take_turn, &turns);
	bool cancelled = future_cancel(each);

	MODEL_CHECK(future_join(each, FUTURE_FOREVER) == 0);
	MODEL_CHECK(future_get(each).error == (cancelled ? ECANCELED : 0));
	check_turns(&turns, cancelled ? 0 : PIECES);
	turns.bad = 0;
	future_unref(each);
	pool_end(pool);
}

static future_result_t take_item(const void *item, void *arg)
{
	(void)arg;
	model_count(RAN);
	return *(const int *)item < 0 ? future_fail(EIO) :
		future_ok((void *)(uintptr_t)item);
}

static void destroy(void *arg)
{
	(void)arg;
	model_count(DESTROYED);
}

/* One of two fails: the other runs, or never will. */
SCENARIO(map_that_fails_is_joined)
{
	future_executor_t *pool = pool_at_rest(1);
	int items[] = { -1, 1 };
	future_t *map = future_map_with(pool, &(future_map_t){ .items = items,
		.count = 2, .size = sizeof(items[0]), .fn = take_item,
		.destroy_arg = destroy });

	MODEL_CHECK(future_join(map, FUTURE_FOREVER) == 0);
	MODEL_CHECK(future_get(map).error == EIO);
	MODEL_CHECK(model_counted(RAN) == 1);
	items[1] = 2;
	future_unref(map);
	pool_end(pool);
	MODEL_CHECK(model_counted(DESTROYED) == 1);
}

/* Every allocation in turn fails. */
SCENARIO(no_memory_for_a_loop, .faults = 1)
{
	struct turns turns = { .bad = -1 };
	future_t *each = future_each(future_inline(), PIECES, 1, take_turn,
		&turns);
	int error = future_get(each).error;

	MODEL_CHECK(error == 0 || error == ENOMEM);
	check_turns(&turns, error == 0 ? PIECES : 0);
	future_unref(each);
}
