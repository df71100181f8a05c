/*
 * Floor 5: the two ways to wait for something that others wait for, too, in one
 * queue: a nap, which is a thread asleep, and a future.
 */
#ifndef FUT_WAIT_H
#define FUT_WAIT_H

#include "gate.h"
#include "job.h"
#include "stop.h"
#include "waiter.h"

/* On the stack of the thread that waits. */
struct fut_nap {
	struct fut_waiter waiter;
	struct fut_sleeper sleeper;
	const char *noun;	/* what it waits for: "a semaphore" */
	void *item;		/* what it was granted */
	int error;		/* if another ended its wait so */
	bool prodded;		/* under the lock of the queue */
};

void fut_nap_init(struct fut_nap *nap, uint32_t want, const char *noun);

/* The nap of a waiter; NULL if it is a future. */
struct fut_nap *fut_nap_of(struct fut_waiter *waiter);

/*
 * Sleeps until it has been fired: 0.  Or ETIMEDOUT, or if it `stops`,
 * ECANCELED, or in a sim EDEADLK: then it has claimed itself, and has to leave
 * its queue.  EAGAIN: it has been prodded.
 */
int fut_nap_sleep(struct fut_nap *nap, int64_t deadline_ns, bool stops);

/*
 * A future that waits: one reference is the user's, one the queue's.  What it
 * waits for is in job.cell.more.
 */
struct fut_wait {
	struct fut_job job;
	struct fut_waiter waiter;
};

/* Of a waiter whose kind says that it is one. */
static inline struct fut_wait *fut_wait_of(struct fut_waiter *waiter)
{
	return FUT_OWNER(waiter, struct fut_wait, waiter);
}

static inline struct fut_wait *fut_wait_of_job(struct fut_job *job)
{
	return FUT_OWNER(job, struct fut_wait, job);
}

/* Homed where it is made.  NULL if there is no memory. */
struct fut_wait *fut_wait_new(const struct fut_cell_kind *cell,
	const struct fut_waiter_kind *waiter, void *source, uint32_t want);

/* For fut_waiter_kind and fut_cell_kind. */
bool fut_wait_claim(struct fut_waiter *waiter);
bool fut_wait_gone(struct fut_waiter *waiter);
void fut_wait_free(struct fut_job *job);

/* Settles one that was claimed, and drops the queue's reference. */
void fut_wait_settle(struct fut_wait *wait, const future_result_t *result);

/* A waiter at a gate, with what it takes there. */
struct fut_gate_kind {
	struct fut_waiter_kind waiter;
	fut_gate_take_fn *take;
};

/* For one that has no value. */
void fut_gate_pass_fire(struct fut_waiter *waiter, int error, void *item);
#define FUT_GATE_PASSES(take) \
	{ { fut_wait_claim, fut_wait_gone, fut_gate_pass_fire }, take }

/* For fut_cell_kind: of a wait made with a fut_gate_kind. */
void fut_gate_withdraw(struct fut_job *job);

/* The long way through a gate. */
int fut_gate_wait_slow(struct fut_gate *gate, fut_gate_take_fn *take,
	uint32_t want, int64_t deadline_ns, const char *noun);

/* Passes the gate, which takes `want`.  0, ETIMEDOUT or ECANCELED. */
static inline int fut_gate_wait(struct fut_gate *gate, fut_gate_take_fn *take,
	uint32_t want, int64_t deadline_ns, const char *noun)
{
	if (FUT_LIKELY(fut_gate_try(gate, take, want)))
		return 0;
	return fut_gate_wait_slow(gate, take, want, deadline_ns, noun);
}

/* The same as a future, which has been made for it with a fut_gate_kind. */
future_t *fut_gate_wait_async(struct fut_gate *gate, struct fut_wait *wait);

/* The same for one that has no value. */
future_t *fut_gate_pass_async(struct fut_gate *gate,
	const struct fut_gate_kind *kind);

#endif
