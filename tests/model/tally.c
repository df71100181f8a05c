/* See tally.h. */
#include "tally.h"
#include "options.h"
#include "report.h"

#include <stdio.h>

void tally_count(struct tally *tally)
{
	unsigned i = 0;

	tally->runs++;
	tally->finding = run.finding;
	if (!run.has_outcome)
		return;
	while (i < tally->outcomes && tally->outcome[i] != run.outcome)
		i++;
	if (i == OUTCOMES)
		return;
	if (i == tally->outcomes) {
		tally->outcome[i] = run.outcome;
		tally->count[i] = 0;
		tally->outcomes++;
	}
	tally->count[i]++;
}

bool tally_good(const struct tally *tally, const struct scenario *scenario,
	enum mode mode)
{
	uint32_t set = 0;

	if (tally->finding != scenario->expect)
		return false;
	if (mode == MODE_DEPTH && scenario->expect == FINDING_NONE &&
	    !tally->all && options.runs == 0)
		return false;
	if (scenario->outcomes == 0)
		return true;
	for (unsigned i = 0; i < tally->outcomes; i++)
		set |= (uint32_t)1 << tally->outcome[i];
	if (tally->all)
		return set == scenario->outcomes;
	return (set & ~scenario->outcomes) == 0;
}

/* A number that tells two sets of outcomes apart. */
static uint32_t sum_of(const struct tally *tally)
{
	uint32_t sum = 0;

	for (unsigned i = 0; i < tally->outcomes; i++)
		sum += (tally->outcome[i] + 1) * 2654435761u ^
			tally->outcome[i] >> 7;
	return sum;
}

void tally_print(const struct tally *tally, const struct scenario *scenario,
	enum mode mode)
{
	printf("  %s %llu%s in %.2f s", mode_names[mode],
		(unsigned long long)tally->runs,
		mode != MODE_DEPTH || tally->finding != FINDING_NONE ? "" :
		tally->all ? " (all)" : " (NOT ALL)", tally->seconds);
	if (tally->finding != FINDING_NONE && scenario->expect != FINDING_NONE)
		printf(": %s", report_name(tally->finding));
	if (tally->outcomes != 0)
		printf(", %u outcomes (%08x)", tally->outcomes,
			sum_of(tally));
	fflush(stdout);
}
