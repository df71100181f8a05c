/* See census_table.h. */
#include "census_table.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { FIRST_SLOTS = 64 };

int table_init(struct table *table, size_t most)
{
	*table = (struct table){ .most = most };
	table->slots = calloc(FIRST_SLOTS, sizeof(*table->slots));
	table->slot_count = FIRST_SLOTS;
	return table->slots != NULL ? 0 : ENOMEM;
}

/* Where it is, or is to be.  FNV-1a.  (G. Fowler, L. Noll, P. Vo.) */
static uint32_t *slot_of(const struct table *table, struct csv_field name)
{
	uint64_t hash = 14695981039346656037u;

	for (size_t i = 0; i < name.length; i++)
		hash = (hash ^ (unsigned char)name.text[i]) * 1099511628211u;
	for (hash ^= hash >> 32;; hash++) {
		uint32_t *slot = &table->slots[hash & (table->slot_count - 1)];
		const struct csv_field *there;

		if (*slot == 0)
			return slot;
		there = &table->groups[*slot - 1].name;
		if (there->length == name.length &&
		    memcmp(there->text, name.text, name.length) == 0)
			return slot;
	}
}

/* As many groups as half the slots. */
static int grow(struct table *table)
{
	size_t slot_count = table->slot_count * 2;
	uint32_t *slots = calloc(slot_count, sizeof(*slots));
	struct table_group *groups = realloc(table->groups, slot_count / 2 *
		sizeof(*groups));

	if (groups != NULL)
		table->groups = groups;
	if (slots == NULL || groups == NULL) {
		free(slots);
		return ENOMEM;
	}
	free(table->slots);
	table->slots = slots;
	table->slot_count = slot_count;
	for (size_t i = 0; i < table->count; i++)
		*slot_of(table, groups[i].name) = (uint32_t)i + 1;
	return 0;
}

int table_group(struct table *table, struct csv_field name,
	struct table_group **ret_group)
{
	uint32_t *slot = slot_of(table, name);
	char *copy;

	if (*slot != 0) {
		*ret_group = &table->groups[*slot - 1];
		return 0;
	}
	if (table->count == table->most)
		return EOVERFLOW;
	if (table->groups == NULL || table->count == table->slot_count / 2) {
		if (grow(table) != 0)
			return ENOMEM;
		slot = slot_of(table, name);
	}
	copy = malloc(name.length + 1);
	if (copy == NULL)
		return ENOMEM;
	memcpy(copy, name.text, name.length);
	*ret_group = &table->groups[table->count];
	**ret_group = (struct table_group){ .name = { copy, name.length } };
	*slot = (uint32_t)++table->count;
	return 0;
}

static void merge_bad(struct table *table, enum table_bad why, uint64_t count,
	size_t first)
{
	if (count == 0)
		return;
	if (table->bad[why] == 0 || first < table->first_bad[why])
		table->first_bad[why] = first;
	table->bad[why] += count;
}

void table_bad(struct table *table, enum table_bad why, size_t at)
{
	merge_bad(table, why, 1, at);
}

int table_merge(struct table *table, const struct table *other)
{
	struct table_group *group;
	int error = 0;

	for (unsigned why = 0; why < TABLE_BADS; why++)
		merge_bad(table, why, other->bad[why], other->first_bad[why]);
	for (size_t i = 0; error == 0 && i < other->count; i++) {
		error = table_group(table, other->groups[i].name, &group);
		if (error == 0)
			error = stats_merge(&group->stats,
				&other->groups[i].stats);
	}
	return error;
}

static int compare(const void *a, const void *b)
{
	const struct csv_field *one = &((const struct table_group *)a)->name;
	const struct csv_field *two = &((const struct table_group *)b)->name;
	size_t both = one->length < two->length ? one->length : two->length;
	int order = memcmp(one->text, two->text, both);

	return order != 0 ? order : (one->length > two->length) -
		(one->length < two->length);
}

void table_sort(struct table *table)
{
	if (table->count > 1)
		qsort(table->groups, table->count, sizeof(*table->groups),
			compare);
}

int table_write(const struct table *table, FILE *out)
{
	int error = 0;

	fwrite(table->bad, sizeof(table->bad), 1, out);
	fwrite(table->first_bad, sizeof(table->first_bad), 1, out);
	fwrite(&table->count, sizeof(table->count), 1, out);
	for (size_t i = 0; error == 0 && i < table->count; i++) {
		struct csv_field name = table->groups[i].name;

		fwrite(&name.length, sizeof(name.length), 1, out);
		fwrite(name.text, 1, name.length, out);
		error = stats_write(&table->groups[i].stats, out);
	}
	return fflush(out) != 0 ? errno : error;
}

static int read_group(struct table *table, FILE *in)
{
	struct table_group *group;
	struct stats stats = { 0 };
	size_t length;
	char *text;
	int error = EIO;

	if (fread(&length, sizeof(length), 1, in) != 1)
		return EIO;
	text = malloc(length + 1);
	if (text == NULL)
		return ENOMEM;
	if (fread(text, 1, length, in) == length)
		error = stats_read(&stats, in);
	if (error == 0)
		error = table_group(table, (struct csv_field){ text, length },
			&group);
	if (error == 0)
		error = stats_merge(&group->stats, &stats);
	stats_fini(&stats);
	free(text);
	return error;
}

int table_merge_read(struct table *table, FILE *in)
{
	struct table other = { .count = 0 };
	int error = 0;

	if (fread(other.bad, sizeof(other.bad), 1, in) != 1 ||
	    fread(other.first_bad, sizeof(other.first_bad), 1, in) != 1 ||
	    fread(&other.count, sizeof(other.count), 1, in) != 1)
		return EIO;
	for (; error == 0 && other.count > 0; other.count--)
		error = read_group(table, in);
	return error == 0 ? table_merge(table, &other) : error;
}

void table_fini(struct table *table)
{
	for (size_t i = 0; i < table->count; i++) {
		free((char *)table->groups[i].name.text);
		stats_fini(&table->groups[i].stats);
	}
	free(table->groups);
	free(table->slots);
}
