/* Forked children: what they make for themselves works. */
#define _GNU_SOURCE
#include "world.h"
#include "token.h"

#include <errno.h>
#include <signal.h>
#include <sys/resource.h>

static void pool_child(void *arg)
{
	future_executor_t *pool;
	atomic_int ran = 0;

	(void)arg;
	CHILD_ASSERT(future_pool_new(&(future_pool_options_t){
		.threads = 3 }, &pool) == 0);
	for (int i = 0; i < 1000; i++) {
		future_t *first = future_submit(pool, count_task, &ran);
		future_t *next = future_then(first, count_then, &ran);

		CHILD_ASSERT(future_get(next).error == 0);
		future_unref(first);
		future_unref(next);
	}
	future_executor_unref(pool);
	CHILD_ASSERT(ran == 2000);
}

START_TEST(a_new_pool_works_in_the_child)
{
	if (no_threads_in_a_child())
		return;
	world_passes(pool_child);
}
END_TEST

static void made_child(void *arg)
{
	future_promise_t *promise;
	future_t *future;

	(void)arg;
	CHILD_ASSERT(outcome_of(future_ready(future_ok(NULL))) == 0);
	CHILD_ASSERT(outcome_of(future_submit(future_inline(), nothing_task,
		NULL)) == 0);
	CHILD_ASSERT(future_promise_new(future_inline(), &promise) == 0);
	future = future_promise_future(promise);
	CHILD_ASSERT(future_promise_settle(promise, future_ok(NULL)));
	CHILD_ASSERT(outcome_of(future) == 0);
	future_promise_free(promise);
}

START_TEST(promises_and_the_inline_executor_work_in_the_child)
{
	world_passes(made_child);
}
END_TEST

static void refused_child(void *arg)
{
	struct world *world = arg;

	CHILD_ASSERT(future_execute(world->pool, count_work, &world->count) ==
		ECHILD);
	CHILD_ASSERT(future_get(world->queued).error == ECHILD);
}

static void grand_child(void *arg)
{
	struct world own;

	world_start(&own);
	child_passes(refused_child, &own);
	child_passes(refused_child, arg);
	world_end(&own);
}

START_TEST(a_grandchild_is_refused_what_either_made)
{
	if (no_threads_in_a_child())
		return;
	world_passes(grand_child);
}
END_TEST

/* The default executor. */

static void default_child(void *arg)
{
	atomic_int ran = 0;
	int error = outcome_of(future_submit(NULL, count_task, &ran));

	(void)arg;
	CHILD_ASSERT(error == ECHILD ? ran == 0 : error == 0 && ran == 1);
}

START_TEST(an_inherited_default_executor_refuses_or_is_new)
{
	if (no_threads_in_a_child() ||
	    skipped(under_valgrind(), "the inherited one is a leak there"))
		return;
	ck_assert_int_eq(outcome_of(future_submit(NULL, nothing_task, NULL)),
		0);
	child_passes(default_child, NULL);
	ck_assert_int_eq(outcome_of(future_submit(NULL, nothing_task, NULL)),
		0);
}
END_TEST

static void first_default_child(void *arg)
{
	CHILD_ASSERT(outcome_of(future_submit(NULL, nothing_task, arg)) == 0);
}

START_TEST(an_unused_default_executor_starts_in_the_child)
{
	struct world world;

	if (no_threads_in_a_child())
		return;
	world_start(&world);
	child_passes(first_default_child, NULL);
	world_end(&world);
}
END_TEST

/* Forks inside a task. */

struct inside {
	future_executor_t *pool;
	_Atomic(future_t *) own;
	struct gate gate;
	void (*body)(void *arg);
	int status;
};

static void plain_child(void *arg)
{
	struct inside *inside = arg;

	CHILD_ASSERT(future_current() == NULL);
	CHILD_ASSERT(!future_cancel_requested());
	CHILD_ASSERT(future_get(inside->own).error == ECHILD);
	CHILD_ASSERT(future_execute(inside->pool, pass_work, &inside->gate) ==
		ECHILD);
	CHILD_ASSERT(future_executor_drain(inside->pool, FUTURE_FOREVER) ==
		ECHILD);
	CHILD_ASSERT(outcome_of(future_submit(future_inline(), nothing_task,
		NULL)) == 0);
	future_executor_unref(inside->pool);
}

static future_result_t fork_task(void *arg)
{
	struct inside *inside = arg;

	gate_pass(&inside->gate);
	inside->status = in_child(inside->body, inside);
	return future_ok(NULL);
}

static void fork_inside(future_executor_t *pool, void (*body)(void *arg))
{
	struct inside inside = { .pool = pool, .gate = GATE_INIT,
		.body = body, .status = -1 };
	future_t *task = future_submit(pool, fork_task, &inside);

	atomic_store(&inside.own, task);
	gate_open(&inside.gate);
	ck_assert_int_eq(outcome_of(task), 0);
	ck_assert(WIFEXITED(inside.status));
	ck_assert_int_eq(WEXITSTATUS(inside.status), 0);
	ck_assert_int_eq(outcome_of(future_submit(pool, nothing_task, NULL)),
		0);
	future_executor_unref(pool);
}

START_TEST(the_child_of_a_task_is_a_plain_thread)
{
	fork_inside(pool_of(2), plain_child);
}
END_TEST

START_TEST(the_child_of_a_task_can_make_a_pool)
{
	if (no_threads_in_a_child())
		return;
	fork_inside(pool_of(2), pool_child);
}
END_TEST

/* A child may not go on as the worker of its parent. */

static future_result_t fork_and_end(void *arg)
{
	int *status = arg;
	pid_t child = fork_quietly();

	if (child == 0) {
		setrlimit(RLIMIT_CORE, &(struct rlimit){ 0, 0 });
		alarm(10);
		close(STDERR_FILENO);
		if (*status == -2)
			pthread_exit(NULL);
		return future_ok(NULL);
	}
	return waitpid(child, status, 0) == child ? future_ok(NULL) :
		future_fail(errno);
}

/* Of a task of the executor, whose handle it gives back. */
static int end_of_a_child(future_executor_t *executor, int how)
{
	future_t *task = future_submit(executor, fork_and_end, &how);
	atomic_int ran = 0;

	for (int i = 0; i < 10; i++)
		ck_assert_int_eq(future_execute(executor, count_work, &ran), 0);
	ck_assert_int_eq(outcome_of(task), 0);
	future_executor_unref(executor);
	ck_assert_int_eq(ran, 10);
	return how;
}

static future_executor_t *lane_of_its_own(void)
{
	future_executor_t *pool = pool_of(1), *lane = NULL;

	ck_assert_int_eq(future_lane_new(pool, 1, &lane), 0);
	future_executor_unref(pool);
	return lane;
}

START_TEST(a_child_that_returns_from_the_task_aborts)
{
	int status = end_of_a_child(pool_of(1), -1);

	ck_assert(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
}
END_TEST

START_TEST(a_child_may_leave_the_task_with_pthread_exit)
{
	int status;

	if (skipped(under_asan() || under_tsan(),
			"at its end the tool looks at threads left behind"))
		return;
	status = end_of_a_child(_i == 0 ? pool_of(1) : lane_of_its_own(), -2);
	ck_assert(WIFEXITED(status));
	ck_assert_int_eq(WEXITSTATUS(status), 0);
}
END_TEST

static void return_inline(void *arg)
{
	int *status = arg;
	pid_t child;

	*status = 1;
	child = fork();
	if (child != 0)
		(void)!(waitpid(child, status, 0) == child);
	else
		*status = -3;
}

START_TEST(a_child_may_return_from_what_the_inline_executor_runs)
{
	atomic_int ran = 0;
	int status = -1;

	ck_assert_int_eq(future_execute(future_inline(), return_inline,
		&status), 0);
	if (status == -3) {
		CHILD_ASSERT(future_current() == NULL);
		CHILD_ASSERT(outcome_of(future_submit(future_inline(),
			count_task, &ran)) == 0);
		CHILD_ASSERT(ran == 1);
		_exit(0);
	}
	ck_assert(WIFEXITED(status));
	ck_assert_int_eq(WEXITSTATUS(status), 0);
}
END_TEST

/* While others wait. */

static void *await_main(void *arg)
{
	struct inside *inside = arg;

	return future_get(inside->own).error == 0 ? arg : NULL;
}

static void awaited_child(void *arg)
{
	struct inside *inside = arg;

	CHILD_ASSERT(future_get(inside->own).error == ECHILD);
	CHILD_ASSERT(future_wait(inside->own, future_in_ms(1)) == ECHILD);
	CHILD_ASSERT(future_join(inside->own, FUTURE_FOREVER) == ECHILD);
	CHILD_ASSERT(future_executor_drain(inside->pool, FUTURE_FOREVER) ==
		ECHILD);
	future_unref(inside->own);
	future_executor_unref(inside->pool);
}

START_TEST(a_fork_leaves_those_who_wait_in_the_parent_alone)
{
	struct inside inside = { .pool = pool_of(1), .gate = GATE_INIT };
	pthread_t threads[2];
	void *fine;

	inside.own = future_submit(inside.pool, pass_task, &inside.gate);
	gate_await(&inside.gate, 1);
	for (int i = 0; i < 2; i++)
		threads[i] = thread_start(await_main, &inside);
	for (int i = 0; i < 10; i++)
		child_passes(awaited_child, &inside);
	gate_open(&inside.gate);
	for (int i = 0; i < 2; i++) {
		ck_assert_int_eq(pthread_join(threads[i], &fine), 0);
		ck_assert_ptr_eq(fine, &inside);
	}
	future_unref(inside.own);
	future_executor_unref(inside.pool);
}
END_TEST

static future_result_t fork_inline(void *arg)
{
	*(int *)arg = in_child(made_child, NULL);
	return future_ok(NULL);
}

START_TEST(the_child_of_an_inline_task_starts_afresh)
{
	int status = -1;

	ck_assert_int_eq(outcome_of(future_submit(future_inline(), fork_inline,
		&status)), 0);
	ck_assert(WIFEXITED(status));
	ck_assert_int_eq(WEXITSTATUS(status), 0);
}
END_TEST

/* Another thread held the lock at the fork: nobody will unlock it there. */

static void continue_in_child(void *future)
{
	atomic_int ran = 0;
	future_t *next;

	alarm(10);
	next = future_then(future, count_then, &ran);
	CHILD_ASSERT(future_state(next) == FUTURE_OK);
	CHILD_ASSERT(ran == 1);
	future_unref(next);
	future_unref(future);
}

START_TEST(the_child_locks_no_inherited_token)
{
	future_token_t *token;
	future_t *task;
	int status;

	ck_assert_int_eq(future_token_new(NULL, FUTURE_FOREVER, &token), 0);
	task = future_submit_with(future_inline(), &(future_task_t){
		.fn = nothing_task, .token = token });
	fut_cell_lock(fut_token_cell(token));
	status = in_child(continue_in_child, task);
	fut_cell_unlock(fut_token_cell(token));
	ck_assert_int_eq(status, 0);
	future_unref(task);
	future_token_unref(token);
}
END_TEST

static future_executor_t *lane;
static future_t *named;

/* What another thread might do in the middle of a fork. */
static void use_meanwhile(void)
{
	if (named != NULL)
		return;
	named = future_ready(future_ok(NULL));
	ck_assert_ptr_nonnull(future_name(named, "the parent's", NULL));
	ck_assert_int_eq(future_trace_open("/dev/null"), 0);
	ck_assert_int_eq(future_lane_new(future_inline(), 1, &lane), 0);
}

static void look_in_child(void *arg)
{
	static const char nothing[] = ": 0 executors, 0 waits in functions, "
		"0 futures with a name or a site\n";
	char text[1024] = "";
	FILE *stream = fmemopen(text, sizeof(text), "w");

	(void)arg;
	CHILD_ASSERT(future_report(stream) == 0);
	fclose(stream);
	CHILD_ASSERT(strncmp(strchr(text, ':'), nothing, strlen(nothing)) == 0);
	CHILD_ASSERT(future_trace_close() == EINVAL);
}

START_TEST(what_was_first_used_during_the_fork_is_the_parents)
{
	pthread_atfork(use_meanwhile, NULL, NULL);
	ck_assert_int_eq(in_child(look_in_child, NULL), 0);
	ck_assert_int_eq(future_trace_close(), 0);
	future_executor_unref(lane);
	future_unref(named);
}
END_TEST

static void add_children(Suite *suite)
{
	TCase *tcase = suite_case(suite, "children");

	tcase_add_test(tcase, a_new_pool_works_in_the_child);
	tcase_add_test(tcase,
		promises_and_the_inline_executor_work_in_the_child);
	tcase_add_test(tcase, a_grandchild_is_refused_what_either_made);
	tcase_add_test(tcase, an_inherited_default_executor_refuses_or_is_new);
	tcase_add_test(tcase, an_unused_default_executor_starts_in_the_child);
	tcase_add_test(tcase, the_child_of_a_task_is_a_plain_thread);
	tcase_add_test(tcase, the_child_of_a_task_can_make_a_pool);
	tcase_add_test(tcase, a_child_that_returns_from_the_task_aborts);
	tcase_add_loop_test(tcase,
		a_child_may_leave_the_task_with_pthread_exit, 0, 2);
	tcase_add_test(tcase,
		a_child_may_return_from_what_the_inline_executor_runs);
	tcase_add_test(tcase,
		a_fork_leaves_those_who_wait_in_the_parent_alone);
	tcase_add_test(tcase, the_child_of_an_inline_task_starts_afresh);
	tcase_add_test(tcase, the_child_locks_no_inherited_token);
	tcase_add_test(tcase,
		what_was_first_used_during_the_fork_is_the_parents);
}

int main(void)
{
	Suite *suite = suite_create("fork child");

	add_children(suite);
	return suite_run(suite);
}
