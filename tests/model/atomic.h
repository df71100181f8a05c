/*
 * C11 atomics, one place a variable, each with its last few stores.
 *
 * A load may see an older store as long as nothing that happens before the
 * load has seen a newer one, and a seq_cst load never one older than the last
 * seq_cst store; a read-modify-write sees the newest.  Not explored: a load
 * that sees a store that comes later (load buffering).
 */
#ifndef ATOMIC_H
#define ATOMIC_H

#include "run.h"

void atomic_reset(void);

/* The newest value, or its lower half, of what is about to be slept on. */
uint32_t atomic_word(const void *word, unsigned size);

struct cell;
/*
 * A plain access to a place.  What does not happen after all that it conflicts
 * with ends the run, as `finding`; a write makes the place anew.
 */
void atomic_meets_plain(struct cell *cell, bool write, enum finding finding,
	const void *address);

#endif
