/* See wakefd.h. */
#define _GNU_SOURCE
#include "wakefd.h"
#include "config.h"

#include <errno.h>
#include <unistd.h>

#ifdef FUT_EVENTFD

#include <sys/eventfd.h>

static int open_ends(int ends[2])
{
	ends[0] = ends[1] = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	return ends[0] < 0 ? errno : 0;
}

#else

#include <fcntl.h>

static int open_ends(int ends[2])
{
	if (pipe(ends) != 0)
		return errno;
	for (int i = 0; i < 2; i++) {
		(void)fcntl(ends[i], F_SETFD, FD_CLOEXEC);
		(void)fcntl(ends[i], F_SETFL, O_NONBLOCK);
	}
	return 0;
}

#endif

int fut_wakefd_open(struct fut_wakefd *wakefd)
{
	int saved = errno, ends[2];
	int error = open_ends(ends);

	errno = saved;
	if (error != 0)
		return error;
	*wakefd = (struct fut_wakefd){ ends[0], ends[1], false };
	return 0;
}

void fut_wakefd_close(struct fut_wakefd *wakefd)
{
	int saved = errno;

	close(wakefd->fd);
	if (wakefd->in != wakefd->fd)
		close(wakefd->in);
	errno = saved;
}

/* Eight bytes, as an eventfd wants them; in a pipe never more than these. */
void fut_wakefd_set(struct fut_wakefd *wakefd, bool readable)
{
	uint64_t one = 1;
	int saved = errno;
	ssize_t ignored;

	if (wakefd->readable == readable)
		return;
	wakefd->readable = readable;
	ignored = readable ? write(wakefd->in, &one, sizeof(one)) :
		read(wakefd->fd, &one, sizeof(one));
	(void)ignored;
	errno = saved;
}
