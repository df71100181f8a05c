/*
 * Floor 5: who waits for what, for people to read: those asleep in functions
 * now, and those among whom a wait was last told EDEADLK.
 */
#ifndef FUT_KNOT_H
#define FUT_KNOT_H

#include "asleep.h"
#include "known.h"

/* One who waits.  What is not known has neither name nor site. */
struct fut_tie {
	struct fut_where where;
	struct fut_sight in;	/* what its function settles; cell NULL: none */
	struct fut_sight on;	/* what it waits for */
};

enum { FUT_KNOT_TIES = 8 };

struct fut_knot {
	size_t count;		/* of those, how many there were; 0: no knot */
	int64_t at_ns;
	struct fut_tie ties[FUT_KNOT_TIES];	/* who was told comes first */
};

/* In the caller's turn: `told` is told, whom those seen by `search` need. */
void fut_knot_note(const struct fut_asleep *told, uint64_t search);

/*
 * The calling thread is told that it waits for itself: in its functions, from
 * the innermost out, each of which waits for the one further in.
 */
void fut_knot_note_self(struct future_cell *waits);

/* In a turn of their own: false, or 0, if there can be none. */
bool fut_knot_last(struct fut_knot *ret_knot);
size_t fut_knot_asleep(struct fut_tie *ties, size_t room);

#endif
