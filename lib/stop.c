/* See stop.h. */
#include "stop.h"
#include "frame.h"
#include "loop.h"
#include "pool.h"
#include "sim.h"

struct future_cell *fut_stop_own(void)
{
	const struct fut_frame *frame = fut_self()->frame;

	if (frame == NULL || frame->cell == NULL ||
	    fut_cell_inherited(frame->cell))
		return NULL;
	return frame->cell;
}

bool fut_stop_asked(void)
{
	const struct future_cell *cell = fut_stop_own();

	return cell != NULL && fut_is_settled(fut_cell_state(cell));
}

struct stop {
	struct fut_hook hook;
	struct fut_sleeper *sleeper;
};

static bool stop_fire(struct fut_hook *hook, struct future_cell *source,
	bool locked)
{
	(void)source;
	if (locked)
		return false;
	fut_sleeper_wake(FUT_OWNER(hook, struct stop, hook)->sleeper,
		FUT_SLEEPER_STOPPED);
	return true;
}

/*
 * The one place where waits sleep: on the thread of a sim it runs that, in a
 * loop it keeps the time.
 */
static uint32_t sleep_here(struct fut_sleeper *sleeper, uint32_t bits,
	int64_t deadline_ns, const char *noun)
{
	const struct fut_self *self = fut_self();
	const char *outer;
	uint32_t woken;

	if (FUT_UNLIKELY(self->sim != NULL))
		return fut_sim_sleep(self->sim, sleeper, bits, deadline_ns);
	outer = fut_worker_doze(noun);
	fut_trace(FUT_TRACE_WAIT, sleeper, noun);
	woken = FUT_UNLIKELY(self->loop != NULL) ?
		fut_loop_sleep(sleeper, bits, deadline_ns) :
		fut_sleeper_sleep(sleeper, bits, deadline_ns);
	fut_trace(FUT_TRACE_WAITED, sleeper, NULL);
	fut_worker_wake(outer);
	return woken;
}

uint32_t fut_stop_sleep(struct fut_sleeper *sleeper, uint32_t bits,
	int64_t deadline_ns, bool stops, const char *noun)
{
	struct stop stop = { .sleeper = sleeper };
	struct future_cell *cell = stops ? fut_stop_own() : NULL;
	uint32_t woken = FUT_SLEEPER_STOPPED;

	if (deadline_ns <= 0)
		return bits & atomic_load_explicit(&sleeper->word, FUT_ACQUIRE);
	fut_hook_init(&stop.hook, stop_fire);
	if (cell == NULL)
		return sleep_here(sleeper, bits, deadline_ns, noun);
	/* Once stopped: a second hook that fires could not be told from it. */
	if (!(atomic_load_explicit(&sleeper->word, FUT_ACQUIRE) &
			FUT_SLEEPER_STOPPED) &&
	    fut_cell_hang(cell, &stop.hook, 0)) {
		woken = sleep_here(sleeper, bits | FUT_SLEEPER_STOPPED,
			deadline_ns, noun);
		if (!fut_cell_unhang(cell, &stop.hook))
			fut_sleeper_sleep(sleeper, FUT_SLEEPER_STOPPED,
				FUT_FOREVER);
	}
	/* What is there already wins. */
	return woken | (bits &
		atomic_load_explicit(&sleeper->word, FUT_ACQUIRE));
}
