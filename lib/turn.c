/* What goes on next in a sim.  See sim.h. */
#include "frame.h"
#include "inline.h"
#include "sim.h"
#include "thread.h"
#include "unwind.h"

/* Who goes on next. */
enum turn {
	TURN_NOBODYS,
	TURN_MINE,	/* the thread's, which waits */
	TURN_TASKS,
	TURN_TIMERS
};

/*
 * Draws among those who can go on, and takes a task off.  The first is who
 * waits, if it is `ready`; then come the tasks, oldest first, then a timer.
 */
static enum turn draw(struct fut_sim *sim, bool ready,
	struct fut_task **ret_task)
{
	const struct fut_heap_node *first;
	enum turn turn = TURN_TASKS;
	size_t lot, queued;

	fut_lock(&sim->timers.lock);
	first = sim->timers.root;
	if (first != NULL && first->key > sim->now_ns)
		first = NULL;
	queued = sim->queue.length;
	lot = fut_lots_draw(&sim->lots, ready + queued + (first != NULL));
	if (lot < ready)
		turn = TURN_MINE;
	else if (lot - ready < queued)
		*ret_task = fut_queue_take(&sim->queue, lot - ready);
	else
		turn = first != NULL ? TURN_TIMERS : TURN_NOBODYS;
	if (turn == TURN_TIMERS)
		*ret_task = fut_timers_pop(&sim->timers, sim->now_ns);
	sim->running += turn >= TURN_TASKS;
	fut_unlock(&sim->timers.lock);
	return turn;
}

/*
 * As on a thread of its own: what waits on this one for a call further out
 * stays there, and a mutex of that call is another's.
 */
static void run(struct fut_sim *sim, struct fut_task *task, enum turn turn)
{
	struct fut_self *self = fut_self();
	struct fut_inline_list inlined = fut_inline_set_aside();
	uint32_t number = self->number;
	struct fut_frame frame;
	enum fut_end how;
	FUT_MUST_RETURN(must, "libfuture: what a sim ran was left by "
		"pthread_exit or an exception");

	self->number = 0;
	fut_frame_push(&frame, &sim->executor, NULL);
	how = task->kind->run(task);
	FUT_HAS_RETURNED(must);
	fut_frame_pop(&frame);
	self->number = number;
	fut_inline_restore(&inlined);
	fut_lock(&sim->timers.lock);
	sim->counts[how] += turn == TURN_TASKS;
	sim->running--;
	fut_unlock(&sim->timers.lock);
	if (sim->running == 0 && sim->orphan)
		fut_sim_end(sim);
}

/* Until nothing can run at this instant. */
bool fut_sim_run(struct fut_sim *sim)
{
	struct fut_task *task;
	bool ran = false;
	enum turn turn;

	/* The last task may have ended the sim. */
	while (fut_sim_is_here(&sim->executor) &&
	       (turn = draw(sim, false, &task)) != TURN_NOBODYS) {
		run(sim, task, turn);
		ran = true;
	}
	return ran;
}

void fut_sim_move_clock(struct fut_sim *sim, int64_t to_ns)
{
	fut_lock(&sim->timers.lock);
	if (to_ns > sim->now_ns)
		/* FUT_FOREVER never comes. */
		sim->now_ns = to_ns < FUT_FOREVER ? to_ns : FUT_FOREVER - 1;
	fut_unlock(&sim->timers.lock);
}

/* To the next instant at which something happens; false: nothing will. */
static bool skip(struct fut_sim *sim, int64_t deadline_ns)
{
	int64_t next_ns = deadline_ns;

	fut_lock(&sim->timers.lock);
	if (sim->timers.root != NULL && sim->timers.root->key < next_ns)
		next_ns = sim->timers.root->key;
	fut_unlock(&sim->timers.lock);
	if (next_ns == FUT_FOREVER)
		return false;
	fut_sim_move_clock(sim, next_ns);
	return true;
}

uint32_t fut_sim_sleep(struct future_executor *executor,
	struct fut_sleeper *sleeper, uint32_t bits, int64_t deadline_ns)
{
	struct fut_sim *sim = fut_sim_of(executor);
	bool deep = fut_thread_stack_deep();

	for (;;) {
		/* What was woken for after the bit, as fut_sleeper_sleep(). */
		uint32_t woken = bits & atomic_load_explicit(&sleeper->word,
			FUT_ACQUIRE);
		struct fut_task *task;
		enum turn turn;

		if (deep || !fut_sim_is_here(executor))
			return woken != 0 ? woken : FUT_SLEEPER_STUCK;
		turn = draw(sim, woken != 0 || deadline_ns <= sim->now_ns,
			&task);
		if (turn == TURN_MINE)
			return woken;
		if (turn != TURN_NOBODYS)
			run(sim, task, turn);
		else if (!skip(sim, deadline_ns))
			return FUT_SLEEPER_STUCK;
	}
}
