/*
 * Floor 4: the inline executor: tasks run on the thread that posts them, one
 * after the other, the first when the outermost library call is about to
 * return.  The list is the thread's own: no lock.
 */
#ifndef FUT_INLINE_H
#define FUT_INLINE_H

#include "executor.h"
#include "self.h"

/* Runs what waits on this thread, one task after the other. */
void fut_inline_flush_now(void);

/* The same, unless a call further out does so, or will. */
static inline void fut_inline_flush(void)
{
	const struct fut_self *self = fut_self();

	/* Where library steps are being taken, they come first. */
	if (FUT_UNLIKELY(self->inline_head != NULL) && !self->inline_busy &&
	    self->steps == NULL && !self->catching_up)
		fut_inline_flush_now();
}

#endif
