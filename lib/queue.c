/* See queue.h. */
#include "queue.h"

#ifndef FUT_SWEEP_MIN
#define FUT_SWEEP_MIN 64
#endif

bool fut_queue_mark(struct fut_queue *queue, struct fut_task *task)
{
	if (task->place != FUT_PLACE_QUEUED &&
	    task->place != FUT_PLACE_RELEASED)
		return false;
	task->place = FUT_PLACE_HUSK;
	queue->husks++;
	return true;
}

/* Those in front, which is where they are if one submits and gets in turn. */
static struct fut_task *sweep_front(struct fut_queue *queue)
{
	struct fut_task *husks = NULL, **to = &husks;

	while (queue->head != NULL && queue->head->place == FUT_PLACE_HUSK) {
		*to = fut_queue_pop(queue);
		to = &(*to)->next;
	}
	*to = NULL;
	return husks;
}

struct fut_task *fut_queue_sweep(struct fut_queue *queue)
{
	struct fut_task *husks = sweep_front(queue), **to = &husks;
	struct fut_task **at = &queue->head;

	if (queue->husks < FUT_SWEEP_MIN || queue->husks <= queue->length / 2)
		return husks;
	while (*to != NULL)
		to = &(*to)->next;
	while (*at != NULL) {
		struct fut_task *task = *at;

		if (task->place != FUT_PLACE_HUSK) {
			at = &task->next;
			continue;
		}
		*at = task->next;
		task->next = NULL;
		task->place = FUT_PLACE_NONE;
		*to = task;
		to = &task->next;
	}
	queue->tail = at;
	queue->length -= queue->husks;
	queue->husks = 0;
	return husks;
}

struct fut_task *fut_queue_drain(struct fut_queue *queue)
{
	struct fut_task *all = queue->head;

	for (struct fut_task *task = all; task != NULL; task = task->next)
		task->place = FUT_PLACE_NONE;
	queue->head = NULL;
	queue->tail = &queue->head;
	queue->length = queue->husks = 0;
	return all;
}

/* Takes out what `at`, a link of the queue, leads to; no husk. */
static struct fut_task *unlink(struct fut_queue *queue, struct fut_task **at)
{
	struct fut_task *task = *at;

	*at = task->next;
	if (*at == NULL)
		queue->tail = at;
	queue->length--;
	task->place = FUT_PLACE_NONE;
	return task;
}

struct fut_task *fut_queue_take(struct fut_queue *queue, size_t at)
{
	struct fut_task **link = &queue->head;

	while (at-- > 0)
		link = &(*link)->next;
	return unlink(queue, link);
}

bool fut_queue_remove(struct fut_queue *queue, const struct fut_task *task)
{
	struct fut_task **link = &queue->head;

	while (*link != NULL && *link != task)
		link = &(*link)->next;
	return *link != NULL && unlink(queue, link) != NULL;
}

struct fut_task *fut_queue_pop_oldest(struct fut_queue *queue)
{
	struct fut_task **at = &queue->head;

	while (*at != NULL && (*at)->place != FUT_PLACE_QUEUED)
		at = &(*at)->next;
	return *at != NULL ? unlink(queue, at) : NULL;
}
