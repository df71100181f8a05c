/*
 * The explorer's own files share this: one run, that is one interleaving.
 *
 *	explore.c   what is explored how
 *	options.c   the command line
 *	tally.c     what was counted
 *	replay.c    a run again
 *	choice.c    the list of choices; which run comes next
 *	reduce.c    depth first: which choices cannot matter
 *	schedule.c  the threads; who runs
 *	atomic.c    C11 atomics with their older stores
 *	plain.c     plain accesses; races
 *	memory.c    the arena; what is alive; leaks
 *	floor.c     floor 1 of the library, on top of these
 *	report.c    what was found; the trace
 */
#ifndef RUN_H
#define RUN_H

#include "clocks.h"
#include "model.h"

enum mode { MODE_DEPTH, MODE_PCT, MODE_RANDOM, MODE_REPLAY };

/* What the command line says. */
struct limits {
	enum mode mode;
	unsigned bound;		/* of preemptions in a run, depth first */
	unsigned depth;		/* of PCT: one less are its change points */
	unsigned steps;		/* of a run; then it is a livelock */
	unsigned most[CHANCES];
	bool reduce;		/* leave out what cannot matter */
};

struct run {
	uint32_t number;	/* never 0; what bears another is stale */
	unsigned current;	/* the thread that runs */
	unsigned threads;	/* have been started */
	uint32_t ready, timed;	/* sets of threads that can go on */
	uint32_t resting;	/* of these, those in model_rest() */
	unsigned steps;
	unsigned point;		/* how many choices there could have been */
	unsigned preemptions;
	unsigned used[CHANCES];
	int64_t now;		/* the clock, in ns */
	bool tracing;
	bool cache;		/* see model_cache() */
	bool deep;		/* see model_deep() */
	bool quiet;		/* see model_quiet() */
	unsigned daemons;
	unsigned counters[MODEL_COUNTERS];
	bool has_outcome;
	uint32_t outcome;
	enum finding finding;
};

extern struct limits limits;
extern unsigned model_spins;	/* see tunables.h */
extern struct run run;

/* explore.c */

/* Runs a scenario once, from the start; returns what was found. */
enum finding run_once(const struct scenario *scenario, uint64_t seed,
	bool tracing);

/* Ends this run: it is wrong.  Only while it runs. */
_Noreturn void run_fail(enum finding finding, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* choice.c */

/*
 * Asks who runs next.  `usual` is one of `options`, a set; without a choice it
 * is the answer.  `free`: no preemption is spent whatever the answer.
 */
unsigned choice_thread(uint32_t options, unsigned usual, bool free);

/* The running thread goes on: nobody else could run. */
void choice_none(void);

/* Asks for a number below n; 0 is the ordinary one. */
unsigned choice_value(enum chance chance, unsigned n);

/* True if a deadline may pass, this time, in a random run. */
bool choice_eager(void);

/* For PCT: a new thread's priority, or the lowest so far. */
int choice_priority(void);
int choice_priority_lowest(void);

#endif
