/*
 * Futures inside a main loop of one's own, around poll(): numbers come in on
 * standard input, a pool counts the primes below each, and what it finds is
 * shown on the thread of the main loop, which never waits for it.
 *
 *	printf '10\n1000\n' | samples/in_poll
 */
#define _POSIX_C_SOURCE 200809L
#include <future.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct app {
	future_executor_t *loop;
	pthread_t thread;	/* where all of the below is touched */
	char line[64];
	size_t length;
	size_t asked, answered, ticks;
	bool open;		/* there may be more to read */
};

/* On a worker. */
static future_result_t count_primes(void *arg)
{
	intptr_t below = (intptr_t)arg, primes = 0;

	for (intptr_t n = 2; n < below; n++) {
		intptr_t divisor = 2;

		while (divisor * divisor <= n && n % divisor != 0)
			divisor++;
		primes += divisor * divisor > n;
	}
	return future_ok_int(primes);
}

struct question {
	struct app *app;
	long below;
};

/* On the main loop's thread. */
static future_result_t show(future_result_t in, void *arg)
{
	struct question *question = arg;
	struct app *app = question->app;

	app->answered++;
	if (!pthread_equal(app->thread, pthread_self()))
		printf("on another thread: ");
	if (in.error != 0)
		printf("%ld: %s\n", question->below,
			future_strerror(in.error));
	else
		printf("%ld: %ld primes\n", question->below,
			(long)future_result_int(in));
	return future_ok(NULL);
}

static future_result_t tick(void *arg)
{
	((struct app *)arg)->ticks++;
	return future_ok(NULL);
}

static void ask(struct app *app, long below)
{
	struct question question = { app, below };
	future_t *primes = future_submit(NULL, count_primes,
		(void *)(intptr_t)below);
	future_t *shown = future_then_with(primes, &(future_continuation_t){
		.on = FUTURE_ON_EITHER, .executor = app->loop, .fn = show,
		.arg = &question, .arg_size = sizeof(question) });

	/* Refused for want of memory: nobody will answer. */
	if (future_state(shown) != FUTURE_FAILED)
		app->asked++;
	future_unref(primes);
	future_unref(shown);
}

/* What can be read now; a line is a question. */
static void read_lines(struct app *app)
{
	char text[256];
	ssize_t got = read(STDIN_FILENO, text, sizeof(text));

	app->open = got > 0;
	for (ssize_t i = 0; i < got; i++) {
		if (text[i] != '\n') {
			if (app->length < sizeof(app->line) - 1)
				app->line[app->length++] = text[i];
			continue;
		}
		app->line[app->length] = '\0';
		app->length = 0;
		ask(app, strtol(app->line, NULL, 10));
	}
}

static void run(struct app *app)
{
	while (app->open || app->answered < app->asked) {
		struct pollfd on[] = {
			{ future_loop_fd(app->loop), POLLIN, 0 },
			{ app->open ? STDIN_FILENO : -1, POLLIN, 0 },
		};

		poll(on, 2, future_ms_until(future_loop_deadline(app->loop)));
		if (on[1].revents != 0)
			read_lines(app);
		future_loop_run_pending(app->loop);
	}
}

int main(void)
{
	struct app app = { .thread = pthread_self(), .open = true };
	int error = future_loop_new(&app.loop);
	future_t *ticks;

	if (error != 0) {
		fprintf(stderr, "in_poll: %s\n", future_strerror(error));
		return 1;
	}
	ticks = future_every(app.loop, &(future_schedule_t){
		.period_ns = 1000000, .fn = tick, .arg = &app });
	run(&app);
	future_cancel(ticks);
	future_unref(ticks);
	printf("%zu answers, %s\n", app.answered,
		app.ticks > 0 ? "and the clock ticked" : "and no tick");
	future_executor_unref(app.loop);
	return 0;
}
