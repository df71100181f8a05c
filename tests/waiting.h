/*
 * What the tests of mutex, semaphore, event, latch and channel share: threads
 * that wait, a look into the queue, and what holds for all of them.
 *
 * Who includes this has defined _GNU_SOURCE.
 */
#ifndef WAITING_H
#define WAITING_H

#include "support.h"
#include "../lib/gate.h"

/* Far away, and yet a deadline. */
#define LATER future_in_ms(3600000)

/* A little chance: xorshift, from any seed but 0. */
static inline uint32_t draw(uint32_t *random, uint32_t below)
{
	*random ^= *random << 13;
	*random ^= *random >> 17;
	*random ^= *random << 5;
	return *random % below;
}

/* A pause of random length, so that rounds differ. */
static inline void linger(uint32_t *random, uint32_t most)
{
	for (uint32_t left = draw(random, most); left > 0; left--)
		fut_relax();
}

/* How many wait: all but the channel begin with a word and a ring. */
static inline size_t queued(void *primitive)
{
	struct fut_gate *gate = primitive;
	const struct fut_link *link;
	size_t count = 0;

	fut_bits_lock(&gate->word);
	for (link = gate->waiters; link != NULL; count++) {
		link = link->next;
		if (link == gate->waiters)
			link = NULL;
	}
	fut_bits_unlock(&gate->word);
	return count;
}

/* There is no event for that somebody waits. */
static inline void queue_becomes(void *primitive, size_t count)
{
	while (queued(primitive) != count)
		sched_yield();
}

/* A thread, or a task, that waits, and writes its letter when it may pass. */
struct waiter {
	int (*wait)(struct waiter *waiter);
	void *on;
	size_t want;
	future_time_t until;
	struct record *record;
	char letter;
	int error;
	atomic_int tid;	/* just before it waits */
	pthread_t thread;
};

/* How it was let pass, or not. */
static inline int waiter_passes(struct waiter *waiter, int error)
{
	if (error == 0 && waiter->record != NULL)
		record_add(waiter->record, waiter->letter);
	return error;
}

static inline void *waiter_main(void *arg)
{
	struct waiter *waiter = arg;

	atomic_store(&waiter->tid, (int)thread_id());
	waiter->error = waiter->wait(waiter);
	return NULL;
}

static inline future_result_t waiter_task(void *arg)
{
	waiter_main(arg);
	return future_ok(NULL);
}

static inline void waiter_start(struct waiter *waiter)
{
	waiter->thread = thread_start(waiter_main, waiter);
}

/* Until it sleeps. */
static inline void waiter_sleeps(struct waiter *waiter)
{
	while (atomic_load(&waiter->tid) == 0)
		sched_yield();
	thread_sleeps(atomic_load(&waiter->tid));
}

/* How its wait ended. */
static inline int waiter_finish(struct waiter *waiter)
{
	thread_finish(waiter->thread);
	return waiter->error;
}

/* Writes its letter once it is let pass. */
static inline future_t *letter_of(future_t *future, struct letter *letter)
{
	future_t *written = future_then_on(future, future_inline(), write_then,
		letter);

	future_unref(future);
	return written;
}

/*
 * Something to wait for.  It is shut at first; open() lets one pass, at least,
 * and is called by the thread that shut it.
 */
struct door {
	void *on;
	int (*wait)(void *on, future_time_t until);
	future_t *(*async)(void *on);
	void (*open)(void *on);
};

struct visit {
	const struct door *door;
	future_time_t until;
	struct gate here;
	bool once_cancelled;
	int error;
	atomic_int tid;
};

static inline int visit_wait(struct visit *visit)
{
	return visit->door->wait(visit->door->on, visit->until);
}

static inline void *visit_main(void *arg)
{
	struct visit *visit = arg;

	atomic_store(&visit->tid, (int)thread_id());
	visit->error = visit_wait(visit);
	return NULL;
}

static inline future_result_t visit_task(void *arg)
{
	struct visit *visit = arg;

	gate_pass(&visit->here);
	while (visit->once_cancelled && !future_cancel_requested())
		sched_yield();
	visit_main(visit);
	return future_ok(NULL);
}

#define VISIT(a_door, a_deadline) { .door = (a_door), .until = (a_deadline), \
	.here = GATE_OPEN, .error = -1 }

static inline void visit_sleeps(struct visit *visit)
{
	while (atomic_load(&visit->tid) == 0)
		sched_yield();
	thread_sleeps(atomic_load(&visit->tid));
}

static inline void door_polls(const struct door *door)
{
	const future_time_t past = { 1 }, ever = { INT64_MIN };

	ck_assert_int_eq(door->wait(door->on, FUTURE_NOW), ETIMEDOUT);
	ck_assert_int_eq(door->wait(door->on, past), ETIMEDOUT);
	ck_assert_int_eq(door->wait(door->on, ever), ETIMEDOUT);
	ck_assert_int_eq(door->wait(door->on, future_in_ms(-5)), ETIMEDOUT);
	ck_assert_int_eq(door->wait(door->on, future_in_ms(1)), ETIMEDOUT);
	door->open(door->on);
	ck_assert_int_eq(door->wait(door->on, FUTURE_NOW), 0);
}

static inline void door_wakes(const struct door *door, future_time_t until)
{
	struct visit visit = VISIT(door, until);
	pthread_t thread = thread_start(visit_main, &visit);

	visit_sleeps(&visit);
	door->open(door->on);
	thread_finish(thread);
	ck_assert_int_eq(visit.error, 0);
}

static inline void door_settles(const struct door *door)
{
	future_t *future = door->async(door->on);

	ck_assert_int_eq(future_state(future), FUTURE_PENDING);
	ck_assert_int_eq(future_wait(future, FUTURE_NOW), ETIMEDOUT);
	door->open(door->on);
	ck_assert_int_eq(future_state(future), FUTURE_OK);
	ck_assert(!future_cancel(future));
	future_unref(future);
}

/* What was meant for one that gave up is for the next. */
static inline void door_survives_cancel(const struct door *door)
{
	future_t *first = door->async(door->on);
	future_t *next = door->async(door->on);

	ck_assert(future_cancel(first));
	ck_assert_int_eq(future_state(first), FUTURE_CANCELLED);
	ck_assert(!future_cancel(first));
	door->open(door->on);
	ck_assert_int_eq(future_state(next), FUTURE_OK);
	future_unref(first);
	future_unref(next);
}

static inline void door_survives_drop(const struct door *door)
{
	future_t *first = door->async(door->on);
	future_t *next = door->async(door->on);

	future_unref(first);
	door->open(door->on);
	ck_assert_int_eq(future_state(next), FUTURE_OK);
	future_unref(next);
}

static inline void door_survives_deadline(const struct door *door)
{
	struct visit visit = VISIT(door, future_in_ms(2));
	pthread_t thread = thread_start(visit_main, &visit);
	future_t *next;

	while (atomic_load(&visit.tid) == 0)
		sched_yield();
	next = door->async(door->on);
	thread_finish(thread);
	ck_assert_int_eq(visit.error, ETIMEDOUT);
	door->open(door->on);
	ck_assert_int_eq(outcome_of(next), 0);
}

/* Then it lets the next one pass. */
static inline void door_leaves_cancelled(const struct door *door,
	future_time_t until)
{
	struct visit visit = VISIT(door, until);
	future_executor_t *pool = pool_of(1);
	future_t *task = future_submit(pool, visit_task, &visit), *next;

	visit_sleeps(&visit);
	next = door->async(door->on);
	ck_assert(future_cancel(task));
	ck_assert_int_eq(future_join(task, FUTURE_FOREVER), 0);
	ck_assert_int_eq(visit.error, ECANCELED);
	door->open(door->on);
	ck_assert_int_eq(outcome_of(next), 0);
	future_unref(task);
	future_executor_unref(pool);
}

/* How a wait ends that begins in a task cancelled already. */
static inline int door_once_cancelled(const struct door *door,
	future_time_t until)
{
	struct visit visit = VISIT(door, until);
	future_executor_t *pool = pool_of(1);
	future_t *task;

	visit.once_cancelled = true;
	task = future_submit(pool, visit_task, &visit);
	gate_await(&visit.here, 1);
	ck_assert(future_cancel(task));
	ck_assert_int_eq(future_join(task, FUTURE_FOREVER), 0);
	future_unref(task);
	future_executor_unref(pool);
	return visit.error;
}

/* To wait for it in a task is no deadlock: somebody else will open. */
static inline future_result_t door_get(void *arg)
{
	const struct door *door = arg;
	FUTURE_AUTO future_t *future = door->async(door->on);

	return future_ok_int(future_get(future).error);
}

static inline void door_is_no_deadlock(struct door *door)
{
	future_executor_t *pool = pool_of(1);
	future_t *task = future_submit(pool, door_get, door);

	while (future_state(task) != FUTURE_RUNNING)
		sched_yield();
	ck_assert_int_eq(future_wait(task, future_in_ms(1)), ETIMEDOUT);
	door->open(door->on);
	ck_assert_int_eq(future_result_int(future_get(task)), 0);
	future_unref(task);
	future_executor_unref(pool);
}

#endif
