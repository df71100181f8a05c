/*
 * Floor 2: a trace: what threads record while one is open.
 *
 * Each thread has records of its own, which nobody else writes, and appends to
 * them without a lock.  The close reads as far as each count says.  So it may
 * not free what a thread may just be writing to: that is done by the thread at
 * its end, or after it; a thread that stays uses it again in the next trace.
 *
 *	fut_trace(FUT_TRACE_STEAL, task, pool);
 *
 * costs a look at one word while no trace is open, and may stand under a lock.
 */
#ifndef FUT_TRACE_H
#define FUT_TRACE_H

#include "base.h"
#include "probe.h"
#include "thread.h"

/* What a record says of what, with what. */
enum fut_trace_event {
	FUT_TRACE_NAME,		/* of the one before it: `text` */
	FUT_TRACE_SUBMIT,	/* a task is given to an executor */
	FUT_TRACE_START,	/* of a task: its function */
	FUT_TRACE_END,		/* the innermost function has returned */
	FUT_TRACE_SETTLE,	/* what a task settles has, with an error */
	FUT_TRACE_STEAL,	/* a task, from another worker of a pool */
	FUT_TRACE_PARK,		/* a worker of a pool has nothing to do */
	FUT_TRACE_UNPARK,	/* it has been woken */
	FUT_TRACE_WAIT,		/* a sleeper goes to sleep in a wait */
	FUT_TRACE_WAITED,	/* it goes on */
	FUT_TRACE_WAKE		/* a sleeper, or a worker of a pool, is woken */
};

/* From one record of a thread to the next, at least: see tracks.c. */
#define FUT_TRACE_STEP_NS 4

/* As much of a name as is kept. */
#define FUT_TRACE_TEXT 24

struct fut_record {
	union {
		struct {
			int64_t ns;	/* grows from one to the next */
			const void *what, *with;
		};
		char text[FUT_TRACE_TEXT];
	};
	uint32_t event;
};

/* Those of a thread. */
struct fut_records {
	struct fut_records *next;	/* under the lock but for the newest */
	bool ended;			/* under the lock: its thread has */
	struct fut_thread_known thread;	/* constant, as is `room` */
	size_t room;

	/* Written by the thread; the records, and these two, before `trace`. */
	_Atomic size_t count, dropped;
	_Atomic uint32_t trace;		/* which they belong to */
	int64_t last_ns;		/* the thread's own */
	struct fut_record record[];
};

/* The number of the trace that is open; 0: none.  A line that stays. */
struct fut_trace_open {
	_Alignas(64) _Atomic uint32_t number;
};

extern struct fut_trace_open fut_trace_open;

/* How many records a thread may have; those that start from now on. */
extern size_t fut_trace_room;

void fut_trace_record(enum fut_trace_event event, const void *what,
	const void *with);
void fut_trace_record_name(const char *name);

static inline bool fut_trace_is_open(void)
{
	return FUT_UNLIKELY(atomic_load_explicit(&fut_trace_open.number,
		FUT_RELAXED) != 0);
}

/* `event` is known where it stands: only that one is left there. */
static inline __attribute__((always_inline)) void fut_trace_probe(
	enum fut_trace_event event, const void *what, const void *with)
{
	switch (event) {
	case FUT_TRACE_SUBMIT:
		FUT_PROBE(submit, what, with);
		break;
	case FUT_TRACE_START:
		FUT_PROBE(start, what, with);
		break;
	case FUT_TRACE_SETTLE:
		FUT_PROBE(settle, what, with);
		break;
	case FUT_TRACE_STEAL:
		FUT_PROBE(steal, what, with);
		break;
	case FUT_TRACE_PARK:
		FUT_PROBE(park, what, with);
		break;
	case FUT_TRACE_UNPARK:
		FUT_PROBE(unpark, what, with);
		break;
	default:
		break;
	}
}

static inline __attribute__((always_inline)) void fut_trace(
	enum fut_trace_event event, const void *what, const void *with)
{
	fut_trace_probe(event, what, with);
	if (fut_trace_is_open())
		fut_trace_record(event, what, with);
}

/* As the second word of a record. */
static inline const void *fut_trace_error(int error)
{
	return (const void *)(intptr_t)error;
}

/* What the record before is called.  NULL: it has no name. */
static inline void fut_trace_name(const char *name)
{
	if (fut_trace_is_open() && name != NULL)
		fut_trace_record_name(name);
}

/* Where the first executor is made: the environment may ask for a trace. */
void fut_trace_ask(void);

#endif
