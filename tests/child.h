/*
 * Forked children.
 *
 *	ck_assert_int_eq(in_child(use_inherited, pool), 0);
 */
#ifndef CHILD_H
#define CHILD_H

#include "support.h"

#include <sys/wait.h>

/*
 * Runs `body` in a forked child and returns what waitpid() said.  There the
 * macros of Check must not be used: the child says what is wrong and leaves.
 */
static inline int in_child(void (*body)(void *arg), void *arg)
{
	pid_t child;
	int status = -1;

	fflush(NULL);
	child = fork();
	if (child == 0) {
		body(arg);
		_exit(0);
	}
	ck_assert_int_gt(child, 0);
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	return status;
}

#define CHILD_ASSERT(condition) \
	child_assert((condition), __FILE__, __LINE__, #condition)

static inline void child_assert(bool condition, const char *file, int line,
	const char *text)
{
	char message[256];
	int length;

	if (condition)
		return;
	length = snprintf(message, sizeof(message), "%s:%d: in the child: %s\n",
		file, line, text);
	if (write(STDERR_FILENO, message, (size_t)length) < 0)
		_exit(2);
	_exit(1);
}

#endif
