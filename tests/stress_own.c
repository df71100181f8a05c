/* A user's own executor with two threads, used and closed by many at once. */
#define _GNU_SOURCE
#include "own.h"

#define ROUNDS scaled(2000)

enum { ACTORS = 4, TASKS = 8 };

struct round {
	struct hands hands;
	future_executor_t *own;
	atomic_int ran, destroyed, refused;
};

/* As many are destroyed as were made, run or not. */
static void submit_some(struct round *round, size_t index)
{
	future_task_t task = { .fn = nothing_task, .arg = &round->destroyed,
		.destroy_arg = count_work };
	future_t *tasks[TASKS];

	for (size_t i = 0; i < TASKS; i++) {
		future_t *first = future_submit_with(round->own, &task);

		tasks[i] = future_then(first, count_then, &round->ran);
		if ((i + index) % 3 == 0)
			future_cancel(first);
		future_unref(first);
	}
	for (size_t i = 0; i < TASKS; i++) {
		int error = outcome_of(tasks[i]);

		if (error != 0)
			atomic_fetch_add(&round->refused, 1);
		ck_assert(error == 0 || error == ECANCELED ||
			error == ESHUTDOWN || error == EAGAIN);
	}
}

/* Somebody waits, cancels, shuts down; the last handle goes anywhere. */
static void act(void *arg, size_t index)
{
	struct round *round = arg;

	submit_some(round, index);
	if (index == 1)
		ck_assert_int_eq(future_executor_drain(round->own,
			FUTURE_FOREVER), 0);
	if (index == 2)
		future_executor_shutdown(round->own);
	if (index == 3)
		future_executor_cancel(round->own);
	future_executor_unref(round->own);
}

static void play(struct round *round)
{
	round->own = hands_new(&round->hands, 2);
	for (size_t i = 1; i < ACTORS; i++)
		future_executor_ref(round->own);
	together(ACTORS, act, round);
	ck_assert_int_eq(round->hands.freed, 1);
	ck_assert_uint_eq(round->hands.count, 0);
	ck_assert_int_eq(round->destroyed, ACTORS * TASKS);
	ck_assert_int_eq(round->ran + round->refused, ACTORS * TASKS);
}

START_TEST(whoever_closes_it_each_work_ends_once)
{
	size_t rounds = ROUNDS;

	for (size_t i = 0; i < rounds; i++) {
		struct round round = { .hands = HANDS };

		play(&round);
	}
}
END_TEST

/* Whoever gives the last handle back, free() meets nobody in post. */

struct visit {
	struct hands hands;
	future_executor_t *own;
	atomic_int inside;	/* in post */
	struct gate freed;
	atomic_int ran;
};

static int visit_post(void *self, future_work_t *work)
{
	struct visit *visit = self;
	int error;

	atomic_fetch_add(&visit->inside, 1);
	error = hands_post(&visit->hands, work);
	sched_yield();
	atomic_fetch_sub(&visit->inside, 1);
	return error;
}

static void visit_free(void *self)
{
	struct visit *visit = self;

	ck_assert_int_eq(visit->inside, 0);
	ck_assert_uint_eq(hands_count(&visit->hands), 0);
	gate_pass(&visit->freed);
}

static void unref_work(void *own)
{
	future_executor_unref(own);
}

/* The last handle is given back by one of these, or inside the work. */
static void leave(void *arg, size_t index)
{
	struct visit *visit = arg;

	if (index == 0)
		ck_assert_int_eq(future_execute(visit->own, unref_work,
			future_executor_ref(visit->own)), 0);
	else
		ck_assert_int_eq(outcome_of(future_submit(visit->own,
			count_task, &visit->ran)), 0);
	future_executor_unref(visit->own);
}

START_TEST(free_meets_nobody_in_post)
{
	size_t rounds = ROUNDS;

	for (size_t i = 0; i < rounds; i++) {
		struct visit visit = { .hands = HANDS, .freed = GATE_OPEN };
		pthread_t crew[2];

		visit.own = own_with(visit_post, visit_free, &visit);
		future_executor_ref(visit.own);
		for (size_t j = 0; j < 2; j++)
			crew[j] = thread_start(crew_main, &visit.hands);
		together(2, leave, &visit);
		gate_await(&visit.freed, 1);
		hands_free(&visit.hands);
		for (size_t j = 0; j < 2; j++)
			thread_finish(crew[j]);
		ck_assert_int_eq(visit.ran, 1);
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("own");
	TCase *tcase = suite_case(suite, "stress");

	tcase_add_test(tcase, whoever_closes_it_each_work_ends_once);
	tcase_add_test(tcase, free_meets_nobody_in_post);
	return suite_run(suite);
}
