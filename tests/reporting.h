/* Reports, and what stands in them.  Include it first, with _GNU_SOURCE. */
#ifndef REPORTING_H
#define REPORTING_H

#include "support.h"

#include <stdio.h>
#include <string.h>

static char *text;

/* The report as it is now; freed by the next one. */
static inline const char *report(void)
{
	size_t size;
	FILE *stream;

	free(text);
	stream = open_memstream(&text, &size);
	ck_assert_ptr_nonnull(stream);
	ck_assert_int_eq(future_report(stream), 0);
	fclose(stream);
	return text;
}

static inline void says(const char *what)
{
	ck_assert_msg(strstr(text, what) != NULL, "no \"%s\" in\n%s", what,
		text);
}

static inline void says_not(const char *what)
{
	ck_assert_msg(strstr(text, what) == NULL, "\"%s\" in\n%s", what, text);
}

static inline future_executor_t *pool_named(const char *name, size_t threads)
{
	future_pool_options_t options = { .threads = threads, .name = name,
		.timing = true };
	future_executor_t *pool = NULL;

	ck_assert_int_eq(future_pool_new(&options, &pool), 0);
	return pool;
}

static inline future_t *task(future_executor_t *executor, const char *name,
	future_task_fn *fn, void *arg)
{
	const future_task_t task = { .fn = fn, .arg = arg, .name = name };

	return future_submit_with(executor, &task);
}

/* Until the report says so: another thread is on its way there. */
static inline void await_text(const char *what)
{
	while (strstr(report(), what) == NULL)
		sched_yield();
}

/* It waits for a future_event_t. */
static inline future_result_t wait_for_event(void *event)
{
	ck_assert_int_eq(future_event_wait(event), 0);
	return future_ok(NULL);
}

#endif
