/*
 * Futures inside GLib's main loop: a short source has continuations run
 * on the thread of a GMainLoop, where widgets and other sources live, and what
 * a GTask does becomes a future.
 *
 *	samples/in_glib [FILE]		by default, itself
 */
#define _POSIX_C_SOURCE 200809L
#include "foreign.h"

#include <gio/gio.h>
#include <stdio.h>

/* The loop as a source. */

struct loop_source {
	GSource source;		/* first */
	future_executor_t *loop;
};

static gint left_ms(GSource *source)
{
	future_executor_t *loop = ((struct loop_source *)source)->loop;

	return future_ms_until(future_loop_deadline(loop));
}

static gboolean source_prepare(GSource *source, gint *ret_ms)
{
	*ret_ms = left_ms(source);
	return *ret_ms == 0;
}

/* The descriptor has only ended the sleep: the deadline says it all. */
static gboolean source_check(GSource *source)
{
	return left_ms(source) == 0;
}

static gboolean source_dispatch(GSource *source, GSourceFunc callback,
	gpointer data)
{
	(void)callback;
	(void)data;
	future_loop_run_pending(((struct loop_source *)source)->loop);
	return G_SOURCE_CONTINUE;
}

static GSourceFuncs source_funcs = {
	.prepare = source_prepare,
	.check = source_check,
	.dispatch = source_dispatch,
};

static GSource *source_new(future_executor_t *loop)
{
	GSource *source = g_source_new(&source_funcs,
		sizeof(struct loop_source));
	struct loop_source *mine = (struct loop_source *)source;

	mine->loop = loop;
	g_source_add_unix_fd(source, future_loop_fd(loop), G_IO_IN);
	return source;
}

/* A GTask that counts the lines of a file on a thread of GLib's. */

struct lines_op {
	struct foreign foreign;
	const char *path;
	GCancellable *cancellable;
	GTask *task;
};

static int open_ops;	/* on the main loop's thread */

static void lines_thread(GTask *task, gpointer source, gpointer path,
	GCancellable *cancellable)
{
	GError *error = NULL;
	gssize lines = 0;
	char *text;
	gsize size;

	(void)source;
	if (!g_file_get_contents(path, &text, &size, &error)) {
		g_task_return_error(task, error);
		return;
	}
	for (gsize i = 0; i < size; i++)
		if (text[i] == '\n' && !g_cancellable_is_cancelled(cancellable))
			lines++;
	g_free(text);
	g_task_return_int(task, lines);
}

/* On the main loop's thread. */
static void lines_done(GObject *source, GAsyncResult *result, gpointer op)
{
	(void)source;
	(void)result;	/* the task */
	foreign_done(op);
}

static int lines_start(struct foreign *foreign)
{
	struct lines_op *op = (struct lines_op *)foreign;

	op->cancellable = g_cancellable_new();
	op->task = g_task_new(NULL, op->cancellable, lines_done, op);
	g_task_set_task_data(op->task, (gpointer)op->path, NULL);
	g_task_run_in_thread(op->task, lines_thread);
	open_ops++;
	return 0;
}

static void lines_cancel(struct foreign *foreign)
{
	g_cancellable_cancel(((struct lines_op *)foreign)->cancellable);
}

/* libfuture's errors are errno values; an application's are negative. */
static int error_of(GError *error)
{
	int code = error->domain == G_FILE_ERROR &&
		error->code == G_FILE_ERROR_NOENT ? ENOENT : -1 - error->code;

	g_error_free(error);
	return code;
}

static future_result_t lines_take(struct foreign *foreign)
{
	struct lines_op *op = (struct lines_op *)foreign;
	GError *error = NULL;
	gssize lines = g_task_propagate_int(op->task, &error);

	open_ops--;
	g_object_unref(op->task);
	g_object_unref(op->cancellable);
	return error == NULL ? future_ok_int(lines) :
		future_fail(error_of(error));
}

static const struct foreign_kind lines_kind = {
	lines_start, lines_cancel, lines_take
};

static future_t *lines_of(future_executor_t *loop, const char *path)
{
	struct lines_op *op = malloc(sizeof(*op));

	if (op != NULL)
		op->path = path;
	return foreign_start(loop, &lines_kind, (struct foreign *)op);
}

/* What is done with them. */

struct shown {
	GMainLoop *main;
	GThread *thread;
};

static future_result_t show(future_result_t in, void *arg)
{
	struct shown *shown = arg;
	const future_result_t *all = in.value;

	if (in.error != 0)
		printf("failed: %s\n", future_strerror(in.error));
	else
		printf("%ld lines, shown on the thread of the main loop: %s\n",
			(long)future_result_int(all[0]),
			g_thread_self() == shown->thread ? "yes" : "no");
	g_main_loop_quit(shown->main);
	return in;
}

static int run(future_executor_t *loop, struct shown *shown,
	const char *path)
{
	future_t *lines = lines_of(loop, path);
	future_t *given_up = lines_of(loop, path);
	future_t *soon = future_after(loop, future_in_ms(20));
	future_t *both = FUTURE_ALL(lines, soon);
	future_t *last = future_handle(both, show, shown);
	int error;

	future_cancel(given_up);
	g_main_loop_run(shown->main);
	error = future_get(last).error;
	printf("the one that was cancelled: %s\n",
		future_state(given_up) == FUTURE_CANCELLED ? "is" : "is not");
	/* Its thread may still be at it. */
	while (open_ops > 0)
		g_main_context_iteration(NULL, TRUE);
	future_unref(lines);
	future_unref(given_up);
	future_unref(soon);
	future_unref(both);
	future_unref(last);
	return error;
}

int main(int count, char **arguments)
{
	struct shown shown = { g_main_loop_new(NULL, FALSE), g_thread_self() };
	future_executor_t *loop;
	GSource *source;
	int error = future_loop_new(&loop);

	if (error != 0) {
		fprintf(stderr, "in_glib: %s\n", future_strerror(error));
		return 1;
	}
	source = source_new(loop);
	g_source_attach(source, NULL);
	error = run(loop, &shown, arguments[count > 1 ? 1 : 0]);
	g_source_destroy(source);
	g_source_unref(source);
	future_executor_unref(loop);
	g_main_loop_unref(shown.main);
	return error != 0;
}
