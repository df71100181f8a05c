/*
 * Floor 5: errors that nobody has looked at.
 *
 * A future is SEEN if it settles while something hangs on it, if something is
 * hung on it later, if its error or its state is returned, or a wait for it has
 * ended.  One that has failed and goes without that has lost its error.
 */
#ifndef FUT_LOST_H
#define FUT_LOST_H

#include "job.h"
#include "text.h"

/* A debug build says it on stderr if nobody else wants to know. */
#ifndef FUT_SAYS_LOST
#define FUT_SAYS_LOST 0
#endif

/* It is about to be freed: tells who wants to know. */
void fut_lost(struct fut_job *job);

/* In report.c: its name and site, or that it has none. */
void fut_report_named(FILE *stream, const char *name, const char *site);

/* The same: which KNOWN futures are alive at the exit of a debug build. */
void fut_report_left(void);

#endif
