/* See prometheus.h. */
#include "prometheus.h"

#include <stdio.h>

enum { FIRST = 10, LAST = 34, STEP = 2 };	/* buckets: 2^10 ns, 2^12 ns */

void prometheus_head(const char *metric, const char *type, const char *help)
{
	printf("# HELP %s %s\n# TYPE %s %s\n", metric, help, metric, type);
}

/* Quoted; three of the bytes must not stand there as they are. */
static void print_value(const char *value)
{
	putchar('"');
	for (; *value != '\0'; value++) {
		if (*value == '\\' || *value == '"' || *value == '\n')
			putchar('\\');
		putchar(*value == '\n' ? 'n' : *value);
	}
	putchar('"');
}

/* `le` is the upper end of a bucket, or NULL. */
static void print_series(const char *metric, const char *suffix,
	const char *const *labels, const char *le, double value)
{
	const char *before = "{";

	printf("%s%s", metric, suffix);
	for (; labels[0] != NULL; labels += 2) {
		printf("%s%s=", before, labels[0]);
		print_value(labels[1]);
		before = ",";
	}
	if (le != NULL)
		printf("%sle=\"%s\"", before, le);
	printf("} %.15g\n", value);
}

void prometheus_number(const char *metric, const char *const *labels,
	double value)
{
	print_series(metric, "", labels, NULL, value);
}

void prometheus_histogram(const char *metric, const char *const *labels,
	const future_histogram_t *histogram)
{
	uint64_t count = 0;
	char le[32];

	for (int i = 0; i <= LAST; i++) {
		count += histogram->bucket[i];
		if (i < FIRST || (i - FIRST) % STEP != 0)
			continue;
		snprintf(le, sizeof(le), "%.12g",
			(double)(UINT64_C(1) << i) / 1e9);
		print_series(metric, "_bucket", labels, le, (double)count);
	}
	count = histogram->count;
	print_series(metric, "_bucket", labels, "+Inf", (double)count);
	print_series(metric, "_sum", labels, NULL,
		(double)histogram->sum_ns / 1e9);
	print_series(metric, "_count", labels, NULL, (double)count);
}
