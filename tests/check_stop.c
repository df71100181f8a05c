/* A wait ends with ECANCELED when the function that waits is cancelled. */
#define _GNU_SOURCE
#include "support.h"
#include "../lib/frame.h"
#include "../lib/stop.h"

struct wait {
	future_t *awaited;
	future_time_t deadline;
	struct gate here;	/* passed just before it waits */
	int error;
};

#define WAIT_FOR(future, until) \
	{ .awaited = (future), .deadline = (until), .here = GATE_OPEN }

static future_result_t wait_task(void *arg)
{
	struct wait *wait = arg;

	gate_pass(&wait->here);
	wait->error = future_wait(wait->awaited, wait->deadline);
	return future_ok(NULL);
}

static future_result_t get_task(void *arg)
{
	struct wait *wait = arg;

	gate_pass(&wait->here);
	wait->error = future_get(wait->awaited).error;
	return future_ok(NULL);
}

static future_result_t join_task(void *arg)
{
	struct wait *wait = arg;

	gate_pass(&wait->here);
	wait->error = future_join(wait->awaited, FUTURE_FOREVER);
	return future_ok(NULL);
}

/* The future of a promise that nobody settles. */
static future_t *never(future_promise_t **ret_promise)
{
	ck_assert_int_eq(future_promise_new(NULL, ret_promise), 0);
	return future_promise_future(*ret_promise);
}

/* Cancels the task that waits; it ends, and what it waited for goes on. */
static void cancel_while(future_task_fn *fn, future_time_t deadline)
{
	future_promise_t *promise;
	struct wait wait = WAIT_FOR(never(&promise), deadline);
	future_executor_t *pool = pool_of(1);
	future_t *task = future_submit(pool, fn, &wait);

	gate_await(&wait.here, 1);
	ck_assert(future_cancel(task));
	ck_assert_int_eq(future_join(task, FUTURE_FOREVER), 0);
	ck_assert_int_eq(wait.error, ECANCELED);
	ck_assert_int_eq(future_state(wait.awaited), FUTURE_PENDING);
	future_unref(task);
	future_unref(wait.awaited);
	future_promise_free(promise);
	future_executor_unref(pool);
}

START_TEST(the_wait_of_a_cancelled_task_ends)
{
	cancel_while(wait_task, FUTURE_FOREVER);
}
END_TEST

START_TEST(the_wait_with_a_deadline_of_a_cancelled_task_ends)
{
	cancel_while(wait_task, future_in_ms(3600000));
}
END_TEST

START_TEST(the_get_of_a_cancelled_task_ends)
{
	cancel_while(get_task, FUTURE_FOREVER);
}
END_TEST

START_TEST(the_join_of_a_cancelled_task_ends)
{
	cancel_while(join_task, FUTURE_FOREVER);
}
END_TEST

struct cancelled {
	struct gate here;
	future_t *ready;
	int error;
};

static future_result_t wait_once_cancelled(void *arg)
{
	struct cancelled *cancelled = arg;

	gate_pass(&cancelled->here);
	while (!future_cancel_requested())
		sched_yield();
	cancelled->error = future_wait(cancelled->ready, FUTURE_FOREVER);
	return future_ok(NULL);
}

START_TEST(what_is_there_already_wins)
{
	struct cancelled cancelled = { GATE_OPEN,
		future_ready(future_ok(NULL)), -1 };
	future_executor_t *pool = pool_of(1);
	future_t *task = future_submit(pool, wait_once_cancelled, &cancelled);

	gate_await(&cancelled.here, 1);
	future_cancel(task);
	ck_assert_int_eq(future_join(task, FUTURE_FOREVER), 0);
	ck_assert_int_eq(cancelled.error, 0);
	future_unref(task);
	future_unref(cancelled.ready);
	future_executor_unref(pool);
}
END_TEST

static future_result_t wait_for_count(void *arg)
{
	FUTURE_AUTO future_t *inner = future_submit(future_current(),
		count_task, arg);

	while (!future_cancel_requested())
		sched_yield();
	return future_get(inner);
}

/* A pool of one: only the one that waits could have run it there and then. */
START_TEST(a_cancelled_task_does_not_help_any_more)
{
	future_executor_t *pool = pool_of(1);
	atomic_int ran = 0;
	future_t *task = future_submit(pool, wait_for_count, &ran);

	while (future_state(task) != FUTURE_RUNNING)
		sched_yield();
	future_cancel(task);
	ck_assert_int_eq(future_join(task, FUTURE_FOREVER), 0);
	future_unref(task);
	future_executor_unref(pool);
	ck_assert_int_eq(ran, 1);
}
END_TEST

static future_result_t free_promise(void *arg)
{
	while (!future_cancel_requested())
		sched_yield();
	future_promise_free(arg);
	return future_ok(NULL);
}

/* The promise's callback stands at the gate, so its free has to wait. */
START_TEST(a_promise_freed_in_a_cancelled_task_waits_for_its_callback)
{
	future_executor_t *pool = pool_of(1), *other = pool_of(1);
	struct gate gate = GATE_INIT;
	future_promise_t *promise;
	future_t *never_settled = never(&promise), *task;

	ck_assert_int_eq(future_promise_on_cancel(promise, other, pass_work,
		&gate), 0);
	future_cancel(never_settled);
	gate_await(&gate, 1);
	task = future_submit(pool, free_promise, promise);
	while (future_state(task) != FUTURE_RUNNING)
		sched_yield();
	future_cancel(task);
	ck_assert_int_eq(future_join(task, future_in_ms(20)), ETIMEDOUT);
	gate_open(&gate);
	ck_assert_int_eq(future_join(task, FUTURE_FOREVER), 0);
	future_unref(task);
	future_unref(never_settled);
	future_executor_unref(pool);
	future_executor_unref(other);
}
END_TEST

/* Hung on a future that is being cancelled, it hangs itself on it again. */
struct again {
	struct fut_hook hook;
	atomic_bool over;
};

static bool again_fire(struct fut_hook *hook, struct future_cell *source,
	bool locked)
{
	struct again *again = FUT_OWNER(hook, struct again, hook);

	if (locked)
		return false;
	if (!atomic_load(&again->over))
		fut_cell_hang(source, hook, 0);
	return true;
}

/* Whoever still reads what lay on the stack reads this. */
static __attribute__((noinline)) void scribble(void)
{
	volatile char stack[1024];

	for (size_t i = 0; i < sizeof(stack); i++)
		stack[i] = -1;
}

/* Sleeps again, as who has been prodded does.  TSan sees a hook left behind. */
static future_result_t sleep_again(void *arg)
{
	struct gate *here = arg;
	struct again again = { .over = false };
	struct fut_sleeper sleeper;
	uint32_t woken;

	fut_sleeper_init(&sleeper);
	fut_hook_init(&again.hook, again_fire);
	fut_cell_hang(fut_self()->frame->cell, &again.hook, 0);
	gate_pass(here);
	for (size_t i = 0; i < scaled(20000); i++) {
		woken = fut_stop_sleep(&sleeper, FUT_SLEEPER_FIRED, FUT_FOREVER,
			true, "a test");
		scribble();
		if (woken != FUT_SLEEPER_STOPPED)
			return future_fail(EIO);
	}
	atomic_store(&again.over, true);
	while (fut_cell_state(fut_self()->frame->cell) & FUT_FIRING)
		sched_yield();
	return future_ok(NULL);
}

START_TEST(a_wait_taken_up_again_after_the_cancel_leaves_no_hook)
{
	future_executor_t *pool = pool_of(1);
	struct gate here = GATE_OPEN;
	future_t *task = future_submit(pool, sleep_again, &here);

	gate_await(&here, 1);
	ck_assert(future_cancel(task));
	ck_assert_int_eq(future_join(task, FUTURE_FOREVER), 0);
	future_unref(task);
	future_executor_unref(pool);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("stop");
	TCase *tcase = suite_case(suite, "stop");

	tcase_add_test(tcase, the_wait_of_a_cancelled_task_ends);
	tcase_add_test(tcase,
		the_wait_with_a_deadline_of_a_cancelled_task_ends);
	tcase_add_test(tcase, the_get_of_a_cancelled_task_ends);
	tcase_add_test(tcase, the_join_of_a_cancelled_task_ends);
	tcase_add_test(tcase, what_is_there_already_wins);
	tcase_add_test(tcase,
		a_wait_taken_up_again_after_the_cancel_leaves_no_hook);
	tcase_add_test(tcase, a_cancelled_task_does_not_help_any_more);
	tcase_add_test(tcase,
		a_promise_freed_in_a_cancelled_task_waits_for_its_callback);
	return suite_run(suite);
}
