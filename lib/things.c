/* See things.h. */
#include "things.h"
#include "alloc.h"

#include <string.h>

/* (D. Knuth, The Art of Computer Programming 3, 6.4: multiplicative.) */
static struct fut_thing *place_of(struct fut_thing *places, size_t room,
	const void *address)
{
	uint64_t hash = (uint64_t)(uintptr_t)address * 0x9e3779b97f4a7c15;
	size_t at = (size_t)(hash >> 32) & (room - 1);

	while (places[at].address != NULL && places[at].address != address)
		at = (at + 1) & (room - 1);
	return &places[at];
}

static bool grow(struct fut_things *things)
{
	size_t room = things->room == 0 ? 256 : 2 * things->room;
	struct fut_thing *places = fut_alloc(room * sizeof(*places));

	if (places == NULL)
		return false;
	memset(places, 0, room * sizeof(*places));
	for (size_t i = 0; i < things->room; i++)
		if (things->places[i].address != NULL)
			*place_of(places, room, things->places[i].address) =
				things->places[i];
	fut_free(things->places);
	things->places = places;
	things->room = room;
	return true;
}

struct fut_thing *fut_thing_at(struct fut_things *things, const void *address)
{
	struct fut_thing *thing;

	if (things->used >= things->room / 2 && !grow(things)) {
		things->failed = true;
		things->spare = (struct fut_thing){ .address = NULL };
		return &things->spare;
	}
	thing = place_of(things->places, things->room, address);
	if (thing->address == NULL) {
		thing->address = address;
		things->used++;
	}
	return thing;
}

void fut_things_end(struct fut_things *things)
{
	fut_free(things->places);
}
