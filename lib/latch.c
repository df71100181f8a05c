/* Floor 5: the latch, a gate that is open while its count is 0. */
#include "wait.h"

#include <errno.h>
#include <future/future.h>
#include <future/sync.h>

_Static_assert(sizeof(struct fut_gate) == sizeof(future_latch_t),
	"a latch is a gate");

static struct fut_gate *gate_of(future_latch_t *latch)
{
	return (struct fut_gate *)(void *)latch;
}

static bool take(uint64_t *word, uint32_t want)
{
	(void)want;
	return FUT_GATE_COUNT(*word) == 0;
}

static int count_down(uint64_t *word, uint32_t by)
{
	if (FUT_GATE_COUNT(*word) < by)
		return EOVERFLOW;
	*word -= by * FUT_GATE_ONE;
	return 0;
}

int future_latch_count_down(future_latch_t *latch, size_t count)
{
	if (latch == NULL)
		return EINVAL;
	if (count > UINT32_MAX)
		return EOVERFLOW;
	return fut_gate_change(gate_of(latch), take, count_down,
		(uint32_t)count);
}

int future_latch_wait_until(future_latch_t *latch, future_time_t deadline)
{
	return latch == NULL ? EINVAL :
		fut_gate_wait(gate_of(latch), take, 1, deadline.ns,
			"a latch");
}

int future_latch_wait(future_latch_t *latch)
{
	return future_latch_wait_until(latch, FUTURE_FOREVER);
}

static const struct fut_gate_kind passes = FUT_GATE_PASSES(take);

future_t *future_latch_wait_async(future_latch_t *latch)
{
	return latch == NULL ? fut_job_failed(fut_home_here(), EINVAL) :
		fut_gate_pass_async(gate_of(latch), &passes);
}
