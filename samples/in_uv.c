/*
 * Futures inside libuv's loop: continuations run on the thread that runs it,
 * and what libuv does (a file's size, an address) becomes futures.
 *
 *	samples/in_uv [FILE [HOST]]	by default, itself and 127.0.0.1
 *
 * Three handles are all it takes: one polls the loop's descriptor, one asks for
 * its deadline before libuv sleeps, and one is the timer for that.
 */
#define _POSIX_C_SOURCE 200809L
#include "foreign.h"

#include <stdio.h>
#include <string.h>
#include <uv.h>

/* The loop in libuv's. */

struct in_uv {
	future_executor_t *loop;
	uv_poll_t readable;
	uv_prepare_t before_sleep;
	uv_timer_t due;
};

static void on_readable(uv_poll_t *handle, int status, int events)
{
	struct in_uv *in = handle->data;

	(void)status;
	(void)events;
	future_loop_run_pending(in->loop);
}

static void on_due(uv_timer_t *handle)
{
	struct in_uv *in = handle->data;

	future_loop_run_pending(in->loop);
}

static void before_sleep(uv_prepare_t *handle)
{
	struct in_uv *in = handle->data;
	int64_t at_ns = future_loop_deadline(in->loop).ns;
	int64_t left_ns = at_ns - future_now().ns;

	uv_timer_stop(&in->due);
	if (at_ns == FUTURE_FOREVER.ns)
		return;
	/* libuv counts from its own present, in whole milliseconds. */
	uv_update_time(handle->loop);
	uv_timer_start(&in->due, on_due,
		left_ns > 0 ? (uint64_t)(left_ns / 1000000) + 1 : 0, 0);
}

static int in_uv_start(struct in_uv *in, uv_loop_t *uv)
{
	int error = future_loop_new(&in->loop);

	if (error != 0)
		return error;
	in->readable.data = in->before_sleep.data = in->due.data = in;
	error = -uv_poll_init(uv, &in->readable, future_loop_fd(in->loop));
	if (error != 0) {
		future_executor_unref(in->loop);
		return error;
	}
	/* Of these libuv says that they cannot fail. */
	uv_prepare_init(uv, &in->before_sleep);
	uv_timer_init(uv, &in->due);
	uv_poll_start(&in->readable, UV_READABLE, on_readable);
	uv_prepare_start(&in->before_sleep, before_sleep);
	return 0;
}

static void in_uv_end(struct in_uv *in)
{
	uv_close((uv_handle_t *)&in->readable, NULL);
	uv_close((uv_handle_t *)&in->before_sleep, NULL);
	uv_close((uv_handle_t *)&in->due, NULL);
	uv_run(in->readable.loop, UV_RUN_DEFAULT);
	future_executor_unref(in->loop);
}

/* A file's size. */

struct size_op {
	struct foreign foreign;
	uv_fs_t request;
	uv_loop_t *uv;
	const char *path;
};

static void size_done(uv_fs_t *request)
{
	foreign_done(request->data);
}

static int size_start(struct foreign *foreign)
{
	struct size_op *op = (struct size_op *)foreign;

	op->request.data = foreign;
	return -uv_fs_stat(op->uv, &op->request, op->path, size_done);
}

static void size_cancel(struct foreign *foreign)
{
	uv_cancel((uv_req_t *)&((struct size_op *)foreign)->request);
}

static future_result_t size_take(struct foreign *foreign)
{
	uv_fs_t *request = &((struct size_op *)foreign)->request;
	int error = (int)-request->result;
	intptr_t size = error == 0 ? (intptr_t)request->statbuf.st_size : 0;

	uv_fs_req_cleanup(request);
	return error == 0 ? future_ok_int(size) : future_fail(error);
}

static const struct foreign_kind size_kind = {
	size_start, size_cancel, size_take
};

static future_t *size_of(struct in_uv *in, const char *path)
{
	struct size_op *op = malloc(sizeof(*op));

	if (op != NULL) {
		op->uv = in->readable.loop;
		op->path = path;
	}
	return foreign_start(in->loop, &size_kind, (struct foreign *)op);
}

/* A host's address. */

struct address_op {
	struct foreign foreign;
	uv_getaddrinfo_t request;
	uv_loop_t *uv;
	const char *host;
	int status;
};

static void address_done(uv_getaddrinfo_t *request, int status,
	struct addrinfo *found)
{
	struct address_op *op = request->data;

	(void)found;	/* it is in the request, too */
	op->status = status;
	foreign_done(&op->foreign);
}

static int address_start(struct foreign *foreign)
{
	struct address_op *op = (struct address_op *)foreign;
	struct addrinfo hints = { .ai_family = AF_INET,
		.ai_socktype = SOCK_STREAM };

	op->request.data = op;
	return -uv_getaddrinfo(op->uv, &op->request, address_done, op->host,
		NULL, &hints);
}

static void address_cancel(struct foreign *foreign)
{
	uv_cancel((uv_req_t *)&((struct address_op *)foreign)->request);
}

static future_result_t address_take(struct foreign *foreign)
{
	struct address_op *op = (struct address_op *)foreign;
	char text[64] = "";
	int error = op->status;

	if (error == 0)
		error = uv_ip4_name((const struct sockaddr_in *)(const void *)
			op->request.addrinfo->ai_addr, text, sizeof(text));
	uv_freeaddrinfo(op->request.addrinfo);
	/* libuv's own codes are negative, as an application's are. */
	return error == 0 ? future_copy(text, strlen(text) + 1) :
		future_fail(error);
}

static const struct foreign_kind address_kind = {
	address_start, address_cancel, address_take
};

static future_t *address_of(struct in_uv *in, const char *host)
{
	struct address_op *op = malloc(sizeof(*op));

	if (op != NULL) {
		op->uv = in->readable.loop;
		op->host = host;
	}
	return foreign_start(in->loop, &address_kind, (struct foreign *)op);
}

/* What is done with them. */

static future_result_t square(future_result_t in, void *arg)
{
	intptr_t size = future_result_int(in);

	(void)arg;
	return future_ok_int(size * size);
}

static future_result_t show(future_result_t in, void *arg)
{
	struct in_uv *mine = arg;
	const future_result_t *all = in.value;

	if (in.error != 0)
		printf("failed: %s\n", in.error < 0 ? uv_strerror(in.error) :
			future_strerror(in.error));
	else
		printf("size %ld, squared on a worker %ld, address %s\n",
			(long)future_result_int(all[0]),
			(long)future_result_int(all[1]),
			(const char *)all[2].value);
	uv_stop(mine->readable.loop);
	return in;
}

int main(int count, char **arguments)
{
	struct in_uv in;
	int error = in_uv_start(&in, uv_default_loop());
	future_t *size, *squared, *address, *given_up, *all, *soon, *shown;

	if (error != 0) {
		fprintf(stderr, "in_uv: %s\n", future_strerror(error));
		return 1;
	}
	size = size_of(&in, count > 1 ? arguments[1] : arguments[0]);
	squared = future_then_on(size, future_default(), square, NULL);
	address = address_of(&in, count > 2 ? arguments[2] : "127.0.0.1");
	given_up = address_of(&in, "127.0.0.2");
	future_cancel(given_up);
	all = FUTURE_ALL(size, squared, address);
	soon = future_timeout(all, future_in_ms(10000));
	shown = future_handle(soon, show, &in);
	uv_run(in.readable.loop, UV_RUN_DEFAULT);
	error = future_get(shown).error;
	printf("the one that was cancelled: %s\n",
		future_state(given_up) == FUTURE_CANCELLED ? "is" : "is not");
	future_unref(size);
	future_unref(squared);
	future_unref(address);
	future_unref(given_up);
	future_unref(all);
	future_unref(soon);
	future_unref(shown);
	in_uv_end(&in);
	uv_loop_close(uv_default_loop());
	return error != 0;
}
