/*
 * The failure tests: a program whose sources are included behind this has what
 * it hangs, and asks for, refused on demand: $FAIL_HANG is N, the call of these
 * that fails as without memory, counted from 1; or CALL:N, the Nth of that one.
 * It says so on stderr.
 */
#ifndef FAIL_HANGS_H
#define FAIL_HANGS_H

#define _GNU_SOURCE
#include <curl/curl.h>
#include <errno.h>
#include <future.h>

bool fail_hang(const char *call);

/* At home where the library's is: on the default executor. */
future_t *fail_hung(void);

/* The same; takes `first`. */
future_t *fail_chain(future_t *first);

#define FAIL_HANG(call, ...) \
	(fail_hang(#call) ? fail_hung() : (call)(__VA_ARGS__))
#define future_handle(...) FAIL_HANG(future_handle, __VA_ARGS__)
#define future_handle_on(...) FAIL_HANG(future_handle_on, __VA_ARGS__)
#define future_then(...) FAIL_HANG(future_then, __VA_ARGS__)
#define future_then_on(...) FAIL_HANG(future_then_on, __VA_ARGS__)
#define future_then_with(...) FAIL_HANG(future_then_with, __VA_ARGS__)
#define future_chain(first, ...) (fail_hang("future_chain") ? \
	fail_chain(first) : (future_chain)(first, __VA_ARGS__))
#define future_all_settled(...) FAIL_HANG(future_all_settled, __VA_ARGS__)
#define future_submit(...) FAIL_HANG(future_submit, __VA_ARGS__)
#define future_retry(...) FAIL_HANG(future_retry, __VA_ARGS__)
#define future_semaphore_acquire_async(...) \
	FAIL_HANG(future_semaphore_acquire_async, __VA_ARGS__)
#define future_limiter_acquire_async(...) \
	FAIL_HANG(future_limiter_acquire_async, __VA_ARGS__)
#define FAIL_CALL(call, failed, ...) \
	(fail_hang(#call) ? (failed) : (call)(__VA_ARGS__))
#define future_promise_new(...) \
	FAIL_CALL(future_promise_new, ENOMEM, __VA_ARGS__)
#define future_promise_on_cancel(...) \
	FAIL_CALL(future_promise_on_cancel, ENOMEM, __VA_ARGS__)
#define curl_easy_init() \
	(fail_hang("curl_easy_init") ? NULL : (curl_easy_init)())

#endif
