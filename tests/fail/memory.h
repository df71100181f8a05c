/*
 * The failure tests: what is built on <future.h> alone takes its memory from
 * libc.  A source that is included behind this takes it from fail/alloc.c.
 */
#ifndef FAIL_MEMORY_H
#define FAIL_MEMORY_H

#include "../../lib/alloc.h"

#include <stdlib.h>

#define malloc fut_alloc
#define free fut_free

#endif
