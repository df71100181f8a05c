/* Channels: items sent, received, given up, closed over, left behind. */
#include "scenario.h"

enum { SENT = STARTED + 1, RECEIVED, ENDED };

static future_channel_t *channel;
static int items[3];

static void destroy(void *item)
{
	MODEL_CHECK(item != NULL);
	model_count(DESTROYED);
}

static void channel_new(size_t capacity)
{
	MODEL_CHECK(future_channel_new(capacity, destroy, &channel) == 0);
}

/* Every item was received, or destroyed: none twice, none lost. */
static void channel_end(void)
{
	future_channel_unref(channel);
	MODEL_CHECK(model_counted(SENT) == model_counted(RECEIVED) +
		model_counted(DESTROYED));
}

static void send(void *item)
{
	int error = future_channel_send(channel, item);

	MODEL_CHECK(error == 0 || error == EPIPE);
	if (error == 0)
		model_count(SENT);
}

static void send_until(void *item)
{
	int error = future_channel_send_until(channel, item, future_in_ms(1));

	MODEL_CHECK(error == 0 || error == ETIMEDOUT);
	if (error == 0)
		model_count(SENT);
}

static void recv(void *arg)
{
	void *item = NULL;
	int error = future_channel_recv(channel, &item);

	(void)arg;
	MODEL_CHECK((error == 0 && item != NULL) ||
		(error == EPIPE && item == NULL));
	model_count(error == 0 ? RECEIVED : ENDED);
}

static void recv_until(void *arg)
{
	void *item = NULL;
	int error = future_channel_recv_until(channel, &item, future_in_ms(1));

	(void)arg;
	MODEL_CHECK((error == 0) == (item != NULL));
	if (error == 0)
		model_count(RECEIVED);
}

static void close(void *arg)
{
	(void)arg;
	future_channel_close(channel);
}

static void cancel(void *future)
{
	if (future_cancel(future))
		model_count(CANCELLED);
	future_unref(future);
}

static void unref(void *future)
{
	future_unref(future);
}

static void take(future_t *future)
{
	future_result_t result = future_take(future);

	if (result.error == 0) {
		MODEL_CHECK(result.destroy == destroy);
		model_count(RECEIVED);
	}
	future_unref(future);
}

static void send_two(void *arg)
{
	(void)arg;
	send(&items[0]);
	send(&items[1]);
}

SCENARIO(items_come_in_order)
{
	void *item = NULL;
	int thread;

	channel_new(1);
	thread = model_start(send_two, NULL);
	MODEL_CHECK(future_channel_recv(channel, &item) == 0);
	MODEL_CHECK(item == &items[0]);
	MODEL_CHECK(future_channel_recv(channel, &item) == 0);
	MODEL_CHECK(item == &items[1]);
	model_join(thread);
	future_channel_unref(channel);
}

SCENARIO(two_senders_against_two_receivers)
{
	int a, b, c;

	channel_new(1);
	a = model_start(send, &items[0]);
	b = model_start(send, &items[1]);
	c = model_start(recv, NULL);
	recv(NULL);
	model_join(a);
	model_join(b);
	model_join(c);
	MODEL_CHECK(model_counted(RECEIVED) == 2);
	channel_end();
}

SCENARIO(recv_with_a_deadline_against_send_and_close)
{
	int a, b;

	channel_new(1);
	a = model_start(recv_until, NULL);
	b = model_start(close, NULL);
	send(&items[0]);
	model_join(a);
	model_join(b);
	channel_end();
}

SCENARIO(a_hand_over_without_room_against_two_deadlines)
{
	int thread;

	channel_new(0);
	thread = model_start(send_until, &items[0]);
	recv_until(NULL);
	model_join(thread);
	MODEL_CHECK(model_counted(SENT) == model_counted(RECEIVED));
	channel_end();
}

SCENARIO(the_cancel_of_a_receiver_against_send)
{
	future_t *future;
	int a, b;

	channel_new(1);
	future = future_channel_recv_async(channel);
	a = model_start(cancel, future_ref(future));
	b = model_start(send, &items[0]);
	take(future);
	model_join(a);
	model_join(b);
	MODEL_CHECK(model_counted(RECEIVED) + model_counted(CANCELLED) == 1);
	channel_end();
}

/* The item goes to the one that still waits, or stays. */
SCENARIO(a_receiver_that_was_dropped_takes_nothing)
{
	future_t *future;
	int thread;

	channel_new(1);
	future = future_channel_recv_async(channel);
	future_unref(future);
	thread = model_start(send, &items[0]);
	recv(NULL);
	model_join(thread);
	MODEL_CHECK(model_counted(DESTROYED) == 0);
	channel_end();
}

SCENARIO(the_unref_of_a_receiver_against_send)
{
	future_t *future;
	int a;

	channel_new(1);
	future = future_channel_recv_async(channel);
	a = model_start(unref, future);
	send(&items[0]);
	model_join(a);
	channel_end();
}

SCENARIO(the_cancel_of_a_sender_against_recv)
{
	future_t *future;
	int thread;

	channel_new(0);
	future = future_channel_send_async(channel, &items[0]);
	thread = model_start(cancel, future_ref(future));
	recv_until(NULL);
	if (future_get(future).error == 0)
		model_count(SENT);
	future_unref(future);
	model_join(thread);
	MODEL_CHECK(model_counted(SENT) == model_counted(RECEIVED));
	channel_end();
}

/* Nobody can learn whether it was sent: it is not lost either way. */
SCENARIO(a_sender_that_was_dropped_against_close)
{
	future_t *future;
	int a, b;

	channel_new(0);
	future = future_channel_send_async(channel, &items[0]);
	model_count(SENT);
	future_unref(future);
	a = model_start(close, NULL);
	b = model_start(recv, NULL);
	model_join(a);
	model_join(b);
	channel_end();
	MODEL_CHECK(model_counted(RECEIVED) + model_counted(ENDED) == 1);
}

SCENARIO(close_against_a_sender_and_a_receiver)
{
	int a, b;

	channel_new(1);
	send(&items[0]);
	a = model_start(send, &items[1]);
	b = model_start(recv, NULL);
	close(NULL);
	model_join(a);
	model_join(b);
	channel_end();
}

static void drop_channel(void *arg)
{
	(void)arg;
	future_channel_unref(channel);
}

/* A future that waits keeps the memory, not the channel. */
SCENARIO(the_last_unref_against_a_cancel)
{
	future_t *future;
	int a, b, error;

	channel_new(1);
	future = future_channel_recv_async(channel);
	a = model_start(cancel, future_ref(future));
	b = model_start(drop_channel, NULL);
	error = future_get(future).error;
	future_unref(future);
	model_join(a);
	model_join(b);
	MODEL_CHECK(error == (model_counted(CANCELLED) != 0 ? ECANCELED :
		EPIPE));
}
