/* The command line of collector. */
#define _GNU_SOURCE
#include "collector.h"

#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char help[] =
"Usage: collector [OPTION]... [URL]...\n"
"Collects data from many APIs: prints the URL, status, size, Adler-32 and\n"
"milliseconds of each answer, and what failed apart, to the standard error.\n"
"URLs are of http:// or https://; redirects are followed, ten of each.  What\n"
"ends with no status of 200 to 299, or with 206, which is a part, has failed.\n"
"\n"
"  -w, --way=WAY         sequential, pool or loop (loop); all, in a table\n"
"  -n, --count=N         requests, the URLs in turn (100; one for each URL)\n"
"  -a, --at-once=N       at most so many started and not answered (1000)\n"
"  -W, --workers=N       threads of the pool (50)\n"
"  -T, --timeout=MS      for one request (10000)\n"
"  -t, --table           measure, instead of printing the data; without -n\n"
"                        or a URL, 100 requests of 1 s, 1000 of 50 ms, and\n"
"                        10000 at once: that takes three minutes\n"
"\n"
"  -s, --scrape          follow the links of pages, each once, and redirects\n"
"                        as links; not followed, such a page has failed\n"
"  -D, --depth=N         so many links from the first (2)\n"
"  -H, --per-host=N      so many at once of a host (4)\n"
"  -o, --other-hosts     also links to hosts that none of the URLs names\n"
"\n"
"Without a URL it asks a server of its own on 127.0.0.1:\n"
"  -d, --delay=MS        from the request to the answer (50)\n"
"  -b, --body-size=BYTES of an answer (1000)\n"
"  -f, --fail-one-in=N   so many get a 503, by lot (0: none)\n"
"  -p, --pages=N         of --scrape (31)\n"
"  -h, --help            this\n"
"\n"
"Exits with 0, 1 if something failed, 2 for a wrong command line.\n";

static const struct option longs[] = {
	{ "way", required_argument, NULL, 'w' },
	{ "count", required_argument, NULL, 'n' },
	{ "at-once", required_argument, NULL, 'a' },
	{ "workers", required_argument, NULL, 'W' },
	{ "timeout", required_argument, NULL, 'T' },
	{ "table", no_argument, NULL, 't' },
	{ "scrape", no_argument, NULL, 's' },
	{ "depth", required_argument, NULL, 'D' },
	{ "per-host", required_argument, NULL, 'H' },
	{ "other-hosts", no_argument, NULL, 'o' },
	{ "delay", required_argument, NULL, 'd' },
	{ "body-size", required_argument, NULL, 'b' },
	{ "fail-one-in", required_argument, NULL, 'f' },
	{ "pages", required_argument, NULL, 'p' },
	{ "help", no_argument, NULL, 'h' },
	{ NULL, 0, NULL, 0 }
};

static bool way_read(const char *text, struct options *options)
{
	for (enum way way = 0; way < WAYS; way++)
		if (strcmp(text, way_names[way]) == 0) {
			options->way = way;
			return true;
		}
	if (strcmp(text, "all") == 0) {
		options->way = WAYS;
		options->table = true;
		return true;
	}
	fprintf(stderr, "collector: '%s' is not sequential, pool, loop or "
		"all\n", text);
	return false;
}

static bool number_read(int option, const char *text, long least, long most,
	long *ret_number)
{
	char *end;

	errno = 0;
	*ret_number = strtol(text, &end, 10);
	if (end != text && *end == '\0' && errno == 0 &&
	    *ret_number >= least && *ret_number <= most)
		return true;
	fprintf(stderr, "collector: -%c: '%s' is not a number from %ld to "
		"%ld\n", option, text, least, most);
	return false;
}

static long least_of(int option)
{
	return strchr("naWTHp", option) != NULL;
}

static long most_of(int option)
{
	switch (option) {
	case 'n':
		return 1000000;
	case 'W':
		return 4096;
	default:
		return INT_MAX;
	}
}

/* An option that carries a number. */
static bool number_set(struct options *options, int option, const char *text)
{
	long number;

	if (!number_read(option, text, least_of(option), most_of(option),
			&number))
		return false;
	switch (option) {
	case 'n':
		options->count = (size_t)number;
		break;
	case 'a':
		options->at_once = (size_t)number;
		break;
	case 'W':
		options->workers = (size_t)number;
		break;
	case 'T':
		options->timeout_ms = (int)number;
		break;
	case 'D':
		options->depth = (size_t)number;
		break;
	case 'H':
		options->per_host = (size_t)number;
		break;
	case 'd':
		options->server.delay_ms = (int)number;
		break;
	case 'b':
		options->server.body_size = (size_t)number;
		break;
	case 'f':
		options->server.fail_one_in = (uint32_t)number;
		break;
	default:
		options->server.pages = (unsigned long)number;
	}
	return true;
}

static bool set(struct options *options, int option, const char *text)
{
	switch (option) {
	case '?':
		fputs("collector: --help says more\n", stderr);
		return false;
	case 'w':
		return way_read(text, options);
	case 't':
		options->table = true;
		return true;
	case 's':
		options->scrape = true;
		return true;
	case 'o':
		options->other_hosts = true;
		return true;
	default:
		return number_set(options, option, text);
	}
}

/* Fills in what depends on other options. */
static void complete(struct options *options)
{
	if (options->way == WAYS && !options->table)
		options->way = LOOP;
	if (options->count == 0 && options->url_count > 0)
		options->count = options->url_count;
	if (options->count == 0 && !options->table)
		options->count = 100;
}

static bool url_check(const char *text)
{
	CURLU *parts = curl_url();
	CURLUcode code = curl_url_set(parts, CURLUPART_URL, text, 0);

	curl_url_cleanup(parts);
	if (code == CURLUE_OK && strncasecmp(text, "http", 4) == 0)
		return true;
	fprintf(stderr, "collector: '%s' is not a URL of http:// or https://\n",
		text);
	return false;
}

bool options_read(int argc, char **argv, struct options *ret_options,
	int *ret_status)
{
	struct options options = {
		.server = { .body_size = 1000, .delay_ms = 50, .pages = 31 },
		.way = WAYS, .at_once = 1000, .workers = 50,
		.timeout_ms = 10000, .depth = 2, .per_host = 4 };
	int option;

	*ret_status = 2;
	argv[0] = (char *)"collector";	/* for the messages of getopt */
	while ((option = getopt_long(argc, argv, "w:n:a:W:T:tsD:H:od:b:f:p:h",
			longs, NULL)) != -1) {
		if (option == 'h') {
			*ret_status = fputs(help, stdout) == EOF ||
				fflush(stdout) != 0;
			return false;
		}
		if (!set(&options, option, optarg))
			return false;
	}
	options.urls = argv + optind;
	options.url_count = (size_t)(argc - optind);
	for (size_t i = 0; i < options.url_count; i++)
		if (!url_check(options.urls[i]))
			return false;
	if (options.scrape && options.table) {
		fputs("collector: there is no --table of --scrape\n", stderr);
		return false;
	}
	complete(&options);
	*ret_options = options;
	return true;
}
