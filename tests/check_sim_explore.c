/* All orders of a user's tasks, or many. */
#define _GNU_SOURCE
#include "support.h"

enum { FOUND = -7 };

static size_t calls;
static struct record record;
static struct letter letters[80];

/* Each string once. */
static size_t seen_count;
static char seen[2000][8];

static void see(void)
{
	for (size_t i = 0; i < seen_count; i++)
		ck_assert_str_ne(seen[i], record.text);
	ck_assert_uint_lt(seen_count, 2000);
	memcpy(seen[seen_count++], record.text, 8);
}

static bool was_seen(const char *text)
{
	for (size_t i = 0; i < seen_count; i++)
		if (strcmp(seen[i], text) == 0)
			return true;
	return false;
}

static void submit_letters(future_executor_t *sim, size_t count)
{
	calls++;
	memset(&record, 0, sizeof(record));
	for (size_t i = 0; i < count; i++) {
		letters[i] = (struct letter){ &record, (char)('a' + i) };
		ck_assert_int_eq(future_execute(sim, write_work, &letters[i]),
			0);
	}
}

static int five_letters(future_executor_t *sim)
{
	submit_letters(sim, 5);
	return future_sim_run(sim);
}

static int see_five(future_executor_t *sim)
{
	int error = five_letters(sim);

	see();
	return error;
}

START_TEST(all_orders_of_five_tasks_are_tried_once_each)
{
	uint64_t seed = 3;

	ck_assert_int_eq(future_sim_explore(see_five, (size_t)_i, &seed), 0);
	ck_assert_uint_eq(calls, 120);
	ck_assert_uint_eq(seen_count, 120);
	ck_assert_uint_eq(seed, 3);
}
END_TEST

static int find_one(future_executor_t *sim)
{
	int error = five_letters(sim);

	return strcmp(record.text, "dbeac") == 0 ? FOUND : error;
}

START_TEST(the_one_order_that_fails_is_found_and_its_seed_repeats_it)
{
	future_executor_t *sim;
	uint64_t seed = 0;

	ck_assert_int_eq(future_sim_explore(find_one, 0, &seed), FOUND);
	ck_assert_uint_le(calls, 120);
	ck_assert_int_eq(future_sim_new(seed, &sim), 0);
	ck_assert_int_eq(find_one(sim), FOUND);
	future_executor_unref(sim);
}
END_TEST

static int find_among_many(future_executor_t *sim)
{
	int error;

	submit_letters(sim, 12);
	error = future_sim_run(sim);
	return strncmp(record.text, "kc", 2) == 0 ? FOUND : error;
}

START_TEST(where_there_are_many_orders_they_are_drawn)
{
	future_executor_t *sim;
	uint64_t seed = 0;

	ck_assert_int_eq(future_sim_explore(find_among_many, 0, &seed), FOUND);
	ck_assert_uint_lt(seed, (uint64_t)1 << 63);
	ck_assert_int_eq(future_sim_new(seed, &sim), 0);
	ck_assert_int_eq(find_among_many(sim), FOUND);
	future_executor_unref(sim);
}
END_TEST

static int twelve_letters(future_executor_t *sim)
{
	submit_letters(sim, 12);
	return future_sim_run(sim);
}

START_TEST(no_more_calls_are_made_than_allowed)
{
	uint64_t seed = 3;

	ck_assert_int_eq(future_sim_explore(twelve_letters, 50, &seed), 0);
	ck_assert_uint_eq(calls, 50);
	calls = 0;
	ck_assert_int_eq(future_sim_explore(five_letters, 119, &seed), 0);
	ck_assert_uint_eq(calls, 119);
	ck_assert_uint_eq(seed, 3);
}
END_TEST

/* If a comes first, there is one more. */
static void one_more(void *arg)
{
	bool first = record.count == 0;

	write_work(arg);
	letters[3] = (struct letter){ &record, 'd' };
	if (first)
		ck_assert_int_eq(future_execute(NULL, write_work,
			&letters[3]), 0);
}

static int uneven(future_executor_t *sim)
{
	calls++;
	memset(&record, 0, sizeof(record));
	for (int i = 0; i < 3; i++)
		letters[i] = (struct letter){ &record, (char)('a' + i) };
	ck_assert_int_eq(future_execute(sim, one_more, &letters[0]), 0);
	ck_assert_int_eq(future_execute(sim, write_work, &letters[1]), 0);
	ck_assert_int_eq(future_execute(sim, write_work, &letters[2]), 0);
	ck_assert_int_eq(future_sim_run(sim), 0);
	see();
	return 0;
}

START_TEST(a_tree_whose_branches_differ_is_tried_to_its_last_leaf)
{
	uint64_t seed;

	ck_assert_int_eq(future_sim_explore(uneven, 0, &seed), 0);
	/* a first: 3! of the others; else 2! each of what is left. */
	ck_assert_uint_eq(calls, 6 + 2 + 2);
	ck_assert(was_seen("adcb") && was_seen("bac") && was_seen("cab"));
}
END_TEST

/* Who waits is one of those that take turns. */
static int main_writes(future_executor_t *sim)
{
	future_t *one;

	submit_letters(sim, 0);
	letters[0] = (struct letter){ &record, '1' };
	letters[1] = (struct letter){ &record, '2' };
	letters[2] = (struct letter){ &record, 'M' };
	one = future_submit(sim, write_task, &letters[0]);
	ck_assert_int_eq(future_execute(sim, write_work, &letters[1]), 0);
	ck_assert_int_eq(outcome_of(one), 0);
	write_work(&letters[2]);
	ck_assert_int_eq(future_sim_run(sim), 0);
	see();
	return 0;
}

START_TEST(who_waited_may_go_on_later_than_at_once)
{
	uint64_t seed;

	ck_assert_int_eq(future_sim_explore(main_writes, 0, &seed), 0);
	ck_assert_uint_eq(calls, 3);
	ck_assert(was_seen("1M2") && was_seen("12M") && was_seen("21M"));
}
END_TEST

/* It may leave all to the end of the sim. */
static int wait_for_nothing(future_executor_t *sim)
{
	submit_letters(sim, 3);
	return 0;
}

START_TEST(what_a_call_leaves_behind_belongs_to_its_order)
{
	uint64_t seed;

	ck_assert_int_eq(future_sim_explore(wait_for_nothing, 0, &seed), 0);
	ck_assert_uint_eq(calls, 6);
}
END_TEST

static int third_time(future_executor_t *sim)
{
	submit_letters(sim, 80);
	ck_assert_int_eq(future_sim_run(sim), 0);
	return calls == 3 ? EIO : 0;
}

START_TEST(an_order_too_long_for_a_seed_is_left_to_chance)
{
	uint64_t seed = 0;

	ck_assert_int_eq(future_sim_explore(third_time, SIZE_MAX, &seed), EIO);
	ck_assert_uint_eq(seed, 2);
}
END_TEST

/* A sum that needs two steps, with a wait between them. */
struct sum {
	future_executor_t *sim;
	int value;
};

static future_result_t add_in_two_steps(void *arg)
{
	struct sum *sum = arg;
	int before = sum->value;
	FUTURE_AUTO future_t *step = future_submit(sum->sim, nothing_task,
		NULL);

	ck_assert_int_eq(future_get(step).error, 0);
	sum->value = before + 1;
	return future_ok(NULL);
}

static int lose_an_update(future_executor_t *sim)
{
	struct sum sum = { sim, 0 };
	FUTURE_AUTO future_t *one = future_submit(sim, add_in_two_steps, &sum);
	FUTURE_AUTO future_t *two = future_submit(sim, add_in_two_steps, &sum);

	calls++;
	ck_assert_int_eq(future_wait(one, FUTURE_FOREVER), 0);
	ck_assert_int_eq(future_wait(two, FUTURE_FOREVER), 0);
	return sum.value == 2 ? 0 : FOUND;
}

START_TEST(a_lost_update_around_a_wait_is_found)
{
	uint64_t seed;

	ck_assert_int_eq(future_sim_explore(lose_an_update, 0, &seed), FOUND);
	ck_assert_uint_le(calls, 20);
}
END_TEST

START_TEST(what_cannot_be_explored_leaves_the_seed_alone)
{
	future_executor_t *sim;
	uint64_t seed = 3;

	ck_assert_int_eq(future_sim_explore(NULL, 0, &seed), EINVAL);
	ck_assert_int_eq(future_sim_explore(five_letters, 0, NULL), EINVAL);
	ck_assert_int_eq(future_sim_new(1, &sim), 0);
	ck_assert_int_eq(future_sim_explore(five_letters, 0, &seed), EBUSY);
	future_executor_unref(sim);
	ck_assert_uint_eq(calls, 0);
	ck_assert_uint_eq(seed, 3);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("sim_explore");
	TCase *tcase = suite_case(suite, "sim_explore");

	tcase_add_loop_test(tcase,
		all_orders_of_five_tasks_are_tried_once_each, 120, 122);
	tcase_add_test(tcase,
		the_one_order_that_fails_is_found_and_its_seed_repeats_it);
	tcase_add_test(tcase, where_there_are_many_orders_they_are_drawn);
	tcase_add_test(tcase, no_more_calls_are_made_than_allowed);
	tcase_add_test(tcase,
		a_tree_whose_branches_differ_is_tried_to_its_last_leaf);
	tcase_add_test(tcase, who_waited_may_go_on_later_than_at_once);
	tcase_add_test(tcase, what_a_call_leaves_behind_belongs_to_its_order);
	tcase_add_test(tcase, an_order_too_long_for_a_seed_is_left_to_chance);
	tcase_add_test(tcase, a_lost_update_around_a_wait_is_found);
	tcase_add_test(tcase, what_cannot_be_explored_leaves_the_seed_alone);
	return suite_run(suite);
}
