/*
 * The explorer: runs scenarios in many interleavings.
 *
 *	explore [scenario | all] [--mode dfs|pct|random] [--bound N] ...
 *
 * Without --mode each scenario is exhausted depth first up to a number of
 * preemptions, then run under PCT (S. Burckhardt et al., "A Randomized
 * Scheduler with Probabilistic Guarantees of Finding Bugs", 2010), then at
 * random; the last two have more preemptions and stale loads to offer, and
 * less to add to a scenario that was exhausted.
 */
#define _GNU_SOURCE
#include "atomic.h"
#include "choice.h"
#include "memory.h"
#include "options.h"
#include "reduce.h"
#include "replay.h"
#include "report.h"
#include "schedule.h"
#include "tally.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <ucontext.h>

struct run run;

extern const struct scenario *const __start_model_scenarios[];
extern const struct scenario *const __stop_model_scenarios[];

_Noreturn void run_fail(enum finding finding, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	report_failure(format, arguments);
	va_end(arguments);
	if (run.tracing && model_tell != NULL)
		model_tell();
	run.finding = finding;
	schedule_leave();
}

/* Runs on a stack of its own, which leaving for good leaves empty. */
static void crash(int signal, siginfo_t *info, void *context)
{
	uint32_t pc = 0;

#ifdef __x86_64__
	pc = (uint32_t)((ucontext_t *)context)->uc_mcontext.gregs[REG_RIP];
#endif
	run_fail(FINDING_CRASH, "%s at %p in %s", strsignal(signal),
		info->si_addr, report_where(pc));
}

static void catch_crashes(void)
{
	static const int signals[] = { SIGSEGV, SIGBUS, SIGFPE, SIGILL,
		SIGABRT };
	static char stack[64 * 1024];
	struct sigaction action = { .sa_sigaction = crash,
		.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER };

	sigaltstack(&(stack_t){ .ss_sp = stack, .ss_size = sizeof(stack) },
		NULL);
	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
		sigaction(signals[i], &action, NULL);
}

/* In seconds of our own: how busy the machine is does not matter. */
static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
	return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static void play(void *scenario)
{
	((const struct scenario *)scenario)->run();
}

/* What only the end of a run shows. */
static void look_for_leaks(void)
{
	const char *leak = memory_leak();

	for (unsigned i = 1; leak == NULL && i < run.threads; i++)
		if (!threads[i].joined && threads[i].state == ENDED)
			leak = "a thread was neither joined nor detached";
	if (leak == NULL)
		return;
	snprintf(report_text, sizeof(report_text), "%s", leak);
	run.finding = FINDING_LEAK;
}

enum finding run_once(const struct scenario *scenario, uint64_t seed,
	bool tracing)
{
	run = (struct run){ .number = run.number + 1, .tracing = tracing };
	memory_reset();
	atomic_reset();
	reduce_reset();
	choice_begin(seed);
	report_begin();
	schedule_reset(play, (void *)(uintptr_t)scenario);
	schedule_run();
	choice_end();
	if (run.finding == FINDING_NONE)
		look_for_leaks();
	return run.finding;
}

/* What was exhausted is given half of the usual chances after that. */
static void explore(const struct scenario *scenario, enum mode mode,
	bool exhausted, struct tally *ret_tally)
{
	uint64_t most = options_limits(scenario, mode);
	double start = now();

	if (exhausted && options.runs == 0)
		most /= 2;
	ret_tally->runs = 0;
	ret_tally->all = false;
	ret_tally->outcomes = 0;
	choice_reset();
	while (ret_tally->runs < most && !ret_tally->all) {
		run_once(scenario, options.seed + ret_tally->runs, false);
		tally_count(ret_tally);
		if (run.finding != FINDING_NONE)
			break;
		if (mode == MODE_DEPTH)
			ret_tally->all = !choice_next();
		if (ret_tally->runs % 256 == 0 && scenario->draws == 0 &&
		    now() - start > options.seconds)
			break;
	}
	ret_tally->seconds = now() - start;
}

/* Returns how many interleavings; 0 if something was not as expected. */
static uint64_t try_scenario(const struct scenario *scenario)
{
	static struct tally tally;
	uint64_t runs = 0;
	bool exhausted = false;

	printf("%-44s", scenario->name);
	fflush(stdout);
	for (int mode = MODE_DEPTH; mode <= MODE_RANDOM; mode++) {
		if ((options.mode >= 0 && options.mode != mode) ||
		    options_limits(scenario, (enum mode)mode) == 0)
			continue;
		explore(scenario, (enum mode)mode, exhausted, &tally);
		tally_print(&tally, scenario, (enum mode)mode);
		runs += tally.runs;
		exhausted |= tally.all;
		if (tally_good(&tally, scenario, (enum mode)mode))
			continue;
		printf("\n  FAILED\n");
		if (tally.finding != FINDING_NONE)
			replay_tell(scenario);
		return 0;
	}
	putchar('\n');
	return runs;
}

/* True if the name that was asked for is all of a scenario's. */
static bool named(void)
{
	for (const struct scenario *const *at = __start_model_scenarios;
	     at < __stop_model_scenarios; at++)
		if (strcmp((*at)->name, options.name) == 0)
			return true;
	return false;
}

/* True if `name` was asked for: by name, by its beginning, or with all. */
static bool selected(const char *name, bool whole)
{
	if (whole)
		return strcmp(name, options.name) == 0;
	return strcmp(options.name, "all") == 0 ||
		strncmp(name, options.name, strlen(options.name)) == 0;
}

int main(int argc, char **argv)
{
	unsigned passed = 0, failed = 0;
	uint64_t total = 0;
	bool whole;

	options_parse(argc, argv);
	whole = named();
	memory_init();
	schedule_init();
	catch_crashes();
	for (const struct scenario *const *at = __stop_model_scenarios;
	     at-- > __start_model_scenarios;) {
		uint64_t runs;

		if (!selected((*at)->name, whole))
			continue;
		if (options.list) {
			puts((*at)->name);
			continue;
		}
		if (options.replay != NULL) {
			options_limits(*at, MODE_REPLAY);
			replay_text(*at, options.replay);
			return run.finding != (*at)->expect;
		}
		runs = try_scenario(*at);
		total += runs;
		passed += runs != 0;
		failed += runs == 0;
	}
	if (options.list)
		return 0;
	printf("%u passed, %u failed\n", passed, failed);
	printf("interleavings: %llu\n", (unsigned long long)total);
	return failed != 0 || passed == 0;
}
