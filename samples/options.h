/* The command line of four_models. */
#ifndef OPTIONS_H
#define OPTIONS_H

#include <stdbool.h>
#include <stddef.h>

#include "server.h"

#define MODELS 4

struct options {
	struct server_options server;
	size_t count;		/* bodies */
	size_t threads;		/* of the pool */
	int timeout_ms;		/* for one body */
	bool models[MODELS];	/* which are to run */
	const char *svg;	/* a file to write, or NULL */
	const char *trace;	/* the same */
	bool tsv;
	bool serve;
	char **urls;		/* as given; used in turn */
	size_t url_count;	/* 0: the server of its own */
};

/*
 * Reads the command line.  Returns true if there is something to do; else it
 * has printed the help or an error, and *ret_status is the exit status.
 */
bool options_read(int argc, char **argv, struct options *ret_options,
	int *ret_status);

#endif
