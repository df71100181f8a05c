/* A server of its own, for who gives no URL. */
#define _GNU_SOURCE
#include "collector.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

static void urls_free(struct options *options)
{
	for (size_t i = 0; i < options->url_count; i++)
		free(options->urls[i]);
	free(options->urls);
	options->urls = NULL;
	options->url_count = 0;
}

static int urls_make(struct options *options, unsigned port)
{
	const char *format = options->scrape ?
		"http://127.0.0.1:%u/pages/%zu" : "http://127.0.0.1:%u/%zu";
	size_t count = options->scrape ? 1 : options->count;

	options->urls = calloc(count, sizeof(*options->urls));
	if (options->urls == NULL)
		return ENOMEM;
	for (size_t i = 0; i < count; i++) {
		if (asprintf(&options->urls[i], format, port, i + 1) < 0) {
			urls_free(options);
			return ENOMEM;
		}
		options->url_count++;
	}
	return 0;
}

int own_server_start(struct options *options, struct server *ret_server)
{
	int error = server_start(&options->server, ret_server);

	if (error != 0)
		return error;
	error = urls_make(options, ret_server->port);
	if (error != 0)
		server_stop(ret_server);
	return error;
}

void own_server_stop(struct options *options, struct server *server)
{
	server_stop(server);
	urls_free(options);
}
