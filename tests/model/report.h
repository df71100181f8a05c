/* What is told of a run that failed. */
#ifndef REPORT_H
#define REPORT_H

#include "run.h"

#include <stdarg.h>

/* The last failure, in a sentence. */
extern char report_text[512];

const char *report_name(enum finding finding);

/* Keeps the sentence, and where it happened. */
void report_failure(const char *format, va_list arguments);

/* The bytes that the failure is about: their accesses are told. */
void report_about(const void *address, size_t size);

/* The name of a static variable, or a number. */
const char *report_symbol(const void *address);

/* "[40123a]"; the trace, when printed, has the place in the source instead. */
const char *report_where(uint32_t pc);

/* A line of the trace; only while run.tracing. */
void report_event(const char *what, const void *address, size_t size,
	uint64_t value, int order);
#define ORDER_NONE (-1)
void report_plain(const void *address, size_t size, bool write);

/* Forgets the trace; prints it. */
void report_begin(void);
void report_print(void);

#endif
