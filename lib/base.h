/* Floor 0: what C11 alone gives.  Every other file may include this one. */
#ifndef FUT_BASE_H
#define FUT_BASE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FUT_OWNER(pointer, type, member) \
	((type *)((char *)(pointer) - offsetof(type, member)))

#define FUT_LIKELY(x) __builtin_expect(!!(x), 1)
#define FUT_UNLIKELY(x) __builtin_expect(!!(x), 0)

/* The explicit orders, short enough to stand in an expression. */
#define FUT_RELAXED memory_order_relaxed
#define FUT_ACQUIRE memory_order_acquire
#define FUT_RELEASE memory_order_release
#define FUT_ACQ_REL memory_order_acq_rel
#define FUT_SEQ_CST memory_order_seq_cst

/* a + b for instants and durations, never beyond INT64_MAX. */
static inline int64_t fut_add_sat(int64_t a, int64_t b)
{
	return a > 0 && b > INT64_MAX - a ? INT64_MAX : a + b;
}

#endif
