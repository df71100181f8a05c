/* Floor 1: the clock, threads, memory, forks of the machine. */
#define _GNU_SOURCE
#include "child.h"
#include "fail/thread.h"

#include "alloc.h"
#include "clock.h"
#include "fork.h"
#include "self.h"
#include "thread.h"

#include <time.h>

/* Numbers. */

START_TEST(add_sat_never_goes_beyond_the_end)
{
	ck_assert_int_eq(fut_add_sat(1, 2), 3);
	ck_assert_int_eq(fut_add_sat(INT64_MAX, 0), INT64_MAX);
	ck_assert_int_eq(fut_add_sat(INT64_MAX, 1), INT64_MAX);
	ck_assert_int_eq(fut_add_sat(1, INT64_MAX), INT64_MAX);
	ck_assert_int_eq(fut_add_sat(INT64_MAX, INT64_MAX), INT64_MAX);
	ck_assert_int_eq(fut_add_sat(INT64_MAX - 1, 1), INT64_MAX);
	ck_assert_int_eq(fut_add_sat(INT64_MAX / 2 + 1, INT64_MAX / 2),
		INT64_MAX);
	ck_assert_int_eq(fut_add_sat(INT64_MAX, -1), INT64_MAX - 1);
	ck_assert_int_eq(fut_add_sat(-5, INT64_MAX), INT64_MAX - 5);
}
END_TEST

START_TEST(the_clock_never_goes_back)
{
	int64_t before = fut_clock_now();

	for (int i = 0; i < 100000; i++) {
		int64_t now = fut_clock_now();

		ck_assert_int_ge(now, before);
		before = now;
	}
}
END_TEST

START_TEST(the_clock_is_the_monotonic_one_in_nanoseconds)
{
	struct timespec first, last;
	int64_t now;

	clock_gettime(CLOCK_MONOTONIC, &first);
	now = fut_clock_now();
	clock_gettime(CLOCK_MONOTONIC, &last);
	ck_assert_int_ge(now, (int64_t)first.tv_sec * 1000000000 +
		first.tv_nsec);
	ck_assert_int_le(now, (int64_t)last.tv_sec * 1000000000 +
		last.tv_nsec);
}
END_TEST

/* Threads. */

START_TEST(a_thread_runs_its_main_once)
{
	struct fut_thread thread;
	atomic_int ran = 0;

	ck_assert_int_eq(fut_thread_start(&thread, 0, count_work, &ran), 0);
	fut_thread_join(thread);
	ck_assert_int_eq(ran, 1);
}
END_TEST

START_TEST(a_thread_that_cannot_start_leaves_nothing)
{
	struct fut_thread thread;
	atomic_int ran = 0;

	fail_thread(1);
	ck_assert_int_eq(fut_thread_start(&thread, 0, count_work, &ran),
		EAGAIN);
	fail_thread(0);
	ck_assert_int_eq(ran, 0);
}
END_TEST

START_TEST(a_stack_that_no_machine_has_is_an_error)
{
	struct fut_thread thread;
	atomic_int ran = 0;

	if (skipped(watched(), "tools refuse such a size in their own way"))
		return;
	ck_assert_int_ne(fut_thread_start(&thread, SIZE_MAX / 4, count_work,
		&ran), 0);
	ck_assert_int_ne(fut_thread_start(&thread, 1, count_work, &ran), 0);
	ck_assert_int_eq(ran, 0);
}
END_TEST

START_TEST(a_stack_below_the_minimum_is_einval)
{
	ck_assert_int_eq(fut_thread_stack_check(0), 0);
	ck_assert_int_eq(fut_thread_stack_check(1), EINVAL);
	ck_assert_int_eq(fut_thread_stack_check(4096), EINVAL);
	ck_assert_int_eq(fut_thread_stack_check(1024 * 1024), 0);
}
END_TEST

struct depth {
	bool at_the_top, at_the_bottom;
};

/* Half of the stack used, and a little more. */
static __attribute__((noinline)) bool deep_below(size_t bytes,
	const volatile char *above)
{
	volatile char room[4096];

	/* Handed down, so that no compiler does without it. */
	room[0] = above[0];
	if (bytes > sizeof(room))
		return deep_below(bytes - sizeof(room), room) &&
			room[0] == above[0];
	return fut_thread_stack_deep();
}

static void note_depth(void *arg)
{
	struct depth *depth = arg;
	volatile char top = 0;

	depth->at_the_top = fut_thread_stack_deep();
	depth->at_the_bottom = deep_below(2560 * 1024, &top);
}

START_TEST(a_stack_is_deep_once_half_of_it_is_used)
{
	struct fut_thread thread;
	struct depth depth = { true, false };

	ck_assert_int_eq(fut_thread_start(&thread, 4096 * 1024, note_depth,
		&depth), 0);
	fut_thread_join(thread);
	ck_assert(!depth.at_the_top);
	ck_assert(depth.at_the_bottom);
}
END_TEST

START_TEST(the_main_thread_is_not_deep_at_first)
{
	ck_assert(!fut_thread_stack_deep());
}
END_TEST

START_TEST(the_cpus_are_those_of_the_affinity_mask_at_most)
{
	cpu_set_t all, one;
	size_t cpu = 0, cpus = fut_thread_cpus();

	ck_assert_int_eq(sched_getaffinity(0, sizeof(all), &all), 0);
	ck_assert_uint_ge(cpus, 1);
	ck_assert_uint_le(cpus, (size_t)CPU_COUNT(&all));
	while (!CPU_ISSET(cpu, &all))
		cpu++;
	CPU_ZERO(&one);
	CPU_SET(cpu, &one);
	ck_assert_int_eq(sched_setaffinity(0, sizeof(one), &one), 0);
	ck_assert_uint_eq(fut_thread_cpus(), 1);
}
END_TEST

/* What a thread keeps, and its end. */

static atomic_int flushes;

static void flush(void)
{
	atomic_fetch_add(&flushes, 1);
}

static void set_flush(void *arg)
{
	if (fut_self_at_exit(flush) == 0 && fut_self_at_exit(flush) == 0)
		count_work(arg);
}

START_TEST(the_end_of_a_thread_flushes_once)
{
	struct fut_thread thread;
	atomic_int ran = 0;

	ck_assert_int_eq(fut_thread_start(&thread, 0, set_flush, &ran), 0);
	fut_thread_join(thread);
	ck_assert_int_eq(ran, 1);
	ck_assert_int_eq(flushes, 1);
}
END_TEST

static void note_self(void *arg)
{
	static const struct fut_self zero;

	if (memcmp(fut_self(), &zero, sizeof(zero)) == 0)
		count_work(arg);
}

START_TEST(a_new_thread_keeps_nothing)
{
	struct fut_thread thread;
	atomic_int ran = 0;

	ck_assert_int_eq(fut_thread_start(&thread, 0, note_self, &ran), 0);
	fut_thread_join(thread);
	ck_assert_int_eq(ran, 1);
}
END_TEST

/* Memory. */

START_TEST(lines_are_aligned_and_zeroed)
{
	for (size_t size = 1; size <= 1000; size += 37) {
		unsigned char *lines = fut_alloc_lines(size);

		ck_assert_ptr_nonnull(lines);
		ck_assert_uint_eq((uintptr_t)lines % 64, 0);
		for (size_t i = 0; i < size; i++)
			ck_assert_uint_eq(lines[i], 0);
		memset(lines, 0xff, size);
		fut_free(lines);
	}
}
END_TEST

START_TEST(pages_are_aligned_to_their_size_and_zeroed)
{
	for (size_t size = 4096; size <= 4 << 20; size *= 4) {
		unsigned char *pages = fut_pages(size);

		ck_assert_ptr_nonnull(pages);
		ck_assert_uint_eq((uintptr_t)pages % size, 0);
		ck_assert_uint_eq(pages[0], 0);
		ck_assert_uint_eq(pages[size - 1], 0);
		memset(pages, 0xff, size);
		fut_pages_free(pages, size);
	}
}
END_TEST

START_TEST(memory_that_nobody_has_is_null)
{
	if (skipped(watched(), "tools abort on such a size"))
		return;
	ck_assert_ptr_null(fut_alloc(SIZE_MAX / 2));
	ck_assert_ptr_null(fut_alloc_lines(SIZE_MAX / 2));
	ck_assert_ptr_null(fut_pages((size_t)1 << 62));
}
END_TEST

START_TEST(freeing_nothing_is_fine)
{
	fut_free(NULL);
}
END_TEST

/* Forks. */

static atomic_int resets;

static void reset(void)
{
	atomic_fetch_add(&resets, 1);
}

static void fork_child(void *arg)
{
	CHILD_ASSERT(fut_fork_now() == *(uint32_t *)arg + 1);
	CHILD_ASSERT(atomic_load(&resets) == 1);
}

START_TEST(a_child_counts_one_fork_more_and_resets)
{
	uint32_t count = fut_fork_now();
	int status;

	ck_assert_int_eq(fut_fork_at_child(reset), 0);
	status = in_child(fork_child, &count);
	ck_assert(WIFEXITED(status));
	ck_assert_int_eq(WEXITSTATUS(status), 0);
	ck_assert_uint_eq(fut_fork_now(), count);
	ck_assert_int_eq(resets, 0);
}
END_TEST

static void add_numbers(Suite *suite)
{
	TCase *tcase = suite_case(suite, "numbers");

	tcase_add_test(tcase, add_sat_never_goes_beyond_the_end);
	tcase_add_test(tcase, the_clock_never_goes_back);
	tcase_add_test(tcase, the_clock_is_the_monotonic_one_in_nanoseconds);
	tcase_add_test(tcase, lines_are_aligned_and_zeroed);
	tcase_add_test(tcase, pages_are_aligned_to_their_size_and_zeroed);
	tcase_add_test(tcase, memory_that_nobody_has_is_null);
	tcase_add_test(tcase, freeing_nothing_is_fine);
}

static void add_threads(Suite *suite)
{
	TCase *tcase = suite_case(suite, "threads");

	tcase_add_test(tcase, a_thread_runs_its_main_once);
	tcase_add_test(tcase, a_thread_that_cannot_start_leaves_nothing);
	tcase_add_test(tcase, a_stack_that_no_machine_has_is_an_error);
	tcase_add_test(tcase, a_stack_below_the_minimum_is_einval);
	tcase_add_test(tcase, a_stack_is_deep_once_half_of_it_is_used);
	tcase_add_test(tcase, the_main_thread_is_not_deep_at_first);
	tcase_add_test(tcase, the_cpus_are_those_of_the_affinity_mask_at_most);
	tcase_add_test(tcase, the_end_of_a_thread_flushes_once);
	tcase_add_test(tcase, a_new_thread_keeps_nothing);
	tcase_add_test(tcase, a_child_counts_one_fork_more_and_resets);
}

int main(void)
{
	Suite *suite = suite_create("machine");

	add_numbers(suite);
	add_threads(suite);
	return suite_run(suite);
}
