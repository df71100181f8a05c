/*
 * The explorer, as a scenario sees it.
 *
 *	static void settler(void *promise)
 *	{
 *		future_promise_settle(promise, future_ok_int(7));
 *	}
 *
 *	SCENARIO(settle_wakes_a_getter)
 *	{
 *		...
 *		int thread = model_start(settler, promise);
 *
 *		MODEL_CHECK(future_get(future).error == 0);
 *		model_join(thread);
 *	}
 *
 * A scenario is a short program.  The explorer runs it again and again, each
 * time with other answers to the questions "who runs next?", "does this load
 * see the newest store?", "is there memory?".  Everything starts anew each
 * time: the static variables of the library and of the scenario as well.
 */
#ifndef MODEL_H
#define MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What can be wrong with a run. */
enum finding {
	FINDING_NONE,
	FINDING_CHECK,		/* a MODEL_CHECK of the scenario */
	FINDING_DEATH,		/* fut_die(): an assertion of the library */
	FINDING_CRASH,		/* a signal */
	FINDING_DEADLOCK,	/* nobody can run: a lost wake-up */
	FINDING_LIVELOCK,	/* the limit of steps */
	FINDING_RACE,		/* two accesses that nothing orders */
	FINDING_MEMORY,		/* an access to memory that is not alive */
	FINDING_LEAK,		/* memory or a thread is left at the end */
	FINDING_UNSUPPORTED	/* fences, and more than there is room for */
};

/* How often in a run something out of the ordinary may happen. */
enum chance {
	CHANCE_STALE,		/* a load sees an older store */
	CHANCE_SPURIOUS,	/* a park returns, a weak exchange fails */
	CHANCE_FAULT,		/* no memory, no thread */
	CHANCE_TIMEOUT,		/* a deadline passes while others could run */
	CHANCE_WAITER,		/* which of several waiters wakes: unlimited */
	CHANCE_SCENARIO,	/* model_choose(): unlimited */
	CHANCES
};

struct scenario {
	const char *name;
	void (*run)(void);
	unsigned spurious;	/* at most so many, also depth first */
	unsigned faults;
	unsigned bound;		/* of preemptions; 0: the usual */
	bool fresh;		/* depth first no load sees an older store */
	unsigned draws;		/* not 0: so many random runs, and no others */
	enum finding expect;	/* for the explorer's own tests */
	uint32_t outcomes;	/* the set of those below 32; 0: any */
};

/* SCENARIO(name, .faults = 1) { ... } */
#define SCENARIO(name_, ...) \
	static void name_(void); \
	static const struct scenario scenario_##name_ = \
		{ .name = #name_, .run = name_, __VA_ARGS__ }; \
	static const struct scenario *const listed_##name_ \
		__attribute__((used, section("model_scenarios"))) = \
		&scenario_##name_; \
	static void name_(void)

#define MODEL_CHECK(condition) \
	((condition) ? (void)0 : \
		model_fail(__FILE__, __LINE__, #condition))

_Noreturn void model_fail(const char *file, int line, const char *text);

/* Starts a thread, always; it has to be joined.  Returns its number. */
int model_start(void (*main)(void *arg), void *arg);
void model_join(int thread);

/* One of 0 ... n - 1, each in turn. */
unsigned model_choose(unsigned n);

/* The calling thread's number: 0 runs the scenario. */
unsigned model_thread(void);

/* From now on every stack is half used: nobody helps who waits. */
void model_deep(void);

/*
 * Depth first, while it is quiet, nobody is preempted and nothing unusual
 * happens: for what other scenarios explore.
 */
void model_quiet(bool quiet);

/* Returns when every other thread sleeps, has ended, or is in here, too. */
void model_rest(void);

/*
 * Counters for checks: no step of any thread, and never a race.  They start
 * at 0 in each run.
 */
#define MODEL_COUNTERS 16
void model_count(unsigned counter);
unsigned model_counted(unsigned counter);

/* How many blocks of memory are allocated. */
unsigned model_blocks(void);

/* Defined by a scenario that has more to tell of a failure. */
void model_tell(void) __attribute__((weak));

/* Counts this run under `outcome`. */
void model_outcome(uint32_t outcome);

/* From now on `count` threads may still sleep when the scenario is over. */
void model_daemons(unsigned count);

/* From now on fut_alloc_watched() is false: the block cache is explored. */
void model_cache(void);

#endif
