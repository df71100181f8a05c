/*
 * Sites: with FUTURE_SITES defined before <future.h> is included, every future
 * that a call makes knows the file and the line of that call, as if it had been
 * given to future_name().  It costs some 60 ns each; without, nothing.
 *
 *	cc -DFUTURE_SITES ...
 *
 * The names become macros over the same functions; in parentheses, as in
 * (future_submit)(...), and where their address is taken, they are these alone.
 */
#ifndef FUTURE_SITES_H
#define FUTURE_SITES_H

#include <future/report.h>

#ifdef FUTURE_SITES

#define FUTURE_SITE_TEXT_(line) #line
#define FUTURE_SITE_LINE_(line) FUTURE_SITE_TEXT_(line)
#define FUTURE_SITE_(make) future_name((make), NULL, \
	__FILE__ ":" FUTURE_SITE_LINE_(__LINE__))

#define future_after(...) FUTURE_SITE_((future_after)(__VA_ARGS__))
#define future_all(...) FUTURE_SITE_((future_all)(__VA_ARGS__))
#define future_all_settled(...) FUTURE_SITE_((future_all_settled)(__VA_ARGS__))
#define future_any(...) FUTURE_SITE_((future_any)(__VA_ARGS__))
#define future_catch(...) FUTURE_SITE_((future_catch)(__VA_ARGS__))
#define future_catch_on(...) FUTURE_SITE_((future_catch_on)(__VA_ARGS__))
#define future_chain(...) FUTURE_SITE_((future_chain)(__VA_ARGS__))
#define future_channel_recv_async(...) \
	FUTURE_SITE_((future_channel_recv_async)(__VA_ARGS__))
#define future_channel_send_async(...) \
	FUTURE_SITE_((future_channel_send_async)(__VA_ARGS__))
#define future_combine(...) FUTURE_SITE_((future_combine)(__VA_ARGS__))
#define future_completion_next_async(...) \
	FUTURE_SITE_((future_completion_next_async)(__VA_ARGS__))
#define future_each(...) FUTURE_SITE_((future_each)(__VA_ARGS__))
#define future_event_wait_async(...) \
	FUTURE_SITE_((future_event_wait_async)(__VA_ARGS__))
#define future_every(...) FUTURE_SITE_((future_every)(__VA_ARGS__))
#define future_finally(...) FUTURE_SITE_((future_finally)(__VA_ARGS__))
#define future_finally_on(...) FUTURE_SITE_((future_finally_on)(__VA_ARGS__))
#define future_group_submit(...) \
	FUTURE_SITE_((future_group_submit)(__VA_ARGS__))
#define future_group_submit_with(...) \
	FUTURE_SITE_((future_group_submit_with)(__VA_ARGS__))
#define future_handle(...) FUTURE_SITE_((future_handle)(__VA_ARGS__))
#define future_handle_on(...) FUTURE_SITE_((future_handle_on)(__VA_ARGS__))
#define future_latch_wait_async(...) \
	FUTURE_SITE_((future_latch_wait_async)(__VA_ARGS__))
#define future_limiter_acquire_async(...) \
	FUTURE_SITE_((future_limiter_acquire_async)(__VA_ARGS__))
#define future_map(...) FUTURE_SITE_((future_map)(__VA_ARGS__))
#define future_map_with(...) FUTURE_SITE_((future_map_with)(__VA_ARGS__))
#define future_mutex_lock_async(...) \
	FUTURE_SITE_((future_mutex_lock_async)(__VA_ARGS__))
#define future_promise_future(...) \
	FUTURE_SITE_((future_promise_future)(__VA_ARGS__))
#define future_race(...) FUTURE_SITE_((future_race)(__VA_ARGS__))
#define future_ready(...) FUTURE_SITE_((future_ready)(__VA_ARGS__))
#define future_retry(...) FUTURE_SITE_((future_retry)(__VA_ARGS__))
#define future_semaphore_acquire_async(...) \
	FUTURE_SITE_((future_semaphore_acquire_async)(__VA_ARGS__))
#define future_some(...) FUTURE_SITE_((future_some)(__VA_ARGS__))
#define future_submit(...) FUTURE_SITE_((future_submit)(__VA_ARGS__))
#define future_submit_with(...) FUTURE_SITE_((future_submit_with)(__VA_ARGS__))
#define future_then(...) FUTURE_SITE_((future_then)(__VA_ARGS__))
#define future_then_on(...) FUTURE_SITE_((future_then_on)(__VA_ARGS__))
#define future_then_with(...) FUTURE_SITE_((future_then_with)(__VA_ARGS__))
#define future_timeout(...) FUTURE_SITE_((future_timeout)(__VA_ARGS__))

#endif

#endif
