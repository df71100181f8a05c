/*
 * What the files of collector share: its command line, its requests, what they
 * add up to.
 */
#ifndef COLLECTOR_H
#define COLLECTOR_H

#include "server.h"

#include <curl/curl.h>
#include <future.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum way { SEQUENTIAL, POOL, LOOP, WAYS };

extern const char *const way_names[WAYS];

struct options {
	struct server_options server;	/* where there are no URLs */
	enum way way;		/* WAYS: all */
	size_t count;		/* requests; 0: as many as URLs, or 100 */
	size_t at_once;		/* started and not answered */
	size_t workers;		/* of the pool */
	int timeout_ms;		/* for one request */
	bool table;
	bool scrape;
	bool other_hosts;
	size_t depth;		/* of links that are followed */
	size_t per_host;	/* requests at once */
	char **urls;		/* lent; used in turn */
	size_t url_count;	/* 0: a server of its own */
};

/*
 * Reads the command line.  Returns true if there is something to do; else it
 * has printed the help or an error, and *ret_status is the exit status.
 */
bool options_read(int argc, char **argv, struct options *ret_options,
	int *ret_status);

/* A request, and what became of it. */
struct request {
	struct collector *collector;	/* while it runs */
	const char *url;	/* lent */
	int timeout_ms;
	int status;
	size_t bytes;
	uint32_t checksum;	/* Adler-32 of the body */
	int error;		/* 0, or reactor_strerror() knows it */
	future_time_t begin;
	int64_t sent_ns, end_ns;	/* since then */
};

/*
 * Has `easy`, which may be NULL, make it over HTTP or HTTPS, and give what
 * arrives to `write`.  Returns `easy`.
 */
CURL *request_set_up(CURL *easy, const struct request *request,
	curl_write_callback write, void *arg);

/*
 * Makes as many requests as the options say, in one of the ways.  Returns 0
 * when all are over, whatever became of each, or an errno value.  Free
 * *ret_requests with free().
 */
int collect(const struct options *options, enum way way,
	struct request **ret_requests);

/*
 * Has the options name a server of its own, started here: as many URLs as there
 * are requests, or the first page.  Returns 0 or an errno value; then end it
 * with own_server_stop().
 */
int own_server_start(struct options *options, struct server *ret_server);
void own_server_stop(struct options *options, struct server *server);

/* Why a request has failed; what is there is whole. */
enum reason { THERE, TIMEOUT, STATUS, CONNECTION, REASONS };

enum reason request_reason(const struct request *request);

struct figures {
	size_t count;
	size_t reasons[REASONS];	/* requests of each */
	size_t at_once;		/* most sent and not answered; no failures */
	double seconds;
	double cpu_s;		/* of the process */
	double peak_mib;	/* the same */
	double own_mib;		/* of that, what are no pages of files */
};

/* Of this process, until now. */
void figures_take(const struct request *requests, size_t count,
	future_time_t begin, struct figures *ret_figures);
double figures_rate(const struct figures *figures);	/* of success, in % */
void figures_print(enum way way, const struct figures *figures);

/* Data to the standard output; failures, apart, to the standard error. */
int requests_print(const struct request *requests, size_t count);

/* Says why it has failed, if it has. */
void request_complain(const struct request *request);

/* Each returns the exit status. */
int table(const struct options *options);
int scrape(const struct options *options);

/* Adler-32 (RFC 1950, 8.2) of what came before, at first 1, and this. */
uint32_t adler(uint32_t sum, const char *data, size_t size);

/* As many descriptors as there may be; how many that are. */
size_t raise_limit(void);

/* Prints it with the program's name in front.  Returns 1, an exit status. */
int complain(const char *what, int error);

#endif
