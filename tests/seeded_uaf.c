/*
 * A use after free, on purpose: a future is read after its last unref.  Tools
 * must see it, so no cache may stand between them and the memory.  With an
 * argument the mistake is not made.
 */
#include <future.h>

#include <stdio.h>

static future_result_t answer(void *arg)
{
	(void)arg;
	return future_ok_int(42);
}

int main(int argc, char **argv)
{
	future_executor_t *pool;
	future_t *future;
	intptr_t number;

	(void)argv;
	if (future_pool_new(&(future_pool_options_t){ .threads = 1 }, &pool))
		return 2;
	future = future_submit(pool, answer, NULL);
	number = future_result_int(future_get(future));
	future_executor_unref(pool);
	future_unref(future);
	if (argc == 1)
		number += future_state(future) == FUTURE_OK;
	printf("%d\n", (int)number);
	return 0;
}
