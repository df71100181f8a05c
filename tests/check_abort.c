/* What has already broken memory aborts, with one sentence that names it. */
#define _GNU_SOURCE
#include "support.h"

#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>

/*
 * Runs `body` in a child that must abort; returns what it said last.  The
 * child may start threads: this process has none.
 */
static const char *last_words(void (*body)(void))
{
	static char words[512];
	size_t length = 0;
	ssize_t more;
	int out[2], status;
	pid_t child;

	ck_assert_int_eq(pipe(out), 0);
	child = fork();
	if (child == 0) {
		setrlimit(RLIMIT_CORE, &(struct rlimit){ 0, 0 });
		dup2(out[1], STDERR_FILENO);
		close(out[0]);
		close(out[1]);
		body();
		_exit(0);
	}
	close(out[1]);
	while (length < sizeof(words) - 1 && (more = read(out[0],
			words + length, sizeof(words) - 1 - length)) > 0)
		length += (size_t)more;
	words[length] = '\0';
	close(out[0]);
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	ck_assert_msg(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT,
		"it did not abort: status %x", (unsigned)status);
	return words;
}

/* One line, with the call in it. */
static void dies_naming(void (*body)(void), const char *call)
{
	const char *words = last_words(body), *end = strchr(words, '\n');

	ck_assert_msg(strstr(words, call) != NULL, "it said: %s", words);
	ck_assert_ptr_nonnull(end);
	ck_assert_msg(end[1] == '\0', "more than one line: %s", words);
}

static future_executor_t *new_pool(void)
{
	future_executor_t *pool = NULL;

	if (future_pool_new(&(future_pool_options_t){ .threads = 1 }, &pool))
		_exit(1);
	return pool;
}

static void unref_a_pool_twice(void)
{
	future_executor_t *pool = new_pool();

	future_executor_unref(pool);
	future_executor_unref(pool);
}

START_TEST(one_unref_too_many_of_an_executor_aborts)
{
	dies_naming(unref_a_pool_twice, "future_executor_unref");
}
END_TEST

static void ref_a_closed_pool(void)
{
	future_executor_t *pool = new_pool();

	future_executor_unref(pool);
	future_executor_ref(pool);
}

START_TEST(a_ref_of_a_closed_executor_aborts)
{
	dies_naming(ref_a_closed_pool, "future_executor_ref");
}
END_TEST

static void detach_a_closed_pool(void)
{
	future_executor_t *pool = new_pool();

	future_executor_unref(pool);
	future_executor_detach(pool);
}

START_TEST(a_detach_of_a_closed_executor_aborts)
{
	dies_naming(detach_a_closed_pool, "future_executor_detach");
}
END_TEST

static void unref_a_future_twice(void)
{
	future_t *future = future_ready(future_ok(NULL));

	future_unref(future);
	future_unref(future);
}

START_TEST(one_unref_too_many_of_a_future_aborts)
{
	if (skipped(watched(), "the tool reports the freed memory first"))
		return;
	dies_naming(unref_a_future_twice, "future_unref");
}
END_TEST

static void ref_a_freed_future(void)
{
	future_t *future = future_ready(future_ok(NULL));

	future_unref(future);
	future_ref(future);
}

START_TEST(a_ref_of_a_freed_future_aborts)
{
	if (skipped(watched(), "the tool reports the freed memory first"))
		return;
	dies_naming(ref_a_freed_future, "future_ref");
}
END_TEST

static void unref_a_then_twice(void)
{
	future_t *source = future_ready(future_ok(NULL));
	atomic_int ran = 0;
	future_t *next = future_then_on(source, future_inline(), count_then,
		&ran);

	future_unref(next);
	future_unref(next);
}

START_TEST(one_unref_too_many_of_a_continuation_aborts)
{
	if (skipped(watched(), "the tool reports the freed memory first"))
		return;
	dies_naming(unref_a_then_twice, "future_unref");
}
END_TEST

/* Works of one's own executor. */

static future_work_t *posted;

static int keep_post(void *self, future_work_t *work)
{
	(void)self;
	posted = work;
	return 0;
}

static int run_post(void *self, future_work_t *work)
{
	(void)self;
	future_work_run(work);
	return 0;
}

static void *run_main(void *work)
{
	future_work_run(work);
	return NULL;
}

static int run_and_refuse_post(void *self, future_work_t *work)
{
	pthread_t thread;

	(void)self;
	if (pthread_create(&thread, NULL, run_main, work) != 0)
		_exit(1);
	pthread_join(thread, NULL);
	return EAGAIN;
}

/* Its future is kept, so that its memory is there. */
static future_t *submit_to_own(int (*post)(void *self, future_work_t *work))
{
	future_executor_ops_t ops = { .post = post };
	future_executor_t *own;

	if (future_executor_new(&ops, NULL, &own) != 0)
		_exit(1);
	return future_submit(own, nothing_task, NULL);
}

static void run_twice(void)
{
	future_t *kept = submit_to_own(keep_post);

	future_work_run(posted);
	future_work_run(posted);
	future_unref(kept);
}

static void drop_what_was_run(void)
{
	future_t *kept = submit_to_own(keep_post);

	future_work_run(posted);
	future_work_drop(posted);
	future_unref(kept);
}

START_TEST(a_work_that_ends_twice_aborts)
{
	dies_naming(run_twice, "future_work_run");
	dies_naming(drop_what_was_run, "future_work_drop");
}
END_TEST

static void run_in_post(void)
{
	future_unref(submit_to_own(run_post));
}

START_TEST(a_work_that_is_run_inside_post_aborts)
{
	dies_naming(run_in_post, "inside post");
}
END_TEST

static void run_and_refuse(void)
{
	posted = NULL;
	future_unref(submit_to_own(run_and_refuse_post));
}

START_TEST(a_refusal_of_what_was_run_aborts)
{
	if (skipped(watched(), "the tool reports the freed memory first"))
		return;
	dies_naming(run_and_refuse, "refused");
}
END_TEST

/*
 * pthread_exit where it would leave a call of the library's in the middle; in
 * tests/check_thread_exit.c is where it may be called.
 */

static void leave(void *unused)
{
	(void)unused;
	pthread_exit(NULL);
}

static future_result_t leave_task(void *arg)
{
	leave(arg);
	return future_ok(NULL);
}

static future_executor_t *pool_that(const future_pool_options_t *options)
{
	future_executor_t *pool = NULL;

	if (future_pool_new(options, &pool))
		_exit(1);
	return pool;
}

static void leave_in_destroy_arg(void)
{
	future_executor_t *pool = new_pool();

	(void)!future_join(future_submit_with(pool, &(future_task_t){
		.fn = nothing_task, .destroy_arg = leave }), FUTURE_FOREVER);
}

static void leave_in_destructor_of_a_value(void)
{
	future_unref(future_ready(future_own(&(int){ 0 }, leave)));
}

START_TEST(a_destructor_that_exits_its_thread_aborts)
{
	dies_naming(leave_in_destroy_arg,
		"destructor was left by pthread_exit");
	dies_naming(leave_in_destructor_of_a_value,
		"destructor was left by pthread_exit");
}
END_TEST

static void leave_before(void *hook_arg, void *captured, const char *name)
{
	(void)captured;
	(void)name;
	leave(hook_arg);
}

static void leave_in_hook(void)
{
	future_get(future_submit(pool_that(&(future_pool_options_t){
		.threads = 1, .before = leave_before }), nothing_task, NULL));
}

START_TEST(a_hook_that_exits_its_thread_aborts)
{
	dies_naming(leave_in_hook, "hook was left by pthread_exit");
}
END_TEST

static void leave_in_start(void)
{
	future_executor_unref(pool_that(&(future_pool_options_t){
		.threads = 1, .on_thread_start = leave }));
}

static void leave_in_stop(void)
{
	future_executor_unref(pool_that(&(future_pool_options_t){
		.threads = 1, .on_thread_stop = leave }));
}

START_TEST(on_thread_start_or_stop_that_exits_its_thread_aborts)
{
	dies_naming(leave_in_start, "on_thread_start was left");
	dies_naming(leave_in_stop, "on_thread_stop was left");
}
END_TEST

static void leave_inline(void)
{
	(void)!future_submit(future_inline(), leave_task, NULL);
}

static void leave_in_submit(void)
{
	future_executor_t *pool = pool_that(&(future_pool_options_t){
		.threads = 1, .queue_capacity = 1,
		.when_full = FUTURE_CALLER_RUNS });
	struct gate gate = GATE_INIT;

	if (future_execute(pool, pass_work, &gate))
		_exit(1);
	gate_await(&gate, 1);
	(void)!future_submit(pool, nothing_task, NULL);
	(void)!future_submit(pool, leave_task, NULL);
}

static void leave_in_sim(void)
{
	future_executor_t *sim;

	if (future_sim_new(1, &sim))
		_exit(1);
	future_get(future_submit(sim, leave_task, NULL));
}

START_TEST(a_task_that_exits_the_thread_of_its_submitter_aborts)
{
	dies_naming(leave_inline, "inline executor ran was left");
	dies_naming(leave_in_submit, "submit ran was left");
	dies_naming(leave_in_sim, "sim ran was left");
}
END_TEST

static int leave_post(void *self, future_work_t *work)
{
	(void)work;
	leave(self);
	return 0;
}

static void leave_in_post(void)
{
	future_unref(submit_to_own(leave_post));
}

static void leave_in_work(void)
{
	future_executor_ops_t ops = { .post = keep_post };
	future_executor_t *own;

	if (future_executor_new(&ops, NULL, &own) != 0 ||
	    future_execute(own, leave, NULL) != 0)
		_exit(1);
	future_work_run(posted);
}

static void leave_in_free(void)
{
	future_executor_ops_t ops = { .post = keep_post, .free = leave };
	future_executor_t *own;

	if (future_executor_new(&ops, NULL, &own) != 0)
		_exit(1);
	future_executor_unref(own);
}

START_TEST(an_executor_of_ones_own_that_exits_its_thread_aborts)
{
	dies_naming(leave_in_post, "post of an executor was left");
	dies_naming(leave_in_work, "a work was left");
	dies_naming(leave_in_free, "free of an executor was left");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("abort");
	TCase *tcase = suite_case(suite, "abort");

	tcase_add_test(tcase, one_unref_too_many_of_an_executor_aborts);
	tcase_add_test(tcase, a_ref_of_a_closed_executor_aborts);
	tcase_add_test(tcase, a_detach_of_a_closed_executor_aborts);
	tcase_add_test(tcase, one_unref_too_many_of_a_future_aborts);
	tcase_add_test(tcase, a_ref_of_a_freed_future_aborts);
	tcase_add_test(tcase, one_unref_too_many_of_a_continuation_aborts);
	tcase_add_test(tcase, a_work_that_ends_twice_aborts);
	tcase_add_test(tcase, a_work_that_is_run_inside_post_aborts);
	tcase_add_test(tcase, a_refusal_of_what_was_run_aborts);
	tcase = suite_case(suite, "exits");
	tcase_add_test(tcase, a_destructor_that_exits_its_thread_aborts);
	tcase_add_test(tcase, a_hook_that_exits_its_thread_aborts);
	tcase_add_test(tcase,
		on_thread_start_or_stop_that_exits_its_thread_aborts);
	tcase_add_test(tcase,
		a_task_that_exits_the_thread_of_its_submitter_aborts);
	tcase_add_test(tcase,
		an_executor_of_ones_own_that_exits_its_thread_aborts);
	return suite_run(suite);
}
