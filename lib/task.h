/*
 * Floor 3: a task, the only thing that travels.  It is run or dropped, exactly
 * once, and then gone: whoever made it embeds it and frees it.
 */
#ifndef FUT_TASK_H
#define FUT_TASK_H

#include "base.h"

#include <future/priority.h>

struct fut_task;

/* How a run ended, so that a pool can count without knowing futures. */
enum fut_end {
	FUT_END_HUSK,	/* it could not be started any more: nothing ran */
	FUT_END_ELSEWHERE,	/* it ran: another executor has counted it */
	FUT_END_OK,
	FUT_END_FAILED,
	FUT_END_CANCELLED,
	FUT_ENDS
};

struct fut_task_kind {
	enum fut_end (*run)(struct fut_task *task);

	/* Refused, or its executor was cancelled.  True if this settled it. */
	bool (*drop)(struct fut_task *task, int error);
};

/* Where a task is, for the queue that holds it. */
enum fut_task_place {
	FUT_PLACE_NONE,
	FUT_PLACE_QUEUED,
	FUT_PLACE_RELEASED,	/* queued, a continuation: not discarded */
	FUT_PLACE_HUSK	/* queued, but it will not start */
};

struct fut_task {
	struct fut_task *next;	/* in the list of whoever holds it */
	const struct fut_task_kind *kind;

	/*
	 * Its address; NULL, the default one.  Where the maker says nothing
	 * else, the home of what it settles, too.
	 */
	struct future_executor *executor;
	uint32_t generation;	/* of the executor's shell */
	uint8_t place;		/* a fut_task_place; under its queue's lock */
	uint8_t form;		/* the maker's own */
	uint8_t priority;	/* a future_priority_t, but not the default */
};

/* Drops a list of them; how many that settled. */
static inline size_t fut_tasks_drop(struct fut_task *tasks, int error)
{
	size_t settled = 0;

	while (tasks != NULL) {
		struct fut_task *task = tasks;

		tasks = task->next;
		settled += task->kind->drop(task, error);
	}
	return settled;
}

#endif
