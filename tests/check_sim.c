/* The sim: an executor without threads, in the order of a seed. */
#define _GNU_SOURCE
#include "child.h"

#include <sys/wait.h>

static const int64_t hour_ns = (int64_t)3600 * 1000000000;

static future_executor_t *sim_of(uint64_t seed)
{
	future_executor_t *sim = NULL;

	ck_assert_int_eq(future_sim_new(seed, &sim), 0);
	ck_assert_ptr_nonnull(sim);
	return sim;
}

static void sim_run(future_executor_t *sim)
{
	ck_assert_int_eq(future_sim_run(sim), 0);
}

/* What writes a letter each; the argument is where, and what. */
static struct record record;
static struct letter letters[12];

static void submit_letters(future_executor_t *sim, size_t count)
{
	memset(&record, 0, sizeof(record));
	for (size_t i = 0; i < count; i++) {
		letters[i] = (struct letter){ &record, (char)('a' + i) };
		ck_assert_int_eq(future_execute(sim, write_work, &letters[i]),
			0);
	}
}

/* What five tasks write under a seed. */
static const char *order_of(uint64_t seed)
{
	future_executor_t *sim = sim_of(seed);

	submit_letters(sim, 5);
	sim_run(sim);
	future_executor_unref(sim);
	return record.text;
}

/* Tasks. */

START_TEST(tasks_run_when_the_sim_is_run_and_not_before)
{
	future_executor_t *sim = sim_of(1);
	atomic_int ran = 0;
	future_t *one = future_submit(sim, count_task, &ran);
	future_t *two = future_then(one, count_then, &ran);

	ck_assert_int_eq(ran, 0);
	sim_run(sim);
	ck_assert_int_eq(ran, 2);
	ck_assert_int_eq(future_state(two), FUTURE_OK);
	future_unref(one);
	future_unref(two);
	future_executor_unref(sim);
}
END_TEST

START_TEST(another_seed_is_another_order)
{
	bool first[5] = { false };

	for (uint64_t seed = 0; seed < 50; seed++)
		first[order_of(seed)[0] - 'a'] = true;
	for (int i = 0; i < 5; i++)
		ck_assert(first[i]);
}
END_TEST

START_TEST(the_first_order_of_all_is_that_of_submission)
{
	ck_assert_str_eq(order_of((uint64_t)1 << 63), "abcde");
}
END_TEST

/* A trace with the instant of each step. */
struct trace {
	size_t length;
	char text[4096];
	future_semaphore_t semaphore;
	future_executor_t *sim;
};

static void trace(struct trace *trace, const char *what)
{
	int length = snprintf(trace->text + trace->length,
		sizeof(trace->text) - trace->length, "%s %lld\n", what,
		(long long)future_now().ns);

	ck_assert_int_gt(length, 0);
	trace->length += (size_t)length;
	ck_assert_uint_lt(trace->length, sizeof(trace->text));
}

static future_result_t producer(void *arg)
{
	struct trace *to = arg;
	FUTURE_AUTO future_t *soon = future_after(to->sim, future_in_ms(7));

	trace(to, "producer");
	future_get(soon);
	trace(to, "produced");
	ck_assert_int_eq(future_semaphore_release(&to->semaphore, 1), 0);
	return future_ok(NULL);
}

static future_result_t consumer(void *arg)
{
	struct trace *to = arg;
	int error = future_semaphore_acquire_until(&to->semaphore, 1,
		future_in_ms(10));

	trace(to, error == 0 ? "consumed" : future_strerror(error));
	return future_fail(error);
}

static future_result_t tick(void *arg)
{
	trace(arg, "tick");
	return future_ok(NULL);
}

static future_result_t after_consumer(future_result_t in, void *arg)
{
	(void)in;
	trace(arg, "after the consumer");
	return future_ok(NULL);
}

static void run_traced(uint64_t seed, struct trace *to)
{
	future_executor_t *sim = sim_of(seed);
	future_t *futures[9], *ticks, *all;

	memset(to, 0, sizeof(*to));
	to->sim = sim;
	ticks = future_every(sim, &(future_schedule_t){ .fn = tick, .arg = to,
		.period_ns = 3000000 });
	for (int i = 0; i < 3; i++) {
		futures[3 * i] = future_submit(sim, consumer, to);
		futures[3 * i + 1] = future_submit(sim, producer, to);
		futures[3 * i + 2] = future_handle(futures[3 * i],
			after_consumer, to);
	}
	all = future_all_settled(futures, 9);
	ck_assert_int_eq(future_get(all).error, 0);
	ck_assert(future_cancel(ticks));
	for (int i = 0; i < 9; i++)
		future_unref(futures[i]);
	future_unref(all);
	future_unref(ticks);
	future_executor_unref(sim);
}

START_TEST(the_same_seed_is_the_same_run)
{
	static struct trace one, two, other;
	size_t differ = 0;

	run_traced(0, &other);
	for (uint64_t seed = 0; seed < 50; seed++) {
		run_traced(seed, &one);
		run_traced(seed, &two);
		ck_assert_str_eq(one.text, two.text);
		differ += strcmp(one.text, other.text) != 0;
	}
	ck_assert_uint_gt(differ, 25);
}
END_TEST

START_TEST(continuations_take_their_turn_among_the_tasks)
{
	bool before = false, behind = false;

	for (uint64_t seed = 0; seed < 50; seed++) {
		future_executor_t *sim = sim_of(seed);
		future_t *one, *then;

		submit_letters(sim, 2);
		letters[2] = (struct letter){ &record, 'T' };
		one = future_submit(sim, nothing_task, NULL);
		then = future_then(one, write_then, &letters[2]);
		sim_run(sim);
		before |= record.text[0] == 'T';
		behind |= record.text[2] == 'T';
		future_unref(one);
		future_unref(then);
		future_executor_unref(sim);
	}
	ck_assert(before);
	ck_assert(behind);
}
END_TEST

static future_result_t is_current(void *arg)
{
	ck_assert_ptr_eq(future_current(), arg);
	return future_ok(NULL);
}

/* The thread's own executor, when nobody names one. */

START_TEST(the_default_executor_is_the_sim)
{
	size_t before = threads_now();
	future_executor_t *sim = sim_of(1);
	future_t *task = future_submit(NULL, is_current, sim);
	future_promise_t *promise;
	atomic_int ran = 0;

	ck_assert_ptr_eq(future_default(), sim);
	ck_assert_int_eq(future_promise_new(NULL, &promise), 0);
	ck_assert(future_promise_settle(promise, future_ok(NULL)));
	FUTURE_AUTO future_t *future = future_promise_future(promise);
	future_unref(future_then(future, count_then, &ran));
	ck_assert_int_eq(future_execute(NULL, count_work, &ran), 0);
	ck_assert_uint_eq(stats_of(NULL).queued, 3);
	ck_assert_int_eq(future_executor_drain(NULL, FUTURE_FOREVER), 0);
	ck_assert_int_eq(ran, 2);
	ck_assert_int_eq(outcome_of(task), 0);
	ck_assert_uint_eq(threads_now(), before);
	future_promise_free(promise);
	future_executor_unref(sim);
	ck_assert_ptr_ne(future_default(), sim);
}
END_TEST

static void *default_elsewhere(void *sim)
{
	ck_assert_ptr_ne(future_default(), sim);
	ck_assert_int_eq(outcome_of(future_submit(NULL, nothing_task, NULL)),
		0);
	return NULL;
}

START_TEST(the_default_executor_of_another_thread_is_none_of_it)
{
	future_executor_t *sim = sim_of(1);

	thread_finish(thread_start(default_elsewhere, sim));
	ck_assert_uint_eq(stats_of(sim).completed, 0);
	future_executor_unref(sim);
}
END_TEST

static future_result_t sim_in_task(void *arg)
{
	(void)arg;
	ck_assert_str_eq(order_of((uint64_t)1 << 63), "abcde");
	return future_ok(NULL);
}

START_TEST(a_worker_of_a_pool_may_have_a_sim)
{
	future_executor_t *pool = pool_of(1);

	ck_assert_int_eq(outcome_of(future_submit(pool, sim_in_task, NULL)),
		0);
	future_executor_unref(pool);
}
END_TEST

START_TEST(inline_callbacks_are_not_put_off)
{
	future_executor_t *sim = sim_of(1);
	future_t *one, *then;

	submit_letters(sim, 0);
	letters[0] = (struct letter){ &record, 'a' };
	letters[1] = (struct letter){ &record, 'b' };
	one = future_submit(sim, write_task, &letters[0]);
	then = future_then_on(one, future_inline(), write_then, &letters[1]);
	for (int i = 0; i < 5; i++)
		future_unref(future_submit(sim, nothing_task, NULL));
	while (future_state(one) == FUTURE_PENDING)
		ck_assert_int_eq(future_wait(one, FUTURE_FOREVER), 0);
	ck_assert_str_eq(record.text, "ab");
	future_unref(one);
	future_unref(then);
	future_executor_unref(sim);
}
END_TEST

static void *post_from_elsewhere(void *sim)
{
	submit_letters(sim, 5);
	return NULL;
}

START_TEST(tasks_from_another_thread_run_on_the_sims)
{
	future_executor_t *sim = sim_of((uint64_t)1 << 63);

	thread_finish(thread_start(post_from_elsewhere, sim));
	ck_assert_str_eq(record.text, "");
	sim_run(sim);
	ck_assert_str_eq(record.text, "abcde");
	future_executor_unref(sim);
}
END_TEST

/* What may not be. */

START_TEST(there_is_one_sim_a_thread)
{
	future_executor_t *sim = sim_of(1), *other = NULL;

	ck_assert_int_eq(future_sim_new(2, &other), EBUSY);
	ck_assert_ptr_null(other);
	future_executor_unref(sim);
	future_executor_unref(sim_of(2));
}
END_TEST

static void *run_elsewhere(void *sim)
{
	ck_assert_int_eq(future_sim_run(sim), EPERM);
	ck_assert_int_eq(future_sim_advance(sim, 1), EPERM);
	ck_assert_int_eq(future_executor_drain(sim, FUTURE_NOW), EPERM);
	future_executor_shutdown(sim);
	ck_assert_int_eq(future_executor_join(sim, FUTURE_NOW), EPERM);
	future_executor_unref(sim_of(2));
	return NULL;
}

START_TEST(a_sim_is_run_by_its_own_thread_only)
{
	future_executor_t *sim = sim_of(1);

	thread_finish(thread_start(run_elsewhere, sim));
	future_executor_unref(sim);
}
END_TEST

START_TEST(what_is_no_sim_is_invalid)
{
	future_executor_t *pool = pool_of(1), *sim = sim_of(1);

	ck_assert_int_eq(future_sim_new(1, NULL), EINVAL);
	ck_assert_int_eq(future_sim_run(NULL), EINVAL);
	ck_assert_int_eq(future_sim_run(pool), EINVAL);
	ck_assert_int_eq(future_sim_advance(future_inline(), 1), EINVAL);
	ck_assert_int_eq(future_sim_advance(sim, -1), EINVAL);
	future_executor_unref(sim);
	future_executor_unref(pool);
}
END_TEST

static void *unref_elsewhere(void *sim)
{
	future_executor_unref(sim);
	return NULL;
}

static void unref_on_a_thread(void *arg)
{
	(void)arg;
	thread_finish(thread_start(unref_elsewhere, sim_of(1)));
}

START_TEST(the_last_unref_on_another_thread_aborts)
{
	int status = in_child(unref_on_a_thread, NULL);

	ck_assert(WIFSIGNALED(status));
	ck_assert_int_eq(WTERMSIG(status), SIGABRT);
}
END_TEST

static void look_at_inherited(void *arg)
{
	future_executor_t *sim = arg, *own;
	int64_t now_ns = future_now().ns;

	CHILD_ASSERT(future_sim_run(sim) == ECHILD);
	CHILD_ASSERT(future_sim_advance(sim, 1) == ECHILD);
	CHILD_ASSERT(future_executor_drain(sim, FUTURE_NOW) == ECHILD);
	CHILD_ASSERT(outcome_of(future_submit(sim, nothing_task, NULL)) ==
		ECHILD);
	CHILD_ASSERT(future_now().ns != now_ns || future_now().ns != now_ns);
	future_executor_unref(sim);
	CHILD_ASSERT(future_sim_new(1, &own) == 0);
	CHILD_ASSERT(own != sim);
	future_executor_unref(own);
}

START_TEST(a_forked_child_has_no_sim)
{
	future_executor_t *sim = sim_of(1);

	future_executor_unref(sim);
	sim = sim_of(1);
	ck_assert_int_eq(in_child(look_at_inherited, sim), 0);
	future_executor_unref(sim);
}
END_TEST

/* The end. */

START_TEST(the_last_unref_runs_what_is_queued)
{
	future_executor_t *sim = sim_of(1);
	atomic_int ran = 0;
	future_t *task = future_submit(sim, count_task, &ran);
	future_t *then = future_then(task, count_then, &ran);
	future_t *late = future_after(sim, future_in_ms(1));
	future_t *behind = future_then(late, count_then, &ran);

	future_executor_unref(sim);
	ck_assert_int_eq(ran, 2);
	ck_assert_int_eq(future_state(then), FUTURE_OK);
	ck_assert_int_eq(outcome_of(late), ESHUTDOWN);
	ck_assert_int_eq(outcome_of(behind), ESHUTDOWN);
	future_unref(task);
	future_unref(then);
}
END_TEST

static future_result_t unref_task(void *sim)
{
	future_executor_t *other;

	future_executor_unref(sim);
	ck_assert_int_eq(future_sim_new(1, &other), EBUSY);
	return future_ok(NULL);
}

START_TEST(the_last_unref_in_a_task_ends_the_sim_behind_it)
{
	future_executor_t *sim = sim_of((uint64_t)1 << 63);
	future_t *task = future_submit(sim, unref_task, sim);
	future_promise_t *promise;

	ck_assert_int_eq(future_promise_new(future_inline(), &promise), 0);
	FUTURE_AUTO future_t *never = future_promise_future(promise);
	FUTURE_AUTO future_t *next = future_submit(sim, nothing_task, NULL);
	if (_i == 0)
		ck_assert_int_eq(future_sim_run(sim), 0);
	else
		ck_assert_int_eq(future_wait(never, FUTURE_FOREVER), EDEADLK);
	ck_assert_int_eq(future_state(next), FUTURE_OK);
	ck_assert_int_eq(outcome_of(task), 0);
	future_promise_free(promise);
	future_executor_unref(sim_of(1));
}
END_TEST

START_TEST(after_a_shutdown_tasks_still_release_continuations)
{
	future_executor_t *sim = sim_of(1);
	atomic_int ran = 0;
	future_t *task = future_submit(sim, count_task, &ran);
	future_t *then = future_then(task, count_then, &ran);

	future_executor_shutdown(sim);
	ck_assert_int_eq(outcome_of(future_submit(sim, count_task, &ran)),
		ESHUTDOWN);
	ck_assert_int_eq(outcome_of(future_after(sim, future_in_ms(1))),
		ESHUTDOWN);
	ck_assert_int_eq(future_executor_join(sim, FUTURE_FOREVER), 0);
	ck_assert_int_eq(ran, 2);
	FUTURE_AUTO future_t *late = future_then(task, count_then, &ran);
	ck_assert_int_eq(future_get(late).error, ESHUTDOWN);
	future_unref(task);
	future_unref(then);
	future_executor_unref(sim);
}
END_TEST

START_TEST(cancel_settles_what_is_queued_or_armed)
{
	future_executor_t *sim = sim_of(1);
	atomic_int ran = 0;
	future_t *task = future_submit(sim, count_task, &ran);
	future_t *late = future_after(sim, future_in_ms(1));

	ck_assert_uint_eq(future_executor_cancel(sim), 2);
	ck_assert_int_eq(outcome_of(task), ECANCELED);
	ck_assert_int_eq(outcome_of(late), ECANCELED);
	ck_assert_int_eq(outcome_of(future_submit(sim, count_task, &ran)),
		ESHUTDOWN);
	ck_assert_int_eq(ran, 0);
	future_executor_unref(sim);
}
END_TEST

static future_result_t cancel_itself(void *sim)
{
	future_unref(future_submit(sim, nothing_task, NULL));
	ck_assert(!future_cancel_requested());
	ck_assert_uint_eq(future_executor_cancel(sim), 1);
	ck_assert(future_cancel_requested());
	ck_assert_int_eq(future_executor_join(sim, FUTURE_NOW), EDEADLK);
	ck_assert_int_eq(future_executor_drain(sim, FUTURE_NOW), EDEADLK);
	return future_ok(NULL);
}

START_TEST(a_task_is_asked_when_its_sim_is_cancelled)
{
	future_executor_t *sim = sim_of(1);
	future_t *task = future_submit(sim, cancel_itself, sim);
	FUTURE_AUTO future_t *then = future_then(task, error_then, NULL);

	ck_assert_int_eq(future_executor_join(sim, FUTURE_NOW), EBUSY);
	ck_assert_int_eq(outcome_of(task), 0);
	ck_assert_int_eq(future_get(then).error, ECANCELED);
	future_executor_unref(sim);
}
END_TEST

START_TEST(a_cancelled_task_is_no_choice_any_more)
{
	future_executor_t *sim = sim_of(1);
	atomic_int ran = 0;
	future_t *task = future_submit(sim, count_task, &ran);

	ck_assert(future_cancel(task));
	ck_assert_uint_eq(stats_of(sim).queued, 0);
	sim_run(sim);
	ck_assert_int_eq(ran, 0);
	ck_assert_uint_eq(stats_of(sim).cancelled, 1);
	future_unref(task);
	future_executor_unref(sim);
}
END_TEST

START_TEST(stats_count_as_those_of_a_pool)
{
	future_executor_t *sim = sim_of(1);
	future_executor_stats_t stats;
	atomic_int ran = 0;

	future_unref(future_submit(sim, nothing_task, NULL));
	future_unref(future_submit(sim, fail_task, NULL));
	future_unref(future_after(sim, future_in_ms(1)));
	ck_assert_uint_eq(stats_of(sim).queued, 2);
	ck_assert_int_eq(future_sim_advance(sim, hour_ns), 0);
	sim_run(sim);
	future_executor_shutdown(sim);
	ck_assert_int_eq(future_execute(sim, count_work, &ran), ESHUTDOWN);
	stats = stats_of(sim);
	ck_assert_uint_eq(stats.completed, 1);
	ck_assert_uint_eq(stats.failed, 1);
	ck_assert_uint_eq(stats.refused, 1);
	ck_assert_uint_eq(stats.peak_queue, 2);
	ck_assert_uint_eq(stats.queued + stats.running, 0);
	ck_assert_uint_eq(stats.threads, 1);
	future_executor_unref(sim);
}
END_TEST

START_TEST(futures_outlive_their_sim)
{
	future_executor_t *sim = sim_of(1);
	future_t *task = future_submit(sim, nothing_task, NULL);
	future_promise_t *promise;
	atomic_int ran = 0;

	ck_assert_int_eq(future_promise_new(sim, &promise), 0);
	FUTURE_AUTO future_t *open = future_promise_future(promise);
	future_executor_unref(sim);
	sim = sim_of(1);
	FUTURE_AUTO future_t *then = future_then(task, count_then, &ran);
	FUTURE_AUTO future_t *late = future_timeout(open, future_in_ms(1));
	ck_assert_int_eq(future_get(then).error, ESHUTDOWN);
	ck_assert_int_eq(future_get(late).error, ESHUTDOWN);
	ck_assert_int_eq(ran, 0);
	future_unref(task);
	future_promise_free(promise);
	future_executor_unref(sim);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("sim");
	TCase *tcase = suite_case(suite, "sim");

	tcase_add_test(tcase, tasks_run_when_the_sim_is_run_and_not_before);
	tcase_add_test(tcase, another_seed_is_another_order);
	tcase_add_test(tcase, the_first_order_of_all_is_that_of_submission);
	tcase_add_test(tcase, the_same_seed_is_the_same_run);
	tcase_add_test(tcase, continuations_take_their_turn_among_the_tasks);
	tcase_add_test(tcase, the_default_executor_is_the_sim);
	tcase_add_test(tcase,
		the_default_executor_of_another_thread_is_none_of_it);
	tcase_add_test(tcase, a_worker_of_a_pool_may_have_a_sim);
	tcase_add_test(tcase, inline_callbacks_are_not_put_off);
	tcase_add_test(tcase, tasks_from_another_thread_run_on_the_sims);
	tcase_add_test(tcase, there_is_one_sim_a_thread);
	tcase_add_test(tcase, a_sim_is_run_by_its_own_thread_only);
	tcase_add_test(tcase, what_is_no_sim_is_invalid);
	tcase_add_test(tcase, the_last_unref_on_another_thread_aborts);
	tcase_add_test(tcase, a_forked_child_has_no_sim);
	tcase_add_test(tcase, the_last_unref_runs_what_is_queued);
	tcase_add_loop_test(tcase,
		the_last_unref_in_a_task_ends_the_sim_behind_it, 0, 2);
	tcase_add_test(tcase,
		after_a_shutdown_tasks_still_release_continuations);
	tcase_add_test(tcase, cancel_settles_what_is_queued_or_armed);
	tcase_add_test(tcase, a_task_is_asked_when_its_sim_is_cancelled);
	tcase_add_test(tcase, a_cancelled_task_is_no_choice_any_more);
	tcase_add_test(tcase, stats_count_as_those_of_a_pool);
	tcase_add_test(tcase, futures_outlive_their_sim);
	return suite_run(suite);
}
