/*
 * See thread.h.  Stands before the system's pthread_create() in every program
 * that is linked with it, also for the shared library.
 */
#define _GNU_SOURCE
#include "thread.h"

#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

typedef int create_fn(pthread_t *thread, const pthread_attr_t *attr,
	void *(*body)(void *arg), void *arg);

/* The sanitizers' own, where they stand before the system's. */
extern create_fn __interceptor_pthread_create __attribute__((weak));

static atomic_int asked, failing;

void fail_thread(int nth)
{
	atomic_store(&asked, 0);
	atomic_store(&failing, nth);
}

int fail_thread_count(void)
{
	return atomic_load(&asked);
}

static create_fn *next_create(void)
{
	void *symbol;
	create_fn *create;

	if (__interceptor_pthread_create != NULL)
		return __interceptor_pthread_create;
	symbol = dlsym(RTLD_NEXT, "pthread_create");
	memcpy(&create, &symbol, sizeof(create));
	return create;
}

int pthread_create(pthread_t *thread, const pthread_attr_t *attr,
	void *(*body)(void *arg), void *arg)
{
	int nth = atomic_fetch_add(&asked, 1) + 1;

	if (nth == atomic_load(&failing))
		return EAGAIN;
	return next_create()(thread, attr, body, arg);
}
