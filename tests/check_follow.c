/* follow: settle as another future does; cycles; cancel through it. */
#include "check.h"

static future_result_t follow_then(future_result_t in, void *future)
{
	(void)in;
	return future_follow(future_ref(future));
}

START_TEST(a_task_that_follows_settles_with_the_followed_future)
{
	future_t *inner;
	future_promise_t *promise = promise_new(&inner);
	FUTURE_AUTO future_t *outer = settled(future_follow(future_ref(inner)));

	ck_assert_int_eq(future_wait(outer, FUTURE_NOW), ETIMEDOUT);
	ck_assert_int_ne(future_state(outer), FUTURE_OK);
	future_promise_settle(promise, future_ok_int(5));
	ck_assert_int_eq(future_state(outer), FUTURE_OK);
	ck_assert_int_eq(future_result_int(future_get(outer)), 5);
	future_promise_free(promise);
	future_unref(inner);
}
END_TEST

START_TEST(a_continuation_that_follows_settles_with_the_followed_future)
{
	future_t *inner;
	future_promise_t *promise = promise_new(&inner);
	FUTURE_AUTO future_t *source = settled(future_ok(NULL));
	FUTURE_AUTO future_t *outer = future_then(source, follow_then, inner);

	ck_assert_int_eq(future_wait(outer, FUTURE_NOW), ETIMEDOUT);
	future_promise_settle(promise, future_ok_int(5));
	ck_assert_int_eq(future_result_int(future_get(outer)), 5);
	future_promise_free(promise);
	future_unref(inner);
}
END_TEST

START_TEST(a_ready_future_may_follow)
{
	future_t *inner;
	future_promise_t *promise = promise_new(&inner);
	FUTURE_AUTO future_t *outer = future_ready(
		future_follow(future_ref(inner)));

	ck_assert_int_eq(future_state(outer), FUTURE_PENDING);
	future_promise_settle(promise, future_ok_int(5));
	ck_assert_int_eq(future_result_int(future_get(outer)), 5);
	future_promise_free(promise);
	future_unref(inner);
}
END_TEST

START_TEST(a_follower_of_a_settled_future_settles_at_once)
{
	FUTURE_AUTO future_t *outer = settled(
		future_follow(settled(future_ok_int(5))));

	ck_assert_int_eq(future_state(outer), FUTURE_OK);
	ck_assert_int_eq(future_result_int(future_get(outer)), 5);
}
END_TEST

START_TEST(a_follower_fails_as_the_followed_future_does)
{
	atomic_int destroyed = 0;
	future_t *inner = settled(owned_failure(-3, &destroyed));
	future_t *outer = settled(future_follow(inner));

	ck_assert_int_eq(future_state(outer), FUTURE_FAILED);
	ck_assert_int_eq(future_get(outer).error, -3);
	ck_assert(owned_is(future_get(outer), &destroyed));
	future_unref(outer);
	ck_assert_int_eq(destroyed, 1);
}
END_TEST

START_TEST(a_follower_is_cancelled_if_the_followed_future_is)
{
	future_t *inner;
	future_promise_t *promise = promise_new(&inner);
	struct seen seen = { .calls = 0 };
	FUTURE_AUTO future_t *outer = settled(future_follow(future_ref(inner)));
	FUTURE_AUTO future_t *next = future_catch(outer, see, &seen);

	ck_assert(future_cancel(inner));
	ck_assert_int_eq(future_state(outer), FUTURE_CANCELLED);
	ck_assert_int_eq(seen.calls, 1);
	ck_assert_int_eq(seen.in.error, ECANCELED);
	ck_assert_int_eq(future_state(next), FUTURE_OK);
	future_promise_free(promise);
	future_unref(inner);
}
END_TEST

START_TEST(a_finally_that_follows_a_failure_fails)
{
	FUTURE_AUTO future_t *source = settled(future_ok_int(1));
	FUTURE_AUTO future_t *good = settled(future_ok_int(2));
	FUTURE_AUTO future_t *bad = settled(future_fail(EIO));
	FUTURE_AUTO future_t *first = future_finally(source, follow_then, good);
	FUTURE_AUTO future_t *second = future_finally(source, follow_then, bad);

	ck_assert_int_eq(future_get(first).error, 0);
	ck_assert_int_eq(future_result_int(future_get(first)), 1);
	ck_assert_int_eq(future_get(second).error, EIO);
}
END_TEST

START_TEST(a_finally_waits_for_what_it_follows)
{
	future_t *inner;
	future_promise_t *promise = promise_new(&inner);
	FUTURE_AUTO future_t *source = settled(future_ok_int(1));
	FUTURE_AUTO future_t *next = future_finally(source, follow_then, inner);

	ck_assert_int_eq(future_wait(next, FUTURE_NOW), ETIMEDOUT);
	future_promise_settle(promise, future_ok_int(2));
	ck_assert_int_eq(future_result_int(future_get(next)), 1);
	future_promise_free(promise);
	future_unref(inner);
}
END_TEST

START_TEST(continuations_of_a_follower_run_on_its_own_home)
{
	struct seen seen = { .calls = 0 };
	future_executor_t *pool = pool_of(1);
	future_t *outer, *inner;
	future_promise_t *promise = promise_new(&outer);
	future_promise_t *followed = promise_on(pool, &inner);
	FUTURE_AUTO future_t *next = future_then(outer, see, &seen);

	future_promise_settle(promise, future_follow(inner));
	future_promise_settle(followed, future_ok(NULL));
	ck_assert_int_eq(future_state(next), FUTURE_OK);
	ck_assert_ptr_eq(seen.executor, future_inline());
	future_promise_free(promise);
	future_promise_free(followed);
	future_unref(outer);
	future_executor_unref(pool);
}
END_TEST

START_TEST(cancel_of_a_follower_cancels_what_it_follows)
{
	atomic_int calls = 0;
	future_t *inner;
	future_promise_t *promise = promise_new(&inner);
	FUTURE_AUTO future_t *middle = settled(
		future_follow(future_ref(inner)));
	FUTURE_AUTO future_t *outer = settled(
		future_follow(future_ref(middle)));

	ck_assert_int_eq(future_promise_on_cancel(promise, NULL, count_up,
			&calls), 0);
	ck_assert(future_cancel(outer));
	ck_assert_int_eq(future_state(outer), FUTURE_CANCELLED);
	ck_assert_int_eq(future_state(middle), FUTURE_CANCELLED);
	ck_assert_int_eq(future_state(inner), FUTURE_CANCELLED);
	ck_assert_int_eq(calls, 1);
	future_promise_free(promise);
	future_unref(inner);
}
END_TEST

START_TEST(cancel_of_a_followers_continuation_leaves_both_alone)
{
	future_t *inner;
	future_promise_t *promise = promise_new(&inner);
	FUTURE_AUTO future_t *outer = settled(future_follow(future_ref(inner)));
	FUTURE_AUTO future_t *next = future_then(outer, pass, NULL);

	ck_assert(future_cancel(next));
	ck_assert_int_eq(future_state(inner), FUTURE_PENDING);
	ck_assert(future_promise_settle(promise, future_ok_int(3)));
	ck_assert_int_eq(future_result_int(future_get(outer)), 3);
	future_promise_free(promise);
	future_unref(inner);
}
END_TEST

START_TEST(join_waits_for_the_function_of_the_followed_future)
{
	struct hold hold = HOLD;
	future_executor_t *pool = pool_of(1);
	FUTURE_AUTO future_t *inner = hold_submit(pool, &hold);
	FUTURE_AUTO future_t *outer = settled(future_follow(future_ref(inner)));

	ck_assert(future_cancel(outer));
	ck_assert_int_eq(future_wait(outer, FUTURE_NOW), 0);
	ck_assert_int_eq(future_join(outer, FUTURE_NOW), ETIMEDOUT);
	gate_open(&hold.released);
	ck_assert_int_eq(future_join(outer, FUTURE_FOREVER), 0);
	ck_assert_int_eq(hold.returned, 1);
	ck_assert_int_eq(hold.asked, 1);
	future_executor_unref(pool);
}
END_TEST

START_TEST(join_waits_for_a_followed_function_that_was_cancelled)
{
	struct hold hold = HOLD;
	future_executor_t *pool = pool_of(1);
	FUTURE_AUTO future_t *inner = hold_submit(pool, &hold);
	FUTURE_AUTO future_t *outer = settled(future_follow(future_ref(inner)));

	ck_assert(future_cancel(inner));
	ck_assert_int_eq(future_get(outer).error, ECANCELED);
	ck_assert_int_eq(future_join(outer, FUTURE_NOW), ETIMEDOUT);
	gate_open(&hold.released);
	ck_assert_int_eq(future_join(outer, FUTURE_FOREVER), 0);
	ck_assert_int_eq(hold.returned, 1);
	future_executor_unref(pool);
}
END_TEST

START_TEST(a_promise_that_follows_its_own_future_is_edeadlk)
{
	future_t *future;
	future_promise_t *promise = promise_new(&future);

	ck_assert(future_promise_settle(promise,
			future_follow(future_ref(future))));
	ck_assert_int_eq(future_state(future), FUTURE_FAILED);
	ck_assert_int_eq(future_get(future).error, EDEADLK);
	future_promise_free(promise);
	future_unref(future);
}
END_TEST

struct self {
	struct gate known;
	future_t *own;
};

static future_result_t follow_self(void *arg)
{
	struct self *self = arg;

	gate_wait(&self->known);
	return future_follow(future_ref(self->own));
}

START_TEST(a_task_that_follows_itself_is_edeadlk)
{
	struct self self = { GATE_SHUT, NULL };
	future_executor_t *pool = pool_of(1);
	FUTURE_AUTO future_t *future = future_submit(pool, follow_self, &self);

	self.own = future;
	gate_open(&self.known);
	ck_assert_int_eq(future_get(future).error, EDEADLK);
	future_executor_unref(pool);
}
END_TEST

START_TEST(a_task_that_follows_a_then_of_itself_is_edeadlk)
{
	struct self self = { GATE_SHUT, NULL };
	future_executor_t *pool = pool_of(1);
	FUTURE_AUTO future_t *future = future_submit(pool, follow_self, &self);
	FUTURE_AUTO future_t *next = future_then(future, pass, NULL);

	self.own = next;
	gate_open(&self.known);
	ck_assert_int_eq(future_get(future).error, EDEADLK);
	ck_assert_int_eq(future_get(next).error, EDEADLK);
	future_executor_unref(pool);
}
END_TEST

/* A ring: each promise follows the future of the next. */
static void ring(size_t count)
{
	future_promise_t **promises = calloc(count, sizeof(*promises));
	future_t **futures = calloc(count, sizeof(*futures));

	ck_assert_ptr_nonnull(promises);
	ck_assert_ptr_nonnull(futures);
	for (size_t i = 0; i < count; i++)
		promises[i] = promise_new(&futures[i]);
	for (size_t i = 0; i < count; i++)
		future_promise_settle(promises[i],
			future_follow(future_ref(futures[(i + 1) % count])));
	for (size_t i = 0; i < count; i++) {
		if (future_wait(futures[i], FUTURE_NOW) != 0 ||
				future_get(futures[i]).error != EDEADLK)
			ck_abort_msg("%zu of %zu", i, count);
		future_promise_free(promises[i]);
		future_unref(futures[i]);
	}
	free(promises);
	free(futures);
}

START_TEST(a_ring_of_followers_is_edeadlk)
{
	for (size_t count = 1; count <= 10; count++)
		ring(count);
}
END_TEST

static void *long_ring(void *arg)
{
	ring(scaled(4000));
	return arg;
}

START_TEST(a_long_ring_of_followers_is_edeadlk_on_a_small_stack)
{
	run_on_small_stack(long_ring, NULL);
}
END_TEST

START_TEST(following_a_long_chain_of_thens_of_oneself_is_edeadlk)
{
	future_t *future;
	future_promise_t *promise = promise_new(&future);
	future_t *last = future_ref(future);

	for (size_t i = scaled(10000); i > 0; i--) {
		future_t *next = future_then(last, pass, NULL);

		future_unref(last);
		last = next;
	}
	ck_assert(future_promise_settle(promise, future_follow(last)));
	ck_assert_int_eq(future_state(future), FUTURE_FAILED);
	ck_assert_int_eq(future_get(future).error, EDEADLK);
	future_promise_free(promise);
	future_unref(future);
}
END_TEST

START_TEST(following_an_all_of_oneself_is_edeadlk)
{
	future_t *future, *other;
	future_promise_t *promise = promise_new(&future);
	future_promise_t *others = promise_new(&other);
	FUTURE_AUTO future_t *all = FUTURE_ALL(other, future);
	FUTURE_AUTO future_t *next = future_then(all, pass, NULL);

	ck_assert(future_promise_settle(promise,
			future_follow(future_ref(next))));
	ck_assert_int_eq(future_state(future), FUTURE_FAILED);
	ck_assert_int_eq(future_get(future).error, EDEADLK);
	future_promise_free(promise);
	future_promise_free(others);
	future_unref(future);
	future_unref(other);
}
END_TEST

static void *settle_elsewhere(void *promise)
{
	future_promise_settle(promise, future_ok_int(1));
	return NULL;
}

START_TEST(two_that_follow_the_same_future_are_no_ring)
{
	future_t *inner;
	future_promise_t *promise = promise_new(&inner);
	FUTURE_AUTO future_t *first = settled(future_follow(future_ref(inner)));
	FUTURE_AUTO future_t *second = settled(
		future_follow(future_ref(first)));
	FUTURE_AUTO future_t *third = settled(future_follow(future_ref(inner)));
	FUTURE_AUTO future_t *all = FUTURE_ALL(first, second, third, first);
	FUTURE_AUTO future_t *fourth = settled(future_follow(future_ref(all)));
	pthread_t thread = start(settle_elsewhere, promise);

	ck_assert_int_eq(future_get(fourth).error, 0);
	finish(thread);
	future_promise_free(promise);
	future_unref(inner);
}
END_TEST

/* A row of followers, the last of which is settled or dropped. */
static void *follow_in_a_row(void *arg)
{
	bool drop = arg != NULL;
	size_t count = scaled(4000);
	future_t *first, *last;
	future_promise_t *promise = promise_new(&first);

	last = first;
	for (size_t i = 0; i < count; i++)
		last = future_ready(future_follow(last));
	if (drop) {
		ck_assert_int_eq(future_state(last), FUTURE_PENDING);
	} else {
		future_promise_settle(promise, future_ok_int(7));
		ck_assert_int_eq(future_result_int(future_get(last)), 7);
	}
	future_unref(last);
	future_promise_free(promise);
	return arg;
}

START_TEST(a_hundred_thousand_followers_in_a_row_settle)
{
	run_on_small_stack(follow_in_a_row, NULL);
}
END_TEST

START_TEST(a_hundred_thousand_pending_followers_in_a_row_dropped)
{
	run_on_small_stack(follow_in_a_row, "drop");
}
END_TEST

static void *cancel_in_a_row(void *arg)
{
	future_t *first;
	future_promise_t *promise = promise_new(&first);
	future_t *last = future_ref(first);

	for (size_t i = scaled(4000); i > 0; i--)
		last = future_ready(future_follow(last));
	ck_assert(future_cancel(last));
	ck_assert_int_eq(future_state(first), FUTURE_CANCELLED);
	future_unref(last);
	future_unref(first);
	future_promise_free(promise);
	return arg;
}

START_TEST(a_cancel_passes_a_hundred_thousand_followers)
{
	run_on_small_stack(cancel_in_a_row, NULL);
}
END_TEST

START_TEST(a_value_followed_by_a_hundred_thousand_is_destroyed_once)
{
	atomic_int destroyed = 0;
	future_t *last = settled(owned(&destroyed));

	for (size_t i = scaled(4000); i > 0; i--)
		last = future_ready(future_follow(last));
	ck_assert(owned_is(future_get(last), &destroyed));
	ck_assert_int_eq(destroyed, 0);
	future_unref(last);
	ck_assert_int_eq(destroyed, 1);
}
END_TEST

int main(void)
{
	return run_tests("follow", (const TTest *[]) {
		a_task_that_follows_settles_with_the_followed_future,
		a_continuation_that_follows_settles_with_the_followed_future,
		a_ready_future_may_follow,
		a_follower_of_a_settled_future_settles_at_once,
		a_follower_fails_as_the_followed_future_does,
		a_follower_is_cancelled_if_the_followed_future_is,
		a_finally_that_follows_a_failure_fails,
		a_finally_waits_for_what_it_follows,
		continuations_of_a_follower_run_on_its_own_home,
		cancel_of_a_follower_cancels_what_it_follows,
		cancel_of_a_followers_continuation_leaves_both_alone,
		join_waits_for_the_function_of_the_followed_future,
		join_waits_for_a_followed_function_that_was_cancelled,
		a_promise_that_follows_its_own_future_is_edeadlk,
		a_task_that_follows_itself_is_edeadlk,
		a_task_that_follows_a_then_of_itself_is_edeadlk,
		a_ring_of_followers_is_edeadlk,
		a_long_ring_of_followers_is_edeadlk_on_a_small_stack,
		following_a_long_chain_of_thens_of_oneself_is_edeadlk,
		following_an_all_of_oneself_is_edeadlk,
		two_that_follow_the_same_future_are_no_ring,
		a_hundred_thousand_followers_in_a_row_settle,
		a_hundred_thousand_pending_followers_in_a_row_dropped,
		a_cancel_passes_a_hundred_thousand_followers,
		a_value_followed_by_a_hundred_thousand_is_destroyed_once,
		NULL,
	});
}
