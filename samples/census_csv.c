/* See census_csv.h. */
#include "census_csv.h"

#include <string.h>

static bool read_quoted(struct csv_reader *reader)
{
	const char *at = reader->at + 1, *end = reader->end, *quote;

	reader->field.text = at;
	for (;; at++) {
		quote = memchr(at, '"', (size_t)(end - at));
		if (quote == NULL)
			return false;
		at = quote + 1;
		if (at == end || *at != '"')
			break;
	}
	reader->field.length = (size_t)(quote - reader->field.text);
	if (at < end && *at == '\r' && (at + 1 == end || at[1] == '\n'))
		at++;
	reader->last = at == end || *at == '\n';
	reader->at = at;
	if (!reader->last && *at != ',')
		return false;
	reader->at += at < end;
	return true;
}

bool csv_read(struct csv_reader *reader)
{
	const char *begin = reader->at, *at = begin, *end = reader->end;

	if (at < end && *at == '"')
		return read_quoted(reader);
	while (at < end && *at != ',' && *at != '\n' && *at != '"')
		at++;
	reader->at = at;
	if (at < end && *at == '"')
		return false;
	reader->at += at < end;
	reader->last = at == end || *at == '\n';
	if (reader->last && at > begin && at[-1] == '\r')
		at--;
	reader->field = (struct csv_field){ begin, (size_t)(at - begin) };
	return true;
}

const char *csv_wrong(const char *at)
{
	return *at == '"' ? "a quote that is never closed, or in a "
		"field that does not begin with one" :
		"text behind the quote that closes a field";
}

bool csv_field_is(struct csv_field field, const char *text)
{
	for (size_t i = 0; i < field.length; i++, text++) {
		if (*text == '\0' || field.text[i] != *text)
			return false;
		i += *text == '"';	/* doubled */
	}
	return *text == '\0';
}

void csv_field_print(struct csv_field field, FILE *out)
{
	bool quoted = false;

	for (size_t i = 0; i < field.length; i++)
		quoted |= memchr(",\"\r\n", field.text[i], 4) != NULL;
	if (quoted)
		putc('"', out);
	fwrite(field.text, 1, field.length, out);
	if (quoted)
		putc('"', out);
}

bool csv_number(struct csv_field field, int64_t *ret_millionths)
{
	const int64_t most = 999999999999;
	bool negative = field.length > 0 && *field.text == '-';
	bool sign = negative || (field.length > 0 && *field.text == '+');
	int decimals = -1, digits = 0;		/* -1: no point yet */
	int64_t number = 0;

	for (size_t i = sign; i < field.length; i++) {
		char c = field.text[i];

		if (c == '.' && decimals < 0) {
			decimals = 0;
			continue;
		}
		if (c < '0' || c > '9' || decimals == CSV_DECIMALS)
			return false;
		number = number * 10 + (c - '0');
		if (decimals < 0 && number > most)
			return false;
		decimals += decimals >= 0;
		digits++;
	}
	for (decimals += decimals < 0; decimals < CSV_DECIMALS; decimals++)
		number *= 10;
	*ret_millionths = negative ? -number : number;
	return digits > 0;
}

void csv_number_print(int64_t millionths, FILE *out)
{
	long long size = millionths < 0 ? -millionths : millionths;
	int decimals = CSV_DECIMALS;
	long long part = size % CSV_ONE;

	fprintf(out, "%s%lld", millionths < 0 ? "-" : "", size / CSV_ONE);
	for (; part != 0 && part % 10 == 0; part /= 10)
		decimals--;
	if (part != 0)
		fprintf(out, ".%0*lld", decimals, part);
}
