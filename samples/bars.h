/* A run as bars in a terminal, one a thread. */
#ifndef BARS_H
#define BARS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "run.h"

/*
 * How to draw: letters that can be piped and mailed, or blocks and colours.
 * `scale_ns` is the time of a whole line, so that runs can be compared.
 */
struct bars {
	FILE *out;
	bool fancy;
	int64_t scale_ns;
};

/*
 * Fancy if `out` is a terminal that shows UTF-8, unless the environment asks
 * for letters (NO_COLOR, TERM=dumb).
 */
struct bars bars_for(FILE *out, int64_t scale_ns);

void bars_legend(const struct bars *bars);
void bars_draw(const struct bars *bars, const struct run *run);
void bars_ruler(const struct bars *bars);

#endif
