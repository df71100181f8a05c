/* Map: one task an item, the results in order. */
#include "check.h"

#include <string.h>

enum { ITEMS = 1000 };

struct item {
	int number;
	char ballast[20];
};

/* The array that is the value. */
static const future_result_t *array(future_t *map)
{
	return future_get(map).value;
}

static future_result_t doubled(const void *item, void *arg)
{
	const struct item *one = item;

	if (arg != NULL)
		count_up(arg);
	return future_ok_int(2 * one->number);
}

static struct item *items_new(void)
{
	struct item *items = calloc(ITEMS, sizeof(*items));

	for (int i = 0; i < ITEMS; i++)
		items[i].number = i;
	return items;
}

START_TEST(the_results_stand_in_the_order_of_the_items)
{
	future_executor_t *pool = pool_of(4);
	struct item *items = items_new();
	FUTURE_AUTO future_t *map = future_map(pool, items, ITEMS,
		sizeof(*items), doubled, NULL);
	int right = 0;

	ck_assert_int_eq(future_get(map).error, 0);
	for (int i = 0; i < ITEMS; i++)
		right += future_result_int(array(map)[i]) == 2 * i;
	ck_assert_int_eq(right, ITEMS);
	free(items);
	future_executor_unref(pool);
}
END_TEST

static future_result_t length(const void *item, void *arg)
{
	const char *const *text = item;

	(void)arg;
	return future_ok_int((intptr_t)strlen(*text));
}

START_TEST(an_array_of_strings_needs_no_cast)
{
	static const char *const words[] = { "one", "", "three" };
	FUTURE_AUTO future_t *map = future_map(NULL, words, 3,
		sizeof(words[0]), length, NULL);

	ck_assert_int_eq(future_get(map).error, 0);
	ck_assert_int_eq(future_result_int(array(map)[0]), 3);
	ck_assert_int_eq(future_result_int(array(map)[1]), 0);
	ck_assert_int_eq(future_result_int(array(map)[2]), 5);
}
END_TEST

START_TEST(each_item_is_a_task_and_a_queue_that_is_full_takes_it)
{
	future_pool_options_t options = { .threads = 1, .queue_capacity = 2 };
	future_executor_stats_t stats;
	future_executor_t *pool;
	struct item *items = items_new();
	atomic_int calls = 0;

	ck_assert_int_eq(future_pool_new(&options, &pool), 0);
	FUTURE_AUTO future_t *map = future_map(pool, items, 100,
		sizeof(*items), doubled, &calls);
	ck_assert_int_eq(future_get(map).error, 0);
	ck_assert_int_eq(calls, 100);
	ck_assert_int_eq(future_executor_drain(pool, FUTURE_FOREVER), 0);
	future_executor_stats(pool, &stats);
	ck_assert_uint_eq(stats.completed, 100);
	ck_assert_uint_eq(stats.refused, 0);
	free(items);
	future_executor_unref(pool);
}
END_TEST

START_TEST(no_items_succeed)
{
	FUTURE_AUTO future_t *map = future_map(NULL, NULL, 0, 1, doubled, NULL);

	ck_assert_int_eq(future_state(map), FUTURE_OK);
	ck_assert_ptr_nonnull(array(map));
}
END_TEST

static future_result_t fails_at_3(const void *item, void *arg)
{
	const struct item *one = item;

	count_up(arg);
	return one->number == 3 ? future_fail(EIO) :
		future_ok_int(one->number);
}

START_TEST(the_first_failure_settles_it_and_nothing_more_starts)
{
	future_executor_t *pool = pool_of(1);
	future_executor_t *where[] = { pool, future_inline() };

	for (int i = 0; i < 2; i++) {
		struct item *items = items_new();
		atomic_int calls = 0;
		FUTURE_AUTO future_t *map = future_map(where[i], items, ITEMS,
			sizeof(*items), fails_at_3, &calls);

		ck_assert_int_eq(future_get(map).error, EIO);
		ck_assert_int_eq(future_join(map, FUTURE_FOREVER), 0);
		free(items);
		ck_assert_int_eq(calls, 4);
		ck_assert_int_eq(future_result_int(array(map)[2]), 2);
		ck_assert_int_eq(array(map)[3].error, EIO);
		ck_assert_int_eq(array(map)[4].error, EINPROGRESS);
	}
	future_executor_unref(pool);
}
END_TEST

/* Any two of the calls are held. */
struct two {
	struct gate both;	/* opened when they are in */
	struct gate released;
	atomic_int calls;
	atomic_int asked;	/* in how many the answer was yes */
};

static future_result_t hold_two(const void *item, void *arg)
{
	struct two *two = arg;

	(void)item;
	if (atomic_fetch_add(&two->calls, 1) == 1)
		gate_open(&two->both);
	gate_wait(&two->released);
	atomic_fetch_add(&two->asked, future_cancel_requested());
	return future_ok(NULL);
}

START_TEST(a_cancel_lets_nothing_more_start_and_a_join_waits)
{
	future_executor_t *pool = pool_of(2);
	struct two two = { GATE_SHUT, GATE_SHUT, 0, 0 };
	FUTURE_AUTO future_t *map = future_map(pool, "abcd", 4, 1, hold_two,
		&two);

	gate_wait(&two.both);
	ck_assert(future_cancel(map));
	ck_assert_int_eq(future_state(map), FUTURE_CANCELLED);
	ck_assert_int_eq(future_join(map, FUTURE_NOW), ETIMEDOUT);
	ck_assert_int_eq(future_join(map, future_in_ms(1)), ETIMEDOUT);
	gate_open(&two.released);
	ck_assert_int_eq(future_join(map, FUTURE_FOREVER), 0);
	ck_assert_int_eq(two.calls, 2);
	ck_assert_int_eq(two.asked, 2);
	future_executor_unref(pool);
}
END_TEST

static future_result_t give_to(const void *item, void *arg)
{
	(void)item;
	return owned(arg);
}

START_TEST(the_values_live_as_long_as_the_array)
{
	atomic_int destroyed = 0;
	char items[3] = "";
	future_t *map = future_map(NULL, items, 3, 1, give_to, &destroyed);

	ck_assert_int_eq(future_get(map).error, 0);
	for (int i = 0; i < 3; i++)
		ck_assert(owned_is(array(map)[i], &destroyed));
	ck_assert_int_eq(destroyed, 0);
	future_unref(map);
	ck_assert_int_eq(future_executor_drain(NULL, FUTURE_FOREVER), 0);
	ck_assert_int_eq(destroyed, 3);
}
END_TEST

static future_result_t follow_it(const void *item, void *arg)
{
	return future_follow(future_submit(arg, give_int,
		(void *)(intptr_t)*(const char *)item));
}

START_TEST(a_call_may_end_in_a_future)
{
	future_executor_t *pool = pool_of(1);
	FUTURE_AUTO future_t *map = future_map(pool, "ab", 2, 1, follow_it,
		pool);

	ck_assert_int_eq(future_get(map).error, 0);
	ck_assert_int_eq(future_result_int(array(map)[0]), 'a');
	ck_assert_int_eq(future_result_int(array(map)[1]), 'b');
	future_executor_unref(pool);
}
END_TEST

/* One inside the other, on a pool of one: the waiter runs what it needs. */
static future_result_t map_again(const void *item, void *arg)
{
	atomic_int *calls = arg;
	future_t *inner;
	int error;

	count_up(calls);
	if (*(const char *)item == '.')
		return future_ok(NULL);
	inner = future_map(future_current(), (const char *)item + 1, 1, 1,
		map_again, arg);
	error = future_get(inner).error;
	future_unref(inner);
	return error != 0 ? future_fail(error) : future_ok(NULL);
}

START_TEST(on_a_worker_of_a_pool_of_one_it_does_not_hang)
{
	future_executor_t *pool = pool_of(1);
	future_executor_t *where[] = { pool, future_inline() };

	for (int i = 0; i < 2; i++) {
		atomic_int calls = 0;
		FUTURE_AUTO future_t *map = future_map(where[i], "aaaa.", 1, 1,
			map_again, &calls);

		ck_assert_int_eq(future_get(map).error, 0);
		ck_assert_int_eq(calls, 5);
	}
	future_executor_unref(pool);
}
END_TEST

START_TEST(what_cannot_be_mapped_is_einval)
{
	char items[1] = "";
	FUTURE_AUTO future_t *no_fn = future_map(NULL, items, 1, 1, NULL, NULL);
	FUTURE_AUTO future_t *no_items = future_map(NULL, NULL, 1, 1, doubled,
		NULL);
	FUTURE_AUTO future_t *nothing = future_map_with(NULL, NULL);

	ck_assert_int_eq(future_get(no_fn).error, EINVAL);
	ck_assert_int_eq(future_get(no_items).error, EINVAL);
	ck_assert_int_eq(future_get(nothing).error, EINVAL);
}
END_TEST

START_TEST(more_items_than_memory_can_hold_are_enomem)
{
	atomic_int ended = 0;
	FUTURE_AUTO future_t *map = future_map_with(NULL, &(future_map_t){
		.items = "", .count = SIZE_MAX, .size = 0, .fn = doubled,
		.arg = &ended, .destroy_arg = count_up });

	ck_assert_int_eq(future_get(map).error, ENOMEM);
	ck_assert_int_eq(ended, 1);
}
END_TEST

/* The argument is destroyed once, whatever happens. */

static int map_and_count(future_executor_t *executor, size_t count,
	future_map_fn *fn, bool cancel)
{
	struct item *items = items_new();
	atomic_int ended = 0;
	future_t *map = future_map_with(executor, &(future_map_t){
		.items = items, .count = count, .size = sizeof(*items),
		.fn = fn, .arg = &ended, .destroy_arg = count_up });

	if (cancel)
		future_cancel(map);
	ck_assert_int_eq(future_join(map, FUTURE_FOREVER), 0);
	future_unref(map);
	/* What runs on a pool lets go of it when its task is over. */
	ck_assert_int_eq(future_executor_drain(executor, FUTURE_FOREVER), 0);
	free(items);
	return ended;
}

static future_result_t ignore(const void *item, void *arg)
{
	(void)item;
	(void)arg;
	return future_ok(NULL);
}

static future_result_t refuse(const void *item, void *arg)
{
	(void)item;
	(void)arg;
	return future_fail(EIO);
}

START_TEST(the_argument_goes_exactly_once_on_each_path)
{
	future_executor_t *pool = pool_of(2), *closed = pool_of(1);

	future_executor_shutdown(closed);
	for (int cancel = 0; cancel < 2; cancel++) {
		ck_assert_int_eq(map_and_count(pool, 9, ignore, cancel), 1);
		ck_assert_int_eq(map_and_count(pool, 9, refuse, cancel), 1);
		ck_assert_int_eq(map_and_count(pool, 0, ignore, cancel), 1);
		ck_assert_int_eq(map_and_count(pool, 9, NULL, cancel), 1);
		ck_assert_int_eq(map_and_count(future_inline(), 9, ignore,
			cancel), 1);
		ck_assert_int_eq(map_and_count(closed, 9, ignore, cancel), 1);
	}
	future_executor_unref(pool);
	future_executor_unref(closed);
}
END_TEST

START_TEST(a_closed_executor_is_eshutdown)
{
	future_executor_t *closed = pool_of(1);
	atomic_int calls = 0;

	future_executor_shutdown(closed);
	FUTURE_AUTO future_t *map = future_map(closed, "abc", 3, 1, give_to,
		&calls);
	ck_assert_int_eq(future_get(map).error, ESHUTDOWN);
	ck_assert_int_eq(calls, 0);
	future_executor_unref(closed);
}
END_TEST

/* After a join the items and the argument may go with the stack. */

static future_result_t touch(const void *item, void *arg)
{
	const int *number = item;
	atomic_int *sum = arg;

	atomic_fetch_add(sum, *number);
	if (*number == 7)
		return future_fail(EIO);
	return future_ok(NULL);
}

static void map_on_stack(future_executor_t *pool, bool good, bool cancel)
{
	int items[16];
	atomic_int sum = 0;
	future_t *map;

	for (int i = 0; i < 16; i++)
		items[i] = good ? 1 : i;
	map = future_map(pool, items, 16, sizeof(items[0]), touch, &sum);
	if (cancel)
		future_cancel(map);
	ck_assert_int_eq(future_join(map, FUTURE_FOREVER), 0);
	if (good && !cancel)
		ck_assert_int_eq(sum, 16);
	items[0] = sum;		/* plain: TSan blames who still reads */
	future_unref(map);
}

START_TEST(after_a_join_nothing_is_touched_any_more)
{
	future_executor_t *pool = pool_of(3);

	for (size_t i = 0; i < scaled(4000); i++)
		map_on_stack(pool, i % 2, i % 3 == 0);
	future_executor_unref(pool);
}
END_TEST

int main(void)
{
	return run_tests("map", (const TTest *[]) {
		the_results_stand_in_the_order_of_the_items,
		an_array_of_strings_needs_no_cast,
		each_item_is_a_task_and_a_queue_that_is_full_takes_it,
		no_items_succeed,
		the_first_failure_settles_it_and_nothing_more_starts,
		a_cancel_lets_nothing_more_start_and_a_join_waits,
		the_values_live_as_long_as_the_array,
		a_call_may_end_in_a_future,
		on_a_worker_of_a_pool_of_one_it_does_not_hang,
		what_cannot_be_mapped_is_einval,
		more_items_than_memory_can_hold_are_enomem,
		the_argument_goes_exactly_once_on_each_path,
		a_closed_executor_is_eshutdown,
		after_a_join_nothing_is_touched_any_more,
		NULL,
	});
}
