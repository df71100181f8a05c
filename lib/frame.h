/*
 * Floor 4: a frame, a function of the user's that runs, on the stack of its
 * thread.  From the innermost one it is told what may be kept, what may be
 * helped, and what would wait for itself.
 */
#ifndef FUT_FRAME_H
#define FUT_FRAME_H

#include "default.h"
#include "self.h"
#include "trace.h"

#include <future/base.h>

struct future_cell;

struct fut_frame {
	struct fut_frame *up;
	struct future_executor *executor;	/* whose function it is */
	struct future_cell *cell;	/* what it settles; NULL: nothing */
	future_token_t *token;	/* which it is under; NULL: none */
	bool may_keep;			/* of its thread, before it */
	bool at_work;	/* a turn of a lane's or a loop's: asleep.h */
};

/* A function is about to run, or has returned. */
static inline void fut_frame_push(struct fut_frame *frame,
	struct future_executor *executor, struct future_cell *cell)
{
	struct fut_self *self = fut_self();

	FUT_ASSERT(self->locks == 0);
	frame->up = self->frame;
	frame->executor = executor;
	frame->cell = cell;
	frame->token = NULL;
	frame->at_work = false;
	frame->may_keep = self->may_keep;
	self->may_keep = false;
	self->frame = frame;
}

/*
 * It has returned in a child that was forked in it, whose thread is in no frame
 * (fork.c).  Aborts, unless it is the inline executor's: the worker that would
 * go on is the parent's.
 */
void fut_frame_lost(const struct fut_frame *frame);

static inline void fut_frame_pop(struct fut_frame *frame)
{
	struct fut_self *self = fut_self();

	if (FUT_UNLIKELY(self->frame != frame)) {
		fut_frame_lost(frame);
		return;
	}
	self->frame = frame->up;
	self->may_keep = frame->may_keep;
}

/* The same for that of a task: a slice of a trace. */
static inline void fut_frame_enter(struct fut_frame *frame,
	const struct fut_task *task, struct future_cell *cell,
	void (*fn)(void))
{
	fut_frame_push(frame, fut_task_executor(task), cell);
	fut_trace(FUT_TRACE_START, task, (const void *)(uintptr_t)fn);
}

static inline void fut_frame_leave(struct fut_frame *frame)
{
	fut_trace(FUT_TRACE_END, NULL, NULL);
	fut_frame_pop(frame);
}

/* True if the function that settles `cell` is on this very stack. */
static inline bool fut_frame_holds(const struct future_cell *cell)
{
	const struct fut_frame *frame = fut_self()->frame;

	while (frame != NULL && frame->cell != cell)
		frame = frame->up;
	return frame != NULL;
}

/* True if a function of the executor's is. */
static inline bool fut_frame_belongs(const struct future_executor *executor)
{
	const struct fut_frame *frame = fut_self()->frame;

	while (frame != NULL && frame->executor != executor)
		frame = frame->up;
	return frame != NULL;
}

/*
 * Under the lock of the executor that the task is for: 0, or why it is too late
 * for it in that phase.
 */
static inline int fut_frame_check(const struct fut_task *task,
	enum fut_phase phase, enum fut_post how)
{
	if (fut_task_is_stale(task))
		return ESHUTDOWN;
	return phase == FUT_PHASE_OPEN ? 0 : fut_phase_check(phase, how,
		fut_frame_belongs(task->executor));
}

/*
 * What a thread is in the middle of, set aside while code of the user's runs
 * there that is no task: a destructor, a post.  What that settles has settled
 * when the call returns; what is late, called in there, would be a recursion.
 */
struct fut_aside {
	struct fut_steps *steps;
	struct fut_late *late;
	bool may_keep, catching_up;
};

static inline struct fut_aside fut_set_aside(void)
{
	struct fut_self *self = fut_self();
	struct fut_aside aside = { self->steps, self->late, self->may_keep,
		self->catching_up };

	FUT_ASSERT(self->locks == 0);
	self->steps = NULL;
	self->late = NULL;
	self->may_keep = self->catching_up = false;
	return aside;
}

static inline void fut_resume(const struct fut_aside *aside)
{
	struct fut_self *self = fut_self();

	FUT_ASSERT(self->late == NULL);
	self->steps = aside->steps;
	self->late = aside->late;
	self->may_keep = aside->may_keep;
	self->catching_up = aside->catching_up;
}

#endif
