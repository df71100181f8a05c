/*
 * A program that says what it is doing, on request:
 *
 *	samples/inspect &  kill -QUIT ...  kill -TERM ...
 *
 * No call of the library is for signal handlers.  So SIGQUIT is blocked before
 * there are threads, and a loop is told by signalfd, as of any other input: it
 * writes a report on stderr.  SIGTERM ends the program, and what it waits for.
 * FUTURE_SITES gives every future the line that made it.
 */
#define _GNU_SOURCE
#define FUTURE_SITES
#include <errno.h>
#include <future.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/signalfd.h>
#include <unistd.h>

static future_executor_t *pool;
static future_promise_t *promise;	/* of an answer long in coming */
static future_t *answer, *first, *second;
static future_event_t asked;

/* Asleep in a task: the report says for what, by its name. */
static future_result_t ask(void *arg)
{
	(void)arg;
	future_event_set(&asked);
	return future_get(answer);
}

/* These two wait for each other: one is told, and both fail so. */
static future_result_t wait_for(future_result_t in, void *other)
{
	(void)in;
	return future_get(*(future_t **)other);
}

static future_result_t fail(void *arg)
{
	(void)arg;
	return future_fail(-1);
}

static void complain(void *arg, const future_unobserved_t *lost)
{
	(void)arg;
	fprintf(stderr, "lost: error %d of %s\n", lost->error, lost->site);
}

/* Futures in the background, as a program has them that is in trouble. */
static int begin(void)
{
	const future_pool_options_t options = { .threads = 3, .name = "work" };
	const future_task_t asks = { .fn = ask, .name = "ask" };
	future_continuation_t waits = { .fn = wait_for, .arg = &second,
		.name = "first" };
	future_promise_t *start;
	future_t *started;

	if (future_pool_new(&options, &pool) != 0 ||
	    future_promise_new(pool, &promise) != 0 ||
	    future_promise_new(pool, &start) != 0)
		return 1;
	answer = future_name(future_promise_future(promise), "answer", NULL);
	future_unref(future_submit_with(pool, &asks));
	started = future_promise_future(start);
	first = future_then_with(started, &waits);
	waits.arg = &first;
	waits.name = "second";
	second = future_then_with(started, &waits);
	future_promise_settle(start, future_ok(NULL));
	future_promise_free(start);
	future_unref(started);
	/* Nobody will know that this has failed, unless complain() says so. */
	future_unref(future_submit(future_inline(), fail, NULL));
	return future_event_wait(&asked) != 0 ||
		future_get(first).error != EDEADLK ||
		future_get(second).error != EDEADLK;
}

/* Until SIGTERM.  The signal comes as something to be read. */
static int serve(int signals)
{
	struct signalfd_siginfo info;
	struct pollfd poll_signals = { .fd = signals, .events = POLLIN };

	for (;;) {
		if (poll(&poll_signals, 1, -1) < 0)
			continue;
		if (read(signals, &info, sizeof(info)) != sizeof(info))
			return 1;
		if (info.ssi_signo == SIGTERM)
			return 0;
		if (future_report(stderr) != 0)
			return 1;
	}
}

int main(void)
{
	sigset_t set;
	int signals, status;

	sigemptyset(&set);
	sigaddset(&set, SIGQUIT);
	sigaddset(&set, SIGTERM);
	/* Before the first thread, which inherits it. */
	sigprocmask(SIG_BLOCK, &set, NULL);
	signals = signalfd(-1, &set, SFD_CLOEXEC);
	future_set_unobserved(complain, NULL);
	if (signals < 0 || begin() != 0)
		return 1;
	printf("kill -QUIT %ld\n", (long)getpid());
	fflush(stdout);
	status = serve(signals);
	future_promise_settle(promise, future_ok(NULL));
	/* What runs there still uses the answer. */
	future_executor_unref(pool);
	future_unref(first);
	future_unref(second);
	future_unref(answer);
	future_promise_free(promise);
	close(signals);
	return status;
}
