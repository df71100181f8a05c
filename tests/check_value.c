/* Values: every value is destroyed exactly once, on every path. */
#include "check.h"

START_TEST(a_value_goes_with_the_last_reference)
{
	atomic_int destroyed = 0;
	future_t *future = settled(owned(&destroyed));
	future_t *other = future_ref(future);

	future_unref(future);
	ck_assert_int_eq(destroyed, 0);
	future_unref(other);
	ck_assert_int_eq(destroyed, 1);
}
END_TEST

START_TEST(a_value_that_nobody_reads_is_destroyed)
{
	atomic_int destroyed = 0;
	future_executor_t *pool = pool_of(1);

	future_unref(future_submit(pool, give_owned, &destroyed));
	future_executor_unref(pool);
	ck_assert_int_eq(destroyed, 1);
}
END_TEST

START_TEST(a_value_that_comes_after_a_cancel_is_destroyed_at_once)
{
	atomic_int destroyed = 0;
	struct hold hold = HOLD;
	future_executor_t *pool = pool_of(1);
	future_t *future;

	hold.result = owned(&destroyed);
	future = hold_submit(pool, &hold);
	ck_assert(future_cancel(future));
	ck_assert_int_eq(destroyed, 0);
	gate_open(&hold.released);
	ck_assert_int_eq(future_join(future, FUTURE_FOREVER), 0);
	ck_assert_int_eq(destroyed, 1);
	future_unref(future);
	future_executor_unref(pool);
	ck_assert_int_eq(destroyed, 1);
}
END_TEST

START_TEST(a_detail_that_comes_after_a_cancel_is_destroyed_at_once)
{
	atomic_int destroyed = 0;
	struct hold hold = HOLD;
	future_executor_t *pool = pool_of(1);
	future_t *future;

	hold.result = owned_failure(EIO, &destroyed);
	future = hold_submit(pool, &hold);
	ck_assert(future_cancel(future));
	gate_open(&hold.released);
	ck_assert_int_eq(future_join(future, FUTURE_FOREVER), 0);
	ck_assert_int_eq(destroyed, 1);
	ck_assert_int_eq(future_get(future).error, ECANCELED);
	future_unref(future);
	future_executor_unref(pool);
}
END_TEST

static future_result_t give_owned_then(future_result_t in, void *count)
{
	(void)in;
	return owned(count);
}

START_TEST(the_value_of_a_continuation_goes_with_it)
{
	atomic_int destroyed = 0;
	FUTURE_AUTO future_t *source = settled(future_ok(NULL));
	future_t *next = future_then(source, give_owned_then, &destroyed);

	ck_assert(owned_is(future_get(next), &destroyed));
	ck_assert_int_eq(destroyed, 0);
	future_unref(next);
	ck_assert_int_eq(destroyed, 1);
}
END_TEST

START_TEST(the_value_of_a_finally_is_destroyed_before_it_settles)
{
	atomic_int destroyed = 0;
	FUTURE_AUTO future_t *source = settled(future_ok_int(2));
	FUTURE_AUTO future_t *next = future_finally(source, give_owned_then,
		&destroyed);

	ck_assert_int_eq(destroyed, 1);
	ck_assert_int_eq(future_result_int(future_get(next)), 2);
}
END_TEST

static future_result_t fail_owned_then(future_result_t in, void *count)
{
	(void)in;
	return owned_failure(EPERM, count);
}

START_TEST(a_finally_that_fails_owns_its_detail)
{
	atomic_int first = 0, second = 0;
	future_t *source = settled(owned(&first));
	future_t *next = future_finally(source, fail_owned_then, &second);

	ck_assert_int_eq(future_get(next).error, EPERM);
	ck_assert(owned_is(future_get(next), &second));
	future_unref(source);
	ck_assert_int_eq(first, 1);
	ck_assert_int_eq(second, 0);
	future_unref(next);
	ck_assert_int_eq(first, 1);
	ck_assert_int_eq(second, 1);
}
END_TEST

typedef future_t *hang_fn(future_t *future, future_then_fn *fn, void *arg);

/* Both ends are let go in either order; the value must last till then. */
static void share(hang_fn *hang, future_then_fn *fn, bool success)
{
	for (int source_first = 0; source_first < 2; source_first++) {
		atomic_int destroyed = 0;
		future_t *source = settled(success ? owned(&destroyed) :
			owned_failure(EIO, &destroyed));
		future_t *next = hang(source, fn, NULL);

		ck_assert_ptr_eq(future_get(next).value,
			future_get(source).value);
		ck_assert_int_eq(future_get(next).error, success ? 0 : EIO);
		future_unref(source_first ? source : next);
		ck_assert_int_eq(destroyed, 0);
		ck_assert(owned_is(future_get(source_first ? next : source),
				&destroyed));
		future_unref(source_first ? next : source);
		ck_assert_int_eq(destroyed, 1);
	}
}

START_TEST(a_value_returned_by_then_is_shared)
{
	share(future_then, pass, true);
}
END_TEST

START_TEST(a_value_returned_by_handle_is_shared)
{
	share(future_handle, pass, true);
	share(future_handle, pass, false);
}
END_TEST

static future_result_t ok_value(future_result_t in, void *arg)
{
	(void)arg;
	return future_ok(in.value);
}

START_TEST(a_pointer_returned_as_a_new_result_is_shared)
{
	share(future_then, ok_value, true);
}
END_TEST

START_TEST(a_value_that_catch_passes_over_is_shared)
{
	share(future_catch, pass, true);
}
END_TEST

START_TEST(a_detail_that_then_passes_over_is_shared)
{
	share(future_then, pass, false);
}
END_TEST

START_TEST(a_detail_returned_by_catch_is_shared)
{
	share(future_catch, pass, false);
}
END_TEST

static future_result_t nothing(future_result_t in, void *arg)
{
	(void)in;
	(void)arg;
	return future_ok(NULL);
}

START_TEST(a_value_that_finally_passes_through_is_shared)
{
	share(future_finally, nothing, true);
	share(future_finally, nothing, false);
}
END_TEST

START_TEST(a_value_shared_by_many_is_destroyed_once)
{
	enum { COUNT = 100 };
	atomic_int destroyed = 0;
	future_t *source = settled(owned(&destroyed));
	future_t *all[COUNT];

	for (int i = 0; i < COUNT; i++)
		all[i] = future_then(i % 2 ? all[i - 1] : source, pass, NULL);
	future_unref(source);
	for (int i = 0; i < COUNT; i++) {
		ck_assert_int_eq(destroyed, 0);
		ck_assert(owned_is(future_get(all[i]), &destroyed));
		future_unref(all[i]);
	}
	ck_assert_int_eq(destroyed, 1);
}
END_TEST

START_TEST(a_value_returned_too_late_stays_with_its_source)
{
	atomic_int destroyed = 0;
	struct hold hold = HOLD;
	future_executor_t *pool = pool_of(1);
	future_t *source = settled(owned(&destroyed));
	future_t *next;

	hold_worker(pool, &hold);
	next = future_then_on(source, pool, pass, NULL);
	ck_assert(future_cancel(next));
	gate_open(&hold.released);
	future_executor_unref(pool);
	future_unref(next);
	ck_assert_int_eq(destroyed, 0);
	ck_assert(owned_is(future_get(source), &destroyed));
	future_unref(source);
	ck_assert_int_eq(destroyed, 1);
}
END_TEST

struct late {
	struct hold hold;
	future_then_fn *give;
	void *arg;
};

static future_result_t late_then(future_result_t in, void *arg)
{
	struct late *late = arg;

	(void)hold_run(&late->hold);
	return late->give(in, late->arg);
}

START_TEST(a_shared_value_of_a_cancelled_running_continuation_goes_once)
{
	atomic_int destroyed = 0;
	struct late late = { HOLD, pass, NULL };
	future_executor_t *pool = pool_of(1);
	future_t *source = settled(owned(&destroyed));
	future_t *next = future_then_on(source, pool, late_then, &late);

	gate_wait(&late.hold.started);
	ck_assert(future_cancel(next));
	future_unref(source);
	gate_open(&late.hold.released);
	future_executor_unref(pool);
	future_unref(next);
	ck_assert_int_eq(destroyed, 1);
}
END_TEST

START_TEST(a_value_is_valid_in_a_running_callback_of_a_dropped_future)
{
	atomic_int destroyed = 0;
	struct late late = { HOLD, give_owned_then, &destroyed };
	atomic_int source_destroyed = 0;
	future_executor_t *pool = pool_of(1);
	future_t *source = settled(owned(&source_destroyed));

	future_unref(future_then_on(source, pool, late_then, &late));
	gate_wait(&late.hold.started);
	future_unref(source);
	ck_assert_int_eq(source_destroyed, 0);
	gate_open(&late.hold.released);
	future_executor_unref(pool);
	ck_assert_int_eq(source_destroyed, 1);
	ck_assert_int_eq(destroyed, 1);
}
END_TEST

START_TEST(the_value_of_a_followed_future_is_shared)
{
	atomic_int destroyed = 0;
	future_t *inner = settled(owned(&destroyed));
	future_t *outer = settled(future_follow(future_ref(inner)));

	ck_assert_ptr_eq(future_get(outer).value, future_get(inner).value);
	ck_assert(future_get(outer).destroy == NULL);
	future_unref(inner);
	ck_assert_int_eq(destroyed, 0);
	ck_assert(owned_is(future_get(outer), &destroyed));
	future_unref(outer);
	ck_assert_int_eq(destroyed, 1);
}
END_TEST

START_TEST(the_value_of_a_pending_followed_future_is_shared)
{
	atomic_int destroyed = 0;
	future_t *inner;
	future_promise_t *promise = promise_new(&inner);
	future_t *outer = settled(future_follow(inner));

	ck_assert(future_promise_settle(promise, owned(&destroyed)));
	future_promise_free(promise);
	ck_assert_int_eq(destroyed, 0);
	ck_assert(owned_is(future_get(outer), &destroyed));
	future_unref(outer);
	ck_assert_int_eq(destroyed, 1);
}
END_TEST

START_TEST(a_followed_future_returned_too_late_is_let_go)
{
	atomic_int destroyed = 0;
	struct hold hold = HOLD;
	future_executor_t *pool = pool_of(1);

	hold.result = future_follow(settled(owned(&destroyed)));
	FUTURE_AUTO future_t *outer = hold_submit(pool, &hold);
	ck_assert(future_cancel(outer));
	ck_assert_int_eq(destroyed, 0);
	gate_open(&hold.released);
	ck_assert_int_eq(future_join(outer, FUTURE_FOREVER), 0);
	future_executor_unref(pool);
	ck_assert_int_eq(destroyed, 1);
}
END_TEST

START_TEST(a_ready_value_that_nobody_reads_is_destroyed)
{
	atomic_int destroyed = 0;

	future_unref(future_ready(owned(&destroyed)));
	ck_assert_int_eq(destroyed, 1);
	future_unref(future_ready(owned_failure(EIO, &destroyed)));
	ck_assert_int_eq(destroyed, 2);
}
END_TEST

START_TEST(a_value_with_nothing_to_destroy_is_left_alone)
{
	char text[] = "mine";

	future_unref(settled(future_ok(text)));
	future_unref(future_ready(future_fail_own(EIO, text, NULL)));
	ck_assert_str_eq(text, "mine");
}
END_TEST

int main(void)
{
	return run_tests("value", (const TTest *[]) {
		a_value_goes_with_the_last_reference,
		a_value_that_nobody_reads_is_destroyed,
		a_value_that_comes_after_a_cancel_is_destroyed_at_once,
		a_detail_that_comes_after_a_cancel_is_destroyed_at_once,
		the_value_of_a_continuation_goes_with_it,
		the_value_of_a_finally_is_destroyed_before_it_settles,
		a_finally_that_fails_owns_its_detail,
		a_value_returned_by_then_is_shared,
		a_value_returned_by_handle_is_shared,
		a_pointer_returned_as_a_new_result_is_shared,
		a_value_that_catch_passes_over_is_shared,
		a_detail_that_then_passes_over_is_shared,
		a_detail_returned_by_catch_is_shared,
		a_value_that_finally_passes_through_is_shared,
		a_value_shared_by_many_is_destroyed_once,
		a_value_returned_too_late_stays_with_its_source,
		a_shared_value_of_a_cancelled_running_continuation_goes_once,
		a_value_is_valid_in_a_running_callback_of_a_dropped_future,
		the_value_of_a_followed_future_is_shared,
		the_value_of_a_pending_followed_future_is_shared,
		a_followed_future_returned_too_late_is_let_go,
		a_ready_value_that_nobody_reads_is_destroyed,
		a_value_with_nothing_to_destroy_is_left_alone,
		NULL,
	});
}
