/*
 * Touches MIB megabytes and leaves.  A hypervisor may take back what a guest
 * has freed, and the next to touch it pays several times the price of a page;
 * run before a measurement that needs much memory, so that nobody does.
 *
 *	touch MIB
 */
#define _DEFAULT_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

int main(int argc, char **argv)
{
	size_t size = argc == 2 ? strtoull(argv[1], NULL, 10) << 20 : 0;
	char *block = mmap(NULL, size, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (block == MAP_FAILED) {
		perror("touch");
		return 1;
	}
	madvise(block, size, MADV_HUGEPAGE);
	for (size_t i = 0; i < size; i += 4096)
		block[i] = 1;
	return 0;
}
