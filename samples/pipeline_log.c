/*
 * See pipeline.h.  A line is what Apache and nginx call "combined":
 *
 *	HOST IDENT USER [TIME] "REQUEST" STATUS BYTES "REFERER" "AGENT"
 *
 * Its object has what stands there, escapes included; "-" is null.  A request
 * of three words is a method, a path and a protocol, any other one stays whole.
 */
#include "pipeline.h"

#include <ctype.h>
#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

struct span {
	const char *at, *end;
};

struct record {
	struct span host, user, request, status, bytes, referer, agent;
	char time[sizeof("2000-10-10T13:55:36-07:00")];
};

/* What is before `stop`, which is not in it; false if there is none. */
static bool take(struct span *rest, const char *stop, struct span *ret_span)
{
	size_t length = strlen(stop);
	const char *at = rest->at;

	while ((at = memchr(at, *stop, (size_t)(rest->end - at))) != NULL) {
		if ((size_t)(rest->end - at) >= length &&
		    memcmp(at, stop, length) == 0) {
			*ret_span = (struct span){ rest->at, at };
			rest->at = at + length;
			return at > ret_span->at;
		}
		at++;
	}
	return false;
}

/* What is between quotes; a backslash takes the next character with it. */
static bool take_quoted(struct span *rest, struct span *ret_span)
{
	const char *begin = rest->at + 1, *at = begin;

	if (rest->at == rest->end || *rest->at != '"')
		return false;
	while (at < rest->end && *at != '"')
		at += *at == '\\' ? 2 : 1;
	if (at >= rest->end)
		return false;
	*ret_span = (struct span){ begin, at };
	rest->at = at + 1;
	return true;
}

static bool skip(struct span *rest, char c)
{
	if (rest->at == rest->end || *rest->at != c)
		return false;
	rest->at++;
	return true;
}

static bool is_number(struct span span, ptrdiff_t least, ptrdiff_t most)
{
	if (span.end - span.at < least || span.end - span.at > most)
		return false;
	for (const char *at = span.at; at < span.end; at++)
		if (!isdigit((unsigned char)*at))
			return false;
	return true;
}

static bool is_dash(struct span span)
{
	return span.end - span.at == 1 && *span.at == '-';
}

/* 10/Oct/2000:13:55:36 -0700, as ISO 8601 writes it. */
static bool time_read(struct span span, char *ret_time)
{
	static const char form[] = "00/Aaa/0000:00:00:00 ~0000";
	static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
	const char *at = span.at;
	int month = 0;

	if (span.end - at != sizeof(form) - 1)
		return false;
	for (size_t i = 0; form[i] != '\0'; i++)
		if (form[i] == '0' ? !isdigit((unsigned char)at[i]) :
		    form[i] == '~' ? at[i] != '+' && at[i] != '-' :
		    !isalpha((unsigned char)form[i]) && at[i] != form[i])
			return false;
	while (month < 12 && memcmp(months + 3 * month, at + 3, 3) != 0)
		month++;
	if (month == 12)
		return false;
	snprintf(ret_time, sizeof(((struct record *)0)->time),
		"%.4s-%02d-%.2sT%.8s%.3s:%.2s", at + 7, month + 1, at, at + 12,
		at + 21, at + 24);
	return true;
}

/* Returns NULL, or what is wrong with it. */
static const char *record_read(struct span line, struct record *ret_record)
{
	struct span ident, time;

	if (!take(&line, " ", &ret_record->host))
		return "no host";
	if (!take(&line, " ", &ident))
		return "no identity";
	if (!take(&line, " [", &ret_record->user))
		return "no user";
	if (!take(&line, "] ", &time) || !time_read(time, ret_record->time))
		return "no time";
	if (!take_quoted(&line, &ret_record->request) || !skip(&line, ' '))
		return "no request";
	if (!take(&line, " ", &ret_record->status) ||
	    !is_number(ret_record->status, 3, 3))
		return "no status";
	if (!take(&line, " ", &ret_record->bytes) ||
	    (!is_dash(ret_record->bytes) &&
	    !is_number(ret_record->bytes, 1, 18)))
		return "no size";
	if (!take_quoted(&line, &ret_record->referer) || !skip(&line, ' '))
		return "no referer";
	if (!take_quoted(&line, &ret_record->agent))
		return "no agent";
	return line.at != line.end ? "more than an agent" : NULL;
}

/* Both return 0, ENOMEM, or EILSEQ for what is not UTF-8. */

static int set(json_t *object, const char *key, json_t *value)
{
	return json_object_set_new_nocheck(object, key, value) == 0 ? 0 :
		ENOMEM;
}

static int set_text(json_t *object, const char *key, struct span span)
{
	size_t length = (size_t)(span.end - span.at);

	if (is_dash(span))
		return set(object, key, json_null());
	json_t *text = json_stringn(span.at, length);

	if (text != NULL)
		return set(object, key, text);
	text = json_stringn_nocheck(span.at, length);
	int error = text != NULL ? EILSEQ : ENOMEM;

	json_decref(text);
	return error;
}

static int set_number(json_t *object, const char *key, struct span span)
{
	json_int_t number = 0;

	if (is_dash(span))
		return set(object, key, json_null());
	for (const char *at = span.at; at < span.end; at++)
		number = number * 10 + (*at - '0');
	return set(object, key, json_integer(number));
}

static int set_request(json_t *object, struct span request)
{
	struct span rest = request, method, path;
	int error;

	if (!take(&rest, " ", &method) || !take(&rest, " ", &path) ||
	    rest.at == rest.end ||
	    memchr(rest.at, ' ', (size_t)(rest.end - rest.at)) != NULL)
		return set_text(object, "request", request);
	error = set_text(object, "method", method);
	if (error == 0)
		error = set_text(object, "path", path);
	return error == 0 ? set_text(object, "protocol", rest) : error;
}

static int set_all(json_t *object, const struct record *record)
{
	int error = set_text(object, "host", record->host);

	if (error == 0)
		error = set_text(object, "user", record->user);
	if (error == 0)
		error = set(object, "time", json_string(record->time));
	if (error == 0)
		error = set_request(object, record->request);
	if (error == 0)
		error = set_number(object, "status", record->status);
	if (error == 0)
		error = set_number(object, "bytes", record->bytes);
	if (error == 0)
		error = set_text(object, "referer", record->referer);
	return error == 0 ? set_text(object, "agent", record->agent) : error;
}

/* Room for so many bytes more, and never none. */
static int buffer_grow(struct buffer *buffer, size_t size)
{
	size_t room = buffer->room;

	if (room - buffer->size > size)
		return 0;
	while (room - buffer->size <= size)
		room = room < 256 ? 256 : room * 2;
	char *bytes = realloc(buffer->bytes, room);

	if (bytes == NULL)
		return ENOMEM;
	buffer->bytes = bytes;
	buffer->room = room;
	return 0;
}

static int add_json(struct buffer *buffer, const json_t *object)
{
	for (;;) {
		size_t room = buffer->room - buffer->size;
		size_t size = json_dumpb(object, buffer->bytes + buffer->size,
			room, JSON_COMPACT);

		if (size == 0)
			return ENOMEM;
		if (size < room) {
			buffer->size += size;
			buffer->bytes[buffer->size++] = '\n';
			return 0;
		}
		if (buffer_grow(buffer, size) != 0)
			return ENOMEM;
	}
}

/* What controls a terminal is not for stderr. */
static int add_error(struct buffer *buffer, unsigned long long number,
	const char *reason, struct span line, bool is_cut)
{
	size_t length = (size_t)(line.end - line.at);

	if (buffer_grow(buffer, length + 100) != 0)
		return ENOMEM;
	buffer->size += (size_t)snprintf(buffer->bytes + buffer->size, 100,
		"%llu: %s: ", number, reason);
	for (const char *at = line.at; at < line.end; at++)
		buffer->bytes[buffer->size++] =
			iscntrl((unsigned char)*at) && *at != '\t' ? '?' : *at;
	buffer->size += (size_t)snprintf(buffer->bytes + buffer->size, 5,
		"%s\n", is_cut ? "..." : "");
	return 0;
}

static int add_line(struct text *text, unsigned long long number,
	struct span line, bool is_cut)
{
	struct record record;
	const char *reason = is_cut ? "too long" : record_read(line, &record);
	json_t *object = NULL;
	int error = 0;

	if (reason == NULL) {
		object = json_object();
		error = object != NULL ? set_all(object, &record) : ENOMEM;
		if (error == 0)
			error = add_json(&text->json, object);
		else if (error == EILSEQ)
			reason = "not UTF-8";
		json_decref(object);
	}
	if (reason == NULL)
		return error;
	text->broken++;
	return add_error(&text->errors, number, reason, line, is_cut);
}

struct text *text_of(const struct block *block)
{
	struct text *text = calloc(1, sizeof(*text));
	const char *at = block->bytes, *end = at + block->size, *next;
	bool is_cut = block->dropped > 0;

	/* An object has about twice the size of its line. */
	if (text == NULL || buffer_grow(&text->json, 2 * block->size) != 0)
		goto free_text;
	for (; text->lines < block->lines; text->lines++, at = next) {
		next = memchr(at, '\n', (size_t)(end - at));
		struct span line = { at, next != NULL ? next : end };

		next = next != NULL ? next + 1 : end;
		if (is_cut && line.end - at > LINE_SHOWN)
			line.end = at + LINE_SHOWN;
		if (add_line(text, block->line + text->lines, line,
		    is_cut) != 0)
			goto free_text;
		is_cut = false;
	}
	return text;
free_text:
	text_free(text);
	return NULL;
}

void text_free(void *arg)
{
	struct text *text = arg;

	if (text == NULL)
		return;
	free(text->json.bytes);
	free(text->errors.bytes);
	free(text);
}
