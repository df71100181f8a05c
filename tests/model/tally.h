/* How the runs of a scenario ended, counted. */
#ifndef TALLY_H
#define TALLY_H

#include "run.h"

#define OUTCOMES 1024

struct tally {
	uint64_t runs;
	bool all;		/* no other run is left */
	double seconds;
	enum finding finding;	/* of the last */
	unsigned outcomes;	/* different ones */
	uint32_t outcome[OUTCOMES];
	uint64_t count[OUTCOMES];
};

/* Counts the run that has just ended. */
void tally_count(struct tally *tally);

/* True if it is what the scenario expects; all of it, depth first. */
bool tally_good(const struct tally *tally, const struct scenario *scenario,
	enum mode mode);

void tally_print(const struct tally *tally, const struct scenario *scenario,
	enum mode mode);

#endif
