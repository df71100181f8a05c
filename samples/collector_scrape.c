/*
 * Pages, and those they have links to, level by level; so each is as near to
 * the first as it can be, and the order does not depend on who answers first.
 *
 *	a place of the host's -> (loop) download -> (pool) parse
 *
 * is a chain for each page of a level, and the next level begins when all of
 * them have settled.  Only the loop's thread touches what they share.
 */
#define _GNU_SOURCE
#include "collector.h"
#include "collector_page.h"
#include "reactor.h"

#include <errno.h>
#include <libxml/hash.h>
#include <libxml/parser.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_BYTES = 8 << 20 };	/* of a page */

struct host {
	future_semaphore_t places;
	size_t now, most;		/* requests at once */
};

struct visit {
	struct request request;
	char *url;			/* the request's */
	struct scrape *scrape;
	struct host *host;
	size_t depth;
	bool moved;			/* to one that is visited */
	char *body;
	future_t *parsed;		/* the end of its chain */
	struct page *page;		/* when that has settled */
};

struct scrape {
	const struct options *options;
	struct reactor *reactor;
	future_executor_t *loop;	/* the reactor's */
	future_executor_t *pool;
	xmlHashTable *hosts;		/* by name and port */
	xmlHashTable *seen;		/* visits, by URL */
	struct visit **visits;
	size_t count;
	size_t level;			/* the first of those under way */
	int error;
};

static void host_free(void *host, const xmlChar *name)
{
	(void)name;
	free(host);
}

static void visit_free(struct visit *visit)
{
	future_unref(visit->parsed);
	free(visit->url);
	free(visit->body);
	page_free(visit->page);
	free(visit);
}

/* Of a page that is `depth` links away; NULL: it is not to be visited. */
static struct host *host_of(struct scrape *scrape, const char *url,
	size_t depth)
{
	xmlChar *name = (xmlChar *)page_host(url);
	struct host *host = NULL;

	if (name != NULL)
		host = xmlHashLookup(scrape->hosts, name);
	if (name != NULL && host == NULL &&
	    (depth == 0 || scrape->options->other_hosts)) {
		host = calloc(1, sizeof(*host));
		if (host == NULL ||
		    xmlHashAddEntry(scrape->hosts, name, host) != 0) {
			scrape->error = ENOMEM;
			free(host);
			host = NULL;
		} else
			future_semaphore_release(&host->places,
				scrape->options->per_host);
	}
	free(name);
	return host;
}

static bool append(struct scrape *scrape, struct visit *visit)
{
	struct visit **visits = realloc(scrape->visits,
		(scrape->count + 1) * sizeof(*visits));

	if (visits == NULL)
		return false;
	scrape->visits = visits;
	visits[scrape->count++] = visit;
	return true;
}

/* A page for the next level, unless it has been seen or is out of bounds. */
static void find(struct scrape *scrape, const char *url, size_t depth)
{
	const xmlChar *name = (const xmlChar *)url;
	struct visit *visit;
	struct host *host;

	if (xmlHashLookup(scrape->seen, name) != NULL)
		return;
	host = host_of(scrape, url, depth);
	if (host == NULL)
		return;
	visit = calloc(1, sizeof(*visit));
	if (visit == NULL || !append(scrape, visit)) {
		scrape->error = ENOMEM;
		free(visit);
		return;
	}
	visit->url = strdup(url);
	visit->request.url = visit->url;
	visit->request.timeout_ms = scrape->options->timeout_ms;
	visit->scrape = scrape;
	visit->host = host;
	visit->depth = depth;
	if (visit->url == NULL ||
	    xmlHashAddEntry(scrape->seen, name, visit) != 0)
		scrape->error = ENOMEM;
}

/* libcurl has some of a page. */
static size_t keep(char *data, size_t size, size_t count, void *arg)
{
	struct visit *visit = arg;
	size_t bytes = visit->request.bytes, more = size * count;
	char *body;

	body = more <= MOST_BYTES - bytes ?
		realloc(visit->body, bytes + more) : NULL;
	if (body == NULL) {
		visit->request.error = more > MOST_BYTES - bytes ?
			REACTOR_CURL - CURLE_FILESIZE_EXCEEDED : ENOMEM;
		return 0;
	}
	memcpy(body + bytes, data, more);
	visit->body = body;
	visit->request.bytes += more;
	return more;
}

/* On the loop: the place is the next one's. */
static future_result_t leave(future_result_t in, void *arg)
{
	struct visit *visit = arg;
	long status = 0;

	if (in.value != NULL)
		curl_easy_getinfo(in.value, CURLINFO_RESPONSE_CODE, &status);
	visit->request.status = (int)status;
	visit->host->now--;
	future_semaphore_release(&visit->host->places, 1);
	return in;
}

/* On the loop, with a place, which it keeps until it leaves. */
static future_result_t download(future_result_t place, void *arg)
{
	struct visit *visit = arg;
	struct scrape *scrape = visit->scrape;
	struct host *host = visit->host;
	FUTURE_AUTO future_t *answer = reactor_transfer(scrape->reactor,
		request_set_up(curl_easy_init(), &visit->request, keep, visit),
		NULL, NULL);
	future_t *left = future_handle_on(answer, scrape->loop, leave, visit);

	/* Without memory nobody would leave: the place is not its own. */
	if (future_state(left) == FUTURE_FAILED) {
		future_cancel(answer);
		return future_follow(left);
	}
	future_move(place);
	if (++host->now > host->most)
		host->most = host->now;
	return future_follow(left);
}

static bool is_html(CURL *easy)
{
	char *type = NULL;

	curl_easy_getinfo(easy, CURLINFO_CONTENT_TYPE, &type);
	return type != NULL && (strncmp(type, "text/html", 9) == 0 ||
		strncmp(type, "application/xhtml+xml", 21) == 0);
}

/* On the pool.  Where a page has moved to is the only link it has. */
static future_result_t parse(future_result_t easy, void *arg)
{
	struct visit *visit = arg;
	const char *url = visit->request.url, *moved = NULL;
	struct page *page = page_parse(url, visit->body,
		request_reason(&visit->request) == THERE &&
		is_html(easy.value) ? visit->request.bytes : 0);

	curl_easy_getinfo(easy.value, CURLINFO_REDIRECT_URL, &moved);
	if (page != NULL && moved != NULL &&
	    !page_link(page, page_resolve(url, moved))) {
		page_free(page);
		page = NULL;
	}
	return future_own(page, page_free);
}

static future_t *visit_begin(struct scrape *scrape, struct visit *visit)
{
	return FUTURE_CHAIN(
		future_semaphore_acquire_async(&visit->host->places, 1),
		{ .executor = scrape->loop, .fn = download, .arg = visit },
		{ .executor = scrape->pool, .fn = parse, .arg = visit });
}

static void level_end(struct scrape *scrape, size_t end)
{
	for (size_t i = scrape->level; i < end; i++) {
		struct visit *visit = scrape->visits[i];
		future_result_t parsed = future_take(visit->parsed);

		future_unref(visit->parsed);
		visit->parsed = NULL;
		if (visit->request.error == 0)
			visit->request.error = parsed.error;
		visit->page = parsed.value;
		free(visit->body);
		visit->body = NULL;
	}
}

static future_result_t level_next(future_result_t in, void *arg);

/* What was found last is under way; when all of it is over, the next level. */
static int level_begin(struct scrape *scrape)
{
	size_t count = scrape->count - scrape->level;
	future_t **pages = calloc(count, sizeof(future_t *));

	if (pages == NULL)
		return ENOMEM;
	for (size_t i = 0; i < count; i++) {
		struct visit *visit = scrape->visits[scrape->level + i];

		visit->parsed = visit_begin(scrape, visit);
		pages[i] = visit->parsed;
	}
	FUTURE_AUTO future_t *all = future_all_settled(pages, count);
	FUTURE_AUTO future_t *next = future_handle_on(all, scrape->loop,
		level_next, scrape);

	free(pages);
	/* It runs on this thread, so not yet; and not at all without memory. */
	return future_state(next) == FUTURE_FAILED ? ENOMEM : 0;
}

/* The links of a page that is there, or where it has moved to. */
static void follow(struct scrape *scrape, struct visit *visit)
{
	const struct page *page = visit->page;
	const struct visit *to;

	if (page == NULL || page->link_count == 0)
		return;
	for (size_t i = 0; i < page->link_count &&
	     visit->depth < scrape->options->depth; i++)
		find(scrape, page->links[i], visit->depth + 1);
	to = xmlHashLookup(scrape->seen, (const xmlChar *)page->links[0]);
	visit->moved = request_reason(&visit->request) != THERE &&
		to != NULL && to != visit;
}

/* On the loop. */
static future_result_t level_next(future_result_t in, void *arg)
{
	struct scrape *scrape = arg;
	size_t first = scrape->level, end = scrape->count;

	scrape->error = in.error;
	if (in.error == 0) {
		level_end(scrape, end);
		fprintf(stderr, "depth %zu: %zu of %zu done\n",
			scrape->visits[first]->depth, end - first, end - first);
	}
	for (size_t i = first; i < end && scrape->error == 0; i++)
		follow(scrape, scrape->visits[i]);
	scrape->level = end;
	if (scrape->error == 0 && scrape->count > end)
		scrape->error = level_begin(scrape);
	if (scrape->error != 0 || scrape->count == end)
		reactor_stop(scrape->reactor);
	return future_ok(NULL);
}

static int find_first(struct scrape *scrape)
{
	const struct options *options = scrape->options;

	for (size_t i = 0; i < options->url_count; i++) {
		char *url = page_resolve(options->urls[i], options->urls[i]);

		if (url == NULL)
			return ENOMEM;
		find(scrape, url, 0);
		curl_free(url);
	}
	return scrape->error;
}

static int init(struct scrape *scrape)
{
	int error;

	xmlInitParser();
	raise_limit();
	scrape->hosts = xmlHashCreate(0);
	scrape->seen = xmlHashCreate(0);
	if (curl_global_init(CURL_GLOBAL_ALL) != CURLE_OK ||
	    scrape->hosts == NULL || scrape->seen == NULL)
		return ENOMEM;
	error = reactor_new(&scrape->reactor);
	if (error != 0)
		return error;
	scrape->loop = reactor_loop(scrape->reactor);
	return future_pool_new(NULL, &scrape->pool);
}

/* First what still runs, then what that touches. */
static void fini(struct scrape *scrape)
{
	reactor_free(scrape->reactor);
	future_executor_unref(scrape->pool);
	for (size_t i = 0; i < scrape->count; i++)
		visit_free(scrape->visits[i]);
	free(scrape->visits);
	xmlHashFree(scrape->seen, NULL);
	xmlHashFree(scrape->hosts, host_free);
	curl_global_cleanup();
	xmlCleanupParser();
}

static void most_of(void *host, void *most, const xmlChar *name)
{
	(void)name;
	if (((struct host *)host)->most > *(size_t *)most)
		*(size_t *)most = ((struct host *)host)->most;
}

/* Returns the exit status. */
static int report(const struct scrape *scrape, future_time_t begin)
{
	size_t there = 0, most = 0;

	for (size_t i = 0; i < scrape->count; i++) {
		const struct visit *visit = scrape->visits[i];
		const struct request *request = &visit->request;

		if (request_reason(request) != THERE && !visit->moved)
			continue;
		there++;
		printf("%zu\t%d\t%s\t%s\n", visit->depth, request->status,
			request->url, visit->page->title != NULL ?
			visit->page->title : "");
	}
	for (size_t i = 0; i < scrape->count; i++)
		if (!scrape->visits[i]->moved)
			request_complain(&scrape->visits[i]->request);
	xmlHashScan(scrape->hosts, most_of, &most);
	fprintf(stderr, "%.3f s, at most %zu at once of a host\n"
		"success rate: %.1f %% (%zu of %zu)\n",
		(double)(future_now().ns - begin.ns) / 1e9, most,
		100 * (double)there / (double)scrape->count, there,
		scrape->count);
	if (fflush(stdout) == EOF)
		return complain("output", errno);
	if (ferror(stdout))
		return complain("output", EIO);
	return there < scrape->count;
}

int scrape(const struct options *options)
{
	struct scrape scrape = { .options = options };
	future_time_t begin = future_now();
	int status = 1, error = init(&scrape);

	if (error == 0)
		error = find_first(&scrape);
	if (error == 0)
		error = level_begin(&scrape);
	if (error == 0)
		error = reactor_run(scrape.reactor);
	if (error == 0)
		error = scrape.error;
	if (error != 0)
		complain("scrape", error);
	else
		status = report(&scrape, begin);
	fini(&scrape);
	return status;
}
