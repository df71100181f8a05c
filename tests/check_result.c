/* Results: what a task may return, copies, and texts for errors. */
#include "check.h"

#include <limits.h>
#include <string.h>

START_TEST(ok_carries_a_value_that_it_does_not_own)
{
	int value;
	future_result_t result = future_ok(&value);

	ck_assert_ptr_eq(result.value, &value);
	ck_assert(result.destroy == NULL);
	ck_assert_int_eq(result.error, 0);
}
END_TEST

START_TEST(ok_int_gives_back_every_number)
{
	const intptr_t numbers[] = { 0, 1, -1, INTPTR_MAX, INTPTR_MIN };

	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		future_result_t result = future_ok_int(numbers[i]);

		ck_assert_int_eq(future_result_int(result), numbers[i]);
		ck_assert_int_eq(result.error, 0);
		ck_assert(result.destroy == NULL);
	}
}
END_TEST

START_TEST(own_carries_the_value_and_how_to_free_it)
{
	int value;
	future_result_t result = future_own(&value, free);

	ck_assert_ptr_eq(result.value, &value);
	ck_assert(result.destroy == free);
	ck_assert_int_eq(result.error, 0);
}
END_TEST

START_TEST(own_of_null_is_enomem_with_nothing_to_free)
{
	future_result_t result = future_own(NULL, free);

	ck_assert_ptr_null(result.value);
	ck_assert(result.destroy == NULL);
	ck_assert_int_eq(result.error, ENOMEM);
}
END_TEST

START_TEST(fail_carries_every_code)
{
	ck_assert_int_eq(future_fail(EIO).error, EIO);
	ck_assert_int_eq(future_fail(-7).error, -7);
	ck_assert_int_eq(future_fail(INT_MIN).error, INT_MIN);
	ck_assert_ptr_null(future_fail(EIO).value);
	ck_assert(future_fail(EIO).destroy == NULL);
}
END_TEST

START_TEST(fail_with_zero_is_einval)
{
	int detail;

	ck_assert_int_eq(future_fail(0).error, EINVAL);
	ck_assert_int_eq(future_fail_own(0, &detail, NULL).error, EINVAL);
}
END_TEST

START_TEST(fail_own_carries_a_detail)
{
	int detail;
	future_result_t result = future_fail_own(EIO, &detail, free);

	ck_assert_int_eq(result.error, EIO);
	ck_assert_ptr_eq(result.value, &detail);
	ck_assert(result.destroy == free);
}
END_TEST

START_TEST(fail_own_without_a_detail_has_nothing_to_free)
{
	future_result_t result = future_fail_own(EIO, NULL, free);

	ck_assert_int_eq(result.error, EIO);
	ck_assert(result.destroy == NULL);
}
END_TEST

START_TEST(copy_holds_the_bytes_and_is_freed_by_its_destroy)
{
	double data[3] = { 1.5, -2.5, 1e300 };
	double before[3] = { 1.5, -2.5, 1e300 };
	future_result_t result = future_copy(data, sizeof(data));

	data[0] = 0;
	ck_assert_int_eq(result.error, 0);
	ck_assert_ptr_ne(result.value, data);
	ck_assert_mem_eq(result.value, before, sizeof(before));
	ck_assert(result.destroy != NULL);
	result.destroy(result.value);
}
END_TEST

START_TEST(copy_is_aligned_for_any_type)
{
	char data[3] = "ab";
	future_result_t result = future_copy(data, sizeof(data));

	ck_assert_uint_eq((uintptr_t)result.value % _Alignof(max_align_t), 0);
	result.destroy(result.value);
}
END_TEST

START_TEST(copy_of_a_megabyte_holds_every_byte)
{
	size_t size = 1 << 20;
	unsigned char *data = malloc(size);
	future_result_t result;

	ck_assert_ptr_nonnull(data);
	for (size_t i = 0; i < size; i++)
		data[i] = (unsigned char)(i * 7 + i / 251);
	result = future_copy(data, size);
	ck_assert_int_eq(result.error, 0);
	ck_assert_int_eq(memcmp(result.value, data, size), 0);
	result.destroy(result.value);
	free(data);
}
END_TEST

START_TEST(copy_of_nothing_succeeds)
{
	char byte = 0;
	future_result_t none = future_copy(NULL, 0);
	future_result_t empty = future_copy(&byte, 0);

	ck_assert_int_eq(none.error, 0);
	ck_assert_int_eq(empty.error, 0);
	if (none.destroy != NULL)
		none.destroy(none.value);
	if (empty.destroy != NULL)
		empty.destroy(empty.value);
}
END_TEST

START_TEST(copy_from_null_is_einval)
{
	future_result_t result = future_copy(NULL, 1);

	ck_assert_int_eq(result.error, EINVAL);
	ck_assert_ptr_null(result.value);
}
END_TEST

START_TEST(copy_of_more_than_there_is_is_enomem)
{
	char byte = 0;

	ck_assert_int_eq(future_copy(&byte, SIZE_MAX / 2).error, ENOMEM);
}
END_TEST

START_TEST(a_copy_that_a_future_owns_goes_with_it)
{
	int number = 7;
	FUTURE_AUTO future_t *future = settled(future_copy(&number,
			sizeof(number)));
	future_result_t result = future_get(future);

	ck_assert_int_eq(*(int *)result.value, 7);
	ck_assert(result.destroy == NULL);
}
END_TEST

START_TEST(move_outside_a_continuation_is_einval)
{
	int value;

	ck_assert_int_eq(future_move(future_ok(&value)).error, EINVAL);
	ck_assert_int_eq(future_move(future_fail(EIO)).error, EINVAL);
}
END_TEST

static future_result_t move_in_a_task(void *value)
{
	return future_move(future_ok(value));
}

START_TEST(move_inside_a_task_is_einval)
{
	int value;
	FUTURE_AUTO future_t *future = future_submit(future_inline(),
		move_in_a_task, &value);

	ck_assert_int_eq(future_get(future).error, EINVAL);
}
END_TEST

START_TEST(follow_of_null_is_einval)
{
	FUTURE_AUTO future_t *future = settled(future_follow(NULL));

	ck_assert_int_eq(future_state(future), FUTURE_FAILED);
	ck_assert_int_eq(future_get(future).error, EINVAL);
}
END_TEST

START_TEST(strerror_names_every_code_differently)
{
	const int codes[] = { 0, ECANCELED, EALREADY, EOWNERDEAD, EDEADLK,
		EINPROGRESS, ESHUTDOWN, EAGAIN, EINVAL, ENOMEM, ENOTSUP,
		ETIMEDOUT, ECHILD, EPIPE, EPERM };

	for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
		ck_assert_ptr_nonnull(future_strerror(codes[i]));
		ck_assert_str_ne(future_strerror(codes[i]), "");
		for (size_t j = 0; j < i; j++)
			ck_assert_str_ne(future_strerror(codes[i]),
				future_strerror(codes[j]));
	}
}
END_TEST

START_TEST(strerror_calls_a_negative_code_an_application_error)
{
	ck_assert_str_eq(future_strerror(-1), "application error");
	ck_assert_str_eq(future_strerror(INT_MIN), "application error");
}
END_TEST

START_TEST(strerror_has_a_text_for_an_unknown_code)
{
	ck_assert_ptr_nonnull(future_strerror(INT_MAX));
	ck_assert_str_ne(future_strerror(INT_MAX), "");
	ck_assert_ptr_nonnull(future_strerror(100000));
}
END_TEST

START_TEST(strerror_is_static)
{
	const char *first = future_strerror(EINVAL);
	char copy[128];

	ck_assert_uint_lt(strlen(first), sizeof(copy));
	strcpy(copy, first);
	ck_assert_ptr_nonnull(future_strerror(ENOMEM));
	ck_assert_ptr_nonnull(future_strerror(INT_MAX));
	ck_assert_str_eq(first, copy);
}
END_TEST

START_TEST(version_is_that_of_the_header)
{
	ck_assert_str_eq(future_version(), FUTURE_VERSION);
}
END_TEST

int main(void)
{
	return run_tests("result", (const TTest *[]) {
		ok_carries_a_value_that_it_does_not_own,
		ok_int_gives_back_every_number,
		own_carries_the_value_and_how_to_free_it,
		own_of_null_is_enomem_with_nothing_to_free,
		fail_carries_every_code,
		fail_with_zero_is_einval,
		fail_own_carries_a_detail,
		fail_own_without_a_detail_has_nothing_to_free,
		copy_holds_the_bytes_and_is_freed_by_its_destroy,
		copy_is_aligned_for_any_type,
		copy_of_a_megabyte_holds_every_byte,
		copy_of_nothing_succeeds,
		copy_from_null_is_einval,
		copy_of_more_than_there_is_is_enomem,
		a_copy_that_a_future_owns_goes_with_it,
		move_outside_a_continuation_is_einval,
		move_inside_a_task_is_einval,
		follow_of_null_is_einval,
		strerror_names_every_code_differently,
		strerror_calls_a_negative_code_an_application_error,
		strerror_has_a_text_for_an_unknown_code,
		strerror_is_static,
		version_is_that_of_the_header,
		NULL,
	});
}
