/*
 * Timers at random, from several threads: futures of every kind that hang on
 * each other, and pools that are closed under them, by their own timers too.
 * Whatever happens every future settles, and every argument is freed once.
 */
#define _GNU_SOURCE
#include "support.h"

enum { THREADS = 3, FUTURES = 24 };

struct stress {
	atomic_int made, ended;	/* arguments of everys */
};

struct round {
	struct stress *stress;
	future_executor_t *pool;
	unsigned seed;
	future_t *futures[FUTURES];
	size_t count;
};

static int chance(struct round *round, int of)
{
	return rand_r(&round->seed) % of;
}

/* In the past, now, or in up to 0.3 ms. */
static future_time_t soon(struct round *round)
{
	return (future_time_t){ future_now().ns - 20000 +
		chance(round, 320) * 1000 };
}

static future_t *any(struct round *round)
{
	return round->futures[chance(round, (int)round->count)];
}

static future_result_t share(future_result_t in, void *arg)
{
	(void)arg;
	return in;
}

static void end_argument(void *arg)
{
	atomic_fetch_add(&((struct stress *)arg)->ended, 1);
}

static future_t *make_every(struct round *round, future_executor_t *where)
{
	atomic_fetch_add(&round->stress->made, 1);
	return future_every(where, &(future_schedule_t){
		.first_ns = chance(round, 100000),
		.period_ns = 1 + chance(round, 50000),
		.pace = (future_pace_t)chance(round, 2), .fn = nothing_task,
		.arg = round->stress, .destroy_arg = end_argument });
}

/* One that follows another, or is abandoned. */
static future_t *make_promised(struct round *round)
{
	future_promise_t *promise = NULL;
	future_t *future;

	ck_assert_int_eq(future_promise_new(round->pool, &promise), 0);
	future = future_promise_future(promise);
	if (chance(round, 2) == 0)
		future_promise_settle(promise,
			future_follow(future_ref(any(round))));
	future_promise_free(promise);
	return future;
}

static future_t *make(struct round *round)
{
	future_executor_t *where = chance(round, 6) == 0 ? future_inline() :
		round->pool;
	future_t *source;

	if (round->count == 0)
		return future_after(where, FUTURE_FOREVER);
	source = any(round);
	switch (chance(round, 7)) {
	case 0:
		return future_after(where, soon(round));
	case 1:
		return future_timeout(source, soon(round));
	case 2:
		return make_every(round, where);
	case 3:
		return future_then(source, share, NULL);
	case 4:
		return future_then_on(source, future_inline(), share, NULL);
	case 5:
		return FUTURE_RACE(source);
	default:
		return make_promised(round);
	}
}

static future_result_t close_pool(future_result_t in, void *pool)
{
	(void)in;
	future_executor_unref(pool);
	return future_ok(NULL);
}

static void end_pool(struct round *round)
{
	future_t *after, *closed;

	switch (chance(round, 4)) {
	case 0:
		future_executor_cancel(round->pool);
		break;
	case 1:
		future_executor_detach(round->pool);
		return;
	case 2:
		after = future_after(round->pool, soon(round));
		closed = future_handle_on(after, future_inline(), close_pool,
			round->pool);
		future_unref(after);
		ck_assert_int_eq(outcome_of(closed), 0);
		return;
	default:
		break;
	}
	future_executor_unref(round->pool);
}

static void run_round(struct round *round)
{
	round->pool = pool_of(1 + (size_t)chance(round, 2));
	for (round->count = 0; round->count < FUTURES; round->count++) {
		round->futures[round->count] = make(round);
		if (chance(round, 5) == 0)
			future_cancel(round->futures[chance(round,
				(int)round->count + 1)]);
	}
	end_pool(round);
	for (size_t i = 0; i < FUTURES; i++) {
		/* Those of the inline executor would go on. */
		future_cancel(round->futures[i]);
		ck_assert_int_eq(future_join(round->futures[i],
			FUTURE_FOREVER), 0);
		future_unref(round->futures[i]);
	}
}

static void run_rounds(void *arg, size_t index)
{
	struct round round = { .stress = arg, .seed = (unsigned)index + 1 };

	for (size_t i = 0; i < scaled(200); i++)
		run_round(&round);
}

START_TEST(everything_settles_and_every_argument_goes_once)
{
	struct stress stress = { 0, 0 };
	future_t *hour = future_after(NULL, future_in_ms(3600000));
	size_t threads;

	/* The default pool's stay, with that of its timers. */
	ck_assert(future_cancel(hour));
	future_unref(hour);
	threads = threads_before();
	together(THREADS, run_rounds, &stress);
	ck_assert_int_eq(future_executor_drain(NULL, FUTURE_FOREVER), 0);
	ck_assert_int_gt(stress.made, 0);
	ck_assert_int_eq(stress.ended, stress.made);
	/* Nobody waits for a pool that was closed from inside. */
	threads_become(threads);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("stress_timer");
	TCase *tcase = suite_case(suite, "random");

	tcase_add_test(tcase, everything_settles_and_every_argument_goes_once);
	return suite_run(suite);
}
