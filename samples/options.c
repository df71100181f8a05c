/* See options.h. */
#define _GNU_SOURCE
#include "options.h"

#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

static const char help[] =
"Usage: four_models [OPTION]... [http://URL]...\n"
"Downloads several bodies four ways and shows what each of them costs.\n"
"\n"
"Without a URL it downloads from a server of its own on 127.0.0.1:\n"
"  -n, --count=N      bodies (6; with URLs, one of each; in turn)\n"
"  -s, --size=KIB     size of a body (256)\n"
"  -d, --delay=MS     from the request to the answer (100)\n"
"\n"
"  -t, --threads=N    threads in the pool of models 3 and 4 (3)\n"
"  -T, --timeout=MS   for one body (10000)\n"
"  -m, --model=N      run model N (1-4) only; may be repeated\n"
"      --svg=FILE     also draw the timelines as a picture\n"
"      --trace=FILE   also write what the pools did, for ui.perfetto.dev\n"
"      --tsv          print numbers for programs, separated by tabs\n"
"      --serve        only serve, print the URL, end with standard input;\n"
"                     /1 /2 ... are bodies, /endless /truncated /missing\n"
"                     /garbage /silent what can go wrong\n"
"  -h, --help         this\n"
"\n"
"Exits with 0, 1 if something failed, 2 for a wrong command line.\n";

enum { OPTION_SVG = 256, OPTION_TRACE, OPTION_TSV, OPTION_SERVE };

static const struct option longs[] = {
	{ "count", required_argument, NULL, 'n' },
	{ "size", required_argument, NULL, 's' },
	{ "delay", required_argument, NULL, 'd' },
	{ "threads", required_argument, NULL, 't' },
	{ "timeout", required_argument, NULL, 'T' },
	{ "model", required_argument, NULL, 'm' },
	{ "svg", required_argument, NULL, OPTION_SVG },
	{ "trace", required_argument, NULL, OPTION_TRACE },
	{ "tsv", no_argument, NULL, OPTION_TSV },
	{ "serve", no_argument, NULL, OPTION_SERVE },
	{ "help", no_argument, NULL, 'h' },
	{ NULL, 0, NULL, 0 }
};

static bool number_read(const char *text, long least, long most,
	const char *what, long *ret_number)
{
	char *end;

	errno = 0;
	long number = strtol(text, &end, 10);

	if (end == text || *end != '\0' || errno != 0 || number < least ||
	    number > most) {
		fprintf(stderr, "four_models: %s: '%s' is not a number from "
			"%ld to %ld\n", what, text, least, most);
		return false;
	}
	*ret_number = number;
	return true;
}

/* Reads the options that carry a number; false if the number is wrong. */
static bool option_number(struct options *options, int option,
	const char *text)
{
	long number;

	switch (option) {
	case 'n':
		if (!number_read(text, 1, 10000, "--count", &number))
			return false;
		options->count = (size_t)number;
		return true;
	case 's':
		if (!number_read(text, 0, 1 << 20, "--size", &number))
			return false;
		options->server.body_size = (size_t)number * 1024;
		return true;
	case 'd':
		if (!number_read(text, 0, INT_MAX, "--delay", &number))
			return false;
		options->server.delay_ms = (int)number;
		return true;
	case 't':
		if (!number_read(text, 1, 1024, "--threads", &number))
			return false;
		options->threads = (size_t)number;
		return true;
	case 'T':
		if (!number_read(text, 1, INT_MAX, "--timeout", &number))
			return false;
		options->timeout_ms = (int)number;
		return true;
	default:
		if (!number_read(text, 1, MODELS, "--model", &number))
			return false;
		options->models[number - 1] = true;
		return true;
	}
}

/* Fills in what depends on other options. */
static void options_complete(struct options *options)
{
	bool any = false;

	for (int i = 0; i < MODELS; i++)
		any = any || options->models[i];
	for (int i = 0; i < MODELS; i++)
		options->models[i] = options->models[i] || !any;
	if (options->count == 0)
		options->count = options->url_count > 0 ? options->url_count
							: 6;
}

bool options_read(int argc, char **argv, struct options *ret_options,
	int *ret_status)
{
	struct options options = {
		.server = { .body_size = 256 * 1024, .delay_ms = 100 },
		.threads = 3, .timeout_ms = 10000 };
	int option;

	*ret_status = 2;
	argv[0] = (char *)"four_models";	/* for the messages of getopt */
	while ((option = getopt_long(argc, argv, "n:s:d:t:T:m:h", longs,
	    NULL)) != -1) {
		switch (option) {
		case 'h':
			*ret_status = fputs(help, stdout) == EOF ||
				fflush(stdout) != 0;
			return false;
		case OPTION_SVG:
			options.svg = optarg;
			break;
		case OPTION_TRACE:
			options.trace = optarg;
			break;
		case OPTION_TSV:
			options.tsv = true;
			break;
		case OPTION_SERVE:
			options.serve = true;
			break;
		case '?':
			fputs("four_models: --help says more\n", stderr);
			return false;
		default:
			if (!option_number(&options, option, optarg))
				return false;
		}
	}
	options.urls = argv + optind;
	options.url_count = (size_t)(argc - optind);
	options_complete(&options);
	*ret_options = options;
	return true;
}
