/*
 * dlclose LIBRARY: opens it, has its default pool at work, closes it; then idle
 * workers wake, threads that used it end, and the process forks: all of which
 * runs code of the library.  For check_dlclose.sh.
 */
#include <future.h>

#include <dlfcn.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static const char *library;

static struct calls {
	__typeof__(future_submit) *submit;
	__typeof__(future_then) *then;
	__typeof__(future_get) *get;
	__typeof__(future_unref) *unref;
	__typeof__(future_pool_new) *pool_new;
	__typeof__(future_executor_unref) *pool_unref;
} calls;

static void check(int fine, const char *what)
{
	if (fine)
		return;
	fprintf(stderr, "dlclose: %s\n", what);
	exit(1);
}

static void *open_library(void)
{
	void *handle = dlopen(library, RTLD_NOW | RTLD_LOCAL);

	check(handle != NULL, "dlopen");
	return handle;
}

static void find(void *handle, const char *name, void *ret_call)
{
	void *symbol = dlsym(handle, name);

	check(symbol != NULL, name);
	memcpy(ret_call, &symbol, sizeof(symbol));
}

static void find_all(void *handle)
{
	find(handle, "future_submit", &calls.submit);
	find(handle, "future_then", &calls.then);
	find(handle, "future_get", &calls.get);
	find(handle, "future_unref", &calls.unref);
	find(handle, "future_pool_new", &calls.pool_new);
	find(handle, "future_executor_unref", &calls.pool_unref);
}

static future_result_t count(void *ran)
{
	atomic_fetch_add((atomic_int *)ran, 1);
	return future_ok(NULL);
}

static future_result_t count_then(future_result_t in, void *ran)
{
	(void)in;
	return count(ran);
}

static void use(future_executor_t *pool)
{
	atomic_int ran = 0;

	for (int i = 0; i < 100; i++) {
		future_t *first = calls.submit(pool, count, &ran);
		future_t *last = calls.then(first, count_then, &ran);

		check(calls.get(last).error == 0, "a task failed");
		calls.unref(first);
		calls.unref(last);
	}
	check(ran == 200, "a task is missing");
}

struct user {
	pthread_t thread;
	pthread_barrier_t used, closed;
};

/* It ends, with what the library keeps for it, after the dlclose(). */
static void *use_and_end(void *argument)
{
	struct user *user = argument;

	use(NULL);
	pthread_barrier_wait(&user->used);
	pthread_barrier_wait(&user->closed);
	return NULL;
}

static void fork_once(void)
{
	int status = -1;
	pid_t child = fork();

	if (child == 0)
		_exit(0);
	check(waitpid(child, &status, 0) == child && status == 0,
		"a forked child failed");
}

int main(int argc, char **argv)
{
	future_executor_t *pool = NULL;
	struct user user;
	void *handle;

	check(argc == 2, "usage: dlclose LIBRARY");
	library = argv[1];
	alarm(30);
	handle = open_library();
	find_all(handle);
	check(calls.pool_new(NULL, &pool) == 0, "no pool");
	use(pool);
	pthread_barrier_init(&user.used, NULL, 2);
	pthread_barrier_init(&user.closed, NULL, 2);
	pthread_create(&user.thread, NULL, use_and_end, &user);
	pthread_barrier_wait(&user.used);
	check(dlclose(handle) == 0, "dlclose");
	pthread_barrier_wait(&user.closed);
	pthread_join(user.thread, NULL);
	fork_once();
	/* Opened again it is the same, with the same default pool. */
	handle = open_library();
	use(NULL);
	use(pool);
	calls.pool_unref(pool);
	check(dlclose(handle) == 0, "dlclose");
	fork_once();
	return 0;
}
