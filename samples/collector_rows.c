/* Requests as rows, and what they add up to. */
#define _GNU_SOURCE
#include "collector.h"
#include "reactor.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

uint32_t adler(uint32_t sum, const char *data, size_t size)
{
	uint32_t a = sum & 0xffff, b = sum >> 16;

	while (size > 0) {
		/* So many cannot overflow. */
		size_t run = size < 5552 ? size : 5552;

		size -= run;
		for (; run > 0; run--) {
			a += (unsigned char)*data++;
			b += a;
		}
		a %= 65521;
		b %= 65521;
	}
	return b << 16 | a;
}

enum reason request_reason(const struct request *request)
{
	if (request->error == REACTOR_CURL - CURLE_OPERATION_TIMEDOUT)
		return TIMEOUT;
	if (request->error != 0)
		return CONNECTION;
	/* 206: a part, though all was asked for. */
	return request->status / 100 == 2 && request->status != 206 ? THERE :
		STATUS;
}

/* Data first, all of it; then what failed. */
int requests_print(const struct request *requests, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const struct request *r = &requests[i];

		if (request_reason(r) == THERE)
			printf("%s\t%d\t%zu\t%08x\t%.1f\n", r->url, r->status,
				r->bytes, (unsigned)r->checksum,
				(double)r->end_ns / 1e6);
	}
	for (size_t i = 0; i < count; i++)
		request_complain(&requests[i]);
	if (fflush(stdout) == EOF)
		return errno;
	return ferror(stdout) ? EIO : 0;
}

void request_complain(const struct request *request)
{
	switch (request_reason(request)) {
	case TIMEOUT:
		fprintf(stderr, "%s: timeout\n", request->url);
		break;
	case STATUS:
		fprintf(stderr, "%s: status %d\n", request->url,
			request->status);
		break;
	case CONNECTION:
		fprintf(stderr, "%s: connection: %s\n", request->url,
			request->error == REACTOR_CURL -
			CURLE_UNSUPPORTED_PROTOCOL ?
			"it has moved to neither http nor https" :
			reactor_strerror(request->error));
		break;
	default:
		break;
	}
}

static int earlier(const void *one, const void *other)
{
	int64_t a = *(const int64_t *)one, b = *(const int64_t *)other;

	return (a > b) - (a < b);
}

/*
 * The most that were under way at any time: sent, and answered later.  Passes
 * over when they were and when they were over, each in order.
 */
static size_t most_at_once(const struct request *requests, size_t count)
{
	int64_t *sent = calloc(2 * count, sizeof(*sent)), *end = sent + count;
	size_t answered = 0, over = 0, most = 0;

	if (sent == NULL)
		return 0;
	for (size_t i = 0; i < count; i++) {
		if (requests[i].error != 0)
			continue;
		sent[answered] = requests[i].begin.ns + requests[i].sent_ns;
		end[answered] = requests[i].begin.ns + requests[i].end_ns;
		/* Ends after it begins, also where a clock is coarse. */
		if (end[answered] <= sent[answered])
			end[answered] = sent[answered] + 1;
		answered++;
	}
	qsort(sent, answered, sizeof(*sent), earlier);
	qsort(end, answered, sizeof(*end), earlier);
	for (size_t i = 0; i < answered; i++) {
		while (end[over] <= sent[i])
			over++;
		most = i + 1 - over > most ? i + 1 - over : most;
	}
	free(sent);
	return most;
}

static double seconds_of(struct timeval time)
{
	return (double)time.tv_sec + (double)time.tv_usec / 1e6;
}

/* A number of /proc/self/status, or 0. */
static double status_mib(const char *name)
{
	FILE *status = fopen("/proc/self/status", "r");
	char line[128];
	double kib = 0;

	if (status == NULL)
		return 0;
	while (fgets(line, sizeof(line), status) != NULL)
		if (strncmp(line, name, strlen(name)) == 0)
			kib = strtod(line + strlen(name), NULL);
	fclose(status);
	return kib / 1024;
}

void figures_take(const struct request *requests, size_t count,
	future_time_t begin, struct figures *ret_figures)
{
	struct rusage usage;

	*ret_figures = (struct figures){ .count = count,
		.seconds = (double)(future_now().ns - begin.ns) / 1e9 };
	getrusage(RUSAGE_SELF, &usage);
	ret_figures->cpu_s = seconds_of(usage.ru_utime) +
		seconds_of(usage.ru_stime);
	ret_figures->peak_mib = status_mib("VmHWM:");
	ret_figures->own_mib = ret_figures->peak_mib - status_mib("RssFile:");
	for (size_t i = 0; i < count; i++)
		ret_figures->reasons[request_reason(&requests[i])]++;
	ret_figures->at_once = most_at_once(requests, count);
}

double figures_rate(const struct figures *figures)
{
	return 100 * (double)figures->reasons[THERE] / (double)figures->count;
}

void figures_print(enum way way, const struct figures *f)
{
	fprintf(stderr, "%s: %.3f s, %.0f requests/s, at most %zu at once, "
		"%.1f MiB (%.1f its own), %.2f s CPU\n", way_names[way],
		f->seconds, (double)f->count / f->seconds, f->at_once,
		f->peak_mib, f->own_mib, f->cpu_s);
	fprintf(stderr, "failed: %zu timeout, %zu status, %zu connection\n",
		f->reasons[TIMEOUT], f->reasons[STATUS],
		f->reasons[CONNECTION]);
	fprintf(stderr, "success rate: %.1f %% (%zu of %zu)\n",
		figures_rate(f), f->reasons[THERE], f->count);
}
