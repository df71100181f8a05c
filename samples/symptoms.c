/*
 * Three runs of the same work, for its picture:
 *
 *	FUTURE_TRACE=stall.json samples/symptoms stall
 *	scripts/trace2svg stall.json > stall.svg
 *
 * healthy: the workers are busy, each page is parsed when it is there.
 * stall: two tasks block both workers in a read that takes its time; what is
 * queued behind them waits, though nothing of it needs them.
 * deadlock: two steps wait for each other, until one is told EDEADLK.
 */
#include <errno.h>
#include <future.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>

enum { PAGES = 6, WORK = 3000000 };

static future_executor_t *pool;
static future_t *steps[2];
static future_latch_t begun = FUTURE_LATCH_INIT(2);

static future_result_t fetch(void *arg)
{
	volatile unsigned sum = 0;

	for (unsigned i = 0; i < WORK; i++)
		sum += i;
	return sum == 1 ? future_fail(EDOM) : future_ok(arg);
}

static future_result_t parse(future_result_t in, void *arg)
{
	(void)arg;
	return fetch(in.value);
}

/* A call that the library knows nothing of, as of a slow server. */
static future_result_t block(void *arg)
{
	return poll(NULL, 0, 30) == 0 ? future_ok(arg) : future_fail(errno);
}

/* Both have begun; the second waits later, and is told. */
static future_result_t wait_for(future_result_t in, void *other)
{
	future_latch_count_down(&begun, 1);
	if (future_latch_wait(&begun) != 0)
		return future_fail(EPROTO);
	if (other == &steps[0])
		(void)fetch(in.value);
	return future_get(*(future_t **)other);
}

static future_t *submit(future_task_fn *fn, const char *name)
{
	const future_task_t task = { .fn = fn, .name = name };

	return future_submit_with(pool, &task);
}

static int fetch_and_parse(void)
{
	const future_continuation_t parses = { .fn = parse, .name = "parse" };
	future_t *pages[PAGES];
	int error = 0;

	for (int i = 0; i < PAGES; i++) {
		FUTURE_AUTO future_t *page = submit(fetch, "fetch");

		pages[i] = future_then_with(page, &parses);
	}
	for (int i = 0; i < PAGES; i++) {
		error = error != 0 ? error : future_get(pages[i]).error;
		future_unref(pages[i]);
	}
	return error;
}

static int stall(void)
{
	for (int i = 0; i < 2; i++)
		future_unref(submit(block, "read"));
	return fetch_and_parse();
}

static int deadlock(void)
{
	future_continuation_t waits = { .fn = wait_for };
	future_promise_t *go = NULL;
	future_t *gone;
	int error = future_promise_new(pool, &go);

	if (error != 0)
		return error;
	gone = future_promise_future(go);
	for (int i = 0; i < 2; i++) {
		waits.name = i == 0 ? "first" : "second";
		waits.arg = &steps[1 - i];
		steps[i] = future_then_with(gone, &waits);
	}
	future_promise_settle(go, future_ok(NULL));
	for (int i = 0; i < 2; i++)
		error = future_get(steps[i]).error == EDEADLK ? 0 : EPROTO;
	for (int i = 0; i < 2; i++)
		future_unref(steps[i]);
	future_unref(gone);
	future_promise_free(go);
	return error != 0 ? error : fetch_and_parse();
}

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		int (*run)(void);
	} runs[] = { { "healthy", fetch_and_parse }, { "stall", stall },
		{ "deadlock", deadlock } };
	const future_pool_options_t options = { .threads = 2, .name = "work" };
	int error = EINVAL;

	if (argc != 2 || future_pool_new(&options, &pool) != 0) {
		fputs("Usage: symptoms healthy|stall|deadlock\n", stderr);
		return 2;
	}
	for (size_t i = 0; i < 3; i++)
		if (strcmp(argv[1], runs[i].name) == 0)
			error = runs[i].run();
	future_executor_unref(pool);
	printf("%s: %s\n", argv[1], error == 0 ? "done" :
		future_strerror(error));
	return error != 0;
}
