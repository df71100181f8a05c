/* The list of choices, as those who decide about the next run see it. */
#ifndef CHOICE_H
#define CHOICE_H

#include "run.h"

/* One question of a depth-first run, and what else could be answered. */
struct choice {
	uint16_t options, done, todo;
	uint8_t chosen;
	clocks counts;		/* reduce_counts(), at that time */
};

/* An answer that was not the usual one. */
struct answer {
	unsigned point, value;
};

void choice_reset(void);		/* before the runs of a scenario */
void choice_begin(uint64_t seed);	/* before a run */
void choice_end(void);			/* after it */

/* Depth first: sets out the next run; false if there is none. */
bool choice_next(void);

/* The choice that led to this step, and the one that led to this turn, the
 * steps of a thread in a row; -1: there was none. */
void choice_current(int32_t *ret_indices);
struct choice *choice_at(unsigned index);

/* The unusual answers of the run that was last; those of one to be repeated. */
unsigned choice_taken(struct answer *ret_answers, unsigned room);
void choice_give(const struct answer *answers, unsigned count);

#endif
