/*
 * One request, many threads: every line that a request writes to the log has
 * its id, though no function is told that.  It goes over two pools, a lane, and
 * a promise that another thread settles, among others on the same threads.
 *
 * The id is a thread-local variable, carried by the hooks of the pools: capture
 * reads it where a task is submitted or a continuation is hung on, before sets
 * it where that runs, and after puts back what was there: who waits may run
 * what is another request's, here those that are earlier in the lane.
 */
#include <future.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

enum { REQUESTS = 8 };

static _Thread_local int request;	/* 0: none */

static future_executor_t *web, *cpu, *ledger;	/* two pools, a lane of web */
static future_channel_t *queries;	/* promises, for the database */

static void log_line(const char *what, const void *order)
{
	future_executor_t *here = future_current();

	printf("[%d] %s: %s order %d\n", request, here == web ? "web" :
		here == cpu ? "cpu" : "ledger", what, (int)(intptr_t)order);
}

static void *capture(void *unused)
{
	int *carried = malloc(sizeof(*carried));

	(void)unused;
	if (carried != NULL)	/* or else its lines have no id */
		*carried = request;
	return carried;
}

static void swap(int *carried)
{
	int id = request;

	if (carried == NULL)
		return;
	request = *carried;
	*carried = id;
}

static void before(void *unused, void *captured, const char *name)
{
	(void)unused, (void)name;
	swap(captured);
}

static void after(void *unused, void *captured, const char *name, int error)
{
	(void)unused, (void)name, (void)error;
	swap(captured);
}

static void release(void *unused, void *captured)
{
	(void)unused;
	free(captured);
}

/* The database, which knows nothing of requests. */
static void *serve_queries(void *arg)
{
	void *query;

	while (future_channel_recv(queries, &query) == 0) {
		future_promise_settle(query, future_ok(NULL));
		future_promise_free(query);
	}
	return arg;
}

static future_result_t render(future_result_t in, void *order)
{
	log_line("render", order);
	return in;
}

static future_result_t book(void *order)
{
	log_line("book", order);
	return future_ok(NULL);
}

static future_result_t answer(future_result_t in, void *order)
{
	FUTURE_AUTO future_t *booked = future_submit(ledger, book, order);

	in = future_get(booked);
	log_line("answer", order);
	return in;
}

static future_result_t parse(void *order)
{
	future_promise_t *query;
	int error = future_promise_new(web, &query);

	if (error != 0)
		return future_fail(error);
	log_line("parse", order);
	future_t *answered = FUTURE_CHAIN(future_promise_future(query),
		{ .fn = render, .arg = order, .executor = cpu },
		{ .fn = answer, .arg = order });	/* at home: on web */

	if (future_channel_send(queries, query) != 0)
		future_promise_free(query);
	return future_follow(answered);
}

int main(void)
{
	future_pool_options_t options = { .threads = 2, .capture = capture,
		.before = before, .after = after, .release = release };
	future_t *all[REQUESTS];
	pthread_t database;
	int failed = 0;

	if (future_pool_new(&options, &web) != 0 ||
	    future_pool_new(&options, &cpu) != 0 ||
	    future_lane_new(web, 1, &ledger) != 0 ||
	    future_channel_new(REQUESTS, NULL, &queries) != 0 ||
	    pthread_create(&database, NULL, serve_queries, NULL) != 0)
		return 1;
	for (request = 1; request <= REQUESTS; request++)
		all[request - 1] = future_submit(web, parse,
			(void *)(intptr_t)(1000 + request));
	for (int i = 0; i < REQUESTS; i++) {
		failed += future_get(all[i]).error != 0;
		future_unref(all[i]);
	}
	future_channel_close(queries);
	pthread_join(database, NULL);
	future_executor_unref(ledger);
	future_executor_unref(web);
	future_executor_unref(cpu);
	future_channel_unref(queries);
	return failed != 0;
}
