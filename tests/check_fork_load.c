/* Forks while the threads of the parent are in the middle of everything. */
#define _GNU_SOURCE
#include "child.h"

struct storm {
	future_executor_t *pool;
	future_t *settled, *pending;
	atomic_bool over;
	struct gate blowing;
	atomic_int ran;
};

/* Keeps every lock of the library busy. */
static void storm_once(struct storm *storm)
{
	future_t *first = future_submit(storm->pool, count_task, &storm->ran);
	future_t *next = future_then(first, count_then, &storm->ran);
	future_t *leg = future_then(storm->pending, count_then, &storm->ran);
	future_t *race = FUTURE_RACE(storm->pending, next);
	future_executor_stats_t stats;

	future_executor_stats(storm->pool, &stats);
	if (future_get(race).error != 0)
		abort();
	future_cancel(leg);
	future_unref(leg);
	future_unref(race);
	future_unref(next);
	future_unref(first);
}

static void *storm_main(void *arg)
{
	struct storm *storm = arg;

	gate_pass(&storm->blowing);
	while (!atomic_load(&storm->over))
		storm_once(storm);
	return NULL;
}

static void *pools_main(void *arg)
{
	struct storm *storm = arg;

	gate_pass(&storm->blowing);
	while (!atomic_load(&storm->over)) {
		future_executor_t *pool = pool_of(2);

		if (future_execute(pool, count_work, &storm->ran) != 0)
			abort();
		future_executor_unref(pool);
	}
	return NULL;
}

static void refused_child(void *arg)
{
	struct storm *storm = arg;
	atomic_int ran = 0;

	CHILD_ASSERT(future_execute(storm->pool, count_work, &ran) == ECHILD);
	CHILD_ASSERT(outcome_of(future_submit(storm->pool, count_task,
		&ran)) == ECHILD);
	CHILD_ASSERT(future_get(storm->pending).error == ECHILD);
	CHILD_ASSERT(outcome_of(future_then(storm->pending, count_then,
		&ran)) == ECHILD);
	CHILD_ASSERT(!future_cancel(storm->pending));
	CHILD_ASSERT(future_executor_drain(storm->pool, FUTURE_FOREVER) ==
		ECHILD);
	CHILD_ASSERT(future_get(storm->settled).error == 0);
	future_unref(storm->pending);
	future_unref(storm->settled);
	future_executor_unref(storm->pool);
	CHILD_ASSERT(ran == 0);
}

static void busy_child(void *arg)
{
	future_executor_t *pool;
	atomic_int ran = 0;

	refused_child(arg);
	CHILD_ASSERT(future_pool_new(&(future_pool_options_t){
		.threads = 2 }, &pool) == 0);
	for (int i = 0; i < 100; i++) {
		future_t *first = future_submit(pool, count_task, &ran);

		CHILD_ASSERT(outcome_of(future_then(first, count_then,
			&ran)) == 0);
		future_unref(first);
	}
	future_executor_unref(pool);
	CHILD_ASSERT(ran == 200);
}

/* Forks `count` times while four threads blow. */
static void storm_run(size_t count, void (*body)(void *arg))
{
	struct storm storm = { .pool = pool_of(2), .blowing = GATE_OPEN };
	future_promise_t *promise;
	pthread_t threads[4];

	ck_assert_int_eq(future_promise_new(storm.pool, &promise), 0);
	storm.pending = future_promise_future(promise);
	storm.settled = future_ready(future_ok(NULL));
	for (int i = 0; i < 4; i++)
		threads[i] = thread_start(i == 0 ? pools_main : storm_main,
			&storm);
	gate_await(&storm.blowing, 4);
	for (size_t i = 0; i < count; i++) {
		int status = in_child(body, &storm);

		ck_assert_msg(WIFEXITED(status), "ended by signal %d",
			WTERMSIG(status));
		ck_assert_int_eq(WEXITSTATUS(status), 0);
	}
	atomic_store(&storm.over, true);
	for (int i = 0; i < 4; i++)
		thread_finish(threads[i]);
	future_promise_free(promise);
	future_unref(storm.pending);
	future_unref(storm.settled);
	future_executor_unref(storm.pool);
}

START_TEST(a_child_of_the_storm_is_refused_and_never_hangs)
{
	if (skipped(under_asan(), "this malloc may be left locked in a child"))
		return;
	storm_run(scaled(150), refused_child);
}
END_TEST

START_TEST(a_child_of_the_storm_can_make_a_pool)
{
	if (skipped(under_asan(), "this malloc may be left locked in a child"))
		return;
	if (skipped(under_tsan(), "ThreadSanitizer dies when the child of "
			"a process with threads starts one"))
		return;
	storm_run(scaled(150), busy_child);
}
END_TEST

/* Settled, and its many hooks are being fired: locked, as often as not. */

enum { HOOKS = 100000 };

struct fired {
	future_t *future, *hung[HOOKS];
	future_promise_t *promise;
	atomic_bool over;
	struct gate end;	/* a finished thread looks leaked in a child */
};

static void *fire_main(void *arg)
{
	struct fired *fired = arg;

	future_promise_settle(fired->promise, future_ok(NULL));
	atomic_store(&fired->over, true);
	gate_pass(&fired->end);
	return NULL;
}

static void race_child(void *arg)
{
	struct fired *fired = arg;
	future_t *race = FUTURE_RACE(fired->future);

	alarm(30);
	CHILD_ASSERT(outcome_of(race) == 0);
}

static void fork_while_fired(struct fired *fired)
{
	pthread_t thread;

	ck_assert_int_eq(future_promise_new(future_inline(), &fired->promise),
		0);
	fired->future = future_promise_future(fired->promise);
	atomic_store(&fired->over, false);
	fired->end = (struct gate)GATE_INIT;
	for (size_t i = 0; i < HOOKS; i++)
		fired->hung[i] = FUTURE_ALL(fired->future);
	thread = thread_start(fire_main, fired);
	while (future_state(fired->future) == FUTURE_PENDING)
		sched_yield();
	while (!atomic_load(&fired->over))
		ck_assert_int_eq(in_child(race_child, fired), 0);
	gate_open(&fired->end);
	thread_finish(thread);
	for (size_t i = 0; i < HOOKS; i++)
		future_unref(fired->hung[i]);
	future_unref(fired->future);
	future_promise_free(fired->promise);
}

START_TEST(a_race_of_what_is_being_fired_settles_in_a_child)
{
	struct fired *fired;

	if (skipped(under_asan(), "this malloc may be left locked in a child"))
		return;
	fired = calloc(1, sizeof(*fired));
	ck_assert_ptr_nonnull(fired);
	for (size_t i = 0; i < scaled(5); i++)
		fork_while_fired(fired);
	free(fired);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("fork under load");
	TCase *tcase = suite_case(suite, "storm");

	tcase_add_test(tcase, a_child_of_the_storm_is_refused_and_never_hangs);
	tcase_add_test(tcase, a_child_of_the_storm_can_make_a_pool);
	tcase_add_test(tcase,
		a_race_of_what_is_being_fired_settles_in_a_child);
	return suite_run(suite);
}
