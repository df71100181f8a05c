/*
 * Floor 4: a first-in first-out queue of tasks, some of them husks.
 *
 * All under the lock of whoever embeds it.
 */
#ifndef FUT_QUEUE_H
#define FUT_QUEUE_H

#include "task.h"

struct fut_queue {
	struct fut_task *head;
	struct fut_task **tail;
	size_t length;		/* tasks and husks */
	size_t husks;
};

static inline void fut_queue_init(struct fut_queue *queue)
{
	queue->head = NULL;
	queue->tail = &queue->head;
	queue->length = queue->husks = 0;
}

/* Accepted and not started. */
static inline size_t fut_queue_live(const struct fut_queue *queue)
{
	return queue->length - queue->husks;
}

static inline void fut_queue_push(struct fut_queue *queue,
	struct fut_task *task, enum fut_task_place place)
{
	task->next = NULL;
	task->place = (uint8_t)place;
	*queue->tail = task;
	queue->tail = &task->next;
	queue->length++;
}

/* The oldest, husk or not; the queue is not empty. */
static inline struct fut_task *fut_queue_pop(struct fut_queue *queue)
{
	struct fut_task *task = queue->head;

	queue->head = task->next;
	if (queue->head == NULL)
		queue->tail = &queue->head;
	queue->length--;
	if (task->place == FUT_PLACE_HUSK)
		queue->husks--;
	task->place = FUT_PLACE_NONE;
	return task;
}

/* Marks a task that will not start; false if it is not in the queue. */
bool fut_queue_mark(struct fut_queue *queue, struct fut_task *task);

/*
 * Takes husks out: those in front, and all of them once they are many and more
 * than half; so each task is looked at once for every husk that came.  Returns
 * them as a list.
 */
struct fut_task *fut_queue_sweep(struct fut_queue *queue);

/* Takes everything out, husks too, as a list in order. */
struct fut_task *fut_queue_drain(struct fut_queue *queue);

/* Any one: counted from the oldest, which is 0; there are more than that. */
struct fut_task *fut_queue_take(struct fut_queue *queue, size_t at);

/* Takes a task out; false if it is not in the queue. */
bool fut_queue_remove(struct fut_queue *queue, const struct fut_task *task);

/* The oldest that may be discarded, taken out; NULL if there is none. */
struct fut_task *fut_queue_pop_oldest(struct fut_queue *queue);

#endif
