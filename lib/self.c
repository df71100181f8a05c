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

static void run_flushes(void *set)
{
	struct fut_self *self = fut_self();

	(void)set;
	for (size_t i = 0; i < 2; i++) {
		void (*flush)(void) = self->at_exit[i];

		self->at_exit[i] = NULL;
		if (flush != NULL)
			flush();
	}
}

static void make_key(void)
{
	key_error = pthread_key_create(&key, run_flushes);
}

int fut_self_at_exit(void (*flush)(void))
{
	struct fut_self *self = fut_self();
	int error;

	pthread_once(&once, make_key);
	error = key_error != 0 ? key_error : pthread_setspecific(key, &key);
	if (error == 0)
		self->at_exit[self->at_exit[0] != NULL &&
			self->at_exit[0] != flush] = flush;
	return error;
}

_Noreturn void fut_die(const char *sentence)
{
	ssize_t ignored;

	ignored = write(STDERR_FILENO, sentence, strlen(sentence));
	ignored = write(STDERR_FILENO, "\n", 1);
	(void)ignored;
	abort();
}
