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

/* What waits on this thread, while something runs that is none of its own. */
struct fut_inline_list {
	struct fut_task *head, **tail;
	bool busy;
};

static inline struct fut_inline_list fut_inline_set_aside(void)
{
	struct fut_self *self = fut_self();
	struct fut_inline_list list = { self->inline_head, self->inline_tail,
		self->inline_busy };

	self->inline_head = NULL;
	self->inline_busy = false;
	return list;
}

static inline void fut_inline_restore(const struct fut_inline_list *list)
{
	struct fut_self *self = fut_self();

	FUT_ASSERT(self->inline_head == NULL);
	self->inline_head = list->head;
	self->inline_tail = list->tail;
	self->inline_busy = list->busy;
}

#endif
