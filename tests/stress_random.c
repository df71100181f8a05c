/*
 * Threads that do everything with everybody's futures, at random.
 *
 * Each new future depends on older ones only, so none can wait for itself:
 * nobody may ever see EDEADLK, all must settle in the end, and every value and
 * every argument must be destroyed exactly once.
 *
 * FUTURE_TEST_SEED=n starts elsewhere; a failure prints it.
 */
#include "check.h"

#define SLOTS 24
#define ACTORS 3

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static future_t *slots[SLOTS];			/* under mutex */
static future_promise_t *promises[SLOTS];	/* under mutex; or NULL */
static future_executor_t *pool;
static atomic_int made, destroyed;		/* values */
static atomic_int lent, returned;		/* arguments */
static atomic_int bad;

static uint32_t dice(uint32_t *seed, uint32_t sides)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 17;
	*seed ^= *seed << 5;
	return *seed % sides;
}

static future_t *pick(uint32_t *seed)
{
	uint32_t where = dice(seed, SLOTS);
	future_t *future;

	pthread_mutex_lock(&mutex);
	future = future_ref(slots[where]);
	pthread_mutex_unlock(&mutex);
	return future;
}

/* Puts the reference into a slot and gives back the one that was there. */
static void place(uint32_t *seed, future_t *future)
{
	uint32_t where = dice(seed, SLOTS);
	future_t *old;

	pthread_mutex_lock(&mutex);
	old = slots[where];
	slots[where] = future;
	pthread_mutex_unlock(&mutex);
	future_unref(old);
}

static future_promise_t *exchange(uint32_t *seed, future_promise_t *promise)
{
	uint32_t where = dice(seed, SLOTS);
	future_promise_t *old;

	pthread_mutex_lock(&mutex);
	old = promises[where];
	promises[where] = promise;
	pthread_mutex_unlock(&mutex);
	return old;
}

/* Of the wait, or of anything: nothing here waits for itself. */
static future_result_t look(future_result_t result)
{
	if (result.error == EDEADLK || result.error == EINVAL)
		atomic_fetch_add(&bad, 1);
	return result;
}

static future_result_t value(void)
{
	atomic_fetch_add(&made, 1);
	return owned(&destroyed);
}

/* Tasks and continuations; the argument is an older future. */
static future_result_t make(void *arg)
{
	(void)arg;
	return value();
}

static future_result_t refuse(void *arg)
{
	(void)arg;
	atomic_fetch_add(&made, 1);
	return owned_failure(-1, &destroyed);
}

static future_result_t follow(void *older)
{
	return future_follow(future_ref(older));
}

static future_result_t wait_for(void *older)
{
	future_result_t result = look(future_get(older));

	return result.error != 0 ? future_fail(result.error) :
		future_ok_int(1);
}

static future_result_t make_then(future_result_t in, void *older)
{
	(void)look(in);
	return make(older);
}

static future_result_t refuse_then(future_result_t in, void *older)
{
	(void)look(in);
	return refuse(older);
}

static future_result_t follow_then(future_result_t in, void *older)
{
	(void)look(in);
	return follow(older);
}

static future_result_t move_then(future_result_t in, void *older)
{
	(void)older;
	return future_move(look(in));
}

static future_result_t wait_then(future_result_t in, void *older)
{
	(void)look(in);
	return wait_for(older);
}

static void return_arg(void *older)
{
	future_unref(older);
	atomic_fetch_add(&returned, 1);
}

static future_t *new_task(uint32_t *seed)
{
	future_task_fn *const fns[] = { make, refuse, follow, wait_for };
	future_task_t task = { .arg = pick(seed), .destroy_arg = return_arg };
	bool here;

	task.fn = fns[dice(seed, 4)];
	here = task.fn != wait_for && dice(seed, 2);
	atomic_fetch_add(&lent, 1);
	return future_submit_with(here ? future_inline() : pool, &task);
}

static future_t *new_dependent(uint32_t *seed)
{
	future_then_fn *const fns[] = { pass, make_then, refuse_then, move_then,
		follow_then, wait_then };
	future_continuation_t c = { .on = (future_on_t)dice(seed, 4),
		.arg = pick(seed), .destroy_arg = return_arg };
	future_t *source = pick(seed), *next;

	c.fn = fns[dice(seed, 6)];
	c.executor = c.fn != wait_then && dice(seed, 2) ? future_inline() :
		pool;
	atomic_fetch_add(&lent, 1);
	next = future_then_with(source, &c);
	future_unref(source);
	return next;
}

static future_t *new_combined(uint32_t *seed)
{
	future_t *(*const how[])(future_t *const *, size_t) = { future_all,
		future_all_settled, future_any, future_race };
	future_t *inputs[4] = { NULL }, *combined;
	size_t count = 1 + dice(seed, 4);

	for (size_t i = 0; i < count; i++)
		inputs[i] = pick(seed);
	combined = how[dice(seed, 4)](inputs, count);
	for (size_t i = 0; i < count; i++)
		future_unref(inputs[i]);
	return combined;
}

static void end_promise(uint32_t *seed, future_promise_t *promise)
{
	if (promise != NULL && dice(seed, 4) != 0)
		future_promise_settle(promise, value());
	future_promise_free(promise);
}

static future_t *new_promise(uint32_t *seed)
{
	future_promise_t *promise;
	future_t *future;

	if (future_promise_new(dice(seed, 2) ? pool : future_inline(),
			&promise) != 0)
		abort();
	future = future_promise_future(promise);
	end_promise(seed, exchange(seed, promise));
	return future;
}

static future_t *new_follower(uint32_t *seed)
{
	return future_ready(future_follow(pick(seed)));
}

/* What is done to a future that is there. */
static void use(uint32_t *seed)
{
	future_t *future = pick(seed);
	future_result_t mine;

	switch (dice(seed, 6)) {
	case 0:
		(void)future_cancel(future);
		break;
	case 1:
		if (future_wait(future, FUTURE_NOW) == 0) {
			mine = look(future_take(future));
			if (mine.destroy != NULL)
				mine.destroy(mine.value);
		}
		break;
	case 2:
		(void)!future_wait(future, future_in_ms(1));
		break;
	case 3:
		(void)!future_join(future, FUTURE_NOW);
		break;
	case 4:
		end_promise(seed, exchange(seed, NULL));
		break;
	default:
		if (future_state(future) >= FUTURE_OK)
			(void)look(future_get(future));
		break;
	}
	future_unref(future);
}

static void *act(void *arg)
{
	future_t *(*const news[])(uint32_t *) = { new_task, new_dependent,
		new_dependent, new_combined, new_promise, new_follower };
	uint32_t *seed = arg;

	for (size_t i = scaled(100000); i > 0; i--) {
		if (dice(seed, 3) == 0)
			use(seed);
		else
			place(seed, news[dice(seed, 6)](seed));
	}
	return NULL;
}

static void play(size_t threads)
{
	const char *given = getenv("FUTURE_TEST_SEED");
	uint32_t first = given != NULL ? (uint32_t)strtoul(given, NULL, 10) : 1;
	uint32_t seeds[ACTORS];
	pthread_t actors[ACTORS];

	pool = pool_of(threads);
	for (int i = 0; i < SLOTS; i++)
		slots[i] = settled(value());
	for (uint32_t i = 0; i < ACTORS; i++) {
		seeds[i] = (first * ACTORS + i) * 2654435761u | 1;
		actors[i] = start(act, &seeds[i]);
	}
	for (int i = 0; i < ACTORS; i++)
		finish(actors[i]);
	for (int i = 0; i < SLOTS; i++)
		future_promise_free(promises[i]);
	for (int i = 0; i < SLOTS; i++) {
		(void)look(future_get(slots[i]));
		future_unref(slots[i]);
	}
	future_executor_unref(pool);
	ck_assert_msg(bad == 0 && made == destroyed && lent == returned,
		"FUTURE_TEST_SEED=%u: %d bad, values %d of %d, arguments "
		"%d of %d", first, bad, destroyed, made, returned, lent);
}

START_TEST(whatever_threads_do_nothing_is_lost_on_a_pool_of_one)
{
	play(1);
}
END_TEST

START_TEST(whatever_threads_do_nothing_is_lost_on_a_pool_of_three)
{
	play(3);
}
END_TEST

int main(void)
{
	return run_tests("stress_random", (const TTest *[]) {
		whatever_threads_do_nothing_is_lost_on_a_pool_of_one,
		whatever_threads_do_nothing_is_lost_on_a_pool_of_three,
		NULL,
	});
}
