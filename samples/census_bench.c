/* See census_bench.h. */
#define _POSIX_C_SOURCE 200809L
#include "census_bench.h"
#include "workers.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

enum { ROUNDS = 3, WAYS_MAX = 1 + 2 * WORKERS_MAX };

/* All that is in a table, in one piece. */
struct bytes {
	char *data;
	size_t size;
};

static int bytes_of(const struct table *table, struct bytes *ret_bytes)
{
	FILE *out = open_memstream(&ret_bytes->data, &ret_bytes->size);
	int error = out != NULL ? table_write(table, out) : errno;

	if (out != NULL && fclose(out) != 0 && error == 0)
		error = errno;
	return error;
}

static int compare(const struct bytes *wanted, const struct table *table)
{
	struct bytes bytes = { NULL, 0 };
	int error = bytes_of(table, &bytes);

	if (error == 0 && (bytes.size != wanted->size ||
	    memcmp(bytes.data, wanted->data, bytes.size) != 0)) {
		fputs("census: the answer is not the one that a loop alone "
			"finds\n", stderr);
		error = -1;
	}
	free(bytes.data);
	return error;
}

/* What the loop without chunks finds. */
static int run_alone(const struct census_job *job, struct bytes *ret_bytes)
{
	struct table table;
	int error = census_run(job, CENSUS_ALONE, 1, &table);

	if (error == 0) {
		error = bytes_of(&table, ret_bytes);
		table_fini(&table);
	}
	return error;
}

int census_verify(const struct census_job *job, const struct table *table)
{
	struct bytes wanted = { NULL, 0 };
	int error = run_alone(job, &wanted);

	if (error == 0)
		error = compare(&wanted, table);
	free(wanted.data);
	return error;
}

struct way {
	enum census_how how;
	size_t count;
	double seconds[ROUNDS], cpu[ROUNDS];	/* of the clock, of all CPUs */
};

/* Of this process, and those that it has waited for. */
static double cpu_seconds(void)
{
	struct rusage own, others;

	getrusage(RUSAGE_SELF, &own);
	getrusage(RUSAGE_CHILDREN, &others);
	return (double)(own.ru_utime.tv_sec + own.ru_stime.tv_sec +
		others.ru_utime.tv_sec + others.ru_stime.tv_sec) +
		(double)(own.ru_utime.tv_usec + own.ru_stime.tv_usec +
		others.ru_utime.tv_usec + others.ru_stime.tv_usec) / 1e6;
}

static int measure(const struct census_job *job, const struct bytes *wanted,
	struct way *way, int round)
{
	future_time_t start = future_now();
	double cpu = cpu_seconds();
	struct table table;
	int error = census_run(job, way->how, way->count, &table);

	way->seconds[round] = (double)(future_now().ns - start.ns) / 1e9;
	way->cpu[round] = cpu_seconds() - cpu;
	if (error == 0) {
		error = compare(wanted, &table);
		table_fini(&table);
	}
	return error;
}

static int ascending(const void *a, const void *b)
{
	double one = *(const double *)a, two = *(const double *)b;

	return (one > two) - (one < two);
}

static double median(double *numbers)
{
	qsort(numbers, ROUNDS, sizeof(*numbers), ascending);
	return numbers[ROUNDS / 2];
}

static void report(const struct census_job *job, struct way *ways, size_t count)
{
	static const char *const names[] = { "alone", "threads", "processes" };
	double size = (double)(job->end - job->text) / 1e6, alone = 0;

	printf("%.0f MB, medians of %d runs, in turns\n", size, ROUNDS);
	printf("%-12s %8s %8s %9s %8s\n", "", "seconds", "MB/s", "speed-up",
		"CPU s");
	for (size_t i = 0; i < count; i++) {
		double seconds = median(ways[i].seconds);

		alone = i == 0 ? seconds : alone;
		printf("%2zu %-9s %8.3f %8.0f %9.2f %8.3f\n", ways[i].count,
			names[ways[i].how], seconds, size / seconds,
			alone / seconds, median(ways[i].cpu));
	}
}

int census_bench(const struct census_job *job, size_t most)
{
	struct way ways[WAYS_MAX] = { { .how = CENSUS_ALONE, .count = 1 } };
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);
	struct bytes wanted = { NULL, 0 };
	size_t count = 1;
	int error;

	if (most == 0)
		most = cpus > 0 ? (size_t)cpus : 1;
	if (most > WORKERS_MAX)
		most = WORKERS_MAX;
	for (unsigned how = CENSUS_THREADS; how <= CENSUS_PROCESSES; how++)
		for (size_t i = 1; i <= most; i++)
			ways[count++] = (struct way){ .how = how, .count = i };
	error = run_alone(job, &wanted);
	for (int round = 0; error == 0 && round < ROUNDS; round++)
		for (size_t i = 0; error == 0 && i < count; i++)
			error = measure(job, &wanted, &ways[i], round);
	if (error == 0)
		report(job, ways, count);
	free(wanted.data);
	return error;
}
