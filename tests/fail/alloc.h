/*
 * The failure tests: the memory of floor 1, counted, and refused on demand.
 * A program that links fail/alloc.c does so in place of the library's alloc.c.
 */
#ifndef FAIL_ALLOC_H
#define FAIL_ALLOC_H

#include <stdbool.h>

/*
 * From now on the `nth` request for memory (1 is the next) is refused, and
 * with `rest` all that come after it; 0: none.
 */
void fail_alloc(long nth, bool rest);

/* How many requests came since fail_alloc(). */
long fail_alloc_asked(void);

/* How many pieces of memory have been given out and not come back. */
long fail_alloc_live(void);

/* Before the first use of the library: blocks come from its cache, as usual. */
void fail_alloc_cached(void);

#endif
