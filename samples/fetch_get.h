/*
 * One download as libcurl sees it: what to ask for, what the answer's head
 * says, where its body goes.
 */
#ifndef FETCH_GET_H
#define FETCH_GET_H

#include "fetch_part.h"

#include <curl/curl.h>
#include <future.h>

struct get {
	const struct wanted *wanted;	/* borrowed; NULL: free */
	struct part part;
	future_limiter_t *limiter;	/* borrowed; NULL: none */
	future_executor_t *loop;	/* borrowed */

	/* The last attempt. */
	CURL *easy;		/* NULL once its transfer is over */
	struct curl_slist *headers;
	bool permitted;		/* to take another block */
	int64_t asked;		/* from there; 0: for all of it */
	bool resumed;		/* a server has gone on from there */
	int64_t total;		/* bytes; -1: unknown */
	int64_t received;	/* by all attempts */

	/* The head of the last answer. */
	int status;
	int64_t from, to, all;	/* of its range; -1: it does not say */
	int64_t length;		/* so does this */
	char etag[sizeof(((struct part *)0)->etag)];
	bool begun;		/* the body is what we want */
	int error;		/* why a callback gave up */
};

/*
 * Returns a handle for another attempt at what its open part lacks, or NULL
 * without memory.  Both are lent to it.
 */
CURL *get_easy(struct get *get, const struct options *options);

/* For reactor_transfer(): of `arg`, a struct get. */
int get_over(void *arg, int error);

/* Of a failed attempt: is another one worth it? */
bool get_may_pass(struct get *get, int error);

/* Says why it failed; good until the next call. */
const char *get_reason(const struct get *get, int error);

#endif
