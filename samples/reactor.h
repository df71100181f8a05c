/*
 * One thread for many transfers: libcurl's sockets, descriptors of others, and
 * a loop of libfuture, in one epoll.
 *
 *	struct reactor *reactor;
 *	int error = reactor_new(&reactor);
 *	FUTURE_AUTO future_t *page = reactor_transfer(reactor, easy);
 *	FUTURE_AUTO future_t *shown = future_then(page, show, NULL);
 *	...
 *	error = reactor_run(reactor);	until somebody calls reactor_stop()
 *	reactor_free(reactor);
 *
 * All of it is called on the thread that runs it, but reactor_stop(); the
 * futures are at home on the loop, and can be cancelled anywhere.
 */
#ifndef REACTOR_H
#define REACTOR_H

#include <curl/curl.h>
#include <future.h>

struct reactor;

/* A transfer fails with minus the code of libcurl, and this base. */
enum { REACTOR_CURL = -1000 };

/* A transfer is over, and how; returns what its outcome is to be, 0 or another
 * error. */
typedef int reactor_over_fn(void *arg, int error);

/* Returns 0 or an errno value.  NULL may be freed. */
int reactor_new(struct reactor **ret_reactor);

/*
 * Call it when it does not run.  What has not settled is cancelled, and what
 * hangs on that runs, in this call; new transfers fail with ESHUTDOWN.
 */
void reactor_free(struct reactor *reactor);

/* The loop, lent until reactor_free(). */
future_executor_t *reactor_loop(struct reactor *reactor);

/*
 * Starts a transfer, and takes `easy`.  The future's value is that handle, to
 * ask how it went, freed with it; any answer of the server's is a success.  Its
 * error is REACTOR_CURL - CURLE_..., or as for a promise.
 *
 * Once it is cancelled libcurl lets go of the handle, on the loop: what its
 * options point to must live until a continuation of the future runs there.
 *
 * `over` is called once on every path, here or on the loop, when the handle is
 * of no more use to libcurl.  NULL: the outcome is as it is.
 */
future_t *reactor_transfer(struct reactor *reactor, CURL *easy,
	reactor_over_fn *over, void *arg);

/*
 * Returns a future that settles when `fd` can be read, once.  The descriptor is
 * borrowed until then; the future is not to be cancelled.
 */
future_t *reactor_readable(struct reactor *reactor, int fd);

/* Runs until it is stopped.  Returns 0, or an errno value. */
int reactor_run(struct reactor *reactor);

/* On any thread.  A stop before the run is not lost. */
void reactor_stop(struct reactor *reactor);

/* What an error of a transfer's says; else future_strerror(). */
const char *reactor_strerror(int error);

#endif
