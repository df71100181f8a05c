/* See pipeline.h: requests that nobody made. */
#include "pipeline.h"

#include <errno.h>
#include <inttypes.h>

#define PICK(list) ((list)[random_below(sizeof(list) / sizeof(*(list)))])

static uint64_t state;

/* Marsaglia, "Xorshift RNGs", 2003. */
static uint32_t random_below(size_t limit)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (uint32_t)((state >> 32) % limit);
}

static const char *const users[] = { "-", "-", "-", "-", "-", "alice", "bob",
	"a user", "andr\303\251" };
static const char *const requests[] = { "-", "\\x16\\x03\\x01\\x02", "",
	"GET /no-protocol", "GET /a b HTTP/1.1" };
static const char *const methods[] = { "GET", "GET", "GET", "POST", "HEAD" };
static const char *const paths[] = { "", "index.html", "search?q=caf\303\251",
	"a/rather/long/path/to/an/image.png?width=640&height=480",
	"quoted\\\"twice\\\"", "back\\\\slash" };
static const char *const statuses[] = { "200", "200", "200", "200", "304",
	"301", "404", "500" };
static const char *const referers[] = { "-", "-", "https://example.org/",
	"https://www.example.com/search?q=\\\"a phrase\\\"" };
static const char *const agents[] = { "-", "curl/8.5.0", "Mozilla/5.0 (X11; "
	"Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0",
	"Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/"
	"605.1.15 (KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1",
	"bot \\\\ [\\\"nobody's\\\"]" };

static const char *const broken[] = { "", "what is this?",
	"10.1.2.3 - - [10/Oct/2025:13:55:36 +0000] \"GET / HTTP/1.1\" 200",
	"10.1.2.3 - - [10/Okt/2025:13:55:36 +0000] \"GET / HTTP/1.1\" 200 5 "
	"\"-\" \"-\"",
	"10.1.2.3 - - [10/Oct/2025:13:55:36 +0000] \"GET / HTTP/1.1\" 20x 5 "
	"\"-\" \"-\"",
	"10.1.2.3 - - [10/Oct/2025:13:55:36 +0000] \"GET / HTTP/1.1\" 200 five "
	"\"-\" \"-\"",
	"10.1.2.3 - - [10/Oct/2025:13:55:36 +0000] GET / HTTP/1.1 200 5 \"-\"",
	"10.1.2.3 - - [10/Oct/2025:13:55:36 +0000] \"GET / HTTP/1.1\" 200 5 "
	"\"-\" \"an end \\\"",
	"10.1.2.3 - - [10/Oct/2025:13:55:36 +0000] \"GET / HTTP/1.1\" 200 5 "
	"\"-\" \"-\" 17",
	"10.1.2.3 - - [10/Oct/2025:13:55:36 +0000] \"GET /\377 HTTP/1.1\" 200 "
	"5 \"-\" \"-\"" };

static void put_request(FILE *file)
{
	if (random_below(50) == 0)
		fputs(PICK(requests), file);
	else
		fprintf(file, "%s /%s HTTP/1.1", PICK(methods), PICK(paths));
}

static void put_line(unsigned long long number, FILE *file)
{
	unsigned long long s = number / 20;	/* twenty a second */

	if (random_below(10) == 0)
		fprintf(file, "2001:db8::%" PRIx32, random_below(65536));
	else
		fprintf(file, "10.%" PRIu32 ".%" PRIu32 ".%" PRIu32,
			random_below(256), random_below(256),
			random_below(256));
	fprintf(file, " - %s [%02d/Oct/2025:%02d:%02d:%02d +0200] \"",
		PICK(users), (int)(s / 86400 % 31) + 1, (int)(s / 3600 % 24),
		(int)(s / 60 % 60), (int)(s % 60));
	put_request(file);
	fprintf(file, "\" %s ", PICK(statuses));
	if (random_below(8) == 0)
		fputs("-", file);
	else
		fprintf(file, "%" PRIu32, random_below(1000000));
	fprintf(file, " \"%s\" \"%s\"\n", PICK(referers), PICK(agents));
}

static int put_lines(const struct options *options, FILE *file)
{
	state = 88172645463325252U;
	for (unsigned long long i = 0; i < options->generate &&
	     !ferror(file); i++) {
		if (options->broken > 0 && random_below(options->broken) == 0)
			fprintf(file, "%s\n", PICK(broken));
		else
			put_line(i, file);
	}
	return fflush(file) != 0 || ferror(file) ? errno : 0;
}

int generate(const struct options *options)
{
	const char *path = options->output;
	FILE *file = path == NULL ? stdout : fopen(path, "w");
	int error = file == NULL ? errno : put_lines(options, file);

	if (file != NULL && file != stdout && fclose(file) != 0 && error == 0)
		error = errno;
	if (error != 0)
		report(path != NULL ? path : "standard output", error);
	return error != 0;
}
