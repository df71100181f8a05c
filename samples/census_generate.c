/*
 * Readings of thermometers, always the same ones: what is quoted in CSV, and
 * how, is in there.
 */
#include "census.h"

#include <errno.h>
#include <stdlib.h>

struct city {
	const char *name;	/* as it is written */
	int mean;		/* hundredths of a degree, about */
};

static const struct city cities[] = {
	{ "Accra", 2640 }, { "Bergen", 770 }, { "Cairo", 2140 },
	{ "Darwin", 2760 }, { "Edinburgh", 930 }, { "Fairbanks", -230 },
	{ "Geneva", 1090 }, { "Hanoi", 2360 }, { "Irkutsk", 100 },
	{ "Jakarta", 2670 }, { "Kyoto", 1580 }, { "Lima", 1930 },
	{ "\"Las Vegas, \"\"Sin City\"\"\"", 2030 }, { "Murmansk", 60 },
	{ "Nairobi", 1780 }, { "\"Portland, ME\"", 830 },
	{ "\"Portland, OR\"", 1240 }, { "Quito", 1350 }, { "Reykjavik", 430 },
	{ "S\xC3\xA3o Paulo", 1920 }, { "Tampere", 440 },
	{ "Ulaanbaatar", -40 }, { "Vancouver", 1040 },
	{ "\"Washington, D.C.\"", 1460 }, { "Yakutsk", -880 },
	{ "Z\xC3\xBCrich", 930 }
};

enum { CITIES = sizeof(cities) / sizeof(cities[0]) };

static const char *const notes[] = { "calibrated", "\"windy, with rain\"",
	"\"\"\"as usual\"\", it says\"", "\"replaced:\nthe old one was wet\"" };

/* SplitMix64.  (G. Steele, D. Lea, C. Flood.) */
static uint64_t random_of(uint64_t number)
{
	uint64_t z = (number + 1) * 0x9e3779b97f4a7c15;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return z ^ z >> 31;
}

int census_generate(unsigned long rows, FILE *out)
{
	fputs("reading,city,temperature,note\n", out);
	for (unsigned long i = 0; i < rows && !ferror(out); i++) {
		uint64_t random = random_of(i);
		const struct city *city = &cities[random % CITIES];
		/* The sum of four: most are near the mean. */
		int spread = (int)(random >> 8 & 1023) + (int)(random >> 18 &
			1023) + (int)(random >> 28 & 1023) + (int)(random >> 38
			& 1023) - 2046;
		int hundredths = city->mean + spread;

		fprintf(out, "%lu,%s,%s%d.%02d,%s\n", i + 1, city->name,
			hundredths < 0 ? "-" : "", abs(hundredths) / 100,
			abs(hundredths) % 100, random >> 48 & 15 ? "" :
			notes[random >> 52 & 3]);
	}
	return fflush(out) != 0 || ferror(out) ? errno : 0;
}
