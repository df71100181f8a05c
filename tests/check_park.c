/* Floor 1: sleeping on a word, and the lock that is made of it. */
#define _GNU_SOURCE
#include "support.h"

#include "clock.h"
#include "lock.h"
#include "park.h"

#include <signal.h>
#include <sys/mman.h>

START_TEST(park_returns_where_the_word_is_not_what_was_expected)
{
	_Atomic uint32_t word = 1;

	ck_assert_int_eq(fut_park(&word, 0, FUT_FOREVER), 0);
}
END_TEST

/* Parks until it says that the deadline has passed. */
static void park_out(int64_t deadline_ns)
{
	_Atomic uint32_t word = 0;

	while (fut_park(&word, 0, deadline_ns) != ETIMEDOUT)
		ck_assert_int_lt(fut_clock_now(), deadline_ns);
}

START_TEST(park_with_a_deadline_that_has_passed_times_out)
{
	const int64_t past[] = { 0, 1, fut_clock_now() - 1, -1, -1000000000,
		INT64_MIN };

	park_out(past[_i]);
}
END_TEST

START_TEST(park_does_not_time_out_before_its_deadline)
{
	int64_t deadline = fut_clock_now() + 10000000;

	park_out(deadline);
	ck_assert_int_ge(fut_clock_now(), deadline);
}
END_TEST

struct bed {
	_Atomic uint32_t word;
	int64_t deadline_ns;
	struct gate ready;
	_Atomic pid_t tid;
	atomic_int awake;
};

static void *bed_main(void *arg)
{
	struct bed *bed = arg;

	atomic_store(&bed->tid, thread_id());
	gate_pass(&bed->ready);
	while (atomic_load(&bed->word) == 0)
		if (fut_park(&bed->word, 0, bed->deadline_ns) == ETIMEDOUT)
			return NULL;
	atomic_fetch_add(&bed->awake, 1);
	return NULL;
}

START_TEST(unpark_wakes_a_sleeper)
{
	static const int64_t deadlines[] = { FUT_FOREVER, INT64_MAX - 1,
		INT64_MAX / 2 };
	struct bed bed = { .deadline_ns = deadlines[_i], .ready = GATE_OPEN };
	pthread_t sleeper = thread_start(bed_main, &bed);

	gate_await(&bed.ready, 1);
	thread_sleeps(atomic_load(&bed.tid));
	atomic_store(&bed.word, 1);
	fut_unpark(&bed.word, 1);
	thread_finish(sleeper);
	ck_assert_int_eq(bed.awake, 1);
}
END_TEST

START_TEST(unpark_of_everybody_wakes_everybody)
{
	struct bed bed = { .deadline_ns = FUT_FOREVER, .ready = GATE_OPEN };
	pthread_t sleepers[8];

	for (size_t i = 0; i < 8; i++) {
		sleepers[i] = thread_start(bed_main, &bed);
		gate_await(&bed.ready, i + 1);
		thread_sleeps(atomic_load(&bed.tid));
	}
	atomic_store(&bed.word, 1);
	fut_unpark(&bed.word, FUT_EVERYBODY);
	for (int i = 0; i < 8; i++)
		thread_finish(sleepers[i]);
	ck_assert_int_eq(bed.awake, 8);
}
END_TEST

START_TEST(unpark_of_nobody_is_harmless)
{
	_Atomic uint32_t *word = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	ck_assert_ptr_ne(word, MAP_FAILED);
	fut_unpark(word, 1);
	fut_unpark(word, FUT_EVERYBODY);
	if (skipped(under_valgrind(), "valgrind looks at what the call names"))
		return;
	/* Only the address counts: what lay there may be gone. */
	ck_assert_int_eq(munmap(word, 4096), 0);
	fut_unpark(word, 1);
}
END_TEST

START_TEST(parking_leaves_errno_alone)
{
	_Atomic uint32_t word = 0;

	errno = 12345;
	(void)fut_park(&word, 1, FUT_FOREVER);
	(void)fut_park(&word, 0, 0);
	fut_unpark(&word, 1);
	ck_assert_int_eq(errno, 12345);
}
END_TEST

static void ignore_signal(int number)
{
	(void)number;
}

START_TEST(a_sleeper_survives_signals)
{
	struct sigaction action = { .sa_handler = ignore_signal };
	struct bed bed = { .deadline_ns = FUT_FOREVER, .ready = GATE_OPEN };
	pthread_t sleeper;

	ck_assert_int_eq(sigaction(SIGUSR1, &action, NULL), 0);
	sleeper = thread_start(bed_main, &bed);
	gate_await(&bed.ready, 1);
	for (int i = 0; i < 100; i++) {
		thread_sleeps(atomic_load(&bed.tid));
		ck_assert_int_eq(pthread_kill(sleeper, SIGUSR1), 0);
	}
	ck_assert_int_eq(bed.awake, 0);
	atomic_store(&bed.word, 1);
	fut_unpark(&bed.word, 1);
	thread_finish(sleeper);
	ck_assert_int_eq(bed.awake, 1);
}
END_TEST

/* Two threads that hand one word to and fro. */
static void pass_word(void *arg, size_t index)
{
	_Atomic uint32_t *word = arg;
	uint32_t mine = (uint32_t)index, rounds = (uint32_t)scaled(50000);

	for (uint32_t i = 0; i < rounds; i++) {
		uint32_t now;

		while ((now = atomic_load(word)) % 2 != mine)
			(void)fut_park(word, now, FUT_FOREVER);
		atomic_fetch_add(word, 1);
		fut_unpark(word, 1);
	}
}

START_TEST(a_word_passed_to_and_fro_loses_no_wake_up)
{
	_Atomic uint32_t word = 0;

	together(2, pass_word, &word);
	ck_assert_uint_eq(word, 2 * scaled(50000));
}
END_TEST

/* Locks. */

struct shared {
	struct fut_lock lock;
	long count;	/* under lock */
};

static void count_locked(void *arg, size_t index)
{
	struct shared *shared = arg;

	(void)index;
	for (size_t i = 0; i < scaled(100000); i++) {
		fut_lock(&shared->lock);
		shared->count++;
		fut_unlock(&shared->lock);
	}
}

START_TEST(a_lock_excludes)
{
	struct shared shared = { { 0 }, 0 };

	together((size_t)_i, count_locked, &shared);
	ck_assert_int_eq(shared.count, _i * (long)scaled(100000));
}
END_TEST

START_TEST(a_lock_that_is_all_zero_is_free)
{
	struct fut_lock lock;

	memset(&lock, 0, sizeof(lock));
	ck_assert(!fut_lock_held(&lock));
	fut_lock(&lock);
	ck_assert(fut_lock_held(&lock));
	fut_unlock(&lock);
	ck_assert(!fut_lock_held(&lock));
}
END_TEST

struct contender {
	struct fut_lock *lock;
	struct gate ready;
	_Atomic pid_t tid;
};

static void *contend(void *arg)
{
	struct contender *contender = arg;

	atomic_store(&contender->tid, thread_id());
	gate_pass(&contender->ready);
	fut_lock(contender->lock);
	fut_unlock(contender->lock);
	return NULL;
}

START_TEST(unlock_wakes_those_who_sleep_one_after_the_other)
{
	struct fut_lock lock = { 0 };
	struct contender contender = { &lock, GATE_OPEN, 0 };
	pthread_t threads[6];

	fut_lock(&lock);
	for (size_t i = 0; i < 6; i++) {
		threads[i] = thread_start(contend, &contender);
		gate_await(&contender.ready, i + 1);
		thread_sleeps(atomic_load(&contender.tid));
	}
	fut_unlock(&lock);
	for (int i = 0; i < 6; i++)
		thread_finish(threads[i]);
	ck_assert(!fut_lock_held(&lock));
}
END_TEST

static void add_park(Suite *suite)
{
	TCase *tcase = suite_case(suite, "park");

	tcase_add_test(tcase,
		park_returns_where_the_word_is_not_what_was_expected);
	tcase_add_loop_test(tcase,
		park_with_a_deadline_that_has_passed_times_out, 0, 6);
	tcase_add_test(tcase, park_does_not_time_out_before_its_deadline);
	tcase_add_loop_test(tcase, unpark_wakes_a_sleeper, 0, 3);
	tcase_add_test(tcase, unpark_of_everybody_wakes_everybody);
	tcase_add_test(tcase, unpark_of_nobody_is_harmless);
	tcase_add_test(tcase, parking_leaves_errno_alone);
	tcase_add_test(tcase, a_sleeper_survives_signals);
	tcase_add_test(tcase, a_word_passed_to_and_fro_loses_no_wake_up);
}

static void add_lock(Suite *suite)
{
	TCase *tcase = suite_case(suite, "lock");

	tcase_add_loop_test(tcase, a_lock_excludes, 1, 6);
	tcase_add_test(tcase, a_lock_that_is_all_zero_is_free);
	tcase_add_test(tcase,
		unlock_wakes_those_who_sleep_one_after_the_other);
}

int main(void)
{
	Suite *suite = suite_create("park");

	add_park(suite);
	add_lock(suite);
	return suite_run(suite);
}
