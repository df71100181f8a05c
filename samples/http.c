/*
 * See http.h.
 *
 *	CONNECTING -> SENDING -> HEAD -> BODY -> DONE
 *
 * The two forms are one machine: http_poll() takes steps until one would have
 * to wait.  In the blocking form the system waits inside the step.
 */
#define _GNU_SOURCE
#include "http.h"

#include <errno.h>
#include <future.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#define FIRST_CAPACITY 16384
#define HEAD_LIMIT 65536	/* a longer head is not one */

enum state { CONNECTING, SENDING, HEAD, BODY, DONE };

struct http {
	enum state state;
	bool blocks;
	int fd;				/* -1: none */
	int64_t deadline_ns;
	const struct addrinfo *address;	/* the one being tried */
	char *request;
	size_t request_length, sent;
	struct http_body *body;		/* at first it holds the head */
	size_t capacity;
	size_t expected;		/* SIZE_MAX: until it is closed */
};

/* What a socket call that did not succeed means to the machine. */
static int socket_error(void)
{
	if (errno == EINTR || errno == EWOULDBLOCK || errno == EINPROGRESS ||
	    errno == EALREADY)
		return EAGAIN;
	return errno;
}

/* A blocking call waits no longer than the request as a whole may. */
static int blocking_limit(struct http *http)
{
	int64_t left_us = (http->deadline_ns - future_now().ns) / 1000;
	struct timeval limit = {
		.tv_sec = left_us > 0 ? (time_t)(left_us / 1000000) : 0,
		.tv_usec = left_us > 0 ? (suseconds_t)(left_us % 1000000) : 0,
	};

	if (!http->blocks)
		return 0;
	if (left_us <= 0)
		return ETIMEDOUT;
	if (setsockopt(http->fd, SOL_SOCKET, SO_RCVTIMEO, &limit,
	    sizeof(limit)) != 0 || setsockopt(http->fd, SOL_SOCKET,
	    SO_SNDTIMEO, &limit, sizeof(limit)) != 0)
		return errno;
	return 0;
}

static int connect_begin(struct http *http)
{
	const struct addrinfo *at = http->address;
	int type = at->ai_socktype | SOCK_CLOEXEC;

	if (!http->blocks)
		type |= SOCK_NONBLOCK;
	http->fd = socket(at->ai_family, type, at->ai_protocol);
	if (http->fd < 0)
		return errno;
	int error = blocking_limit(http);

	if (error != 0)
		return error;
	if (connect(http->fd, at->ai_addr, at->ai_addrlen) != 0)
		return socket_error();
	return 0;
}

static int connect_check(struct http *http)
{
	struct pollfd look = { .fd = http->fd, .events = POLLOUT };
	int error;
	socklen_t size = sizeof(error);
	int ready = poll(&look, 1, 0);

	if (ready < 0)
		return socket_error();
	if (ready == 0)
		return EAGAIN;
	if (getsockopt(http->fd, SOL_SOCKET, SO_ERROR, &error, &size) != 0)
		return errno;
	return error;
}

/* A host may have several addresses: the next one is tried when one fails. */
static int step_connect(struct http *http)
{
	int error = http->fd < 0 ? connect_begin(http) : connect_check(http);

	if (error == 0) {
		http->state = SENDING;
		return 0;
	}
	if (error == EAGAIN || error == ETIMEDOUT ||
	    http->address->ai_next == NULL)
		return error;
	if (http->fd >= 0)
		close(http->fd);
	http->fd = -1;
	http->address = http->address->ai_next;
	return 0;
}

static int step_send(struct http *http)
{
	ssize_t sent = send(http->fd, http->request + http->sent,
		http->request_length - http->sent, MSG_NOSIGNAL);

	if (sent < 0)
		return socket_error();
	http->sent += (size_t)sent;
	if (http->sent == http->request_length)
		http->state = HEAD;
	return 0;
}

static int body_reserve(struct http *http, size_t capacity)
{
	if (capacity > SIZE_MAX - sizeof(*http->body))
		return ENOMEM;
	struct http_body *body = realloc(http->body, sizeof(*body) + capacity);

	if (body == NULL)
		return ENOMEM;
	if (http->body == NULL)
		body->length = 0;
	http->body = body;
	http->capacity = capacity;
	return 0;
}

/* Sets *ret_ended when the other side has closed. */
static int body_receive(struct http *http, bool *ret_ended)
{
	int error = 0;

	if (http->body->length == http->capacity)
		error = body_reserve(http, http->capacity * 2);
	if (error != 0)
		return error;
	struct http_body *body = http->body;
	size_t room = http->capacity - body->length;

	if (http->state == BODY && room > http->expected - body->length)
		room = http->expected - body->length;
	ssize_t got = recv(http->fd, body->data + body->length, room, 0);

	if (got < 0)
		return socket_error();
	body->length += (size_t)got;
	*ret_ended = got == 0;
	return 0;
}

/* Reads one header line of the answer, which ends with a zero. */
static int header_read(struct http *http, const char *line)
{
	static const char length[] = "Content-Length:";
	static const char coding[] = "Transfer-Encoding:";
	char *end;

	if (strncasecmp(line, coding, strlen(coding)) == 0)
		return HTTP_CHUNKED;
	if (strncasecmp(line, length, strlen(length)) != 0)
		return 0;
	line += strlen(length);
	line += strspn(line, " \t");
	errno = 0;
	unsigned long long number = strtoull(line, &end, 10);

	if (*line < '0' || *line > '9' || errno != 0 || number >= SIZE_MAX ||
	    end[strspn(end, " \t")] != '\0')
		return HTTP_MALFORMED;
	http->expected = (size_t)number;
	return 0;
}

/* Reads the head that ends at `end`, and leaves the body's first bytes. */
static int head_read(struct http *http, char *end)
{
	struct http_body *body = http->body;
	size_t head = (size_t)(end + 4 - body->data);
	int status, error = 0;

	*end = '\0';
	if (sscanf(body->data, "HTTP/1.%*1[01] %3d", &status) != 1)
		return HTTP_MALFORMED;
	if (status != 200)
		return HTTP_STATUS - status;
	for (char *line = body->data, *next; error == 0; line = next + 2) {
		next = strstr(line, "\r\n");
		if (next != NULL)
			*next = '\0';
		error = header_read(http, line);
		if (next == NULL)
			break;
	}
	body->length -= head;
	memmove(body->data, body->data + head, body->length);
	if (body->length > http->expected)
		body->length = http->expected;
	return error;
}

static int step_head(struct http *http)
{
	bool ended;
	int error = body_receive(http, &ended);

	if (error != 0)
		return error;
	struct http_body *body = http->body;
	char *end = memmem(body->data, body->length, "\r\n\r\n", 4);

	if (end != NULL) {
		error = head_read(http, end);
		http->state = body->length == http->expected ? DONE : BODY;
		return error;
	}
	if (body->length >= 5 && memcmp(body->data, "HTTP/", 5) != 0)
		return HTTP_MALFORMED;
	if (ended)
		return HTTP_TRUNCATED;
	return body->length < HEAD_LIMIT ? 0 : HTTP_MALFORMED;
}

static int step_body(struct http *http)
{
	bool ended;
	int error = body_receive(http, &ended);

	if (error != 0)
		return error;
	if (ended && http->expected != SIZE_MAX)
		return HTTP_TRUNCATED;
	if (ended || http->body->length == http->expected)
		http->state = DONE;
	return 0;
}

static int step(struct http *http)
{
	if (future_now().ns >= http->deadline_ns)
		return ETIMEDOUT;
	int error = http->fd >= 0 ? blocking_limit(http) : 0;

	if (error != 0)
		return error;
	switch (http->state) {
	case CONNECTING:
		return step_connect(http);
	case SENDING:
		return step_send(http);
	case HEAD:
		return step_head(http);
	default:
		return step_body(http);
	}
}

int http_poll(struct http *http, struct http_body **ret_body)
{
	int error = 0;

	while (error == 0 && http->state != DONE)
		error = step(http);
	if (error != 0)
		return error;
	*ret_body = http->body;
	http->body = NULL;
	return 0;
}

static int request_write(struct http *http, const struct http_url *url)
{
	int length = asprintf(&http->request, "GET %s HTTP/1.0\r\n"
		"Host: %s\r\nAccept: */*\r\nConnection: close\r\n\r\n",
		url->target, url->authority);

	if (length < 0) {
		http->request = NULL;
		return ENOMEM;
	}
	http->request_length = (size_t)length;
	return 0;
}

int http_new(const struct http_url *url, int timeout_ms,
	struct http **ret_http)
{
	struct http *http = calloc(1, sizeof(*http));

	if (http == NULL)
		return ENOMEM;
	http->fd = -1;
	http->deadline_ns = future_in_ms(timeout_ms).ns;
	http->address = url->addresses;
	http->expected = SIZE_MAX;
	if (body_reserve(http, FIRST_CAPACITY) != 0 ||
	    request_write(http, url) != 0) {
		http_free(http);
		return ENOMEM;
	}
	*ret_http = http;
	return 0;
}

void http_free(struct http *http)
{
	if (http == NULL)
		return;
	if (http->fd >= 0)
		close(http->fd);
	free(http->request);
	free(http->body);
	free(http);
}

int http_get(const struct http_url *url, int timeout_ms,
	struct http_body **ret_body)
{
	struct http *http;
	int error = http_new(url, timeout_ms, &http);

	if (error != 0)
		return error;
	http->blocks = true;
	/* EAGAIN here is a signal, or a limit that the next step looks at. */
	do {
		error = http_poll(http, ret_body);
	} while (error == EAGAIN);
	http_free(http);
	return error;
}

void http_body_free(void *body)
{
	free(body);
}
