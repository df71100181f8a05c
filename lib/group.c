/*
 * Floor 5: groups, structured concurrency.
 *
 * A child stands in the group's ring from its submit until its function has
 * returned, or never will: it is the argument of its task, and leaves with
 * that.  Closing joins one child after the other, so that a worker which closes
 * runs those that have not started (help.h).
 *
 * Only who is in a call on the group, and the children in the ring, touch it.
 */
#include "alloc.h"
#include "get.h"
#include "lock.h"
#include "more.h"
#include "ring.h"
#include "stop.h"
#include "then.h"
#include "unwind.h"

#include <errno.h>
#include <future/executor.h>
#include <future/group.h>
#include <future/token.h>
#include <string.h>

struct future_group {
	future_executor_t *executor;	/* with a reference; NULL: default */
	future_token_t *token;		/* the children are under it */
	struct fut_lock lock;
	struct fut_link *children;	/* the last of the ring; under lock */
	int error;			/* the first; under lock */
};

/* Its task's, and until it has returned the submit's. */
struct child {
	struct fut_link link;		/* under the group's lock */
	bool ended;			/* under the group's lock */
	future_t *future;		/* the same; with a reference, if set */
	bool ran;			/* the task's, until it has ended */
	struct future_group *group;	/* this and the rest are constant */
	future_task_fn *fn;
	void *arg;
	void (*destroy_arg)(void *arg);
	_Alignas(max_align_t) unsigned char copy[];	/* of the argument */
};

/* The first error stays, and cancels the rest. */
static void fail(struct future_group *group, int error)
{
	bool first;

	fut_lock(&group->lock);
	first = group->error == 0;
	if (first)
		group->error = error;
	fut_unlock(&group->lock);
	if (first)
		future_token_cancel(group->token);
}

/* By pthread_exit. */
static void child_left(void *child)
{
	struct future_group *group = ((struct child *)child)->group;

	if (!fut_token_inherited(group->token))
		fail(group, ECANCELED);
}

static future_result_t child_run(void *arg)
{
	struct child *child = arg;
	struct future_cell *own;
	future_result_t result;
	FUT_WATCH(watch, child_left, child);

	child->ran = true;
	result = child->fn(child->arg);
	FUT_RETURNED(watch);
	/* What a child that was cancelled returns nobody asks for. */
	own = fut_stop_own();
	if (result.error != 0 && own != NULL && !fut_stop_asked()) {
		/* It fails so itself; the error is the group's, too. */
		fut_cell_see(own);
		fut_under_leave(&fut_job_behind(fut_job_of(own))->under);
		fail(child->group, result.error);
	}
	return result;
}

/* The child's function has returned, or never will. */
static void child_end(void *arg)
{
	struct child *child = arg;
	struct future_group *group = child->group;
	future_t *future;

	/* It may use what the group's owner has on the stack, too. */
	if (child->destroy_arg != NULL)
		fut_job_destroy(child->destroy_arg, child->arg);
	fut_lock(&group->lock);
	fut_ring_remove(&group->children, &child->link);
	child->ended = true;
	future = child->future;
	fut_unlock(&group->lock);
	/* The group may be gone; without a future, the submit has the child. */
	if (future != NULL) {
		future_unref(future);
		fut_free(child);
	}
}

/* The submit lets go of the child; true if its function never ran. */
static bool child_settle_in(struct child *child, future_t *future)
{
	struct future_group *group = child->group;
	bool ended, refused;

	fut_lock(&group->lock);
	ended = child->ended;
	refused = ended && !child->ran;
	if (!ended)
		child->future = future_ref(future);
	fut_unlock(&group->lock);
	if (ended)
		fut_free(child);
	return refused;
}

static struct child *child_new(struct future_group *group,
	const future_task_t *task)
{
	struct child *child = NULL;

	if (task->arg_size <= SIZE_MAX - sizeof(*child))
		child = fut_alloc(sizeof(*child) + task->arg_size);
	if (child == NULL)
		return NULL;
	*child = (struct child){ .group = group, .fn = task->fn,
		.arg = task->arg, .destroy_arg = task->destroy_arg };
	if (task->arg_size != 0)
		child->arg = memcpy(child->copy, task->arg, task->arg_size);
	return child;
}

static future_t *child_submit(struct child *child, const future_task_t *form)
{
	future_task_t task = { .fn = child_run, .arg = child,
		.destroy_arg = child_end, .priority = form->priority,
		.token = child->group->token, .name = form->name };
	struct future_group *group = child->group;
	future_t *future;

	fut_lock(&group->lock);
	fut_ring_append(&group->children, &child->link);
	fut_unlock(&group->lock);
	future = future_submit_with(group->executor, &task);
	if (child_settle_in(child, future))
		fail(group, future_get(future).error);
	return future;
}

/* Before there is a child. */
static future_t *refuse(const future_task_t *task, int error)
{
	if (task->destroy_arg != NULL)
		fut_job_destroy(task->destroy_arg, task->arg);
	return fut_job_failed(fut_home_here(), error);
}

static future_t *fail_with(struct future_group *group,
	const future_task_t *task, int error)
{
	future_t *failed = refuse(task, error);

	fail(group, error);
	fut_cell_see(failed);
	return failed;
}

future_t *future_group_submit_with(future_group_t *group,
	const future_task_t *task)
{
	static const future_task_t none;
	struct child *child;

	if (task == NULL)
		task = &none;
	if (group == NULL)
		return refuse(task, EINVAL);
	if (fut_token_inherited(group->token))
		return refuse(task, ECHILD);
	if (task->fn == NULL || task->token != NULL ||
	    (task->arg_size != 0 && task->arg == NULL))
		return fail_with(group, task, EINVAL);
	child = child_new(group, task);
	return child == NULL ? fail_with(group, task, ENOMEM) :
		child_submit(child, task);
}

future_t *future_group_submit(future_group_t *group, future_task_fn *fn,
	void *arg)
{
	future_task_t task = { .fn = fn, .arg = arg };

	return future_group_submit_with(group, &task);
}

int future_group_new(future_executor_t *executor, future_token_t *token,
	future_group_t **ret_group)
{
	struct future_group *group;
	int error;

	if (ret_group == NULL)
		return EINVAL;
	if (executor != NULL && fut_executor_inherited(executor))
		return ECHILD;
	if (!fut_executor_try_ref(executor))
		return ESHUTDOWN;
	group = fut_alloc(sizeof(*group));
	if (group == NULL) {
		error = ENOMEM;
		goto unref_executor;
	}
	*group = (struct future_group){ .executor = executor };
	error = future_token_new(fut_token_named(token, fut_token_here()),
		FUTURE_FOREVER, &group->token);
	if (error != 0)
		goto free_group;
	*ret_group = group;
	return 0;
free_group:
	fut_free(group);
unref_executor:
	future_executor_unref(executor);
	return error;
}

/*
 * A child to wait for, with a reference on its future; NULL, and the ring is
 * not empty: only the caller is left, a child whose submit has not returned.
 */
static future_t *first_child(struct future_group *group, bool *ret_none)
{
	struct fut_link *last, *link;
	future_t *future = NULL;

	fut_lock(&group->lock);
	last = group->children;
	for (link = last; link != NULL && future == NULL;
	     link = link->next == last ? NULL : link->next)
		future = FUT_OWNER(link->next, struct child, link)->future;
	future_ref(future);
	*ret_none = last == NULL;
	fut_unlock(&group->lock);
	return future;
}

/* What a close is in the middle of. */
struct closing {
	struct future_group *group;
	future_t *call;		/* of cancel_all(), or NULL */
	future_t *child;	/* that it waits for, or NULL */
};

/* EDEADLK, or 0 when every child has left. */
static int await_children(struct closing *closing)
{
	struct future_group *group = closing->group;
	unsigned how = FUT_WAIT_STOPS | FUT_WAIT_FIRM;
	bool none;

	for (;;) {
		int error;

		closing->child = first_child(group, &none);
		if (closing->child == NULL)
			return none ? 0 : EDEADLK;
		error = fut_join(closing->child, FUT_FOREVER, how);
		future_unref(closing->child);
		if (error == ECANCELED) {
			/* The children as well; but they are waited for. */
			how = FUT_WAIT_FIRM;
			fail(group, ECANCELED);
		} else if (error != 0) {
			return error;
		}
	}
}

static void cancel_all(void *token)
{
	future_token_cancel(token);
}

/* A cancel of who closes reaches the children while he runs one, too. */
static void begin_close(struct closing *closing, struct future_group *group)
{
	struct future_cell *own = fut_stop_own();

	*closing = (struct closing){ .group = group };
	/* Without memory for that, they are once he is back. */
	if (own != NULL)
		(void)!fut_on_cancel(own, future_inline(), cancel_all,
			group->token, &closing->call);
}

/* Cancelled is not returned: the call may be at the token still. */
static void end_close(struct closing *closing)
{
	if (closing->call == NULL)
		return;
	future_cancel(closing->call);
	(void)fut_join(closing->call, FUT_FOREVER, FUT_WAIT_FIRM);
	future_unref(closing->call);
}

/* Nobody is in it. */
static int group_free(struct future_group *group)
{
	int error = group->error;

	if (error == 0 && future_token_is_cancelled(group->token))
		error = ECANCELED;
	future_token_unref(group->token);
	future_executor_unref(group->executor);
	fut_free(group);
	return error;
}

/*
 * By pthread_exit, in a child that ran here.  The others may use this stack:
 * they are cancelled, so that none of them is run here, and waited for.
 */
static void close_left(void *argument)
{
	struct closing *closing = argument;
	struct future_group *group = closing->group;

	if (fut_token_inherited(group->token))
		return;
	future_unref(closing->child);
	fail(group, ECANCELED);
	if (await_children(closing) == 0) {
		end_close(closing);
		(void)group_free(group);
	}
}

int future_group_close(future_group_t *group)
{
	struct closing closing;
	int error;

	if (group == NULL)
		return EINVAL;
	if (fut_token_inherited(group->token))
		return ECHILD;
	begin_close(&closing, group);
	FUT_WATCH(watch, close_left, &closing);
	error = await_children(&closing);
	FUT_RETURNED(watch);
	end_close(&closing);
	return error != 0 ? error : group_free(group);
}
