/*
 * A plain HTTP GET over sockets, blocking or polled.
 *
 *	struct http_url url;
 *	struct http_body *body;
 *	int error = http_url_init(&url, "http://127.0.0.1:8000/page");
 *
 *	if (error == 0)
 *		error = http_get(&url, 10000, &body);
 *
 * The request is HTTP/1.0; only the answer 200 is a success.  Errors are
 * errno values, and for what only HTTP knows the negative codes below.
 */
#ifndef HTTP_H
#define HTTP_H

#include <netdb.h>
#include <stddef.h>

enum http_error {
	HTTP_BAD_URL = -1,
	HTTP_NO_HOST = -2,	/* the name has no address */
	HTTP_TRUNCATED = -3,	/* the connection ended in mid-answer */
	HTTP_MALFORMED = -4,	/* the answer is not HTTP */
	HTTP_CHUNKED = -5,	/* chunks, in answer to HTTP/1.0 */
	HTTP_STATUS = -1000	/* minus the status: -1404 is 404 */
};

struct http_url {
	char *text;		/* as it was given */
	char *authority;	/* host, or host:port */
	char *target;		/* path and query */
	struct addrinfo *addresses;
};

struct http_body {
	size_t length;
	char data[];
};

/* One request under way. */
struct http;

/*
 * Reads and resolves `text` (this asks the resolver, and so may block).
 * Returns 0, HTTP_BAD_URL, HTTP_NO_HOST or ENOMEM.
 */
int http_url_init(struct http_url *url, const char *text);
void http_url_fini(struct http_url *url);

/*
 * Downloads `url` and blocks until it is there, at most `timeout_ms` in all.
 * The body is the caller's, to be given to http_body_free(), which takes a
 * void * so that it can be the destructor of a future's value.
 */
int http_get(const struct http_url *url, int timeout_ms,
	struct http_body **ret_body);
void http_body_free(void *body);

/* Prepares a request whose socket does not block.  Borrows `url`. */
int http_new(const struct http_url *url, int timeout_ms,
	struct http **ret_http);

/*
 * Goes on as far as is possible now.  Returns EAGAIN until the body is there;
 * then 0, and the body is the caller's.
 */
int http_poll(struct http *http, struct http_body **ret_body);
void http_free(struct http *http);

/* Returns a sentence for `error`, which may be written to `buffer`. */
const char *http_strerror(int error, char *buffer, size_t size);

#endif
