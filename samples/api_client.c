/*
 * A client that may make so many calls a second, of a server that fails one in
 * five: things are asked for in batches, each call waits for its permit, and a
 * batch is tried again, a little later each time, until it is there.
 *
 *	samples/api_client
 *
 * No thread waits for a permit, or for the time to try again: the four workers
 * only download.  The server is in the same process, on loopback; it draws what
 * it fails from a seed.  Progress goes to stderr.  Exits with 0 if every batch
 * came, and no call too early; 1 if not, 2 if it could not be tried.
 */
#define _GNU_SOURCE
#include "http.h"
#include "server.h"

#include <future.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum {
	THINGS = 400,
	BATCH = 5,		/* in one call */
	BATCHES = THINGS / BATCH,
	RATE = 50,		/* calls a second */
	BURST = 5,
	ATTEMPTS = 8,
	SIZE = 1000,		/* bytes of an answer */
	MOST = BATCHES * ATTEMPTS
};

struct client {
	future_executor_t *pool;
	future_limiter_t *limiter;
	unsigned port;
	future_time_t begin;
	atomic_int calls;
	atomic_int failures;
	int64_t call_ns[MOST];	/* since the beginning */
};

struct batch {
	struct client *client;
	int first;		/* of its things */
};

static int download(const struct batch *batch, struct http_body **ret_body)
{
	struct http_url url;
	char text[80];
	int error;

	snprintf(text, sizeof(text), "http://127.0.0.1:%u/%d?count=%d",
		batch->client->port, batch->first + 1, BATCH);
	error = http_url_init(&url, text);
	if (error != 0)
		return error;
	error = http_get(&url, 10000, ret_body);
	http_url_fini(&url);
	return error;
}

/* With a permit, on a worker. */
static future_result_t call(future_result_t permit, void *arg)
{
	struct batch *batch = arg;
	struct client *client = batch->client;
	struct http_body *body;
	int error, nth = atomic_fetch_add(&client->calls, 1);

	(void)permit;
	client->call_ns[nth] = future_now().ns - client->begin.ns;
	error = download(batch, &body);
	if (error == 0)
		return future_own(body, http_body_free);
	atomic_fetch_add(&client->failures, 1);
	return future_fail(error);
}

/* One attempt. */
static future_result_t fetch(void *arg)
{
	struct batch *batch = arg;
	FUTURE_AUTO future_t *permit = future_limiter_acquire_async(
		batch->client->limiter, 1);

	return future_follow(future_then_on(permit, batch->client->pool, call,
		batch));
}

/* The server may be well again; what it does not have it never will. */
static bool is_passing(future_result_t failure, void *batch)
{
	(void)batch;
	return failure.error == HTTP_STATUS - 503;
}

/* Returns how many batches came, or an error as a negative number. */
static int await(future_completion_t *done)
{
	int error, came = 0, settled = 0;
	future_t *next;

	while ((error = future_completion_next(done, &next)) == 0) {
		future_result_t result = future_get(next);
		const struct http_body *body = result.value;

		came += result.error == 0 && body->length == SIZE;
		future_unref(next);
		if (++settled % 10 == 0)
			fprintf(stderr, "%d of %d\n", settled, BATCHES);
	}
	return error == ENOENT ? came : -error;
}

static int fetch_all(struct client *client, future_completion_t *done)
{
	struct batch *batches = calloc(BATCHES, sizeof(*batches));
	future_t *fetches[BATCHES];
	int error = batches == NULL ? ENOMEM : 0, came;

	for (int i = 0; error == 0 && i < BATCHES; i++) {
		batches[i] = (struct batch){ client, i * BATCH };
		fetches[i] = future_retry(client->pool, &(future_retry_t){
			.attempts = ATTEMPTS, .backoff_ns = 10000000,
			.cap_ns = 100000000, .jitter = (uint64_t)i + 1,
			.worth = is_passing, .fn = fetch,
			.arg = &batches[i] });
		error = future_completion_add(done, fetches[i]);
		future_unref(fetches[i]);
	}
	came = error != 0 ? -error : await(done);
	/* On an error some still run, with what is freed here. */
	future_executor_cancel(client->pool);
	(void)!future_executor_join(client->pool, FUTURE_FOREVER);
	free(batches);
	return came;
}

/*
 * After so long there may have been so many, and no more.  A call is noted
 * after it was permitted: so this holds from the beginning to each of them.
 */
static int too_early(const struct client *client)
{
	int early = 0, calls = client->calls;

	for (int i = 0; i < calls; i++) {
		int before = 0;

		for (int j = 0; j < calls; j++)
			before += client->call_ns[j] <= client->call_ns[i];
		early += before > BURST + 1 +
			client->call_ns[i] * RATE / 1000000000;
	}
	return early;
}

static int report(const struct client *client, int came)
{
	double seconds = (double)(future_now().ns - client->begin.ns) / 1e9;
	int early = too_early(client);

	if (came < 0) {
		fprintf(stderr, "api_client: %s\n", future_strerror(-came));
		return 2;
	}
	printf("%d calls, %d retries, %d failures, %d of %d batches\n",
		client->calls, client->calls - BATCHES, client->failures, came,
		BATCHES);
	printf("%.2f s, %.1f calls a second of %d, %d too early\n", seconds,
		(client->calls - BURST) / seconds, RATE, early);
	return came != BATCHES || early != 0;
}

/* The server, on a pool of its own. */

struct service {
	struct server_options options;
	int listener, leash[2];
};

static future_result_t serve(void *arg)
{
	struct service *service = arg;

	return future_ok_int(server_run(&service->options, service->listener,
		service->leash[0]));
}

static int run(unsigned port)
{
	struct client *client = calloc(1, sizeof(*client));
	future_completion_t *done = NULL;
	int status = 2;

	if (client == NULL)
		return status;
	client->port = port;
	client->begin = future_now();
	if (future_completion_new(&done) == 0 && future_limiter_new(RATE,
			1000000000, BURST, &client->limiter) == 0 &&
	    future_pool_new(&(future_pool_options_t){ .threads = 4 },
			&client->pool) == 0)
		status = report(client, fetch_all(client, done));
	future_completion_free(done);
	future_executor_unref(client->pool);
	future_limiter_unref(client->limiter);
	free(client);
	return status;
}

/* Runs `service` while the client does. */
static int run_beside(struct service *service, unsigned port)
{
	future_executor_t *pool;
	future_t *served;
	int status;

	if (future_pool_new(&(future_pool_options_t){ .threads = 1,
			.name = "server" }, &pool) != 0)
		return 2;
	served = future_submit(pool, serve, service);
	status = run(port);
	if (write(service->leash[1], "", 1) != 1)
		abort();
	(void)!future_wait(served, FUTURE_FOREVER);
	future_unref(served);
	future_executor_unref(pool);
	return status;
}

int main(void)
{
	struct service service = { .options = { .body_size = SIZE,
		.delay_ms = 10, .fail_one_in = 5, .seed = 2026 } };
	int status = 2;
	unsigned port;

	if (server_listen(&service.listener, &port) != 0)
		return status;
	if (pipe(service.leash) == 0) {
		status = run_beside(&service, port);
		close(service.leash[0]);
		close(service.leash[1]);
	}
	close(service.listener);
	return status;
}
