/*
 * The answer, or a part of it: what is known of each group, and of the rows
 * that belong to none.  Parts merge, in any order, to the same answer.
 */
#ifndef CENSUS_TABLE_H
#define CENSUS_TABLE_H

#include "census_csv.h"
#include "census_stats.h"

/* Why a row is left out. */
enum table_bad {
	TABLE_COLUMNS,		/* it has not those of the header */
	TABLE_EMPTY,		/* no value */
	TABLE_NUMBER,		/* the value is no number as of census_csv.h */
	TABLE_BADS
};

struct table_group {
	struct csv_field name;	/* allocated */
	struct stats stats;
};

struct table {
	size_t most;		/* groups that it may have */
	struct table_group *groups;
	size_t count;
	uint32_t *slots;	/* 1 and a place in groups, or 0; hashed */
	size_t slot_count;	/* a power of two, at least twice the count */
	uint64_t bad[TABLE_BADS];
	size_t first_bad[TABLE_BADS];	/* where in the file */
};

/* 0, or ENOMEM. */
int table_init(struct table *table, size_t most);

/*
 * Finds a group, or makes it; it stays where it is until the next call.  0,
 * ENOMEM, or EOVERFLOW: there would be too many.
 */
int table_group(struct table *table, struct csv_field name,
	struct table_group **ret_group);

void table_bad(struct table *table, enum table_bad why, size_t at);

/* 0 or an error of table_group(). */
int table_merge(struct table *table, const struct table *other);

/* By their names, for those who read it: no group is to be found then. */
void table_sort(struct table *table);

/* All of it, the same bytes for the same sorted table.  0 or an errno value. */
int table_write(const struct table *table, FILE *out);

/* Merges what was written.  0, EIO, or an error of table_group(). */
int table_merge_read(struct table *table, FILE *in);

void table_fini(struct table *table);

#endif
