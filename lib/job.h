/*
 * Floor 5: a job, the block of memory in which a task and a future meet.
 *
 * Every future lives in one.  Of those that run something (submit, then) the
 * task travels to an executor; of the others (promise, combine, ready) it only
 * says where the home is.
 *
 * References: the user's, and one of whoever will settle the future (the
 * executor that has its task; the hook on its source, on what it follows, or
 * on its inputs; the promise).  So an unsettled future cannot go away.
 */
#ifndef FUT_JOB_H
#define FUT_JOB_H

#include "cell.h"
#include "frame.h"
#include "self.h"
#include "task.h"

#include <future/future.h>

struct fut_job {
	_Alignas(max_align_t) struct fut_task task;
	struct future_cell cell;
};

_Static_assert(sizeof(struct fut_job) <= 96 || sizeof(void *) > 8,
	"a submitted task and its future take 96 bytes");

/* The maker's own bits of task.form. */
enum fut_job_form {
	FUT_FORM_LONG = 1,	/* cell.more, a struct fut_more */
	FUT_FORM_EXECUTE = 2,	/* a function without a result */
	FUT_FORM_ELSEWHERE = 4	/* it runs elsewhere than its home: more.h */
};

/* What differs from one kind of future to another. */
struct fut_cell_kind {
	/*
	 * A cancel found it pending: lets go of its argument and its source.
	 * True if its executor may hold the task.  NULL: nothing to let go of.
	 */
	bool (*abandon)(struct fut_job *job);

	size_t size;	/* of its struct; a struct fut_more is behind it */

	/*
	 * In place of abandon, where what it waits for may be gone as soon as
	 * it has settled: a cancel has claimed it, and settles it after this.
	 */
	void (*withdraw)(struct fut_job *job);

	/* The last reference is gone, the value destroyed: frees the block. */
	void (*free)(struct fut_job *job);

	/*
	 * A future that this one, while it is pending, needs, or which has
	 * settled, but has not told this one yet: with a reference; NULL if
	 * there is no more.  Under the cell's lock.  *at is 0 at first, and the
	 * kind's own to count on; `back` begins with the last of several.
	 */
	struct future_cell *(*need)(struct fut_job *job, size_t *at, bool back);
	bool needs_one;		/* any of them will do */
	bool immortal;		/* it is never freed */
	bool hopes;		/* it may settle without any, too */

	/*
	 * The at-th future whose function a join of this one waits for, too:
	 * it lives as long.  NULL: there are no more, or never any.
	 */
	struct future_cell *(*owns)(struct fut_job *job, size_t at);

	/*
	 * Whose outcome is its own once it followed `inner`, with a reference;
	 * NULL: inner.  Lets go of what it needs no more.
	 */
	struct future_cell *(*outcome)(struct fut_job *job,
		struct future_cell *inner);

	bool holds;	/* its value is a hold: to destroy it never waits */

	/* What its value becomes when it is taken; NULL: it stays so. */
	void (*taken)(struct fut_job *job, future_result_t *result);

	/*
	 * Runs a job that was started, and drops the reference of the run.
	 * NULL: there is nothing to run, it settles by hand.
	 */
	enum fut_end (*run)(struct fut_job *job);
};

static inline struct fut_job *fut_job_of(struct future_cell *cell)
{
	return FUT_OWNER(cell, struct fut_job, cell);
}

static inline struct fut_job *fut_job_of_task(struct fut_task *task)
{
	return FUT_OWNER(task, struct fut_job, task);
}

/* An address that a task can be sent to later. */
struct fut_home {
	struct future_executor *executor;
	uint32_t generation;
};

/* Of an executor that the caller holds a handle of; NULL is the default. */
static inline struct fut_home fut_home_of(struct future_executor *executor)
{
	executor = fut_executor_meant(executor);
	return (struct fut_home){ executor, executor != NULL ?
		fut_executor_generation(executor) : 0 };
}

/*
 * Of a timer, which would live at `home`: the inline executor's are the default
 * one's, but on the thread of a sim that sim's.
 */
struct fut_home fut_home_of_timer(struct fut_home home);

/* Of one with FUT_FORM_ELSEWHERE: its home, where it does not run. */
struct fut_home fut_home_elsewhere(const struct fut_job *job);

static inline struct fut_home fut_home_of_future(const future_t *future)
{
	const struct fut_job *job = FUT_OWNER(future, struct fut_job, cell);

	if (FUT_UNLIKELY(job->task.form & FUT_FORM_ELSEWHERE))
		return fut_home_elsewhere(job);
	return (struct fut_home){ job->task.executor, job->task.generation };
}

/* Where futures live that are made for want of a better place. */
struct fut_home fut_home_here(void);

/*
 * Sets up a new block; references as explained above.  `task` is NULL for a
 * job that does not travel.
 */
static inline void fut_job_init(struct fut_job *job,
	const struct fut_cell_kind *kind, const struct fut_task_kind *task,
	struct fut_home home, uint64_t refs)
{
	job->task.kind = task;
	job->task.executor = home.executor;
	job->task.generation = home.generation;
	job->task.place = FUT_PLACE_NONE;
	job->task.form = 0;
	job->task.priority = FUTURE_PRIORITY_NORMAL;
	fut_cell_init(&job->cell, kind, refs, fut_fork_now());
}

/* A future that has failed with `error`; never NULL. */
future_t *fut_job_failed(struct fut_home home, int error);

/* A future that settles by hand, with one reference; NULL: no memory. */
struct fut_job *fut_job_new_plain(struct fut_home home);

/* One reference less. */
void fut_job_unref(struct fut_job *job);

/* The same by kind->free, which may be freeing a chain of any length. */
void fut_job_unref_inside(struct fut_job *job);

/*
 * The same where nothing of the user's may be called; what goes with it waits
 * for fut_job_bury(), by the same thread.
 */
void fut_job_unref_quietly(struct fut_job *job);
void fut_job_bury(void);

/*
 * Fires the hooks of a future that was published or cancelled, and takes the
 * steps that this entails.  `locked` and `refs` as for fut_cell_fire().
 */
void fut_job_fire(struct fut_job *job, bool locked, uint64_t refs);

/*
 * Settles a claimed future with a result, or as a settled one did: then they
 * share the value.  Follows where the result says so.  Of `source`, here and
 * below, it takes a reference, and has let go of it when the job settles.
 */
void fut_job_settle(struct fut_job *job, const future_result_t *result);
void fut_job_settle_as(struct fut_job *job, struct future_cell *source);

/*
 * The function of a started job has returned, and its argument is gone: settles
 * it, or if it was cancelled meanwhile destroys the result.  Drops the
 * reference of the run, if it need not be kept.
 */
enum fut_end fut_job_finish(struct fut_job *job,
	const future_result_t *result);

/* As finish, with a value that the result borrows from `source`. */
enum fut_end fut_job_finish_lent(struct fut_job *job,
	const future_result_t *result, struct future_cell *source);

/* As finish, with the outcome of `source`. */
enum fut_end fut_job_finish_as(struct fut_job *job, struct future_cell *source);

/* Calls a destructor of the user's, in the middle of whatever is going on. */
void fut_job_destroy(void (*destroy)(void *value), void *value);

/* As fut_cell_take(), of one that has settled. */
future_result_t fut_job_take(struct future_cell *cell);

/* A result that nobody will have. */
void fut_job_discard(const future_result_t *result);

/* Its address marks the results that ask to follow their value. */
void fut_follow_mark(void *inner);

static inline bool fut_follow_asked(const future_result_t *result)
{
	return FUT_UNLIKELY(result->destroy == fut_follow_mark);
}

/*
 * Has a job that is claimed, or that runs, follow `inner`, whose reference it
 * takes.  The reference of the run, or of the claim, goes to the hook.
 */
void fut_follow(struct fut_job *job, struct future_cell *inner);

/*
 * The same for one that nobody has claimed, which takes a reference of its own.
 * False if somebody has: then `inner` is still the caller's.
 */
bool fut_follow_unclaimed(struct fut_job *job, struct future_cell *inner);

/*
 * Settles with ECANCELED; false if it was too late.  The caller's reference
 * outlasts the call.
 */
bool fut_job_cancel(struct fut_job *job);

/* Something that cannot be done while library steps are being taken. */
struct fut_late {
	struct fut_late *next;
	void (*call)(struct fut_late *late);
};

/*
 * Has `call` called before the outermost call of this thread that settles or
 * cancels returns; any other caller follows it with fut_job_catch_up().  From
 * the first to the last of these calls is a loop, no recursion.
 */
void fut_job_later(struct fut_late *late, void (*call)(struct fut_late *late));

/* Calls what is late, unless an outer call will. */
void fut_job_catch_up(void);

/*
 * A task that an executor refused, or dropped: settles it, if it has not been
 * started.  Drops the executor's reference.  True if this settled it.
 */
bool fut_job_drop(struct fut_job *job, int error);

#endif
