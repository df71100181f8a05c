/* Who has whose priority: continuations, and what runs again. */
#define _GNU_SOURCE
#include "listing.h"

#include "job.h"

static future_result_t pass_then_fail(void *gate)
{
	gate_pass(gate);
	return future_fail(EIO);
}

enum { FORMS = 10 };

/* One of each form, that writes what `entry` says. */
static future_t *hang(int form, future_t *source, struct entry *entry)
{
	future_executor_t *pool = entry->list->executor;
	future_continuation_t long_form = { .on = FUTURE_ON_EITHER,
		.fn = list_then, .arg = entry };

	switch (form) {
	case 0:
		return future_catch(source, list_then, entry);
	case 1:
		return future_finally(source, list_then, entry);
	case 2:
		return future_handle(source, list_then, entry);
	case 3:
		return future_catch_on(source, pool, list_then, entry);
	case 4:
		return future_finally_on(source, pool, list_then, entry);
	case 5:
		return future_handle_on(source, pool, list_then, entry);
	case 6:
		return future_then_with(source, &long_form);
	case 7:
		long_form.arg_size = sizeof(*entry);
		return future_then_with(source, &long_form);
	case 8:
		long_form.executor = pool;
		return future_then_with(source, &long_form);
	default:
		return future_chain(future_ref(source), &long_form, 1);
	}
}

/* The outcome of what comes in between is the source's. */
static future_result_t as_it_is(future_result_t in, void *arg)
{
	(void)arg;
	return in;
}

/*
 * In a pool of one, whose worker is in a source of `priority`: a continuation
 * of what `between` makes of it, and a task of each priority that comes first.
 */
static void inherit(int form, int priority, future_t *between(future_t *source),
	const char *expected)
{
	struct gate gate = GATE_INIT;
	struct list list = LIST(pool_of(1));
	struct entry entry = { &list, 'c' };
	future_t *source = submit_at(list.executor, priority, pass_then_fail,
		&gate), *from = source;

	gate_await(&gate, 1);
	if (between != NULL) {
		from = between(source);
		future_unref(source);
	}
	future_unref(hang(form, from, &entry));
	future_unref(from);
	list_add(&list, "lnh");
	gate_open(&gate);
	future_executor_unref(list.executor);
	ck_assert_str_eq(list.text, expected);
}

START_TEST(a_continuation_has_the_priority_of_its_source)
{
	inherit(_i, LOW, NULL, "hnlc");
	inherit(_i, NORMAL, NULL, "hncl");
	inherit(_i, FUTURE_PRIORITY_DEFAULT, NULL, "hncl");
	inherit(_i, HIGH, NULL, "hcnl");
}
END_TEST

static future_t *long_form(future_t *source, int priority)
{
	return future_then_with(source, &(future_continuation_t){
		.on = FUTURE_ON_EITHER, .fn = as_it_is,
		.executor = future_inline(), .priority = priority });
}

static future_t *passed_by(future_t *source)
{
	return future_then(source, as_it_is, NULL);
}

static future_t *named_low(future_t *source)
{
	return long_form(source, LOW);
}

static future_t *named_high(future_t *source)
{
	return long_form(source, HIGH);
}

static future_t *timed(future_t *source)
{
	return future_timeout(source, FUTURE_FOREVER);
}

static future_t *raced(future_t *source)
{
	return FUTURE_RACE(source);
}

START_TEST(it_goes_from_link_to_link_until_one_names_another)
{
	inherit(0, HIGH, passed_by, "hcnl");
	inherit(0, HIGH, named_low, "hnlc");
	inherit(0, LOW, named_high, "hcnl");
	inherit(0, HIGH, timed, "hcnl");
	inherit(0, HIGH, raced, "hncl");
}
END_TEST

START_TEST(a_continuation_that_names_a_priority_has_it)
{
	struct gate gate = GATE_INIT;
	struct list list = LIST(pool_of(1));
	struct entry entries[] = { { &list, 'L' }, { &list, 'N' },
		{ &list, 'H' } };
	future_t *source = submit_at(list.executor, HIGH, pass_task, &gate);

	for (int i = 0; i < 3; i++)
		future_unref(future_then_with(source, &(future_continuation_t){
			.fn = list_then, .arg = &entries[i],
			.priority = LOW + i }));
	list_add(&list, "lnh");
	gate_open(&gate);
	future_unref(source);
	future_executor_unref(list.executor);
	ck_assert_str_eq(list.text, "hHnNlL");
}
END_TEST

static int of(future_t *future)
{
	int priority = fut_job_of(future)->task.priority;

	future_unref(future);
	return priority;
}

static future_result_t follow_it(void *inner)
{
	return future_follow(future_ref(inner));
}

START_TEST(what_runs_nothing_is_normal_and_a_follower_keeps_its_own)
{
	future_t *high = submit_at(future_inline(), HIGH, nothing_task, NULL);
	future_promise_t *promise = NULL;

	ck_assert_int_eq(future_promise_new(NULL, &promise), 0);
	ck_assert_int_eq(of(future_promise_future(promise)), NORMAL);
	future_promise_free(promise);
	ck_assert_int_eq(of(future_ready(future_ok(NULL))), NORMAL);
	ck_assert_int_eq(of(FUTURE_ALL(high)), NORMAL);
	ck_assert_int_eq(of(FUTURE_ANY(high)), NORMAL);
	ck_assert_int_eq(of(future_after(NULL, FUTURE_FOREVER)), NORMAL);
	ck_assert_int_eq(of(future_timeout(high, FUTURE_FOREVER)), HIGH);
	ck_assert_int_eq(of(submit_at(future_inline(), LOW, follow_it, high)),
		LOW);
	ck_assert_int_eq(of(future_submit(NULL, NULL, NULL)), NORMAL);
	ck_assert_int_eq(of(fut_job_failed(fut_home_of(NULL), ENOMEM)), NORMAL);
	future_unref(high);
}
END_TEST

/* A worker of two, the other of which stands at a gate. */

static const struct {
	int source;
	const char *queued, *expected;
} kept[] = {
	{ NORMAL, "n", "cn" },
	{ NORMAL, "l", "cl" },
	{ NORMAL, "h", "hc" },
	{ HIGH, "n", "cn" },
	{ HIGH, "h", "hc" },
	{ LOW, "n", "nc" },
	{ LOW, "l", "lc" },
};

START_TEST(no_low_continuation_is_kept_nor_one_while_others_are_urgent)
{
	struct gate other = GATE_INIT, gate = GATE_INIT;
	struct list list = LIST(pool_of(2));
	struct entry entry = { &list, 'c' };
	future_t *source;

	occupy(list.executor, 1, &other);
	source = submit_at(list.executor, kept[_i].source, pass_task, &gate);
	gate_await(&gate, 1);
	list_add(&list, kept[_i].queued);
	future_unref(future_then(source, list_then, &entry));
	future_unref(source);
	gate_open(&gate);
	gate_await(&list.door, 2);
	gate_open(&other);
	future_executor_unref(list.executor);
	ck_assert_str_eq(list.text, kept[_i].expected);
}
END_TEST

/* What runs again. */

static future_result_t fail_once(void *arg)
{
	struct entry *entry = arg;

	list_task(entry);
	return entry->letter++ == 'r' ? future_fail(EIO) : future_ok(NULL);
}

START_TEST(each_attempt_of_a_retry_has_its_priority)
{
	static const char *const expected[] = { "hnlrs", "hnrsl", "hrsnl" };
	struct gate gate = GATE_INIT;
	struct list list = LIST(pool_of(1));
	struct entry entry = { &list, 'r' };
	future_t *retry;

	occupy(list.executor, 1, &gate);
	list_add(&list, "lnh");
	retry = future_retry(list.executor, &(future_retry_t){
		.fn = fail_once, .arg = &entry, .priority = LOW + _i });
	gate_open(&gate);
	ck_assert_int_eq(outcome_of(retry), 0);
	future_executor_unref(list.executor);
	ck_assert_str_eq(list.text, expected[_i]);
}
END_TEST

START_TEST(each_run_of_an_every_has_its_priority)
{
	static const char *const expected[] = { "hnle", "hnel", "henl" };
	struct gate gate = GATE_INIT;
	struct list list = LIST(pool_of(1));
	struct entry entry = { &list, 'e' };
	future_t *every;

	occupy(list.executor, 1, &gate);
	list_add(&list, "lnh");
	every = future_every(list.executor, &(future_schedule_t){
		.period_ns = INT64_MAX, .fn = list_task, .arg = &entry,
		.priority = LOW + _i });
	gate_open(&gate);
	gate_await(&list.door, 4);
	future_cancel(every);
	future_unref(every);
	future_executor_unref(list.executor);
	ck_assert_str_eq(list.text, expected[_i]);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("priority_then");
	TCase *tcase = suite_case(suite, "inherited");

	tcase_add_loop_test(tcase,
		a_continuation_has_the_priority_of_its_source, 0, FORMS);
	tcase_add_test(tcase,
		it_goes_from_link_to_link_until_one_names_another);
	tcase_add_test(tcase, a_continuation_that_names_a_priority_has_it);
	tcase_add_test(tcase,
		what_runs_nothing_is_normal_and_a_follower_keeps_its_own);
	tcase_add_loop_test(tcase,
		no_low_continuation_is_kept_nor_one_while_others_are_urgent,
		0, sizeof(kept) / sizeof(kept[0]));
	tcase_add_loop_test(tcase, each_attempt_of_a_retry_has_its_priority,
		0, 3);
	tcase_add_loop_test(tcase, each_run_of_an_every_has_its_priority,
		0, 3);
	return suite_run(suite);
}
