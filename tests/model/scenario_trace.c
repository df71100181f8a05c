/* Traces: opened and closed against threads that record and end. */
#include "scenario.h"

#include "trace.h"

static void submit_inline(void *arg)
{
	for (int i = 0; i < 2; i++)
		future_unref(future_submit(future_inline(), run_one, arg));
}

/* False: there was no memory, or no file. */
static bool open_trace(void)
{
	int error = future_trace_open("file");

	MODEL_CHECK(error == 0 || error == ENOMEM || error == EMFILE ||
		error == EALREADY);
	return error == 0;
}

static void close_trace(void)
{
	int error = future_trace_close();

	MODEL_CHECK(error == 0 || error == ENOMEM);
}

SCENARIO(a_trace_closed_against_who_records)
{
	int thread;

	fut_trace_room = 3;
	MODEL_CHECK(open_trace());
	thread = model_start(submit_inline, NULL);
	close_trace();
	MODEL_CHECK(open_trace());
	close_trace();
	model_join(thread);
	MODEL_CHECK(model_counted(RAN) == 2);
}

SCENARIO(a_trace_opened_against_who_records)
{
	int thread;

	fut_trace_room = 3;
	thread = model_start(submit_inline, NULL);
	MODEL_CHECK(open_trace());
	submit_inline(NULL);
	close_trace();
	model_join(thread);
	MODEL_CHECK(model_counted(RAN) == 4);
}

static void open_and_close(void *arg)
{
	(void)arg;
	if (open_trace())
		close_trace();
}

SCENARIO(two_end_in_a_trace_without_memory, .faults = 1)
{
	bool open;
	int one, two;

	fut_trace_room = 3;
	open = open_trace();
	one = model_start(submit_inline, NULL);
	two = model_start(submit_inline, NULL);
	if (open)
		close_trace();
	model_join(one);
	model_join(two);
}

SCENARIO(two_open_a_trace)
{
	int thread = model_start(open_and_close, NULL);
	int error = future_trace_open("file");

	MODEL_CHECK(error == 0 || error == EALREADY);
	if (error == 0)
		close_trace();
	model_join(thread);
}
