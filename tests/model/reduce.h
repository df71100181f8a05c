/*
 * Depth first: which other answers to "who runs next?" matter.
 *
 * Two steps that touch no common object, or only read it, can be exchanged
 * without any thread noticing.  So a choice is only taken up again where a
 * later step met an earlier one of another thread and nothing else orders
 * them (dynamic partial-order reduction, C. Flanagan and P. Godefroid, 2005),
 * there and, so that no preemption is needed, where that other thread came to
 * run (K. Coons, M. Musuvathi and K. McKinley, "Bounded Partial-Order
 * Reduction", 2013).
 */
#ifndef REDUCE_H
#define REDUCE_H

#include "run.h"

void reduce_reset(void);

/* How many accesses each thread has made. */
clocks reduce_counts(void);

/* The running thread, in this step, reads or changes `object`. */
void reduce_access(const void *object, bool write);

/* What `thread` does from now on comes after what `before` has done. */
void reduce_follow(unsigned thread, unsigned before);

/* Instead of this step, `thread` could have done something that matters. */
void reduce_instead(unsigned thread);

#endif
