/*
 * Loops: several threads post, arm and cancel while another runs, is stopped,
 * and runs again.  Whatever happens each future settles, once.
 */
#define _GNU_SOURCE
#include "looping.h"

enum { POSTERS = 3 };

struct crowd {
	future_executor_t *loop;
	size_t rounds;
	bool polls;	/* the runner is a main loop with a poll */
	atomic_int settled, turns;
	atomic_int posters;	/* left */
	pthread_t runner;
	atomic_int elsewhere;	/* tasks that ran on another thread */
};

static future_result_t crowd_task(void *arg)
{
	struct crowd *crowd = arg;

	if (!pthread_equal(crowd->runner, pthread_self()))
		atomic_fetch_add(&crowd->elsewhere, 1);
	return future_ok(NULL);
}

static future_result_t crowd_settled(future_result_t in, void *arg)
{
	atomic_fetch_add(&((struct crowd *)arg)->settled, 1);
	return in;
}

static void post_one(struct crowd *crowd, unsigned *seed)
{
	future_executor_t *loop = crowd->loop;
	int kind = rand_r(seed) % 8;
	future_t *future = kind >= 2 ? future_submit(loop, crowd_task, crowd) :
		future_after(loop, (future_time_t){ future_now().ns +
			rand_r(seed) % 200000 });
	future_t *last = future_then_with(future, &(future_continuation_t){
		.on = FUTURE_ON_EITHER, .executor = future_inline(),
		.fn = crowd_settled, .arg = crowd });

	if (kind % 4 == 0)
		future_cancel(future);
	if (kind == 5)
		future_loop_stop(loop);
	if (kind == 7 && !crowd->polls)
		future_get(future);
	future_unref(future);
	future_unref(last);
}

static void poster(struct crowd *crowd, size_t index)
{
	unsigned seed = (unsigned)index + 1;

	for (size_t i = 0; i < crowd->rounds; i++)
		post_one(crowd, &seed);
	atomic_fetch_sub(&crowd->posters, 1);
	/* One more turn of the runner, who looks whether all are through. */
	future_loop_stop(crowd->loop);
	ck_assert_int_eq(future_execute(crowd->loop, count_work, &crowd->turns),
		0);
}

static void act(void *arg, size_t index)
{
	struct crowd *crowd = arg;

	if (index < POSTERS) {
		poster(crowd, index);
		return;
	}
	crowd->runner = pthread_self();
	while (atomic_load(&crowd->posters) > 0) {
		if (crowd->polls) {
			poll_loop(crowd->loop);
			future_loop_run_pending(crowd->loop);
		} else {
			ck_assert_int_eq(future_loop_run(crowd->loop), 0);
		}
	}
	ck_assert_int_eq(future_executor_drain(crowd->loop, FUTURE_FOREVER),
		0);
	future_executor_unref(crowd->loop);
}

START_TEST(each_future_settles_once_and_its_task_runs_on_one_thread)
{
	struct crowd crowd = { .loop = loop_new(), .rounds = scaled(20000),
		.polls = _i == 1, .posters = POSTERS };

	/* Each has a handle: the last one closes it. */
	for (int i = 0; i < POSTERS; i++)
		future_executor_ref(crowd.loop);
	together(POSTERS + 1, act, &crowd);
	for (int i = 0; i < POSTERS; i++)
		future_executor_unref(crowd.loop);
	ck_assert_int_eq(crowd.settled, (int)(POSTERS * crowd.rounds));
	ck_assert_int_eq(crowd.elsewhere, 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("stress_loop");
	TCase *tcase = suite_case(suite, "stress_loop");

	tcase_add_loop_test(tcase,
		each_future_settles_once_and_its_task_runs_on_one_thread, 0, 2);
	return suite_run(suite);
}
