/*
 * Producers and consumers over a bounded channel: back-pressure, seen.
 *
 *	samples/producers [FILE]	without one, the program's own file
 *
 * Three producers read the file, a block in turn; two consumers count its
 * lines.  The channel between them holds eight blocks, so the file may be of
 * any size: whoever reads faster than is consumed waits in the send.
 *
 * It ends by close and drain: when everything has been sent, main closes the
 * channel; the consumers receive what is left in it, and then EPIPE.
 */
#define _POSIX_C_SOURCE 200809L
#include <fcntl.h>
#include <future.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PRODUCERS = 3, CONSUMERS = 2, CAPACITY = 8, BLOCK = 1024 };

struct block {
	size_t number, size;
	unsigned char bytes[BLOCK];
};

static struct {
	int file;
	size_t size, blocks;
	atomic_size_t next;		/* the first that nobody has read */
	atomic_uchar *seen;		/* how often each was consumed */
	future_channel_t *channel;
	future_event_t start;		/* of the consumers */
	atomic_int not_waiting;		/* producers that found room so far */
	atomic_int in_flight, peak;
	atomic_llong waits, waited_ns, bytes, lines;
} world = { .not_waiting = PRODUCERS };

/* Counted after a send and before a receive: never more than there are. */
static void count_in_flight(void)
{
	int now = atomic_fetch_add(&world.in_flight, 1) + 1;
	int peak = atomic_load(&world.peak);

	while (now > peak &&
	       !atomic_compare_exchange_weak(&world.peak, &peak, now))
		;
}

/* A producer that cannot go on; with the last of them consuming begins. */
static void be_stuck(bool *stuck)
{
	if (!*stuck && atomic_fetch_sub(&world.not_waiting, 1) == 1)
		future_event_set(&world.start);
	*stuck = true;
}

static int send_block(struct block *block, bool *stuck)
{
	/* Only looks: is there room? */
	int error = future_channel_send_until(world.channel, block, FUTURE_NOW);

	if (error == ETIMEDOUT) {
		future_time_t since = future_now();

		be_stuck(stuck);
		error = future_channel_send(world.channel, block);
		atomic_fetch_add(&world.waits, 1);
		atomic_fetch_add(&world.waited_ns, future_now().ns - since.ns);
	}
	if (error == 0)
		count_in_flight();
	return error;
}

static int read_block(size_t number, struct block **ret_block)
{
	struct block *block = malloc(sizeof(*block));

	if (block == NULL)
		return ENOMEM;
	ssize_t size = pread(world.file, block->bytes, BLOCK,
		(off_t)(number * BLOCK));

	if (size <= 0) {
		int error = size < 0 ? errno : ENODATA;

		free(block);
		return error;
	}
	block->number = number;
	block->size = (size_t)size;
	*ret_block = block;
	return 0;
}

static future_result_t produce(void *arg)
{
	bool stuck = false;
	int error = 0;
	size_t number;

	(void)arg;
	while (error == 0 && (number = atomic_fetch_add(&world.next, 1)) <
	       world.blocks) {
		struct block *block = NULL;

		error = read_block(number, &block);
		if (error != 0)
			break;
		error = send_block(block, &stuck);
		if (error != 0)
			free(block);	/* not sent: still ours */
	}
	be_stuck(&stuck);
	return error == 0 ? future_ok(NULL) : future_fail(error);
}

static future_result_t consume(void *arg)
{
	int error = future_event_wait(&world.start);
	void *item;

	(void)arg;
	while (error == 0) {
		atomic_fetch_sub(&world.in_flight, 1);
		error = future_channel_recv(world.channel, &item);
		if (error != 0) {
			atomic_fetch_add(&world.in_flight, 1);
			break;
		}
		struct block *block = item;
		long long lines = 0;

		for (size_t i = 0; i < block->size; i++)
			lines += block->bytes[i] == '\n';
		atomic_fetch_add(&world.lines, lines);
		atomic_fetch_add(&world.bytes, (long long)block->size);
		atomic_fetch_add(&world.seen[block->number], 1);
		free(block);
	}
	return error == EPIPE ? future_ok(NULL) : future_fail(error);
}

static int run(future_executor_t *pool)
{
	future_t *tasks[PRODUCERS + CONSUMERS];

	for (int i = 0; i < PRODUCERS + CONSUMERS; i++)
		tasks[i] = future_submit(pool, i < PRODUCERS ? produce :
			consume, NULL);
	FUTURE_AUTO future_t *sent = future_all(tasks, PRODUCERS);
	FUTURE_AUTO future_t *consumed = future_all(tasks + PRODUCERS,
		CONSUMERS);
	FUTURE_AUTO future_t *both = FUTURE_ALL(sent, consumed);
	FUTURE_AUTO future_t *first = FUTURE_RACE(sent, consumed);

	for (int i = 0; i < PRODUCERS + CONSUMERS; i++)
		future_unref(tasks[i]);
	/* All has been sent, or something has failed: either way, the end. */
	future_get(first);
	future_event_set(&world.start);
	future_channel_close(world.channel);
	return future_get(both).error;
}

static int open_file(const char *path)
{
	struct stat status;

	world.file = open(path, O_RDONLY | O_CLOEXEC);
	if (world.file < 0 || fstat(world.file, &status) != 0)
		return errno;
	world.size = (size_t)status.st_size;
	world.blocks = (world.size + BLOCK - 1) / BLOCK;
	world.seen = calloc(world.blocks + 1, sizeof(*world.seen));
	return world.seen != NULL ? 0 : ENOMEM;
}

static bool report(void)
{
	size_t lost = 0, twice = 0;
	int most = world.blocks < CAPACITY ? (int)world.blocks : CAPACITY;

	for (size_t i = 0; i < world.blocks; i++) {
		lost += world.seen[i] == 0;
		twice += world.seen[i] > 1;
	}
	printf("%zu blocks: %zu lost, %zu twice; %lld bytes, %lld lines\n",
		world.blocks, lost, twice, world.bytes, world.lines);
	printf("the producers waited %lld times, %.3f ms in all\n",
		world.waits, (double)world.waited_ns / 1e6);
	printf("at most %d blocks in flight, in a channel of %d\n", world.peak,
		CAPACITY);
	/* The consumers began when it was full. */
	return lost == 0 && twice == 0 && (size_t)world.bytes == world.size &&
		world.in_flight == 0 && world.peak == most &&
		(world.waits > 0) == (world.blocks > CAPACITY);
}

int main(int argc, char **argv)
{
	future_pool_options_t options = { .threads = PRODUCERS + CONSUMERS };
	const char *path = argv[argc > 1];
	future_executor_t *pool;
	int error = open_file(path);
	bool holds = true;

	if (error == 0)
		error = future_channel_new(CAPACITY, free, &world.channel);
	if (error == 0)
		error = future_pool_new(&options, &pool);
	if (error == 0) {
		error = run(pool);
		future_executor_unref(pool);
	}
	future_channel_unref(world.channel);
	if (error != 0)
		fprintf(stderr, "producers: %s: %s\n", path,
			future_strerror(error));
	else if (!(holds = report()))
		fputs("producers: this is not as it should be\n", stderr);
	free(world.seen);
	if (world.file >= 0)
		close(world.file);
	return error == 0 && holds ? EXIT_SUCCESS : EXIT_FAILURE;
}
