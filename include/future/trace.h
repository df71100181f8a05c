/*
 * Traces: what ran when, on which thread, and what it waited for, as a file for
 * https://ui.perfetto.dev, or chrome://tracing.
 *
 *	FUTURE_TRACE=trace.json program
 *
 * traces a whole run, without a change to the program: from the first executor
 * that it makes (the default one, say) to its exit.  The file is emptied first;
 * if it cannot be written there is no trace.  The two calls trace a part.
 *
 * Each thread writes what it does into memory of its own, of a fixed size; when
 * that is full it writes no more, and what is missing is counted.  All else is
 * done at the close.  While no trace is open it costs a look at one word.
 */
#ifndef FUTURE_TRACE_H
#define FUTURE_TRACE_H

#include <future/base.h>

FUTURE_BEGIN_DECLS

/*
 * Makes the file, or empties it, and begins.  `path` is not kept.  Returns 0,
 * EINVAL, EALREADY while another trace is open or being written, ENOMEM, or why
 * the file cannot be written.  A child that is forked meanwhile is not traced,
 * but may begin a trace of its own.
 */
FUTURE_API FUTURE_CHECKED int future_trace_open(const char *path);

/*
 * Ends the trace and writes the file; blocks until that is done.  What has not
 * been closed is at exit, but not after _exit(), quick_exit() or a signal; an
 * exit waits for another thread that is in here.  Returns 0, EINVAL if no trace
 * is open, ENOMEM, EBADF if the program has closed the file's descriptor, or
 * why the file could not be written, such as ENOSPC; then it is of no use.
 */
FUTURE_API int future_trace_close(void);

FUTURE_END_DECLS

#endif
