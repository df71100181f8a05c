/* A full queue that discards: the new task, or the oldest. */
#define _GNU_SOURCE
#include "support.h"

START_TEST(discard_fails_the_new_one_with_eagain)
{
	struct gate gate = GATE_INIT;
	future_executor_t *pool = bounded(FUTURE_DISCARD, 2);
	atomic_int ran = 0, never = 0;

	fill(pool, 2, &gate, &ran);
	ck_assert_int_eq(outcome_of(future_submit(pool, count_task, &never)),
		EAGAIN);
	gate_open(&gate);
	future_executor_unref(pool);
	ck_assert_int_eq(ran, 2);
	ck_assert_int_eq(never, 0);
}
END_TEST

START_TEST(discard_lets_execute_return_0)
{
	struct gate gate = GATE_INIT;
	future_executor_t *pool = bounded(FUTURE_DISCARD, 2);
	atomic_int ran = 0, never = 0;

	fill(pool, 2, &gate, &ran);
	ck_assert_int_eq(future_execute(pool, count_work, &never), 0);
	ck_assert_uint_eq(stats_of(pool).queued, 2);
	gate_open(&gate);
	future_executor_unref(pool);
	ck_assert_int_eq(ran, 2);
	ck_assert_int_eq(never, 0);
}
END_TEST

START_TEST(discard_still_says_eshutdown)
{
	future_executor_t *pool = bounded(FUTURE_DISCARD, 1);
	atomic_int never = 0;

	future_executor_shutdown(pool);
	ck_assert_int_eq(future_execute(pool, count_work, &never), ESHUTDOWN);
	future_executor_unref(pool);
	ck_assert_int_eq(never, 0);
}
END_TEST

START_TEST(discard_oldest_settles_the_oldest_with_ecanceled)
{
	struct gate gate = GATE_INIT;
	future_executor_t *pool = bounded(FUTURE_DISCARD_OLDEST, 2);
	future_t *old, *middle, *new;
	atomic_int ends = 0;

	occupy(pool, 1, &gate);
	old = future_submit_with(pool, &(future_task_t){ .fn = nothing_task,
		.arg = &ends, .destroy_arg = count_work });
	middle = future_submit(pool, nothing_task, NULL);
	new = future_submit(pool, nothing_task, NULL);
	ck_assert_int_eq(future_state(old), FUTURE_CANCELLED);
	ck_assert_int_eq(ends, 1);
	ck_assert_int_eq(outcome_of(old), ECANCELED);
	gate_open(&gate);
	ck_assert_int_eq(outcome_of(middle), 0);
	ck_assert_int_eq(outcome_of(new), 0);
	future_executor_unref(pool);
	ck_assert_int_eq(ends, 1);
}
END_TEST

START_TEST(discard_oldest_keeps_the_newest_in_order)
{
	struct record record = { 0, "" };
	struct letter letters[10];
	struct gate gate = GATE_INIT;
	future_executor_t *pool = bounded(FUTURE_DISCARD_OLDEST, 3);

	occupy(pool, 1, &gate);
	for (int i = 0; i < 10; i++) {
		letters[i] = (struct letter){ &record, (char)('0' + i) };
		ck_assert_int_eq(future_execute(pool, write_work, &letters[i]),
			0);
	}
	gate_open(&gate);
	future_executor_unref(pool);
	ck_assert_str_eq(record.text, "789");
}
END_TEST

START_TEST(discard_oldest_passes_over_what_was_cancelled)
{
	struct gate gate = GATE_INIT;
	future_executor_t *pool = bounded(FUTURE_DISCARD_OLDEST, 2);
	future_t *queued[4];

	occupy(pool, 1, &gate);
	queued[0] = future_submit(pool, nothing_task, NULL);
	queued[1] = future_submit(pool, nothing_task, NULL);
	ck_assert(future_cancel(queued[0]));
	queued[2] = future_submit(pool, nothing_task, NULL);
	ck_assert_int_eq(future_state(queued[1]), FUTURE_PENDING);
	queued[3] = future_submit(pool, nothing_task, NULL);
	ck_assert_int_eq(future_state(queued[1]), FUTURE_CANCELLED);
	gate_open(&gate);
	ck_assert_int_eq(outcome_of(queued[2]), 0);
	ck_assert_int_eq(outcome_of(queued[3]), 0);
	future_unref(queued[0]);
	future_unref(queued[1]);
	future_executor_unref(pool);
}
END_TEST

START_TEST(continuations_of_a_discarded_task_see_ecanceled)
{
	struct gate gate = GATE_INIT;
	future_executor_t *pool = bounded(FUTURE_DISCARD_OLDEST, 1);
	future_t *old, *seen;
	atomic_int ran = 0;

	occupy(pool, 1, &gate);
	old = future_submit(pool, nothing_task, NULL);
	seen = future_handle_on(old, future_inline(), error_then, NULL);
	ck_assert_int_eq(future_execute(pool, count_work, &ran), 0);
	ck_assert_int_eq(future_result_int(future_get(seen)), ECANCELED);
	future_unref(old);
	future_unref(seen);
	gate_open(&gate);
	future_executor_unref(pool);
	ck_assert_int_eq(ran, 1);
}
END_TEST

START_TEST(discard_oldest_leaves_a_continuation_alone)
{
	struct gate gate = GATE_INIT;
	future_executor_t *pool = bounded(FUTURE_DISCARD_OLDEST, 1);
	future_t *settled = future_ready(future_ok(NULL)), *next;
	atomic_int ran = 0;

	occupy(pool, 1, &gate);
	next = future_then_on(settled, pool, count_then, &ran);
	ck_assert_int_eq(future_execute(pool, count_work, &ran), 0);
	gate_open(&gate);
	ck_assert_int_eq(outcome_of(next), 0);
	future_unref(settled);
	future_executor_unref(pool);
	ck_assert_int_eq(ran, 2);
}
END_TEST

START_TEST(discard_oldest_discards_the_task_behind_a_continuation)
{
	struct gate gate = GATE_INIT;
	future_executor_t *pool = bounded(FUTURE_DISCARD_OLDEST, 2);
	future_t *settled = future_ready(future_ok(NULL)), *next, *old;
	atomic_int ran = 0;

	occupy(pool, 1, &gate);
	next = future_then_on(settled, pool, count_then, &ran);
	old = future_submit(pool, count_task, &ran);
	ck_assert_int_eq(future_execute(pool, count_work, &ran), 0);
	ck_assert_int_eq(outcome_of(old), ECANCELED);
	gate_open(&gate);
	ck_assert_int_eq(outcome_of(next), 0);
	future_unref(settled);
	future_executor_unref(pool);
	ck_assert_int_eq(ran, 2);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("discard");
	TCase *tcase = suite_case(suite, "discard");

	tcase_add_test(tcase, discard_fails_the_new_one_with_eagain);
	tcase_add_test(tcase, discard_lets_execute_return_0);
	tcase_add_test(tcase, discard_still_says_eshutdown);
	tcase_add_test(tcase,
		discard_oldest_settles_the_oldest_with_ecanceled);
	tcase_add_test(tcase, discard_oldest_keeps_the_newest_in_order);
	tcase_add_test(tcase, discard_oldest_passes_over_what_was_cancelled);
	tcase_add_test(tcase, discard_oldest_leaves_a_continuation_alone);
	tcase_add_test(tcase,
		discard_oldest_discards_the_task_behind_a_continuation);
	tcase_add_test(tcase, continuations_of_a_discarded_task_see_ecanceled);
	return suite_run(suite);
}
