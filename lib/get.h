/* Floor 5: waiting for a future. */
#ifndef FUT_GET_H
#define FUT_GET_H

#include "job.h"

/*
 * future_join(), for the library itself too: unless it `stops`, the cancel of
 * the function that waits does not end it.
 */
int fut_join(struct future_cell *cell, int64_t deadline_ns, bool stops);

#endif
