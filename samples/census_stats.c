/* See census_stats.h. */
#include "census_stats.h"

#include <errno.h>
#include <stdlib.h>

static uint64_t size_of(int64_t number)
{
	return number < 0 ? -(uint64_t)number : (uint64_t)number;
}

/* Of numbers below 128, 256, 512 and so on. */
static unsigned power_of(uint64_t size)
{
	return size < STATS_BUCKETS ? 0 :
		57 - (unsigned)__builtin_clzll(size);
}

/* The last bits that a bucket does not tell. */
static unsigned shift_of(unsigned power)
{
	return power > 0 ? power - 1 : 0;
}

static int64_t middle_of(unsigned power, unsigned bucket)
{
	int64_t first = bucket + (power > 0 ? STATS_BUCKETS : 0);

	return (first << shift_of(power)) + ((1LL << shift_of(power)) >> 1);
}

/* To be counted in, or NULL: ENOMEM. */
static uint64_t *buckets_of(struct stats *stats, int positive, unsigned power)
{
	uint64_t **buckets = &stats->buckets[positive][power];

	if (*buckets == NULL)
		*buckets = calloc(STATS_BUCKETS, sizeof(**buckets));
	return *buckets;
}

static void bounds_add(struct stats *stats, int64_t least, int64_t greatest)
{
	if (stats->count == 0 || least < stats->least)
		stats->least = least;
	if (stats->count == 0 || greatest > stats->greatest)
		stats->greatest = greatest;
}

int stats_add(struct stats *stats, int64_t number)
{
	uint64_t size = size_of(number);
	unsigned power = power_of(size);
	uint64_t *buckets = buckets_of(stats, number >= 0, power);

	if (buckets == NULL)
		return ENOMEM;
	bounds_add(stats, number, number);
	stats->count++;
	stats->sum += number;
	buckets[(size >> shift_of(power)) % STATS_BUCKETS]++;
	return 0;
}

int stats_merge(struct stats *stats, const struct stats *other)
{
	for (unsigned i = 0; i < 2 * STATS_POWERS; i++) {
		const uint64_t *from = other->buckets[i % 2][i / 2];
		uint64_t *to = from == NULL ? NULL :
			buckets_of(stats, i % 2, i / 2);

		if (from != NULL && to == NULL)
			return ENOMEM;
		for (int at = 0; from != NULL && at < STATS_BUCKETS; at++)
			to[at] += from[at];
	}
	if (other->count > 0)
		bounds_add(stats, other->least, other->greatest);
	stats->count += other->count;
	stats->sum += other->sum;
	return 0;
}

int64_t stats_mean(const struct stats *stats)
{
	stats_sum_t half = stats->count / 2;

	if (stats->count == 0)
		return 0;
	return (int64_t)((stats->sum + (stats->sum < 0 ? -half : half)) /
		(stats_sum_t)stats->count);
}

/* From the lowest number to the highest; below 0 the sizes fall. */
int64_t stats_percentile(const struct stats *stats, unsigned percent)
{
	const int all = STATS_POWERS * STATS_BUCKETS;
	uint64_t rank = (stats->count * percent + 99) / 100, seen = 0;
	int64_t number = stats->greatest;

	for (int i = -all; i < all; i++) {
		unsigned at = (unsigned)(i < 0 ? -1 - i : i);
		unsigned power = at / STATS_BUCKETS;
		unsigned bucket = at % STATS_BUCKETS;
		const uint64_t *buckets = stats->buckets[i >= 0][power];

		seen += buckets != NULL ? buckets[bucket] : 0;
		if (seen < rank || seen == 0)
			continue;
		number = middle_of(power, bucket);
		number = i < 0 ? -number : number;
		break;
	}
	number = number < stats->least ? stats->least : number;
	return number > stats->greatest ? stats->greatest : number;
}

/* One field after the other: between them may lie bytes that say nothing. */
int stats_write(const struct stats *stats, FILE *out)
{
	fwrite(&stats->count, sizeof(stats->count), 1, out);
	fwrite(&stats->sum, sizeof(stats->sum), 1, out);
	fwrite(&stats->least, sizeof(stats->least), 1, out);
	fwrite(&stats->greatest, sizeof(stats->greatest), 1, out);
	for (int i = 0; i < 2 * STATS_POWERS; i++) {
		const uint64_t *buckets = stats->buckets[i % 2][i / 2];

		putc(buckets != NULL, out);
		if (buckets != NULL)
			fwrite(buckets, sizeof(*buckets), STATS_BUCKETS, out);
	}
	return ferror(out) ? EIO : 0;
}

int stats_read(struct stats *stats, FILE *in)
{
	size_t read = fread(&stats->count, sizeof(stats->count), 1, in);

	read += fread(&stats->sum, sizeof(stats->sum), 1, in);
	read += fread(&stats->least, sizeof(stats->least), 1, in);
	read += fread(&stats->greatest, sizeof(stats->greatest), 1, in);
	for (unsigned i = 0; i < 2 * STATS_POWERS; i++) {
		uint64_t *buckets;

		if (getc(in) != 1)
			continue;
		buckets = buckets_of(stats, i % 2, i / 2);
		if (buckets == NULL)
			return ENOMEM;
		if (fread(buckets, sizeof(*buckets), STATS_BUCKETS, in) !=
		    STATS_BUCKETS)
			return EIO;
	}
	return read == 4 && !ferror(in) && !feof(in) ? 0 : EIO;
}

void stats_fini(struct stats *stats)
{
	for (int i = 0; i < 2 * STATS_POWERS; i++)
		free(stats->buckets[i % 2][i / 2]);
}
