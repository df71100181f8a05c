/*
 * What fetch shows on the standard error: a bar for each file under way and one
 * line for all, drawn over themselves on a terminal; else plain lines only.
 */
#ifndef FETCH_BARS_H
#define FETCH_BARS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct bar {
	const char *name;
	int64_t have, total;	/* bytes; total -1: unknown */
};

/* True if it is a terminal. */
bool bars_wanted(void);

/* Draws them, and `all` below. */
void bars_draw(const struct bar *bars, size_t count, const char *all);

/* A line of its own, above the bars, which are gone until they are drawn. */
__attribute__((format(printf, 1, 2)))
void bars_say(const char *format, ...);

/* "3.4 MiB" */
const char *bars_bytes(char out[16], int64_t bytes);

#endif
