/*
 * A pipeline: access logs of any size to JSON, in bounded memory.
 *
 *	samples/pipeline --generate 1000000 --broken 1000 > access.log
 *	samples/pipeline access.log > access.json
 *	samples/pipeline --help
 *
 *	read --(texts: a channel of futures)--> batch --(batches)--> write
 *	  \____ transform, on a pool ____/
 *
 * Each stage is a child of a group, and sleeps where its channel is full, or
 * empty.  The reader has each block of lines transformed on the workers, and
 * sends its future on: whoever receives them has them in the order of the file,
 * whichever is done first.  That bounds the work as well: of blocks there are
 * no more than the channel has room for, one in its sender's hand, and one in
 * its receiver's.
 *
 * It ends from the front by close and drain, at the end of the file, or where a
 * signal says so.  An error cancels the group: all sleepers wake, and what is
 * in the channels is freed.
 */
#define _GNU_SOURCE
#include "pipeline.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <unistd.h>

enum { STAGES = 4, BATCH_TEXTS = 64 };

struct batch {
	size_t lines, count;
	struct text *texts[BATCH_TEXTS];
};

static struct {
	struct options options;
	struct input input;
	future_channel_t *texts, *batches;
	future_executor_t *stages, *workers;
	int output, errors, signals;
	int stop;		/* readable: a signal, an error, or the end */
	int signal;		/* that has come, or 0 */
	future_time_t start;
	atomic_ullong bytes, lines, broken;	/* read; written */
	atomic_llong taken_ns;	/* until what was received was transformed */
} world;

/* A stage is over; EPIPE: what is before it has come to its end. */
static future_result_t stage_end(int error)
{
	return error == 0 || error == EPIPE ? future_ok(NULL) :
		future_fail(error);
}

static void stop(void *unused)
{
	(void)unused;
	(void)eventfd_write(world.stop, 1);
}

/* For those who sleep in poll(), out of the library's sight. */
static int stop_on_cancel(void)
{
	return future_token_on_cancel(future_token_current(), future_inline(),
		stop, NULL);
}

/* The reader. */

static future_result_t transform(void *block)
{
	return future_own(text_of(block), text_free);
}

/* For one that nobody will receive. */
static void text_drop(void *text)
{
	future_cancel(text);
	future_unref(text);
}

/* Takes the block. */
static int send_block(struct block *block)
{
	future_task_t task = { .fn = transform, .arg = block,
		.destroy_arg = free, .name = "transform" };
	future_t *text = future_submit_with(world.workers, &task);
	int error = future_channel_send(world.texts, text);

	if (error != 0)
		text_drop(text);
	return error;
}

static future_result_t read_blocks(void *unused)
{
	struct block *block;
	int error = stop_on_cancel();

	(void)unused;
	while (error == 0) {
		error = input_next(&world.input, &block);
		if (error == ECANCELED && !future_cancel_requested())
			error = EPIPE;	/* a signal: as at the end */
		else if (error != 0 && error != ECANCELED)
			error = report(world.options.input, error);
		else if (error == 0)
			error = block != NULL ? send_block(block) : EPIPE;
		world.bytes = world.input.offset - world.options.from;
	}
	future_channel_close(world.texts);
	return stage_end(error);
}

/* Batches of what is there, up to a size: none is waited for. */

static void batch_free(void *item)
{
	struct batch *batch = item;

	for (size_t i = 0; i < batch->count; i++)
		text_free(batch->texts[i]);
	free(batch);
}

static int batch_add(struct batch *batch, future_t *text)
{
	future_time_t since = future_now();
	future_result_t r = future_take(text);	/* waits for the worker */

	world.taken_ns += future_now().ns - since.ns;
	future_unref(text);
	if (r.error != 0)
		return r.error == ECANCELED ? r.error :
			report("transform", r.error);
	batch->texts[batch->count] = r.value;
	batch->lines += batch->texts[batch->count++]->lines;
	return 0;
}

static int batch_fill(struct batch *batch)
{
	void *text;
	int error = future_channel_recv(world.texts, &text);

	while (error == 0) {
		error = batch_add(batch, text);
		if (error != 0 || batch->count == BATCH_TEXTS ||
		    batch->lines >= world.options.batch)
			return error;
		error = future_channel_recv_until(world.texts, &text,
			FUTURE_NOW);
	}
	/* Nothing more now, or ever: then the next call will say so. */
	return batch->count > 0 && error != ECANCELED ? 0 : error;
}

static future_result_t make_batches(void *unused)
{
	int error = 0;

	(void)unused;
	while (error == 0) {
		struct batch *batch = calloc(1, sizeof(*batch));

		if (batch == NULL) {
			error = report("batch", ENOMEM);
			break;
		}
		error = batch_fill(batch);
		if (error == 0)
			error = future_channel_send(world.batches, batch);
		if (error != 0)
			batch_free(batch);
	}
	future_channel_close(world.batches);
	return stage_end(error);
}

/* The writer. */

static int write_batch(const struct batch *batch)
{
	struct iovec json[BATCH_TEXTS], errors[BATCH_TEXTS];
	size_t broken = 0;
	int error;

	for (size_t i = 0; i < batch->count; i++) {
		struct text *text = batch->texts[i];

		json[i] = (struct iovec){ text->json.bytes, text->json.size };
		errors[i] = (struct iovec){ text->errors.bytes,
			text->errors.size };
		broken += text->broken;
	}
	error = write_all(world.output, json, (int)batch->count);
	if (error != 0)
		return report(world.options.output, error);
	world.lines += batch->lines;
	world.broken += broken;
	error = write_all(world.errors, errors, (int)batch->count);
	return error == 0 ? 0 : report(world.options.errors, error);
}

static future_result_t write_batches(void *unused)
{
	void *batch;
	int error;

	(void)unused;
	while ((error = future_channel_recv(world.batches, &batch)) == 0) {
		error = write_batch(batch);
		batch_free(batch);
		if (error != 0)
			break;
	}
	stop(NULL);
	return stage_end(error);
}

/* Who waits for signals. */

static void show_progress(void)
{
	future_channel_stats_t texts, batches;
	double seconds = (double)(future_now().ns - world.start.ns) / 1e9;

	future_channel_stats(world.texts, &texts);
	future_channel_stats(world.batches, &batches);
	fprintf(stderr, "%.1f s: %.1f MB read, %llu lines written, %llu put "
		"aside; texts %zu of %zu, batches %zu of %zu\n", seconds,
		(double)world.bytes / 1e6, world.lines, world.broken,
		texts.held, texts.capacity, batches.held, batches.capacity);
}

/* From now on one more is what it is to any program: its end. */
static void take_no_more(void)
{
	sigset_t set;

	signal(SIGINT, SIG_DFL);
	signal(SIGTERM, SIG_DFL);
	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	pthread_sigmask(SIG_UNBLOCK, &set, NULL);
}

/* The first that ends it. */
static void interrupted(int signal)
{
	fputs("pipeline: reads no more, writes what it has read; once more, "
		"and it ends at once\n", stderr);
	world.signal = signal;
	take_no_more();
	stop(NULL);
}

/* Polls world.stop and never reads it: so the reader finds it readable, too. */
static future_result_t watch(void *unused)
{
	struct pollfd fds[] = { { .fd = world.stop, .events = POLLIN },
		{ .fd = world.signals, .events = POLLIN } };
	struct signalfd_siginfo info;
	future_time_t next = world.options.progress ? future_in_ms(1000) :
		FUTURE_FOREVER;
	int error = stop_on_cancel();

	(void)unused;
	while (error == 0 && world.signal == 0) {
		int count = poll(fds, 2, future_ms_until(next));

		if (count > 0 && fds[0].revents != 0)
			break;
		if (count > 0 && read(fds[1].fd, &info, sizeof(info)) < 0)
			error = report("signals", errno);
		else if (count > 0 && info.ssi_signo != SIGUSR1)
			interrupted((int)info.ssi_signo);
		else if (count >= 0)
			show_progress();
		if (count == 0)
			next.ns += 1000000000;
	}
	return stage_end(error);
}

/* All of them. */

static int run(void)
{
	future_task_fn *const stages[STAGES] = { watch, write_batches,
		make_batches, read_blocks };
	future_group_t *group;
	int error = future_group_new(world.stages, NULL, &group);

	if (error != 0)
		return error;
	for (int i = 0; i < STAGES; i++)
		future_unref(future_group_submit(group, stages[i], NULL));
	return future_group_close(group);
}

static int start(void)
{
	future_pool_options_t stages = { .threads = STAGES, .name = "stage" };
	future_pool_options_t workers = { .threads = world.options.workers,
		.name = "worker", .timing = true };
	size_t depth = world.options.depth;
	int error = future_channel_new(depth, text_drop, &world.texts);

	if (error == 0)
		error = future_channel_new(depth, batch_free,
			&world.batches);
	if (error == 0)
		error = future_pool_new(&stages, &world.stages);
	if (error == 0)
		error = future_pool_new(&workers, &world.workers);
	world.start = future_now();
	return error;
}

static void print_workers(double seconds)
{
	size_t count = future_executor_workers(world.workers, 0, NULL);
	future_executor_worker_t *workers = calloc(count, sizeof(*workers));

	if (workers == NULL)
		return;
	future_executor_workers(world.workers, count, workers);
	for (size_t i = 0; i < count; i++)
		fprintf(stderr, "worker %zu: %zu items, busy %.3f s, %.0f%%\n",
			i, workers[i].tasks,
			(double)workers[i].running_ns / 1e9,
			(double)workers[i].running_ns / 1e7 / seconds);
	free(workers);
}

static void print_channel(const char *name, future_channel_t *channel)
{
	future_channel_stats_t stats;

	future_channel_stats(channel, &stats);
	fprintf(stderr, "%s: room for %zu; the sender waited %llu times, "
		"%.3f s, the receiver %llu times, %.3f s\n", name,
		stats.capacity, (unsigned long long)stats.send_waits,
		(double)stats.send_wait_ns / 1e9,
		(unsigned long long)stats.recv_waits,
		(double)stats.recv_wait_ns / 1e9);
}

static void print_statistics(void)
{
	double seconds = (double)(future_now().ns - world.start.ns) / 1e9;
	struct rusage usage;

	getrusage(RUSAGE_SELF, &usage);
	fprintf(stderr, "%llu lines, %llu of them put aside, %.1f MB in "
		"%.3f s: %.0f lines/s, %.1f MB/s\n", world.lines,
		world.broken, (double)world.bytes / 1e6, seconds,
		(double)world.lines / seconds,
		(double)world.bytes / 1e6 / seconds);
	print_channel("texts", world.texts);
	fprintf(stderr, "texts: the receiver waited %.3f s for the workers\n",
		(double)world.taken_ns / 1e9);
	print_channel("batches", world.batches);
	print_workers(seconds);
	fprintf(stderr, "at most %ld KiB of memory\n", usage.ru_maxrss);
}

/* Before there are threads, which inherit what is blocked. */
static int open_signals(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGUSR1);
	sigprocmask(SIG_BLOCK, &set, NULL);
	signal(SIGPIPE, SIG_IGN);
	world.signals = signalfd(-1, &set, SFD_CLOEXEC);
	world.stop = eventfd(0, EFD_CLOEXEC);
	world.input.stop = world.stop;
	return world.signals < 0 || world.stop < 0 ? errno : 0;
}

static int status_of(int error)
{
	if (error != 0)
		return 1;
	/* A signal that came when all had been read has changed nothing. */
	if (!world.input.is_over) {
		fprintf(stderr, "pipeline: interrupted; go on with "
			"--from=%llu:%llu\n", world.input.offset,
			world.input.line);
		return 128 + world.signal;
	}
	return world.broken > 0 ? 3 : 0;
}

/* Else what is opened next would be taken for it. */
static int check_input(void)
{
	return world.options.input != NULL ||
		fcntl(STDIN_FILENO, F_GETFD) >= 0 ? 0 :
		report("standard input", errno);
}

static int run_all(void)
{
	int error = check_input();

	if (error == 0)
		error = open_signals();
	if (error == 0)
		error = files_open(&world.options, &world.input, &world.output,
			&world.errors);
	if (error == 0)
		error = start();
	if (error == 0)
		error = run();
	if (world.workers != NULL)
		error = error != 0 ? error : future_executor_drain(
			world.workers, FUTURE_FOREVER);
	if (error == 0 && !world.options.quiet)
		print_statistics();
	if (error != 0 && error != REPORTED)
		error = report("start", error);
	future_executor_unref(world.workers);
	future_executor_unref(world.stages);
	future_channel_unref(world.texts);
	future_channel_unref(world.batches);
	return status_of(error);
}

int main(int argc, char **argv)
{
	int status;

	if (!options_read(argc, argv, &world.options, &status))
		return status;
	return world.options.generate > 0 ? generate(&world.options) :
		run_all();
}
