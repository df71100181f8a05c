/* See schedule.h. */
#include "schedule.h"
#include "fiber.h"
#include "memory.h"
#include "reduce.h"
#include "report.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

struct thread threads[THREADS];

static void *home;		/* where schedule_run() was called */
static unsigned switches;	/* how often another thread came to run */
static bool chosen;		/* the next step of this thread was picked */

static uint32_t only(unsigned thread)
{
	return (uint32_t)1 << thread;
}

/* The next of a set in turn, after the running thread. */
static unsigned next_of(uint32_t set)
{
	uint32_t later = set & ~((only(run.current) << 1) - 1);

	return (unsigned)__builtin_ctz(later != 0 ? later : set);
}

static unsigned first_deadline(void)
{
	unsigned first = next_of(run.timed);

	for (unsigned i = 0; i < run.threads; i++)
		if ((run.timed & only(i)) != 0 &&
		    threads[i].deadline < threads[first].deadline)
			first = i;
	return first;
}

/* Those whose deadline may pass now though somebody could run. */
static uint32_t hasty(void)
{
	if (limits.mode != MODE_REPLAY &&
	    run.used[CHANCE_TIMEOUT] >= limits.most[CHANCE_TIMEOUT])
		return 0;
	if (run.timed != 0 && !choice_eager())
		return 0;
	return run.timed;
}

static _Noreturn void stuck(void)
{
	char text[256];

	schedule_describe(text, sizeof(text));
	run_fail(FINDING_DEADLOCK, "nobody can run: %s", text);
}

/* True if the rest may sleep on: they outlive the scenario. */
static bool over(void)
{
	unsigned left = 0;

	for (unsigned i = 0; i < run.threads; i++)
		left += threads[i].state != ENDED;
	return left == 0 || (left <= run.daemons && threads[0].state == ENDED);
}

static void wake(unsigned thread)
{
	threads[thread].state = READY;
	run.ready |= only(thread);
	run.timed &= ~only(thread);
}

static void go(unsigned next)
{
	struct thread *from = self_thread();

	if ((run.timed & only(next)) != 0) {
		if (run.ready != 0)
			run.used[CHANCE_TIMEOUT]++;
		if (threads[next].deadline > run.now)
			run.now = threads[next].deadline;
		threads[next].timed_out = true;
		wake(next);
	}
	if (next == run.current)
		return;
	run.current = next;
	switches++;
	fiber_switch(&from->sp, threads[next].sp);
}

/* The running thread cannot go on: somebody else has to. */
static void yield(void)
{
	if (run.ready != 0)
		go(choice_thread(run.ready | hasty(), next_of(run.ready),
			true));
	else if (run.timed != 0)
		go(choice_thread(run.timed, first_deadline(), true));
	else if (over())
		schedule_leave();
	else
		stuck();
}

static void block(enum thread_state state)
{
	self_thread()->state = state;
	run.ready &= ~only(run.current);
	yield();
	chosen = !self_thread()->timed_out;
}

static void count_step(void)
{
	if (++run.steps > limits.steps)
		run_fail(FINDING_LIVELOCK, "no end after %u steps",
			limits.steps);
}

void schedule_step(void)
{
	count_step();
	if (chosen) {
		chosen = false;
		return;
	}
	if ((run.ready & ~only(run.current)) == 0 && run.timed == 0) {
		choice_none();
		return;
	}
	go(choice_thread(run.ready | hasty(), run.current, false));
	chosen = false;
}

void schedule_tick(void)
{
	self_thread()->seen[run.current]++;
}

void schedule_relax(void)
{
	struct thread *self = self_thread();
	uint32_t others = run.ready & ~only(run.current);
	uint32_t options = run.ready | hasty();

	count_step();
	chosen = false;
	self->priority = choice_priority_lowest();
	/* Nobody has moved since it last looked: it would see the same. */
	if (others != 0 && self->relaxed == switches)
		options &= ~only(run.current);
	self->relaxed = switches;
	go(choice_thread(options, others != 0 ? next_of(others) : run.current,
		true));
	chosen = false;
}

bool schedule_park(const void *word, int64_t deadline, bool timed)
{
	struct thread *self = self_thread();

	self->word = word;
	self->deadline = deadline;
	self->timed_out = false;
	if (timed)
		run.timed |= only(run.current);
	block(PARKED);
	return self->timed_out;
}

void schedule_unpark(const void *word, int count)
{
	while (count-- > 0) {
		unsigned asleep[THREADS], n = 0, woken;

		for (unsigned i = 0; i < run.threads; i++)
			if (threads[i].state == PARKED &&
			    threads[i].word == word)
				asleep[n++] = i;
		if (n == 0)
			return;
		woken = asleep[choice_value(CHANCE_WAITER, n)];
		wake(woken);
		reduce_follow(woken, run.current);
	}
}

/* The first function on a thread's stack. */
static void thread_main(void)
{
	struct thread *self = self_thread();

	chosen = true;
	self->main(self->arg);
	while (self->flush != NULL) {
		void (*flush)(void) = self->flush;

		self->flush = NULL;
		flush();
	}
	for (unsigned i = 0; i < run.threads; i++)
		if (threads[i].state == JOINING &&
		    threads[i].target == run.current)
			wake(i);
	if (run.tracing)
		report_event("ends", NULL, 0, 0, ORDER_NONE);
	block(ENDED);
	abort();
}

int schedule_start(void (*main)(void *arg), void *arg)
{
	unsigned number = run.threads;
	struct thread *thread = &threads[number];
	char *top;

	if (number == THREADS)
		run_fail(FINDING_UNSUPPORTED, "more than %d threads", THREADS);
	run.threads++;
	top = schedule_stack(number) + STACK -
		(sizeof(struct fut_self) + 63) / 64 * 64;
	memset(thread, 0, sizeof(*thread));
	memset(top, 0, sizeof(struct fut_self));
	thread->self = (struct fut_self *)top;
	thread->main = main;
	thread->arg = arg;
	thread->priority = choice_priority();
	thread->relaxed = ~0u;
	if (number != 0) {
		thread->seen = self_thread()->seen;
		reduce_follow(number, run.current);
	}
	thread->seen[number] = 1;
	thread->sp = fiber_new(top, thread_main);
	thread->state = READY;
	run.ready |= only(number);
	return (int)number;
}

void schedule_join(unsigned target)
{
	struct thread *self = self_thread();

	if (target >= run.threads || threads[target].joined)
		run_fail(FINDING_UNSUPPORTED, "thread %u was joined before",
			target);
	self->target = target;
	if (threads[target].state != ENDED)
		block(JOINING);
	threads[target].joined = true;
	self->seen = clocks_join(self->seen, threads[target].seen);
	reduce_follow(run.current, target);
}

void schedule_init(void)
{
	/* The lowest page of a stack tells of an overflow by a fault. */
	for (unsigned i = 0; i < THREADS; i++)
		mprotect(schedule_stack(i), 4096, PROT_NONE);
}

void schedule_reset(void (*main)(void *arg), void *arg)
{
	chosen = false;
	switches = 0;
	run.current = 0;
	schedule_start(main, arg);
	threads[0].joined = true;
}

void schedule_run(void)
{
	fiber_switch(&home, threads[0].sp);
}

_Noreturn void schedule_leave(void)
{
	void *gone;

	fiber_switch(&gone, home);
	abort();
}

void schedule_describe(char *text, size_t size)
{
	static const char *const names[] = { "ready", "asleep", "joining",
		"ended" };
	size_t used = 0;

	text[0] = '\0';
	for (unsigned i = 0; i < run.threads && used < size; i++)
		used += (size_t)snprintf(text + used, size - used, "%sT%u %s",
			i == 0 ? "" : ", ", i, names[threads[i].state]);
}
