/* See reduce.h. */
#include "reduce.h"
#include "choice.h"

#include <string.h>

#define OBJECTS 8192

/* The last accesses of an object, of a run. */
struct object {
	uint32_t run;
	const void *key;
	uint8_t writer;
	int16_t written;	/* the writer's step; 0: none */
	clocks write_order;	/* what comes before that step, and itself */
	clocks reads;		/* the step of each reader; 0: none */
	clocks read_order;	/* all that comes before those */
	int32_t write_at[2];	/* the choices of that step, of its turn */
	int32_t read_at[THREADS][2];
};

static struct object objects[OBJECTS];

/* What comes before the next step of each thread; its own lane counts. */
static clocks order[THREADS];

void reduce_reset(void)
{
	memset(order, 0, sizeof(order));
}

clocks reduce_counts(void)
{
	clocks counts = { 0 };

	for (unsigned i = 0; i < run.threads; i++)
		counts[i] = order[i][i];
	return counts;
}

static struct object *object_of(const void *key)
{
	size_t at = ((uintptr_t)key >> 2) * 0x9e3779b97f4a7c15u >> 51;

	for (;; at = (at + 1) % OBJECTS) {
		struct object *object = &objects[at];

		if (object->run == run.number && object->key == key)
			return object;
		if (object->run == run.number)
			continue;
		object->run = run.number;
		object->key = key;
		object->written = 0;
		object->write_order = object->read_order = (clocks){ 0 };
		object->reads = (clocks){ 0 };
		return object;
	}
}

/* At this choice, `thread` should run, or whoever makes it able to. */
static void take_up(int32_t index, unsigned thread)
{
	struct choice *choice = index < 0 ? NULL : choice_at((unsigned)index);
	uint32_t able = 0;

	if (choice == NULL)
		return;
	if ((choice->options & 1u << thread) != 0)
		able = 1u << thread;
	else
		for (unsigned i = 0; i < THREADS; i++)
			if ((choice->options & 1u << i) != 0 &&
			    order[thread][i] > choice->counts[i])
				able |= 1u << i;
	if ((able & (choice->done | choice->todo)) != 0)
		return;
	able = able != 0 ? able & -able : choice->options;
	choice->todo |= (uint16_t)(able & ~(uint32_t)choice->done);
}

static void take_up_both(const int32_t *at, unsigned thread)
{
	take_up(at[0], thread);
	if (at[1] != at[0])
		take_up(at[1], thread);
}

static void access_object(const void *key, bool write)
{
	clocks *mine = &order[run.current];
	struct object *object = object_of(key);

	if (object->written > (*mine)[object->writer])
		take_up_both(object->write_at, run.current);
	if (write && clocks_any(object->reads > *mine))
		for (unsigned i = 0; i < run.threads; i++)
			if (object->reads[i] > (*mine)[i])
				take_up_both(object->read_at[i], run.current);
	*mine = clocks_join(*mine, object->write_order);
	if (write)
		*mine = clocks_join(*mine, object->read_order);
	(*mine)[run.current]++;
	if (write) {
		object->writer = (uint8_t)run.current;
		object->written = (*mine)[run.current];
		object->write_order = *mine;
		choice_current(object->write_at);
	} else {
		object->reads[run.current] = (*mine)[run.current];
		object->read_order = clocks_join(object->read_order, *mine);
		choice_current(object->read_at[run.current]);
	}
}

void reduce_access(const void *key, bool write)
{
	if (!limits.reduce || limits.mode != MODE_DEPTH)
		return;
	/* Before it became quiet this step had more choices. */
	if (run.quiet)
		access_object(&run.quiet, false);
	access_object(key, write);
}

void reduce_follow(unsigned thread, unsigned before)
{
	order[thread] = clocks_join(order[thread], order[before]);
}

void reduce_instead(unsigned thread)
{
	int32_t at[2];

	if (!limits.reduce || limits.mode != MODE_DEPTH)
		return;
	choice_current(at);
	take_up_both(at, thread);
}
