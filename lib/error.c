/* See error.h. */
#define _GNU_SOURCE
#include "error.h"

#include <stddef.h>
#include <string.h>

#if defined(__GLIBC__) && defined(__GLIBC_PREREQ)
#if __GLIBC_PREREQ(2, 32)
#define HAVE_STRERRORDESC 1
#endif
#endif

const char *fut_error_text(int error)
{
	const char *text = NULL;

#ifdef HAVE_STRERRORDESC
	text = strerrordesc_np(error);
#elif !defined(__GLIBC__)
	text = strerror(error);	/* static there */
#endif
	return text != NULL ? text : "unknown error";
}
