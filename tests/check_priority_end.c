/* Tasks of three priorities at the door of a pool, and at their end. */
#define _GNU_SOURCE
#include "listing.h"

static const char *const letters = "lnh";

/* The end. */

START_TEST(every_accepted_task_runs_before_a_pool_ends)
{
	struct gate gate = GATE_INIT;
	struct list list = LIST(pool_of((size_t)_i));

	occupy(list.executor, (size_t)_i, &gate);
	for (int i = 0; i < 100; i++)
		list_add(&list, letters);
	ck_assert_uint_eq(stats_of(list.executor).queued, 300);
	gate_open(&gate);
	ck_assert_uint_eq(stats_when_idle(list.executor).completed,
		300 + (size_t)_i);
	ck_assert_uint_eq(stats_of(list.executor).peak_queue, 300);
	ck_assert_uint_eq(stats_of(list.executor).queued, 0);
	list_add(&list, letters);
	future_executor_unref(list.executor);
	ck_assert_uint_eq(list.length, 303);
}
END_TEST

START_TEST(a_cancelled_pool_drops_every_priority)
{
	struct gate gate = GATE_INIT;
	struct list list = LIST(pool_of(1));
	future_t *queued[3];

	occupy(list.executor, 1, &gate);
	for (int i = 0; i < 3; i++)
		queued[i] = list_submit(&list, letters[i]);
	ck_assert_uint_eq(future_executor_cancel(list.executor), 3);
	for (int i = 0; i < 3; i++)
		ck_assert_int_eq(outcome_of(queued[i]), ECANCELED);
	ck_assert_uint_eq(stats_of(list.executor).queued, 0);
	gate_open(&gate);
	future_executor_unref(list.executor);
	ck_assert_uint_eq(list.length, 0);
}
END_TEST

/* One that is cancelled, in front of its level or behind another. */
START_TEST(a_cancelled_task_leaves_its_priority_as_it_was)
{
	struct gate gate = GATE_INIT;
	struct list list = LIST(pool_of(1));

	occupy(list.executor, 1, &gate);
	for (int i = 0; i < 3; i++) {
		future_t *pair[] = { list_submit(&list, letters[i]),
			list_submit(&list, letters[i]) };

		ck_assert(future_cancel(pair[_i]));
		future_unref(pair[0]);
		future_unref(pair[1]);
	}
	ck_assert_uint_eq(stats_of(list.executor).queued, 3);
	gate_open(&gate);
	ck_assert_uint_eq(stats_when_idle(list.executor).cancelled, 3);
	future_executor_unref(list.executor);
	ck_assert_str_eq(list.text, "hnl");
}
END_TEST

/* Full queues. */

START_TEST(capacity_counts_every_priority)
{
	struct gate gate = GATE_INIT;
	struct list list = LIST(bounded(FUTURE_REJECT, 3));
	future_t *low;

	occupy(list.executor, 1, &gate);
	low = list_submit(&list, 'l');
	list_add(&list, "nh");
	for (int i = 0; i < 3; i++)
		ck_assert_int_eq(outcome_of(list_submit(&list, letters[i])),
			EAGAIN);
	ck_assert(future_cancel(low));
	list_add(&list, "h");
	ck_assert_uint_eq(stats_of(list.executor).queued, 3);
	future_unref(low);
	gate_open(&gate);
	future_executor_unref(list.executor);
	ck_assert_str_eq(list.text, "hhn");
}
END_TEST

START_TEST(discard_fails_what_is_urgent_too)
{
	struct gate gate = GATE_INIT;
	struct list list = LIST(bounded(FUTURE_DISCARD, 1));

	occupy(list.executor, 1, &gate);
	list_add(&list, "l");
	ck_assert_int_eq(outcome_of(list_submit(&list, 'h')), EAGAIN);
	gate_open(&gate);
	future_executor_unref(list.executor);
	ck_assert_str_eq(list.text, "l");
}
END_TEST

START_TEST(a_caller_runs_what_is_low_there_and_then)
{
	struct gate gate = GATE_INIT;
	struct list list = LIST(bounded(FUTURE_CALLER_RUNS, 1));

	occupy(list.executor, 1, &gate);
	list_add(&list, "hl");
	ck_assert_str_eq(list.text, "l");
	gate_open(&gate);
	future_executor_unref(list.executor);
	ck_assert_str_eq(list.text, "lh");
}
END_TEST

static void *submit_urgent(void *list)
{
	list_add(list, "h");
	return NULL;
}

START_TEST(who_waits_for_room_gets_it_from_any_priority)
{
	struct gate gate = GATE_INIT;
	struct list list = LIST(bounded(FUTURE_BLOCK, 2));
	pthread_t producer;

	occupy(list.executor, 1, &gate);
	list_add(&list, "ln");
	producer = thread_start(submit_urgent, &list);
	gate_open(&gate);
	thread_finish(producer);
	future_executor_unref(list.executor);
	ck_assert_uint_eq(list.length, 3);
}
END_TEST

START_TEST(discard_oldest_throws_out_the_oldest_of_the_lowest)
{
	struct gate gate = GATE_INIT;
	struct list list = LIST(bounded(FUTURE_DISCARD_OLDEST, 3));
	future_t *first, *second;

	occupy(list.executor, 1, &gate);
	list_add(&list, "h");
	first = list_submit(&list, 'l');
	second = list_submit(&list, 'l');
	list_add(&list, "n");
	ck_assert_int_eq(future_state(first), FUTURE_CANCELLED);
	ck_assert_int_eq(future_state(second), FUTURE_PENDING);
	list_add(&list, "h");
	ck_assert_int_eq(outcome_of(second), ECANCELED);
	ck_assert_uint_eq(stats_of(list.executor).queued, 3);
	future_unref(first);
	gate_open(&gate);
	future_executor_unref(list.executor);
	ck_assert_str_eq(list.text, "hhn");
}
END_TEST

START_TEST(discard_oldest_throws_out_what_is_lower_than_all_at_once)
{
	struct gate gate = GATE_INIT;
	struct list list = LIST(bounded(FUTURE_DISCARD_OLDEST, 2));
	atomic_int ran = 0, ends = 0;
	future_executor_stats_t stats;
	future_t *low;

	occupy(list.executor, 1, &gate);
	list_add(&list, "hh");
	low = future_submit_with(list.executor, &(future_task_t){
		.fn = count_task, .arg = &ran, .priority = LOW });
	ck_assert_int_eq(future_state(low), FUTURE_CANCELLED);
	future_unref(low);
	future_unref(future_submit_with(list.executor, &(future_task_t){
		.fn = nothing_task, .arg = &ends, .destroy_arg = count_work }));
	ck_assert_int_eq(ends, 1);
	ck_assert_int_eq(future_execute(list.executor, count_work, &ran), 0);
	gate_open(&gate);
	stats = stats_when_idle(list.executor);
	ck_assert_uint_eq(stats.cancelled, 3);
	ck_assert_uint_eq(stats.refused, 0);
	future_executor_unref(list.executor);
	ck_assert_str_eq(list.text, "hh");
	ck_assert_int_eq(ran, 0);
}
END_TEST

static void add_end(Suite *suite)
{
	TCase *tcase = suite_case(suite, "end");

	tcase_add_loop_test(tcase,
		every_accepted_task_runs_before_a_pool_ends, 1, 4);
	tcase_add_test(tcase, a_cancelled_pool_drops_every_priority);
	tcase_add_loop_test(tcase,
		a_cancelled_task_leaves_its_priority_as_it_was, 0, 2);
}

static void add_full(Suite *suite)
{
	TCase *tcase = suite_case(suite, "full");

	tcase_add_test(tcase, capacity_counts_every_priority);
	tcase_add_test(tcase, discard_fails_what_is_urgent_too);
	tcase_add_test(tcase, a_caller_runs_what_is_low_there_and_then);
	tcase_add_test(tcase, who_waits_for_room_gets_it_from_any_priority);
	tcase_add_test(tcase,
		discard_oldest_throws_out_the_oldest_of_the_lowest);
	tcase_add_test(tcase,
		discard_oldest_throws_out_what_is_lower_than_all_at_once);
}

int main(void)
{
	Suite *suite = suite_create("priority_end");

	add_end(suite);
	add_full(suite);
	return suite_run(suite);
}
