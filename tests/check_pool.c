/* Pools: their options and their threads. */
#define _GNU_SOURCE
#include "support.h"
#include "fail/thread.h"

/* Options. */

static const struct refusal {
	const char *what;
	future_pool_options_t options;
	int error;
} refusals[] = {
	{ "more threads than there can be", { .threads = SIZE_MAX }, EINVAL },
	{ "a policy after the last", { .when_full =
		(future_when_full_t)(FUTURE_DISCARD_OLDEST + 1) }, EINVAL },
	{ "a policy of -1", { .when_full = (future_when_full_t)-1 }, EINVAL },
	{ "a negative duration", { .when_full = FUTURE_BLOCK,
		.block_ns = -1 }, EINVAL },
	{ "the most negative duration", { .block_ns = INT64_MIN }, EINVAL },
	{ "a stack of one byte", { .stack_size = 1 }, EINVAL },
	{ "a stack below the minimum", { .stack_size = 4096 }, EINVAL },
	{ "reserved[0]", { .reserved = { "" } }, ENOTSUP },
	{ "reserved[1]", { .reserved = { NULL, "" } }, ENOTSUP },
	{ "reserved[2]", { .reserved = { NULL, NULL, "" } }, ENOTSUP },
	{ "reserved[3]", { .reserved = { NULL, NULL, NULL, "" } }, ENOTSUP },
};

START_TEST(bad_options_are_refused_and_ret_pool_stays_untouched)
{
	const struct refusal *refusal = &refusals[_i];
	future_executor_t *mark = (future_executor_t *)&mark, *pool = mark;
	int error = future_pool_new(&refusal->options, &pool);

	ck_assert_msg(error == refusal->error, "%s: %s", refusal->what,
		strerror(error));
	ck_assert_ptr_eq(pool, mark);
}
END_TEST

START_TEST(a_pool_without_a_place_for_it_is_einval)
{
	ck_assert_int_eq(future_pool_new(NULL, NULL), EINVAL);
}
END_TEST

START_TEST(no_options_are_all_defaults)
{
	future_executor_t *pool = pool_with(NULL);
	atomic_int ran = 0;

	ck_assert_int_eq(outcome_of(future_submit(pool, count_task, &ran)), 0);
	ck_assert_int_eq(ran, 1);
	future_executor_unref(pool);
}
END_TEST

START_TEST(huge_bounds_are_no_bounds)
{
	future_executor_t *pool = pool_with(&(future_pool_options_t){
		.threads = 1, .queue_capacity = SIZE_MAX,
		.when_full = FUTURE_BLOCK, .block_ns = INT64_MAX });
	atomic_int ran = 0;

	for (int i = 0; i < 100; i++)
		ck_assert_int_eq(future_execute(pool, count_work, &ran), 0);
	future_executor_unref(pool);
	ck_assert_int_eq(ran, 100);
}
END_TEST

/* How many threads. */

START_TEST(no_thread_is_there_before_the_first_pool)
{
	if (skipped(watched(), "the tool starts threads of its own"))
		return;
	ck_assert_str_eq(future_version(), FUTURE_VERSION);
	ck_assert_ptr_null(future_current());
	ck_assert_ptr_nonnull(future_inline());
	ck_assert_int_eq(outcome_of(future_submit(future_inline(),
		nothing_task, NULL)), 0);
	ck_assert_uint_eq(threads_now(), 1);
}
END_TEST

START_TEST(a_pool_has_as_many_threads_as_it_was_asked_for)
{
	size_t before = threads_before();
	future_executor_t *pool = pool_of(5);

	threads_become(before + 5);
	future_executor_unref(pool);
}
END_TEST

START_TEST(no_thread_is_left_after_the_last_unref)
{
	size_t before = threads_before();

	for (size_t threads = 1; threads <= 8; threads *= 2)
		future_executor_unref(pool_of(threads));
	threads_become(before);
}
END_TEST

START_TEST(threads_0_never_exceeds_the_cpus_of_the_affinity_mask)
{
	size_t before = threads_before();
	future_executor_t *pool = pool_with(NULL);
	size_t threads = threads_now() - before;
	cpu_set_t set;

	ck_assert_int_eq(sched_getaffinity(0, sizeof(set), &set), 0);
	ck_assert_uint_ge(threads, 1);
	ck_assert_uint_le(threads, (size_t)CPU_COUNT(&set));
	future_executor_unref(pool);
}
END_TEST

/* Confines the process of this test to the first CPU it may use. */
static void use_one_cpu(void)
{
	cpu_set_t all, one;
	size_t cpu = 0;

	ck_assert_int_eq(sched_getaffinity(0, sizeof(all), &all), 0);
	while (!CPU_ISSET(cpu, &all))
		cpu++;
	CPU_ZERO(&one);
	CPU_SET(cpu, &one);
	ck_assert_int_eq(sched_setaffinity(0, sizeof(one), &one), 0);
}

START_TEST(threads_0_is_one_where_the_process_may_use_one_cpu)
{
	size_t before = threads_before();
	future_executor_t *pool;

	use_one_cpu();
	pool = pool_with(NULL);
	threads_become(before + 1);
	future_executor_unref(pool);
}
END_TEST

START_TEST(sixty_four_workers_on_one_cpu_lose_nothing)
{
	int tasks = (int)scaled(20000);
	future_executor_t *pool;
	atomic_int ran = 0;

	use_one_cpu();
	pool = pool_of(64);
	for (int i = 0; i < tasks; i++)
		ck_assert_int_eq(future_execute(pool, count_work, &ran), 0);
	future_executor_unref(pool);
	ck_assert_int_eq(ran, tasks);
}
END_TEST

/* Threads that do not start. */

START_TEST(a_pool_whose_kth_thread_does_not_start_fails_and_leaves_none)
{
	future_executor_t *mark = (future_executor_t *)&mark, *pool = mark;
	size_t before = threads_before();
	int error;

	fail_thread(_i);
	error = future_pool_new(&(future_pool_options_t){ .threads = 4 },
		&pool);
	fail_thread(0);
	ck_assert_int_eq(error, EAGAIN);
	ck_assert_ptr_eq(pool, mark);
	threads_become(before);
}
END_TEST

START_TEST(threads_that_started_before_one_that_did_not_stop_in_order)
{
	atomic_int count[2] = { 0, 0 };
	future_executor_t *pool;

	for (int nth = 1; nth <= 4; nth++) {
		fail_thread(nth);
		ck_assert_int_eq(future_pool_new(&(future_pool_options_t){
			.threads = 4, .on_thread_start = count_work,
			.on_thread_stop = count_work, .hook_arg = &count[0] },
			&pool), EAGAIN);
		/* Each that started also stopped. */
		ck_assert_int_eq(count[0] % 2, 0);
	}
	fail_thread(0);
}
END_TEST

START_TEST(a_pool_can_be_made_after_one_that_could_not)
{
	future_executor_t *pool = NULL;
	atomic_int ran = 0;

	for (int nth = 1; nth <= 3; nth++) {
		fail_thread(nth);
		ck_assert_int_eq(future_pool_new(&(future_pool_options_t){
			.threads = 3 }, &pool), EAGAIN);
	}
	fail_thread(0);
	pool = pool_of(3);
	ck_assert_int_eq(outcome_of(future_submit(pool, count_task, &ran)), 0);
	future_executor_unref(pool);
	ck_assert_int_eq(ran, 1);
}
END_TEST

/* Names. */

struct names {
	struct gate gate;
	atomic_size_t count;
	char name[4][16];
};

static void note_name(void *arg)
{
	struct names *names = arg;
	size_t at = atomic_fetch_add(&names->count, 1);

	pthread_getname_np(pthread_self(), names->name[at], 16);
	gate_pass(&names->gate);
}

static int name_order(const void *a, const void *b)
{
	return strcmp(a, b);
}

/* Fills in the name of every one of the workers, sorted. */
static void names_of(future_executor_t *pool, size_t threads,
	struct names *names)
{
	for (size_t i = 0; i < threads; i++)
		ck_assert_int_eq(future_execute(pool, note_name, names), 0);
	gate_await(&names->gate, threads);
	gate_open(&names->gate);
	future_executor_unref(pool);
	qsort(names->name, threads, sizeof(names->name[0]),
		name_order);
}

START_TEST(threads_are_named_after_the_pool_and_numbered)
{
	struct names names = { .gate = GATE_INIT };

	names_of(pool_with(&(future_pool_options_t){ .threads = 3,
		.name = "fetch" }), 3, &names);
	ck_assert_str_eq(names.name[0], "fetch-0");
	ck_assert_str_eq(names.name[1], "fetch-1");
	ck_assert_str_eq(names.name[2], "fetch-2");
}
END_TEST

START_TEST(the_name_is_copied)
{
	struct names names = { .gate = GATE_INIT };
	char *name = strdup("mine");
	future_executor_t *pool = pool_with(&(future_pool_options_t){
		.threads = 2, .name = name });

	memset(name, 'x', 4);
	free(name);
	names_of(pool, 2, &names);
	ck_assert_str_eq(names.name[0], "mine-0");
	ck_assert_str_eq(names.name[1], "mine-1");
}
END_TEST

START_TEST(a_name_too_long_for_the_kernel_keeps_its_number)
{
	struct names names = { .gate = GATE_INIT };

	names_of(pool_with(&(future_pool_options_t){ .threads = 2,
		.name = "a name that is far too long" }), 2, &names);
	ck_assert_str_eq(names.name[0], "a name that i-0");
	ck_assert_str_eq(names.name[1], "a name that i-1");
}
END_TEST

/* on_thread_start and on_thread_stop. */

static _Thread_local int started_here, stopped_here;

struct life {
	atomic_int starts, stops, unprepared, late;
};

static void life_start(void *arg)
{
	struct life *life = arg;

	started_here++;
	atomic_fetch_add(&life->starts, 1);
}

static void life_stop(void *arg)
{
	struct life *life = arg;

	if (started_here != 1)
		atomic_fetch_add(&life->unprepared, 1);
	stopped_here++;
	atomic_fetch_add(&life->stops, 1);
}

static void life_work(void *arg)
{
	struct life *life = arg;

	if (started_here != 1)
		atomic_fetch_add(&life->unprepared, 1);
	if (stopped_here != 0)
		atomic_fetch_add(&life->late, 1);
}

START_TEST(each_thread_calls_start_first_and_stop_last_once)
{
	struct life life = { 0, 0, 0, 0 };
	future_executor_t *pool = pool_with(&(future_pool_options_t){
		.threads = 4, .on_thread_start = life_start,
		.on_thread_stop = life_stop, .hook_arg = &life });

	for (size_t i = 0; i < scaled(10000); i++)
		ck_assert_int_eq(future_execute(pool, life_work, &life), 0);
	ck_assert_int_eq(life.stops, 0);
	future_executor_unref(pool);
	ck_assert_int_eq(life.starts, 4);
	ck_assert_int_eq(life.stops, 4);
	ck_assert_int_eq(life.unprepared, 0);
	ck_assert_int_eq(life.late, 0);
}
END_TEST

/* on_thread_start waits for a task of its own pool, and so runs it. */

struct early {
	future_executor_t *pool;
	struct gate given, gate;
};

static void early_start(void *arg)
{
	struct early *early = arg;

	gate_pass(&early->given);
	ck_assert_int_eq(outcome_of(future_submit(early->pool, pass_task,
		&early->gate)), 0);
}

START_TEST(drain_waits_for_what_runs_in_on_thread_start)
{
	struct early early = { NULL, GATE_INIT, GATE_INIT };

	early.pool = pool_with(&(future_pool_options_t){ .threads = 1,
		.on_thread_start = early_start, .hook_arg = &early });
	gate_open(&early.given);
	gate_await(&early.gate, 1);
	ck_assert_int_eq(future_executor_drain(early.pool, FUTURE_NOW),
		ETIMEDOUT);
	gate_open(&early.gate);
	ck_assert_int_eq(future_executor_drain(early.pool, FUTURE_FOREVER), 0);
	future_executor_unref(early.pool);
}
END_TEST

/* The stack. */

static void note_stack(void *arg)
{
	pthread_attr_t attr;
	void *low;

	if (pthread_getattr_np(pthread_self(), &attr) != 0)
		return;
	pthread_attr_getstack(&attr, &low, arg);
	pthread_attr_destroy(&attr);
}

START_TEST(stack_size_is_the_size_of_the_stack)
{
	size_t asked = (size_t)(_i == 0 ? 256 : 32768) * 1024, size = 0;
	future_executor_t *pool = pool_with(&(future_pool_options_t){
		.threads = 1, .stack_size = asked });

	ck_assert_int_eq(future_execute(pool, note_stack, &size), 0);
	future_executor_unref(pool);
	ck_assert_uint_ge(size, asked);
	if (!watched())
		ck_assert_uint_lt(size, asked * 2);
}
END_TEST

START_TEST(the_smallest_stack_is_enough_for_the_library)
{
	size_t least = (size_t)sysconf(_SC_THREAD_STACK_MIN);
	future_executor_t *pool;
	atomic_int ran = 0;

	if (skipped(watched(), "tools need more stack"))
		return;
	pool = pool_with(&(future_pool_options_t){ .threads = 2,
		.stack_size = least });
	for (int i = 0; i < 100; i++) {
		FUTURE_AUTO future_t *source = future_submit(pool, count_task,
			&ran);
		FUTURE_AUTO future_t *last = future_then(source, count_then,
			&ran);

		ck_assert_int_eq(future_get(last).error, 0);
	}
	future_executor_unref(pool);
	ck_assert_int_eq(ran, 200);
}
END_TEST

static void add_options(Suite *suite)
{
	TCase *tcase = suite_case(suite, "options");

	tcase_add_loop_test(tcase,
		bad_options_are_refused_and_ret_pool_stays_untouched, 0,
		(int)(sizeof(refusals) / sizeof(refusals[0])));
	tcase_add_test(tcase, a_pool_without_a_place_for_it_is_einval);
	tcase_add_test(tcase, no_options_are_all_defaults);
	tcase_add_test(tcase, huge_bounds_are_no_bounds);
	tcase_add_loop_test(tcase, stack_size_is_the_size_of_the_stack, 0, 2);
	tcase_add_test(tcase, the_smallest_stack_is_enough_for_the_library);
	tcase_add_test(tcase, threads_are_named_after_the_pool_and_numbered);
	tcase_add_test(tcase, the_name_is_copied);
	tcase_add_test(tcase, a_name_too_long_for_the_kernel_keeps_its_number);
}

static void add_threads(Suite *suite)
{
	TCase *tcase = suite_case(suite, "threads");

	tcase_add_test(tcase, no_thread_is_there_before_the_first_pool);
	tcase_add_test(tcase, a_pool_has_as_many_threads_as_it_was_asked_for);
	tcase_add_test(tcase, no_thread_is_left_after_the_last_unref);
	tcase_add_test(tcase,
		threads_0_never_exceeds_the_cpus_of_the_affinity_mask);
	tcase_add_test(tcase,
		threads_0_is_one_where_the_process_may_use_one_cpu);
	tcase_add_test(tcase, sixty_four_workers_on_one_cpu_lose_nothing);
	tcase_add_loop_test(tcase,
		a_pool_whose_kth_thread_does_not_start_fails_and_leaves_none,
		1, 5);
	tcase_add_test(tcase,
		threads_that_started_before_one_that_did_not_stop_in_order);
	tcase_add_test(tcase, a_pool_can_be_made_after_one_that_could_not);
	tcase_add_test(tcase,
		each_thread_calls_start_first_and_stop_last_once);
	tcase_add_test(tcase, drain_waits_for_what_runs_in_on_thread_start);
}

int main(void)
{
	Suite *suite = suite_create("pool");

	add_options(suite);
	add_threads(suite);
	return suite_run(suite);
}
