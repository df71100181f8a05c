/*
 * census: of a large CSV file, what each group has: how many rows, and of one
 * of their columns the mean, least, greatest and percentiles.
 *
 *	samples/census --generate 1000000 > readings.csv
 *	samples/census --group city --value temperature readings.csv
 *
 * The file is mapped, not read, and cut into chunks of constant size.  These
 * are two loops in parallel, the first to learn where rows begin (see
 * census_scan.c), the second to tabulate them:
 *
 *	count quotes, chunk by chunk -> sum up -> tabulate them -> merge
 *
 * There are as many tables as threads, and a turn takes one that nobody uses:
 * so memory depends on threads and groups, not on the file.  All that a table
 * has is whole numbers: so the answer does not depend, not by a bit, on how
 * many threads there are and who did what.  --verify compares it with a loop
 * that has no chunks; --processes does the same in processes, and --bench says
 * what all this is worth.
 */
#include "census.h"
#include "census_bench.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

/* On threads. */

struct team {
	const struct census_job *job;
	future_channel_t *idle;		/* tables that no turn uses */
};

static int count_chunks(size_t begin, size_t end, void *arg)
{
	const struct team *team = arg;

	for (size_t chunk = begin; chunk < end; chunk++)
		census_count(team->job, chunk);
	return 0;
}

/* There is a table for each turn that runs: it never waits for one. */
static int tabulate_chunks(size_t begin, size_t end, void *arg)
{
	const struct team *team = arg;
	void *table;
	int error = future_channel_recv(team->idle, &table);

	if (error != 0)
		return error;
	for (size_t chunk = begin; error == 0 && chunk < end; chunk++)
		error = census_tabulate(team->job, chunk, table);
	return error == 0 ? future_channel_send(team->idle, table) : error;
}

/* Until no turn runs any more, also when one has failed. */
static int loop(future_executor_t *pool, future_each_fn *turn,
	struct team *team)
{
	FUTURE_AUTO future_t *all = future_each(pool, team->job->chunks, 1,
		turn, team);
	int error = future_join(all, FUTURE_FOREVER);

	return error == 0 ? future_get(all).error : error;
}

static int tabulate_in(future_executor_t *pool, struct team *team,
	struct table *tables, size_t count, struct table *ret_table)
{
	int error = loop(pool, count_chunks, team);

	if (error == 0)
		census_sum_up(team->job);
	for (size_t i = 0; error == 0 && i < count; i++) {
		error = table_init(&tables[i], team->job->most_groups);
		if (error == 0)
			error = future_channel_send(team->idle, &tables[i]);
	}
	if (error == 0)
		error = loop(pool, tabulate_chunks, team);
	for (size_t i = 0; error == 0 && i < count; i++)
		error = table_merge(ret_table, &tables[i]);
	return error;
}

static int census_threads(const struct census_job *job, size_t threads,
	struct table *ret_table)
{
	struct team team = { .job = job };
	struct table *tables;
	future_executor_t *pool;
	size_t count;
	int error = future_pool_new(&(future_pool_options_t){
		.threads = threads, .name = "census" }, &pool);

	if (error != 0)
		return error;
	count = future_executor_workers(pool, 0, NULL);
	tables = calloc(count, sizeof(*tables));
	error = tables == NULL ? ENOMEM :
		future_channel_new(count, NULL, &team.idle);
	if (error == 0)
		error = tabulate_in(pool, &team, tables, count, ret_table);
	future_executor_unref(pool);
	future_channel_unref(team.idle);
	for (size_t i = 0; tables != NULL && i < count; i++)
		table_fini(&tables[i]);
	free(tables);
	return error;
}

int census_run(const struct census_job *job, enum census_how how, size_t count,
	struct table *ret_table)
{
	int error = table_init(ret_table, job->most_groups);

	atomic_store(&job->shared->broken, CENSUS_NONE);
	if (error == 0)
		error = how == CENSUS_ALONE ?
			census_tabulate_all(job, ret_table) :
			how == CENSUS_THREADS ?
			census_threads(job, count, ret_table) :
			census_processes(job, count, ret_table);
	if (error == 0)
		table_sort(ret_table);
	else
		table_fini(ret_table);
	return error;
}

/* What comes of it. */

static void print(const struct census_job *job, const struct table *table)
{
	csv_field_print(job->group_name, stdout);
	fputs(",count", stdout);
	if (job->value != CENSUS_NONE)
		fputs(",mean,min,p50 +-" STATS_ERROR ",p90 +-" STATS_ERROR
			",p99 +-" STATS_ERROR ",max", stdout);
	for (size_t i = 0; i < table->count; i++) {
		const struct stats *stats = &table->groups[i].stats;
		int64_t numbers[] = { stats_mean(stats), stats->least,
			stats_percentile(stats, 50),
			stats_percentile(stats, 90),
			stats_percentile(stats, 99), stats->greatest };

		putchar('\n');
		csv_field_print(table->groups[i].name, stdout);
		printf(",%llu", (unsigned long long)stats->count);
		for (int at = 0; job->value != CENSUS_NONE && at < 6; at++) {
			putchar(',');
			csv_number_print(numbers[at], stdout);
		}
	}
	putchar('\n');
}

/* Nothing is left out in silence.  False: there is such a row. */
static bool print_left_out(const struct census_job *job,
	const struct table *table)
{
	static const char *const why[] = { "other columns than the header",
		"no value", "a value that is no number" };
	bool none = true;

	for (int i = 0; i < TABLE_BADS; i++) {
		if (table->bad[i] == 0)
			continue;
		none = false;
		census_complain(job, table->first_bad[i],
			"left out %llu, of which this is the first: %s",
			(unsigned long long)table->bad[i], why[i]);
	}
	return none;
}

/* Of the process that has had most of it. */
static long peak_kb(void)
{
	struct rusage own, others;

	getrusage(RUSAGE_SELF, &own);
	getrusage(RUSAGE_CHILDREN, &others);
	return own.ru_maxrss > others.ru_maxrss ? own.ru_maxrss :
		others.ru_maxrss;
}

static void explain(const struct census_job *job, int error)
{
	size_t at = atomic_load(&job->shared->broken);

	if (error == EBADMSG)
		census_complain(job, at, "%s", csv_wrong(job->text + at));
	else if (error == EOVERFLOW)
		fprintf(stderr, "census: more groups than --max-groups, %zu\n",
			job->most_groups);
	else if (error > 0)
		fprintf(stderr, "census: %s\n", future_strerror(error));
}

static int answer(const struct census_job *job,
	const struct census_options *options)
{
	future_time_t start = future_now();
	struct table table;
	int error = census_run(job, options->how, options->count, &table);
	double seconds = (double)(future_now().ns - start.ns) / 1e9;
	bool complete = true;

	if (error == 0 && options->verbose)
		fprintf(stderr, "census: %.3f s, %.0f MB/s, at most %ld kB in "
			"memory\n", seconds, (double)(job->end - job->text) /
			1e6 / seconds, peak_kb());
	if (error == 0 && options->verify)
		error = census_verify(job, &table);
	if (error != 0) {
		explain(job, error);
		return 1;
	}
	print(job, &table);
	complete = print_left_out(job, &table);
	table_fini(&table);
	return complete ? 0 : 3;
}

int main(int argc, char **argv)
{
	struct census_options options;
	struct census_job job;
	int error, status;

	if (!census_options_read(argc, argv, &options, &status))
		return status;
	error = census_open(&options, &job);
	if (error > 0)
		fprintf(stderr, "census: %s: %s\n", options.file,
			error == ENODATA ? "it is empty" :
			error == ESPIPE ? "it is no regular file" :
			future_strerror(error));
	if (error != 0)
		return 1;
	if (!options.bench)
		status = answer(&job, &options);
	else {
		error = census_bench(&job, options.count);
		explain(&job, error);
		status = error != 0;
	}
	census_close(&job);
	if (fflush(stdout) != 0 || ferror(stdout)) {
		fprintf(stderr, "census: standard output: %s\n",
			future_strerror(errno));
		status = 1;
	}
	return status;
}
