/* See http.h: what a URL says, and what an error means. */
#define _GNU_SOURCE
#include "http.h"

#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

#define SCHEME "http://"

/* A blank or a line end would let the URL write headers of its own. */
static bool text_is_clean(const char *text)
{
	for (; *text != '\0'; text++)
		if (isspace((unsigned char)*text) ||
		    iscntrl((unsigned char)*text))
			return false;
	return true;
}

static bool port_is_valid(const char *port)
{
	size_t length = strspn(port, "0123456789");
	long number = strtol(port, NULL, 10);

	return length > 0 && length <= 5 && port[length] == '\0' &&
		number >= 1 && number <= 65535;
}

/*
 * Cuts `authority` into host and port.  A host in brackets is an IPv6 address,
 * whose colons are its own.
 */
static int authority_split(char *authority, char **ret_host, char **ret_port)
{
	static char standard[] = "80";
	char *host = authority, *end = NULL;

	if (*host == '[') {
		end = strchr(++host, ']');
		if (end == NULL || (end[1] != '\0' && end[1] != ':'))
			return HTTP_BAD_URL;
		*end++ = '\0';
	} else {
		end = host + strcspn(host, ":");
	}
	bool has_port = *end == ':';

	*end = '\0';
	if (*host == '\0' || strchr(host, '@') != NULL)
		return HTTP_BAD_URL;
	if (has_port && !port_is_valid(end + 1))
		return HTTP_BAD_URL;
	*ret_host = host;
	*ret_port = has_port ? end + 1 : standard;
	return 0;
}

static int authority_resolve(const char *authority, struct addrinfo **ret)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM };
	char *copy = strdup(authority), *host, *port;

	if (copy == NULL)
		return ENOMEM;
	int error = authority_split(copy, &host, &port);

	if (error == 0) {
		int status = getaddrinfo(host, port, &hints, ret);

		if (status != 0)
			error = status == EAI_MEMORY ? ENOMEM : HTTP_NO_HOST;
	}
	free(copy);
	return error;
}

int http_url_init(struct http_url *url, const char *text)
{
	size_t scheme = strlen(SCHEME);

	*url = (struct http_url){ 0 };
	if (strncasecmp(text, SCHEME, scheme) != 0 || !text_is_clean(text))
		return HTTP_BAD_URL;
	const char *authority = text + scheme;
	const char *target = authority + strcspn(authority, "/?#");
	size_t length = strcspn(target, "#");
	int error = ENOMEM;

	url->text = strdup(text);
	url->authority = strndup(authority, (size_t)(target - authority));
	url->target = malloc(length + 2);
	if (url->text != NULL && url->authority != NULL &&
	    url->target != NULL) {
		snprintf(url->target, length + 2, "%s%.*s",
			*target == '/' ? "" : "/", (int)length, target);
		error = authority_resolve(url->authority, &url->addresses);
	}
	if (error != 0)
		http_url_fini(url);
	return error;
}

void http_url_fini(struct http_url *url)
{
	if (url->addresses != NULL)
		freeaddrinfo(url->addresses);
	free(url->target);
	free(url->authority);
	free(url->text);
	*url = (struct http_url){ 0 };
}

const char *http_strerror(int error, char *buffer, size_t size)
{
	switch (error) {
	case HTTP_BAD_URL:
		return "not a URL of the form http://host[:port]/path";
	case HTTP_NO_HOST:
		return "the host has no address";
	case HTTP_TRUNCATED:
		return "truncated: the connection ended in mid-answer";
	case HTTP_MALFORMED:
		return "the answer is not HTTP";
	case HTTP_CHUNKED:
		return "the answer comes in chunks, which HTTP/1.0 has not";
	case ETIMEDOUT:
		return "timed out";
	}
	if (error <= HTTP_STATUS)
		snprintf(buffer, size, "the server answered with status %d",
			HTTP_STATUS - error);
	else
		snprintf(buffer, size, "%s", strerror(error));
	return buffer;
}
