/* Floor 1: memory from the system. */
#ifndef FUT_ALLOC_H
#define FUT_ALLOC_H

#include "base.h"

/* NULL if there is none; the contents are undefined. */
void *fut_alloc(size_t size);

/* The same, aligned to a cache line and zeroed; freed with fut_free(). */
void *fut_alloc_lines(size_t size);

void fut_free(void *memory);

/* `size` bytes aligned to `size`, a power of two, zeroed; or NULL. */
void *fut_pages(size_t size);
void fut_pages_free(void *pages, size_t size);

/* Advises, before they are touched, that most of them will be. */
void fut_pages_huge(void *pages, size_t size);

/*
 * True where every block is to be allocated and freed singly, because a tool
 * is watching: ASan, TSan, valgrind, or a build with --disable-cache.
 */
bool fut_alloc_watched(void);

#endif
