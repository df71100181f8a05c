/* See calm.h. */
#include "calm.h"
#include "pool.h"

int fut_calm_await(struct fut_calm *calm, struct fut_lock *lock,
	int64_t deadline_ns)
{
	uint32_t word = atomic_load_explicit(&calm->word, FUT_RELAXED);
	int error;

	FUT_ASSERT(fut_lock_held(lock));
	calm->watchers++;
	fut_unlock(lock);
	error = fut_worker_park(&calm->word, word, deadline_ns,
		"an executor to be done");
	fut_lock(lock);
	calm->watchers--;
	return error;
}
