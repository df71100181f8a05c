/* A run again: the one that failed, made smaller; or one from a text. */
#ifndef REPLAY_H
#define REPLAY_H

#include "run.h"

/* Repeats the last run, which failed, and tells how to repeat it. */
void replay_tell(const struct scenario *scenario);

/* Runs what replay_tell() printed, and tells of it. */
void replay_text(const struct scenario *scenario, const char *text);

#endif
