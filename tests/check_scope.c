/* Tokens: what is submitted inside a function under one is under it. */
#define _GNU_SOURCE
#include "support.h"

static future_token_t *token_new(void)
{
	future_token_t *token = NULL;

	ck_assert_int_eq(future_token_new(NULL, FUTURE_FOREVER, &token), 0);
	return token;
}

static future_t *submit_under(future_token_t *token,
	future_executor_t *executor, future_task_fn *fn, void *arg)
{
	return future_submit_with(executor, &(future_task_t){ .fn = fn,
		.arg = arg, .token = token });
}

struct inside {
	struct gate *gate;
	atomic_int *ran;
	future_t *task, *next;
};

static future_result_t submit_inside(void *arg)
{
	struct inside *inside = arg;

	inside->task = future_submit(future_current(), count_task, inside->ran);
	inside->next = future_then(inside->task, count_then, inside->ran);
	ck_assert_int_eq(future_execute(future_current(), count_work,
		inside->ran), 0);
	gate_pass(inside->gate);
	return future_ok(NULL);
}

START_TEST(tasks_submitted_inside_a_task_inherit_its_token)
{
	future_executor_t *pool = pool_of(1);
	future_token_t *token = token_new();
	struct gate gate = GATE_INIT;
	atomic_int ran = 0;
	struct inside inside = { &gate, &ran, NULL, NULL };
	future_t *task = submit_under(token, pool, submit_inside, &inside);

	gate_await(&gate, 1);
	future_token_cancel(token);
	gate_open(&gate);
	ck_assert_int_eq(outcome_of(inside.task), ECANCELED);
	ck_assert_int_eq(outcome_of(inside.next), ECANCELED);
	future_unref(task);
	future_executor_unref(pool);
	ck_assert_int_eq(ran, 0);
	future_token_unref(token);
}
END_TEST

START_TEST(a_continuation_inherits_the_token_of_its_source)
{
	future_executor_t *pool = pool_of(1);
	future_token_t *token = token_new();
	struct gate gate = GATE_INIT;
	atomic_int ran = 0;
	future_t *task, *next, *last;

	occupy(pool, 1, &gate);
	task = submit_under(token, pool, nothing_task, NULL);
	next = future_handle(task, count_then, &ran);
	last = future_handle(next, count_then, &ran);
	future_token_cancel(token);
	ck_assert_int_eq(outcome_of(last), ECANCELED);
	gate_open(&gate);
	future_executor_unref(pool);
	ck_assert_int_eq(ran, 0);
	future_unref(task);
	future_unref(next);
	future_token_unref(token);
}
END_TEST

START_TEST(a_named_token_comes_before_the_inherited_one)
{
	future_token_t *first = token_new(), *second = token_new();
	future_t *task = submit_under(first, future_inline(), nothing_task,
		NULL), *next;

	next = future_then_with(task, &(future_continuation_t){
		.fn = error_then, .token = second });
	future_token_cancel(first);
	ck_assert_int_eq(outcome_of(future_then(next, error_then, NULL)), 0);
	future_token_cancel(second);
	ck_assert_int_eq(outcome_of(future_then(next, error_then, NULL)),
		ECANCELED);
	future_unref(task);
	future_unref(next);
	future_token_unref(first);
	future_token_unref(second);
}
END_TEST

/* Counts where it is under the token. */
struct counted {
	future_token_t *token;
	atomic_int here, elsewhere;
};

static void count_here(struct counted *counted)
{
	atomic_fetch_add(future_token_current() == counted->token ?
		&counted->here : &counted->elsewhere, 1);
}

static future_result_t here_task(void *arg)
{
	count_here(arg);
	return future_ok(NULL);
}

static future_result_t here_then(future_result_t in, void *arg)
{
	(void)in;
	count_here(arg);
	return future_ok(NULL);
}

static future_result_t here_item(const void *item, void *arg)
{
	(void)item;
	count_here(arg);
	return future_ok(NULL);
}

static int here_piece(size_t begin, size_t end, void *arg)
{
	(void)begin;
	(void)end;
	count_here(arg);
	return 0;
}

static future_result_t here_failing(void *arg)
{
	count_here(arg);
	return future_fail(EIO);
}

START_TEST(the_current_token_is_that_of_the_function)
{
	future_executor_t *pool = pool_of(1);
	struct counted under = { .token = token_new() };
	struct counted none = { .token = NULL };
	future_t *task = submit_under(under.token, pool, here_task, &under);

	ck_assert_ptr_null(future_token_current());
	ck_assert_int_eq(outcome_of(future_then(task, here_then, &under)), 0);
	ck_assert_int_eq(outcome_of(future_submit(pool, here_task, &none)), 0);
	ck_assert_int_eq(under.here, 2);
	ck_assert_int_eq(none.here, 1);
	future_unref(task);
	future_token_unref(under.token);
	future_executor_unref(pool);
}
END_TEST

/* All of it is submitted after the function has returned. */
static future_result_t map_task(void *counted)
{
	return future_follow(future_map(future_current(), "abc", 3, 1,
		here_item, counted));
}

static future_result_t each_task(void *counted)
{
	return future_follow(future_each(future_current(), 4, 1, here_piece,
		counted));
}

static future_result_t retry_task(void *counted)
{
	return future_follow(future_retry(future_current(), &(future_retry_t){
		.fn = here_failing, .arg = counted, .attempts = 5 }));
}

static future_result_t named_task(void *counted)
{
	future_t *timer = future_after(future_current(), FUTURE_NOW);
	future_t *next = future_then_with(timer, &(future_continuation_t){
		.fn = here_then, .arg = counted,
		.token = future_token_current() });

	future_unref(timer);
	return future_follow(next);
}

static void check_scope(future_task_fn *fn, int error, int count)
{
	future_executor_t *pool = pool_of(1);
	struct counted counted = { .token = token_new() };
	future_t *task = submit_under(counted.token, pool, fn, &counted);

	ck_assert_int_eq(outcome_of(task), error);
	ck_assert_int_eq(counted.here, count);
	ck_assert_int_eq(counted.elsewhere, 0);
	future_token_unref(counted.token);
	future_executor_unref(pool);
}

START_TEST(what_a_function_has_run_later_inherits_its_token)
{
	check_scope(map_task, 0, 3);
	check_scope(each_task, 0, 4);
	check_scope(retry_task, EIO, 5);
	check_scope(named_task, 0, 1);
}
END_TEST

static future_result_t until_cancelled(const void *item, void *arg)
{
	(void)item;
	gate_pass(arg);
	while (!future_cancel_requested())
		sched_yield();
	return future_ok(NULL);
}

static future_result_t map_and_leave(void *here)
{
	return future_follow(future_map(future_current(), "ab", 2, 1,
		until_cancelled, here));
}

START_TEST(a_map_ends_with_the_token_of_who_made_it)
{
	future_executor_t *pool = pool_of(2);
	future_token_t *token = token_new();
	struct gate here = GATE_OPEN;
	future_t *map = submit_under(token, pool, map_and_leave, &here);

	gate_await(&here, 2);
	ck_assert(future_token_cancel(token));
	ck_assert_int_eq(future_join(map, FUTURE_FOREVER), 0);
	ck_assert_int_eq(outcome_of(map), ECANCELED);
	future_executor_unref(pool);
	future_token_unref(token);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("scope");
	TCase *tcase = suite_case(suite, "scope");

	tcase_add_test(tcase, tasks_submitted_inside_a_task_inherit_its_token);
	tcase_add_test(tcase, a_continuation_inherits_the_token_of_its_source);
	tcase_add_test(tcase, a_named_token_comes_before_the_inherited_one);
	tcase_add_test(tcase, the_current_token_is_that_of_the_function);
	tcase_add_test(tcase,
		what_a_function_has_run_later_inherits_its_token);
	tcase_add_test(tcase, a_map_ends_with_the_token_of_who_made_it);
	return suite_run(suite);
}
