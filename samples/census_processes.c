/*
 * The census in processes: see workers.h.  A process has what was there when it
 * was forked, the file and the job too; chunks are taken from a number in
 * shared memory; its table is in its own memory, and so is written to a file in
 * memory that both have open.
 *
 * What a process took is lost with it: so the death of one is the end.
 */
#define _GNU_SOURCE
#include "census.h"
#include "workers.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* Set before the fork: a call has numbers only. */
static const struct census_job *job;
static FILE *parts[WORKERS_MAX];

/* In the processes. */

static int64_t count(const int64_t *numbers)
{
	size_t chunk;

	(void)numbers;
	while ((chunk = atomic_fetch_add(&job->shared->next, 1)) < job->chunks)
		census_count(job, chunk);
	return 0;
}

static int64_t tabulate(const int64_t *numbers)
{
	struct table table;
	size_t chunk;
	int error = table_init(&table, job->most_groups);

	while (error == 0 && (chunk = atomic_fetch_add(&job->shared->next, 1)) <
	       job->chunks)
		error = census_tabulate(job, chunk, &table);
	if (error == 0)
		error = table_write(&table, parts[numbers[0]]);
	else	/* no more for the others */
		atomic_store(&job->shared->next, job->chunks);
	table_fini(&table);
	return error;
}

enum { COUNT, TABULATE };

static workers_fn *const fns[] = { count, tabulate };

/* In main's process. */

/* Says which have failed.  A result in which nobody died is its error. */
static int judge(const future_result_t *results, size_t processes)
{
	int error = 0;

	for (size_t i = 0; i < processes; i++) {
		int died = results[i].error;

		if (died == 0 && error == 0)
			error = (int)future_result_int(results[i]);
		if (died == 0 || died == EINPROGRESS)
			continue;
		fprintf(stderr, "census: process %zu of %zu: %s\n", i + 1,
			processes, died < 0 ? strsignal(-died) :
			future_strerror(died));
		error = -1;
	}
	return error;
}

/* One call for each process. */
static int call_all(future_executor_t *executor, size_t processes,
	uint32_t fn)
{
	future_t *calls[WORKERS_MAX];

	atomic_store(&job->shared->next, 0);
	for (size_t i = 0; i < processes; i++)
		calls[i] = workers_call(executor, &(struct workers_call){
			.fn = fn, .numbers = { (int64_t)i } });
	FUTURE_AUTO future_t *all = future_all(calls, processes);
	future_result_t result = future_get(all);

	for (size_t i = 0; i < processes; i++)
		future_unref(calls[i]);
	if (result.error != 0)		/* one died: the rest may stop */
		atomic_store(&job->shared->next, job->chunks);
	return result.value != NULL ? judge(result.value, processes) :
		result.error;
}

static int open_parts(size_t processes)
{
	for (size_t i = 0; i < processes; i++) {
		int file = memfd_create("census", MFD_CLOEXEC);

		parts[i] = file >= 0 ? fdopen(file, "w+") : NULL;
		if (parts[i] != NULL)
			continue;
		if (file >= 0)
			close(file);
		return errno;
	}
	return 0;
}

static int run(size_t processes, struct table *table)
{
	future_executor_t *executor;
	int error = workers_new(processes, fns, &executor);

	if (error != 0)
		return error;
	error = call_all(executor, processes, COUNT);
	if (error == 0) {
		census_sum_up(job);
		error = call_all(executor, processes, TABULATE);
	}
	future_executor_unref(executor);
	for (size_t i = 0; error == 0 && i < processes; i++) {
		rewind(parts[i]);
		error = table_merge_read(table, parts[i]);
	}
	return error;
}

int census_processes(const struct census_job *the_job, size_t processes,
	struct table *table)
{
	int error;

	job = the_job;
	error = open_parts(processes);
	if (error == 0)
		error = run(processes, table);
	for (size_t i = 0; i < processes; i++) {
		if (parts[i] != NULL)
			fclose(parts[i]);
		parts[i] = NULL;
	}
	return error;
}
