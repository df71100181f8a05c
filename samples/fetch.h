/*
 * What the parts of fetch share: what is wanted, as the command line and lists
 * say it.
 */
#ifndef FETCH_H
#define FETCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	SHA256 = 32,	/* bytes */
	AT_MOST = 256	/* at once: each has two descriptors */
};

struct wanted {
	char *url;
	char *name;		/* of the file, in the directory */
	bool has_sum;
	unsigned char sum[SHA256];
	const char *list;	/* where it stands, for complaints */
	size_t line;
};

struct options {
	struct wanted *wanted;
	size_t count;
	size_t at_once;
	size_t retries;
	int64_t rate;		/* bytes a second; 0: no limit */
	long timeout_s;		/* for connecting, and without a byte */
	const char *directory;
	const char *cacert;	/* NULL: the system's */
	bool verbose;
	bool demo;
};

/*
 * Reads the command line and the lists.  Returns -1 if there is something to
 * do; else the exit status: it has printed the help, or what is wrong.
 */
int options_read(int argc, char **argv, struct options *options);
void options_fini(struct options *options);

/*
 * Wants one more: "URL", or "URL SHA256".  Returns NULL, or what is wrong.
 * `list` is borrowed.
 */
const char *wanted_add(struct options *options, char *text, const char *list,
	size_t line);

/* True if no two would be the same file; else it has been said. */
bool wanted_differ(struct options *options);

#endif
