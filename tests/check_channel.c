/* The channel: items in order, back-pressure, and an end. */
#define _GNU_SOURCE
#include "waiting.h"

/* An item counts how often it is destroyed. */
static atomic_int items[64];

static void destroy(void *item)
{
	atomic_fetch_add((atomic_int *)item, 1);
}

static future_channel_t *channel_of(size_t capacity)
{
	future_channel_t *channel = NULL;

	ck_assert_int_eq(future_channel_new(capacity, destroy, &channel), 0);
	ck_assert_ptr_nonnull(channel);
	return channel;
}

static int send_now(future_channel_t *channel, int item)
{
	return future_channel_send_until(channel, &items[item], FUTURE_NOW);
}

static future_t *send_async(future_channel_t *channel, int item)
{
	return future_channel_send_async(channel, &items[item]);
}

/* The number of the item, or less than 0: the error. */
static int number_of(int error, const void *item)
{
	return error != 0 ? -error : (int)((const atomic_int *)item - items);
}

static int recv_now(future_channel_t *channel)
{
	void *item = items, *const untouched = item;
	int error = future_channel_recv_until(channel, &item, FUTURE_NOW);

	ck_assert(error == 0 || item == untouched);
	return number_of(error, item);
}

/* Takes what a future received, and the reference. */
static int received_by(future_t *future)
{
	future_result_t taken = future_take(future);

	ck_assert(taken.error != 0 || taken.destroy == destroy);
	future_unref(future);
	return number_of(taken.error, taken.value);
}

static future_channel_stats_t stats_now(future_channel_t *channel)
{
	future_channel_stats_t stats;

	future_channel_stats(channel, &stats);
	return stats;
}

static int destroyed(int item)
{
	return atomic_load(&items[item]);
}

static int recv_and_drop(void *on, future_time_t until)
{
	void *item;

	return future_channel_recv_until(on, &item, until);
}

static future_t *recv_async(void *on)
{
	return future_channel_recv_async(on);
}

static void send_one(void *on)
{
	ck_assert_int_eq(send_now(on, 1), 0);
}

/* An empty channel. */
#define RECEIVING(channel) { (channel), recv_and_drop, recv_async, send_one }

static int send_two(void *on, future_time_t until)
{
	return future_channel_send_until(on, &items[2], until);
}

static future_t *send_two_async(void *on)
{
	return send_async(on, 2);
}

static void recv_one(void *on)
{
	ck_assert_int_ge(recv_now(on), 0);
}

/* A full one. */
#define SENDING(channel) { (channel), send_two, send_two_async, recv_one }

/* Threads: `want` is the number of the item, and afterwards, of the one had. */
static int send_item(struct waiter *waiter)
{
	return waiter_passes(waiter, future_channel_send(waiter->on,
		&items[waiter->want]));
}

static int recv_item(struct waiter *waiter)
{
	void *item = NULL;
	int error = future_channel_recv(waiter->on, &item);

	if (error == 0)
		waiter->want = (size_t)number_of(0, item);
	else
		ck_assert(item == NULL);
	return error;
}

START_TEST(a_channel_that_cannot_be_made_leaves_the_handle)
{
	future_channel_t *mark = (future_channel_t *)&mark, *channel = mark;

	ck_assert_int_eq(future_channel_new(1, NULL, NULL), EINVAL);
	ck_assert_int_eq(future_channel_new(SIZE_MAX, NULL, &channel), ENOMEM);
	ck_assert_int_eq(future_channel_new(SIZE_MAX / sizeof(void *), NULL,
		&channel), ENOMEM);
	ck_assert_int_eq(future_channel_new(SIZE_MAX / sizeof(void *) / 2, NULL,
		&channel), ENOMEM);
	ck_assert_ptr_eq(channel, mark);
}
END_TEST

START_TEST(no_channel_is_invalid)
{
	future_channel_t *channel = channel_of(1);
	void *item;

	ck_assert_int_eq(future_channel_send(NULL, items), EINVAL);
	ck_assert_int_eq(future_channel_send_until(NULL, items, FUTURE_NOW),
		EINVAL);
	ck_assert_int_eq(outcome_of(send_async(NULL, 0)), EINVAL);
	ck_assert_int_eq(future_channel_recv(NULL, &item), EINVAL);
	ck_assert_int_eq(future_channel_recv_until(NULL, &item, FUTURE_NOW),
		EINVAL);
	ck_assert_int_eq(outcome_of(recv_async(NULL)), EINVAL);
	ck_assert_int_eq(future_channel_recv(channel, NULL), EINVAL);
	ck_assert_ptr_null(future_channel_ref(NULL));
	future_channel_close(NULL);
	future_channel_unref(NULL);
	future_channel_unref(channel);
	ck_assert_int_eq(destroyed(0), 0);
}
END_TEST

START_TEST(items_come_out_in_order)
{
	const size_t capacities[] = { 1, 2, 3, 7 };

	for (size_t i = 0; i < 4; i++) {
		future_channel_t *channel = channel_of(capacities[i]);
		int capacity = (int)capacities[i], sent = 0, received = 0;

		while (received < 40) {
			while (sent - received < capacity)
				ck_assert_int_eq(send_now(channel, sent++), 0);
			ck_assert_int_eq(send_now(channel, 63), ETIMEDOUT);
			for (int n = received % capacity; n >= 0; n--)
				ck_assert_int_eq(recv_now(channel), received++);
		}
		while (received < sent)
			ck_assert_int_eq(recv_now(channel), received++);
		ck_assert_int_eq(recv_now(channel), -ETIMEDOUT);
		future_channel_unref(channel);
	}
	for (int i = 0; i < 64; i++)
		ck_assert_int_eq(destroyed(i), 0);
}
END_TEST

START_TEST(without_room_an_item_goes_from_hand_to_hand)
{
	future_channel_t *channel = channel_of(0);
	future_t *sent, *received;

	ck_assert_int_eq(send_now(channel, 1), ETIMEDOUT);
	ck_assert_int_eq(recv_now(channel), -ETIMEDOUT);
	sent = send_async(channel, 2);
	ck_assert_int_eq(send_now(channel, 1), ETIMEDOUT);
	ck_assert_int_eq(future_state(sent), FUTURE_PENDING);
	ck_assert_int_eq(recv_now(channel), 2);
	ck_assert_int_eq(outcome_of(sent), 0);
	received = recv_async(channel);
	ck_assert_int_eq(future_state(received), FUTURE_PENDING);
	ck_assert_int_eq(send_now(channel, 3), 0);
	ck_assert_int_eq(send_now(channel, 1), ETIMEDOUT);
	ck_assert_int_eq(received_by(received), 3);
	sent = send_async(channel, 4);
	ck_assert_int_eq(received_by(recv_async(channel)), 4);
	ck_assert_int_eq(outcome_of(sent), 0);
	future_channel_unref(channel);
}
END_TEST

START_TEST(an_empty_channel_polls)
{
	future_channel_t *channel = channel_of(1);

	door_polls(&(struct door)RECEIVING(channel));
	future_channel_unref(channel);
	channel = channel_of(0);
	ck_assert_int_eq(recv_and_drop(channel, future_in_ms(1)), ETIMEDOUT);
	future_channel_unref(channel);
}
END_TEST

START_TEST(a_full_channel_polls)
{
	future_channel_t *channel = channel_of(1);

	send_one(channel);
	door_polls(&(struct door)SENDING(channel));
	ck_assert_int_eq(recv_now(channel), 2);
	future_channel_unref(channel);
	channel = channel_of(0);
	ck_assert_int_eq(send_two(channel, future_in_ms(1)), ETIMEDOUT);
	ck_assert_int_eq(recv_now(channel), -ETIMEDOUT);
	future_channel_unref(channel);
	ck_assert_int_eq(destroyed(2), 0);
}
END_TEST

START_TEST(an_item_wakes_who_receives)
{
	for (size_t capacity = 0; capacity < 3; capacity++) {
		future_channel_t *channel = channel_of(capacity);
		const struct door door = RECEIVING(channel);

		door_wakes(&door, FUTURE_FOREVER);
		door_wakes(&door, LATER);
		door_settles(&door);
		future_channel_unref(channel);
	}
}
END_TEST

START_TEST(room_wakes_who_sends)
{
	future_channel_t *channel = channel_of(1);
	const struct door door = SENDING(channel);

	send_one(channel);
	door_wakes(&door, FUTURE_FOREVER);
	door_wakes(&door, LATER);
	door_settles(&door);
	ck_assert_int_eq(recv_now(channel), 2);
	ck_assert_int_eq(recv_now(channel), -ETIMEDOUT);
	future_channel_unref(channel);
}
END_TEST

START_TEST(a_receiver_wakes_who_sends)
{
	future_channel_t *channel = channel_of(0);
	struct visit visit = VISIT(&(struct door)SENDING(channel),
		FUTURE_FOREVER);
	pthread_t thread = thread_start(visit_main, &visit);
	future_t *received;

	visit_sleeps(&visit);
	received = recv_async(channel);
	thread_finish(thread);
	ck_assert_int_eq(visit.error, 0);
	ck_assert_int_eq(received_by(received), 2);
	future_channel_unref(channel);
}
END_TEST

START_TEST(who_waits_is_counted)
{
	future_channel_t *channel = channel_of(2);
	future_t *sends[2], *receives[2];

	ck_assert_uint_eq(stats_now(channel).capacity, 2);
	ck_assert_int_eq(send_now(channel, 0), 0);
	ck_assert_int_eq(send_now(channel, 1), 0);
	ck_assert_int_eq(send_now(channel, 2), ETIMEDOUT);
	ck_assert_uint_eq(stats_now(channel).send_waits, 0);
	for (int i = 0; i < 2; i++)
		sends[i] = send_async(channel, 2 + i);
	ck_assert(future_cancel(sends[1]));
	ck_assert_uint_eq(stats_now(channel).send_waits, 2);
	ck_assert_uint_eq(stats_now(channel).held, 2);
	for (int i = 0; i < 3; i++)
		ck_assert_int_eq(recv_now(channel), i);
	ck_assert_uint_eq(stats_now(channel).held, 0);
	/* From hand to hand. */
	for (int i = 0; i < 2; i++)
		receives[i] = recv_async(channel);
	ck_assert_int_eq(send_now(channel, 4), 0);
	ck_assert_int_eq(received_by(receives[0]), 4);
	ck_assert_uint_eq(stats_now(channel).recv_waits, 2);
	ck_assert_uint_eq(stats_now(channel).recv_wait_ns, 0);
	ck_assert_uint_eq(stats_now(channel).send_wait_ns, 0);
	for (int i = 0; i < 2; i++)
		future_unref(sends[i]);
	future_unref(receives[1]);
	future_channel_unref(channel);
	ck_assert_uint_eq(stats_now(NULL).capacity, 0);
}
END_TEST

/* Of a sender and of a receiver, until their deadlines. */
START_TEST(the_time_of_a_wait_is_counted)
{
	future_channel_t *channel = channel_of(1);
	future_time_t since = future_now();
	void *item;
	uint64_t passed;

	ck_assert_int_eq(future_channel_recv_until(channel, &item,
		future_in_ms(3)), ETIMEDOUT);
	ck_assert_int_eq(send_now(channel, 0), 0);
	ck_assert_int_eq(future_channel_send_until(channel, &items[1],
		future_in_ms(3)), ETIMEDOUT);
	passed = (uint64_t)(future_now().ns - since.ns);
	ck_assert_uint_eq(stats_now(channel).recv_waits, 1);
	ck_assert_uint_eq(stats_now(channel).send_waits, 1);
	ck_assert_uint_gt(stats_now(channel).recv_wait_ns, 1000000);
	ck_assert_uint_gt(stats_now(channel).send_wait_ns, 1000000);
	ck_assert_uint_le(stats_now(channel).recv_wait_ns +
		stats_now(channel).send_wait_ns, passed);
	future_channel_unref(channel);
}
END_TEST

START_TEST(a_receiver_that_gave_up_swallows_nothing)
{
	void (*const give_up[])(const struct door *) = { door_survives_cancel,
		door_survives_drop, door_survives_deadline };

	for (size_t i = 0; i < 6; i++) {
		future_channel_t *channel = channel_of(i / 3);

		give_up[i % 3](&(struct door)RECEIVING(channel));
		ck_assert_int_eq(recv_now(channel), -ETIMEDOUT);
		future_channel_unref(channel);
	}
}
END_TEST

START_TEST(a_sender_that_gave_up_sends_nothing)
{
	future_channel_t *channel = channel_of(1);
	future_t *first, *next;

	send_one(channel);
	first = send_async(channel, 3);
	next = send_async(channel, 4);
	ck_assert(future_cancel(first));
	ck_assert_int_eq(outcome_of(first), ECANCELED);
	ck_assert_int_eq(send_two(channel, future_in_ms(1)), ETIMEDOUT);
	ck_assert_int_eq(recv_now(channel), 1);
	ck_assert_int_eq(outcome_of(next), 0);
	ck_assert_int_eq(recv_now(channel), 4);
	ck_assert_int_eq(recv_now(channel), -ETIMEDOUT);
	future_channel_unref(channel);
	ck_assert_int_eq(destroyed(3), 0);
}
END_TEST

START_TEST(a_receiver_nobody_asks_for_is_handed_nothing)
{
	future_channel_t *channel = channel_of(0);

	future_unref(recv_async(channel));
	ck_assert_int_eq(send_now(channel, 1), ETIMEDOUT);
	future_unref(recv_async(channel));
	future_unref(recv_async(channel));
	future_channel_unref(channel);
	channel = channel_of(1);
	future_unref(recv_async(channel));
	ck_assert_int_eq(send_now(channel, 1), 0);
	ck_assert_int_eq(recv_now(channel), 1);
	future_channel_unref(channel);
	ck_assert_int_eq(destroyed(1), 0);
}
END_TEST

START_TEST(what_a_task_waits_for_ends_with_it)
{
	future_channel_t *channel = channel_of(1);

	door_leaves_cancelled(&(struct door)RECEIVING(channel), FUTURE_FOREVER);
	door_leaves_cancelled(&(struct door)RECEIVING(channel), LATER);
	send_one(channel);
	door_leaves_cancelled(&(struct door)SENDING(channel), FUTURE_FOREVER);
	door_leaves_cancelled(&(struct door)SENDING(channel), LATER);
	ck_assert_int_eq(recv_now(channel), 2);
	ck_assert_int_eq(recv_now(channel), -ETIMEDOUT);
	future_channel_unref(channel);
}
END_TEST

START_TEST(a_cancelled_task_receives_what_is_there_and_fills_what_has_room)
{
	future_channel_t *channel = channel_of(1);
	const struct door receiving = RECEIVING(channel);
	const struct door sending = SENDING(channel);

	ck_assert_int_eq(door_once_cancelled(&sending, FUTURE_FOREVER), 0);
	ck_assert_int_eq(door_once_cancelled(&sending, FUTURE_FOREVER),
		ECANCELED);
	ck_assert_int_eq(door_once_cancelled(&sending, LATER), ECANCELED);
	ck_assert_int_eq(door_once_cancelled(&receiving, FUTURE_FOREVER), 0);
	ck_assert_int_eq(door_once_cancelled(&receiving, FUTURE_FOREVER),
		ECANCELED);
	ck_assert_int_eq(door_once_cancelled(&receiving, LATER), ECANCELED);
	future_channel_unref(channel);
}
END_TEST

START_TEST(a_task_that_waits_for_a_channel_is_no_deadlock)
{
	future_channel_t *channel = channel_of(1);
	struct door receiving = RECEIVING(channel), sending = SENDING(channel);

	door_is_no_deadlock(&receiving);
	send_one(channel);
	door_is_no_deadlock(&sending);
	future_channel_unref(channel);
}
END_TEST

/* The order. */

START_TEST(senders_are_served_in_order)
{
	for (size_t capacity = 0; capacity < 3; capacity++) {
		future_channel_t *channel = channel_of(capacity);
		struct waiter sleeper = { .wait = send_item, .on = channel,
			.want = 11 };
		future_t *first, *last;

		for (int i = 0; i < (int)capacity; i++)
			ck_assert_int_eq(send_now(channel, i), 0);
		first = send_async(channel, 10);
		waiter_start(&sleeper);
		waiter_sleeps(&sleeper);
		last = send_async(channel, 12);
		for (int i = 0; i < (int)capacity; i++)
			ck_assert_int_eq(recv_now(channel), i);
		for (int i = 10; i <= 12; i++)
			ck_assert_int_eq(recv_now(channel), i);
		ck_assert_int_eq(outcome_of(first), 0);
		ck_assert_int_eq(waiter_finish(&sleeper), 0);
		ck_assert_int_eq(outcome_of(last), 0);
		future_channel_unref(channel);
	}
}
END_TEST

START_TEST(receivers_are_served_in_order)
{
	for (size_t capacity = 0; capacity < 3; capacity++) {
		future_channel_t *channel = channel_of(capacity);
		struct waiter sleeper = { .wait = recv_item, .on = channel };
		future_t *first = recv_async(channel), *last;

		waiter_start(&sleeper);
		waiter_sleeps(&sleeper);
		last = recv_async(channel);
		for (int i = 0; i < 3; i++)
			ck_assert_int_eq(send_now(channel, i), 0);
		ck_assert_int_eq(received_by(first), 0);
		ck_assert_int_eq(waiter_finish(&sleeper), 0);
		ck_assert_uint_eq(sleeper.want, 1);
		ck_assert_int_eq(received_by(last), 2);
		future_channel_unref(channel);
	}
}
END_TEST

/* The end. */

START_TEST(a_closed_channel_is_drained_and_then_ends)
{
	future_channel_t *channel = channel_of(3);

	ck_assert_int_eq(send_now(channel, 1), 0);
	ck_assert_int_eq(send_now(channel, 2), 0);
	future_channel_close(channel);
	future_channel_close(channel);
	ck_assert_int_eq(send_now(channel, 3), EPIPE);
	ck_assert_int_eq(future_channel_send(channel, &items[3]), EPIPE);
	ck_assert_int_eq(outcome_of(send_async(channel, 3)), EPIPE);
	ck_assert_int_eq(recv_now(channel), 1);
	ck_assert_int_eq(received_by(recv_async(channel)), 2);
	ck_assert_int_eq(recv_now(channel), -EPIPE);
	ck_assert_int_eq(recv_and_drop(channel, FUTURE_FOREVER), EPIPE);
	ck_assert_int_eq(received_by(recv_async(channel)), -EPIPE);
	future_channel_unref(channel);
	for (int i = 0; i < 4; i++)
		ck_assert_int_eq(destroyed(i), 0);
}
END_TEST

START_TEST(a_close_ends_the_waits_of_senders)
{
	for (size_t capacity = 0; capacity < 2; capacity++) {
		future_channel_t *channel = channel_of(capacity);
		struct waiter sleeper = { .wait = send_item, .on = channel,
			.want = 5 };
		future_t *future = send_async(channel, 4), *last;

		if (capacity == 1)
			ck_assert_int_eq(outcome_of(future), 0);
		future = capacity == 1 ? send_async(channel, 6) : future;
		waiter_start(&sleeper);
		waiter_sleeps(&sleeper);
		last = send_async(channel, 7);
		future_channel_close(channel);
		ck_assert_int_eq(waiter_finish(&sleeper), EPIPE);
		ck_assert_int_eq(outcome_of(future), EPIPE);
		ck_assert_int_eq(outcome_of(last), EPIPE);
		ck_assert_int_eq(recv_now(channel), capacity == 1 ? 4 : -EPIPE);
		ck_assert_int_eq(recv_now(channel), -EPIPE);
		future_channel_unref(channel);
	}
	for (int i = 4; i < 8; i++)
		ck_assert_int_eq(destroyed(i), 0);
}
END_TEST

START_TEST(a_close_ends_the_waits_of_receivers)
{
	for (size_t capacity = 0; capacity < 2; capacity++) {
		future_channel_t *channel = channel_of(capacity);
		struct waiter sleeper = { .wait = recv_item, .on = channel };
		future_t *future = recv_async(channel);

		waiter_start(&sleeper);
		waiter_sleeps(&sleeper);
		future_unref(recv_async(channel));
		future_channel_close(channel);
		ck_assert_int_eq(waiter_finish(&sleeper), EPIPE);
		ck_assert_int_eq(received_by(future), -EPIPE);
		future_channel_unref(channel);
	}
}
END_TEST

START_TEST(what_is_left_is_destroyed_once)
{
	future_channel_t *channel = channel_of(4), *same;

	for (int i = 0; i < 4; i++)
		ck_assert_int_eq(send_now(channel, i), 0);
	ck_assert_int_eq(recv_now(channel), 0);
	ck_assert_int_eq(send_now(channel, 4), 0);
	same = future_channel_ref(channel);
	ck_assert_ptr_eq(same, channel);
	future_channel_unref(channel);
	ck_assert_int_eq(destroyed(1), 0);
	ck_assert_int_eq(recv_now(same), 1);
	future_channel_unref(same);
	for (int i = 0; i < 5; i++)
		ck_assert_int_eq(destroyed(i), i >= 2);
}
END_TEST

START_TEST(without_a_destructor_what_is_left_is_left_alone)
{
	future_channel_t *channel = NULL;
	future_t *received;

	ck_assert_int_eq(future_channel_new(2, NULL, &channel), 0);
	ck_assert_int_eq(send_now(channel, 1), 0);
	ck_assert_int_eq(send_now(channel, 2), 0);
	received = recv_async(channel);
	ck_assert_ptr_eq(future_get(received).value, &items[1]);
	future_unref(received);
	future_unref(send_async(channel, 3));
	future_unref(send_async(channel, 4));
	future_channel_unref(channel);
	for (int i = 1; i < 5; i++)
		ck_assert_int_eq(destroyed(i), 0);
}
END_TEST

START_TEST(the_last_reference_ends_the_waits_of_futures)
{
	future_channel_t *channel = channel_of(1);
	future_t *sending, *receiving, *kept;

	send_one(channel);
	sending = send_async(channel, 2);
	future_unref(send_async(channel, 3));
	future_channel_unref(channel);
	ck_assert_int_eq(outcome_of(sending), EPIPE);
	ck_assert_int_eq(destroyed(1), 1);
	ck_assert_int_eq(destroyed(2), 0);
	ck_assert_int_eq(destroyed(3), 1);
	channel = channel_of(1);
	receiving = recv_async(channel);
	future_unref(recv_async(channel));
	kept = recv_async(channel);
	ck_assert_int_eq(send_now(channel, 4), 0);
	future_channel_unref(channel);
	ck_assert_int_eq(received_by(kept), -EPIPE);
	ck_assert_int_eq(destroyed(4), 0);
	ck_assert_int_eq(received_by(receiving), 4);
	ck_assert_int_eq(destroyed(4), 0);
}
END_TEST

/* Who holds what. */

START_TEST(a_send_nobody_asks_for_is_sent_nevertheless)
{
	future_channel_t *channel = channel_of(1);

	send_one(channel);
	future_unref(send_async(channel, 2));
	future_unref(send_async(channel, 3));
	ck_assert_int_eq(recv_now(channel), 1);
	ck_assert_int_eq(recv_now(channel), 2);
	future_unref(send_async(channel, 4));
	future_channel_close(channel);
	ck_assert_int_eq(destroyed(4), 1);
	ck_assert_int_eq(recv_now(channel), 3);
	ck_assert_int_eq(recv_now(channel), -EPIPE);
	future_channel_unref(channel);
	ck_assert_int_eq(destroyed(2) + destroyed(3), 0);
}
END_TEST

START_TEST(an_item_received_belongs_to_its_future_until_it_is_taken)
{
	future_channel_t *channel = channel_of(0);
	future_t *taken = recv_async(channel), *dropped = recv_async(channel);
	future_t *shared = future_ref(dropped);

	ck_assert_int_eq(send_now(channel, 1), 0);
	ck_assert_int_eq(send_now(channel, 2), 0);
	future_channel_unref(channel);
	ck_assert_int_eq(received_by(taken), 1);
	ck_assert_ptr_eq(future_get(dropped).value, &items[2]);
	future_unref(dropped);
	ck_assert_int_eq(destroyed(2), 0);
	future_unref(shared);
	ck_assert_int_eq(destroyed(2), 1);
	ck_assert_int_eq(destroyed(1), 0);
}
END_TEST

static atomic_int nothings;

static void destroy_nothing(void *item)
{
	ck_assert_ptr_null(item);
	atomic_fetch_add(&nothings, 1);
}

START_TEST(no_pointer_is_an_item_as_any_other)
{
	future_channel_t *channel = NULL;
	void *item = items;
	future_t *future;

	ck_assert_int_eq(future_channel_new(1, destroy_nothing, &channel), 0);
	ck_assert_int_eq(future_channel_send(channel, NULL), 0);
	ck_assert_int_eq(future_channel_recv(channel, &item), 0);
	ck_assert_ptr_null(item);
	future = recv_async(channel);
	ck_assert_int_eq(future_channel_send(channel, NULL), 0);
	ck_assert_int_eq(future_get(future).error, 0);
	ck_assert_int_eq(nothings, 0);
	future_unref(future);
	ck_assert_int_eq(nothings, 1);
	ck_assert_int_eq(future_channel_send(channel, NULL), 0);
	future_unref(future_channel_send_async(channel, NULL));
	future_channel_unref(channel);
	ck_assert_int_eq(nothings, 3);
}
END_TEST

static void send_on(void *item)
{
	future_channel_t *other = *(future_channel_t **)item;

	ck_assert_int_eq(send_now(other, 1), 0);
}

START_TEST(a_destructor_may_use_another_channel)
{
	future_channel_t *other = channel_of(2), *channel = NULL;

	ck_assert_int_eq(future_channel_new(1, send_on, &channel), 0);
	ck_assert_int_eq(future_channel_send(channel, &other), 0);
	future_unref(future_channel_send_async(channel, &other));
	future_channel_unref(channel);
	ck_assert_int_eq(recv_now(other), 1);
	ck_assert_int_eq(recv_now(other), 1);
	future_channel_unref(other);
}
END_TEST

/* A relay: each receipt sends to the next channel, in the first send. */
#define PASSES scaled(20000)

struct relay {
	future_channel_t *to;
	future_t *last;		/* its reference on what sends */
};

static future_result_t relay_then(future_result_t in, void *arg)
{
	struct relay *relay = arg;
	future_result_t mine = future_move(in);

	relay->last = future_channel_send_async(relay->to, mine.value);
	return future_ok(NULL);
}

static void *pass_an_item_on(void *arg)
{
	struct relay *relays = calloc(PASSES, sizeof(*relays));
	future_channel_t *first = channel_of(0), *to = first;
	future_t *received;

	(void)arg;
	ck_assert_ptr_nonnull(relays);
	for (size_t i = 0; i < PASSES; i++) {
		received = recv_async(to);
		relays[i].to = to = channel_of(0);
		future_unref(future_then_on(received, future_inline(),
			relay_then, &relays[i]));
		future_unref(received);
	}
	received = recv_async(to);
	ck_assert_int_eq(send_now(first, 1), 0);
	ck_assert_int_eq(received_by(received), 1);
	future_channel_unref(first);
	for (size_t i = 0; i < PASSES; i++) {
		ck_assert_int_eq(outcome_of(relays[i].last), 0);
		future_channel_unref(relays[i].to);
	}
	free(relays);
	return NULL;
}

START_TEST(an_item_passed_on_needs_no_stack)
{
	pthread_attr_t attr;
	pthread_t thread;

	pthread_attr_init(&attr);
	ck_assert_int_eq(pthread_attr_setstacksize(&attr, 131072), 0);
	ck_assert_int_eq(pthread_create(&thread, &attr, pass_an_item_on, NULL),
		0);
	pthread_attr_destroy(&attr);
	thread_finish(thread);
	ck_assert_int_eq(destroyed(1), 0);
}
END_TEST

static void add_end(TCase *tcase)
{
	tcase_add_test(tcase, a_closed_channel_is_drained_and_then_ends);
	tcase_add_test(tcase, a_close_ends_the_waits_of_senders);
	tcase_add_test(tcase, a_close_ends_the_waits_of_receivers);
	tcase_add_test(tcase, what_is_left_is_destroyed_once);
	tcase_add_test(tcase,
		without_a_destructor_what_is_left_is_left_alone);
	tcase_add_test(tcase, the_last_reference_ends_the_waits_of_futures);
}

static void add_items(TCase *tcase)
{
	tcase_add_test(tcase, senders_are_served_in_order);
	tcase_add_test(tcase, receivers_are_served_in_order);
	tcase_add_test(tcase, a_send_nobody_asks_for_is_sent_nevertheless);
	tcase_add_test(tcase,
		an_item_received_belongs_to_its_future_until_it_is_taken);
	tcase_add_test(tcase, no_pointer_is_an_item_as_any_other);
	tcase_add_test(tcase, a_destructor_may_use_another_channel);
	tcase_add_test(tcase, an_item_passed_on_needs_no_stack);
}

int main(void)
{
	Suite *suite = suite_create("channel");
	TCase *tcase = suite_case(suite, "channel");

	tcase_add_test(tcase, a_channel_that_cannot_be_made_leaves_the_handle);
	tcase_add_test(tcase, no_channel_is_invalid);
	tcase_add_test(tcase, items_come_out_in_order);
	tcase_add_test(tcase, without_room_an_item_goes_from_hand_to_hand);
	tcase_add_test(tcase, an_empty_channel_polls);
	tcase_add_test(tcase, a_full_channel_polls);
	tcase_add_test(tcase, an_item_wakes_who_receives);
	tcase_add_test(tcase, room_wakes_who_sends);
	tcase_add_test(tcase, a_receiver_wakes_who_sends);
	tcase_add_test(tcase, who_waits_is_counted);
	tcase_add_test(tcase, the_time_of_a_wait_is_counted);
	tcase_add_test(tcase, a_receiver_that_gave_up_swallows_nothing);
	tcase_add_test(tcase, a_sender_that_gave_up_sends_nothing);
	tcase_add_test(tcase, a_receiver_nobody_asks_for_is_handed_nothing);
	tcase_add_test(tcase, what_a_task_waits_for_ends_with_it);
	tcase_add_test(tcase,
	a_cancelled_task_receives_what_is_there_and_fills_what_has_room);
	tcase_add_test(tcase, a_task_that_waits_for_a_channel_is_no_deadlock);
	add_items(suite_case(suite, "items"));
	add_end(suite_case(suite, "end"));
	return suite_run(suite);
}
