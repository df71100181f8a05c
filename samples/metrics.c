/*
 * Metrics: what a pool, a lane and a loop did, as text for Prometheus.
 *
 *	samples/metrics [REQUESTS [NAME]]	5000; of the pool
 *
 * Requests are digested on the pool, entered in a ledger on the lane, one at a
 * time, and answered on the loop, which is this thread.  A server prints the
 * text when it is asked for /metrics; that holds up no worker.  A rate is two
 * readings and a subtraction, so it is left to who reads the text; that of the
 * second half is on the standard error.
 */
#include "prometheus.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

enum { POOL, LANE, LOOP, SOURCES, THREADS = 2 };

static const char *names[SOURCES] = { "digests", "ledger", "answers" };
static future_executor_t *executors[SOURCES];

#define AT(member) offsetof(future_executor_stats_t, member)

/* Of each, the number that stands `at` so many bytes. */
static void print_each(const char *metric, const char *type,
	const char *help, size_t at)
{
	future_executor_stats_t stats;

	prometheus_head(metric, type, help);
	for (int i = 0; i < SOURCES; i++) {
		future_executor_stats(executors[i], &stats);
		prometheus_number(metric, LABELS("executor", names[i]),
			(double)*(size_t *)(void *)((char *)&stats + at));
	}
}

/* A loop keeps no time. */
static void print_times(const char *metric, const char *help, bool running)
{
	future_executor_times_t times;

	prometheus_head(metric, "histogram", help);
	for (int i = POOL; i <= LANE; i++) {
		future_executor_times(executors[i], &times);
		prometheus_histogram(metric, LABELS("executor", names[i]),
			running ? &times.running : &times.queued);
	}
}

static void print_workers(const char *metric, const char *help)
{
	future_executor_worker_t workers[THREADS];
	char number[16];

	prometheus_head(metric, "counter", help);
	future_executor_workers(executors[POOL], THREADS, workers);
	for (int i = 0; i < THREADS; i++) {
		snprintf(number, sizeof(number), "%d", i);
		prometheus_number(metric, LABELS("worker", number),
			(double)workers[i].running_ns / 1e9);
	}
}

static void print_all(void)
{
	print_each("future_ok_total", "counter", "Succeeded.", AT(completed));
	print_each("future_failed_total", "counter", "Failed.", AT(failed));
	print_each("future_queued", "gauge", "Not started yet.", AT(queued));
	print_each("future_peak", "gauge", "Most ever queued.", AT(peak_queue));
	print_times("future_queued_seconds", "From submit to start.", false);
	print_times("future_running_seconds", "From start to return.", true);
	print_workers("future_busy_seconds_total", "In functions.");
}

static size_t entered, answered, asked;

/* Every tenth is bad. */
static future_result_t digest(void *number)
{
	uint32_t sum = 2166136261u;

	for (uint32_t i = 0; i < 4096; i++)
		sum = (sum ^ i) * 16777619u;
	return (intptr_t)number % 10 == 0 ? future_fail(EBADMSG) :
		future_ok_int((intptr_t)sum);
}

static future_result_t enter(future_result_t in, void *arg)
{
	(void)arg;
	entered++;		/* one at a time: no lock */
	return in;
}

static future_result_t answer(future_result_t in, void *arg)
{
	(void)arg;
	if (++answered == asked)
		future_loop_stop(executors[LOOP]);
	return in;
}

static void must(int error)
{
	if (error == 0)
		return;
	fprintf(stderr, "metrics: %s\n", future_strerror(error));
	exit(1);
}

/* Until all are answered, and the lane and the pool have come to rest. */
static void serve(size_t requests)
{
	for (size_t end = asked + requests; asked < end;) {
		FUTURE_AUTO future_t *digested = future_submit(executors[POOL],
			digest, (void *)++asked);
		FUTURE_AUTO future_t *entry = future_handle_on(digested,
			executors[LANE], enter, NULL);

		future_unref(future_handle_on(entry, executors[LOOP], answer,
			NULL));
	}
	while (answered < asked)
		must(future_loop_run(executors[LOOP]));
	must(future_executor_drain(executors[LANE], FUTURE_FOREVER));
	must(future_executor_drain(executors[POOL], FUTURE_FOREVER));
}

int main(int count, char **arguments)
{
	size_t requests = count > 1 ? strtoul(arguments[1], NULL, 10) : 5000;
	future_pool_options_t options = { .threads = THREADS, .timing = true };
	future_executor_times_t then, now;
	int64_t ns;

	if (count > 2)
		names[POOL] = arguments[2];
	must(future_pool_new(&options, &executors[POOL]));
	must(future_lane_new(executors[POOL], 1, &executors[LANE]));
	must(future_loop_new(&executors[LOOP]));
	serve(requests / 2);
	future_executor_times(executors[POOL], &then);
	ns = future_now().ns;
	serve(requests - requests / 2);
	future_executor_times(executors[POOL], &now);
	ns = future_now().ns - ns;
	fprintf(stderr, "%.0f requests a second\n", 1e9 / (double)ns *
		(double)(now.running.count - then.running.count));
	print_all();
	for (int i = LOOP; i >= POOL; i--)
		future_executor_unref(executors[i]);
	return entered != requests || answered != requests;
}
