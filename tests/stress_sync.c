/*
 * Mutex, semaphore, event, latch under many threads: futures that race, give
 * up and are dropped, primitives that go with whoever they let pass, crowds,
 * and random operations against what must hold.
 */
#define _GNU_SOURCE
#include "waiting.h"

#include <sys/mman.h>

/* What is held by one at a time, or by a few. */
struct hold {
	union {
		future_mutex_t mutex;
		future_semaphore_t semaphore;
	};
	size_t permits;		/* to take at once; 0: the mutex */
	size_t all;		/* that there are */
	size_t rounds;
	uint32_t seed;
	atomic_size_t used;	/* at present */
	size_t inside;		/* by those who take all there are */
	atomic_bool over;
	atomic_int errors;
};

static void bad(struct hold *hold, bool is_bad)
{
	if (is_bad)
		atomic_fetch_add(&hold->errors, 1);
}

static int hold_get(struct hold *hold, future_time_t until)
{
	if (hold->permits != 0)
		return future_semaphore_acquire_until(&hold->semaphore,
			hold->permits, until);
	return until.ns == INT64_MAX ? future_mutex_lock(&hold->mutex) :
		future_mutex_lock_until(&hold->mutex, until);
}

static future_t *hold_async(struct hold *hold)
{
	return hold->permits != 0 ? future_semaphore_acquire_async(
		&hold->semaphore, hold->permits) :
		future_mutex_lock_async(&hold->mutex);
}

static void hold_put(struct hold *hold)
{
	bad(hold, (hold->permits != 0 ? future_semaphore_release(
		&hold->semaphore, hold->permits) :
		future_mutex_unlock(&hold->mutex)) != 0);
}

/* By who has it. */
static void hold_use(struct hold *hold)
{
	size_t permits = hold->permits != 0 ? hold->permits : 1;

	bad(hold, atomic_fetch_add_explicit(&hold->used, permits,
		memory_order_relaxed) + permits > hold->all);
	if (permits == hold->all) {
		bad(hold, hold->inside != 0);
		hold->inside = 1;
		fut_relax();
		hold->inside = 0;
	}
	atomic_fetch_sub_explicit(&hold->used, permits, memory_order_relaxed);
}

/* All of it is there again, and nobody waits. */
static void hold_is_whole(struct hold *hold)
{
	size_t left = 0;

	ck_assert_int_eq(hold->errors, 0);
	if (hold->permits != 0) {
		while (future_semaphore_acquire_until(&hold->semaphore, 1,
				FUTURE_NOW) == 0)
			left++;
		ck_assert_uint_eq(left, hold->all);
	} else {
		ck_assert_int_eq(future_mutex_lock_until(&hold->mutex,
			FUTURE_NOW), 0);
		ck_assert_int_eq(future_mutex_unlock(&hold->mutex), 0);
	}
	ck_assert_uint_eq(queued(&hold->mutex), 0);
}

static struct hold hold_of(int kind, size_t rounds)
{
	const size_t permits[] = { 0, 1, 3, 1, 2 }, all[] = { 1, 1, 3, 2, 3 };
	struct hold hold = { .permits = permits[kind], .all = all[kind],
		.rounds = rounds, .seed = 88172645u + (uint32_t)kind };

	if (permits[kind] != 0)
		hold.semaphore = (future_semaphore_t)
			FUTURE_SEMAPHORE_INIT(all[kind]);
	return hold;
}

enum { KINDS = 5 };

/* Takes what the future holds, if it does: it may be another's. */
static void take_and_put(struct hold *hold, future_t *future)
{
	future_result_t taken = future_take(future);

	if (taken.error != 0 || taken.value == NULL)
		return;
	hold_use(hold);
	hold_put(hold);
}

/* One race of the hold with something else, and how its futures end. */
static void race_once(struct hold *hold, uint32_t *random)
{
	future_t *locked = hold_async(hold), *other, *raced;
	future_event_t event = FUTURE_EVENT_INIT;
	uint32_t how = draw(random, 64);

	if (how & 1)
		future_event_set(&event);
	other = future_event_wait_async(&event);
	raced = how & 2 ? FUTURE_RACE(locked, other) :
		FUTURE_RACE(other, locked);
	if (how & 4)
		future_event_set(&event);
	switch (how >> 3) {
	case 0:
	case 1:
		future_cancel(locked);
		break;
	case 2:
		linger(random, 64);
		future_cancel(raced);
		break;
	case 3:
		future_event_set(&event);
		take_and_put(hold, raced);
		break;
	case 4:
		take_and_put(hold, locked);
		break;
	default:
		break;
	}
	future_unref(locked);
	linger(random, 32);
	future_unref(raced);
	future_event_set(&event);
	future_unref(other);
}

/* One locks and unlocks, the other races. */
static void race_or_disturb(void *arg, size_t index)
{
	struct hold *hold = arg;
	uint32_t random = hold->seed + (uint32_t)index;

	if (index == 0) {
		for (size_t i = 0; i < hold->rounds; i++)
			race_once(hold, &random);
		atomic_store(&hold->over, true);
	}
	while (!atomic_load(&hold->over)) {
		if (hold_get(hold, FUTURE_FOREVER) != 0)
			bad(hold, true);
		hold_use(hold);
		linger(&random, 32);
		hold_put(hold);
		linger(&random, 64);
	}
}

START_TEST(a_hold_that_loses_a_race_is_not_lost)
{
	struct hold hold = hold_of(_i, scaled(_i == 0 ? 1000000 : 100000));

	together(2, race_or_disturb, &hold);
	hold_is_whole(&hold);
}
END_TEST

/* Random ways to have it and to give it up. */
static void hold_somehow(struct hold *hold, uint32_t *random)
{
	uint32_t how = draw(random, 8);
	future_t *future;

	if (how < 2) {
		bad(hold, hold_get(hold, FUTURE_FOREVER) != 0);
		hold_use(hold);
		hold_put(hold);
	} else if (how < 4) {
		future_time_t until = future_now();
		int error;

		until.ns += draw(random, 20000);
		error = hold_get(hold, how == 2 ? until : FUTURE_NOW);
		bad(hold, error != 0 && error != ETIMEDOUT);
		if (error != 0)
			return;
		hold_use(hold);
		hold_put(hold);
	} else {
		future = hold_async(hold);
		linger(random, 64);
		if (how == 4)
			take_and_put(hold, future);
		else if (how == 5 && future_get(future).error == 0)
			hold_use(hold);
		else if (how == 6 && !future_cancel(future) &&
			 future_get(future).error == 0)
			hold_use(hold);
		future_unref(future);
	}
}

static void hold_at_random(void *arg, size_t index)
{
	struct hold *hold = arg;
	uint32_t random = hold->seed + (uint32_t)index;

	for (size_t i = 0; i < hold->rounds; i++)
		hold_somehow(hold, &random);
}

START_TEST(a_hold_is_had_by_no_more_than_there_is_for)
{
	struct hold hold = hold_of(_i, scaled(10000));

	together(4, hold_at_random, &hold);
	hold_is_whole(&hold);
}
END_TEST

static future_result_t hold_task(void *arg)
{
	struct hold *hold = arg;
	int error = hold_get(hold, future_in_ms(60000));

	bad(hold, error != 0 && error != ECANCELED);
	if (error == 0) {
		hold_use(hold);
		hold_put(hold);
	}
	return future_ok(NULL);
}

START_TEST(the_cancel_of_tasks_that_wait_loses_no_hold)
{
	struct hold hold = hold_of(_i, 1);
	future_executor_t *pool = pool_of(3);
	uint32_t random = hold.seed;
	future_t *tasks[8];

	for (size_t i = 0; i < scaled(2000); i++) {
		bool held = hold_get(&hold, FUTURE_NOW) == 0;

		for (int n = 0; n < 8; n++)
			tasks[n] = future_submit(pool, hold_task, &hold);
		linger(&random, 2000);
		for (int n = 0; n < 8; n += 1 + (int)draw(&random, 2))
			future_cancel(tasks[n]);
		if (held)
			hold_put(&hold);
		for (int n = 0; n < 8; n++) {
			bad(&hold, future_join(tasks[n], FUTURE_FOREVER) != 0);
			future_unref(tasks[n]);
		}
	}
	future_executor_unref(pool);
	hold_is_whole(&hold);
}
END_TEST

/*
 * What goes with whoever it let pass.  Without a tool that sees a use of freed
 * memory, its pattern tells.
 */
enum { GOES_SEMAPHORE, GOES_EVENT, GOES_LATCH, GOES_MUTEX, GOES_KINDS };

union primitive {
	future_semaphore_t semaphore;
	future_event_t event;
	future_latch_t latch;
	future_mutex_t mutex;
	unsigned char bytes[32];
};

struct cradle {
	int kind;
	size_t rounds;
	_Atomic(union primitive *) here, second;
	atomic_int errors;
};

#define GONE 0xa5

static void primitive_init(const struct cradle *cradle,
	union primitive *primitive)
{
	memset(primitive, 0, sizeof(*primitive));
	if (cradle->kind == GOES_LATCH)
		primitive->latch = (future_latch_t)FUTURE_LATCH_INIT(2);
	if (cradle->kind == GOES_MUTEX)
		ck_assert_int_eq(future_mutex_lock(&primitive->mutex), 0);
}

static union primitive *primitive_new(const struct cradle *cradle)
{
	union primitive *primitive = malloc(sizeof(*primitive));

	ck_assert_ptr_nonnull(primitive);
	primitive_init(cradle, primitive);
	return primitive;
}

static void primitive_open(int kind, union primitive *primitive)
{
	int error = 0;

	switch (kind) {
	case GOES_SEMAPHORE:
		error = future_semaphore_release(&primitive->semaphore, 1);
		break;
	case GOES_EVENT:
		future_event_set(&primitive->event);
		break;
	case GOES_LATCH:
		error = future_latch_count_down(&primitive->latch, 1);
		break;
	default:
		error = future_mutex_unlock(&primitive->mutex);
	}
	ck_assert_int_eq(error, 0);
}

static int primitive_wait(int kind, union primitive *primitive)
{
	int error;

	switch (kind) {
	case GOES_SEMAPHORE:
		return future_semaphore_acquire(&primitive->semaphore, 1);
	case GOES_EVENT:
		return future_event_wait_until(&primitive->event, LATER);
	case GOES_LATCH:
		return future_latch_wait(&primitive->latch);
	default:
		error = future_mutex_lock(&primitive->mutex);
		return error != 0 ? error :
			future_mutex_unlock(&primitive->mutex);
	}
}

static future_t *primitive_async(int kind, union primitive *primitive)
{
	switch (kind) {
	case GOES_SEMAPHORE:
		return future_semaphore_acquire_async(&primitive->semaphore, 1);
	case GOES_EVENT:
		return future_event_wait_async(&primitive->event);
	case GOES_LATCH:
		return future_latch_wait_async(&primitive->latch);
	default:
		return future_mutex_lock_async(&primitive->mutex);
	}
}

/* A hold is taken: where it is not, who let it pass may give it back late. */
static int primitive_pass(int kind, union primitive *primitive)
{
	future_t *future = primitive_async(kind, primitive);
	future_result_t taken = future_take(future);

	future_unref(future);
	if (taken.destroy != NULL)
		taken.destroy(taken.value);
	return taken.error;
}

/* In the middle of the call that lets it pass. */
static future_result_t unmap_then(future_result_t in, void *primitive)
{
	future_result_t mine = future_move(in);

	if (mine.destroy != NULL)
		mine.destroy(mine.value);
	ck_assert_int_eq(munmap(primitive, sizeof(union primitive)), 0);
	return future_ok(NULL);
}

START_TEST(a_callback_may_free_what_let_it_pass)
{
	struct cradle cradle = { .kind = _i };
	union primitive *primitive = mmap(NULL, sizeof(*primitive),
		PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	future_t *future, *unmapped;

	ck_assert(primitive != MAP_FAILED);
	primitive_init(&cradle, primitive);
	future = primitive_async(_i, primitive);
	unmapped = future_then_on(future, future_inline(), unmap_then,
		primitive);
	ck_assert_int_eq(future_state(unmapped), FUTURE_PENDING);
	if (_i == GOES_LATCH)
		primitive_open(_i, primitive);
	primitive_open(_i, primitive);
	ck_assert_int_eq(outcome_of(unmapped), 0);
	future_unref(future);
}
END_TEST

/* Those that are gone are freed a little later, to be looked at. */
struct graves {
	union primitive *last[16];
	size_t next;
};

static void bury(struct cradle *cradle, struct graves *graves,
	union primitive *primitive)
{
	union primitive *old = graves->last[graves->next];

	if (primitive != NULL)
		memset(primitive, GONE, sizeof(*primitive));
	if (watched()) {
		free(primitive);
		return;
	}
	graves->last[graves->next] = primitive;
	graves->next = (graves->next + 1) % 16;
	for (size_t i = 0; old != NULL && i < sizeof(old->bytes); i++)
		if (old->bytes[i] != GONE)
			atomic_fetch_add(&cradle->errors, 1);
	free(old);
}

static union primitive *pick_up(_Atomic(union primitive *) *from)
{
	union primitive *primitive;

	while ((primitive = atomic_exchange(from, NULL)) == NULL)
		sched_yield();
	return primitive;
}

static void lay_down(_Atomic(union primitive *) *to, union primitive *primitive)
{
	while (atomic_load(to) != NULL)
		sched_yield();
	atomic_store(to, primitive);
}

static void open_them(struct cradle *cradle, size_t index, uint32_t *random)
{
	for (size_t i = 0; i < cradle->rounds; i++) {
		union primitive *primitive;

		if (index == 2) {
			primitive = pick_up(&cradle->second);
		} else {
			primitive = primitive_new(cradle);
			lay_down(&cradle->here, primitive);
			if (cradle->kind == GOES_LATCH)
				lay_down(&cradle->second, primitive);
		}
		linger(random, i % 16 == 0 ? 20000 : 200);
		primitive_open(cradle->kind, primitive);
	}
}

static void wait_and_free(struct cradle *cradle, uint32_t *random)
{
	struct graves graves = { .next = 0 };

	for (size_t i = 0; i < cradle->rounds; i++) {
		union primitive *primitive = pick_up(&cradle->here);
		int error;

		if (draw(random, 3) == 0)
			error = primitive_pass(cradle->kind, primitive);
		else
			error = primitive_wait(cradle->kind, primitive);
		if (error != 0)
			atomic_fetch_add(&cradle->errors, 1);
		bury(cradle, &graves, primitive);
	}
	for (int i = 0; i < 16; i++)
		bury(cradle, &graves, NULL);
}

static void open_or_free(void *arg, size_t index)
{
	struct cradle *cradle = arg;
	uint32_t random = 2463534242u + (uint32_t)index;

	if (index == 0)
		wait_and_free(cradle, &random);
	else
		open_them(cradle, index, &random);
}

START_TEST(who_lets_pass_does_not_touch_it_again)
{
	struct cradle cradle = { .kind = _i, .rounds = scaled(8000) };

	together(_i == GOES_LATCH ? 3 : 2, open_or_free, &cradle);
	ck_assert_int_eq(cradle.errors, 0);
}
END_TEST

/* An event that resets itself: as many pass as it was set, no set is lost. */
#define RINGS scaled(10000)

struct bell {
	future_event_t event;
	atomic_size_t heard;
	atomic_bool over;
	atomic_int errors;
};

static void hear(struct bell *bell, uint32_t *random)
{
	future_time_t until = future_now();
	future_t *future;
	int error;

	until.ns += draw(random, 30000);
	switch (draw(random, 4)) {
	case 0:
		error = future_event_wait_until(&bell->event, FUTURE_NOW);
		break;
	case 1:
		error = future_event_wait_until(&bell->event, until);
		break;
	default:
		future = future_event_wait_async(&bell->event);
		linger(random, 500);
		error = future_cancel(future) ? ETIMEDOUT :
			future_get(future).error;
		future_unref(future);
	}
	if (error == 0)
		atomic_fetch_add(&bell->heard, 1);
	else if (error != ETIMEDOUT)
		atomic_fetch_add(&bell->errors, 1);
}

static void ring_or_hear(void *arg, size_t index)
{
	struct bell *bell = arg;
	uint32_t random = 362436069u + (uint32_t)index;

	for (size_t i = 0; index == 0 && i < RINGS; i++) {
		future_event_set(&bell->event);
		while (atomic_load(&bell->heard) == i)
			sched_yield();
		if (atomic_load(&bell->heard) != i + 1)
			atomic_fetch_add(&bell->errors, 1);
	}
	if (index == 0)
		atomic_store(&bell->over, true);
	while (!atomic_load(&bell->over))
		hear(bell, &random);
}

START_TEST(each_set_lets_exactly_one_pass)
{
	struct bell bell = { .event = FUTURE_EVENT_AUTO_INIT };

	together(4, ring_or_hear, &bell);
	ck_assert_int_eq(bell.errors, 0);
	ck_assert_uint_eq(bell.heard, RINGS);
	ck_assert(!future_event_is_set(&bell.event));
	ck_assert_uint_eq(queued(&bell.event), 0);
}
END_TEST

/* What was done before the last count is seen behind the latch. */
struct start {
	future_latch_t latches[64];
	size_t written[64][4];
	atomic_int errors;
};

static void count_and_look(void *arg, size_t index)
{
	struct start *start = arg;

	for (size_t i = 0; i < 64; i++) {
		future_latch_t *latch = &start->latches[i];
		int error;

		start->written[i][index] = i + index + 1;
		error = future_latch_count_down(latch, 1);
		if ((i + index) % 3 == 0)
			error |= outcome_of(future_latch_wait_async(latch));
		else
			error |= future_latch_wait(latch);
		for (size_t n = 0; n < 4; n++)
			error |= start->written[i][n] != i + n + 1;
		if (error != 0)
			atomic_fetch_add(&start->errors, 1);
	}
}

START_TEST(a_latch_shows_what_was_done_before)
{
	static struct start start;

	for (size_t round = 0; round < scaled(100); round++) {
		memset(&start, 0, sizeof(start));
		for (size_t i = 0; i < 64; i++)
			start.latches[i] = (future_latch_t)FUTURE_LATCH_INIT(4);
		together(4, count_and_look, &start);
		ck_assert_int_eq(start.errors, 0);
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("stress_sync");
	TCase *tcase = suite_case(suite, "holds");

	tcase_set_timeout(tcase, 120);
	tcase_add_loop_test(tcase, a_hold_that_loses_a_race_is_not_lost, 0,
		KINDS);
	tcase_add_loop_test(tcase, a_hold_is_had_by_no_more_than_there_is_for,
		0, KINDS);
	tcase_add_loop_test(tcase, the_cancel_of_tasks_that_wait_loses_no_hold,
		0, KINDS);
	tcase = suite_case(suite, "passing");
	tcase_set_timeout(tcase, 120);
	tcase_add_loop_test(tcase, a_callback_may_free_what_let_it_pass, 0,
		GOES_KINDS);
	tcase_add_loop_test(tcase, who_lets_pass_does_not_touch_it_again, 0,
		GOES_KINDS);
	tcase_add_test(tcase, each_set_lets_exactly_one_pass);
	tcase_add_test(tcase, a_latch_shows_what_was_done_before);
	return suite_run(suite);
}
