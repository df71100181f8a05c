/* See heap.h. */
#include "heap.h"

/* Of two roots the smaller gets the other as its first child. */
static struct fut_heap_node *meld(struct fut_heap_node *a,
	struct fut_heap_node *b)
{
	struct fut_heap_node *above = b->key < a->key ? b : a;
	struct fut_heap_node *below = above == a ? b : a;

	below->next = above->child;
	if (below->next != NULL)
		below->next->prev = below;
	below->prev = above;
	above->child = below;
	return above;
}

/*
 * One heap of many siblings, in two passes: melded in pairs from the left, and
 * these from the right.
 */
static struct fut_heap_node *meld_all(struct fut_heap_node *first)
{
	struct fut_heap_node *pairs = NULL, *all = NULL;

	while (first != NULL) {
		struct fut_heap_node *pair = first, *second = first->next;

		first = second != NULL ? second->next : NULL;
		if (second != NULL)
			pair = meld(pair, second);
		pair->next = pairs;
		pairs = pair;
	}
	while (pairs != NULL) {
		struct fut_heap_node *pair = pairs;

		pairs = pair->next;
		all = all != NULL ? meld(all, pair) : pair;
	}
	return all;
}

static void set_root(struct fut_heap_node **root, struct fut_heap_node *node)
{
	*root = node;
	if (node != NULL) {
		node->next = NULL;
		node->prev = node;
	}
}

void fut_heap_insert(struct fut_heap_node **root, struct fut_heap_node *node)
{
	node->child = NULL;
	set_root(root, *root != NULL ? meld(*root, node) : node);
}

static void cut(struct fut_heap_node *node)
{
	if (node->prev->child == node)
		node->prev->child = node->next;
	else
		node->prev->next = node->next;
	if (node->next != NULL)
		node->next->prev = node->prev;
}

void fut_heap_remove(struct fut_heap_node **root, struct fut_heap_node *node)
{
	struct fut_heap_node *below = meld_all(node->child);

	if (node == *root) {
		set_root(root, below);
	} else {
		cut(node);
		if (below != NULL)
			set_root(root, meld(*root, below));
	}
	node->prev = NULL;
}

struct fut_heap_node *fut_heap_after(struct fut_heap_node *node)
{
	if (node->child != NULL)
		return node->child;
	while (node->next == NULL) {
		/* To the first sibling, and up. */
		while (node->prev != node && node->prev->child != node)
			node = node->prev;
		if (node->prev == node)
			return NULL;
		node = node->prev;
	}
	return node->next;
}
