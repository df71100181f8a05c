/*
 * Channels: a bounded queue of pointers between threads, with back-pressure.
 *
 *	future_channel_t *lines;
 *	int error = future_channel_new(64, free, &lines);
 *
 *	error = future_channel_send(lines, line);	sleeps while it is full
 *	...
 *	while (future_channel_recv(lines, &item) == 0)	until closed and empty
 *		use(item);
 *
 * Items come out in the order in which they went in; senders, and receivers,
 * are served first come first served.  Any number of threads may do either, and
 * each can sleep, with a deadline (_until; FUTURE_NOW only looks), or wait as a
 * future (_async).  A deadline that has passed still sends where there is room,
 * and receives what is there: it bounds a wait, not a loop.
 *
 * A channel takes an item only where sending it succeeds: after any error it is
 * still the caller's.  An item is handed only to a receiver that still waits.
 */
#ifndef FUTURE_CHANNEL_H
#define FUTURE_CHANNEL_H

#include <future/base.h>
#include <future/time.h>

FUTURE_BEGIN_DECLS

typedef struct future_channel future_channel_t;

/*
 * Makes a channel that holds `capacity` items; with 0 each sender waits until a
 * receiver takes its item.  destroy_item (NULL: none) is called for items that
 * nobody can receive any more.  Returns 0, EINVAL, ENOMEM; the one reference is
 * to be given back with future_channel_unref().
 */
FUTURE_API FUTURE_CHECKED int future_channel_new(size_t capacity,
	void (*destroy_item)(void *item), future_channel_t **ret_channel);

/*
 * Blocks until the channel has taken the item (any pointer).  Returns 0; EPIPE
 * once it is closed, ECANCELED in a task that was cancelled; until a deadline,
 * ETIMEDOUT.
 */
FUTURE_API FUTURE_CHECKED int future_channel_send(future_channel_t *channel,
	void *item);
FUTURE_API FUTURE_CHECKED int future_channel_send_until(
	future_channel_t *channel, void *item, future_time_t deadline);

/*
 * Returns a future that settles when the channel has taken the item: no value.
 * It fails with EPIPE, ECANCELED, ENOMEM: then the item is the caller's.  Where
 * the last reference to it is given back before, the item is sent nevertheless,
 * or if that fails, destroyed.
 */
FUTURE_API FUTURE_CHECKED future_t *future_channel_send_async(
	future_channel_t *channel, void *item);

/*
 * Blocks until there is an item, which is the caller's then.  Returns 0; EPIPE
 * once the channel is closed and empty, ECANCELED in a task that was cancelled;
 * until a deadline, ETIMEDOUT.
 */
FUTURE_API FUTURE_CHECKED int future_channel_recv(future_channel_t *channel,
	void **ret_item);
FUTURE_API FUTURE_CHECKED int future_channel_recv_until(
	future_channel_t *channel, void **ret_item, future_time_t deadline);

/*
 * Returns a future whose value is the item: its to destroy, unless it is taken.
 * Cancel it to leave the queue; one whose last reference is given back while it
 * waits is handed nothing any more.
 */
FUTURE_API FUTURE_CHECKED future_t *future_channel_recv_async(
	future_channel_t *channel);

/*
 * Nothing more can be sent; what is there can still be received.  Ends the
 * waits of those for whom nothing can come.  Never blocks.
 */
FUTURE_API void future_channel_close(future_channel_t *channel);

/* What a channel holds, and who has waited for it since it was made. */
typedef struct future_channel_stats {
	size_t capacity;
	size_t held;		/* items that are there now */
	uint64_t send_waits;	/* how often one found no room, and waited */
	uint64_t send_wait_ns;	/* of the threads among them, asleep */
	uint64_t recv_waits;	/* the same of receivers that found nothing */
	uint64_t recv_wait_ns;
} future_channel_stats_t;

/*
 * Copies them; all zero for NULL.  Where senders wait, receivers are too slow,
 * and the other way round.  A wait's time counts when it has ended.  Never
 * blocks.
 */
FUTURE_API void future_channel_stats(future_channel_t *channel,
	future_channel_stats_t *ret_stats);

/* Returns `channel` with one more reference. */
FUTURE_API future_channel_t *future_channel_ref(future_channel_t *channel);

/*
 * Gives a reference back; NULL is fine.  The last one closes the channel, and
 * destroys the items that are left.  No thread may be in a call on it then;
 * futures may wait.
 */
FUTURE_API void future_channel_unref(future_channel_t *channel);

FUTURE_END_DECLS

#endif
