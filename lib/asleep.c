/* See asleep.h. */
#include "asleep.h"
#include "lock.h"
#include "pool.h"
#include "thread.h"

static struct fut_lock turn;
static struct fut_asleep *first;	/* in somebody's turn */
static _Atomic bool watched;

/* Those who slept did not come along, nor who had the turn. */
static void forget(void)
{
	turn = (struct fut_lock){ 0 };
	first = NULL;
}

bool fut_asleep_watch(void)
{
	if (FUT_LIKELY(atomic_load_explicit(&watched, FUT_ACQUIRE)))
		return true;
	/* Twice would be harmless. */
	if (fut_fork_at_child(forget) != 0)
		return false;
	atomic_store_explicit(&watched, true, FUT_RELEASE);
	return true;
}

struct fut_spot fut_spot_here(void)
{
	const struct fut_self *self = fut_self();

	return (struct fut_spot){ .frame = self->frame,
		.worker = self->worker, .inline_busy = self->inline_busy,
		.deep = fut_thread_stack_deep() };
}

bool fut_asleep_turn(void)
{
	if (FUT_UNLIKELY(!fut_asleep_watch()))
		return false;
	fut_lock(&turn);
	fut_self_locks(-1);
	return true;
}

void fut_asleep_turn_ends(void)
{
	fut_self_locks(+1);
	fut_unlock(&turn);
}

struct fut_asleep *fut_asleep_first(void)
{
	FUT_ASSERT(fut_lock_held(&turn));
	return first;
}

static void link(struct fut_asleep *asleep)
{
	FUT_ASSERT(fut_lock_held(&turn));
	asleep->next = first;
	asleep->prev = &first;
	if (first != NULL)
		first->prev = &asleep->next;
	first = asleep;
}

static void unlink(struct fut_asleep *asleep)
{
	FUT_ASSERT(fut_lock_held(&turn));
	*asleep->prev = asleep->next;
	if (asleep->next != NULL)
		asleep->next->prev = asleep->prev;
}

void fut_asleep_add(struct fut_asleep *asleep)
{
	struct fut_self *self = fut_self();

	asleep->outer = self->asleep;
	if (asleep->outer != NULL)
		unlink(asleep->outer);
	self->asleep = asleep;
	link(asleep);
}

void fut_asleep_remove(struct fut_asleep *asleep)
{
	unlink(asleep);
	fut_self()->asleep = asleep->outer;
	if (asleep->outer != NULL)
		link(asleep->outer);
}

size_t fut_asleep_serves(const struct fut_asleep *asleep,
	const struct future_executor *executor)
{
	const struct fut_worker *worker = asleep->spot.worker;
	size_t count = 0;

	if (worker != NULL && &worker->pool->executor == executor)
		return 1;
	for (const struct fut_frame *frame = asleep->spot.frame; frame != NULL;
	     frame = frame->up)
		count += frame->at_work && frame->executor == executor;
	return count;
}
