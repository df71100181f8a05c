/*
 * See server.h.  One thread, one poll(); a connection goes
 *
 *	READING -> DELAYED -> WRITING -> closed
 */
#define _GNU_SOURCE
#include "server.h"

#include <arpa/inet.h>
#include <errno.h>
#include <future.h>
#include <limits.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum stage { READING, DELAYED, WRITING };

struct connection {
	int fd;
	enum stage stage;
	int64_t due_ns;		/* when the delay is over */
	char request[2048];
	size_t request_length;
	char head[160];
	size_t head_length;
	unsigned long number;	/* which body */
	size_t body_length, sent;
};

struct loop {
	const struct server_options *options;
	struct connection **connections;
	struct pollfd *polls;	/* [0] the listener, [1] the leash, then ... */
	size_t count, capacity;
	uint32_t lot;		/* the last that was drawn */
};

/* G. Marsaglia, Xorshift RNGs, 2003; the state must not be 0. */
static bool lot_fails(struct loop *loop)
{
	uint32_t lot = loop->lot;

	if (loop->options->fail_one_in == 0)
		return false;
	lot ^= lot << 13;
	lot ^= lot >> 17;
	lot ^= lot << 5;
	loop->lot = lot;
	return lot % loop->options->fail_one_in == 0;
}

/*
 * A byte is a hash of where it stands, so that a block that is lost, doubled
 * or misplaced changes the checksum.
 */
static void body_fill(unsigned long number, size_t at, char *out, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		uint32_t hash = (uint32_t)(at + i) * 2654435761u +
			(uint32_t)number * 40503u;

		hash ^= hash >> 15;
		out[i] = (char)((hash * 2246822519u) >> 24);
	}
}

/* Decides what to answer; false: nothing at all. */
static bool answer_choose(struct loop *loop, struct connection *c)
{
	size_t size = loop->options->body_size;
	char what[32] = "";
	const char *status = "200 OK";
	int n;

	sscanf(c->request, "GET /%31[^ ?]", what);
	if (strcmp(what, "silent") == 0)
		return false;
	c->number = strtoul(what, NULL, 10);
	c->body_length = size;
	if (strcmp(what, "truncated") == 0) {
		c->body_length = size / 2;
		size += size == 0;
	} else if (strcmp(what, "endless") != 0 && c->number == 0) {
		status = "404 Not Found";
		c->body_length = size = 0;
	} else if (lot_fails(loop)) {
		status = "503 Service Unavailable";
		c->body_length = size = 0;
	}
	if (strcmp(what, "garbage") == 0)
		n = snprintf(c->head, sizeof(c->head), "220 hello\r\n\r\n");
	else if (strcmp(what, "endless") == 0)
		n = snprintf(c->head, sizeof(c->head), "HTTP/1.0 %s\r\n"
			"Content-Type: application/octet-stream\r\n\r\n",
			status);
	else
		n = snprintf(c->head, sizeof(c->head), "HTTP/1.0 %s\r\n"
			"Content-Type: application/octet-stream\r\n"
			"Content-Length: %zu\r\n\r\n", status, size);
	c->head_length = (size_t)n;
	return true;
}

/* Each returns false when the connection is to be closed. */
static bool connection_read(struct loop *loop, struct connection *c)
{
	size_t room = sizeof(c->request) - 1 - c->request_length;
	ssize_t got = recv(c->fd, c->request + c->request_length, room, 0);

	if (got < 0)
		return errno == EAGAIN || errno == EINTR;
	if (got == 0 || (size_t)got == room)
		return false;
	c->request_length += (size_t)got;
	c->request[c->request_length] = '\0';
	if (c->stage != READING || strstr(c->request, "\r\n\r\n") == NULL)
		return true;
	c->stage = DELAYED;
	c->due_ns = INT64_MAX;
	if (answer_choose(loop, c))
		c->due_ns = future_in_ms(loop->options->delay_ms).ns;
	return true;
}

/* Copies the next part of the answer to `out`; returns its length. */
static size_t answer_fill(const struct connection *c, char *out, size_t room)
{
	size_t total = c->head_length + c->body_length, count;

	if (c->sent < c->head_length) {
		count = c->head_length - c->sent;
		memcpy(out, c->head + c->sent, count);
		return count;
	}
	count = total - c->sent;
	if (count > room)
		count = room;
	body_fill(c->number, c->sent - c->head_length, out, count);
	return count;
}

static bool connection_write(struct connection *c)
{
	char block[16384];
	size_t count;

	while ((count = answer_fill(c, block, sizeof(block))) > 0) {
		ssize_t sent = send(c->fd, block, count, MSG_NOSIGNAL);

		if (sent < 0)
			return errno == EAGAIN || errno == EINTR;
		c->sent += (size_t)sent;
	}
	return false;
}

static bool connection_serve(struct loop *loop, struct connection *c,
	short events)
{
	if ((events & (POLLERR | POLLNVAL)) != 0)
		return false;
	if ((events & (POLLIN | POLLHUP)) != 0)
		return connection_read(loop, c);
	if (c->stage == DELAYED && future_now().ns >= c->due_ns)
		c->stage = WRITING;
	return c->stage != WRITING || connection_write(c);
}

static void connection_free(struct connection *c)
{
	close(c->fd);
	free(c);
}

static int loop_grow(struct loop *loop)
{
	size_t capacity = loop->capacity * 2 + 8;
	struct connection **connections = realloc(loop->connections,
		capacity * sizeof(struct connection *));

	if (connections == NULL)
		return ENOMEM;
	loop->connections = connections;
	struct pollfd *polls = realloc(loop->polls,
		(capacity + 2) * sizeof(struct pollfd));

	if (polls == NULL)
		return ENOMEM;
	loop->polls = polls;
	loop->capacity = capacity;
	return 0;
}

/* What cannot be accepted is closed, and the client sees that. */
static void loop_accept(struct loop *loop, int listener)
{
	int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

	if (fd < 0)
		return;
	struct connection *c = calloc(1, sizeof(*c));

	if (c == NULL || (loop->count == loop->capacity &&
	    loop_grow(loop) != 0)) {
		close(fd);
		free(c);
		return;
	}
	c->fd = fd;
	loop->connections[loop->count++] = c;
}

/* Fills in what to poll for; returns for how long, in milliseconds. */
static int loop_prepare(struct loop *loop)
{
	int64_t due_ns = INT64_MAX;

	for (size_t i = 0; i < loop->count; i++) {
		struct connection *c = loop->connections[i];
		short events = c->stage == WRITING ? POLLOUT : POLLIN;

		loop->polls[i + 2] = (struct pollfd){ c->fd, events, 0 };
		if (c->stage == DELAYED && c->due_ns < due_ns)
			due_ns = c->due_ns;
	}
	if (due_ns == INT64_MAX)
		return -1;
	int64_t left_ms = (due_ns - future_now().ns + 999999) / 1000000;

	return left_ms < 0 ? 0 : left_ms > INT_MAX ? INT_MAX : (int)left_ms;
}

static void loop_serve(struct loop *loop)
{
	size_t kept = 0;

	for (size_t i = 0; i < loop->count; i++) {
		struct connection *c = loop->connections[i];

		if (connection_serve(loop, c, loop->polls[i + 2].revents))
			loop->connections[kept++] = c;
		else
			connection_free(c);
	}
	loop->count = kept;
}

int server_run(const struct server_options *options, int listener, int leash)
{
	struct loop loop = { .options = options,
		.lot = options->seed != 0 ? options->seed : 1 };
	int error = loop_grow(&loop);

	while (error == 0) {
		int wait_ms = loop_prepare(&loop);

		loop.polls[0] = (struct pollfd){ listener, POLLIN, 0 };
		loop.polls[1] = (struct pollfd){ leash, POLLIN, 0 };
		if (poll(loop.polls, loop.count + 2, wait_ms) < 0) {
			error = errno == EINTR ? 0 : errno;
			continue;
		}
		if (loop.polls[1].revents != 0)
			break;
		loop_serve(&loop);
		if (loop.polls[0].revents != 0)
			loop_accept(&loop, listener);
	}
	for (size_t i = 0; i < loop.count; i++)
		connection_free(loop.connections[i]);
	free(loop.connections);
	free(loop.polls);
	return error;
}

int server_listen(int *ret_listener, unsigned *ret_port)
{
	struct sockaddr_in here = { .sin_family = AF_INET };
	socklen_t size = sizeof(here);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK,
		0);

	if (fd < 0)
		return errno;
	here.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (bind(fd, (struct sockaddr *)&here, size) != 0 ||
	    listen(fd, 128) != 0 ||
	    getsockname(fd, (struct sockaddr *)&here, &size) != 0) {
		int error = errno;

		close(fd);
		return error;
	}
	*ret_listener = fd;
	*ret_port = ntohs(here.sin_port);
	return 0;
}

int server_start(const struct server_options *options,
	struct server *ret_server)
{
	int leash[2], listener;
	unsigned port;
	int error = server_listen(&listener, &port);

	if (error != 0)
		return error;
	if (pipe(leash) != 0) {
		error = errno;
		goto close_listener;
	}
	pid_t pid = fork();

	if (pid == 0) {
		close(leash[1]);
		_exit(server_run(options, listener, leash[0]) != 0);
	}
	close(leash[0]);
	if (pid < 0) {
		error = errno;
		close(leash[1]);
		goto close_listener;
	}
	*ret_server = (struct server){ port, pid, leash[1] };
close_listener:
	close(listener);
	return error;
}

void server_stop(struct server *server)
{
	close(server->leash);
	while (waitpid(server->pid, NULL, 0) < 0 && errno == EINTR)
		;
}
