/*
 * Floor 5: tokens, and what is under them: a task, a continuation, a token.
 *
 * A token is a future that settles when it is cancelled, or goes.  What is
 * under it has a hook there which keeps nothing alive: of what it belongs to
 * nothing may be left but the memory when it fires.  So that memory is held by
 * its owner and by each who may yet fire something in it; the last one frees.
 */
#ifndef FUT_TOKEN_H
#define FUT_TOKEN_H

#include "job.h"

/* In the memory of a job, which stands first there and came from fut_alloc. */
struct fut_under {
	struct fut_hook hook;		/* on the token's future */
	struct fut_late late;		/* cancels the job; the hook's */
	struct fut_job *job;		/* this and the token are constant */
	future_token_t *token;		/* with a handle; NULL: under none */
	_Atomic uint32_t holds;		/* of the memory */
};

struct future_cell *fut_token_cell(future_token_t *token);

/* A handle more: the token is the caller's to use until it is given back. */
future_token_t *fut_token_ref(future_token_t *token);

/* True if it was made before a fork. */
bool fut_token_inherited(future_token_t *token);

/* Takes a handle of the token. */
void fut_under_init(struct fut_under *under, struct fut_job *job,
	future_token_t *token);

/*
 * From now on the job is cancelled with the token.  False if that has been
 * cancelled: then nothing hangs there.
 */
bool fut_under_hang(struct fut_under *under);

/* From now on it is not: the job has an outcome of its own. */
void fut_under_leave(struct fut_under *under);

/* The last reference to the job is gone.  Frees the memory, or has it freed. */
void fut_under_end(struct fut_under *under);

#endif
