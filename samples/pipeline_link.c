/* See pipeline.h. */
#include "pipeline.h"

int link_new(const char *name, size_t capacity, void (*destroy)(void *item),
	struct link *ret_link)
{
	*ret_link = (struct link){ .name = name, .capacity = capacity };
	return future_channel_new(capacity, destroy, &ret_link->channel);
}

int link_send(struct link *link, void *item)
{
	/* Only looks: is there room? */
	int error = future_channel_send_until(link->channel, item, FUTURE_NOW);

	if (error == ETIMEDOUT) {
		future_time_t since = future_now();

		error = future_channel_send(link->channel, item);
		link->sender_waits++;
		link->sender_ns += future_now().ns - since.ns;
	}
	if (error == 0) {
		/* Counted after it, a receive before it: never too many. */
		long long held = ++link->held;

		if (held > link->peak)
			link->peak = held;
		link->sends++;
	}
	return error;
}

/* Without a wait; counts. */
static int link_look(struct link *link, void **ret_item)
{
	link->held--;
	int error = future_channel_recv_until(link->channel, ret_item,
		FUTURE_NOW);

	if (error != 0)
		link->held++;
	return error;
}

int link_recv(struct link *link, void **ret_item, future_time_t deadline)
{
	int error = link_look(link, ret_item);

	if (error == ETIMEDOUT && deadline.ns > FUTURE_NOW.ns) {
		future_time_t since = future_now();

		link->held--;
		error = future_channel_recv_until(link->channel, ret_item,
			deadline);
		if (error != 0)
			link->held++;
		link->receiver_waits++;
		link->receiver_ns += future_now().ns - since.ns;
	}
	return error;
}

long long link_held(struct link *link)
{
	long long held = link->held;

	return held > 0 ? held : 0;
}

void link_print(struct link *link)
{
	fprintf(stderr, "%s: %lld items, at most %lld of %zu there; "
		"the sender waited %lld times, %.3f s, "
		"the receiver %lld times, %.3f s\n", link->name, link->sends,
		link->peak, link->capacity, link->sender_waits,
		(double)link->sender_ns / 1e9, link->receiver_waits,
		(double)link->receiver_ns / 1e9);
}
