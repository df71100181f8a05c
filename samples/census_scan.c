/*
 * See census.h.  A row belongs to the chunk in which it begins, and is read to
 * its end, wherever that lies.  A chunk's first row begins behind the first
 * newline outside quotes; what is outside is told by the number of quotes in
 * all the chunks before: so these are counted first, in parallel as well.
 *
 * If the file is not CSV somewhere, that count is wrong for what comes behind;
 * but the chunk of the first such place is read rightly, and it is the first
 * place that is reported: the same one whoever reads.
 */
#define _GNU_SOURCE
#include "census.h"

#include <errno.h>
#include <sys/mman.h>
#include <unistd.h>

enum { FORGET = 1 << 20, BLOCK = 64 };

static const char *chunk_end(const struct census_job *job, const char *begin)
{
	return (size_t)(job->end - begin) < job->chunk ? job->end :
		begin + job->chunk;
}

/* Pages that were read need not stay: they can be had from the file again. */
static void forget(const char *from, const char *to)
{
	uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
	uintptr_t first = (uintptr_t)from / page * page;

	if ((uintptr_t)to / page * page > first)
		madvise((void *)first, (uintptr_t)to / page * page - first,
			MADV_DONTNEED);
}

void census_count(const struct census_job *job, size_t chunk)
{
	const char *begin = job->rows + chunk * job->chunk;
	const char *end = chunk_end(job, begin), *at = begin;
	unsigned char odd = 0;

	/* In blocks of constant size, which compilers do in a few steps. */
	for (; end - at >= BLOCK; at += BLOCK)
		for (int i = 0; i < BLOCK; i++)
			odd ^= at[i] == '"';
	for (; at < end; at++)
		odd ^= *at == '"';
	job->shared->odd[chunk] = odd;
	forget(begin, end);
}

void census_sum_up(const struct census_job *job)
{
	for (size_t i = 1; i < job->chunks; i++)
		job->shared->odd[i] ^= job->shared->odd[i - 1];
}

/* The first row that begins in a chunk, or the chunk's end. */
static const char *first_row(const struct census_job *job, size_t chunk)
{
	const char *at = job->rows + chunk * job->chunk;
	const char *end = chunk_end(job, at);
	bool quoted = chunk > 0 && job->shared->odd[chunk - 1];

	if (chunk == 0 || (!quoted && at[-1] == '\n'))
		return at;
	for (; at < end; at++)
		if (*at == '"')
			quoted = !quoted;
		else if (*at == '\n' && !quoted)
			return at + 1;
	return end;
}

static int broken(const struct census_job *job, const char *at)
{
	size_t first = atomic_load(&job->shared->broken);
	size_t here = (size_t)(at - job->text);

	while (here < first && !atomic_compare_exchange_weak(
			&job->shared->broken, &first, here))
		;
	return EBADMSG;
}

/* Enters a row of so many columns, which began there. */
static int enter(const struct census_job *job, size_t at, size_t columns,
	const struct csv_field *name, const struct csv_field *value,
	struct table *table)
{
	struct table_group *group;
	int64_t number;
	int error;

	if (columns != job->columns)
		table_bad(table, TABLE_COLUMNS, at);
	else if (job->value != CENSUS_NONE && value->length == 0)
		table_bad(table, TABLE_EMPTY, at);
	else if (job->value != CENSUS_NONE && !csv_number(*value, &number))
		table_bad(table, TABLE_NUMBER, at);
	else {
		error = table_group(table, *name, &group);
		if (error != 0)
			return error;
		if (job->value != CENSUS_NONE)
			return stats_add(&group->stats, number);
		group->stats.count++;
	}
	return 0;
}

static int tabulate(const struct census_job *job, const char *begin,
	const char *end, struct table *table)
{
	struct csv_reader reader = { .at = begin, .end = job->end };
	struct csv_field name = { "all", 3 }, value = { "", 0 };
	const char *forgotten = begin;
	int error = 0;

	while (error == 0 && reader.at < end) {
		size_t at = (size_t)(reader.at - job->text), columns = 0;

		do {
			if (!csv_read(&reader))
				return broken(job, reader.at);
			if (columns == job->group)
				name = reader.field;
			if (columns == job->value)
				value = reader.field;
			columns++;
		} while (!reader.last);
		error = enter(job, at, columns, &name, &value, table);
		if (reader.at - forgotten >= FORGET) {
			forget(forgotten, reader.at);
			forgotten = reader.at;
		}
	}
	forget(forgotten, end);
	return error;
}

int census_tabulate(const struct census_job *job, size_t chunk,
	struct table *table)
{
	const char *begin = job->rows + chunk * job->chunk;

	return tabulate(job, first_row(job, chunk), chunk_end(job, begin),
		table);
}

int census_tabulate_all(const struct census_job *job, struct table *table)
{
	return tabulate(job, job->rows, job->end, table);
}
