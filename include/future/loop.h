/*
 * Loops: executors whose tasks run where you run them: in the main loop of a
 * program, on the thread that owns what they touch.
 *
 *	future_executor_t *loop;
 *	int error = future_loop_new(&loop);
 *	FUTURE_AUTO future_t *page = future_submit(pool, fetch, url);
 *	FUTURE_AUTO future_t *shown = future_then_on(page, loop, show, window);
 *
 *	error = future_loop_run(loop);	shows it, on this thread
 *
 * A program that has a main loop already polls the loop's descriptor there:
 *
 *	struct pollfd poll_on = { future_loop_fd(loop), POLLIN, 0 };
 *
 *	for (;;) {
 *		poll(&poll_on, 1, future_ms_until(future_loop_deadline(loop)));
 *		future_loop_run_pending(loop);
 *	}
 *
 * Tasks.      From any thread; they run one at a time, in the order in which
 *             they were posted, on the thread that runs the loop.  Only one
 *             does at a time; it need not always be the same.
 * Timers.     future_after(), future_timeout(), future_every() on a loop need
 *             no thread: who runs the loop runs what is due, before the tasks.
 *             It needs the real time: not the thread of a sim.
 * Waits.      In a task they are as on a pool of one thread: a wait without a
 *             deadline runs what it cannot end without, if that is queued here,
 *             and every wait runs the loop's timers that are due.  Outside of
 *             the tasks a wait runs nothing of the loop: on the thread that
 *             would have to run it, a wait for one of its tasks has no end.
 * The end.    A loop has no thread to finish what is queued.  So drain, join
 *             after a shutdown, and the last unref run that on the thread that
 *             calls them, if no other thread runs the loop just then; else they
 *             wait for that one, but detach leaves the end to it.  Call them on
 *             the thread where the tasks belong.  Timers still armed fail with
 *             ESHUTDOWN in join and in the last unref.  In a task of the loop
 *             drain and join are EDEADLK, and after the last unref whoever
 *             runs it finishes it.  Stats count as a pool's do.
 */
#ifndef FUTURE_LOOP_H
#define FUTURE_LOOP_H

#include <future/base.h>
#include <future/executor.h>
#include <future/time.h>

FUTURE_BEGIN_DECLS

/*
 * Makes a loop; nothing runs until it is run.  On success it is in *ret_loop
 * with one reference to give back with future_executor_unref().  It takes one
 * file descriptor (where there is no eventfd, two), closed on exec.
 *
 * Returns 0, EINVAL, ENOMEM, EMFILE, ENFILE.  Never blocks.
 */
FUTURE_API FUTURE_CHECKED int future_loop_new(future_executor_t **ret_loop);

/*
 * Returns a descriptor to poll for reading, lent until the loop is closed, or
 * -1 if it is no loop, or inherited by a forked child.  Poll it, and do nothing
 * else with it.  It is readable while something is queued, and while a timer is
 * due earlier than future_loop_deadline() last said.  It stays so until the
 * loop is run: an edge-triggered poll may miss what came meanwhile.  While the
 * loop is being run it says nothing.  Never blocks.
 */
FUTURE_API int future_loop_fd(future_executor_t *loop);

/*
 * Returns the instant by which to run the loop if its descriptor has not become
 * readable by then: FUTURE_NOW if something is queued, else that of its first
 * timer, else FUTURE_FOREVER (also if it is no loop, or inherited).  Ask each
 * time before polling; one thread does.  Never blocks.
 */
FUTURE_API future_time_t future_loop_deadline(future_executor_t *loop);

/*
 * Runs the timers that are due, then what was queued when it was called, and
 * nothing that is posted meanwhile: what runs can post for ever, and the call
 * returns.  It sleeps only where a task does.
 *
 * Returns how many timers and tasks were run: 0 also if another thread runs the
 * loop, if called inside one of its tasks, or if it is no loop, or inherited.
 */
FUTURE_API size_t future_loop_run_pending(future_executor_t *loop);

/*
 * Runs the loop until it is stopped, and sleeps while there is nothing to run.
 *
 * Returns 0 after future_loop_stop(); ESHUTDOWN after a shutdown, once nothing
 * is queued (if the last reference went as well, the loop is gone).  Or at once
 * EBUSY if another thread runs it, EDEADLK inside one of its tasks, EINVAL if
 * it is no loop, ECHILD in a forked child.
 */
FUTURE_API FUTURE_CHECKED int future_loop_run(future_executor_t *loop);

/*
 * Has future_loop_run() return after the task that it is running; what is
 * queued stays so, for the next run.  If nobody is in there, the next call
 * returns at once, so that a stop is never lost; two are as one.  May be called
 * from any thread and inside a task.  Never blocks.
 */
FUTURE_API void future_loop_stop(future_executor_t *loop);

FUTURE_END_DECLS

#endif
