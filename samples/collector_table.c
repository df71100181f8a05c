/*
 * The three ways side by side.  Each runs in a process of its own, so that its
 * peak memory and its CPU time are its alone; all ask the same server, which is
 * yet another process.
 */
#define _GNU_SOURCE
#include "collector.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

struct load {
	size_t count, at_once;
	int delay_ms;
	enum way only;		/* WAYS: all */
};

/* For the last all must have been sent before the first is answered. */
static const struct load loads[] = {
	{ 100, 1000, 1000, WAYS },
	{ 1000, 1000, 50, WAYS },
	{ 10000, 10000, 5000, LOOP },
	{ 0 }
};

/* In the child. */
static int measure(const struct options *options, enum way way,
	struct figures *figures)
{
	struct request *requests;
	future_time_t begin = future_now();
	int error = collect(options, way, &requests);

	if (error == 0) {
		figures_take(requests, options->count, begin, figures);
		free(requests);
	}
	return error;
}

/* `figures` is memory that the child shares. */
static int in_child(const struct options *options, enum way way,
	struct figures *figures)
{
	int status;
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (pid < 0)
		return errno;
	if (pid == 0)
		exit(measure(options, way, figures));
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return errno;
	if (!WIFEXITED(status))
		return EOWNERDEAD;
	return WEXITSTATUS(status);
}

static void row_print(enum way way, const struct figures *f)
{
	printf("%-12s%8.3f%12.0f%9zu%10.1f%9.1f%8.2f%8.1f %%\n",
		way_names[way], f->seconds, (double)f->count / f->seconds,
		f->at_once, f->peak_mib, f->own_mib, f->cpu_s,
		figures_rate(f));
}

static int rows(const struct options *options, enum way only,
	struct figures *figures)
{
	int status = 0, error;

	printf("%-12s%8s%12s%9s%10s%9s%8s%10s\n", "", "wall s", "requests/s",
		"at once", "peak MiB", "its own", "CPU s", "success");
	for (enum way way = 0; way < WAYS; way++) {
		if ((only != WAYS && only != way) ||
		    (options->way != WAYS && options->way != way))
			continue;
		error = in_child(options, way, figures);
		if (error != 0)
			status = complain(way_names[way], error);
		else {
			row_print(way, figures);
			status |= figures->reasons[THERE] < figures->count;
		}
	}
	return status;
}

/* With a server of its own, unless there are URLs. */
static int load_run(struct options options, const struct load *load,
	struct figures *figures)
{
	bool own = options.url_count == 0;
	struct server server;
	int status, error;

	options.count = load->count;
	options.at_once = load->at_once;
	options.server.delay_ms = load->delay_ms;
	error = own ? own_server_start(&options, &server) : 0;
	if (error != 0)
		return complain("server", error);
	if (own)
		printf("%zu requests, answered after %d ms\n", load->count,
			load->delay_ms);
	else
		printf("%zu requests, %zu URLs\n", load->count,
			options.url_count);
	status = rows(&options, load->only, figures);
	if (own)
		own_server_stop(&options, &server);
	return status;
}

int table(const struct options *options)
{
	const struct load asked[] = { { options->count, options->at_once,
		options->server.delay_ms, WAYS }, { 0 } };
	struct figures *figures = mmap(NULL, sizeof(*figures),
		PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	const struct load *load = options->count > 0 ? asked : loads;
	int status = 0;

	if (figures == MAP_FAILED)
		return complain("mmap", errno);
	for (; load->count > 0; load++)
		status |= load_run(*options, load, figures);
	munmap(figures, sizeof(*figures));
	if (fflush(stdout) == EOF || ferror(stdout))
		status = complain("output", errno);
	return status;
}
