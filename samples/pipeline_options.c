/* See pipeline.h. */
#define _GNU_SOURCE
#include "pipeline.h"

#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

static const char help[] =
"Usage: pipeline [OPTION]... [LOGFILE | -]\n"
"Makes of each line of an access log (\"combined\": Apache, nginx) one\n"
"of JSON, in the same order; lines of any other form are put aside.\n"
"\n"
"  -o, --output=FILE    the standard output, if there is none\n"
"  -e, --errors=FILE    \"LINE: reason: text\" of those others; stderr\n"
"  -w, --workers=N      threads that transform (the processors)\n"
"  -b, --batch=LINES    handed on and written at once, about (1000)\n"
"  -d, --depth=N        items that a channel holds (8)\n"
"  -p, --progress       each second, on standard error; SIGUSR1: now\n"
"  -q, --quiet          no statistics at the end\n"
"      --from=BYTE[:LINE]  goes on there, at a line's beginning, as it said\n"
"                       when it was interrupted; FILEs are appended to\n"
"      --generate=LINES write a log to try it on, always the same\n"
"      --broken=N       one in N of its lines is not as it should be\n"
"  -h, --help           this\n"
"\n"
"Interrupted (SIGINT, SIGTERM) it reads no more, writes what it has read, and\n"
"says where to go on; the second time it ends at once.\n"
"\n"
"Exits with 0, 3 if some lines were put aside, 1 if something failed, 2 for a\n"
"wrong command line, 128 and the signal's number if it was interrupted.\n";

enum { OPTION_FROM = 256, OPTION_GENERATE, OPTION_BROKEN };

static const struct option longs[] = {
	{ "output", required_argument, NULL, 'o' },
	{ "errors", required_argument, NULL, 'e' },
	{ "workers", required_argument, NULL, 'w' },
	{ "batch", required_argument, NULL, 'b' },
	{ "depth", required_argument, NULL, 'd' },
	{ "progress", no_argument, NULL, 'p' },
	{ "quiet", no_argument, NULL, 'q' },
	{ "from", required_argument, NULL, OPTION_FROM },
	{ "generate", required_argument, NULL, OPTION_GENERATE },
	{ "broken", required_argument, NULL, OPTION_BROKEN },
	{ "help", no_argument, NULL, 'h' },
	{ NULL, 0, NULL, 0 }
};

/* Reads a number that ends with `*ret_end`; complains of any other. */
static bool number_read(const char *text, unsigned long long least,
	unsigned long long most, const char *what, char **ret_end,
	unsigned long long *ret_number)
{
	char *end;

	errno = 0;
	unsigned long long number = strtoull(text, &end, 10);

	if (*text < '0' || *text > '9' || errno != 0 || number < least ||
	    number > most || (ret_end == NULL && *end != '\0')) {
		fprintf(stderr, "pipeline: %s: '%s' is not a number from %llu "
			"to %llu\n", what, text, least, most);
		return false;
	}
	if (ret_end != NULL)
		*ret_end = end;
	*ret_number = number;
	return true;
}

static bool size_read(const char *text, size_t most, const char *what,
	size_t *ret_size)
{
	unsigned long long number;

	if (!number_read(text, 1, most, what, NULL, &number))
		return false;
	*ret_size = (size_t)number;
	return true;
}

/* BYTE or BYTE:LINE. */
static bool from_read(const char *text, struct options *options)
{
	char *end;

	if (!number_read(text, 0, LLONG_MAX, "--from", &end, &options->from))
		return false;
	if (*end == ':')
		return number_read(end + 1, 1, LLONG_MAX, "--from", NULL,
			&options->from_line);
	if (*end != '\0')
		fprintf(stderr, "pipeline: --from: '%s' is not BYTE:LINE\n",
			text);
	return *end == '\0';
}

/* False after an error, which has been printed. */
static bool option_read(struct options *options, int option, const char *text)
{
	switch (option) {
	case 'o':
		options->output = text;
		return true;
	case 'e':
		options->errors = text;
		return true;
	case 'w':
		return size_read(text, 1024, "--workers", &options->workers);
	case 'b':
		return size_read(text, 1000000, "--batch", &options->batch);
	case 'd':
		return size_read(text, 10000, "--depth", &options->depth);
	case 'p':
		options->progress = true;
		return true;
	case 'q':
		options->quiet = true;
		return true;
	case OPTION_FROM:
		return from_read(text, options);
	case OPTION_GENERATE:
		return number_read(text, 1, LLONG_MAX, "--generate", NULL,
			&options->generate);
	case OPTION_BROKEN:
		return number_read(text, 1, LLONG_MAX, "--broken", NULL,
			&options->broken);
	default:
		fputs("pipeline: --help says more\n", stderr);
		return false;
	}
}

bool options_read(int argc, char **argv, struct options *ret_options,
	int *ret_status)
{
	struct options options = { .batch = 1000, .depth = 8, .from_line = 1 };
	int option;

	*ret_status = 2;
	argv[0] = (char *)"pipeline";	/* for the messages of getopt */
	while ((option = getopt_long(argc, argv, "o:e:w:b:d:pqh", longs,
	    NULL)) != -1) {
		if (option == 'h') {
			*ret_status = fputs(help, stdout) == EOF ||
				fflush(stdout) != 0;
			return false;
		}
		if (!option_read(&options, option, optarg))
			return false;
	}
	if (argc - optind > (options.generate == 0)) {
		fprintf(stderr, "pipeline: '%s' is too much; --help says "
			"more\n", argv[argc - 1]);
		return false;
	}
	if (options.broken > 0 && options.generate == 0) {
		fputs("pipeline: --broken is of --generate only\n", stderr);
		return false;
	}
	if (optind < argc && strcmp(argv[optind], "-") != 0)
		options.input = argv[optind];
	*ret_options = options;
	return true;
}
