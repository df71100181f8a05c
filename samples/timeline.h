/*
 * What each thread did, and when.
 *
 *	timeline_enter(&timeline, SPAN_BLOCKED);
 *	result = future_get(page);
 *	timeline_leave(&timeline);
 *
 * A lane is written by its own thread alone, without a lock; read it when that
 * thread has been joined.  The first lane is the thread that calls
 * timeline_init(); the others are taken by timeline_join().
 */
#ifndef TIMELINE_H
#define TIMELINE_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

enum span_kind {
	SPAN_IDLE,
	SPAN_BLOCKED,	/* waits in connect, read or future_get */
	SPAN_POLLING,	/* asks a socket again and again */
	SPAN_WORKING,	/* other work */
	SPAN_FETCHING,	/* a worker waits for the network */
	SPAN_CHECKING,	/* computes a checksum */
	SPAN_KINDS
};

struct span {
	int64_t start_ns, end_ns;	/* since the start of the timeline */
	enum span_kind kind;
};

struct lane {
	struct span *spans;		/* units of work are merged */
	size_t count, capacity;
	struct span open;
	int64_t total_ns[SPAN_KINDS];	/* exact: units of work without gaps */
};

struct timeline {
	int64_t origin_ns, end_ns;
	struct lane *lanes;
	size_t lane_count;
	atomic_size_t joined;
};

/* Returns 0 or ENOMEM; free it with timeline_fini(). */
int timeline_init(struct timeline *timeline, size_t lanes, size_t spans);
void timeline_fini(struct timeline *timeline);

/* The time starts, and stops. */
void timeline_start(struct timeline *timeline);
void timeline_stop(struct timeline *timeline);
int64_t timeline_now_ns(const struct timeline *timeline);

/* The calling thread gets the next lane: a pool's on_thread_start. */
void timeline_join(void *timeline);

/* What the calling thread does from now on; it does one thing at a time. */
void timeline_enter(struct timeline *timeline, enum span_kind kind);
void timeline_leave(struct timeline *timeline);

/* Returns what the lane did most between two instants. */
enum span_kind lane_at(const struct lane *lane, int64_t start_ns,
	int64_t end_ns);

/* Returns a round number that divides a ruler into at most `most` steps. */
int64_t timeline_step_ns(int64_t length_ns, int most);

#endif
