/* Floor 5: waiting for a future. */
#ifndef FUT_GET_H
#define FUT_GET_H

#include "job.h"

enum fut_wait_how {
	FUT_WAIT_STOPS = 1,	/* the cancel of who waits ends it */
	FUT_WAIT_FIRM = 2,	/* others are told first that it is in vain */
	FUT_WAIT_JOINS = 4	/* for its function to return: it has settled */
};

/* future_join(), for the library itself too. */
int fut_join(struct future_cell *cell, int64_t deadline_ns, unsigned how);

#endif
