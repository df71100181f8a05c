/*
 * Priorities: which of the tasks that wait in a pool is started next.
 *
 *	future_task_t urgent = { .fn = answer, .arg = user,
 *		.priority = FUTURE_PRIORITY_HIGH };
 *	FUTURE_AUTO future_t *answered = future_submit_with(pool, &urgent);
 *
 * A pool starts those of a higher priority first, and those of one priority in
 * the order in which they came.  None starves: the first of each priority is
 * started when 16 others of the queue were, or 17 if two have their turn at
 * once.
 *
 * What runs is not interrupted: a high one waits for the first worker that has
 * done what it is at, and no longer.  One that is normal or low waits, beside
 * those, for what workers have set aside to save the way to the queue: a
 * continuation of what they run, and where the queue has no bound up to 64
 * normal tasks each, which have their turns among high ones in the same way.
 *
 * Lanes, loops, sims, the inline executor and those of users run their tasks in
 * order, or as drawn, whatever their priority.  What a lane sends to its pool
 * is normal there.
 */
#ifndef FUTURE_PRIORITY_H
#define FUTURE_PRIORITY_H

#include <future/base.h>

FUTURE_BEGIN_DECLS

/*
 * The default of a task is normal; of a continuation, the priority of its
 * source.  Normal is that of a promise, of a combined or a ready future and of
 * a timer; a future that follows another keeps its own.
 */
typedef enum future_priority {
	FUTURE_PRIORITY_DEFAULT,
	FUTURE_PRIORITY_LOW,
	FUTURE_PRIORITY_NORMAL,
	FUTURE_PRIORITY_HIGH
} future_priority_t;

FUTURE_END_DECLS

#endif
