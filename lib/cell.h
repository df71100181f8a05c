/*
 * Floor 3: the future itself: one word of state, a result, a ring of hooks.
 *
 * It settles once and fires what hangs on it.  It knows nothing of tasks,
 * pools or threads.
 *
 *	PENDING -> RUNNING -> SETTLED	with the result in value, destroy, error
 *	      \________\____> CANCELLED	the result is implied: none is written
 *
 * and back from RUNNING to PENDING if the function will run again.  Beside
 * them in the same word:
 *
 *	CLAIM	one thread writes the result; the others are too late
 *	HOOKS	some hang
 *	FIRING	the one that settled is firing them
 *	BUSY	its function has not returned, or its argument not been freed
 *	TAKEN	the value was made somebody's own
 *	SHARED	the value belongs to `owner`, which this future references
 *	FOLLOWS	it settles as `followed` does, which this future references
 *	LINKING	it has just begun to follow: whether that closes a ring of those
 *		who wait for each other is still being looked at
 *	WEAK	who has no reference may yet get one: see token.h
 *	SEEN	if it fails, or has, that is somebody's business
 *	KNOWN	it has a record: see known.h
 *	LOCKED	a lock for the ring, and for what links to other futures
 *	AWAITED	somebody parks on the word: who clears LOCKED or BUSY wakes them
 *
 * The upper half of the word counts the references, so that a step that ends
 * somebody's use of the future drops a reference by the way.
 *
 * Who may do what at once (X: exclude each other, by a CAS on the word):
 *
 *			start	claim	publish	cancel	hang, unhang, peek
 *	start		X	X	-	X	X
 *	claim			X	-	X	X
 *	publish				-	X	-
 *	cancel					X	X
 *	hang, unhang, peek				X
 *
 * hang, unhang and peek (who looks where the future's links lead) hold LOCKED;
 * start, claim, cancel and the end of following wait for it to be clear.  So
 * who holds it may read a link of a future that is still open, and take a
 * reference on what it leads to, before the link can be dropped.
 */
#ifndef FUT_CELL_H
#define FUT_CELL_H

#include "bits.h"
#include "fork.h"
#include "hook.h"

#include <future/result.h>

enum fut_cell_bit {
	FUT_PENDING = 0,
	FUT_RUNNING = 1,
	FUT_SETTLED = 2,
	FUT_CANCELLED = 3,
	FUT_STATUS = 3,
	FUT_CLAIM = 1 << 2,
	FUT_HOOKS = 1 << 3,
	FUT_FIRING = 1 << 4,
	FUT_BUSY = 1 << 5,
	FUT_TAKEN = 1 << 6,
	FUT_SHARED = 1 << 7,
	FUT_FOLLOWS = 1 << 8,
	FUT_WEAK = 1 << 11,	/* 9, 10: FUT_LOCKED, FUT_AWAITED of bits.h */
	FUT_LINKING = 1 << 12,
	FUT_SEEN = 1 << 13,
	FUT_KNOWN = 1 << 14
};

/* One reference. */
#define FUT_CELL_REF ((uint64_t)1 << 32)

struct fut_cell_kind;

/*
 * What the one that runs it writes comes last, and together: the first half may
 * lie in another cache line, which then nobody has to hand back.
 */
struct future_cell {
	const struct fut_cell_kind *kind;
	struct fut_link *hooks;	/* the last of the ring; under LOCKED */
	union {
		struct {
			/* What settles it; of no more use once it has run. */
			union {
				void (*fn)(void);
				void *more;
			};
			union {
				void *arg;
				struct future_cell *link;	/* job.c */
			};
			union {
				struct {
					void *value;
					union {
						void (*destroy)(void *value);
						struct future_cell *owner;
						struct future_cell *followed;
					};
					int error;
					uint32_t born;	/* see fork.h */
				};
				/* The same, to be read; born is padding. */
				future_result_t result;
			};
		};
		struct fut_hook follow;	/* hangs on `followed` */
	};
	_Atomic uint64_t word;	/* fut_cell_bits and references */
};

_Static_assert(offsetof(struct future_cell, followed) -
	offsetof(struct future_cell, follow) >= sizeof(struct fut_hook),
	"follow spares followed");
_Static_assert(offsetof(struct future_cell, value) +
	offsetof(struct future_result, error) ==
	offsetof(struct future_cell, error), "result is value, destroy, error");

/* How a cancel found the future. */
enum fut_cell_cancelled {
	FUT_CANCEL_LOST,	/* settled, or somebody writes its result */
	FUT_CANCEL_PENDING,	/* it will never start */
	FUT_CANCEL_RUNNING,	/* its function goes on */
	FUT_CANCEL_FOLLOWING	/* `followed` stays linked */
};

static inline uint32_t fut_cell_state(const struct future_cell *cell)
{
	/* The status before the result, for fut_cell_publish(). */
	return (uint32_t)atomic_load_explicit(&cell->word, FUT_ACQUIRE);
}

static inline bool fut_is_settled(uint64_t word)
{
	return (word & FUT_SETTLED) != 0;
}

static inline struct future_cell *fut_cell_ref(struct future_cell *cell)
{
	atomic_fetch_add_explicit(&cell->word, FUT_CELL_REF, FUT_RELAXED);
	return cell;
}

/* Before anybody else knows the cell. */
static inline void fut_cell_make_weak(struct future_cell *cell)
{
	atomic_store_explicit(&cell->word, FUT_WEAK |
		atomic_load_explicit(&cell->word, FUT_RELAXED), FUT_RELAXED);
}

/* A reference on a WEAK one, unless the last is gone; the memory is there. */
static inline bool fut_cell_try_ref(struct future_cell *cell)
{
	uint64_t word = atomic_load_explicit(&cell->word, FUT_RELAXED);

	do
		if (word < FUT_CELL_REF)
			return false;
	while (!atomic_compare_exchange_weak_explicit(&cell->word, &word,
		word + FUT_CELL_REF, FUT_ACQUIRE, FUT_RELAXED));
	return true;
}

static inline uint32_t fut_cell_refs(const struct future_cell *cell)
{
	/* What others did with theirs before they gave them back. */
	return (uint32_t)(atomic_load_explicit(&cell->word, FUT_ACQUIRE) >> 32);
}

/* Inherited by a fork, so that nothing of it may be locked. */
static inline bool fut_cell_inherited(const struct future_cell *cell)
{
	return FUT_UNLIKELY(cell->born != fut_fork_now());
}

/* `refs`: references, as multiples of FUT_CELL_REF; so everywhere. */
static inline void fut_cell_init(struct future_cell *cell,
	const struct fut_cell_kind *kind, uint64_t refs, uint32_t born)
{
	atomic_store_explicit(&cell->word, refs | FUT_PENDING, FUT_RELAXED);
	cell->kind = kind;
	cell->hooks = NULL;
	cell->born = born;
}

bool fut_cell_start_slow(struct future_cell *cell);

/* PENDING -> RUNNING and BUSY.  False if it may not be started any more. */
static inline bool fut_cell_start(struct future_cell *cell)
{
	uint64_t word = atomic_load_explicit(&cell->word, FUT_RELAXED);

	if (FUT_LIKELY(((uint32_t)word & ~(uint32_t)FUT_HOOKS) ==
			FUT_PENDING) &&
	    FUT_LIKELY(atomic_compare_exchange_strong_explicit(&cell->word,
			&word, word | FUT_RUNNING | FUT_BUSY, FUT_ACQUIRE,
			FUT_RELAXED)))
		return true;
	return fut_cell_start_slow(cell);
}

/*
 * The run has ended, and there will be another: RUNNING -> PENDING, not BUSY.
 * False if it was cancelled meanwhile; then nothing was done.
 */
bool fut_cell_pause(struct future_cell *cell);

/*
 * To settle by hand: false if somebody settles or runs it.  The winner writes
 * the result and calls fut_cell_publish().  The second takes it from a cell
 * that FOLLOWS instead; the link is the caller's to drop.
 */
bool fut_cell_claim(struct future_cell *cell);
bool fut_cell_claim_follower(struct future_cell *cell);

/*
 * The first for one that links to no other: it does not wait for who looks
 * where the links lead, so that it can be called under a lock.
 */
bool fut_cell_claim_at_once(struct future_cell *cell);

/* What is left to do after a future was published. */
enum fut_cell_published {
	FUT_PUBLISH_LOST,	/* it was cancelled meanwhile */
	FUT_PUBLISH_DONE,
	FUT_PUBLISH_LAST,	/* nobody has a reference any more: free it */
	FUT_PUBLISH_FIRE,	/* call fut_cell_fire(), which drops `refs` */
	FUT_PUBLISH_FIRE_LOCKED	/* the same; it is already locked for that */
};

/*
 * By the holder of the claim, or of the run: SETTLED, or CANCELLED to keep the
 * link of FOLLOWS, with `more` bits (SHARED, FOLLOWS).  A running one may have
 * been cancelled meanwhile: then nobody reads anything of the result.  Drops
 * `refs` where nothing is left to fire.  `lock`: hooks are fired at once.
 */
static inline enum fut_cell_published fut_cell_publish(
	struct future_cell *cell, uint32_t status, uint32_t more,
	uint64_t refs, bool lock)
{
	const uint64_t kept = ~(uint64_t)UINT32_MAX | FUT_HOOKS | FUT_LOCKED |
		FUT_AWAITED | FUT_WEAK | FUT_SEEN | FUT_KNOWN;
	uint64_t word = atomic_load_explicit(&cell->word, FUT_RELAXED), next;
	enum fut_cell_published todo;

	do {
		if (FUT_UNLIKELY(fut_is_settled(word)))
			return FUT_PUBLISH_LOST;
		next = (word & kept) | status | more;
		if (!(word & FUT_HOOKS)) {
			next -= refs;
			todo = next < FUT_CELL_REF ? FUT_PUBLISH_LAST :
				FUT_PUBLISH_DONE;
		} else if (lock && !(word & FUT_LOCKED)) {
			next |= FUT_SEEN | FUT_FIRING | FUT_LOCKED;
			todo = FUT_PUBLISH_FIRE_LOCKED;
		} else {
			next |= FUT_SEEN | FUT_FIRING;
			todo = FUT_PUBLISH_FIRE;
		}
		/* The result before the status, for fut_cell_state(). */
	} while (!atomic_compare_exchange_strong_explicit(&cell->word, &word,
		next, FUT_ACQ_REL, FUT_RELAXED));
	return todo;
}

/* As publish, for a cell that nobody else knows yet: nothing can be lost. */
void fut_cell_born_settled(struct future_cell *cell);

/*
 * As claim, for one that is to follow: FOLLOWS, LINKING and LOCKED with it, so
 * that a cancel in between waits for the link.  The caller writes it and
 * unlocks.
 */
bool fut_cell_claim_to_follow(struct future_cell *cell);

/*
 * The run, or the claim, ends in following `followed`, which has been written:
 * sets FOLLOWS and LINKING.  False if a running one was cancelled meanwhile:
 * then nothing changed.
 */
bool fut_cell_follow(struct future_cell *cell);

/* The link is sound: not LINKING any more. */
void fut_cell_linked(struct future_cell *cell);

/*
 * Any open cell -> CANCELLED.  `busy` keeps a pending one BUSY, until
 * fut_cell_quiet().  *ret_hooks: call fut_cell_fire().
 */
enum fut_cell_cancelled fut_cell_cancel(struct future_cell *cell, bool busy,
	bool *ret_hooks);

/*
 * Clears BUSY after the cell settled: wakes those who join it.  Drops `refs`;
 * true if nobody has a reference any more.
 */
bool fut_cell_quiet(struct future_cell *cell, uint64_t refs);

/*
 * Sleeps until the cell, which has settled, is no longer BUSY.  Returns 0 or
 * ETIMEDOUT.
 */
int fut_cell_await_quiet(struct future_cell *cell, int64_t deadline_ns);

/*
 * Fires the hooks of a cell that is FIRING, in order of registration, and drops
 * `refs`; true if nobody has a reference any more.  `locked`: the caller left
 * it LOCKED when it published.
 */
bool fut_cell_fire(struct future_cell *cell, bool locked, uint64_t refs);

/*
 * The same in one step, for a cell that was left LOCKED, if there is only one
 * hook and that agrees to be fired under the lock.  False: nothing was done.
 * *ret_last: nobody has a reference any more.
 */
bool fut_cell_hand_on(struct future_cell *cell, uint64_t refs, bool *ret_last);

/*
 * Hangs a hook, and takes `refs` for it.  False if the cell has settled and
 * everything hung earlier has been fired: then nothing has been done.  The
 * hook, or who fires it, needs nothing of the cell but what the firing lends.
 */
bool fut_cell_hang(struct future_cell *cell, struct fut_hook *hook,
	uint64_t refs);

/*
 * Takes a hook off.  True: it will never fire.  False: it has been fired or is
 * being fired.  The caller holds a reference on the cell.
 */
bool fut_cell_unhang(struct future_cell *cell, struct fut_hook *hook);

/* Its error, now or later, is not lost: somebody looks, or takes charge. */
void fut_cell_see(struct future_cell *cell);

/* It is KNOWN from now on. */
void fut_cell_know(struct future_cell *cell);

/* True if it has failed, and nobody has seen that. */
static inline bool fut_cell_is_unseen(const struct future_cell *cell)
{
	return (fut_cell_state(cell) & (FUT_STATUS | FUT_SEEN)) ==
		FUT_SETTLED && FUT_UNLIKELY(cell->error != 0);
}

/*
 * The lock.  Held briefly, and never while anything of the user's is called.
 * Locking returns the state, LOCKED included.
 */
uint32_t fut_cell_lock(struct future_cell *cell);
void fut_cell_unlock(struct future_cell *cell);

/* The cell that owns the value of a settled one: itself or another. */
static inline struct future_cell *fut_cell_owner(struct future_cell *cell)
{
	return fut_cell_state(cell) & FUT_SHARED ? cell->owner : cell;
}

/* True if the value is to be freed some day, by somebody. */
static inline bool fut_cell_owns(struct future_cell *owner)
{
	return (fut_cell_state(owner) & (FUT_STATUS | FUT_SHARED)) ==
		FUT_SETTLED && owner->destroy != NULL;
}

/* True if the value can be shared: it has an owner, and nobody took it. */
static inline bool fut_cell_lends(struct future_cell *cell)
{
	struct future_cell *owner = fut_cell_owner(cell);

	return fut_cell_owns(owner) && !(fut_cell_state(owner) & FUT_TAKEN);
}

/* The outcome of a settled cell; the value is borrowed. */
static inline future_result_t fut_cell_result(struct future_cell *cell)
{
	uint32_t state = fut_cell_state(cell);

	if (FUT_UNLIKELY((state & FUT_STATUS) == FUT_CANCELLED))
		return future_fail(ECANCELED);
	if (FUT_UNLIKELY(state & FUT_SHARED))
		state = fut_cell_state(cell->owner);
	if (FUT_UNLIKELY(state & FUT_TAKEN))
		return future_fail(EALREADY);
	return future_result_make(cell->value, NULL, cell->error);
}

/* The same, made the caller's own; EALREADY from now on for the others. */
future_result_t fut_cell_take(struct future_cell *cell);

/* True if `result` is what everybody is lent: nobody owns the value. */
static inline bool fut_cell_is_plain(const struct future_cell *cell)
{
	return (fut_cell_state(cell) & (FUT_STATUS | FUT_SHARED)) ==
		FUT_SETTLED && cell->destroy == NULL;
}

#endif
