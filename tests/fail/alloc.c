/* See alloc.h here, and alloc.h of the library, whose functions these are. */
#define _GNU_SOURCE
#include "alloc.h"
#include "../../lib/alloc.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

static atomic_long asked, failing, live;
static atomic_bool failing_rest, cached;

void fail_alloc(long nth, bool rest)
{
	atomic_store(&failing, 0);
	atomic_store(&asked, 0);
	atomic_store(&failing_rest, rest);
	atomic_store(&failing, nth);
}

long fail_alloc_asked(void)
{
	return atomic_load(&asked);
}

long fail_alloc_live(void)
{
	return atomic_load(&live);
}

void fail_alloc_cached(void)
{
	atomic_store(&cached, true);
}

static bool refuses(void)
{
	long nth = atomic_fetch_add(&asked, 1) + 1;
	long from = atomic_load(&failing);

	return from != 0 && (nth == from ||
		(nth > from && atomic_load(&failing_rest)));
}

static void *given(void *memory)
{
	if (memory != NULL)
		atomic_fetch_add(&live, 1);
	return memory;
}

void *fut_alloc(size_t size)
{
	return refuses() ? NULL : given(malloc(size));
}

void *fut_alloc_lines(size_t size)
{
	void *memory;

	if (refuses())
		return NULL;
	size = (size + 63) / 64 * 64;
	memory = aligned_alloc(64, size);
	return memory != NULL ? given(memset(memory, 0, size)) : NULL;
}

void fut_free(void *memory)
{
	if (memory != NULL)
		atomic_fetch_sub(&live, 1);
	free(memory);
}

void *fut_pages(size_t size)
{
	void *pages;

	if (refuses())
		return NULL;
	pages = aligned_alloc(size, size);
	return pages != NULL ? given(memset(pages, 0, size)) : NULL;
}

void fut_pages_free(void *pages, size_t size)
{
	(void)size;
	fut_free(pages);
}

void fut_pages_huge(void *pages, size_t size)
{
	(void)pages;
	(void)size;
}

bool fut_alloc_watched(void)
{
	return !atomic_load(&cached);
}
