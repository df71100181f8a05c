/* Continuations: when they run, and what they may do. */
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

static future_result_t tick(future_result_t in, void *count)
{
	(void)in;
	count_up(count);
	return future_ok(NULL);
}

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

/* An argument, or a value, whose destruction settles a promise. */
struct settles {
	future_promise_t *promise;
	future_t *passed;	/* passes over what the promise becomes */
	future_t *run;		/* runs on it, inline */
	atomic_int runs;
	int early;	/* not settled yet when the settle had returned */
};

static void settles_init(struct settles *settles)
{
	future_t *future;

	*settles = (struct settles){ .promise = promise_new(&future) };
	settles->passed = future_catch(future, pass, NULL);
	settles->run = future_then(settles->passed, tick, &settles->runs);
	future_unref(future);
}

static void settle_and_look(void *arg)
{
	struct settles *settles = arg;

	future_promise_settle(settles->promise, future_ok(NULL));
	if (future_state(settles->passed) != FUTURE_OK)
		settles->early++;
	if (future_state(settles->run) != FUTURE_OK)
		settles->early++;
}

static void settles_check(struct settles *settles)
{
	ck_assert_int_eq(settles->runs, 1);
	ck_assert_int_eq(settles->early, 0);
	future_promise_free(settles->promise);
	future_unref(settles->passed);
	future_unref(settles->run);
}

START_TEST(what_a_destroy_arg_settles_is_settled_when_that_returns)
{
	struct settles settles;
	future_continuation_t c = { .fn = pass, .arg = &settles,
		.destroy_arg = settle_and_look };
	future_t *source;
	future_promise_t *promise = promise_new(&source);

	settles_init(&settles);
	future_unref(future_then_with(source, &c));
	future_promise_settle(promise, future_fail(EIO));
	settles_check(&settles);
	future_promise_free(promise);
	future_unref(source);
}
END_TEST

START_TEST(what_a_destructor_settles_is_settled_when_that_returns)
{
	struct settles settles;
	future_t *source;
	future_promise_t *promise = promise_new(&source);

	settles_init(&settles);
	future_unref(source);
	future_promise_settle(promise, future_own(&settles, settle_and_look));
	future_promise_free(promise);
	settles_check(&settles);
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

static future_result_t cancel_it(future_result_t in, void *future)
{
	(void)in;
	return future_ok_int(future_cancel(*(future_t **)future));
}

START_TEST(a_callback_may_cancel_the_next)
{
	atomic_int calls = 0;
	future_t *source, *second = NULL;
	future_promise_t *promise = promise_new(&source);
	FUTURE_AUTO future_t *first = future_then(source, cancel_it, &second);
	future_continuation_t c = { .fn = tick, .arg = &calls,
		.destroy_arg = count_up };

	second = future_then_with(source, &c);
	future_promise_settle(promise, future_ok(NULL));
	ck_assert_int_eq(future_result_int(future_get(first)), 1);
	ck_assert_int_eq(future_get(second).error, ECANCELED);
	ck_assert_int_eq(calls, 1);
	future_unref(second);
	future_promise_free(promise);
	future_unref(source);
}
END_TEST

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
		what_a_destroy_arg_settles_is_settled_when_that_returns,
		what_a_destructor_settles_is_settled_when_that_returns,
		the_last_unref_may_be_inside_its_own_inline_callback,
		the_last_unref_may_be_inside_its_own_callback_on_a_pool,
		the_last_unref_may_be_inside_its_own_task,
		a_callback_may_hang_more_on_its_own_source,
		a_callback_may_cancel_the_next,
		a_full_queue_does_not_refuse_a_continuation,
		a_closed_pool_still_runs_what_its_own_tasks_release,
		a_closed_pool_refuses_what_others_release,
		NULL,
	});
}
