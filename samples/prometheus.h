/*
 * The text that Prometheus reads (its "Exposition formats", 0.0.4), on the
 * standard output.
 *
 *	prometheus_head("jobs_total", "counter", "Jobs, by how they ended.");
 *	prometheus_number("jobs_total", LABELS("end", "ok"), 17);
 *	prometheus_number("jobs_total", LABELS("end", "failed"), 2);
 *
 * The head of a metric comes once, and all its numbers right behind it.
 */
#ifndef PROMETHEUS_H
#define PROMETHEUS_H

#include <future.h>

/* Names and values, each pair another label.  A value may have any bytes. */
#define LABELS(...) ((const char *const[]){ __VA_ARGS__, NULL })

/* `type` is counter, gauge or histogram; `help` is one line. */
void prometheus_head(const char *metric, const char *type, const char *help);

void prometheus_number(const char *metric, const char *const *labels,
	double value);

/* In seconds: buckets of 1 us, 4 us ... 17 s and beyond, a sum, a count. */
void prometheus_histogram(const char *metric, const char *const *labels,
	const future_histogram_t *histogram);

#endif
