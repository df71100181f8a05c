/*
 * What tests/check_gdb.sh looks at: futures in all their states, executors of
 * all kinds, a wait.  It stops in all_is_set(), and then in the wait; run
 * without gdb it ends there, by an alarm.
 */
#define _POSIX_C_SOURCE 200809L
#include <errno.h>
#include <future.h>
#include <semaphore.h>
#include <unistd.h>

static sem_t runs, may_wait, never;

future_executor_t *pool, *lane, *loop, *own;
future_t *pending, *running, *ok, *failed, *told, *cancelled, *taken;
future_t *follower, *queued, *hung, *waiter, *sharer, *late;
future_promise_t *promise;

static future_result_t stay(void *arg)
{
	sem_post(&runs);
	sem_wait(&never);
	return future_ok(arg);
}

void all_is_set(void)
{
}

static future_result_t wait_for_it(void *arg)
{
	sem_post(&runs);
	sem_wait(&may_wait);
	all_is_set();
	future_get(pending);
	return future_ok(arg);
}

static future_result_t pass(future_result_t in, void *arg)
{
	(void)arg;
	return in;
}

static future_result_t at_once(void *arg)
{
	return future_ok(arg);
}

static void forget(void *value)
{
	(void)value;
}

static int post(void *self, future_work_t *work)
{
	(void)work;
	*(int *)self += 1;
	return 0;
}

static void make_executors(void)
{
	static int works;
	const future_executor_ops_t ops = { .post = post };

	if (future_pool_new(&(future_pool_options_t){ .threads = 2,
			.name = "web" }, &pool) != 0 ||
	    future_lane_new(pool, 3, &lane) != 0 ||
	    future_loop_new(&loop) != 0 ||
	    future_executor_new(&ops, &works, &own) != 0 ||
	    future_promise_new(lane, &promise) != 0)
		_exit(2);
}

static void make_futures(void)
{
	static int value;

	pending = future_promise_future(promise);
	running = future_submit_with(pool, &(future_task_t){ .fn = stay,
		.name = "stay" });
	waiter = future_submit(pool, wait_for_it, NULL);
	sem_wait(&runs);
	sem_wait(&runs);
	ok = future_ready(future_ok_int(0x2a));
	failed = future_ready(future_fail(ENOENT));
	told = future_ready(future_fail(-7));
	taken = future_ready(future_own(&value, forget));
	sharer = future_then_on(taken, future_inline(), pass, NULL);
	if (future_take(taken).value != &value)
		_exit(2);
	queued = future_submit(loop, stay, NULL);
	cancelled = future_submit(loop, stay, NULL);
	future_cancel(cancelled);
	future_unref(future_submit(lane, stay, NULL));
	hung = future_then(pending, pass, NULL);
	follower = future_ready(future_follow(future_ref(hung)));
}

/* At home on what is there no more. */
static void make_late(void)
{
	future_executor_t *closed;

	if (future_pool_new(&(future_pool_options_t){ .threads = 1 },
			&closed) != 0)
		_exit(2);
	late = future_submit(closed, at_once, NULL);
	future_executor_unref(closed);
}

int main(void)
{
	alarm(60);
	sem_init(&runs, 0, 0);
	sem_init(&may_wait, 0, 0);
	sem_init(&never, 0, 0);
	make_executors();
	make_futures();
	make_late();
	sem_post(&may_wait);
	sem_wait(&never);
	return 0;
}
