/* Floor 4: the address NULL, and the sending of tasks. */
#ifndef FUT_DEFAULT_H
#define FUT_DEFAULT_H

#include "executor.h"

/* `executor`, or the default one for NULL; NULL until that was started. */
struct future_executor *fut_executor_peek(struct future_executor *executor);

/* The default one, started; NULL if it cannot be. */
struct future_executor *fut_executor_default(void);

/* The one that a task is for. */
static inline struct future_executor *fut_task_executor(
	const struct fut_task *task)
{
	return task->executor != NULL ? task->executor :
		fut_executor_peek(NULL);
}

/*
 * One more handle; false if the last one has been given back, for what still
 * runs there may yet name it.
 */
bool fut_executor_try_ref(struct future_executor *executor);

/* Gives a handle back as one of its own threads would: without waiting. */
void fut_executor_leave(struct future_executor *executor);

/* Has the task run next on this thread; false if that cannot be: post it. */
bool fut_keep(struct fut_task *task);

/*
 * Sends a task to the address written in it.  0, or why it was refused: then
 * the caller drops it.
 */
int fut_post(struct fut_task *task, enum fut_post how);

/*
 * Arms a timer, at the address in its task, or takes it off there: see
 * struct fut_executor_kind.
 */
int fut_arm(struct fut_timer *timer, enum fut_post how);
bool fut_disarm(struct fut_timer *timer);

/* Of an executor without a thread: the default one's keeps its time. */
int fut_default_arm(struct future_executor *executor, struct fut_timer *timer,
	enum fut_post how);
bool fut_default_disarm(struct future_executor *executor,
	struct fut_timer *timer);
struct fut_task *fut_default_evict(struct future_executor *executor,
	struct future_executor *lane);

#endif
