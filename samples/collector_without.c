/* In the place of collector_scrape.c where configure has not found libxml2. */
#include "collector.h"

#include <stdio.h>

int scrape(const struct options *options)
{
	(void)options;
	fputs("collector: built without libxml2: no --scrape\n", stderr);
	return 1;
}
