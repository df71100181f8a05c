/* Bad input: NULL, zero and nonsense are error codes, never crashes. */
#define _POSIX_C_SOURCE 200809L
#include "check.h"

#include <limits.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

START_TEST(reads_of_a_null_future_are_einval)
{
	ck_assert_int_eq(future_get(NULL).error, EINVAL);
	ck_assert_int_eq(future_take(NULL).error, EINVAL);
	ck_assert_int_eq(future_wait(NULL, FUTURE_NOW), EINVAL);
	ck_assert_int_eq(future_wait(NULL, FUTURE_FOREVER), EINVAL);
	ck_assert_int_eq(future_join(NULL, FUTURE_NOW), EINVAL);
	ck_assert_int_eq(future_join(NULL, FUTURE_FOREVER), EINVAL);
	ck_assert_int_eq(future_state(NULL), FUTURE_FAILED);
	ck_assert_ptr_null(future_get(NULL).value);
	ck_assert(future_take(NULL).destroy == NULL);
}
END_TEST

START_TEST(cancel_of_null_is_false)
{
	ck_assert(!future_cancel(NULL));
}
END_TEST

START_TEST(unref_of_null_does_nothing)
{
	FUTURE_AUTO future_t *none = NULL;

	future_unref(none);
	future_unref(future_ref(NULL));
}
END_TEST

/* Runs in a process of its own, whose last words go into `said`. */
static int die(void (*fn)(void), char *said, size_t size)
{
	int pipes[2], status = 0;
	ssize_t got;
	pid_t child;

	ck_assert_int_eq(pipe(pipes), 0);
	child = fork();
	ck_assert_int_ge(child, 0);
	if (child == 0) {
		dup2(pipes[1], STDERR_FILENO);
		fn();
		_exit(0);
	}
	close(pipes[1]);
	got = read(pipes[0], said, size - 1);
	said[got > 0 ? got : 0] = '\0';
	close(pipes[0]);
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	return status;
}

static void unref_twice(void)
{
	future_t *future = settled(future_ok(NULL));

	future_unref(future);
	future_unref(future);
}

START_TEST(one_unref_too_many_aborts_with_a_sentence)
{
	char said[256];
	int status = die(unref_twice, said, sizeof(said));

	ck_assert_msg(!WIFEXITED(status) || WEXITSTATUS(status) != 0,
		"it went on");
	if (__sanitizer_get_current_allocated_bytes != NULL)
		return;	/* it speaks first, and in words of its own */
	ck_assert(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
	ck_assert_ptr_nonnull(strstr(said, "future_unref"));
}
END_TEST

START_TEST(a_task_without_a_function_fails_with_einval)
{
	FUTURE_AUTO future_t *here = future_submit(future_inline(), NULL, NULL);
	FUTURE_AUTO future_t *there = future_submit(NULL, NULL, NULL);
	FUTURE_AUTO future_t *none = future_submit_with(future_inline(), NULL);

	ck_assert_int_eq(future_state(here), FUTURE_FAILED);
	ck_assert_int_eq(future_get(here).error, EINVAL);
	ck_assert_int_eq(future_get(there).error, EINVAL);
	ck_assert_int_eq(future_get(none).error, EINVAL);
	ck_assert_int_eq(future_execute(future_inline(), NULL, NULL), EINVAL);
	ck_assert_int_eq(future_execute(NULL, NULL, NULL), EINVAL);
}
END_TEST

START_TEST(an_unknown_priority_is_einval)
{
	static const int unknown[] = { INT_MIN, -1, FUTURE_PRIORITY_HIGH + 1,
		FUTURE_PRIORITY_HIGH + 256, INT_MAX };
	FUTURE_AUTO future_t *source = settled(future_ok(NULL));

	for (size_t i = 0; i < sizeof(unknown) / sizeof(unknown[0]); i++) {
		future_task_t task = { .fn = give_int, .priority = unknown[i] };
		future_continuation_t continuation = { .fn = pass,
			.priority = unknown[i] };
		FUTURE_AUTO future_t *a = future_submit_with(future_inline(),
			&task);
		FUTURE_AUTO future_t *b = future_then_with(source,
			&continuation);

		ck_assert_int_eq(future_get(a).error, EINVAL);
		ck_assert_int_eq(future_get(b).error, EINVAL);
	}
}
END_TEST

typedef future_t *hang_fn(future_t *future, future_then_fn *fn, void *arg);
typedef future_t *hang_on_fn(future_t *future, future_executor_t *executor,
	future_then_fn *fn, void *arg);

static hang_fn *const hang[] = { future_then, future_catch, future_finally,
	future_handle };
static hang_on_fn *const hang_on[] = { future_then_on, future_catch_on,
	future_finally_on, future_handle_on };

START_TEST(a_continuation_of_null_fails_with_einval)
{
	for (int i = 0; i < 4; i++) {
		struct seen seen = { .calls = 0 };
		FUTURE_AUTO future_t *a = hang[i](NULL, see, &seen);
		FUTURE_AUTO future_t *b = hang_on[i](NULL, future_inline(), see,
			&seen);

		ck_assert_int_eq(future_get(a).error, EINVAL);
		ck_assert_int_eq(future_get(b).error, EINVAL);
		ck_assert_int_eq(seen.calls, 0);
	}
}
END_TEST

START_TEST(a_continuation_without_a_function_fails_with_einval)
{
	FUTURE_AUTO future_t *source = settled(future_ok(NULL));
	FUTURE_AUTO future_t *none = future_then_with(source, NULL);

	ck_assert_int_eq(future_get(none).error, EINVAL);
	for (int i = 0; i < 4; i++) {
		FUTURE_AUTO future_t *a = hang[i](source, NULL, NULL);
		FUTURE_AUTO future_t *b = hang_on[i](source, future_inline(),
			NULL, NULL);

		ck_assert_int_eq(future_get(a).error, EINVAL);
		ck_assert_int_eq(future_get(b).error, EINVAL);
	}
}
END_TEST

START_TEST(a_continuation_on_nonsense_fails_with_einval)
{
	const int on[] = { -1, FUTURE_ON_EITHER + 1, 1000000 };
	FUTURE_AUTO future_t *source = settled(future_ok(NULL));

	for (int i = 0; i < 3; i++) {
		future_continuation_t c = { .on = (future_on_t)on[i],
			.fn = pass };
		FUTURE_AUTO future_t *next = future_then_with(source, &c);

		ck_assert_int_eq(future_get(next).error, EINVAL);
	}
}
END_TEST

START_TEST(a_continuation_that_fails_at_once_does_not_wait_for_its_source)
{
	future_t *source;
	future_promise_t *promise = promise_new(&source);
	FUTURE_AUTO future_t *next = future_then(source, NULL, NULL);

	ck_assert_int_eq(future_state(next), FUTURE_FAILED);
	ck_assert_int_eq(future_get(next).error, EINVAL);
	future_promise_free(promise);
	future_unref(source);
}
END_TEST

START_TEST(a_chain_from_null_fails_with_einval)
{
	struct seen seen = { .calls = 0 };
	FUTURE_AUTO future_t *last = FUTURE_CHAIN((future_t *)NULL,
		{ .fn = see, .arg = &seen });
	FUTURE_AUTO future_t *none = future_chain(NULL, NULL, 0);

	ck_assert_int_eq(future_get(last).error, EINVAL);
	ck_assert_int_eq(seen.calls, 0);
	ck_assert_ptr_nonnull(none);
	ck_assert_int_eq(future_get(none).error, EINVAL);
}
END_TEST

START_TEST(a_chain_of_links_that_are_not_there_is_einval)
{
	atomic_int destroyed = 0;
	FUTURE_AUTO future_t *last = future_chain(settled(owned(&destroyed)),
		NULL, 2);

	ck_assert_int_eq(future_get(last).error, EINVAL);
	ck_assert_int_eq(destroyed, 1);
}
END_TEST

START_TEST(calls_on_a_null_promise_are_harmless)
{
	atomic_int destroyed = 0;
	FUTURE_AUTO future_t *none = future_promise_future(NULL);

	ck_assert_int_eq(future_get(none).error, EINVAL);
	ck_assert(!future_promise_settle(NULL, owned(&destroyed)));
	ck_assert_int_eq(destroyed, 1);
	ck_assert(!future_promise_settle(NULL,
			future_follow(settled(owned(&destroyed)))));
	ck_assert_int_eq(destroyed, 2);
	ck_assert(future_promise_is_settled(NULL));
	ck_assert_int_eq(future_promise_on_cancel(NULL, NULL, count_up,
			&destroyed), EINVAL);
	ck_assert_int_eq(destroyed, 2);
	future_promise_free(NULL);
}
END_TEST

START_TEST(a_promise_that_has_nowhere_to_go_is_einval)
{
	ck_assert_int_eq(future_promise_new(future_inline(), NULL), EINVAL);
	ck_assert_int_eq(future_promise_new(NULL, NULL), EINVAL);
}
END_TEST

START_TEST(a_cancel_callback_without_a_function_is_einval)
{
	atomic_int calls = 0;
	future_t *future;
	future_promise_t *promise = promise_new(&future);

	ck_assert_int_eq(future_promise_on_cancel(promise, NULL, NULL, NULL),
		EINVAL);
	ck_assert_int_eq(future_promise_on_cancel(promise, NULL, count_up,
			&calls), 0);
	ck_assert(future_cancel(future));
	ck_assert_int_eq(calls, 1);
	future_promise_free(promise);
	future_unref(future);
}
END_TEST

int main(void)
{
	return run_tests("misuse", (const TTest *[]) {
		reads_of_a_null_future_are_einval,
		cancel_of_null_is_false,
		unref_of_null_does_nothing,
		one_unref_too_many_aborts_with_a_sentence,
		a_task_without_a_function_fails_with_einval,
		an_unknown_priority_is_einval,
		a_continuation_of_null_fails_with_einval,
		a_continuation_without_a_function_fails_with_einval,
		a_continuation_on_nonsense_fails_with_einval,
		a_continuation_that_fails_at_once_does_not_wait_for_its_source,
		a_chain_from_null_fails_with_einval,
		a_chain_of_links_that_are_not_there_is_einval,
		calls_on_a_null_promise_are_harmless,
		a_promise_that_has_nowhere_to_go_is_einval,
		a_cancel_callback_without_a_function_is_einval,
		NULL,
	});
}
