/* See alloc.h. */
#define _GNU_SOURCE
#include "alloc.h"
#include "config.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define LINE 64

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define WATCHED 1
#endif
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define WATCHED 1
#endif
#ifdef FUT_NO_CACHE
#define WATCHED 1
#endif

void *fut_alloc(size_t size)
{
	return malloc(size);
}

void *fut_alloc_lines(size_t size)
{
	void *memory;

	size = (size + LINE - 1) / LINE * LINE;
	memory = aligned_alloc(LINE, size);
	if (memory != NULL)
		memset(memory, 0, size);
	return memory;
}

void fut_free(void *memory)
{
	free(memory);
}

void *fut_pages(size_t size)
{
	size_t lead;
	char *wide = mmap(NULL, 2 * size, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (wide == MAP_FAILED)
		return NULL;
	lead = (size - (uintptr_t)wide % size) % size;
	if (lead != 0)
		munmap(wide, lead);
	munmap(wide + lead + size, size - lead);
	return wide + lead;
}

void fut_pages_free(void *pages, size_t size)
{
	munmap(pages, size);
}

void fut_pages_huge(void *pages, size_t size)
{
#ifdef MADV_HUGEPAGE
	madvise(pages, size, MADV_HUGEPAGE);
#else
	(void)pages;
	(void)size;
#endif
}

bool fut_alloc_watched(void)
{
#ifdef WATCHED
	return true;
#else
	/* valgrind preloads its replacement of malloc under this name. */
	const char *preload = getenv("LD_PRELOAD");

	return preload != NULL && strstr(preload, "vgpreload") != NULL;
#endif
}
