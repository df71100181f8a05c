/* See report.h. */
#define _GNU_SOURCE
#include "report.h"

#include <inttypes.h>
#include <string.h>

#include "bars.h"

const char *report_duration(int64_t ns, char buffer[DURATION_SIZE])
{
	if (ns < 1000)
		snprintf(buffer, DURATION_SIZE, "%d ns", (int)ns);
	else if (ns < 1000000)
		snprintf(buffer, DURATION_SIZE, "%.1f us", (double)ns / 1e3);
	else
		snprintf(buffer, DURATION_SIZE, "%.1f ms", (double)ns / 1e6);
	return buffer;
}

int64_t report_longest_ns(const struct run *runs, size_t count)
{
	int64_t longest_ns = 0;

	for (size_t i = 0; i < count; i++)
		if (runs[i].timeline.end_ns > longest_ns)
			longest_ns = runs[i].timeline.end_ns;
	return longest_ns;
}

bool report_agrees(const struct run *runs, size_t count)
{
	for (size_t i = 1; i < count; i++)
		for (size_t j = 0; j < runs[i].count; j++)
			if (runs[i].jobs[j].checksum !=
			    runs[0].jobs[j].checksum ||
			    runs[i].jobs[j].length != runs[0].jobs[j].length)
				return false;
	return true;
}

/* Bodies in a row that saw the same order share an entry. */
void report_order(FILE *out, const struct run *run)
{
	char order[ORDER_SIZE], next[ORDER_SIZE];
	size_t from = 0;

	for (size_t i = 0; i < run->count; i++) {
		job_order(&run->jobs[i], order);
		if (i + 1 < run->count && strcmp(order,
		    job_order(&run->jobs[i + 1], next)) == 0)
			continue;
		fprintf(out, "%s%s", from > 0 ? "; " : "", order);
		if (from > 0 || i + 1 < run->count)
			fprintf(out, " (bodies %zu-%zu)", from + 1, i + 1);
		from = i + 1;
	}
}

static void run_print(const struct bars *bars, const struct run *run)
{
	char wall[DURATION_SIZE], blocked[DURATION_SIZE];

	fprintf(bars->out, "\n%s: %s, main %s for %s\n  order      ",
		run->name, report_duration(run->timeline.end_ns, wall),
		run->polls > 0 ? "polled" : "blocked",
		report_duration(run_blocked_ns(run), blocked));
	report_order(bars->out, run);
	fputs("\n", bars->out);
	bars_draw(bars, run);
}

static void row_print(FILE *out, const struct run *run)
{
	char wall[DURATION_SIZE], blocked[DURATION_SIZE];
	char cpu[DURATION_SIZE], wait[DURATION_SIZE];

	fprintf(out, "%-28s%9s%9s%6lu%8lu%5lu%9s%9s\n", run->name,
		report_duration(run->timeline.end_ns, wall),
		report_duration(run_blocked_ns(run), blocked),
		run->units, run->polls, run->gets,
		report_duration(run->cpu_ns, cpu),
		report_duration(run->cpu_ns - run->work_cpu_ns, wait));
}

static void table_print(FILE *out, const struct run *runs, size_t count)
{
	fprintf(out, "\n%-28s%9s%9s%6s%8s%5s%9s%9s\n", "", "wall",
		"blocked", "work", "polls", "gets", "CPU", "waiting");
	for (size_t i = 0; i < count; i++)
		row_print(out, &runs[i]);
	fputs("\n"
		"blocked  main was in connect, read, a poll or future_get\n"
		"work     units of other work that main did\n"
		"CPU      of the whole process\n"
		"waiting  of it, what was not other work\n", out);
}

static void checksums_print(FILE *out, const struct run *runs, size_t count)
{
	const struct run *first = &runs[0];

	fprintf(out, "\n%10s  FNV-1a 64\n", "bytes");
	for (size_t i = 0; i < first->count; i++)
		fprintf(out, "%10zu  %016" PRIx64 "  %s\n",
			first->jobs[i].length, first->jobs[i].checksum,
			first->jobs[i].url->text);
	if (count > 1 && report_agrees(runs, count))
		fprintf(out, "All %zu models got the same bytes.\n", count);
}

void report_print(FILE *out, const struct run *runs, size_t count)
{
	struct bars bars = bars_for(out, report_longest_ns(runs, count));

	bars_legend(&bars);
	for (size_t i = 0; i < count; i++)
		run_print(&bars, &runs[i]);
	bars_ruler(&bars);
	table_print(out, runs, count);
	checksums_print(out, runs, count);
}

void report_print_tsv(FILE *out, const struct run *runs, size_t count)
{
	fputs("model\twall_ns\tblocked_ns\tunits\tpolls\tgets\tcpu_ns\t"
		"wait_cpu_ns\tbytes\tfnv1a64\torder\n", out);
	for (size_t i = 0; i < count; i++) {
		const struct run *run = &runs[i];

		fprintf(out, "%s\t%" PRId64 "\t%" PRId64 "\t%lu\t%lu\t%lu\t%"
			PRId64 "\t%" PRId64 "\t%zu\t%016" PRIx64 "\t",
			run->name, run->timeline.end_ns, run_blocked_ns(run),
			run->units, run->polls, run->gets, run->cpu_ns,
			run->cpu_ns - run->work_cpu_ns, run_bytes(run),
			run_checksum(run));
		report_order(out, run);
		fputs("\n", out);
	}
}
