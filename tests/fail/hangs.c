/* See hangs.h. */
#include "hangs.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static future_t *hung;

bool fail_hang(const char *call)
{
	static atomic_long asked;
	const char *nth = getenv("FAIL_HANG");
	size_t length = strlen(call);

	if (nth != NULL && strncmp(nth, call, length) == 0 &&
	    nth[length] == ':')
		nth += length + 1;
	if (nth == NULL || strchr(nth, ':') != NULL)
		return false;
	if (atomic_fetch_add(&asked, 1) + 1 != atol(nth))
		return false;
	fputs("refused\n", stderr);
	return true;
}

/* While no executor runs anything. */
__attribute__((constructor))
static void make(void)
{
	hung = future_ready(future_fail(ENOMEM));
}

future_t *fail_hung(void)
{
	return future_ref(hung);
}

future_t *fail_chain(future_t *first)
{
	future_unref(first);
	return fail_hung();
}
