/* Floor 5: waiting for a future. */
#ifndef FUT_GET_H
#define FUT_GET_H

#include "job.h"

enum fut_wait_how {
	FUT_WAIT_STOPS = 1,	/* the cancel of the function that waits ends it */
	FUT_WAIT_FIRM = 2	/* of those who would wait for ever, others first */
};

/* future_join(), for the library itself too. */
int fut_join(struct future_cell *cell, int64_t deadline_ns, unsigned how);

#endif
