/*
 * See reactor.h.  libcurl says which sockets it waits for, and when its timer
 * is due; curl_multi_socket_action() is told what came.
 */
#define _GNU_SOURCE
#include "reactor.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>

/* What epoll has a pointer to. */
struct watch {
	int fd;
	future_promise_t *readable;	/* NULL: one of libcurl's */
	struct watch *next, **prev;	/* of those with a promise */
};

struct transfer {
	struct reactor *reactor;
	CURL *easy;
	reactor_over_fn *over;
	void *arg;
	future_promise_t *promise;
	struct transfer *next, **prev;
};

struct reactor {
	int epoll;
	future_executor_t *loop;
	CURLM *multi;
	future_time_t curl_due;		/* its timer */
	struct transfer *transfers;	/* under way */
	struct watch *watches;
	bool closed;			/* it is being freed: nothing new */
	atomic_bool stopped;
};

/* One of its transfers is over; who holds the future has the handle. */
static void end(struct transfer *transfer, int error)
{
	curl_multi_remove_handle(transfer->reactor->multi, transfer->easy);
	if (transfer->over != NULL)
		error = transfer->over(transfer->arg, error);
	*transfer->prev = transfer->next;
	if (transfer->next != NULL)
		transfer->next->prev = transfer->prev;
	if (error != 0)
		curl_easy_cleanup(transfer->easy);
	future_promise_settle(transfer->promise, error != 0 ?
		future_fail(error) :
		future_own(transfer->easy, curl_easy_cleanup));
	future_promise_free(transfer->promise);
	free(transfer);
}

/* A task of the loop's. */
static void cancelled(void *transfer)
{
	end(transfer, ECANCELED);
}

static future_result_t refused(void *error)
{
	return future_fail((int)(intptr_t)error);
}

/* A task, so that this future is at home on the loop as well. */
static future_t *refuse(struct reactor *reactor, int error)
{
	return future_submit(reactor->loop, refused, (void *)(intptr_t)error);
}

static int transfer_new(struct reactor *reactor, CURL *easy,
	reactor_over_fn *over, void *arg, struct transfer **ret_transfer)
{
	struct transfer *transfer;
	int error;

	if (reactor->closed)
		return ESHUTDOWN;
	transfer = easy != NULL ? malloc(sizeof(*transfer)) : NULL;
	if (transfer == NULL)
		return ENOMEM;
	*transfer = (struct transfer){ .reactor = reactor, .easy = easy,
		.over = over, .arg = arg,
		.next = reactor->transfers, .prev = &reactor->transfers };
	error = future_promise_new(reactor->loop, &transfer->promise);
	if (error != 0) {
		free(transfer);
		return error;
	}
	if (transfer->next != NULL)
		transfer->next->prev = &transfer->next;
	reactor->transfers = transfer;
	*ret_transfer = transfer;
	return 0;
}

future_t *reactor_transfer(struct reactor *reactor, CURL *easy,
	reactor_over_fn *over, void *arg)
{
	struct transfer *transfer;
	future_t *future;
	int error = transfer_new(reactor, easy, over, arg, &transfer);

	if (error != 0) {
		if (over != NULL)
			error = over(arg, error);
		curl_easy_cleanup(easy);
		return refuse(reactor, error);
	}
	future = future_promise_future(transfer->promise);
	error = future_promise_on_cancel(transfer->promise, NULL, cancelled,
		transfer);
	curl_easy_setopt(easy, CURLOPT_PRIVATE, transfer);
	if (error == 0 && curl_multi_add_handle(reactor->multi, easy) !=
	    CURLM_OK)
		error = ENOMEM;
	if (error != 0)
		end(transfer, error);
	return future;
}

/* Those that libcurl says are done. */
static void reap(struct reactor *reactor)
{
	struct CURLMsg *message;
	int left;

	while ((message = curl_multi_info_read(reactor->multi, &left)) !=
	       NULL) {
		CURLcode code = message->data.result;
		struct transfer *transfer;

		curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE,
			&transfer);
		end(transfer, code == CURLE_OK ? 0 : REACTOR_CURL - (int)code);
	}
}

static int watch_add(struct reactor *reactor, int fd, uint32_t events,
	future_promise_t *readable, struct watch **ret_watch)
{
	struct watch *watch = malloc(sizeof(*watch));
	struct epoll_event event = { .events = events, .data.ptr = watch };

	if (watch == NULL)
		return ENOMEM;
	*watch = (struct watch){ .fd = fd, .readable = readable };
	if (epoll_ctl(reactor->epoll, EPOLL_CTL_ADD, fd, &event) != 0) {
		int error = errno;

		free(watch);
		return error;
	}
	*ret_watch = watch;
	return 0;
}

static void watch_drop(struct reactor *reactor, struct watch *watch)
{
	epoll_ctl(reactor->epoll, EPOLL_CTL_DEL, watch->fd, NULL);
	free(watch);
}

/* libcurl waits for this on a socket. */
static int on_socket(CURL *easy, curl_socket_t fd, int what, void *arg,
	void *known)
{
	struct reactor *reactor = arg;
	struct watch *watch = known;
	struct epoll_event event = { .data.ptr = watch };

	(void)easy;
	if (what == CURL_POLL_REMOVE) {
		if (watch != NULL)
			watch_drop(reactor, watch);
		return 0;
	}
	event.events = (what & CURL_POLL_IN ? EPOLLIN : 0) |
		(what & CURL_POLL_OUT ? EPOLLOUT : 0);
	if (watch != NULL)
		return epoll_ctl(reactor->epoll, EPOLL_CTL_MOD, fd, &event);
	if (watch_add(reactor, fd, event.events, NULL, &watch) != 0)
		return -1;
	curl_multi_assign(reactor->multi, fd, watch);
	return 0;
}

static int on_timer(CURLM *multi, long ms, void *arg)
{
	struct reactor *reactor = arg;

	(void)multi;
	reactor->curl_due = ms < 0 ? FUTURE_FOREVER : future_in_ms(ms);
	return 0;
}

static void readable(struct reactor *reactor, struct watch *watch,
	future_result_t result)
{
	future_promise_t *promise = watch->readable;

	*watch->prev = watch->next;
	if (watch->next != NULL)
		watch->next->prev = watch->prev;
	watch_drop(reactor, watch);
	future_promise_settle(promise, result);
	future_promise_free(promise);
}

future_t *reactor_readable(struct reactor *reactor, int fd)
{
	future_promise_t *promise;
	struct watch *watch;
	future_t *future;
	int error = reactor->closed ? ESHUTDOWN :
		future_promise_new(reactor->loop, &promise);

	if (error != 0)
		return refuse(reactor, error);
	future = future_promise_future(promise);
	error = watch_add(reactor, fd, EPOLLIN, promise, &watch);
	if (error != 0) {
		future_promise_settle(promise, future_fail(error));
		future_promise_free(promise);
		return future;
	}
	watch->next = reactor->watches;
	watch->prev = &reactor->watches;
	if (watch->next != NULL)
		watch->next->prev = &watch->next;
	reactor->watches = watch;
	return future;
}

static void came(struct reactor *reactor, const struct epoll_event *event)
{
	struct watch *watch = event->data.ptr;
	int what = 0, running;

	if (watch == NULL)
		return;		/* the loop's own descriptor */
	if (watch->readable != NULL) {
		readable(reactor, watch, future_ok(NULL));
		return;
	}
	if (event->events & (EPOLLIN | EPOLLHUP | EPOLLERR))
		what |= CURL_CSELECT_IN;
	if (event->events & (EPOLLOUT | EPOLLERR))
		what |= CURL_CSELECT_OUT;
	curl_multi_socket_action(reactor->multi, watch->fd, what, &running);
}

static future_time_t earlier(future_time_t one, future_time_t other)
{
	return one.ns < other.ns ? one : other;
}

/*
 * Sleeps; lets libcurl go on; runs the loop.  One event at a time: what libcurl
 * does with the first may free the watch of the second.
 */
static int turn(struct reactor *reactor)
{
	struct epoll_event event;
	future_time_t until = earlier(reactor->curl_due,
		future_loop_deadline(reactor->loop));
	int running, count = epoll_wait(reactor->epoll, &event, 1,
		future_ms_until(until));

	if (count < 0 && errno != EINTR)
		return errno;
	if (count > 0)
		came(reactor, &event);
	if (reactor->curl_due.ns <= future_now().ns) {
		reactor->curl_due = FUTURE_FOREVER;
		curl_multi_socket_action(reactor->multi, CURL_SOCKET_TIMEOUT, 0,
			&running);
	}
	reap(reactor);
	future_loop_run_pending(reactor->loop);
	return 0;
}

int reactor_run(struct reactor *reactor)
{
	int error = 0;

	while (error == 0 && !atomic_load(&reactor->stopped))
		error = turn(reactor);
	atomic_store(&reactor->stopped, false);
	return error;
}

static void nothing(void *arg)
{
	(void)arg;
}

void reactor_stop(struct reactor *reactor)
{
	atomic_store(&reactor->stopped, true);
	/* Wakes it; without memory something else will. */
	(void)!future_execute(reactor->loop, nothing, NULL);
}

future_executor_t *reactor_loop(struct reactor *reactor)
{
	return reactor->loop;
}

static int init(struct reactor *reactor)
{
	struct epoll_event event = { .events = EPOLLIN };
	int error;

	reactor->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (reactor->epoll < 0)
		return errno;
	error = future_loop_new(&reactor->loop);
	if (error != 0)
		return error;
	reactor->multi = curl_multi_init();
	if (reactor->multi == NULL)
		return ENOMEM;
	curl_multi_setopt(reactor->multi, CURLMOPT_SOCKETFUNCTION, on_socket);
	curl_multi_setopt(reactor->multi, CURLMOPT_SOCKETDATA, reactor);
	curl_multi_setopt(reactor->multi, CURLMOPT_TIMERFUNCTION, on_timer);
	curl_multi_setopt(reactor->multi, CURLMOPT_TIMERDATA, reactor);
	return epoll_ctl(reactor->epoll, EPOLL_CTL_ADD,
		future_loop_fd(reactor->loop), &event) != 0 ? errno : 0;
}

int reactor_new(struct reactor **ret_reactor)
{
	struct reactor *reactor = malloc(sizeof(*reactor));
	int error;

	if (reactor == NULL)
		return ENOMEM;
	*reactor = (struct reactor){ .epoll = -1, .curl_due = FUTURE_FOREVER };
	error = init(reactor);
	if (error != 0)
		reactor_free(reactor);
	else
		*ret_reactor = reactor;
	return error;
}

void reactor_free(struct reactor *reactor)
{
	if (reactor == NULL)
		return;
	/* What hangs on these may ask for more, which nobody would end. */
	reactor->closed = true;
	while (reactor->transfers != NULL)
		end(reactor->transfers, ECANCELED);
	while (reactor->watches != NULL)
		readable(reactor, reactor->watches, future_fail(ECANCELED));
	future_executor_unref(reactor->loop);
	curl_multi_cleanup(reactor->multi);
	if (reactor->epoll >= 0)
		close(reactor->epoll);
	free(reactor);
}

const char *reactor_strerror(int error)
{
	return error < REACTOR_CURL ?
		curl_easy_strerror((CURLcode)(REACTOR_CURL - error)) :
		future_strerror(error);
}
