/*
 * Open, use, close, around asynchronous work: closed once, on every path.
 *
 *	samples/resource [FILE]		without one, the program's own file
 *
 * The future owns the file: whoever opens it says how it is closed.  That is
 * done when nobody can use it any more, whatever has become of the use.
 *
 * To close it in future_finally() instead looks the same, until the executor
 * is cancelled: then that function is not run, and nobody closes.  A task's
 * destroy_arg is called on every path.
 */
#include <future.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

struct file {
	FILE *stream;
	long bytes;
};

static atomic_int opened, closed;
static atomic_bool closed_too_early;

static future_event_t in_use = FUTURE_EVENT_INIT;
static future_event_t never = FUTURE_EVENT_INIT;

static void file_close(void *arg)
{
	struct file *file = arg;

	fclose(file->stream);
	free(file);
	atomic_fetch_add(&closed, 1);
}

static future_result_t file_open(void *path)
{
	struct file *file = malloc(sizeof(*file));

	if (file == NULL)
		return future_fail(ENOMEM);
	file->bytes = 0;
	file->stream = fopen(path, "r");
	if (file->stream == NULL) {
		int error = errno;

		free(file);
		return future_fail(error);
	}
	atomic_fetch_add(&opened, 1);
	return future_own(file, file_close);
}

static int file_count(struct file *file)
{
	while (getc(file->stream) != EOF)
		file->bytes++;
	return ferror(file->stream) ? EIO : 0;
}

/* A step of several: what it returns is the file, which goes on being owned. */
static future_result_t count(future_result_t in, void *arg)
{
	int error = file_count(in.value);

	(void)arg;
	return error == 0 ? in : future_fail(error);
}

/* The last step: nobody needs the file after this. */
static future_result_t check(future_result_t in, void *arg)
{
	const struct file *file = in.value;

	(void)arg;
	return future_ok_int(file->bytes);
}

static future_result_t refuse(future_result_t in, void *arg)
{
	(void)in;
	(void)arg;
	return future_fail(EBADMSG);
}

/* Is cancelled in the middle, and uses the file nevertheless. */
static future_result_t count_late(future_result_t in, void *arg)
{
	(void)arg;
	future_event_set(&in_use);
	/* Nobody sets this one: the wait ends with the cancel. */
	if (future_event_wait(&never) != ECANCELED)
		return future_fail(EPROTO);
	atomic_store(&closed_too_early, closed != 0);
	return count(in, NULL);
}

static int use(future_executor_t *pool, const char *path, future_then_fn *last)
{
	FUTURE_AUTO future_t *sum = FUTURE_CHAIN(
		future_submit(pool, file_open, (void *)path),
		{ .fn = count },
		{ .fn = last });

	return future_get(sum).error;
}

static int succeed(future_executor_t *pool, const char *path)
{
	return use(pool, path, check);
}

static int fail_in_use(future_executor_t *pool, const char *path)
{
	return use(pool, path, refuse);
}

static int fail_to_open(future_executor_t *pool, const char *path)
{
	(void)path;
	return use(pool, "/nonexistent", check);
}

static int cancel_in_use(future_executor_t *pool, const char *path)
{
	FUTURE_AUTO future_t *file = future_submit(pool, file_open,
		(void *)path);
	FUTURE_AUTO future_t *used = future_then(file, count_late, NULL);
	int error = future_get(file).error;

	if (error == 0)
		error = future_event_wait(&in_use);
	if (error != 0)
		return error;
	future_cancel(used);
	return future_get(used).error;
}

static future_result_t use_opened(void *arg)
{
	int error = file_count(arg);

	return error == 0 ? future_ok(NULL) : future_fail(error);
}

static future_result_t close_finally(future_result_t in, void *arg)
{
	(void)in;
	file_close(arg);
	return future_ok(NULL);
}

/* Looks right, and is not. */
static int close_in_finally(future_executor_t *pool, const char *path)
{
	future_result_t mine = file_open((void *)path);

	if (mine.error != 0)
		return mine.error;
	future_executor_cancel(pool);
	FUTURE_AUTO future_t *used = future_submit(pool, use_opened,
		mine.value);
	FUTURE_AUTO future_t *done = future_finally(used, close_finally,
		mine.value);
	int error = future_get(done).error;

	if (atomic_load(&closed) != 0)
		return EPROTO;	/* so much for this sample */
	puts("close_finally was not called: the file is open still");
	mine.destroy(mine.value);
	return error;
}

/* Is right: the task has the file, and lets go of it whether it ran or not. */
static int close_in_destroy_arg(future_executor_t *pool, const char *path)
{
	future_result_t mine = file_open((void *)path);
	future_task_t task = { .fn = use_opened, .arg = mine.value,
		.destroy_arg = mine.destroy };

	if (mine.error != 0)
		return mine.error;
	future_executor_cancel(pool);
	FUTURE_AUTO future_t *used = future_submit_with(pool, &task);

	return future_get(used).error;
}

static const struct {
	const char *what;
	int (*run)(future_executor_t *pool, const char *path);
	int error, closed;	/* as it should be */
} paths[] = {
	{ "success", succeed, 0, 1 },
	{ "the use fails", fail_in_use, EBADMSG, 1 },
	{ "it cannot be opened", fail_to_open, ENOENT, 0 },
	{ "cancelled while in use", cancel_in_use, ECANCELED, 1 },
	{ "finally, pool cancelled", close_in_finally, ESHUTDOWN, 1 },
	{ "destroy_arg, pool cancelled", close_in_destroy_arg, ESHUTDOWN, 1 },
};

/* When the pool is gone, nobody uses anything any more. */
static bool try_path(size_t i, const char *path)
{
	future_pool_options_t options = { .threads = 2, .name = "use" };
	future_executor_t *pool;
	int error = future_pool_new(&options, &pool);

	if (error == 0) {
		error = paths[i].run(pool, path);
		future_executor_unref(pool);
	}
	int was_opened = atomic_exchange(&opened, 0);
	int was_closed = atomic_exchange(&closed, 0);

	printf("%-28s opened %d, closed %d: %s\n", paths[i].what, was_opened,
		was_closed, future_strerror(error));
	return error == paths[i].error && was_closed == paths[i].closed &&
		was_opened == was_closed && !atomic_load(&closed_too_early);
}

int main(int argc, char **argv)
{
	bool holds = true;

	for (size_t i = 0; i < sizeof(paths) / sizeof(*paths); i++)
		holds = try_path(i, argv[argc > 1]) && holds;
	if (!holds)
		fputs("resource: not as it should be\n", stderr);
	return holds ? EXIT_SUCCESS : EXIT_FAILURE;
}
