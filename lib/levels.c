/* See levels.h. */
#include "levels.h"
#include "self.h"

static struct fut_queue *queue_of(struct fut_levels *levels, int priority)
{
	if (priority == FUTURE_PRIORITY_NORMAL)
		return &levels->normal;
	return priority == FUTURE_PRIORITY_LOW ? &levels->low : &levels->high;
}

static void recount(struct fut_levels *levels)
{
	levels->others = levels->low.length + levels->high.length;
}

void fut_levels_push_other(struct fut_levels *levels, struct fut_task *task,
	enum fut_task_place place)
{
	FUT_ASSERT(task->priority != FUTURE_PRIORITY_DEFAULT);
	fut_queue_push(queue_of(levels, task->priority), task, place);
	levels->others++;
}

static struct fut_age next_age(const struct fut_age *age,
	const struct fut_queue *queue, const struct fut_queue *taken)
{
	if (queue == taken || queue->head == NULL)
		return (struct fut_age){ NULL, 0 };
	return (struct fut_age){ queue->head, fut_age_of(age, queue) + 1 };
}

/* Takes the oldest of one of them; the others are older for it. */
static struct fut_task *take(struct fut_levels *levels, struct fut_queue *queue)
{
	levels->normal_age = next_age(&levels->normal_age, &levels->normal,
		queue);
	levels->low_age = next_age(&levels->low_age, &levels->low, queue);
	levels->others -= queue != &levels->normal;
	return fut_queue_pop(queue);
}

/* Of two that are due the older: or one of them might never be. */
static struct fut_queue *whose_turn(struct fut_levels *levels)
{
	size_t normal = fut_age_of(&levels->normal_age, &levels->normal);
	size_t low = fut_age_of(&levels->low_age, &levels->low);

	if (normal >= FUT_AGE_MAX && normal >= low)
		return &levels->normal;
	if (low >= FUT_AGE_MAX)
		return &levels->low;
	if (levels->high.head != NULL)
		return &levels->high;
	return levels->normal.head != NULL ? &levels->normal : &levels->low;
}

struct fut_task *fut_levels_pop_among(struct fut_levels *levels)
{
	return take(levels, whose_turn(levels));
}

struct fut_task *fut_levels_pop_urgent(struct fut_levels *levels)
{
	if (levels->high.head == NULL)
		return NULL;
	return take(levels, fut_age_of(&levels->low_age, &levels->low) <
		FUT_AGE_MAX ? &levels->high : &levels->low);
}

struct fut_task *fut_levels_husk(struct fut_levels *levels,
	struct fut_task *task)
{
	struct fut_queue *queue = queue_of(levels, task->priority);
	struct fut_task *husks;

	if (!fut_queue_mark(queue, task))
		return NULL;
	husks = fut_queue_sweep(queue);
	recount(levels);
	return husks;
}

struct fut_task *fut_levels_drain(struct fut_levels *levels)
{
	struct fut_task *all = NULL, **to = &all;

	for (int p = FUTURE_PRIORITY_HIGH; p >= FUTURE_PRIORITY_LOW; p--) {
		struct fut_queue *queue = queue_of(levels, p);
		struct fut_task **tail = queue->tail;

		if (queue->head == NULL)
			continue;
		*to = fut_queue_drain(queue);
		to = tail;
	}
	recount(levels);
	return all;
}

struct fut_task *fut_levels_discard(struct fut_levels *levels,
	struct fut_task *task)
{
	struct fut_task *oldest = NULL;

	for (int p = FUTURE_PRIORITY_LOW;
	     p <= FUTURE_PRIORITY_HIGH && oldest == NULL; p++) {
		struct fut_queue *queue = queue_of(levels, p);

		if (p <= task->priority)
			oldest = fut_queue_pop_oldest(queue);
		else if (fut_queue_live(queue) > 0)
			oldest = task;
	}
	recount(levels);
	return oldest;
}
