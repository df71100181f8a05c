/*
 * A race condition, and four ways out: a counter lost and saved.
 *
 *	samples/race_condition
 *
 * To add one is to read, to add and to write.  If two threads read before
 * either has written, one of the two additions is lost.
 *
 * With a plain `long` that is undefined behaviour in C, and a compiler makes of
 * it what it likes.  So the counter without a lock is an atomic one that is
 * read and written separately: it loses just the same, but in a way that C
 * defines.  (atomic_fetch_add would be right.)
 */
#include <future.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

enum { TASKS = 4, TURNS = 100000, WANTED = TASKS * TURNS, ROOM = 2 };

static atomic_long bare;	/* without a lock */
static long guarded;		/* under one of the two */
static future_mutex_t lock = FUTURE_MUTEX_INIT;
static future_mutex_t recursive = FUTURE_MUTEX_RECURSIVE_INIT;

static future_latch_t together;	/* opens when all of a row are there */

static future_semaphore_t room = FUTURE_SEMAPHORE_INIT(ROOM);
static future_latch_t room_full = FUTURE_LATCH_INIT(ROOM);
static atomic_int inside, most_inside;

static future_event_t go = FUTURE_EVENT_INIT;
static atomic_int passed;

/* Waits for the others, but not for ever. */
static future_result_t meet(void)
{
	future_latch_count_down(&together, 1);
	int error = future_latch_wait_until(&together, future_in_ms(10000));

	return error == 0 ? future_ok(NULL) : future_fail(error);
}

/* Two of these, and the latch has both read before either writes. */
static future_result_t add_one_late(void *arg)
{
	long seen = atomic_load_explicit(&bare, memory_order_relaxed);
	future_result_t met = meet();

	(void)arg;
	atomic_store_explicit(&bare, seen + 1, memory_order_relaxed);
	return met;
}

static future_result_t add_bare(void *arg)
{
	future_result_t met = meet();

	(void)arg;
	for (int i = 0; i < TURNS; i++) {
		long seen = atomic_load_explicit(&bare, memory_order_relaxed);

		atomic_store_explicit(&bare, seen + 1, memory_order_relaxed);
	}
	return met;
}

static future_result_t add_locked(void *arg)
{
	future_result_t met = meet();

	(void)arg;
	for (int i = 0; i < TURNS; i++) {
		future_mutex_lock(&lock);
		guarded++;
		future_mutex_unlock(&lock);
	}
	return met;
}

static void add_one(void)
{
	future_mutex_lock(&recursive);
	guarded++;
	future_mutex_unlock(&recursive);
}

/* It has the lock, and calls what takes it again. */
static future_result_t add_recursively(void *arg)
{
	future_result_t met = meet();

	(void)arg;
	for (int i = 0; i < TURNS; i += 2) {
		future_mutex_lock(&recursive);
		add_one();
		add_one();
		future_mutex_unlock(&recursive);
	}
	return met;
}

static void note_inside(int now)
{
	int most = atomic_load(&most_inside);

	while (now > most &&
	       !atomic_compare_exchange_weak(&most_inside, &most, now))
		;
}

/* A mutex lets one in, a semaphore as many as it has permits. */
static future_result_t enter(void *arg)
{
	int error = 0;

	(void)arg;
	for (int i = 0; i < TURNS / 100; i++) {
		error = future_semaphore_acquire(&room, 1);
		if (error != 0)
			break;
		note_inside(atomic_fetch_add(&inside, 1) + 1);
		/* The first two stay until both are inside. */
		if (future_latch_count_down(&room_full, 1) == 0)
			error = future_latch_wait(&room_full);
		atomic_fetch_sub(&inside, 1);
		future_semaphore_release(&room, 1);
	}
	return error == 0 ? future_ok(NULL) : future_fail(error);
}

static future_result_t pass(int error)
{
	if (error != 0)
		return future_fail(error);
	atomic_fetch_add(&passed, 1);
	return future_ok(NULL);
}

/* The three ways to wait: asleep, with a deadline, as a future. */
static future_result_t wait_asleep(void *arg)
{
	(void)arg;
	return pass(future_event_wait(&go));
}

static future_result_t wait_a_minute(void *arg)
{
	(void)arg;
	return pass(future_event_wait_until(&go, future_in_ms(60000)));
}

static future_result_t then_pass(future_result_t in, void *arg)
{
	(void)arg;
	return pass(in.error);
}

/* Runs `count` of them side by side, at most TASKS. */
static int run(future_executor_t *pool, future_task_fn *fn, size_t count)
{
	future_t *tasks[TASKS] = { NULL };

	for (size_t i = 0; i < count; i++)
		tasks[i] = future_submit(pool, fn, NULL);
	FUTURE_AUTO future_t *all = future_all(tasks, count);

	for (size_t i = 0; i < count; i++)
		future_unref(tasks[i]);
	return future_get(all).error;
}

/* What the second one loses, perhaps nothing, is chance. */
static const struct {
	const char *what;
	future_task_fn *fn;
	size_t tasks;
	long wanted, least, most;	/* what it may count */
} rows[] = {
	{ "no lock, both read first", add_one_late, 2, 2, 1, 1 },
	{ "no lock, as it comes", add_bare, TASKS, WANTED, 1, WANTED },
	{ "mutex", add_locked, TASKS, WANTED, WANTED, WANTED },
	{ "recursive mutex", add_recursively, TASKS, WANTED, WANTED, WANTED },
};

static int count(future_executor_t *pool)
{
	int error = 0;

	puts("                            wanted  counted    lost");
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows) && error == 0;
	     i++) {
		atomic_store(&bare, 0);
		guarded = 0;
		together = (future_latch_t)FUTURE_LATCH_INIT(rows[i].tasks);
		error = run(pool, rows[i].fn, rows[i].tasks);
		long counted = guarded + atomic_load(&bare);

		printf("%-26s %7ld %8ld %7ld\n", rows[i].what,
			rows[i].wanted, counted, rows[i].wanted - counted);
		if (counted < rows[i].least || counted > rows[i].most)
			return -1;
	}
	return error;
}

static int share_room(future_executor_t *pool)
{
	int error = run(pool, enter, TASKS);

	printf("semaphore of %d: at most %d of %d tasks inside at once\n", ROOM,
		atomic_load(&most_inside), TASKS);
	return error == 0 && atomic_load(&most_inside) != ROOM ? -1 : error;
}

static int wait_for_event(future_executor_t *pool)
{
	FUTURE_AUTO future_t *a = future_submit(pool, wait_asleep, NULL);
	FUTURE_AUTO future_t *b = future_submit(pool, wait_a_minute, NULL);
	FUTURE_AUTO future_t *set = future_event_wait_async(&go);
	FUTURE_AUTO future_t *c = future_then_on(set, pool, then_pass, NULL);
	FUTURE_AUTO future_t *all = FUTURE_ALL(a, b, c);
	int early = atomic_load(&passed);

	future_event_set(&go);
	int error = future_get(all).error;

	printf("event: %d of 3 waiters passed before it was set, %d after\n",
		early, atomic_load(&passed));
	return error == 0 && (early != 0 || passed != 3) ? -1 : error;
}

int main(void)
{
	future_pool_options_t options = { .threads = TASKS, .name = "count" };
	future_executor_t *pool;
	int error = future_pool_new(&options, &pool);

	if (error == 0) {
		error = count(pool);
		if (error == 0)
			error = share_room(pool);
		if (error == 0)
			error = wait_for_event(pool);
		future_executor_unref(pool);
	}
	if (error != 0)
		fprintf(stderr, "race_condition: %s\n", error < 0 ?
			"this is not as it should be" :
			future_strerror(error));
	return error == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
