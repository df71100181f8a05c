/* See options.h. */
#define _GNU_SOURCE
#include "options.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct limits limits = { .depth = 3, .steps = 20000, .reduce = true };
struct options options = { .mode = -1, .bound = UNSET, .weak = UNSET,
	.spurious = UNSET, .oom = UNSET, .timeouts = UNSET, .spins = UNSET,
	.seconds = 60 };
unsigned model_spins;

const char *const mode_names[] = { "dfs", "pct", "random" };

static _Noreturn void usage(void)
{
	fprintf(stderr, "explore [scenario | all] [--list]\n"
		"  --mode dfs|pct|random   only this one\n"
		"  --bound N      dfs: preemptions (2)\n"
		"  --depth N      pct (3)\n"
		"  --runs N       pct (50000), random (10000), half of it "
		"after all of dfs;\n"
		"                 dfs only with --mode dfs\n"
		"  --seed S       of the first run\n"
		"  --weak N       0: sequentially consistent; dfs: stale "
		"loads in a run (1)\n"
		"  --spurious N   wake-ups for no reason, in a run\n"
		"  --oom N        failed allocations and thread starts\n"
		"  --timeouts N   deadlines that pass early\n"
		"  --spins N      of the library's short spins (dfs 0, "
		"else 1)\n"
		"  --steps N      longer is a livelock (20000)\n"
		"  --time S       seconds for a mode of a scenario (60)\n"
		"  --reduce 0     dfs: also what cannot matter\n"
		"  --replay TEXT  as a failure printed it\n");
	exit(2);
}

static int mode_of(const char *name)
{
	for (int i = 0; i < 3; i++)
		if (strcmp(name, mode_names[i]) == 0)
			return i;
	usage();
}

static unsigned at_most(unsigned number, unsigned most)
{
	return number < most ? number : most;
}

static void set_option(int option, const char *value)
{
	unsigned number = (unsigned)strtoul(value, NULL, 10);

	switch (option) {
	case 'm': options.mode = mode_of(value); break;
	case 'b': options.bound = number; break;
	case 'd': limits.depth = at_most(number, 16); break;
	case 'n': options.runs = strtoull(value, NULL, 10); break;
	case 's': options.seed = strtoull(value, NULL, 10); break;
	case 'w': options.weak = number; break;
	case 'u': options.spurious = number; break;
	case 'o': options.oom = number; break;
	case 't': options.timeouts = number; break;
	case 'p': options.spins = number; break;
	/* A step is a tick of one of the clocks. */
	case 'x': limits.steps = at_most(number, CLOCK_MAX - 100); break;
	case 'T': options.seconds = strtod(value, NULL); break;
	case 'r': limits.reduce = number != 0; break;
	case 'R': options.replay = value; break;
	case 'l': options.list = true; break;
	default: usage();
	}
}

void options_parse(int argc, char **argv)
{
	static const struct option names[] = {
		{ "mode", 1, NULL, 'm' }, { "bound", 1, NULL, 'b' },
		{ "depth", 1, NULL, 'd' }, { "runs", 1, NULL, 'n' },
		{ "seed", 1, NULL, 's' }, { "weak", 1, NULL, 'w' },
		{ "spurious", 1, NULL, 'u' }, { "oom", 1, NULL, 'o' },
		{ "timeouts", 1, NULL, 't' }, { "steps", 1, NULL, 'x' },
		{ "spins", 1, NULL, 'p' },
		{ "time", 1, NULL, 'T' }, { "reduce", 1, NULL, 'r' },
		{ "replay", 1, NULL, 'R' }, { "list", 0, NULL, 'l' },
		{ NULL, 0, NULL, 0 }
	};
	int option;

	while ((option = getopt_long(argc, argv, "", names, NULL)) != -1)
		set_option(option, optarg != NULL ? optarg : "");
	options.name = optind < argc ? argv[optind] : "all";
}

static unsigned either(unsigned asked, unsigned usual)
{
	return asked != UNSET ? asked : usual;
}

/* Depth first has to end, so it takes what is unusual in small doses. */
uint64_t options_limits(const struct scenario *scenario, enum mode mode)
{
	bool depth = mode == MODE_DEPTH;
	unsigned *most = limits.most;

	limits.mode = mode;
	limits.bound = either(options.bound,
		scenario->bound != 0 ? scenario->bound : 2);
	most[CHANCE_STALE] = options.weak == 0 ? 0 :
		depth ? either(options.weak, !scenario->fresh) : 100;
	most[CHANCE_SPURIOUS] = either(options.spurious,
		depth ? scenario->spurious : 2);
	most[CHANCE_FAULT] = either(options.oom, scenario->faults);
	/* What passes early in one order of steps is on time in another. */
	most[CHANCE_TIMEOUT] = either(options.timeouts, depth ? UNSET : 4);
	most[CHANCE_WAITER] = most[CHANCE_SCENARIO] = UNSET;
	model_spins = either(options.spins, depth ? 0 : 1);
	if (scenario->draws != 0 && mode != MODE_RANDOM)
		return 0;
	if (options.runs != 0 && (!depth || options.mode == MODE_DEPTH))
		return options.runs;
	if (scenario->draws != 0)
		return scenario->draws;
	return depth ? UINT64_MAX : mode == MODE_PCT ? 50000 : 10000;
}
