/* See fork.h. */
#include "fork.h"
#include "self.h"

#include <errno.h>
#include <pthread.h>

_Atomic uint32_t fut_fork_count;

/* More than there are files that have something to reset. */
enum { RESETS = 12 };

static _Atomic(void (*)(void)) resets[RESETS];

/* The thread that forked is a plain thread of the child, in no task. */
static void child(void)
{
	*fut_self() = (struct fut_self){ 0 };
	atomic_fetch_add_explicit(&fut_fork_count, 1, FUT_RELAXED);
	for (size_t i = 0; i < RESETS; i++) {
		void (*reset)(void) = atomic_load_explicit(&resets[i],
			FUT_RELAXED);

		if (reset != NULL)
			reset();
	}
}

/* A handler that is registered while another thread forks is not called. */
__attribute__((constructor)) static void watch(void)
{
	pthread_atfork(NULL, NULL, child);
}

int fut_fork_at_child(void (*reset)(void))
{
	for (size_t i = 0; i < RESETS; i++) {
		void (*there)(void) = NULL;

		/* The reset before the caller's first lock, for child(). */
		if (atomic_compare_exchange_strong_explicit(&resets[i], &there,
				reset, FUT_ACQ_REL, FUT_RELAXED) ||
		    there == reset)
			return 0;
	}
	return ENOMEM;
}
