/* See replay.h. */
#include "replay.h"
#include "choice.h"
#include "report.h"

#include <stdio.h>
#include <string.h>

#define ANSWERS 16384

static struct answer answers[ANSWERS], fewer[ANSWERS];

/* Leaves out each answer without which it fails in the same way. */
static unsigned shrink(const struct scenario *scenario, unsigned count)
{
	enum finding finding = run.finding;
	char text[sizeof(report_text)];

	memcpy(text, report_text, sizeof(text));
	for (unsigned i = count; i-- > 0;) {
		memcpy(fewer, answers, i * sizeof(*fewer));
		memcpy(fewer + i, answers + i + 1,
			(count - i - 1) * sizeof(*fewer));
		choice_give(fewer, count - 1);
		/* Another check that fails then is another matter. */
		if (run_once(scenario, 0, false) != finding ||
		    (finding == FINDING_CHECK && strcmp(text, report_text)))
			continue;
		count = choice_taken(answers, ANSWERS);
		if (i > count)
			i = count;
	}
	return count;
}

/* Twice: the first says what it is about, the second tells all of that. */
static void repeat(const struct scenario *scenario, unsigned count)
{
	limits.mode = MODE_REPLAY;
	choice_give(answers, count);
	if (run_once(scenario, 0, false) != FINDING_NONE)
		run_once(scenario, 0, true);
}

void replay_tell(const struct scenario *scenario)
{
	unsigned count = choice_taken(answers, ANSWERS);

	limits.mode = MODE_REPLAY;
	count = shrink(scenario, count);
	repeat(scenario, count);
	printf("  replay: explore %s --spins %u --replay ", scenario->name,
		model_spins);
	if (count == 0)
		putchar('-');
	for (unsigned i = 0; i < count; i++)
		printf("%s%u:%u", i == 0 ? "" : ",", answers[i].point,
			answers[i].value);
	putchar('\n');
	report_print();
}

/* "12:1,57:2", or "-" for the run without anything unusual. */
void replay_text(const struct scenario *scenario, const char *text)
{
	unsigned count = 0, point, value;
	int used;

	while (count < ANSWERS &&
	       sscanf(text, "%u:%u%n", &point, &value, &used) == 2) {
		answers[count++] = (struct answer){ point, value };
		text += used;
		if (*text == ',')
			text++;
	}
	repeat(scenario, count);
	printf("%s: %s\n", scenario->name, report_name(run.finding));
	if (run.finding != FINDING_NONE)
		report_print();
}
