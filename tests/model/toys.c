/*
 * Small programs with and without a bug: each bug has to be found, and what
 * is right must not be blamed.
 */
#include "model.h"

#include "alloc.h"
#include "lock.h"
#include "park.h"

#include <string.h>

#define RELAXED memory_order_relaxed
#define ACQUIRE memory_order_acquire
#define RELEASE memory_order_release
#define SEQ_CST memory_order_seq_cst

/* Two threads with one main each, then nothing. */
static void together(void (*first)(void *), void (*second)(void *), void *arg)
{
	int a = model_start(first, arg), b = model_start(second, arg);

	model_join(a);
	model_join(b);
}

/* Publication: data, then a flag. */

static int data;
static _Atomic uint32_t flag;

static void publish_release(void *arg)
{
	(void)arg;
	data = 7;
	atomic_store_explicit(&flag, 1, RELEASE);
}

static void publish_relaxed(void *arg)
{
	(void)arg;
	data = 7;
	atomic_store_explicit(&flag, 1, RELAXED);
}

static void consume(void *arg)
{
	(void)arg;
	if (atomic_load_explicit(&flag, ACQUIRE) != 0)
		MODEL_CHECK(data == 7);
}

SCENARIO(publication_by_release)
{
	together(publish_release, consume, NULL);
}

SCENARIO(publication_by_relaxed, .expect = FINDING_RACE)
{
	together(publish_relaxed, consume, NULL);
}

/* Bytes that share a word are not one variable. */

static struct {
	uint8_t a, b;
	uint16_t c;
	uint32_t d;
	uint64_t e;
} mixed;

static void write_a(void *arg)
{
	(void)arg;
	mixed.a = 1;
	mixed.c = 3;
}

static void write_b(void *arg)
{
	(void)arg;
	mixed.b = 2;
	mixed.d = 4;
}

static void write_all(void *arg)
{
	(void)arg;
	memset(&mixed, 0, sizeof(mixed));
}

SCENARIO(neighbours_in_a_word)
{
	together(write_a, write_b, NULL);
	MODEL_CHECK(mixed.a == 1 && mixed.b == 2 && mixed.c == 3);
}

SCENARIO(the_same_byte, .expect = FINDING_RACE)
{
	together(write_a, write_a, NULL);
}

SCENARIO(a_byte_and_the_whole, .expect = FINDING_RACE)
{
	together(write_a, write_all, NULL);
}

/* A lock. */

static struct fut_lock lock;
static int counter;

static void count_locked(void *arg)
{
	(void)arg;
	fut_lock(&lock);
	counter++;
	fut_unlock(&lock);
}

static void count_bare(void *arg)
{
	(void)arg;
	counter++;
}

SCENARIO(counter_under_a_lock, .spurious = 1)
{
	int third = model_start(count_locked, NULL);

	together(count_locked, count_locked, NULL);
	model_join(third);
	MODEL_CHECK(counter == 3);
}

SCENARIO(counter_half_locked, .expect = FINDING_RACE)
{
	together(count_locked, count_bare, NULL);
}

SCENARIO(lock_twice, .expect = FINDING_DEATH)
{
	fut_lock(&lock);
	fut_lock(&lock);
}

/* A waiter announces itself, then looks; the setter sets, then looks. */

static _Atomic uint32_t set, sleepers;

static void wait_in(memory_order order)
{
	atomic_store_explicit(&sleepers, 1, order);
	while (atomic_load_explicit(&set, order) == 0)
		fut_park(&set, 0, FUT_FOREVER);
}

static void set_in(memory_order order)
{
	atomic_store_explicit(&set, 1, order);
	if (atomic_load_explicit(&sleepers, order) != 0)
		fut_unpark(&set, FUT_EVERYBODY);
}

static void waiter_seq_cst(void *arg)
{
	(void)arg;
	wait_in(SEQ_CST);
}

static void setter_seq_cst(void *arg)
{
	(void)arg;
	set_in(SEQ_CST);
}

static void setter_acq_rel(void *arg)
{
	(void)arg;
	atomic_store_explicit(&set, 1, RELEASE);
	if (atomic_load_explicit(&sleepers, ACQUIRE) != 0)
		fut_unpark(&set, FUT_EVERYBODY);
}

SCENARIO(announce_then_look)
{
	together(waiter_seq_cst, setter_seq_cst, NULL);
}

SCENARIO(announce_then_look_acq_rel, .expect = FINDING_DEADLOCK)
{
	together(waiter_seq_cst, setter_acq_rel, NULL);
}

static void look_then_announce(void *arg)
{
	(void)arg;
	if (atomic_load_explicit(&set, SEQ_CST) != 0)
		return;
	atomic_store_explicit(&sleepers, 1, SEQ_CST);
	/* On a word that nobody changes: the check came too early. */
	fut_park(&sleepers, 1, FUT_FOREVER);
}

static void setter_of_sleepers(void *arg)
{
	(void)arg;
	atomic_store_explicit(&set, 1, SEQ_CST);
	if (atomic_load_explicit(&sleepers, SEQ_CST) != 0)
		fut_unpark(&sleepers, FUT_EVERYBODY);
}

SCENARIO(look_then_announce_loses_a_wake_up, .expect = FINDING_DEADLOCK)
{
	together(look_then_announce, setter_of_sleepers, NULL);
}

static void wait_once(void *arg)
{
	(void)arg;
	if (atomic_load_explicit(&set, ACQUIRE) == 0)
		fut_park(&set, 0, FUT_FOREVER);
	MODEL_CHECK(atomic_load_explicit(&set, ACQUIRE) == 1);
}

SCENARIO(park_without_a_loop, .spurious = 1, .expect = FINDING_CHECK)
{
	atomic_store_explicit(&sleepers, 1, RELAXED);
	together(wait_once, setter_seq_cst, NULL);
}

/* Counted references. */

struct box {
	_Atomic uint32_t refs;
	int value;
};

static struct box *box_new(uint32_t refs)
{
	struct box *box = fut_alloc(sizeof(*box));

	if (box == NULL)
		return NULL;
	atomic_init(&box->refs, refs);
	box->value = 1;
	return box;
}

static void drop_acq_rel(void *arg)
{
	struct box *box = arg;

	MODEL_CHECK(box->value == 1);
	if (atomic_fetch_sub_explicit(&box->refs, 1, memory_order_acq_rel) == 1)
		fut_free(box);
}

static void drop_relaxed(void *arg)
{
	struct box *box = arg;

	MODEL_CHECK(box->value == 1);
	if (atomic_fetch_sub_explicit(&box->refs, 1, RELAXED) == 1)
		fut_free(box);
}

static void drop_then_look(void *arg)
{
	struct box *box = arg;

	if (atomic_fetch_sub_explicit(&box->refs, 1, memory_order_acq_rel) == 1)
		fut_free(box);
	else
		MODEL_CHECK(atomic_load_explicit(&box->refs, RELAXED) < 2);
}

SCENARIO(references)
{
	together(drop_acq_rel, drop_acq_rel, box_new(2));
}

SCENARIO(references_dropped_relaxed, .expect = FINDING_MEMORY)
{
	together(drop_relaxed, drop_relaxed, box_new(2));
}

SCENARIO(reference_used_after_the_drop, .expect = FINDING_MEMORY)
{
	together(drop_then_look, drop_then_look, box_new(2));
}

SCENARIO(one_reference_too_many, .expect = FINDING_LEAK)
{
	together(drop_acq_rel, drop_acq_rel, box_new(3));
}

SCENARIO(used_after_the_free, .expect = FINDING_MEMORY)
{
	struct box *box = box_new(1);

	fut_free(box);
	box->value = 2;
}

SCENARIO(freed_twice, .expect = FINDING_MEMORY)
{
	struct box *box = box_new(1);

	fut_free(box);
	fut_free(box);
}

SCENARIO(one_byte_too_far, .expect = FINDING_MEMORY)
{
	char *bytes = fut_alloc(64);

	memset(bytes, 0, 65);
	fut_free(bytes);
}

SCENARIO(no_memory, .faults = 1, .expect = FINDING_CRASH)
{
	struct box *box = fut_alloc(sizeof(*box));

	box->value = 1;
	fut_free(box);
}

static struct box *kept;

SCENARIO(statics_start_anew_and_keep_what_they_reach)
{
	MODEL_CHECK(kept == NULL);
	kept = box_new(1);
}

/* A waiter on the stack of its thread, in a list. */

struct waiter {
	_Atomic uint32_t woken;
	int seen;
};

static struct waiter *waiting;

static void wait_on_stack(void)
{
	struct waiter waiter = { .seen = 0 };

	fut_lock(&lock);
	waiting = &waiter;
	fut_unlock(&lock);
	while (atomic_load_explicit(&waiter.woken, ACQUIRE) == 0)
		fut_park(&waiter.woken, 0, FUT_FOREVER);
}

static void waiter_main(void *arg)
{
	(void)arg;
	wait_on_stack();
}

static struct waiter *take_waiter(void)
{
	struct waiter *waiter;

	do {
		fut_lock(&lock);
		waiter = waiting;
		fut_unlock(&lock);
		if (waiter == NULL)
			fut_relax();
	} while (waiter == NULL);
	return waiter;
}

static void wake_by_address(void *arg)
{
	struct waiter *waiter = take_waiter();

	(void)arg;
	waiter->seen = 1;
	atomic_store_explicit(&waiter->woken, 1, RELEASE);
	/* The waiter may be gone: this only knows where it was. */
	fut_unpark(&waiter->woken, 1);
}

static void wake_then_touch(void *arg)
{
	struct waiter *waiter = take_waiter();

	(void)arg;
	atomic_store_explicit(&waiter->woken, 1, RELEASE);
	fut_unpark(&waiter->woken, 1);
	waiter->seen = 1;
}

SCENARIO(waiter_on_a_stack)
{
	together(waiter_main, wake_by_address, NULL);
}

SCENARIO(waiter_on_a_stack_touched_late, .expect = FINDING_MEMORY)
{
	together(waiter_main, wake_then_touch, NULL);
}

/* A deadline: the waiter leaves though the waker still knows it. */
static void wait_with_deadline(void *arg)
{
	struct waiter *waiter = fut_alloc(sizeof(*waiter));

	(void)arg;
	atomic_init(&waiter->woken, 0);
	fut_lock(&lock);
	waiting = waiter;
	fut_unlock(&lock);
	while (atomic_load_explicit(&waiter->woken, ACQUIRE) == 0)
		if (fut_park(&waiter->woken, 0, 1000000) != 0)
			break;
	fut_free(waiter);
}

SCENARIO(waiter_that_left_at_its_deadline, .expect = FINDING_MEMORY)
{
	together(wait_with_deadline, wake_by_address, NULL);
}

/* No end, and no thread to go on. */

static void spin(void *arg)
{
	(void)arg;
	while (atomic_load_explicit(&flag, RELAXED) == 0)
		fut_relax();
}

SCENARIO(spin_until_set)
{
	together(spin, publish_release, NULL);
}

SCENARIO(spin_without_end, .expect = FINDING_LIVELOCK)
{
	together(spin, consume, NULL);
}

SCENARIO(thread_left_alone, .expect = FINDING_LEAK)
{
	model_start(count_bare, NULL);
}

SCENARIO(sleep_without_end, .expect = FINDING_DEADLOCK)
{
	fut_park(&flag, 0, FUT_FOREVER);
}

SCENARIO(sleep_as_a_daemon)
{
	int thread;

	model_daemons(1);
	thread = model_start(waiter_seq_cst, NULL);
	MODEL_CHECK(thread == 1);
}

SCENARIO(fence, .expect = FINDING_UNSUPPORTED)
{
	atomic_thread_fence(SEQ_CST);
}

/* Depth 3: the second of two looks is overtaken, and only that one. */

static void two_looks(void *arg)
{
	uint32_t first = atomic_load_explicit(&flag, SEQ_CST);
	uint32_t second = atomic_load_explicit(&set, SEQ_CST);
	uint32_t third = atomic_load_explicit(&flag, SEQ_CST);

	(void)arg;
	MODEL_CHECK(!(first == 0 && second == 1 && third == 0));
}

static void set_and_reset(void *arg)
{
	(void)arg;
	atomic_store_explicit(&flag, 1, SEQ_CST);
	atomic_store_explicit(&set, 1, SEQ_CST);
	atomic_store_explicit(&flag, 0, SEQ_CST);
}

SCENARIO(two_preemptions, .expect = FINDING_CHECK)
{
	together(two_looks, set_and_reset, NULL);
}
