/*
 * See tracks.h.  The records of all threads, in the order of their times, each
 * make an event or two.
 *
 *	START, END; PARK, UNPARK; WAIT, WAITED	a slice (B, E)
 *	SUBMIT, SETTLE, STEAL, WAKE		a short slice (X)
 *
 * An arrow (s, t, f) needs a slice at both its ends.  One leads from where a
 * task is submitted to its run, and on to where it settles; there its
 * continuations are submitted, with arrows of their own.  One leads from who
 * wakes to a short slice in which who was asleep is up: readers turn an arrow
 * around whose end is in a slice that begins before that of its beginning.
 *
 * Readers add times and lengths up as fractions, and look for the slice that an
 * arrow is in by its time alone.  So no two slices share an edge: one ends a
 * nanosecond or more before what comes after it, or what is around it, ends.
 *
 * Nothing but addresses tells what belongs together, and addresses are used
 * again: what counts is the latest before.
 */
#include "tracks.h"
#include "alloc.h"
#include "file.h"
#include "order.h"
#include "things.h"

#include <errno.h>
#include <string.h>

/* A short slice, unless the next record of its thread comes first. */
#define SHORT_NS 1000

struct track {
	const struct fut_records *records;
	size_t at, count;
	size_t depth;		/* slices that are open */
	int64_t end_ns;		/* after all records */
};

struct output {
	const struct fut_tracks *source;
	struct fut_file *file;
	struct track *memory, *tracks;	/* the latter lie in the former */
	size_t track_count;
	struct fut_order order;		/* of their next records */
	struct fut_things things;
	uint64_t arrows;
	int64_t whole_ns;	/* until then nothing is missing */
	bool begun;
	bool failed;
};

/* What all events have; the caller goes on with a comma, or closes it. */
static void print_event(struct output *out, const struct track *track,
	char phase, int64_t ns)
{
	const struct fut_thread_known *thread = &track->records->thread;

	ns -= out->source->start_ns;
	if (ns < 0)
		ns = 0;
	fut_file_print(out->file, "%s\n{\"ph\":\"%c\",\"pid\":%d,\"tid\":%d,"
		"\"ts\":%lld.%03d", out->begun ? "," : "", phase,
		thread->process, thread->thread, (long long)(ns / 1000),
		(int)(ns % 1000));
	out->begun = true;
}

static void print_arrow(struct output *out, const struct track *track,
	char phase, int64_t ns, uint64_t arrow)
{
	print_event(out, track, phase, ns);
	fut_file_print(out->file, ",\"cat\":\"flow\",\"name\":\"flow\","
		"\"id\":%llu%s}", (unsigned long long)arrow,
		phase == 's' ? "" : ",\"bp\":\"e\"");
}

static void arrow_begins(struct output *out, const struct track *track,
	int64_t ns, const void *from)
{
	struct fut_thing *thing = fut_thing_at(&out->things, from);

	thing->arrow = ++out->arrows;
	print_arrow(out, track, 's', ns, out->arrows);
}

/* 't' goes on, 'f' ends; if one was begun. */
static void arrow_comes(struct output *out, const struct track *track,
	char phase, int64_t ns, const void *from)
{
	struct fut_thing *thing = fut_thing_at(&out->things, from);
	uint64_t arrow = thing->arrow;

	if (arrow == 0)
		return;
	if (phase == 'f')
		thing->arrow = 0;
	print_arrow(out, track, phase, ns, arrow);
}

/* The name of the slice that `record` begins. */
static void print_name(struct output *out, const struct track *track,
	const struct fut_record *record)
{
	bool named = record + 1 < track->records->record + track->count &&
		record[1].event == FUT_TRACE_NAME;

	fut_file_print(out->file, ",\"name\":\"");
	if (record->event == FUT_TRACE_PARK)
		fut_file_print(out->file, "park");
	else if (record->event == FUT_TRACE_WAIT)
		fut_file_print(out->file, "wait%s%s",
			record->with != NULL ? " for " : "",
			record->with != NULL ? (const char *)record->with : "");
	else if (named)
		fut_file_print_text(out->file, record[1].text, FUT_TRACE_TEXT);
	else
		fut_file_print_function(out->file, record->with);
	fut_file_print(out->file, "\"");
}

static void slice_begins(struct output *out, struct track *track,
	const struct fut_record *record, const char *category)
{
	track->depth++;
	print_event(out, track, 'B', record->ns);
	fut_file_print(out->file, ",\"cat\":\"%s\"", category);
	print_name(out, track, record);
}

/* What began the innermost slice but `ended` of those open before `at`. */
static const struct fut_record *begun(const struct track *track, size_t ended)
{
	const struct fut_record *record = &track->records->record[track->at];

	for (;;)
		switch ((enum fut_trace_event)(--record)->event) {
		case FUT_TRACE_START:
		case FUT_TRACE_PARK:
		case FUT_TRACE_WAIT:
			if (ended-- == 0)
				return record;
			break;
		case FUT_TRACE_END:
		case FUT_TRACE_UNPARK:
		case FUT_TRACE_WAITED:
			ended++;
			break;
		default:
			break;
		}
}

/* It may have begun before the trace.  Some readers want its name again. */
static void slice_ends(struct output *out, struct track *track, int64_t ns,
	size_t ended)
{
	if (track->depth == 0)
		return;
	track->depth--;
	print_event(out, track, 'E', ns);
	print_name(out, track, begun(track, ended));
	fut_file_print(out->file, "}");
}

/* The next record of that thread that has a time; NULL: there is none. */
static const struct fut_record *timed(const struct track *track, size_t at)
{
	const struct fut_record *record = track->records->record;

	while (at < track->count && record[at].event == FUT_TRACE_NAME)
		at++;
	return at < track->count ? &record[at] : NULL;
}

/*
 * Until when a short slice is drawn: what settling submits is inside it.  Times
 * grow by more than is taken off, so it is never empty.
 */
static int64_t short_end(const struct track *track)
{
	const struct fut_record *record = &track->records->record[track->at];
	const struct fut_record *next = timed(track, track->at + 1);
	bool settles = record->event == FUT_TRACE_SETTLE;
	int64_t last_ns = record->ns, limit_ns;

	for (size_t at = track->at + 1; settles && next != NULL &&
	     next->event == FUT_TRACE_SUBMIT; at++) {
		last_ns = next->ns;
		next = timed(track, at + 1);
	}
	limit_ns = next != NULL ? next->ns : track->end_ns;
	if (limit_ns > last_ns + SHORT_NS)
		limit_ns = last_ns + SHORT_NS;
	return limit_ns - (settles ? 1 : 2);
}

static void print_short(struct output *out, const struct track *track,
	int64_t ns, const char *name)
{
	const struct fut_record *record = &track->records->record[track->at];
	int64_t length_ns = short_end(track) - ns;

	print_event(out, track, 'X', ns);
	fut_file_print(out->file, ",\"dur\":%lld.%03d,\"cat\":\"%s\","
		"\"name\":\"%s\",\"args\":{\"of\":\"%p\"",
		(long long)(length_ns / 1000), (int)(length_ns % 1000), name,
		name, record->what);
	if (record->event == FUT_TRACE_SETTLE)
		fut_file_print(out->file, ",\"error\":%d",
			(int)(intptr_t)record->with);
	fut_file_print(out->file, "}}");
}

/* A pool's name is that of its workers, up to the last "-". */
static void print_executor(struct output *out, const void *executor)
{
	const char *name = fut_thing_at(&out->things, executor)->name;
	const char *end = name != NULL ? strrchr(name, '-') : NULL;

	if (end != NULL)
		fut_file_print_text(out->file, name, (size_t)(end - name));
	else
		fut_file_print(out->file, "%p", executor);
}

static void print_depth(struct output *out, const struct track *track,
	int64_t ns, const void *executor)
{
	size_t queued = fut_thing_at(&out->things, executor)->queued;

	print_event(out, track, 'C', ns);
	fut_file_print(out->file, ",\"name\":\"queue ");
	print_executor(out, executor);
	fut_file_print(out->file, "\",\"id\":\"%p\","
		"\"args\":{\"tasks\":%zu}}", executor, queued);
}

/*
 * How many an executor has that were submitted and neither started nor settled;
 * unknown once something is missing.
 */
static void enqueue(struct output *out, const struct track *track, int64_t ns,
	const void *task, const void *executor)
{
	if (ns > out->whole_ns || executor == NULL)
		return;
	fut_thing_at(&out->things, task)->executor = executor;
	fut_thing_at(&out->things, executor)->queued++;
	print_depth(out, track, ns, executor);
}

static void dequeue(struct output *out, const struct track *track, int64_t ns,
	const void *task)
{
	const void *executor = fut_thing_at(&out->things, task)->executor;

	if (ns > out->whole_ns || executor == NULL)
		return;
	fut_thing_at(&out->things, task)->executor = NULL;
	fut_thing_at(&out->things, executor)->queued--;
	print_depth(out, track, ns, executor);
}

static void print_submit(struct output *out, const struct track *track,
	const struct fut_record *record)
{
	/* The one before at this address has not been seen to end. */
	dequeue(out, track, record->ns, record->what);
	print_short(out, track, record->ns, "submit");
	arrow_begins(out, track, record->ns, record->what);
	enqueue(out, track, record->ns, record->what, record->with);
}

static void print_start(struct output *out, struct track *track,
	const struct fut_record *record)
{
	slice_begins(out, track, record, "task");
	fut_file_print(out->file, ",\"args\":{\"of\":\"%p\","
		"\"function\":\"%p\"}}", record->what, record->with);
	arrow_comes(out, track, 't', record->ns, record->what);
	dequeue(out, track, record->ns, record->what);
}

static void print_sleep(struct output *out, struct track *track,
	const struct fut_record *record)
{
	slice_begins(out, track, record, "wait");
	fut_file_print(out->file, "}");
}

static void print_settle(struct output *out, const struct track *track,
	const struct fut_record *record)
{
	print_short(out, track, record->ns, "settle");
	arrow_comes(out, track, 'f', record->ns, record->what);
	dequeue(out, track, record->ns, record->what);
}

/* It ends just before an arrow comes. */
static void wait_ends(struct output *out, struct track *track,
	const struct fut_record *record)
{
	slice_ends(out, track, record->ns, 0);
	if (fut_thing_at(&out->things, record->what)->arrow == 0)
		return;
	print_short(out, track, record->ns + 1, "woken");
	arrow_comes(out, track, 'f', record->ns + 1, record->what);
}

static void print_record(struct output *out, struct track *track,
	const struct fut_record *record)
{
	switch ((enum fut_trace_event)record->event) {
	case FUT_TRACE_SUBMIT:
		print_submit(out, track, record);
		break;
	case FUT_TRACE_START:
		print_start(out, track, record);
		break;
	case FUT_TRACE_END:
		slice_ends(out, track, record->ns, 0);
		break;
	case FUT_TRACE_SETTLE:
		print_settle(out, track, record);
		break;
	case FUT_TRACE_STEAL:
		print_short(out, track, record->ns, "steal");
		break;
	case FUT_TRACE_PARK:
		print_sleep(out, track, record);
		break;
	case FUT_TRACE_WAIT:
		/* One that was woken for nothing may have left an arrow. */
		fut_thing_at(&out->things, record->what)->arrow = 0;
		print_sleep(out, track, record);
		break;
	case FUT_TRACE_UNPARK:
	case FUT_TRACE_WAITED:
		wait_ends(out, track, record);
		break;
	case FUT_TRACE_WAKE:
		print_short(out, track, record->ns, "wake");
		arrow_begins(out, track, record->ns, record->what);
		break;
	case FUT_TRACE_NAME:
		break;
	}
}

/* To its next record that has a time. */
static void go_on(struct output *out, struct track *track)
{
	const struct fut_record *record = timed(track, track->at);

	track->at = record == NULL ? track->count :
		(size_t)(record - track->records->record);
	fut_order_set(&out->order, (size_t)(track - out->tracks),
		record == NULL ? INT64_MAX : record->ns);
}

static void print_records(struct output *out)
{
	struct track *track;

	for (size_t i = 0; i < out->track_count; i++)
		go_on(out, &out->tracks[i]);
	/* Of those at the same time that of the older thread is first. */
	while (fut_order_key(&out->order) != INT64_MAX) {
		track = &out->tracks[fut_order_first(&out->order)];
		print_record(out, track, &track->records->record[track->at]);
		track->at++;
		go_on(out, track);
	}
	/* What still runs, or sleeps. */
	for (size_t i = 0; i < out->track_count; i++) {
		track = &out->tracks[i];
		for (size_t ended = 0; track->depth > 0; ended++)
			slice_ends(out, track, track->end_ns, ended);
	}
}

static void print_names(struct output *out)
{
	for (size_t i = 0; i < out->track_count; i++) {
		const struct track *track = &out->tracks[i];
		const char *name = track->records->thread.name;

		print_event(out, track, 'M', out->source->start_ns);
		fut_file_print(out->file, ",\"name\":\"thread_name\","
			"\"args\":{\"name\":\"");
		fut_file_print_text(out->file, name, strlen(name));
		fut_file_print(out->file, "\"}}");
	}
}

/* An instant at the end of each track where records are missing. */
static size_t print_dropped(struct output *out)
{
	size_t sum = out->source->lost;

	for (size_t i = 0; i < out->track_count; i++) {
		const struct track *track = &out->tracks[i];
		size_t dropped = atomic_load_explicit(
			&track->records->dropped, FUT_RELAXED);

		if (dropped == 0)
			continue;
		sum += dropped;
		print_event(out, track, 'i', track->end_ns);
		fut_file_print(out->file, ",\"s\":\"t\",\"name\":\"dropped\","
			"\"args\":{\"records\":%llu}}",
			(unsigned long long)dropped);
	}
	return sum;
}

/* How far it goes, and whether a pool is named after the thread. */
static void look_at(struct output *out, struct track *track)
{
	const struct fut_record *record = track->records->record;
	size_t last = track->count, at = 0;

	while (last > 0 && record[last - 1].event == FUT_TRACE_NAME)
		last--;
	track->end_ns = out->source->end_ns;
	if (last > 0 && track->end_ns < record[last - 1].ns + FUT_TRACE_STEP_NS)
		track->end_ns = record[last - 1].ns + FUT_TRACE_STEP_NS;
	if (last > 0 && track->count == track->records->room &&
	    record[last - 1].ns < out->whole_ns)
		out->whole_ns = record[last - 1].ns;
	while (at < track->count && record[at].event != FUT_TRACE_PARK)
		at++;
	if (at < track->count)
		fut_thing_at(&out->things, record[at].what)->name =
			track->records->thread.name;
}

/* The records of this trace, as far as they have been written. */
static bool find_tracks(struct output *out)
{
	const struct fut_records *records = out->source->newest;
	size_t count = 0;

	for (; records != NULL; records = records->next)
		count++;
	out->memory = fut_alloc((count + 1) * sizeof(*out->memory));
	if (out->memory == NULL)
		return false;
	/* From the back: the oldest is the last in the list. */
	out->tracks = out->memory + count;
	for (records = out->source->newest; records != NULL;
	     records = records->next) {
		/* That before the count. */
		if (atomic_load_explicit(&records->trace, FUT_ACQUIRE) !=
				out->source->trace)
			continue;
		*--out->tracks = (struct track){ .records = records,
			.count = atomic_load_explicit(&records->count,
				FUT_ACQUIRE) };
		look_at(out, out->tracks);
		out->track_count++;
	}
	return fut_order_init(&out->order, out->track_count);
}

int fut_tracks_write(const struct fut_tracks *tracks, int fd)
{
	struct output out = { .source = tracks,
		.whole_ns = tracks->lost == 0 ? INT64_MAX : tracks->start_ns };
	size_t dropped;
	int error;

	out.file = fut_file_begin(fd);
	if (out.file == NULL)
		return ENOMEM;
	out.failed = !find_tracks(&out);
	fut_file_print(out.file, "{\"displayTimeUnit\":\"ns\","
		"\"traceEvents\":[");
	print_names(&out);
	if (!out.failed)
		print_records(&out);
	dropped = print_dropped(&out);
	fut_file_print(out.file, "\n],\"otherData\":{\"dropped\":%llu}}\n",
		(unsigned long long)dropped);
	error = fut_file_end(out.file);
	fut_free(out.memory);
	fut_order_end(&out.order);
	fut_things_end(&out.things);
	return error == 0 && (out.failed || out.things.failed) ? ENOMEM : error;
}
