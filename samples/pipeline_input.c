/* See pipeline.h. */
#define _POSIX_C_SOURCE 200809L
#include "pipeline.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Returns how many bytes the next whole lines have, at most `batch` of them. */
static size_t cut(const struct input *input, size_t *ret_lines)
{
	const char *begin = input->buffer + input->begin;
	const char *end = input->buffer + input->end, *at = begin, *next;
	size_t lines = 0;

	while (lines < input->batch && at < end) {
		next = memchr(at, '\n', (size_t)(end - at));
		if (next == NULL && !input->is_over)
			break;
		at = next != NULL ? next + 1 : end;
		lines++;
	}
	*ret_lines = lines;
	return (size_t)(at - begin);
}

/* Reads on behind what is left, which has no end of a line in it. */
static int read_more(struct input *input)
{
	struct pollfd fds[] = { { .fd = input->stop, .events = POLLIN },
		{ .fd = input->fd, .events = POLLIN } };
	size_t left = input->end - input->begin;

	memmove(input->buffer, input->buffer + input->begin, left);
	if (left == LINE_SIZE) {
		input->dropped += left - LINE_SHOWN;
		left = LINE_SHOWN;
	}
	input->begin = 0;
	input->end = left;
	if (poll(fds, 2, -1) < 0)
		return errno == EINTR ? 0 : errno;
	if (fds[0].revents != 0)
		return ECANCELED;
	ssize_t size = read(input->fd, input->buffer + left, LINE_SIZE - left);

	if (size < 0)
		return errno == EINTR || errno == EAGAIN ? 0 : errno;
	input->end += (size_t)size;
	input->is_over = size == 0;
	return 0;
}

int input_next(struct input *input, struct block **ret_block)
{
	size_t size, lines;

	while ((size = cut(input, &lines)) == 0 && !input->is_over) {
		int error = read_more(input);

		if (error != 0)
			return error;
	}
	if (size == 0) {
		*ret_block = NULL;
		return 0;
	}
	struct block *block = malloc(sizeof(*block) + size);

	if (block == NULL)
		return ENOMEM;
	block->line = input->line;
	block->lines = lines;
	block->size = size;
	block->dropped = input->dropped;
	memcpy(block->bytes, input->buffer + input->begin, size);
	input->line += lines;
	input->offset += size + input->dropped;
	input->begin += size;
	input->dropped = 0;
	*ret_block = block;
	return 0;
}
