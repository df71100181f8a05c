/*
 * The channel under many threads: no item is lost or had twice, whoever gives
 * up, is dropped or cancelled, and each sender's items stay in order.
 */
#define _GNU_SOURCE
#include "waiting.h"

enum { SENDERS = 2, RECEIVERS = 2, MOST = 10000 };

/* What became of each item; sent by [sender], in order. */
struct traffic {
	future_channel_t *channel;
	size_t capacity;
	size_t rounds;
	bool drops;		/* receivers drop futures, unseen */
	atomic_uchar had[SENDERS][MOST];	/* received, or destroyed */
	atomic_uchar sent[SENDERS][MOST];
	atomic_size_t destroyed;
	atomic_int senders_left;
	atomic_int errors;
};

static struct traffic traffic;

static void bad(bool is_bad)
{
	if (is_bad)
		atomic_fetch_add(&traffic.errors, 1);
}

static void destroy(void *item)
{
	atomic_fetch_add((atomic_uchar *)item, 1);
	atomic_fetch_add(&traffic.destroyed, 1);
}

/* Received by one whose `last` of each sender it was. */
static void have(void *item, ptrdiff_t *last)
{
	ptrdiff_t at = (atomic_uchar *)item - &traffic.had[0][0];
	ptrdiff_t sender = at / MOST;

	atomic_fetch_add((atomic_uchar *)item, 1);
	bad(last != NULL && at <= last[sender]);
	if (last != NULL)
		last[sender] = at;
}

/* Tries until it is sent: after an error it is still the sender's. */
static void send_somehow(void *item, uint32_t *random)
{
	int error;

	do {
		future_time_t until = future_now();
		future_t *future;

		until.ns += draw(random, 20000);
		switch (draw(random, 5)) {
		case 0:
			error = future_channel_send(traffic.channel, item);
			break;
		case 1:
			error = future_channel_send_until(traffic.channel, item,
				FUTURE_NOW);
			break;
		case 2:
			error = future_channel_send_until(traffic.channel, item,
				until);
			break;
		default:
			future = future_channel_send_async(traffic.channel,
				item);
			linger(random, 200);
			if (draw(random, 2) == 0)
				future_cancel(future);
			error = outcome_of(future);
		}
		bad(error != 0 && error != ETIMEDOUT && error != ECANCELED);
	} while (error != 0);
}

/* Has an item, or not; false at the end. */
static bool recv_somehow(uint32_t *random, ptrdiff_t *last)
{
	future_time_t until = future_now();
	future_result_t taken = { .error = ETIMEDOUT };
	void *item = NULL;
	uint32_t how = draw(random, traffic.drops ? 6 : 5);

	until.ns += draw(random, 20000);
	if (how < 3) {
		taken.error = future_channel_recv_until(traffic.channel, &item,
			how == 0 ? FUTURE_NOW : how == 1 ? until :
			FUTURE_FOREVER);
		taken.value = item;
	} else {
		future_t *future = future_channel_recv_async(traffic.channel);

		linger(random, 200);
		if (how == 3)
			future_cancel(future);
		if (how < 5)
			taken = future_take(future);
		future_unref(future);
	}
	if (taken.error == 0)
		have(taken.value, last);
	bad(taken.error != 0 && taken.error != ETIMEDOUT &&
		taken.error != ECANCELED && taken.error != EPIPE);
	return taken.error != EPIPE;
}

/* The last sender to be done closes the channel. */
static void send_or_receive(void *arg, size_t index)
{
	uint32_t random = 2463534242u + (uint32_t)index;
	ptrdiff_t last[SENDERS] = { -1, -1 };

	(void)arg;
	if (index >= SENDERS) {
		while (recv_somehow(&random, last))
			;
		return;
	}
	for (size_t i = 0; i < traffic.rounds; i++) {
		send_somehow(&traffic.had[index][i], &random);
		atomic_store(&traffic.sent[index][i], 1);
	}
	if (atomic_fetch_sub(&traffic.senders_left, 1) == 1)
		future_channel_close(traffic.channel);
}

static const size_t capacities[] = { 0, 1, 2, 64 };

enum { CAPACITIES = 4 };

static void traffic_starts(size_t capacity, size_t rounds)
{
	memset(&traffic, 0, sizeof(traffic));
	traffic.capacity = capacity;
	traffic.rounds = rounds;
	traffic.senders_left = SENDERS;
	ck_assert_int_eq(future_channel_new(capacity, destroy,
		&traffic.channel), 0);
}

/* Each item that was sent came to one place, each other one to none. */
static void traffic_ends(void)
{
	future_channel_unref(traffic.channel);
	ck_assert_int_eq(traffic.errors, 0);
	for (size_t sender = 0; sender < SENDERS; sender++)
		for (size_t i = 0; i < MOST; i++)
			if (traffic.had[sender][i] != traffic.sent[sender][i])
				ck_abort_msg("item %zu of %zu: sent %d, had %d",
					i, sender, traffic.sent[sender][i],
					traffic.had[sender][i]);
}

START_TEST(every_item_that_is_sent_is_received_once_and_in_order)
{
	traffic_starts(capacities[_i], scaled(10000));
	together(SENDERS + RECEIVERS, send_or_receive, NULL);
	traffic_ends();
	ck_assert_uint_eq(traffic.destroyed, 0);
}
END_TEST

START_TEST(a_dropped_receiver_loses_and_doubles_no_item)
{
	traffic_starts(capacities[_i], scaled(10000));
	traffic.drops = true;
	together(SENDERS + RECEIVERS, send_or_receive, NULL);
	traffic_ends();
}
END_TEST

/* A race of a receiver with something else, many times. */
static void race_or_send(void *arg, size_t index)
{
	uint32_t random = 362436069u + (uint32_t)index;

	(void)arg;
	for (size_t i = 0; index == 0 && i < traffic.rounds; i++) {
		atomic_store(&traffic.sent[0][i], 1);
		while (future_channel_send_until(traffic.channel,
				&traffic.had[0][i], future_in_ms(1)) != 0)
			;
		linger(&random, 100);
	}
	if (index == 0)
		future_channel_close(traffic.channel);
	while (index != 0) {
		future_t *received = future_channel_recv_async(traffic.channel);
		future_event_t event = FUTURE_EVENT_INIT;
		future_t *other = future_event_wait_async(&event), *raced;
		future_result_t taken = { .error = 0 };
		uint32_t how = draw(&random, 4);

		raced = how & 1 ? FUTURE_RACE(received, other) :
			FUTURE_RACE(other, received);
		linger(&random, 100);
		future_event_set(&event);
		taken = future_take(raced);
		if (taken.value != NULL)
			have(taken.value, NULL);
		if (how & 2)
			future_cancel(received);
		future_unref(raced);
		future_unref(other);
		future_unref(received);
		if (taken.error == EPIPE)
			break;
	}
}

START_TEST(a_receiver_that_loses_a_race_loses_no_item)
{
	traffic_starts(capacities[_i], scaled(MOST));
	together(2, race_or_send, NULL);
	traffic_ends();
}
END_TEST

struct sending {
	void *item;
	int error;
};

static future_result_t send_task(void *arg)
{
	struct sending *sending = arg;

	sending->error = future_channel_send(traffic.channel, sending->item);
	return future_ok(NULL);
}

static future_result_t recv_task(void *arg)
{
	void *item;

	(void)arg;
	if (future_channel_recv(traffic.channel, &item) == 0)
		have(item, NULL);
	return future_ok(NULL);
}

/* In each round two send and two receive, and some of them are cancelled. */
START_TEST(the_cancel_of_tasks_that_wait_loses_no_item)
{
	future_executor_t *pool = pool_of(4);
	uint32_t random = 123456789u;

	traffic_starts(capacities[_i], scaled(3000));
	for (size_t i = 0; i < traffic.rounds; i++) {
		struct sending sendings[2] = {
			{ &traffic.had[0][i], ECANCELED },
			{ &traffic.had[1][i], ECANCELED } };
		future_t *tasks[4] = {
			future_submit(pool, send_task, &sendings[0]),
			future_submit(pool, recv_task, NULL),
			future_submit(pool, send_task, &sendings[1]),
			future_submit(pool, recv_task, NULL) };

		linger(&random, 3000);
		for (int n = 0; n < 4; n++)
			if (draw(&random, 2) == 0)
				future_cancel(tasks[n]);
		linger(&random, 300);
		for (int n = 0; n < 4; n++)
			future_cancel(tasks[n]);
		for (int n = 0; n < 4; n++) {
			bad(future_join(tasks[n], FUTURE_FOREVER) != 0);
			future_unref(tasks[n]);
		}
		for (int n = 0; n < 2; n++)
			traffic.sent[n][i] = sendings[n].error == 0;
	}
	future_executor_unref(pool);
	traffic_ends();
}
END_TEST

/* Everybody has a reference; whoever gives back the last closes it. */
static void send_or_leave(void *arg, size_t index)
{
	size_t base = *(size_t *)arg;
	void *item = &traffic.had[index % 2][base + index / 2];
	void *received;

	if (index < 2) {
		future_unref(future_channel_send_async(traffic.channel, item));
	} else if (index == 2) {
		if (future_channel_recv_until(traffic.channel, &received,
				FUTURE_NOW) == 0)
			have(received, NULL);
	} else {
		future_unref(future_channel_recv_async(traffic.channel));
	}
	future_channel_unref(traffic.channel);
}

/*
 * The channel is still held by one when the sends are made, so that none of
 * them fails at once, and what nobody has is destroyed in the end.
 */
START_TEST(the_last_who_leaves_destroys_what_is_left)
{
	const size_t rounds = scaled(1000);
	size_t i;

	traffic_starts(1, 0);
	future_channel_unref(traffic.channel);
	for (i = 0; i < rounds; i++) {
		ck_assert_int_eq(future_channel_new(capacities[_i], destroy,
			&traffic.channel), 0);
		for (int n = 1; n < 4; n++)
			future_channel_ref(traffic.channel);
		together(4, send_or_leave, &i);
		traffic.sent[0][i] = traffic.sent[1][i] = 1;
	}
	traffic.channel = NULL;
	traffic_ends();
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("stress_channel");
	TCase *tcase = suite_case(suite, "channel");

	tcase_set_timeout(tcase, 120);
	tcase_add_loop_test(tcase,
		every_item_that_is_sent_is_received_once_and_in_order, 0,
		CAPACITIES);
	tcase_add_loop_test(tcase, a_dropped_receiver_loses_and_doubles_no_item,
		0, CAPACITIES);
	tcase_add_loop_test(tcase, a_receiver_that_loses_a_race_loses_no_item,
		0, CAPACITIES);
	tcase_add_loop_test(tcase, the_cancel_of_tasks_that_wait_loses_no_item,
		0, CAPACITIES);
	tcase_add_loop_test(tcase, the_last_who_leaves_destroys_what_is_left,
		0, CAPACITIES);
	return suite_run(suite);
}
