/*
 * Floor 1: what the library keeps for each thread.
 *
 * One struct, so that one address leads to all of it and the explorer can
 * give each of its threads one.  It starts out all zero.
 */
#ifndef FUT_SELF_H
#define FUT_SELF_H

#include "base.h"

struct fut_asleep;
struct fut_pool;
struct fut_records;
struct fut_worker;
struct fut_frame;
struct fut_late;
struct fut_loop;
struct fut_posting;
struct fut_steps;
struct fut_task;
struct future_cell;
struct future_executor;
struct fut_magazine;

#define FUT_BLOCK_CLASSES 3

/* How often the destructors of a thread run at its end, by POSIX, at least. */
#define FUT_SELF_ENDS 4

struct fut_self {
	struct fut_worker *worker;	/* of a pool's own thread, else NULL */
	struct fut_frame *frame;	/* the innermost function that runs */
	struct fut_steps *steps;	/* library steps still to be taken */
	struct future_cell *dying;	/* futures still to be freed */
	bool burying;			/* an outer call frees them */
	struct fut_late *late;		/* to be called after the steps */
	bool catching_up;		/* an outer call calls them */
	struct fut_task *inline_head;	/* waiting for the outermost call */
	struct fut_task **inline_tail;	/* stale while the list is empty */
	bool inline_busy;		/* an outer call empties the list */
	struct future_executor *sim;	/* that it runs; else NULL: sim.h */
	const int64_t *clock;		/* of that sim, or NULL: the real one */
	struct fut_loop *loop;		/* the innermost that it runs: loop.h */
	struct fut_posting *posting;	/* inside a user's post: own.c */
	struct fut_asleep *asleep;	/* its innermost wait: asleep.h */
	bool may_keep;			/* a worker between two functions */
	bool flush_set;			/* the exit of the thread flushes */
	uint8_t flushes;		/* so far: the thread is at its end */
	uint32_t number;		/* as the owner of a mutex; 0: none */
	int locks;			/* held; counted in debug builds */
	struct fut_pool *former;	/* whose worker it was, at its end */
	void (*stay)(void *arg);	/* to be called at its end, or NULL */
	void *stay_arg;
	void *stack_middle;		/* half of the stack, once known */
	struct fut_records *records;	/* its part of a trace: trace.h */
	void (*at_exit[2])(void);	/* see fut_self_at_exit() */
	struct fut_magazine *loaded[FUT_BLOCK_CLASSES];
	struct fut_magazine *spare[FUT_BLOCK_CLASSES];
};

#ifdef FUT_MODEL
struct fut_self *fut_self(void);
#else
/* A plain offset from the thread pointer: no call in a shared library. */
extern _Thread_local struct fut_self fut_self_here
	__attribute__((tls_model("initial-exec"), visibility("hidden")));

static inline struct fut_self *fut_self(void)
{
	return &fut_self_here;
}
#endif

/*
 * Has `flush` run when the calling thread ends, once; there may be two, in
 * either order.  0 or an errno value.
 */
int fut_self_at_exit(void (*flush)(void));

/* One sentence on stderr, then abort: a caller's bug that broke memory. */
_Noreturn void fut_die(const char *sentence);

#ifdef FUT_DEBUG
#define FUT_ASSERT(condition) \
	((condition) ? (void)0 : fut_die("libfuture: broken: " #condition))
static inline void fut_self_locks(int change)
{
	struct fut_self *self = fut_self();

	self->locks += change;
	FUT_ASSERT(self->locks == 0 || self->locks == 1);
}
#else
#define FUT_ASSERT(condition) ((void)0)
static inline void fut_self_locks(int change)
{
	(void)change;
}
#endif

#endif
