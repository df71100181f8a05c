/*
 * fetch: a download manager.
 *
 *	samples/fetch [OPTION]... URL...	--help says more
 *	samples/fetch --demo			from a server of its own
 *
 * One thread has all transfers, the terminal and the signals: the reactor's.
 * What is started there, and what hangs on it:
 *
 *	ask		a permit of the semaphore, then
 *	begin		for the next file, twice if its checksum is wrong:
 *	whole		a file that is there is checked; else
 *	download	again and again, as long as that may help:
 *	attempt		a transfer of what the part lacks; then
 *	keep		on the pool: checksum, fsync, rename; then
 *	done		tells, gives the permit back
 *
 * Ctrl-C cancels a token.  The downloads are under it, and so their transfers
 * and pauses; what hangs on them is not, and sees ECANCELED go by.
 */
#define _GNU_SOURCE
#include "fetch_bars.h"
#include "fetch_get.h"
#include "reactor.h"
#include "server.h"

#include <errno.h>
#include <fcntl.h>
#include <future.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <unistd.h>

struct fetch {
	struct options options;
	struct reactor *reactor;
	future_executor_t *loop, *pool;
	future_token_t *token;		/* cancelled by Ctrl-C */
	future_semaphore_t permits;
	future_limiter_t *limiter;	/* of bytes; NULL: none */
	struct slot *slots;		/* as many as permits */
	int directory, signals;
	sigset_t stops;			/* SIGINT, SIGTERM */
	size_t next, active, there, failed;
	int64_t received;	/* bytes, of what is no longer under way */
	future_time_t started;
	future_t *drawing;
};

/* One of the files under way. */
struct slot {
	struct fetch *fetch;
	struct get get;
	size_t attempts;
};

static bool is_over(void *fetch)
{
	return future_token_is_cancelled(((struct fetch *)fetch)->token);
}

static const unsigned char *sum_of(const struct slot *slot)
{
	const struct wanted *wanted = slot->get.wanted;

	return wanted->has_sum ? wanted->sum : NULL;
}

/* Is another attempt worth it? */
static bool may_pass(future_result_t failure, void *arg)
{
	struct slot *slot = arg;
	bool may = get_may_pass(&slot->get, failure.error);

	if (slot->fetch->options.verbose)
		bars_say("%s: attempt %zu: %s", slot->get.wanted->url,
			slot->attempts, get_reason(&slot->get, failure.error));
	return may;
}

/* The transfer goes on as long as this does not settle, or is cancelled. */
static future_result_t attempt(void *arg)
{
	struct slot *slot = arg;
	struct fetch *fetch = slot->fetch;
	CURL *easy = get_easy(&slot->get, &fetch->options);

	slot->attempts++;
	if (fetch->options.verbose && slot->get.asked > 0)
		bars_say("%s: from byte %lld", slot->get.wanted->url,
			(long long)slot->get.asked);
	return future_follow(reactor_transfer(fetch->reactor, easy, get_over,
		&slot->get));
}

static future_t *download(struct slot *slot)
{
	struct fetch *fetch = slot->fetch;
	struct part *part = &slot->get.part;
	int error = part->fd >= 0 ? 0 : part_open(part, fetch->directory,
		slot->get.wanted->name);

	if (error != 0)
		return future_ready(future_fail(error));
	slot->get.resumed = false;
	return future_retry(fetch->loop, &(future_retry_t){
		.attempts = fetch->options.retries + 1,
		.backoff_ns = 100000000, .cap_ns = 10000000000,
		.jitter = fetch->next, .worth = may_pass,
		.fn = attempt, .arg = slot, .token = fetch->token });
}

/* On the pool: it computes, and sleeps for the disk. */
static future_result_t keep(future_result_t in, void *arg)
{
	struct slot *slot = arg;
	int error = slot->get.begun ? part_keep(&slot->get.part, sum_of(slot),
		is_over, slot->fetch) : EPROTO;

	(void)in;
	return error == 0 ? future_ok(NULL) : future_fail(error);
}

/* The same of a file that is there already. */
static future_result_t check(void *arg)
{
	struct slot *slot = arg;
	int error = part_there(slot->fetch->directory,
		slot->get.wanted->name, sum_of(slot), is_over, slot->fetch);

	return error == 0 ? future_ok(slot) : future_fail(error);
}

static future_result_t whole(void *arg)
{
	struct slot *slot = arg;
	struct fetch *fetch = slot->fetch;

	if (faccessat(fetch->directory, slot->get.wanted->name, F_OK,
			AT_SYMLINK_NOFOLLOW) == 0)
		return future_follow(future_submit(fetch->pool, check, slot));
	FUTURE_AUTO future_t *here = download(slot);
	/* Not under its token: a cancel is to go by, to the end. */
	future_t *kept = future_then_with(here, &(future_continuation_t){
		.executor = fetch->pool, .fn = keep, .arg = slot,
		.token = FUTURE_NO_TOKEN });

	if (future_state(kept) != FUTURE_PENDING)
		future_cancel(here);	/* nobody waits; it has not begun */
	return future_follow(kept);
}

/* What was resumed may have begun as something else. */
static bool was_resumed(future_result_t failure, void *arg)
{
	struct slot *slot = arg;

	if (failure.error != EBADMSG || !slot->get.resumed)
		return false;
	if (slot->fetch->options.verbose)
		bars_say("%s: wrong checksum, starts over",
			slot->get.wanted->url);
	return true;
}

static void tell(struct slot *slot, future_result_t in)
{
	struct fetch *fetch = slot->fetch;
	const struct wanted *wanted = slot->get.wanted;
	char size[16];

	if (in.error == 0) {
		fetch->there++;
		bars_say("%s: %s", wanted->name, in.value != NULL ?
			"is there" : bars_bytes(size, slot->get.part.size));
	} else if (in.error != ECANCELED) {
		fetch->failed++;
		bars_say("%s: %s", wanted->url, get_reason(&slot->get,
			in.error));
	}
}

static void end_if_all_done(struct fetch *fetch)
{
	if (fetch->active == 0 && (fetch->next == fetch->options.count ||
			is_over(fetch)))
		reactor_stop(fetch->reactor);
}

static future_result_t done(future_result_t in, void *arg)
{
	struct slot *slot = arg;
	struct fetch *fetch = slot->fetch;

	tell(slot, in);
	fetch->received += slot->get.received;
	part_close(&slot->get.part);
	slot->get.wanted = NULL;
	fetch->active--;
	future_semaphore_release(&fetch->permits, 1);
	end_if_all_done(fetch);
	return future_ok(NULL);
}

static struct slot *slot_take(struct fetch *fetch)
{
	struct slot *slot = fetch->slots;

	while (slot->get.wanted != NULL)
		slot++;
	slot->get.wanted = &fetch->options.wanted[fetch->next++];
	slot->get.part = (struct part){ .fd = -1 };
	slot->get.total = -1;
	slot->get.received = 0;
	slot->attempts = 0;
	fetch->active++;
	return slot;
}

/* Takes it.  False: there was no memory for it, and its function never runs. */
static bool hangs(future_t *future)
{
	bool pending = future_state(future) == FUTURE_PENDING;

	future_unref(future);
	return pending;
}

/* Of the next file. */
static void give_up(struct fetch *fetch, int error)
{
	fetch->failed++;
	bars_say("%s: %s", fetch->options.wanted[fetch->next++].url,
		future_strerror(error));
}

static void ask(struct fetch *fetch);

/* With a permit, which is given back where it is not taken. */
static future_result_t begin(future_result_t permit, void *arg)
{
	struct fetch *fetch = arg;
	struct slot *slot;

	if (is_over(fetch))
		return future_ok(NULL);
	permit = future_move(permit);
	if (permit.error != 0) {
		give_up(fetch, permit.error);
		ask(fetch);
		return future_ok(NULL);
	}
	slot = slot_take(fetch);
	FUTURE_AUTO future_t *file = future_retry(fetch->loop,
		&(future_retry_t){ .attempts = 2, .worth = was_resumed,
			.fn = whole, .arg = slot });

	if (!hangs(future_handle_on(file, fetch->loop, done, slot))) {
		future_cancel(file);	/* it has not begun */
		done(future_fail(ENOMEM), slot);
	}
	ask(fetch);
	return future_ok(NULL);
}

static bool ask_permit(struct fetch *fetch)
{
	FUTURE_AUTO future_t *permit = future_semaphore_acquire_async(
		&fetch->permits, 1);

	return hangs(future_handle_on(permit, fetch->loop, begin, fetch));
}

/* One waits for a permit, not all: a list may be long. */
static void ask(struct fetch *fetch)
{
	while (fetch->next < fetch->options.count && !ask_permit(fetch))
		give_up(fetch, ENOMEM);
	end_if_all_done(fetch);
}

static void await_signal(struct fetch *fetch);

static future_result_t on_signal(future_result_t in, void *arg)
{
	struct fetch *fetch = arg;
	struct signalfd_siginfo info;

	/* One that cannot be waited for kills.  (ECANCELED: the end.) */
	if (in.error != 0 && in.error != ECANCELED)
		sigprocmask(SIG_UNBLOCK, &fetch->stops, NULL);
	if (in.error != 0 ||
	    read(fetch->signals, &info, sizeof(info)) != sizeof(info))
		return in;
	if (is_over(fetch))
		_exit(130);
	future_token_cancel(fetch->token);
	end_if_all_done(fetch);
	await_signal(fetch);
	return in;
}

static void await_signal(struct fetch *fetch)
{
	FUTURE_AUTO future_t *came = reactor_readable(fetch->reactor,
		fetch->signals);

	if (!hangs(future_handle_on(came, fetch->loop, on_signal, fetch)))
		on_signal(future_fail(ENOMEM), fetch);
}

static const char *summary(char out[120], const struct fetch *fetch,
	int64_t received)
{
	int64_t ms = (future_now().ns - fetch->started.ns) / 1000000 + 1;
	char bytes[16], speed[16];

	snprintf(out, 120, "%zu of %zu files, %zu failed; %s, %s/s",
		fetch->there, fetch->options.count, fetch->failed,
		bars_bytes(bytes, received),
		bars_bytes(speed, received * 1000 / ms));
	return out;
}

static future_result_t draw(void *arg)
{
	struct fetch *fetch = arg;
	int64_t received = fetch->received;
	struct bar bars[AT_MOST];
	size_t count = 0;
	char all[120];

	for (size_t i = 0; i < fetch->options.at_once; i++) {
		const struct get *get = &fetch->slots[i].get;

		if (get->wanted == NULL || get->part.fd < 0)
			continue;
		bars[count++] = (struct bar){ get->wanted->name,
			get->part.size, get->total };
		received += get->received;
	}
	bars_draw(bars, count, summary(all, fetch, received));
	return future_ok(NULL);
}

static int directory_open(struct fetch *fetch)
{
	const char *path = fetch->options.directory;

	if (mkdir(path, 0777) != 0 && errno != EEXIST)
		return errno;
	fetch->directory = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return fetch->directory >= 0 ? 0 : errno;
}

static int signals_open(struct fetch *fetch)
{
	sigset_t *stops = &fetch->stops;

	signal(SIGPIPE, SIG_IGN);
	sigemptyset(stops);
	sigaddset(stops, SIGINT);
	sigaddset(stops, SIGTERM);
	if (sigprocmask(SIG_BLOCK, stops, NULL) != 0)
		return errno;
	fetch->signals = signalfd(-1, stops, SFD_CLOEXEC);
	return fetch->signals >= 0 ? 0 : errno;
}

static int init(struct fetch *fetch)
{
	size_t count = fetch->options.at_once;
	int error = signals_open(fetch);

	if (error == 0 && fetch->options.rate > 0)
		error = future_limiter_new((size_t)fetch->options.rate,
			1000000000, 2 * CURL_MAX_WRITE_SIZE, &fetch->limiter);
	fetch->permits = (future_semaphore_t)FUTURE_SEMAPHORE_INIT(count);
	fetch->slots = calloc(count, sizeof(*fetch->slots));
	if (error == 0 && fetch->slots == NULL)
		error = ENOMEM;
	if (error == 0)
		error = future_token_new(NULL, FUTURE_FOREVER, &fetch->token);
	if (error == 0)
		error = future_pool_new(NULL, &fetch->pool);
	if (error == 0)
		error = reactor_new(&fetch->reactor);
	if (error == 0)
		fetch->loop = reactor_loop(fetch->reactor);
	for (size_t i = 0; error == 0 && i < count; i++)
		fetch->slots[i] = (struct slot){ .fetch = fetch, .get = {
			.part.fd = -1, .limiter = fetch->limiter,
			.loop = fetch->loop } };
	return error;
}

static void fini(struct fetch *fetch)
{
	future_cancel(fetch->drawing);
	future_unref(fetch->drawing);
	reactor_free(fetch->reactor);
	future_executor_unref(fetch->pool);
	future_token_unref(fetch->token);
	future_limiter_unref(fetch->limiter);
	for (size_t i = 0; fetch->slots != NULL && i < fetch->options.at_once;
	     i++)
		curl_slist_free_all(fetch->slots[i].get.headers);
	free(fetch->slots);
	close(fetch->signals);
	close(fetch->directory);
}

static int run(struct fetch *fetch)
{
	int error = init(fetch);
	char all[120];

	if (error == 0) {
		fetch->started = future_now();
		await_signal(fetch);
		if (bars_wanted())
			fetch->drawing = future_every(fetch->loop,
				&(future_schedule_t){ .period_ns = 100000000,
					.fn = draw, .arg = fetch });
		ask(fetch);
		error = reactor_run(fetch->reactor);
		bars_say("%s", summary(all, fetch, fetch->received));
		if (is_over(fetch))
			bars_say("stopped; run again, it goes on from here");
	}
	fini(fetch);
	if (error != 0)
		fprintf(stderr, "fetch: %s\n", future_strerror(error));
	return error;
}

/* Its own server, and what to fetch from it. */
static int demo_start(struct options *options, struct server *server)
{
	int error = server_start(&(struct server_options){
		.body_size = 3000000, .delay_ms = 50, .fail_one_in = 5,
		.truncate_one_in = 5, .seed = 2026 }, server);
	char url[64];

	for (unsigned i = 1; error == 0 && i <= 12; i++) {
		snprintf(url, sizeof(url), "http://127.0.0.1:%u/%u",
			server->port, i);
		if (wanted_add(options, url, "demo", i) != NULL)
			error = ENOMEM;
	}
	if (options->rate == 0)
		options->rate = 10000000;
	return error;
}

int main(int argc, char **argv)
{
	struct fetch fetch = { .directory = -1, .signals = -1 };
	struct options *options = &fetch.options;
	struct server server = { .pid = 0 };
	int error, status = options_read(argc, argv, options);

	if (status >= 0) {
		options_fini(options);
		return status;
	}
	error = options->demo ? demo_start(options, &server) : 0;
	if (error == 0)
		error = directory_open(&fetch);
	if (error != 0)
		fprintf(stderr, "fetch: %s: %s\n", options->directory,
			future_strerror(error));
	else
		error = run(&fetch);
	/* What was still to do when it was stopped is what makes it 130. */
	status = error != 0 ? 1 :
		fetch.there + fetch.failed < options->count ? 130 :
		fetch.failed > 0;
	if (server.pid > 0)
		server_stop(&server);
	options_fini(options);
	return status;
}
