/* arg_size: an argument that is copied into its task. */
#include "check.h"

#include <string.h>

/* An argument that is copied: wider than a task's own room, and aligned. */
struct wide {
	max_align_t align;
	char text[240];
	atomic_int *destroyed;
	const struct wide *original;
};

static future_result_t wide_check(void *arg)
{
	struct wide *wide = arg;

	if (wide == wide->original || strcmp(wide->text, "before") != 0)
		return future_fail(EIO);
	if ((uintptr_t)wide % _Alignof(max_align_t) != 0)
		return future_fail(EFAULT);
	strcpy(wide->text, "the task's own");
	return future_ok_int(atomic_load(wide->destroyed));
}

static void wide_destroy(void *arg)
{
	struct wide *wide = arg;

	if (wide != wide->original)
		count_up(wide->destroyed);
}

START_TEST(arg_size_copies_the_argument_into_the_task)
{
	atomic_int destroyed = 0;
	future_executor_t *pool = pool_of(1);
	struct hold hold = HOLD;
	struct wide wide = { .text = "before", .destroyed = &destroyed };
	future_task_t task = { .fn = wide_check, .arg = &wide,
		.arg_size = sizeof(wide), .destroy_arg = wide_destroy };

	wide.original = &wide;
	hold_worker(pool, &hold);
	FUTURE_AUTO future_t *future = future_submit_with(pool, &task);
	strcpy(wide.text, "after");
	memset(&task, 0, sizeof(task));
	gate_open(&hold.released);
	ck_assert_int_eq(future_get(future).error, 0);
	ck_assert_int_eq(future_result_int(future_get(future)), 0);
	ck_assert_int_eq(destroyed, 1);
	ck_assert_str_eq(wide.text, "after");
	future_executor_unref(pool);
}
END_TEST

static future_result_t wide_check_then(future_result_t in, void *arg)
{
	(void)in;
	return wide_check(arg);
}

START_TEST(arg_size_copies_the_argument_into_a_continuation)
{
	atomic_int destroyed = 0;
	struct wide wide = { .text = "before", .destroyed = &destroyed };
	future_continuation_t c = { .fn = wide_check_then, .arg = &wide,
		.arg_size = sizeof(wide), .destroy_arg = wide_destroy };
	future_t *source;
	future_promise_t *promise = promise_new(&source);

	wide.original = &wide;
	FUTURE_AUTO future_t *next = future_then_with(source, &c);
	strcpy(wide.text, "after");
	future_promise_settle(promise, future_ok(NULL));
	ck_assert_int_eq(future_get(next).error, 0);
	ck_assert_int_eq(destroyed, 1);
	future_promise_free(promise);
	future_unref(source);
}
END_TEST

START_TEST(a_copied_argument_goes_inside_the_cancel_of_a_queued_task)
{
	atomic_int destroyed = 0;
	future_executor_t *pool = pool_of(1);
	struct hold hold = HOLD;
	struct wide wide = { .destroyed = &destroyed };
	future_task_t task = { .fn = wide_check, .arg = &wide,
		.arg_size = sizeof(wide), .destroy_arg = wide_destroy };

	hold_worker(pool, &hold);
	FUTURE_AUTO future_t *future = future_submit_with(pool, &task);
	ck_assert(future_cancel(future));
	ck_assert_int_eq(destroyed, 1);
	gate_open(&hold.released);
	future_executor_unref(pool);
	ck_assert_int_eq(destroyed, 1);
}
END_TEST

/* Its first byte is the size, the others count up from there. */
static future_result_t count_bytes(void *arg)
{
	const unsigned char *bytes = arg;

	for (size_t i = 1; i < bytes[0]; i++)
		if (bytes[i] != (unsigned char)(bytes[0] + i))
			return future_fail(EIO);
	return future_ok_int(bytes[0]);
}

START_TEST(an_argument_of_every_small_size_is_copied_whole)
{
	unsigned char bytes[200];

	for (size_t size = 1; size <= sizeof(bytes); size++) {
		future_task_t task = { .fn = count_bytes, .arg = bytes,
			.arg_size = size };

		for (size_t i = 0; i < size; i++)
			bytes[i] = (unsigned char)(size + i);
		FUTURE_AUTO future_t *future = future_submit_with(
			future_inline(), &task);
		ck_assert_int_eq(future_get(future).error, 0);
		ck_assert_int_eq(future_result_int(future_get(future)),
			(int)size);
	}
}
END_TEST

START_TEST(a_copy_of_an_argument_that_is_not_there_is_einval)
{
	future_task_t task = { .fn = give_int, .arg_size = 8 };
	FUTURE_AUTO future_t *future = future_submit_with(future_inline(),
		&task);

	ck_assert_int_eq(future_get(future).error, EINVAL);
}
END_TEST

START_TEST(a_copy_that_there_is_no_room_for_is_enomem)
{
	atomic_int destroyed = 0;
	future_task_t task = { .fn = give_int, .arg = &destroyed,
		.arg_size = SIZE_MAX, .destroy_arg = count_up };

	FUTURE_AUTO future_t *future = future_submit_with(future_inline(),
		&task);
	ck_assert_int_eq(destroyed, 1);
	ck_assert_int_eq(future_get(future).error, ENOMEM);
}
END_TEST

int main(void)
{
	return run_tests("arg_size", (const TTest *[]) {
		arg_size_copies_the_argument_into_the_task,
		arg_size_copies_the_argument_into_a_continuation,
		a_copied_argument_goes_inside_the_cancel_of_a_queued_task,
		an_argument_of_every_small_size_is_copied_whole,
		a_copy_of_an_argument_that_is_not_there_is_einval,
		a_copy_that_there_is_no_room_for_is_enomem,
		NULL,
	});
}
