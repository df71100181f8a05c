/*
 * Floor 4: the inline executor: tasks run on the thread that posts them, one
 * after the other, the first when the outermost library call is about to
 * return.  The list is the thread's own: no lock.
 */
#ifndef FUT_INLINE_H
#define FUT_INLINE_H

#include "executor.h"

/* Runs what waits on this thread, unless a call further out is doing so. */
void fut_inline_flush(void);

#endif
