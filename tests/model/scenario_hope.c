/* What those asleep in tasks set their hope on, and who is told. */
#include "two.h"

#include <future/lane.h>

static future_t *hope;

/* One more that somebody may keep. */
struct kept {
	future_promise_t *promise;
	future_t *future;
};

static struct kept kept_begin(void)
{
	struct kept kept;

	MODEL_CHECK(future_promise_new(future_inline(), &kept.promise) == 0);
	kept.future = future_promise_future(kept.promise);
	return kept;
}

static void kept_end(struct kept kept)
{
	future_unref(kept.future);
	future_promise_free(kept.promise);
}

/* Each is done before either goes: they use each other. */
static void both_end(void)
{
	for (int i = 0; i < 2; i++)
		MODEL_CHECK(future_get(tasks[i]).error == 0);
	for (int i = 0; i < 2; i++)
		future_unref(tasks[i]);
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
	struct kept loser, hoped;

	pool = pool_at_rest(1);
	promise_in(future_inline());
	hoped = kept_begin();
	hope = hoped.future;
	loser = kept_begin();
	tasks[0] = future_then_on(promised, pool, get_any_or_itself,
		loser.future);
	future_promise_settle(promise, future_ok(NULL));
	future_promise_settle(loser.promise, future_fail(EIO));
	MODEL_CHECK(future_get(tasks[0]).error == 0);
	future_unref(tasks[0]);
	kept_end(hoped);
	kept_end(loser);
	promise_end();
	pool_end(pool);
}

/*
 * What a sleeper has set its hope on is not needed any more: the race between
 * that and another has been decided.  All that is left waits for the sleeper.
 */

/* Hope is set on the second, if that can move. */
static future_result_t get_both(future_t *first, future_t *second)
{
	future_t *all = FUTURE_ALL(first, second);
	int error = future_wait(all, FUTURE_FOREVER);

	MODEL_CHECK(error == 0 || error == EDEADLK);
	model_count(error == 0 ? PASSED : REFUSED);
	future_unref(all);
	return future_ok(NULL);
}

static future_result_t get_other_and(future_result_t in, void *raced)
{
	(void)in;
	return get_both(tasks[1], raced);
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
	struct kept decider, never;
	future_t *raced;

	pool = pool_at_rest(2);
	promise_in(future_inline());
	decider = kept_begin();
	never = kept_begin();
	raced = FUTURE_RACE(decider.future, never.future);
	tasks[0] = future_then_on(promised, pool, get_other_and, raced);
	tasks[1] = future_then_on(promised, pool, decide_and_get,
		decider.promise);
	future_promise_settle(promise, future_ok(NULL));
	both_end();
	MODEL_CHECK(model_counted(PASSED) == 1);
	MODEL_CHECK(model_counted(REFUSED) == 1);
	future_unref(raced);
	kept_end(decider);
	kept_end(never);
	promise_end();
	pool_end(pool);
}

/*
 * The same, and once the race is decided a function runs that waits for the
 * sleeper: nobody has told it, for what it waits for can go on then.  A third
 * worker is idle, or else who sleeps last prods them all.
 */

static future_t *after_race;

static future_result_t get_after_race(void *arg)
{
	int error = future_wait(after_race, FUTURE_FOREVER);

	MODEL_CHECK(error == 0 || error == EDEADLK);
	model_count(error == 0 ? PASSED : REFUSED);
	return future_ok(arg);
}

static future_result_t settle(void *decides)
{
	future_promise_settle(decides, future_ok(NULL));
	return future_ok(NULL);
}

SCENARIO(a_hope_that_is_not_needed_once_a_function_runs, .bound = 1)
{
	static int first;
	struct kept decider, never;
	future_t *raced, *decides;

	pool = pool_at_rest(3);
	model_quiet(true);
	decider = kept_begin();
	never = kept_begin();
	raced = FUTURE_RACE(decider.future, never.future);
	after_race = future_then_on(raced, pool, start_both, &first);
	tasks[0] = future_submit(pool, get_after_race, NULL);
	model_rest();
	model_quiet(false);
	decides = future_submit(pool, settle, decider.promise);
	MODEL_CHECK(future_get(tasks[0]).error == 0);
	MODEL_CHECK(future_get(after_race).error == 0);
	MODEL_CHECK(model_counted(PASSED) == 1);
	MODEL_CHECK(model_counted(REFUSED) == 1);
	future_unref(tasks[0]);
	future_unref(after_race);
	future_unref(decides);
	future_unref(raced);
	kept_end(decider);
	kept_end(never);
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

static future_result_t get_while_it_settles(future_result_t in, void *which)
{
	MODEL_CHECK(future_semaphore_acquire(&permit, 1) == 0);
	MODEL_CHECK(future_semaphore_release(&go, 1) == 0);
	model_quiet(false);
	return start_both(in, which);
}

/* `input` of the any settles with the promise. */
static void settle_while_it_is_looked_at(future_promise_t *settles,
	future_t *input)
{
	static int second = 1;

	pool = pool_at_rest(2);
	permit = go = (future_semaphore_t)FUTURE_SEMAPHORE_INIT(0);
	promise_in(future_inline());
	model_quiet(true);
	tasks[0] = future_then_on(promised, pool, get_while_it_settles,
		&second);
	tasks[1] = future_then_on(promised, pool, get_kept_or_other, input);
	future_promise_settle(promise, future_ok(NULL));
	model_rest();
	MODEL_CHECK(future_semaphore_release(&permit, 1) == 0);
	MODEL_CHECK(future_semaphore_acquire(&go, 1) == 0);
	future_promise_settle(settles, future_ok(NULL));
	model_quiet(true);
	both_end();
	MODEL_CHECK(model_counted(REFUSED) == 0);
	promise_end();
	pool_end(pool);
}

SCENARIO(an_any_is_decided_while_another_looks_at_it, .bound = 1)
{
	struct kept kept = kept_begin();

	settle_while_it_is_looked_at(kept.promise, kept.future);
	kept_end(kept);
}

/* What it had followed when it was looked at is not needed any more. */
SCENARIO(a_follower_settles_while_another_looks_at_it, .fresh = true)
{
	struct kept kept = kept_begin(), follower = kept_begin();

	future_promise_settle(follower.promise,
		future_follow(future_ref(kept.future)));
	settle_while_it_is_looked_at(kept.promise, follower.future);
	kept_end(follower);
	kept_end(kept);
}

/*
 * Between a waiter and one who is about to be told is a third, who had set its
 * hope on the waiter: it has to set that on the other, or nobody looks again.
 */

static future_t *told;

static future_result_t get_told_and_other(future_result_t in, void *arg)
{
	(void)in;
	(void)arg;
	return get_both(told, tasks[1]);
}

static future_result_t get_kept(void *kept)
{
	return future_get(kept);
}

SCENARIO(a_waiter_behind_one_who_is_about_to_be_told, .bound = 1)
{
	static int first;
	struct kept kept;

	pool = pool_at_rest(3);
	permit = go = (future_semaphore_t)FUTURE_SEMAPHORE_INIT(0);
	promise_in(future_inline());
	kept = kept_begin();
	model_quiet(true);
	told = future_submit(pool, get_kept, kept.future);
	tasks[0] = future_then_on(promised, pool, get_told_and_other, NULL);
	tasks[1] = future_then_on(promised, pool, get_when_permitted, &first);
	future_promise_settle(promise, future_ok(NULL));
	model_rest();
	model_quiet(false);
	MODEL_CHECK(future_semaphore_release(&permit, 1) == 0);
	future_promise_settle(kept.promise, future_ok(NULL));
	both_end();
	MODEL_CHECK(model_counted(PASSED) == 1);
	MODEL_CHECK(model_counted(REFUSED) == 1);
	future_unref(told);
	kept_end(kept);
	promise_end();
	pool_end(pool);
}

/*
 * A cancel has woken the sleeper, who has not got up yet.  What it runs further
 * out will go on, though what it slept for cannot move.
 */

static future_executor_t *other;
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
	/* It uses the second. */
	MODEL_CHECK(future_join(cancelled, FUTURE_FOREVER) == 0);
	both_end();
	future_unref(cancelled);
	promise_end();
	pool_end(other);
	pool_end(pool);
}

/*
 * The same where a cancel settles what the other is about to sleep for, and the
 * function of that has not returned: it runs below who looks.
 */

static future_result_t cancel_and_get_other(void *arg)
{
	(void)arg;
	future_cancel(tasks[0]);
	MODEL_CHECK(future_wait(tasks[1], FUTURE_FOREVER) == 0);
	return future_ok(NULL);
}

static future_result_t get_inner(future_result_t in, void *arg)
{
	future_t *inner = future_submit(pool, cancel_and_get_other, NULL);
	int error = future_wait(inner, FUTURE_FOREVER);

	(void)in;
	(void)arg;
	MODEL_CHECK(error == 0 || error == ECANCELED);
	future_unref(inner);
	return future_ok(NULL);
}

static future_result_t get_first(future_result_t in, void *arg)
{
	(void)in;
	(void)arg;
	MODEL_CHECK(future_wait(tasks[0], FUTURE_FOREVER) == 0);
	return future_ok(NULL);
}

SCENARIO(a_sleeper_whose_future_is_cancelled_can_move, .fresh = true)
{
	pool = pool_at_rest(1);
	other = pool_at_rest(1);
	promise_in(future_inline());
	tasks[0] = future_then_on(promised, pool, get_inner, NULL);
	tasks[1] = future_then_on(promised, other, get_first, NULL);
	future_promise_settle(promise, future_ok(NULL));
	MODEL_CHECK(future_get(tasks[1]).error == 0);
	/* The inner one uses the two. */
	pool_end(pool);
	pool_end(other);
	for (int i = 0; i < 2; i++)
		future_unref(tasks[i]);
	promise_end();
}

/*
 * What a sleeper had set its hope on follows now, and that leads back to the
 * sleeper, who has been prodded to be told so, but has not got up yet.
 */

static future_result_t pass(future_result_t in, void *arg)
{
	(void)arg;
	return in;
}

static future_result_t get_what_waits_for_it(void *after)
{
	MODEL_CHECK(future_wait(after, FUTURE_FOREVER) == EDEADLK);
	return future_ok(NULL);
}

static future_result_t get_who_is_told(void *arg)
{
	MODEL_CHECK(future_wait(tasks[0], FUTURE_FOREVER) == 0);
	return future_ok(arg);
}

SCENARIO(a_sleeper_that_is_prodded_can_move, .bound = 1)
{
	struct kept kept = kept_begin();
	future_t *after;

	pool = pool_at_rest(2);
	model_quiet(true);
	after = future_then_on(kept.future, pool, pass, NULL);
	tasks[0] = future_submit(pool, get_what_waits_for_it, after);
	model_rest();
	model_quiet(false);
	tasks[1] = future_submit(pool, get_who_is_told, NULL);
	future_promise_settle(kept.promise,
		future_follow(future_ref(tasks[0])));
	both_end();
	future_unref(after);
	kept_end(kept);
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
