/* Floor 5: results that need memory, errors in words, time, the version. */
#include "alloc.h"
#include "clock.h"
#include "error.h"

#include <errno.h>
#include <future/result.h>
#include <future/time.h>
#include <limits.h>
#include <string.h>

future_result_t future_copy(const void *data, size_t size)
{
	void *copy;

	if (data == NULL && size != 0)
		return future_fail(EINVAL);
	copy = fut_alloc(size != 0 ? size : 1);
	if (copy == NULL)
		return future_fail(ENOMEM);
	if (size != 0)
		memcpy(copy, data, size);
	return future_own(copy, fut_free);
}

future_time_t future_now(void)
{
	return (future_time_t){ fut_clock_now() };
}

future_time_t future_in_ms(int64_t ms)
{
	const int64_t most = INT64_MAX / 1000000;
	int64_t ns = ms > most ? INT64_MAX : ms < -most ? -INT64_MAX :
		ms * 1000000;

	return (future_time_t){ fut_add_sat(fut_clock_now(), ns) };
}

int future_ms_until(future_time_t deadline)
{
	int64_t now_ns = fut_clock_now(), ms;

	if (deadline.ns == FUTURE_FOREVER.ns)
		return -1;
	if (deadline.ns <= now_ns)
		return 0;
	/* Neither is negative. */
	ms = (deadline.ns - now_ns - 1) / 1000000 + 1;
	return ms < INT_MAX ? (int)ms : INT_MAX;
}

const char *future_version(void)
{
	return FUTURE_VERSION;
}

/* What the library means by the errno values it uses in a sense of its own. */
const char *future_strerror(int error)
{
	if (error < 0)
		return "application error";
	switch (error) {
	case 0:
		return "success";
	case ECANCELED:
		return "cancelled";
	case EAGAIN:
		return "the queue is full, or no thread could be started";
	case EALREADY:
		return "somebody else has taken the value";
	case EDEADLK:
		return "it would wait for itself";
	case ESHUTDOWN:
		return "the executor has been closed";
	case EOWNERDEAD:
		return "the promise was freed without being settled";
	case EINPROGRESS:
		return "not settled yet";
	case ETIMEDOUT:
		return "the deadline has passed";
	case ECHILD:
		return "inherited by a forked process";
	default:
		return fut_error_text(error);
	}
}
