/* See atomic.h. */
#include "atomic.h"
#include "memory.h"
#include "reduce.h"
#include "report.h"
#include "schedule.h"

#include <string.h>

#define PLACES 4096
#define STORES 4		/* are remembered of each place */

struct store {
	uint64_t value;
	bool seq_cst;
	clocks released;	/* what an acquire of it sees */
	clocks known;		/* when each thread wrote or first saw it */
};

struct place {
	const char *address;
	uint8_t size, count, newest;	/* count 0: look into the memory */
	clocks loads, stores;		/* the last of each thread */
	struct store store[STORES];
};

static struct place places[PLACES];
static unsigned place_count;

void atomic_reset(void)
{
	place_count = 1;
}

static uint64_t memory_load(const void *address, size_t size)
{
	uint64_t value = 0;

	memcpy(&value, address, size);
	return value;
}

static bool acquires(int order)
{
	return order != __ATOMIC_RELAXED && order != __ATOMIC_RELEASE;
}

static bool releases(int order)
{
	return order == __ATOMIC_RELEASE || order == __ATOMIC_ACQ_REL ||
		order == __ATOMIC_SEQ_CST;
}

/* The store `back` steps before the newest. */
static struct store *store_at(struct place *place, unsigned back)
{
	return &place->store[(place->newest - back) % STORES];
}

static struct place *place_new(const void *address, size_t size)
{
	struct place *place = &places[place_count];

	if (place_count == PLACES)
		run_fail(FINDING_UNSUPPORTED, "too many atomics");
	place_count++;
	place->address = address;
	place->size = (uint8_t)size;
	place->count = 0;
	place->loads = place->stores = (clocks){ 0 };
	return place;
}

static void place_fill(struct place *place)
{
	place->count = 1;
	place->newest = 0;
	place->store[0] = (struct store){
		.value = memory_load(place->address, place->size),
		.seq_cst = true,
	};
}

/* An atomic access that some plain access did not happen before. */
static void check_plain(const struct cell *cell, bool write,
	const void *address)
{
	const struct thread *self = self_thread();
	char where[160];

	if (cell->written <= self->seen[cell->writer] &&
	    (!write || clocks_within(cell->reads, self->seen)))
		return;
	report_about(address, 1);
	memory_describe(address, where, sizeof(where));
	run_fail(FINDING_RACE, "atomic %s of %s, unordered after a plain "
		"access", write ? "write" : "read", where);
}

/* The place of an access that is about to happen; NULL if not watched. */
static struct place *place_at(const void *address, size_t size, bool write)
{
	size_t at = memory_at(address, size), end = at + size;
	struct place *place = NULL;

	if (at == NOWHERE)
		return NULL;
	while (at < end) {
		struct cell *cell = memory_cell(&at, end);

		check_plain(cell, write, address);
		if (place == NULL) {
			place = &places[cell->place];
			if (cell->place == 0 || place->address != address ||
			    place->size != size)
				place = place_new(address, size);
		}
		if (cell->place != 0 && cell->place != place - places)
			atomic_meets_plain(cell, true, FINDING_RACE, address);
		cell->place = (uint16_t)(place - places);
	}
	if (place->count == 0)
		place_fill(place);
	return place;
}

void atomic_meets_plain(struct cell *cell, bool write, enum finding finding,
	const void *address)
{
	struct place *place = &places[cell->place];
	const struct thread *self = self_thread();
	char where[160];

	if (!clocks_within(place->stores, self->seen) ||
	    (write && !clocks_within(place->loads, self->seen))) {
		report_about(address, 1);
		memory_describe(address, where, sizeof(where));
		run_fail(finding, "%s of %s, unordered after an atomic access",
			finding == FINDING_MEMORY ? "free" :
			write ? "plain write" : "plain read", where);
	}
	if (write)
		place->count = 0;
}

/* How many steps back from the newest a load may look. */
static unsigned reach_back(struct place *place, int order)
{
	clocks seen = self_thread()->seen;
	unsigned back;

	for (back = 0; back + 1u < place->count; back++) {
		struct store *store = store_at(place, back);

		if (clocks_touch(store->known, seen) ||
		    (order == __ATOMIC_SEQ_CST && store->seq_cst))
			break;
	}
	return back;
}

static void see(struct store *store, int order)
{
	struct thread *self = self_thread();

	if (store->known[run.current] == 0)
		store->known[run.current] = self_clock();
	if (acquires(order))
		self->seen = clocks_join(self->seen, store->released);
}

static void push(struct place *place, uint64_t value, int order,
	clocks inherited)
{
	struct thread *self = self_thread();
	struct store *store;

	place->newest = (uint8_t)((place->newest + 1) % STORES);
	if (place->count < STORES)
		place->count++;
	store = store_at(place, 0);
	store->value = value;
	store->seq_cst = order == __ATOMIC_SEQ_CST;
	store->released = releases(order) ?
		clocks_join(self->seen, inherited) : inherited;
	store->known = (clocks){ 0 };
	store->known[run.current] = self_clock();
	place->stores[run.current] = self_clock();
	memcpy((void *)(uintptr_t)place->address, &value, place->size);
}

static uint64_t load(const void *address, size_t size, int order)
{
	struct place *place;
	struct store *store;

	if (memory_at_any(address) == NOWHERE)
		return memory_load(address, size);
	schedule_step();
	place = place_at(address, size, false);
	reduce_access(address, false);
	store = store_at(place, choice_value(CHANCE_STALE,
		reach_back(place, order) + 1));
	see(store, order);
	place->loads[run.current] = self_clock();
	if (run.tracing)
		report_event(store == store_at(place, 0) ? "load" :
			"load (stale)", address, size, store->value, order);
	schedule_tick();
	return store->value;
}

static void store(void *address, size_t size, uint64_t value, int order)
{
	struct place *place;

	if (memory_at_any(address) == NOWHERE) {
		memcpy(address, &value, size);
		return;
	}
	schedule_step();
	place = place_at(address, size, true);
	reduce_access(address, true);
	push(place, value, order, (clocks){ 0 });
	if (run.tracing)
		report_event("store", address, size, value, order);
	schedule_tick();
}

enum change { EXCHANGE, ADD, SUB, OR, AND, XOR, NAND };

static uint64_t changed(uint64_t old, enum change how, uint64_t by)
{
	switch (how) {
	case EXCHANGE: return by;
	case ADD: return old + by;
	case SUB: return old - by;
	case OR: return old | by;
	case AND: return old & by;
	case XOR: return old ^ by;
	default: return ~(old & by);
	}
}

static uint64_t change(void *address, size_t size, int order, enum change how,
	uint64_t by)
{
	static const char *const names[] = { "exchange", "add", "sub", "or",
		"and", "xor", "nand" };
	struct place *place;
	struct store *store;
	uint64_t old, value;

	if (memory_at_any(address) == NOWHERE) {
		old = memory_load(address, size);
		value = changed(old, how, by);
		memcpy(address, &value, size);
		return old;
	}
	schedule_step();
	place = place_at(address, size, true);
	reduce_access(address, true);
	store = store_at(place, 0);
	old = store->value;
	see(store, order);
	value = changed(old, how, by);
	if (size < sizeof(value))
		value &= ((uint64_t)1 << 8 * size) - 1;
	push(place, value, order, store->released);
	if (run.tracing)
		report_event(names[how], address, size, value, order);
	schedule_tick();
	return old;
}

/*
 * A failing exchange is a load, and may be stale; the first of the answers is
 * what the newest store leads to, the last a failure for no reason.
 */
static struct store *compare_with(struct place *place, uint64_t expected,
	int failure, bool weak)
{
	struct store *seen[STORES + 1];
	unsigned n = 1, back = reach_back(place, failure);

	seen[0] = store_at(place, 0);
	for (unsigned i = 1; i <= back; i++)
		if (store_at(place, i)->value != expected)
			seen[n++] = store_at(place, i);
	n = choice_value(CHANCE_STALE, n);
	if (weak && n == 0 && seen[0]->value == expected &&
	    choice_value(CHANCE_SPURIOUS, 2) != 0)
		return NULL;
	return seen[n];
}

static bool compare_exchange(void *address, size_t size, uint64_t *expected,
	uint64_t desired, int order, int failure, bool weak)
{
	struct place *place;
	struct store *store;
	bool equal;

	schedule_step();
	place = place_at(address, size, false);
	if (place == NULL)
		run_fail(FINDING_UNSUPPORTED, "exchange of foreign memory");
	store = compare_with(place, *expected, failure, weak);
	equal = store != NULL && store->value == *expected;
	reduce_access(address, equal);
	if (equal) {
		place_at(address, size, true);
		see(store, order);
		push(place, desired, order, store->released);
	} else if (store != NULL) {
		see(store, failure);
		place->loads[run.current] = self_clock();
		*expected = store->value;
	}
	if (run.tracing)
		report_event(equal ? "exchanged" : "not exchanged", address,
			size, equal ? desired : *expected, order);
	schedule_tick();
	return equal;
}

uint32_t atomic_word(const void *word, unsigned size)
{
	struct place *place = place_at(word, size, false);

	if (place == NULL)
		run_fail(FINDING_UNSUPPORTED, "a park on foreign memory");
	see(store_at(place, 0), __ATOMIC_RELAXED);
	place->loads[run.current] = self_clock();
	return (uint32_t)store_at(place, 0)->value;
}

#define CHANGE(bits, name, how) \
	uint##bits##_t __tsan_atomic##bits##_##name( \
		volatile uint##bits##_t *at, uint##bits##_t by, int order); \
	uint##bits##_t __tsan_atomic##bits##_##name( \
		volatile uint##bits##_t *at, uint##bits##_t by, int order) \
	{ \
		return (uint##bits##_t)change((void *)(uintptr_t)at, \
			bits / 8, order, how, by); \
	}

#define COMPARE(bits, name, weak) \
	bool __tsan_atomic##bits##_compare_exchange_##name( \
		volatile uint##bits##_t *at, uint##bits##_t *expected, \
		uint##bits##_t desired, int order, int failure); \
	bool __tsan_atomic##bits##_compare_exchange_##name( \
		volatile uint##bits##_t *at, uint##bits##_t *expected, \
		uint##bits##_t desired, int order, int failure) \
	{ \
		uint64_t value = *expected; \
		bool equal; \
		equal = compare_exchange((void *)(uintptr_t)at, bits / 8, \
			&value, desired, order, failure, weak); \
		*expected = (uint##bits##_t)value; \
		return equal; \
	}

#define ATOMIC(bits) \
	uint##bits##_t __tsan_atomic##bits##_load( \
		const volatile uint##bits##_t *at, int order); \
	void __tsan_atomic##bits##_store(volatile uint##bits##_t *at, \
		uint##bits##_t value, int order); \
	uint##bits##_t __tsan_atomic##bits##_load( \
		const volatile uint##bits##_t *at, int order) \
	{ \
		return (uint##bits##_t)load((void *)(uintptr_t)at, \
			bits / 8, order); \
	} \
	void __tsan_atomic##bits##_store(volatile uint##bits##_t *at, \
		uint##bits##_t value, int order) \
	{ \
		store((void *)(uintptr_t)at, bits / 8, value, order); \
	} \
	CHANGE(bits, exchange, EXCHANGE) \
	CHANGE(bits, fetch_add, ADD) \
	CHANGE(bits, fetch_sub, SUB) \
	CHANGE(bits, fetch_or, OR) \
	CHANGE(bits, fetch_and, AND) \
	CHANGE(bits, fetch_xor, XOR) \
	CHANGE(bits, fetch_nand, NAND) \
	COMPARE(bits, strong, false) \
	COMPARE(bits, weak, true)

ATOMIC(8)
ATOMIC(16)
ATOMIC(32)
ATOMIC(64)

void __tsan_atomic_thread_fence(int order);
void __tsan_atomic_signal_fence(int order);

void __tsan_atomic_thread_fence(int order)
{
	run_fail(FINDING_UNSUPPORTED, "a fence, of order %d", order);
}

void __tsan_atomic_signal_fence(int order)
{
	(void)order;
}
