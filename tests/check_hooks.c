/* The hooks of a pool: a context carried from who submits to who runs. */
#define _GNU_SOURCE
#include "support.h"

enum { SLOTS = 1024 };

/* What was done with one capture. */
struct slot {
	atomic_int before, after, released;
};

struct watch {
	struct record record;
	atomic_size_t captures;
	atomic_size_t strays;	/* hooks out of turn */
	_Atomic pid_t captured_on, before_on;
	_Atomic(const char *) name;
	atomic_int error;
	struct slot slots[SLOTS];
};

static void *watch_capture(void *arg)
{
	struct watch *watch = arg;
	size_t at = atomic_fetch_add(&watch->captures, 1);

	record_add(&watch->record, 'c');
	watch->captured_on = thread_id();
	return &watch->slots[at % SLOTS];
}

static struct slot *watch_slot(struct watch *watch, void *captured)
{
	struct slot *slot = captured;

	if (slot < watch->slots || slot >= watch->slots + SLOTS)
		abort();
	return slot;
}

static void watch_before(void *arg, void *captured, const char *name)
{
	struct watch *watch = arg;
	struct slot *slot = watch_slot(watch, captured);

	record_add(&watch->record, 'b');
	watch->before_on = thread_id();
	watch->name = name;
	if (slot->released != 0)
		atomic_fetch_add(&watch->strays, 1);
	atomic_fetch_add(&slot->before, 1);
}

static void watch_after(void *arg, void *captured, const char *name, int error)
{
	struct watch *watch = arg;
	struct slot *slot = watch_slot(watch, captured);

	(void)name;
	record_add(&watch->record, 'a');
	watch->error = error;
	if (slot->before != 1 || slot->released != 0)
		atomic_fetch_add(&watch->strays, 1);
	atomic_fetch_add(&slot->after, 1);
}

static void watch_release(void *arg, void *captured)
{
	struct watch *watch = arg;

	record_add(&watch->record, 'r');
	atomic_fetch_add(&watch_slot(watch, captured)->released, 1);
}

static future_executor_t *watched_pool(struct watch *watch, size_t threads)
{
	return pool_with(&(future_pool_options_t){ .threads = threads,
		.capture = watch_capture, .before = watch_before,
		.after = watch_after, .release = watch_release,
		.hook_arg = watch });
}

static struct watch *watch_new(void)
{
	struct watch *watch = calloc(1, sizeof(*watch));

	ck_assert_ptr_nonnull(watch);
	return watch;
}

/* Of `captures`, `ran` met before and after; each was released once. */
static void watch_finish(struct watch *watch, size_t captures, size_t ran)
{
	size_t befores = 0;

	ck_assert_uint_eq(watch->captures, captures);
	ck_assert_uint_eq(watch->strays, 0);
	for (size_t i = 0; i < captures; i++) {
		ck_assert_int_eq(watch->slots[i].released, 1);
		ck_assert_int_eq(watch->slots[i].before,
			watch->slots[i].after);
		ck_assert_int_le(watch->slots[i].before, 1);
		befores += watch->slots[i].before == 1;
	}
	ck_assert_uint_eq(befores, ran);
	free(watch);
}

START_TEST(hooks_surround_the_function)
{
	struct watch *watch = watch_new();
	future_executor_t *pool = watched_pool(watch, 1);
	struct letter letter = { &watch->record, 'f' };

	ck_assert_int_eq(outcome_of(future_submit(pool, write_task, &letter)),
		0);
	future_executor_unref(pool);
	ck_assert_str_eq(watch->record.text, "cbfar");
	watch_finish(watch, 1, 1);
}
END_TEST

START_TEST(hooks_surround_an_execute)
{
	struct watch *watch = watch_new();
	future_executor_t *pool = watched_pool(watch, 1);
	struct letter letter = { &watch->record, 'f' };

	ck_assert_int_eq(future_execute(pool, write_work, &letter), 0);
	future_executor_unref(pool);
	ck_assert_str_eq(watch->record.text, "cbfar");
	watch_finish(watch, 1, 1);
}
END_TEST

START_TEST(capture_runs_where_it_is_submitted_and_before_where_it_runs)
{
	struct watch *watch = watch_new();
	future_executor_t *pool = watched_pool(watch, 1);
	struct gate gate = GATE_OPEN;

	/* Not by waiting: a thread outside runs nothing of a pool. */
	ck_assert_int_eq(outcome_of(future_submit(pool, pass_task, &gate)), 0);
	future_executor_unref(pool);
	ck_assert_int_eq(watch->captured_on, thread_id());
	ck_assert_int_ne(watch->before_on, thread_id());
	watch_finish(watch, 1, 1);
}
END_TEST

START_TEST(hooks_are_told_the_name_of_the_task)
{
	static const char name[] = "decode";
	struct watch *watch = watch_new();
	future_executor_t *pool = watched_pool(watch, 1);

	ck_assert_int_eq(outcome_of(future_submit_with(pool, &(future_task_t){
		.fn = nothing_task, .name = name })), 0);
	future_executor_unref(pool);
	ck_assert_ptr_eq(watch->name, name);
	watch_finish(watch, 1, 1);
}
END_TEST

START_TEST(after_is_told_the_error)
{
	struct watch *watch = watch_new();
	future_executor_t *pool = watched_pool(watch, 1);

	ck_assert_int_eq(outcome_of(future_submit(pool, fail_task, NULL)),
		EIO);
	future_executor_unref(pool);
	ck_assert_int_eq(watch->error, EIO);
	watch_finish(watch, 1, 1);
}
END_TEST

START_TEST(a_thousand_tasks_have_a_capture_each)
{
	struct watch *watch = watch_new();
	future_executor_t *pool = watched_pool(watch, 4);
	atomic_int ran = 0;

	for (int i = 0; i < 1000; i++)
		ck_assert_int_eq(future_execute(pool, count_work, &ran), 0);
	future_executor_unref(pool);
	watch_finish(watch, 1000, 1000);
}
END_TEST

START_TEST(a_continuation_is_captured_where_it_is_hung_on)
{
	struct watch *watch = watch_new();
	future_executor_t *pool = watched_pool(watch, 1);
	struct gate gate = GATE_INIT;
	atomic_int ran = 0;
	future_t *source = future_submit(pool, pass_task, &gate), *next;

	gate_await(&gate, 1);
	next = future_then(source, count_then, &ran);
	ck_assert_uint_eq(watch->captures, 2);
	ck_assert_int_eq(watch->captured_on, thread_id());
	gate_open(&gate);
	ck_assert_int_eq(outcome_of(next), 0);
	future_unref(source);
	future_executor_unref(pool);
	ck_assert_int_eq(ran, 1);
	watch_finish(watch, 2, 2);
}
END_TEST

START_TEST(a_continuation_meets_the_hooks_of_the_executor_it_runs_on)
{
	struct watch *watch = watch_new();
	future_executor_t *plain = pool_of(1), *pool = watched_pool(watch, 1);
	atomic_int ran = 0;
	future_t *source = future_submit(plain, nothing_task, NULL);

	ck_assert_int_eq(outcome_of(future_then_on(source, pool, count_then,
		&ran)), 0);
	future_unref(source);
	future_executor_unref(plain);
	future_executor_unref(pool);
	watch_finish(watch, 1, 1);
}
END_TEST

START_TEST(a_continuation_that_is_passed_by_is_released_and_not_run)
{
	struct watch *watch = watch_new();
	future_executor_t *pool = watched_pool(watch, 1);
	struct gate gate = GATE_INIT;
	future_t *source = future_submit(pool, pass_task, &gate), *never;
	atomic_int ran = 0;

	never = future_catch(source, count_then, &ran);
	gate_open(&gate);
	ck_assert_int_eq(outcome_of(never), 0);
	future_unref(source);
	future_executor_unref(pool);
	ck_assert_int_eq(ran, 0);
	watch_finish(watch, 2, 1);
}
END_TEST

START_TEST(a_task_cancelled_before_it_started_is_released_and_not_run)
{
	struct watch *watch = watch_new();
	future_executor_t *pool = watched_pool(watch, 1);
	struct gate gate = GATE_INIT;
	future_t *queued;
	atomic_int ran = 0;

	occupy(pool, 1, &gate);
	queued = future_submit(pool, count_task, &ran);
	ck_assert(future_cancel(queued));
	future_unref(queued);
	gate_open(&gate);
	future_executor_unref(pool);
	watch_finish(watch, 2, 1);
}
END_TEST

START_TEST(what_a_cancel_of_the_pool_drops_is_released_and_not_run)
{
	struct watch *watch = watch_new();
	future_executor_t *pool = watched_pool(watch, 1);
	struct gate gate = GATE_INIT;
	atomic_int ran = 0;

	occupy(pool, 1, &gate);
	for (int i = 0; i < 100; i++)
		future_unref(future_submit(pool, count_task, &ran));
	ck_assert_uint_eq(future_executor_cancel(pool), 100);
	gate_open(&gate);
	future_executor_unref(pool);
	ck_assert_int_eq(ran, 0);
	watch_finish(watch, 101, 1);
}
END_TEST

START_TEST(what_is_refused_releases_what_it_captured)
{
	struct watch *watch = watch_new();
	future_executor_t *pool = pool_with(&(future_pool_options_t){
		.threads = 1, .queue_capacity = 1, .capture = watch_capture,
		.before = watch_before, .after = watch_after,
		.release = watch_release, .hook_arg = watch });
	struct gate gate = GATE_INIT;
	atomic_int ran = 0;
	size_t captures;

	occupy(pool, 1, &gate);
	ck_assert_int_eq(future_execute(pool, count_work, &ran), 0);
	ck_assert_int_eq(future_execute(pool, count_work, &ran), EAGAIN);
	ck_assert_int_eq(outcome_of(future_submit(pool, count_task, &ran)),
		EAGAIN);
	future_executor_shutdown(pool);
	ck_assert_int_eq(future_execute(pool, count_work, &ran), ESHUTDOWN);
	gate_open(&gate);
	future_executor_unref(pool);
	captures = watch->captures;
	watch_finish(watch, captures, 2);
}
END_TEST

START_TEST(hooks_are_not_called_for_what_was_meant_for_an_older_pool)
{
	struct watch *watch = watch_new();
	future_executor_t *older = pool_of(1), *pool;
	future_t *source = future_submit(older, nothing_task, NULL);
	atomic_int ran = 0;

	future_executor_unref(older);
	pool = watched_pool(watch, 1);
	ck_assert_int_eq(outcome_of(future_then(source, count_then, &ran)),
		ESHUTDOWN);
	future_unref(source);
	future_executor_unref(pool);
	watch_finish(watch, 0, 0);
}
END_TEST

static future_result_t help_task(void *arg)
{
	future_executor_t *pool = future_current();

	return future_fail(outcome_of(future_submit(pool, fail_task, arg)));
}

START_TEST(a_task_that_a_waiting_worker_helps_with_meets_the_hooks)
{
	struct watch *watch = watch_new();
	future_executor_t *pool = watched_pool(watch, 1);

	ck_assert_int_eq(outcome_of(future_submit(pool, help_task, NULL)),
		EIO);
	future_executor_unref(pool);
	ck_assert_str_eq(watch->record.text, "cbcbarar");
	watch_finish(watch, 2, 2);
}
END_TEST

/* A release hook that cancels what runs, once it is armed. */
struct canceller {
	future_t *running;
	atomic_int armed;
};

static void *same_capture(void *arg)
{
	return arg;
}

static void cancel_release(void *arg, void *captured)
{
	struct canceller *canceller = arg;

	(void)captured;
	if (atomic_exchange(&canceller->armed, 0))
		future_cancel(canceller->running);
}

static _Atomic(void *) destroyed;

static void note_destroyed(void *arg)
{
	destroyed = arg;
}

START_TEST(a_release_that_cancels_what_runs_leaves_its_argument_alone)
{
	struct canceller canceller = { NULL, 0 };
	struct gate gate = GATE_INIT;
	future_executor_t *pool = pool_with(&(future_pool_options_t){
		.threads = 1, .capture = same_capture,
		.release = cancel_release, .hook_arg = &canceller });
	future_promise_t *promise;
	future_t *source, *passed, *seen;
	atomic_int ran = 0;

	ck_assert_int_eq(future_promise_new(future_inline(), &promise), 0);
	source = future_promise_future(promise);
	canceller.running = future_submit_with(pool, &(future_task_t){
		.fn = pass_task, .arg = &gate, .destroy_arg = note_destroyed });
	seen = future_handle(canceller.running, error_then, NULL);
	passed = future_then_on(source, pool, count_then, &ran);
	gate_await(&gate, 1);
	canceller.armed = 1;
	ck_assert(future_promise_settle(promise, future_fail(EIO)));
	ck_assert_int_eq(future_state(canceller.running), FUTURE_CANCELLED);
	gate_open(&gate);
	ck_assert_int_eq(future_result_int(future_get(seen)), ECANCELED);
	future_executor_unref(pool);
	ck_assert_ptr_eq(destroyed, &gate);
	ck_assert_int_eq(outcome_of(passed), EIO);
	future_promise_free(promise);
	future_unref(source);
	future_unref(seen);
	future_unref(canceller.running);
}
END_TEST

/* Some hooks without the others. */

static void expect_null(void *arg, void *captured, const char *name)
{
	(void)name;
	if (captured == NULL)
		count_work(arg);
}

START_TEST(without_capture_before_is_given_null)
{
	atomic_int nulls = 0, ran = 0;
	future_executor_t *pool = pool_with(&(future_pool_options_t){
		.threads = 1, .before = expect_null, .hook_arg = &nulls });

	ck_assert_int_eq(future_execute(pool, count_work, &ran), 0);
	future_executor_unref(pool);
	ck_assert_int_eq(nulls, 1);
	ck_assert_int_eq(ran, 1);
}
END_TEST

static void *capture_count(void *arg)
{
	count_work(arg);
	return arg;
}

START_TEST(capture_alone_is_enough)
{
	atomic_int captures = 0, ran = 0;
	future_executor_t *pool = pool_with(&(future_pool_options_t){
		.threads = 1, .capture = capture_count,
		.hook_arg = &captures });

	ck_assert_int_eq(future_execute(pool, count_work, &ran), 0);
	future_executor_unref(pool);
	ck_assert_int_eq(captures, 1);
	ck_assert_int_eq(ran, 1);
}
END_TEST

/* What the hooks are for: a thread-local context that travels. */

static _Thread_local int context;

static void *context_capture(void *arg)
{
	(void)arg;
	return (void *)(intptr_t)context;
}

static void context_before(void *arg, void *captured, const char *name)
{
	(void)arg;
	(void)name;
	context = (int)(intptr_t)captured;
}

static void context_after(void *arg, void *captured, const char *name,
	int error)
{
	(void)arg;
	(void)captured;
	(void)name;
	(void)error;
	context = 0;
}

static future_result_t read_context(void *arg)
{
	(void)arg;
	return future_ok_int(context);
}

START_TEST(a_thread_local_context_travels_with_the_task)
{
	future_executor_t *pool = pool_with(&(future_pool_options_t){
		.threads = 2, .capture = context_capture,
		.before = context_before, .after = context_after });

	for (int i = 1; i <= 100; i++) {
		FUTURE_AUTO future_t *seen = NULL;

		context = i;
		seen = future_submit(pool, read_context, NULL);
		context = -1;
		ck_assert_int_eq(future_result_int(future_get(seen)), i);
	}
	future_executor_unref(pool);
}
END_TEST

static void add_hooks(Suite *suite)
{
	TCase *tcase = suite_case(suite, "hooks");

	tcase_add_test(tcase, hooks_surround_the_function);
	tcase_add_test(tcase, hooks_surround_an_execute);
	tcase_add_test(tcase,
		capture_runs_where_it_is_submitted_and_before_where_it_runs);
	tcase_add_test(tcase, hooks_are_told_the_name_of_the_task);
	tcase_add_test(tcase, after_is_told_the_error);
	tcase_add_test(tcase, a_thousand_tasks_have_a_capture_each);
	tcase_add_test(tcase, without_capture_before_is_given_null);
	tcase_add_test(tcase, capture_alone_is_enough);
	tcase_add_test(tcase, a_thread_local_context_travels_with_the_task);
}

static void add_ends(Suite *suite)
{
	TCase *tcase = suite_case(suite, "ends");

	tcase_add_test(tcase, a_continuation_is_captured_where_it_is_hung_on);
	tcase_add_test(tcase,
		a_continuation_meets_the_hooks_of_the_executor_it_runs_on);
	tcase_add_test(tcase,
		a_continuation_that_is_passed_by_is_released_and_not_run);
	tcase_add_test(tcase,
		a_task_cancelled_before_it_started_is_released_and_not_run);
	tcase_add_test(tcase,
		what_a_cancel_of_the_pool_drops_is_released_and_not_run);
	tcase_add_test(tcase, what_is_refused_releases_what_it_captured);
	tcase_add_test(tcase,
		a_release_that_cancels_what_runs_leaves_its_argument_alone);
	tcase_add_test(tcase,
		hooks_are_not_called_for_what_was_meant_for_an_older_pool);
	tcase_add_test(tcase,
		a_task_that_a_waiting_worker_helps_with_meets_the_hooks);
}

int main(void)
{
	Suite *suite = suite_create("hooks");

	add_hooks(suite);
	add_ends(suite);
	return suite_run(suite);
}
