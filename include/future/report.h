/*
 * What lives in this process, and what got lost in it.
 *
 *	future_set_unobserved(complain, NULL);
 *	future_report(stderr);
 */
#ifndef FUTURE_REPORT_H
#define FUTURE_REPORT_H

#include <future/base.h>

#include <stdio.h>

FUTURE_BEGIN_DECLS

/*
 * An error that nobody has looked at, of a future that is being freed.  `name`
 * and `site` are what that was named with, or NULL.  Borrowed during the call.
 */
typedef struct future_unobserved {
	int error;
	const char *name;
	const char *site;	/* "file:line", see <future/sites.h> */
} future_unobserved_t;

typedef void future_unobserved_fn(void *arg, const future_unobserved_t *lost);

/*
 * Has fn(arg, lost) called for each future that has failed and is freed before
 * anybody has looked: no call returned its error or its state, nobody waited
 * until it had settled, and nothing was hung on it (a continuation, a
 * combination).  A cancelled future has not failed.  fn runs where destructors
 * do, on the thread that gives the last reference back, and must not wait for
 * futures.  NULL: none, which is the default; a debug build (configure
 * --enable-debug) says it on stderr.
 *
 * Call it while no other thread has futures.  `arg` stays the caller's.
 */
FUTURE_API void future_set_unobserved(future_unobserved_fn *fn, void *arg);

/*
 * Gives the future a name and a site ("file:line"), both kept, not copied, for
 * the rest of the process: use literals.  What it has already, or where they
 * are NULL, stays.  Returns the future.  From then on it can be found: in
 * reports, by who is told of its error, in a debug build at exit if it is still
 * alive.  A task with a name has that one from the start.  Without memory it
 * goes without.
 */
FUTURE_API future_t *future_name(future_t *future, const char *name,
	const char *site);

/*
 * Writes what lives now, for people to read: the executors, with what is queued
 * and armed there, what each worker does and what kind of thing it waits for;
 * who waits in a function for a future, without a deadline, and for which; who
 * was last told EDEADLK, and who waited for whom then; the futures that have a
 * name or a site, counted, and the age of the oldest.
 *
 * Returns 0, EINVAL, ENOMEM or what writing failed with.  It takes the
 * library's locks one after the other: what it says of one thing may be over
 * when it comes to the next.  Blocks as the stream does; not for a signal
 * handler (use sigwait() or signalfd()).  Of a parent's, in a forked child,
 * there is nothing.
 */
FUTURE_API int future_report(FILE *stream);

FUTURE_END_DECLS

#endif
