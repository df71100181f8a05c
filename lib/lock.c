/* See lock.h. */
#include "lock.h"

#ifndef FUT_LOCK_SPINS
#define FUT_LOCK_SPINS 8
#endif
#ifndef FUT_LOCK_PAUSES
#define FUT_LOCK_PAUSES 8
#endif

/*
 * Where the loop lies in its line of the cache decides whether four producers
 * need 40 or 80 ns a task (Zen): so that is fixed.
 */
__attribute__((aligned(64))) void fut_lock_slow(struct fut_lock *lock)
{
	for (int i = 0; i < FUT_LOCK_SPINS; i++) {
		uint32_t free = 0;

		fut_back_off(FUT_LOCK_PAUSES);
		if (atomic_load_explicit(&lock->word, FUT_RELAXED) == 0 &&
		    atomic_compare_exchange_strong_explicit(&lock->word, &free,
				1, FUT_ACQUIRE, FUT_RELAXED))
			return;
	}
	while (atomic_exchange_explicit(&lock->word, 2, FUT_ACQUIRE) != 0)
		fut_park(&lock->word, 2, FUT_FOREVER);
}
