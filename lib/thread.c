/* See thread.h. */
#define _GNU_SOURCE
#include "thread.h"
#include "self.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static pthread_once_t once = PTHREAD_ONCE_INIT;
static pthread_key_t key;
static bool has_key;

/*
 * A thread of the library ends: outside of all that it ran.  Or it stays: here,
 * and not while the stack is unwound, for that cannot be done twice at once.
 */
static void at_end(void *again)
{
	struct fut_self *self = fut_self();
	void (*stay)(void *arg) = self->stay;

	if (self->worker != NULL || self->frame != NULL)
		fut_die("libfuture: a task called pthread_exit, and the stack "
			"cannot be unwound");
	if (stay == NULL)
		return;
	self->stay = NULL;
	(void)!pthread_setspecific(key, again);
	stay(self->stay_arg);
}

static void make_key(void)
{
	has_key = pthread_key_create(&key, at_end) == 0;
}

static void *thread_main(void *argument)
{
	const struct fut_thread *thread = argument;

	pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, NULL);
	pthread_once(&once, make_key);
	if (has_key)
		(void)!pthread_setspecific(key, &key);
	thread->main(thread->arg);
	return NULL;
}

/* Signals belong to the application's threads; faults to whoever raises. */
static void blocked_signals(sigset_t *set)
{
	static const int kept[] = { SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP,
		SIGSYS, SIGABRT, SIGPROF };

	sigfillset(set);
	for (size_t i = 0; i < sizeof(kept) / sizeof(kept[0]); i++)
		sigdelset(set, kept[i]);
}

/* Under a mask that the new thread inherits. */
static int create(struct fut_thread *thread, const pthread_attr_t *attr)
{
	sigset_t blocked, before;
	int error;

	blocked_signals(&blocked);
	pthread_sigmask(SIG_SETMASK, &blocked, &before);
	error = pthread_create(&thread->handle, attr, thread_main, thread);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return error;
}

int fut_thread_start(struct fut_thread *thread, size_t stack_size,
	void (*main)(void *arg), void *arg)
{
	pthread_attr_t attr;
	int error = pthread_attr_init(&attr);

	if (error != 0)
		return error;
	thread->main = main;
	thread->arg = arg;
	if (stack_size != 0)
		error = pthread_attr_setstacksize(&attr, stack_size);
	if (error == 0)
		error = create(thread, &attr);
	pthread_attr_destroy(&attr);
	return error;
}

/* No call is a cancellation point: nobody could finish what it has begun. */
static int hold_cancel(void)
{
	int before = PTHREAD_CANCEL_ENABLE;

	pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &before);
	return before;
}

static void allow_cancel(int before)
{
	pthread_setcancelstate(before, NULL);
}

void fut_thread_join(struct fut_thread thread)
{
	int cancel = hold_cancel();

	pthread_join(thread.handle, NULL);
	allow_cancel(cancel);
}

void fut_thread_detach(struct fut_thread thread)
{
	pthread_detach(thread.handle);
}

void fut_thread_name(const char *name, size_t index)
{
	char number[16];

	snprintf(number, sizeof(number), "%u", (unsigned)(index % 100000));
	fut_thread_name_as(name, number);
}

void fut_thread_name_as(const char *name, const char *role)
{
	char text[32];
	int cut = 14 - (int)strlen(role);

	/*
	 * The end tells them apart: it is the name that is cut, to 15 letters
	 * in all.  There is room for more, which gcc cannot rule out.
	 */
	snprintf(text, sizeof(text), "%.*s-%s", cut, name, role);
	pthread_setname_np(pthread_self(), text);
}

struct fut_thread_known fut_thread_known(void)
{
	struct fut_thread_known known = { .process = (int)getpid(),
		.thread = (int)syscall(SYS_gettid) };

	pthread_getname_np(pthread_self(), known.name, sizeof(known.name));
	return known;
}

int fut_thread_stack_check(size_t stack_size)
{
	pthread_attr_t attr;
	int error;

	if (stack_size == 0)
		return 0;
	if (pthread_attr_init(&attr) != 0)
		return ENOMEM;
	error = pthread_attr_setstacksize(&attr, stack_size);
	pthread_attr_destroy(&attr);
	return error;
}

/* Computed once a thread: the main thread's costs a read of /proc. */
static void *stack_middle(void)
{
	pthread_attr_t attr;
	void *low = NULL;
	size_t size = 0;
	int cancel = hold_cancel(), error;

	error = pthread_getattr_np(pthread_self(), &attr);
	allow_cancel(cancel);
	if (error != 0)
		return (void *)1;
	pthread_attr_getstack(&attr, &low, &size);
	pthread_attr_destroy(&attr);
	return (char *)low + size / 2;
}

bool fut_thread_stack_deep(void)
{
	struct fut_self *self = fut_self();
	char here;

	if (self->stack_middle == NULL)
		self->stack_middle = stack_middle();
	return (uintptr_t)&here < (uintptr_t)self->stack_middle;
}

/* The quota of one cgroup file, in CPUs rounded up; 0: none. */
static size_t quota_of(const char *path)
{
	char quota[32];
	double period = 100000, limit;
	FILE *file = fopen(path, "re");
	int fields;

	if (file == NULL)
		return 0;
	fields = fscanf(file, "%31s %lf", quota, &period);
	fclose(file);
	if (fields < 1 || period <= 0 || sscanf(quota, "%lf", &limit) != 1 ||
	    limit <= 0)
		return 0;
	return (size_t)(limit / period + 0.999);
}

size_t fut_thread_cpus(void)
{
	size_t cpus = 1, quota;
	int cancel = hold_cancel();
	cpu_set_t set;
	long online;

	if (sched_getaffinity(0, sizeof(set), &set) == 0) {
		cpus = (size_t)CPU_COUNT(&set);
	} else {
		online = sysconf(_SC_NPROCESSORS_ONLN);
		cpus = online > 0 ? (size_t)online : 1;
	}
	quota = quota_of("/sys/fs/cgroup/cpu.max");
	if (quota == 0)
		quota = quota_of("/sys/fs/cgroup/cpu/cpu.cfs_quota_us");
	allow_cancel(cancel);
	return quota != 0 && quota < cpus ? quota : cpus;
}
