/* The queue of a pool: three levels, and whose turn it is. */
#define _GNU_SOURCE
#include "support.h"
#include "levels.h"

enum { TASKS = 1000 };

/* Tasks with a letter for their priority, numbered within it. */
struct entry {
	struct fut_task task;
	char letter;
	size_t number;
};

struct bench {
	struct fut_levels levels;
	struct entry entries[TASKS];
	size_t used;
	size_t pushed[FUTURE_PRIORITY_HIGH + 1];
	size_t popped[FUTURE_PRIORITY_HIGH + 1];
	char text[TASKS + 1];	/* the letters of what came out, in order */
	size_t length;
};

static struct bench *bench_new(void)
{
	struct bench *bench = calloc(1, sizeof(*bench));

	ck_assert_ptr_nonnull(bench);
	fut_levels_init(&bench->levels);
	return bench;
}

static uint8_t priority_of(char letter)
{
	return (uint8_t)(letter == 'l' ? FUTURE_PRIORITY_LOW :
		letter == 'n' ? FUTURE_PRIORITY_NORMAL : FUTURE_PRIORITY_HIGH);
}

/* Not in a queue yet. */
static struct fut_task *task_new(struct bench *bench, char letter)
{
	struct entry *entry = &bench->entries[bench->used++];

	ck_assert_uint_le(bench->used, TASKS);
	entry->letter = letter;
	entry->task.priority = priority_of(letter);
	return &entry->task;
}

static struct fut_task *push_at(struct bench *bench, char letter,
	enum fut_task_place place)
{
	struct fut_task *task = task_new(bench, letter);
	struct entry *entry = (struct entry *)task;

	entry->number = bench->pushed[task->priority]++;
	fut_levels_push(&bench->levels, task, place);
	return task;
}

static struct fut_task *push(struct bench *bench, char letter)
{
	return push_at(bench, letter, FUT_PLACE_QUEUED);
}

static void push_many(struct bench *bench, size_t count, char letter)
{
	while (count-- > 0)
		push(bench, letter);
}

/* Each comes in the order of its level; its letter is written down. */
static void note(struct bench *bench, struct fut_task *task)
{
	struct entry *entry = (struct entry *)task;

	ck_assert_int_eq(task->place, FUT_PLACE_NONE);
	ck_assert_uint_eq(entry->number, bench->popped[task->priority]++);
	bench->text[bench->length++] = entry->letter;
}

static void pop_many(struct bench *bench, size_t count)
{
	while (count-- > 0)
		note(bench, fut_levels_pop(&bench->levels));
}

static void pop_all(struct bench *bench)
{
	while (!fut_levels_is_empty(&bench->levels))
		pop_many(bench, 1);
	ck_assert_uint_eq(fut_levels_live(&bench->levels), 0);
}

/* How many went before the first `letter` from `at` on. */
static size_t passed(const struct bench *bench, size_t at, char letter)
{
	const char *next = strchr(bench->text + at, letter);

	ck_assert_ptr_nonnull(next);
	return (size_t)(next - bench->text) - at;
}

START_TEST(the_highest_goes_first)
{
	struct bench *bench = bench_new();

	push(bench, 'l');
	push(bench, 'n');
	push(bench, 'h');
	push(bench, 'n');
	push(bench, 'l');
	push(bench, 'h');
	ck_assert_uint_eq(fut_levels_live(&bench->levels), 6);
	pop_all(bench);
	ck_assert_str_eq(bench->text, "hhnnll");
	free(bench);
}
END_TEST

/* Where `waits` and `flood` are queued. */
static const char flooded[][2] = { "lh", "ln", "nh" };

START_TEST(the_oldest_goes_next_when_so_many_have_passed_it)
{
	struct bench *bench = bench_new();
	char waits = flooded[_i][0], flood = flooded[_i][1];

	push_many(bench, 3, waits);
	push_many(bench, 4 * FUT_AGE_MAX, flood);
	pop_all(bench);
	for (size_t i = 0; i < 3; i++)
		ck_assert_uint_eq(passed(bench, i * (FUT_AGE_MAX + 1), waits),
			FUT_AGE_MAX);
	free(bench);
}
END_TEST

START_TEST(of_two_that_are_due_the_older_goes_first)
{
	struct bench *bench = bench_new();
	char *turn;

	push(bench, 'l');
	push_many(bench, 3 * FUT_AGE_MAX, 'h');
	pop_many(bench, 1);
	push(bench, 'n');
	pop_all(bench);
	turn = bench->text + FUT_AGE_MAX;
	ck_assert_int_eq(turn[0], 'l');
	ck_assert_int_eq(turn[1], 'n');
	free(bench);
}
END_TEST

START_TEST(of_two_of_one_age_the_higher_goes_first)
{
	struct bench *bench = bench_new();
	char *turn;

	push(bench, 'l');
	push(bench, 'n');
	push_many(bench, 3 * FUT_AGE_MAX, 'h');
	pop_all(bench);
	turn = bench->text + FUT_AGE_MAX;
	ck_assert_int_eq(turn[0], 'n');
	ck_assert_int_eq(turn[1], 'l');
	free(bench);
}
END_TEST

START_TEST(under_two_floods_nobody_is_passed_over_once_more_than_that)
{
	struct bench *bench = bench_new();

	for (size_t i = 0; i < TASKS / 4; i++) {
		push(bench, 'h');
		push(bench, 'n');
		push(bench, 'l');
		pop_many(bench, 1);
	}
	for (size_t i = FUT_AGE_MAX + 1; i < bench->length; i++) {
		bench->text[bench->length] = 'n';
		ck_assert_uint_le(passed(bench, i - FUT_AGE_MAX - 1, 'n'),
			FUT_AGE_MAX + 1);
		bench->text[bench->length] = 'l';
		ck_assert_uint_le(passed(bench, i - FUT_AGE_MAX - 1, 'l'),
			FUT_AGE_MAX + 1);
	}
	free(bench);
}
END_TEST

START_TEST(it_grows_older_in_a_flood_of_one_at_a_time)
{
	struct bench *bench = bench_new();
	char waits = flooded[_i][0], flood = flooded[_i][1];

	push(bench, waits);
	for (size_t i = 0; i <= FUT_AGE_MAX; i++) {
		push(bench, flood);
		pop_many(bench, 1);
	}
	ck_assert_uint_eq(passed(bench, 0, waits), FUT_AGE_MAX);
	free(bench);
}
END_TEST

START_TEST(an_age_ends_with_the_oldest)
{
	struct bench *bench = bench_new();
	struct fut_task *low = push(bench, 'l');

	push_many(bench, 4 * FUT_AGE_MAX, 'n');
	pop_many(bench, FUT_AGE_MAX - 1);
	push(bench, 'l');
	ck_assert_ptr_eq(fut_levels_husk(&bench->levels, low), low);
	bench->popped[FUTURE_PRIORITY_LOW]++;
	pop_all(bench);
	ck_assert_uint_eq(passed(bench, FUT_AGE_MAX - 1, 'l'), FUT_AGE_MAX);
	free(bench);
}
END_TEST

START_TEST(what_goes_while_all_are_normal_takes_its_age_along)
{
	struct bench *bench = bench_new();

	push_many(bench, 2, 'n');
	push_many(bench, 3, 'h');
	pop_many(bench, 4);
	push_many(bench, 2 * FUT_AGE_MAX, 'h');
	pop_all(bench);
	ck_assert_uint_eq(passed(bench, 4, 'n'), FUT_AGE_MAX);
	free(bench);
}
END_TEST

START_TEST(a_run_of_normal_ones_ends_where_another_is_due)
{
	struct bench *bench = bench_new();

	push_many(bench, 2 * FUT_AGE_MAX, 'n');
	ck_assert_uint_eq(fut_levels_run(&bench->levels), 2 * FUT_AGE_MAX);
	push(bench, 'l');
	for (size_t left = FUT_AGE_MAX; left > 0; left--) {
		ck_assert_uint_eq(fut_levels_run(&bench->levels), left);
		pop_many(bench, 1);
	}
	ck_assert_uint_eq(fut_levels_run(&bench->levels), 0);
	pop_many(bench, 1);
	ck_assert_int_eq(bench->text[FUT_AGE_MAX], 'l');
	ck_assert_uint_eq(fut_levels_run(&bench->levels), FUT_AGE_MAX);
	push(bench, 'h');
	ck_assert_uint_eq(fut_levels_run(&bench->levels), 0);
	free(bench);
}
END_TEST

START_TEST(a_run_is_not_longer_than_what_is_normal)
{
	struct bench *bench = bench_new();

	push_many(bench, 2, 'l');
	ck_assert_uint_eq(fut_levels_run(&bench->levels), 0);
	push_many(bench, 3, 'n');
	ck_assert_uint_eq(fut_levels_run(&bench->levels), 3);
	free(bench);
}
END_TEST

START_TEST(what_is_urgent_is_high_or_low_and_due)
{
	struct bench *bench = bench_new();
	struct fut_task *task;

	push(bench, 'l');
	push(bench, 'n');
	ck_assert(!fut_levels_is_urgent(&bench->levels));
	ck_assert_ptr_null(fut_levels_pop_urgent(&bench->levels));
	push_many(bench, FUT_AGE_MAX + 2, 'h');
	ck_assert(fut_levels_is_urgent(&bench->levels));
	while ((task = fut_levels_pop_urgent(&bench->levels)) != NULL)
		note(bench, task);
	ck_assert_uint_eq(passed(bench, 0, 'l'), FUT_AGE_MAX);
	ck_assert_uint_eq(bench->length, FUT_AGE_MAX + 3);
	pop_all(bench);
	ck_assert_int_eq(bench->text[FUT_AGE_MAX + 3], 'n');
	free(bench);
}
END_TEST

START_TEST(a_husk_in_front_leaves_its_level)
{
	struct bench *bench = bench_new();
	struct fut_task *first = push(bench, "lnh"[_i]), *second, *other;

	second = push(bench, "lnh"[_i]);
	other = push(bench, "nhl"[_i]);
	ck_assert_ptr_null(fut_levels_husk(&bench->levels, second));
	ck_assert_uint_eq(fut_levels_live(&bench->levels), 2);
	ck_assert_ptr_eq(fut_levels_husk(&bench->levels, first), first);
	ck_assert_ptr_eq(first->next, second);
	ck_assert_ptr_null(second->next);
	ck_assert_uint_eq(fut_levels_live(&bench->levels), 1);
	ck_assert_ptr_eq(fut_levels_pop(&bench->levels), other);
	ck_assert(fut_levels_is_empty(&bench->levels));
	ck_assert_ptr_null(fut_levels_husk(&bench->levels, other));
	free(bench);
}
END_TEST

START_TEST(all_come_out_as_a_list_the_highest_first)
{
	struct bench *bench = bench_new();
	struct fut_task *all;

	ck_assert_ptr_null(fut_levels_drain(&bench->levels));
	for (const char *letter = "lnhlnh"; *letter != '\0'; letter++)
		push(bench, *letter);
	for (all = fut_levels_drain(&bench->levels); all != NULL;
	     all = all->next)
		note(bench, all);
	ck_assert_str_eq(bench->text, "hhnnll");
	ck_assert(fut_levels_is_empty(&bench->levels));
	push(bench, 'l');
	pop_all(bench);
	free(bench);
}
END_TEST

START_TEST(the_oldest_of_the_lowest_level_is_discarded)
{
	struct bench *bench = bench_new();
	struct fut_task *new = task_new(bench, 'h');
	struct fut_task *high = push(bench, 'h'), *normal = push(bench, 'n');
	struct fut_task *low = push(bench, 'l'), *later = push(bench, 'l');

	ck_assert_ptr_eq(fut_levels_discard(&bench->levels, new), low);
	ck_assert_ptr_eq(fut_levels_discard(&bench->levels, new), later);
	ck_assert_ptr_eq(fut_levels_discard(&bench->levels, new), normal);
	ck_assert_ptr_eq(fut_levels_discard(&bench->levels, new), high);
	ck_assert_ptr_null(fut_levels_discard(&bench->levels, new));
	ck_assert(fut_levels_is_empty(&bench->levels));
	free(bench);
}
END_TEST

START_TEST(who_is_lower_than_all_is_discarded_itself)
{
	struct bench *bench = bench_new();
	struct fut_task *low = task_new(bench, 'l');
	struct fut_task *normal = task_new(bench, 'n');

	push(bench, 'h');
	ck_assert_ptr_eq(fut_levels_discard(&bench->levels, normal), normal);
	push(bench, 'n');
	ck_assert_ptr_eq(fut_levels_discard(&bench->levels, low), low);
	ck_assert_uint_eq(fut_levels_live(&bench->levels), 2);
	free(bench);
}
END_TEST

START_TEST(what_was_released_is_not_discarded)
{
	struct bench *bench = bench_new();
	struct fut_task *new = task_new(bench, 'n'), *normal;

	push_at(bench, 'l', FUT_PLACE_RELEASED);
	ck_assert_ptr_null(fut_levels_discard(&bench->levels, new));
	normal = push(bench, 'n');
	ck_assert_ptr_eq(fut_levels_discard(&bench->levels, new), normal);
	ck_assert_uint_eq(fut_levels_live(&bench->levels), 1);
	free(bench);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("levels");
	TCase *tcase = suite_case(suite, "levels");

	tcase_add_test(tcase, the_highest_goes_first);
	tcase_add_loop_test(tcase,
		the_oldest_goes_next_when_so_many_have_passed_it, 0, 3);
	tcase_add_test(tcase, of_two_that_are_due_the_older_goes_first);
	tcase_add_test(tcase, of_two_of_one_age_the_higher_goes_first);
	tcase_add_test(tcase,
		under_two_floods_nobody_is_passed_over_once_more_than_that);
	tcase_add_loop_test(tcase, it_grows_older_in_a_flood_of_one_at_a_time,
		0, 3);
	tcase_add_test(tcase, an_age_ends_with_the_oldest);
	tcase_add_test(tcase,
		what_goes_while_all_are_normal_takes_its_age_along);
	tcase_add_test(tcase, a_run_of_normal_ones_ends_where_another_is_due);
	tcase_add_test(tcase, a_run_is_not_longer_than_what_is_normal);
	tcase_add_test(tcase, what_is_urgent_is_high_or_low_and_due);
	tcase_add_loop_test(tcase, a_husk_in_front_leaves_its_level, 0, 3);
	tcase_add_test(tcase, all_come_out_as_a_list_the_highest_first);
	tcase_add_test(tcase, the_oldest_of_the_lowest_level_is_discarded);
	tcase_add_test(tcase, who_is_lower_than_all_is_discarded_itself);
	tcase_add_test(tcase, what_was_released_is_not_discarded);
	return suite_run(suite);
}
