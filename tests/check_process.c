/* What a pool leaves to the process: its signals, its exit, its CPU time. */
#define _GNU_SOURCE
#include "child.h"

#include <signal.h>

/* The mask that the kernel shows for a thread of this process. */
static unsigned long long mask_of(pid_t tid)
{
	unsigned long long mask = 0;
	char path[64], line[256];
	bool found = false;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/self/task/%d/status", (int)tid);
	file = fopen(path, "re");
	ck_assert_ptr_nonnull(file);
	while (!found && fgets(line, sizeof(line), file) != NULL)
		found = sscanf(line, "SigBlk: %llx", &mask) == 1;
	fclose(file);
	ck_assert(found);
	return mask;
}

struct place {
	struct gate gate;
	pid_t tid;
};

static void note_place(void *arg)
{
	struct place *place = arg;

	place->tid = thread_id();
	gate_pass(&place->gate);
}

static bool worker_keeps(int number)
{
	static const int kept[] = { SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP,
		SIGSYS, SIGABRT, SIGPROF };

	for (size_t i = 0; i < sizeof(kept) / sizeof(kept[0]); i++)
		if (kept[i] == number)
			return true;
	return false;
}

START_TEST(workers_block_every_signal_but_faults_and_sigprof)
{
	future_executor_t *pool = pool_of(1);
	struct place place = { .gate = GATE_INIT };
	unsigned long long mask;

	if (skipped(under_valgrind(), "valgrind keeps the mask to itself")) {
		future_executor_unref(pool);
		return;
	}
	ck_assert_int_eq(future_execute(pool, note_place, &place), 0);
	gate_await(&place.gate, 1);
	mask = mask_of(place.tid);
	gate_open(&place.gate);
	future_executor_unref(pool);
	for (int number = 1; number <= SIGRTMAX; number++) {
		bool blocked = mask >> (number - 1) & 1;

		/* Two cannot be blocked, two are the C library's. */
		if (number == SIGKILL || number == SIGSTOP ||
		    (number > 31 && number < SIGRTMIN))
			continue;
		ck_assert_msg(blocked == !worker_keeps(number), "signal %d",
			number);
	}
}
END_TEST

START_TEST(a_new_pool_leaves_the_mask_of_its_maker_alone)
{
	sigset_t mine, after;

	sigemptyset(&mine);
	sigaddset(&mine, SIGUSR2);
	pthread_sigmask(SIG_SETMASK, &mine, NULL);
	future_executor_unref(pool_of(2));
	pthread_sigmask(SIG_SETMASK, NULL, &after);
	for (int number = 1; number < 32; number++)
		ck_assert_int_eq(sigismember(&after, number),
			number == SIGUSR2);
}
END_TEST

static atomic_int caught_total, caught_elsewhere;
static _Atomic pid_t application;

static void catch_signal(int number)
{
	(void)number;
	atomic_fetch_add(&caught_total, 1);
	if (thread_id() != atomic_load(&application))
		atomic_fetch_add(&caught_elsewhere, 1);
}

START_TEST(signals_reach_only_the_applications_threads)
{
	struct sigaction action = { .sa_handler = catch_signal };
	struct gate gate = GATE_INIT;
	future_executor_t *pool;

	atomic_store(&application, thread_id());
	ck_assert_int_eq(sigaction(SIGUSR1, &action, NULL), 0);
	pool = pool_of(4);
	occupy(pool, 3, &gate);
	for (int i = 1; i <= 100; i++) {
		ck_assert_int_eq(kill(getpid(), SIGUSR1), 0);
		while (atomic_load(&caught_total) < i)
			sched_yield();
	}
	gate_open(&gate);
	future_executor_unref(pool);
	ck_assert_int_eq(caught_elsewhere, 0);
}
END_TEST

static void cancel_myself(void *arg)
{
	pthread_cancel(pthread_self());
	pthread_testcancel();
	count_work(arg);
}

START_TEST(a_cancelled_worker_goes_on)
{
	future_executor_t *pool = pool_of(1);
	atomic_int ran = 0;

	ck_assert_int_eq(future_execute(pool, cancel_myself, &ran), 0);
	ck_assert_int_eq(future_execute(pool, count_work, &ran), 0);
	future_executor_unref(pool);
	ck_assert_int_eq(ran, 2);
}
END_TEST

/* Cancelled by others, wherever it sleeps. */

struct victim {
	future_executor_t *pool;
	future_t *awaited;
	pthread_t thread;
	atomic_int tid;
	int error;
	struct gate gate;
};

static void note_victim(struct victim *victim)
{
	victim->thread = pthread_self();
	atomic_store(&victim->tid, thread_id());
}

static pid_t victim_sleeps(struct victim *victim)
{
	while (atomic_load(&victim->tid) == 0)
		sched_yield();
	thread_sleeps(atomic_load(&victim->tid));
	return atomic_load(&victim->tid);
}

static future_result_t get_task(void *arg)
{
	struct victim *victim = arg;

	note_victim(victim);
	return future_get(victim->awaited);
}

START_TEST(a_worker_cancelled_in_its_sleep_goes_on)
{
	struct victim victim = { .pool = pool_of(1) };
	future_promise_t *promise;
	future_t *task;

	ck_assert_int_eq(future_promise_new(victim.pool, &promise), 0);
	victim.awaited = future_promise_future(promise);
	task = future_submit(victim.pool, get_task, &victim);
	victim_sleeps(&victim);
	ck_assert_int_eq(pthread_cancel(victim.thread), 0);
	future_promise_settle(promise, future_ok(NULL));
	ck_assert_int_eq(outcome_of(task), 0);
	ck_assert_int_eq(outcome_of(future_submit(victim.pool, nothing_task,
		NULL)), 0);
	future_promise_free(promise);
	future_unref(victim.awaited);
	future_executor_unref(victim.pool);
}
END_TEST

static void *get_main(void *arg)
{
	struct victim *victim = arg;

	note_victim(victim);
	victim->error = future_get(victim->awaited).error;
	return arg;
}

/* A thread of the application's. */
START_TEST(a_wait_is_no_cancellation_point)
{
	struct victim victim = { .error = -1 };
	future_promise_t *promise;
	pthread_t thread;
	void *returned;

	ck_assert_int_eq(future_promise_new(future_inline(), &promise), 0);
	victim.awaited = future_promise_future(promise);
	thread = thread_start(get_main, &victim);
	victim_sleeps(&victim);
	ck_assert_int_eq(pthread_cancel(thread), 0);
	future_promise_settle(promise, future_ok(NULL));
	ck_assert_int_eq(pthread_join(thread, &returned), 0);
	ck_assert_ptr_eq(returned, &victim);
	ck_assert_int_eq(victim.error, 0);
	future_promise_free(promise);
	future_unref(victim.awaited);
}
END_TEST

static pthread_key_t last_key;

static void set_last(void *gate)
{
	pthread_setspecific(last_key, gate);
}

static void *unref_main(void *arg)
{
	struct victim *victim = arg;

	note_victim(victim);
	future_executor_unref(victim->pool);
	return arg;
}

/* The worker has left, and its thread is still there, to be joined. */
START_TEST(nor_is_the_end_of_a_pool)
{
	size_t before = threads_before();
	struct victim victim = { .gate = GATE_INIT };
	pthread_t thread;
	void *returned;

	ck_assert_int_eq(pthread_key_create(&last_key, pass_work), 0);
	victim.pool = pool_of(1);
	ck_assert_int_eq(future_execute(victim.pool, set_last, &victim.gate),
		0);
	thread = thread_start(unref_main, &victim);
	gate_await(&victim.gate, 1);
	victim_sleeps(&victim);
	ck_assert_int_eq(pthread_cancel(thread), 0);
	gate_open(&victim.gate);
	ck_assert_int_eq(pthread_join(thread, &returned), 0);
	ck_assert_ptr_eq(returned, &victim);
	threads_become(before);
}
END_TEST

static void exit_under_load(void *arg)
{
	future_executor_t *pool;
	struct gate *gate = arg;

	if (future_pool_new(&(future_pool_options_t){ .threads = 3 }, &pool))
		_exit(2);
	for (int i = 0; i < 100; i++)
		if (future_execute(pool, pass_work, gate) != 0)
			_exit(3);
	gate_await(gate, 3);
	exit(0);
}

START_TEST(exit_waits_for_no_pool)
{
	struct gate gate = GATE_INIT;
	int status;

	if (skipped(under_asan(), "what a live pool holds is a leak to LSan"))
		return;
	status = in_child(exit_under_load, &gate);
	ck_assert(WIFEXITED(status));
	ck_assert_int_eq(WEXITSTATUS(status), 0);
}
END_TEST

static void run_many(void *arg)
{
	future_executor_t *pool;
	atomic_int ran = 0;
	int tasks = (int)scaled(200000);

	(void)arg;
	if (future_pool_new(&(future_pool_options_t){ .threads = 2 }, &pool))
		_exit(2);
	for (int i = 0; i < tasks; i++)
		if (future_execute(pool, count_work, &ran) != 0)
			_exit(3);
	future_executor_unref(pool);
	_exit(ran == tasks ? 0 : 4);
}

static int64_t cpu_ns(void)
{
	struct timespec used;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
	return (int64_t)used.tv_sec * 1000000000 + used.tv_nsec;
}

/* A span of time in which this thread does nothing: the test is about time. */
static void stand_still(int64_t ms)
{
	pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
	pthread_cond_t never = PTHREAD_COND_INITIALIZER;
	struct timespec until;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_nsec += (long)ms * 1000000;
	until.tv_sec += until.tv_nsec / 1000000000;
	until.tv_nsec %= 1000000000;
	pthread_mutex_lock(&lock);
	while (pthread_cond_timedwait(&never, &lock, &until) == 0)
		;
	pthread_mutex_unlock(&lock);
}

/* Has the child stopped again and again, for `ms` each time, until it ends. */
static void stop_and_continue(void (*body)(void *arg), int64_t ms)
{
	pid_t child = fork();
	int status = 0;

	if (child == 0)
		body(NULL);
	ck_assert_int_gt(child, 0);
	for (int i = 0; i < 10; i++) {
		kill(child, SIGSTOP);
		ck_assert_int_eq(waitpid(child, &status, WUNTRACED), child);
		if (!WIFSTOPPED(status))
			break;
		if (ms > 0)
			stand_still(ms);
		kill(child, SIGCONT);
	}
	if (WIFSTOPPED(status))
		ck_assert_int_eq(waitpid(child, &status, 0), child);
	ck_assert(WIFEXITED(status));
	ck_assert_int_eq(WEXITSTATUS(status), 0);
}

START_TEST(a_process_stopped_and_continued_loses_nothing)
{
	stop_and_continue(run_many, 0);
}
END_TEST

enum { DEADLINES = 200, RUNS = 20 };

struct due {
	int64_t at_ns;
	future_t *after, *seen;
};

static future_result_t see_due(future_result_t in, void *arg)
{
	const struct due *due = arg;

	CHILD_ASSERT(in.error == 0);
	CHILD_ASSERT(future_now().ns >= due->at_ns);
	return future_ok(NULL);
}

static future_result_t see_run(void *arg)
{
	struct due *due = arg;

	CHILD_ASSERT(future_now().ns >= due->at_ns);
	due->at_ns += 1000000;
	return (due->at_ns / 1000000) % RUNS == 0 ? future_fail(EPIPE) :
		future_ok(NULL);
}

/* At a fixed delay each comes a period after the last, or later. */
static void run_every(future_executor_t *pool)
{
	struct due due = { .at_ns = future_now().ns };
	future_t *every = future_every(pool, &(future_schedule_t){
		.first_ns = 1000000, .period_ns = 1000000,
		.pace = FUTURE_FIXED_DELAY, .fn = see_run, .arg = &due });

	CHILD_ASSERT(outcome_of(every) == EPIPE);
}

static void wait_until_due(void)
{
	future_promise_t *promise;
	future_t *never;

	CHILD_ASSERT(future_promise_new(future_inline(), &promise) == 0);
	never = future_promise_future(promise);
	for (int i = 0; i < RUNS; i++) {
		future_time_t at = future_in_ms(1);

		CHILD_ASSERT(future_wait(never, at) == ETIMEDOUT);
		CHILD_ASSERT(future_now().ns >= at.ns);
	}
	future_promise_free(promise);
	future_unref(never);
}

static void run_deadlines(void *arg)
{
	static struct due dues[DEADLINES];
	future_executor_t *pool;

	(void)arg;
	alarm(50);
	if (future_pool_new(&(future_pool_options_t){ .threads = 2 }, &pool))
		_exit(2);
	for (int i = 0; i < DEADLINES; i++) {
		struct due *due = &dues[i];

		due->at_ns = future_now().ns + i * 100000;
		due->after = future_after(pool, (future_time_t){ due->at_ns });
		due->seen = future_then(due->after, see_due, due);
	}
	wait_until_due();
	run_every(pool);
	for (int i = 0; i < DEADLINES; i++) {
		CHILD_ASSERT(outcome_of(dues[i].seen) == 0);
		future_unref(dues[i].after);
	}
	future_executor_unref(pool);
	_exit(0);
}

START_TEST(no_deadline_passes_early_in_a_process_that_is_stopped)
{
	stop_and_continue(run_deadlines, 3);
}
END_TEST

/* One core. */

struct crowd {
	future_latch_t all;
	future_mutex_t mutex;
	size_t entered;	/* under the mutex */
};

static future_result_t crowd_task(void *arg)
{
	struct crowd *crowd = arg;
	atomic_int ran = 0;
	int error;

	/* Nobody gets on before all of them are here. */
	future_latch_count_down(&crowd->all, 1);
	error = future_latch_wait(&crowd->all);
	if (error != 0)
		return future_fail(error);
	for (int i = 0; i < 20; i++) {
		error = outcome_of(future_submit(future_current(), count_task,
			&ran));
		if (error == 0)
			error = future_mutex_lock(&crowd->mutex);
		if (error != 0)
			return future_fail(error);
		crowd->entered++;
		(void)!future_mutex_unlock(&crowd->mutex);
	}
	return future_ok(NULL);
}

START_TEST(sixty_four_workers_that_wait_for_each_other_end_on_one_cpu)
{
	struct crowd crowd = { .all = FUTURE_LATCH_INIT(64) };
	future_executor_t *pool;
	future_t *tasks[64];
	cpu_set_t one;
	int cpu = sched_getcpu();

	CPU_ZERO(&one);
	CPU_SET((size_t)cpu, &one);
	ck_assert_int_eq(sched_setaffinity(0, sizeof(one), &one), 0);
	pool = pool_of(64);
	for (int i = 0; i < 64; i++)
		tasks[i] = future_submit(pool, crowd_task, &crowd);
	for (int i = 0; i < 64; i++)
		ck_assert_int_eq(outcome_of(tasks[i]), 0);
	future_executor_unref(pool);
	ck_assert_uint_eq(crowd.entered, 64 * 20);
}
END_TEST

/* Idle. */

START_TEST(idle_workers_use_no_cpu)
{
	future_executor_t *pool = pool_of(4);
	atomic_int ran = 0;
	int64_t used;

	for (int i = 0; i < 1000; i++)
		ck_assert_int_eq(future_execute(pool, count_work, &ran), 0);
	ck_assert_int_eq(future_executor_drain(pool, FUTURE_FOREVER), 0);
	used = cpu_ns();
	stand_still(200);
	used = cpu_ns() - used;
	future_executor_unref(pool);
	/* One worker that spins would use 200 ms of it, or half its share. */
	ck_assert_int_lt(used, under_valgrind() ? 100000000 : 20000000);
}
END_TEST

static void add_signals(Suite *suite)
{
	TCase *tcase = suite_case(suite, "signals");

	tcase_add_test(tcase,
		workers_block_every_signal_but_faults_and_sigprof);
	tcase_add_test(tcase, a_new_pool_leaves_the_mask_of_its_maker_alone);
	tcase_add_test(tcase, signals_reach_only_the_applications_threads);
	tcase_add_test(tcase, a_cancelled_worker_goes_on);
	tcase_add_test(tcase, a_worker_cancelled_in_its_sleep_goes_on);
	tcase_add_test(tcase, a_wait_is_no_cancellation_point);
	tcase_add_test(tcase, nor_is_the_end_of_a_pool);
}

static void add_life(Suite *suite)
{
	TCase *tcase = suite_case(suite, "life");

	tcase_add_test(tcase, exit_waits_for_no_pool);
	tcase_add_test(tcase, a_process_stopped_and_continued_loses_nothing);
	tcase_add_test(tcase,
		no_deadline_passes_early_in_a_process_that_is_stopped);
	tcase_add_test(tcase,
		sixty_four_workers_that_wait_for_each_other_end_on_one_cpu);
	tcase_add_test(tcase, idle_workers_use_no_cpu);
}

int main(void)
{
	Suite *suite = suite_create("process");

	add_signals(suite);
	add_life(suite);
	return suite_run(suite);
}
