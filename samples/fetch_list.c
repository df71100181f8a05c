/* What fetch is to fetch: URLs, the names of their files, checksums. */
#define _GNU_SOURCE
#include "fetch.h"

#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char out_of_memory[] = "out of memory";

/* "HEX", or "sha256:HEX". */
static bool sum_read(const char *text, unsigned char *sum)
{
	static const char digits[] = "0123456789abcdef";

	if (strncasecmp(text, "sha256:", 7) == 0)
		text += 7;
	if (strlen(text) != 2 * SHA256 ||
	    strspn(text, "0123456789abcdefABCDEF") != 2 * SHA256)
		return false;
	for (int i = 0; i < SHA256; i++) {
		const char *high = strchr(digits, text[2 * i] | 0x20);
		const char *low = strchr(digits, text[2 * i + 1] | 0x20);

		sum[i] = (unsigned char)((high - digits) << 4 |
			(low - digits));
	}
	return true;
}

static bool ends_with(const char *name, const char *end)
{
	size_t length = strlen(name), part = strlen(end);

	return length >= part && strcmp(name + length - part, end) == 0;
}

/* The last part of the path, and the query: what tells it from others. */
static const char *name_make(const char *path, const char *query,
	char **ret_name)
{
	const char *last = strrchr(path, '/');
	char *name;

	last = last == NULL ? path : last + 1;
	if (*last == '\0')
		last = "index.html";
	if (asprintf(&name, "%s%s%s", last, query != NULL ? "?" : "",
			query != NULL ? query : "") < 0)
		return out_of_memory;
	for (char *at = name; (at = strchr(at, '/')) != NULL;)
		*at = '_';
	*ret_name = name;
	/* Those are the names of what is under way. */
	if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0 ||
	    ends_with(name, ".part") || ends_with(name, ".part.etag"))
		return "its name cannot be that of a file";
	return NULL;
}

static const char *parse(CURLU *url, const char *text, char **ret_name)
{
	char *scheme = NULL, *path = NULL, *query = NULL;
	const char *wrong = NULL;

	if (url == NULL)
		return out_of_memory;
	if (curl_url_set(url, CURLUPART_URL, text,
			CURLU_NON_SUPPORT_SCHEME) != CURLUE_OK ||
	    curl_url_get(url, CURLUPART_SCHEME, &scheme, 0) != CURLUE_OK ||
	    curl_url_get(url, CURLUPART_PATH, &path, CURLU_URLDECODE) !=
			CURLUE_OK)
		wrong = "not a URL";
	else if (strcmp(scheme, "http") != 0 && strcmp(scheme, "https") != 0)
		wrong = "neither http nor https, and no other is allowed";
	else {
		curl_url_get(url, CURLUPART_QUERY, &query, 0);
		wrong = name_make(path, query, ret_name);
	}
	curl_free(scheme);
	curl_free(path);
	curl_free(query);
	return wrong;
}

/* Room for one more: it doubles. */
static struct wanted *room(struct options *options)
{
	size_t count = options->count;

	if ((count & (count - 1)) == 0) {
		struct wanted *more = reallocarray(options->wanted,
			count == 0 ? 1 : count * 2, sizeof(*more));

		if (more == NULL)
			return NULL;
		options->wanted = more;
	}
	return &options->wanted[count];
}

const char *wanted_add(struct options *options, char *text, const char *list,
	size_t line)
{
	char *rest = NULL, *url = strtok_r(text, " \t\r\n", &rest);
	char *sum = strtok_r(NULL, " \t\r\n", &rest);
	struct wanted *wanted = room(options);
	const char *wrong;
	CURLU *parsed;

	if (wanted == NULL)
		return out_of_memory;
	*wanted = (struct wanted){ .list = list, .line = line,
		.has_sum = sum != NULL };
	if (url == NULL)
		return "not a URL";
	if (sum != NULL && !sum_read(sum, wanted->sum))
		return "not a SHA-256 in hexadecimal";
	if (strtok_r(NULL, " \t\r\n", &rest) != NULL)
		return "more than a URL and a checksum";
	parsed = curl_url();
	wrong = parse(parsed, url, &wanted->name);
	curl_url_cleanup(parsed);
	if (wrong == NULL && (wanted->url = strdup(url)) == NULL)
		wrong = out_of_memory;
	if (wrong != NULL)
		free(wanted->name);
	else
		options->count++;
	return wrong;
}

static int by_name(const void *one, const void *other)
{
	const struct wanted *const *a = one, *const *b = other;

	return strcmp((*a)->name, (*b)->name);
}

bool wanted_differ(struct options *options)
{
	size_t count = options->count;
	const struct wanted **sorted = calloc(count, sizeof(*sorted));
	bool differ = sorted != NULL;

	if (!differ)
		fprintf(stderr, "fetch: %s\n", out_of_memory);
	for (size_t i = 0; differ && i < count; i++)
		sorted[i] = &options->wanted[i];
	if (differ)
		qsort(sorted, count, sizeof(struct wanted *), by_name);
	for (size_t i = 1; differ && i < count; i++) {
		const struct wanted *a = sorted[i - 1], *b = sorted[i];

		differ = strcmp(a->name, b->name) != 0;
		if (!differ)
			fprintf(stderr, "fetch: %s:%zu, %s:%zu: both would be "
				"the file '%s'\n", a->list, a->line, b->list,
				b->line, a->name);
	}
	free(sorted);
	return differ;
}
