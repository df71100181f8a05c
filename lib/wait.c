/* See wait.h. */
#include "wait.h"
#include "block.h"
#include "inline.h"

#include <errno.h>

#ifndef FUT_NAP_SPINS
#define FUT_NAP_SPINS 100
#endif

static bool nap_claim(struct fut_waiter *waiter)
{
	struct fut_nap *nap = FUT_OWNER(waiter, struct fut_nap, waiter);

	return !(atomic_fetch_or_explicit(&nap->sleeper.word,
		FUT_SLEEPER_CLAIMED, FUT_RELAXED) & FUT_SLEEPER_CLAIMED);
}

static bool nap_gone(struct fut_waiter *waiter)
{
	(void)waiter;
	return false;
}

static void nap_fire(struct fut_waiter *waiter, int error, void *item)
{
	struct fut_nap *nap = FUT_OWNER(waiter, struct fut_nap, waiter);

	nap->error = error;
	nap->item = item;
	fut_sleeper_wake(&nap->sleeper, FUT_SLEEPER_FIRED);
	fut_inline_flush();
}

static const struct fut_waiter_kind nap_kind = {
	nap_claim, nap_gone, nap_fire
};

void fut_nap_init(struct fut_nap *nap, uint32_t want, const char *noun)
{
	nap->noun = noun;
	nap->waiter.kind = &nap_kind;
	nap->waiter.want = want;
	nap->item = NULL;
	nap->error = 0;
	nap->prodded = false;
	fut_sleeper_init(&nap->sleeper);
}

struct fut_nap *fut_nap_of(struct fut_waiter *waiter)
{
	return waiter->kind != &nap_kind ? NULL :
		FUT_OWNER(waiter, struct fut_nap, waiter);
}

/*
 * In the queue, not before: who is served in turn would otherwise be asleep as
 * often as not when its turn comes.
 */
static void spin(struct fut_sleeper *sleeper, uint32_t bits,
	int64_t deadline_ns)
{
	for (int i = 0; i < FUT_NAP_SPINS && deadline_ns > 0; i++) {
		if (atomic_load_explicit(&sleeper->word, FUT_RELAXED) & bits)
			break;
		fut_relax();
	}
}

int fut_nap_sleep(struct fut_nap *nap, int64_t deadline_ns, bool stops)
{
	const uint32_t bits = FUT_SLEEPER_FIRED | FUT_SLEEPER_PRODDED;
	uint32_t woken;

	spin(&nap->sleeper, bits, deadline_ns);
	woken = fut_stop_sleep(&nap->sleeper, bits, deadline_ns, stops,
		nap->noun);
	if (woken & FUT_SLEEPER_FIRED)
		return 0;
	if (woken & FUT_SLEEPER_PRODDED)
		return EAGAIN;
	if (nap_claim(&nap->waiter))
		return fut_stop_error(woken);
	fut_sleeper_sleep(&nap->sleeper, FUT_SLEEPER_FIRED, FUT_FOREVER);
	return 0;
}

struct fut_wait *fut_wait_new(const struct fut_cell_kind *cell,
	const struct fut_waiter_kind *waiter, void *source, uint32_t want)
{
	struct fut_wait *wait = fut_block_new(sizeof(*wait));

	if (wait == NULL)
		return NULL;
	fut_job_init(&wait->job, cell, NULL, fut_home_here(),
		2 * FUT_CELL_REF);
	wait->job.cell.more = source;
	wait->waiter.kind = waiter;
	wait->waiter.want = want;
	return wait;
}

bool fut_wait_claim(struct fut_waiter *waiter)
{
	return fut_cell_claim_at_once(&fut_wait_of(waiter)->job.cell);
}

/* The queue has the last reference, and nobody can get another. */
bool fut_wait_gone(struct fut_waiter *waiter)
{
	return fut_cell_refs(&fut_wait_of(waiter)->job.cell) == 1;
}

void fut_wait_free(struct fut_job *job)
{
	fut_block_free(fut_wait_of_job(job), sizeof(struct fut_wait));
}

void fut_wait_settle(struct fut_wait *wait, const future_result_t *result)
{
	fut_job_finish(&wait->job, result);
	fut_inline_flush();
}

int fut_gate_wait_slow(struct fut_gate *gate, fut_gate_take_fn *take,
	uint32_t want, int64_t deadline_ns, const char *noun)
{
	struct fut_nap nap;
	int error;

	fut_nap_init(&nap, want, noun);
	fut_gate_enter(gate, take, &nap.waiter);
	error = fut_nap_sleep(&nap, deadline_ns, true);
	if (error != 0)
		fut_gate_leave(gate, take, &nap.waiter);
	return error;
}

/* What the waiter of a fut_wait takes at its gate. */
static fut_gate_take_fn *take_of(struct fut_waiter *waiter)
{
	return FUT_OWNER(waiter->kind, const struct fut_gate_kind,
		waiter)->take;
}

future_t *fut_gate_wait_async(struct fut_gate *gate, struct fut_wait *wait)
{
	struct fut_waiter *waiter = &wait->waiter;
	fut_gate_take_fn *take = take_of(waiter);

	if (fut_gate_try(gate, take, waiter->want)) {
		waiter->kind->claim(waiter);
		waiter->kind->fire(waiter, 0, NULL);
	} else {
		fut_gate_enter(gate, take, waiter);
	}
	return &wait->job.cell;
}

void fut_gate_withdraw(struct fut_job *job)
{
	struct fut_waiter *waiter = &fut_wait_of_job(job)->waiter;

	fut_gate_leave(job->cell.more, take_of(waiter), waiter);
	fut_job_unref(job);
}

void fut_gate_pass_fire(struct fut_waiter *waiter, int error, void *item)
{
	future_result_t result = future_result_make(NULL, NULL, error);

	(void)item;
	fut_wait_settle(fut_wait_of(waiter), &result);
}

static const struct fut_cell_kind pass_cell = {
	.withdraw = fut_gate_withdraw,
	.free = fut_wait_free,
};

future_t *fut_gate_pass_async(struct fut_gate *gate,
	const struct fut_gate_kind *kind)
{
	struct fut_wait *wait = fut_wait_new(&pass_cell, &kind->waiter, gate,
		1);

	if (wait == NULL)
		return fut_job_failed(fut_home_here(), ENOMEM);
	return fut_gate_wait_async(gate, wait);
}
