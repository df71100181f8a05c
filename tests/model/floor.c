/*
 * Floor 1 of the library: alloc, clock, file, fork, park, self, thread, wakefd.
 *
 * It stands in for the files of these names; lock.c is the library's own.
 */
#include "atomic.h"
#include "memory.h"
#include "reduce.h"
#include "report.h"
#include "schedule.h"

#include "alloc.h"
#include "clock.h"
#include "file.h"
#include "fork.h"
#include "park.h"
#include "self.h"
#include "text.h"
#include "thread.h"
#include "wakefd.h"

#include <errno.h>
#include <string.h>

_Atomic uint32_t fut_fork_count;

/* A microsecond passes between two looks, so that no loop waits for ever. */
int64_t fut_clock_now(void)
{
	const int64_t *clock = fut_self()->clock;

	return clock != NULL ? *clock : fut_clock_real();
}

int64_t fut_clock_real(void)
{
	schedule_step();
	reduce_access(&run.now, true);
	run.now += 1000;
	schedule_tick();
	return run.now;
}

/* Those who sleep on a word are another object than its value. */
static const void *queue_of(const void *word)
{
	return (const char *)word + 1;
}

static int park(const void *word, unsigned size, uint32_t expected,
	int64_t deadline_ns)
{
	bool timed_out;
	uint32_t value;

	schedule_step();
	value = atomic_word(word, size);
	reduce_access(word, false);
	reduce_access(queue_of(word), false);
	schedule_tick();
	if (run.tracing)
		report_event(value == expected ? "park" : "park: changed",
			word, size, value, ORDER_NONE);
	if (value != expected || choice_value(CHANCE_SPURIOUS, 2) != 0)
		return 0;
	if (deadline_ns <= run.now)
		return ETIMEDOUT;
	timed_out = schedule_park(word, deadline_ns,
		deadline_ns != FUT_FOREVER);
	if (timed_out) {
		reduce_access(queue_of(word), true);
		reduce_access(&run.now, true);
	}
	if (run.tracing)
		report_event(timed_out ? "times out" : "wakes", word, size,
			expected, ORDER_NONE);
	return timed_out ? ETIMEDOUT : 0;
}

/* The memory may have been freed: nothing of it is read. */
static void unpark(const void *word, unsigned size, int count)
{
	schedule_step();
	reduce_access(queue_of(word), true);
	for (unsigned i = 0; i < run.threads; i++)
		if ((run.timed & 1u << i) != 0 && threads[i].word == word)
			reduce_instead(i);
	if (run.tracing)
		report_event("unpark", word, size, (uint64_t)count,
			ORDER_NONE);
	schedule_unpark(word, count);
	schedule_tick();
}

int fut_park(_Atomic uint32_t *word, uint32_t expected, int64_t deadline_ns)
{
	return park(word, sizeof(*word), expected, deadline_ns);
}

void fut_unpark(_Atomic uint32_t *word, int count)
{
	unpark(word, sizeof(*word), count);
}

int fut_park_half(_Atomic uint64_t *word, uint32_t expected,
	int64_t deadline_ns)
{
	return park(word, sizeof(*word), expected, deadline_ns);
}

void fut_unpark_half(_Atomic uint64_t *word, int count)
{
	unpark(word, sizeof(*word), count);
}

void fut_relax(void)
{
	if (run.tracing)
		report_event("relax", NULL, 0, 0, ORDER_NONE);
	schedule_relax();
}

int fut_thread_start(struct fut_thread *thread, size_t stack_size,
	void (*main)(void *arg), void *arg)
{
	int number;

	(void)stack_size;
	if (choice_value(CHANCE_FAULT, 2) != 0)
		return EAGAIN;
	number = schedule_start(main, arg);
	if (run.tracing)
		report_event("starts", NULL, 0, (uint64_t)number, ORDER_NONE);
	schedule_tick();
	memset(thread, 0, sizeof(*thread));
	thread->handle = (pthread_t)number;
	return 0;
}

void fut_thread_join(struct fut_thread thread)
{
	if (run.tracing)
		report_event("joins", NULL, 0, (uint64_t)thread.handle,
			ORDER_NONE);
	schedule_join((unsigned)thread.handle);
}

void fut_thread_detach(struct fut_thread thread)
{
	unsigned number = (unsigned)thread.handle;

	if (number >= run.threads || threads[number].joined)
		run_fail(FINDING_UNSUPPORTED, "thread %u cannot be detached",
			number);
	threads[number].joined = true;
}

void fut_thread_name(const char *name, size_t index)
{
	(void)name;
	(void)index;
}

void fut_thread_name_as(const char *name, const char *role)
{
	(void)name;
	(void)role;
}

struct fut_thread_known fut_thread_known(void)
{
	return (struct fut_thread_known){ 1, (int)run.current, "thread" };
}

int fut_thread_stack_check(size_t stack_size)
{
	return stack_size == 1 ? EINVAL : 0;
}

bool fut_thread_stack_deep(void)
{
	return run.deep || (char *)__builtin_frame_address(0) <
		schedule_stack(run.current) + STACK / 2;
}

size_t fut_thread_cpus(void)
{
	return 2;
}

void *fut_alloc(size_t size)
{
	if (choice_value(CHANCE_FAULT, 2) != 0)
		return NULL;
	return memory_new(size, 16);
}

void *fut_alloc_lines(size_t size)
{
	void *memory = fut_alloc((size + 63) / 64 * 64);

	if (memory != NULL)
		memset(memory, 0, size);
	return memory;
}

void fut_free(void *memory)
{
	memory_free(memory);
}

void *fut_pages(size_t size)
{
	void *pages;

	if (choice_value(CHANCE_FAULT, 2) != 0)
		return NULL;
	pages = memory_new(size, size);
	memset(pages, 0, size);
	return pages;
}

void fut_pages_free(void *pages, size_t size)
{
	(void)size;
	memory_free(pages);
}

void fut_pages_huge(void *pages, size_t size)
{
	(void)pages;
	(void)size;
}

bool fut_alloc_watched(void)
{
	return !run.cache;
}

struct fut_self *fut_self(void)
{
	return self_thread()->self;
}

int fut_self_at_exit(void (*flush)(void))
{
	if (choice_value(CHANCE_FAULT, 2) != 0)
		return ENOMEM;
	self_thread()->flush = flush;
	return 0;
}

_Noreturn void fut_die(const char *sentence)
{
	run_fail(FINDING_DEATH, "%s", sentence);
}

int fut_fork_at_child(void (*reset)(void))
{
	(void)reset;
	return choice_value(CHANCE_FAULT, 2) != 0 ? ENOMEM : 0;
}

/* Nobody reads it. */
FILE *fut_text_errors(void)
{
	return NULL;
}

void fut_text(FILE *stream, const char *format, ...)
{
	(void)stream;
	(void)format;
}

int fut_text_end(FILE *stream)
{
	(void)stream;
	return 0;
}

void fut_text_at_exit(void (*say)(void))
{
	(void)say;
}

/* Nobody polls it: a scenario looks at `readable`, under its lock. */
int fut_wakefd_open(struct fut_wakefd *wakefd)
{
	if (choice_value(CHANCE_FAULT, 2) != 0)
		return EMFILE;
	*wakefd = (struct fut_wakefd){ -1, -1, false };
	return 0;
}

void fut_wakefd_close(struct fut_wakefd *wakefd)
{
	(void)wakefd;
}

void fut_wakefd_set(struct fut_wakefd *wakefd, bool readable)
{
	wakefd->readable = readable;
}

/* What a trace says is not looked at, only how it comes about. */
int fut_file_create(const char *path, int *ret_fd, struct fut_file_id *ret_id)
{
	(void)path;
	*ret_fd = 3;
	*ret_id = (struct fut_file_id){ .number = 3 };
	return choice_value(CHANCE_FAULT, 2) != 0 ? EMFILE : 0;
}

bool fut_file_is(int fd, const struct fut_file_id *id)
{
	return id->number == (uint64_t)fd;
}

void fut_file_forget(int fd)
{
	(void)fd;
}

struct fut_file *fut_file_begin(int fd)
{
	static char file;

	(void)fd;
	return choice_value(CHANCE_FAULT, 2) != 0 ? NULL :
		(struct fut_file *)&file;
}

void fut_file_print(struct fut_file *file, const char *format, ...)
{
	(void)file;
	(void)format;
}

void fut_file_print_text(struct fut_file *file, const char *bytes, size_t size)
{
	(void)file;
	(void)bytes;
	(void)size;
}

void fut_file_print_function(struct fut_file *file, const void *function)
{
	(void)file;
	(void)function;
}

int fut_file_end(struct fut_file *file)
{
	(void)file;
	return 0;
}

const char *fut_file_asked(void)
{
	return NULL;
}

int fut_file_at_exit(void (*call)(void))
{
	(void)call;
	return 0;
}

int model_start(void (*main)(void *arg), void *arg)
{
	int number = schedule_start(main, arg);

	if (run.tracing)
		report_event("starts", NULL, 0, (uint64_t)number, ORDER_NONE);
	schedule_tick();
	return number;
}

void model_join(int thread)
{
	if (run.tracing)
		report_event("joins", NULL, 0, (uint64_t)thread, ORDER_NONE);
	schedule_join((unsigned)thread);
}

_Noreturn void model_fail(const char *file, int line, const char *text)
{
	run_fail(FINDING_CHECK, "%s:%d: %s", file, line, text);
}

unsigned model_choose(unsigned n)
{
	return choice_value(CHANCE_SCENARIO, n);
}

void model_quiet(bool quiet)
{
	schedule_step();
	reduce_access(&run.quiet, true);
	run.quiet = quiet;
}

void model_rest(void)
{
	run.resting |= 1u << run.current;
	while ((run.ready & ~run.resting) != 0)
		schedule_relax();
	run.resting &= ~(1u << run.current);
}

void model_count(unsigned counter)
{
	/* To count and to count can be exchanged; to look cannot. */
	reduce_access(&run.counters[counter], false);
	run.counters[counter]++;
}

unsigned model_counted(unsigned counter)
{
	reduce_access(&run.counters[counter], true);
	return run.counters[counter];
}

unsigned model_blocks(void)
{
	return memory_blocks();
}

void model_outcome(uint32_t outcome)
{
	run.has_outcome = true;
	run.outcome = outcome;
}

void model_daemons(unsigned count)
{
	run.daemons = count;
}

unsigned model_thread(void)
{
	return run.current;
}

void model_deep(void)
{
	run.deep = true;
}

void model_cache(void)
{
	run.cache = true;
}
