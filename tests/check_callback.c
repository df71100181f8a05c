/* Continuations: when they run, in which order, and what they may do. */
#include "check.h"

START_TEST(settle_does_not_run_a_continuation_of_a_pool)
{
	struct seen seen = { .calls = 0 };
	struct hold hold = HOLD;
	future_executor_t *pool = pool_of(1);
	future_t *source;
	future_promise_t *promise = promise_on(pool, &source);
	FUTURE_AUTO future_t *next = future_then(source, see, &seen);

	hold_worker(pool, &hold);
	future_promise_settle(promise, future_ok(NULL));
	ck_assert_int_eq(seen.calls, 0);
	ck_assert_int_eq(future_state(next), FUTURE_PENDING);
	gate_open(&hold.released);
	ck_assert_int_eq(future_get(next).error, 0);
	ck_assert(!pthread_equal(seen.thread, pthread_self()));
	future_promise_free(promise);
	future_unref(source);
	future_executor_unref(pool);
}
END_TEST

START_TEST(then_does_not_run_a_continuation_of_a_pool)
{
	struct seen seen = { .calls = 0 };
	struct hold hold = HOLD;
	future_executor_t *pool = pool_of(1);
	FUTURE_AUTO future_t *source = future_submit(pool, give_int, NULL);

	ck_assert_int_eq(future_wait(source, FUTURE_FOREVER), 0);
	hold_worker(pool, &hold);
	FUTURE_AUTO future_t *next = future_then(source, see, &seen);
	ck_assert_int_eq(seen.calls, 0);
	ck_assert_int_eq(future_state(next), FUTURE_PENDING);
	gate_open(&hold.released);
	ck_assert_int_eq(future_get(next).error, 0);
	ck_assert(!pthread_equal(seen.thread, pthread_self()));
	future_executor_unref(pool);
}
END_TEST

/* What happened, one digit an event. */
static future_result_t note_two(future_result_t in, void *arg)
{
	int *log = arg;

	(void)in;
	*log = *log * 10 + 2;
	return future_ok(NULL);
}

static future_result_t note_one(future_result_t in, void *arg)
{
	int *log = arg;
	future_t *ready = future_ready(future_ok(NULL));

	(void)in;
	future_unref(future_then_on(ready, future_inline(), note_two, log));
	future_unref(ready);
	*log = *log * 10 + 1;
	return future_ok(NULL);
}

START_TEST(an_inline_continuation_does_not_nest_in_another)
{
	int log = 0;
	FUTURE_AUTO future_t *source = settled(future_ok(NULL));
	FUTURE_AUTO future_t *next = future_then(source, note_one, &log);

	ck_assert_int_eq(future_state(next), FUTURE_OK);
	ck_assert_int_eq(log, 12);
}
END_TEST

struct settle_inside {
	future_promise_t *promise;
	int log;
};

static future_result_t settle_inside(future_result_t in, void *arg)
{
	struct settle_inside *inside = arg;

	(void)in;
	future_promise_settle(inside->promise, future_ok(NULL));
	inside->log = inside->log * 10 + 1;
	return future_ok(NULL);
}

START_TEST(an_inline_continuation_that_settles_runs_no_other_inside)
{
	struct settle_inside inside = { NULL, 0 };
	future_t *inner;

	inside.promise = promise_new(&inner);
	FUTURE_AUTO future_t *last = future_then(inner, note_two, &inside.log);
	FUTURE_AUTO future_t *source = settled(future_ok(NULL));
	FUTURE_AUTO future_t *next = future_then(source, settle_inside,
		&inside);
	ck_assert_int_eq(future_state(next), FUTURE_OK);
	ck_assert_int_eq(future_state(last), FUTURE_OK);
	ck_assert_int_eq(inside.log, 12);
	future_promise_free(inside.promise);
	future_unref(inner);
}
END_TEST

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

/* A continuation that gives back every reference there is. */
struct holds_all {
	future_t *source;
	future_t *own;
	const atomic_int *destroyed;
	int alive;	/* the value could still be read */
};

static future_result_t unref_all(future_result_t in, void *arg)
{
	struct holds_all *all = arg;

	future_unref(all->source);
	future_unref(all->own);
	all->alive = owned_is(in, all->destroyed) && *all->destroyed == 0;
	return in;
}

START_TEST(the_last_unref_may_be_inside_its_own_inline_callback)
{
	atomic_int destroyed = 0;
	struct holds_all all = { .destroyed = &destroyed };
	future_promise_t *promise = promise_new(&all.source);

	all.own = future_then(all.source, unref_all, &all);
	future_promise_settle(promise, owned(&destroyed));
	ck_assert_int_eq(all.alive, 1);
	future_promise_free(promise);
	ck_assert_int_eq(destroyed, 1);
}
END_TEST

START_TEST(the_last_unref_may_be_inside_its_own_callback_on_a_pool)
{
	atomic_int destroyed = 0;
	struct holds_all all = { .destroyed = &destroyed };
	future_executor_t *pool = pool_of(1);
	future_promise_t *promise = promise_on(pool, &all.source);

	all.own = future_then(all.source, unref_all, &all);
	future_promise_settle(promise, owned(&destroyed));
	future_promise_free(promise);
	future_executor_unref(pool);
	ck_assert_int_eq(all.alive, 1);
	ck_assert_int_eq(destroyed, 1);
}
END_TEST

struct unref_self {
	struct gate known;
	future_t *own;
	atomic_int destroyed;
};

static future_result_t unref_self(void *arg)
{
	struct unref_self *self = arg;

	gate_wait(&self->known);
	future_unref(self->own);
	return owned(&self->destroyed);
}

START_TEST(the_last_unref_may_be_inside_its_own_task)
{
	struct unref_self self = { GATE_SHUT, NULL, 0 };
	future_executor_t *pool = pool_of(1);

	self.own = future_submit(pool, unref_self, &self);
	gate_open(&self.known);
	future_executor_unref(pool);
	ck_assert_int_eq(self.destroyed, 1);
}
END_TEST

/* A continuation that hangs another on its own source, a few times. */
struct again {
	future_t *source;
	int left;
	int log;
};

static future_result_t hang_again(future_result_t in, void *arg)
{
	struct again *again = arg;

	again->log = again->log * 10 + again->left;
	if (--again->left > 0)
		future_unref(future_then(again->source, hang_again, again));
	return in;
}

START_TEST(a_callback_may_hang_more_on_its_own_source)
{
	struct again again = { NULL, 5, 0 };
	future_promise_t *promise = promise_new(&again.source);

	future_unref(future_then(again.source, hang_again, &again));
	future_promise_settle(promise, future_ok(NULL));
	ck_assert_int_eq(again.log, 54321);
	future_promise_free(promise);
	future_unref(again.source);
}
END_TEST

static future_result_t tick(future_result_t in, void *count)
{
	(void)in;
	count_up(count);
	return future_ok(NULL);
}

START_TEST(a_full_queue_does_not_refuse_a_continuation)
{
	enum { COUNT = 100 };
	future_pool_options_t options = { .threads = 1, .queue_capacity = 1 };
	atomic_int ran = 0;
	struct hold hold = HOLD;
	future_executor_t *pool;
	future_t *source;

	ck_assert_int_eq(future_pool_new(&options, &pool), 0);
	future_promise_t *promise = promise_on(pool, &source);
	hold_worker(pool, &hold);
	FUTURE_AUTO future_t *queued = future_submit(pool, give_int, NULL);
	for (int i = 0; i < COUNT; i++)
		future_unref(future_then(source, tick, &ran));
	future_promise_settle(promise, future_ok(NULL));
	gate_open(&hold.released);
	future_executor_unref(pool);
	ck_assert_int_eq(future_get(queued).error, 0);
	ck_assert_int_eq(ran, COUNT);
	future_promise_free(promise);
	future_unref(source);
}
END_TEST

START_TEST(a_closed_pool_still_runs_what_its_own_tasks_release)
{
	atomic_int ran = 0;
	struct hold hold = HOLD;
	future_executor_t *pool = pool_of(1);
	FUTURE_AUTO future_t *source = hold_submit(pool, &hold);
	FUTURE_AUTO future_t *first = future_then(source, tick, &ran);
	FUTURE_AUTO future_t *second = future_then(first, tick, &ran);

	future_executor_shutdown(pool);
	gate_open(&hold.released);
	ck_assert_int_eq(future_get(second).error, 0);
	ck_assert_int_eq(ran, 2);
	future_executor_unref(pool);
}
END_TEST

START_TEST(a_closed_pool_refuses_what_others_release)
{
	atomic_int ran = 0;
	future_executor_t *pool = pool_of(1);
	future_t *source;
	future_promise_t *promise = promise_on(pool, &source);
	FUTURE_AUTO future_t *next = future_finally(source, tick, &ran);

	future_executor_shutdown(pool);
	future_promise_settle(promise, future_ok(NULL));
	ck_assert_int_eq(future_get(next).error, ESHUTDOWN);
	future_executor_unref(pool);
	ck_assert_int_eq(ran, 0);
	future_promise_free(promise);
	future_unref(source);
}
END_TEST

int main(void)
{
	return run_tests("callback", (const TTest *[]) {
		settle_does_not_run_a_continuation_of_a_pool,
		then_does_not_run_a_continuation_of_a_pool,
		an_inline_continuation_does_not_nest_in_another,
		an_inline_continuation_that_settles_runs_no_other_inside,
		a_hundred_thousand_inline_continuations_run_in_order,
		a_hundred_thousand_continuations_run_in_order_on_a_pool_of_one,
		continuations_hung_on_while_it_settles_run_in_order,
		the_last_unref_may_be_inside_its_own_inline_callback,
		the_last_unref_may_be_inside_its_own_callback_on_a_pool,
		the_last_unref_may_be_inside_its_own_task,
		a_callback_may_hang_more_on_its_own_source,
		a_full_queue_does_not_refuse_a_continuation,
		a_closed_pool_still_runs_what_its_own_tasks_release,
		a_closed_pool_refuses_what_others_release,
		NULL,
	});
}
