/* What the command line asks for. */
#ifndef OPTIONS_H
#define OPTIONS_H

#include "run.h"

#define UNSET UINT32_MAX

struct options {
	const char *name;	/* of a scenario, its beginning, or "all" */
	int mode;		/* -1: all three */
	unsigned bound, weak, spurious, oom, timeouts, spins; /* or UNSET */
	uint64_t runs, seed;	/* runs 0: the usual */
	double seconds;		/* for a mode of a scenario */
	const char *replay;	/* or NULL */
	bool list;
};

extern struct options options;
extern const char *const mode_names[];

/* Fills `options` and part of `limits`; exits if they make no sense. */
void options_parse(int argc, char **argv);

/* Sets `limits` for the runs of a scenario; returns how many runs at most. */
uint64_t options_limits(const struct scenario *scenario, enum mode mode);

#endif
