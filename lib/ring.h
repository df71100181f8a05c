/*
 * Floor 0: a ring, the list of those who wait, in the order they came.
 *
 * It is known by its last link; NULL is the empty one.  Who embeds a link finds
 * itself by FUT_OWNER.
 */
#ifndef FUT_RING_H
#define FUT_RING_H

#include "base.h"

struct fut_link {
	struct fut_link *next;	/* NULL: in no ring */
	struct fut_link *prev;
};

static inline void fut_ring_append(struct fut_link **last,
	struct fut_link *link)
{
	if (*last == NULL) {
		link->next = link->prev = link;
	} else {
		link->next = (*last)->next;
		link->prev = *last;
		link->next->prev = link;
		(*last)->next = link;
	}
	*last = link;
}

static inline void fut_ring_remove(struct fut_link **last,
	struct fut_link *link)
{
	if (link->next == link) {
		*last = NULL;
	} else {
		link->next->prev = link->prev;
		link->prev->next = link->next;
		if (*last == link)
			*last = link->prev;
	}
	link->next = NULL;
}

#endif
