/* The runs as a picture in SVG: a panel a run, a bar a thread, one scale. */
#ifndef PICTURE_H
#define PICTURE_H

#include <stddef.h>

#include "run.h"

/* Writes `file`.  Returns 0 or an errno value. */
int picture_write(const char *file, const struct run *runs, size_t count);

#endif
