/* The command line of census: see census.h. */
#define _GNU_SOURCE
#include "census.h"
#include "workers.h"

#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <stdlib.h>

static const char help[] =
"Usage: census [OPTION]... FILE\n"
"       census --generate=ROWS > FILE\n"
"Prints as CSV what each group of rows of a large CSV file has.\n"
"\n"
"  -g, --group=COLUMN   the groups, by the header's name (one of all rows)\n"
"  -v, --value=COLUMN   also mean, min, percentiles, max of these numbers, of\n"
"                       at most 12 digits before the point and 6 behind\n"
"  -t, --threads=N      so many (one for each CPU)\n"
"  -p, --processes=N    processes instead, at most 16\n"
"      --verify         compare the answer with that of a loop alone\n"
"      --bench          time 1 to N threads and processes instead (16)\n"
"      --verbose        say how long it took, and the memory\n"
"      --chunk=BYTES    of the file, for one turn (1048576)\n"
"      --max-groups=N   more are an error (100000)\n"
"      --generate=ROWS  write a file with so many rows, always the same\n"
"  -h, --help           this\n"
"\n"
"Counts, mean, min and max are exact, percentiles are within 0.4%.\n"
"Exits with 0, 1 if it failed, 2 for a wrong command line, and 3 if rows were\n"
"left out: with other columns than the header, without a value, or with one\n"
"that is no number; they are counted on standard error.\n";

enum { VERIFY = 256, BENCH, VERBOSE, CHUNK, GROUPS, GENERATE };

static const struct option longs[] = {
	{ "group", required_argument, NULL, 'g' },
	{ "value", required_argument, NULL, 'v' },
	{ "threads", required_argument, NULL, 't' },
	{ "processes", required_argument, NULL, 'p' },
	{ "verify", no_argument, NULL, VERIFY },
	{ "bench", no_argument, NULL, BENCH },
	{ "verbose", no_argument, NULL, VERBOSE },
	{ "chunk", required_argument, NULL, CHUNK },
	{ "max-groups", required_argument, NULL, GROUPS },
	{ "generate", required_argument, NULL, GENERATE },
	{ "help", no_argument, NULL, 'h' },
	{ NULL, 0, NULL, 0 }
};

/* 0 if it is none of 1 to `most`, which has been said then. */
static size_t number_of(const char *option, const char *text,
	unsigned long most)
{
	char *end;
	unsigned long number;

	errno = 0;
	number = strtoul(text, &end, 10);
	if (*text >= '0' && *text <= '9' && *end == '\0' && errno == 0 &&
	    number >= 1 && number <= most)
		return number;
	fprintf(stderr, "census: --%s is a number from 1 to %lu, not \"%s\"\n",
		option, most, text);
	return 0;
}

/* Returns the exit status. */
static int generate(size_t rows)
{
	int error = census_generate(rows, stdout);

	if (error != 0)
		fprintf(stderr, "census: standard output: %s\n",
			future_strerror(error));
	return error != 0;
}

/* False: it is wrong, or done; *ret_status says which. */
static bool take(int option, struct census_options *options, int *ret_status)
{
	switch (option) {
	case 'g':
		options->group = optarg;
		return true;
	case 'v':
		options->value = optarg;
		return true;
	case 't':
		options->how = CENSUS_THREADS;
		options->count = number_of("threads", optarg, 1024);
		return options->count != 0;
	case 'p':
		options->how = CENSUS_PROCESSES;
		options->count = number_of("processes", optarg, WORKERS_MAX);
		return options->count != 0;
	case CHUNK:
		options->chunk = number_of("chunk", optarg, LONG_MAX);
		return options->chunk != 0;
	case GROUPS:
		options->most_groups = number_of("max-groups", optarg, 1 << 30);
		return options->most_groups != 0;
	case VERIFY:
		return options->verify = true;
	case BENCH:
		return options->bench = true;
	case VERBOSE:
		return options->verbose = true;
	case GENERATE:
		options->generate = number_of("generate", optarg, LONG_MAX);
		return options->generate != 0;
	case 'h':
		*ret_status = fputs(help, stdout) == EOF || fflush(stdout) != 0;
		return false;
	default:
		fputs("census: --help says more\n", stderr);
		return false;
	}
}

bool census_options_read(int argc, char **argv,
	struct census_options *ret_options, int *ret_status)
{
	struct census_options options = { .how = CENSUS_THREADS,
		.chunk = 1 << 20, .most_groups = 100000 };
	int option, count = 0;

	*ret_status = 2;
	argv[0] = (char *)"census";	/* for the messages of getopt */
	for (; (option = getopt_long(argc, argv, "g:v:t:p:h", longs, NULL)) !=
	     -1; count++)
		if (!take(option, &options, ret_status))
			return false;
	if (options.generate != 0 && count == 1 && optind == argc) {
		*ret_status = generate(options.generate);
		return false;
	}
	if (options.generate != 0 || argc - optind != 1) {
		fputs(options.generate != 0 ? "census: --generate takes no "
			"FILE and no other option\n" : "census: one FILE is "
			"wanted; --help says more\n", stderr);
		return false;
	}
	options.file = argv[optind];
	*ret_options = options;
	return true;
}
