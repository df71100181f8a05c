/* See knot.h. */
#include "knot.h"
#include "clock.h"

static struct fut_knot last;	/* these two in somebody's turn */
static uint32_t born;		/* see fork.h: a parent's is none */

static struct fut_sight sight_of(const struct future_cell *cell)
{
	struct fut_sight sight = { .cell = cell };

	if (cell == NULL || fut_known_find(cell, &sight))
		return sight;
	sight.state = fut_cell_state(cell);
	return sight;
}

static struct fut_tie tie_of(const struct fut_asleep *asleep)
{
	const struct fut_frame *frame = asleep->spot.frame;

	while (frame != NULL && frame->cell == NULL)
		frame = frame->up;
	return (struct fut_tie){ .where = fut_where_is(asleep->spot.worker),
		.in = sight_of(frame != NULL ? frame->cell : NULL),
		.on = sight_of(asleep->waits) };
}

static void begin(size_t count)
{
	last.at_ns = fut_clock_now();
	last.count = count;
	born = fut_fork_now();
}

void fut_knot_note(const struct fut_asleep *told, uint64_t search)
{
	const struct fut_asleep *asleep = fut_asleep_first();

	begin(1);
	last.ties[0] = tie_of(told);
	for (; asleep != NULL; asleep = asleep->next) {
		if (asleep == told || asleep->seen != search)
			continue;
		if (last.count < FUT_KNOT_TIES)
			last.ties[last.count] = tie_of(asleep);
		last.count++;
	}
}

void fut_knot_note_self(struct future_cell *waits)
{
	const struct fut_self *self = fut_self();
	const struct future_cell *on = waits;

	if (!fut_asleep_turn())
		return;
	begin(0);
	for (const struct fut_frame *frame = self->frame; frame != NULL;
	     frame = frame->up) {
		if (frame->cell == NULL)
			continue;
		if (last.count < FUT_KNOT_TIES)
			last.ties[last.count] = (struct fut_tie){
				.where = fut_where_is(self->worker),
				.in = sight_of(frame->cell),
				.on = sight_of(on) };
		last.count++;
		on = frame->cell;
	}
	fut_asleep_turn_ends();
}

bool fut_knot_last(struct fut_knot *ret_knot)
{
	bool there;

	if (!fut_asleep_turn())
		return false;
	there = last.count > 0 && born == fut_fork_now();
	if (there)
		*ret_knot = last;
	fut_asleep_turn_ends();
	return there;
}

size_t fut_knot_asleep(struct fut_tie *ties, size_t room)
{
	size_t count = 0;

	if (!fut_asleep_turn())
		return 0;
	for (const struct fut_asleep *asleep = fut_asleep_first();
	     asleep != NULL; asleep = asleep->next, count++)
		if (count < room)
			ties[count] = tie_of(asleep);
	fut_asleep_turn_ends();
	return count;
}
