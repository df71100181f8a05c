/*
 * Four ways to wait for a download, and what each of them costs.
 *
 *	samples/four_models			from a server of its own
 *	samples/four_models --svg picture.svg
 *	samples/four_models --trace trace.json	for https://ui.perfetto.dev
 *	samples/four_models http://host/a http://host/b
 *
 * The four models are the four functions below; the rest is measuring.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <future.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "options.h"
#include "picture.h"
#include "report.h"
#include "run.h"
#include "server.h"

#define NEXT_WORK 64	/* units, after each body, in models 1 to 3 */

/*
 * 1: synchronous and blocking.  Main sleeps in connect and in read, and does
 * nothing else until the body is there.
 */
static int synchronous_blocking(struct run *run)
{
	for (size_t i = 0; i < run->count; i++) {
		struct job *job = &run->jobs[i];
		struct http_body *body;

		run_ask(run, job);
		timeline_enter(&run->timeline, SPAN_BLOCKED);
		int error = http_get(job->url, run->timeout_ms, &body);

		timeline_leave(&run->timeline);
		if (error != 0)
			return run_fail(run, job, error);
		job->checksum = run_check(job, body);
		http_body_free(body);
		run_work(run, NEXT_WORK);
	}
	return 0;
}

/*
 * 2: synchronous and non-blocking.  No call blocks, but main asks again and
 * again until the body is there: as long a wait, and all of it CPU time.
 */
static int synchronous_nonblocking(struct run *run)
{
	for (size_t i = 0; i < run->count; i++) {
		struct job *job = &run->jobs[i];
		struct http_body *body;
		struct http *http;

		run_ask(run, job);
		int error = http_new(job->url, run->timeout_ms, &http);

		if (error != 0)
			return run_fail(run, job, error);
		timeline_enter(&run->timeline, SPAN_POLLING);
		do {
			error = http_poll(http, &body);
			run->polls++;
		} while (error == EAGAIN);
		timeline_leave(&run->timeline);
		http_free(http);
		if (error != 0)
			return run_fail(run, job, error);
		job->checksum = run_check(job, body);
		http_body_free(body);
		run_work(run, NEXT_WORK);
	}
	return 0;
}

/* The task of models 3 and 4.  It runs on a worker, which may block. */
static future_result_t fetch(void *arg)
{
	struct job *job = arg;
	struct run *run = job->run;
	struct http_body *body;

	timeline_enter(&run->timeline, SPAN_FETCHING);
	int error = http_get(job->url, run->timeout_ms, &body);

	timeline_leave(&run->timeline);
	return error == 0 ? future_own(body, http_body_free)
			  : future_fail(error);
}

/* By name, which a trace shows; else future_submit(run->pool, fetch, job). */
static future_t *submit_fetch(const struct run *run, struct job *job)
{
	const future_task_t task = { .fn = fetch, .arg = job, .name = "fetch" };

	return future_submit_with(run->pool, &task);
}

/*
 * 3: asynchronous and blocking.  A worker does the download, but main waits
 * for it at once: nothing is won but the thread that does the waiting.
 */
static int asynchronous_blocking(struct run *run)
{
	for (size_t i = 0; i < run->count; i++) {
		struct job *job = &run->jobs[i];

		run_ask(run, job);
		FUTURE_AUTO future_t *page = submit_fetch(run, job);

		timeline_enter(&run->timeline, SPAN_BLOCKED);
		future_result_t result = future_get(page);

		timeline_leave(&run->timeline);
		run->gets++;
		if (result.error != 0)
			return run_fail(run, job, result.error);
		job->checksum = run_check(job, result.value);
		run_work(run, NEXT_WORK);
	}
	return 0;
}

/* The continuation of model 4: runs on a worker when its body is there. */
static future_result_t check(future_result_t in, void *arg)
{
	uint64_t checksum = run_check(arg, in.value);

	return future_copy(&checksum, sizeof(checksum));
}

/* Asks for every body, and returns the future of all the checksums. */
static future_t *ask_for_all(struct run *run)
{
	future_t **checksums = calloc(run->count, sizeof(future_t *));

	if (checksums == NULL)
		return future_ready(future_fail(ENOMEM));
	for (size_t i = 0; i < run->count; i++) {
		struct job *job = &run->jobs[i];
		const future_continuation_t then_check = {
			.fn = check, .arg = job, .name = "check"
		};

		run_ask(run, job);
		FUTURE_AUTO future_t *page = submit_fetch(run, job);

		checksums[i] = future_then_with(page, &then_check);
	}
	future_t *all = future_all(checksums, run->count);

	for (size_t i = 0; i < run->count; i++)
		future_unref(checksums[i]);
	free(checksums);
	return all;
}

/*
 * 4: asynchronous and non-blocking.  Main says what is to be done with each
 * body when it comes, and goes on.  Between two units of its own work it looks
 * whether the last continuation has run; then there is nothing to wait for.
 */
static int asynchronous_nonblocking(struct run *run)
{
	FUTURE_AUTO future_t *all = ask_for_all(run);

	while (future_state(all) == FUTURE_PENDING)
		run_work(run, 1);

	timeline_enter(&run->timeline, SPAN_BLOCKED);
	future_result_t result = future_get(all);

	timeline_leave(&run->timeline);
	run->gets++;

	const future_result_t *each = result.value;

	for (size_t i = 0; each != NULL && i < run->count; i++) {
		struct job *job = &run->jobs[i];

		if (each[i].error == 0)
			job->checksum = *(const uint64_t *)each[i].value;
		else if (each[i].error == result.error)
			return run_fail(run, job, result.error);
	}
	return result.error == 0 ? 0 : run_fail(run, NULL, result.error);
}

static const struct model {
	const char *name;
	int (*run)(struct run *run);
	bool has_pool;
} models[] = {
	{ "1 synchronous blocking", synchronous_blocking, false },
	{ "2 synchronous non-blocking", synchronous_nonblocking, false },
	{ "3 asynchronous blocking", asynchronous_blocking, true },
	{ "4 asynchronous non-blocking", asynchronous_nonblocking, true },
};

static int complain(const char *what, int error)
{
	char buffer[128];

	fprintf(stderr, "four_models: %s%s%s\n", what != NULL ? what : "",
		what != NULL ? ": " : "",
		http_strerror(error, buffer, sizeof(buffer)));
	return EXIT_FAILURE;
}

/* Prints where it serves, and does so until standard input ends. */
static int serve(const struct options *options)
{
	int listener;
	unsigned port;
	int error = server_listen(&listener, &port);

	if (error != 0)
		return complain("cannot serve", error);
	printf("http://127.0.0.1:%u\n", port);
	if (fflush(stdout) != 0)
		error = errno;
	else
		error = server_run(&options->server, listener, STDIN_FILENO);
	close(listener);
	return error == 0 ? EXIT_SUCCESS : complain("cannot serve", error);
}

static int report(const struct options *options, const struct run *runs,
	size_t count)
{
	if (options->tsv)
		report_print_tsv(stdout, runs, count);
	else
		report_print(stdout, runs, count);
	if (fflush(stdout) != 0)
		return complain("standard output", errno);
	int error = options->svg == NULL ? 0
		: picture_write(options->svg, runs, count);

	if (error != 0)
		return complain(options->svg, error);
	if (!report_agrees(runs, count)) {
		fputs("four_models: the models got different bytes\n", stderr);
		return EXIT_FAILURE;
	}
	return EXIT_SUCCESS;
}

static int compare(const struct options *options, const struct http_url *urls)
{
	struct run_options what = { .urls = urls, .count = options->count,
		.timeout_ms = options->timeout_ms };
	struct run runs[MODELS];
	size_t count = 0;
	int status = EXIT_SUCCESS;

	for (int i = 0; i < MODELS && status == EXIT_SUCCESS; i++) {
		struct run *run = &runs[count];

		if (!options->models[i])
			continue;
		what.threads = models[i].has_pool ? options->threads : 0;
		int error = run_init(run, models[i].name, &what);

		if (error != 0) {
			status = complain(models[i].name, error);
			break;
		}
		count++;
		if (isatty(STDERR_FILENO))
			fprintf(stderr, "%s ...\n", models[i].name);
		error = run_model(run, models[i].run, what.threads);
		if (error != 0)
			status = complain(run->culprit != NULL
				? run->culprit->url->text : run->name, error);
	}
	if (status == EXIT_SUCCESS)
		status = report(options, runs, count);
	while (count > 0)
		run_fini(&runs[--count]);
	return status;
}

static int compare_traced(const struct options *options,
	const struct http_url *urls)
{
	int error = options->trace == NULL ? 0
		: future_trace_open(options->trace);

	if (error != 0)
		return complain(options->trace, error);
	int status = compare(options, urls);

	error = options->trace == NULL ? 0 : future_trace_close();
	return error == 0 ? status : complain(options->trace, error);
}

/* The URLs as given, in turn, or those of the server of its own. */
static int url_read(const struct options *options, size_t which,
	unsigned port, struct http_url *ret_url)
{
	char own[64];
	const char *text = own;

	if (options->url_count > 0)
		text = options->urls[which % options->url_count];
	else
		snprintf(own, sizeof(own), "http://127.0.0.1:%u/%zu", port,
			which + 1);
	int error = http_url_init(ret_url, text);

	if (error != 0)
		complain(text, error);
	return error;
}

/* Before the work, not after it. */
static bool can_write(const char *file)
{
	FILE *out = fopen(file, "we");

	if (out == NULL) {
		complain(file, errno);
		return false;
	}
	fclose(out);
	return true;
}

static int download(const struct options *options, unsigned port)
{
	struct http_url *urls = calloc(options->count, sizeof(*urls));
	size_t count = 0;
	int status = 2;

	if (urls == NULL)
		return complain(NULL, ENOMEM);
	while (count < options->count &&
	    url_read(options, count, port, &urls[count]) == 0)
		count++;
	if (count == options->count)
		status = compare_traced(options, urls);
	while (count > 0)
		http_url_fini(&urls[--count]);
	free(urls);
	return status;
}

int main(int argc, char **argv)
{
	struct options options;
	struct server server;
	int status;

	setlocale(LC_CTYPE, "");
	if (!options_read(argc, argv, &options, &status))
		return status;
	if (options.serve)
		return serve(&options);
	if (options.svg != NULL && !can_write(options.svg))
		return EXIT_FAILURE;
	if (options.url_count > 0)
		return download(&options, 0);

	int error = server_start(&options.server, &server);

	if (error != 0)
		return complain("cannot start the server", error);
	status = download(&options, server.port);
	server_stop(&server);
	return status;
}
