/*
 * A saga: a trip is booked in steps, each with a compensation.  When one fails
 * or is late, or all is cancelled, what was booked is given back in reverse
 * order, each booking once.  One chain has the steps, which a failure passes
 * by, and then what undoes them, finally: that runs always, and passes it on.
 * A booking is a value whose destructor gives it back.  To keep it is to move
 * it; one that comes too late is nobody's, and destroyed.  The token is over
 * the bookings alone, so that a cancel ends no compensation.
 */
#include <future.h>
#include <stdio.h>

enum { FLIGHT, HOTEL, CAR, STEPS, FULL = -1, STUBBORN = -2 };

/* What goes wrong with each step, and how the trip is to end. */
static const struct trip {
	const char *what, *wrong;
	int error, booked;
} trips[] = {
	{ "all is well", "---", 0, STEPS },
	{ "no flight", "f--", FULL, 0 },
	{ "no hotel", "-f-", FULL, 0 },
	{ "no car", "--f", FULL, 0 },
	{ "no car, a stubborn hotel", "-sf", FULL, 1 },
	{ "a late car", "--l", ETIMEDOUT, 0 },
	{ "cancelled, a car to come", "--w", ECANCELED, 0 },
};

static const char *const names[STEPS] = { "flight", "hotel", "car" };
static struct step {
	const char *name;
	char wrong;
	bool kept;
} steps[STEPS];

/* Everything runs in the lane, a function at a time. */
static future_executor_t *lane;
static future_token_t *token;
static future_event_t waits, never;	/* a step does; for this */
static int booked;			/* and not given back */

static void give_back(void *step)
{
	printf(" -%s", ((struct step *)step)->name);
	booked--;
}

static future_result_t book(void *arg)
{
	struct step *step = arg;

	if (step->wrong == 'f')
		return future_fail(FULL);
	if (step->wrong == 'w')
		future_event_set(&waits);
	if ((step->wrong == 'w' || step->wrong == 'l') &&
	    future_event_wait(&never) != ECANCELED)
		return future_fail(EPROTO);
	printf(" %s", step->name);
	booked++;
	return future_own(step, give_back);
}

static future_result_t keep(future_result_t in, void *step)
{
	future_result_t booking = future_move(in);

	((struct step *)step)->kept = booking.error == 0;
	return booking.error == 0 ? future_ok(NULL) : booking;
}

static future_result_t start(future_result_t in, void *step)
{
	int64_t patience_ms = ((struct step *)step)->wrong == 'l' ? 50 : 60000;
	FUTURE_AUTO future_t *booking = future_submit_with(lane,
		&(future_task_t){ .fn = book, .arg = step, .token = token });

	(void)in;
	return future_follow(FUTURE_CHAIN(
		future_timeout(booking, future_in_ms(patience_ms)),
		{ .fn = keep, .arg = step }));
}

static future_result_t compensate(void *step)
{
	if (((struct step *)step)->wrong == 's')
		return future_fail(STUBBORN);
	give_back(step);
	return future_ok(NULL);
}

static future_result_t report(future_result_t in, void *step)
{
	printf(" (%s: error %d)", ((struct step *)step)->name, in.error);
	return future_ok(NULL);		/* the trip has an error of its own */
}

static future_result_t undo(future_result_t in, void *step)
{
	if (in.error == 0 || !((struct step *)step)->kept)
		return future_ok(NULL);
	return future_follow(FUTURE_CHAIN(future_submit(lane, compensate, step),
		{ .on = FUTURE_ON_FAILURE, .fn = report, .arg = step }));
}

static int travel(const struct trip *trip)
{
	future_promise_t *begin;
	int error = future_promise_new(lane, &begin);

	if (error != 0)
		return error;
	FUTURE_AUTO future_t *end = FUTURE_CHAIN(future_promise_future(begin),
		{ .fn = start, .arg = &steps[FLIGHT] },
		{ .fn = start, .arg = &steps[HOTEL] },
		{ .fn = start, .arg = &steps[CAR] },
		{ .on = FUTURE_ON_FINALLY, .fn = undo, .arg = &steps[CAR] },
		{ .on = FUTURE_ON_FINALLY, .fn = undo, .arg = &steps[HOTEL] },
		{ .on = FUTURE_ON_FINALLY, .fn = undo, .arg = &steps[FLIGHT] });

	booked = 0;
	for (int i = 0; i < STEPS; i++)
		steps[i] = (struct step){ names[i], trip->wrong[i], false };
	printf("%s:", trip->what);
	/* Only if all of it hangs: no end can be missing later. */
	if (future_state(end) == FUTURE_PENDING)
		future_promise_settle(begin, future_ok(NULL));
	future_promise_free(begin);
	if (trip->error == ECANCELED && future_event_wait(&waits) == 0)
		future_token_cancel(token);
	error = future_get(end).error;
	printf(" => %s\n", future_strerror(error));
	return error == trip->error && booked == trip->booked ? 0 : EPROTO;
}

int main(void)
{
	int error = future_lane_new(NULL, 1, &lane);

	if (error == 0)
		error = future_token_new(NULL, FUTURE_FOREVER, &token);
	for (size_t n = 0; n < sizeof(trips) / sizeof(*trips); n++)
		error = error != 0 ? error : travel(&trips[n]);
	future_executor_unref(lane);
	future_token_unref(token);
	if (error != 0)
		fprintf(stderr, "saga: %s\n", future_strerror(error));
	return error != 0;
}
