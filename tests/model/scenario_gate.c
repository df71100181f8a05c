/* Semaphores, events, latches: who waits, gives up, releases, frees. */
#include "scenario.h"
#include "alloc.h"

static future_semaphore_t *semaphore;
static future_event_t *event;
static future_latch_t *latch;

static void *copy_of(const void *value, size_t size)
{
	return memcpy(fut_alloc(size), value, size);
}

static void semaphore_new(unsigned permits)
{
	future_semaphore_t start = FUTURE_SEMAPHORE_INIT(permits);

	semaphore = copy_of(&start, sizeof(start));
}

/* Nobody waits, and there are so many permits: takes them all. */
static void semaphore_end(unsigned permits)
{
	MODEL_CHECK(semaphore->waiters == NULL);
	if (permits > 0)
		MODEL_CHECK(future_semaphore_acquire_until(semaphore, permits,
			FUTURE_NOW) == 0);
	MODEL_CHECK(future_semaphore_acquire_until(semaphore, 1, FUTURE_NOW) ==
		ETIMEDOUT);
	fut_free(semaphore);
}

static void release(void *permits)
{
	MODEL_CHECK(future_semaphore_release(semaphore,
		(size_t)(uintptr_t)permits) == 0);
}

static void acquire(void *permits)
{
	MODEL_CHECK(future_semaphore_acquire(semaphore,
		(size_t)(uintptr_t)permits) == 0);
	model_count(PASSED);
}

static void acquire_until(void *permits)
{
	int error = future_semaphore_acquire_until(semaphore,
		(size_t)(uintptr_t)permits, future_in_ms(1));

	MODEL_CHECK(error == 0 || error == ETIMEDOUT);
	if (error == 0)
		model_count(PASSED);
}

static void cancel(void *future)
{
	if (future_cancel(future))
		model_count(CANCELLED);
	future_unref(future);
}

static void unref(void *future)
{
	future_unref(future);
}

/* The hold is taken, so that it is counted like the sleepers'. */
static void take(future_t *future)
{
	future_result_t result = future_take(future);

	MODEL_CHECK(result.error == 0 || result.error == ECANCELED);
	if (result.error == 0)
		model_count(PASSED);
	future_unref(future);
}

/* Two permits come; of three who want one, two may give up. */
SCENARIO(acquire_with_a_deadline_against_cancel_and_release)
{
	future_t *future;
	int a, b;

	semaphore_new(0);
	future = future_semaphore_acquire_async(semaphore, 1);
	a = model_start(acquire_until, (void *)1);
	b = model_start(cancel, future_ref(future));
	release((void *)1);
	take(future);
	model_join(a);
	model_join(b);
	semaphore_end(1 - model_counted(PASSED));
}

/* Whoever sees that nobody waits any more frees the semaphore. */
SCENARIO(two_cancels_against_release_and_free)
{
	future_t *future;
	int a, b, c;
	bool got;

	semaphore_new(0);
	future = future_semaphore_acquire_async(semaphore, 1);
	a = model_start(cancel, future_ref(future));
	b = model_start(cancel, future_ref(future));
	c = model_start(release, (void *)1);
	got = future_take(future).error == 0;
	if (got)
		fut_free(semaphore);
	model_join(a);
	model_join(b);
	model_join(c);
	MODEL_CHECK(got == (model_counted(CANCELLED) == 0));
	if (!got)
		semaphore_end(1);
	future_unref(future);
}

SCENARIO(a_cancelled_acquire_against_the_end_of_the_semaphore)
{
	future_t *future;
	int a, b;

	semaphore_new(0);
	future = future_semaphore_acquire_async(semaphore, 1);
	a = model_start(cancel, future_ref(future));
	b = model_start(cancel, future_ref(future));
	MODEL_CHECK(future_get(future).error == ECANCELED);
	fut_free(semaphore);
	model_join(a);
	model_join(b);
	future_unref(future);
}

/* The big one in front goes; the small one behind it must not be forgotten. */
SCENARIO(a_big_request_that_gives_up_lets_the_small_one_pass)
{
	future_t *big;
	int a, b, c;

	semaphore_new(0);
	big = future_semaphore_acquire_async(semaphore, 2);
	a = model_start(acquire, (void *)1);
	b = model_start(release, (void *)1);
	c = model_start(cancel, big);
	model_join(a);
	model_join(b);
	model_join(c);
	semaphore_end(0);
}

SCENARIO(a_big_request_that_times_out_lets_the_small_one_pass)
{
	int a, b, c;

	semaphore_new(0);
	a = model_start(acquire_until, (void *)2);
	b = model_start(acquire, (void *)1);
	c = model_start(release, (void *)1);
	model_join(a);
	model_join(b);
	model_join(c);
	MODEL_CHECK(model_counted(PASSED) == 1);
	semaphore_end(0);
}

SCENARIO(a_semaphore_freed_by_who_it_let_pass)
{
	int thread;

	semaphore_new(0);
	thread = model_start(release, (void *)1);
	acquire((void *)1);
	fut_free(semaphore);
	model_join(thread);
}

SCENARIO(two_releases_against_two_sleepers)
{
	int a, b, c;

	semaphore_new(0);
	a = model_start(acquire, (void *)1);
	b = model_start(acquire, (void *)1);
	c = model_start(release, (void *)1);
	release((void *)1);
	model_join(a);
	model_join(b);
	model_join(c);
	semaphore_end(0);
}

/* Nobody asks for it any more: the permit stays, sooner or later. */
SCENARIO(unref_of_a_waiting_acquire_against_release)
{
	future_t *future;
	int a, b;

	semaphore_new(0);
	future = future_semaphore_acquire_async(semaphore, 1);
	a = model_start(unref, future);
	b = model_start(release, (void *)1);
	model_join(a);
	model_join(b);
	semaphore_end(1);
}

SCENARIO(a_hold_of_two_that_nobody_takes_goes_back)
{
	future_t *future, *next;
	int thread;

	semaphore_new(1);
	future = future_semaphore_acquire_async(semaphore, 2);
	next = future_semaphore_acquire_async(semaphore, 1);
	thread = model_start(release, (void *)1);
	MODEL_CHECK(future_get(future).error == 0);
	future_unref(future);
	MODEL_CHECK(future_get(next).error == 0);
	future_unref(next);
	model_join(thread);
	semaphore_end(2);
}

static future_result_t acquire_task(void *arg)
{
	int error = future_semaphore_acquire(semaphore, 1);

	(void)arg;
	MODEL_CHECK(error == 0 || error == ECANCELED);
	if (error == 0)
		model_count(PASSED);
	return future_ok(NULL);
}

SCENARIO(the_cancel_of_a_task_that_acquires_against_release)
{
	future_executor_t *pool = pool_at_rest(1);
	future_t *task;
	int thread;

	semaphore_new(0);
	task = future_submit(pool, acquire_task, NULL);
	thread = model_start(release, (void *)1);
	cancel(future_ref(task));
	MODEL_CHECK(future_join(task, FUTURE_FOREVER) == 0);
	model_join(thread);
	semaphore_end(1 - model_counted(PASSED));
	future_unref(task);
	pool_end(pool);
}

/* Events. */

static void event_new(bool resets_itself)
{
	future_event_t manual = FUTURE_EVENT_INIT;
	future_event_t automatic = FUTURE_EVENT_AUTO_INIT;

	event = copy_of(resets_itself ? &automatic : &manual, sizeof(manual));
}

static void set(void *arg)
{
	(void)arg;
	future_event_set(event);
}

static void reset(void *arg)
{
	(void)arg;
	future_event_reset(event);
}

static void wait(void *arg)
{
	(void)arg;
	MODEL_CHECK(future_event_wait(event) == 0);
	model_count(PASSED);
}

static void wait_until(void *arg)
{
	int error = future_event_wait_until(event, future_in_ms(1));

	(void)arg;
	MODEL_CHECK(error == 0 || error == ETIMEDOUT);
	if (error == 0)
		model_count(PASSED);
}

SCENARIO(an_event_freed_by_who_it_let_pass)
{
	int thread;

	event_new(false);
	thread = model_start(set, NULL);
	wait(NULL);
	fut_free(event);
	model_join(thread);
}

/* All who waited before the set pass, whatever the reset does. */
SCENARIO(set_against_reset_and_two_who_wait)
{
	future_t *first, *second;
	int a;

	event_new(false);
	first = future_event_wait_async(event);
	second = future_event_wait_async(event);
	a = model_start(set, NULL);
	reset(NULL);
	MODEL_CHECK(future_get(first).error == 0);
	MODEL_CHECK(future_get(second).error == 0);
	model_join(a);
	future_unref(first);
	future_unref(second);
	fut_free(event);
}

/* Each set lets one pass, or stays; two that nobody saw are one. */
SCENARIO(two_sets_of_an_automatic_event_against_two_deadlines)
{
	unsigned passed;
	int a, b;

	event_new(true);
	a = model_start(wait_until, NULL);
	b = model_start(wait_until, NULL);
	set(NULL);
	set(NULL);
	model_join(a);
	model_join(b);
	passed = model_counted(PASSED);
	MODEL_CHECK(event->waiters == NULL);
	MODEL_CHECK(passed == 2 || future_event_is_set(event) || passed == 1);
	MODEL_CHECK(!(passed == 2 && future_event_is_set(event)));
	fut_free(event);
}

/* Latches. */

static void count_down(void *arg)
{
	(void)arg;
	MODEL_CHECK(future_latch_count_down(latch, 1) == 0);
}

SCENARIO(two_count_downs_against_a_sleeper_and_a_cancel)
{
	future_latch_t two = FUTURE_LATCH_INIT(2);
	future_t *future;
	int a, b, error;

	latch = copy_of(&two, sizeof(two));
	future = future_latch_wait_async(latch);
	a = model_start(count_down, NULL);
	b = model_start(cancel, future_ref(future));
	count_down(NULL);
	MODEL_CHECK(future_latch_wait(latch) == 0);
	error = future_get(future).error;
	fut_free(latch);
	model_join(a);
	model_join(b);
	MODEL_CHECK(error == (model_counted(CANCELLED) != 0 ? ECANCELED : 0));
	future_unref(future);
}
