/*
 * The end of a process: exit, quick_exit, _Exit and return from main, with
 * tasks queued, running and waited for.  Nothing waits for them, nothing hangs.
 */
#define _GNU_SOURCE
#include "child.h"

#include <signal.h>

enum { STATUS = 7, DEADLINE_S = 30 };

/* Global: reachable for a tool that looks for leaks at exit. */
static struct load {
	future_executor_t *pool;
	future_t *awaited, *next;
	future_promise_t *promise;
	struct gate gate;	/* its tasks stand here for good */
	future_mutex_t mutex;	/* held for good */
} load = { .gate = GATE_INIT };

static void *wait_for_future(void *arg)
{
	future_get(load.awaited);
	return arg;
}

static void *wait_for_pool(void *arg)
{
	(void)!future_executor_drain(load.pool, FUTURE_FOREVER);
	return arg;
}

static void *wait_for_mutex(void *arg)
{
	(void)!future_mutex_lock(&load.mutex);
	return arg;
}

static void *wait_for_deadline(void *arg)
{
	(void)!future_wait(load.awaited, future_in_ms(3600000));
	return arg;
}

static future_result_t wait_task(void *arg)
{
	(void)arg;
	return future_get(load.awaited);
}

static void start_waiters(void)
{
	static void *(*const waits[])(void *arg) = { wait_for_future,
		wait_for_pool, wait_for_mutex, wait_for_deadline };

	for (size_t i = 0; i < sizeof(waits) / sizeof(waits[0]); i++) {
		pthread_t thread;

		CHILD_ASSERT(pthread_create(&thread, NULL, waits[i],
			NULL) == 0);
		pthread_detach(thread);
	}
}

/*
 * Two of four workers stand at the gate, one waits for a promise, one is left;
 * a timer is armed, continuations hang, and application threads wait for all.
 */
static void start_load(void)
{
	/* The child's own deadline. */
	alarm(DEADLINE_S);
	CHILD_ASSERT(future_pool_new(&(future_pool_options_t){ .threads = 4 },
		&load.pool) == 0);
	CHILD_ASSERT(future_promise_new(load.pool, &load.promise) == 0);
	load.awaited = future_promise_future(load.promise);
	load.next = future_then(load.awaited, error_then, NULL);
	CHILD_ASSERT(future_mutex_lock(&load.mutex) == 0);
	for (int i = 0; i < 2; i++)
		CHILD_ASSERT(future_execute(load.pool, pass_work,
			&load.gate) == 0);
	gate_await(&load.gate, 2);
	future_unref(future_submit(load.pool, wait_task, NULL));
	future_unref(future_after(load.pool, future_in_ms(3600000)));
	CHILD_ASSERT(future_execute(NULL, pass_work, &load.gate) == 0);
	start_waiters();
}

/* Behind what stands in the way of the one worker that is left. */
static void fill_queue(void)
{
	for (int i = 0; i < 100; i++)
		CHILD_ASSERT(future_execute(load.pool, pass_work,
			&load.gate) == 0);
}

static void ends_with_status(void (*body)(void *arg), void *arg)
{
	int status = in_child(body, arg);

	ck_assert_msg(WIFEXITED(status), "ended by signal %d",
		WTERMSIG(status));
	ck_assert_int_eq(WEXITSTATUS(status), STATUS);
}

typedef void leave_fn(int status);
static leave_fn *const leaves[] = { exit, quick_exit, _Exit, _exit };
enum { LEAVES = sizeof(leaves) / sizeof(leaves[0]) };

static void leave_from_main(void *leave)
{
	start_load();
	fill_queue();
	(*(leave_fn *const *)leave)(STATUS);
}

START_TEST(main_may_leave_with_work_queued_and_awaited)
{
	ends_with_status(leave_from_main, (void *)(uintptr_t)&leaves[_i]);
}
END_TEST

static void leave_work(void *leave)
{
	fill_queue();
	(*(leave_fn *const *)leave)(STATUS);
}

static void leave_from_task(void *leave)
{
	start_load();
	CHILD_ASSERT(future_execute(load.pool, leave_work, leave) == 0);
	for (;;)
		pause();
}

START_TEST(a_task_may_leave_with_work_queued_and_awaited)
{
	ends_with_status(leave_from_task, (void *)(uintptr_t)&leaves[_i]);
}
END_TEST

static future_result_t leave_then(future_result_t in, void *leave)
{
	leave_work(leave);
	return in;
}

/* While this thread waits for it, and another drains. */
static void leave_from_continuation(void *leave)
{
	start_load();
	future_unref(load.next);
	load.next = future_then(load.awaited, leave_then, leave);
	future_promise_settle(load.promise, future_ok(NULL));
	future_get(load.next);
	_exit(1);
}

START_TEST(a_continuation_may_leave_while_it_is_waited_for)
{
	ends_with_status(leave_from_continuation,
		(void *)(uintptr_t)&leaves[_i]);
}
END_TEST

/* What atexit() calls. */

static future_executor_t *small;

static void use_at_exit(void)
{
	atomic_int ran = 0;
	future_t *first = future_submit(small, count_task, &ran);

	CHILD_ASSERT(outcome_of(future_then(first, count_then, &ran)) == 0);
	future_unref(first);
	CHILD_ASSERT(ran == 2);
}

static void drop_at_exit(void)
{
	use_at_exit();
	future_executor_unref(small);
}

static void start_small(void (*at_exit)(void))
{
	alarm(DEADLINE_S);
	CHILD_ASSERT(future_pool_new(&(future_pool_options_t){ .threads = 1 },
		&small) == 0);
	CHILD_ASSERT(atexit(at_exit) == 0 && at_quick_exit(at_exit) == 0);
}

static void leave_with_handler(void *leave)
{
	start_small(drop_at_exit);
	(*(leave_fn *const *)leave)(STATUS);
}

START_TEST(a_handler_of_atexit_may_use_a_pool_and_close_it)
{
	ends_with_status(leave_with_handler, (void *)(uintptr_t)&leaves[_i]);
}
END_TEST

static void leave_small(void *leave)
{
	(*(leave_fn *const *)leave)(STATUS);
}

/* The handler runs on the one worker of the pool that it waits for. */
static void leave_from_task_with_handler(void *leave)
{
	start_small(drop_at_exit);
	CHILD_ASSERT(future_execute(small, leave_small, leave) == 0);
	for (;;)
		pause();
}

START_TEST(a_handler_that_a_task_of_the_pool_calls_is_no_different)
{
	ends_with_status(leave_from_task_with_handler,
		(void *)(uintptr_t)&leaves[_i]);
}
END_TEST

/* The main thread alone. */

static void leave_main_thread(void *leave)
{
	start_load();
	CHILD_ASSERT(future_execute(load.pool, leave_work, leave) == 0);
	pthread_exit(NULL);
}

START_TEST(the_main_thread_may_end_before_the_process)
{
	if (skipped(under_asan(), "what Check keeps on its stack is a leak"))
		return;
	ends_with_status(leave_main_thread, (void *)(uintptr_t)&leaves[0]);
}
END_TEST

/* This very program, told by its environment that it is a child. */

#define RETURN_FROM_MAIN "FUTURE_TEST_RETURN_FROM_MAIN"

static void exec_myself(void *unused)
{
	(void)unused;
	setenv(RETURN_FROM_MAIN, "1", 1);
	execl("/proc/self/exe", "check_exit", (char *)NULL);
	_exit(1);
}

START_TEST(main_may_return_with_work_queued_and_awaited)
{
	ends_with_status(exec_myself, NULL);
}
END_TEST

int main(void)
{
	Suite *suite;
	TCase *tcase;

	if (getenv(RETURN_FROM_MAIN) != NULL) {
		start_load();
		fill_queue();
		return STATUS;
	}
	suite = suite_create("exit");
	tcase = suite_case(suite, "exit");
	tcase_add_loop_test(tcase,
		main_may_leave_with_work_queued_and_awaited, 0, LEAVES);
	tcase_add_loop_test(tcase,
		a_task_may_leave_with_work_queued_and_awaited, 0, LEAVES);
	tcase_add_loop_test(tcase,
		a_continuation_may_leave_while_it_is_waited_for, 0, LEAVES);
	/* exit and quick_exit call handlers. */
	tcase_add_loop_test(tcase,
		a_handler_of_atexit_may_use_a_pool_and_close_it, 0, 2);
	tcase_add_loop_test(tcase,
		a_handler_that_a_task_of_the_pool_calls_is_no_different, 0, 2);
	tcase_add_test(tcase, the_main_thread_may_end_before_the_process);
	tcase_add_test(tcase, main_may_return_with_work_queued_and_awaited);
	return suite_run(suite);
}
