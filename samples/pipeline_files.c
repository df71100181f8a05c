/* See pipeline.h. */
#define _DEFAULT_SOURCE
#include "pipeline.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

int report(const char *what, int error)
{
	fprintf(stderr, "pipeline: %s: %s\n", what, future_strerror(error));
	return REPORTED;
}

static int input_open(struct options *options, struct input *input)
{
	off_t from = (off_t)options->from;
	char before = from > 0 ? '\0' : '\n';	/* also past the end */
	int file = options->input == NULL ? STDIN_FILENO :
		open(options->input, O_RDONLY | O_CLOEXEC);

	if (options->input == NULL)
		options->input = "standard input";
	if (file < 0 || (from > 0 && (lseek(file, from, SEEK_SET) < 0 ||
	    pread(file, &before, 1, from - 1) < 0)))
		return report(options->input, errno);
	if (before != '\n') {
		fprintf(stderr, "pipeline: --from: no line begins at byte "
			"%llu\n", options->from);
		return REPORTED;
	}
	input->fd = file;
	input->batch = options->batch;
	input->offset = options->from;
	input->line = options->from_line;
	return 0;
}

/*
 * To be written at its end: after --from that is where it was left, else it is
 * made empty, but not if it is the log.
 */
static int output_open(const char **path, const char *standard, int otherwise,
	int input, bool empty, int *ret_file)
{
	struct stat in, out;
	int file = *path == NULL ? otherwise : open(*path, O_WRONLY | O_CREAT |
		O_APPEND | O_CLOEXEC, 0666);

	*path = *path != NULL ? *path : standard;
	if (file < 0 || fstat(input, &in) != 0 || fstat(file, &out) != 0)
		return report(*path, errno);
	if (S_ISREG(out.st_mode) && in.st_dev == out.st_dev &&
	    in.st_ino == out.st_ino) {
		fprintf(stderr, "pipeline: %s: this is the input\n", *path);
		return REPORTED;
	}
	if (file != otherwise && empty && S_ISREG(out.st_mode) &&
	    ftruncate(file, 0) != 0)
		return report(*path, errno);
	*ret_file = file;
	return 0;
}

int files_open(struct options *options, struct input *ret_input,
	int *ret_output, int *ret_errors)
{
	bool empty = options->from == 0;
	int error = input_open(options, ret_input);

	if (error == 0)
		error = output_open(&options->output, "standard output",
			STDOUT_FILENO, ret_input->fd, empty, ret_output);
	if (error == 0)
		error = output_open(&options->errors, "standard error",
			STDERR_FILENO, ret_input->fd, empty, ret_errors);
	return error;
}

int write_all(int file, struct iovec *parts, int count)
{
	while (count > 0) {
		ssize_t size = writev(file, parts, count);

		if (size < 0 && errno == EAGAIN) {
			struct pollfd room = { .fd = file, .events = POLLOUT };

			(void)poll(&room, 1, -1);
			continue;
		}
		if (size < 0 && errno != EINTR)
			return errno;
		while (count > 0 && size >= (ssize_t)parts->iov_len) {
			size -= (ssize_t)parts++->iov_len;
			count--;
		}
		if (count > 0 && size > 0) {
			parts->iov_base = (char *)parts->iov_base + size;
			parts->iov_len -= (size_t)size;
		}
	}
	return 0;
}
