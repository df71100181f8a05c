/*
 * A thousand wait for one thing, one in ten of them asleep, and a third gives
 * up, by a deadline or a cancel, while the others are let pass: in order.
 */
#define _GNU_SOURCE
#include "waiting.h"

enum { SEMAPHORE, AUTO_EVENT, RECEIVERS, SENDERS, EVENT, LATCH, KINDS };

struct crowd;

struct member {
	struct crowd *crowd;
	size_t number;
	bool asleep;
	future_t *future;	/* or: */
	pthread_t thread;
	future_time_t until;
	atomic_int tid;
	atomic_int passes;
};

struct crowd {
	int kind;
	size_t count;
	union {
		future_semaphore_t semaphore;
		future_event_t event;
		future_latch_t latch;
	};
	future_channel_t *channel;
	struct member *members;
	atomic_size_t passed, gave_up;
	_Atomic(struct member *) *order;	/* in which they passed */
	atomic_int errors;
};

static void passes(struct member *member, const void *item)
{
	struct crowd *crowd = member->crowd;
	size_t at = atomic_fetch_add(&crowd->passed, 1);

	atomic_fetch_add(&member->passes, 1);
	atomic_store(&crowd->order[at], member);
	/* The first to pass has the first item. */
	if (crowd->kind == RECEIVERS && item != &crowd->members[at])
		atomic_fetch_add(&crowd->errors, 1);
}

static int member_wait(struct member *member, void **ret_item)
{
	struct crowd *crowd = member->crowd;

	switch (crowd->kind) {
	case SEMAPHORE:
		return future_semaphore_acquire_until(&crowd->semaphore, 1,
			member->until);
	case RECEIVERS:
		return future_channel_recv_until(crowd->channel, ret_item,
			member->until);
	case SENDERS:
		return future_channel_send_until(crowd->channel, member,
			member->until);
	case LATCH:
		return future_latch_wait_until(&crowd->latch, member->until);
	default:
		return future_event_wait_until(&crowd->event, member->until);
	}
}

static void *member_main(void *arg)
{
	struct member *member = arg;
	struct crowd *crowd = member->crowd;
	void *item = NULL;
	int error;

	atomic_store(&member->tid, (int)thread_id());
	error = member_wait(member, &item);
	if (error == 0)
		passes(member, item);
	else if (error == ETIMEDOUT)
		atomic_fetch_add(&crowd->gave_up, 1);
	else
		atomic_fetch_add(&crowd->errors, 1);
	return NULL;
}

static future_t *member_async(struct member *member)
{
	struct crowd *crowd = member->crowd;

	switch (crowd->kind) {
	case SEMAPHORE:
		return future_semaphore_acquire_async(&crowd->semaphore, 1);
	case RECEIVERS:
		return future_channel_recv_async(crowd->channel);
	case SENDERS:
		return future_channel_send_async(crowd->channel, member);
	case LATCH:
		return future_latch_wait_async(&crowd->latch);
	default:
		return future_event_wait_async(&crowd->event);
	}
}

/* Keeps its permit. */
static future_result_t member_then(future_result_t in, void *arg)
{
	future_result_t mine = future_move(in);

	passes(arg, mine.value);
	return future_ok(NULL);
}

static size_t waiting(struct crowd *crowd)
{
	return queued(&crowd->semaphore);
}

/* Comes last in the queue. */
static void member_comes(struct member *member, uint32_t *random)
{
	struct crowd *crowd = member->crowd;
	bool gates = crowd->kind != RECEIVERS && crowd->kind != SENDERS;

	member->asleep = member->number % 10 == 9;
	if (!member->asleep) {
		member->future = member_async(member);
		future_unref(future_then_on(member->future, future_inline(),
			member_then, member));
		return;
	}
	member->until = FUTURE_FOREVER;
	if (draw(random, 3) == 0)
		member->until = future_in_ms(10 + draw(random, 40));
	member->thread = thread_start(member_main, member);
	while (atomic_load(&member->tid) == 0)
		sched_yield();
	/* The queue tells it best, while nobody has left it. */
	while (gates && atomic_load(&crowd->gave_up) == 0 &&
	       waiting(crowd) <= member->number)
		sched_yield();
	if (!gates || atomic_load(&crowd->gave_up) != 0)
		thread_sleeps(atomic_load(&member->tid));
}

static void *quit_main(void *arg)
{
	struct crowd *crowd = arg;
	uint32_t random = 521288629u + (uint32_t)crowd->kind;

	for (size_t i = 0; i < crowd->count / 2; i++) {
		struct member *member = &crowd->members[draw(&random,
			(uint32_t)crowd->count)];

		linger(&random, 1000);
		if (!member->asleep && future_cancel(member->future))
			atomic_fetch_add(&crowd->gave_up, 1);
	}
	return NULL;
}

/* Lets one pass who waits; false if nobody does. */
static bool open_for_one(struct crowd *crowd, size_t number)
{
	static struct member *last;
	void *item;
	int error;

	switch (crowd->kind) {
	case SEMAPHORE:
		return future_semaphore_release(&crowd->semaphore, 1) == 0;
	case AUTO_EVENT:
		future_event_set(&crowd->event);
		return true;
	case RECEIVERS:
		return future_channel_send_until(crowd->channel,
			&crowd->members[number], FUTURE_NOW) == 0;
	default:
		error = future_channel_recv_until(crowd->channel, &item,
			FUTURE_NOW);
		if (error == 0 && last != NULL && (struct member *)item <= last)
			atomic_fetch_add(&crowd->errors, 1);
		last = error == 0 ? item : last;
		return error == 0;
	}
}

static bool all_have_gone(struct crowd *crowd)
{
	return atomic_load(&crowd->passed) + atomic_load(&crowd->gave_up) ==
		crowd->count;
}

/* One after the other; returns how often it was opened. */
static size_t open_in_turn(struct crowd *crowd)
{
	uint32_t random = 88675123u;
	size_t opened = 0;

	while (!all_have_gone(crowd)) {
		linger(&random, 3000);
		if (!open_for_one(crowd, opened)) {
			sched_yield();
			continue;
		}
		opened++;
		while (atomic_load(&crowd->passed) < opened &&
		       !all_have_gone(crowd))
			sched_yield();
	}
	return opened;
}

static void open_for_all(struct crowd *crowd)
{
	if (crowd->kind == EVENT)
		future_event_set(&crowd->event);
	else
		ck_assert_int_eq(future_latch_count_down(&crowd->latch, 1), 0);
	while (!all_have_gone(crowd))
		sched_yield();
}

/* Where all pass at once, the sleepers may be late. */
static void check_order(struct crowd *crowd)
{
	struct member *last = NULL;

	for (size_t i = 0; i < crowd->passed; i++) {
		struct member *member = crowd->order[i];

		ck_assert_int_eq(member->passes, 1);
		if (member->asleep && crowd->kind >= EVENT)
			continue;
		ck_assert_msg(last == NULL || last < member,
			"%zu passed before %zu", last != NULL ? last->number :
			0, member->number);
		last = member;
	}
}

static void crowd_comes(struct crowd *crowd)
{
	uint32_t random = 123456789u + (uint32_t)crowd->kind;

	crowd->members = calloc(crowd->count, sizeof(struct member));
	crowd->order = calloc(crowd->count, sizeof(crowd->order[0]));
	ck_assert(crowd->members != NULL && crowd->order != NULL);
	ck_assert_int_eq(future_channel_new(0, NULL, &crowd->channel), 0);
	if (crowd->kind == AUTO_EVENT)
		crowd->event = (future_event_t)FUTURE_EVENT_AUTO_INIT;
	if (crowd->kind == LATCH)
		crowd->latch = (future_latch_t)FUTURE_LATCH_INIT(1);
	for (size_t i = 0; i < crowd->count; i++) {
		crowd->members[i].crowd = crowd;
		crowd->members[i].number = i;
		member_comes(&crowd->members[i], &random);
	}
}

static void crowd_goes(struct crowd *crowd)
{
	for (size_t i = 0; i < crowd->count; i++) {
		if (crowd->members[i].asleep)
			thread_finish(crowd->members[i].thread);
		else
			future_unref(crowd->members[i].future);
	}
	future_channel_unref(crowd->channel);
	free(crowd->members);
	free(crowd->order);
}

/* What was let in for somebody, and is there yet. */
static size_t left_over(struct crowd *crowd)
{
	size_t left = 0;

	if (crowd->kind == AUTO_EVENT)
		return future_event_is_set(&crowd->event);
	while (crowd->kind == SEMAPHORE && future_semaphore_acquire_until(
			&crowd->semaphore, 1, FUTURE_NOW) == 0)
		left++;
	return left;
}

START_TEST(a_crowd_passes_in_order_while_a_third_gives_up)
{
	struct crowd crowd = { .kind = _i, .count = scaled(1000) };
	pthread_t quitter;
	size_t opened;

	crowd_comes(&crowd);
	quitter = thread_start(quit_main, &crowd);
	if (_i < EVENT) {
		opened = open_in_turn(&crowd);
		ck_assert_uint_eq(opened, crowd.passed + left_over(&crowd));
	} else {
		open_for_all(&crowd);
	}
	thread_finish(quitter);
	ck_assert_int_eq(crowd.errors, 0);
	check_order(&crowd);
	ck_assert_uint_eq(waiting(&crowd), 0);
	crowd_goes(&crowd);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("stress_crowd");
	TCase *tcase = suite_case(suite, "crowd");

	tcase_set_timeout(tcase, 120);
	tcase_add_loop_test(tcase,
		a_crowd_passes_in_order_while_a_third_gives_up, 0, KINDS);
	return suite_run(suite);
}
