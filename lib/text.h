/* Floor 1: text for people. */
#ifndef FUT_TEXT_H
#define FUT_TEXT_H

#include <stdio.h>

/* As fprintf(). */
void fut_text(FILE *stream, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Where errors go. */
FILE *fut_text_errors(void);

/* Has say() called when the process exits.  Never undone. */
void fut_text_at_exit(void (*say)(void));

/* What was written so far arrives: 0 or an errno value. */
int fut_text_end(FILE *stream);

#endif
