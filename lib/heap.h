/*
 * Floor 4: a pairing heap, smallest key first, of nodes that others embed.
 *
 * Inserting is one comparison; taking the first or any other out is O(log n)
 * amortized; nothing is allocated and nothing recursive, however many siblings
 * there are.  (M. Fredman, R. Sedgewick, D. Sleator, R. Tarjan, "The pairing
 * heap: a new form of self-adjusting heap", Algorithmica 1, 1986.)
 *
 * All under the lock of whoever has the root; NULL is the empty heap.
 */
#ifndef FUT_HEAP_H
#define FUT_HEAP_H

#include "base.h"

struct fut_heap_node {
	struct fut_heap_node *child;	/* the first of them */
	struct fut_heap_node *next;	/* sibling */
	struct fut_heap_node *prev;	/* of a first child the parent; of the
					   root itself; NULL: in no heap */
	int64_t key;
};

void fut_heap_insert(struct fut_heap_node **root, struct fut_heap_node *node);

/* Takes out a node of this heap: the root, or any other. */
void fut_heap_remove(struct fut_heap_node **root, struct fut_heap_node *node);

/* The node after this one, from the root on, in no order; NULL: the last. */
struct fut_heap_node *fut_heap_after(struct fut_heap_node *node);

#endif
