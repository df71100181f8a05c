/* See shell.h. */
#include "shell.h"
#include "alloc.h"
#include "trace.h"

static struct fut_lock all_lock;
static struct fut_shells *_Atomic all;	/* written under all_lock */

/* The shells of the parent may be locked: let them be. */
static void forget(void)
{
	struct fut_shells *shells = atomic_load_explicit(&all, FUT_RELAXED);

	all_lock = (struct fut_lock){ 0 };
	atomic_store_explicit(&all, NULL, FUT_RELAXED);
	for (; shells != NULL; shells = shells->next) {
		shells->lock = (struct fut_lock){ 0 };
		shells->free = NULL;
		shells->made = 0;
		atomic_store_explicit(&shells->watched, false, FUT_RELAXED);
	}
}

/* Once for each kind.  False if there is no memory. */
static bool watch(struct fut_shells *shells)
{
	struct fut_shells *first;

	if (atomic_load_explicit(&shells->watched, FUT_ACQUIRE))
		return true;
	fut_trace_ask();
	/* Twice would be harmless: forget() may run twice. */
	if (fut_fork_at_child(forget) != 0)
		return false;
	fut_lock(&all_lock);
	first = atomic_load_explicit(&all, FUT_RELAXED);
	if (!atomic_load_explicit(&shells->watched, FUT_RELAXED)) {
		shells->next = first;
		/* Before its address, for fut_shell_all(). */
		atomic_store_explicit(&all, shells, FUT_RELEASE);
		/* The registration before the word of it, for who reads. */
		atomic_store_explicit(&shells->watched, true, FUT_RELEASE);
	}
	fut_unlock(&all_lock);
	return true;
}

/* Nobody takes it off the list again. */
static struct future_executor *make(struct fut_shells *shells)
{
	struct future_executor *executor = fut_alloc_lines(shells->size);

	if (executor == NULL)
		return NULL;
	executor->kind = shells->kind;
	executor->born = fut_fork_now();
	fut_lock(&shells->lock);
	executor->made_before = shells->made;
	shells->made = ~(uintptr_t)executor;
	fut_unlock(&shells->lock);
	return executor;
}

struct future_executor *fut_shell_new(struct fut_shells *shells)
{
	struct future_executor *executor;

	if (!watch(shells))
		return NULL;
	fut_lock(&shells->lock);
	executor = shells->free;
	if (executor != NULL)
		shells->free = executor->next_free;
	fut_unlock(&shells->lock);
	return executor != NULL ? executor : make(shells);
}

void fut_shell_show(struct fut_shells *shells,
	struct future_executor *executor)
{
	fut_lock(&shells->lock);
	executor->used = true;
	fut_unlock(&shells->lock);
}

void fut_shell_free(struct fut_shells *shells,
	struct future_executor *executor)
{
	fut_lock(&shells->lock);
	executor->next_free = shells->free;
	executor->used = false;
	shells->free = executor;
	fut_unlock(&shells->lock);
}

/* Under the lock: the one at that place of the list; NULL: its end. */
static struct future_executor *listed(uintptr_t made)
{
	return made == 0 ? NULL : (struct future_executor *)~made;
}

size_t fut_shell_all(struct future_executor **executors, size_t room)
{
	struct fut_shells *shells = atomic_load_explicit(&all, FUT_ACQUIRE);
	size_t count = 0;

	for (; shells != NULL; shells = shells->next) {
		fut_lock(&shells->lock);
		for (struct future_executor *executor = listed(shells->made);
		     executor != NULL; executor = listed(executor->made_before))
			if (executor->used && count++ < room)
				executors[count - 1] = executor;
		fut_unlock(&shells->lock);
	}
	return count;
}
