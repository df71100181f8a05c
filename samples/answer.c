/* See answer.h. */
#define _GNU_SOURCE
#include "answer.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* G. Marsaglia, Xorshift RNGs, 2003; the state must not be 0. */
static bool draw(uint32_t *lot, uint32_t one_in)
{
	if (one_in == 0)
		return false;
	*lot ^= *lot << 13;
	*lot ^= *lot >> 17;
	*lot ^= *lot << 5;
	return *lot % one_in == 0;
}

/*
 * A byte is a hash of where it stands, so that a block that is lost, doubled
 * or misplaced changes the checksum.
 */
static void body_fill(const struct answer *answer, size_t at, char *out,
	size_t count)
{
	uint32_t salt = (uint32_t)answer->number * 40503u +
		answer->options->edition * 2246822519u;

	for (size_t i = 0; i < count; i++) {
		uint32_t hash = (uint32_t)(at + i) * 2654435761u + salt;

		hash ^= hash >> 15;
		out[i] = (char)((hash * 2246822519u) >> 24);
	}
}

size_t answer_fill(const struct answer *answer, size_t sent, char *out,
	size_t room)
{
	size_t at, count;

	if (sent < answer->head_length) {
		count = answer->head_length - sent;
		count = count < room ? count : room;
		memcpy(out, answer->head + sent, count);
		return count;
	}
	at = sent - answer->head_length;
	count = answer->length - at;
	count = count < room ? count : room;
	if (answer->number == 0)
		memcpy(out, answer->page + at, count);
	else
		body_fill(answer, answer->from + at, out, count);
	return count;
}

/* The value of a field of the head, up to the end of its line; or NULL. */
static const char *field(const char *request, const char *name)
{
	size_t length = strlen(name);
	const char *line = request;

	while ((line = strstr(line, "\r\n")) != NULL) {
		line += 2;
		if (strncasecmp(line, name, length) == 0 &&
		    line[length] == ':')
			return line + length + 1 +
				strspn(line + length + 1, " ");
	}
	return NULL;
}

/* A page of a binary tree: links to its children, its parent, and elsewhere. */
static void page_fill(struct answer *answer, unsigned long number)
{
	unsigned long pages = answer->options->pages;
	char *out = answer->page, *end = out + sizeof(answer->page);

	out += snprintf(out, (size_t)(end - out),
		"<!DOCTYPE html>\n<title>Page %lu</title>\n"
		"<a href='http://elsewhere.invalid/'>elsewhere</a>\n"
		"<a href='mailto:nobody@elsewhere.invalid'>write</a>\n",
		number);
	if (number > 1)
		out += snprintf(out, (size_t)(end - out),
			"<a href='../pages/%lu#top'>up</a>\n", number / 2);
	if (2 * number <= pages)
		out += snprintf(out, (size_t)(end - out),
			"<a href='/pages/%lu'>left</a>\n", 2 * number);
	if (2 * number < pages)
		out += snprintf(out, (size_t)(end - out),
			"<p>A paragraph that does not end<a href=%lu>right\n",
			2 * number + 1);
	answer->length = (size_t)(out - answer->page);
}

static void head_begin(struct answer *answer, const char *request,
	const char *status, const char *type)
{
	const char *line = strstr(request, "\r\n");
	const char *connection = field(request, "Connection");
	bool old = line == NULL || line - request < 8 ||
		strncmp(line - 8, "HTTP/1.1", 8) != 0;

	answer->closes = old || (connection != NULL &&
		strncasecmp(connection, "close", 5) == 0);
	answer->head_length = (size_t)snprintf(answer->head,
		sizeof(answer->head), "HTTP/1.%c %s\r\nContent-Type: %s\r\n%s",
		old ? '0' : '1', status, type,
		answer->closes ? "Connection: close\r\n" : "");
}

/* One more line of the head; "" is its end. */
static void head_add(struct answer *answer, const char *name, const char *value)
{
	char *out = answer->head + answer->head_length;
	size_t room = sizeof(answer->head) - answer->head_length;

	answer->head_length += (size_t)(*name == '\0' ?
		snprintf(out, room, "\r\n") :
		snprintf(out, room, "%s: %s\r\n", name, value));
}

/* The whole answer has `length` bytes, as its head says. */
static void head_end(struct answer *answer, size_t length)
{
	char text[24];

	snprintf(text, sizeof(text), "%zu", length);
	head_add(answer, "Content-Length", text);
	head_add(answer, "", "");
}

static void refuse(struct answer *answer, const char *request,
	const char *status, const char *where)
{
	answer->length = 0;
	head_begin(answer, request, status, "text/plain");
	if (where != NULL)
		head_add(answer, "Location", where);
	head_end(answer, 0);
}

/* What is asked for of a body: from where, and to where; "bytes=N-[M]" only. */
static bool is_partial(const char *request, const char *etag, size_t size,
	size_t *ret_from, size_t *ret_to)
{
	const char *range = field(request, "Range");
	const char *unless = field(request, "If-Range");
	char *end;

	if (range == NULL || strncmp(range, "bytes=", 6) != 0 ||
	    range[6] < '0' || range[6] > '9' || (unless != NULL &&
			strncmp(unless, etag, strlen(etag)) != 0))
		return false;
	*ret_from = strtoul(range + 6, &end, 10);
	*ret_to = size;
	if (end[0] == '-' && end[1] >= '0' && end[1] <= '9')
		*ret_to = strtoul(end + 1, NULL, 10) + 1;
	if (*ret_to > size)
		*ret_to = size;
	return end[0] == '-';
}

static void body_answer(struct answer *answer, uint32_t *lot,
	const char *request, bool endless, bool truncated)
{
	const struct server_options *options = answer->options;
	size_t size = options->body_size, from = 0, to = size;
	char etag[64], part[80];
	bool partial;

	snprintf(etag, sizeof(etag), "\"%lu-%zu-%u\"", answer->number, size,
		(unsigned)options->edition);
	partial = !endless && is_partial(request, etag, size, &from, &to);
	if (partial && from >= to) {
		snprintf(part, sizeof(part), "bytes */%zu", size);
		answer->length = 0;
		head_begin(answer, request, "416 Range Not Satisfiable",
			"text/plain");
		head_add(answer, "Content-Range", part);
		head_end(answer, 0);
		return;
	}
	head_begin(answer, request, partial ? "206 Partial Content" : "200 OK",
		"application/octet-stream");
	answer->from = from;
	answer->length = to - from;
	head_add(answer, "ETag", etag);
	if (partial) {
		snprintf(part, sizeof(part), "bytes %zu-%zu/%zu", from, to - 1,
			size);
		head_add(answer, "Content-Range", part);
	}
	if (endless)
		head_add(answer, "", "");
	else
		head_end(answer, to - from + (truncated && from == to));
	answer->closes |= endless;
	if (truncated || draw(lot, options->truncate_one_in)) {
		answer->closes = true;
		answer->length /= 2;
	}
}

static void garbage(struct answer *answer)
{
	answer->closes = true;
	answer->head_length = (size_t)snprintf(answer->head,
		sizeof(answer->head), "220 hello\r\n\r\n");
}

bool answer_choose(const struct server_options *options, uint32_t *lot,
	const char *request, struct answer *ret_answer)
{
	struct answer *answer = ret_answer;
	unsigned long page = 0;
	char what[32] = "", where[200] = "moved";
	bool endless, truncated;

	answer->options = options;
	answer->from = answer->length = 0;
	sscanf(request, "GET /%31[^ ?]?%199[^ ]", what, where);
	if (strcmp(what, "silent") == 0)
		return false;
	endless = strcmp(what, "endless") == 0;
	truncated = strcmp(what, "truncated") == 0;
	answer->number = strtoul(what, NULL, 10);
	if (strncmp(what, "pages/", 6) == 0)
		page = strtoul(what + 6, NULL, 10);
	if (endless || truncated || strcmp(what, "garbage") == 0)
		answer->number = ULONG_MAX;
	if (strcmp(what, "garbage") == 0)
		garbage(answer);
	else if (strcmp(what, "moved") == 0)
		refuse(answer, request, "302 Found", where);
	else if (strcmp(what, "partial") == 0)
		refuse(answer, request, "206 Partial Content", NULL);
	else if (answer->number == 0 && (page == 0 || page > options->pages))
		refuse(answer, request, "404 Not Found", NULL);
	else if (!truncated && draw(lot, options->fail_one_in))
		refuse(answer, request, "503 Service Unavailable", NULL);
	else if (answer->number != 0)
		body_answer(answer, lot, request, endless, truncated);
	else {
		page_fill(answer, page);
		head_begin(answer, request, "200 OK", "text/html");
		head_end(answer, answer->length);
	}
	return true;
}
