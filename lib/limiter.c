/*
 * Floor 6: a bucket of permits that fills at a steady rate.
 *
 * Who waits has a promise, and stands in a list.  serve() goes on until there
 * is nothing to do: it grants the first its permits if they are there, or else
 * sees to it that there is a timer by whose end they are, which calls it again.
 * So it is called whenever the first is another one: one came, or one left.
 *
 * Whoever takes a waiter off the list under the lock has it in hand, and frees
 * it.  No promise is settled, and no future let go, under the lock.
 *
 * The level is exact: a permit weighs as much as the period has nanoseconds,
 * and in each of these `count` are added.
 *
 * (J. Turner, New Directions in Communications, IEEE Communications Magazine
 * 24 (10), 1986, has the bucket; it leaks there.)
 */
#include <future.h>

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>

/* Of a ring through its list's head; one that is in none has no next. */
struct node {
	struct node *next, *prev;
};

struct future_limiter {
	uint64_t count;		/* these three are constant */
	uint64_t permit;
	uint64_t full;
	atomic_size_t refs;	/* the users', each waiter's, each timer's */
	future_mutex_t lock;
	struct node waiters;	/* this and the rest are under lock */
	uint64_t level;		/* as it was at `filled_ns` */
	int64_t filled_ns;
	future_t *timer;	/* with a reference; NULL: there is none */
	int64_t timer_ns;	/* when it ends */
};

struct waiter {
	struct node node;	/* first */
	struct future_limiter *of;
	future_promise_t *promise;
	uint64_t needs;		/* of the level */
};

static void list_append(struct node *list, struct node *node)
{
	node->prev = list->prev;
	node->next = list;
	list->prev->next = node;
	list->prev = node;
}

static void list_remove(struct node *node)
{
	node->next->prev = node->prev;
	node->prev->next = node->next;
	node->next = NULL;
}

static void release(void *arg)
{
	struct future_limiter *of = arg;

	/* What each did before its count, for the last. */
	if (atomic_fetch_sub_explicit(&of->refs, 1, memory_order_acq_rel) == 1)
		free(of);
}

/* One in hand.  Waits for left(), if that is running. */
static void waiter_free(struct waiter *waiter)
{
	struct future_limiter *of = waiter->of;

	future_promise_free(waiter->promise);
	free(waiter);
	release(of);
}

static void refuse(struct waiter *waiter, int error)
{
	future_promise_settle(waiter->promise, future_fail(error));
	waiter_free(waiter);
}

/* Under the lock, as these three: what has come in since. */
static void fill(struct future_limiter *of)
{
	int64_t now_ns = future_now().ns;
	uint64_t room = of->full - of->level, ns;

	if (now_ns <= of->filled_ns)
		return;
	ns = (uint64_t)(now_ns - of->filled_ns);
	of->level += ns > room / of->count ? room : ns * of->count;
	of->filled_ns = now_ns;
}

/* When there will be so much: not before, and at most a nanosecond late. */
static int64_t filled_by(const struct future_limiter *of, uint64_t needs)
{
	uint64_t lacks = needs - of->level;
	uint64_t ns = lacks / of->count + (lacks % of->count != 0);

	return ns < (uint64_t)(INT64_MAX - of->filled_ns) ?
		of->filled_ns + (int64_t)ns : INT64_MAX;
}

/* Nobody is there, but those who were cancelled and are just leaving. */
static bool nobody_waits(const struct future_limiter *of)
{
	const struct node *node = of->waiters.next;

	while (node != &of->waiters && future_promise_is_settled(
			((const struct waiter *)node)->promise))
		node = node->next;
	return node == &of->waiters;
}

/* What serve() has to do: each of these, where it is there. */
struct turn {
	struct waiter *granted;	/* in hand; what it needs was taken */
	future_t *stale;	/* a timer that is not needed any more */
	int64_t arm_ns;		/* 0: none, or one is there already */
};

/* Under the lock. */
static struct turn look(struct future_limiter *of)
{
	struct waiter *first = (struct waiter *)of->waiters.next;
	struct turn turn = { NULL, NULL, 0 };
	int64_t due_ns;

	if (&first->node == &of->waiters) {
		turn.stale = of->timer;
		of->timer = NULL;
		return turn;
	}
	if (future_promise_is_settled(first->promise))
		first->needs = 0;
	fill(of);
	if (first->needs <= of->level) {
		of->level -= first->needs;
		list_remove(&first->node);
		turn.granted = first;
		return turn;
	}
	due_ns = filled_by(of, first->needs);
	if (of->timer == NULL || of->timer_ns > due_ns ||
	    future_state(of->timer) > FUTURE_RUNNING)
		turn.arm_ns = due_ns;
	return turn;
}

/* One in hand.  If it was cancelled nothing has been taken. */
static void grant(struct future_limiter *of, struct waiter *waiter)
{
	if (!future_promise_settle(waiter->promise, future_ok(NULL))) {
		future_mutex_lock(&of->lock);
		of->level = waiter->needs < of->full - of->level ?
			of->level + waiter->needs : of->full;
		future_mutex_unlock(&of->lock);
	}
	waiter_free(waiter);
}

static void refuse_first(struct future_limiter *of, int error)
{
	struct node *first;

	future_mutex_lock(&of->lock);
	first = of->waiters.next;
	if (first != &of->waiters)
		list_remove(first);
	future_mutex_unlock(&of->lock);
	if (first != &of->waiters)
		refuse((struct waiter *)first, error);
}

static future_result_t due(future_result_t in, void *of);

/* Of two timers the earlier is kept; it may have ended already. */
static void arm(struct future_limiter *of, int64_t due_ns)
{
	future_t *timer = future_after(NULL, (future_time_t){ due_ns }), *old;
	future_t *hung = future_then_with(timer, &(future_continuation_t){
		.executor = future_inline(), .fn = due,
		.arg = future_limiter_ref(of), .destroy_arg = release });
	int error = future_state(hung) == FUTURE_FAILED ?
		future_get(hung).error : 0;

	future_unref(hung);
	future_mutex_lock(&of->lock);
	old = timer;
	if (error == 0 && (of->timer == NULL || of->timer_ns > due_ns ||
	    future_state(of->timer) > FUTURE_RUNNING)) {
		old = of->timer;
		of->timer = timer;
		of->timer_ns = due_ns;
	}
	future_mutex_unlock(&of->lock);
	future_cancel(old);
	future_unref(old);
	if (error != 0)
		refuse_first(of, error);
}

/* The caller's reference outlasts it. */
static void serve(struct future_limiter *of)
{
	struct turn turn;

	do {
		future_mutex_lock(&of->lock);
		turn = look(of);
		future_mutex_unlock(&of->lock);
		if (turn.granted != NULL)
			grant(of, turn.granted);
		if (turn.arm_ns != 0)
			arm(of, turn.arm_ns);
		future_cancel(turn.stale);
		future_unref(turn.stale);
	} while (turn.granted != NULL || turn.arm_ns != 0);
}

/* The default executor's timers are never refused once they are armed. */
static future_result_t due(future_result_t in, void *of)
{
	(void)in;
	serve(of);
	return future_ok(NULL);
}

/* Runs inside the cancel. */
static void left(void *arg)
{
	struct waiter *waiter = arg;
	struct future_limiter *of = waiter->of;
	bool listed;

	future_mutex_lock(&of->lock);
	listed = waiter->node.next != NULL;
	if (listed)
		list_remove(&waiter->node);
	future_mutex_unlock(&of->lock);
	/* Whoever has it in hand waits for the end of this. */
	if (!listed)
		return;
	future_limiter_ref(of);
	waiter_free(waiter);
	serve(of);
	release(of);
}

static int waiter_new(struct future_limiter *of, size_t permits,
	struct waiter **ret_waiter)
{
	struct waiter *waiter = malloc(sizeof(*waiter));
	int error;

	if (waiter == NULL)
		return ENOMEM;
	*waiter = (struct waiter){ .of = of, .needs = permits * of->permit };
	error = future_promise_new(future_current(), &waiter->promise);
	if (error != 0)
		goto free_waiter;
	error = future_promise_on_cancel(waiter->promise, future_inline(), left,
		waiter);
	if (error != 0)
		goto free_promise;
	future_limiter_ref(of);
	*ret_waiter = waiter;
	return 0;
free_promise:
	future_promise_free(waiter->promise);
free_waiter:
	free(waiter);
	return error;
}

static int check(const struct future_limiter *of, size_t permits)
{
	return of == NULL || permits > of->full / of->permit ? EINVAL : 0;
}

future_t *future_limiter_acquire_async(future_limiter_t *limiter,
	size_t permits)
{
	int error = check(limiter, permits);
	struct waiter *waiter = NULL;
	future_t *future;

	if (error == 0)
		error = waiter_new(limiter, permits, &waiter);
	if (error != 0)
		return future_ready(future_fail(error));
	future = future_promise_future(waiter->promise);
	future_mutex_lock(&limiter->lock);
	list_append(&limiter->waiters, &waiter->node);
	future_mutex_unlock(&limiter->lock);
	serve(limiter);
	return future;
}

static bool take(struct future_limiter *of, size_t permits)
{
	uint64_t needs = permits * of->permit;
	bool taken;

	future_mutex_lock(&of->lock);
	fill(of);
	taken = needs == 0 || (needs <= of->level && nobody_waits(of));
	if (taken)
		of->level -= needs;
	future_mutex_unlock(&of->lock);
	return taken;
}

int future_limiter_acquire_until(future_limiter_t *limiter, size_t permits,
	future_time_t deadline)
{
	int error = check(limiter, permits);
	future_t *granted;

	if (error != 0 || take(limiter, permits))
		return error;
	if (deadline.ns <= FUTURE_NOW.ns)
		return ETIMEDOUT;
	granted = future_limiter_acquire_async(limiter, permits);
	error = future_wait(granted, deadline);
	if (error == 0 || !future_cancel(granted))
		error = future_get(granted).error;
	future_unref(granted);
	return error;
}

int future_limiter_acquire(future_limiter_t *limiter, size_t permits)
{
	return future_limiter_acquire_until(limiter, permits, FUTURE_FOREVER);
}

int future_limiter_new(size_t count, int64_t period_ns, size_t burst,
	future_limiter_t **ret_limiter)
{
	struct future_limiter *of;

	if (count < 1 || period_ns < 1 || burst < 1 || ret_limiter == NULL ||
	    burst > (uint64_t)(INT64_MAX / period_ns))
		return EINVAL;
	of = malloc(sizeof(*of));
	if (of == NULL)
		return ENOMEM;
	*of = (struct future_limiter){ .count = count,
		.permit = (uint64_t)period_ns,
		.full = burst * (uint64_t)period_ns,
		.level = burst * (uint64_t)period_ns,
		.lock = FUTURE_MUTEX_INIT, .filled_ns = future_now().ns };
	of->waiters.next = of->waiters.prev = &of->waiters;
	atomic_init(&of->refs, 1);
	*ret_limiter = of;
	return 0;
}

future_limiter_t *future_limiter_ref(future_limiter_t *limiter)
{
	if (limiter != NULL)
		atomic_fetch_add_explicit(&limiter->refs, 1,
			memory_order_relaxed);
	return limiter;
}

void future_limiter_unref(future_limiter_t *limiter)
{
	if (limiter != NULL)
		release(limiter);
}
