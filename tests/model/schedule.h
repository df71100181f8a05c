/* Threads that take turns: one step of one of them at a time. */
#ifndef SCHEDULE_H
#define SCHEDULE_H

#include "run.h"

#include "self.h"

#define STACK ((size_t)64 * 1024)

enum thread_state { READY, PARKED, JOINING, ENDED };

struct thread {
	void *sp;		/* where it stopped, unless it runs */
	enum thread_state state;
	clocks seen;		/* what happens before its next step */
	const void *word;	/* parked on this */
	bool timed, timed_out;
	int64_t deadline;
	unsigned target;	/* waits for the end of this one */
	bool joined;		/* or detached: nobody will join it */
	int priority;		/* PCT: the highest runs */
	unsigned relaxed;	/* the step at which it last relaxed */
	void (*main)(void *arg);
	void *arg;
	void (*flush)(void);
	struct fut_self *self;	/* at the top of its stack */
};

extern struct thread threads[THREADS];

static inline struct thread *self_thread(void)
{
	return &threads[run.current];
}

/* The time of the running thread. */
static inline int16_t self_clock(void)
{
	return threads[run.current].seen[run.current];
}

/* To be called once; and before each run, with what thread 0 does. */
void schedule_init(void);
void schedule_reset(void (*main)(void *arg), void *arg);

/* Runs the threads until all have ended, or run_fail(). */
void schedule_run(void);
/* Leaves the running thread for good. */
_Noreturn void schedule_leave(void);

/* Before each visible step: another thread may go first. */
void schedule_step(void);
/* After it: what follows is later than what it published. */
void schedule_tick(void);

/* Lets the others go first if they can. */
void schedule_relax(void);

/* Sleeps on `word`.  True if the deadline ended it. */
bool schedule_park(const void *word, int64_t deadline, bool timed);
void schedule_unpark(const void *word, int count);

/* A new thread's number, or -1: too many. */
int schedule_start(void (*main)(void *arg), void *arg);
void schedule_join(unsigned thread);

/* The stack of thread i; the explorer tells which addresses are alive. */
char *schedule_stack(unsigned thread);

/* What state the threads are in, for reports. */
void schedule_describe(char *text, size_t size);

#endif
