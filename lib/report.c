/* Floor 5: what lives, for people to read. */
#include "alloc.h"
#include "clock.h"
#include "knot.h"
#include "lost.h"
#include "shell.h"
#include "known.h"

#include <errno.h>
#include <future/report.h>
#include <string.h>

/* More waits or executors than these are only counted. */
#ifndef FUT_REPORT_MOST
#define FUT_REPORT_MOST 4096
#endif

void fut_report_named(FILE *stream, const char *name, const char *site)
{
	if (name != NULL)
		fut_text(stream, "\"%s\"", name);
	if (name != NULL && site != NULL)
		fut_text(stream, " ");
	if (site != NULL)
		fut_text(stream, "(%s)", site);
	if (name == NULL && site == NULL)
		fut_text(stream, "a future without a name");
}

/* Taken down first, so that nothing is written under a lock. */
struct report {
	FILE *stream;
	int64_t now_ns;
	struct fut_census census;
	struct fut_tie *ties;
	struct future_executor **executors;
	size_t ties_count, executors_count;
};

static const char *plural(size_t count)
{
	return count == 1 ? "" : "s";
}

static void say_time(const struct report *report, int64_t since_ns)
{
	int64_t ms = (report->now_ns - since_ns) / 1000000;

	if (ms < 0)
		ms = 0;
	fut_text(report->stream, "%lld.%03lld s", (long long)ms / 1000,
		(long long)ms % 1000);
}

static void say_named(const struct report *report, const char *name,
	const char *site)
{
	fut_report_named(report->stream, name, site);
}

static void say_where(const struct report *report,
	const struct fut_where *where)
{
	if (where->pool != NULL)
		fut_text(report->stream, "%s-%zu", where->name, where->index);
	else
		fut_text(report->stream, "another thread");
}

/* The last one that began there and has not ended; NULL: it is not known. */
static const struct fut_sight *running_at(const struct report *report,
	const struct fut_pool *pool, size_t index)
{
	const struct fut_sight *found = NULL;

	for (size_t i = 0; i < report->census.running_count; i++) {
		const struct fut_sight *sight = &report->census.running[i];

		if (sight->where.pool == pool &&
		    sight->where.index == index && (found == NULL ||
				sight->started_ns > found->started_ns))
			found = sight;
	}
	return found;
}

static void say_worker(const struct report *report, const char *name,
	const struct fut_pool *pool, size_t index, const char *does,
	const char *waits_for)
{
	const struct fut_sight *sight = running_at(report, pool, index);

	fut_text(report->stream, "  %s-%zu %s", name, index, does);
	if (sight != NULL) {
		fut_text(report->stream, " ");
		say_named(report, sight->name, sight->site);
		fut_text(report->stream, ", begun ");
		say_time(report, sight->started_ns);
		fut_text(report->stream, " ago");
	}
	if (waits_for != NULL)
		fut_text(report->stream, ", waits for %s", waits_for);
	fut_text(report->stream, "\n");
}

static void say_workers(const struct report *report, struct fut_pool *pool,
	const char *name)
{
	size_t idle = 0;
	enum fut_worker_does does;
	const char *waits_for;

	for (size_t i = 0; fut_pool_worker(pool, i, &does, &waits_for); i++) {
		if (does == FUT_WORKER_RUNS)
			say_worker(report, name, pool, i, "runs", NULL);
		else if (does == FUT_WORKER_SLEEPS)
			say_worker(report, name, pool, i, "sleeps in",
				waits_for);
		else
			idle++;
	}
	if (idle > 0)
		fut_text(report->stream, "  %zu idle\n", idle);
}

static void say_timers(const struct report *report,
	struct future_executor *executor)
{
	int64_t first_ns = 0;
	size_t count = executor->kind->timers == NULL ? 0 : fut_timers_count(
		executor->kind->timers(executor), FUT_REPORT_MOST, &first_ns);

	if (count == 0)
		return;
	fut_text(report->stream, "  %zu%s timer%s, the first is due in ", count,
		count == FUT_REPORT_MOST ? " or more" : "", plural(count));
	say_time(report, 2 * report->now_ns - first_ns);
	fut_text(report->stream, "\n");
}

static void say_executor(const struct report *report,
	struct future_executor *executor)
{
	struct future_executor *parent = atomic_load_explicit(
		&executor->parent, FUT_RELAXED);
	future_executor_stats_t stats;
	bool pool = executor->kind->timers == fut_pool_timers;
	char name[FUT_POOL_NAME_MAX] = "";

	if (fut_executor_inherited(executor))
		return;
	executor->kind->stats(executor, &stats);
	if (pool)
		fut_pool_name(fut_pool_of(executor), name);
	fut_text(report->stream, "%s", executor->kind->noun);
	if (pool)
		fut_text(report->stream, " \"%s\"", name);
	if (parent != NULL)
		fut_text(report->stream, " on a %s", parent->kind->noun);
	if (executor->kind->phase(executor) != FUT_PHASE_OPEN)
		fut_text(report->stream, ", closed");
	fut_text(report->stream, ": %zu queued (peak %zu), %zu running, "
		"%zu done, %zu failed, %zu cancelled, %zu refused\n",
		stats.queued, stats.peak_queue, stats.running,
		stats.completed, stats.failed, stats.cancelled, stats.refused);
	if (pool)
		say_workers(report, fut_pool_of(executor), name);
	say_timers(report, executor);
}

/* `now`: it is so now.  Else it was, when it was noted. */
static void say_tie(const struct report *report, const struct fut_tie *tie,
	bool now)
{
	fut_text(report->stream, "  ");
	say_where(report, &tie->where);
	if (tie->in.cell != NULL) {
		fut_text(report->stream, ", in ");
		say_named(report, tie->in.name, tie->in.site);
	}
	fut_text(report->stream, ", waits for ");
	say_named(report, tie->on.name, tie->on.site);
	if (tie->on.cell != NULL && tie->on.started_ns != 0) {
		fut_text(report->stream, ", which %s on ",
			now && fut_sight_runs(&tie->on) ? "runs" : "ran");
		say_where(report, &tie->on.where);
	}
	fut_text(report->stream, "\n");
}

static void say_knot(const struct report *report)
{
	struct fut_knot knot;
	size_t said;

	if (!fut_knot_last(&knot))
		return;
	said = knot.count < FUT_KNOT_TIES ? knot.count : FUT_KNOT_TIES;
	fut_text(report->stream, "EDEADLK, ");
	say_time(report, knot.at_ns);
	fut_text(report->stream, " ago, the first of these was told:\n");
	for (size_t i = 0; i < said; i++)
		say_tie(report, &knot.ties[i], false);
	if (said < knot.count)
		fut_text(report->stream, "  and %zu more\n", knot.count - said);
}

static void say_futures(const struct report *report)
{
	const struct fut_census *census = &report->census;

	for (size_t i = 0; i < census->places; i++) {
		const struct fut_kin *kin = &census->kin[i];

		if (kin->count == 0)
			continue;
		fut_text(report->stream, "  %zu of ", kin->count);
		say_named(report, kin->name, kin->site);
		fut_text(report->stream, ": %zu pending, %zu running, "
			"%zu settled; the oldest ", kin->pending, kin->running,
			kin->count - kin->pending - kin->running);
		say_time(report, kin->born_ns);
		fut_text(report->stream, "\n");
	}
	if (census->other > 0)
		fut_text(report->stream, "  and %zu more\n", census->other);
}

static size_t least(size_t one, size_t other)
{
	return one < other ? one : other;
}

static void say(const struct report *report, size_t ties, size_t executors)
{
	size_t named = report->census.count;

	fut_text(report->stream, "libfuture %s: %zu executor%s, "
		"%zu wait%s in functions, %zu future%s with a name or a site\n",
		future_version(), executors, plural(executors), ties,
		plural(ties), named, plural(named));
	for (size_t i = 0; i < report->executors_count; i++)
		say_executor(report, report->executors[i]);
	if (ties > 0)
		fut_text(report->stream, "waits in functions:\n");
	for (size_t i = 0; i < report->ties_count; i++)
		say_tie(report, &report->ties[i], true);
	say_knot(report);
	fut_text(report->stream, named > 0 ?
		"futures with a name or a site:\n" :
		"futures without a name or a site are not listed: name tasks, "
		"or compile with -DFUTURE_SITES\n");
	say_futures(report);
}

void fut_report_left(void)
{
	struct report report = { .stream = fut_text_errors() };

	if (fut_census_take(&report.census) && report.census.count > 0) {
		report.now_ns = fut_clock_now();
		fut_text(report.stream, "libfuture: %zu future%s with a name "
			"or a site not freed:\n", report.census.count,
			plural(report.census.count));
		say_futures(&report);
	}
	fut_census_end(&report.census);
}

int future_report(FILE *stream)
{
	struct report report = { .stream = stream };
	size_t ties, executors;
	int error = ENOMEM;

	if (stream == NULL)
		return EINVAL;
	report.ties = fut_alloc(FUT_REPORT_MOST * sizeof(*report.ties));
	report.executors = fut_alloc(FUT_REPORT_MOST *
		sizeof(struct future_executor *));
	if (fut_census_take(&report.census) && report.ties != NULL &&
	    report.executors != NULL) {
		ties = fut_knot_asleep(report.ties, FUT_REPORT_MOST);
		executors = fut_shell_all(report.executors, FUT_REPORT_MOST);
		report.ties_count = least(ties, FUT_REPORT_MOST);
		report.executors_count = least(executors, FUT_REPORT_MOST);
		report.now_ns = fut_clock_now();
		say(&report, ties, executors);
		error = fut_text_end(stream);
	}
	fut_census_end(&report.census);
	fut_free(report.ties);
	fut_free(report.executors);
	return error;
}
