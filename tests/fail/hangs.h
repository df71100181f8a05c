/*
 * The failure tests: a program whose sources are included behind this has what
 * it hangs, and asks for, refused on demand: call number $FAIL_HANG of these,
 * counted from 1, fails as without memory, and says so on stderr.
 */
#ifndef FAIL_HANGS_H
#define FAIL_HANGS_H

#define _GNU_SOURCE
#include <curl/curl.h>
#include <errno.h>
#include <future.h>

bool fail_hang(void);

/* At home where the library's is: on the default executor. */
future_t *fail_hung(void);

#define FAIL_HANG(call, ...) (fail_hang() ? fail_hung() : (call)(__VA_ARGS__))
#define future_handle(...) FAIL_HANG(future_handle, __VA_ARGS__)
#define future_handle_on(...) FAIL_HANG(future_handle_on, __VA_ARGS__)
#define future_then(...) FAIL_HANG(future_then, __VA_ARGS__)
#define future_then_on(...) FAIL_HANG(future_then_on, __VA_ARGS__)
#define future_then_with(...) FAIL_HANG(future_then_with, __VA_ARGS__)
#define future_submit(...) FAIL_HANG(future_submit, __VA_ARGS__)
#define future_retry(...) FAIL_HANG(future_retry, __VA_ARGS__)
#define future_semaphore_acquire_async(...) \
	FAIL_HANG(future_semaphore_acquire_async, __VA_ARGS__)
#define future_limiter_acquire_async(...) \
	FAIL_HANG(future_limiter_acquire_async, __VA_ARGS__)
#define future_promise_new(...) \
	(fail_hang() ? ENOMEM : (future_promise_new)(__VA_ARGS__))
#define future_promise_on_cancel(...) \
	(fail_hang() ? ENOMEM : (future_promise_on_cancel)(__VA_ARGS__))
#define curl_easy_init() (fail_hang() ? NULL : (curl_easy_init)())

#endif
