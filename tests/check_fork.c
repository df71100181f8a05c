/* Forked children: what they inherit is refused with ECHILD. */
#define _GNU_SOURCE
#include "world.h"

/* Inherited executors. */

static void submit_child(void *arg)
{
	struct world *world = arg;
	atomic_int ends = 0;

	CHILD_ASSERT(outcome_of(future_submit(world->pool, count_task,
		&world->count)) == ECHILD);
	CHILD_ASSERT(future_execute(world->pool, count_work, &world->count) ==
		ECHILD);
	CHILD_ASSERT(outcome_of(future_submit_with(world->pool,
		&(future_task_t){ .fn = nothing_task, .arg = &ends,
		.destroy_arg = count_work })) == ECHILD);
	CHILD_ASSERT(ends == 1);
}

START_TEST(submit_to_an_inherited_pool_is_refused_with_echild)
{
	world_passes(submit_child);
}
END_TEST

/* A pool with a hook, and how often that was called. */
struct hooked {
	future_executor_t *pool;
	atomic_int captures;
};

static void *count_capture(void *captures)
{
	count_work(captures);
	return NULL;
}

static void hooked_child(void *arg)
{
	struct hooked *hooked = arg;

	CHILD_ASSERT(outcome_of(future_submit(hooked->pool, nothing_task,
		NULL)) == ECHILD);
	CHILD_ASSERT(hooked->captures == 0);
}

START_TEST(submit_to_an_inherited_pool_calls_no_hook)
{
	struct hooked hooked = { NULL, 0 };

	hooked.pool = pool_with(&(future_pool_options_t){ .threads = 1,
		.capture = count_capture, .hook_arg = &hooked.captures });
	child_passes(hooked_child, &hooked);
	future_executor_unref(hooked.pool);
}
END_TEST

static void wait_executor_child(void *arg)
{
	struct world *world = arg;

	CHILD_ASSERT(future_executor_drain(world->pool, FUTURE_FOREVER) ==
		ECHILD);
	CHILD_ASSERT(future_executor_join(world->pool, FUTURE_FOREVER) ==
		ECHILD);
	CHILD_ASSERT(future_executor_drain(world->pool, FUTURE_NOW) == ECHILD);
	CHILD_ASSERT(future_executor_join(world->pool, FUTURE_NOW) == ECHILD);
}

START_TEST(join_and_drain_of_an_inherited_pool_are_echild)
{
	world_passes(wait_executor_child);
}
END_TEST

static void stats_child(void *arg)
{
	struct world *world = arg;
	future_executor_stats_t stats, zero;

	memset(&zero, 0, sizeof(zero));
	memset(&stats, 0xff, sizeof(stats));
	future_executor_stats(world->pool, &stats);
	CHILD_ASSERT(memcmp(&stats, &zero, sizeof(zero)) == 0);
}

START_TEST(statistics_of_an_inherited_pool_are_zeros)
{
	world_passes(stats_child);
}
END_TEST

static void end_child(void *arg)
{
	struct world *world = arg;

	CHILD_ASSERT(future_executor_ref(world->pool) == world->pool);
	future_executor_unref(world->pool);
	future_executor_shutdown(world->pool);
	CHILD_ASSERT(future_executor_cancel(world->pool) == 0);
	future_executor_detach(world->pool);
}

START_TEST(ending_an_inherited_pool_is_harmless)
{
	world_passes(end_child);
}
END_TEST

static void unref_child(void *arg)
{
	struct world *world = arg;

	future_unref(world->running);
	future_unref(world->queued);
	future_unref(world->settled);
	future_unref(world->promised);
	future_executor_unref(world->pool);
}

START_TEST(unref_of_all_that_was_inherited_is_harmless)
{
	world_passes(unref_child);
}
END_TEST

static void exit_child(void *arg)
{
	unref_child(arg);
	exit(0);
}

START_TEST(a_child_may_leave_with_exit)
{
	if (skipped(under_asan(), "what was inherited is a leak to LSan"))
		return;
	world_passes(exit_child);
}
END_TEST

/* Inherited futures. */

static void waits_are_refused(future_t *future)
{
	CHILD_ASSERT(future_get(future).error == ECHILD);
	CHILD_ASSERT(future_take(future).error == ECHILD);
	CHILD_ASSERT(future_wait(future, FUTURE_FOREVER) == ECHILD);
	CHILD_ASSERT(future_wait(future, FUTURE_NOW) == ECHILD);
	CHILD_ASSERT(future_join(future, FUTURE_FOREVER) == ECHILD);
	CHILD_ASSERT(!future_cancel(future));
}

static void wait_child(void *arg)
{
	struct world *world = arg;

	waits_are_refused(world->running);
	waits_are_refused(world->queued);
	waits_are_refused(world->promised);
}

START_TEST(waits_for_an_unsettled_future_are_echild)
{
	world_passes(wait_child);
}
END_TEST

static void then_child(void *arg)
{
	struct world *world = arg;
	atomic_int ran = 0, ends = 0;

	CHILD_ASSERT(outcome_of(future_then(world->running, count_then,
		&ran)) == ECHILD);
	CHILD_ASSERT(outcome_of(future_handle(world->queued, count_then,
		&ran)) == ECHILD);
	CHILD_ASSERT(outcome_of(future_handle_on(world->promised,
		future_inline(), count_then, &ran)) == ECHILD);
	CHILD_ASSERT(outcome_of(future_then_with(world->running,
		&(future_continuation_t){ .fn = count_then, .arg = &ends,
		.destroy_arg = count_work })) == ECHILD);
	CHILD_ASSERT(ran == 0);
	CHILD_ASSERT(ends == 1);
}

START_TEST(continuations_of_an_unsettled_future_are_refused_with_echild)
{
	world_passes(then_child);
}
END_TEST

static void combine_child(void *arg)
{
	struct world *world = arg;
	future_t *pair[] = { world->running, world->promised };

	CHILD_ASSERT(outcome_of(future_all(pair, 2)) == ECHILD);
	CHILD_ASSERT(outcome_of(future_all_settled(pair, 2)) == ECHILD);
	CHILD_ASSERT(outcome_of(future_any(pair, 2)) == ECHILD);
	CHILD_ASSERT(outcome_of(future_race(pair, 2)) == ECHILD);
}

START_TEST(combinators_of_unsettled_futures_fail_with_echild)
{
	world_passes(combine_child);
}
END_TEST

static void promise_child(void *arg)
{
	struct world *world = arg;
	future_promise_t *mark = (future_promise_t *)&mark, *promise = mark;
	atomic_int ends = 0;

	CHILD_ASSERT(future_promise_new(world->pool, &promise) == ECHILD);
	CHILD_ASSERT(promise == mark);
	CHILD_ASSERT(!future_promise_settle(world->promise,
		future_own(&ends, count_work)));
	CHILD_ASSERT(ends == 1);
	CHILD_ASSERT(future_promise_on_cancel(world->promise, NULL,
		count_work, &ends) == ECHILD);
	future_promise_free(world->promise);
	CHILD_ASSERT(ends == 1);
}

START_TEST(an_inherited_promise_is_refused)
{
	world_passes(promise_child);
}
END_TEST

static void settled_child(void *arg)
{
	struct world *world = arg;

	CHILD_ASSERT(future_state(world->settled) == FUTURE_OK);
	CHILD_ASSERT(future_get(world->settled).value == world);
	CHILD_ASSERT(future_wait(world->settled, FUTURE_FOREVER) == 0);
	CHILD_ASSERT(future_join(world->settled, FUTURE_FOREVER) == 0);
	CHILD_ASSERT(future_take(world->settled).value == world);
}

START_TEST(a_settled_future_can_be_read_in_the_child)
{
	world_passes(settled_child);
}
END_TEST

static void settled_then_child(void *arg)
{
	struct world *world = arg;
	atomic_int ran = 0;

	/* Its home was inherited; the inline executor has no threads. */
	CHILD_ASSERT(outcome_of(future_then(world->settled, count_then,
		&ran)) == ECHILD);
	CHILD_ASSERT(ran == 0);
	CHILD_ASSERT(outcome_of(future_then_on(world->settled,
		future_inline(), count_then, &ran)) == 0);
	CHILD_ASSERT(ran == 1);
}

START_TEST(what_hangs_on_a_settled_future_needs_an_executor_of_the_child)
{
	world_passes(settled_then_child);
}
END_TEST

/* A future that was settling when the process forked. */

struct settling {
	future_promise_t *promise;
	struct gate gate;
};

static void *settle_main(void *arg)
{
	struct settling *settling = arg;

	if (!future_promise_settle(settling->promise, future_ok(settling)))
		abort();
	return NULL;
}

static void settling_child(void *arg)
{
	future_t *source = arg;
	atomic_int ran = 0;

	CHILD_ASSERT(future_get(source).error == 0);
	CHILD_ASSERT(outcome_of(future_then_on(source, future_inline(),
		count_then, &ran)) == 0);
	CHILD_ASSERT(ran == 1);
	future_unref(source);
}

START_TEST(a_future_whose_settling_thread_stayed_behind_can_be_continued)
{
	struct settling settling = { NULL, GATE_INIT };
	future_t *source, *passed;
	pthread_t thread;

	ck_assert_int_eq(future_promise_new(future_inline(),
		&settling.promise), 0);
	source = future_promise_future(settling.promise);
	/* Passed by: its argument is destroyed while the source is fired. */
	passed = future_then_with(source, &(future_continuation_t){
		.on = FUTURE_ON_FAILURE, .fn = error_then,
		.arg = &settling.gate, .destroy_arg = pass_work });
	thread = thread_start(settle_main, &settling);
	gate_await(&settling.gate, 1);
	child_passes(settling_child, source);
	gate_open(&settling.gate);
	thread_finish(thread);
	ck_assert_int_eq(outcome_of(passed), 0);
	future_promise_free(settling.promise);
	future_unref(source);
}
END_TEST

static void add_executors(Suite *suite)
{
	TCase *tcase = suite_case(suite, "executors");

	tcase_add_test(tcase,
		submit_to_an_inherited_pool_is_refused_with_echild);
	tcase_add_test(tcase, submit_to_an_inherited_pool_calls_no_hook);
	tcase_add_test(tcase, join_and_drain_of_an_inherited_pool_are_echild);
	tcase_add_test(tcase, statistics_of_an_inherited_pool_are_zeros);
	tcase_add_test(tcase, ending_an_inherited_pool_is_harmless);
	tcase_add_test(tcase, unref_of_all_that_was_inherited_is_harmless);
	tcase_add_test(tcase, a_child_may_leave_with_exit);
}

static void add_futures(Suite *suite)
{
	TCase *tcase = suite_case(suite, "futures");

	tcase_add_test(tcase, waits_for_an_unsettled_future_are_echild);
	tcase_add_test(tcase,
		continuations_of_an_unsettled_future_are_refused_with_echild);
	tcase_add_test(tcase,
		combinators_of_unsettled_futures_fail_with_echild);
	tcase_add_test(tcase, an_inherited_promise_is_refused);
	tcase_add_test(tcase, a_settled_future_can_be_read_in_the_child);
	tcase_add_test(tcase,
		a_future_whose_settling_thread_stayed_behind_can_be_continued);
	tcase_add_test(tcase,
		what_hangs_on_a_settled_future_needs_an_executor_of_the_child);
}

int main(void)
{
	Suite *suite = suite_create("fork");

	add_executors(suite);
	add_futures(suite);
	return suite_run(suite);
}
