/* A debug build says on stderr what was lost, and what is left at exit. */
#define _GNU_SOURCE
#include "support.h"

#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

#ifndef FUT_SAYS_LOST
#define FUT_SAYS_LOST 0
#endif

static char said[4096];

/* Has act() called in a child, which then exits: what it says on stderr. */
static void hear(void (*act)(void))
{
	int ends[2], status;
	ssize_t got;
	size_t length = 0;
	pid_t child;

	ck_assert_int_eq(pipe(ends), 0);
	child = fork();
	ck_assert_int_ge(child, 0);
	if (child == 0) {
		dup2(ends[1], STDERR_FILENO);
		close(ends[0]);
		close(ends[1]);
		act();
		exit(0);
	}
	close(ends[1]);
	while (length < sizeof(said) - 1 && (got = read(ends[0],
			said + length, sizeof(said) - 1 - length)) > 0)
		length += (size_t)got;
	said[length] = '\0';
	close(ends[0]);
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	ck_assert_int_eq(status, 0);
}

static void says(const char *what)
{
	if (FUT_SAYS_LOST)
		ck_assert_msg(strstr(said, what) != NULL, "no \"%s\" in\n%s",
			what, said);
	else
		ck_assert_str_eq(said, "");
}

static future_result_t fail_at_once(void *arg)
{
	(void)arg;
	return future_fail(EIO);
}

static future_t *failed(void)
{
	return future_name(future_submit(future_inline(), fail_at_once, NULL),
		"load", "load.c:3");
}

static void lose_an_error(void)
{
	future_unref(failed());
}

START_TEST(an_error_that_is_lost_is_said)
{
	hear(lose_an_error);
	says("libfuture: nobody looked at an error: Input/output error, of "
		"\"load\" (load.c:3)\n");
}
END_TEST

static void lose_it_unsaid(void)
{
	future_set_unobserved(NULL, NULL);
	lose_an_error();
}

START_TEST(or_not_if_that_is_asked_for)
{
	hear(lose_it_unsaid);
	ck_assert_str_eq(said, "");
}
END_TEST

/* Not leaks to a tool that looks for what nothing points to. */
static future_t *left[2];

static void leave_two(void)
{
	for (int i = 0; i < 2; i++) {
		left[i] = failed();
		ck_assert_int_eq(future_get(left[i]).error, EIO);
	}
}

START_TEST(what_is_left_at_exit_is_said)
{
	hear(leave_two);
	says("libfuture: 2 futures with a name or a site not freed:\n"
		"  2 of \"load\" (load.c:3): 0 pending, 0 running, 2 settled");
}
END_TEST

static void leave_nothing(void)
{
	future_t *future = failed();

	ck_assert_int_eq(future_get(future).error, EIO);
	future_unref(future);
}

START_TEST(where_nothing_is_left_nothing_is_said)
{
	hear(leave_nothing);
	ck_assert_str_eq(said, "");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("debug");
	TCase *tcase = suite_case(suite, "debug");

	tcase_add_test(tcase, an_error_that_is_lost_is_said);
	tcase_add_test(tcase, or_not_if_that_is_asked_for);
	tcase_add_test(tcase, what_is_left_at_exit_is_said);
	tcase_add_test(tcase, where_nothing_is_left_nothing_is_said);
	return suite_run(suite);
}
