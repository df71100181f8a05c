/*
 * For LD_PRELOAD: the call of libfuture that FAIL_CALL names, as NAME:N, finds
 * no memory when it is made for the Nth time.
 */
#include <dlfcn.h>
#include <errno.h>
#include <future.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

/* Whether it is this one; if so, a future that has failed. */
static future_t *failed(const char *name, atomic_int *count)
{
	const char *which = getenv("FAIL_CALL");
	size_t length = strlen(name);
	future_t *(*ready)(future_result_t) =
		(future_t *(*)(future_result_t))dlsym(RTLD_NEXT,
			"future_ready");

	if (which == NULL || strncmp(which, name, length) != 0 ||
	    which[length] != ':' ||
	    atomic_fetch_add(count, 1) + 1 != atoi(which + length + 1))
		return NULL;
	return ready(future_fail(ENOMEM));
}

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

future_t *future_handle_on(future_t *future, future_executor_t *executor,
	future_then_fn *fn, void *arg)
{
	static atomic_int count;
	future_t *none = failed("future_handle_on", &count);

	return none != NULL ? none :
		REAL(future_handle_on)(future, executor, fn, arg);
}

/* The last link; or, as 'future_chain_first', all of them. */
future_t *future_chain(future_t *first, const future_continuation_t *links,
	size_t count)
{
	static atomic_int last_count, first_count;
	future_t *none = failed("future_chain_first", &first_count);
	future_t *last;

	if (none != NULL) {
		future_unref(first);
		return none;
	}
	none = failed("future_chain", &last_count);
	last = REAL(future_chain)(first, links, count - (none != NULL));
	if (none == NULL)
		return last;
	future_unref(last);
	return none;
}

future_t *future_all_settled(future_t *const *futures, size_t count)
{
	static atomic_int calls;
	future_t *none = failed("future_all_settled", &calls);

	return none != NULL ? none : REAL(future_all_settled)(futures, count);
}
