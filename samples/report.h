/* What the runs cost, in words and in numbers. */
#ifndef REPORT_H
#define REPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "run.h"

/* Timelines, table and checksums, for people. */
void report_print(FILE *out, const struct run *runs, size_t count);

/* A heading and one line a run, for programs; times in nanoseconds. */
void report_print_tsv(FILE *out, const struct run *runs, size_t count);

/* Whether all runs got the same bytes. */
bool report_agrees(const struct run *runs, size_t count);

/* Prints "1 request, 2 data, 3 next work", or what happened instead. */
void report_order(FILE *out, const struct run *run);

/* Writes "61.2 ms", or "310 ns", and returns `buffer`. */
#define DURATION_SIZE 24
const char *report_duration(int64_t ns, char buffer[DURATION_SIZE]);

int64_t report_longest_ns(const struct run *runs, size_t count);

#endif
