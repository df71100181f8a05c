/* See collector_page.h: libxml2 reads HTML as browsers do, libcurl URLs. */
#define _GNU_SOURCE
#include "collector_page.h"

#include <curl/curl.h>
#include <libxml/HTMLparser.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

char *page_host(const char *url)
{
	CURLU *parts = curl_url();
	char *host = NULL, *port = NULL, *both = NULL;

	if (curl_url_set(parts, CURLUPART_URL, url, 0) == CURLUE_OK &&
	    curl_url_get(parts, CURLUPART_HOST, &host, 0) == CURLUE_OK &&
	    curl_url_get(parts, CURLUPART_PORT, &port,
			CURLU_DEFAULT_PORT) == CURLUE_OK &&
	    asprintf(&both, "%s:%s", host, port) < 0)
		both = NULL;
	curl_free(host);
	curl_free(port);
	curl_url_cleanup(parts);
	return both;
}

char *page_resolve(const char *base, const char *link)
{
	CURLU *parts = curl_url();
	char *scheme = NULL, *url = NULL;

	if (curl_url_set(parts, CURLUPART_URL, base, 0) == CURLUE_OK &&
	    curl_url_set(parts, CURLUPART_URL, link, CURLU_URLENCODE) ==
			CURLUE_OK &&
	    curl_url_get(parts, CURLUPART_SCHEME, &scheme, 0) == CURLUE_OK &&
	    strncmp(scheme, "http", 4) == 0 &&
	    curl_url_set(parts, CURLUPART_FRAGMENT, NULL, 0) == CURLUE_OK &&
	    curl_url_get(parts, CURLUPART_URL, &url, 0) != CURLUE_OK)
		url = NULL;
	curl_free(scheme);
	curl_url_cleanup(parts);
	return url;
}

bool page_link(struct page *page, char *url)
{
	char **links;

	if (url == NULL)
		return true;
	links = realloc(page->links, (page->link_count + 1) * sizeof(*links));
	if (links == NULL) {
		curl_free(url);
		return false;
	}
	page->links = links;
	links[page->link_count++] = url;
	return true;
}

/* In a title a line's end is a blank, and so is what else moves a cursor. */
static char *title_of(xmlNode *node)
{
	char *title = (char *)xmlNodeGetContent(node);

	for (char *at = title; at != NULL && *at != '\0'; at++)
		if ((unsigned char)*at < ' ' || *at == 0x7f)
			*at = ' ';
	return title;
}

static bool element_take(struct page *page, const char *base, xmlNode *node)
{
	const char *name = (const char *)node->name;
	char *href, *url;

	if (node->type != XML_ELEMENT_NODE)
		return true;
	if (strcmp(name, "title") == 0 && page->title == NULL)
		page->title = title_of(node);
	if (strcmp(name, "a") != 0)
		return true;
	href = (char *)xmlGetProp(node, (const xmlChar *)"href");
	url = href != NULL ? page_resolve(base, href) : NULL;
	xmlFree(href);
	return page_link(page, url);
}

/* The next node in the order of the text; NULL at the end. */
static xmlNode *next_of(xmlNode *node)
{
	if (node->type == XML_ELEMENT_NODE && node->children != NULL)
		return node->children;
	while (node != NULL && node->next == NULL)
		node = node->parent;
	return node != NULL ? node->next : NULL;
}

struct page *page_parse(const char *url, const char *html, size_t size)
{
	struct page *page = calloc(1, sizeof(*page));
	xmlDoc *document = htmlReadMemory(html, (int)size, url, NULL,
		HTML_PARSE_RECOVER | HTML_PARSE_NOERROR |
		HTML_PARSE_NOWARNING | HTML_PARSE_NONET);
	bool taken = page != NULL;

	for (xmlNode *node = document == NULL ? NULL :
			xmlDocGetRootElement(document);
	     node != NULL && taken; node = next_of(node))
		taken = element_take(page, url, node);
	xmlFreeDoc(document);
	if (taken)
		return page;
	page_free(page);
	return NULL;
}

void page_free(void *arg)
{
	struct page *page = arg;

	if (page == NULL)
		return;
	for (size_t i = 0; i < page->link_count; i++)
		curl_free(page->links[i]);
	free(page->links);
	xmlFree(page->title);
	free(page);
}
