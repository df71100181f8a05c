/* The long form of a group's child. */
#define _GNU_SOURCE
#include "support.h"

struct row {
	int order[3], ended;
	atomic_int gone;
};

struct place {
	struct row *row;
	int number;
};

static future_result_t take_place(void *arg)
{
	struct place *place = arg;

	place->row->order[place->row->ended++] = place->number;
	return future_ok(NULL);
}

static void leave_place(void *arg)
{
	((struct place *)arg)->row->gone++;
}

START_TEST(the_long_form_is_that_of_a_task)
{
	future_executor_t *pool = pool_of(1);
	future_group_t *group = group_on(pool);
	struct gate gate = GATE_INIT;
	struct row row = { .ended = 0 };

	occupy(pool, 1, &gate);
	for (int i = 0; i < 3; i++) {
		struct place place = { &row, i };
		future_task_t task = { .fn = take_place, .arg = &place,
			.arg_size = sizeof(place), .destroy_arg = leave_place,
			.priority = i == 2 ? FUTURE_PRIORITY_HIGH : 0,
			.name = "take_place" };

		future_unref(future_group_submit_with(group, &task));
	}
	gate_open(&gate);
	ck_assert_int_eq(future_group_close(group), 0);
	ck_assert_int_eq(row.gone, 3);
	ck_assert_int_eq(row.order[0], 2);
	ck_assert_int_eq(row.order[1], 0);
	ck_assert_int_eq(row.order[2], 1);
	future_executor_unref(pool);
}
END_TEST

/* Destroyed once, whatever it is refused for. */
static void refuse(future_group_t *group, future_task_t task, int error)
{
	struct row row = { .ended = 0 };
	struct place place = { &row, 0 };

	task.arg = task.arg_size == 1 ? NULL : &place;
	task.destroy_arg = task.arg != NULL ? leave_place : NULL;
	ck_assert_int_eq(outcome_of(future_group_submit_with(group, &task)),
		error);
	ck_assert_int_eq(row.gone, task.arg != NULL);
	ck_assert_int_eq(row.ended, 0);
	if (group != NULL)
		ck_assert_int_eq(future_group_close(group), error);
}

START_TEST(a_long_form_that_is_refused_is_destroyed)
{
	future_executor_t *closed = pool_of(1);
	future_group_t *late = group_on(closed);
	future_task_t task = { .fn = take_place }, wrong = task;

	refuse(NULL, task, EINVAL);
	refuse(group_on(NULL), (future_task_t){ .fn = NULL }, EINVAL);
	wrong.token = FUTURE_NO_TOKEN;
	refuse(group_on(NULL), wrong, EINVAL);
	wrong = task;
	wrong.priority = 99;
	refuse(group_on(NULL), wrong, EINVAL);
	wrong = task;
	wrong.arg_size = 1;
	refuse(group_on(NULL), wrong, EINVAL);
	wrong.arg_size = SIZE_MAX;
	refuse(group_on(NULL), wrong, ENOMEM);
	future_executor_shutdown(closed);
	refuse(late, task, ESHUTDOWN);
	future_executor_unref(closed);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("group_with");
	TCase *tcase = suite_case(suite, "group_with");

	tcase_add_test(tcase, the_long_form_is_that_of_a_task);
	tcase_add_test(tcase, a_long_form_that_is_refused_is_destroyed);
	return suite_run(suite);
}
