/*
 * Floor 2: which of many is first, where one after the other changes its key: a
 * tree of matches, won by the smaller key.  (D. Knuth, The Art of Computer
 * Programming 3, 5.4.1.)
 */
#ifndef FUT_ORDER_H
#define FUT_ORDER_H

#include "base.h"

/* All zero is an empty one, of which no key is set. */
struct fut_order {
	size_t count;
	int64_t *keys;
	size_t *winners;	/* at 1 the first of all; see order.c */
};

/* `count` with the key INT64_MAX each; false if there is no memory. */
bool fut_order_init(struct fut_order *order, size_t count);
void fut_order_end(struct fut_order *order);

void fut_order_set(struct fut_order *order, size_t which, int64_t key);

/* The smallest key; INT64_MAX if there is none. */
int64_t fut_order_key(const struct fut_order *order);

/* Who has it, and of those who do the first. */
size_t fut_order_first(const struct fut_order *order);

#endif
