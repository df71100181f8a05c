/* Floor 1: threads, and what a thread can ask about its machine. */
#ifndef FUT_THREAD_H
#define FUT_THREAD_H

#include "base.h"

#include <pthread.h>

struct fut_thread {
	pthread_t handle;
	void (*main)(void *arg);	/* the thread reads these first */
	void *arg;
};

/*
 * Starts a thread that runs main(arg) with cancellation disabled and every
 * signal blocked but those that a fault of its own raises, and SIGPROF.
 * stack_size 0 is the system's default.  Returns 0, EAGAIN, ENOMEM or EINVAL.
 * *thread stays where it is until the thread has been joined or detached.
 */
int fut_thread_start(struct fut_thread *thread, size_t stack_size,
	void (*main)(void *arg), void *arg);

/* Waits until the thread is gone. */
void fut_thread_join(struct fut_thread thread);

/* Nobody will join it. */
void fut_thread_detach(struct fut_thread thread);

/* Names the calling thread, for debuggers; cut to 15 bytes. */
void fut_thread_name(const char *name, size_t index);

/* The same for one of a kind: "name-role"; the role has at most 10 bytes. */
void fut_thread_name_as(const char *name, const char *role);

/* As what the system knows the calling thread. */
struct fut_thread_known {
	int process, thread;
	char name[16];
};

struct fut_thread_known fut_thread_known(void);

/* 0, or EINVAL for a stack size that no thread can be started with. */
int fut_thread_stack_check(size_t stack_size);

/* True once the calling thread has used half of its stack. */
bool fut_thread_stack_deep(void);

/*
 * The CPUs that this process may use: the affinity mask and the cgroup's quota
 * counted; at least 1.
 */
size_t fut_thread_cpus(void);

#endif
