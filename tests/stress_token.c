/*
 * Tokens that several threads hang things under, cancel, replace and let go,
 * while what is under them runs, waits, and makes tokens of its own.
 */
#define _GNU_SOURCE
#include "support.h"

enum { TOKENS = 4, THREADS = 3 };

static future_executor_t *pool;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static future_token_t *tokens[TOKENS];	/* under lock */
static atomic_int made, ended;		/* arguments */

/* The multiplier and the increment are those of the C standard's rand(). */
static unsigned draw(unsigned *seed, unsigned below)
{
	*seed = *seed * 1103515245 + 12345;
	return (*seed >> 16) % below;
}

static future_token_t *take(unsigned at)
{
	future_token_t *token;

	pthread_mutex_lock(&lock);
	token = future_token_ref(tokens[at]);
	pthread_mutex_unlock(&lock);
	return token;
}

static void replace(unsigned at, future_token_t *token)
{
	future_token_t *old;

	pthread_mutex_lock(&lock);
	old = tokens[at];
	tokens[at] = token;
	pthread_mutex_unlock(&lock);
	future_token_unref(old);
}

static future_token_t *token_under(future_token_t *parent, future_time_t end)
{
	future_token_t *token = NULL;

	ck_assert_int_eq(future_token_new(parent, end, &token), 0);
	return token;
}

static future_time_t soon(unsigned *seed)
{
	return (future_time_t){ future_now().ns + draw(seed, 20) * 2000 };
}

/* Submits under its own token, and under one that hardly lives. */
static future_result_t nest(void *arg)
{
	unsigned seed = (unsigned)(uintptr_t)arg;
	future_t *inner = future_submit(future_current(), nothing_task, NULL);
	future_token_t *token = token_under(NULL, soon(&seed));
	future_t *brief = future_submit_with(pool, &(future_task_t){
		.fn = nothing_task, .token = token });

	if (draw(&seed, 2) == 0)
		future_token_cancel(token);
	future_token_unref(token);
	if (draw(&seed, 2) == 0)
		(void)!future_wait(brief, FUTURE_FOREVER);
	future_unref(brief);
	if (draw(&seed, 3) == 0)
		return future_follow(inner);
	(void)!future_wait(inner, FUTURE_FOREVER);
	future_unref(inner);
	return future_ok(NULL);
}

static future_t *nest_under(future_token_t *token, unsigned *seed)
{
	future_executor_t *where = draw(seed, 2) == 0 ? pool : future_inline();
	uintptr_t next = draw(seed, 1000);

	return future_submit_with(where, &(future_task_t){ .fn = nest,
		.arg = (void *)next, .token = token });
}

/* The argument is the token itself, which its destructor cancels. */
static void cancel_token(void *token)
{
	future_token_cancel(token);
	future_token_unref(token);
	count_work(&ended);
}

static void submit_what_cancels(future_token_t *token)
{
	atomic_fetch_add(&made, 1);
	future_unref(future_submit_with(pool, &(future_task_t){
		.fn = nothing_task, .arg = future_token_ref(token),
		.destroy_arg = cancel_token, .token = token }));
}

static void continue_task(future_token_t *token, unsigned *seed)
{
	static atomic_int ran;
	future_t *task = nest_under(token, seed);
	future_t *next = future_then(task, count_then, &ran);

	if (draw(seed, 2) == 0)
		future_cancel(task);
	if (draw(seed, 2) == 0)
		future_cancel(next);
	future_unref(task);
	ck_assert_int_eq(future_join(next, FUTURE_FOREVER), 0);
	future_unref(next);
}

static void grow_branch(future_token_t *token, unsigned *seed)
{
	future_token_t *child = token_under(token, FUTURE_FOREVER);
	future_token_t *grandchild = token_under(child, soon(seed));
	future_t *task = nest_under(grandchild, seed);

	future_token_unref(grandchild);
	/* Its result may just be written. */
	if (draw(seed, 2) == 0 && future_token_cancel(child))
		ck_assert_int_eq(future_wait(task, FUTURE_FOREVER), 0);
	future_token_unref(child);
	future_unref(task);
}

static void repeat_task(future_token_t *token, unsigned *seed)
{
	future_t *every = future_every(pool, &(future_schedule_t){
		.period_ns = 1000, .fn = nothing_task, .token = token });

	if (draw(seed, 2) == 0)
		future_cancel(every);
	else
		future_token_cancel(token);
	ck_assert_int_eq(future_join(every, FUTURE_FOREVER), 0);
	future_unref(every);
}

static void call_back(future_token_t *token, unsigned *seed)
{
	static atomic_int called;

	ck_assert_int_eq(future_token_on_cancel(token, draw(seed, 2) == 0 ?
		pool : future_inline(), count_work, &called), 0);
}

static void step(future_token_t *token, unsigned *seed)
{
	switch (draw(seed, 8)) {
	case 0:
		replace(draw(seed, TOKENS), token_under(
			draw(seed, 2) == 0 ? token : NULL,
			draw(seed, 3) == 0 ? soon(seed) : FUTURE_FOREVER));
		break;
	case 1:
		future_token_cancel(token);
		ck_assert(future_token_is_cancelled(token));
		break;
	case 2:
		future_unref(nest_under(token, seed));
		break;
	case 3:
		continue_task(token, seed);
		break;
	case 4:
		call_back(token, seed);
		break;
	case 5:
		submit_what_cancels(token);
		break;
	case 6:
		repeat_task(token, seed);
		break;
	case 7:
		grow_branch(token, seed);
		break;
	}
}

static void walk(void *arg, size_t index)
{
	unsigned seed = *(unsigned *)arg + (unsigned)index;

	for (size_t i = 0; i < scaled(10000); i++) {
		future_token_t *token = take(draw(&seed, TOKENS));

		step(token, &seed);
		future_token_unref(token);
	}
}

START_TEST(tokens_may_be_used_in_any_way_at_once)
{
	unsigned seed = (unsigned)_i * 1000;

	pool = pool_of(2);
	for (int i = 0; i < TOKENS; i++)
		tokens[i] = token_under(NULL, FUTURE_FOREVER);
	together(THREADS, walk, &seed);
	for (unsigned i = 0; i < TOKENS; i++) {
		future_token_cancel(tokens[i]);
		replace(i, NULL);
	}
	future_executor_unref(pool);
	ck_assert_int_eq(future_executor_drain(NULL, FUTURE_FOREVER), 0);
	ck_assert_int_eq(ended, made);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("stress token");
	TCase *tcase = suite_case(suite, "stress");

	tcase_add_loop_test(tcase, tokens_may_be_used_in_any_way_at_once, 0, 4);
	return suite_run(suite);
}
