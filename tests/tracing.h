/*
 * Reads the file of a trace, as strictly as it can be: the JSON of RFC 8259, in
 * it events of the shapes that the library writes and no others, times that
 * grow on each thread, slices that nest and share no edge, ends that name what
 * they end, arrows that begin before they end, in a slice each, which begin so.
 */
#ifndef TRACING_H
#define TRACING_H

#include <ctype.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TRACING_TEXT 160

struct tracing_event {
	char phase;
	char name[TRACING_TEXT], category[16], of[24], id[24];
	char label[TRACING_TEXT];	/* args.name */
	bool has_args, bound;
	int64_t process, thread, ns, length_ns, number;	/* of an arrow */
	int64_t value;		/* of args: tasks, records, error */
	unsigned keys;		/* a bit for each that was there */
};

struct tracing {
	struct tracing_event *events;
	size_t count;
	int64_t dropped;
	char wrong[256];	/* what is; empty: nothing */

	/* While it is read. */
	char *text;
	const char *at;
};

static inline bool tracing_fails(struct tracing *trace, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* False, for the caller to return; the first complaint stays. */
static inline bool tracing_fails(struct tracing *trace, const char *format, ...)
{
	va_list arguments;

	if (trace->wrong[0] != '\0')
		return false;
	va_start(arguments, format);
	vsnprintf(trace->wrong, sizeof(trace->wrong), format, arguments);
	va_end(arguments);
	return false;
}

static inline bool tracing_syntax(struct tracing *trace, const char *what)
{
	return tracing_fails(trace, "no %s at byte %zu: %.40s", what,
		(size_t)(trace->at - trace->text), trace->at);
}

static inline void tracing_blanks(struct tracing *trace)
{
	trace->at += strspn(trace->at, " \t\r\n");
}

/* True if it is next, which is then behind. */
static inline bool tracing_next(struct tracing *trace, char c)
{
	tracing_blanks(trace);
	if (*trace->at != c)
		return false;
	trace->at++;
	return true;
}

static inline bool tracing_expect(struct tracing *trace, char c)
{
	const char what[2] = { c, '\0' };

	return tracing_next(trace, c) || tracing_syntax(trace, what);
}

/* One character of UTF-8, in its shortest form; true if it is one. */
static inline bool tracing_utf8(const char **at, char *ret, size_t *ret_length)
{
	const unsigned char *text = (const unsigned char *)*at;
	uint32_t code = text[0];
	size_t length = code < 0x80 ? 1 : code >> 5 == 6 ? 2 :
		code >> 4 == 14 ? 3 : code >> 3 == 30 ? 4 : 0;

	if (length == 0)
		return false;
	if (length > 1)
		code &= 0x7fu >> length;
	for (size_t i = 1; i < length; i++) {
		if (text[i] >> 6 != 2)
			return false;
		code = code << 6 | (text[i] & 0x3f);
	}
	if ((length == 2 && code < 0x80) || (length == 3 && code < 0x800) ||
	    (length == 4 && code < 0x10000) || code > 0x10ffff ||
	    (code >= 0xd800 && code <= 0xdfff))
		return false;
	memcpy(ret, *at, length);
	*at += length;
	*ret_length = length;
	return true;
}

/* Behind a backslash. */
static inline bool tracing_escape(struct tracing *trace, char *ret)
{
	static const char letters[] = "\"\\/bfnrt", meant[] = "\"\\/\b\f\n\r\t";
	const char *found;
	unsigned code;
	int length = 0;

	if (*trace->at == 'u') {
		if (sscanf(trace->at + 1, "%4x%n", &code, &length) != 1 ||
		    length != 4 || code >= 0x80)
			return tracing_syntax(trace, "escape of ASCII");
		*ret = (char)code;
		trace->at += 5;
		return true;
	}
	found = *trace->at == '\0' ? NULL : strchr(letters, *trace->at);
	if (found == NULL)
		return tracing_syntax(trace, "escape");
	*ret = meant[found - letters];
	trace->at++;
	return true;
}

static inline bool tracing_string(struct tracing *trace, char *ret, size_t size)
{
	size_t length = 0;

	if (!tracing_expect(trace, '"'))
		return false;
	while (*trace->at != '"') {
		size_t bytes = 1;
		char text[4];

		if ((unsigned char)*trace->at < ' ')
			return tracing_syntax(trace, "end of a string");
		if (*trace->at == '\\') {
			trace->at++;
			if (!tracing_escape(trace, text))
				return false;
		} else if (!tracing_utf8(&trace->at, text, &bytes)) {
			return tracing_syntax(trace, "UTF-8");
		}
		if (length + bytes >= size)
			return tracing_syntax(trace, "short string");
		memcpy(ret + length, text, bytes);
		length += bytes;
	}
	ret[length] = '\0';
	trace->at++;
	return true;
}

/* A number with at most three digits behind the point, in thousandths. */
static inline bool tracing_number(struct tracing *trace, int64_t *ret_milli)
{
	int64_t number = 0;
	bool negative, point = false;
	int behind = 0;

	tracing_blanks(trace);
	negative = *trace->at == '-';
	trace->at += negative;
	if (!isdigit((unsigned char)*trace->at) ||
	    (trace->at[0] == '0' && isdigit((unsigned char)trace->at[1])))
		return tracing_syntax(trace, "number");
	for (; isdigit((unsigned char)*trace->at) ||
	     (*trace->at == '.' && !point); trace->at++) {
		if (*trace->at == '.') {
			point = true;
			continue;
		}
		behind += point;
		if (number > INT64_MAX / 100000)
			return tracing_syntax(trace, "number of that size");
		number = 10 * number + (*trace->at - '0');
	}
	if (behind > 3 || (point && behind == 0))
		return tracing_syntax(trace, "number of thousandths");
	for (; behind < 3; behind++)
		number *= 10;
	*ret_milli = negative ? -number : number;
	return true;
}

static inline bool tracing_whole(struct tracing *trace, int64_t *ret_number)
{
	if (!tracing_number(trace, ret_number))
		return false;
	if (*ret_number % 1000 != 0)
		return tracing_syntax(trace, "whole number");
	*ret_number /= 1000;
	return true;
}

static inline bool tracing_args(struct tracing *trace,
	struct tracing_event *event)
{
	char key[16], function[24];
	bool good;

	if (!tracing_expect(trace, '{'))
		return false;
	event->has_args = true;
	do {
		if (!tracing_string(trace, key, sizeof(key)) ||
		    !tracing_expect(trace, ':'))
			return false;
		if (strcmp(key, "name") == 0)
			good = tracing_string(trace, event->label,
				sizeof(event->label));
		else if (strcmp(key, "of") == 0)
			good = tracing_string(trace, event->of,
				sizeof(event->of));
		else if (strcmp(key, "function") == 0)
			good = tracing_string(trace, function,
				sizeof(function));
		else if (strcmp(key, "tasks") == 0 ||
			 strcmp(key, "records") == 0 ||
			 strcmp(key, "error") == 0)
			good = tracing_whole(trace, &event->value);
		else
			good = tracing_fails(trace, "an argument %s", key);
	} while (good && tracing_next(trace, ','));
	return good && tracing_expect(trace, '}');
}

/* The keys, in the order of their bits. */
enum { TRACING_PH, TRACING_PID, TRACING_TID, TRACING_TS, TRACING_NAME,
	TRACING_CAT, TRACING_DUR, TRACING_ID, TRACING_BP, TRACING_S,
	TRACING_ARGS, TRACING_KEYS };

static inline bool tracing_value(struct tracing *trace, int key,
	struct tracing_event *event)
{
	char word[8];

	switch (key) {
	case TRACING_PH:
		if (!tracing_string(trace, word, 2))
			return false;
		event->phase = word[0];
		return true;
	case TRACING_PID:
		return tracing_whole(trace, &event->process);
	case TRACING_TID:
		return tracing_whole(trace, &event->thread);
	case TRACING_TS:
		return tracing_number(trace, &event->ns);
	case TRACING_NAME:
		return tracing_string(trace, event->name, sizeof(event->name));
	case TRACING_CAT:
		return tracing_string(trace, event->category,
			sizeof(event->category));
	case TRACING_DUR:
		return tracing_number(trace, &event->length_ns);
	case TRACING_ID:
		tracing_blanks(trace);
		return *trace->at == '"' ?
			tracing_string(trace, event->id, sizeof(event->id)) :
			tracing_whole(trace, &event->number);
	case TRACING_BP:
		event->bound = true;
		return tracing_string(trace, word, sizeof(word)) &&
			(strcmp(word, "e") == 0 || tracing_syntax(trace, "e"));
	case TRACING_S:
		return tracing_string(trace, word, sizeof(word)) &&
			(strcmp(word, "t") == 0 || tracing_syntax(trace, "t"));
	default:
		return tracing_args(trace, event);
	}
}

/* What each phase has: no less, no more. */
static inline bool tracing_has_its_keys(const struct tracing_event *event)
{
	const unsigned all = 1u << TRACING_PH | 1u << TRACING_PID |
		1u << TRACING_TID | 1u << TRACING_TS;
	const unsigned named = all | 1u << TRACING_NAME;
	const unsigned sorted = named | 1u << TRACING_CAT;
	const unsigned args = 1u << TRACING_ARGS;

	switch (event->phase) {
	case 'M':
		return event->keys == (named | args) && event->ns == 0 &&
			strcmp(event->name, "thread_name") == 0;
	case 'B':
		return event->keys == (strcmp(event->category, "task") == 0 ?
			sorted | args : sorted);
	case 'E':
		return event->keys == named;
	case 'X':
		return event->keys == (sorted | 1u << TRACING_DUR | args) &&
			event->length_ns > 0;
	case 'C':
		return event->keys == (named | 1u << TRACING_ID | args) &&
			event->id[0] != '\0' && event->value >= 0;
	case 'i':
		return event->keys == (named | 1u << TRACING_S | args);
	case 's':
		return event->keys == (sorted | 1u << TRACING_ID) &&
			event->number > 0;
	case 't':
	case 'f':
		return event->keys == (sorted | 1u << TRACING_ID |
			1u << TRACING_BP) && event->number > 0;
	default:
		return false;
	}
}

static inline bool tracing_event(struct tracing *trace,
	struct tracing_event *event)
{
	static const char *const keys[TRACING_KEYS] = { "ph", "pid", "tid",
		"ts", "name", "cat", "dur", "id", "bp", "s", "args" };
	const char *start = trace->at;
	char word[16];
	int key;

	*event = (struct tracing_event){ .phase = 0 };
	if (!tracing_expect(trace, '{'))
		return false;
	do {
		if (!tracing_string(trace, word, sizeof(word)) ||
		    !tracing_expect(trace, ':'))
			return false;
		for (key = 0; key < TRACING_KEYS; key++)
			if (strcmp(word, keys[key]) == 0)
				break;
		if (key == TRACING_KEYS || (event->keys & 1u << key))
			return tracing_fails(trace, "a key %s", word);
		event->keys |= 1u << key;
		if (!tracing_value(trace, key, event))
			return false;
	} while (tracing_next(trace, ','));
	if (!tracing_expect(trace, '}'))
		return false;
	return (tracing_has_its_keys(event) && event->ns >= 0) ||
		tracing_fails(trace, "an event without its keys: %.*s",
			(int)(trace->at - start), start);
}

static inline bool tracing_events(struct tracing *trace)
{
	size_t room = 0;

	if (!tracing_expect(trace, '['))
		return false;
	do {
		if (trace->count == room) {
			room = room == 0 ? 256 : 2 * room;
			trace->events = realloc(trace->events,
				room * sizeof(*trace->events));
			if (trace->events == NULL)
				abort();
		}
		tracing_blanks(trace);
		if (trace->count == 0 && *trace->at == ']')
			break;
		if (!tracing_event(trace, &trace->events[trace->count]))
			return false;
		trace->count++;
	} while (tracing_next(trace, ','));
	return tracing_expect(trace, ']');
}

static inline bool tracing_word(struct tracing *trace, const char *word)
{
	char text[32];

	return tracing_string(trace, text, sizeof(text)) &&
		(strcmp(text, word) == 0 || tracing_syntax(trace, word));
}

static inline bool tracing_file(struct tracing *trace)
{
	return tracing_expect(trace, '{') &&
		tracing_word(trace, "displayTimeUnit") &&
		tracing_expect(trace, ':') && tracing_word(trace, "ns") &&
		tracing_expect(trace, ',') &&
		tracing_word(trace, "traceEvents") &&
		tracing_expect(trace, ':') && tracing_events(trace) &&
		tracing_expect(trace, ',') &&
		tracing_word(trace, "otherData") &&
		tracing_expect(trace, ':') && tracing_expect(trace, '{') &&
		tracing_word(trace, "dropped") && tracing_expect(trace, ':') &&
		tracing_whole(trace, &trace->dropped) &&
		tracing_expect(trace, '}') && tracing_expect(trace, '}') &&
		(tracing_blanks(trace), *trace->at == '\0' ||
			tracing_syntax(trace, "end"));
}

/* A thread's slices that are open; an X has an end from the first. */
struct tracing_track {
	int64_t thread, last_ns;
	size_t depth, named;
	int64_t ends_ns[1024];	/* -1: a B */
	int64_t begins_ns[1024];
	const char *names[1024];
};

/* Those that are over go. */
static inline void tracing_close(struct tracing_track *track, int64_t ns)
{
	while (track->depth > 0 && track->ends_ns[track->depth - 1] >= 0 &&
	       track->ends_ns[track->depth - 1] < ns)
		track->depth--;
}

static inline bool tracing_open(struct tracing *trace,
	struct tracing_track *track, const struct tracing_event *event,
	int64_t end_ns)
{
	if (track->depth == 1024)
		return tracing_fails(trace, "slices as deep as that");
	/* Whether a B ends in time is seen at its E. */
	if (track->depth > 0 && end_ns >= 0 &&
	    track->ends_ns[track->depth - 1] >= 0 &&
	    track->ends_ns[track->depth - 1] <= end_ns)
		return tracing_fails(trace, "a slice up to the outer one's "
			"end");
	track->names[track->depth] = event->name;
	track->begins_ns[track->depth] = event->ns;
	track->ends_ns[track->depth++] = end_ns;
	return true;
}

static inline bool tracing_step(struct tracing *trace,
	struct tracing_track *track, const struct tracing_event *event)
{
	if (event->phase == 'M') {
		track->named++;
		return true;
	}
	if (event->ns < track->last_ns)
		return tracing_fails(trace, "%c %s of thread %lld before "
			"what stands before it", event->phase, event->name,
			(long long)event->thread);
	track->last_ns = event->ns;
	tracing_close(track, event->ns);
	if (track->depth > 0 && track->ends_ns[track->depth - 1] == event->ns)
		return tracing_fails(trace, "%c %s where a slice ends",
			event->phase, event->name);
	switch (event->phase) {
	case 'B':
		return tracing_open(trace, track, event, -1);
	case 'X':
		return tracing_open(trace, track, event, event->ns +
			event->length_ns);
	case 'E':
		if (track->depth == 0 || track->ends_ns[track->depth - 1] >= 0)
			return tracing_fails(trace, "an end of no slice at "
				"%lld ns", (long long)event->ns);
		track->depth--;
		return strcmp(track->names[track->depth], event->name) == 0 ||
			tracing_fails(trace, "an end of %s in %s", event->name,
				track->names[track->depth]);
	case 's':
	case 't':
	case 'f':
		return track->depth > 0 || tracing_fails(trace, "%c %lld "
			"outside of a slice", event->phase,
			(long long)event->number);
	default:
		return true;
	}
}

/* Arrows: one beginning each, in a slice that begins before all else of it. */
static inline bool tracing_arrow(struct tracing *trace, int64_t *begun_ns,
	size_t room, const struct tracing_track *track,
	const struct tracing_event *event)
{
	size_t number = (size_t)event->number;
	int64_t slice_ns;

	if (strchr("stf", event->phase) == NULL)
		return true;
	slice_ns = track->begins_ns[track->depth - 1];
	if (number >= room)
		return tracing_fails(trace, "an arrow %zu", number);
	if (event->phase == 's') {
		if (begun_ns[number] >= 0)
			return tracing_fails(trace, "two arrows %zu", number);
		begun_ns[number] = slice_ns;
		return true;
	}
	if (begun_ns[number] < 0 || begun_ns[number] > slice_ns)
		return tracing_fails(trace, "arrow %zu ends before it begins",
			number);
	if (event->phase == 'f')
		begun_ns[number] = INT64_MAX;
	return true;
}

static inline struct tracing_track *tracing_track(struct tracing_track *tracks,
	size_t *count, int64_t thread)
{
	size_t at = 0;

	while (at < *count && tracks[at].thread != thread)
		at++;
	if (at == *count)
		tracks[(*count)++] = (struct tracing_track){ .thread = thread };
	return &tracks[at];
}

static inline bool tracing_check(struct tracing *trace)
{
	struct tracing_track *tracks = malloc(256 * sizeof(*tracks));
	int64_t *begun_ns = malloc((trace->count + 1) * sizeof(*begun_ns));
	size_t count = 0;
	bool good = true;

	if (tracks == NULL || begun_ns == NULL)
		abort();
	for (size_t i = 0; i <= trace->count; i++)
		begun_ns[i] = -1;
	for (size_t i = 0; good && i < trace->count; i++) {
		const struct tracing_event *event = &trace->events[i];
		struct tracing_track *track = tracing_track(tracks, &count,
			event->thread);

		good = tracing_step(trace, track, event) &&
			tracing_arrow(trace, begun_ns, trace->count + 1, track,
				event) &&
			(event->process == trace->events[0].process ||
			 tracing_fails(trace, "two processes")) &&
			(count < 256 || tracing_fails(trace, "many threads"));
	}
	for (size_t i = 0; good && i < count; i++) {
		tracing_close(&tracks[i], INT64_MAX);
		good = (tracks[i].named >= 1 ||
			tracing_fails(trace, "a thread without a name")) &&
			(tracks[i].depth == 0 ||
			tracing_fails(trace, "a slice without an end"));
	}
	free(tracks);
	free(begun_ns);
	return good;
}

static inline char *tracing_text(const char *path)
{
	FILE *file = fopen(path, "re");
	char *text = NULL;
	size_t size = 0;

	if (file == NULL || getdelim(&text, &size, '\0', file) < 0) {
		free(text);
		text = NULL;
	}
	if (file != NULL)
		fclose(file);
	return text;
}

/* Free it with tracing_free(), whatever this says. */
static inline bool tracing_read(struct tracing *trace, const char *path)
{
	bool good;

	*trace = (struct tracing){ .text = tracing_text(path) };
	if (trace->text == NULL)
		return tracing_fails(trace, "no file %s", path);
	trace->at = trace->text;
	good = tracing_file(trace) && tracing_check(trace);
	free(trace->text);
	trace->text = NULL;
	return good;
}

static inline void tracing_free(struct tracing *trace)
{
	free(trace->events);
	trace->events = NULL;
	trace->count = 0;
}

/* How many events there are of a phase; and of a name, unless that is NULL. */
static inline size_t tracing_count(const struct tracing *trace, char phase,
	const char *name)
{
	size_t count = 0;

	for (size_t i = 0; i < trace->count; i++)
		count += trace->events[i].phase == phase && (name == NULL ||
			strcmp(trace->events[i].name, name) == 0);
	return count;
}

#endif
