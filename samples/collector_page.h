/* A page of HTML: its title, and the pages it has links to. */
#ifndef COLLECTOR_PAGE_H
#define COLLECTOR_PAGE_H

#include <stdbool.h>
#include <stddef.h>

struct page {
	char *title;		/* or NULL */
	char **links;		/* of http and https, absolute, no fragment */
	size_t link_count;
};

/*
 * Parses `size` bytes; links are relative to `url`.  Any thread may.  Returns
 * NULL without memory; what is no HTML has no links.  Free it with page_free().
 */
struct page *page_parse(const char *url, const char *html, size_t size);
void page_free(void *page);

/* Adds a link, and takes it (NULL: there is none).  False: no memory. */
bool page_link(struct page *page, char *url);

/* Where a link leads, as curl_free() takes it; NULL: to no page. */
char *page_resolve(const char *base, const char *link);

/* The host of a URL, and its port: "example.org:443"; NULL if there is none. */
char *page_host(const char *url);

#endif
