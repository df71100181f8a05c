/*
 * The depth of the stack does not grow with the length of a chain: a million
 * links, on a stack of 64 KiB.
 */
#include "check.h"

#define LINKS scaled(1000000)

/* Hangs LINKS continuations one on the other; takes `first`. */
static future_t *long_chain(future_t *first, future_then_fn *fn, void *arg)
{
	for (size_t i = LINKS; i > 0; i--) {
		future_t *next = future_then(first, fn, arg);

		future_unref(first);
		first = next;
	}
	return first;
}

static void *chain_on_settled(void *arg)
{
	FUTURE_AUTO future_t *last = long_chain(settled(future_ok_int(0)), add,
		(void *)1);

	ck_assert_int_eq(future_state(last), FUTURE_OK);
	ck_assert_uint_eq((size_t)future_result_int(future_get(last)), LINKS);
	return arg;
}

START_TEST(a_million_inline_thens_on_a_settled_future)
{
	run_on_small_stack(chain_on_settled, NULL);
}
END_TEST

static void *chain_on_pending(void *arg)
{
	future_t *first;
	future_promise_t *promise = promise_new(&first);
	FUTURE_AUTO future_t *last = long_chain(first, add, (void *)1);

	ck_assert_int_eq(future_state(last), FUTURE_PENDING);
	future_promise_settle(promise, future_ok_int(0));
	ck_assert_int_eq(future_state(last), FUTURE_OK);
	ck_assert_uint_eq((size_t)future_result_int(future_get(last)), LINKS);
	future_promise_free(promise);
	return arg;
}

START_TEST(a_million_inline_thens_on_a_pending_future)
{
	run_on_small_stack(chain_on_pending, NULL);
}
END_TEST

static future_executor_t *small_pool(void)
{
	future_pool_options_t options = { .threads = 1,
		.stack_size = SMALL_STACK };
	future_executor_t *pool = NULL;

	ck_assert_int_eq(future_pool_new(&options, &pool), 0);
	return pool;
}

START_TEST(a_million_thens_on_a_pool_of_one)
{
	future_executor_t *pool = small_pool();
	FUTURE_AUTO future_t *last = long_chain(
		future_submit(pool, give_int, NULL), add, (void *)1);

	ck_assert_uint_eq((size_t)future_result_int(future_get(last)), LINKS);
	future_executor_unref(pool);
}
END_TEST

START_TEST(a_million_pending_thens_on_a_pool_of_one)
{
	future_executor_t *pool = small_pool();
	future_t *first;
	future_promise_t *promise = promise_on(pool, &first);
	FUTURE_AUTO future_t *last = long_chain(first, add, (void *)1);

	ck_assert_int_eq(future_state(last), FUTURE_PENDING);
	future_promise_settle(promise, future_ok_int(0));
	ck_assert_uint_eq((size_t)future_result_int(future_get(last)), LINKS);
	future_promise_free(promise);
	future_executor_unref(pool);
}
END_TEST

START_TEST(a_failure_passes_a_million_thens_on_a_pool_of_one)
{
	future_executor_t *pool = small_pool();
	future_t *first;
	future_promise_t *promise = promise_on(pool, &first);
	FUTURE_AUTO future_t *last = long_chain(first, add, NULL);

	future_promise_free(promise);
	ck_assert_int_eq(future_get(last).error, EOWNERDEAD);
	future_executor_unref(pool);
}
END_TEST

/* Nobody waits for the chain's end; the writing end is dropped. */
static void *drop_pending_chain(void *arg)
{
	future_t *first;
	future_promise_t *promise = promise_new(&first);

	future_unref(long_chain(first, add, NULL));
	future_promise_free(promise);
	return arg;
}

START_TEST(a_million_pending_thens_in_a_row_dropped)
{
	run_on_small_stack(drop_pending_chain, NULL);
}
END_TEST

static future_result_t tick(future_result_t in, void *count)
{
	(void)in;
	count_up(count);
	return future_ok(NULL);
}

static void *drop_pending_fan(void *ran)
{
	future_t *source;
	future_promise_t *promise = promise_new(&source);

	for (size_t i = LINKS; i > 0; i--)
		future_unref(future_handle(source, tick, ran));
	future_unref(source);
	future_promise_free(promise);
	return ran;
}

START_TEST(a_million_pending_thens_of_one_future_dropped)
{
	atomic_int ran = 0;

	run_on_small_stack(drop_pending_fan, &ran);
	ck_assert_uint_eq((size_t)ran, LINKS);
}
END_TEST

static void *cancel_the_last(void *arg)
{
	future_t *first;
	future_promise_t *promise = promise_new(&first);
	future_t *last = long_chain(first, add, NULL);

	ck_assert(future_cancel(last));
	ck_assert_int_eq(future_state(last), FUTURE_CANCELLED);
	future_unref(last);
	future_promise_free(promise);
	return arg;
}

START_TEST(a_million_pending_thens_whose_last_is_cancelled)
{
	run_on_small_stack(cancel_the_last, NULL);
}
END_TEST

static void *cancel_the_first(void *arg)
{
	future_t *first;
	future_promise_t *promise = promise_new(&first);
	FUTURE_AUTO future_t *last = long_chain(future_ref(first), add, NULL);

	ck_assert(future_cancel(first));
	ck_assert_int_eq(future_state(last), FUTURE_CANCELLED);
	future_unref(first);
	future_promise_free(promise);
	return arg;
}

START_TEST(a_cancel_passes_a_million_pending_thens)
{
	run_on_small_stack(cancel_the_first, NULL);
}
END_TEST

/* One value that a million futures share, one after the other. */
static void *share_along(void *arg)
{
	atomic_int *destroyed = arg;
	future_t *last = long_chain(settled(owned(destroyed)), pass, NULL);

	ck_assert(owned_is(future_get(last), destroyed));
	ck_assert_int_eq(*destroyed, 0);
	future_unref(last);
	return arg;
}

START_TEST(a_value_shared_by_a_million_in_a_row_is_destroyed_once)
{
	atomic_int destroyed = 0;

	run_on_small_stack(share_along, &destroyed);
	ck_assert_int_eq(destroyed, 1);
}
END_TEST

static void *share_along_pending(void *arg)
{
	atomic_int *destroyed = arg;
	future_t *first;
	future_promise_t *promise = promise_new(&first);
	future_t *last = long_chain(first, pass, NULL);

	future_promise_settle(promise, owned(destroyed));
	future_promise_free(promise);
	ck_assert(owned_is(future_get(last), destroyed));
	ck_assert_int_eq(*destroyed, 0);
	future_unref(last);
	return arg;
}

START_TEST(a_value_passed_along_a_million_pending_is_destroyed_once)
{
	atomic_int destroyed = 0;

	run_on_small_stack(share_along_pending, &destroyed);
	ck_assert_int_eq(destroyed, 1);
}
END_TEST

/* Every future of the chain is kept, and let go from the front. */
static void *share_and_keep(void *arg)
{
	atomic_int *destroyed = arg;
	size_t count = LINKS;
	future_t **all = calloc(count + 1, sizeof(*all));

	ck_assert_ptr_nonnull(all);
	all[0] = settled(owned(destroyed));
	for (size_t i = 0; i < count; i++)
		all[i + 1] = future_then(all[i], pass, NULL);
	for (size_t i = 0; i < count; i++)
		future_unref(all[i]);
	ck_assert_int_eq(*destroyed, 0);
	ck_assert(owned_is(future_get(all[count]), destroyed));
	future_unref(all[count]);
	free(all);
	return arg;
}

START_TEST(a_value_outlives_a_million_sharers_let_go_from_the_front)
{
	atomic_int destroyed = 0;

	run_on_small_stack(share_and_keep, &destroyed);
	ck_assert_int_eq(destroyed, 1);
}
END_TEST

/* Each value owns the future of the next. */
static void unref_next(void *next)
{
	future_unref(next);
}

static void *own_in_a_row(void *arg)
{
	future_t *last = settled(owned(arg));

	for (size_t i = LINKS; i > 0; i--)
		last = settled(future_own(last, unref_next));
	future_unref(last);
	return arg;
}

START_TEST(a_million_values_that_own_the_next_future)
{
	atomic_int destroyed = 0;

	run_on_small_stack(own_in_a_row, &destroyed);
	ck_assert_int_eq(destroyed, 1);
}
END_TEST

static void *combine_in_a_row(void *arg)
{
	future_t *first;
	future_promise_t *promise = promise_new(&first);
	future_t *last = first;

	for (size_t i = LINKS / 10 + 1; i > 0; i--) {
		future_t *next = i % 2 == 0 ? FUTURE_ALL(last) :
			FUTURE_RACE(last);

		future_unref(last);
		last = next;
	}
	future_promise_settle(promise, owned(arg));
	future_promise_free(promise);
	ck_assert_int_eq(future_state(last), FUTURE_OK);
	future_unref(last);
	return arg;
}

START_TEST(a_hundred_thousand_combinations_of_combinations)
{
	atomic_int destroyed = 0;

	run_on_small_stack(combine_in_a_row, &destroyed);
	ck_assert_int_eq(destroyed, 1);
}
END_TEST

/* A finally that follows keeps its source, and that its own. */
static future_result_t follow_nothing(future_result_t in, void *arg)
{
	(void)in;
	(void)arg;
	return future_follow(future_ready(future_ok(NULL)));
}

static void *finally_in_a_row(void *arg)
{
	future_t *last = settled(future_ok_int(77));

	for (size_t i = LINKS; i > 0; i--) {
		future_t *next = future_finally(last, follow_nothing, NULL);

		future_unref(last);
		last = next;
	}
	ck_assert_int_eq(future_result_int(future_get(last)), 77);
	future_unref(last);
	return arg;
}

START_TEST(a_million_finallys_that_follow)
{
	run_on_small_stack(finally_in_a_row, NULL);
}
END_TEST

/* A task that submits the next one, without waiting for it. */
static future_result_t submit_next(void *arg)
{
	size_t *left = arg;

	if ((*left)-- > 0)
		future_unref(future_submit(future_inline(), submit_next, left));
	return future_ok(NULL);
}

static void *submit_in_a_row(void *arg)
{
	size_t left = LINKS;
	FUTURE_AUTO future_t *first = future_submit(future_inline(),
		submit_next, &left);

	ck_assert_int_eq(future_state(first), FUTURE_OK);
	ck_assert_uint_eq(left, SIZE_MAX);
	return arg;
}

START_TEST(a_million_inline_tasks_that_submit_the_next)
{
	run_on_small_stack(submit_in_a_row, NULL);
}
END_TEST

/* A task that is the next one: a loop written with futures. */
static future_result_t follow_next(void *arg)
{
	size_t *left = arg;

	if (*left == 0)
		return future_ok_int(77);
	--*left;
	return future_follow(future_submit(future_current(), follow_next,
			left));
}

static void *follow_in_a_row(void *arg)
{
	size_t left = LINKS;
	FUTURE_AUTO future_t *first = future_submit(future_inline(),
		follow_next, &left);

	ck_assert_int_eq(future_result_int(future_get(first)), 77);
	return arg;
}

START_TEST(a_million_inline_tasks_that_follow_the_next)
{
	run_on_small_stack(follow_in_a_row, NULL);
}
END_TEST

START_TEST(a_million_tasks_that_follow_the_next_on_a_pool_of_one)
{
	size_t left = LINKS;
	future_executor_t *pool = small_pool();
	FUTURE_AUTO future_t *first = future_submit(pool, follow_next, &left);

	ck_assert_int_eq(future_result_int(future_get(first)), 77);
	future_executor_unref(pool);
}
END_TEST

/* The last of them comes first, or second: all of them own their inputs. */
static void *join_line(void *arg)
{
	future_t *leaf = future_ready(future_ok(NULL));
	future_t *line = future_ref(leaf);

	for (size_t i = scaled(300000); i > 0; i--) {
		future_t *both[] = { i & 1 ? line : leaf, i & 1 ? leaf : line };
		future_combine_t how = { .futures = both, .count = 2,
			.cancel_rest = true };

		line = future_combine(&how);
		future_unref(both[i & 1 ? 0 : 1]);
	}
	ck_assert_int_eq(future_join(line, FUTURE_FOREVER), 0);
	future_unref(line);
	future_unref(leaf);
	return arg;
}

START_TEST(a_join_of_a_long_line_of_combined_futures)
{
	run_on_small_stack(join_line, NULL);
}
END_TEST

/* What a token cancels lets go of arguments that cancel something, too. */
static void cancel_other(void *arg)
{
	future_t *other = arg;

	ck_assert(future_cancel(other));
	future_unref(other);
}

static void *cancel_in_cancels(void *arg)
{
	future_t *source, *other;
	future_promise_t *promise = promise_new(&source);
	future_token_t *token = NULL;

	ck_assert_int_eq(future_token_new(NULL, FUTURE_FOREVER, &token), 0);
	for (size_t i = scaled(100000); i > 0; i--) {
		future_continuation_t then = { .fn = add, .token = token,
			.destroy_arg = cancel_other };

		other = future_then(source, add, NULL);
		then.arg = other;
		future_unref(future_then_with(source, &then));
	}
	ck_assert(future_token_cancel(token));
	future_token_unref(token);
	future_promise_free(promise);
	future_unref(source);
	return arg;
}

START_TEST(a_token_cancels_a_hundred_thousand_that_cancel_others)
{
	run_on_small_stack(cancel_in_cancels, NULL);
}
END_TEST

/* What each one releases comes to the lane, and is dropped in turn. */
static void *cancel_loop(void *loop)
{
	ck_assert_uint_eq(future_executor_cancel(loop), 0);
	return loop;
}

START_TEST(a_million_thens_of_a_lane_whose_parent_is_cancelled)
{
	future_executor_t *loop = NULL, *lane = NULL;
	size_t ran = 0;

	ck_assert_int_eq(future_loop_new(&loop), 0);
	ck_assert_int_eq(future_lane_new(loop, 1, &lane), 0);
	FUTURE_AUTO future_t *last = future_submit(lane, give_int, NULL);

	for (size_t i = LINKS; i > 0; i--) {
		future_t *next = future_handle(last, tick, &ran);

		future_unref(last);
		last = next;
	}
	run_on_small_stack(cancel_loop, loop);
	/* Not released by the loop's own tasks. */
	ck_assert_int_eq(future_get(last).error, ESHUTDOWN);
	ck_assert_uint_eq(ran, 0);
	future_executor_unref(lane);
	future_executor_unref(loop);
}
END_TEST

int main(void)
{
	return run_tests("depth", (const TTest *[]) {
		a_million_inline_thens_on_a_settled_future,
		a_million_inline_thens_on_a_pending_future,
		a_million_thens_on_a_pool_of_one,
		a_million_pending_thens_on_a_pool_of_one,
		a_failure_passes_a_million_thens_on_a_pool_of_one,
		a_million_pending_thens_in_a_row_dropped,
		a_million_pending_thens_of_one_future_dropped,
		a_million_pending_thens_whose_last_is_cancelled,
		a_cancel_passes_a_million_pending_thens,
		a_value_shared_by_a_million_in_a_row_is_destroyed_once,
		a_value_passed_along_a_million_pending_is_destroyed_once,
		a_value_outlives_a_million_sharers_let_go_from_the_front,
		a_million_values_that_own_the_next_future,
		a_hundred_thousand_combinations_of_combinations,
		a_join_of_a_long_line_of_combined_futures,
		a_million_finallys_that_follow,
		a_million_inline_tasks_that_submit_the_next,
		a_million_inline_tasks_that_follow_the_next,
		a_million_tasks_that_follow_the_next_on_a_pool_of_one,
		a_token_cancels_a_hundred_thousand_that_cancel_others,
		a_million_thens_of_a_lane_whose_parent_is_cancelled,
		NULL,
	});
}
