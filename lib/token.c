/* See token.h. */
#include "token.h"
#include "alloc.h"
#include "clock.h"
#include "more.h"
#include "then.h"
#include "timer.h"

#include <errno.h>
#include <future/token.h>

/*
 * Handles: the users', and one of each that is under it.  With the last the
 * token can only be cancelled by its parent or its deadline, and nothing would
 * come of that: its future succeeds, so that callbacks are let go.
 */
struct future_token {
	struct fut_job job;	/* with one reference of all the handles */
	struct fut_under under;	/* its parent */
	_Atomic size_t handles;
	struct fut_timer timer;
	struct fut_task due;
};

FUT_TIMER_BEFORE(struct future_token, timer, due);

static struct future_token *token_of(struct fut_job *job)
{
	return FUT_OWNER(job, struct future_token, job);
}

struct future_cell *fut_token_cell(future_token_t *token)
{
	return &token->job.cell;
}

bool fut_token_inherited(future_token_t *token)
{
	return fut_cell_inherited(&token->job.cell);
}

future_token_t *fut_token_ref(future_token_t *token)
{
	atomic_fetch_add_explicit(&token->handles, 1, FUT_RELAXED);
	return token;
}

/* One hold less. */
static void let_go(struct fut_under *under)
{
	/* What each did with the memory before its hold, for who frees it. */
	if (atomic_fetch_sub_explicit(&under->holds, 1, FUT_ACQ_REL) == 1)
		fut_free(under->job);
}

static void hold(struct fut_under *under)
{
	atomic_fetch_add_explicit(&under->holds, 1, FUT_RELAXED);
}

/* By one that holds the memory: of the job nothing else may be left. */
static void cancel_if_there(struct fut_job *job)
{
	if (!fut_cell_try_ref(&job->cell))
		return;
	fut_job_cancel(job);
	fut_job_unref(job);
}

static void cancel_late(struct fut_late *late)
{
	struct fut_under *under = FUT_OWNER(late, struct fut_under, late);

	cancel_if_there(under->job);
	let_go(under);
}

/* The token goes, or is cancelled.  Not in the middle of a step. */
static bool under_fire(struct fut_hook *hook, struct future_cell *token,
	bool locked)
{
	struct fut_under *under = FUT_OWNER(hook, struct fut_under, hook);

	(void)token;
	if (locked)
		return false;
	fut_job_later(&under->late, cancel_late);
	return true;
}

void fut_under_init(struct fut_under *under, struct fut_job *job,
	future_token_t *token)
{
	fut_hook_init(&under->hook, under_fire);
	under->job = job;
	under->token = token != NULL ? fut_token_ref(token) : NULL;
	if (token != NULL)
		fut_cell_make_weak(&job->cell);
	atomic_store_explicit(&under->holds, 1, FUT_RELAXED);
}

bool fut_under_hang(struct fut_under *under)
{
	if (under->token == NULL)
		return true;
	hold(under);
	if (fut_cell_hang(&under->token->job.cell, &under->hook, 0))
		return true;
	let_go(under);
	return false;
}

void fut_under_leave(struct fut_under *under)
{
	future_token_t *token = under->token;

	if (token != NULL && fut_cell_unhang(&token->job.cell, &under->hook))
		let_go(under);
}

void fut_under_end(struct fut_under *under)
{
	future_token_t *token = under->token;

	fut_under_leave(under);
	let_go(under);
	future_token_unref(token);
}

static void disarm(struct future_token *token)
{
	if (fut_disarm(&token->timer))
		let_go(&token->under);
}

static bool token_abandon(struct fut_job *job)
{
	disarm(token_of(job));
	return false;
}

static void token_free(struct fut_job *job)
{
	fut_under_end(&token_of(job)->under);
}

static const struct fut_cell_kind token_cell = {
	.abandon = token_abandon,
	.free = token_free,
};

static enum fut_end due_run(struct fut_task *task)
{
	struct future_token *token = FUT_OWNER(task, struct future_token, due);

	cancel_if_there(&token->job);
	let_go(&token->under);
	return FUT_END_OK;
}

static bool due_drop(struct fut_task *task, int error)
{
	(void)error;
	let_go(&FUT_OWNER(task, struct future_token, due)->under);
	return false;
}

static const struct fut_task_kind due_task = { due_run, due_drop };

/* 0, or why it can have no deadline. */
static int arm(struct future_token *token)
{
	int error;

	if (token->timer.node.key == FUT_FOREVER)
		return 0;
	hold(&token->under);
	error = fut_arm(&token->timer, FUT_POST_NEW);
	if (error == ETIMEDOUT)
		due_run(&token->due);
	else if (error != 0)
		due_drop(&token->due, error);
	return error == ETIMEDOUT || error == ECANCELED ? 0 : error;
}

int future_token_new(future_token_t *parent, future_time_t deadline,
	future_token_t **ret_token)
{
	struct future_token *token;
	int error;

	if (ret_token == NULL)
		return EINVAL;
	parent = fut_token_named(parent, NULL);
	if (parent != NULL && fut_token_inherited(parent))
		return ECHILD;
	token = fut_alloc(sizeof(*token));
	if (token == NULL)
		return ENOMEM;
	fut_job_init(&token->job, &token_cell, NULL, fut_home_of(NULL),
		FUT_CELL_REF);
	atomic_store_explicit(&token->handles, 1, FUT_RELAXED);
	fut_under_init(&token->under, &token->job, parent);
	if (deadline.ns != FUT_FOREVER)
		fut_cell_make_weak(&token->job.cell);
	fut_timer_init(&token->timer, deadline.ns);
	token->due = token->job.task;
	token->due.kind = &due_task;
	if (!fut_under_hang(&token->under))
		fut_job_cancel(&token->job);
	error = arm(token);
	if (error != 0)
		future_token_unref(token);
	else
		*ret_token = token;
	return error;
}

future_token_t *future_token_current(void)
{
	return fut_token_here();
}

bool future_token_cancel(future_token_t *token)
{
	bool cancelled;

	if (token == NULL || fut_token_inherited(token))
		return false;
	fut_token_ref(token);
	cancelled = fut_job_cancel(&token->job);
	future_token_unref(token);
	return cancelled;
}

bool future_token_is_cancelled(const future_token_t *token)
{
	return token != NULL && fut_is_settled(
		fut_cell_state(&token->job.cell));
}

int future_token_on_cancel(future_token_t *token, future_executor_t *executor,
	void (*fn)(void *arg), void *arg)
{
	future_t *call = NULL;
	int error;

	if (token == NULL || fn == NULL)
		return EINVAL;
	if (fut_token_inherited(token))
		return ECHILD;
	error = fut_on_cancel(&token->job.cell, executor, fn, arg, &call);
	future_unref(call);
	return error;
}

future_token_t *future_token_ref(future_token_t *token)
{
	return token != NULL ? fut_token_ref(token) : NULL;
}

void future_token_unref(future_token_t *token)
{
	future_result_t nothing = { NULL, NULL, 0 };
	size_t before;

	if (token == NULL)
		return;
	/* What each did with its handle before its count, for the last. */
	before = atomic_fetch_sub_explicit(&token->handles, 1, FUT_ACQ_REL);
	if (before == 0)
		fut_die("future_token_unref: one unref too many");
	if (before > 1)
		return;
	if (!fut_token_inherited(token) && fut_cell_claim(&token->job.cell)) {
		disarm(token);
		fut_job_settle(&token->job, &nothing);
	}
	fut_job_unref_inside(&token->job);
}
