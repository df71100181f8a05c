/*
 * Litmus tests: of each small program, exactly the outcomes that C11 allows
 * (but those of load buffering, which are not explored).
 */
#include "model.h"

#include <stdatomic.h>

#define RELAXED memory_order_relaxed
#define ACQUIRE memory_order_acquire
#define RELEASE memory_order_release
#define SEQ_CST memory_order_seq_cst

static _Atomic int x, y;
static int r[4];

/* Runs two or four threads and counts what they read, as bits. */
static void litmus(void (*first)(void *), void (*second)(void *),
	void (*third)(void *), void (*fourth)(void *))
{
	void (*const mains[])(void *) = { first, second, third, fourth };
	int thread[4];

	for (int i = 0; i < 4; i++)
		if (mains[i] != NULL)
			thread[i] = model_start(mains[i], NULL);
	for (int i = 0; i < 4; i++)
		if (mains[i] != NULL)
			model_join(thread[i]);
	model_outcome((uint32_t)(r[0] | r[1] << 1 | r[2] << 2 | r[3] << 3));
}

#define ONE(outcome) (1u << (outcome))

#define STORE(name, place, order) \
	static void name(void *arg) \
	{ \
		(void)arg; \
		atomic_store_explicit(&place, 1, order); \
	}
#define STORE_LOAD(name, to, store, from, load, into) \
	static void name(void *arg) \
	{ \
		(void)arg; \
		atomic_store_explicit(&to, 1, store); \
		r[into] = atomic_load_explicit(&from, load); \
	}
#define LOAD_LOAD(name, a, order_a, into_a, b, order_b, into_b) \
	static void name(void *arg) \
	{ \
		(void)arg; \
		r[into_a] = atomic_load_explicit(&a, order_a); \
		r[into_b] = atomic_load_explicit(&b, order_b); \
	}
#define STORE_STORE(name, a, order_a, b, order_b) \
	static void name(void *arg) \
	{ \
		(void)arg; \
		atomic_store_explicit(&a, 1, order_a); \
		atomic_store_explicit(&b, 1, order_b); \
	}

/* Store buffering: both read 0, unless all is seq_cst. */
STORE_LOAD(sb_relaxed_a, x, RELAXED, y, RELAXED, 0)
STORE_LOAD(sb_relaxed_b, y, RELAXED, x, RELAXED, 1)
SCENARIO(sb_relaxed, .outcomes = 0xf, .bound = 4)
{
	litmus(sb_relaxed_a, sb_relaxed_b, NULL, NULL);
}

STORE_LOAD(sb_acq_rel_a, x, RELEASE, y, ACQUIRE, 0)
STORE_LOAD(sb_acq_rel_b, y, RELEASE, x, ACQUIRE, 1)
SCENARIO(sb_acq_rel, .outcomes = 0xf, .bound = 4)
{
	litmus(sb_acq_rel_a, sb_acq_rel_b, NULL, NULL);
}

STORE_LOAD(sb_seq_cst_a, x, SEQ_CST, y, SEQ_CST, 0)
STORE_LOAD(sb_seq_cst_b, y, SEQ_CST, x, SEQ_CST, 1)
SCENARIO(sb_seq_cst, .outcomes = 0xe, .bound = 4)
{
	litmus(sb_seq_cst_a, sb_seq_cst_b, NULL, NULL);
}

STORE_LOAD(sb_mixed_a, x, SEQ_CST, y, ACQUIRE, 0)
SCENARIO(sb_one_load_is_acquire, .outcomes = 0xf, .bound = 4)
{
	litmus(sb_mixed_a, sb_seq_cst_b, NULL, NULL);
}

/* Message passing: the flag without the data (1, 0), unless acq_rel. */
STORE_STORE(mp_relaxed_a, x, RELAXED, y, RELAXED)
LOAD_LOAD(mp_relaxed_b, y, RELAXED, 0, x, RELAXED, 1)
SCENARIO(mp_relaxed, .outcomes = 0xf, .bound = 4)
{
	litmus(mp_relaxed_a, mp_relaxed_b, NULL, NULL);
}

STORE_STORE(mp_release_a, x, RELAXED, y, RELEASE)
LOAD_LOAD(mp_acquire_b, y, ACQUIRE, 0, x, RELAXED, 1)
SCENARIO(mp_release_only, .outcomes = 0xf, .bound = 4)
{
	litmus(mp_release_a, mp_relaxed_b, NULL, NULL);
}

SCENARIO(mp_acq_rel, .outcomes = 0xd, .bound = 4)
{
	litmus(mp_release_a, mp_acquire_b, NULL, NULL);
}

STORE_STORE(mp_seq_cst_a, x, RELAXED, y, SEQ_CST)
LOAD_LOAD(mp_seq_cst_b, y, SEQ_CST, 0, x, RELAXED, 1)
SCENARIO(mp_seq_cst, .outcomes = 0xd, .bound = 4)
{
	litmus(mp_seq_cst_a, mp_seq_cst_b, NULL, NULL);
}

/* Coherence: what was seen once stays seen (never 1, 0). */
STORE(corr_a, x, RELAXED)
LOAD_LOAD(corr_b, x, RELAXED, 0, x, RELAXED, 1)
SCENARIO(corr_relaxed, .outcomes = 0xd, .bound = 4)
{
	litmus(corr_a, corr_b, NULL, NULL);
}

/* Independent reads of independent writes: disagreement is 1, 0, 1, 0. */
STORE(iriw_relaxed_a, x, RELAXED)
STORE(iriw_relaxed_b, y, RELAXED)
LOAD_LOAD(iriw_relaxed_c, x, RELAXED, 0, y, RELAXED, 1)
LOAD_LOAD(iriw_relaxed_d, y, RELAXED, 2, x, RELAXED, 3)
SCENARIO(iriw_relaxed, .outcomes = 0xffff)
{
	litmus(iriw_relaxed_a, iriw_relaxed_b, iriw_relaxed_c,
		iriw_relaxed_d);
}

STORE(iriw_release_a, x, RELEASE)
STORE(iriw_release_b, y, RELEASE)
LOAD_LOAD(iriw_acquire_c, x, ACQUIRE, 0, y, ACQUIRE, 1)
LOAD_LOAD(iriw_acquire_d, y, ACQUIRE, 2, x, ACQUIRE, 3)
SCENARIO(iriw_acq_rel, .outcomes = 0xffff)
{
	litmus(iriw_release_a, iriw_release_b, iriw_acquire_c,
		iriw_acquire_d);
}

STORE(iriw_seq_cst_a, x, SEQ_CST)
STORE(iriw_seq_cst_b, y, SEQ_CST)
LOAD_LOAD(iriw_seq_cst_c, x, SEQ_CST, 0, y, SEQ_CST, 1)
LOAD_LOAD(iriw_seq_cst_d, y, SEQ_CST, 2, x, SEQ_CST, 3)
SCENARIO(iriw_seq_cst, .outcomes = 0xffff & ~ONE(5))
{
	litmus(iriw_seq_cst_a, iriw_seq_cst_b, iriw_seq_cst_c,
		iriw_seq_cst_d);
}
