/*
 * Floor 4: what is queued in a pool: a queue for each priority, and whose turn
 * it is.
 *
 * The highest goes first.  But when FUT_AGE_MAX tasks were taken before the
 * oldest of a queue, it is due: so none starves, and no clock is read.
 *
 * All under the lock of whoever embeds it.  While all tasks are normal only the
 * first two members are touched.
 */
#ifndef FUT_LEVELS_H
#define FUT_LEVELS_H

#include "queue.h"

#ifndef FUT_AGE_MAX
#define FUT_AGE_MAX 16
#endif

/*
 * How many were taken before the oldest of a queue, as long as it is that.  (A
 * new one at its address has its turn too early, once.)
 */
struct fut_age {
	const struct fut_task *oldest;
	size_t count;
};

struct fut_levels {
	struct fut_queue normal;
	size_t others;		/* tasks and husks in the next two */
	struct fut_queue low, high;
	struct fut_age normal_age, low_age;
};

static inline void fut_levels_init(struct fut_levels *levels)
{
	fut_queue_init(&levels->normal);
	fut_queue_init(&levels->low);
	fut_queue_init(&levels->high);
	levels->others = 0;
	levels->normal_age = levels->low_age = (struct fut_age){ NULL, 0 };
}

static inline size_t fut_age_of(const struct fut_age *age,
	const struct fut_queue *queue)
{
	return queue->head == age->oldest ? age->count : 0;
}

/* Not even a husk is there. */
static inline bool fut_levels_is_empty(const struct fut_levels *levels)
{
	return levels->normal.head == NULL && levels->others == 0;
}

/* Something is there of high priority. */
static inline bool fut_levels_is_urgent(const struct fut_levels *levels)
{
	return FUT_UNLIKELY(levels->others != 0) && levels->high.head != NULL;
}

/* Accepted and not started. */
static inline size_t fut_levels_live(const struct fut_levels *levels)
{
	size_t live = fut_queue_live(&levels->normal);

	if (FUT_UNLIKELY(levels->others != 0))
		live += fut_queue_live(&levels->low) +
			fut_queue_live(&levels->high);
	return live;
}

/* What is not normal. */
void fut_levels_push_other(struct fut_levels *levels, struct fut_task *task,
	enum fut_task_place place);

static inline void fut_levels_push(struct fut_levels *levels,
	struct fut_task *task, enum fut_task_place place)
{
	if (FUT_LIKELY(task->priority == FUTURE_PRIORITY_NORMAL))
		fut_queue_push(&levels->normal, task, place);
	else
		fut_levels_push_other(levels, task, place);
}

/* How many pops in a row would give something normal. */
static inline size_t fut_levels_run(const struct fut_levels *levels)
{
	size_t length = levels->normal.length, age;

	if (FUT_LIKELY(levels->others == 0))
		return length;
	age = fut_age_of(&levels->low_age, &levels->low);
	if (levels->high.head != NULL || age >= FUT_AGE_MAX)
		return 0;
	return length < FUT_AGE_MAX - age ? length : FUT_AGE_MAX - age;
}

/* Where others are there, too. */
struct fut_task *fut_levels_pop_among(struct fut_levels *levels);

/* Whose turn it is, husk or not; there is something. */
static inline struct fut_task *fut_levels_pop(struct fut_levels *levels)
{
	return FUT_LIKELY(levels->others == 0) ?
		fut_queue_pop(&levels->normal) : fut_levels_pop_among(levels);
}

/*
 * The same beside normal tasks that wait elsewhere: what is high, and while
 * there is such what is low and due.  NULL if there is none.
 */
struct fut_task *fut_levels_pop_urgent(struct fut_levels *levels);

/* A task that it may hold will not start.  Returns husks, taken out. */
struct fut_task *fut_levels_husk(struct fut_levels *levels,
	struct fut_task *task);

/* Takes everything out, husks too, as a list: the highest first. */
struct fut_task *fut_levels_drain(struct fut_levels *levels);

/*
 * Of the lowest priority that there is, the oldest that may be discarded for
 * `task` to be pushed: taken out, or `task` if only higher ones are queued.
 * NULL if there is none.
 */
struct fut_task *fut_levels_discard(struct fut_levels *levels,
	struct fut_task *task);

#endif
