/* See trace.h. */
#include "trace.h"
#include "alloc.h"
#include "clock.h"
#include "file.h"
#include "fork.h"
#include "lock.h"
#include "park.h"
#include "self.h"
#include "text.h"
#include "tracks.h"

#include <errno.h>
#include <future/result.h>
#include <future/trace.h>
#include <string.h>

struct fut_trace_open fut_trace_open;

/* 2 MiB a thread at most; what is never written to takes no memory. */
size_t fut_trace_room = 65536;

static struct fut_lock lock;
static enum { NONE, OPENING, OPEN, CLOSING } phase;	/* under the lock */
static const struct fut_self *closer;		/* the same: who is CLOSING */
static _Atomic uint32_t closed;			/* counts; exits park on it */
static uint32_t traces;				/* by who is OPENING, as fd */
static int fd = -1;
static struct fut_file_id file;
static int64_t start_ns;
static _Atomic(struct fut_records *) newest;
static _Atomic bool watched, asked;
static _Atomic size_t lost;	/* by threads without records */

/* Those who recorded, or closed, did not come along.  Frees nothing here. */
static void forget(void)
{
	struct fut_records *at = atomic_load_explicit(&newest, FUT_RELAXED);

	for (; at != NULL; at = at->next)
		at->ended = true;
	atomic_store_explicit(&fut_trace_open.number, 0, FUT_RELAXED);
	lock = (struct fut_lock){ 0 };
	phase = NONE;
	/* Another thread may just have closed it, and a third got it. */
	if (fd >= 0 && fut_file_is(fd, &file))
		fut_file_forget(fd);
	fd = -1;
}

/* By another thread, which would not come to an end if the process did. */
static bool is_closing(void)
{
	bool closing;

	fut_lock(&lock);
	closing = phase == CLOSING && closer != fut_self();
	fut_unlock(&lock);
	return closing;
}

static void close_at_exit(void)
{
	uint32_t seen;

	(void)future_trace_close();
	/* The count before the phase, which future_trace_close() sets first. */
	while (seen = atomic_load_explicit(&closed, FUT_ACQUIRE), is_closing())
		(void)fut_park(&closed, seen, FUT_FOREVER);
}

/* Twice would be harmless. */
static bool watch(void)
{
	if (atomic_load_explicit(&watched, FUT_ACQUIRE))
		return true;
	if (fut_fork_at_child(forget) != 0 ||
	    fut_file_at_exit(close_at_exit) != 0)
		return false;
	atomic_store_explicit(&watched, true, FUT_RELEASE);
	return true;
}

/* Under the lock: new ones may come meanwhile, before the newest. */
static void take_out(struct fut_records *records)
{
	struct fut_records *at = records;

	FUT_ASSERT(fut_lock_held(&lock));
	if (atomic_compare_exchange_strong_explicit(&newest, &at,
			records->next, FUT_ACQUIRE, FUT_ACQUIRE))
		return;
	while (at->next != records)
		at = at->next;
	at->next = records->next;
}

/* Under the lock, when no trace needs them any more. */
static void free_ended(void)
{
	struct fut_records *at = atomic_load_explicit(&newest, FUT_ACQUIRE);

	FUT_ASSERT(fut_lock_held(&lock));
	while (at != NULL) {
		struct fut_records *records = at;

		at = at->next;
		if (records->ended) {
			take_out(records);
			fut_free(records);
		}
	}
}

static void thread_ends(void)
{
	struct fut_self *self = fut_self();

	if (self->records == NULL)
		return;
	fut_lock(&lock);
	self->records->ended = true;
	if (phase == NONE)
		free_ended();
	fut_unlock(&lock);
	self->records = NULL;
}

/* Without a lock, for the caller may hold one. */
static struct fut_records *records_new(void)
{
	size_t room = fut_trace_room;
	struct fut_records *records = fut_alloc(sizeof(*records) +
		room * sizeof(records->record[0]));

	if (records == NULL)
		return NULL;
	memset(records, 0, sizeof(*records));
	records->room = room;
	records->thread = fut_thread_known();
	if (fut_self_at_exit(thread_ends) != 0) {
		fut_free(records);
		return NULL;
	}
	records->next = atomic_load_explicit(&newest, FUT_RELAXED);
	while (!atomic_compare_exchange_weak_explicit(&newest, &records->next,
		records, FUT_RELEASE, FUT_RELAXED))
		;
	return records;
}

/* NULL: this one is lost. */
static struct fut_records *records_for(uint32_t trace)
{
	struct fut_self *self = fut_self();
	struct fut_records *records = self->records;

	if (records == NULL)
		records = self->records = records_new();
	if (records == NULL) {
		atomic_fetch_add_explicit(&lost, 1, FUT_RELAXED);
		return NULL;
	}
	/* The last close has read what it wanted, before this. */
	atomic_store_explicit(&records->count, 0, FUT_RELAXED);
	atomic_store_explicit(&records->dropped, 0, FUT_RELAXED);
	atomic_store_explicit(&records->trace, trace, FUT_RELEASE);
	return records;
}

/* The next of the calling thread's; NULL: there is none. */
static struct fut_record *next(struct fut_records **ret_records)
{
	uint32_t trace = atomic_load_explicit(&fut_trace_open.number,
		FUT_ACQUIRE);
	struct fut_records *records = fut_self()->records;
	size_t count;

	if (trace == 0)
		return NULL;
	if (FUT_UNLIKELY(records == NULL || atomic_load_explicit(
			&records->trace, FUT_RELAXED) != trace))
		records = records_for(trace);
	if (records == NULL)
		return NULL;
	*ret_records = records;
	count = atomic_load_explicit(&records->count, FUT_RELAXED);
	if (FUT_LIKELY(count < records->room))
		return &records->record[count];
	atomic_store_explicit(&records->dropped, atomic_load_explicit(
		&records->dropped, FUT_RELAXED) + 1, FUT_RELAXED);
	return NULL;
}

/* The record before the count. */
static void count_one(struct fut_records *records)
{
	size_t count = atomic_load_explicit(&records->count, FUT_RELAXED);

	atomic_store_explicit(&records->count, count + 1, FUT_RELEASE);
}

/*
 * A function that has returned settles its future at once: one look at the
 * clock is enough for both.
 */
static bool follows(const struct fut_records *records,
	const struct fut_record *record)
{
	return record != records->record && record[-1].event == FUT_TRACE_END;
}

void fut_trace_record(enum fut_trace_event event, const void *what,
	const void *with)
{
	struct fut_records *records;
	struct fut_record *record = next(&records);
	int64_t ns;

	if (record == NULL)
		return;
	ns = event == FUT_TRACE_SETTLE && follows(records, record) ? 0 :
		fut_clock_real();
	if (ns < records->last_ns + FUT_TRACE_STEP_NS)
		ns = records->last_ns + FUT_TRACE_STEP_NS;
	records->last_ns = record->ns = ns;
	record->what = what;
	record->with = with;
	record->event = (uint32_t)event;
	count_one(records);
}

void fut_trace_record_name(const char *name)
{
	struct fut_records *records;
	struct fut_record *record = next(&records);
	size_t length = strlen(name);

	if (record == NULL)
		return;
	memset(record->text, 0, FUT_TRACE_TEXT);
	memcpy(record->text, name, length < FUT_TRACE_TEXT ? length :
		FUT_TRACE_TEXT);
	record->event = FUT_TRACE_NAME;
	count_one(records);
}

/* From NONE to OPENING, from OPEN to CLOSING: true. */
static bool enter(unsigned from)
{
	bool entered;

	fut_lock(&lock);
	entered = phase == from;
	if (entered) {
		phase = from == NONE ? OPENING : CLOSING;
		closer = fut_self();
	}
	fut_unlock(&lock);
	return entered;
}

int future_trace_open(const char *path)
{
	int error;

	if (path == NULL)
		return EINVAL;
	if (!watch())
		return ENOMEM;
	if (!enter(NONE))
		return EALREADY;
	error = fut_file_create(path, &fd, &file);
	fut_lock(&lock);
	phase = error == 0 ? OPEN : NONE;
	if (error == 0) {
		traces += traces + 1 != 0 ? 1 : 2;
		start_ns = fut_clock_real();
		atomic_store_explicit(&lost, 0, FUT_RELAXED);
		/* What the last close read, before next() writes there. */
		atomic_store_explicit(&fut_trace_open.number, traces,
			FUT_RELEASE);
	}
	fut_unlock(&lock);
	return error;
}

int future_trace_close(void)
{
	struct fut_tracks tracks;
	int error;

	if (!enter(OPEN))
		return EINVAL;
	tracks = (struct fut_tracks){ .trace = traces, .start_ns = start_ns,
		.end_ns = fut_clock_real(),
		.lost = atomic_load_explicit(&lost, FUT_RELAXED) };
	atomic_store_explicit(&fut_trace_open.number, 0, FUT_RELAXED);
	tracks.newest = atomic_load_explicit(&newest, FUT_ACQUIRE);
	/* Not into what has come there since: a program may close all. */
	error = !fut_file_is(fd, &file) ? EBADF : fut_tracks_write(&tracks, fd);
	fd = -1;
	fut_lock(&lock);
	phase = NONE;
	free_ended();
	fut_unlock(&lock);
	atomic_fetch_add_explicit(&closed, 1, FUT_RELEASE);
	fut_unpark(&closed, FUT_EVERYBODY);
	return error;
}

void fut_trace_ask(void)
{
	const char *path;
	int error;

	if (atomic_load_explicit(&asked, FUT_RELAXED) ||
	    atomic_exchange_explicit(&asked, true, FUT_RELAXED))
		return;
	path = fut_file_asked();
	error = path != NULL ? future_trace_open(path) : 0;
	/* Who asked is a person, whom no caller would tell. */
	if (error != 0)
		fut_text(fut_text_errors(), "libfuture: FUTURE_TRACE: %s: %s\n",
			path, future_strerror(error));
}
