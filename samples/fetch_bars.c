/* See fetch_bars.h. */
#define _GNU_SOURCE
#include "fetch_bars.h"

#include <stdarg.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum { NAME = 24, WIDEST = 200 };

static size_t drawn;	/* lines that are on the terminal */

bool bars_wanted(void)
{
	return isatty(STDERR_FILENO);
}

const char *bars_bytes(char out[16], int64_t bytes)
{
	static const char *const units[] = { "B", "KiB", "MiB", "GiB", "TiB" };
	double value = (double)bytes;
	int unit = 0;

	while (value >= 1024 && unit < 4) {
		value /= 1024;
		unit++;
	}
	snprintf(out, 16, unit == 0 ? "%.0f %s" : "%.1f %s", value,
		units[unit]);
	return out;
}

static void erase(void)
{
	if (drawn > 0)
		fprintf(stderr, "\033[%zuA\r\033[J", drawn);
	drawn = 0;
}

void bars_say(const char *format, ...)
{
	va_list arguments;

	erase();
	va_start(arguments, format);
	vfprintf(stderr, format, arguments);
	va_end(arguments);
	fputc('\n', stderr);
}

static void line(const struct bar *bar, int columns)
{
	char have[16], total[16], cells[WIDEST + 1];
	int width = columns - NAME - 26, full = 0;

	width = width > WIDEST ? WIDEST : width;
	if (bar->total > 0)
		full = (int)(bar->have * (int64_t)width / bar->total);
	for (int i = 0; i < width; i++)
		cells[i] = i < full ? '#' : '.';
	cells[width > 0 ? width : 0] = '\0';
	fprintf(stderr, "%-*.*s [%s] %9s of %9s\033[K\n", NAME, NAME, bar->name,
		cells, bars_bytes(have, bar->have),
		bar->total < 0 ? "?" : bars_bytes(total, bar->total));
}

/* No more than the screen has: what has left it cannot be drawn over. */
void bars_draw(const struct bar *bars, size_t count, const char *all)
{
	struct winsize screen = { .ws_row = 0 };

	ioctl(STDERR_FILENO, TIOCGWINSZ, &screen);
	if (screen.ws_col == 0)
		screen.ws_col = 80;
	if (screen.ws_row < 3)
		screen.ws_row = 24;
	if (count > screen.ws_row - 2u)
		count = screen.ws_row - 2u;
	if (drawn > 0)
		fprintf(stderr, "\033[%zuA\r", drawn);
	for (size_t i = 0; i < count; i++)
		line(&bars[i], screen.ws_col);
	fprintf(stderr, "%.*s\033[K\n\033[J", screen.ws_col - 1, all);
	drawn = count + 1;
}
