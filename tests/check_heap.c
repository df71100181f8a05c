/* The heap of timers: what comes out, and in which order. */
#define _GNU_SOURCE
#include "support.h"
#include "heap.h"

struct heap {
	struct fut_heap_node *root;
	struct fut_heap_node *nodes;
	size_t count;
};

static struct heap heap_of(size_t count)
{
	struct heap heap = { NULL, calloc(count, sizeof(*heap.nodes)), count };

	ck_assert_ptr_nonnull(heap.nodes);
	return heap;
}

static void add(struct heap *heap, size_t index, int64_t key)
{
	heap->nodes[index].key = key;
	fut_heap_insert(&heap->root, &heap->nodes[index]);
}

static void take_out(struct heap *heap, size_t index)
{
	fut_heap_remove(&heap->root, &heap->nodes[index]);
}

/*
 * Empties it, and says how many came, each no smaller than the one before.  A
 * check of Check's for each would take longer than all the rest.
 */
static size_t drain(struct heap *heap)
{
	int64_t last = INT64_MIN;
	size_t count = 0, early = 0, linked = 0;

	while (heap->root != NULL) {
		struct fut_heap_node *first = heap->root;

		early += first->key < last;
		last = first->key;
		fut_heap_remove(&heap->root, first);
		linked += first->prev != NULL;
		count++;
	}
	ck_assert_uint_eq(early, 0);
	ck_assert_uint_eq(linked, 0);
	free(heap->nodes);
	return count;
}

START_TEST(one_goes_in_and_comes_out)
{
	struct heap heap = heap_of(1);

	add(&heap, 0, 7);
	ck_assert_ptr_eq(heap.root, &heap.nodes[0]);
	ck_assert_ptr_nonnull(heap.nodes[0].prev);
	ck_assert_uint_eq(drain(&heap), 1);
}
END_TEST

START_TEST(the_extremes_are_keys_like_others)
{
	struct heap heap = heap_of(4);

	add(&heap, 0, INT64_MAX);
	add(&heap, 1, INT64_MIN);
	add(&heap, 2, 0);
	add(&heap, 3, INT64_MAX);
	ck_assert_ptr_eq(heap.root, &heap.nodes[1]);
	ck_assert_uint_eq(drain(&heap), 4);
}
END_TEST

/* Rising, falling, all the same: the shapes that a tree may be bad at. */
START_TEST(a_million_in_a_row_come_out_in_order)
{
	size_t count = scaled(1000000);
	struct heap heap = heap_of(count);
	int64_t sign = _i - 1;

	for (size_t i = 0; i < count; i++)
		add(&heap, i, sign * (int64_t)i);
	ck_assert_uint_eq(drain(&heap), count);
}
END_TEST

/* Any order in, any out in between. */
START_TEST(what_is_taken_out_does_not_come)
{
	enum { COUNT = 2000 };
	struct heap heap = heap_of(COUNT);
	unsigned seed = (unsigned)_i + 1;
	bool in[COUNT] = { false };
	size_t left = 0;

	for (int step = 0; step < 10 * COUNT; step++) {
		size_t at = (size_t)rand_r(&seed) % COUNT;

		if (in[at])
			take_out(&heap, at);
		else
			add(&heap, at, rand_r(&seed) % (100 * (_i + 1)));
		left += in[at] ? (size_t)-1 : 1;
		in[at] = !in[at];
		if (rand_r(&seed) % 4 == 0 && heap.root != NULL) {
			in[heap.root - heap.nodes] = false;
			fut_heap_remove(&heap.root, heap.root);
			left--;
		}
	}
	ck_assert_uint_eq(drain(&heap), left);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("heap");
	TCase *tcase = suite_case(suite, "heap");

	tcase_add_test(tcase, one_goes_in_and_comes_out);
	tcase_add_test(tcase, the_extremes_are_keys_like_others);
	tcase_add_loop_test(tcase, a_million_in_a_row_come_out_in_order, 0, 3);
	tcase_add_loop_test(tcase, what_is_taken_out_does_not_come, 0, 8);
	return suite_run(suite);
}
