/*
 * One run: several downloads in one of the four ways, and what it cost.
 *
 *	run_ask(run, job);		1 request
 *	checksum = run_check(job, body);	the data is there
 *	run_work(run, 1);		main goes on
 *
 * What is printed as the order of events is what these three calls recorded.
 * The fields belong to main, but for a job's, which its continuation may
 * write before it settles.
 */
#ifndef RUN_H
#define RUN_H

#include <future.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "http.h"
#include "timeline.h"

struct run;

/* One body to download. */
struct job {
	struct run *run;
	const struct http_url *url;
	int64_t asked_ns, arrived_ns, went_on_ns;	/* 0: not yet */
	size_t length;
	uint64_t checksum;
};

struct run {
	const char *name;
	struct timeline timeline;
	future_executor_t *pool;	/* NULL in the synchronous models */
	int timeout_ms;
	struct job *jobs;
	size_t count;
	size_t asked, went_on;		/* jobs, for run_work() */
	unsigned long polls, gets, units;
	uint64_t candidate, primes;	/* the other work */
	int64_t cpu_ns;			/* of the process */
	int64_t work_cpu_ns;		/* of it for the other work */
	struct job *culprit;		/* which download failed */
	int error;
};

struct run_options {
	const struct http_url *urls;
	size_t count;
	int timeout_ms;
	size_t threads;
};

/* Returns 0 or ENOMEM; free it with run_fini(). */
int run_init(struct run *run, const char *name,
	const struct run_options *options);
void run_fini(struct run *run);

/* Calls model(run) between two looks at the clocks, with a pool or without. */
int run_model(struct run *run, int (*model)(struct run *run), size_t threads);

/* The request is about to be made. */
void run_ask(struct run *run, struct job *job);

/* The data is there.  Returns its FNV-1a 64; any thread. */
uint64_t run_check(struct job *job, const struct http_body *body);

/* Main does `units` units of other work: it looks for primes. */
void run_work(struct run *run, unsigned units);

/* A download failed: returns `error`, having noted whose it is. */
int run_fail(struct run *run, struct job *job, int error);

/* How long main was blocked, in connect, read, polls and future_get. */
int64_t run_blocked_ns(const struct run *run);
size_t run_bytes(const struct run *run);

/* The FNV-1a 64 of the checksums of all bodies, in order. */
uint64_t run_checksum(const struct run *run);

/*
 * Writes "1 request, 2 data, 3 next work", or what else happened to `job`, by
 * its instants, and returns `buffer`.
 */
#define ORDER_SIZE 64
const char *job_order(const struct job *job, char buffer[ORDER_SIZE]);

#endif
