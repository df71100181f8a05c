/*
 * A file in memory, cut into chunks, and the two things that are done with each
 * of them: see census_scan.c.  Who does that, and where, is census.c for
 * threads and census_processes.c for processes.
 */
#ifndef CENSUS_H
#define CENSUS_H

#include "census_table.h"

#include <future.h>
#include <stdatomic.h>

#define CENSUS_NONE ((size_t)-1)

/* How the work is done. */
enum census_how { CENSUS_ALONE, CENSUS_THREADS, CENSUS_PROCESSES };

struct census_options {
	const char *file, *group, *value;	/* NULL: none */
	enum census_how how;
	size_t count;		/* threads or processes; 0: one for each CPU */
	size_t chunk, most_groups;
	size_t generate;	/* rows; 0: none */
	bool verify, bench, verbose;
};

/*
 * Reads the command line.  False: there is nothing left to do, and *ret_status
 * is the exit status; --generate has been done then.
 */
bool census_options_read(int argc, char **argv,
	struct census_options *ret_options, int *ret_status);

/* Writes rows to `out`, always the same.  0 or an errno value. */
int census_generate(unsigned long rows, FILE *out);

/* In memory that all processes share. */
struct census_shared {
	atomic_size_t next;	/* the first chunk that nobody has taken */
	atomic_size_t broken;	/* the first place that is not CSV, or NONE */
	bool odd[];		/* of each chunk: the number of its quotes; */
				/* then, whether the next begins in quotes */
};

struct census_job {
	const char *path;
	const char *text, *rows, *end;	/* the file, behind its header */
	struct csv_field group_name;
	size_t columns, group, value;	/* how many; which, or NONE */
	size_t chunk, chunks;		/* bytes of each; how many */
	size_t most_groups;
	struct census_shared *shared;
	size_t shared_size;
};

/*
 * Opens the file and reads its header.  0, an errno value, or -1: an error that
 * has been printed.
 */
int census_open(const struct census_options *options,
	struct census_job *ret_job);
void census_close(struct census_job *job);

/* Prints "FILE:LINE: what", for a place in the file. */
void census_complain(const struct census_job *job, size_t at,
	const char *format, ...) __attribute__((format(printf, 3, 4)));

/* Counts the quotes of a chunk: whether their number is odd. */
void census_count(const struct census_job *job, size_t chunk);

/* When all have been counted: from those, which chunks begin in quotes. */
void census_sum_up(const struct census_job *job);

/*
 * Adds the rows that begin in a chunk to the table; all rows.  0, EBADMSG with
 * shared->broken set, or an error of table_group().
 */
int census_tabulate(const struct census_job *job, size_t chunk,
	struct table *table);
int census_tabulate_all(const struct census_job *job, struct table *table);

/*
 * All of it, so: into a sorted table; after an error there is none.  Returns as
 * the above, or -1: an error that has been printed.
 */
int census_run(const struct census_job *job, enum census_how how, size_t count,
	struct table *ret_table);

/*
 * The whole of it in `count` processes.  Call it while there is one thread.
 * Returns as the above, or -1: an error that has been printed.
 */
int census_processes(const struct census_job *job, size_t count,
	struct table *table);

#endif
