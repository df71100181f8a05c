/*
 * Floor 2: lots, the choices of one run, as a seed says.
 *
 * Below FUT_LOTS_ORDER the seed is that of a generator.  Above, its other bits
 * are the choices themselves, a number in mixed radix: the i-th digit is the
 * i-th choice, its radix the number of what there was to choose from, the first
 * digit the least.  After its last digit the first is always chosen.
 *
 * The choices made are written down as long as such a number can name them.
 */
#ifndef FUT_LOTS_H
#define FUT_LOTS_H

#include "base.h"

#define FUT_LOTS_ORDER ((uint64_t)1 << 63)
#define FUT_LOTS_MANY UINT64_MAX

struct fut_lots {
	uint64_t state;		/* of the generator, or the digits to come */
	bool ordered;

	/*
	 * If there was as much to choose from in every other run, how many
	 * orders there are: the product of the radices.  FUT_LOTS_MANY: no seed
	 * can name this one.
	 */
	uint64_t orders;
	size_t count;
	struct {
		size_t lot, of;
	} drawn[63];		/* each of at least two */
};

void fut_lots_init(struct fut_lots *lots, uint64_t seed);

/* A number below `of`, which is at least 1.  One of one is no choice. */
size_t fut_lots_draw(struct fut_lots *lots, size_t of);

/*
 * The order after this one, which was not of FUT_LOTS_MANY: depth first, the
 * last choice changes first.  False if there is none.
 */
bool fut_lots_next(const struct fut_lots *lots, uint64_t *ret_seed);

#endif
