/* See self.h. */
#include "self.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

_Thread_local struct fut_self fut_self_here;

static pthread_once_t once = PTHREAD_ONCE_INIT;
static pthread_key_t key;
static int key_error;

static void run_flush(void *flush)
{
	void (*call)(void);

	memcpy(&call, &flush, sizeof(call));
	call();
}

static void make_key(void)
{
	key_error = pthread_key_create(&key, run_flush);
}

int fut_self_at_exit(void (*flush)(void))
{
	void *value;

	pthread_once(&once, make_key);
	if (key_error != 0)
		return key_error;
	memcpy(&value, &flush, sizeof(value));
	return pthread_setspecific(key, value);
}

_Noreturn void fut_die(const char *sentence)
{
	ssize_t ignored;

	ignored = write(STDERR_FILENO, sentence, strlen(sentence));
	ignored = write(STDERR_FILENO, "\n", 1);
	(void)ignored;
	abort();
}
