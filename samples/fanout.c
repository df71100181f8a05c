/*
 * One request that asks four services at once: it takes as long as the slowest
 * of them, fails as soon as one fails, and has a part of the answer in time if
 * one hangs.
 *
 *	samples/fanout
 *
 * The services are timers that stand in for calls over a network.  Exits with 0
 * if all of this was so, 1 if not, 2 if it could not be tried.
 */
#include <future.h>

#include <stdio.h>

enum { SERVICES = 4, TIMEOUT_MS = 400 };

struct service {
	const char *name;
	int ms;			/* until it answers; -1: never */
	int error;		/* what it answers */
};

static future_result_t answer(future_result_t in, void *arg)
{
	const struct service *service = arg;

	(void)in;
	return service->error != 0 ? future_fail(service->error) :
		future_ok(arg);
}

static future_t *call(future_executor_t *pool, const struct service *service)
{
	FUTURE_AUTO future_t *after = future_after(pool, service->ms < 0 ?
		FUTURE_FOREVER : future_in_ms(service->ms));

	return future_then(after, answer, (void *)(uintptr_t)service);
}

static void call_each(future_executor_t *pool, const struct service *services,
	future_t **ret_calls)
{
	for (int i = 0; i < SERVICES; i++)
		ret_calls[i] = call(pool, &services[i]);
}

static void unref_each(future_t **calls)
{
	for (int i = 0; i < SERVICES; i++)
		future_unref(calls[i]);
}

static double ms_since(future_time_t begin)
{
	return (double)(future_now().ns - begin.ns) / 1e6;
}

/* As long as the slowest. */
static bool all_answer(future_executor_t *pool)
{
	static const struct service services[SERVICES] = {
		{ "prices", 50, 0 }, { "stock", 200, 0 },
		{ "reviews", 100, 0 }, { "delivery", 300, 0 } };
	future_time_t begin = future_now();
	future_t *calls[SERVICES];
	int error;
	double ms;

	call_each(pool, services, calls);
	FUTURE_AUTO future_t *all = future_all(calls, SERVICES);
	error = future_get(all).error;
	ms = ms_since(begin);
	unref_each(calls);
	printf("all answer: %.1f ms, one after the other 650 ms: %s\n", ms,
		future_strerror(error));
	return error == 0 && ms >= 300 && ms < 1.1 * 300;
}

/* The first failure is the outcome, and nobody waits for the rest. */
static bool one_fails(future_executor_t *pool)
{
	static const struct service services[SERVICES] = {
		{ "prices", 50, 0 }, { "stock", 200, 0 },
		{ "reviews", 100, EIO }, { "delivery", 300, 0 } };
	future_time_t begin = future_now();
	future_t *calls[SERVICES];
	int error, cancelled = 0;
	double ms;

	call_each(pool, services, calls);
	FUTURE_AUTO future_t *all = future_combine(&(future_combine_t){
		.futures = calls, .count = SERVICES,
		.mode = FUTURE_COMBINE_ALL, .cancel_rest = true });
	error = future_get(all).error;
	ms = ms_since(begin);
	(void)!future_join(all, FUTURE_FOREVER);
	for (int i = 0; i < SERVICES; i++)
		cancelled += future_state(calls[i]) == FUTURE_CANCELLED;
	unref_each(calls);
	printf("one fails: %.1f ms, %d cancelled: %s\n", ms, cancelled,
		future_strerror(error));
	return error == EIO && cancelled == 2 && ms >= 100 && ms < 200;
}

/* Each has so long; what has answered by then is there. */
static bool one_hangs(future_executor_t *pool)
{
	static const struct service services[SERVICES] = {
		{ "prices", 50, 0 }, { "stock", -1, 0 },
		{ "reviews", 100, 0 }, { "delivery", 300, 0 } };
	future_time_t begin = future_now();
	future_time_t deadline = future_in_ms(TIMEOUT_MS);
	future_t *calls[SERVICES], *limited[SERVICES];
	const future_result_t *results;
	int answers = 0, late = 0;
	double ms;

	call_each(pool, services, calls);
	for (int i = 0; i < SERVICES; i++)
		limited[i] = future_timeout(calls[i], deadline);
	FUTURE_AUTO future_t *all = future_all_settled(limited, SERVICES);
	results = future_get(all).value;
	ms = ms_since(begin);
	for (int i = 0; results != NULL && i < SERVICES; i++) {
		answers += results[i].error == 0;
		late += results[i].error == ETIMEDOUT;
	}
	unref_each(calls);
	unref_each(limited);
	printf("one hangs: %.1f ms, %d answers of %d\n", ms, answers, SERVICES);
	return answers == SERVICES - 1 && late == 1 && ms >= TIMEOUT_MS &&
		ms < 1.1 * TIMEOUT_MS;
}

int main(void)
{
	future_executor_t *pool;
	int error = future_pool_new(&(future_pool_options_t){ .threads = 1 },
		&pool);
	bool good;

	if (error != 0) {
		fprintf(stderr, "fanout: %s\n", future_strerror(error));
		return 2;
	}
	good = all_answer(pool);
	good = one_fails(pool) && good;
	good = one_hangs(pool) && good;
	future_executor_unref(pool);
	return !good;
}
