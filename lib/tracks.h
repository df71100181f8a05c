/*
 * Floor 2: the file of a trace, made from what its threads have recorded: a
 * track for each of them.
 *
 * It is in the Trace Event Format (N. Duca, D. Sinclair, 2016), which Perfetto
 * and Chrome read: an array of events, each with its phase, thread and time.
 */
#ifndef FUT_TRACKS_H
#define FUT_TRACKS_H

#include "trace.h"

struct fut_tracks {
	uint32_t trace;		/* which */
	int64_t start_ns, end_ns;
	size_t lost;		/* by threads that have no records */
	const struct fut_records *newest;	/* a list, with others in it */
};

/* Takes the descriptor of the file.  Returns 0 or an errno value. */
int fut_tracks_write(const struct fut_tracks *tracks, int fd);

#endif
