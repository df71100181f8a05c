/*
 * The hooks of a pool, by what they are for: the id of a request, in a
 * thread-local variable, is there wherever the request leads.
 */
#define _GNU_SOURCE
#include "support.h"

static _Thread_local int request;

/* Allocated for each capture: a second release is seen by whoever watches. */
struct carried {
	int id;
	int before;	/* of the thread: a wait may run another task inside */
	int runs;
};

/* What the hooks of one pool have done. */
struct carrier {
	atomic_int captures, releases, runs;
	atomic_int strays;	/* what should have an id has another */
};

static void *carry_capture(void *arg)
{
	struct carrier *carrier = arg;
	struct carried *carried = malloc(sizeof(*carried));

	ck_assert_ptr_nonnull(carried);
	*carried = (struct carried){ .id = request };
	count_work(&carrier->captures);
	return carried;
}

static void carry_before(void *arg, void *captured, const char *name)
{
	struct carrier *carrier = arg;
	struct carried *carried = captured;

	(void)name;
	carried->before = request;
	carried->runs++;
	request = carried->id;
	count_work(&carrier->runs);
}

static void carry_after(void *arg, void *captured, const char *name, int error)
{
	struct carrier *carrier = arg;
	struct carried *carried = captured;

	(void)name;
	(void)error;
	if (request != carried->id)
		count_work(&carrier->strays);
	request = carried->before;
}

static void carry_release(void *arg, void *captured)
{
	struct carrier *carrier = arg;

	count_work(&carrier->releases);
	free(captured);
}

static future_pool_options_t carrying(struct carrier *carrier, size_t threads)
{
	return (future_pool_options_t){ .threads = threads,
		.capture = carry_capture, .before = carry_before,
		.after = carry_after, .release = carry_release,
		.hook_arg = carrier };
}

static future_executor_t *carrying_pool(struct carrier *carrier,
	size_t threads)
{
	future_pool_options_t options = carrying(carrier, threads);

	return pool_with(&options);
}

static future_executor_t *lane_on(future_executor_t *parent, size_t limit)
{
	future_executor_t *lane = NULL;

	ck_assert_int_eq(future_lane_new(parent, limit, &lane), 0);
	return lane;
}

static future_promise_t *promise_on(future_executor_t *executor)
{
	future_promise_t *promise = NULL;

	ck_assert_int_eq(future_promise_new(executor, &promise), 0);
	return promise;
}

/* So many captures, each released; so many calls of a function. */
static void check_counts(const struct carrier *carrier, int captures, int runs)
{
	ck_assert_int_eq(carrier->strays, 0);
	ck_assert_int_eq(carrier->captures, captures);
	ck_assert_int_eq(carrier->releases, captures);
	ck_assert_int_eq(carrier->runs, runs);
}

static future_result_t id_task(void *arg)
{
	(void)arg;
	return future_ok_int(request);
}

static future_result_t id_then(future_result_t in, void *arg)
{
	(void)in;
	return id_task(arg);
}

static void id_work(void *arg)
{
	atomic_store((atomic_int *)arg, request);
}

/* The id that a future saw; takes the reference. */
static int id_of(future_t *future)
{
	future_result_t result = future_get(future);

	ck_assert_int_eq(result.error, 0);
	future_unref(future);
	return (int)future_result_int(result);
}

static void *settle_main(void *promise)
{
	request = 99;	/* whoever settles has one of his own */
	ck_assert(future_promise_settle(promise, future_ok(NULL)));
	return NULL;
}

static void settle_elsewhere(future_promise_t *promise)
{
	thread_finish(thread_start(settle_main, promise));
}

START_TEST(a_lane_carries_what_its_pool_does)
{
	struct carrier carrier = { 0 };
	future_executor_t *pool = carrying_pool(&carrier, 2);
	future_executor_t *lane = lane_on(pool, 1), *upper = lane_on(lane, 1);
	atomic_int seen = 0;
	future_t *first;

	request = 7;
	first = future_submit(lane, id_task, NULL);
	ck_assert_int_eq(id_of(future_then(first, id_then, NULL)), 7);
	ck_assert_int_eq(id_of(first), 7);
	request = 8;
	ck_assert_int_eq(id_of(future_submit(upper, id_task, NULL)), 8);
	ck_assert_int_eq(future_execute(upper, id_work, &seen), 0);
	future_executor_unref(upper);
	future_executor_unref(lane);
	future_executor_unref(pool);
	ck_assert_int_eq(seen, 8);
	check_counts(&carrier, 4, 4);
}
END_TEST

START_TEST(what_a_lane_drops_or_refuses_is_released)
{
	struct carrier carrier = { 0 };
	future_executor_t *pool = carrying_pool(&carrier, 1);
	future_executor_t *lane = lane_on(pool, 1);
	struct gate gate = GATE_INIT;
	future_t *cancelled;
	atomic_int ran = 0;

	occupy(lane, 1, &gate);
	cancelled = future_submit(lane, count_task, &ran);
	ck_assert(future_cancel(cancelled));
	for (int i = 0; i < 10; i++)
		future_unref(future_submit(lane, count_task, &ran));
	ck_assert_uint_eq(future_executor_cancel(lane), 10);
	ck_assert_int_eq(carrier.releases, 11);
	ck_assert_int_eq(outcome_of(future_submit(lane, count_task, &ran)),
		ESHUTDOWN);
	ck_assert_int_eq(carrier.releases, 12);
	gate_open(&gate);
	future_unref(cancelled);
	future_executor_unref(lane);
	future_executor_unref(pool);
	ck_assert_int_eq(ran, 0);
	check_counts(&carrier, 13, 1);
}
END_TEST

START_TEST(a_continuation_has_the_id_of_who_hung_it_on)
{
	struct carrier carrier = { 0 };
	future_executor_t *pool = carrying_pool(&carrier, 1);
	future_promise_t *promise = promise_on(pool);
	future_t *source = future_promise_future(promise), *early, *other;

	request = 1;
	early = future_then(source, id_then, NULL);
	request = 2;
	other = future_finally(early, id_then, NULL);
	settle_elsewhere(promise);
	ck_assert_int_eq(id_of(early), 1);
	ck_assert_int_eq(id_of(other), 1);	/* finally passes it on */
	request = 3;
	ck_assert_int_eq(id_of(future_then(source, id_then, NULL)), 3);
	future_promise_free(promise);
	future_unref(source);
	future_executor_unref(pool);
	check_counts(&carrier, 3, 3);
}
END_TEST

/* Hangs its continuation on a promise, from inside a task. */
static future_result_t hang_task(void *source)
{
	return future_follow(future_then(source, id_then, NULL));
}

static future_result_t hang_again(future_result_t in, void *source)
{
	(void)in;
	return hang_task(source);
}

START_TEST(hung_on_inside_a_task_it_has_that_ones_id)
{
	struct carrier carrier = { 0 };
	future_executor_t *pool = carrying_pool(&carrier, 1);
	future_promise_t *promise = promise_on(pool);
	future_t *source = future_promise_future(promise), *task, *more;

	request = 4;
	task = future_submit(pool, hang_task, source);
	request = 5;
	more = future_then(task, hang_again, source);
	request = 0;
	ck_assert_int_eq(future_executor_drain(pool, FUTURE_FOREVER), 0);
	settle_elsewhere(promise);
	ck_assert_int_eq(id_of(more), 5);
	ck_assert_int_eq(id_of(task), 4);
	future_promise_free(promise);
	future_unref(source);
	future_executor_unref(pool);
	check_counts(&carrier, 4, 4);
}
END_TEST

START_TEST(two_pools_carry_each_its_own)
{
	struct carrier one = { 0 }, two = { 0 };
	future_executor_t *first = carrying_pool(&one, 1);
	future_executor_t *second = carrying_pool(&two, 1), *plain = pool_of(1);
	future_t *task, *moved;

	request = 6;
	task = future_submit(first, id_task, NULL);
	moved = future_then_on(task, second, id_then, NULL);
	ck_assert_int_eq(id_of(future_then_on(moved, plain, id_then, NULL)), 0);
	ck_assert_int_eq(id_of(future_then_on(moved, first, id_then, NULL)), 6);
	ck_assert_int_eq(id_of(moved), 6);
	ck_assert_int_eq(id_of(task), 6);
	future_executor_unref(first);
	future_executor_unref(second);
	future_executor_unref(plain);
	check_counts(&one, 2, 2);
	check_counts(&two, 1, 1);
}
END_TEST

START_TEST(what_runs_inline_has_what_is_there)
{
	struct carrier carrier = { 0 };
	future_executor_t *pool = carrying_pool(&carrier, 1);
	future_promise_t *promise = promise_on(pool);
	future_t *source = future_promise_future(promise), *inside;

	request = 9;
	inside = future_then_on(source, future_inline(), id_then, NULL);
	settle_elsewhere(promise);
	ck_assert_int_eq(id_of(inside), 99);
	future_promise_free(promise);
	future_unref(source);
	future_executor_unref(pool);
	check_counts(&carrier, 0, 0);
}
END_TEST

/* Another request comes in the middle of this one. */
static future_result_t nested_task(void *arg)
{
	int own = request, inside;
	future_t *other;

	request = own + 1;
	other = future_submit(future_current(), id_task, arg);
	request = own;
	inside = (int)future_result_int(future_get(other));
	future_unref(other);
	return future_ok_int(request == own && inside == own + 1 ? own : -1);
}

START_TEST(who_runs_a_task_while_it_waits_gets_its_own_id_back)
{
	struct carrier carrier = { 0 };
	future_executor_t *pool = carrying_pool(&carrier, 1);
	future_executor_t *lane = lane_on(pool, 1);

	request = 10;
	ck_assert_int_eq(id_of(future_submit(pool, nested_task, NULL)), 10);
	ck_assert_int_eq(id_of(future_submit(lane, nested_task, NULL)), 10);
	future_executor_unref(lane);
	future_executor_unref(pool);
	check_counts(&carrier, 4, 4);
}
END_TEST

START_TEST(a_task_that_the_caller_runs_leaves_the_callers_id)
{
	struct carrier carrier = { 0 };
	future_pool_options_t options = carrying(&carrier, 1);
	struct gate gate = GATE_INIT;
	future_executor_t *pool;
	future_t *queued;

	options.queue_capacity = 1;
	options.when_full = FUTURE_CALLER_RUNS;
	pool = pool_with(&options);
	request = 11;
	occupy(pool, 1, &gate);
	queued = future_submit(pool, id_task, NULL);
	request = 12;
	ck_assert_int_eq(id_of(future_submit(pool, id_task, NULL)), 12);
	ck_assert_int_eq(request, 12);
	gate_open(&gate);
	ck_assert_int_eq(id_of(queued), 11);
	future_executor_unref(pool);
	check_counts(&carrier, 3, 3);
}
END_TEST

/* Timers. */

struct beat {
	atomic_int left, id, strays;
};

static future_result_t beat_task(void *arg)
{
	struct beat *beat = arg;

	if (request != beat->id)
		count_work(&beat->strays);
	return atomic_fetch_sub(&beat->left, 1) > 1 ? future_ok(NULL) :
		future_fail(-1);
}

START_TEST(every_run_of_an_every_has_the_id_that_it_was_made_with)
{
	struct carrier carrier = { 0 };
	future_executor_t *pool = carrying_pool(&carrier, 2);
	future_executor_t *lane = lane_on(pool, 1);
	struct beat beat = { .left = 5, .id = 13 };
	future_schedule_t schedule = { .fn = beat_task, .arg = &beat,
		.period_ns = 1 };

	request = 13;
	ck_assert_int_eq(outcome_of(future_every(pool, &schedule)), -1);
	beat.left = 5;
	ck_assert_int_eq(outcome_of(future_every(lane, &schedule)), -1);
	future_executor_unref(lane);
	future_executor_unref(pool);
	ck_assert_int_eq(beat.strays, 0);
	check_counts(&carrier, 2, 10);
}
END_TEST

START_TEST(an_every_that_never_ran_is_released_by_its_cancel)
{
	struct carrier carrier = { 0 };
	future_executor_t *pool = carrying_pool(&carrier, 1);
	struct beat beat = { .left = 1 };
	future_schedule_t schedule = { .fn = beat_task, .arg = &beat,
		.first_ns = INT64_MAX, .period_ns = 1 };
	future_t *never = future_every(pool, &schedule);

	ck_assert(future_cancel(never));
	ck_assert_int_eq(carrier.releases, 1);
	future_unref(never);
	never = future_every(pool, &schedule);
	future_executor_unref(pool);
	ck_assert_int_eq(outcome_of(never), ESHUTDOWN);
	check_counts(&carrier, 2, 0);
}
END_TEST

START_TEST(what_hangs_on_a_timer_has_the_id_of_who_hung_it_on)
{
	struct carrier carrier = { 0 };
	future_executor_t *pool = carrying_pool(&carrier, 1);
	future_t *due = future_after(pool, future_in_ms(1)), *late;

	request = 14;
	ck_assert_int_eq(id_of(future_then(due, id_then, NULL)), 14);
	request = 15;
	late = future_timeout(due, future_in_ms(1));
	ck_assert_int_eq(id_of(future_handle(late, id_then, NULL)), 15);
	future_unref(due);
	future_unref(late);
	future_executor_unref(pool);
	check_counts(&carrier, 2, 2);
}
END_TEST

/* Twice in vain. */
static future_result_t third_time(void *arg)
{
	return atomic_fetch_add((atomic_int *)arg, 1) < 2 ?
		future_fail(EIO) : future_ok_int(request);
}

static future_result_t item_id(const void *item, void *arg)
{
	(void)item;
	(void)arg;
	return future_ok_int(request);
}

START_TEST(attempts_and_items_have_the_id_of_who_asked)
{
	struct carrier carrier = { 0 };
	future_executor_t *pool = carrying_pool(&carrier, 2);
	atomic_int runs = 0;
	char items[3] = { 0 };
	future_t *all;

	request = 16;
	ck_assert_int_eq(id_of(future_retry(pool, &(future_retry_t){
		.fn = third_time, .arg = &runs })), 16);
	check_counts(&carrier, 3, 3);
	all = future_map(pool, items, 3, 1, item_id, NULL);
	for (size_t i = 0; i < 3; i++)
		ck_assert_int_eq((int)future_result_int(((future_result_t *)
			future_get(all).value)[i]), 16);
	future_unref(all);
	future_executor_unref(pool);
	check_counts(&carrier, 6, 6);
}
END_TEST

/* What ends otherwise is released once, too. */

START_TEST(a_running_task_that_is_cancelled_is_released_when_it_returns)
{
	struct carrier carrier = { 0 };
	future_executor_t *pool = carrying_pool(&carrier, 1);
	struct gate gate = GATE_INIT;
	future_t *task = future_submit(pool, pass_task, &gate);

	gate_await(&gate, 1);
	ck_assert(future_cancel(task));
	ck_assert_int_eq(carrier.releases, 0);
	gate_open(&gate);
	ck_assert_int_eq(future_join(task, FUTURE_FOREVER), 0);
	check_counts(&carrier, 1, 1);
	future_unref(task);
	future_executor_unref(pool);
}
END_TEST

static future_result_t follow_task(void *inner)
{
	return future_follow(future_ref(inner));
}

START_TEST(a_follower_is_released_when_its_function_has_returned)
{
	struct carrier carrier = { 0 };
	future_executor_t *pool = carrying_pool(&carrier, 1);
	future_promise_t *promises[2];
	future_t *sources[2], *followers[2];

	for (int i = 0; i < 2; i++) {
		promises[i] = promise_on(pool);
		sources[i] = future_promise_future(promises[i]);
		followers[i] = future_submit(pool, follow_task, sources[i]);
	}
	ck_assert_int_eq(future_executor_drain(pool, FUTURE_FOREVER), 0);
	check_counts(&carrier, 2, 2);
	ck_assert(future_cancel(followers[0]));
	settle_elsewhere(promises[1]);
	ck_assert_int_eq(outcome_of(followers[0]), ECANCELED);
	ck_assert_int_eq(outcome_of(followers[1]), 0);
	for (int i = 0; i < 2; i++) {
		future_promise_free(promises[i]);
		future_unref(sources[i]);
	}
	future_executor_unref(pool);
	check_counts(&carrier, 2, 2);
}
END_TEST

START_TEST(what_a_full_queue_discards_is_released)
{
	const future_when_full_t policies[] = { FUTURE_DISCARD,
		FUTURE_DISCARD_OLDEST };
	const int outcomes[] = { EAGAIN, ECANCELED };

	for (int i = 0; i < 2; i++) {
		struct carrier carrier = { 0 };
		future_pool_options_t options = carrying(&carrier, 1);
		struct gate gate = GATE_INIT;
		future_executor_t *pool;
		future_t *tasks[2];
		atomic_int ran = 0;

		options.queue_capacity = 1;
		options.when_full = policies[i];
		pool = pool_with(&options);
		occupy(pool, 1, &gate);
		for (int k = 0; k < 2; k++)
			tasks[k] = future_submit(pool, count_task, &ran);
		ck_assert_int_eq(carrier.releases, 1);
		gate_open(&gate);
		ck_assert_int_eq(outcome_of(tasks[1 - i]), outcomes[i]);
		ck_assert_int_eq(outcome_of(tasks[i]), 0);
		future_executor_unref(pool);
		check_counts(&carrier, 3, 2);
	}
}
END_TEST

START_TEST(under_a_cancelled_token_nothing_stays_captured)
{
	struct carrier carrier = { 0 };
	future_executor_t *pool = carrying_pool(&carrier, 1);
	future_promise_t *promise = promise_on(pool);
	future_t *source = future_promise_future(promise), *hung;
	future_token_t *token = NULL;
	atomic_int ran = 0;

	ck_assert_int_eq(future_token_new(NULL, FUTURE_FOREVER, &token), 0);
	hung = future_then_with(source, &(future_continuation_t){
		.fn = count_then, .arg = &ran, .token = token });
	ck_assert(future_token_cancel(token));
	ck_assert_int_eq(outcome_of(hung), ECANCELED);
	check_counts(&carrier, 1, 0);
	ck_assert_int_eq(outcome_of(future_submit_with(pool, &(future_task_t){
		.fn = count_task, .arg = &ran, .token = token })), ECANCELED);
	future_promise_free(promise);
	future_unref(source);
	future_token_unref(token);
	future_executor_unref(pool);
	ck_assert_int_eq(ran, 0);
	check_counts(&carrier, carrier.captures, 0);
}
END_TEST

START_TEST(a_continuation_that_outlives_its_pool_is_released)
{
	struct carrier carrier = { 0 };
	future_executor_t *pool = carrying_pool(&carrier, 1);
	future_promise_t *promise = promise_on(pool);
	future_t *source = future_promise_future(promise), *never;
	atomic_int ran = 0;

	never = future_then(source, count_then, &ran);
	future_executor_unref(pool);
	ck_assert_int_eq(carrier.releases, 0);
	settle_elsewhere(promise);
	ck_assert_int_eq(outcome_of(never), ESHUTDOWN);
	ck_assert_int_eq(ran, 0);
	check_counts(&carrier, 1, 0);
	future_promise_free(promise);
	future_unref(source);
}
END_TEST

static future_result_t leave_task(void *arg)
{
	(void)arg;
	pthread_exit(NULL);
}

START_TEST(a_task_that_exits_its_thread_is_released)
{
	struct carrier carrier = { 0 };
	future_executor_t *pool = carrying_pool(&carrier, 1);
	future_executor_t *lane = lane_on(pool, 1);

	ck_assert_int_eq(outcome_of(future_submit(pool, leave_task, NULL)),
		ECANCELED);
	ck_assert_int_eq(outcome_of(future_submit(lane, leave_task, NULL)),
		ECANCELED);
	future_executor_unref(lane);
	future_executor_unref(pool);
	check_counts(&carrier, 2, 2);
}
END_TEST

START_TEST(who_is_told_of_a_cancel_has_the_id_of_who_asked)
{
	struct carrier carrier = { 0 };
	future_executor_t *pool = carrying_pool(&carrier, 1);
	future_promise_t *promise = promise_on(pool);
	future_t *source = future_promise_future(promise);
	atomic_int seen = 0;

	request = 17;
	ck_assert_int_eq(future_promise_on_cancel(promise, pool, id_work,
		&seen), 0);
	request = 18;
	ck_assert(future_cancel(source));
	ck_assert_int_eq(future_executor_drain(pool, FUTURE_FOREVER), 0);
	future_promise_free(promise);
	future_unref(source);
	future_executor_unref(pool);
	ck_assert_int_eq(seen, 17);
	check_counts(&carrier, 1, 1);
}
END_TEST

static void add_ways(Suite *suite)
{
	TCase *tcase = suite_case(suite, "ways");

	tcase_add_test(tcase, a_lane_carries_what_its_pool_does);
	tcase_add_test(tcase, a_continuation_has_the_id_of_who_hung_it_on);
	tcase_add_test(tcase, hung_on_inside_a_task_it_has_that_ones_id);
	tcase_add_test(tcase, two_pools_carry_each_its_own);
	tcase_add_test(tcase, what_runs_inline_has_what_is_there);
	tcase_add_test(tcase,
		who_runs_a_task_while_it_waits_gets_its_own_id_back);
	tcase_add_test(tcase,
		a_task_that_the_caller_runs_leaves_the_callers_id);
	tcase_add_test(tcase,
		every_run_of_an_every_has_the_id_that_it_was_made_with);
	tcase_add_test(tcase,
		what_hangs_on_a_timer_has_the_id_of_who_hung_it_on);
	tcase_add_test(tcase, attempts_and_items_have_the_id_of_who_asked);
	tcase_add_test(tcase, who_is_told_of_a_cancel_has_the_id_of_who_asked);
}

static void add_ends(Suite *suite)
{
	TCase *tcase = suite_case(suite, "ends");

	tcase_add_test(tcase, what_a_lane_drops_or_refuses_is_released);
	tcase_add_test(tcase,
		an_every_that_never_ran_is_released_by_its_cancel);
	tcase_add_test(tcase,
		a_running_task_that_is_cancelled_is_released_when_it_returns);
	tcase_add_test(tcase,
		a_follower_is_released_when_its_function_has_returned);
	tcase_add_test(tcase, what_a_full_queue_discards_is_released);
	tcase_add_test(tcase, under_a_cancelled_token_nothing_stays_captured);
	tcase_add_test(tcase,
		a_continuation_that_outlives_its_pool_is_released);
	tcase_add_test(tcase, a_task_that_exits_its_thread_is_released);
}

int main(void)
{
	Suite *suite = suite_create("carry");

	add_ways(suite);
	add_ends(suite);
	return suite_run(suite);
}
