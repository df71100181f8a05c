/* Waits in a sim, and its clock. */
#define _GNU_SOURCE
#include "support.h"

static const int64_t ms_ns = 1000000;
static const int64_t hour_ns = (int64_t)3600 * 1000000000;

/* The order of submission. */
static const uint64_t in_order = (uint64_t)1 << 63;

static future_executor_t *sim_of(uint64_t seed)
{
	future_executor_t *sim = NULL;

	ck_assert_int_eq(future_sim_new(seed, &sim), 0);
	return sim;
}

static void advance(future_executor_t *sim, int64_t ns)
{
	ck_assert_int_eq(future_sim_advance(sim, ns), 0);
}

static void sim_run(future_executor_t *sim)
{
	ck_assert_int_eq(future_sim_run(sim), 0);
}

/* All that can be waited for, one of each. */
struct all {
	future_executor_t *sim;
	future_promise_t *promise;
	future_t *future;
	future_semaphore_t semaphore;
	future_event_t event;
	future_latch_t latch;
	future_mutex_t mutex;
	future_t *hold;		/* of the mutex */
	future_channel_t *channel;
	int item;
};

static void all_init(struct all *all, uint64_t seed)
{
	memset(all, 0, sizeof(*all));
	all->sim = sim_of(seed);
	ck_assert_int_eq(future_promise_new(NULL, &all->promise), 0);
	all->future = future_promise_future(all->promise);
	all->latch = (future_latch_t)FUTURE_LATCH_INIT(1);
	all->hold = future_mutex_lock_async(&all->mutex);
	ck_assert_int_eq(future_channel_new(1, NULL, &all->channel), 0);
}

static void all_fini(struct all *all)
{
	future_promise_free(all->promise);
	future_unref(all->future);
	future_unref(all->hold);
	future_channel_unref(all->channel);
	future_executor_unref(all->sim);
}

static int get_future(struct all *all, future_time_t deadline)
{
	(void)deadline;
	return future_get(all->future).error;
}

static int take_future(struct all *all, future_time_t deadline)
{
	(void)deadline;
	return future_take(all->future).error;
}

static int wait_future(struct all *all, future_time_t deadline)
{
	return future_wait(all->future, deadline);
}

static int join_future(struct all *all, future_time_t deadline)
{
	return future_join(all->future, deadline);
}

static int acquire(struct all *all, future_time_t deadline)
{
	return future_semaphore_acquire_until(&all->semaphore, 1, deadline);
}

static int wait_event(struct all *all, future_time_t deadline)
{
	return future_event_wait_until(&all->event, deadline);
}

static int wait_latch(struct all *all, future_time_t deadline)
{
	return future_latch_wait_until(&all->latch, deadline);
}

static int lock_until(struct all *all, future_time_t deadline)
{
	int error = future_mutex_lock_until(&all->mutex, deadline);

	return error != 0 ? error : future_mutex_unlock(&all->mutex);
}

static int lock(struct all *all, future_time_t deadline)
{
	int error = future_mutex_lock(&all->mutex);

	(void)deadline;
	return error != 0 ? error : future_mutex_unlock(&all->mutex);
}

static int receive(struct all *all, future_time_t deadline)
{
	void *item;

	return future_channel_recv_until(all->channel, &item, deadline);
}

static int (*const waits_for[])(struct all *all, future_time_t deadline) = {
	/* These three have no deadline. */
	get_future, take_future, lock,
	wait_future, join_future, acquire, wait_event, wait_latch, lock_until,
	receive
};

enum { WAITS = sizeof(waits_for) / sizeof(waits_for[0]), TIMED = 3 };

/* Gives each what it waits for. */
static void give_all(void *arg)
{
	struct all *all = arg;

	future_promise_settle(all->promise, future_ok(NULL));
	ck_assert_int_eq(future_semaphore_release(&all->semaphore, 1), 0);
	future_event_set(&all->event);
	ck_assert_int_eq(future_latch_count_down(&all->latch, 1), 0);
	future_unref(all->hold);
	all->hold = NULL;
	ck_assert_int_eq(future_channel_send_until(all->channel, &all->item,
		FUTURE_NOW), 0);
}

/* Waits in a task, or outside. */
struct waiter {
	struct all all;
	int (*wait)(struct all *all, future_time_t deadline);
	future_time_t deadline;
};

static future_result_t wait_task(void *arg)
{
	struct waiter *waiter = arg;

	return future_ok_int(waiter->wait(&waiter->all, waiter->deadline));
}

static int wait_in_task(struct waiter *waiter)
{
	FUTURE_AUTO future_t *task = future_submit(NULL, wait_task, waiter);
	future_result_t result = future_get(task);

	ck_assert_int_eq(result.error, 0);
	return (int)future_result_int(result);
}

static int wait_here(struct waiter *waiter)
{
	return waiter->wait(&waiter->all, waiter->deadline);
}

static int (*const places[])(struct waiter *waiter) = {
	wait_here, wait_in_task
};

START_TEST(a_wait_runs_the_sim_until_it_is_over)
{
	for (int place = 0; place < 2; place++)
		for (uint64_t seed = 0; seed < 20; seed++) {
			struct waiter waiter = { .wait = waits_for[_i],
				.deadline = FUTURE_FOREVER };

			all_init(&waiter.all, seed);
			ck_assert_int_eq(future_execute(NULL, give_all,
				&waiter.all), 0);
			ck_assert_int_eq(places[place](&waiter), 0);
			all_fini(&waiter.all);
		}
}
END_TEST

START_TEST(a_wait_that_nothing_can_end_is_edeadlk)
{
	for (int place = 0; place < 2; place++) {
		struct waiter waiter = { .wait = waits_for[_i],
			.deadline = FUTURE_FOREVER };

		all_init(&waiter.all, 1);
		ck_assert_int_eq(places[place](&waiter), EDEADLK);
		/* It has left nothing behind. */
		ck_assert_int_eq(places[place](&waiter), EDEADLK);
		give_all(&waiter.all);
		ck_assert_int_eq(places[place](&waiter), 0);
		all_fini(&waiter.all);
	}
}
END_TEST

START_TEST(a_deadline_is_of_the_sims_clock)
{
	for (int place = 0; place < 2; place++) {
		struct waiter waiter = { .wait = waits_for[_i] };
		int64_t start_ns;

		all_init(&waiter.all, 1);
		start_ns = future_now().ns;
		waiter.deadline.ns = start_ns + hour_ns;
		ck_assert_int_eq(places[place](&waiter), ETIMEDOUT);
		ck_assert_int_eq(future_now().ns - start_ns, hour_ns);
		give_all(&waiter.all);
		ck_assert_int_eq(places[place](&waiter), 0);
		all_fini(&waiter.all);
	}
}
END_TEST

/* A poll runs nothing. */
START_TEST(a_deadline_that_has_passed_only_looks)
{
	struct waiter waiter = { .wait = waits_for[_i],
		.deadline = FUTURE_NOW };

	all_init(&waiter.all, 1);
	ck_assert_int_eq(future_execute(NULL, give_all, &waiter.all), 0);
	ck_assert_int_eq(wait_here(&waiter), ETIMEDOUT);
	sim_run(waiter.all.sim);
	ck_assert_int_eq(wait_here(&waiter), 0);
	all_fini(&waiter.all);
}
END_TEST

static future_t *waiting;	/* the task's future */

static void cancel_waiting(void *arg)
{
	(void)arg;
	ck_assert(future_cancel(waiting));
}

static int outcome;

static future_result_t wait_and_tell(void *arg)
{
	outcome = wait_here(arg);
	return future_ok(NULL);
}

START_TEST(the_wait_of_a_cancelled_task_ends)
{
	struct waiter waiter = { .wait = waits_for[_i],
		.deadline = FUTURE_FOREVER };

	all_init(&waiter.all, in_order);
	waiting = future_submit(NULL, wait_and_tell, &waiter);
	ck_assert_int_eq(future_execute(NULL, cancel_waiting, NULL), 0);
	outcome = -1;
	sim_run(waiter.all.sim);
	/* A lock without a deadline goes on waiting. */
	ck_assert_int_eq(outcome, waits_for[_i] == lock ? EDEADLK : ECANCELED);
	ck_assert_int_eq(outcome_of(waiting), ECANCELED);
	all_fini(&waiter.all);
}
END_TEST

/* What stands on one stack. */

static future_result_t get_task(void *future)
{
	return future_ok_int(future_get(future).error);
}

static future_result_t get_itself(void *arg)
{
	(void)arg;
	return future_ok_int(future_get(waiting).error);
}

START_TEST(a_task_that_waits_for_itself_is_edeadlk)
{
	future_executor_t *sim = sim_of(1);
	future_t *second;

	waiting = future_submit(sim, get_itself, NULL);
	ck_assert_int_eq((int)future_result_int(future_get(waiting)), EDEADLK);
	future_unref(waiting);
	waiting = future_submit(sim, get_task, NULL);
	future_unref(waiting);
	waiting = future_submit(sim, get_itself, NULL);
	second = future_then(waiting, error_then, NULL);
	ck_assert_int_eq(outcome_of(second), 0);
	future_unref(waiting);
	future_executor_unref(sim);
}
END_TEST

struct pair {
	future_semaphore_t first, second;
};

static future_result_t ping(void *arg)
{
	struct pair *pair = arg;
	int error = future_semaphore_acquire(&pair->first, 1);

	if (error == 0)
		error = future_semaphore_release(&pair->second, 1);
	return future_ok_int(error);
}

static future_result_t pong(void *arg)
{
	struct pair *pair = arg;
	int error = future_semaphore_release(&pair->first, 1);

	if (error == 0)
		error = future_semaphore_acquire(&pair->second, 1);
	return future_ok_int(error);
}

/* ping waits first, and pong on top of it for what it would do next. */
START_TEST(what_only_a_lower_task_can_do_is_edeadlk)
{
	struct pair pair = { FUTURE_SEMAPHORE_INIT(0),
		FUTURE_SEMAPHORE_INIT(0) };
	future_executor_t *sim = sim_of(in_order);
	FUTURE_AUTO future_t *one = future_submit(sim, ping, &pair);
	FUTURE_AUTO future_t *two = future_submit(sim, pong, &pair);

	sim_run(sim);
	ck_assert_int_eq((int)future_result_int(future_get(one)), 0);
	ck_assert_int_eq((int)future_result_int(future_get(two)), EDEADLK);
	future_executor_unref(sim);
}
END_TEST

struct locked {
	future_mutex_t mutex;
	future_executor_t *sim;
	bool inside;
};

static future_result_t lock_and_wait(void *arg)
{
	struct locked *locked = arg;
	int error = future_mutex_lock(&locked->mutex);

	if (error == 0) {
		ck_assert(!locked->inside);
		locked->inside = true;
		error = outcome_of(future_submit(NULL, nothing_task, NULL));
		locked->inside = false;
		ck_assert_int_eq(future_mutex_unlock(&locked->mutex), 0);
	}
	return future_ok_int(error);
}

/* Each task is an owner of its own, although they share a thread. */
START_TEST(a_mutex_excludes_tasks_not_threads)
{
	static const future_mutex_t kinds[] = { FUTURE_MUTEX_INIT,
		FUTURE_MUTEX_RECURSIVE_INIT };
	size_t deadlocks = 0;

	for (uint64_t seed = 0; seed < 50; seed++) {
		struct locked locked = { .mutex = kinds[_i] };
		future_executor_t *sim = sim_of(seed);
		FUTURE_AUTO future_t *one = future_submit(sim, lock_and_wait,
			&locked);
		FUTURE_AUTO future_t *two = future_submit(sim, lock_and_wait,
			&locked);
		intptr_t errors = future_result_int(future_get(one)) +
			future_result_int(future_get(two));

		ck_assert(errors == 0 || errors == EDEADLK);
		deadlocks += errors != 0;
		ck_assert_int_eq(future_mutex_lock_until(&locked.mutex,
			FUTURE_NOW), 0);
		ck_assert_int_eq(future_mutex_unlock(&locked.mutex), 0);
		future_executor_unref(sim);
	}
	ck_assert_uint_gt(deadlocks, 0);
	ck_assert_uint_lt(deadlocks, 50);
}
END_TEST

/* Waits for an inline callback of another task's. */
static future_result_t wait_inline(future_result_t in, void *arg)
{
	FUTURE_AUTO future_t *task = future_submit(NULL, nothing_task, NULL);
	FUTURE_AUTO future_t *then = future_then_on(task, future_inline(),
		count_then, arg);

	(void)in;
	return future_ok_int(future_wait(then, future_in_ms(1)));
}

START_TEST(inline_callbacks_do_not_wait_for_a_lower_one)
{
	future_executor_t *sim = sim_of(1);
	atomic_int ran = 0;
	FUTURE_AUTO future_t *task = future_submit(sim, nothing_task, NULL);
	FUTURE_AUTO future_t *waits = future_then_on(task, future_inline(),
		wait_inline, &ran);
	FUTURE_AUTO future_t *next = future_then_on(waits, future_inline(),
		count_then, &ran);

	ck_assert_int_eq(future_get(next).error, 0);
	ck_assert_int_eq((int)future_result_int(future_get(waits)), 0);
	ck_assert_int_eq(ran, 2);
	future_executor_unref(sim);
}
END_TEST

static size_t deepest;

static future_result_t dig(void *depth)
{
	FUTURE_AUTO future_t *next = future_submit(NULL, dig,
		(void *)((uintptr_t)depth + 1));
	int error = future_get(next).error;

	if (error != 0) {
		deepest = (size_t)depth;
		ck_assert_int_eq(error, EDEADLK);
		future_cancel(next);
	}
	return future_ok(NULL);
}

START_TEST(half_of_the_stack_is_the_end)
{
	future_executor_t *sim = sim_of(1);

	ck_assert_int_eq(outcome_of(future_submit(NULL, dig, NULL)), 0);
	ck_assert_uint_gt(deepest, 100);
	future_executor_unref(sim);
}
END_TEST

/* The clock. */

START_TEST(the_clock_moves_only_when_told)
{
	future_executor_t *sim = sim_of(1);
	future_time_t start = future_now();
	FUTURE_AUTO future_t *later = future_after(sim, future_in_ms(1));

	ck_assert_int_gt(start.ns, hour_ns);
	sim_run(sim);
	ck_assert_int_eq(future_now().ns, start.ns);
	ck_assert_int_eq(future_state(later), FUTURE_PENDING);
	advance(sim, ms_ns);
	ck_assert_int_eq(future_now().ns, start.ns + ms_ns);
	ck_assert_int_eq(future_state(later), FUTURE_PENDING);
	sim_run(sim);
	ck_assert_int_eq(future_state(later), FUTURE_OK);
	advance(sim, INT64_MAX);
	ck_assert_int_eq(future_now().ns, INT64_MAX - 1);
	ck_assert_int_eq(future_in_ms(1).ns, INT64_MAX);
	future_executor_unref(sim);
	sim = sim_of(2);
	ck_assert_int_eq(future_now().ns, start.ns);
	future_executor_unref(sim);
	ck_assert_int_ne(future_now().ns, start.ns);
}
END_TEST

static future_result_t write_instant(future_result_t in, void *arg)
{
	struct record *record = arg;

	(void)in;
	record_add(record, (char)('0' + future_now().ns / hour_ns % 24));
	return future_ok(NULL);
}

START_TEST(a_wait_goes_from_timer_to_timer)
{
	future_executor_t *sim = sim_of((uint64_t)_i);
	struct record record = { 0, "" };
	future_t *then[3];

	for (int i = 0; i < 3; i++) {
		future_t *after = future_after(sim, (future_time_t){
			future_now().ns + (3 - i) * hour_ns });

		then[i] = future_then(after, write_instant, &record);
		future_unref(after);
	}
	ck_assert_int_eq(future_get(then[0]).error, 0);
	ck_assert_str_eq(record.text, "123");
	for (int i = 0; i < 3; i++)
		future_unref(then[i]);
	future_executor_unref(sim);
}
END_TEST

START_TEST(timers_that_are_due_take_turns_with_tasks)
{
	size_t first = 0;

	for (uint64_t seed = 0; seed < 50; seed++) {
		future_executor_t *sim = sim_of(seed);
		struct record record = { 0, "" };
		struct letter letters[] = { { &record, 't' },
			{ &record, 'T' }, { &record, 'k' } };
		FUTURE_AUTO future_t *two = future_after(sim,
			future_in_ms(2));
		FUTURE_AUTO future_t *one = future_after(sim,
			future_in_ms(1));

		future_unref(future_then_on(one,
			future_inline(), write_then, &letters[0]));
		future_unref(future_then_on(two,
			future_inline(), write_then, &letters[1]));
		ck_assert_int_eq(future_execute(sim, write_work,
			&letters[2]), 0);
		advance(sim, 2 * ms_ns);
		sim_run(sim);
		/* The earlier one before the later. */
		ck_assert_ptr_nonnull(strchr(strchr(record.text, 't'), 'T'));
		first += record.text[0] == 't';
		future_executor_unref(sim);
	}
	ck_assert_uint_gt(first, 0);
	ck_assert_uint_lt(first, 50);
}
END_TEST

START_TEST(a_timeout_of_an_hour_takes_no_time)
{
	struct all all;
	future_t *late, *soon, *slow;

	all_init(&all, 1);
	late = future_timeout(all.future, future_in_ms(3600000));
	slow = future_after(NULL, future_in_ms(1000));
	soon = future_timeout(slow, future_in_ms(2000));
	ck_assert_int_eq(outcome_of(soon), 0);
	ck_assert_int_eq(future_state(all.future), FUTURE_PENDING);
	ck_assert_int_eq(outcome_of(late), ETIMEDOUT);
	ck_assert_int_eq(future_state(all.future), FUTURE_CANCELLED);
	future_unref(slow);
	all_fini(&all);
}
END_TEST

/* They are nobody's but the sim's, and start no thread. */
START_TEST(timers_of_the_inline_executor_are_the_sims)
{
	future_executor_t *sim = sim_of(1);
	size_t before = threads_now();
	future_promise_t *promise;
	atomic_int ran = 0;
	future_t *ticks = future_every(future_inline(), &(future_schedule_t){
		.fn = count_task, .arg = &ran, .period_ns = hour_ns,
		.first_ns = hour_ns });

	ck_assert_int_eq(future_promise_new(future_inline(), &promise), 0);
	FUTURE_AUTO future_t *open = future_promise_future(promise);
	ck_assert_int_eq(outcome_of(future_after(future_inline(),
		future_in_ms(3600000))), 0);
	ck_assert_int_eq(outcome_of(future_timeout(open,
		future_in_ms(3600000))), ETIMEDOUT);
	ck_assert_int_ge(ran, 1);
	ck_assert_uint_eq(threads_now(), before);
	ck_assert(future_cancel(ticks));
	future_unref(ticks);
	future_promise_free(promise);
	future_executor_unref(sim);
}
END_TEST

static future_result_t third(void *arg)
{
	int *count = arg;

	return ++*count < 3 ? future_ok(NULL) : future_fail(EIO);
}

START_TEST(an_every_runs_at_its_instants)
{
	future_executor_t *sim = sim_of(1);
	int64_t start_ns = future_now().ns;
	int count = 0;
	future_t *ticks = future_every(sim, &(future_schedule_t){ .fn = third,
		.arg = &count, .first_ns = 5, .period_ns = hour_ns });

	/* Those that were missed are left out. */
	advance(sim, hour_ns + hour_ns / 2);
	sim_run(sim);
	ck_assert_int_eq(count, 1);
	ck_assert_int_eq(outcome_of(ticks), EIO);
	ck_assert_int_eq(count, 3);
	ck_assert_int_eq(future_now().ns - start_ns, 5 + 3 * hour_ns);
	future_executor_unref(sim);
}
END_TEST

START_TEST(the_deadline_of_a_token_is_of_the_sims_clock)
{
	struct waiter waiter = { .wait = waits_for[_i],
		.deadline = FUTURE_FOREVER };
	future_token_t *token;
	future_task_t task = { .fn = wait_and_tell, .arg = &waiter };
	int64_t start_ns;

	all_init(&waiter.all, 1);
	start_ns = future_now().ns;
	ck_assert_int_eq(future_token_new(NULL, future_in_ms(1000), &token),
		0);
	task.token = token;
	waiting = future_submit_with(NULL, &task);
	outcome = -1;
	ck_assert_int_eq(future_join(waiting, FUTURE_FOREVER), 0);
	ck_assert(future_token_is_cancelled(token));
	ck_assert_int_eq(outcome, waits_for[_i] == lock ? EDEADLK : ECANCELED);
	ck_assert_int_eq(future_now().ns - start_ns, 1000 * ms_ns);
	future_unref(waiting);
	future_token_unref(token);
	all_fini(&waiter.all);
}
END_TEST

/* Ends as the third of its tries does, each a second after the last. */
static future_result_t try_again(void *arg)
{
	int *tries = arg;
	int64_t pause_ms = 1000;

	while (++*tries < 3) {
		FUTURE_AUTO future_t *pause = future_after(future_current(),
			future_in_ms(pause_ms));

		if (future_get(pause).error != 0)
			return future_fail(EIO);
		pause_ms *= 2;
	}
	return future_ok(NULL);
}

START_TEST(a_backoff_takes_the_time_it_says)
{
	future_executor_t *sim = sim_of((uint64_t)_i);
	int64_t start_ns = future_now().ns;
	int tries = 0;

	ck_assert_int_eq(outcome_of(future_submit(sim, try_again, &tries)), 0);
	ck_assert_int_eq(tries, 3);
	ck_assert_int_eq(future_now().ns - start_ns, 3000 * ms_ns);
	future_executor_unref(sim);
}
END_TEST

static void *settle_from_elsewhere(void *promise)
{
	future_promise_settle(promise, future_ok(NULL));
	return NULL;
}

START_TEST(what_another_thread_has_settled_is_seen)
{
	struct all all;

	all_init(&all, 1);
	thread_finish(thread_start(settle_from_elsewhere, all.promise));
	ck_assert_int_eq(future_get(all.future).error, 0);
	all_fini(&all);
}
END_TEST

static int count_piece(size_t begin, size_t end, void *arg)
{
	atomic_fetch_add((atomic_int *)arg, (int)(end - begin));
	return 0;
}

START_TEST(loops_and_completions_work_without_threads)
{
	future_executor_t *sim = sim_of((uint64_t)_i);
	size_t before = threads_now();
	future_completion_t *done;
	future_t *next, *futures[3];
	atomic_int ran = 0;

	FUTURE_AUTO future_t *each = future_each(NULL, 100, 7,
		count_piece, &ran);
	ck_assert_int_eq(future_get(each).error, 0);
	ck_assert_int_eq(ran, 100);
	ck_assert_int_eq(future_completion_new(&done), 0);
	for (int i = 0; i < 3; i++) {
		futures[i] = future_submit(NULL, nothing_task, NULL);
		ck_assert_int_eq(future_completion_add(done, futures[i]), 0);
		future_unref(futures[i]);
	}
	for (int i = 0; i < 3; i++) {
		ck_assert_int_eq(future_completion_next(done, &next), 0);
		future_unref(next);
	}
	ck_assert_int_eq(future_completion_next(done, &next), ENOENT);
	future_completion_free(done);
	ck_assert_uint_eq(threads_now(), before);
	future_executor_unref(sim);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("sim_wait");
	TCase *tcase = suite_case(suite, "sim_wait");

	tcase_add_loop_test(tcase, a_wait_runs_the_sim_until_it_is_over, 0,
		WAITS);
	tcase_add_loop_test(tcase, a_wait_that_nothing_can_end_is_edeadlk, 0,
		WAITS);
	tcase_add_loop_test(tcase, a_deadline_is_of_the_sims_clock, TIMED,
		WAITS);
	tcase_add_loop_test(tcase, a_deadline_that_has_passed_only_looks,
		TIMED, WAITS);
	tcase_add_loop_test(tcase, the_wait_of_a_cancelled_task_ends, 0,
		WAITS);
	tcase_add_test(tcase, a_task_that_waits_for_itself_is_edeadlk);
	tcase_add_test(tcase, what_only_a_lower_task_can_do_is_edeadlk);
	tcase_add_loop_test(tcase, a_mutex_excludes_tasks_not_threads, 0, 2);
	tcase_add_test(tcase, inline_callbacks_do_not_wait_for_a_lower_one);
	tcase_add_test(tcase, half_of_the_stack_is_the_end);
	tcase_add_test(tcase, the_clock_moves_only_when_told);
	tcase_add_loop_test(tcase, a_wait_goes_from_timer_to_timer, 0, 20);
	tcase_add_test(tcase, timers_that_are_due_take_turns_with_tasks);
	tcase_add_test(tcase, a_timeout_of_an_hour_takes_no_time);
	tcase_add_test(tcase, timers_of_the_inline_executor_are_the_sims);
	tcase_add_test(tcase, an_every_runs_at_its_instants);
	tcase_add_loop_test(tcase,
		the_deadline_of_a_token_is_of_the_sims_clock, 0, WAITS);
	tcase_add_loop_test(tcase, a_backoff_takes_the_time_it_says, 0, 20);
	tcase_add_test(tcase, what_another_thread_has_settled_is_seen);
	tcase_add_loop_test(tcase, loops_and_completions_work_without_threads,
		0, 5);
	return suite_run(suite);
}
