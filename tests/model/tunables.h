/*
 * Included before every library source that is explored: sizes and counts at
 * which the edges are near.
 *
 * A spin adds looks that change nothing but cost a step each, so depth first
 * there is none; the random runs have one.
 */
#ifndef TUNABLES_H
#define TUNABLES_H

extern unsigned model_spins;

#define FUT_BITS_PAUSES 1
#define FUT_LOCK_PAUSES 1
#define FUT_MUTEX_PAUSES 1
#define FUT_LOCK_SPINS ((int)model_spins)
#define FUT_BITS_SPINS ((int)model_spins)
#define FUT_WAIT_SPINS ((int)model_spins)
#define FUT_LINGER_SPINS ((int)model_spins)
#define FUT_NAP_SPINS ((int)model_spins)
#define FUT_MUTEX_SPINS ((int)model_spins)
#define FUT_MUTEX_PATIENCE_NS 2000
#define FUT_CHANNEL_SPINS ((int)model_spins)
#define FUT_SHARE_MAX 3
#define FUT_AGE_MAX 2
#define FUT_STREAK_MAX 2
#define FUT_SWEEP_MIN 1
#define FUT_MAGAZINE_ROUNDS 2
#define FUT_DEPOT_FULL_MAX 1
#define FUT_DEPOT_EMPTY_MAX 1
#define FUT_DEPOT_EMPTY_MIN 0
#define FUT_SLAB_SIZE ((size_t)512)

#endif
