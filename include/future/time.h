/*
 * Deadlines.
 *
 *	int error = future_wait(f, future_in_ms(250));
 *
 * A deadline is an instant of the monotonic clock and a type of its own, so
 * that a number of milliseconds cannot be passed for one by mistake.  It bounds
 * a wait, not a loop: what is there already is had after it has passed, too.
 */
#ifndef FUTURE_TIME_H
#define FUTURE_TIME_H

#include <future/base.h>

FUTURE_BEGIN_DECLS

typedef struct future_time {
	int64_t ns;	/* since the start of the monotonic clock */
} future_time_t;

#ifdef __cplusplus
#define FUTURE_FOREVER (future_time_t{INT64_MAX})
#define FUTURE_NOW (future_time_t{0})
#else
/* No deadline. */
#define FUTURE_FOREVER ((future_time_t){ INT64_MAX })
/* A deadline that has passed: a wait that only looks. */
#define FUTURE_NOW ((future_time_t){ 0 })
#endif

/* Returns the present instant.  Never blocks. */
FUTURE_API future_time_t future_now(void);

/*
 * Returns the deadline `ms` milliseconds from now; negative values lie in the
 * past, and what would overflow is FUTURE_FOREVER.
 */
FUTURE_API future_time_t future_in_ms(int64_t ms);

/*
 * Returns for how many milliseconds to sleep until the deadline, rounded up, as
 * poll() and epoll_wait() take it: 0 if it has passed, -1 for FUTURE_FOREVER,
 * and INT_MAX for what is further off than that.  Never blocks.
 */
FUTURE_API int future_ms_until(future_time_t deadline);

FUTURE_END_DECLS

#endif
