/*
 * libfuture: thread pools and futures for C.
 *
 *	static future_result_t square(void *arg)
 *	{
 *		intptr_t n = (intptr_t)arg;
 *
 *		return future_ok_int(n * n);
 *	}
 *
 *	FUTURE_AUTO future_t *answer = future_submit(pool, square, (void *)7);
 *	intptr_t n = future_result_int(future_get(answer));
 *
 * Rules for every call:
 *
 * Errors.      A call that can fail returns 0 or an errno value.  A call that
 *              makes a future never returns NULL: the future has failed.
 * References.  A function that returns a future_t * gives you one reference,
 *              to be given back with future_unref().  A function that takes
 *              a future borrows it.  Only future_follow() and future_chain()
 *              take the reference.
 * NULL.        A NULL executor is the default one, and what gives back or
 *              frees takes NULL.  Any other handle that is NULL is EINVAL,
 *              unless the contract says more; a call without an error then
 *              does nothing.
 * Values.      A future owns its value; you borrow it while you hold a
 *              reference, or during the callback that was given it.
 * Threads.     Every call may be made from any thread, none from a signal
 *              handler.
 */
#ifndef FUTURE_H
#define FUTURE_H

#include <future/base.h>
#include <future/time.h>
#include <future/result.h>
#include <future/executor.h>
#include <future/pool.h>
#include <future/priority.h>
#include <future/report.h>
#include <future/lane.h>
#include <future/own.h>
#include <future/stats.h>
#include <future/future.h>
#include <future/promise.h>
#include <future/combine.h>
#include <future/map.h>
#include <future/each.h>
#include <future/completion.h>
#include <future/sync.h>
#include <future/channel.h>
#include <future/timer.h>
#include <future/token.h>
#include <future/group.h>
#include <future/retry.h>
#include <future/limiter.h>
#include <future/loop.h>
#include <future/sim.h>
#include <future/trace.h>
#include <future/sites.h>

#endif
