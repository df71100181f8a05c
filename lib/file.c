/* See file.h. */
#define _GNU_SOURCE
#include "file.h"
#include "alloc.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { LINE = 400, BUFFER = 65536 };

struct fut_file {
	int fd;
	int error;	/* the first */
	int cancel;	/* the thread's state before */
	size_t used;
	char buffer[BUFFER];
};

static bool id_of(int fd, struct fut_file_id *ret_id)
{
	struct stat known;

	if (fstat(fd, &known) != 0)
		return false;
	*ret_id = (struct fut_file_id){ .device = known.st_dev,
		.number = known.st_ino };
	return true;
}

bool fut_file_is(int fd, const struct fut_file_id *id)
{
	struct fut_file_id now;

	return id_of(fd, &now) && now.device == id->device &&
		now.number == id->number;
}

int fut_file_create(const char *path, int *ret_fd, struct fut_file_id *ret_id)
{
	int before, fd, error;

	pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &before);
	do
		fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
	while (fd < 0 && errno == EINTR);
	error = fd < 0 ? errno : 0;
	if (error == 0 && !id_of(fd, ret_id)) {
		error = errno;
		close(fd);
	}
	pthread_setcancelstate(before, NULL);
	if (error == 0)
		*ret_fd = fd;
	return error;
}

void fut_file_forget(int fd)
{
	close(fd);
}

struct fut_file *fut_file_begin(int fd)
{
	struct fut_file *file = fut_alloc(sizeof(*file));

	if (file == NULL) {
		close(fd);
		return NULL;
	}
	file->fd = fd;
	file->error = 0;
	file->used = 0;
	pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &file->cancel);
	return file;
}

static void flush(struct fut_file *file)
{
	size_t written = 0;

	while (written < file->used && file->error == 0) {
		ssize_t wrote = write(file->fd, file->buffer + written,
			file->used - written);

		if (wrote >= 0)
			written += (size_t)wrote;
		else if (errno != EINTR)
			file->error = errno;
	}
	file->used = 0;
}

void fut_file_print(struct fut_file *file, const char *format, ...)
{
	va_list arguments;
	int length;

	if (file->used > BUFFER - LINE)
		flush(file);
	va_start(arguments, format);
	length = vsnprintf(file->buffer + file->used, LINE, format, arguments);
	va_end(arguments);
	if (length >= LINE)
		length = LINE - 1;
	if (length > 0)
		file->used += (size_t)length;
}

/* How long a character of UTF-8 is; 0: it is none. */
static size_t character(const unsigned char *text, size_t left)
{
	size_t length = text[0] < 0x80 ? 1 : text[0] < 0xc2 ? 0 :
		text[0] < 0xe0 ? 2 : text[0] < 0xf0 ? 3 :
		text[0] < 0xf5 ? 4 : 0;

	if (length > left || (length > 2 &&
	    /* Too long a form, a surrogate, or beyond the last one. */
	    ((text[0] == 0xe0 && text[1] < 0xa0) ||
	     (text[0] == 0xed && text[1] > 0x9f) ||
	     (text[0] == 0xf0 && text[1] < 0x90) ||
	     (text[0] == 0xf4 && text[1] > 0x8f))))
		return 0;
	for (size_t i = 1; i < length; i++)
		if ((text[i] & 0xc0) != 0x80)
			return 0;
	return length;
}

void fut_file_print_text(struct fut_file *file, const char *bytes, size_t size)
{
	const unsigned char *text = (const unsigned char *)bytes;
	size_t length = 0;

	for (size_t at = 0; at < size && text[at] != 0; at += length) {
		length = character(text + at, size - at);
		if (length == 0) {
			fut_file_print(file, "?");
			length = 1;
		} else if (text[at] < ' ' || text[at] == 127) {
			fut_file_print(file, "\\u%04x", text[at]);
		} else {
			fut_file_print(file, "%s%.*s", text[at] == '"' ||
				text[at] == '\\' ? "\\" : "", (int)length,
				(const char *)text + at);
		}
	}
}

void fut_file_print_function(struct fut_file *file, const void *function)
{
	Dl_info known;
	const char *slash;

	if (dladdr(function, &known) == 0 || known.dli_fname == NULL) {
		fut_file_print(file, "%p", function);
	} else if (known.dli_sname != NULL && known.dli_saddr == function) {
		fut_file_print_text(file, known.dli_sname, SIZE_MAX);
	} else {
		slash = strrchr(known.dli_fname, '/');
		fut_file_print_text(file, slash != NULL ? slash + 1 :
			known.dli_fname, SIZE_MAX);
		fut_file_print(file, "+0x%tx", (const char *)function -
			(const char *)known.dli_fbase);
	}
}

int fut_file_end(struct fut_file *file)
{
	int before = file->cancel, error;

	flush(file);
	if (close(file->fd) != 0 && errno != EINTR && file->error == 0)
		file->error = errno;
	error = file->error;
	fut_free(file);
	pthread_setcancelstate(before, NULL);
	return error;
}

const char *fut_file_asked(void)
{
	const char *path = secure_getenv("FUTURE_TRACE");

	return path != NULL && path[0] != '\0' ? path : NULL;
}

int fut_file_at_exit(void (*call)(void))
{
	return atexit(call) == 0 ? 0 : ENOMEM;
}
