/* See hangs.h. */
#include "hangs.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

static future_t *hung;

bool fail_hang(void)
{
	static atomic_long asked;
	const char *nth = getenv("FAIL_HANG");

	if (nth == NULL || atomic_fetch_add(&asked, 1) + 1 != atol(nth))
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
