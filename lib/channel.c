/*
 * Floor 5: the channel: a ring of items, and two queues of waiters.
 *
 * At most one of three is there: room and senders, items and receivers, neither
 * (but for waiters that have claimed themselves and are about to leave).  So
 * each operation serves at most one of those who wait on the other side.
 */
#include "alloc.h"
#include "clock.h"
#include "lock.h"
#include "wait.h"

#include <errno.h>
#include <future/channel.h>
#include <future/future.h>
#include <string.h>

#ifndef FUT_CHANNEL_SPINS
#define FUT_CHANNEL_SPINS 100
#endif

struct future_channel {
	_Atomic uint64_t send_wait_ns, recv_wait_ns;
	uint64_t send_waits, recv_waits;	/* under lock */
	_Atomic size_t handles;		/* the users', together one of refs */
	_Atomic size_t refs;		/* and one of each future that waits */
	void (*destroy_item)(void *item);	/* these two are constant */
	size_t capacity;
	struct fut_lock lock;
	_Atomic bool closed;		/* these two are written under lock */
	_Atomic size_t count;
	size_t first;			/* this and the rest are under lock */
	struct fut_link *senders;	/* the last of each ring */
	struct fut_link *receivers;
	void *items[];
};

static size_t count_of(struct future_channel *channel)
{
	return atomic_load_explicit(&channel->count, FUT_RELAXED);
}

static bool is_closed(struct future_channel *channel)
{
	return atomic_load_explicit(&channel->closed, FUT_RELAXED);
}

/* Under the lock. */
static void push(struct future_channel *channel, void *item)
{
	size_t count = count_of(channel), at = channel->first + count;

	FUT_ASSERT(fut_lock_held(&channel->lock) && count < channel->capacity);
	if (at >= channel->capacity)
		at -= channel->capacity;
	channel->items[at] = item;
	atomic_store_explicit(&channel->count, count + 1, FUT_RELAXED);
}

/* Under the lock. */
static void *pop(struct future_channel *channel)
{
	void *item = channel->items[channel->first];
	size_t count = count_of(channel);

	FUT_ASSERT(fut_lock_held(&channel->lock) && count > 0);
	if (++channel->first == channel->capacity)
		channel->first = 0;
	atomic_store_explicit(&channel->count, count - 1, FUT_RELAXED);
	return item;
}

/*
 * Under the lock: takes off the first who still waits, claimed; NULL if there
 * is none.  Those whom nobody asks for are taken off, too.
 */
static struct fut_waiter *claim_first(struct fut_link **queue,
	struct fut_granted *gone)
{
	struct fut_link *last = *queue, *link, *next;

	for (link = last != NULL ? last->next : NULL; link != NULL;
	     link = next) {
		struct fut_waiter *waiter = fut_waiter_of(link);

		next = link != last ? link->next : NULL;
		if (!waiter->kind->claim(waiter))
			continue;
		if (!waiter->kind->gone(waiter)) {
			fut_ring_remove(queue, link);
			return waiter;
		}
		fut_granted_add(gone, queue, waiter, ECANCELED);
	}
	return NULL;
}

/* What a sender has to give: its own, or the claim's holder's to read. */
static void *item_of(struct fut_waiter *sender)
{
	struct fut_nap *nap = fut_nap_of(sender);

	return nap != NULL ? nap->item : fut_wait_of(sender)->job.cell.arg;
}

/* 0, EPIPE, or EAGAIN: then `waiter`, unless it is NULL, has been queued. */
static int send_or_queue(struct future_channel *channel, void *item,
	struct fut_waiter *waiter)
{
	struct fut_granted gone = FUT_GRANTED_INIT(gone);
	struct fut_waiter *receiver = NULL;
	int error = 0;

	fut_lock(&channel->lock);
	if (is_closed(channel)) {
		error = EPIPE;
	} else {
		receiver = claim_first(&channel->receivers, &gone);
		if (receiver == NULL && count_of(channel) == channel->capacity)
			error = EAGAIN;
		else if (receiver == NULL)
			push(channel, item);
		if (error == EAGAIN && waiter != NULL) {
			fut_ring_append(&channel->senders, &waiter->link);
			channel->send_waits++;
		}
	}
	fut_unlock(&channel->lock);
	fut_granted_fire(&gone);
	if (receiver != NULL)
		receiver->kind->fire(receiver, 0, item);
	return error;
}

/* The same for one that receives. */
static int recv_or_queue(struct future_channel *channel, void **ret_item,
	struct fut_waiter *waiter)
{
	struct fut_granted gone = FUT_GRANTED_INIT(gone);
	struct fut_waiter *sender;
	int error = 0;

	fut_lock(&channel->lock);
	sender = claim_first(&channel->senders, &gone);
	if (count_of(channel) > 0) {
		*ret_item = pop(channel);
		if (sender != NULL)
			push(channel, item_of(sender));
	} else if (sender != NULL) {
		*ret_item = item_of(sender);
	} else {
		error = is_closed(channel) ? EPIPE : EAGAIN;
		if (error == EAGAIN && waiter != NULL) {
			fut_ring_append(&channel->receivers, &waiter->link);
			channel->recv_waits++;
		}
	}
	fut_unlock(&channel->lock);
	fut_granted_fire(&gone);
	if (sender != NULL)
		sender->kind->fire(sender, 0, NULL);
	return error;
}

/* Takes a waiter off that has claimed itself. */
static void leave(struct future_channel *channel, struct fut_link **queue,
	struct fut_waiter *waiter)
{
	fut_lock(&channel->lock);
	fut_ring_remove(queue, &waiter->link);
	fut_unlock(&channel->lock);
}

/* Sleeps, as fut_nap_sleep(); *ns grows by how long. */
static int sleep_in(struct fut_nap *nap, int64_t deadline_ns,
	_Atomic uint64_t *ns)
{
	int64_t since_ns = fut_clock_now();
	int error = fut_nap_sleep(nap, deadline_ns, true);

	atomic_fetch_add_explicit(ns, (uint64_t)(fut_clock_now() - since_ns),
		FUT_RELAXED);
	return error;
}

/* A little, while there are `count` items. */
static void spin_while(struct future_channel *channel, size_t count)
{
	for (int i = 0; i < FUT_CHANNEL_SPINS && count_of(channel) == count &&
	     !is_closed(channel); i++)
		fut_relax();
}

int future_channel_send_until(future_channel_t *channel, void *item,
	future_time_t deadline)
{
	struct fut_nap nap;
	int error;

	if (channel == NULL)
		return EINVAL;
	error = send_or_queue(channel, item, NULL);
	if (error != EAGAIN)
		return error;
	if (deadline.ns <= 0)
		return ETIMEDOUT;
	spin_while(channel, channel->capacity);
	fut_nap_init(&nap, 1, "room in a channel");
	nap.item = item;
	error = send_or_queue(channel, item, &nap.waiter);
	if (error != EAGAIN)
		return error;
	error = sleep_in(&nap, deadline.ns, &channel->send_wait_ns);
	if (error == 0)
		return nap.error;
	leave(channel, &channel->senders, &nap.waiter);
	return error;
}

int future_channel_send(future_channel_t *channel, void *item)
{
	return future_channel_send_until(channel, item, FUTURE_FOREVER);
}

static int recv_asleep(struct future_channel *channel, void **ret_item,
	int64_t deadline_ns)
{
	struct fut_nap nap;
	int error;

	fut_nap_init(&nap, 1, "an item of a channel");
	error = recv_or_queue(channel, ret_item, &nap.waiter);
	if (error != EAGAIN)
		return error;
	error = sleep_in(&nap, deadline_ns, &channel->recv_wait_ns);
	if (error != 0) {
		leave(channel, &channel->receivers, &nap.waiter);
		return error;
	}
	if (nap.error == 0)
		*ret_item = nap.item;
	return nap.error;
}

int future_channel_recv_until(future_channel_t *channel, void **ret_item,
	future_time_t deadline)
{
	int error;

	if (channel == NULL || ret_item == NULL)
		return EINVAL;
	error = recv_or_queue(channel, ret_item, NULL);
	if (error != EAGAIN)
		return error;
	if (deadline.ns <= 0)
		return ETIMEDOUT;
	spin_while(channel, 0);
	return recv_asleep(channel, ret_item, deadline.ns);
}

int future_channel_recv(future_channel_t *channel, void **ret_item)
{
	return future_channel_recv_until(channel, ret_item, FUTURE_FOREVER);
}

/* One reference less. */
static void release(struct future_channel *channel)
{
	/* What each holder did before its count, for the one that frees. */
	if (atomic_fetch_sub_explicit(&channel->refs, 1, FUT_ACQ_REL) == 1)
		fut_free(channel);
}

static void discard(struct future_channel *channel, void *item)
{
	if (channel->destroy_item != NULL)
		fut_job_destroy(channel->destroy_item, item);
}

static void send_fire(struct fut_waiter *waiter, int error, void *item)
{
	struct fut_wait *wait = fut_wait_of(waiter);
	struct future_channel *channel = wait->job.cell.more;
	future_result_t result = future_result_make(NULL, NULL, error);

	(void)item;
	if (error != 0 && fut_wait_gone(waiter))
		discard(channel, wait->job.cell.arg);
	fut_wait_settle(wait, &result);
	release(channel);
}

static void recv_fire(struct fut_waiter *waiter, int error, void *item)
{
	struct fut_wait *wait = fut_wait_of(waiter);
	struct future_channel *channel = wait->job.cell.more;
	future_result_t result = future_result_make(item, error == 0 ?
		channel->destroy_item : NULL, error);

	fut_wait_settle(wait, &result);
	release(channel);
}

/* What is sent is sent, whether somebody waits for that or not. */
static bool send_gone(struct fut_waiter *waiter)
{
	(void)waiter;
	return false;
}

static void send_withdraw(struct fut_job *job)
{
	struct future_channel *channel = job->cell.more;

	leave(channel, &channel->senders, &fut_wait_of_job(job)->waiter);
	fut_job_unref(job);
	release(channel);
}

static void recv_withdraw(struct fut_job *job)
{
	struct future_channel *channel = job->cell.more;

	leave(channel, &channel->receivers, &fut_wait_of_job(job)->waiter);
	fut_job_unref(job);
	release(channel);
}

static const struct fut_waiter_kind send_waiter = {
	fut_wait_claim, send_gone, send_fire
};

static const struct fut_waiter_kind recv_waiter = {
	fut_wait_claim, fut_wait_gone, recv_fire
};

static const struct fut_cell_kind send_cell = {
	.withdraw = send_withdraw,
	.free = fut_wait_free,
};

static const struct fut_cell_kind recv_cell = {
	.withdraw = recv_withdraw,
	.free = fut_wait_free,
};

/* A future that waits, with its reference on the channel. */
static struct fut_wait *wait_new(struct future_channel *channel,
	const struct fut_cell_kind *cell, const struct fut_waiter_kind *waiter)
{
	struct fut_wait *wait = fut_wait_new(cell, waiter, channel, 1);

	if (wait != NULL)
		atomic_fetch_add_explicit(&channel->refs, 1, FUT_RELAXED);
	return wait;
}

future_t *future_channel_send_async(future_channel_t *channel, void *item)
{
	struct fut_wait *wait;
	int error;

	if (channel == NULL)
		return fut_job_failed(fut_home_here(), EINVAL);
	wait = wait_new(channel, &send_cell, &send_waiter);
	if (wait == NULL)
		return fut_job_failed(fut_home_here(), ENOMEM);
	wait->job.cell.arg = item;
	error = send_or_queue(channel, item, &wait->waiter);
	if (error != EAGAIN) {
		fut_wait_claim(&wait->waiter);
		send_fire(&wait->waiter, error, NULL);
	}
	return &wait->job.cell;
}

future_t *future_channel_recv_async(future_channel_t *channel)
{
	struct fut_wait *wait;
	void *item = NULL;
	int error;

	if (channel == NULL)
		return fut_job_failed(fut_home_here(), EINVAL);
	wait = wait_new(channel, &recv_cell, &recv_waiter);
	if (wait == NULL)
		return fut_job_failed(fut_home_here(), ENOMEM);
	error = recv_or_queue(channel, &item, &wait->waiter);
	if (error != EAGAIN) {
		fut_wait_claim(&wait->waiter);
		recv_fire(&wait->waiter, error, item);
	}
	return &wait->job.cell;
}

int future_channel_new(size_t capacity, void (*destroy_item)(void *item),
	future_channel_t **ret_channel)
{
	const size_t each = sizeof(void *);
	struct future_channel *channel;

	if (ret_channel == NULL)
		return EINVAL;
	if (capacity > (SIZE_MAX / 2 - sizeof(*channel)) / each)
		return ENOMEM;
	channel = fut_alloc(sizeof(*channel) + capacity * each);
	if (channel == NULL)
		return ENOMEM;
	memset(channel, 0, sizeof(*channel));
	channel->capacity = capacity;
	channel->destroy_item = destroy_item;
	atomic_store_explicit(&channel->handles, 1, FUT_RELAXED);
	atomic_store_explicit(&channel->refs, 1, FUT_RELAXED);
	*ret_channel = channel;
	return 0;
}

/* Under the lock: ends the waits of a whole queue. */
static void end_waits(struct fut_link **queue, struct fut_granted *ended)
{
	struct fut_link *last = *queue, *link, *next;

	for (link = last != NULL ? last->next : NULL; link != NULL;
	     link = next) {
		struct fut_waiter *waiter = fut_waiter_of(link);

		next = link != last ? link->next : NULL;
		if (waiter->kind->claim(waiter))
			fut_granted_add(ended, queue, waiter,
				waiter->kind->gone(waiter) ? ECANCELED : EPIPE);
	}
}

void future_channel_close(future_channel_t *channel)
{
	struct fut_granted ended = FUT_GRANTED_INIT(ended);

	if (channel == NULL)
		return;
	fut_lock(&channel->lock);
	atomic_store_explicit(&channel->closed, true, FUT_RELAXED);
	end_waits(&channel->senders, &ended);
	end_waits(&channel->receivers, &ended);
	fut_unlock(&channel->lock);
	fut_granted_fire(&ended);
}

void future_channel_stats(future_channel_t *channel,
	future_channel_stats_t *ret_stats)
{
	*ret_stats = (future_channel_stats_t){ 0 };
	if (channel == NULL)
		return;
	fut_lock(&channel->lock);
	*ret_stats = (future_channel_stats_t){ .capacity = channel->capacity,
		.held = count_of(channel), .send_waits = channel->send_waits,
		.send_wait_ns = atomic_load_explicit(&channel->send_wait_ns,
			FUT_RELAXED),
		.recv_waits = channel->recv_waits,
		.recv_wait_ns = atomic_load_explicit(&channel->recv_wait_ns,
			FUT_RELAXED) };
	fut_unlock(&channel->lock);
}

future_channel_t *future_channel_ref(future_channel_t *channel)
{
	if (channel != NULL && atomic_fetch_add_explicit(&channel->handles, 1,
			FUT_RELAXED) == 0)
		fut_die("future_channel_ref: the channel has been freed");
	return channel;
}

void future_channel_unref(future_channel_t *channel)
{
	size_t before;
	void *item;

	if (channel == NULL)
		return;
	/* What each user did before its count, for the one that closes. */
	before = atomic_fetch_sub_explicit(&channel->handles, 1, FUT_ACQ_REL);
	if (before == 0)
		fut_die("future_channel_unref: one unref too many");
	if (before > 1)
		return;
	future_channel_close(channel);
	while (recv_or_queue(channel, &item, NULL) == 0)
		discard(channel, item);
	release(channel);
}
