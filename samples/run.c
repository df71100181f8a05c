/* See run.h. */
#define _GNU_SOURCE
#include "run.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define FIRST_CANDIDATE 1000000
#define UNIT 1000		/* candidates in a unit of other work */

int run_init(struct run *run, const char *name,
	const struct run_options *options)
{
	/* A thread does at most four things for a body, and a few beside. */
	size_t spans = options->count * 4 + 4;

	*run = (struct run){ .name = name, .count = options->count,
		.timeout_ms = options->timeout_ms,
		.candidate = FIRST_CANDIDATE };
	run->jobs = calloc(options->count, sizeof(*run->jobs));
	if (run->jobs == NULL)
		return ENOMEM;
	for (size_t i = 0; i < run->count; i++) {
		run->jobs[i].run = run;
		run->jobs[i].url = &options->urls[i];
	}
	int error = timeline_init(&run->timeline, options->threads + 1, spans);

	if (error != 0)
		free(run->jobs);
	return error;
}

void run_fini(struct run *run)
{
	timeline_fini(&run->timeline);
	free(run->jobs);
}

static int64_t cpu_ns(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

int run_model(struct run *run, int (*model)(struct run *run), size_t threads)
{
	future_pool_options_t options = {
		.threads = threads,
		.name = "worker",
		.on_thread_start = timeline_join,
		.hook_arg = &run->timeline,
	};
	int error = threads > 0 ? future_pool_new(&options, &run->pool) : 0;

	if (error != 0)
		return run_fail(run, NULL, error);
	int64_t before_ns = cpu_ns(CLOCK_PROCESS_CPUTIME_ID);

	timeline_start(&run->timeline);
	error = model(run);
	timeline_stop(&run->timeline);
	run->cpu_ns = cpu_ns(CLOCK_PROCESS_CPUTIME_ID) - before_ns;

	/* What is still queued after a failure need not be downloaded. */
	if (error != 0 && run->pool != NULL)
		future_executor_cancel(run->pool);
	future_executor_unref(run->pool);
	run->pool = NULL;
	return error;
}

void run_ask(struct run *run, struct job *job)
{
	job->asked_ns = timeline_now_ns(&run->timeline);
	run->asked++;
}

static uint64_t fnv1a(uint64_t hash, const void *data, size_t length)
{
	const unsigned char *bytes = data;

	for (size_t i = 0; i < length; i++)
		hash = (hash ^ bytes[i]) * UINT64_C(0x100000001b3);
	return hash;
}

#define FNV1A_START UINT64_C(0xcbf29ce484222325)

uint64_t run_check(struct job *job, const struct http_body *body)
{
	struct timeline *timeline = &job->run->timeline;

	job->arrived_ns = timeline_now_ns(timeline);
	job->length = body->length;
	timeline_enter(timeline, SPAN_CHECKING);
	uint64_t checksum = fnv1a(FNV1A_START, body->data, body->length);

	timeline_leave(timeline);
	return checksum;
}

static bool is_prime(uint64_t number)
{
	if (number % 2 == 0)
		return false;
	for (uint64_t divisor = 3; divisor * divisor <= number; divisor += 2)
		if (number % divisor == 0)
			return false;
	return true;
}

static void work_unit(struct run *run)
{
	int64_t before_ns = cpu_ns(CLOCK_THREAD_CPUTIME_ID);

	timeline_enter(&run->timeline, SPAN_WORKING);
	for (int i = 0; i < UNIT; i++)
		run->primes += is_prime(run->candidate++);
	timeline_leave(&run->timeline);
	run->units++;
	run->work_cpu_ns += cpu_ns(CLOCK_THREAD_CPUTIME_ID) - before_ns;
}

void run_work(struct run *run, unsigned units)
{
	while (run->went_on < run->asked)
		run->jobs[run->went_on++].went_on_ns =
			timeline_now_ns(&run->timeline);
	while (units-- > 0)
		work_unit(run);
}

int run_fail(struct run *run, struct job *job, int error)
{
	run->culprit = job;
	run->error = error;
	return error;
}

int64_t run_blocked_ns(const struct run *run)
{
	const int64_t *total_ns = run->timeline.lanes[0].total_ns;

	return total_ns[SPAN_BLOCKED] + total_ns[SPAN_POLLING];
}

size_t run_bytes(const struct run *run)
{
	size_t bytes = 0;

	for (size_t i = 0; i < run->count; i++)
		bytes += run->jobs[i].length;
	return bytes;
}

uint64_t run_checksum(const struct run *run)
{
	uint64_t hash = FNV1A_START;

	for (size_t i = 0; i < run->count; i++)
		hash = fnv1a(hash, &run->jobs[i].checksum,
			sizeof(run->jobs[i].checksum));
	return hash;
}

/*
 * Main goes on after the data with its next work, or before: then the data
 * arrives while it is at it.  The words say which.
 */
const char *job_order(const struct job *job, char buffer[ORDER_SIZE])
{
	bool early = job->went_on_ns != 0 &&
		job->went_on_ns < job->arrived_ns;
	const char *words[] = { "request",
		early ? "data arrived" : "data",
		early ? "I go on" : "next work" };
	int64_t at_ns[] = { job->asked_ns, job->arrived_ns, job->went_on_ns };
	size_t used = 0;

	buffer[0] = '\0';
	for (int place = 1; place <= 3; place++) {
		int first = -1;

		for (int i = 0; i < 3; i++)
			if (at_ns[i] != 0 &&
			    (first < 0 || at_ns[i] < at_ns[first]))
				first = i;
		if (first < 0)
			break;
		used += (size_t)snprintf(buffer + used, ORDER_SIZE - used,
			"%s%d %s", place > 1 ? ", " : "", place, words[first]);
		at_ns[first] = 0;
	}
	return buffer;
}
