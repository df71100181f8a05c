/* The report: what lives, who does what, and who waits for whom. */
#define _GNU_SOURCE
#include "reporting.h"

#include <sys/wait.h>

static future_result_t nothing(void *arg)
{
	(void)arg;
	return future_ok(NULL);
}

static future_result_t get(void *future)
{
	return future_get(future);
}

START_TEST(a_stream_is_needed)
{
	ck_assert_int_eq(future_report(NULL), EINVAL);
}
END_TEST

START_TEST(a_stream_that_fails_is_said)
{
	FILE *full = fopen("/dev/full", "w");

	if (full == NULL) {
		puts("skipped: no /dev/full");
		return;
	}
	ck_assert_int_eq(future_report(full), ENOSPC);
	fclose(full);
	/* Now at once, as on stderr, not only when all is there. */
	full = fopen("/dev/full", "w");
	setvbuf(full, NULL, _IONBF, 0);
	ck_assert_int_eq(future_report(full), ENOSPC);
	fclose(full);
}
END_TEST

START_TEST(executors_come_and_go)
{
	future_executor_t *pool = pool_named("come", 3), *lane = NULL;

	ck_assert_int_eq(future_lane_new(pool, 1, &lane), 0);
	await_text("3 idle");
	says("pool \"come\": 0 queued (peak 0), 0 running, 0 done");
	says("lane on a pool: 0 queued");
	future_executor_unref(lane);
	future_executor_unref(pool);
	report();
	says_not("\"come\"");
	says_not("lane");
}
END_TEST

START_TEST(what_a_worker_runs_has_its_name_and_time)
{
	future_event_t event = FUTURE_EVENT_INIT;
	future_executor_t *pool = pool_named("run", 1);
	future_t *first = task(pool, "stuck", wait_for_event, &event);
	future_t *second = task(pool, "next", nothing, NULL);

	await_text("  run-0 sleeps in \"stuck\", begun 0.");
	says(" s ago, waits for an event\n");
	says("pool \"run\": 1 queued (peak ");
	says("  1 of \"stuck\": 0 pending, 1 running, 0 settled; the oldest");
	says("  1 of \"next\": 1 pending, 0 running, 0 settled; the oldest");
	future_event_set(&event);
	ck_assert_int_eq(future_get(second).error, 0);
	future_unref(first);
	future_unref(second);
	future_executor_unref(pool);
	report();
	says_not("stuck");
	says("0 futures with a name or a site");
	says("\nfutures without a name or a site are not listed: ");
}
END_TEST

static future_semaphore_t semaphore = FUTURE_SEMAPHORE_INIT(0);
static future_latch_t latch = FUTURE_LATCH_INIT(1);
static future_mutex_t mutex = FUTURE_MUTEX_INIT;
static future_channel_t *empty, *full;
static future_t *never;

static future_result_t acquire(void *arg)
{
	(void)arg;
	return future_fail(future_semaphore_acquire(&semaphore, 1));
}

static future_result_t count_down(void *arg)
{
	(void)arg;
	return future_fail(future_latch_wait(&latch));
}

static future_result_t lock(void *arg)
{
	(void)arg;
	return future_fail(future_mutex_lock_until(&mutex, FUTURE_FOREVER));
}

static future_result_t receive(void *arg)
{
	(void)arg;
	return future_fail(future_channel_recv(empty, &arg));
}

static future_result_t send_another(void *arg)
{
	return future_fail(future_channel_send(full, arg));
}

static future_result_t wait_an_hour(void *arg)
{
	(void)arg;
	return future_fail(future_wait(never, future_in_ms(3600000)));
}

static const struct {
	future_task_fn *fn;
	const char *for_what;
} waits[] = {
	{ acquire, "a semaphore" },
	{ count_down, "a latch" },
	{ lock, "a mutex" },
	{ receive, "an item of a channel" },
	{ send_another, "room in a channel" },
	{ wait_an_hour, "a future" },
};

/* A cancel ends each of them. */
START_TEST(what_kind_of_thing_a_worker_waits_for_is_said)
{
	future_executor_t *pool = pool_named("asleep", 1);
	future_promise_t *promise;
	char line[80];

	ck_assert_int_eq(future_promise_new(NULL, &promise), 0);
	never = future_promise_future(promise);
	ck_assert_int_eq(future_channel_new(1, NULL, &empty), 0);
	ck_assert_int_eq(future_channel_new(1, NULL, &full), 0);
	ck_assert_int_eq(future_channel_send(full, NULL), 0);
	ck_assert_int_eq(future_mutex_lock(&mutex), 0);
	for (size_t i = 0; i < sizeof(waits) / sizeof(waits[0]); i++) {
		future_t *future = task(pool, "w", waits[i].fn, NULL);

		await_text("sleeps in \"w\", begun 0.");
		snprintf(line, sizeof(line), " s ago, waits for %s\n",
			waits[i].for_what);
		says(line);
		ck_assert(future_cancel(future));
		ck_assert_int_eq(future_join(future, FUTURE_FOREVER), 0);
		future_unref(future);
		await_text("1 idle");
	}
	future_mutex_unlock(&mutex);
	future_channel_unref(empty);
	future_channel_unref(full);
	future_unref(never);
	future_promise_free(promise);
	future_executor_unref(pool);
}
END_TEST

static future_t *inner;

static future_result_t get_inner(void *arg)
{
	(void)arg;
	return future_get(inner);
}

START_TEST(who_waits_for_what_is_said)
{
	future_promise_t *promise = NULL;
	future_executor_t *pool = pool_named("wait", 1);
	future_t *outer;

	ck_assert_int_eq(future_promise_new(pool, &promise), 0);
	inner = future_name(future_promise_future(promise), "answer",
		"here.c:7");
	outer = task(pool, "asker", get_inner, NULL);
	await_text("  wait-0, in \"asker\", waits for \"answer\" (here.c:7)\n");
	says("1 executor, 1 wait in functions, 2 futures with");
	says_not("are not listed");
	future_promise_settle(promise, future_ok(NULL));
	ck_assert_int_eq(future_get(outer).error, 0);
	report();
	says("0 waits in functions");
	future_unref(outer);
	future_unref(inner);
	future_promise_free(promise);
	future_executor_unref(pool);
}
END_TEST

START_TEST(where_it_runs_is_said_of_what_runs_still)
{
	future_event_t event = FUTURE_EVENT_INIT;
	future_executor_t *pool = pool_named("asked", 1);
	future_executor_t *askers = pool_named("asks", 1);
	future_t *outer;

	inner = task(pool, "long", wait_for_event, &event);
	await_text("  asked-0 sleeps in \"long\"");
	outer = task(askers, "asker", get_inner, NULL);
	await_text("  asks-0, in \"asker\", waits for \"long\", "
		"which runs on asked-0\n");
	future_event_set(&event);
	ck_assert_int_eq(future_get(outer).error, 0);
	future_unref(outer);
	future_unref(inner);
	future_executor_unref(askers);
	future_executor_unref(pool);
}
END_TEST

static future_result_t follow_never(void *arg)
{
	(void)arg;
	return future_follow(future_ref(never));
}

/* Its function has returned; it settles as another one does. */
START_TEST(where_it_ran_is_said_of_what_follows)
{
	future_executor_t *pool = pool_named("asks", 2);
	future_promise_t *promise;
	future_t *outer;

	ck_assert_int_eq(future_promise_new(pool, &promise), 0);
	never = future_promise_future(promise);
	inner = task(pool, "follower", follow_never, NULL);
	outer = task(pool, "asker", get_inner, NULL);
	await_text(", in \"asker\", waits for \"follower\", "
		"which ran on asks-");
	future_promise_settle(promise, future_ok(NULL));
	ck_assert_int_eq(future_get(outer).error, 0);
	future_unref(outer);
	future_unref(inner);
	future_unref(never);
	future_promise_free(promise);
	future_executor_unref(pool);
}
END_TEST

static future_t *both[2];

static future_result_t get_other(future_result_t in, void *other)
{
	(void)in;
	return future_get(*(future_t **)other);
}

/* Two that wait for each other: which is told is for them to find out. */
START_TEST(the_last_deadlock_is_remembered)
{
	future_promise_t *start = NULL;
	future_executor_t *pool = pool_named("knot", 2);
	future_t *begin;

	ck_assert_int_eq(future_promise_new(pool, &start), 0);
	begin = future_promise_future(start);
	for (int i = 0; i < 2; i++) {
		const future_continuation_t then = { .fn = get_other,
			.arg = &both[1 - i], .name = i == 0 ? "ping" : "pong" };

		both[i] = future_then_with(begin, &then);
	}
	future_promise_settle(start, future_ok(NULL));
	for (int i = 0; i < 2; i++)
		ck_assert_int_eq(future_get(both[i]).error, EDEADLK);
	report();
	says("EDEADLK, 0.");
	says(", in \"ping\", waits for \"pong\", which ran on knot-");
	says(", in \"pong\", waits for \"ping\", which ran on knot-");
	for (int i = 0; i < 2; i++)
		future_unref(both[i]);
	future_unref(begin);
	future_promise_free(start);
	future_executor_unref(pool);
}
END_TEST

static future_result_t get_own(future_result_t in, void *own)
{
	(void)in;
	return future_get(*(future_t **)own);
}

START_TEST(a_parents_deadlock_is_not_its_childs)
{
	FUTURE_AUTO future_t *ready = NULL;
	future_promise_t *start = NULL;
	int status = -1;
	pid_t child;

	ck_assert_int_eq(future_promise_new(future_inline(), &start), 0);
	ready = future_promise_future(start);
	inner = future_then(ready, get_own, &inner);
	future_promise_settle(start, future_ok(NULL));
	ck_assert_int_eq(future_get(inner).error, EDEADLK);
	report();
	says("EDEADLK, 0.");
	child = fork();
	if (child == 0)
		_exit(strstr(report(), "EDEADLK") != NULL);
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	ck_assert_int_eq(status, 0);
	future_unref(inner);
	future_promise_free(start);
}
END_TEST

START_TEST(futures_are_counted_by_site)
{
	future_t *futures[3];

	for (int i = 0; i < 3; i++)
		futures[i] = future_name(future_ready(future_ok(NULL)), NULL,
			i == 0 ? "one.c:1" : "many.c:2");
	/* What it has already stays. */
	future_name(futures[0], "first", "other.c:3");
	report();
	says("  1 of \"first\" (one.c:1): 0 pending, 0 running, 1 settled");
	says("  2 of (many.c:2): 0 pending, 0 running, 2 settled");
	says_not("other.c");
	for (int i = 0; i < 3; i++)
		future_unref(futures[i]);
	report();
	says_not("many.c");
	ck_assert_ptr_null(future_name(NULL, "nobody", NULL));
}
END_TEST

START_TEST(timers_are_counted)
{
	future_executor_t *pool = pool_named("time", 1);
	future_t *hour = future_after(pool, future_in_ms(3600000));

	report();
	says("  1 timer, the first is due in 3599.");
	future_cancel(hour);
	future_unref(hour);
	report();
	says_not("the first is due");
	future_executor_unref(pool);
}
END_TEST

static void note_name(void *ret_lost, const future_unobserved_t *lost)
{
	*(future_unobserved_t *)ret_lost = *lost;
}

static future_result_t fail_at_once(void *arg)
{
	(void)arg;
	return future_fail(EIO);
}

START_TEST(who_is_told_of_an_error_has_its_name)
{
	future_unobserved_t lost = { 0, NULL, NULL };

	future_set_unobserved(note_name, &lost);
	future_unref(future_name(task(future_inline(), "load", fail_at_once,
		NULL), NULL, "load.c:9"));
	ck_assert_int_eq(lost.error, EIO);
	ck_assert_str_eq(lost.name, "load");
	ck_assert_str_eq(lost.site, "load.c:9");
}
END_TEST

/* Reports from two threads while futures with names come and go. */
static void report_to_nobody(void)
{
	FILE *null = fopen("/dev/null", "w");

	ck_assert_int_eq(future_report(null), 0);
	fclose(null);
}

static void *report_often(void *arg)
{
	for (int i = 0; i < 100; i++)
		report_to_nobody();
	return arg;
}

START_TEST(reports_while_everything_moves)
{
	future_executor_t *pool = pool_named("busy", 2);
	pthread_t threads[2];

	for (int i = 0; i < 2; i++)
		pthread_create(&threads[i], NULL, report_often, NULL);
	for (size_t i = 0; i < scaled(20000); i++) {
		future_t *first = task(pool, "one", nothing, NULL);
		future_t *second = task(pool, "two", get, first);

		future_get(second);
		future_unref(second);
		future_unref(first);
	}
	for (int i = 0; i < 2; i++)
		pthread_join(threads[i], NULL);
	future_executor_unref(pool);
}
END_TEST

static atomic_bool enough;

static void *report_on_and_on(void *arg)
{
	while (!atomic_load(&enough))
		report_to_nobody();
	return arg;
}

static future_result_t report_and_fail(void *arg)
{
	(void)arg;
	report_to_nobody();
	return future_fail(EIO);
}

static void report_what_was_lost(void *arg, const future_unobserved_t *lost)
{
	(void)arg;
	(void)lost;
	report_to_nobody();
}

/* Of a pool, a lane on it, a loop and their tasks, from birth to death. */
static void live(void)
{
	future_executor_t *pool = pool_named("short", 2), *lane, *loop;

	ck_assert_int_eq(future_lane_new(pool, 1, &lane), 0);
	ck_assert_int_eq(future_loop_new(&loop), 0);
	future_unref(task(pool, "fails", report_and_fail, NULL));
	future_unref(task(lane, "fails", report_and_fail, NULL));
	future_unref(task(loop, "runs", nothing, NULL));
	future_unref(future_after(loop, FUTURE_NOW));
	future_unref(future_after(lane, future_in_ms(1)));
	future_executor_unref(loop);
	future_executor_unref(lane);
	future_executor_unref(pool);
}

START_TEST(reports_while_executors_begin_and_end)
{
	pthread_t thread;

	future_set_unobserved(report_what_was_lost, NULL);
	pthread_create(&thread, NULL, report_on_and_on, NULL);
	for (size_t i = 0; i < 200; i++)
		live();
	atomic_store(&enough, true);
	pthread_join(thread, NULL);
	report();
	says("0 executors, 0 waits in functions, 0 futures with a name or");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("report");
	TCase *tcase = suite_case(suite, "report");

	tcase_add_test(tcase, a_stream_is_needed);
	tcase_add_test(tcase, a_stream_that_fails_is_said);
	tcase_add_test(tcase, executors_come_and_go);
	tcase_add_test(tcase, what_a_worker_runs_has_its_name_and_time);
	tcase_add_test(tcase, what_kind_of_thing_a_worker_waits_for_is_said);
	tcase_add_test(tcase, who_waits_for_what_is_said);
	tcase_add_test(tcase, where_it_runs_is_said_of_what_runs_still);
	tcase_add_test(tcase, where_it_ran_is_said_of_what_follows);
	tcase_add_test(tcase, the_last_deadlock_is_remembered);
	tcase_add_test(tcase, a_parents_deadlock_is_not_its_childs);
	tcase_add_test(tcase, futures_are_counted_by_site);
	tcase_add_test(tcase, timers_are_counted);
	tcase_add_test(tcase, who_is_told_of_an_error_has_its_name);
	tcase_add_test(tcase, reports_while_everything_moves);
	tcase_add_test(tcase, reports_while_executors_begin_and_end);
	return suite_run(suite);
}
