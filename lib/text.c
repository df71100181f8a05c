/* See text.h. */
#include "text.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>

void fut_text(FILE *stream, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	(void)vfprintf(stream, format, arguments);
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
	errno = 0;
	if (fflush(stream) == 0 && !ferror(stream))
		return 0;
	return errno != 0 ? errno : EIO;
}
