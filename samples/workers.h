/*
 * An executor whose tasks call functions in processes of their own: one that
 * crashes, or hangs, takes nothing with it but its own future.
 *
 * It is an executor like any other: continuations run there, too, on threads,
 * of which each process has one that asks it and sleeps until it answers.
 */
#ifndef WORKERS_H
#define WORKERS_H

#include <future.h>
#include <stdint.h>

enum { WORKERS_NUMBERS = 4, WORKERS_MAX = 16 };

/* Numbers travel; what is large lies in memory that the processes share. */
typedef int64_t workers_fn(const int64_t *numbers);

struct workers_call {
	uint32_t fn;	/* its place in the table */
	int32_t limit_ms;	/* then the process is killed; 0: no limit */
	int64_t numbers[WORKERS_NUMBERS];
};

/*
 * Starts `count` processes, at most WORKERS_MAX.  Call it while there is one
 * thread, after the memory to be shared has been mapped.  0 or an errno value.
 */
int workers_new(size_t count, workers_fn *const *fns,
	future_executor_t **ret_executor);

/*
 * Calls a function in one of the processes; the value of the future is what it
 * returns.  If the process dies, the future fails with minus the number of the
 * signal, after the limit with ETIMEDOUT, or with EOWNERDEAD if it just left;
 * and a new process takes its place.
 */
future_t *workers_call(future_executor_t *executor,
	const struct workers_call *call);

#endif
