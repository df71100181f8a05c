/* See picture.h.  Lengths are in pixels, from the top left. */
#define _GNU_SOURCE
#include "picture.h"

#include <errno.h>
#include <stdio.h>

#include "report.h"

enum {
	WIDTH = 1000, LEFT = 100, RIGHT = 976,	/* the bars lie between */
	TOP = 96,
	HEADING = 46,		/* of a panel, above its first bar */
	BAR = 18, PITCH = 24,
	PANEL_GAP = 22,
	BOTTOM = 40
};

/* Colours that also differ for the colour-blind (Okabe and Ito). */
static const struct look {
	const char *colour;
	const char *words;
} looks[SPAN_KINDS] = {
	[SPAN_BLOCKED] = { "#d55e00", "blocked" },
	[SPAN_POLLING] = { "#e8b84a", "polling" },
	[SPAN_WORKING] = { "#009e73", "other work" },
	[SPAN_FETCHING] = { "#8cc5ea", "worker fetches" },
	[SPAN_CHECKING] = { "#7b4b94", "checksum" },
};

struct picture {
	FILE *out;
	int64_t scale_ns;	/* what lies between LEFT and RIGHT */
	int height;
};

static double x_of(const struct picture *picture, int64_t ns)
{
	return LEFT + (double)(RIGHT - LEFT) * (double)ns /
		(double)picture->scale_ns;
}

static int panel_height(const struct run *run)
{
	return HEADING + PITCH * (int)run->timeline.lane_count + PANEL_GAP;
}

static void head_draw(const struct picture *picture, const struct run *run)
{
	fprintf(picture->out, "<svg xmlns=\"http://www.w3.org/2000/svg\" "
		"width=\"%d\" height=\"%d\" viewBox=\"0 0 %d %d\" "
		"font-family=\"Helvetica, Arial, sans-serif\" "
		"font-size=\"13\" fill=\"#222\">\n"
		"<title>Four ways to wait for a download</title>\n"
		"<rect width=\"100%%\" height=\"100%%\" fill=\"#fff\"/>\n"
		"<text x=\"24\" y=\"38\" font-size=\"20\" "
		"font-weight=\"bold\">Four ways to wait for %zu %s</text>\n",
		WIDTH, picture->height, WIDTH, picture->height,
		run->count, run->count == 1 ? "download" : "downloads");
}

static void legend_draw(const struct picture *picture)
{
	int x = 24;

	for (int kind = SPAN_IDLE + 1; kind < SPAN_KINDS; kind++) {
		fprintf(picture->out, "<rect x=\"%d\" y=\"58\" width=\"14\" "
			"height=\"14\" rx=\"2\" fill=\"%s\"/>\n"
			"<text x=\"%d\" y=\"70\">%s</text>\n",
			x, looks[kind].colour, x + 20, looks[kind].words);
		x += 130;
	}
	fprintf(picture->out, "<path d=\"M%d 72l-5 -10h10z\"/>\n"
		"<text x=\"%d\" y=\"70\">a body is there</text>\n",
		x + 7, x + 20);
}

/* Lines behind the bars of a panel, so that no text is struck through. */
static void grid_draw(const struct picture *picture, int y, int height)
{
	int64_t step_ns = timeline_step_ns(picture->scale_ns, 10);

	for (int64_t at_ns = 0; at_ns <= picture->scale_ns; at_ns += step_ns)
		fprintf(picture->out, "<path d=\"M%.1f %dv%d\" "
			"stroke=\"#ddd\"/>\n", x_of(picture, at_ns), y,
			height);
}

static void ruler_draw(const struct picture *picture)
{
	int64_t step_ns = timeline_step_ns(picture->scale_ns, 10);

	for (int64_t at_ns = 0; at_ns <= picture->scale_ns; at_ns += step_ns)
		fprintf(picture->out, "<text x=\"%.1f\" y=\"%d\" "
			"text-anchor=\"middle\" fill=\"#666\">%g ms</text>\n",
			x_of(picture, at_ns), picture->height - 24,
			(double)at_ns / 1e6);
}

static void span_draw(const struct picture *picture, const struct span *span,
	int y)
{
	double x = x_of(picture, span->start_ns);
	double width = x_of(picture, span->end_ns) - x;

	/*
	 * What is too short to be seen is drawn as a hair; what is long enough
	 * leaves a gap before the next.
	 */
	width -= width > 4 ? 0.8 : 0;
	fprintf(picture->out, "<rect x=\"%.2f\" y=\"%d\" width=\"%.2f\" "
		"height=\"%d\" fill=\"%s\"><title>%s, %.3f ms</title>"
		"</rect>\n", x, y, width < 0.8 ? 0.8 : width, BAR,
		looks[span->kind].colour, looks[span->kind].words,
		(double)(span->end_ns - span->start_ns) / 1e6);
}

static void lane_draw(const struct picture *picture, const struct run *run,
	size_t which, int y)
{
	const struct lane *lane = &run->timeline.lanes[which];

	fprintf(picture->out, "<text x=\"%d\" y=\"%d\" "
		"text-anchor=\"end\">", LEFT - 10, y + BAR - 5);
	if (which == 0)
		fputs("main", picture->out);
	else
		fprintf(picture->out, "worker %zu", which);
	fprintf(picture->out, "</text>\n<rect x=\"%d\" y=\"%d\" "
		"width=\"%.1f\" height=\"%d\" fill=\"#eee\"/>\n", LEFT, y,
		x_of(picture, run->timeline.end_ns) - LEFT, BAR);
	for (size_t i = 0; i < lane->count; i++)
		span_draw(picture, &lane->spans[i], y);
}

static void panel_draw(const struct picture *picture, const struct run *run,
	int y)
{
	char wall[DURATION_SIZE], blocked[DURATION_SIZE];

	fprintf(picture->out, "<text x=\"24\" y=\"%d\" font-size=\"15\" "
		"font-weight=\"bold\">%s</text>\n<text x=\"%d\" y=\"%d\" "
		"text-anchor=\"end\">%s, main %s for %s, "
		"%lu units of other work</text>\n<text x=\"24\" y=\"%d\" "
		"fill=\"#666\">", y + 14, run->name, RIGHT, y + 14,
		report_duration(run->timeline.end_ns, wall),
		run->polls > 0 ? "polled" : "blocked",
		report_duration(run_blocked_ns(run), blocked),
		run->units, y + 33);
	report_order(picture->out, run);
	fputs("</text>\n", picture->out);
	grid_draw(picture, y + HEADING - 6,
		panel_height(run) - HEADING);
	for (size_t i = 0; i < run->timeline.lane_count; i++)
		lane_draw(picture, run, i, y + HEADING + PITCH * (int)i);
	for (size_t i = 0; i < run->count; i++)
		fprintf(picture->out, "<path d=\"M%.1f %dl-5 -10h10z\"/>\n",
			x_of(picture, run->jobs[i].arrived_ns), y + HEADING);
}

int picture_write(const char *file, const struct run *runs, size_t count)
{
	struct picture picture = {
		.scale_ns = report_longest_ns(runs, count),
		.height = TOP + BOTTOM,
	};
	int y = TOP;

	for (size_t i = 0; i < count; i++)
		picture.height += panel_height(&runs[i]);
	picture.out = fopen(file, "w");
	if (picture.out == NULL)
		return errno;
	head_draw(&picture, &runs[0]);
	legend_draw(&picture);
	ruler_draw(&picture);
	for (size_t i = 0; i < count; i++) {
		panel_draw(&picture, &runs[i], y);
		y += panel_height(&runs[i]);
	}
	fputs("</svg>\n", picture.out);
	int error = ferror(picture.out) ? EIO : 0;

	if (fclose(picture.out) != 0 && error == 0)
		error = errno;
	return error;
}
