/*
 * Timers: futures that settle at an instant, and functions that run again and
 * again.
 *
 *	FUTURE_AUTO future_t *soon = future_after(pool, future_in_ms(50));
 *	FUTURE_AUTO future_t *then = future_then(soon, beep, NULL);
 *
 * A pool that has timers has one thread for them, named "pool-timer", started
 * with the first and gone with the pool; the inline and the NULL executor use
 * the default one's.  Futures settle on that thread: what the inline executor
 * runs there should be short, and must not wait for a timer.  The timers of a
 * loop are run by who runs it: see <future/loop.h>.
 *
 * Timers keep no executor open: they live as long as its threads do.  After a
 * shutdown new ones fail with ESHUTDOWN; armed ones fail with it when the last
 * thread leaves, at the latest.  future_executor_cancel() settles them with
 * ECANCELED.
 */
#ifndef FUTURE_TIMER_H
#define FUTURE_TIMER_H

#include <future/future.h>

FUTURE_BEGIN_DECLS

/*
 * Returns a future that succeeds with the value NULL at `deadline`: never
 * before, at once if that has passed, and never by itself if it is
 * FUTURE_FOREVER.  Cancelling it takes the timer off.  The caller owns the
 * reference.  Never blocks.
 *
 * Otherwise it fails with ESHUTDOWN, ENOMEM, EAGAIN if the timer thread could
 * not be started, ECHILD in a forked child.  Which of two with the same
 * deadline settles first is not said.
 */
FUTURE_API FUTURE_CHECKED future_t *future_after(future_executor_t *executor,
	future_time_t deadline);

/*
 * Returns a future that settles as `future` does and shares its value, unless
 * `deadline` passes first: then `future` is cancelled, and this one fails with
 * ETIMEDOUT.  Its function may still run then: join `future`, not this one.
 * (If `future` serves others, too, shield it: a race of it alone can be
 * cancelled in its place.)  Its home, and the priority of what hangs on it, are
 * those of `future`.  Cancelling it leaves `future` alone.  Once settled it
 * leaves neither a timer behind nor anything on `future`.  The caller owns the
 * reference.  Never blocks.
 *
 * Otherwise as future_after(); EINVAL if `future` is NULL.  After a shutdown
 * of the home it is made as long as that has tasks that run.
 */
FUTURE_API FUTURE_CHECKED future_t *future_timeout(future_t *future,
	future_time_t deadline);

typedef enum future_pace {
	FUTURE_FIXED_RATE,	/* at first_ns + k * period_ns */
	FUTURE_FIXED_DELAY	/* period_ns after the end of the last run */
} future_pace_t;

/* When and what future_every() runs; the rest is that of future_task_t. */
typedef struct future_schedule {
	int64_t first_ns;	/* from now until the first run; 0: at once */
	int64_t period_ns;	/* more than 0 */
	future_pace_t pace;

	future_task_fn *fn;	/* a success's value is destroyed each time */
	void *arg;
	size_t arg_size;	/* not 0: `arg` is copied, once for all runs */
	void (*destroy_arg)(void *arg);	/* after the last run */
	int priority;		/* of each run; 0: normal */
	future_token_t *token;	/* NULL: that of who makes it */
	const char *name;	/* for hooks; not copied */
} future_schedule_t;

/*
 * Runs schedule->fn on `executor` again and again.  Each run is a task of the
 * executor's; no two of them overlap; `queue_capacity` does not bind them.  At
 * a fixed rate runs that were missed, while one took long or the executor was
 * busy, are left out: late ones do not bunch.
 *
 * Returns a future that is pending between two runs and settles only at the
 * end: with what a run failed with; with ECANCELED if it is cancelled, which is
 * the way to stop it (a run asks with future_cancel_requested(), and
 * future_join() waits for its end); with ESHUTDOWN or ECANCELED after the
 * executor was shut down or cancelled; or with ENOTSUP if a run ended with
 * future_follow().  The caller owns the reference; runs go on without it.
 *
 * At once it fails with EINVAL (no function, a negative first_ns, a period of
 * less than 1, an unknown priority), or as future_after() does.  Never blocks,
 * but on the inline executor a run that is due at once runs in this call, and
 * the later ones on the timer thread.
 *
 * (J. Bloch and others, java.util.concurrent.ScheduledExecutorService, has
 * the two paces; there missed runs bunch.)
 */
FUTURE_API FUTURE_CHECKED future_t *future_every(future_executor_t *executor,
	const future_schedule_t *schedule);

FUTURE_END_DECLS

#endif
