/*
 * serve: the samples' HTTP server as a program of its own, for tests and
 * benchmarks of what downloads.  It prints its port, and serves until its
 * standard input is closed, or says something.
 *
 *	samples/serve [OPTION]... < FIFO
 *	samples/serve [OPTION]... --print-body=1 > FILE
 */
#include "answer.h"

#include <errno.h>
#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char help[] =
"Usage: serve [OPTION]...\n"
"Prints a port of 127.0.0.1, and serves /1 /2 ..., and what else server.h\n"
"says, there until its standard input ends.\n"
"\n"
"  -s, --body-size=BYTES    of each body (65536)\n"
"  -d, --delay=MS           from the request to the answer (0)\n"
"  -f, --fail-one-in=N      so many get a 503, by lot (0: none)\n"
"  -t, --truncate-one-in=N  so many get half of what was announced (0: none)\n"
"  -S, --seed=N             of the lots (1)\n"
"  -e, --edition=N          another has other bodies and ETags (0)\n"
"  -p, --pages=N            /pages/1 to /pages/N have links (0)\n"
"  -b, --print-body=N       only print the body /N, as it should arrive\n"
"  -h, --help               this\n"
"\n"
"Exits with 0, 1 if it could not serve, 2 for a wrong command line.\n";

static const struct option longs[] = {
	{ "body-size", required_argument, NULL, 's' },
	{ "delay", required_argument, NULL, 'd' },
	{ "fail-one-in", required_argument, NULL, 'f' },
	{ "truncate-one-in", required_argument, NULL, 't' },
	{ "seed", required_argument, NULL, 'S' },
	{ "edition", required_argument, NULL, 'e' },
	{ "pages", required_argument, NULL, 'p' },
	{ "print-body", required_argument, NULL, 'b' },
	{ "help", no_argument, NULL, 'h' },
	{ NULL, 0, NULL, 0 }
};

/* False if `text` is no number of at most 2^31 - 1, or there is no option. */
static bool set(struct server_options *options, unsigned long *body,
	int option, const char *text)
{
	char *end = NULL;
	long number = option != '?' ? strtol(text, &end, 10) : -1;

	if (number < 0 || number > INT32_MAX || end == text || *end != '\0')
		return false;
	switch (option) {
	case 's':
		options->body_size = (size_t)number;
		break;
	case 'd':
		options->delay_ms = (int)number;
		break;
	case 'f':
		options->fail_one_in = (uint32_t)number;
		break;
	case 't':
		options->truncate_one_in = (uint32_t)number;
		break;
	case 'S':
		options->seed = (uint32_t)number;
		break;
	case 'b':
		*body = (unsigned long)number;
		break;
	case 'e':
		options->edition = (uint32_t)number;
		break;
	default:
		options->pages = (unsigned long)number;
	}
	return true;
}

/* Without a connection, and so without what may go wrong on one. */
static int print_body(const struct server_options *options,
	unsigned long number)
{
	char request[64], block[16384];
	uint32_t lot = 1;
	struct answer answer;
	size_t sent, count;

	snprintf(request, sizeof(request), "GET /%lu HTTP/1.1\r\n\r\n", number);
	answer_choose(options, &lot, request, &answer);
	for (sent = answer.head_length; (count = answer_fill(&answer, sent,
			block, sizeof(block))) > 0; sent += count)
		fwrite(block, 1, count, stdout);
	return fflush(stdout) != 0 || ferror(stdout) ? EIO : 0;
}

static int serve(const struct server_options *options)
{
	unsigned port;
	int listener, error = server_listen(&listener, &port);

	if (error == 0 && (printf("%u\n", port) < 0 || fflush(stdout) != 0))
		error = errno;
	return error != 0 ? error : server_run(options, listener, STDIN_FILENO);
}

int main(int argc, char **argv)
{
	struct server_options options = { .body_size = 65536, .seed = 1 };
	unsigned long body = 0;
	int option, error;

	while ((option = getopt_long(argc, argv, "s:d:f:t:S:e:p:b:h", longs,
			NULL)) != -1) {
		if (option == 'h')
			return fputs(help, stdout) == EOF || fflush(stdout);
		if (!set(&options, &body, option, optarg)) {
			fputs("serve: --help says what it takes\n", stderr);
			return 2;
		}
	}
	error = body != 0 ? print_body(&options, body) : serve(&options);
	if (error != 0)
		fprintf(stderr, "serve: %s\n", strerror(error));
	return error != 0;
}
