/*
 * Floor 5: what the long form of a task adds: a copy of the argument, its
 * destructor, a name, the context that an executor's hooks carry, clocks.
 *
 * It stands behind the job in one piece of memory, and lives as long.
 */
#ifndef FUT_MORE_H
#define FUT_MORE_H

#include "alloc.h"
#include "block.h"
#include "job.h"
#include "token.h"
#include "unwind.h"

struct fut_more {
	void (*fn)(void);	/* the function; cell.more has its place */
	void (*destroy_arg)(void *arg);
	const char *name;
	void *captured;
	struct fut_executor_hooks hooks;	/* all zero: none */
	bool hooked;
	_Atomic int64_t queued_at;	/* a claim may overtake the hook */
	int64_t started_at;
	struct fut_home home;		/* if FUT_FORM_ELSEWHERE */
	struct fut_under under;
	_Alignas(max_align_t) unsigned char copy[];
};

/* What the public long forms have in common. */
struct fut_spec {
	void (*fn)(void);
	void *arg;
	size_t arg_size;
	void (*destroy_arg)(void *arg);
	int priority;		/* a future_priority_t, or EINVAL */
	future_token_t *token;	/* NULL: under none */
	const char *name;
	const struct fut_home *home;	/* NULL: where it runs */
};

/* Of the function that runs here; NULL: none. */
static inline future_token_t *fut_token_here(void)
{
	const struct fut_frame *frame = fut_self()->frame;

	return FUT_LIKELY(frame == NULL || frame->token == NULL) ||
		fut_token_inherited(frame->token) ? NULL : frame->token;
}

/* That which a user has named; NULL: `otherwise`. */
static inline future_token_t *fut_token_named(future_token_t *named,
	future_token_t *otherwise)
{
	if (named == NULL)
		return otherwise;
	return named == FUTURE_NO_TOKEN ? NULL : named;
}

static inline struct fut_more *fut_job_more(struct fut_job *job)
{
	return job->task.form & FUT_FORM_LONG ? job->cell.more : NULL;
}

/* Of a long one, also when cell.more is gone. */
static inline struct fut_more *fut_job_behind(const struct fut_job *job)
{
	return (struct fut_more *)((char *)(uintptr_t)job +
		job->cell.kind->size);
}

/* The token that it is under; NULL: none. */
static inline future_token_t *fut_job_token(const struct fut_job *job)
{
	return FUT_LIKELY(!(job->task.form & FUT_FORM_LONG)) ? NULL :
		fut_job_behind(job)->under.token;
}

/* The function, whatever the form. */
static inline void (*fut_job_fn(struct fut_job *job))(void)
{
	struct fut_more *more = fut_job_more(job);

	return more != NULL ? more->fn : job->cell.fn;
}

/* 0, or why no task can be made of it. */
int fut_spec_check(const struct fut_spec *spec);

/* True where an executor's hooks or clocks want to know of each task. */
static inline bool fut_home_hooked(struct fut_home home)
{
	return home.executor != NULL && FUT_UNLIKELY(atomic_load_explicit(
		&home.executor->hooked, FUT_RELAXED)) &&
		!fut_executor_inherited(home.executor);
}

/* The short form; two references.  NULL if there is no memory. */
static inline struct fut_job *fut_job_make_short(size_t size,
	const struct fut_cell_kind *kind, const struct fut_task_kind *task,
	struct fut_home home, void (*fn)(void), void *arg)
{
	struct fut_job *job = fut_block_new(size);

	if (FUT_UNLIKELY(job == NULL))
		return NULL;
	fut_job_init(job, kind, task, home, 2 * FUT_CELL_REF);
	job->cell.fn = fn;
	job->cell.arg = arg;
	return job;
}

/*
 * Memory for a job of `size` bytes, long if it must be; set up like
 * fut_job_make_short(); the argument is copied and the context captured.  NULL
 * if there is no memory.
 */
struct fut_job *fut_job_make(size_t size, const struct fut_cell_kind *kind,
	const struct fut_task_kind *task, struct fut_home home,
	const struct fut_spec *spec);

/* Frees the memory of a job. */
static inline void fut_job_unmake(struct fut_job *job, size_t size)
{
	if (FUT_UNLIKELY(job->task.form & FUT_FORM_LONG))
		fut_under_end(&fut_job_behind(job)->under);
	else
		fut_block_free(job, size);
}

/* Puts a new job under its token.  False if that has been cancelled. */
static inline bool fut_job_put_under(struct fut_job *job)
{
	return FUT_LIKELY(!(job->task.form & FUT_FORM_LONG)) ||
		fut_under_hang(&fut_job_behind(job)->under);
}

/* A spec of which no job could be made: its argument is freed here. */
void fut_spec_drop(const struct fut_spec *spec);

/* Lets go of the argument and of the context: to be called once. */
void fut_job_drop_arg(struct fut_job *job);

/* A continuation goes to its executor only now: its clock starts. */
void fut_dependent_queued(struct fut_job *job);

/* The same for any other job, nothing for a short one. */
void fut_job_queued(struct fut_job *job);

/* Round the function of a job; nothing for a short one. */
void fut_job_before(struct fut_job *job);
void fut_job_after(struct fut_job *job, int error);

/*
 * The function of a started job has called pthread_exit: what else is done when
 * it returns, up to the pop of its frame.  False: the exit is a forked child's,
 * to which the job does not belong.
 */
bool fut_job_left(struct fut_job *job);

#endif
