/*
 * What the server of server.h answers: the head at once, the body a block at a
 * time.
 */
#ifndef ANSWER_H
#define ANSWER_H

#include "server.h"

#include <stdbool.h>

struct answer {
	char head[384];
	size_t head_length;
	const struct server_options *options;
	unsigned long number;	/* which body; 0: what is in `page` */
	size_t from;		/* where in the body it begins */
	size_t length;		/* how much of it is sent */
	char page[512];
	bool closes;		/* the connection, when it has been sent */
};

/*
 * `request` ends with the empty line after its head.  False: nothing is to be
 * answered, ever.  *lot is the last that was drawn, and is not 0.
 */
bool answer_choose(const struct server_options *options, uint32_t *lot,
	const char *request, struct answer *ret_answer);

/*
 * Copies to `out` what comes after the first `sent` bytes, head and body.
 * Returns its length, 0 at the end.
 */
size_t answer_fill(const struct answer *answer, size_t sent, char *out,
	size_t room);

#endif
