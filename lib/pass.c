/* How a loop is run: in passes, with naps between them.  See loop.h. */
#include "loop.h"
#include "clock.h"
#include "frame.h"
#include "inline.h"
#include "pool.h"
#include "thread.h"
#include "unwind.h"

#include <errno.h>

void fut_loop_take_mark(struct fut_loop *loop)
{
	FUT_ASSERT(fut_lock_held(&loop->timers.lock));
	if (loop->mark.place != FUT_PLACE_NONE)
		fut_queue_remove(&loop->queue, &loop->mark);
}

bool fut_loop_rouse(struct fut_loop *loop)
{
	FUT_ASSERT(fut_lock_held(&loop->timers.lock));
	/* Under the lock: the sleeper is on the stack of who unblocks. */
	if (loop->blocked != NULL)
		fut_sleeper_wake(loop->blocked, FUT_SLEEPER_ROUSED);
	loop->blocked = NULL;
	fut_loop_show(loop);
	if (!loop->napping)
		return false;
	loop->napping = false;
	fut_pool_bump(&loop->wake);
	return true;
}

/* Under the lock: when the first timer is due. */
static int64_t first_ns(const struct fut_loop *loop)
{
	return loop->timers.root != NULL ? loop->timers.root->key :
		FUT_FOREVER;
}

/* Who runs it tells when he leaves. */
void fut_loop_show(struct fut_loop *loop)
{
	FUT_ASSERT(fut_lock_held(&loop->timers.lock));
	if (loop->polled && loop->runner == NULL)
		fut_wakefd_set(&loop->wakefd, loop->queue.head != NULL ||
			first_ns(loop) < loop->told_ns);
}

int fut_loop_enter(struct fut_loop *loop)
{
	struct fut_self *self = fut_self();
	int error = 0;

	fut_lock(&loop->timers.lock);
	if (loop->runner != NULL)
		error = loop->runner == self ? EDEADLK : EBUSY;
	else
		loop->runner = self;
	fut_unlock(&loop->timers.lock);
	if (error == 0) {
		loop->outer = self->loop;
		self->loop = loop;
	}
	return error;
}

/* Nobody knows it any more. */
static void end(struct fut_loop *loop)
{
	fut_loop_finish(loop);
	fut_self()->loop = loop->outer;
	fut_loop_release(loop);
}

void fut_loop_leave(struct fut_loop *loop)
{
	bool orphan, calm;

	fut_lock(&loop->timers.lock);
	orphan = loop->orphan;
	calm = !orphan && fut_calm_tell(&loop->calm);
	if (!orphan) {
		fut_self()->loop = loop->outer;
		loop->runner = NULL;
		fut_loop_show(loop);
	}
	fut_unlock(&loop->timers.lock);
	if (calm)
		fut_calm_wake(&loop->calm);
	if (orphan)
		end(loop);
}

/* The first that is due. */
static struct fut_task *take_due(struct fut_loop *loop, int64_t now_ns)
{
	struct fut_task *task;

	fut_lock(&loop->timers.lock);
	task = fut_timers_pop(&loop->timers, now_ns);
	fut_unlock(&loop->timers.lock);
	return task;
}

/* What is armed meanwhile is due later. */
static size_t run_due(struct fut_loop *loop)
{
	int64_t now_ns = fut_clock_now();
	struct fut_task *task;
	size_t ran = 0;

	for (; (task = take_due(loop, now_ns)) != NULL; ran++)
		task->kind->run(task);
	return ran;
}

/* The first that is queued; NULL: the pass is over. */
static struct fut_task *take(struct fut_loop *loop, bool stops)
{
	struct fut_task *task = NULL;

	fut_lock(&loop->timers.lock);
	if (loop->queue.head != NULL && !(stops && loop->stopping))
		task = fut_queue_pop(&loop->queue);
	if (task == &loop->mark)
		task = NULL;
	loop->running += task != NULL;
	fut_unlock(&loop->timers.lock);
	return task;
}

static size_t run_queued(struct fut_loop *loop, bool stops)
{
	struct fut_task *task;
	size_t ran = 0;

	while ((task = take(loop, stops)) != NULL) {
		enum fut_end how = task->kind->run(task);

		ran += how != FUT_END_HUSK;
		fut_lock(&loop->timers.lock);
		loop->counts[how]++;
		loop->running--;
		fut_unlock(&loop->timers.lock);
	}
	return ran;
}

static void begin_pass(struct fut_loop *loop)
{
	fut_lock(&loop->timers.lock);
	FUT_ASSERT(loop->runner == fut_self());
	loop->napping = false;
	fut_queue_push(&loop->queue, &loop->mark, FUT_PLACE_RELEASED);
	fut_unlock(&loop->timers.lock);
}

/* Husks behind the mark would look as if there were work. */
static void end_pass(struct fut_loop *loop)
{
	struct fut_task *husks;

	fut_lock(&loop->timers.lock);
	fut_loop_take_mark(loop);
	husks = fut_queue_sweep(&loop->queue);
	fut_unlock(&loop->timers.lock);
	fut_loop_let_go(husks);
}

/* The thread does this whatever it does further out: as on one of its own. */
size_t fut_loop_pass(struct fut_loop *loop, bool stops)
{
	struct fut_inline_list inlined = fut_inline_set_aside();
	struct fut_frame frame;
	size_t ran;
	FUT_MUST_RETURN(must, "libfuture: what a loop ran was left by "
		"pthread_exit or an exception");

	fut_frame_push(&frame, &loop->executor, NULL);
	frame.at_work = true;
	begin_pass(loop);
	ran = run_due(loop);
	ran += run_queued(loop, stops);
	FUT_HAS_RETURNED(must);
	end_pass(loop);
	fut_frame_pop(&frame);
	fut_inline_restore(&inlined);
	return ran;
}

bool fut_loop_has_more(struct fut_loop *loop)
{
	bool more;

	fut_lock(&loop->timers.lock);
	more = loop->queue.head != NULL;
	fut_unlock(&loop->timers.lock);
	return more;
}

/* Under the lock: 0 or ESHUTDOWN if it is time to leave; else EAGAIN. */
static int check_over(struct fut_loop *loop)
{
	FUT_ASSERT(fut_lock_held(&loop->timers.lock));
	if (loop->stopping) {
		loop->stopping = false;
		return 0;
	}
	return loop->queue.head == NULL &&
		loop->timers.phase != FUT_PHASE_OPEN ? ESHUTDOWN : EAGAIN;
}

/* Sleeps if there is nothing to do; returns what check_over() says. */
static int rest(struct fut_loop *loop)
{
	int64_t until_ns;
	uint32_t wake;
	bool sleeps, calm;
	int over;

	fut_lock(&loop->timers.lock);
	over = check_over(loop);
	sleeps = loop->napping = over == EAGAIN && loop->queue.head == NULL;
	calm = sleeps && fut_calm_tell(&loop->calm);
	until_ns = first_ns(loop);
	wake = atomic_load_explicit(&loop->wake, FUT_RELAXED);
	fut_unlock(&loop->timers.lock);
	if (calm)
		fut_calm_wake(&loop->calm);
	if (sleeps)
		(void)fut_worker_park(&loop->wake, wake, until_ns, "a task");
	return over;
}

int fut_loop_spin(struct fut_loop *loop)
{
	int over;

	while ((over = rest(loop)) == EAGAIN)
		fut_loop_pass(loop, true);
	return over;
}

void fut_loop_finish(struct fut_loop *loop)
{
	struct fut_frame frame;

	while (fut_loop_pass(loop, false) > 0 || fut_loop_has_more(loop))
		;
	fut_frame_push(&frame, &loop->executor, NULL);
	fut_timers_end(&loop->timers);
	fut_frame_pop(&frame);
}

/* Announces the sleeper; returns when a timer of any of them is due. */
static int64_t announce(struct fut_sleeper *sleeper)
{
	struct fut_loop *loop = fut_self()->loop;
	int64_t due_ns = FUT_FOREVER;

	for (; loop != NULL; loop = loop->outer) {
		fut_lock(&loop->timers.lock);
		loop->blocked = sleeper;
		if (first_ns(loop) < due_ns)
			due_ns = first_ns(loop);
		fut_unlock(&loop->timers.lock);
	}
	return due_ns;
}

void fut_loop_block(struct fut_sleeper *sleeper)
{
	(void)announce(sleeper);
}

void fut_loop_unblock(void)
{
	(void)announce(NULL);
}

/* True if any was: then what is waited for may need a look. */
static bool run_all_due(void)
{
	size_t ran = 0;

	for (struct fut_loop *loop = fut_self()->loop; loop != NULL;
	     loop = loop->outer)
		ran += run_due(loop);
	return ran > 0;
}

uint32_t fut_loop_sleep(struct fut_sleeper *sleeper, uint32_t bits,
	int64_t deadline_ns)
{
	const uint32_t roused = FUT_SLEEPER_ROUSED;
	bool deep = fut_thread_stack_deep();

	for (;;) {
		int64_t due_ns = announce(sleeper);
		uint32_t woken;

		if (deep || due_ns > deadline_ns)
			due_ns = deadline_ns;
		woken = fut_sleeper_sleep(sleeper, bits | roused, due_ns);
		if ((woken & bits) || (woken == 0 && due_ns == deadline_ns)) {
			fut_loop_unblock();
			return woken & bits;
		}
		/* Announced all the while, but for the waits in there. */
		fut_sleeper_forget(sleeper, roused & ~bits);
		if (!deep && run_all_due() && (bits & roused))
			return roused;
	}
}
