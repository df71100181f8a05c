/* Floor 4: what a user does with the handle of an executor. */
#include "default.h"
#include "frame.h"
#include "self.h"

#include <errno.h>
#include <string.h>

future_executor_t *future_current(void)
{
	struct fut_frame *frame = fut_self()->frame;

	return frame != NULL ? frame->executor : NULL;
}

future_executor_t *future_executor_ref(future_executor_t *executor)
{
	if (executor == NULL || executor->immortal)
		return executor;
	if (atomic_fetch_add_explicit(&executor->refs, 1, FUT_RELAXED) == 0)
		fut_die("future_executor_ref: the executor has been closed");
	return executor;
}

bool fut_executor_try_ref(struct future_executor *executor)
{
	uint32_t refs;

	if (executor == NULL || executor->immortal)
		return true;
	refs = atomic_load_explicit(&executor->refs, FUT_RELAXED);
	do
		if (refs == 0)
			return false;
	while (!atomic_compare_exchange_weak_explicit(&executor->refs, &refs,
		refs + 1, FUT_RELAXED, FUT_RELAXED));
	return true;
}

static void give_back(future_executor_t *executor, bool wait,
	const char *sentence)
{
	/* What each holder did before its count, for the one that closes. */
	uint32_t before = atomic_fetch_sub_explicit(&executor->refs, 1,
		FUT_ACQ_REL);

	if (before == 0)
		fut_die(sentence);
	/* The threads of an inherited one did not come along. */
	if (before == 1 && !fut_executor_inherited(executor))
		executor->kind->close(executor, wait);
}

void future_executor_unref(future_executor_t *executor)
{
	if (executor != NULL && !executor->immortal)
		give_back(executor, true,
			"future_executor_unref: one unref too many");
}

void fut_executor_leave(struct future_executor *executor)
{
	if (!executor->immortal)
		give_back(executor, false,
			"libfuture: broken: a lane's parent is gone");
}

static bool usable(const future_executor_t *executor)
{
	return executor != NULL && !fut_executor_inherited(executor);
}

void future_executor_shutdown(future_executor_t *executor)
{
	if (usable(executor) && !executor->immortal)
		executor->kind->shutdown(executor);
}

void future_executor_detach(future_executor_t *executor)
{
	if (executor == NULL || executor->immortal)
		return;
	future_executor_shutdown(executor);
	give_back(executor, false,
		"future_executor_detach: one unref too many");
}

size_t future_executor_cancel(future_executor_t *executor)
{
	if (!usable(executor) || executor->immortal)
		return 0;
	return executor->kind->cancel(executor);
}

int future_executor_join(future_executor_t *executor, future_time_t deadline)
{
	if (executor == NULL || executor->immortal)
		return EINVAL;
	if (fut_executor_inherited(executor))
		return ECHILD;
	return executor->kind->join(executor, deadline.ns);
}

int future_executor_drain(future_executor_t *executor, future_time_t deadline)
{
	executor = fut_executor_peek(fut_executor_meant(executor));
	if (executor == NULL)
		return 0;	/* the default one was never used */
	if (fut_executor_inherited(executor))
		return ECHILD;
	return executor->kind->drain(executor, deadline.ns);
}

void future_executor_stats(future_executor_t *executor,
	future_executor_stats_t *ret_stats)
{
	if (ret_stats == NULL)
		return;
	executor = fut_executor_peek(fut_executor_meant(executor));
	if (usable(executor))
		executor->kind->stats(executor, ret_stats);
	else
		memset(ret_stats, 0, sizeof(*ret_stats));
}
