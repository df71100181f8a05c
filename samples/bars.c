/* See bars.h. */
#define _GNU_SOURCE
#include "bars.h"

#include <langinfo.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define WIDTH 66	/* cells in a bar; with its name it fits in 80 */

static const struct look {
	char letter;
	const char *block;	/* differs without its colour, too */
	const char *colour;
	const char *words;
} looks[SPAN_KINDS] = {
	[SPAN_IDLE] = { '.', "\u00b7", "\033[2m", "nothing to do" },
	[SPAN_BLOCKED] = { 'B', "\u2591", "\033[31m", "blocked" },
	[SPAN_POLLING] = { 'P', "\u2592", "\033[33m", "polling" },
	[SPAN_WORKING] = { 'W', "\u2588", "\033[32m", "other work" },
	[SPAN_FETCHING] = { 'f', "\u2550", "\033[34m", "worker fetches" },
	[SPAN_CHECKING] = { 'c', "\u2593", "\033[35m", "checksum" },
};

struct bars bars_for(FILE *out, int64_t scale_ns)
{
	const char *term = getenv("TERM"), *plain = getenv("NO_COLOR");
	bool fancy = isatty(fileno(out)) &&
		strcmp(nl_langinfo(CODESET), "UTF-8") == 0 &&
		(plain == NULL || *plain == '\0') &&
		term != NULL && strcmp(term, "dumb") != 0;

	return (struct bars){ out, fancy, scale_ns > 0 ? scale_ns : 1 };
}

static void cells_draw(const struct bars *bars, enum span_kind kind,
	int count)
{
	const struct look *look = &looks[kind];

	if (count == 0)
		return;
	fputs(bars->fancy ? look->colour : "", bars->out);
	while (count-- > 0)
		if (bars->fancy)
			fputs(look->block, bars->out);
		else
			fputc(look->letter, bars->out);
	fputs(bars->fancy ? "\033[0m" : "", bars->out);
}

void bars_legend(const struct bars *bars)
{
	static const enum span_kind order[] = { SPAN_BLOCKED, SPAN_POLLING,
		SPAN_WORKING, SPAN_FETCHING, SPAN_CHECKING, SPAN_IDLE };

	for (size_t i = 0; i < sizeof(order) / sizeof(order[0]); i++) {
		fputs(i == 0 ? "" : i == 3 ? "\n" : "   ", bars->out);
		cells_draw(bars, order[i], 1);
		fprintf(bars->out, " %s", looks[order[i]].words);
	}
	fputs("\na column shows what took most of it\n"
		"data: ^ a body is there; a digit, so many; * ten or more\n",
		bars->out);
}

static int64_t cell_ns(const struct bars *bars, int cell)
{
	return bars->scale_ns * cell / WIDTH;
}

/* A bar is as long as its run; a cell shows what filled most of it. */
static void lane_draw(const struct bars *bars, const struct run *run,
	size_t which)
{
	const struct lane *lane = &run->timeline.lanes[which];
	char name[32] = "main";

	if (which > 0)
		snprintf(name, sizeof(name), "worker %zu", which);
	fprintf(bars->out, "  %-10s ", name);
	enum span_kind kind = SPAN_IDLE;
	int same = 0;

	for (int cell = 0; cell < WIDTH; cell++) {
		int64_t from_ns = cell_ns(bars, cell);
		int64_t to_ns = cell_ns(bars, cell + 1);

		if (to_ns > run->timeline.end_ns)
			to_ns = run->timeline.end_ns;
		if (from_ns >= to_ns)
			break;
		enum span_kind next = lane_at(lane, from_ns, to_ns);

		if (next != kind) {
			cells_draw(bars, kind, same);
			same = 0;
		}
		kind = next;
		same++;
	}
	cells_draw(bars, kind, same);
	fputs("\n", bars->out);
}

/* One mark where a body arrived, and its number where several did. */
static void arrivals_draw(const struct bars *bars, const struct run *run)
{
	int counts[WIDTH] = { 0 }, last = 0;

	for (size_t i = 0; i < run->count; i++) {
		int64_t at_ns = run->jobs[i].arrived_ns;
		int cell = (int)(at_ns * WIDTH / bars->scale_ns);

		if (at_ns == 0)
			continue;
		if (cell >= WIDTH)
			cell = WIDTH - 1;
		counts[cell]++;
		if (cell > last)
			last = cell;
	}
	fprintf(bars->out, "  %-10s ", "data");
	for (int cell = 0; cell <= last; cell++)
		if (counts[cell] > 1)
			fputc(counts[cell] > 9 ? '*' : '0' + counts[cell],
				bars->out);
		else
			fputc(counts[cell] > 0 ? '^' : ' ', bars->out);
	fputs("\n", bars->out);
}

void bars_draw(const struct bars *bars, const struct run *run)
{
	for (size_t i = 0; i < run->timeline.lane_count; i++)
		lane_draw(bars, run, i);
	arrivals_draw(bars, run);
}

/* Every mark stands above its number, which begins in the same cell. */
void bars_ruler(const struct bars *bars)
{
	int64_t step_ns = timeline_step_ns(bars->scale_ns, 6);
	int column = 0;

	fprintf(bars->out, "  %-10s ", "");
	for (int64_t at_ns = 0; at_ns <= bars->scale_ns; at_ns += step_ns)
		for (int cell = (int)(at_ns * WIDTH / bars->scale_ns);
		    column <= cell; column++)
			fputc(column == cell ? '|' : ' ', bars->out);
	fprintf(bars->out, "\n  %-10s ", "ms");
	column = 0;
	for (int64_t at_ns = 0; at_ns <= bars->scale_ns; at_ns += step_ns) {
		int cell = (int)(at_ns * WIDTH / bars->scale_ns);

		column += fprintf(bars->out, "%*s%g", cell - column, "",
			(double)at_ns / 1e6);
	}
	fputs("\n", bars->out);
}
