/* See job.h: how a future settles, and how it goes. */
#include "job.h"
#include "inline.h"
#include "known.h"
#include "lost.h"
#include "pool.h"
#include "unwind.h"

#include <errno.h>

/*
 * Settling fires hooks that settle further futures.  That is a loop, not a
 * recursion: what is settled inside waits in the list of the outermost call.
 * It is linked where its argument was; its task may be a husk in some queue.
 */
struct fut_steps {
	struct future_cell *head, **tail;
};

void fut_job_destroy(void (*destroy)(void *value), void *value)
{
	struct fut_aside aside = fut_set_aside();
	FUT_MUST_RETURN(must, "libfuture: a destructor was left by "
		"pthread_exit or an exception");

	/* It may take long, or wait for what was kept. */
	fut_worker_unkeep();
	destroy(value);
	FUT_HAS_RETURNED(must);
	fut_resume(&aside);
}

void fut_job_discard(const future_result_t *result)
{
	if (result->destroy != NULL)
		fut_job_destroy(result->destroy, result->value);
}

future_result_t fut_job_take(struct future_cell *cell)
{
	struct future_cell *owner = fut_cell_owner(cell);
	future_result_t result = fut_cell_take(cell);

	if (result.destroy != NULL && owner->kind->taken != NULL)
		owner->kind->taken(fut_job_of(owner), &result);
	return result;
}

/* The value first, then what it was lent by, then the block. */
static void end(struct fut_job *job)
{
	struct future_cell *cell = &job->cell;
	uint32_t state = fut_cell_state(cell);

	if (fut_cell_is_unseen(cell) && !(job->task.form & FUT_FORM_EXECUTE))
		fut_lost(job);
	if (FUT_UNLIKELY(state & FUT_KNOWN))
		fut_known_end(job);
	if ((state & FUT_STATUS) == FUT_SETTLED) {
		if (state & FUT_SHARED)
			fut_job_unref(fut_job_of(cell->owner));
		else if (cell->destroy != NULL && !(state & FUT_TAKEN))
			fut_job_destroy(cell->destroy, cell->value);
	} else if (state & FUT_FOLLOWS) {
		fut_job_unref(fut_job_of(cell->followed));
	}
	cell->kind->free(job);
}

static void let_lie(struct fut_job *job)
{
	struct fut_self *self = fut_self();

	job->cell.link = self->dying;
	self->dying = &job->cell;
}

void fut_job_bury(void)
{
	struct fut_self *self = fut_self();

	if (FUT_LIKELY(self->dying == NULL) || self->burying)
		return;
	self->burying = true;
	while (self->dying != NULL) {
		struct fut_job *job = fut_job_of(self->dying);

		self->dying = job->cell.link;
		end(job);
	}
	self->burying = false;
}

/* Freeing one may free others: a loop again. */
static void bury(struct fut_job *job)
{
	let_lie(job);
	fut_job_bury();
}

/* The last reference is gone. */
static inline void dispose(struct fut_job *job)
{
	/* With nothing to destroy and nobody to let go of, or to tell. */
	if ((fut_cell_state(&job->cell) & ~(uint32_t)FUT_SEEN) == FUT_SETTLED &&
	    job->cell.destroy == NULL && FUT_LIKELY(job->cell.error == 0))
		job->cell.kind->free(job);
	else
		bury(job);
}

/* True if, but for who fires the hooks, one reference is all there is. */
static inline bool is_alone(uint64_t word)
{
	return word < (word & FUT_FIRING ? 3 : 2) * FUT_CELL_REF;
}

/*
 * Who fires the hooks has a reference until the last has returned, and no use
 * for the value.  So that goes with the last reference but this one, on the
 * thread that gives it back: a hold, say, is free when that returns.  A hook
 * whose owner was cancelled may still look: a shared value's owner stays.
 */
static void let_go_of_value(struct fut_job *job)
{
	struct future_cell *cell = &job->cell;
	uint64_t word = atomic_load_explicit(&cell->word, FUT_ACQUIRE);

	if (!(word & FUT_FIRING))
		return;
	if ((word & FUT_SHARED) && is_alone(word)) {
		cell = cell->owner;
		word = atomic_load_explicit(&cell->word, FUT_ACQUIRE);
	}
	do
		if (!is_alone(word) ||
		    (word & (FUT_STATUS | FUT_SHARED | FUT_TAKEN)) !=
				FUT_SETTLED || cell->destroy == NULL)
			return;
	while (!atomic_compare_exchange_weak_explicit(&cell->word, &word,
		word | FUT_TAKEN, FUT_ACQ_REL, FUT_ACQUIRE));
	fut_job_destroy(cell->destroy, cell->value);
}

/* One reference less; true if it was the last. */
static inline bool is_last(struct fut_job *job)
{
	_Atomic uint64_t *at = &job->cell.word;
	/* What each holder did before its count, for the one that ends it. */
	uint64_t word = atomic_load_explicit(at, FUT_ACQUIRE);

	if (FUT_UNLIKELY(word & FUT_FIRING)) {
		let_go_of_value(job);
		word = atomic_load_explicit(at, FUT_ACQUIRE);
	}
	/* The only holder needs no read-modify-write. */
	if (word < 2 * FUT_CELL_REF && FUT_LIKELY(!(word & FUT_WEAK)))
		atomic_store_explicit(at, word - FUT_CELL_REF, FUT_RELAXED);
	else
		word = atomic_fetch_sub_explicit(at, FUT_CELL_REF, FUT_ACQ_REL);
	if (FUT_UNLIKELY(word < FUT_CELL_REF))
		fut_die("future_unref: one unref too many");
	return word < 2 * FUT_CELL_REF;
}

void fut_job_unref(struct fut_job *job)
{
	if (is_last(job))
		dispose(job);
}

void fut_job_unref_inside(struct fut_job *job)
{
	if (is_last(job))
		bury(job);
}

void fut_job_unref_quietly(struct fut_job *job)
{
	if (atomic_fetch_sub_explicit(&job->cell.word, FUT_CELL_REF,
			FUT_ACQ_REL) < 2 * FUT_CELL_REF)
		let_lie(job);
}

void fut_job_later(struct fut_late *late, void (*call)(struct fut_late *late))
{
	struct fut_self *self = fut_self();

	late->call = call;
	late->next = self->late;
	self->late = late;
}

void fut_job_catch_up(void)
{
	struct fut_self *self = fut_self();
	struct fut_late *late;

	if (FUT_LIKELY(self->late == NULL) || self->steps != NULL ||
	    self->catching_up)
		return;
	self->catching_up = true;
	while ((late = self->late) != NULL) {
		self->late = late->next;
		late->call(late);
	}
	self->catching_up = false;
	fut_inline_flush();
}

void fut_job_fire(struct fut_job *job, bool locked, uint64_t refs)
{
	struct fut_self *self = fut_self();
	struct fut_steps steps = { NULL, &steps.head };
	bool last;

	if (self->steps != NULL) {
		/* The list holds the reference to be dropped, or its own. */
		if (refs == 0)
			fut_cell_ref(&job->cell);
		job->cell.link = NULL;
		*self->steps->tail = &job->cell;
		self->steps->tail = &job->cell.link;
		return;
	}
	self->steps = &steps;
	last = fut_cell_fire(&job->cell, locked, refs);
	while (steps.head != NULL) {
		struct future_cell *cell = steps.head;

		steps.head = cell->link;
		if (steps.head == NULL)
			steps.tail = &steps.head;
		if (fut_cell_fire(cell, false, FUT_CELL_REF))
			dispose(fut_job_of(cell));
	}
	self->steps = NULL;
	if (last)
		dispose(job);
	fut_job_catch_up();
	fut_inline_flush();
}

/*
 * By who published it LOCKED.  A lone hook that agrees is fired under the lock:
 * this thread runs its continuation next.  Or else all are fired, unlocked.
 */
static inline void hand_on(struct fut_job *job, uint64_t refs)
{
	bool last;

	if (!fut_cell_hand_on(&job->cell, refs, &last)) {
		fut_job_fire(job, true, refs);
		return;
	}
	if (last)
		dispose(job);
	fut_inline_flush();
}

/*
 * By the holder of the claim or of the run, whose result has been written.
 * Drops `refs`, unless it returns false.
 */
static inline bool publish(struct fut_job *job, int error, uint32_t more,
	uint64_t refs)
{
	/* Inside a step its hooks wait, and the lock is not for waiting. */
	bool now = fut_self()->steps == NULL;
	enum fut_cell_published how = fut_cell_publish(&job->cell, FUT_SETTLED,
		more, refs, now);

	if (how != FUT_PUBLISH_LOST)
		fut_trace(FUT_TRACE_SETTLE, job, fut_trace_error(error));
	switch (how) {
	case FUT_PUBLISH_LOST:
		return false;
	case FUT_PUBLISH_DONE:
		break;
	case FUT_PUBLISH_LAST:
		dispose(job);
		break;
	case FUT_PUBLISH_FIRE:
		fut_job_fire(job, false, refs);
		break;
	case FUT_PUBLISH_FIRE_LOCKED:
		hand_on(job, refs);
		break;
	}
	return true;
}

/* The parts one by one: a struct would go through memory at each call. */
static inline bool write_result(struct fut_job *job, void *value,
	void (*destroy)(void *value), int error, uint64_t refs)
{
	job->cell.value = value;
	job->cell.destroy = destroy;
	job->cell.error = error;
	return publish(job, error, 0, refs);
}

/* Takes the reference on `owner`. */
static bool write_lent(struct fut_job *job, void *value, int error,
	struct future_cell *owner, uint64_t refs)
{
	job->cell.value = value;
	job->cell.owner = owner;
	job->cell.error = error;
	if (publish(job, error, FUT_SHARED, refs))
		return true;
	fut_job_unref(fut_job_of(owner));
	return false;
}

/* In place of a reference on `source`: one on who owns its value. */
static struct future_cell *take_owner(struct future_cell *source)
{
	struct future_cell *owner = fut_cell_owner(source);

	if (owner == source)
		return source;
	fut_cell_ref(owner);
	fut_job_unref(fut_job_of(source));
	return owner;
}

/* Shares the value if somebody owns it.  Takes the reference on `source`. */
static bool write_as(struct fut_job *job, struct future_cell *source,
	uint64_t refs)
{
	void *value = NULL;
	int error = ECANCELED;

	if ((fut_cell_state(source) & FUT_STATUS) != FUT_CANCELLED) {
		value = source->value;
		error = source->error;
		if (fut_cell_owns(fut_cell_owner(source)))
			return write_lent(job, value, error,
				take_owner(source), refs);
	}
	fut_job_unref(fut_job_of(source));
	return write_result(job, value, NULL, error, refs);
}

void fut_job_settle(struct fut_job *job, const future_result_t *result)
{
	if (fut_follow_asked(result)) {
		fut_cell_ref(&job->cell);
		fut_follow(job, result->value);
	} else {
		write_result(job, result->value, result->destroy,
			result->error, 0);
	}
}

void fut_job_settle_as(struct fut_job *job, struct future_cell *source)
{
	write_as(job, source, 0);
}

static enum fut_end how_ended(int error)
{
	if (error == 0)
		return FUT_END_OK;
	return error == ECANCELED ? FUT_END_CANCELLED : FUT_END_FAILED;
}

/* The function of a cancelled one has returned. */
static enum fut_end finish_late(struct fut_job *job)
{
	if (fut_cell_quiet(&job->cell, FUT_CELL_REF))
		dispose(job);
	return FUT_END_CANCELLED;
}

enum fut_end fut_job_finish(struct fut_job *job,
	const future_result_t *result)
{
	int error = result->error;
	bool settled;

	if (fut_follow_asked(result)) {
		fut_follow(job, result->value);
		return FUT_END_OK;
	}
	settled = write_result(job, result->value, result->destroy, error,
		FUT_CELL_REF);
	if (FUT_UNLIKELY(!settled)) {
		fut_job_discard(result);
		return finish_late(job);
	}
	return how_ended(error);
}

enum fut_end fut_job_finish_lent(struct fut_job *job,
	const future_result_t *result, struct future_cell *source)
{
	bool settled;

	settled = write_lent(job, result->value, result->error,
		take_owner(source), FUT_CELL_REF);
	return settled ? how_ended(result->error) : finish_late(job);
}

enum fut_end fut_job_finish_as(struct fut_job *job, struct future_cell *source)
{
	int error = fut_cell_result(source).error;
	bool settled;

	settled = write_as(job, source, FUT_CELL_REF);
	return settled ? how_ended(error) : finish_late(job);
}

static void cancel_pending(struct fut_job *job)
{
	struct future_executor *executor =
		fut_executor_peek(job->task.executor);

	if (job->cell.kind->abandon(job) && executor != NULL)
		executor->kind->husk(executor, &job->task, FUT_HUSK_CANCELLED);
	fut_cell_quiet(&job->cell, 0);
}

static bool cancel_waiting(struct fut_job *job)
{
	future_result_t cancelled = future_fail(ECANCELED);

	if (!fut_cell_claim(&job->cell))
		return false;
	job->cell.kind->withdraw(job);
	fut_job_settle(job, &cancelled);
	return true;
}

/* Following goes down a chain of any length. */
static bool cancel_down(struct fut_job *job)
{
	enum fut_cell_cancelled found;
	bool first = true, hooks;

	/* Inside a step a running one's argument would become a link. */
	FUT_ASSERT(fut_self()->steps == NULL);
	for (;;) {
		struct future_cell *cell = &job->cell;
		bool let_go = cell->kind->abandon != NULL;

		if (cell->kind->withdraw != NULL)
			return cancel_waiting(job) || !first;
		found = fut_cell_cancel(cell, let_go, &hooks);
		if (found == FUT_CANCEL_LOST)
			return !first;
		fut_trace(FUT_TRACE_SETTLE, job, fut_trace_error(ECANCELED));
		if (found == FUT_CANCEL_PENDING && let_go)
			cancel_pending(job);
		if (hooks)
			fut_job_fire(job, false, 0);
		if (found != FUT_CANCEL_FOLLOWING)
			return true;
		first = false;
		job = fut_job_of(cell->followed);
		/* The hook's reference; `cell` keeps the followed one. */
		if (fut_cell_unhang(&job->cell, &cell->follow))
			fut_job_unref(fut_job_of(cell));
	}
}

bool fut_job_cancel(struct fut_job *job)
{
	bool settled = cancel_down(job);

	fut_job_catch_up();
	return settled;
}

bool fut_job_drop(struct fut_job *job, int error)
{
	/* Not one that runs: a waiter may have claimed it in the queue. */
	bool settled = fut_cell_claim(&job->cell);

	if (settled) {
		if (job->cell.kind->abandon != NULL)
			job->cell.kind->abandon(job);
		write_result(job, NULL, NULL, error, 0);
	}
	fut_job_unref(job);
	return settled;
}
