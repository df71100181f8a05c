/*
 * Waiting on a worker: it runs what it waits for, and nothing else; waiting
 * for oneself is EDEADLK.
 */
#include "check.h"

/* For a task that knows its own future, or one that depends on it. */
struct waiter {
	struct gate known;
	future_t *own;
	future_t *other;
	int error;	/* of the wait */
};

#define WAITER { .known = GATE_SHUT }

static future_result_t run_on(future_executor_t *executor, future_task_fn *fn,
	void *arg)
{
	FUTURE_AUTO future_t *future = future_submit(executor, fn, arg);

	return future_get(future);
}

static future_result_t run_on_pool_of(size_t threads, future_task_fn *fn,
	void *arg)
{
	future_executor_t *pool = pool_of(threads);
	future_result_t result = run_on(pool, fn, arg);

	future_executor_unref(pool);
	return result;
}

/* Of which some forty calls need little, also under a sanitizer. */
#define STACK ((size_t)4 * 1024 * 1024)

static future_result_t run_on_stacks_of(size_t size, size_t threads,
	future_task_fn *fn, void *arg)
{
	future_pool_options_t options = { .threads = threads,
		.stack_size = size };
	future_executor_t *pool = NULL;
	future_result_t result;

	ck_assert_int_eq(future_pool_new(&options, &pool), 0);
	result = run_on(pool, fn, arg);
	future_executor_unref(pool);
	return result;
}

static future_result_t get_inner(void *number)
{
	return run_on(future_current(), give_int, number);
}

START_TEST(a_waiting_worker_runs_the_task_it_waits_for)
{
	future_result_t result = run_on_pool_of(1, get_inner, (void *)6);

	ck_assert_int_eq(result.error, 0);
	ck_assert_int_eq(future_result_int(result), 6);
}
END_TEST

static future_result_t fibonacci(void *arg)
{
	intptr_t n = (intptr_t)arg;

	if (n < 2)
		return future_ok_int(n);
	FUTURE_AUTO future_t *a = future_submit(future_current(), fibonacci,
		(void *)(n - 1));
	FUTURE_AUTO future_t *b = future_submit(future_current(), fibonacci,
		(void *)(n - 2));
	return future_ok_int(future_result_int(future_get(a)) +
		future_result_int(future_get(b)));
}

START_TEST(recursion_on_a_pool_of_one_ends)
{
	future_result_t result = run_on_pool_of(1, fibonacci, (void *)15);

	ck_assert_int_eq(future_result_int(result), 610);
}
END_TEST

START_TEST(recursion_on_a_pool_of_three_ends)
{
	future_result_t result = run_on_pool_of(3, fibonacci, (void *)15);

	ck_assert_int_eq(future_result_int(result), 610);
}
END_TEST

/* One submit and one get a call; how much of its stack a thread uses. */
static future_result_t fibonacci_by_halves(void *arg)
{
	static _Thread_local uintptr_t highest;
	intptr_t n = (intptr_t)arg, other;
	uintptr_t here = (uintptr_t)&other;
	future_t *half;

	if (here > highest)
		highest = here;
	ck_assert_uint_lt(highest - here, STACK / 4);
	if (n < 2)
		return future_ok_int(n);
	half = future_submit(future_current(), fibonacci_by_halves,
		(void *)(n - 1));
	other = future_result_int(fibonacci_by_halves((void *)(n - 2)));
	other += future_result_int(future_get(half));
	future_unref(half);
	return future_ok_int(other);
}

START_TEST(fibonacci_of_22_ends_on_a_small_stack)
{
	future_result_t result;

	result = run_on_stacks_of(STACK, 1, fibonacci_by_halves, (void *)22);
	ck_assert_int_eq(future_result_int(result), 17711);
	result = run_on_stacks_of(STACK, 2, fibonacci_by_halves, (void *)22);
	ck_assert_int_eq(future_result_int(result), 17711);
	result = run_on_stacks_of(STACK, 4, fibonacci_by_halves, (void *)22);
	ck_assert_int_eq(future_result_int(result), 17711);
}
END_TEST

static future_result_t join_inner(void *number)
{
	FUTURE_AUTO future_t *inner = future_submit(future_current(), give_int,
		number);
	int error = future_join(inner, FUTURE_FOREVER);

	return error != 0 ? future_fail(error) : future_get(inner);
}

START_TEST(a_joining_worker_runs_the_task_it_waits_for)
{
	future_result_t result = run_on_pool_of(1, join_inner, (void *)6);

	ck_assert_int_eq(future_result_int(result), 6);
}
END_TEST

static future_result_t take_inner(void *destroyed)
{
	FUTURE_AUTO future_t *inner = future_submit(future_current(),
		give_owned, destroyed);

	return future_take(inner);
}

START_TEST(a_taking_worker_runs_the_task_it_waits_for)
{
	atomic_int destroyed = 0;
	future_executor_t *pool = pool_of(1);
	future_t *future = future_submit(pool, take_inner, &destroyed);

	ck_assert(owned_is(future_get(future), &destroyed));
	future_executor_unref(pool);
	ck_assert_int_eq(destroyed, 0);
	future_unref(future);
	ck_assert_int_eq(destroyed, 1);
}
END_TEST

static future_result_t tick(void *count)
{
	count_up(count);
	return future_ok(NULL);
}

static future_result_t wait_past_a_stranger(void *arg)
{
	atomic_int *ran = arg;
	future_executor_t *here = future_current();
	FUTURE_AUTO future_t *stranger = future_submit(here, tick, ran);
	FUTURE_AUTO future_t *inner = future_submit(here, give_int, NULL);
	FUTURE_AUTO future_t *next = future_then(inner, pass, NULL);

	if (future_get(next).error != 0 || *ran != 0)
		return future_fail(EIO);
	return future_ok_int(future_state(stranger) == FUTURE_PENDING);
}

START_TEST(a_waiting_worker_runs_no_stranger)
{
	atomic_int ran = 0;
	future_result_t result = run_on_pool_of(1, wait_past_a_stranger, &ran);

	ck_assert_int_eq(result.error, 0);
	ck_assert_int_eq(future_result_int(result), 1);
	ck_assert_int_eq(ran, 1);
}
END_TEST

START_TEST(an_inline_callback_that_waits_runs_no_stranger)
{
	atomic_int ran = 0;
	future_result_t result = run_on(future_inline(), wait_past_a_stranger,
		&ran);

	ck_assert_int_eq(result.error, 0);
	ck_assert_int_eq(future_result_int(result), 1);
	ck_assert_int_eq(ran, 1);
}
END_TEST

static future_result_t get_a_chain(void *number)
{
	FUTURE_AUTO future_t *last = FUTURE_CHAIN(
		future_submit(future_current(), give_int, number),
		{ .fn = add, .arg = (void *)10 },
		{ .fn = add, .arg = (void *)100 },
		{ .fn = add, .arg = (void *)1000 });

	return future_get(last);
}

START_TEST(a_waiting_worker_runs_the_source_of_what_it_waits_for)
{
	future_result_t result = run_on_pool_of(1, get_a_chain, (void *)1);

	ck_assert_int_eq(future_result_int(result), 1111);
}
END_TEST

static future_result_t follow_inner(void *number)
{
	return future_follow(future_submit(future_current(), give_int, number));
}

static future_result_t get_a_follower(void *number)
{
	return run_on(future_current(), follow_inner, number);
}

START_TEST(a_waiting_worker_runs_what_its_future_follows)
{
	future_result_t result = run_on_pool_of(1, get_a_follower, (void *)6);

	ck_assert_int_eq(future_result_int(result), 6);
}
END_TEST

/* The inputs of a combined future: two tasks of the current executor. */
struct pair {
	future_t *inputs[2];
	atomic_int ran[2];
};

static future_result_t tick_or_fail(void *count)
{
	count_up(count);
	return future_fail(EIO);
}

static future_result_t get_combined(struct pair *pair,
	future_t *(*combine)(future_t *const *, size_t), future_task_fn *first)
{
	future_executor_t *here = future_current();

	pair->inputs[0] = future_submit(here, first, &pair->ran[0]);
	pair->inputs[1] = future_submit(here, tick, &pair->ran[1]);
	FUTURE_AUTO future_t *combined = combine(pair->inputs, 2);
	future_result_t result = future_get(combined);
	int both = pair->ran[0] * 10 + pair->ran[1];

	future_unref(pair->inputs[0]);
	future_unref(pair->inputs[1]);
	return result.error != 0 ? result : future_ok_int(both);
}

static future_result_t get_all(void *pair)
{
	return get_combined(pair, future_all, tick);
}

static future_result_t get_all_settled(void *pair)
{
	return get_combined(pair, future_all_settled, tick_or_fail);
}

static future_result_t get_any(void *pair)
{
	return get_combined(pair, future_any, tick);
}

static future_result_t get_any_failing(void *pair)
{
	return get_combined(pair, future_any, tick_or_fail);
}

static future_result_t get_race(void *pair)
{
	return get_combined(pair, future_race, tick);
}

/* Which of the two had run when the wait returned: both 11, the first 10. */
static void check_combined(future_task_fn *fn, int ran)
{
	struct pair pair = { .ran = { 0, 0 } };
	future_result_t result = run_on_pool_of(1, fn, &pair);

	ck_assert_int_eq(result.error, 0);
	ck_assert_int_eq(future_result_int(result), ran);
	pair = (struct pair){ .ran = { 0, 0 } };
	result = run_on(future_inline(), fn, &pair);
	ck_assert_int_eq(result.error, 0);
	ck_assert_int_eq(future_result_int(result), ran);
}

START_TEST(a_waiting_worker_runs_every_input_of_an_all)
{
	check_combined(get_all, 11);
}
END_TEST

START_TEST(a_waiting_worker_runs_every_input_of_an_all_settled)
{
	check_combined(get_all_settled, 11);
}
END_TEST

START_TEST(a_waiting_worker_runs_the_first_input_of_an_any)
{
	check_combined(get_any, 10);
}
END_TEST

START_TEST(a_waiting_worker_runs_the_next_input_of_an_any_if_one_fails)
{
	check_combined(get_any_failing, 11);
}
END_TEST

START_TEST(a_waiting_worker_runs_the_first_input_of_a_race)
{
	check_combined(get_race, 10);
}
END_TEST

static future_result_t wait_until_a_deadline(void *arg)
{
	atomic_int *ran = arg;
	FUTURE_AUTO future_t *inner = future_submit(future_current(), tick,
		ran);

	if (future_wait(inner, FUTURE_NOW) != ETIMEDOUT ||
			future_wait(inner, future_in_ms(10)) != ETIMEDOUT ||
			future_join(inner, future_in_ms(10)) != ETIMEDOUT)
		return future_fail(EIO);
	return future_ok_int(future_state(inner));
}

START_TEST(a_worker_that_waits_with_a_deadline_runs_nothing)
{
	atomic_int ran = 0;
	future_result_t result = run_on_pool_of(1, wait_until_a_deadline, &ran);

	ck_assert_int_eq(result.error, 0);
	ck_assert_int_eq(future_result_int(result), FUTURE_PENDING);
	ck_assert_int_eq(ran, 1);
}
END_TEST

static future_result_t ran_here(void *arg)
{
	return future_ok_int(pthread_equal(*(pthread_t *)arg, pthread_self()));
}

START_TEST(a_waiting_outsider_runs_nothing_of_a_pool)
{
	pthread_t here = pthread_self();
	future_executor_t *pool = pool_of(1);

	for (int i = 0; i < 1000; i++)
		ck_assert_int_eq(future_result_int(run_on(pool, ran_here,
			&here)), 0);
	future_executor_unref(pool);
}
END_TEST

/* Each way to wait, for one's own future. */
static future_result_t get_self(void *arg)
{
	struct waiter *waiter = arg;

	gate_wait(&waiter->known);
	if (future_get(waiter->own).error != EDEADLK ||
			future_take(waiter->own).error != EDEADLK ||
			future_wait(waiter->own, FUTURE_FOREVER) != EDEADLK ||
			future_join(waiter->own, FUTURE_FOREVER) != EDEADLK)
		return future_fail(EIO);
	if (future_state(waiter->own) != FUTURE_RUNNING)
		return future_fail(EPERM);
	return future_ok_int(3);
}

START_TEST(a_task_that_waits_for_itself_is_edeadlk)
{
	struct waiter waiter = WAITER;
	future_executor_t *pool = pool_of(2);
	FUTURE_AUTO future_t *future = future_submit(pool, get_self, &waiter);

	waiter.own = future;
	gate_open(&waiter.known);
	ck_assert_int_eq(future_get(future).error, 0);
	ck_assert_int_eq(future_result_int(future_get(future)), 3);
	future_executor_unref(pool);
}
END_TEST

static future_result_t get_self_then(future_result_t in, void *waiter)
{
	(void)in;
	return get_self(waiter);
}

START_TEST(an_inline_callback_that_waits_for_itself_is_edeadlk)
{
	struct waiter waiter = WAITER;
	future_t *source;
	future_promise_t *promise = promise_new(&source);
	FUTURE_AUTO future_t *next = future_then(source, get_self_then,
		&waiter);

	waiter.own = next;
	gate_open(&waiter.known);
	future_promise_settle(promise, future_ok(NULL));
	ck_assert_int_eq(future_get(next).error, 0);
	future_promise_free(promise);
	future_unref(source);
}
END_TEST

static future_result_t get_other(void *arg)
{
	struct waiter *waiter = arg;

	gate_wait(&waiter->known);
	waiter->error = future_get(waiter->other).error;
	return future_ok_int(3);
}

START_TEST(a_task_that_waits_for_a_then_of_itself_is_edeadlk)
{
	struct waiter waiter = WAITER;
	future_executor_t *pool = pool_of(1);
	FUTURE_AUTO future_t *future = future_submit(pool, get_other, &waiter);
	FUTURE_AUTO future_t *next = future_then(future, pass, NULL);

	waiter.other = next;
	gate_open(&waiter.known);
	ck_assert_int_eq(future_result_int(future_get(future)), 3);
	ck_assert_int_eq(future_result_int(future_get(next)), 3);
	ck_assert_int_eq(waiter.error, EDEADLK);
	future_executor_unref(pool);
}
END_TEST

START_TEST(a_task_that_waits_for_an_all_of_itself_is_edeadlk)
{
	struct waiter waiter = WAITER;
	future_executor_t *pool = pool_of(1);
	FUTURE_AUTO future_t *future = future_submit(pool, get_other, &waiter);
	FUTURE_AUTO future_t *done = settled(future_ok(NULL));
	FUTURE_AUTO future_t *all = FUTURE_ALL(done, future);

	waiter.other = all;
	gate_open(&waiter.known);
	ck_assert_int_eq(future_result_int(future_get(future)), 3);
	ck_assert_int_eq(future_get(all).error, 0);
	ck_assert_int_eq(waiter.error, EDEADLK);
	future_executor_unref(pool);
}
END_TEST

static future_result_t get_outer(void *arg)
{
	struct waiter *waiter = arg;

	waiter->error = future_get(waiter->own).error;
	return future_ok_int(4);
}

static future_result_t run_one_that_waits_for_me(void *arg)
{
	struct waiter *waiter = arg;

	gate_wait(&waiter->known);
	return run_on(future_current(), get_outer, waiter);
}

START_TEST(a_task_run_by_a_waiter_that_waits_for_that_waiter_is_edeadlk)
{
	struct waiter waiter = WAITER;
	future_executor_t *pool = pool_of(1);
	FUTURE_AUTO future_t *future = future_submit(pool,
		run_one_that_waits_for_me, &waiter);

	waiter.own = future;
	gate_open(&waiter.known);
	ck_assert_int_eq(future_result_int(future_get(future)), 4);
	ck_assert_int_eq(waiter.error, EDEADLK);
	future_executor_unref(pool);
}
END_TEST

int main(void)
{
	return run_tests("wait", (const TTest *[]) {
		a_waiting_worker_runs_the_task_it_waits_for,
		recursion_on_a_pool_of_one_ends,
		recursion_on_a_pool_of_three_ends,
		fibonacci_of_22_ends_on_a_small_stack,
		a_joining_worker_runs_the_task_it_waits_for,
		a_taking_worker_runs_the_task_it_waits_for,
		a_waiting_worker_runs_no_stranger,
		an_inline_callback_that_waits_runs_no_stranger,
		a_waiting_worker_runs_the_source_of_what_it_waits_for,
		a_waiting_worker_runs_what_its_future_follows,
		a_waiting_worker_runs_every_input_of_an_all,
		a_waiting_worker_runs_every_input_of_an_all_settled,
		a_waiting_worker_runs_the_first_input_of_an_any,
		a_waiting_worker_runs_the_next_input_of_an_any_if_one_fails,
		a_waiting_worker_runs_the_first_input_of_a_race,
		a_worker_that_waits_with_a_deadline_runs_nothing,
		a_waiting_outsider_runs_nothing_of_a_pool,
		a_task_that_waits_for_itself_is_edeadlk,
		an_inline_callback_that_waits_for_itself_is_edeadlk,
		a_task_that_waits_for_a_then_of_itself_is_edeadlk,
		a_task_that_waits_for_an_all_of_itself_is_edeadlk,
		a_task_run_by_a_waiter_that_waits_for_that_waiter_is_edeadlk,
		NULL,
	});
}
