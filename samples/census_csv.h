/*
 * The fields of a CSV file that lies in memory, by RFC 4180: quotes, doubled
 * quotes, commas and newlines inside quotes, lines that end with CR LF or LF,
 * a last one that ends with the file.
 *
 * It is strict about quotes: one in a field that did not begin with one, or
 * text behind the one that closes, is an error.  In a file without such errors
 * a byte is inside quotes exactly when the number of quotes before it is odd.
 */
#ifndef CENSUS_CSV_H
#define CENSUS_CSV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/*
 * What stands between the quotes, if there are any, doubled ones as they stand:
 * a quote can only be there doubled, so this is as good a key as the text.
 */
struct csv_field {
	const char *text;
	size_t length;
};

struct csv_reader {
	const char *at, *end;	/* the next field; the file's end */
	struct csv_field field;	/* the last that was read, */
	bool last;		/* and whether its row ends with it */
};

/* Reads a field.  False: it is not CSV at reader->at. */
bool csv_read(struct csv_reader *reader);

/* What is wrong there, in words. */
const char *csv_wrong(const char *at);

bool csv_field_is(struct csv_field field, const char *text);
void csv_field_print(struct csv_field field, FILE *out);

/*
 * Decimal numbers of at most 12 digits before the point and 6 behind, in
 * millionths: exact, and whole.  There are no exponents.
 */
enum { CSV_DECIMALS = 6, CSV_ONE = 1000000 };

/* False: it is no such number. */
bool csv_number(struct csv_field field, int64_t *ret_millionths);

/* With as many decimals as it needs. */
void csv_number_print(int64_t millionths, FILE *out);

#endif
