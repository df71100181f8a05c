/* take and move: a value that becomes somebody's own, once. */
#include "check.h"

START_TEST(take_gives_the_value_with_its_destroy)
{
	atomic_int destroyed = 0;
	future_t *future = settled(owned(&destroyed));
	future_result_t mine = future_take(future);

	ck_assert_int_eq(mine.error, 0);
	ck_assert(owned_is(mine, &destroyed));
	ck_assert(mine.destroy == owned_destroy);
	future_unref(future);
	ck_assert_int_eq(destroyed, 0);
	mine.destroy(mine.value);
	ck_assert_int_eq(destroyed, 1);
}
END_TEST

START_TEST(after_a_take_everybody_sees_ealready)
{
	atomic_int destroyed = 0;
	struct seen seen = { .calls = 0 }, skipped = { .calls = 0 };
	future_t *future = settled(owned(&destroyed));
	future_result_t mine = future_take(future);
	future_result_t late = future_take(future);

	ck_assert_int_eq(late.error, EALREADY);
	ck_assert_ptr_null(late.value);
	ck_assert(late.destroy == NULL);
	ck_assert_int_eq(future_get(future).error, EALREADY);
	ck_assert_ptr_null(future_get(future).value);
	future_unref(future_then(future, see, &skipped));
	future_unref(future_handle(future, see, &seen));
	ck_assert_int_eq(skipped.calls, 0);
	ck_assert_int_eq(seen.calls, 1);
	ck_assert_int_eq(seen.in.error, EALREADY);
	future_unref(future);
	ck_assert_int_eq(destroyed, 0);
	mine.destroy(mine.value);
}
END_TEST

static void *settle_owned(void *arg)
{
	static atomic_int destroyed;

	future_promise_settle(arg, owned(&destroyed));
	return &destroyed;
}

START_TEST(take_waits_like_get)
{
	future_t *future;
	future_promise_t *promise = promise_new(&future);
	pthread_t thread = start(settle_owned, promise);
	future_result_t mine = future_take(future);

	ck_assert_int_eq(mine.error, 0);
	ck_assert(mine.destroy == owned_destroy);
	mine.destroy(mine.value);
	finish(thread);
	future_promise_free(promise);
	future_unref(future);
}
END_TEST

START_TEST(take_of_a_value_that_nobody_owns_gives_nothing_to_destroy)
{
	int value;
	FUTURE_AUTO future_t *future = settled(future_ok(&value));
	future_result_t mine = future_take(future);

	ck_assert_int_eq(mine.error, 0);
	ck_assert_ptr_eq(mine.value, &value);
	ck_assert(mine.destroy == NULL);
}
END_TEST

START_TEST(take_of_a_failure_gives_its_error_and_detail)
{
	atomic_int destroyed = 0;
	future_t *future = settled(owned_failure(EIO, &destroyed));
	future_result_t mine = future_take(future);

	ck_assert_int_eq(mine.error, EIO);
	ck_assert(owned_is(mine, &destroyed));
	ck_assert(mine.destroy == owned_destroy);
	future_unref(future);
	ck_assert_int_eq(destroyed, 0);
	mine.destroy(mine.value);
}
END_TEST

START_TEST(take_of_a_cancelled_future_is_ecanceled)
{
	future_t *future;
	future_promise_t *promise = promise_new(&future);

	ck_assert(future_cancel(future));
	ck_assert_int_eq(future_take(future).error, ECANCELED);
	future_promise_free(promise);
	future_unref(future);
}
END_TEST

START_TEST(take_of_a_shared_value_takes_it_from_all_who_share)
{
	for (int which = 0; which < 3; which++) {
		atomic_int destroyed = 0;
		future_t *all[3];

		all[0] = settled(owned(&destroyed));
		all[1] = future_then(all[0], pass, NULL);
		all[2] = future_then(all[1], pass, NULL);
		future_result_t mine = future_take(all[which]);
		ck_assert(owned_is(mine, &destroyed));
		ck_assert(mine.destroy == owned_destroy);
		for (int i = 0; i < 3; i++) {
			ck_assert_int_eq(future_get(all[i]).error, EALREADY);
			ck_assert_int_eq(future_take(all[i]).error, EALREADY);
		}
		for (int i = 0; i < 3; i++)
			future_unref(all[i]);
		ck_assert_int_eq(destroyed, 0);
		mine.destroy(mine.value);
	}
}
END_TEST

START_TEST(take_of_a_followed_value_takes_it_from_both)
{
	atomic_int destroyed = 0;
	FUTURE_AUTO future_t *inner = settled(owned(&destroyed));
	FUTURE_AUTO future_t *outer = settled(future_follow(future_ref(inner)));
	future_result_t mine = future_take(outer);

	ck_assert(owned_is(mine, &destroyed));
	ck_assert(mine.destroy == owned_destroy);
	ck_assert_int_eq(future_get(inner).error, EALREADY);
	ck_assert_int_eq(future_get(outer).error, EALREADY);
	mine.destroy(mine.value);
	ck_assert_int_eq(destroyed, 1);
}
END_TEST

START_TEST(take_after_the_source_has_gone_gives_the_value)
{
	atomic_int destroyed = 0;
	future_t *source = settled(owned(&destroyed));
	future_t *next = future_then(source, pass, NULL);

	future_unref(source);
	future_result_t mine = future_take(next);
	ck_assert(owned_is(mine, &destroyed));
	future_unref(next);
	ck_assert_int_eq(destroyed, 0);
	mine.destroy(mine.value);
	ck_assert_int_eq(destroyed, 1);
}
END_TEST

START_TEST(a_continuation_not_started_sees_ealready_after_a_take)
{
	atomic_int destroyed = 0;
	struct hold hold = HOLD;
	struct seen seen = { .calls = 0 };
	future_executor_t *pool = pool_of(1);
	FUTURE_AUTO future_t *source = settled(owned(&destroyed));

	hold_worker(pool, &hold);
	future_unref(future_handle_on(source, pool, see, &seen));
	future_result_t mine = future_take(source);
	gate_open(&hold.released);
	future_executor_unref(pool);
	ck_assert_int_eq(seen.calls, 1);
	ck_assert_int_eq(seen.in.error, EALREADY);
	ck_assert_ptr_null(seen.in.value);
	mine.destroy(mine.value);
	ck_assert_int_eq(destroyed, 1);
}
END_TEST

static future_result_t move(future_result_t in, void *arg)
{
	(void)arg;
	return future_move(in);
}

START_TEST(a_moved_value_belongs_to_the_continuation_that_returns_it)
{
	atomic_int destroyed = 0;
	future_t *source = settled(owned(&destroyed));
	future_t *next = future_then(source, move, NULL);

	ck_assert(owned_is(future_get(next), &destroyed));
	ck_assert_int_eq(future_get(source).error, EALREADY);
	future_unref(source);
	ck_assert_int_eq(destroyed, 0);
	future_unref(next);
	ck_assert_int_eq(destroyed, 1);
}
END_TEST

static future_result_t move_and_keep(future_result_t in, void *arg)
{
	*(future_result_t *)arg = future_move(in);
	return future_ok(NULL);
}

START_TEST(a_moved_value_may_be_kept)
{
	atomic_int destroyed = 0;
	future_result_t mine = future_fail(EIO);
	future_t *source = settled(owned(&destroyed));
	future_t *next = future_then(source, move_and_keep, &mine);

	ck_assert_int_eq(mine.error, 0);
	ck_assert(mine.destroy == owned_destroy);
	future_unref(source);
	future_unref(next);
	ck_assert_int_eq(destroyed, 0);
	mine.destroy(mine.value);
	ck_assert_int_eq(destroyed, 1);
}
END_TEST

static future_result_t move_and_point(future_result_t in, void *arg)
{
	future_result_t *mine = arg;

	*mine = future_move(in);
	return future_ok(mine->value);
}

START_TEST(a_pointer_to_a_moved_value_is_not_lent_again)
{
	atomic_int destroyed = 0;
	future_result_t mine = future_fail(EIO);
	future_t *source = settled(owned(&destroyed));
	future_t *next = future_then(source, move_and_point, &mine);

	ck_assert_int_eq(future_get(next).error, 0);
	ck_assert_ptr_eq(future_get(next).value, mine.value);
	future_unref(source);
	future_unref(next);
	ck_assert_int_eq(destroyed, 0);
	mine.destroy(mine.value);
	ck_assert_int_eq(destroyed, 1);
}
END_TEST

START_TEST(a_detail_can_be_moved)
{
	atomic_int destroyed = 0;
	future_result_t mine = future_fail(EPERM);
	FUTURE_AUTO future_t *source = settled(owned_failure(EIO, &destroyed));
	FUTURE_AUTO future_t *next = future_catch(source, move_and_keep,
		&mine);

	ck_assert_int_eq(mine.error, EIO);
	ck_assert(owned_is(mine, &destroyed));
	ck_assert(mine.destroy == owned_destroy);
	ck_assert_int_eq(future_state(next), FUTURE_OK);
	mine.destroy(mine.value);
	ck_assert_int_eq(destroyed, 1);
}
END_TEST

struct moves {
	future_result_t first, second;
};

static future_result_t move_twice(future_result_t in, void *arg)
{
	struct moves *moves = arg;

	moves->first = future_move(in);
	moves->second = future_move(in);
	return moves->first;
}

START_TEST(the_second_move_is_ealready)
{
	atomic_int destroyed = 0;
	struct moves moves;
	future_t *source = settled(owned(&destroyed));
	future_t *next = future_then(source, move_twice, &moves);

	ck_assert_int_eq(moves.first.error, 0);
	ck_assert_int_eq(moves.second.error, EALREADY);
	ck_assert_ptr_null(moves.second.value);
	future_unref(source);
	ck_assert_int_eq(destroyed, 0);
	future_unref(next);
	ck_assert_int_eq(destroyed, 1);
}
END_TEST

START_TEST(the_next_continuation_sees_ealready_after_a_move)
{
	atomic_int destroyed = 0;
	struct seen seen = { .calls = 0 }, skipped = { .calls = 0 };
	future_t *source;
	future_promise_t *promise = promise_new(&source);
	FUTURE_AUTO future_t *mover = future_then(source, move, NULL);
	FUTURE_AUTO future_t *then = future_then(source, see, &skipped);
	FUTURE_AUTO future_t *handle = future_handle(source, see, &seen);

	future_promise_settle(promise, owned(&destroyed));
	ck_assert(owned_is(future_get(mover), &destroyed));
	ck_assert_int_eq(future_get(then).error, EALREADY);
	ck_assert_int_eq(skipped.calls, 0);
	ck_assert_int_eq(future_state(handle), FUTURE_OK);
	ck_assert_int_eq(seen.in.error, EALREADY);
	future_promise_free(promise);
	future_unref(source);
}
END_TEST

START_TEST(a_moved_value_is_taken_from_all_who_share)
{
	atomic_int destroyed = 0;
	FUTURE_AUTO future_t *source = settled(owned(&destroyed));
	FUTURE_AUTO future_t *sharer = future_then(source, pass, NULL);
	FUTURE_AUTO future_t *mover = future_then(sharer, move, NULL);

	ck_assert(owned_is(future_get(mover), &destroyed));
	ck_assert_int_eq(future_get(source).error, EALREADY);
	ck_assert_int_eq(future_get(sharer).error, EALREADY);
	ck_assert_int_eq(destroyed, 0);
}
END_TEST

struct take_then_move {
	future_t *source;
	future_result_t taken, moved;
};

static future_result_t take_then_move(future_result_t in, void *arg)
{
	struct take_then_move *both = arg;

	both->taken = future_take(both->source);
	both->moved = future_move(in);
	return future_ok(NULL);
}

START_TEST(a_move_after_a_take_is_ealready)
{
	atomic_int destroyed = 0;
	struct take_then_move both = { .source = settled(owned(&destroyed)) };
	FUTURE_AUTO future_t *next = future_then(both.source, take_then_move,
		&both);

	ck_assert_int_eq(future_state(next), FUTURE_OK);
	ck_assert(both.taken.destroy == owned_destroy);
	ck_assert_int_eq(both.moved.error, EALREADY);
	both.taken.destroy(both.taken.value);
	future_unref(both.source);
	ck_assert_int_eq(destroyed, 1);
}
END_TEST

static future_result_t move_a_stranger(future_result_t in, void *arg)
{
	(void)in;
	return future_move(future_ok(arg));
}

START_TEST(a_move_of_what_was_not_given_is_einval_and_moves_nothing)
{
	int stranger;
	atomic_int destroyed = 0;
	future_t *source = settled(owned(&destroyed));
	FUTURE_AUTO future_t *next = future_then(source, move_a_stranger,
		&stranger);

	ck_assert_int_eq(future_get(next).error, EINVAL);
	ck_assert(owned_is(future_get(source), &destroyed));
	future_unref(source);
	ck_assert_int_eq(destroyed, 1);
}
END_TEST

START_TEST(a_move_of_what_nobody_owns_comes_back_as_it_is)
{
	int value;
	future_result_t mine = future_fail(EIO);
	FUTURE_AUTO future_t *source = settled(future_ok(&value));
	FUTURE_AUTO future_t *next = future_then(source, move_and_keep, &mine);

	ck_assert_int_eq(future_state(next), FUTURE_OK);
	ck_assert_int_eq(mine.error, 0);
	ck_assert_ptr_eq(mine.value, &value);
	ck_assert(mine.destroy == NULL);
	ck_assert_ptr_eq(future_get(source).value, &value);
}
END_TEST

START_TEST(a_moved_value_of_a_cancelled_continuation_is_destroyed_once)
{
	atomic_int destroyed = 0;
	struct hold hold = HOLD;
	future_executor_t *pool = pool_of(1);
	future_t *source = settled(owned(&destroyed));
	future_t *next;

	hold_worker(pool, &hold);
	next = future_then_on(source, pool, move, NULL);
	ck_assert(future_cancel(next));
	gate_open(&hold.released);
	future_executor_unref(pool);
	future_unref(next);
	ck_assert(owned_is(future_get(source), &destroyed));
	future_unref(source);
	ck_assert_int_eq(destroyed, 1);
}
END_TEST

static future_result_t move_late(future_result_t in, void *hold)
{
	future_result_t mine = future_move(in);

	(void)hold_run(hold);
	return mine;
}

START_TEST(a_moved_value_returned_too_late_is_destroyed_once)
{
	atomic_int destroyed = 0;
	struct hold hold = HOLD;
	future_executor_t *pool = pool_of(1);
	future_t *source = settled(owned(&destroyed));
	FUTURE_AUTO future_t *next = future_then_on(source, pool, move_late,
		&hold);

	gate_wait(&hold.started);
	ck_assert(future_cancel(next));
	future_unref(source);
	ck_assert_int_eq(destroyed, 0);
	gate_open(&hold.released);
	ck_assert_int_eq(future_join(next, FUTURE_FOREVER), 0);
	ck_assert_int_eq(destroyed, 1);
	future_executor_unref(pool);
}
END_TEST

int main(void)
{
	return run_tests("take", (const TTest *[]) {
		take_gives_the_value_with_its_destroy,
		after_a_take_everybody_sees_ealready,
		take_waits_like_get,
		take_of_a_value_that_nobody_owns_gives_nothing_to_destroy,
		take_of_a_failure_gives_its_error_and_detail,
		take_of_a_cancelled_future_is_ecanceled,
		take_of_a_shared_value_takes_it_from_all_who_share,
		take_of_a_followed_value_takes_it_from_both,
		take_after_the_source_has_gone_gives_the_value,
		a_continuation_not_started_sees_ealready_after_a_take,
		a_moved_value_belongs_to_the_continuation_that_returns_it,
		a_moved_value_may_be_kept,
		a_pointer_to_a_moved_value_is_not_lent_again,
		a_detail_can_be_moved,
		the_second_move_is_ealready,
		the_next_continuation_sees_ealready_after_a_move,
		a_moved_value_is_taken_from_all_who_share,
		a_move_after_a_take_is_ealready,
		a_move_of_what_was_not_given_is_einval_and_moves_nothing,
		a_move_of_what_nobody_owns_comes_back_as_it_is,
		a_moved_value_of_a_cancelled_continuation_is_destroyed_once,
		a_moved_value_returned_too_late_is_destroyed_once,
		NULL,
	});
}
