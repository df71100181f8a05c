/*
 * What the tests of loops share.  Who includes this has defined _GNU_SOURCE.
 */
#ifndef LOOPING_H
#define LOOPING_H

#include "support.h"

#include <errno.h>
#include <poll.h>

static inline future_executor_t *loop_new(void)
{
	future_executor_t *loop = NULL;

	ck_assert_int_eq(future_loop_new(&loop), 0);
	ck_assert_ptr_nonnull(loop);
	return loop;
}

static inline bool readable(future_executor_t *loop)
{
	struct pollfd on = { future_loop_fd(loop), POLLIN, 0 };

	ck_assert_int_ge(on.fd, 0);
	return poll(&on, 1, 0) == 1 && (on.revents & POLLIN) != 0;
}

/* Sleeps until it is time to run the loop, as a main loop would. */
static inline void poll_loop(future_executor_t *loop)
{
	struct pollfd on = { future_loop_fd(loop), POLLIN, 0 };
	int64_t until_ns = future_loop_deadline(loop).ns;
	int64_t left_ns = until_ns - future_now().ns;

	if (until_ns == FUTURE_FOREVER.ns)
		poll(&on, 1, -1);
	else
		poll(&on, 1, left_ns > 0 ? (int)(left_ns / 1000000) + 1 : 0);
}

/* Tasks and threads that are given the loop. */
static inline void stop_work(void *loop)
{
	future_loop_stop(loop);
}

static inline future_result_t stop_then(future_result_t in, void *loop)
{
	(void)in;
	future_loop_stop(loop);
	return future_ok(NULL);
}

/* A thread that runs a loop. */
struct runner_of {
	future_executor_t *loop;
	pthread_t thread;
	atomic_int tid;	/* before it runs it */
	int error;	/* what future_loop_run() returned */
};

static inline void *runner_of_main(void *arg)
{
	struct runner_of *runner = arg;

	atomic_store(&runner->tid, (int)thread_id());
	runner->error = future_loop_run(runner->loop);
	return NULL;
}

static inline void runner_of_start(struct runner_of *runner,
	future_executor_t *loop)
{
	*runner = (struct runner_of){ .loop = loop, .error = -1 };
	runner->thread = thread_start(runner_of_main, runner);
}

/* Until it has run one task, and sleeps again. */
static inline void runner_of_sleeps(struct runner_of *runner)
{
	ck_assert_int_eq(outcome_of(future_submit(runner->loop, nothing_task,
		NULL)), 0);
	thread_sleeps(atomic_load(&runner->tid));
}

static inline int runner_of_finish(struct runner_of *runner)
{
	thread_finish(runner->thread);
	return runner->error;
}

#endif
