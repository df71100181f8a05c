/*
 * Every call with every request for memory, and every start of a thread,
 * failing in turn: nothing leaks, nothing crashes, every future settles.
 */
#define _GNU_SOURCE
#include "support.h"
#include "fail/alloc.h"
#include "fail/thread.h"

/* It went well, or it says that something could not be had. */
static void want_of_memory(int error)
{
	ck_assert_msg(error == 0 || error == ENOMEM || error == EAGAIN,
		"%s", strerror(error));
}

/* Settles, and how; takes the reference. */
static void settles(future_t *future)
{
	ck_assert_ptr_nonnull(future);
	want_of_memory(outcome_of(future));
}

/* A pool, or NULL; then there was a reason. */
static future_executor_t *some_pool(const future_pool_options_t *options)
{
	future_executor_t *mark = (future_executor_t *)&mark, *pool = mark;
	int error = future_pool_new(options, &pool);

	want_of_memory(error);
	ck_assert((error == 0) == (pool != mark));
	return error == 0 ? pool : NULL;
}

static future_executor_t *two_threads(void)
{
	return some_pool(&(future_pool_options_t){ .threads = 2 });
}

/* Scenarios.  Each leaves nothing, whatever fails. */

static void run_pools(void)
{
	future_executor_t *one = two_threads(), *other = two_threads();

	future_executor_unref(one);
	future_executor_unref(other);
}

static void run_sim(void)
{
	future_executor_t *sim;
	int error = future_sim_new(1, &sim);

	want_of_memory(error);
	if (error != 0)
		return;
	for (int i = 0; i < 3; i++) {
		future_t *one = future_submit(NULL, nothing_task, NULL);
		future_t *then = future_then(one, error_then, NULL);
		future_t *after = future_after(sim, future_in_ms(1));
		future_t *both = FUTURE_ALL(then, after);

		settles(both);
		future_unref(one);
		future_unref(then);
		future_unref(after);
	}
	future_executor_unref(sim);
}

/* Works, as many as there are: a test's own executor. */
struct works {
	future_work_t *works[8];
	size_t count;
	int freed;
};

static int works_post(void *self, future_work_t *work)
{
	struct works *works = self;

	works->works[works->count++] = work;
	return 0;
}

static void works_free(void *self)
{
	((struct works *)self)->freed++;
}

static void run_own(void)
{
	struct works works = { .count = 0 };
	future_executor_t *own;
	int error = future_executor_new(&(future_executor_ops_t){
		.post = works_post, .free = works_free }, &works, &own);

	want_of_memory(error);
	if (error != 0)
		return;
	future_t *one = future_submit(own, nothing_task, NULL);
	future_t *then = future_then(one, error_then, NULL);
	future_t *in_time = future_timeout(then, future_in_ms(3600 * 1000));

	for (size_t i = 0; i < works.count; i++)
		future_work_run(works.works[i]);
	settles(one);
	settles(then);
	settles(in_time);
	future_executor_unref(own);
	ck_assert_int_eq(works.freed, 1);
}

static void run_submit(void)
{
	future_executor_t *pool = two_threads();
	future_t *futures[5];
	atomic_int ran = 0;
	int ok = 0;

	if (pool == NULL)
		return;
	for (int i = 0; i < 5; i++)
		futures[i] = future_submit(pool, count_task, &ran);
	for (int i = 0; i < 5; i++) {
		int error = outcome_of(futures[i]);

		want_of_memory(error);
		ok += error == 0;
	}
	future_executor_unref(pool);
	ck_assert_int_eq(ran, ok);
}

struct big {
	atomic_int *ends;
	char text[300];
};

static void big_end(void *arg)
{
	count_work(((struct big *)arg)->ends);
}

static void run_submit_with(void)
{
	future_executor_t *pool = two_threads();
	atomic_int ends = 0;
	struct big big = { &ends, "" };
	future_task_t copied = { .fn = nothing_task, .arg = &big,
		.arg_size = sizeof(big), .destroy_arg = big_end };
	future_task_t borrowed = { .fn = nothing_task, .arg = &big,
		.destroy_arg = big_end, .name = "borrowed" };

	if (pool == NULL)
		return;
	settles(future_submit_with(pool, &copied));
	settles(future_submit_with(pool, &borrowed));
	future_executor_unref(pool);
	ck_assert_int_eq(ends, 2);
}

static void run_group(void)
{
	future_executor_t *pool = two_threads();
	atomic_int ends = 0;
	struct big big = { &ends, "" };
	future_task_t child = { .fn = nothing_task, .arg = &big,
		.arg_size = sizeof(big), .destroy_arg = big_end };
	future_group_t *group;
	int error = future_group_new(pool, NULL, &group);

	want_of_memory(error);
	if (error == 0) {
		settles(future_group_submit_with(group, &child));
		/* Cancelled, if that failed. */
		future_unref(future_group_submit(group, nothing_task, NULL));
		want_of_memory(future_group_close(group));
		ck_assert_int_eq(ends, 1);
	}
	future_executor_unref(pool);
}

static void run_execute(void)
{
	future_executor_t *pool = two_threads();
	atomic_int ran = 0;
	int ok = 0;

	if (pool == NULL)
		return;
	for (int i = 0; i < 3; i++) {
		int error = future_execute(pool, count_work, &ran);

		want_of_memory(error);
		ok += error == 0;
	}
	future_executor_unref(pool);
	ck_assert_int_eq(ran, ok);
}

static void *capture(void *arg)
{
	count_work(arg);
	return arg;
}

static void release(void *arg, void *captured)
{
	(void)captured;
	atomic_fetch_sub((atomic_int *)arg, 1);
}

static void run_hooks(void)
{
	atomic_int held = 0, ran = 0;
	future_executor_t *pool = some_pool(&(future_pool_options_t){
		.threads = 1, .capture = capture, .release = release,
		.hook_arg = &held, .timing = true });
	future_t *source;

	if (pool == NULL)
		return;
	source = future_submit(pool, count_task, &ran);
	settles(future_then(source, count_then, &ran));
	settles(source);
	future_executor_unref(pool);
	ck_assert_int_eq(held, 0);
}

static void run_lane(void)
{
	future_executor_t *pool = some_pool(&(future_pool_options_t){
		.threads = 1, .timing = true });
	future_executor_t *lane = pool;
	int error;

	if (pool == NULL)
		return;
	error = future_lane_new(pool, 1, &lane);
	want_of_memory(error);
	ck_assert((error == 0) == (lane != pool));
	if (error == 0) {
		settles(future_submit(lane, nothing_task, NULL));
		future_executor_unref(lane);
	}
	future_executor_unref(pool);
}

static void run_then(void)
{
	future_executor_t *pool = two_threads();
	atomic_int ran = 0;
	future_t *source;

	if (pool == NULL)
		return;
	source = future_submit(pool, nothing_task, NULL);
	settles(future_then(source, count_then, &ran));
	settles(future_catch(source, count_then, &ran));
	settles(future_finally(source, count_then, &ran));
	settles(future_handle(source, count_then, &ran));
	settles(future_then_on(source, future_inline(), count_then, &ran));
	settles(source);
	future_executor_unref(pool);
}

static void run_then_with(void)
{
	future_executor_t *pool = two_threads();
	atomic_int ends = 0;
	struct big big = { &ends, "" };
	future_continuation_t link = { .on = FUTURE_ON_EITHER,
		.fn = error_then, .arg = &big, .arg_size = sizeof(big),
		.destroy_arg = big_end };
	future_t *source;

	if (pool == NULL)
		return;
	source = future_submit(pool, fail_task, NULL);
	settles(future_then_with(source, &link));
	future_unref(source);
	future_executor_unref(pool);
	ck_assert_int_eq(ends, 1);
}

static void run_chain(void)
{
	future_executor_t *pool = two_threads();
	atomic_int ran = 0;

	if (pool == NULL)
		return;
	settles(FUTURE_CHAIN(future_submit(pool, nothing_task, NULL),
		{ .fn = count_then, .arg = &ran },
		{ .fn = count_then, .arg = &ran },
		{ .on = FUTURE_ON_EITHER, .fn = count_then, .arg = &ran }));
	future_executor_unref(pool);
}

static void run_combine(void)
{
	future_executor_t *pool = two_threads();
	future_t *futures[3];

	if (pool == NULL)
		return;
	for (int i = 0; i < 3; i++)
		futures[i] = future_submit(pool, nothing_task, NULL);
	settles(future_all(futures, 3));
	settles(future_all_settled(futures, 3));
	settles(future_any(futures, 3));
	settles(future_race(futures, 3));
	settles(future_some(futures, 3, 2));
	for (int i = 0; i < 3; i++)
		settles(futures[i]);
	future_executor_unref(pool);
}

static future_result_t map_one(const void *item, void *arg)
{
	count_work(arg);
	return future_copy(item, 1);
}

static void run_map(void)
{
	future_executor_t *pool = two_threads();
	atomic_int ran = 0;
	future_t *map;

	if (pool == NULL)
		return;
	map = future_map(pool, "abc", 3, 1, map_one, &ran);
	want_of_memory(future_get(map).error);
	ck_assert_int_eq(future_join(map, FUTURE_FOREVER), 0);
	future_unref(map);
	ck_assert_int_le(ran, 3);
	future_executor_unref(pool);
}

static future_result_t map_nothing(const void *item, void *arg)
{
	(void)item;
	(void)arg;
	return future_ok(NULL);
}

static void run_map_with(void)
{
	future_executor_t *pool = two_threads();
	atomic_int ends = 0;

	if (pool == NULL)
		return;
	settles(future_map_with(pool, &(future_map_t){ .items = "abc",
		.count = 3, .size = 1, .fn = map_nothing, .arg = &ends,
		.destroy_arg = count_work }));
	future_executor_unref(pool);
	ck_assert_int_eq(ends, 1);
}

static int each_one(size_t begin, size_t end, void *arg)
{
	atomic_fetch_add((atomic_int *)arg, (int)(end - begin));
	return 0;
}

static void run_each(void)
{
	future_executor_t *pool = two_threads();
	atomic_int ran = 0;
	int error;

	if (pool == NULL)
		return;
	error = outcome_of(future_each(pool, 10, 3, each_one, &ran));
	want_of_memory(error);
	future_executor_unref(pool);
	ck_assert_int_eq(ran, error == 0 ? 10 : 0);
}

static void run_completion(void)
{
	future_executor_t *pool = two_threads();
	future_completion_t *done;
	future_t *next, *async;
	int error, added = 0;

	if (pool == NULL)
		return;
	error = future_completion_new(&done);
	want_of_memory(error);
	for (int i = 0; error == 0 && i < 4; i++) {
		future_t *one = future_submit(pool, nothing_task, NULL);
		int refused = future_completion_add(done, one);

		want_of_memory(refused);
		added += refused == 0;
		future_unref(one);
	}
	if (error == 0) {
		ck_assert_uint_eq(future_completion_left(done), (size_t)added);
		async = future_completion_next_async(done);
		error = future_completion_next(done, &next);
		ck_assert(error == 0 || error == ENOMEM || error == ENOENT);
		if (error == 0)
			future_unref(next);
		future_completion_free(done);
		future_unref(async);
	}
	future_executor_unref(pool);
}

static void run_promise(void)
{
	future_promise_t *mark = (future_promise_t *)&mark, *promise = mark;
	int error = future_promise_new(future_inline(), &promise);
	atomic_int ends = 0, called = 0;
	future_t *future, *ready;

	want_of_memory(error);
	ck_assert((error == 0) == (promise != mark));
	if (error != 0)
		return;
	future = future_promise_future(promise);
	ready = future_ready(future_ok(NULL));
	want_of_memory(future_promise_on_cancel(promise, NULL, count_work,
		&called));
	settles(future_then_on(ready, future_inline(), count_then, &called));
	settles(ready);
	ck_assert(future_promise_settle(promise, future_own(&ends,
		count_work)));
	ck_assert_int_eq(outcome_of(future), 0);
	future_promise_free(promise);
	ck_assert_int_eq(ends, 1);
}

static void run_abandoned_promise(void)
{
	future_promise_t *promise;
	atomic_int called = 0;
	future_t *future;
	int error;

	if (future_promise_new(future_inline(), &promise) != 0)
		return;
	future = future_promise_future(promise);
	error = future_promise_on_cancel(promise, NULL, count_work, &called);
	want_of_memory(error);
	ck_assert(future_cancel(future));
	ck_assert_int_eq(called, error == 0);
	ck_assert_int_eq(outcome_of(future), ECANCELED);
	future_promise_free(promise);
}

static future_result_t follow_task(void *arg)
{
	(void)arg;
	return future_follow(future_submit(future_current(), nothing_task,
		NULL));
}

static void run_follow(void)
{
	future_executor_t *pool = two_threads();

	if (pool == NULL)
		return;
	settles(future_submit(pool, follow_task, NULL));
	future_executor_unref(pool);
}

static future_result_t copy_task(void *arg)
{
	return future_copy(arg, 100);
}

static void run_values(void)
{
	char data[100] = "";
	atomic_int ends = 0;
	future_t *future = future_submit(future_inline(), copy_task, data);
	future_result_t mine = future_take(future);

	want_of_memory(mine.error);
	if (mine.destroy != NULL)
		mine.destroy(mine.value);
	future_unref(future);
	settles(future_ready(future_own(&ends, count_work)));
	ck_assert_int_eq(ends, 1);
}

static future_result_t wait_task(void *arg)
{
	future_t *inner = future_submit(future_current(), nothing_task, arg);

	return future_fail(outcome_of(inner) == 0 ? EAGAIN : ENOMEM);
}

static void run_wait(void)
{
	future_executor_t *pool = two_threads();

	if (pool == NULL)
		return;
	settles(future_submit(pool, wait_task, NULL));
	settles(future_submit(future_inline(), wait_task, NULL));
	future_executor_unref(pool);
}

static void run_default(void)
{
	future_t *ready = future_ready(future_ok(NULL));
	atomic_int ran = 0;

	settles(future_submit(NULL, count_task, &ran));
	settles(future_handle(ready, count_then, &ran));
	settles(ready);
	ck_assert_int_eq(future_executor_drain(NULL, FUTURE_FOREVER), 0);
}

/* Memory, and nothing else: settled, and what it waited for as before. */
static void run_holds(void)
{
	future_semaphore_t semaphore = FUTURE_SEMAPHORE_INIT(2);
	future_mutex_t mutex = FUTURE_MUTEX_INIT;
	future_t *locked = future_mutex_lock_async(&mutex), *later;

	later = future_mutex_lock_async(&mutex);
	settles(locked);
	settles(later);
	ck_assert_int_eq(future_mutex_lock_until(&mutex, FUTURE_NOW), 0);
	ck_assert_int_eq(future_mutex_unlock(&mutex), 0);
	settles(future_semaphore_acquire_async(&semaphore, 0));
	locked = future_semaphore_acquire_async(&semaphore, 2);
	later = future_semaphore_acquire_async(&semaphore, 1);
	settles(locked);
	settles(later);
	ck_assert_int_eq(future_semaphore_acquire_until(&semaphore, 2,
		FUTURE_NOW), 0);
}

static void run_passing(void)
{
	future_event_t event = FUTURE_EVENT_AUTO_INIT;
	future_latch_t latch = FUTURE_LATCH_INIT(1);
	future_t *waits = future_event_wait_async(&event), *behind;

	future_event_set(&event);
	settles(waits);
	future_event_set(&event);
	settles(future_event_wait_async(&event));
	waits = future_latch_wait_async(&latch);
	behind = future_latch_wait_async(&latch);
	ck_assert_int_eq(future_latch_count_down(&latch, 1), 0);
	settles(waits);
	settles(behind);
	settles(future_latch_wait_async(&latch));
}

/* An item is taken if the send succeeds: it is destroyed by one of two. */
static void run_channel(void)
{
	future_channel_t *mark = (future_channel_t *)&mark, *channel = mark;
	atomic_int destroyed = 0;
	int error = future_channel_new(1, count_work, &channel);
	int sent = 0;

	want_of_memory(error);
	ck_assert((error == 0) == (channel != mark));
	if (error != 0)
		return;
	error = outcome_of(future_channel_send_async(channel, &destroyed));
	want_of_memory(error);
	sent += error == 0;
	ck_assert_int_eq(destroyed, 0);
	if (sent == 1) {
		error = outcome_of(future_channel_recv_async(channel));
		want_of_memory(error);
		ck_assert_int_eq(destroyed, error == 0);
	}
	sent += future_channel_send_until(channel, &destroyed, FUTURE_NOW) == 0;
	future_channel_unref(channel);
	ck_assert_int_eq(destroyed, sent);
}

static future_result_t run_again(void *arg)
{
	return --*(int *)arg == 0 ? future_fail(EAGAIN) : future_ok(NULL);
}

static void run_timers(void)
{
	future_executor_t *pool = two_threads();
	int runs = 3;
	future_t *task;

	if (pool == NULL)
		return;
	settles(future_after(pool, future_in_ms(1)));
	task = future_submit(pool, nothing_task, NULL);
	settles(future_timeout(task, future_in_ms(100000)));
	future_unref(task);
	settles(future_every(pool, &(future_schedule_t){ .period_ns = 1000,
		.fn = run_again, .arg = &runs, .arg_size = sizeof(runs) }));
	future_executor_unref(pool);
}

/* Attempts of which the second follows another task. */

struct tries {
	future_executor_t *pool;
	atomic_int *destroyed;
	int runs;
};

/* Where the attempts run, whatever one could not have. */
static bool is_worth(future_result_t failure, void *arg)
{
	ck_assert_ptr_eq(future_current(), ((struct tries *)arg)->pool);
	return failure.error == EAGAIN || failure.error == EIO;
}

static void tries_end(void *arg)
{
	count_work(((struct tries *)arg)->destroyed);
}

static future_result_t run_try(void *arg)
{
	struct tries *tries = arg;

	if (++tries->runs % 2 == 0)
		return future_follow(future_submit(future_current(), fail_task,
			NULL));
	return tries->runs < 3 ? future_fail(EAGAIN) : future_ok(NULL);
}

static void run_retry(void)
{
	future_executor_t *pool = two_threads();
	atomic_int destroyed = 0;
	struct tries tries = { pool, &destroyed, 0 };

	if (pool == NULL)
		return;
	settles(future_retry(pool, &(future_retry_t){ .attempts = 5,
		.backoff_ns = 1000, .fn = run_try, .worth = is_worth,
		.arg = &tries, .arg_size = sizeof(tries),
		.destroy_arg = tries_end }));
	future_executor_unref(pool);
	ck_assert_int_eq(destroyed, 1);
}

/* Who cannot have a timer does not wait for one. */
static void run_limiter(void)
{
	future_limiter_t *mark = (future_limiter_t *)&mark, *limiter = mark;
	int error = future_limiter_new(1000, 1000000, 5, &limiter);
	future_t *first, *second;

	want_of_memory(error);
	ck_assert((error == 0) == (limiter != mark));
	if (error != 0)
		return;
	ck_assert_int_eq(future_limiter_acquire(limiter, 4), 0);
	first = future_limiter_acquire_async(limiter, 5);
	second = future_limiter_acquire_async(limiter, 2);
	want_of_memory(future_limiter_acquire_until(limiter, 3,
		future_in_ms(100000)));
	future_limiter_unref(limiter);
	settles(first);
	settles(second);
}

static const struct scenario {
	const char *name;
	void (*run)(void);
} scenarios[] = {
	{ "pools", run_pools },
	{ "sim", run_sim },
	{ "own", run_own },
	{ "submit", run_submit },
	{ "submit_with", run_submit_with },
	{ "group", run_group },
	{ "execute", run_execute },
	{ "hooks", run_hooks },
	{ "lane", run_lane },
	{ "then", run_then },
	{ "then_with", run_then_with },
	{ "chain", run_chain },
	{ "combine", run_combine },
	{ "map", run_map },
	{ "map_with", run_map_with },
	{ "each", run_each },
	{ "completion", run_completion },
	{ "promise", run_promise },
	{ "abandoned promise", run_abandoned_promise },
	{ "follow", run_follow },
	{ "values", run_values },
	{ "wait", run_wait },
	{ "holds", run_holds },
	{ "passing", run_passing },
	{ "channel", run_channel },
	{ "timers", run_timers },
	{ "retry", run_retry },
	{ "limiter", run_limiter },
};

enum { SCENARIOS = sizeof(scenarios) / sizeof(scenarios[0]) };

/* What a call that fails has made for itself it does not leave to break. */
static atomic_int broken;

static void note_broken(void *arg, const future_unobserved_t *lost)
{
	(void)arg;
	if (lost->error == EOWNERDEAD)
		atomic_fetch_add(&broken, 1);
}

/* Runs it, until nothing of it is left; returns what is then given out. */
static long scenario_run(const struct scenario *scenario)
{
	future_set_unobserved(note_broken, NULL);
	scenario->run();
	ck_assert_int_eq(future_executor_drain(NULL, FUTURE_FOREVER), 0);
	ck_assert_msg(broken == 0, "%s: broken, and nobody looked",
		scenario->name);
	return fail_alloc_live();
}

/* Until it asks for less than what would fail.  Returns how often that was. */
static long fail_each_alloc(const struct scenario *scenario, bool rest,
	bool balanced)
{
	/* The first round makes what is kept for ever. */
	long live = scenario_run(scenario), now, nth = 0, asked;

	do {
		fail_alloc(++nth, rest);
		now = scenario_run(scenario);
		asked = fail_alloc_asked();
		fail_alloc(0, false);
		ck_assert_msg(!balanced || now == live,
			"%s: %ld pieces lost at request %ld", scenario->name,
			now - live, nth);
	} while (nth <= asked);
	return asked;
}

START_TEST(every_call_survives_each_request_for_memory_that_fails)
{
	ck_assert_ptr_nonnull(future_default());
	ck_assert_int_gt(fail_each_alloc(&scenarios[_i], false, true), 0);
}
END_TEST

START_TEST(every_call_survives_the_end_of_memory)
{
	ck_assert_ptr_nonnull(future_default());
	ck_assert_int_gt(fail_each_alloc(&scenarios[_i], true, true), 0);
}
END_TEST

START_TEST(the_cache_survives_each_request_for_memory_that_fails)
{
	fail_alloc_cached();
	ck_assert_ptr_nonnull(future_default());
	fail_each_alloc(&scenarios[_i], _i % 2 == 0, false);
}
END_TEST

START_TEST(every_call_survives_each_thread_that_does_not_start)
{
	const struct scenario *scenario = &scenarios[_i];
	long live, now;
	int nth = 0;

	ck_assert_ptr_nonnull(future_default());
	live = scenario_run(scenario);
	do {
		fail_thread(++nth);
		now = scenario_run(scenario);
		ck_assert_msg(now == live, "%s: %ld pieces lost at thread %d",
			scenario->name, now - live, nth);
	} while (nth <= fail_thread_count());
	fail_thread(0);
}
END_TEST

/* The default executor starts once in a process: one failure, one process. */

START_TEST(a_default_executor_without_memory_comes_later)
{
	fail_alloc(_i, false);
	run_default();
	fail_alloc(0, false);
	ck_assert_ptr_nonnull(future_default());
	ck_assert_int_eq(outcome_of(future_submit(NULL, nothing_task, NULL)),
		0);
}
END_TEST

START_TEST(a_default_executor_without_threads_comes_later)
{
	fail_thread(_i);
	run_default();
	fail_thread(0);
	ck_assert_ptr_nonnull(future_default());
	ck_assert_int_eq(outcome_of(future_submit(NULL, nothing_task, NULL)),
		0);
}
END_TEST

/* Completion, waits, cancel and the end ask for no memory at all. */

START_TEST(what_ends_things_asks_for_no_memory)
{
	future_executor_t *pool = two_threads();
	struct gate gate = GATE_INIT;
	atomic_int ran = 0;
	future_promise_t *promise;
	future_t *running, *queued, *next, *promised, *both;

	ck_assert_int_eq(future_promise_new(pool, &promise), 0);
	promised = future_promise_future(promise);
	occupy(pool, 1, &gate);
	running = future_submit(pool, pass_task, &gate);
	gate_await(&gate, 2);
	queued = future_submit(pool, count_task, &ran);
	next = future_then(running, count_then, &ran);
	both = FUTURE_ALL(running, promised);
	fail_alloc(1, true);
	ck_assert_int_eq(future_wait(running, FUTURE_NOW), ETIMEDOUT);
	ck_assert_int_eq(future_wait(running, future_in_ms(1)), ETIMEDOUT);
	ck_assert(future_cancel(queued));
	gate_open(&gate);
	ck_assert_int_eq(future_get(next).error, 0);
	ck_assert(future_promise_settle(promise, future_ok(NULL)));
	ck_assert_int_eq(future_get(both).error, 0);
	ck_assert_int_eq(future_take(promised).error, 0);
	future_promise_free(promise);
	ck_assert_int_eq(future_executor_drain(pool, FUTURE_FOREVER), 0);
	future_executor_shutdown(pool);
	ck_assert_uint_eq(future_executor_cancel(pool), 0);
	ck_assert_int_eq(future_executor_join(pool, FUTURE_FOREVER), 0);
	future_unref(running);
	future_unref(queued);
	future_unref(next);
	future_unref(promised);
	future_unref(both);
	future_executor_unref(pool);
	ck_assert_int_eq(fail_alloc_asked(), 0);
	ck_assert_int_eq(ran, 1);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("oom");
	TCase *tcase = suite_case(suite, "memory");

	tcase_add_loop_test(tcase,
		every_call_survives_each_request_for_memory_that_fails,
		0, SCENARIOS);
	tcase_add_loop_test(tcase, every_call_survives_the_end_of_memory,
		0, SCENARIOS);
	tcase_add_loop_test(tcase,
		the_cache_survives_each_request_for_memory_that_fails,
		0, SCENARIOS);
	tcase_add_loop_test(tcase,
		every_call_survives_each_thread_that_does_not_start,
		0, SCENARIOS);
	tcase_add_loop_test(tcase,
		a_default_executor_without_memory_comes_later,
		1, 20);
	tcase_add_loop_test(tcase,
		a_default_executor_without_threads_comes_later,
		1, 4);
	tcase_add_test(tcase, what_ends_things_asks_for_no_memory);
	return suite_run(suite);
}
