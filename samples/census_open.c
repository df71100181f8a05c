/* See census.h. */
#define _GNU_SOURCE
#include "census.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

void census_complain(const struct census_job *job, size_t at,
	const char *format, ...)
{
	const char *line = job->text, *place = job->text + at;
	size_t number = 1;
	va_list arguments;

	while ((line = memchr(line, '\n', (size_t)(place - line))) != NULL) {
		number++;
		line++;
	}
	fprintf(stderr, "census: %s:%zu: ", job->path, number);
	va_start(arguments, format);
	vfprintf(stderr, format, arguments);
	va_end(arguments);
	putc('\n', stderr);
}

static int map_file(struct census_job *job)
{
	/* Not to wait for who writes to a FIFO. */
	int file = open(job->path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	int error = 0;
	struct stat status;
	void *text;

	if (file < 0)
		return errno;
	if (fstat(file, &status) != 0)
		error = errno;
	else if (!S_ISREG(status.st_mode) || status.st_size == 0)
		error = S_ISREG(status.st_mode) ? ENODATA : ESPIPE;
	if (error == 0) {
		text = mmap(NULL, (size_t)status.st_size, PROT_READ,
			MAP_PRIVATE, file, 0);
		if (text == MAP_FAILED) {
			error = errno;
		} else {
			madvise(text, (size_t)status.st_size, MADV_SEQUENTIAL);
			job->text = text;
			job->end = job->text + status.st_size;
		}
	}
	close(file);
	return error;
}

/* Which columns are asked for. */
static int read_header(struct census_job *job,
	const struct census_options *options)
{
	struct csv_reader reader = { .at = job->text, .end = job->end };
	const char *wanted[] = { options->group, options->value };
	size_t *found[] = { &job->group, &job->value };

	if (job->end - job->text >= 3 && memcmp(reader.at, "\xEF\xBB\xBF", 3)
	    == 0)
		reader.at += 3;		/* a byte order mark */
	do {
		if (!csv_read(&reader)) {
			census_complain(job, (size_t)(reader.at - job->text),
				"%s", csv_wrong(reader.at));
			return -1;
		}
		for (int i = 0; i < 2; i++)
			if (wanted[i] != NULL && *found[i] == CENSUS_NONE &&
			    csv_field_is(reader.field, wanted[i])) {
				*found[i] = job->columns;
				if (i == 0)
					job->group_name = reader.field;
			}
		job->columns++;
	} while (!reader.last);
	for (int i = 0; i < 2; i++)
		if (wanted[i] != NULL && *found[i] == CENSUS_NONE) {
			census_complain(job, 0, "there is no column \"%s\"",
				wanted[i]);
			return -1;
		}
	job->rows = reader.at;
	return 0;
}

int census_open(const struct census_options *options,
	struct census_job *ret_job)
{
	struct census_job job = { .path = options->file,
		.group_name = { "rows", 4 }, .group = CENSUS_NONE,
		.value = CENSUS_NONE, .chunk = options->chunk,
		.most_groups = options->most_groups };
	size_t size;
	int error = map_file(&job);

	if (error == 0)
		error = read_header(&job, options);
	if (error == 0) {
		size = (size_t)(job.end - job.rows);
		job.chunks = size / job.chunk + (size % job.chunk != 0);
		job.shared_size = sizeof(*job.shared) + job.chunks;
		job.shared = mmap(NULL, job.shared_size, PROT_READ |
			PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
		if (job.shared == MAP_FAILED) {
			job.shared = NULL;
			error = errno;
		}
	}
	if (error == 0)
		*ret_job = job;
	else
		census_close(&job);
	return error;
}

void census_close(struct census_job *job)
{
	if (job->shared != NULL)
		munmap(job->shared, job->shared_size);
	if (job->text != NULL)
		munmap((void *)(uintptr_t)job->text,
			(size_t)(job->end - job->text));
}
