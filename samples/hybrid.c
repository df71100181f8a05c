/*
 * hybrid: I/O as futures on threads, and computing in processes: pages are
 * downloaded, each is digested as soon as it is there, and what comes out is
 * saved.  The code that digests has a bug, and one page finds it: that page is
 * missing afterwards, and nothing else is.
 *
 *	samples/hybrid [FILE]		saves to FILE; else to a temporary one
 *
 * Each page goes its own way, and no thread waits but for what it does itself:
 *
 *	download, on a pool -> digest, in a process -> save, on the pool
 *
 * What is downloaded lies in memory that the processes share; only where it
 * is, and the digest, travel.  The server is on loopback.
 */
#define _GNU_SOURCE
#include "http.h"
#include "server.h"
#include "workers.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { PAGES = 16, BAD = 7, SIZE = 100000, ROUNDS = 10, LINE = 24 };

/* Shared by all processes. */
static struct page {
	size_t length;
	unsigned char text[SIZE];
} *pages;

/* FNV-1a, so often that it is worth a process.  (G. Fowler, L. Noll, P. Vo.) */
static int64_t digest(const struct page *page)
{
	uint64_t hash = 14695981039346656037u;

	for (int round = 0; round < ROUNDS; round++)
		for (size_t i = 0; i < page->length; i++)
			hash = (hash ^ page->text[i]) * 1099511628211u;
	return (int64_t)hash;
}

static int64_t digest_number(const int64_t *numbers)
{
	if (numbers[0] == BAD) {
		signal(SIGSEGV, SIG_DFL);
		raise(SIGSEGV);		/* the bug */
	}
	return digest(&pages[numbers[0]]);
}

static workers_fn *const fns[] = { digest_number };

/* One page on its way. */
struct way {
	int number;
	unsigned port;
	int file;
	future_executor_t *processes;
	int64_t digest;
};

static future_result_t download(void *arg)
{
	const struct way *way = arg;
	struct http_body *body;
	struct http_url url;
	char text[64];
	int error;

	snprintf(text, sizeof(text), "http://127.0.0.1:%u/%d", way->port,
		way->number + 1);
	error = http_url_init(&url, text);
	if (error != 0)
		return future_fail(error);
	error = http_get(&url, 10000, &body);
	http_url_fini(&url);
	if (error != 0)
		return future_fail(error);
	pages[way->number].length = body->length < SIZE ? body->length : SIZE;
	memcpy(pages[way->number].text, body->data,
		pages[way->number].length);
	http_body_free(body);
	return future_ok(NULL);
}

static future_result_t send_off(future_result_t in, void *arg)
{
	const struct way *way = arg;
	struct workers_call call = { .numbers = { way->number } };

	(void)in;
	return future_follow(workers_call(way->processes, &call));
}

/* Each has its place in the file: no order, no lock. */
static future_result_t save(future_result_t in, void *arg)
{
	struct way *way = arg;
	char line[LINE + 1];

	way->digest = future_result_int(in);
	snprintf(line, sizeof(line), "%6d %016" PRIx64 "\n", way->number,
		(uint64_t)way->digest);
	return pwrite(way->file, line, LINE, (off_t)way->number * LINE) ==
		LINE ? future_ok(NULL) : future_fail(EIO);
}

/* As many as were saved with the digest that is computed here. */
static int report(future_t *all, const struct way *ways)
{
	const future_result_t *results = future_get(all).value;
	int saved = 0;

	for (int i = 0; results != NULL && i < PAGES; i++) {
		if (results[i].error == 0)
			saved += ways[i].digest == digest(&pages[i]);
		else
			printf("page %d: %s\n", i, results[i].error < 0 ?
				strsignal(-results[i].error) :
				future_strerror(results[i].error));
	}
	return saved;
}

static int go(future_executor_t *pool, struct way first)
{
	struct way ways[PAGES];
	future_t *futures[PAGES], *all;
	int saved;

	for (int i = 0; i < PAGES; i++) {
		ways[i] = first;
		ways[i].number = i;
		futures[i] = FUTURE_CHAIN(future_submit(pool, download,
				&ways[i]),
			{ .fn = send_off, .arg = &ways[i] },
			{ .fn = save, .arg = &ways[i] });
	}
	all = future_all_settled(futures, PAGES);
	saved = report(all, ways);
	future_unref(all);
	for (int i = 0; i < PAGES; i++)
		future_unref(futures[i]);
	printf("%d of %d pages saved\n", saved, PAGES);
	return saved;
}

int main(int argc, char **argv)
{
	struct server_options options = { .body_size = SIZE, .delay_ms = 20 };
	FILE *file = argc > 1 ? fopen(argv[1], "w") : tmpfile();
	struct way way = { 0 };
	struct server server;
	future_executor_t *pool;
	int error = file == NULL ? errno : 0, saved = 0;

	pages = mmap(NULL, PAGES * sizeof(*pages), PROT_READ | PROT_WRITE,
		MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (error == 0 && pages == MAP_FAILED)
		error = errno;
	/* Both fork, so first of all. */
	if (error == 0)
		error = server_start(&options, &server);
	if (error == 0)
		error = workers_new(2, fns, &way.processes);
	if (error == 0)
		error = future_pool_new(&(future_pool_options_t){
			.threads = 4 }, &pool);
	if (error != 0) {
		fprintf(stderr, "hybrid: %s\n", future_strerror(error));
		return 2;
	}
	way.port = server.port;
	way.file = fileno(file);
	saved = go(pool, way);
	future_executor_unref(pool);
	future_executor_unref(way.processes);
	server_stop(&server);
	fclose(file);
	return saved == PAGES - 1 ? 0 : 1;
}
