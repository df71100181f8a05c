/* Floor 5: the event, a gate whose count is 0 or 1. */
#include "wait.h"

#include <errno.h>
#include <future/future.h>
#include <future/sync.h>

_Static_assert(sizeof(struct fut_gate) == sizeof(future_event_t),
	"an event is a gate");

static struct fut_gate *gate_of(future_event_t *event)
{
	return (struct fut_gate *)(void *)event;
}

static bool take(uint64_t *word, uint32_t want)
{
	(void)want;
	if (FUT_GATE_COUNT(*word) == 0)
		return false;
	if (*word & FUT_GATE_AUTO)
		*word -= FUT_GATE_ONE;
	return true;
}

static int change(uint64_t *word, uint32_t count)
{
	*word = (uint32_t)*word | count * FUT_GATE_ONE;
	return 0;
}

void future_event_set(future_event_t *event)
{
	if (event != NULL)
		(void)fut_gate_change(gate_of(event), take, change, 1);
}

void future_event_reset(future_event_t *event)
{
	if (event != NULL)
		(void)fut_gate_change(gate_of(event), take, change, 0);
}

bool future_event_is_set(const future_event_t *event)
{
	const struct fut_gate *gate = (const void *)event;

	/* What was done before the set, for who sees it. */
	return event != NULL && FUT_GATE_COUNT(atomic_load_explicit(
		&gate->word, FUT_ACQUIRE)) != 0;
}

int future_event_wait_until(future_event_t *event, future_time_t deadline)
{
	return event == NULL ? EINVAL :
		fut_gate_wait(gate_of(event), take, 1, deadline.ns,
			"an event");
}

int future_event_wait(future_event_t *event)
{
	return future_event_wait_until(event, FUTURE_FOREVER);
}

static const struct fut_gate_kind passes = FUT_GATE_PASSES(take);

future_t *future_event_wait_async(future_event_t *event)
{
	return event == NULL ? fut_job_failed(fut_home_here(), EINVAL) :
		fut_gate_pass_async(gate_of(event), &passes);
}
