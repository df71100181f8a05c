/* Many continuations of one future run in the order of registration. */
#include "check.h"

/* Many continuations of one future, each with a number. */
struct turn {
	atomic_size_t *next;	/* the number whose turn it is */
	atomic_size_t *wrong;
	size_t mine;
};

static future_result_t take_turn(future_result_t in, void *arg)
{
	struct turn *turn = arg;

	(void)in;
	if (atomic_fetch_add(turn->next, 1) != turn->mine)
		atomic_fetch_add(turn->wrong, 1);
	return future_ok(NULL);
}

struct turns {
	struct turn *all;
	size_t count;
	atomic_size_t next;
	atomic_size_t wrong;
};

static void turns_init(struct turns *turns)
{
	turns->count = scaled(100000);
	turns->all = calloc(turns->count, sizeof(*turns->all));
	atomic_init(&turns->next, 0);
	atomic_init(&turns->wrong, 0);
	ck_assert_ptr_nonnull(turns->all);
	for (size_t i = 0; i < turns->count; i++)
		turns->all[i] = (struct turn){ &turns->next, &turns->wrong, i };
}

static void turns_hang(struct turns *turns, future_t *source)
{
	for (size_t i = 0; i < turns->count; i++)
		future_unref(future_then(source, take_turn, &turns->all[i]));
}

static void turns_check(struct turns *turns)
{
	ck_assert_uint_eq(turns->next, turns->count);
	ck_assert_uint_eq(turns->wrong, 0);
	free(turns->all);
}

START_TEST(a_hundred_thousand_inline_continuations_run_in_order)
{
	struct turns turns;
	future_t *source;
	future_promise_t *promise = promise_new(&source);

	turns_init(&turns);
	turns_hang(&turns, source);
	ck_assert_uint_eq(turns.next, 0);
	future_promise_settle(promise, future_ok(NULL));
	turns_check(&turns);
	future_promise_free(promise);
	future_unref(source);
}
END_TEST

START_TEST(a_hundred_thousand_continuations_run_in_order_on_a_pool_of_one)
{
	struct turns turns;
	future_executor_t *pool = pool_of(1);
	future_t *source;
	future_promise_t *promise = promise_on(pool, &source);

	turns_init(&turns);
	turns_hang(&turns, source);
	future_promise_settle(promise, future_ok(NULL));
	FUTURE_AUTO future_t *last = future_then(source, pass, NULL);
	ck_assert_int_eq(future_wait(last, FUTURE_FOREVER), 0);
	turns_check(&turns);
	future_promise_free(promise);
	future_unref(source);
	future_executor_unref(pool);
}
END_TEST

struct settler {
	future_promise_t *promise;
	atomic_size_t *hung;
	size_t when;
};

/* Settles when so many continuations hang. */
static void *settle_amid(void *arg)
{
	struct settler *settler = arg;

	while (atomic_load(settler->hung) < settler->when)
		sched_yield();
	future_promise_settle(settler->promise, future_ok(NULL));
	return NULL;
}

START_TEST(continuations_hung_on_while_it_settles_run_in_order)
{
	struct turns turns;
	future_executor_t *pool = pool_of(1);
	future_t *source;
	future_promise_t *promise = promise_on(pool, &source);
	atomic_size_t hung = 0;
	struct settler settler = { promise, &hung, 0 };

	turns_init(&turns);
	settler.when = turns.count / 2;
	pthread_t thread = start(settle_amid, &settler);
	for (size_t i = 0; i < turns.count; i++) {
		future_unref(future_then(source, take_turn, &turns.all[i]));
		atomic_fetch_add(&hung, 1);
	}
	finish(thread);
	future_executor_unref(pool);
	turns_check(&turns);
	future_promise_free(promise);
	future_unref(source);
}
END_TEST

static future_result_t tick(future_result_t in, void *count)
{
	(void)in;
	count_up(count);
	return future_ok(NULL);
}

START_TEST(continuations_cancelled_amid_others_leave_the_rest_in_order)
{
	enum { COUNT = 999 };
	struct turns turns;
	future_t *source, *cancelled[COUNT];
	future_promise_t *promise = promise_new(&source);

	turns_init(&turns);
	turns.count = turns.count < COUNT ? turns.count : COUNT;
	for (size_t i = 0; i < turns.count; i++) {
		cancelled[i] = future_then(source, tick, NULL);
		future_unref(future_then(source, take_turn, &turns.all[i]));
	}
	for (size_t i = 0; i < turns.count; i += 2)
		ck_assert(future_cancel(cancelled[i]));
	for (size_t i = turns.count; i-- > 0; )
		ck_assert(future_cancel(cancelled[i]) == (i % 2 == 1));
	future_promise_settle(promise, future_ok(NULL));
	for (size_t i = 0; i < turns.count; i++)
		future_unref(cancelled[i]);
	turns_check(&turns);
	future_promise_free(promise);
	future_unref(source);
}
END_TEST

int main(void)
{
	return run_tests("sequence", (const TTest *[]) {
		a_hundred_thousand_inline_continuations_run_in_order,
		a_hundred_thousand_continuations_run_in_order_on_a_pool_of_one,
		continuations_hung_on_while_it_settles_run_in_order,
		continuations_cancelled_amid_others_leave_the_rest_in_order,
		NULL,
	});
}
