/*
 * A leak, on purpose: the reference that a submit returned is lost.  Tools must
 * see it, so no cache may keep the memory reachable.  With an argument the
 * mistake is not made.
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
	int number = 0;

	(void)argv;
	if (future_pool_new(&(future_pool_options_t){ .threads = 1 }, &pool))
		return 2;
	for (int i = 0; i < 100; i++) {
		future_t *future = future_submit(pool, answer, NULL);

		number += (int)future_result_int(future_get(future));
		if (argc > 1)
			future_unref(future);
	}
	future_executor_unref(pool);
	printf("%d\n", number);
	return 0;
}
