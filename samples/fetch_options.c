/* The command line of fetch, and the lists that it names. */
#define _GNU_SOURCE
#include "fetch.h"

#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char help[] =
"Usage: fetch [OPTION]... [URL]...\n"
"Downloads files over HTTP and HTTPS, several at once.  What was interrupted\n"
"goes on when it is run again; what is there already is left alone.\n"
"\n"
"  -n, --at-once=N        transfers at once (4)\n"
"  -d, --directory=DIR    where the files go; made if it is not there (.)\n"
"  -i, --input=LIST       a file of lines: URL, or URL SHA256; - is the\n"
"                         standard input, # begins a comment\n"
"      --sha256=HEX       what the one URL must have\n"
"  -r, --retries=N        of each file, after what may pass (8)\n"
"  -t, --timeout=S        seconds to connect, and without a byte (30)\n"
"  -l, --limit-rate=N     bytes a second, all together; 100K, 2M\n"
"      --cacert=FILE      trust the certificates in it\n"
"  -v, --verbose          also tell what is tried again, and resumed\n"
"      --demo             fetch 12 files from a server of its own, which\n"
"                         fails and truncates one in five, into fetch-demo\n"
"                         at 10 MB/s; -d and -l say otherwise\n"
"  -h, --help             this\n"
"\n"
"Ctrl-C stops it; so does a second one, at once.  Exits with 0 if all is\n"
"there, 1 if something is not, 2 for a wrong command line or list, 130 when\n"
"it was stopped.\n";

enum { OPTION_SHA256 = 256, OPTION_CACERT, OPTION_DEMO };

static const struct option longs[] = {
	{ "at-once", required_argument, NULL, 'n' },
	{ "directory", required_argument, NULL, 'd' },
	{ "input", required_argument, NULL, 'i' },
	{ "sha256", required_argument, NULL, OPTION_SHA256 },
	{ "retries", required_argument, NULL, 'r' },
	{ "timeout", required_argument, NULL, 't' },
	{ "limit-rate", required_argument, NULL, 'l' },
	{ "cacert", required_argument, NULL, OPTION_CACERT },
	{ "verbose", no_argument, NULL, 'v' },
	{ "demo", no_argument, NULL, OPTION_DEMO },
	{ "help", no_argument, NULL, 'h' },
	{ NULL, 0, NULL, 0 }
};

static bool list_lines(struct options *options, FILE *file, const char *list)
{
	char *line = NULL;
	size_t size = 0, number = 0;
	bool right = true;

	while (right && getline(&line, &size, file) >= 0) {
		char *text = line + strspn(line, " \t\r\n");
		const char *wrong;

		number++;
		if (*text == '\0' || *text == '#')
			continue;
		wrong = wanted_add(options, text, list, number);
		right = wrong == NULL;
		if (!right)
			fprintf(stderr, "fetch: %s:%zu: %s\n", list, number,
				wrong);
	}
	if (right && ferror(file)) {
		fprintf(stderr, "fetch: %s: %s\n", list, strerror(errno));
		right = false;
	}
	free(line);
	return right;
}

static bool list_read(struct options *options, const char *list)
{
	bool right;
	FILE *file;

	if (strcmp(list, "-") == 0)
		return list_lines(options, stdin, "standard input");
	file = fopen(list, "re");
	if (file == NULL) {
		fprintf(stderr, "fetch: %s: %s\n", list, strerror(errno));
		return false;
	}
	right = list_lines(options, file, list);
	fclose(file);
	return right;
}

/* From `least` to `most`; with a K, M or G, so many times 1024. */
static bool number_read(const char *text, int64_t least, int64_t most,
	const char *what, int64_t *ret_number)
{
	static const char units[] = "KMG";
	char *end;
	int64_t number = strtoll(text, &end, 10);
	const char *unit = *end != '\0' && end != text ? strchr(units, *end) :
		NULL;

	if (unit != NULL) {
		const int64_t times = (int64_t)1 << 10 * (unit - units + 1);

		number = number < 0 ? -1 : number > most / times ? INT64_MAX :
			number * times;
		end++;
	}
	if (end == text || *end != '\0' || number < least || number > most) {
		fprintf(stderr, "fetch: %s: '%s' is not a number from %lld to "
			"%lld\n", what, text, (long long)least,
			(long long)most);
		return false;
	}
	*ret_number = number;
	return true;
}

static bool set_number(struct options *options, int option, const char *text)
{
	int64_t number;

	switch (option) {
	case 'n':
		if (!number_read(text, 1, AT_MOST, "--at-once", &number))
			return false;
		options->at_once = (size_t)number;
		return true;
	case 'r':
		if (!number_read(text, 0, 1000, "--retries", &number))
			return false;
		options->retries = (size_t)number;
		return true;
	case 't':
		if (!number_read(text, 1, 86400, "--timeout", &number))
			return false;
		options->timeout_s = (long)number;
		return true;
	default:
		return number_read(text, 1, INT64_C(1) << 50, "--limit-rate",
			&options->rate);
	}
}

/* False if it is wrong, which has been said. */
static bool set(struct options *options, int option, char *text,
	const char **sum)
{
	switch (option) {
	case 'd':
		options->directory = text;
		return true;
	case 'i':
		return list_read(options, text);
	case OPTION_SHA256:
		*sum = text;
		return true;
	case OPTION_CACERT:
		options->cacert = text;
		return true;
	case 'v':
		options->verbose = true;
		return true;
	case OPTION_DEMO:
		options->demo = true;
		return true;
	case '?':
		fputs("fetch: --help says more\n", stderr);
		return false;
	default:
		return set_number(options, option, text);
	}
}

static bool add_arguments(struct options *options, int count, char **urls,
	const char *sum)
{
	if (sum != NULL && count != 1) {
		fputs("fetch: --sha256 is for one URL\n", stderr);
		return false;
	}
	for (int i = 0; i < count; i++) {
		const char *wrong;
		char *text;

		if (asprintf(&text, "%s %s", urls[i], sum != NULL ? sum : "") <
		    0)
			return false;
		wrong = wanted_add(options, text, "argument", (size_t)i + 1);
		free(text);
		if (wrong != NULL) {
			fprintf(stderr, "fetch: '%s': %s\n", urls[i], wrong);
			return false;
		}
	}
	return true;
}

int options_read(int argc, char **argv, struct options *options)
{
	const char *sum = NULL;
	int option;

	*options = (struct options){ .at_once = 4, .retries = 8,
		.timeout_s = 30 };
	argv[0] = (char *)"fetch";	/* for the messages of getopt */
	while ((option = getopt_long(argc, argv, "n:d:i:r:t:l:vh", longs,
			NULL)) != -1) {
		if (option == 'h')
			return fputs(help, stdout) == EOF || fflush(stdout);
		if (!set(options, option, optarg, &sum))
			return 2;
	}
	if (options->demo && (options->count > 0 || optind < argc)) {
		fputs("fetch: --demo takes no URL and no list\n", stderr);
		return 2;
	}
	if (!add_arguments(options, argc - optind, argv + optind, sum))
		return 2;
	if (options->directory == NULL)
		options->directory = options->demo ? "fetch-demo" : ".";
	if (options->count == 0 && !options->demo) {
		fputs("fetch: nothing to fetch; --help says more\n", stderr);
		return 2;
	}
	return options->count == 0 || wanted_differ(options) ? -1 : 2;
}

void options_fini(struct options *options)
{
	for (size_t i = 0; i < options->count; i++) {
		free(options->wanted[i].url);
		free(options->wanted[i].name);
	}
	free(options->wanted);
}
