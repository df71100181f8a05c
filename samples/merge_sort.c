/*
 * Structured concurrency: a merge sort whose halves are sorted at once, on the
 * stack of the function that waits for them.
 *
 *	merge_sort [COUNT [SEED]]	sorts COUNT numbers (1000000)
 *
 * Each call opens a group, starts two children in it and closes it: when that
 * returns, both have, so they may use what is on its stack.  A worker that
 * closes a group runs the children that nobody has started, so a pool of one
 * sorts as well as a pool of many.
 */
#include <future.h>

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ALONE = 4096 };	/* fewer are sorted by one task */

struct part {
	uint32_t *numbers, *scratch;
	size_t count;
};

static int compare(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

static void merge(struct part *part, size_t middle)
{
	size_t left = 0, right = middle, at = 0;

	while (left < middle && right < part->count)
		part->scratch[at++] = part->numbers[right] <
			part->numbers[left] ? part->numbers[right++] :
			part->numbers[left++];
	memcpy(part->scratch + at, part->numbers + left,
		(middle - left) * sizeof(*part->numbers));
	/* What is left of the right half is where it belongs. */
	memcpy(part->numbers, part->scratch, right * sizeof(*part->numbers));
}

static future_result_t sort(void *arg)
{
	struct part *part = arg;
	size_t middle = part->count / 2;
	struct part left = { part->numbers, part->scratch, middle };
	struct part right = { part->numbers + middle, part->scratch + middle,
		part->count - middle };
	future_group_t *group;
	int error;

	if (part->count <= ALONE) {
		qsort(part->numbers, part->count, sizeof(*part->numbers),
			compare);
		return future_ok(NULL);
	}
	error = future_group_new(future_current(), NULL, &group);
	if (error != 0)
		return future_fail(error);
	future_unref(future_group_submit(group, sort, &left));
	future_unref(future_group_submit(group, sort, &right));
	error = future_group_close(group);
	if (error != 0)
		return future_fail(error);
	merge(part, middle);
	return future_ok(NULL);
}

/* A linear congruential generator: the same numbers everywhere. */
static void fill(uint32_t *numbers, size_t count, uint64_t seed)
{
	for (size_t i = 0; i < count; i++) {
		seed = seed * 6364136223846793005u + 1442695040888963407u;
		numbers[i] = (uint32_t)(seed >> 32);
	}
}

/* Milliseconds that a pool of so many threads needs; -1: it failed. */
static double sort_on(size_t threads, struct part part)
{
	future_pool_options_t options = { .threads = threads, .name = "sort" };
	int64_t start_ns = future_now().ns;
	future_executor_t *pool;
	future_t *sorted;
	int error = future_pool_new(&options, &pool);

	if (error == 0) {
		sorted = future_submit(pool, sort, &part);
		error = future_get(sorted).error;
		future_unref(sorted);
		future_executor_unref(pool);
	}
	if (error != 0) {
		fprintf(stderr, "merge_sort: %s\n", future_strerror(error));
		return -1;
	}
	return (double)(future_now().ns - start_ns) / 1e6;
}

static bool is_sorted(const struct part *part)
{
	for (size_t i = 1; i < part->count; i++)
		if (part->numbers[i - 1] > part->numbers[i])
			return false;
	return true;
}

int main(int argc, char **argv)
{
	size_t count = argc > 1 ? strtoull(argv[1], NULL, 10) : 1000000;
	uint64_t seed = argc > 2 ? strtoull(argv[2], NULL, 10) : 1;
	struct part part = { calloc(count + 1, sizeof(uint32_t)),
		calloc(count + 1, sizeof(uint32_t)), count };
	bool right = part.numbers != NULL && part.scratch != NULL;

	for (size_t threads = 1; right && threads <= 4; threads *= 2) {
		double ms;

		fill(part.numbers, count, seed);
		ms = sort_on(threads, part);
		right = ms >= 0 && is_sorted(&part);
		if (right)
			printf("%zu numbers on %zu threads: %.0f ms, sorted\n",
				count, threads, ms);
	}
	free(part.numbers);
	free(part.scratch);
	return right ? 0 : 1;
}
