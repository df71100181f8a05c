/* Floor 5: the semaphore, a gate that is passed by taking from its count. */
#include "wait.h"

#include <errno.h>
#include <future/future.h>
#include <future/sync.h>

_Static_assert(sizeof(struct fut_gate) == sizeof(future_semaphore_t),
	"a semaphore is a gate");

static struct fut_gate *gate_of(future_semaphore_t *semaphore)
{
	return (struct fut_gate *)(void *)semaphore;
}

static bool take(uint64_t *word, uint32_t want)
{
	if (FUT_GATE_COUNT(*word) < want)
		return false;
	*word -= want * FUT_GATE_ONE;
	return true;
}

static int give(uint64_t *word, uint32_t by)
{
	if (FUT_GATE_COUNT(*word) > UINT32_MAX - by)
		return EOVERFLOW;
	*word += by * FUT_GATE_ONE;
	return 0;
}

int future_semaphore_release(future_semaphore_t *semaphore, size_t permits)
{
	if (semaphore == NULL)
		return EINVAL;
	if (permits > UINT32_MAX)
		return EOVERFLOW;
	return fut_gate_change(gate_of(semaphore), take, give,
		(uint32_t)permits);
}

static int check(const future_semaphore_t *semaphore, size_t permits)
{
	return semaphore != NULL && permits <= UINT32_MAX ? 0 : EINVAL;
}

int future_semaphore_acquire_until(future_semaphore_t *semaphore,
	size_t permits, future_time_t deadline)
{
	int error = check(semaphore, permits);

	if (FUT_UNLIKELY(error != 0 || permits == 0))
		return error;
	return fut_gate_wait(gate_of(semaphore), take, (uint32_t)permits,
		deadline.ns, "a semaphore");
}

int future_semaphore_acquire(future_semaphore_t *semaphore, size_t permits)
{
	return future_semaphore_acquire_until(semaphore, permits,
		FUTURE_FOREVER);
}

/* The value of one permit is the semaphore, that of several the future. */
static void release_one(void *semaphore)
{
	future_semaphore_release(semaphore, 1);
}

static void release_all(void *value)
{
	struct fut_wait *wait = value;

	future_semaphore_release(wait->job.cell.more, wait->waiter.want);
}

/* Outside its future, which may go, the number is only the caller's to know. */
static void acquire_taken(struct fut_job *job, future_result_t *result)
{
	*result = future_result_make(job->cell.more, result->destroy ==
		release_all ? NULL : result->destroy, result->error);
}

static void acquire_fire(struct fut_waiter *waiter, int error, void *item)
{
	struct fut_wait *wait = fut_wait_of(waiter);
	future_result_t result = future_fail(error);

	(void)item;
	if (error == 0)
		result = waiter->want == 1 ?
			future_own(wait->job.cell.more, release_one) :
			future_own(wait, release_all);
	fut_wait_settle(wait, &result);
}

static const struct fut_gate_kind acquires = {
	{ fut_wait_claim, fut_wait_gone, acquire_fire }, take
};

static const struct fut_cell_kind acquire_cell = {
	.withdraw = fut_gate_withdraw,
	.holds = true,
	.taken = acquire_taken,
	.free = fut_wait_free,
};

future_t *future_semaphore_acquire_async(future_semaphore_t *semaphore,
	size_t permits)
{
	int error = check(semaphore, permits);
	struct fut_wait *wait;

	if (error != 0)
		return fut_job_failed(fut_home_here(), error);
	if (permits == 0)
		return future_ready(future_ok(semaphore));
	wait = fut_wait_new(&acquire_cell, &acquires.waiter, semaphore,
		(uint32_t)permits);
	if (wait == NULL)
		return fut_job_failed(fut_home_here(), ENOMEM);
	return fut_gate_wait_async(gate_of(semaphore), wait);
}
