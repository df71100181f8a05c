/* See fork.h. */
#include "fork.h"
#include "self.h"

#include <pthread.h>

_Atomic uint32_t fut_fork_count;

/* The thread that forked is a plain thread of the child, in no task. */
static void child(void)
{
	*fut_self() = (struct fut_self){ 0 };
	atomic_fetch_add_explicit(&fut_fork_count, 1, FUT_RELAXED);
}

__attribute__((constructor)) static void watch(void)
{
	pthread_atfork(NULL, NULL, child);
}

int fut_fork_at_child(void (*reset)(void))
{
	return pthread_atfork(NULL, NULL, reset);
}
