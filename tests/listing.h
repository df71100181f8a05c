/*
 * What the tests of priorities share: tasks that write a letter, which says
 * their priority, into a list.
 *
 *	struct list list = LIST(pool_of(1));
 *
 *	list_add(&list, "lnh");
 *	gate_await(&list.door, 3);
 *	ck_assert_str_eq(list.text, "hnl");
 *
 * Who includes this has defined _GNU_SOURCE.
 */
#ifndef LISTING_H
#define LISTING_H

#include "support.h"

enum {
	LOW = FUTURE_PRIORITY_LOW,
	NORMAL = FUTURE_PRIORITY_NORMAL,
	HIGH = FUTURE_PRIORITY_HIGH
};

static inline int priority_of(char letter)
{
	return letter == 'l' ? LOW : letter == 'n' ? NORMAL : HIGH;
}

static inline future_t *submit_at(future_executor_t *executor, int priority,
	future_task_fn *fn, void *arg)
{
	return future_submit_with(executor, &(future_task_t){ .fn = fn,
		.arg = arg, .priority = priority });
}

/* What tasks wrote when they ran: room for more than a struct record has. */
struct list {
	future_executor_t *executor;
	struct gate door;	/* open: who has written comes through it */
	atomic_size_t length;
	char text[1000];
};

#define LIST(executor_) { .executor = (executor_), .door = GATE_OPEN }

struct entry {
	struct list *list;
	char letter;
};

static inline void write_down(struct list *list, char letter)
{
	size_t at = atomic_fetch_add(&list->length, 1);

	if (at < sizeof(list->text) - 1)
		list->text[at] = letter;
	gate_pass(&list->door);
}

static inline future_result_t list_task(void *arg)
{
	const struct entry *entry = arg;

	write_down(entry->list, entry->letter);
	return future_ok(NULL);
}

static inline future_result_t list_then(future_result_t in, void *arg)
{
	(void)in;
	return list_task(arg);
}

/* A task that writes `letter`, of the priority of that. */
static inline future_t *list_submit(struct list *list, char letter)
{
	struct entry entry = { list, letter };

	return future_submit_with(list->executor, &(future_task_t){
		.fn = list_task, .arg = &entry, .arg_size = sizeof(entry),
		.priority = priority_of(letter) });
}

static inline void list_add(struct list *list, const char *text)
{
	for (; *text != '\0'; text++)
		future_unref(list_submit(list, *text));
}

static inline void list_add_many(struct list *list, size_t count, char letter)
{
	while (count-- > 0)
		future_unref(list_submit(list, letter));
}

#endif
