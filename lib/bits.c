/* See bits.h. */
#include "bits.h"

#include <errno.h>

#ifndef FUT_BITS_SPINS
#define FUT_BITS_SPINS 8
#endif
#ifndef FUT_BITS_PAUSES
#define FUT_BITS_PAUSES 32
#endif

int fut_bits_await(_Atomic uint64_t *at, uint32_t bits, int64_t deadline_ns)
{
	uint64_t word = atomic_load_explicit(at, FUT_ACQUIRE);

	for (int i = 0; i < FUT_BITS_SPINS && (word & bits); i++) {
		fut_back_off(FUT_BITS_PAUSES);
		word = atomic_load_explicit(at, FUT_ACQUIRE);
	}
	while (word & bits) {
		if (!(word & FUT_AWAITED) &&
		    !atomic_compare_exchange_weak_explicit(at, &word,
				word | FUT_AWAITED, FUT_ACQUIRE, FUT_ACQUIRE))
			continue;
		if (fut_park_half(at, (uint32_t)word | FUT_AWAITED,
				deadline_ns) == ETIMEDOUT)
			return ETIMEDOUT;
		word = atomic_load_explicit(at, FUT_ACQUIRE);
	}
	return 0;
}
