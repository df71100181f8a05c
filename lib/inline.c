/* See inline.h. */
#include "inline.h"
#include "default.h"
#include "frame.h"
#include "pool.h"
#include "unwind.h"

#include <string.h>

void fut_frame_lost(const struct fut_frame *frame)
{
	struct fut_self *self = fut_self();

	if (frame->executor != future_inline())
		fut_die("libfuture: a task has returned in a forked child");
	/* What it stands in is not the child's either. */
	self->frame = NULL;
	self->may_keep = false;
}

/* Until the next flush, which is for who calls this. */
static bool inline_keep(struct future_executor *executor, struct fut_task *task)
{
	struct fut_self *self = fut_self();

	(void)executor;
	task->next = NULL;
	if (self->inline_head == NULL)
		self->inline_tail = &self->inline_head;
	*self->inline_tail = task;
	self->inline_tail = &task->next;
	return true;
}

static int inline_post(struct future_executor *executor, struct fut_task *task,
	enum fut_post how)
{
	(void)how;
	inline_keep(executor, task);
	fut_inline_flush();
	return 0;
}

void fut_inline_flush_now(void)
{
	struct fut_self *self = fut_self();
	bool may_keep = self->may_keep;
	FUT_MUST_RETURN(must, "libfuture: what the inline executor ran was "
		"left by pthread_exit or an exception");

	self->inline_busy = true;
	self->may_keep = false;
	fut_worker_unkeep();
	while (self->inline_head != NULL) {
		struct fut_task *task = self->inline_head;

		self->inline_head = task->next;
		task->kind->run(task);
	}
	FUT_HAS_RETURNED(must);
	self->inline_busy = false;
	self->may_keep = may_keep;
}

static void inline_husk(struct future_executor *executor,
	struct fut_task *task, enum fut_husk why)
{
	(void)executor;
	(void)task;
	(void)why;
}

static void inline_ran(struct future_executor *executor, enum fut_end end)
{
	(void)executor;
	(void)end;
}

/* What is next waits for the outermost call, which this thread is in. */
static bool inline_inside(struct future_executor *executor)
{
	(void)executor;
	return fut_self()->inline_busy;
}

static enum fut_phase inline_phase(struct future_executor *executor)
{
	(void)executor;
	return FUT_PHASE_OPEN;
}

static int inline_drain(struct future_executor *executor, int64_t deadline_ns)
{
	(void)executor;
	(void)deadline_ns;
	return 0;
}

static void inline_stats(struct future_executor *executor,
	struct future_executor_stats *ret_stats)
{
	(void)executor;
	memset(ret_stats, 0, sizeof(*ret_stats));
	ret_stats->threads = 1;
}

static const struct fut_executor_kind inline_kind = {
	.noun = "inline",
	.post = inline_post,
	.keep = inline_keep,
	.husk = inline_husk,
	.ran = inline_ran,
	.arm = fut_default_arm,
	.disarm = fut_default_disarm,
	.evict = fut_default_evict,
	.inside = inline_inside,
	.phase = inline_phase,
	.drain = inline_drain,
	.stats = inline_stats,
};

static struct future_executor inline_executor = {
	.kind = &inline_kind,
	.refs = 1,
	.immortal = true,
	.born = FUT_BORN_EVERYWHERE,
};

future_executor_t *future_inline(void)
{
	return &inline_executor;
}
