/* Traces: what is in the file, and when there is none. */
#define _GNU_SOURCE
#include "child.h"
#include "tracing.h"

#include "trace.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

/* By the linker: what addr2line counts from. */
extern const char __executable_start[];

/* A file of its own for each test, which is gone with it. */
#define PATH "check_trace.XXXXXX"
static char path[] = PATH;

/* A new one, where the test runs. */
static void make_file(char *made)
{
	int fd;

	strcpy(made, PATH);
	fd = mkstemp(made);
	ck_assert_int_ge(fd, 0);
	close(fd);
}

static void make_path(void)
{
	make_file(path);
}

static void open_trace(void)
{
	make_path();
	ck_assert_int_eq(future_trace_open(path), 0);
}

static struct tracing read_trace(void)
{
	struct tracing trace;

	ck_assert_msg(tracing_read(&trace, path), "%s", trace.wrong);
	unlink(path);
	return trace;
}

static struct tracing close_trace(void)
{
	ck_assert_int_eq(future_trace_close(), 0);
	return read_trace();
}

static const struct tracing_event *find(const struct tracing *trace, char phase,
	const char *name)
{
	for (size_t i = 0; i < trace->count; i++)
		if (trace->events[i].phase == phase &&
		    strcmp(trace->events[i].name, name) == 0)
			return &trace->events[i];
	ck_abort_msg("there is no %c %s", phase, name);
	return NULL;
}

/* Slices of tasks. */
static size_t tasks_in(const struct tracing *trace)
{
	size_t count = 0;

	for (size_t i = 0; i < trace->count; i++)
		count += trace->events[i].phase == 'B' &&
			strcmp(trace->events[i].category, "task") == 0;
	return count;
}

static future_t *submit_named(future_executor_t *executor, const char *name)
{
	return future_submit_with(executor, &(future_task_t){
		.fn = nothing_task, .name = name });
}

static void run_one(future_executor_t *executor)
{
	ck_assert_int_eq(outcome_of(future_submit(executor, nothing_task,
		NULL)), 0);
}

static void *submit_main(void *arg)
{
	future_unref(submit_named(future_inline(), arg));
	return NULL;
}

START_TEST(a_trace_that_cannot_be_opened_says_why)
{
	ck_assert_int_eq(future_trace_open(NULL), EINVAL);
	ck_assert_int_eq(future_trace_open("/nowhere/at/all"), ENOENT);
	ck_assert_int_eq(future_trace_open("/"), EISDIR);
	ck_assert_int_eq(future_trace_close(), EINVAL);
	open_trace();
	ck_assert_int_eq(future_trace_open("/dev/null"), EALREADY);
	ck_assert_int_eq(future_trace_close(), 0);
	ck_assert_int_eq(future_trace_close(), EINVAL);
	unlink(path);
}
END_TEST

START_TEST(a_file_that_cannot_be_written_is_told_at_the_close)
{
	if (skipped(access("/dev/full", W_OK) != 0, "no /dev/full"))
		return;
	ck_assert_int_eq(future_trace_open("/dev/full"), 0);
	ck_assert_int_eq(future_trace_close(), ENOSPC);
	ck_assert_int_eq(future_trace_open("/dev/null"), 0);
	ck_assert_int_eq(future_trace_close(), 0);
}
END_TEST

static void descriptor_is_open(void *fd)
{
	CHILD_ASSERT(fcntl(*(int *)fd, F_GETFD) != -1);
}

/* As a program does that closes whatever it may have inherited. */
START_TEST(what_took_the_place_of_a_closed_file_is_not_written_to)
{
	char other[] = PATH;
	struct stat known;
	int fd = open("/dev/null", O_RDONLY);

	ck_assert_int_eq(close(fd), 0);
	open_trace();
	ck_assert_int_eq(close(fd), 0);
	ck_assert_int_eq(mkstemp(other), fd);
	ck_assert_int_eq(future_trace_close(), EBADF);
	ck_assert_int_eq(fstat(fd, &known), 0);
	ck_assert_int_eq(known.st_size, 0);
	ck_assert_int_eq(close(fd), 0);
	unlink(other);
	unlink(path);
}
END_TEST

/* The parent's may be closed already, though the trace still says otherwise. */
START_TEST(a_child_closes_nothing_but_the_file_of_its_parents_trace)
{
	int fd = open("/dev/null", O_RDONLY);

	ck_assert_int_eq(close(fd), 0);
	open_trace();
	ck_assert_int_eq(close(fd), 0);
	ck_assert_int_eq(open("/dev/null", O_RDONLY), fd);
	ck_assert_int_eq(in_child(descriptor_is_open, &fd), 0);
	ck_assert_int_eq(future_trace_close(), EBADF);
	ck_assert_int_eq(close(fd), 0);
	unlink(path);
}
END_TEST

START_TEST(a_trace_of_nothing_is_a_file_that_can_be_read)
{
	struct tracing trace;

	open_trace();
	trace = close_trace();
	ck_assert_uint_eq(trace.count, 0);
	tracing_free(&trace);
}
END_TEST

START_TEST(each_task_and_each_continuation_is_a_slice_with_its_name)
{
	struct tracing trace;
	future_executor_t *pool;
	future_t *first, *last;
	atomic_int ran = 0;

	open_trace();
	pool = pool_of(2);
	first = submit_named(pool, "first");
	last = future_then_with(first, &(future_continuation_t){
		.fn = error_then, .name = "last" });
	ck_assert_int_eq(outcome_of(last), 0);
	future_unref(first);
	ck_assert_int_eq(future_execute(pool, count_work, &ran), 0);
	future_executor_unref(pool);
	trace = close_trace();
	ck_assert_uint_eq(tasks_in(&trace), 3);
	ck_assert_uint_eq(tracing_count(&trace, 'B', "first"), 1);
	ck_assert_uint_eq(tracing_count(&trace, 'B', "last"), 1);
	ck_assert_uint_eq(tracing_count(&trace, 'X', "submit"), 3);
	ck_assert_uint_eq(tracing_count(&trace, 'X', "settle"), 2);
	ck_assert_int_eq(trace.dropped, 0);
	tracing_free(&trace);
}
END_TEST

START_TEST(arrows_lead_from_the_submit_to_the_run_to_the_settling)
{
	struct tracing trace;
	int64_t arrow = 0;
	char way[8] = "";

	open_trace();
	run_one(NULL);
	trace = close_trace();
	for (size_t i = 0; i < trace.count; i++) {
		const struct tracing_event *event = &trace.events[i];

		/* It begins in the slice before it. */
		if (event->phase == 's' && i > 0 &&
		    strcmp(trace.events[i - 1].name, "submit") == 0)
			arrow = event->number;
		if (strchr("stf", event->phase) != NULL && arrow != 0 &&
		    event->number == arrow)
			strncat(way, &event->phase, 1);
	}
	ck_assert_str_eq(way, "stf");
	tracing_free(&trace);
}
END_TEST

START_TEST(a_name_of_any_bytes_is_a_string_in_the_file)
{
	static const char *const names[] = { "\"quotes\" and \\",
		"\n\t\x01\x7f", "gr\xc3\xbc\xc3\x9f", "\xf0\x9f\x98\x80", "" };
	future_executor_t *inlined = future_inline();
	struct tracing trace;

	open_trace();
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		future_unref(submit_named(inlined, names[i]));
	future_unref(submit_named(inlined, "\xff\xc0\xaf\xed\xa0\x80|"));
	future_unref(submit_named(inlined, "a name that is longer \xc3\xbc"));
	future_unref(submit_named(inlined,
		"a name that is longer\xc3\xbc\xc3"));
	future_unref(submit_named(inlined, "a name that is longer th\xc3\xbc"));
	trace = close_trace();
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		find(&trace, 'B', names[i]);
	find(&trace, 'B', "??????|");
	find(&trace, 'B', "a name that is longer \xc3\xbc");
	find(&trace, 'B', "a name that is longer\xc3\xbc?");
	find(&trace, 'B', "a name that is longer th");
	tracing_free(&trace);
}
END_TEST

START_TEST(what_has_no_name_is_called_by_its_place_in_the_program)
{
	struct tracing trace;
	const struct tracing_event *task = NULL;

	open_trace();
	run_one(future_inline());
	trace = close_trace();
	for (size_t i = 0; i < trace.count; i++)
		if (trace.events[i].phase == 'B')
			task = &trace.events[i];
	ck_assert_ptr_nonnull(task);
	ck_assert_msg(strncmp(task->name, "check_trace+0x", 14) == 0, "%s",
		task->name);
	ck_assert_uint_eq(strtoul(task->name + 14, NULL, 16),
		(uintptr_t)nothing_task - (uintptr_t)__executable_start);
	tracing_free(&trace);
}
END_TEST

START_TEST(no_thread_records_more_than_it_may_and_the_rest_is_counted)
{
	struct tracing trace;

	fut_trace_room = 40;
	open_trace();
	/* Four records each: submit, start, end, settle. */
	for (int i = 0; i < 25; i++)
		run_one(future_inline());
	trace = close_trace();
	ck_assert_uint_eq(tasks_in(&trace), 10);
	ck_assert_int_eq(trace.dropped, 60);
	ck_assert_int_eq(find(&trace, 'i', "dropped")->value, 60);
	tracing_free(&trace);
}
END_TEST

START_TEST(a_file_whose_records_end_anywhere_can_be_read)
{
	for (size_t room = 0; room < 7; room++) {
		struct tracing trace;

		fut_trace_room = room;
		open_trace();
		/* Five records: the name, too. */
		thread_finish(thread_start(submit_main, "named"));
		trace = close_trace();
		ck_assert_int_eq(trace.dropped, room < 5 ? 5 - (int)room : 0);
		ck_assert_uint_eq(tasks_in(&trace), room > 1);
		tracing_free(&trace);
	}
}
END_TEST

START_TEST(the_depth_of_a_queue_goes_up_and_down_to_nothing)
{
	enum { TASKS = 10 };
	struct gate gate = GATE_INIT;
	future_executor_t *pool;
	future_t *cancelled;
	int64_t most = 0, last = -1;
	struct tracing trace;

	open_trace();
	pool = pool_with(&(future_pool_options_t){ .threads = 1,
		.name = "a-pool" });
	/* It is known by the name of a worker that was idle. */
	others_sleep();
	occupy(pool, 1, &gate);
	for (int i = 0; i < TASKS; i++)
		future_unref(future_submit(pool, nothing_task, NULL));
	cancelled = future_submit(pool, nothing_task, NULL);
	ck_assert(future_cancel(cancelled));
	future_unref(cancelled);
	gate_open(&gate);
	future_executor_unref(pool);
	trace = close_trace();
	for (size_t i = 0; i < trace.count; i++)
		if (trace.events[i].phase == 'C') {
			ck_assert_str_eq(trace.events[i].name, "queue a-pool");
			last = trace.events[i].value;
			most = last > most ? last : most;
		}
	ck_assert_int_eq(most, TASKS + 1);
	ck_assert_int_eq(last, 0);
	tracing_free(&trace);
}
END_TEST

static void *get_main(void *future)
{
	ck_assert_int_eq(future_get(future).error, 0);
	return NULL;
}

START_TEST(a_wait_is_a_slice_to_which_an_arrow_leads_from_who_ended_it)
{
	future_promise_t *promise = NULL;
	const struct tracing_event *wake = NULL, *woken = NULL;
	struct tracing trace;
	future_t *future;
	pthread_t thread;

	open_trace();
	ck_assert_int_eq(future_promise_new(future_inline(), &promise), 0);
	future = future_promise_future(promise);
	thread = thread_start(get_main, future);
	others_sleep();
	ck_assert(future_promise_settle(promise, future_ok(NULL)));
	thread_finish(thread);
	future_promise_free(promise);
	future_unref(future);
	trace = close_trace();
	ck_assert_uint_eq(tracing_count(&trace, 'B', "wait for a future"), 1);
	for (size_t i = 0; i < trace.count; i++) {
		if (trace.events[i].phase == 's')
			wake = &trace.events[i];
		if (trace.events[i].phase == 'f')
			woken = &trace.events[i];
	}
	ck_assert_ptr_nonnull(wake);
	ck_assert_ptr_nonnull(woken);
	ck_assert_int_eq(wake->number, woken->number);
	ck_assert_int_ne(wake->thread, woken->thread);
	tracing_free(&trace);
}
END_TEST

START_TEST(an_idle_worker_is_parked_under_the_name_of_its_thread)
{
	struct tracing trace;
	future_executor_t *pool;
	bool named = false;

	open_trace();
	pool = pool_with(&(future_pool_options_t){ .threads = 1,
		.name = "idler" });
	others_sleep();
	run_one(pool);
	future_executor_unref(pool);
	trace = close_trace();
	ck_assert_uint_ge(tracing_count(&trace, 'B', "park"), 1);
	ck_assert_uint_ge(tracing_count(&trace, 'X', "wake"), 1);
	for (size_t i = 0; i < trace.count; i++)
		named |= strcmp(trace.events[i].label, "idler-0") == 0;
	ck_assert(named);
	tracing_free(&trace);
}
END_TEST

static void *drain_main(void *pool)
{
	ck_assert_int_eq(future_executor_drain(pool, FUTURE_FOREVER), 0);
	return NULL;
}

START_TEST(a_drain_is_a_wait)
{
	struct gate gate = GATE_INIT;
	future_executor_t *pool = pool_of(1);
	struct tracing trace;
	pthread_t thread;

	open_trace();
	occupy(pool, 1, &gate);
	thread = thread_start(drain_main, pool);
	others_sleep();
	gate_open(&gate);
	thread_finish(thread);
	future_executor_unref(pool);
	trace = close_trace();
	ck_assert_uint_ge(tracing_count(&trace, 'B',
		"wait for a pool to be done"), 1);
	tracing_free(&trace);
}
END_TEST

START_TEST(what_another_worker_had_taken_is_stolen)
{
	enum { TASKS = 8, SHARE = TASKS / 2 + 1 };
	struct gate first = GATE_INIT, second = GATE_INIT, last = GATE_INIT;
	future_executor_t *pool = pool_of(2);
	struct tracing trace;

	open_trace();
	occupy(pool, 1, &first);
	occupy(pool, 1, &second);
	/* One takes half of them, and stays in the first of these. */
	ck_assert_int_eq(future_execute(pool, pass_work, &last), 0);
	for (int i = 1; i < TASKS; i++)
		future_unref(submit_named(pool, "small"));
	gate_open(&first);
	gate_await(&last, 1);
	gate_open(&second);
	others_sleep();
	gate_open(&last);
	future_executor_unref(pool);
	trace = close_trace();
	ck_assert_uint_eq(tracing_count(&trace, 'B', "small"), TASKS - 1);
	ck_assert_uint_eq(tracing_count(&trace, 'X', "steal"), SHARE - 1);
	tracing_free(&trace);
}
END_TEST

START_TEST(tasks_of_lanes_loops_sims_and_inline_are_in_it)
{
	future_executor_t *pool = pool_of(2), *lane = NULL, *loop = NULL;
	future_executor_t *sim = NULL;
	struct tracing trace;

	open_trace();
	ck_assert_int_eq(future_lane_new(pool, 1, &lane), 0);
	ck_assert_int_eq(outcome_of(submit_named(lane, "in a lane")), 0);
	ck_assert_int_eq(future_loop_new(&loop), 0);
	future_unref(submit_named(loop, "in a loop"));
	ck_assert_uint_eq(future_loop_run_pending(loop), 1);
	future_unref(submit_named(future_inline(), "inline"));
	ck_assert_int_eq(future_sim_new(1, &sim), 0);
	ck_assert_int_eq(outcome_of(submit_named(sim, "in a sim")), 0);
	future_executor_unref(sim);
	future_executor_unref(loop);
	future_executor_unref(lane);
	future_executor_unref(pool);
	trace = close_trace();
	ck_assert_uint_eq(tasks_in(&trace), 4);
	find(&trace, 'B', "in a lane");
	find(&trace, 'B', "in a loop");
	find(&trace, 'B', "in a sim");
	find(&trace, 'B', "inline");
	tracing_free(&trace);
}
END_TEST

START_TEST(what_threads_that_have_ended_did_is_in_it)
{
	struct tracing trace;

	open_trace();
	for (int i = 0; i < 3; i++)
		thread_finish(thread_start(submit_main, "gone"));
	trace = close_trace();
	ck_assert_uint_eq(tracing_count(&trace, 'B', "gone"), 3);
	ck_assert_uint_eq(tracing_count(&trace, 'M', NULL), 3);
	tracing_free(&trace);
}
END_TEST

START_TEST(a_second_trace_has_nothing_of_the_first)
{
	future_executor_t *pool = pool_of(2);
	struct tracing trace;

	open_trace();
	ck_assert_int_eq(outcome_of(submit_named(pool, "old")), 0);
	ck_assert_int_eq(outcome_of(submit_named(future_inline(), "old")), 0);
	ck_assert_int_eq(future_executor_drain(pool, FUTURE_FOREVER), 0);
	trace = close_trace();
	ck_assert_uint_eq(tracing_count(&trace, 'B', "old"), 2);
	tracing_free(&trace);
	ck_assert_int_eq(outcome_of(submit_named(pool, "between")), 0);
	open_trace();
	ck_assert_int_eq(outcome_of(submit_named(pool, "new")), 0);
	future_executor_unref(pool);
	trace = close_trace();
	ck_assert_uint_eq(tasks_in(&trace), 1);
	find(&trace, 'B', "new");
	tracing_free(&trace);
}
END_TEST

START_TEST(what_runs_at_the_close_has_its_end_there)
{
	struct gate before = GATE_INIT, after = GATE_INIT;
	future_executor_t *pool = pool_of(2);
	struct tracing trace;

	occupy(pool, 1, &before);
	open_trace();
	occupy(pool, 1, &after);
	gate_open(&before);
	trace = close_trace();
	ck_assert_uint_eq(tasks_in(&trace), 1);
	gate_open(&after);
	future_executor_unref(pool);
	tracing_free(&trace);
}
END_TEST

static future_result_t exit_task(void *arg)
{
	pthread_exit(arg);
}

START_TEST(a_task_that_exits_its_thread_is_a_slice_with_an_end)
{
	future_executor_t *pool = pool_of(1);
	struct tracing trace;
	future_t *future;

	open_trace();
	future = future_submit(pool, exit_task, NULL);
	ck_assert_int_eq(outcome_of(future), ECANCELED);
	ck_assert_int_eq(outcome_of(submit_named(pool, "next")), 0);
	future_executor_unref(pool);
	trace = close_trace();
	ck_assert_uint_eq(tasks_in(&trace), 2);
	ck_assert_int_eq(find(&trace, 'X', "settle")->value, ECANCELED);
	tracing_free(&trace);
}
END_TEST

static void use_in_child(void *arg)
{
	struct tracing trace;

	CHILD_ASSERT(future_trace_close() == EINVAL);
	future_unref(submit_named(future_inline(), "not traced"));
	CHILD_ASSERT(future_trace_open(arg) == 0);
	future_unref(submit_named(future_inline(), "child"));
	CHILD_ASSERT(future_trace_close() == 0);
	CHILD_ASSERT(tracing_read(&trace, arg));
	CHILD_ASSERT(tasks_in(&trace) == 1);
	CHILD_ASSERT(tracing_count(&trace, 'B', "child") == 1);
	tracing_free(&trace);
	/* By way of its exit, which leaves the parent's file alone. */
	exit(0);
}

START_TEST(a_forked_child_is_not_traced_but_may_begin_one_of_its_own)
{
	char other[] = PATH;
	struct tracing trace;

	make_file(other);
	open_trace();
	future_unref(submit_named(future_inline(), "parent"));
	ck_assert_int_eq(in_child(use_in_child, other), 0);
	unlink(other);
	future_unref(submit_named(future_inline(), "parent"));
	trace = close_trace();
	ck_assert_uint_eq(tracing_count(&trace, 'B', "parent"), 2);
	ck_assert_uint_eq(tasks_in(&trace), 2);
	tracing_free(&trace);
}
END_TEST

static void use_environment(void *arg)
{
	future_executor_t *pool = NULL;
	future_t *future;

	setenv("FUTURE_TRACE", arg, 1);
	CHILD_ASSERT(future_pool_new(NULL, &pool) == 0);
	future = submit_named(pool, "asked");
	CHILD_ASSERT(future_get(future).error == 0);
	future_unref(future);
	exit(0);
}

START_TEST(the_environment_asks_for_a_trace_of_the_whole_run)
{
	struct tracing trace;

	make_path();
	ck_assert_int_eq(in_child(use_environment, path), 0);
	trace = read_trace();
	ck_assert_uint_eq(tasks_in(&trace), 1);
	find(&trace, 'B', "asked");
	tracing_free(&trace);
}
END_TEST

static void use_inline(void *arg)
{
	future_executor_t *lane = NULL;

	setenv("FUTURE_TRACE", arg, 1);
	CHILD_ASSERT(future_lane_new(future_inline(), 1, &lane) == 0);
	future_unref(submit_named(lane, "asked"));
	future_executor_unref(lane);
	exit(0);
}

START_TEST(whatever_executor_is_first_asks_for_it)
{
	struct tracing trace;

	make_path();
	ck_assert_int_eq(in_child(use_inline, path), 0);
	trace = read_trace();
	find(&trace, 'B', "asked");
	tracing_free(&trace);
}
END_TEST

START_TEST(the_environment_asks_in_vain_for_what_cannot_be_written)
{
	ck_assert_int_eq(in_child(use_environment, "/nowhere/at/all"), 0);
	ck_assert_int_eq(in_child(use_environment, ""), 0);
}
END_TEST

static int began[2];	/* a pipe: the exit of the child has begun */

static void exit_begins(void)
{
	CHILD_ASSERT(write(began[1], "", 1) == 1);
}

static void *close_main(void *arg)
{
	(void)!future_trace_close();
	return arg;
}

/* More than a pipe holds: the close waits until somebody reads. */
static void exit_while_closing(void)
{
	CHILD_ASSERT(future_trace_open(path) == 0);
	for (int i = 0; i < 1000; i++)
		future_unref(submit_named(future_inline(), "many"));
	CHILD_ASSERT(atexit(exit_begins) == 0);
	pthread_detach(thread_start(close_main, NULL));
	others_sleep();
	exit(0);
}

/* From a pipe to a file of that name. */
static void pipe_to_file(int from)
{
	int to = open(path, O_WRONLY | O_CREAT | O_EXCL, 0600);
	char text[4096];
	ssize_t length;

	ck_assert_int_eq(fcntl(from, F_SETFL, 0), 0);
	while ((length = read(from, text, sizeof(text))) > 0)
		ck_assert_int_eq(write(to, text, (size_t)length), length);
	close(from);
	close(to);
}

START_TEST(an_exit_waits_for_who_closes_the_trace)
{
	struct tracing trace;
	int from, status = -1;
	char byte;

	make_path();
	unlink(path);
	ck_assert_int_eq(mkfifo(path, 0600), 0);
	from = open(path, O_RDONLY | O_NONBLOCK);
	ck_assert_int_eq(pipe(began), 0);
	if (fork_quietly() == 0)
		exit_while_closing();
	close(began[1]);
	ck_assert_int_eq(read(began[0], &byte, 1), 1);
	unlink(path);
	pipe_to_file(from);
	ck_assert_int_ne(wait(&status), -1);
	ck_assert_int_eq(status, 0);
	trace = read_trace();
	ck_assert_uint_eq(tracing_count(&trace, 'B', "many"), 1000);
	tracing_free(&trace);
}
END_TEST

static void record(void *arg, size_t index)
{
	future_executor_t *pool = arg;

	for (size_t i = 0; i < scaled(2000); i++) {
		if (index == 0) {
			ck_assert_int_eq(future_trace_open("/dev/null"), 0);
			run_one(pool);
			ck_assert_int_eq(future_trace_close(), 0);
		} else if (index == 1) {
			thread_finish(thread_start(submit_main, "short"));
		} else {
			run_one(pool);
		}
	}
}

START_TEST(traces_come_and_go_while_threads_record)
{
	future_executor_t *pool = pool_of(2);

	fut_trace_room = 64;
	together(4, record, pool);
	future_executor_unref(pool);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("trace");
	TCase *tcase = tcase_create("trace");
	SRunner *runner;
	int failed;

	tcase_set_timeout(tcase, 120);
	suite_add_tcase(suite, tcase);
	tcase_add_test(tcase, a_trace_that_cannot_be_opened_says_why);
	tcase_add_test(tcase,
		a_file_that_cannot_be_written_is_told_at_the_close);
	tcase_add_test(tcase,
		what_took_the_place_of_a_closed_file_is_not_written_to);
	tcase_add_test(tcase,
		a_child_closes_nothing_but_the_file_of_its_parents_trace);
	tcase_add_test(tcase, a_trace_of_nothing_is_a_file_that_can_be_read);
	tcase_add_test(tcase,
		each_task_and_each_continuation_is_a_slice_with_its_name);
	tcase_add_test(tcase,
		arrows_lead_from_the_submit_to_the_run_to_the_settling);
	tcase_add_test(tcase, a_name_of_any_bytes_is_a_string_in_the_file);
	tcase_add_test(tcase,
		what_has_no_name_is_called_by_its_place_in_the_program);
	tcase_add_test(tcase,
		no_thread_records_more_than_it_may_and_the_rest_is_counted);
	tcase_add_test(tcase,
		a_file_whose_records_end_anywhere_can_be_read);
	tcase_add_test(tcase, the_depth_of_a_queue_goes_up_and_down_to_nothing);
	tcase_add_test(tcase,
		a_wait_is_a_slice_to_which_an_arrow_leads_from_who_ended_it);
	tcase_add_test(tcase,
		an_idle_worker_is_parked_under_the_name_of_its_thread);
	tcase_add_test(tcase, a_drain_is_a_wait);
	tcase_add_test(tcase, what_another_worker_had_taken_is_stolen);
	tcase_add_test(tcase, tasks_of_lanes_loops_sims_and_inline_are_in_it);
	tcase_add_test(tcase, what_threads_that_have_ended_did_is_in_it);
	tcase_add_test(tcase, a_second_trace_has_nothing_of_the_first);
	tcase_add_test(tcase,
		what_runs_at_the_close_has_its_end_there);
	tcase_add_test(tcase,
		a_task_that_exits_its_thread_is_a_slice_with_an_end);
	tcase_add_test(tcase,
		a_forked_child_is_not_traced_but_may_begin_one_of_its_own);
	tcase_add_test(tcase,
		the_environment_asks_for_a_trace_of_the_whole_run);
	tcase_add_test(tcase, whatever_executor_is_first_asks_for_it);
	tcase_add_test(tcase,
		the_environment_asks_in_vain_for_what_cannot_be_written);
	tcase_add_test(tcase, an_exit_waits_for_who_closes_the_trace);
	tcase_add_test(tcase, traces_come_and_go_while_threads_record);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
