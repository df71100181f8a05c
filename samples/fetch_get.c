/* See fetch_get.h. */
#define _GNU_SOURCE
#include "fetch_get.h"
#include "reactor.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A server may send less than was asked for, and says so. */
static bool is_rest(const struct get *get)
{
	return get->from == get->asked &&
		(get->all < 0 || get->to == get->all - 1) &&
		(get->length < 0 || get->to - get->from == get->length - 1);
}

/* A 206 that is not the rest of what we have: then all of it, next time. */
static int go_on(struct get *get)
{
	const char *etag = get->part.etag;
	int error;

	if (is_rest(get) && (*etag == '\0' ||
			*get->etag == '\0' || strcmp(etag, get->etag) == 0)) {
		get->resumed = true;
		return part_cut(&get->part, get->from);
	}
	error = part_begin(&get->part, "");
	return error != 0 ? error : ESTALE;
}

static int head_end(struct get *get)
{
	int error = 0;

	if (get->status != 200 && get->status != 206)
		return 0;	/* not the last answer */
	get->begun = true;
	error = get->status == 206 ? go_on(get) :
		part_begin(&get->part, get->etag);
	get->total = get->length < 0 || get->length > INT64_MAX -
		get->part.size ? -1 : get->part.size + get->length;
	return error;
}

/* `value` ends with the line.  Only a strong ETag can be asked for again. */
static void etag_note(struct get *get, const char *value)
{
	const char *end = value[0] == '"' ? strchr(value + 1, '"') : NULL;

	if (end != NULL && end - value + 2 <= (ptrdiff_t)sizeof(get->etag))
		snprintf(get->etag, sizeof(get->etag), "%.*s",
			(int)(end - value + 1), value);
}

/* "FROM-TO/ALL", where ALL may be "*". */
static void range_note(struct get *get, const char *value)
{
	long long from = -1, to = -1, all = -1;

	if (sscanf(value, "%lld-%lld/%lld", &from, &to, &all) < 2 ||
	    from < 0 || to < from)
		return;
	get->from = from;
	get->to = to;
	get->all = all < 0 ? -1 : all;
}

static size_t on_header(char *data, size_t one, size_t length, void *arg)
{
	struct get *get = arg;
	char line[512], *value;
	long status = 0;

	(void)one;
	/* A trailer.  One of a redirect may look like a head, and is none. */
	if (get->begun)
		return length;
	curl_easy_getinfo(get->easy, CURLINFO_RESPONSE_CODE, &status);
	get->status = (int)status;
	snprintf(line, sizeof(line), "%.*s", (int)length, data);
	if (strncmp(line, "HTTP/", 5) == 0) {
		get->from = get->to = get->all = get->length = -1;
		get->etag[0] = '\0';
	} else if (line[0] == '\r' || line[0] == '\n') {
		get->error = head_end(get);
		return get->error == 0 ? length : 0;
	}
	value = strchr(line, ':');
	if (value == NULL)
		return length;
	*value++ = '\0';
	value += strspn(value, " \t");
	if (strcasecmp(line, "ETag") == 0)
		etag_note(get, value);
	else if (strcasecmp(line, "Content-Length") == 0)
		get->length = strtoll(value, NULL, 10);
	else if (strcasecmp(line, "Content-Range") == 0 &&
		 strncasecmp(value, "bytes ", 6) == 0)
		range_note(get, value + 6);
	return length;
}

static future_result_t go_on_reading(future_result_t in, void *arg)
{
	struct get *get = arg;

	get->permitted = true;
	if (get->easy != NULL)
		curl_easy_pause(get->easy, CURLPAUSE_CONT);
	return in;
}

/* libcurl keeps the block, and stops reading until all may have more. */
static size_t ask_permission(struct get *get, size_t length)
{
	FUTURE_AUTO future_t *permit = future_limiter_acquire_async(
		get->limiter, length);
	FUTURE_AUTO future_t *hung = future_handle_on(permit, get->loop,
		go_on_reading, get);

	if (future_state(hung) == FUTURE_PENDING)
		return CURL_WRITEFUNC_PAUSE;
	get->error = ENOMEM;
	return 0;
}

static size_t on_body(char *data, size_t one, size_t length, void *arg)
{
	struct get *get = arg;

	(void)one;
	if (get->limiter != NULL && !get->permitted)
		return ask_permission(get, length);
	get->permitted = false;
	get->error = get->begun ? part_append(&get->part, data, length) :
		EPROTO;
	if (get->error != 0)
		return 0;
	get->received += (int64_t)length;
	return length;
}

/*
 * From the last byte that is there: so there is always one to send, and a part
 * that is complete needs no rule of its own.
 */
static int ask_for_rest(struct get *get, CURL *easy)
{
	struct part *part = &get->part;
	char text[sizeof(part->etag) + 16];

	curl_slist_free_all(get->headers);
	get->headers = NULL;
	get->asked = 0;
	if (part->size < 2 || (*part->etag == '\0' && !get->wanted->has_sum))
		return 0;
	get->asked = part->size - 1;
	snprintf(text, sizeof(text), "%lld-", (long long)get->asked);
	if (curl_easy_setopt(easy, CURLOPT_RANGE, text) != CURLE_OK)
		return ENOMEM;
	if (*part->etag == '\0')
		return 0;
	snprintf(text, sizeof(text), "If-Range: %s", part->etag);
	get->headers = curl_slist_append(NULL, text);
	curl_easy_setopt(easy, CURLOPT_HTTPHEADER, get->headers);
	return get->headers != NULL ? 0 : ENOMEM;
}

CURL *get_easy(struct get *get, const struct options *options)
{
	CURL *easy = curl_easy_init();

	get->status = 0;
	get->begun = false;
	get->error = 0;
	get->easy = NULL;
	get->permitted = false;
	if (easy == NULL || ask_for_rest(get, easy) != 0 ||
	    curl_easy_setopt(easy, CURLOPT_URL, get->wanted->url) !=
			CURLE_OK ||
	    (options->cacert != NULL && curl_easy_setopt(easy, CURLOPT_CAINFO,
			options->cacert) != CURLE_OK)) {
		curl_easy_cleanup(easy);
		return NULL;
	}
	get->easy = easy;
	curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_header);
	curl_easy_setopt(easy, CURLOPT_HEADERDATA, get);
	curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
	curl_easy_setopt(easy, CURLOPT_WRITEDATA, get);
	curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(easy, CURLOPT_FAILONERROR, 1L);
	curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 1L);
	curl_easy_setopt(easy, CURLOPT_MAXREDIRS, 10L);
#if LIBCURL_VERSION_NUM >= 0x075500
	curl_easy_setopt(easy, CURLOPT_REDIR_PROTOCOLS_STR, "http,https");
#else
	curl_easy_setopt(easy, CURLOPT_REDIR_PROTOCOLS,
		(long)(CURLPROTO_HTTP | CURLPROTO_HTTPS));
#endif
	/* What a proxy says is no answer. */
	curl_easy_setopt(easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
	curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT, options->timeout_s);
	curl_easy_setopt(easy, CURLOPT_LOW_SPEED_LIMIT, 1L);
	curl_easy_setopt(easy, CURLOPT_LOW_SPEED_TIME, options->timeout_s);
	return easy;
}

int get_over(void *arg, int error)
{
	struct get *get = arg;

	get->easy = NULL;
	/* In chunks a body can end before its range does. */
	if (error == 0 && get->status == 206 && get->part.size != get->to + 1)
		error = REACTOR_CURL - CURLE_PARTIAL_FILE;
	return error;
}

bool get_may_pass(struct get *get, int error)
{
	switch (REACTOR_CURL - error) {
	case CURLE_HTTP_RETURNED_ERROR:
		/* The part is longer than the file is now. */
		if (get->status == 416)
			return get->asked > 0 && part_begin(&get->part, "") ==
				0;
		return get->status >= 500 || get->status == 429 ||
			get->status == 408;
	case CURLE_WRITE_ERROR:
		return get->error == ESTALE;
	case CURLE_COULDNT_RESOLVE_HOST:
	case CURLE_COULDNT_CONNECT:
	case CURLE_OPERATION_TIMEDOUT:
	case CURLE_PARTIAL_FILE:
	case CURLE_GOT_NOTHING:
	case CURLE_SEND_ERROR:
	case CURLE_RECV_ERROR:
	case CURLE_SSL_CONNECT_ERROR:
	case CURLE_HTTP2:
	case CURLE_HTTP2_STREAM:
		return true;
	default:
		return false;
	}
}

const char *get_reason(const struct get *get, int error)
{
	static char text[32];

	if (error == REACTOR_CURL - CURLE_WRITE_ERROR && get->error != 0)
		error = get->error;
	if (error == EBADMSG)
		return "wrong checksum";
	if (error == EEXIST)
		return "there is such a file, with another checksum";
	if (error == EBUSY)
		return "another process downloads it";
	if (error == EISDIR)
		return "it, its .part or .part.etag is not a regular file";
	if (error == ESTALE)
		return "the server sends another part than was asked for";
	if (error == REACTOR_CURL - CURLE_UNSUPPORTED_PROTOCOL)
		return "not HTTP; only http and https are allowed, also by a "
			"redirect";
	if (error == EPROTO || error == REACTOR_CURL -
			CURLE_HTTP_RETURNED_ERROR) {
		snprintf(text, sizeof(text), "status %d", get->status);
		return text;
	}
	return reactor_strerror(error);
}
