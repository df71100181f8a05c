/*
 * sim_bug: a bug of order in a user's code, which a thousand runs on a pool do
 * not show, and a sim finds at once.
 *
 * A cache in front of a slow store.  A reader that misses asks the store, and
 * puts the answer into the cache.  A writer tells the store, and then drops the
 * key from the cache, so that the next reader asks again.  All of it is in
 * continuations, the cache has its lock: it looks right.
 *
 * But a reader may have got the old value from the store, a writer may come
 * and go, and only then the reader puts the old value into the cache: where it
 * stays.  On a pool the put follows the answer within a microsecond, and a
 * write, with its journal, takes hundreds: it hardly ever comes between.  In a
 * sim the steps take their turns in every order.
 *
 * The mend: the cache counts the drops; an answer older than the last drop is
 * not put.
 *
 *	sim_bug [RUNS]		on the pool, 1000 by default
 */
#include <future.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

struct shop {
	future_t *connected;	/* to the store */
	future_mutex_t lock;
	int stored;		/* under lock: the price in the store */
	int cached;		/* under lock: in the cache; 0: not there */
	unsigned drops;		/* under lock: of the cache */
	uint64_t journal;	/* of one writer at a time */
	bool mended;
};

/* One reader on its way. */
struct read {
	struct shop *shop;
	unsigned drops;		/* when it asked the store */
};

static void with_lock(struct shop *shop)
{
	if (future_mutex_lock(&shop->lock) != 0)
		abort();
}

/* The store's side of a read, and what the cache does with the answer. */
static future_result_t store_get(future_result_t in, void *arg)
{
	struct shop *shop = arg;
	int price;

	(void)in;
	with_lock(shop);
	price = shop->stored;
	future_mutex_unlock(&shop->lock);
	return future_ok_int(price);
}

static future_result_t cache_put(future_result_t in, void *arg)
{
	struct read *read = arg;
	struct shop *shop = read->shop;

	with_lock(shop);
	if (!shop->mended || read->drops == shop->drops)
		shop->cached = (int)future_result_int(in);
	future_mutex_unlock(&shop->lock);
	return in;
}

/* The price, from the cache or by way of the store. */
static future_t *shop_read(struct shop *shop)
{
	struct read read = { .shop = shop };
	int price;

	with_lock(shop);
	price = shop->cached;
	read.drops = shop->drops;
	future_mutex_unlock(&shop->lock);
	if (price != 0)
		return future_ready(future_ok_int(price));
	return FUTURE_CHAIN(future_ref(shop->connected),
		{ .fn = store_get, .arg = shop },
		{ .fn = cache_put, .arg = &read, .arg_size = sizeof(read) });
}

/* The store's side of a write, its journal, and what the cache does then. */
static future_result_t store_put(future_result_t in, void *arg)
{
	struct shop *shop = arg;

	(void)in;
	with_lock(shop);
	shop->stored++;
	future_mutex_unlock(&shop->lock);
	return future_ok(NULL);
}

/* A checksum of what was before, over and over. */
static future_result_t journal(future_result_t in, void *arg)
{
	struct shop *shop = arg;

	for (int i = 0; i < 300000; i++)
		shop->journal = (shop->journal ^ (uint64_t)i) * 1099511628211u;
	return in;
}

static future_result_t cache_drop(future_result_t in, void *arg)
{
	struct shop *shop = arg;

	with_lock(shop);
	shop->cached = 0;
	shop->drops++;
	future_mutex_unlock(&shop->lock);
	return in;
}

static future_t *shop_raise(struct shop *shop)
{
	return FUTURE_CHAIN(future_ref(shop->connected),
		{ .fn = store_put, .arg = shop },
		{ .fn = journal, .arg = shop },
		{ .fn = cache_drop, .arg = shop });
}

enum { STALE = -1 };

/* 0 if a reader gets what the store has. */
static int check(struct shop *shop)
{
	FUTURE_AUTO future_t *read = shop_read(shop);
	future_result_t price = future_get(read);

	if (price.error != 0)
		return price.error;
	return future_result_int(price) == shop->stored ? 0 : STALE;
}

/* The test: a read and a write, asked for before the store is connected. */
static int test(future_executor_t *executor, bool mended)
{
	struct shop shop = { .stored = 100, .mended = mended };
	future_promise_t *connection;
	int error = future_promise_new(executor, &connection);

	if (error != 0)
		return error;
	FUTURE_AUTO future_t *connected = future_promise_future(connection);
	shop.connected = connected;
	FUTURE_AUTO future_t *read = shop_read(&shop);
	FUTURE_AUTO future_t *raise = shop_raise(&shop);
	FUTURE_AUTO future_t *both = FUTURE_ALL(read, raise);
	future_promise_settle(connection, future_ok(NULL));
	future_promise_free(connection);
	error = future_get(both).error;
	return error != 0 ? error : check(&shop);
}

static size_t tries;

static int test_wrong(future_executor_t *sim)
{
	tries++;
	return test(sim, false);
}

static int test_mended(future_executor_t *sim)
{
	tries++;
	return test(sim, true);
}

/* How many of the runs on a pool went wrong; -1: it could not be tried. */
static int on_a_pool(int runs)
{
	future_pool_options_t options = { .threads = 2 };
	future_executor_t *pool;
	int stale = 0;

	if (future_pool_new(&options, &pool) != 0)
		return -1;
	for (int i = 0; i < runs; i++)
		stale += test(pool, false) != 0;
	future_executor_unref(pool);
	return stale;
}

static int again(uint64_t seed)
{
	future_executor_t *sim;
	int error = future_sim_new(seed, &sim);

	if (error != 0)
		return error;
	error = test_wrong(sim);
	future_executor_unref(sim);
	return error;
}

int main(int argc, char **argv)
{
	int runs = argc > 1 ? atoi(argv[1]) : 1000;
	uint64_t seed = 0;
	int error;

	printf("on a pool: %d of %d runs stale\n", on_a_pool(runs), runs);
	error = future_sim_explore(test_wrong, 0, &seed);
	if (error != STALE) {
		printf("in a sim: nothing found: %s\n", future_strerror(error));
		return 1;
	}
	printf("in a sim: stale in run %zu, seed 0x%" PRIx64 "\n", tries,
		seed);
	printf("that seed again: %s\n", again(seed) == STALE ? "stale" :
		"not stale");
	tries = 0;
	error = future_sim_explore(test_mended, 0, &seed);
	printf("mended: %s in all %zu orders\n", error == 0 ? "right" :
		"wrong", tries);
	return error != 0;
}
