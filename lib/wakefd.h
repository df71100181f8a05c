/*
 * Floor 1: a file descriptor that is readable, or is not: an eventfd, or where
 * there is none a pipe.
 *
 * Under the lock of who embeds it.  Nothing here blocks.
 */
#ifndef FUT_WAKEFD_H
#define FUT_WAKEFD_H

#include "base.h"

struct fut_wakefd {
	int fd;		/* the end to poll; constant while it is open */
	int in;		/* the end to write to, as well */
	bool readable;
};

/* Not readable.  Returns 0, EMFILE, ENFILE, ENOMEM or ENODEV. */
int fut_wakefd_open(struct fut_wakefd *wakefd);

void fut_wakefd_close(struct fut_wakefd *wakefd);

/* Costs nothing if it is so already. */
void fut_wakefd_set(struct fut_wakefd *wakefd, bool readable);

#endif
