/*
 * lint_trace FILE: checks the file of a trace, see tracing.h; prints how many
 * events there are of each phase, or what is wrong.
 */
#define _GNU_SOURCE
#include "tracing.h"

int main(int argc, char **argv)
{
	static const char phases[] = "MBEXCistf";
	struct tracing trace;
	bool good;

	if (argc != 2) {
		fputs("usage: lint_trace FILE\n", stderr);
		return 2;
	}
	good = tracing_read(&trace, argv[1]);
	for (size_t i = 0; good && phases[i] != '\0'; i++)
		printf("%c %zu\n", phases[i], tracing_count(&trace, phases[i],
			NULL));
	if (good)
		printf("dropped %lld\n", (long long)trace.dropped);
	else
		fprintf(stderr, "%s: %s\n", argv[1], trace.wrong);
	tracing_free(&trace);
	return good ? EXIT_SUCCESS : EXIT_FAILURE;
}
