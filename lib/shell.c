/* See shell.h. */
#include "shell.h"
#include "alloc.h"

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
		atomic_store_explicit(&shells->watched, false, FUT_RELAXED);
	}
}

/* Once for each kind.  False if there is no memory. */
static bool watch(struct fut_shells *shells)
{
	struct fut_shells *first;

	if (atomic_load_explicit(&shells->watched, FUT_ACQUIRE))
		return true;
	/* Twice would be harmless: forget() may run twice. */
	if (fut_fork_at_child(forget) != 0)
		return false;
	fut_lock(&all_lock);
	first = atomic_load_explicit(&all, FUT_RELAXED);
	if (!atomic_load_explicit(&shells->watched, FUT_RELAXED)) {
		shells->next = first;
		atomic_store_explicit(&all, shells, FUT_RELAXED);
		/* The registration before the word of it, for who reads. */
		atomic_store_explicit(&shells->watched, true, FUT_RELEASE);
	}
	fut_unlock(&all_lock);
	return true;
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
	if (executor != NULL)
		return executor;
	executor = fut_alloc_lines(shells->size);
	if (executor != NULL) {
		executor->kind = shells->kind;
		executor->born = fut_fork_now();
	}
	return executor;
}

void fut_shell_free(struct fut_shells *shells,
	struct future_executor *executor)
{
	fut_lock(&shells->lock);
	executor->next_free = shells->free;
	shells->free = executor;
	fut_unlock(&shells->lock);
}
