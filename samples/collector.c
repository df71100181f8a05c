/*
 * collector: data from many APIs, in three ways that differ in one line each:
 * one after another; a pool of workers that block; event-driven, all on one
 * thread.
 *
 *	samples/collector --way=loop URL...
 *	samples/collector --table
 *	samples/collector --scrape --depth=2 URL
 *
 * Main's thread runs a reactor whatever the way, and the answers arrive there,
 * so nothing needs a lock: each is counted, and starts the next request.  A way
 * is where a request is made: on that loop, which stands still meanwhile; on a
 * pool; or nowhere, as libcurl's multi interface does it.  One that fails, or
 * takes too long, is a row of its own, and holds up nobody.
 */
#define _GNU_SOURCE
#include "collector.h"
#include "reactor.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

const char *const way_names[WAYS] = { "sequential", "pool", "loop" };

/* Descriptors of a thread that blocks: a socket, and two to wake it by. */
enum { POOL_EACH = 3 };

struct collector {
	const struct options *options;
	enum way way;
	struct request *requests;
	size_t started, done;
	size_t at_once;		/* started and not done */
	struct reactor *reactor;
	future_executor_t *loop;	/* the reactor's */
	future_executor_t *pool;
};

/* libcurl has some of a body. */
static size_t take(char *data, size_t size, size_t count, void *arg)
{
	struct request *request = arg;

	request->bytes += size * count;
	request->checksum = adler(request->checksum, data, size * count);
	return size * count;
}

CURL *request_set_up(CURL *easy, const struct request *request,
	curl_write_callback write, void *arg)
{
	if (easy == NULL)
		return NULL;
	curl_easy_setopt(easy, CURLOPT_URL, request->url);
	curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, write);
	curl_easy_setopt(easy, CURLOPT_WRITEDATA, arg);
	curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)request->timeout_ms);
	curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
	/* Older ones follow to FTP as well. */
#if LIBCURL_VERSION_NUM >= 0x075500
	curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(easy, CURLOPT_REDIR_PROTOCOLS_STR, "http,https");
#endif
	return easy;
}

static CURL *set_up(CURL *easy, struct request *request)
{
	if (request_set_up(easy, request, take, request) == NULL)
		return NULL;
	curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 1L);
	curl_easy_setopt(easy, CURLOPT_MAXREDIRS, 10L);
	/* Many wait, and what they wait for is small. */
	curl_easy_setopt(easy, CURLOPT_BUFFERSIZE, 1024L);
	request->begin = future_now();
	request->checksum = 1;
	return easy;
}

/* What libcurl knows of a request that was answered. */
static void note(struct request *request, CURL *easy)
{
	curl_off_t sent_us = 0, end_us = 0;
	long status = 0;

	curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
	curl_easy_getinfo(easy, CURLINFO_PRETRANSFER_TIME_T, &sent_us);
	curl_easy_getinfo(easy, CURLINFO_TOTAL_TIME_T, &end_us);
	request->status = (int)status;
	request->sent_ns = sent_us * 1000;
	request->end_ns = end_us * 1000;
}

/* A thread that blocks has a handle of its own, which keeps its connection. */
static _Thread_local CURL *handle;

static void handle_open(void *arg)
{
	(void)arg;
	handle = curl_easy_init();
}

static void handle_close(void *arg)
{
	(void)arg;
	curl_easy_cleanup(handle);
}

/* A task that blocks until there is an answer. */
static future_result_t get(void *arg)
{
	struct request *request = arg;
	CURLcode code;

	if (set_up(handle, request) == NULL)
		return future_fail(ENOMEM);
	code = curl_easy_perform(handle);
	if (code != CURLE_OK)
		return future_fail(REACTOR_CURL - (int)code);
	note(request, handle);
	return future_ok(NULL);
}

/* The three ways. */
static future_t *start(struct collector *c, struct request *request)
{
	switch (c->way) {
	case SEQUENTIAL:
		return future_submit(c->loop, get, request);
	case POOL:
		return future_submit(c->pool, get, request);
	default:
		return reactor_transfer(c->reactor,
			set_up(curl_easy_init(), request), NULL, NULL);
	}
}

/* Only here is one counted. */
static void over(struct request *request, int error)
{
	struct collector *c = request->collector;
	size_t done = ++c->done, count = c->options->count;

	request->error = error;
	if (done * 10 / count != (done - 1) * 10 / count &&
	    !c->options->table)
		fprintf(stderr, "%s: %zu of %zu done\n", way_names[c->way],
			done, count);
}

static future_result_t arrived(future_result_t in, void *arg);

static void start_next(struct collector *c)
{
	struct request *request = &c->requests[c->started];

	*request = (struct request){ .collector = c,
		.url = c->options->urls[c->started % c->options->url_count],
		.timeout_ms = c->options->timeout_ms };
	c->started++;
	FUTURE_AUTO future_t *answer = start(c, request);
	FUTURE_AUTO future_t *end = future_handle_on(answer, c->loop, arrived,
		request);

	/* It runs on this thread, so not yet; and not at all without memory. */
	if (future_state(end) == FUTURE_FAILED) {
		future_cancel(answer);
		over(request, ENOMEM);
	}
}

/* As many as may be; and the end, when all of them are over. */
static void start_more(struct collector *c)
{
	while (c->started < c->options->count &&
	       c->started - c->done < c->at_once)
		start_next(c);
	if (c->done == c->options->count)
		reactor_stop(c->reactor);
}

/* On the loop: an answer, or why there is none. */
static future_result_t arrived(future_result_t in, void *arg)
{
	struct request *request = arg;

	if (in.value != NULL)
		note(request, in.value);	/* the handle of a transfer */
	over(request, in.error);
	start_more(request->collector);
	return future_ok(NULL);
}

size_t raise_limit(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
		return 0;
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
	return limit.rlim_max;
}

/* The lesser of both, if there are descriptors for so many requests at once. */
static size_t afford(size_t one, size_t other, size_t each)
{
	const size_t spare = 32;	/* for what else there is */
	size_t limit = raise_limit(), want = one < other ? one : other;

	if (want * each + spare > limit) {
		want = limit >= spare + each ? (limit - spare) / each : 1;
		fprintf(stderr, "collector: %zu descriptors at most: %zu at "
			"once\n", limit, want);
	}
	return want;
}

static int run(struct collector *c)
{
	const struct options *options = c->options;
	future_pool_options_t pool = { .name = "worker",
		.on_thread_start = handle_open,
		.on_thread_stop = handle_close };
	int error = 0;

	c->at_once = c->way == SEQUENTIAL ? 1 : options->at_once;
	if (c->way == LOOP)
		c->at_once = afford(options->count, options->at_once, 1);
	if (c->way == POOL) {
		pool.threads = afford(options->count, options->workers,
			POOL_EACH);
		error = future_pool_new(&pool, &c->pool);
	}
	if (error != 0)
		return error;
	start_more(c);
	error = reactor_run(c->reactor);
	c->started = c->options->count;		/* also on an error */
	future_executor_unref(c->pool);
	return error;
}

int collect(const struct options *options, enum way way,
	struct request **ret_requests)
{
	struct collector c = { .way = way, .options = options,
		.requests = calloc(options->count, sizeof(*c.requests)) };
	int error = c.requests == NULL ||
		curl_global_init(CURL_GLOBAL_ALL) != CURLE_OK ? ENOMEM :
		reactor_new(&c.reactor);

	if (error == 0) {
		c.loop = reactor_loop(c.reactor);
		handle_open(NULL);
		error = run(&c);
		handle_close(NULL);
		reactor_free(c.reactor);
	}
	curl_global_cleanup();
	if (error == 0)
		*ret_requests = c.requests;
	else
		free(c.requests);
	return error;
}

int complain(const char *what, int error)
{
	fprintf(stderr, "collector: %s: %s\n", what, reactor_strerror(error));
	return 1;
}

/* One way, and what it got. */
static int single(const struct options *options)
{
	struct request *requests;
	struct figures figures;
	future_time_t begin = future_now();
	int error = collect(options, options->way, &requests);

	if (error != 0)
		return complain(way_names[options->way], error);
	figures_take(requests, options->count, begin, &figures);
	error = requests_print(requests, options->count);
	figures_print(options->way, &figures);
	free(requests);
	if (error != 0)
		return complain("output", error);
	return figures.reasons[THERE] < options->count;
}

int main(int argc, char **argv)
{
	struct options options;
	struct server server;
	int status, error;
	bool own;

	if (!options_read(argc, argv, &options, &status))
		return status;
	if (options.table)
		return table(&options);
	own = options.url_count == 0;
	error = own ? own_server_start(&options, &server) : 0;
	if (error != 0)
		return complain("server", error);
	status = options.scrape ? scrape(&options) : single(&options);
	if (own)
		own_server_stop(&options, &server);
	return status;
}
