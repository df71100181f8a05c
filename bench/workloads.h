/* The workloads that every peer runs, and main(). */
#ifndef WORKLOADS_H
#define WORKLOADS_H

#include "bench.h"
#include "w1_submit.h"
#include "w2_execute.h"
#include "w3_pingpong.h"
#include "w7_producers.h"
#include "w8_memory.h"
#include "w9_wake.h"

enum { WARM_UP = 20000 };

struct workload {
	const char *name;
	void (*run)(const struct bench *bench);
};

static const struct workload common_workloads[] = {
	{ "W1", w1_submit },
	{ "W2", w2_execute },
	{ "W3", w3_outside },
	{ "W3w", w3_worker },
	{ "W7", w7_producers },
	{ "W8", w8_memory },
	{ "W9", w9_wake },
	{ NULL, NULL }
};

static void warm_up(const struct bench *bench)
{
	peer_start(bench->workers);
	peer_enter();
	count_expect(WARM_UP);
	for (int i = 0; i < WARM_UP; i++)
		peer_post(count_task, NULL);
	peer_collect();
	bench_sem_wait(&all_done);
	bench_spread();
}

/* `more` are the peer's own workloads; both lists end with a NULL. */
static int bench_main(int argc, char **argv, const struct workload *more)
{
	const struct workload *lists[] = { common_workloads, more };
	struct bench bench;

	if (argc != 4) {
		fprintf(stderr, "usage: %s WORKLOAD N WORKERS\n", argv[0]);
		return 2;
	}
	bench.workload = argv[1];
	bench.n = strtoull(argv[2], NULL, 10);
	bench.workers = atoi(argv[3]);
	bench_check(bench.n > 0 && bench.workers > 0, "N or WORKERS is not");
	sem_init(&all_done, 0, 0);
	for (int i = 0; i < 2; i++) {
		for (const struct workload *w = lists[i]; w->name != NULL; w++)
			if (strcmp(w->name, bench.workload) == 0) {
				warm_up(&bench);
				w->run(&bench);
				fflush(stdout);
				_exit(0);	/* leaves the threads alone */
			}
	}
	printf("%s %s n/a\n", peer_name, bench.workload);
	return 0;
}

#endif
