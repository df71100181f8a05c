/*
 * Five philosophers, a fork between each two, and both are needed to eat.
 *
 *	samples/philosophers
 *
 * 1. A thread each, that sleeps until it has its forks.  Who takes the one with
 *    the lower number first cannot be part of a ring.
 * 2. No thread for those who wait: both forks are futures, the meal is their
 *    continuation, and two threads serve five philosophers.
 * 3. A thread each, the left fork first: the deadlock.  A deadline ends it, and
 *    says who waits for whom.
 */
#include <future.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

enum { SEATS = 5, ROUNDS = 20, NOBODY = -1 };

static struct philosopher {
	const char *name;
	int seat;
	char waits_for[64];
} guests[SEATS] = {
	{ .name = "Plato" }, { .name = "Hypatia" }, { .name = "Confucius" },
	{ .name = "Ban Zhao" }, { .name = "Avicenna" }
};

static struct fork {
	future_mutex_t lock;
	atomic_int holder;	/* who waits wants to know */
} forks[SEATS];

static atomic_int meals, mistakes;

static int left_of(int seat)
{
	return seat;
}

static int right_of(int seat)
{
	return (seat + 1) % SEATS;
}

/* With both forks in hand.  Nobody else may have one of them. */
static void eat(int seat)
{
	struct fork *left = &forks[left_of(seat)];
	struct fork *right = &forks[right_of(seat)];

	if (atomic_exchange(&left->holder, seat) != NOBODY ||
	    atomic_exchange(&right->holder, seat) != NOBODY)
		atomic_fetch_add(&mistakes, 1);
	atomic_fetch_add(&meals, 1);
	atomic_store(&left->holder, NOBODY);
	atomic_store(&right->holder, NOBODY);
}

/* 1: it blocks, in an order that all keep. */
static future_result_t dine_in_order(void *arg)
{
	const struct philosopher *me = arg;
	int left = left_of(me->seat), right = right_of(me->seat);
	struct fork *first = &forks[left < right ? left : right];
	struct fork *second = &forks[left < right ? right : left];

	for (int i = 0; i < ROUNDS; i++) {
		future_mutex_lock(&first->lock);
		future_mutex_lock(&second->lock);
		eat(me->seat);
		future_mutex_unlock(&second->lock);
		future_mutex_unlock(&first->lock);
	}
	return future_ok(NULL);
}

/* 2: the forks are its source's.  When that goes, they are free. */
static future_result_t eat_now(future_result_t in, void *arg)
{
	const struct philosopher *me = arg;

	(void)in;
	eat(me->seat);
	return future_ok(NULL);
}

static future_t *ask_for_meal(future_executor_t *pool, struct philosopher *me)
{
	FUTURE_AUTO future_t *left = future_mutex_lock_async(
		&forks[left_of(me->seat)].lock);
	FUTURE_AUTO future_t *right = future_mutex_lock_async(
		&forks[right_of(me->seat)].lock);
	FUTURE_AUTO future_t *both = FUTURE_ALL(left, right);

	return future_then_on(both, pool, eat_now, me);
}

/*
 * All meals are asked for before the first is eaten, and by one thread: so in
 * all queues they stand in the same order, and nobody waits for a later one.
 * If each asked on a thread of its own, there could be a ring.
 */
static int dine_asynchronously(future_executor_t *pool)
{
	future_t *asked[ROUNDS * SEATS];

	for (int i = 0; i < ROUNDS * SEATS; i++)
		asked[i] = ask_for_meal(pool, &guests[i % SEATS]);
	FUTURE_AUTO future_t *all = future_all_settled(asked, ROUNDS * SEATS);
	int error = future_get(all).error;

	for (int i = 0; i < ROUNDS * SEATS; i++) {
		if (error == 0)
			error = future_get(asked[i]).error;
		future_unref(asked[i]);
	}
	return error;
}

static future_latch_t all_have_one = FUTURE_LATCH_INIT(SEATS);
static future_latch_t all_gave_up = FUTURE_LATCH_INIT(SEATS);

/* Waits for all the others, but not for ever. */
static int meet(future_latch_t *latch)
{
	future_latch_count_down(latch, 1);
	return future_latch_wait_until(latch, future_in_ms(10000));
}

/* 3: the left one, then the right one.  The latches make it happen always. */
static future_result_t dine_left_first(void *arg)
{
	struct philosopher *me = arg;
	struct fork *left = &forks[left_of(me->seat)];
	struct fork *right = &forks[right_of(me->seat)];

	future_mutex_lock(&left->lock);
	atomic_store(&left->holder, me->seat);
	int met = meet(&all_have_one);
	int error = future_mutex_lock_until(&right->lock, future_in_ms(20));
	int holder = atomic_load(&right->holder);

	if (error == 0)
		future_mutex_unlock(&right->lock);
	else if (holder != NOBODY)
		snprintf(me->waits_for, sizeof(me->waits_for),
			"waits for fork %d, which %s holds",
			right_of(me->seat), guests[holder].name);
	if (met == 0)
		met = meet(&all_gave_up);
	atomic_store(&left->holder, NOBODY);
	future_mutex_unlock(&left->lock);
	return future_fail(met != 0 ? met : error);
}

/* One task for each of them. */
static future_t *seat_all(future_executor_t *pool, future_task_fn *dine)
{
	future_t *tasks[SEATS];

	for (int i = 0; i < SEATS; i++)
		tasks[i] = future_submit(pool, dine, &guests[i]);
	future_t *all = future_all_settled(tasks, SEATS);

	for (int i = 0; i < SEATS; i++)
		future_unref(tasks[i]);
	return all;
}

static bool all_ate(const char *how, int error)
{
	int got = atomic_exchange(&meals, 0);

	printf("%s: %d of %d meals, %s\n", how, got, SEATS * ROUNDS,
		future_strerror(error));
	return error == 0 && got == SEATS * ROUNDS && mistakes == 0;
}

/* The deadlock: each has run into the deadline, and knows whom to blame. */
static bool all_starved(const future_result_t *each)
{
	bool starved = each != NULL;

	puts("the left fork first: a deadlock");
	for (int i = 0; i < SEATS && each != NULL; i++) {
		printf("  %s holds fork %d, %s: %s\n", guests[i].name,
			left_of(i), guests[i].waits_for,
			each[i].error == ETIMEDOUT ? "ETIMEDOUT" :
			future_strerror(each[i].error));
		starved = starved && each[i].error == ETIMEDOUT &&
			guests[i].waits_for[0] != '\0';
	}
	return starved;
}

static bool dine(future_executor_t *seats, future_executor_t *waiters)
{
	for (int i = 0; i < SEATS; i++) {
		guests[i].seat = i;
		atomic_store(&forks[i].holder, NOBODY);
	}
	FUTURE_AUTO future_t *dined = seat_all(seats, dine_in_order);
	bool holds = all_ate("five threads, in an order",
		future_get(dined).error);

	holds = all_ate("two threads, asynchronously",
		dine_asynchronously(waiters)) && holds;
	FUTURE_AUTO future_t *stuck = seat_all(seats, dine_left_first);

	return all_starved(future_get(stuck).value) && holds;
}

int main(void)
{
	future_pool_options_t five = { .threads = SEATS, .name = "seat" };
	future_pool_options_t two = { .threads = 2, .name = "waiter" };
	future_executor_t *seats, *waiters;
	bool holds = false;
	int error = future_pool_new(&five, &seats);

	if (error == 0) {
		error = future_pool_new(&two, &waiters);
		if (error == 0) {
			holds = dine(seats, waiters);
			future_executor_unref(waiters);
		}
		future_executor_unref(seats);
	}
	if (!holds)
		fprintf(stderr, "philosophers: %s\n", error != 0 ?
			future_strerror(error) : "not as it should be");
	return holds ? EXIT_SUCCESS : EXIT_FAILURE;
}
