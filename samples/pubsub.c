/*
 * Publish and subscribe: a bounded channel for each subscriber, who says what
 * is to happen when it is full.  With back-pressure the publisher waits, as a
 * future; else the oldest in there is dropped, and who is slow holds up nobody.
 *
 * The topic is a lane, so its list needs no lock.  A subscriber reads on the
 * pool, one message after the other, by continuations: no thread waits.
 */
#include <future.h>
#include <stdio.h>

enum { ARCHIVE, SCREEN, PHONE, SUBSCRIBERS, MESSAGES = 1000 };

static struct subscriber {
	const char *name;
	size_t capacity;
	bool drops_oldest;
	bool is_there;			/* this and the next: in the topic */
	int published, dropped;
	int delivered, last;		/* one reader at a time */
	future_channel_t *inbox;
} subscribers[SUBSCRIBERS] = {
	{ .name = "archive, back-pressure", .capacity = 8 },
	{ .name = "screen, back-pressure", .capacity = 2 },
	{ .name = "phone, drop oldest", .capacity = 4, .drops_oldest = true },
};

static future_executor_t *topic;

static future_result_t receive(future_result_t in, void *arg);

/* Until EPIPE.  Nothing follows the rest of it: that would grow and grow. */
static void read_next(struct subscriber *me)
{
	FUTURE_AUTO future_t *item = future_channel_recv_async(me->inbox);
	FUTURE_AUTO future_t *read = future_handle_on(item, future_default(),
		receive, me);

	if (future_state(read) == FUTURE_FAILED)
		future_channel_close(me->inbox);	/* if it was ENOMEM */
}

static future_result_t receive(future_result_t in, void *arg)
{
	struct subscriber *me = arg;

	if (in.error != 0)
		return future_ok(NULL);
	me->delivered++;
	me->last = (int)future_result_int(in);
	read_next(me);
	return future_ok(NULL);
}

static future_result_t not_sent(future_result_t in, void *arg)
{
	((struct subscriber *)arg)->dropped++;
	return in;
}

/* Only the topic sends: where one has been dropped there is room. */
static future_t *send_to(struct subscriber *to, void *message)
{
	void *oldest;
	int error;

	to->published++;
	if (!to->drops_oldest)
		return FUTURE_CHAIN(
			future_channel_send_async(to->inbox, message),
			{ .on = FUTURE_ON_FAILURE, .fn = not_sent, .arg = to });
	while ((error = future_channel_send_until(to->inbox, message,
			FUTURE_NOW)) == ETIMEDOUT)
		to->dropped += future_channel_recv_until(to->inbox, &oldest,
			FUTURE_NOW) == 0;
	to->dropped += error != 0;
	return future_ready(future_ok(NULL));
}

static future_result_t publish(void *message)
{
	future_t *sent[SUBSCRIBERS], *all;
	size_t count = 0;

	for (int i = 0; i < SUBSCRIBERS; i++)
		if (subscribers[i].is_there)
			sent[count++] = send_to(&subscribers[i], message);
	all = future_all_settled(sent, count);
	while (count > 0)
		future_unref(sent[--count]);
	return future_follow(all);
}

static future_result_t subscribe(void *arg)
{
	struct subscriber *me = arg;
	int error = future_channel_new(me->capacity, NULL, &me->inbox);

	me->is_there = error == 0;
	return future_result_make(NULL, NULL, error);
}

static future_result_t unsubscribe(void *arg)
{
	((struct subscriber *)arg)->is_there = false;
	future_channel_close(((struct subscriber *)arg)->inbox);
	return future_ok(NULL);
}

static int in_topic(future_task_fn *fn, void *arg)
{
	FUTURE_AUTO future_t *done = future_submit(topic, fn, arg);

	return future_get(done).error;
}

int main(void)
{
	bool fails = future_lane_new(NULL, 1, &topic) != 0;

	for (int i = 0; i < SUBSCRIBERS && !fails; i++) {
		fails = in_topic(subscribe, &subscribers[i]) != 0;
		if (!fails && i != PHONE)	/* which is asleep */
			read_next(&subscribers[i]);
	}
	for (intptr_t n = 1; n <= MESSAGES && !fails; n++) {
		fails = in_topic(publish, (void *)n) != 0;
		if (n == MESSAGES / 2)
			fails |= in_topic(unsubscribe, &subscribers[SCREEN]);
	}
	if (!fails)
		read_next(&subscribers[PHONE]);
	for (int i = 0; i < SUBSCRIBERS && !fails; i++)
		fails = in_topic(unsubscribe, &subscribers[i]) != 0;
	fails |= future_executor_drain(NULL, FUTURE_FOREVER) != 0;
	for (int i = 0; i < SUBSCRIBERS; i++) {
		struct subscriber *s = &subscribers[i];

		printf("%-22s: published %d, delivered %d, dropped %d, the "
			"last is %d\n", s->name, s->published, s->delivered,
			s->dropped, s->last);
		fails |= s->delivered + s->dropped != s->published;
		future_channel_unref(s->inbox);
	}
	future_executor_unref(topic);
	if (fails)
		fputs("pubsub: this is not as it should be\n", stderr);
	return fails;
}
