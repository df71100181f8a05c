/* Workers asleep in their tasks: who runs what is queued, who is told. */
#include "scenario.h"

#include <future/lane.h>
#include <future/loop.h>
#include <future/sync.h>

static future_executor_t *pool, *other;
static future_promise_t *promise;
static future_t *promised, *tasks[2];
static future_semaphore_t permit;

static future_executor_t *pool_with_spare(size_t threads, size_t spare)
{
	future_pool_options_t options = { .threads = threads,
		.spare_threads = spare };
	future_executor_t *made = NULL;

	model_quiet(true);
	MODEL_CHECK(future_pool_new(&options, &made) == 0);
	model_rest();
	model_quiet(false);
	return made;
}

static void promise_in(future_executor_t *home)
{
	MODEL_CHECK(future_promise_new(home, &promise) == 0);
	promised = future_promise_future(promise);
}

static void promise_end(void)
{
	future_unref(promised);
	future_promise_free(promise);
}

/* Two that wait for each other: one of them is told. */

static future_result_t get_other(void *which)
{
	int error = future_wait(tasks[*(int *)which], FUTURE_FOREVER);

	MODEL_CHECK(error == 0 || error == EDEADLK);
	model_count(error == 0 ? PASSED : REFUSED);
	return future_ok(NULL);
}

static future_result_t start_both(future_result_t in, void *which)
{
	(void)in;
	return get_other(which);
}

static void two_wait(future_executor_t *one, future_executor_t *two)
{
	static int which[2];

	which[0] = 1;
	which[1] = 0;
	tasks[0] = future_then_on(promised, one, start_both, &which[0]);
	tasks[1] = future_then_on(promised, two, start_both, &which[1]);
	future_promise_settle(promise, future_ok(NULL));
	for (int i = 0; i < 2; i++)
		MODEL_CHECK(future_get(tasks[i]).error == 0);
}

/* After the pools: each was waited for until then. */
static void two_end(void)
{
	future_unref(tasks[0]);
	future_unref(tasks[1]);
	promise_end();
}

SCENARIO(of_two_workers_that_wait_for_each_other_one_is_told)
{
	pool = pool_at_rest(2);
	promise_in(future_inline());
	two_wait(pool, pool);
	pool_end(pool);
	two_end();
	MODEL_CHECK(model_counted(REFUSED) == 1);
	MODEL_CHECK(model_counted(PASSED) == 1);
}

SCENARIO(of_two_pools_that_wait_for_each_other_one_is_told, .bound = 1)
{
	pool = pool_at_rest(1);
	other = pool_at_rest(1);
	promise_in(future_inline());
	two_wait(pool, other);
	pool_end(pool);
	pool_end(other);
	two_end();
	MODEL_CHECK(model_counted(REFUSED) == 1);
}

/* On one thread the second is run by the first, which it would wait for. */
SCENARIO(of_two_on_one_worker_the_inner_is_told)
{
	pool = pool_at_rest(1);
	promise_in(future_inline());
	two_wait(pool, pool);
	pool_end(pool);
	two_end();
	MODEL_CHECK(model_counted(REFUSED) == 1);
}

/* A worker sleeps in a semaphore: only what another waits for lets it go. */

static future_result_t acquire(void *arg)
{
	MODEL_CHECK(future_semaphore_acquire(&permit, 1) == 0);
	return future_ok(arg);
}

static future_result_t release(future_result_t in, void *arg)
{
	(void)in;
	(void)arg;
	MODEL_CHECK(future_semaphore_release(&permit, 1) == 0);
	return future_ok(NULL);
}

static future_result_t get_next(void *next)
{
	return future_get(next);
}

SCENARIO(a_waiter_runs_what_comes_while_others_sleep)
{
	future_t *next;

	pool = pool_at_rest(2);
	permit = (future_semaphore_t)FUTURE_SEMAPHORE_INIT(0);
	promise_in(pool);
	next = future_then(promised, release, NULL);
	tasks[0] = future_submit(pool, acquire, NULL);
	tasks[1] = future_submit(pool, get_next, next);
	future_promise_settle(promise, future_ok(NULL));
	for (int i = 0; i < 2; i++) {
		MODEL_CHECK(future_get(tasks[i]).error == 0);
		future_unref(tasks[i]);
	}
	future_unref(next);
	promise_end();
	pool_end(pool);
}

/*
 * A waiter has set its hope on the last input of an all, and what it could run
 * for the first comes later: that keeps the promise.
 */

static future_promise_t *hoped;
static future_t *hope;

static future_result_t keep_hope(future_result_t in, void *releases)
{
	(void)in;
	if (*(bool *)releases)
		MODEL_CHECK(future_semaphore_release(&permit, 1) == 0);
	future_promise_settle(hoped, future_ok(NULL));
	return future_ok(NULL);
}

static future_result_t get_all(void *next)
{
	future_t *all = FUTURE_ALL((future_t *)next, hope);
	int error = future_get(all).error;

	future_unref(all);
	return error == 0 ? future_ok(NULL) : future_fail(error);
}

static void keeps_what_it_waits_for(size_t workers)
{
	static bool releases;
	future_t *next;

	releases = workers > 1;
	pool = pool_at_rest(workers);
	permit = (future_semaphore_t)FUTURE_SEMAPHORE_INIT(0);
	promise_in(pool);
	MODEL_CHECK(future_promise_new(pool, &hoped) == 0);
	hope = future_promise_future(hoped);
	next = future_then(promised, keep_hope, &releases);
	tasks[0] = future_submit(pool, get_all, next);
	tasks[1] = releases ? future_submit(pool, acquire, NULL) : NULL;
	future_promise_settle(promise, future_ok(NULL));
	for (size_t i = 0; i < workers; i++) {
		MODEL_CHECK(future_get(tasks[i]).error == 0);
		future_unref(tasks[i]);
	}
	future_unref(next);
	future_unref(hope);
	future_promise_free(hoped);
	promise_end();
	pool_end(pool);
}

SCENARIO(the_only_worker_runs_what_comes_to_an_all)
{
	keeps_what_it_waits_for(1);
}

static void run_loop(void *loop)
{
	MODEL_CHECK(future_loop_run(loop) == 0);
}

/* The same on a loop, which has no worker. */
SCENARIO(a_loop_runs_what_comes_to_an_all)
{
	static bool releases;
	future_executor_t *loop;
	future_t *next;
	int thread;

	MODEL_CHECK(future_loop_new(&loop) == 0);
	promise_in(loop);
	MODEL_CHECK(future_promise_new(loop, &hoped) == 0);
	hope = future_promise_future(hoped);
	next = future_then(promised, keep_hope, &releases);
	tasks[0] = future_submit(loop, get_all, next);
	thread = model_start(run_loop, loop);
	future_promise_settle(promise, future_ok(NULL));
	MODEL_CHECK(future_get(tasks[0]).error == 0);
	future_loop_stop(loop);
	model_join(thread);
	future_unref(tasks[0]);
	future_unref(next);
	future_unref(hope);
	future_promise_free(hoped);
	promise_end();
	future_executor_unref(loop);
}

SCENARIO(the_last_to_sleep_leaves_what_is_queued_to_an_all, .bound = 1)
{
	keeps_what_it_waits_for(2);
}

/*
 * What a waiter had set its hope on, inside one input of an any, is not needed
 * any more: that input has failed, and the other is the waiter itself.
 */

static future_result_t get_any_or_itself(future_result_t in, void *loses)
{
	future_t *all = FUTURE_ALL((future_t *)loses, hope);
	future_t *any = FUTURE_ANY(all, tasks[0]);

	(void)in;
	MODEL_CHECK(future_wait(any, FUTURE_FOREVER) == EDEADLK);
	future_unref(any);
	future_unref(all);
	return future_ok(NULL);
}

SCENARIO(a_hope_inside_an_input_that_has_failed)
{
	future_promise_t *loser;
	future_t *loses;

	pool = pool_at_rest(1);
	promise_in(future_inline());
	MODEL_CHECK(future_promise_new(pool, &hoped) == 0);
	MODEL_CHECK(future_promise_new(pool, &loser) == 0);
	hope = future_promise_future(hoped);
	loses = future_promise_future(loser);
	tasks[0] = future_then_on(promised, pool, get_any_or_itself, loses);
	future_promise_settle(promise, future_ok(NULL));
	future_promise_settle(loser, future_fail(EIO));
	MODEL_CHECK(future_get(tasks[0]).error == 0);
	future_unref(tasks[0]);
	future_unref(hope);
	future_unref(loses);
	future_promise_free(hoped);
	future_promise_free(loser);
	promise_end();
	pool_end(pool);
}

/*
 * What a sleeper has set its hope on is not needed any more: the race between
 * that and another has been decided.  All that is left waits for the sleeper.
 */

static future_result_t get_other_and(future_result_t in, void *raced)
{
	future_t *all = FUTURE_ALL(tasks[1], (future_t *)raced);
	int error = future_wait(all, FUTURE_FOREVER);

	(void)in;
	MODEL_CHECK(error == 0 || error == EDEADLK);
	model_count(error == 0 ? PASSED : REFUSED);
	future_unref(all);
	return future_ok(NULL);
}

static future_result_t decide_and_get(future_result_t in, void *decides)
{
	static int first;

	(void)in;
	future_promise_settle(decides, future_ok(NULL));
	return get_other(&first);
}

SCENARIO(a_hope_that_a_race_was_decided_without, .bound = 1)
{
	future_promise_t *decider;
	future_t *decides, *raced;

	pool = pool_at_rest(2);
	promise_in(future_inline());
	MODEL_CHECK(future_promise_new(pool, &hoped) == 0);
	MODEL_CHECK(future_promise_new(pool, &decider) == 0);
	hope = future_promise_future(hoped);
	decides = future_promise_future(decider);
	raced = FUTURE_RACE(decides, hope);
	tasks[0] = future_then_on(promised, pool, get_other_and, raced);
	tasks[1] = future_then_on(promised, pool, decide_and_get, decider);
	future_promise_settle(promise, future_ok(NULL));
	for (int i = 0; i < 2; i++)
		MODEL_CHECK(future_get(tasks[i]).error == 0);
	MODEL_CHECK(model_counted(PASSED) == 1);
	MODEL_CHECK(model_counted(REFUSED) == 1);
	for (int i = 0; i < 2; i++)
		future_unref(tasks[i]);
	future_unref(raced);
	future_unref(decides);
	future_unref(hope);
	future_promise_free(decider);
	future_promise_free(hoped);
	promise_end();
	pool_end(pool);
}

/*
 * A promise is kept while another, whose waiter had set its hope elsewhere,
 * looks at what that decides.
 */

static future_result_t get_kept_or_other(future_result_t in, void *kept)
{
	future_t *any = FUTURE_ANY((future_t *)kept, tasks[0]);

	(void)in;
	MODEL_CHECK(future_wait(any, FUTURE_FOREVER) == 0);
	future_unref(any);
	return future_ok(NULL);
}

static future_semaphore_t go;

static future_result_t get_when_permitted(future_result_t in, void *which)
{
	MODEL_CHECK(future_semaphore_acquire(&permit, 1) == 0);
	MODEL_CHECK(future_semaphore_release(&go, 1) == 0);
	return start_both(in, which);
}

SCENARIO(an_any_is_decided_while_another_looks_at_it, .bound = 1)
{
	static int second = 1;
	future_promise_t *keeps;
	future_t *kept;

	pool = pool_at_rest(2);
	permit = go = (future_semaphore_t)FUTURE_SEMAPHORE_INIT(0);
	promise_in(future_inline());
	MODEL_CHECK(future_promise_new(pool, &keeps) == 0);
	kept = future_promise_future(keeps);
	model_quiet(true);
	tasks[0] = future_then_on(promised, pool, get_when_permitted, &second);
	tasks[1] = future_then_on(promised, pool, get_kept_or_other, kept);
	future_promise_settle(promise, future_ok(NULL));
	model_rest();
	model_quiet(false);
	MODEL_CHECK(future_semaphore_release(&permit, 1) == 0);
	MODEL_CHECK(future_semaphore_acquire(&go, 1) == 0);
	future_promise_settle(keeps, future_ok(NULL));
	for (int i = 0; i < 2; i++)
		MODEL_CHECK(future_get(tasks[i]).error == 0);
	MODEL_CHECK(model_counted(REFUSED) == 0);
	for (int i = 0; i < 2; i++)
		future_unref(tasks[i]);
	future_unref(kept);
	future_promise_free(keeps);
	promise_end();
	pool_end(pool);
}

/*
 * Between a waiter and one who is about to be told is a third, who had set its
 * hope on the waiter: it has to set that on the other, or nobody looks again.
 */

static future_t *told;

static future_result_t get_told_and_other(future_result_t in, void *arg)
{
	future_t *all = FUTURE_ALL(told, tasks[1]);
	int error = future_wait(all, FUTURE_FOREVER);

	(void)in;
	(void)arg;
	MODEL_CHECK(error == 0 || error == EDEADLK);
	model_count(error == 0 ? PASSED : REFUSED);
	future_unref(all);
	return future_ok(NULL);
}

static future_result_t get_kept(void *kept)
{
	return future_get(kept);
}

SCENARIO(a_waiter_behind_one_who_is_about_to_be_told, .bound = 1)
{
	static int first;
	future_promise_t *keeps;
	future_t *kept;

	pool = pool_at_rest(3);
	permit = go = (future_semaphore_t)FUTURE_SEMAPHORE_INIT(0);
	promise_in(future_inline());
	MODEL_CHECK(future_promise_new(pool, &keeps) == 0);
	kept = future_promise_future(keeps);
	model_quiet(true);
	told = future_submit(pool, get_kept, kept);
	tasks[0] = future_then_on(promised, pool, get_told_and_other, NULL);
	tasks[1] = future_then_on(promised, pool, get_when_permitted, &first);
	future_promise_settle(promise, future_ok(NULL));
	model_rest();
	model_quiet(false);
	MODEL_CHECK(future_semaphore_release(&permit, 1) == 0);
	future_promise_settle(keeps, future_ok(NULL));
	for (int i = 0; i < 2; i++)
		MODEL_CHECK(future_get(tasks[i]).error == 0);
	MODEL_CHECK(model_counted(PASSED) == 1);
	MODEL_CHECK(model_counted(REFUSED) == 1);
	for (int i = 0; i < 2; i++)
		future_unref(tasks[i]);
	future_unref(told);
	future_unref(kept);
	future_promise_free(keeps);
	promise_end();
	pool_end(pool);
}

/*
 * A cancel has woken the sleeper, who has not got up yet.  What it runs further
 * out will go on, though what it slept for cannot move.
 */

static future_t *cancelled;

static future_result_t get_who_waits(void *arg)
{
	int error = future_wait(tasks[1], FUTURE_FOREVER);

	(void)arg;
	MODEL_CHECK(error == ECANCELED || error == EDEADLK || error == 0);
	return future_ok(NULL);
}

static future_result_t get_cancelled(future_result_t in, void *arg)
{
	int error = future_wait(cancelled, FUTURE_FOREVER);

	(void)in;
	(void)arg;
	MODEL_CHECK(error == 0);
	return future_ok(NULL);
}

static future_result_t get_after_the_cancel(future_result_t in, void *arg)
{
	(void)in;
	(void)arg;
	MODEL_CHECK(future_semaphore_acquire(&permit, 1) == 0);
	MODEL_CHECK(future_wait(tasks[0], FUTURE_FOREVER) == 0);
	return future_ok(NULL);
}

SCENARIO(a_sleeper_that_is_cancelled_can_move, .bound = 1)
{
	pool = pool_at_rest(1);
	other = pool_at_rest(1);
	permit = (future_semaphore_t)FUTURE_SEMAPHORE_INIT(0);
	promise_in(future_inline());
	tasks[0] = future_then_on(promised, pool, get_cancelled, NULL);
	tasks[1] = future_then_on(promised, other, get_after_the_cancel, NULL);
	cancelled = future_submit(pool, get_who_waits, NULL);
	future_promise_settle(promise, future_ok(NULL));
	future_cancel(cancelled);
	MODEL_CHECK(future_semaphore_release(&permit, 1) == 0);
	for (int i = 0; i < 2; i++)
		MODEL_CHECK(future_get(tasks[i]).error == 0);
	MODEL_CHECK(future_join(cancelled, FUTURE_FOREVER) == 0);
	for (int i = 0; i < 2; i++)
		future_unref(tasks[i]);
	future_unref(cancelled);
	promise_end();
	pool_end(other);
	pool_end(pool);
}

/*
 * A lane of two with three functions at work, as one helps from inside, and its
 * runner on its way: when one of them ends there is no room still, and those
 * who had hoped for that end look again.
 */

static struct step {
	future_semaphore_t permit;
	future_t **on, *done;
} in_lane, outside, helped, inside, waiter, last;

static future_result_t take_step(void *arg)
{
	struct step *step = arg;
	int error = future_semaphore_acquire(&step->permit, 1);

	MODEL_CHECK(error == 0);
	error = step->on != NULL ? future_wait(*step->on, FUTURE_FOREVER) : 0;
	MODEL_CHECK(error == 0 || error == EDEADLK);
	model_count(error == 0 ? PASSED : REFUSED);
	return future_ok(NULL);
}

static void begin_step(struct step *step, future_executor_t *executor,
	size_t permits, future_t **on)
{
	step->permit = (future_semaphore_t)FUTURE_SEMAPHORE_INIT(permits);
	step->on = on;
	step->done = future_submit(executor, take_step, step);
}

SCENARIO(an_end_in_a_lane_that_is_full_still, .bound = 1)
{
	struct step *const all[] = { &in_lane, &outside, &helped, &inside,
		&waiter, &last };
	future_executor_t *lane;

	pool = pool_at_rest(3);
	model_quiet(true);
	MODEL_CHECK(future_lane_new(pool, 2, &lane) == 0);
	begin_step(&in_lane, lane, 0, &outside.done);
	model_rest();
	begin_step(&outside, pool, 0, &helped.done);
	begin_step(&waiter, pool, 0, &last.done);
	model_rest();
	begin_step(&helped, lane, 1, &inside.done);
	begin_step(&inside, lane, 0, &waiter.done);
	begin_step(&last, lane, 1, NULL);
	MODEL_CHECK(future_semaphore_release(&outside.permit, 1) == 0);
	model_rest();
	MODEL_CHECK(future_semaphore_release(&waiter.permit, 1) == 0);
	model_rest();
	MODEL_CHECK(future_semaphore_release(&inside.permit, 1) == 0);
	model_rest();
	model_quiet(false);
	MODEL_CHECK(future_semaphore_release(&in_lane.permit, 1) == 0);
	for (size_t i = 0; i < 6; i++)
		MODEL_CHECK(future_get(all[i]->done).error == 0);
	MODEL_CHECK(model_counted(REFUSED) == 2);
	for (size_t i = 0; i < 6; i++)
		future_unref(all[i]->done);
	future_executor_unref(lane);
	pool_end(pool);
}

/* Spare workers. */

static future_result_t get_promised(void *arg)
{
	(void)arg;
	return future_get(promised);
}

static future_result_t keep_promise(void *arg)
{
	(void)arg;
	future_promise_settle(promise, future_ok(NULL));
	return future_ok(NULL);
}

SCENARIO(a_spare_worker_for_what_was_queued)
{
	pool = pool_with_spare(1, 1);
	promise_in(pool);
	tasks[0] = future_submit(pool, get_promised, NULL);
	tasks[1] = future_submit(pool, keep_promise, NULL);
	for (int i = 0; i < 2; i++) {
		MODEL_CHECK(future_get(tasks[i]).error == 0);
		future_unref(tasks[i]);
	}
	promise_end();
	pool_end(pool);
}

SCENARIO(unref_of_a_pool_against_its_spare_worker)
{
	future_t *asleep, *awake;

	pool = pool_with_spare(1, 1);
	promise_in(future_inline());
	asleep = future_submit(pool, get_promised, NULL);
	awake = future_submit(pool, keep_promise, NULL);
	future_executor_unref(pool);
	MODEL_CHECK(future_state(asleep) == FUTURE_OK);
	MODEL_CHECK(future_state(awake) == FUTURE_OK);
	future_unref(asleep);
	future_unref(awake);
	promise_end();
}

/* The second begins while the first sleeps. */
static future_result_t meet(void *arg)
{
	(void)arg;
	model_count(STARTED);
	MODEL_CHECK(future_semaphore_release(&permit, 1) == 0);
	return future_get(promised);
}

SCENARIO(spare_workers_keep_the_width, .bound = 1)
{
	pool = pool_with_spare(1, 2);
	permit = (future_semaphore_t)FUTURE_SEMAPHORE_INIT(0);
	promise_in(future_inline());
	for (int i = 0; i < 2; i++)
		tasks[i] = future_submit(pool, meet, NULL);
	MODEL_CHECK(future_semaphore_acquire(&permit, 2) == 0);
	future_promise_settle(promise, future_ok(NULL));
	for (int i = 0; i < 2; i++) {
		MODEL_CHECK(future_get(tasks[i]).error == 0);
		future_unref(tasks[i]);
	}
	promise_end();
	pool_end(pool);
	MODEL_CHECK(model_counted(STARTED) == 2);
}
