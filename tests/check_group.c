/* Groups: closing returns when every child has, and never before. */
#define _GNU_SOURCE
#include "support.h"

static void start(future_group_t *group, future_task_fn *fn, void *arg)
{
	future_unref(future_group_submit(group, fn, arg));
}

START_TEST(an_empty_group_closes_at_once)
{
	ck_assert_int_eq(future_group_close(group_on(NULL)), 0);
}
END_TEST

struct refusals {
	struct gate gate;
	atomic_int group, lane;
};

static void group_in_the_end(void *arg)
{
	struct refusals *refusals = arg;
	future_executor_t *lane;
	future_group_t *group;

	gate_pass(&refusals->gate);
	refusals->group = future_group_new(future_current(), NULL, &group);
	refusals->lane = future_lane_new(future_current(), 1, &lane);
}

START_TEST(what_keeps_an_executor_open_is_eshutdown_once_that_is_closed)
{
	struct refusals refusals = { .gate = GATE_INIT };
	future_executor_t *pool = pool_of(1);
	size_t before = threads_before();

	ck_assert_int_eq(future_execute(pool, group_in_the_end, &refusals), 0);
	future_executor_detach(pool);
	gate_open(&refusals.gate);
	threads_become(before - 1);
	ck_assert_int_eq(refusals.group, ESHUTDOWN);
	ck_assert_int_eq(refusals.lane, ESHUTDOWN);
}
END_TEST

START_TEST(close_returns_when_every_child_has_run)
{
	future_executor_t *pool = pool_of(2);
	future_group_t *group = group_on(pool);
	atomic_int ran = 0;

	for (int i = 0; i < 1000; i++)
		start(group, count_task, &ran);
	ck_assert_int_eq(future_group_close(group), 0);
	ck_assert_int_eq(ran, 1000);
	future_executor_unref(pool);
}
END_TEST

/* The numbers of a child are on the stack of whoever made it. */
struct sum {
	future_executor_t *pool;
	const int *numbers;
	size_t count;
	long sum;
};

static future_result_t sum_task(void *arg)
{
	struct sum *sum = arg, left = *sum, right = *sum;
	future_group_t *group;

	if (sum->count <= 4) {
		for (size_t i = 0; i < sum->count; i++)
			sum->sum += sum->numbers[i];
		return future_ok(NULL);
	}
	left.count /= 2;
	right.numbers += left.count;
	right.count -= left.count;
	group = group_on(sum->pool);
	start(group, sum_task, &left);
	start(group, sum_task, &right);
	ck_assert_int_eq(future_group_close(group), 0);
	sum->sum = left.sum + right.sum;
	return future_ok(NULL);
}

static void sum_on(size_t threads)
{
	future_executor_t *pool = pool_of(threads);
	enum { COUNT = 3000 };
	int numbers[COUNT];
	struct sum sum = { pool, numbers, COUNT, 0 };

	for (int i = 0; i < COUNT; i++)
		numbers[i] = i;
	ck_assert_int_eq(outcome_of(future_submit(pool, sum_task, &sum)), 0);
	ck_assert_int_eq(sum.sum, (long)COUNT * (COUNT - 1) / 2);
	future_executor_unref(pool);
}

START_TEST(children_of_children_use_their_callers_stack)
{
	sum_on(3);
}
END_TEST

START_TEST(a_worker_that_closes_runs_its_children)
{
	sum_on(1);
}
END_TEST

struct failing {
	struct gate here;
	atomic_int asked;
};

static future_result_t until_asked(void *arg)
{
	struct failing *failing = arg;

	gate_pass(&failing->here);
	while (!future_cancel_requested())
		sched_yield();
	atomic_fetch_add(&failing->asked, 1);
	return future_fail(ENOENT);
}

START_TEST(the_first_error_cancels_the_rest_and_is_what_close_returns)
{
	future_executor_t *pool = pool_of(3);
	future_group_t *group = group_on(pool);
	struct failing failing = { .here = GATE_OPEN };
	atomic_int ran = 0;

	start(group, until_asked, &failing);
	start(group, until_asked, &failing);
	gate_await(&failing.here, 2);
	start(group, fail_task, NULL);
	ck_assert_int_eq(future_group_close(group), EIO);
	ck_assert_int_eq(failing.asked, 2);
	ck_assert_int_eq(ran, 0);
	future_executor_unref(pool);
}
END_TEST

START_TEST(a_child_after_an_error_never_runs)
{
	future_group_t *group = group_on(future_inline());
	atomic_int ran = 0;

	start(group, fail_task, NULL);
	ck_assert_int_eq(outcome_of(future_group_submit(group, count_task,
		&ran)), ECANCELED);
	ck_assert_int_eq(future_group_close(group), EIO);
	ck_assert_int_eq(ran, 0);
}
END_TEST

START_TEST(a_refused_child_is_an_error_of_the_group)
{
	future_executor_t *pool = pool_of(1);
	future_group_t *group = group_on(pool);

	future_executor_shutdown(pool);
	start(group, nothing_task, NULL);
	ck_assert_int_eq(future_group_close(group), ESHUTDOWN);
	future_executor_unref(pool);
}
END_TEST

START_TEST(a_group_under_a_cancelled_token_is_cancelled)
{
	future_executor_t *pool = pool_of(1);
	struct failing failing = { .here = GATE_OPEN };
	future_token_t *token = NULL;
	future_group_t *group = NULL;

	ck_assert_int_eq(future_token_new(NULL, FUTURE_FOREVER, &token), 0);
	ck_assert_int_eq(future_group_new(pool, token, &group), 0);
	start(group, until_asked, &failing);
	gate_await(&failing.here, 1);
	future_token_cancel(token);
	ck_assert_int_ne(future_group_close(group), 0);
	ck_assert_int_eq(failing.asked, 1);
	future_token_unref(token);
	future_executor_unref(pool);
}
END_TEST

START_TEST(an_idle_group_under_a_cancelled_token_closes_with_ecanceled)
{
	future_token_t *token = NULL;
	future_group_t *group = NULL;

	ck_assert_int_eq(future_token_new(NULL, FUTURE_FOREVER, &token), 0);
	ck_assert_int_eq(future_group_new(NULL, token, &group), 0);
	future_token_cancel(token);
	ck_assert_int_eq(future_group_close(group), ECANCELED);
	future_token_unref(token);
}
END_TEST

START_TEST(a_child_whose_future_is_cancelled_is_no_error)
{
	future_executor_t *pool = pool_of(1);
	future_group_t *group = group_on(pool);
	struct gate gate = GATE_INIT;
	atomic_int ran = 0;
	future_t *child;

	occupy(pool, 1, &gate);
	child = future_group_submit(group, count_task, &ran);
	start(group, count_task, &ran);
	ck_assert(future_cancel(child));
	future_unref(child);
	gate_open(&gate);
	ck_assert_int_eq(future_group_close(group), 0);
	ck_assert_int_eq(ran, 1);
	future_executor_unref(pool);
}
END_TEST

static future_result_t fail_when_asked(void *arg)
{
	gate_pass(arg);
	while (!future_cancel_requested())
		sched_yield();
	return future_fail(EIO);
}

START_TEST(a_child_that_fails_keeps_its_error)
{
	future_executor_t *pool = pool_of(2);
	future_group_t *group = group_on(pool);
	future_t *child = future_group_submit(group, fail_task, NULL);

	ck_assert_int_eq(future_group_close(group), EIO);
	ck_assert_int_eq(outcome_of(child), EIO);
	future_executor_unref(pool);
}
END_TEST

START_TEST(what_a_cancelled_child_returns_is_no_error)
{
	future_executor_t *pool = pool_of(2);
	future_group_t *group = group_on(pool);
	struct gate here = GATE_OPEN;
	atomic_int ran = 0;
	future_t *child = future_group_submit(group, fail_when_asked, &here);

	gate_await(&here, 1);
	ck_assert(future_cancel(child));
	ck_assert_int_eq(future_join(child, FUTURE_FOREVER), 0);
	future_unref(child);
	start(group, count_task, &ran);
	ck_assert_int_eq(future_group_close(group), 0);
	ck_assert_int_eq(ran, 1);
	future_executor_unref(pool);
}
END_TEST

static future_result_t close_and_help(void *arg)
{
	future_group_t *group = group_on(future_current());

	start(group, fail_when_asked, arg);
	return future_ok_int(future_group_close(group));
}

START_TEST(the_cancel_of_who_closes_reaches_the_child_that_he_runs)
{
	future_executor_t *pool = pool_of(1);
	struct gate here = GATE_OPEN;
	future_t *task = future_submit(pool, close_and_help, &here);

	gate_await(&here, 1);
	ck_assert(future_cancel(task));
	ck_assert_int_eq(future_join(task, FUTURE_FOREVER), 0);
	future_unref(task);
	future_executor_unref(pool);
}
END_TEST

struct closing {
	future_executor_t *children;
	struct gate gate;	/* where the child stands */
	int error;
	atomic_bool closed;
};

static future_result_t close_task(void *arg)
{
	struct closing *closing = arg;
	future_group_t *group = group_on(closing->children);

	start(group, pass_task, &closing->gate);
	closing->error = future_group_close(group);
	closing->closed = true;
	return future_ok(NULL);
}

START_TEST(the_cancel_of_who_closes_does_not_cut_the_wait_short)
{
	future_executor_t *pool = pool_of(1), *other = pool_of(1);
	struct closing closing = { .children = other, .gate = GATE_INIT };
	future_t *task = future_submit(pool, close_task, &closing);

	gate_await(&closing.gate, 1);
	ck_assert(future_cancel(task));
	ck_assert_int_eq(future_join(task, future_in_ms(20)), ETIMEDOUT);
	ck_assert(!closing.closed);
	gate_open(&closing.gate);
	ck_assert_int_eq(future_join(task, FUTURE_FOREVER), 0);
	ck_assert_int_eq(closing.error, ECANCELED);
	future_unref(task);
	future_executor_unref(pool);
	future_executor_unref(other);
}
END_TEST

static future_result_t close_own(void *arg)
{
	return future_ok_int(future_group_close(*(future_group_t **)arg));
}

START_TEST(a_child_that_closes_its_group_is_edeadlk)
{
	future_executor_t *pool = pool_of(1);
	future_group_t *group = group_on(pool);
	future_t *child = future_group_submit(group, close_own, &group);

	ck_assert_int_eq(future_result_int(future_get(child)), EDEADLK);
	ck_assert_int_eq(future_group_close(group), 0);
	future_unref(child);
	future_executor_unref(pool);
}
END_TEST

/* It runs, and ends, before the submit has returned its future. */
START_TEST(a_child_that_closes_its_group_inside_the_submit_is_edeadlk)
{
	future_group_t *group = group_on(future_inline());
	future_t *child = future_group_submit(group, close_own, &group);

	ck_assert_int_eq(future_result_int(future_get(child)), EDEADLK);
	ck_assert_int_eq(future_group_close(group), 0);
	future_unref(child);
}
END_TEST

struct family {
	future_group_t *group;
	atomic_int left;
};

static future_result_t have_children(void *arg)
{
	struct family *family = arg;

	if (atomic_fetch_sub(&family->left, 1) > 0) {
		start(family->group, have_children, family);
		start(family->group, have_children, family);
	}
	return future_ok(NULL);
}

START_TEST(children_may_start_more_while_the_group_is_closed)
{
	future_executor_t *pool = pool_of(2);
	struct family family = { group_on(pool), (int)scaled(20000) };

	start(family.group, have_children, &family);
	ck_assert_int_eq(future_group_close(family.group), 0);
	ck_assert_int_le(family.left, 0);
	future_executor_unref(pool);
}
END_TEST

START_TEST(misuse_of_a_group_is_einval)
{
	future_group_t *group = group_on(NULL);

	ck_assert_int_eq(future_group_new(NULL, NULL, NULL), EINVAL);
	ck_assert_int_eq(future_group_close(NULL), EINVAL);
	ck_assert_int_eq(outcome_of(future_group_submit(NULL, nothing_task,
		NULL)), EINVAL);
	ck_assert_int_eq(outcome_of(future_group_submit(group, NULL, NULL)),
		EINVAL);
	ck_assert_int_eq(outcome_of(future_group_submit_with(group, NULL)),
		EINVAL);
	ck_assert_int_eq(future_group_close(group), EINVAL);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("group");
	TCase *tcase = suite_case(suite, "group");

	tcase_add_test(tcase, an_empty_group_closes_at_once);
	tcase_add_test(tcase,
		what_keeps_an_executor_open_is_eshutdown_once_that_is_closed);
	tcase_add_test(tcase, close_returns_when_every_child_has_run);
	tcase_add_test(tcase, children_of_children_use_their_callers_stack);
	tcase_add_test(tcase, a_worker_that_closes_runs_its_children);
	tcase_add_test(tcase,
		the_first_error_cancels_the_rest_and_is_what_close_returns);
	tcase_add_test(tcase, a_child_after_an_error_never_runs);
	tcase_add_test(tcase, a_refused_child_is_an_error_of_the_group);
	tcase_add_test(tcase, a_group_under_a_cancelled_token_is_cancelled);
	tcase_add_test(tcase,
		an_idle_group_under_a_cancelled_token_closes_with_ecanceled);
	tcase_add_test(tcase, a_child_whose_future_is_cancelled_is_no_error);
	tcase_add_test(tcase, a_child_that_fails_keeps_its_error);
	tcase_add_test(tcase, what_a_cancelled_child_returns_is_no_error);
	tcase_add_test(tcase,
		the_cancel_of_who_closes_reaches_the_child_that_he_runs);
	tcase_add_test(tcase,
		the_cancel_of_who_closes_does_not_cut_the_wait_short);
	tcase_add_test(tcase, a_child_that_closes_its_group_is_edeadlk);
	tcase_add_test(tcase,
		a_child_that_closes_its_group_inside_the_submit_is_edeadlk);
	tcase_add_test(tcase,
		children_may_start_more_while_the_group_is_closed);
	tcase_add_test(tcase, misuse_of_a_group_is_einval);
	return suite_run(suite);
}
