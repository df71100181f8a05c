/*
 * An event loop, from the inside: epoll, what is ready, timers; how one long
 * computation stalls it, and how a pool mends that.
 *
 *	samples/event_loop [REQUESTS]		a client's; 20 by default
 *
 * Clients send blocks of bytes through sockets, the server answers each with a
 * checksum of it, which takes a while.  All of it is one thread: it sleeps in
 * epoll_wait(), and runs what has become ready.  That a socket is readable is a
 * future; so the server is a chain of continuations: readable, checksum,
 * answer, and again.  A timer that is due every 2 ms tells how late it comes.
 *
 * First the checksum is computed on the loop, then on a pool: one argument.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <future.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { CLIENTS = 2, BLOCK = 1024, ROUNDS = 6000, TICK_NS = 2000000 };

static void must(int error, const char *what)
{
	if (error == 0)
		return;
	fprintf(stderr, "event_loop: %s: %s\n", what, future_strerror(error));
	exit(1);
}

/* The event loop: a reactor around a queue of what is ready. */

static struct {
	int epoll;
	future_executor_t *ready;	/* the queue */
	size_t open;			/* connections */
	int64_t longest_ns;		/* that it was away from epoll_wait() */
} reactor;

struct connection {
	int fd;
	future_promise_t *readable;
	future_executor_t *worker;	/* where checksums are computed */
	pthread_t client;
};

static void watch(int fd, struct connection *connection)
{
	struct epoll_event event = { .events = EPOLLIN };

	event.data.ptr = connection;
	if (epoll_ctl(reactor.epoll, EPOLL_CTL_ADD, fd, &event) != 0)
		must(errno, "epoll_ctl");
}

/* A future that succeeds when there is something to read. */
static future_t *readable(struct connection *connection)
{
	must(future_promise_new(reactor.ready, &connection->readable),
		"a promise");
	watch(connection->fd, connection);
	return future_promise_future(connection->readable);
}

static void is_readable(struct connection *connection)
{
	epoll_ctl(reactor.epoll, EPOLL_CTL_DEL, connection->fd, NULL);
	future_promise_settle(connection->readable, future_ok(NULL));
	future_promise_free(connection->readable);
}

/* Sleep; note what has become ready; run it.  NULL is the queue itself. */
static void turn(void)
{
	struct epoll_event events[16];
	int count = epoll_wait(reactor.epoll, events, 16,
		future_ms_until(future_loop_deadline(reactor.ready)));
	int64_t since_ns = future_now().ns, away_ns;

	for (int i = 0; i < count; i++)
		if (events[i].data.ptr != NULL)
			is_readable(events[i].data.ptr);
	future_loop_run_pending(reactor.ready);
	away_ns = future_now().ns - since_ns;
	if (away_ns > reactor.longest_ns)
		reactor.longest_ns = away_ns;
}

/* When the timer is due, and how late it came at most. */
static int64_t due_ns, late_ns;

static future_result_t tick(void *arg)
{
	int64_t now_ns = future_now().ns;

	(void)arg;
	if (now_ns - due_ns > late_ns)
		late_ns = now_ns - due_ns;
	due_ns = now_ns + TICK_NS;
	return future_ok(NULL);
}

/* The server.  FNV-1a, again and again: some milliseconds. */
static uint32_t checksum(const unsigned char *bytes)
{
	uint32_t sum = 2166136261u;

	for (int i = 0; i < ROUNDS * BLOCK; i++)
		sum = (sum ^ bytes[i % BLOCK]) * 16777619u;
	return sum;
}

static future_result_t compute(future_result_t in, void *arg)
{
	struct connection *connection = arg;
	unsigned char block[BLOCK];
	ssize_t got = recv(connection->fd, block, BLOCK, MSG_WAITALL);

	(void)in;
	return got == BLOCK ? future_ok_int(checksum(block)) :
		future_fail(EPIPE);
}

static void serve(struct connection *connection);

static future_result_t answer(future_result_t in, void *arg)
{
	struct connection *connection = arg;
	uint32_t sum = (uint32_t)future_result_int(in);

	if (in.error == 0 && send(connection->fd, &sum, sizeof(sum),
			MSG_NOSIGNAL) == sizeof(sum)) {
		serve(connection);
	} else {
		close(connection->fd);
		reactor.open--;
	}
	return future_ok(NULL);
}

/* All of it on the loop, but for the computing: that is where it says. */
static void serve(struct connection *connection)
{
	FUTURE_AUTO future_t *ready = readable(connection);
	FUTURE_AUTO future_t *sum = future_then_on(ready, connection->worker,
		compute, connection);

	future_unref(future_handle(sum, answer, connection));
}

/* The clients: threads that know nothing of all this. */

static size_t requests = 20;		/* of each */
static unsigned char block[BLOCK];
static uint32_t block_sum;

/* Returns how many were answered. */
static void *client_main(void *arg)
{
	int fd = (int)(intptr_t)arg;
	uint32_t sum = 0;
	intptr_t right = 0;

	for (size_t i = 0; i < requests; i++)
		right += write(fd, block, BLOCK) == BLOCK &&
			read(fd, &sum, sizeof(sum)) == sizeof(sum) &&
			sum == block_sum;
	close(fd);
	return (void *)right;
}

static void connect_client(struct connection *connection)
{
	int ends[2];

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends) != 0)
		must(errno, "socketpair");
	connection->fd = ends[1];
	reactor.open++;
	serve(connection);
	must(pthread_create(&connection->client, NULL, client_main,
		(void *)(intptr_t)ends[0]), "a client");
}

/* Returns how many requests had no right answer. */
static size_t run(const char *where, future_executor_t *worker)
{
	struct connection connections[CLIENTS];
	size_t right = 0;

	reactor.longest_ns = late_ns = 0;
	due_ns = future_now().ns + TICK_NS;
	FUTURE_AUTO future_t *clock = future_every(reactor.ready,
		&(future_schedule_t){ .first_ns = TICK_NS,
			.period_ns = TICK_NS, .pace = FUTURE_FIXED_DELAY,
			.fn = tick });
	for (int i = 0; i < CLIENTS; i++) {
		connections[i].worker = worker;
		connect_client(&connections[i]);
	}
	while (reactor.open > 0)
		turn();
	for (int i = 0; i < CLIENTS; i++) {
		void *answered;

		pthread_join(connections[i].client, &answered);
		right += (size_t)(intptr_t)answered;
	}
	future_cancel(clock);
	printf("%-12s %9zu %13.1f ms %11.1f ms\n", where, right,
		(double)reactor.longest_ns / 1e6, (double)late_ns / 1e6);
	return CLIENTS * requests - right;
}

int main(int count, char **arguments)
{
	int64_t since_ns = future_now().ns;
	size_t wrong;

	if (count > 1)
		requests = strtoul(arguments[1], NULL, 10);
	memset(block, 'x', BLOCK);
	block_sum = checksum(block);
	printf("a checksum takes %.1f ms\n\n"
		"computed on   answered    longest stall   latest timer\n",
		(double)(future_now().ns - since_ns) / 1e6);
	must(future_loop_new(&reactor.ready), "a loop");
	reactor.epoll = epoll_create1(EPOLL_CLOEXEC);
	watch(future_loop_fd(reactor.ready), NULL);
	wrong = run("the loop", reactor.ready);
	wrong += run("a pool", future_default());
	future_executor_unref(reactor.ready);
	close(reactor.epoll);
	return wrong != 0;
}
