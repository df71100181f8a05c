/* A task that ends its thread with pthread_exit; see lib/unwind.h. */
#define _GNU_SOURCE
#include "support.h"
#include "fail/thread.h"

#include <signal.h>
#include <sys/resource.h>

/* What is called when the stack is unwound, as an application would. */
static atomic_int unwound;

static void count_unwound(void *unused)
{
	(void)unused;
	atomic_fetch_add(&unwound, 1);
}

static void leave_work(void *arg)
{
	(void)arg;
	pthread_cleanup_push(count_unwound, NULL);
	pthread_exit(NULL);
	pthread_cleanup_pop(0);
}

static future_result_t leave_task(void *arg)
{
	leave_work(arg);
	return future_ok(NULL);
}

static future_result_t leave_then(future_result_t in, void *arg)
{
	(void)in;
	return leave_task(arg);
}

static future_result_t tid_task(void *arg)
{
	(void)arg;
	return future_ok_int(thread_id());
}

static intptr_t tid_of(future_executor_t *pool)
{
	future_t *future = future_submit(pool, tid_task, NULL);
	intptr_t tid = future_result_int(future_get(future));

	future_unref(future);
	return tid;
}

START_TEST(a_task_that_exits_its_thread_settles_with_ecanceled)
{
	future_executor_t *pool = pool_of(1);
	future_t *future = future_submit(pool, leave_task, NULL);

	ck_assert_int_eq(future_get(future).error, ECANCELED);
	ck_assert_int_eq(future_join(future, FUTURE_FOREVER), 0);
	ck_assert_int_eq(future_state(future), FUTURE_CANCELLED);
	future_unref(future);
	future_executor_unref(pool);
	ck_assert_int_eq(unwound, 1);
}
END_TEST

START_TEST(another_thread_takes_its_place)
{
	future_executor_t *pool = pool_of(1);
	intptr_t before = tid_of(pool);
	size_t threads = threads_now();

	ck_assert_int_eq(outcome_of(future_submit(pool, leave_task, NULL)),
		ECANCELED);
	ck_assert_int_ne(tid_of(pool), before);
	threads_become(threads);
	future_executor_unref(pool);
}
END_TEST

START_TEST(a_pool_of_one_goes_on_with_its_queue)
{
	future_executor_t *pool = pool_of(1);
	struct gate gate = GATE_INIT;
	atomic_int ran = 0;

	occupy(pool, 1, &gate);
	for (int i = 0; i < 50; i++) {
		ck_assert_int_eq(future_execute(pool, leave_work, NULL), 0);
		ck_assert_int_eq(future_execute(pool, count_work, &ran), 0);
	}
	gate_open(&gate);
	future_executor_unref(pool);
	ck_assert_int_eq(ran, 50);
	ck_assert_int_eq(unwound, 50);
}
END_TEST

START_TEST(the_pool_keeps_its_width)
{
	size_t before = threads_before();
	future_executor_t *pool = pool_of(4);
	struct gate gate = GATE_INIT;

	for (int i = 0; i < 20; i++)
		ck_assert_int_eq(future_execute(pool, leave_work, NULL), 0);
	occupy(pool, 4, &gate);
	ck_assert_uint_eq(stats_of(pool).threads, 4);
	gate_open(&gate);
	future_executor_unref(pool);
	threads_become(before);
}
END_TEST

START_TEST(statistics_count_it_as_cancelled)
{
	future_executor_t *pool = pool_of(2);
	future_executor_stats_t stats;

	for (int i = 0; i < 3; i++)
		ck_assert_int_eq(outcome_of(future_submit(pool, leave_task,
			NULL)), ECANCELED);
	ck_assert_int_eq(future_execute(pool, leave_work, NULL), 0);
	ck_assert_int_eq(outcome_of(future_submit(pool, nothing_task, NULL)),
		0);
	stats = stats_when_idle(pool);
	ck_assert_uint_eq(stats.cancelled, 4);
	ck_assert_uint_eq(stats.completed, 1);
	ck_assert_uint_eq(stats.running + stats.queued + stats.failed, 0);
	future_executor_unref(pool);
}
END_TEST

START_TEST(shutdown_and_join_wait_for_the_threads_that_exited)
{
	size_t before = threads_before();
	future_executor_t *pool = pool_of(2);

	for (int i = 0; i < 10; i++)
		ck_assert_int_eq(future_execute(pool, leave_work, NULL), 0);
	future_executor_shutdown(pool);
	ck_assert_int_eq(future_executor_join(pool, FUTURE_FOREVER), 0);
	ck_assert_int_eq(unwound, 10);
	future_executor_unref(pool);
	threads_become(before);
}
END_TEST

START_TEST(a_continuation_that_exits_settles_and_so_do_those_behind_it)
{
	future_executor_t *pool = pool_of(2);
	future_t *first = future_submit(pool, nothing_task, NULL);
	future_t *left = future_then(first, leave_then, NULL);
	future_t *next = future_then(left, error_then, NULL);
	future_t *healed = future_catch(left, error_then, NULL);

	ck_assert_int_eq(future_get(left).error, ECANCELED);
	ck_assert_int_eq(future_get(next).error, ECANCELED);
	ck_assert_int_eq(future_result_int(future_get(healed)), ECANCELED);
	future_unref(first);
	future_unref(left);
	future_unref(next);
	future_unref(healed);
	future_executor_unref(pool);
}
END_TEST

static future_result_t own_task(void *arg)
{
	return future_own(arg, count_work);
}

START_TEST(its_source_and_its_argument_are_let_go)
{
	future_executor_t *pool = pool_of(1);
	struct gate gate = GATE_INIT;
	atomic_int destroyed = 0, freed = 0;
	future_t *first, *left;

	occupy(pool, 1, &gate);
	first = future_submit(pool, own_task, &freed);
	left = future_then_with(first, &(future_continuation_t){
		.fn = leave_then, .arg = &destroyed,
		.destroy_arg = count_work });
	future_unref(first);
	gate_open(&gate);
	ck_assert_int_eq(future_join(left, FUTURE_FOREVER), 0);
	ck_assert_int_eq(destroyed, 1);
	future_executor_unref(pool);
	ck_assert_int_eq(freed, 1);
	future_unref(left);
}
END_TEST

static future_result_t get_left_task(void *arg)
{
	future_executor_t *pool = future_current();
	FUTURE_AUTO future_t *inner = future_submit(pool, leave_task, NULL);

	future_get(inner);
	count_work(arg);
	return future_ok(NULL);
}

START_TEST(one_that_a_wait_runs_ends_the_waiting_one_too)
{
	future_executor_t *pool = pool_of(1);
	atomic_int returned = 0;

	ck_assert_int_eq(outcome_of(future_submit(pool, get_left_task,
		&returned)), ECANCELED);
	ck_assert_int_eq(outcome_of(future_submit(pool, nothing_task, NULL)),
		0);
	ck_assert_uint_eq(stats_when_idle(pool).cancelled, 2);
	ck_assert_uint_eq(stats_of(pool).running, 0);
	future_executor_unref(pool);
	ck_assert_int_eq(returned, 0);
}
END_TEST

static void log_start(void *arg)
{
	record_add(arg, 'a');
}

static void log_stop(void *arg)
{
	record_add(arg, 'z');
}

START_TEST(each_thread_is_started_and_stopped_once)
{
	struct record record = { 0 };
	future_executor_t *pool = pool_with(&(future_pool_options_t){
		.threads = 1, .on_thread_start = log_start,
		.on_thread_stop = log_stop, .hook_arg = &record });

	ck_assert_int_eq(future_execute(pool, leave_work, NULL), 0);
	ck_assert_int_eq(future_execute(pool, leave_work, NULL), 0);
	future_executor_unref(pool);
	ck_assert_str_eq(record.text, "azazaz");
}
END_TEST

START_TEST(a_thread_that_nobody_can_replace_goes_on)
{
	future_executor_t *pool;
	intptr_t before;

	if (skipped(under_tsan(), "to clang's tool that thread has ended"))
		return;
	pool = pool_of(1);
	before = tid_of(pool);
	for (int i = 0; i < 3; i++) {
		fail_thread(1);
		ck_assert_int_eq(outcome_of(future_submit(pool, leave_task,
			NULL)), ECANCELED);
		ck_assert_int_eq(tid_of(pool), before);
		fail_thread(0);
	}
	ck_assert_int_eq(outcome_of(future_submit(pool, leave_task, NULL)),
		ECANCELED);
	ck_assert_int_ne(tid_of(pool), before);
	future_executor_unref(pool);
}
END_TEST

static void leave_and_drop(void *pool)
{
	future_executor_unref(pool);
	pthread_exit(NULL);
}

START_TEST(a_task_may_drop_the_last_handle_and_exit)
{
	size_t before = threads_before();
	struct gate gate = GATE_INIT;
	future_executor_t *pool = pool_of(2);

	occupy(pool, 1, &gate);
	ck_assert_int_eq(future_execute(pool, leave_and_drop, pool), 0);
	gate_open(&gate);
	threads_become(before);
}
END_TEST

static int leave_each(size_t begin, size_t end, void *arg)
{
	(void)end;
	if (begin == 3)
		leave_work(NULL);
	count_work(arg);
	return 0;
}

START_TEST(a_loop_a_piece_of_which_exits_ends_with_ecanceled)
{
	future_executor_t *pool = pool_of(3);
	atomic_int ran = 0;

	ck_assert_int_eq(outcome_of(future_each(pool, 10, 1, leave_each, &ran)),
		ECANCELED);
	future_executor_unref(pool);
	ck_assert_int_lt(ran, 10);
}
END_TEST

START_TEST(a_group_a_child_of_which_exits_closes_with_ecanceled)
{
	future_executor_t *pool = pool_of(2);
	future_group_t *group;

	ck_assert_int_eq(future_group_new(pool, NULL, &group), 0);
	future_unref(future_group_submit(group, leave_task, NULL));
	ck_assert_int_eq(future_group_close(group), ECANCELED);
	future_executor_unref(pool);
}
END_TEST

/* A group whose closer runs a child that exits; another child goes on. */
struct closer {
	future_executor_t *pool;
	struct gate others;	/* the other worker stands here first */
	struct gate child;	/* and then here, in the other child */
	atomic_bool returned;
};

static void stay_work(void *arg)
{
	struct closer *closer = arg;

	gate_pass(&closer->others);
}

static future_result_t stay_child(void *arg)
{
	struct closer *closer = arg;

	gate_pass(&closer->child);
	while (!future_cancel_requested())
		sched_yield();
	/* What it has of the closer's it must have until here. */
	atomic_store(&closer->returned, true);
	return future_ok(NULL);
}

static future_result_t leave_child(void *arg)
{
	struct closer *closer = arg;

	gate_open(&closer->others);
	gate_await(&closer->child, 1);
	pthread_exit(NULL);
}

static void check_returned(void *arg)
{
	struct closer *closer = arg;

	ck_assert(atomic_load(&closer->returned));
}

static future_result_t close_task(void *arg)
{
	struct closer *closer = arg;
	future_group_t *group;

	pthread_cleanup_push(check_returned, closer);
	ck_assert_int_eq(future_group_new(closer->pool, NULL, &group), 0);
	future_unref(future_group_submit(group, leave_child, closer));
	future_unref(future_group_submit(group, stay_child, closer));
	(void)!future_group_close(group);
	pthread_cleanup_pop(0);
	return future_ok(NULL);
}

START_TEST(who_closes_a_group_leaves_only_when_every_child_has_returned)
{
	size_t before = threads_before();
	struct closer closer = { .pool = pool_of(2), .others = GATE_INIT,
		.child = GATE_OPEN };

	ck_assert_int_eq(future_execute(closer.pool, stay_work, &closer), 0);
	gate_await(&closer.others, 1);
	ck_assert_int_eq(outcome_of(future_submit(closer.pool, close_task,
		&closer)), ECANCELED);
	/* The group has let go of the pool. */
	future_executor_unref(closer.pool);
	threads_become(before);
}
END_TEST

START_TEST(a_schedule_ends_with_the_run_that_exits)
{
	future_executor_t *pool = pool_of(1);
	future_t *every = future_every(pool, &(future_schedule_t){
		.period_ns = 1, .fn = leave_task });

	ck_assert_int_eq(future_get(every).error, ECANCELED);
	future_unref(every);
	future_executor_unref(pool);
	ck_assert_int_eq(unwound, 1);
}
END_TEST

START_TEST(a_retry_ends_with_the_attempt_that_exits)
{
	future_executor_t *pool = pool_of(1);

	ck_assert_int_eq(outcome_of(future_retry(pool, &(future_retry_t){
		.fn = leave_task })), ECANCELED);
	future_executor_unref(pool);
	ck_assert_int_eq(unwound, 1);
}
END_TEST

static void leave_body(void *arg, size_t index)
{
	for (int i = 0; i < 50; i++) {
		if (index == 0)
			future_unref(future_submit(arg, leave_task, NULL));
		else
			(void)!future_execute(arg, leave_work, NULL);
	}
}

START_TEST(two_hundred_exits_at_once_lose_nothing)
{
	future_executor_t *pool = pool_of(3);

	together(4, leave_body, pool);
	ck_assert_uint_eq(stats_when_idle(pool).cancelled, 200);
	future_executor_unref(pool);
	ck_assert_int_eq(unwound, 200);
}
END_TEST

static void add_ends(Suite *suite)
{
	TCase *tcase = suite_case(suite, "ends");

	tcase_add_test(tcase,
		a_task_that_exits_its_thread_settles_with_ecanceled);
	tcase_add_test(tcase,
		a_continuation_that_exits_settles_and_so_do_those_behind_it);
	tcase_add_test(tcase, its_source_and_its_argument_are_let_go);
	tcase_add_test(tcase, one_that_a_wait_runs_ends_the_waiting_one_too);
	tcase_add_test(tcase,
		a_loop_a_piece_of_which_exits_ends_with_ecanceled);
	tcase_add_test(tcase,
		a_group_a_child_of_which_exits_closes_with_ecanceled);
	tcase_add_test(tcase,
		who_closes_a_group_leaves_only_when_every_child_has_returned);
	tcase_add_test(tcase, a_schedule_ends_with_the_run_that_exits);
	tcase_add_test(tcase, a_retry_ends_with_the_attempt_that_exits);
}

static void add_place(Suite *suite)
{
	TCase *tcase = suite_case(suite, "place");

	tcase_add_test(tcase, another_thread_takes_its_place);
	tcase_add_test(tcase, a_pool_of_one_goes_on_with_its_queue);
	tcase_add_test(tcase, the_pool_keeps_its_width);
	tcase_add_test(tcase, statistics_count_it_as_cancelled);
	tcase_add_test(tcase,
		shutdown_and_join_wait_for_the_threads_that_exited);
	tcase_add_test(tcase, each_thread_is_started_and_stopped_once);
	tcase_add_test(tcase, a_thread_that_nobody_can_replace_goes_on);
	tcase_add_test(tcase, a_task_may_drop_the_last_handle_and_exit);
	tcase_add_test(tcase, two_hundred_exits_at_once_lose_nothing);
}

int main(void)
{
	Suite *suite = suite_create("thread_exit");

	add_ends(suite);
	add_place(suite);
	return suite_run(suite);
}
