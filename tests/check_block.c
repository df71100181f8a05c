/* The cache of blocks: what it gives out, and what it gives back. */
#define _GNU_SOURCE
#include "child.h"

#include "alloc.h"
#include "block.h"

#include <malloc.h>
#include <sys/mman.h>

/*
 * A burst of 1,000,000 futures of 96 bytes is 92 MiB.  When all have come back
 * and a pool has ended, the cache may keep, for its one class of blocks, 8
 * empty slabs of 2 MiB and those in which the blocks of its magazines lie: 64
 * full ones of 256 blocks in the depot and two a thread: freed in order of
 * address they lie side by side, in two slabs at most for each thread that
 * freed.  The magazines themselves are 130 KiB.
 */
enum { BURST = 1000000, SLAB_KB = 2048, KEPT_KB = (8 + 1) * SLAB_KB + 512 };

static bool no_cache(void)
{
	return skipped(fut_alloc_watched(), "every block comes singly");
}

/* What is resident of this process, in KiB. */
static long resident_kb(void)
{
	FILE *file = fopen("/proc/self/statm", "re");
	long all, resident;

	ck_assert_ptr_nonnull(file);
	ck_assert_int_eq(fscanf(file, "%ld %ld", &all, &resident), 2);
	fclose(file);
	return resident * (sysconf(_SC_PAGESIZE) / 1024);
}

struct burst {
	future_t **futures;
	long before_kb, peak_kb;
};

static struct burst burst_new(void)
{
	size_t size = BURST * sizeof(future_t *);
	struct burst burst = { mmap(NULL, size, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0), 0, 0 };
	int wrong = 0;

	ck_assert_ptr_ne(burst.futures, MAP_FAILED);
	burst.before_kb = resident_kb();
	for (int i = 0; i < BURST; i++)
		burst.futures[i] = future_ready(future_ok_int(i));
	burst.peak_kb = resident_kb();
	for (int i = 0; i < BURST; i++)
		wrong += future_result_int(future_get(burst.futures[i])) != i;
	ck_assert_int_eq(wrong, 0);
	return burst;
}

/* All has come back; `threads` of them freed it. */
static void burst_end(struct burst *burst, long threads)
{
	long may_kb = KEPT_KB + 2 * threads * SLAB_KB, kept_kb;

	future_executor_unref(pool_of(1));
	kept_kb = resident_kb() - burst->before_kb;
	ck_assert_int_gt(2 * (burst->peak_kb - burst->before_kb), 3 * may_kb);
	ck_assert_msg(kept_kb <= may_kb, "%ld KiB kept, of %ld", kept_kb,
		burst->peak_kb - burst->before_kb);
	munmap(burst->futures, BURST * sizeof(future_t *));
}

static void burst_free(void *arg, size_t index)
{
	struct burst *burst = arg;

	for (size_t i = index * (BURST / 4); i < (index + 1) * (BURST / 4); i++)
		future_unref(burst->futures[i]);
}

START_TEST(memory_is_returned_after_a_burst)
{
	struct burst burst;

	if (no_cache())
		return;
	burst = burst_new();
	for (size_t i = 0; i < 4; i++)
		burst_free(&burst, i);
	burst_end(&burst, 1);
}
END_TEST

START_TEST(memory_is_returned_that_other_threads_free)
{
	struct burst burst;

	if (no_cache())
		return;
	burst = burst_new();
	together(4, burst_free, &burst);
	burst_end(&burst, 4);
}
END_TEST

START_TEST(memory_is_returned_after_burst_upon_burst)
{
	struct burst burst;
	long before_kb = 0;

	if (no_cache())
		return;
	for (int i = 0; i < 3; i++) {
		burst = burst_new();
		if (i == 0)
			before_kb = burst.before_kb;
		together(4, burst_free, &burst);
		if (i < 2)
			munmap(burst.futures, BURST * sizeof(future_t *));
	}
	burst.before_kb = before_kb;
	burst_end(&burst, 4);
}
END_TEST

/* Threads that come and go. */

static void *make_and_free(void *arg)
{
	future_t *futures[1000];

	for (int i = 0; i < 1000; i++)
		futures[i] = future_ready(future_ok(arg));
	for (int i = 0; i < 1000; i++)
		future_unref(futures[i]);
	return NULL;
}

START_TEST(a_thread_that_ends_gives_back_what_it_kept)
{
	long before_kb;

	if (no_cache())
		return;
	thread_finish(thread_start(make_and_free, NULL));
	before_kb = resident_kb();
	for (size_t i = 0; i < scaled(2000); i++)
		thread_finish(thread_start(make_and_free, NULL));
	/* Two magazines of 256 blocks each: 2,000 times 48 KiB otherwise. */
	ck_assert_int_lt(resident_kb() - before_kb, 4096);
}
END_TEST

static void *make_only(void *arg)
{
	future_t **futures = arg;

	for (int i = 0; i < 1000; i++)
		futures[i] = future_ready(future_ok_int(i));
	return NULL;
}

START_TEST(blocks_outlive_the_thread_that_made_them)
{
	future_t *futures[1000];
	int wrong = 0;

	for (size_t i = 0; i < scaled(500); i++) {
		thread_finish(thread_start(make_only, futures));
		for (int j = 0; j < 1000; j++) {
			wrong += future_result_int(future_get(futures[j])) != j;
			future_unref(futures[j]);
		}
	}
	ck_assert_int_eq(wrong, 0);
}
END_TEST

static pthread_key_t late_key;

/* Runs after the library's own, which was set first, or before: both are. */
static void late_destructor(void *arg)
{
	for (int i = 0; i < 200; i++) {
		future_t *future = future_ready(future_ok(arg));

		if (future_get(future).value != arg)
			abort();
		future_unref(future);
	}
	count_work(arg);
}

static void *leave_late(void *arg)
{
	make_and_free(NULL);
	pthread_setspecific(late_key, arg);
	return NULL;
}

START_TEST(a_thread_local_destructor_may_use_the_library)
{
	atomic_int ran = 0;
	pthread_key_t keys[4];

	/* Keys before and after the library's, which it makes at first use. */
	pthread_key_create(&keys[0], late_destructor);
	thread_finish(thread_start(make_and_free, NULL));
	pthread_key_create(&keys[1], late_destructor);
	for (int i = 0; i < 2; i++) {
		late_key = keys[i];
		for (size_t j = 0; j < scaled(100); j++)
			thread_finish(thread_start(leave_late, &ran));
	}
	ck_assert_int_eq(ran, (int)(2 * scaled(100)));
}
END_TEST

/* Once more in every round: the library's own may have had its last by then. */
static void stubborn_destructor(void *arg)
{
	late_destructor(arg);
	pthread_setspecific(late_key, arg);
}

START_TEST(a_destructor_that_runs_in_every_round_leaves_nothing)
{
	atomic_int ran = 0;
	size_t before;

	if (no_cache())
		return;
	thread_finish(thread_start(make_and_free, NULL));
	pthread_key_create(&late_key, stubborn_destructor);
	thread_finish(thread_start(leave_late, &ran));
	before = mallinfo2().uordblks;
	for (int i = 0; i < 100; i++)
		thread_finish(thread_start(leave_late, &ran));
	/* Two arrays of 256 addresses would stay of each. */
	ck_assert_uint_lt(mallinfo2().uordblks, before + 100 * 1024);
	ck_assert_int_ge(ran, 101);
}
END_TEST

/* Never the same block twice. */

struct exchange {
	pthread_mutex_t lock;
	future_t *futures[4096];	/* under lock */
	atomic_int wrong;
};

/* Frees what others made, while they free what this made. */
static void exchange_main(void *arg, size_t index)
{
	struct exchange *exchange = arg;

	for (size_t i = 0; i < scaled(200000); i++) {
		size_t at = (i * 2654435761u + index * 977) % 4096;
		future_t *mine = future_ready(future_ok_int((intptr_t)at));
		future_t *theirs;

		pthread_mutex_lock(&exchange->lock);
		theirs = exchange->futures[at];
		exchange->futures[at] = mine;
		pthread_mutex_unlock(&exchange->lock);
		if (theirs == NULL)
			continue;
		if (future_result_int(future_get(theirs)) != (intptr_t)at)
			atomic_fetch_add(&exchange->wrong, 1);
		future_unref(theirs);
	}
}

START_TEST(no_block_is_given_out_twice)
{
	struct exchange *exchange = calloc(1, sizeof(*exchange));

	pthread_mutex_init(&exchange->lock, NULL);
	together(4, exchange_main, exchange);
	ck_assert_int_eq(exchange->wrong, 0);
	for (int i = 0; i < 4096; i++)
		future_unref(exchange->futures[i]);
	free(exchange);
}
END_TEST

static int by_address(const void *a, const void *b)
{
	const char *const *left = a, *const *right = b;

	return (*left > *right) - (*left < *right);
}

START_TEST(blocks_of_every_size_are_aligned_and_apart)
{
	size_t count = scaled(50000), size = (size_t)_i * 16;
	char **blocks = calloc(count, sizeof(*blocks));
	int skew = 0, wrong = 0, close = 0;

	for (size_t i = 0; i < count; i++) {
		blocks[i] = fut_block_new(size);
		skew += (uintptr_t)blocks[i] % 16 != 0;
		memset(blocks[i], (int)i & 0xff, size);
	}
	for (size_t i = 0; i < count; i++)
		wrong += blocks[i][size - 1] != (char)(i & 0xff);
	qsort(blocks, count, sizeof(*blocks), by_address);
	for (size_t i = 1; i < count; i++)
		close += (size_t)(blocks[i] - blocks[i - 1]) < size;
	for (size_t i = 0; i < count; i++)
		fut_block_free(blocks[i], size);
	free(blocks);
	ck_assert_int_eq(skew, 0);
	ck_assert_int_eq(wrong, 0);
	ck_assert_int_eq(close, 0);
}
END_TEST

/* Forks. */

struct legacy {
	future_t **futures;
	size_t count;
};

/* Frees what it inherited, by the slab, then makes as much anew. */
static void legacy_child(void *arg)
{
	struct legacy *legacy = arg;

	for (int round = 0; round < 3; round++) {
		for (size_t i = 0; i < legacy->count; i++)
			future_unref(legacy->futures[i]);
		for (size_t i = 0; i < legacy->count; i++)
			legacy->futures[i] = future_ready(
				future_ok_int((intptr_t)i));
		for (size_t i = 0; i < legacy->count; i++)
			CHILD_ASSERT(future_result_int(future_get(
				legacy->futures[i])) == (intptr_t)i);
	}
}

START_TEST(a_child_may_free_what_it_inherited_by_the_slab)
{
	struct legacy legacy = { NULL, watched() ? 60000 : 600000 };
	size_t kept = 0;
	int status;

	legacy.futures = calloc(legacy.count, sizeof(*legacy.futures));
	for (size_t i = 0; i < legacy.count; i++)
		legacy.futures[i] = future_ready(future_ok(NULL));
	/* Every slab has room when the child is made. */
	for (size_t i = 0; i < legacy.count; i++)
		if (i % 10 == 0)
			future_unref(legacy.futures[i]);
		else
			legacy.futures[kept++] = legacy.futures[i];
	legacy.count = kept;
	status = in_child(legacy_child, &legacy);
	ck_assert(WIFEXITED(status));
	ck_assert_int_eq(WEXITSTATUS(status), 0);
	for (size_t i = 0; i < kept; i++)
		future_unref(legacy.futures[i]);
	free(legacy.futures);
}
END_TEST

/* One of each class; where the system makes all pages huge it is no use. */
START_TEST(a_program_with_few_futures_takes_little_memory)
{
	char mode[64] = "";
	FILE *file = fopen("/sys/kernel/mm/transparent_hugepage/enabled", "re");
	long before_kb;

	if (file != NULL) {
		ck_assert_ptr_nonnull(fgets(mode, sizeof(mode), file));
		fclose(file);
	}
	if (no_cache() || skipped(strstr(mode, "[always]") != NULL,
			"all pages are huge"))
		return;
	before_kb = resident_kb();
	for (size_t size = 64; size <= 128; size += 32)
		fut_block_free(fut_block_new(size), size);
	ck_assert_int_le(resident_kb() - before_kb, SLAB_KB / 2);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("block");
	TCase *tcase = suite_case(suite, "block");

	tcase_add_test(tcase, memory_is_returned_after_a_burst);
	tcase_add_test(tcase, memory_is_returned_that_other_threads_free);
	tcase_add_test(tcase, memory_is_returned_after_burst_upon_burst);
	tcase_add_test(tcase, a_thread_that_ends_gives_back_what_it_kept);
	tcase_add_test(tcase, blocks_outlive_the_thread_that_made_them);
	tcase_add_test(tcase, a_thread_local_destructor_may_use_the_library);
	tcase_add_test(tcase,
		a_destructor_that_runs_in_every_round_leaves_nothing);
	tcase_add_test(tcase, no_block_is_given_out_twice);
	tcase_add_loop_test(tcase,
		blocks_of_every_size_are_aligned_and_apart, 1, 12);
	tcase_add_test(tcase, a_child_may_free_what_it_inherited_by_the_slab);
	tcase_add_test(tcase, a_program_with_few_futures_takes_little_memory);
	return suite_run(suite);
}
