/* What the parts of pipeline share: see pipeline.c. */
#ifndef PIPELINE_H
#define PIPELINE_H

#include <future.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/uio.h>

enum {
	LINE_SIZE = 1 << 16,	/* of the longest line, its end included */
	LINE_SHOWN = 256	/* of one that is longer */
};

/* The command line. */

struct options {
	size_t workers, batch, depth;
	const char *input, *output, *errors;	/* NULL: the standard ones */
	unsigned long long from, from_line;
	unsigned long long generate, broken;	/* 0: not to be done; none */
	bool progress, quiet;
};

/*
 * Reads the command line.  Returns true if there is something to do; else it
 * has printed the help or an error, and *ret_status is the exit status.
 */
bool options_read(int argc, char **argv, struct options *ret_options,
	int *ret_status);

/* Writes a log to try it on, always the same.  Returns the exit status. */
int generate(const struct options *options);

/* Blocks of whole lines, as they are read: pipeline_input.c. */

struct block {
	unsigned long long line;	/* the number of the first */
	size_t lines, size;
	size_t dropped;		/* bytes of the first, if it is too long */
	char bytes[];
};

struct input {
	int fd, stop;		/* readable: read no more */
	size_t batch;		/* lines in a block, at most */
	unsigned long long line, offset;	/* of what comes next */
	size_t begin, end, dropped;		/* in the buffer */
	bool is_over;
	char buffer[LINE_SIZE];
};

/*
 * Blocks until there are whole lines, or one that is too long, has been read to
 * its end, and is cut.  Returns 0 and a block, to be freed, or NULL after the
 * last; ECANCELED once it is to stop, which leaves line and offset at the end
 * of what was returned; or an errno value.
 */
int input_next(struct input *input, struct block **ret_block);

/* Files: pipeline_files.c. */

enum { REPORTED = -1 };	/* an error that has been printed */

/* Prints it.  Returns REPORTED. */
int report(const char *what, int error);

/*
 * Returns 0 or REPORTED; then all have names.  They are open until the program
 * ends.
 */
int files_open(struct options *options, struct input *ret_input,
	int *ret_output, int *ret_errors);

/* Blocks until all has been written.  Returns 0 or an errno value. */
int write_all(int file, struct iovec *parts, int count);

/* A block's lines as text to be written: pipeline_log.c. */

struct buffer {
	char *bytes;
	size_t size, room;
};

struct text {
	size_t lines, broken;
	struct buffer json, errors;	/* of either, a line for each */
};

/* Returns NULL if there is no memory. */
struct text *text_of(const struct block *block);
void text_free(void *text);

#endif
