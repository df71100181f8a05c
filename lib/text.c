/* See text.h. */
#include "text.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>

/* Why a fut_text() of this thread failed: the stream knows only that. */
static _Thread_local int failed;

void fut_text(FILE *stream, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	if (vfprintf(stream, format, arguments) < 0)
		failed = errno;
	va_end(arguments);
}

FILE *fut_text_errors(void)
{
	return stderr;
}

void fut_text_at_exit(void (*say)(void))
{
	(void)!atexit(say);
}

int fut_text_end(FILE *stream)
{
	int error = failed;

	failed = 0;
	if (fflush(stream) != 0)
		return errno;
	if (!ferror(stream))
		return 0;
	return error != 0 ? error : EIO;
}
