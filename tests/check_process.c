/* What a pool leaves to the process: its signals, its exit, its CPU time. */
#define _GNU_SOURCE
#include "support.h"

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

START_TEST(a_process_stopped_and_continued_loses_nothing)
{
	pid_t child = fork();
	int status = 0;

	if (child == 0)
		run_many(NULL);
	ck_assert_int_gt(child, 0);
	for (int i = 0; i < 10; i++) {
		kill(child, SIGSTOP);
		ck_assert_int_eq(waitpid(child, &status, WUNTRACED), child);
		if (!WIFSTOPPED(status))
			break;
		kill(child, SIGCONT);
	}
	if (WIFSTOPPED(status))
		ck_assert_int_eq(waitpid(child, &status, 0), child);
	ck_assert(WIFEXITED(status));
	ck_assert_int_eq(WEXITSTATUS(status), 0);
}
END_TEST

/* Idle. */

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
}

static void add_life(Suite *suite)
{
	TCase *tcase = suite_case(suite, "life");

	tcase_add_test(tcase, exit_waits_for_no_pool);
	tcase_add_test(tcase, a_process_stopped_and_continued_loses_nothing);
	tcase_add_test(tcase, idle_workers_use_no_cpu);
}

int main(void)
{
	Suite *suite = suite_create("process");

	add_signals(suite);
	add_life(suite);
	return suite_run(suite);
}
