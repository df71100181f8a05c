/*
 * See server.h.  One thread, one epoll; a connection goes
 *
 *	READING -> DELAYED -> WRITING -> READING, or closed
 *
 * All delays are as long: those that are DELAYED are in a list, and the first
 * is due first.
 */
#define _GNU_SOURCE
#include "server.h"
#include "answer.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <future.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum stage { READING, SILENT, DELAYED, WRITING };

struct connection {
	int fd;
	enum stage stage;
	bool polls_out;			/* what it is in epoll for */
	struct connection *next, **prev;	/* of all */
	struct connection *later, *sooner;	/* of those DELAYED */
	future_time_t due;			/* when the delay is over */
	char request[2048];
	size_t request_length;
	struct answer answer;
	size_t sent;
};

struct loop {
	const struct server_options *options;
	int epoll, listener;
	int spare;			/* given up to accept one more */
	struct connection *connections;
	struct connection *first, *last;	/* of those DELAYED */
	uint32_t lot;				/* the last that was drawn */
};

static void delay_begin(struct loop *loop, struct connection *c)
{
	c->stage = DELAYED;
	c->due = future_in_ms(loop->options->delay_ms);
	c->later = NULL;
	c->sooner = loop->last;
	if (loop->last != NULL)
		loop->last->later = c;
	else
		loop->first = c;
	loop->last = c;
}

static void delay_end(struct loop *loop, struct connection *c)
{
	if (c->sooner != NULL)
		c->sooner->later = c->later;
	else
		loop->first = c->later;
	if (c->later != NULL)
		c->later->sooner = c->sooner;
	else
		loop->last = c->sooner;
}

static void connection_free(struct loop *loop, struct connection *c)
{
	if (c->stage == DELAYED)
		delay_end(loop, c);
	*c->prev = c->next;
	if (c->next != NULL)
		c->next->prev = c->prev;
	close(c->fd);
	free(c);
}

/* A whole request, if there is one: its answer is chosen. */
static void request_take(struct loop *loop, struct connection *c)
{
	char *end = strstr(c->request, "\r\n\r\n");
	size_t length;
	char next;

	if (c->stage != READING || end == NULL)
		return;
	length = (size_t)(end + 4 - c->request);
	next = c->request[length];
	c->request[length] = '\0';
	c->sent = 0;
	c->stage = SILENT;
	if (answer_choose(loop->options, &loop->lot, c->request, &c->answer))
		delay_begin(loop, c);
	c->request[length] = next;
	c->request_length -= length;
	memmove(c->request, c->request + length, c->request_length + 1);
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
	request_take(loop, c);
	return true;
}

/* True: done.  False with EAGAIN: there is more, for later. */
static bool answer_send(struct connection *c)
{
	char block[16384];
	size_t count;

	while ((count = answer_fill(&c->answer, c->sent, block,
			sizeof(block))) > 0) {
		ssize_t sent = send(c->fd, block, count, MSG_NOSIGNAL |
			(c->sent < c->answer.head_length &&
			 c->answer.length > 0 ? MSG_MORE : 0));

		if (sent < 0 && errno != EINTR)
			return false;
		if (sent > 0)
			c->sent += (size_t)sent;
	}
	return true;
}

static bool poll_for(struct loop *loop, struct connection *c, bool out)
{
	struct epoll_event event = { .events = out ? EPOLLOUT : EPOLLIN,
		.data.ptr = c };

	if (c->polls_out == out)
		return true;
	c->polls_out = out;
	return epoll_ctl(loop->epoll, EPOLL_CTL_MOD, c->fd, &event) == 0;
}

static bool connection_write(struct loop *loop, struct connection *c)
{
	if (!answer_send(c))
		return errno == EAGAIN && poll_for(loop, c, true);
	if (c->answer.closes)
		return false;
	c->stage = READING;
	request_take(loop, c);
	return poll_for(loop, c, false);
}

static void connection_serve(struct loop *loop, struct connection *c)
{
	if (!(c->stage == WRITING ? connection_write(loop, c) :
			connection_read(loop, c)))
		connection_free(loop, c);
}

static void write_due(struct loop *loop)
{
	while (loop->first != NULL && loop->first->due.ns <= future_now().ns) {
		struct connection *c = loop->first;

		delay_end(loop, c);
		c->stage = WRITING;
		connection_serve(loop, c);
	}
}

/* What cannot be accepted is closed, and the client sees that. */
static void accept_one(struct loop *loop, int fd)
{
	struct connection *c = calloc(1, sizeof(*c));
	struct epoll_event event = { .events = EPOLLIN, .data.ptr = c };

	if (c == NULL ||
	    epoll_ctl(loop->epoll, EPOLL_CTL_ADD, fd, &event) != 0) {
		close(fd);
		free(c);
		return;
	}
	c->fd = fd;
	c->next = loop->connections;
	c->prev = &loop->connections;
	if (c->next != NULL)
		c->next->prev = &c->next;
	loop->connections = c;
}

/*
 * Without a descriptor nothing can be accepted, and epoll would say for ever
 * that there is something.  EAGAIN: nothing more.
 */
static int drop_one(struct loop *loop)
{
	int fd, error;

	close(loop->spare);
	fd = accept4(loop->listener, NULL, NULL, SOCK_CLOEXEC);
	error = fd >= 0 ? 0 : errno;
	close(fd);
	loop->spare = open("/dev/null", O_RDONLY | O_CLOEXEC);
	return error;
}

/* Returns 0, or why it cannot go on: others took the spare descriptor. */
static int accept_all(struct loop *loop)
{
	int error = 0;

	while (error == 0) {
		int fd = accept4(loop->listener, NULL, NULL,
			SOCK_NONBLOCK | SOCK_CLOEXEC);

		if (fd >= 0)
			accept_one(loop, fd);
		else
			error = errno != EMFILE && errno != ENFILE ? errno :
				drop_one(loop);
	}
	return loop->spare < 0 ? error : 0;
}

/*
 * Returns false when the leash was pulled.  One event at a time: a connection
 * that is freed has none that were fetched already.
 */
static bool turn(struct loop *loop, int *ret_error)
{
	struct epoll_event event;
	int count = epoll_wait(loop->epoll, &event, 1, loop->first == NULL ?
		-1 : future_ms_until(loop->first->due));

	if (count < 0 && errno != EINTR)
		*ret_error = errno;
	if (count == 1 && event.data.ptr == NULL)
		return false;
	if (count == 1 && event.data.ptr == loop)
		*ret_error = accept_all(loop);
	else if (count == 1)
		connection_serve(loop, event.data.ptr);
	write_due(loop);
	return *ret_error == 0;
}

/* As many descriptors as there may be. */
static void raise_limit(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
		limit.rlim_cur = limit.rlim_max;
		setrlimit(RLIMIT_NOFILE, &limit);
	}
}

static int watch(struct loop *loop, int fd, void *pointer)
{
	struct epoll_event event = { .events = EPOLLIN, .data.ptr = pointer };

	return epoll_ctl(loop->epoll, EPOLL_CTL_ADD, fd, &event) != 0 ? errno :
		0;
}

int server_run(const struct server_options *options, int listener, int leash)
{
	struct loop loop = { .options = options, .listener = listener,
		.lot = options->seed != 0 ? options->seed : 1 };
	int error;

	raise_limit();
	loop.epoll = epoll_create1(EPOLL_CLOEXEC);
	if (loop.epoll < 0)
		return errno;
	loop.spare = open("/dev/null", O_RDONLY | O_CLOEXEC);
	error = loop.spare < 0 ? errno : watch(&loop, listener, &loop);
	if (error == 0)
		error = watch(&loop, leash, NULL);
	while (error == 0 && turn(&loop, &error))
		;
	while (loop.connections != NULL)
		connection_free(&loop, loop.connections);
	close(loop.spare);
	close(loop.epoll);
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
	    listen(fd, SOMAXCONN) != 0 ||
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
