/* Combinators: what they keep alive, and what they let go. */
#define _DEFAULT_SOURCE
#include "check.h"

#include <stdio.h>
#include <unistd.h>

typedef future_t *combine_fn(future_t *const *futures, size_t count);

static const future_result_t *array(future_t *combined)
{
	return future_get(combined).value;
}

START_TEST(the_array_of_an_all_keeps_its_inputs_alive)
{
	atomic_int first = 0, second = 0;
	future_t *inputs[] = { settled(owned(&first)),
		settled(owned(&second)) };
	future_t *all = future_all(inputs, 2);

	future_unref(inputs[0]);
	future_unref(inputs[1]);
	ck_assert_int_eq(first + second, 0);
	ck_assert(owned_is(array(all)[0], &first));
	ck_assert(owned_is(array(all)[1], &second));
	future_unref(all);
	ck_assert_int_eq(first, 1);
	ck_assert_int_eq(second, 1);
}
END_TEST

START_TEST(the_array_of_a_failure_keeps_the_settled_alive)
{
	atomic_int good = 0, bad = 0;
	future_t *inputs[] = { settled(owned(&good)),
		settled(owned_failure(EIO, &bad)) };
	future_t *all = future_all(inputs, 2);
	future_t *every = future_all_settled(inputs, 2);

	future_unref(inputs[0]);
	future_unref(inputs[1]);
	ck_assert_int_eq(future_get(all).error, EIO);
	ck_assert(owned_is(array(all)[0], &good));
	ck_assert(owned_is(array(all)[1], &bad));
	future_unref(all);
	ck_assert_int_eq(good + bad, 0);
	ck_assert(owned_is(array(every)[0], &good));
	future_unref(every);
	ck_assert_int_eq(good, 1);
	ck_assert_int_eq(bad, 1);
}
END_TEST

START_TEST(a_taken_array_keeps_its_inputs_alive)
{
	atomic_int first = 0, second = 0;
	future_t *inputs[] = { settled(owned(&first)),
		settled(owned(&second)) };
	future_t *all = future_all(inputs, 2);
	future_result_t mine = future_take(all);
	const future_result_t *results = mine.value;

	future_unref(inputs[0]);
	future_unref(inputs[1]);
	future_unref(all);
	ck_assert_int_eq(mine.error, 0);
	ck_assert_int_eq(first + second, 0);
	ck_assert(owned_is(results[0], &first));
	ck_assert(owned_is(results[1], &second));
	ck_assert(mine.destroy != NULL);
	mine.destroy(mine.value);
	ck_assert_int_eq(first, 1);
	ck_assert_int_eq(second, 1);
}
END_TEST

/* The winner settles first, then the loser, whose value must go with it. */
static void lose(combine_fn *combine, bool loser_first, bool settled_before)
{
	atomic_int won = 0, lost = 0;
	future_t *winner, *loser;
	future_promise_t *win = promise_new(&winner);
	future_promise_t *late = promise_new(&loser);
	future_t *inputs[] = { loser_first ? loser : winner,
		loser_first ? winner : loser };
	future_t *combined;

	if (settled_before)
		future_promise_settle(win, owned(&won));
	combined = combine(inputs, 2);
	if (!settled_before)
		future_promise_settle(win, owned(&won));
	ck_assert(owned_is(future_get(combined), &won));
	future_promise_settle(late, owned(&lost));
	future_promise_free(late);
	ck_assert_int_eq(lost, 0);
	future_unref(loser);
	ck_assert_int_eq(lost, 1);
	future_promise_free(win);
	future_unref(winner);
	ck_assert_int_eq(won, 0);
	future_unref(combined);
	ck_assert_int_eq(won, 1);
	ck_assert_int_eq(lost, 1);
}

START_TEST(a_settled_race_lets_go_of_the_losers)
{
	for (int i = 0; i < 4; i++)
		lose(future_race, i & 1, i & 2);
}
END_TEST

START_TEST(a_settled_any_lets_go_of_the_losers)
{
	for (int i = 0; i < 4; i++)
		lose(future_any, i & 1, i & 2);
}
END_TEST

START_TEST(an_any_lets_go_of_the_failed)
{
	atomic_int detail = 0;
	future_t *bad = settled(owned_failure(EIO, &detail));
	FUTURE_AUTO future_t *good = settled(future_ok_int(1));
	FUTURE_AUTO future_t *any = FUTURE_ANY(bad, good);

	ck_assert_int_eq(future_get(any).error, 0);
	future_unref(bad);
	ck_assert_int_eq(detail, 1);
}
END_TEST

START_TEST(a_failed_all_lets_go_of_those_that_settle_later)
{
	atomic_int lost = 0;
	future_t *loser;
	future_promise_t *late = promise_new(&loser);
	FUTURE_AUTO future_t *bad = settled(future_fail(EIO));
	FUTURE_AUTO future_t *all = FUTURE_ALL(loser, bad);

	ck_assert_int_eq(future_get(all).error, EIO);
	future_promise_settle(late, owned(&lost));
	future_promise_free(late);
	future_unref(loser);
	ck_assert_int_eq(lost, 1);
}
END_TEST

START_TEST(a_cancelled_combination_lets_go_of_its_inputs)
{
	combine_fn *const combinators[] = { future_all, future_all_settled,
		future_any, future_race };

	for (int i = 0; i < 4; i++) {
		atomic_int destroyed = 0;
		future_t *inputs[2];
		future_promise_t *first = promise_new(&inputs[0]);
		future_promise_t *second = promise_new(&inputs[1]);
		FUTURE_AUTO future_t *combined = combinators[i](inputs, 2);

		ck_assert(future_cancel(combined));
		future_promise_settle(first, owned(&destroyed));
		future_promise_settle(second, owned(&destroyed));
		future_promise_free(first);
		future_promise_free(second);
		future_unref(inputs[0]);
		ck_assert_int_eq(destroyed, 1);
		future_unref(inputs[1]);
		ck_assert_int_eq(destroyed, 2);
	}
}
END_TEST

START_TEST(a_combination_that_nobody_holds_lets_its_inputs_settle)
{
	atomic_int destroyed = 0;
	future_t *inputs[2];
	future_promise_t *first = promise_new(&inputs[0]);
	future_promise_t *second = promise_new(&inputs[1]);

	future_unref(future_all(inputs, 2));
	future_unref(future_any(inputs, 2));
	future_unref(future_race(inputs, 2));
	future_unref(inputs[0]);
	future_unref(inputs[1]);
	future_promise_settle(first, owned(&destroyed));
	future_promise_settle(second, owned(&destroyed));
	future_promise_free(first);
	future_promise_free(second);
	ck_assert_int_eq(destroyed, 2);
}
END_TEST

/* A sanitizer counts what is allocated; without one the kernel does. */
static size_t memory_used(void)
{
	unsigned long size = 0, resident = 0;
	FILE *statm;

	if (__sanitizer_get_current_allocated_bytes != NULL)
		return __sanitizer_get_current_allocated_bytes();
	statm = fopen("/proc/self/statm", "r");
	if (statm == NULL)
		return 0;
	if (fscanf(statm, "%lu %lu", &size, &resident) != 2)
		resident = 0;
	fclose(statm);
	return resident * (size_t)sysconf(_SC_PAGESIZE);
}

static void race_against(future_t *long_lived, size_t times)
{
	while (times-- > 0) {
		future_t *winner = settled(future_ok_int(1));
		future_t *inputs[] = { long_lived, winner };

		future_unref(future_race(inputs, 2));
		future_unref(future_any(inputs, 2));
		future_unref(winner);
	}
}

static void race_lost_late(future_t *long_lived, size_t times)
{
	while (times-- > 0) {
		future_t *winner;
		future_promise_t *promise = promise_new(&winner);
		future_t *inputs[] = { winner, long_lived };

		future_unref(future_race(inputs, 2));
		future_promise_settle(promise, future_ok_int(1));
		future_promise_free(promise);
		future_unref(winner);
	}
}

static void leave_nothing(void (*race)(future_t *long_lived, size_t times))
{
	const size_t slack = 4 << 20;
	future_t *long_lived;
	future_promise_t *promise = promise_new(&long_lived);
	size_t before;

	race(long_lived, scaled(1000000) / 100 + 1);
	before = memory_used();
	race(long_lived, scaled(1000000));
	ck_assert_uint_lt(memory_used(), before + slack);
	future_promise_free(promise);
	future_unref(long_lived);
}

START_TEST(a_million_races_won_at_once_leave_no_memory_behind)
{
	leave_nothing(race_against);
}
END_TEST

START_TEST(a_million_races_won_later_leave_no_memory_behind)
{
	leave_nothing(race_lost_late);
}
END_TEST

static void cancelled_thens(future_t *long_lived, size_t times)
{
	while (times-- > 0) {
		future_t *next = future_then(long_lived, pass, NULL);

		future_cancel(next);
		future_unref(next);
	}
}

START_TEST(a_million_cancelled_continuations_leave_no_memory_behind)
{
	leave_nothing(cancelled_thens);
}
END_TEST

static void cancelled_alls(future_t *long_lived, size_t times)
{
	while (times-- > 0) {
		future_t *all = FUTURE_ALL(long_lived, long_lived);

		future_cancel(all);
		future_unref(all);
	}
}

START_TEST(a_million_cancelled_combinations_leave_no_memory_behind)
{
	leave_nothing(cancelled_alls);
}
END_TEST

static void timed_waits(future_t *long_lived, size_t times)
{
	int error = 0;

	while (times-- > 0)
		error |= future_wait(long_lived, FUTURE_NOW) != ETIMEDOUT;
	ck_assert_int_eq(error, 0);
}

START_TEST(a_million_waits_that_timed_out_leave_no_memory_behind)
{
	leave_nothing(timed_waits);
}
END_TEST

int main(void)
{
	return run_tests("letgo", (const TTest *[]) {
		the_array_of_an_all_keeps_its_inputs_alive,
		the_array_of_a_failure_keeps_the_settled_alive,
		a_taken_array_keeps_its_inputs_alive,
		a_settled_race_lets_go_of_the_losers,
		a_settled_any_lets_go_of_the_losers,
		an_any_lets_go_of_the_failed,
		a_failed_all_lets_go_of_those_that_settle_later,
		a_cancelled_combination_lets_go_of_its_inputs,
		a_combination_that_nobody_holds_lets_its_inputs_settle,
		a_million_races_won_at_once_leave_no_memory_behind,
		a_million_races_won_later_leave_no_memory_behind,
		a_million_cancelled_continuations_leave_no_memory_behind,
		a_million_cancelled_combinations_leave_no_memory_behind,
		a_million_waits_that_timed_out_leave_no_memory_behind,
		NULL,
	});
}
