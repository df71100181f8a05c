/*
 * Forked children.
 *
 *	ck_assert_int_eq(in_child(use_inherited, pool), 0);
 */
#ifndef CHILD_H
#define CHILD_H

#include "support.h"

#include <sys/wait.h>

/* True if thread `tid` sleeps; adds how often it has slept so far. */
static inline bool count_sleeps(const char *tid, unsigned long *total)
{
	unsigned long sleeps = 0;
	bool asleep = false;
	char text[256];
	FILE *file;

	snprintf(text, sizeof(text), "/proc/self/task/%.20s/status", tid);
	file = fopen(text, "re");
	if (file == NULL)
		return false;
	while (fgets(text, sizeof(text), file) != NULL) {
		asleep |= strncmp(text, "State:\tS", 8) == 0;
		sscanf(text, "voluntary_ctxt_switches: %lu", &sleeps);
	}
	fclose(file);
	*total += sleeps;
	return asleep;
}

/* True if all threads but this one sleep. */
static inline bool count_all_sleeps(unsigned long *ret_total)
{
	DIR *tasks = opendir("/proc/self/task");
	pid_t here = thread_id();
	bool asleep = true;

	ck_assert_ptr_nonnull(tasks);
	*ret_total = 0;
	for (struct dirent *task; asleep && (task = readdir(tasks)) != NULL;)
		if (task->d_name[0] != '.' && atoi(task->d_name) != here)
			asleep = count_sleeps(task->d_name, ret_total);
	closedir(tasks);
	return asleep;
}

/*
 * Waits until all other threads sleep at once: until each is seen asleep, and
 * again in the same sleep.
 */
static inline void others_sleep(void)
{
	unsigned long once, again;

	while (!count_all_sleeps(&once) || !count_all_sleeps(&again) ||
	       once != again)
		sched_yield();
}

/*
 * fork() while no other thread runs, if it matters.  AddressSanitizer's malloc
 * knows nothing of forks: one that a thread is in the middle of, be it only
 * because the thread is starting, is locked for ever in the child.
 */
static inline pid_t fork_quietly(void)
{
	fflush(NULL);
	if (under_asan())
		others_sleep();
	return fork();
}

/*
 * Runs `body` in a forked child and returns what waitpid() said.  There the
 * macros of Check must not be used: the child says what is wrong and leaves.
 */
static inline int in_child(void (*body)(void *arg), void *arg)
{
	pid_t child = fork_quietly();
	int status = -1;

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
