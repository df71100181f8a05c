/*
 * Floor 3: shells, the memory of executors: never freed, only used again.
 *
 * There is a list of free ones for each kind of executor, and one of all, for
 * reports and debuggers (doc/gdb).  Its addresses are complemented, so that who
 * looks for leaks does not take them for references.
 */
#ifndef FUT_SHELL_H
#define FUT_SHELL_H

#include "executor.h"
#include "lock.h"

struct fut_shells {
	const struct fut_executor_kind *kind;	/* these two are constant */
	size_t size;			/* of what begins with the executor */
	struct fut_lock lock;
	struct future_executor *free;	/* under lock */
	uintptr_t made;			/* the last one; under lock */
	struct fut_shells *next;	/* of all; constant once it is there */
	_Atomic bool watched;		/* it stands in that list */
};

/* A free one, or a new one, which is all zero; NULL if there is no memory. */
struct future_executor *fut_shell_new(struct fut_shells *shells);

/* It has been set up: from now on it is one of all. */
void fut_shell_show(struct fut_shells *shells,
	struct future_executor *executor);

/* The executor in it is over: nobody is left in there, but old addresses. */
void fut_shell_free(struct fut_shells *shells,
	struct future_executor *executor);

/*
 * Copies the addresses of at most `room` in use; how many there are.  Any of
 * them may be over, or another one, when it is looked at.
 */
size_t fut_shell_all(struct future_executor **executors, size_t room);

/*
 * Under the lock of the executor: whoever still knows its address is told that
 * it is over.
 */
static inline void fut_shell_renew(struct future_executor *executor)
{
	atomic_store_explicit(&executor->generation,
		fut_executor_generation(executor) + 1, FUT_RELAXED);
}

#endif
