/*
 * Floor 5: combinators.
 *
 * A combined future hangs one leg on each input.  `open` counts the legs that
 * have neither fired nor been taken off, and the registration itself; whoever
 * brings it to zero drops the reference that all legs share.
 *
 * The first to decide the outcome claims the future.  The legs still hanging
 * are taken off by whoever sets the second of REGISTERED and DECIDED, so that
 * none is hung afterwards.
 */
#include "job.h"
#include "alloc.h"

#include <errno.h>
#include <future/combine.h>

enum mode { ALL, ALL_SETTLED, ANY, RACE };

enum phase {
	REGISTERED = 1,
	DECIDED = 2
};

struct leg {
	struct fut_hook hook;
	struct combined *combined;
	struct future_cell *input;	/* with a reference */
	bool kept;			/* which went over to the array */
};

/* The value: results, and behind them the inputs that they borrow from. */
struct array {
	size_t count;
	future_result_t results[];
};

struct combined {
	struct fut_job job;
	enum mode mode;
	_Atomic uint32_t phase;
	_Atomic size_t open;
	_Atomic size_t first_open;	/* all before it have settled: a hint */
	_Atomic int last_error;
	size_t count;
	struct array *array;	/* until the future settles with it */
	struct leg legs[];
};

static struct combined *combined_of(struct fut_job *job)
{
	return FUT_OWNER(job, struct combined, job);
}

static struct future_cell **array_inputs(struct array *array)
{
	return (struct future_cell **)(void *)&array->results[array->count];
}

static struct array *array_new(size_t count)
{
	const size_t each = sizeof(future_result_t) + sizeof(void *);
	struct array *array;

	if (count > (SIZE_MAX - sizeof(*array)) / each)
		return NULL;
	array = fut_alloc(sizeof(*array) + count * each);
	if (array != NULL)
		array->count = count;
	return array;
}

/* The destructor of the value: the inputs are let go. */
static void array_destroy(void *results)
{
	struct array *array = FUT_OWNER(results, struct array, results);
	struct future_cell **inputs = array_inputs(array);

	for (size_t i = 0; i < array->count; i++)
		if (inputs[i] != NULL)
			fut_job_unref(fut_job_of(inputs[i]));
	fut_free(array);
}

/* By the holder of the claim: what has settled goes over to the array. */
static future_result_t take_array(struct combined *combined, int error)
{
	struct array *array = combined->array;
	struct future_cell **inputs = array_inputs(array);

	combined->array = NULL;
	for (size_t i = 0; i < combined->count; i++) {
		struct leg *leg = &combined->legs[i];

		leg->kept = fut_is_settled(fut_cell_state(leg->input));
		inputs[i] = leg->kept ? leg->input : NULL;
		array->results[i] = leg->kept ? fut_cell_result(leg->input) :
			future_fail(EINPROGRESS);
	}
	return future_result_make(array->results, array_destroy, error);
}

static void close_legs(struct combined *combined, size_t count)
{
	if (count > 0 && atomic_fetch_sub_explicit(&combined->open, count,
			FUT_ACQ_REL) == count)
		fut_job_unref(&combined->job);
}

/*
 * Whatever still hangs is taken off, and its input let go.  An input that was
 * kept has settled; what hangs on it is being fired.
 */
static void let_go(struct combined *combined)
{
	size_t off = 0;

	for (size_t i = 0; i < combined->count; i++) {
		struct leg *leg = &combined->legs[i];

		if (leg->kept)
			continue;
		off += fut_cell_unhang(leg->input, &leg->hook);
		fut_job_unref(fut_job_of(leg->input));
	}
	close_legs(combined, off);
}

/* One more of REGISTERED and DECIDED; the second one cleans up. */
static void advance(struct combined *combined, enum phase phase)
{
	/* The legs hung, and which are kept, before the bit, for let_go(). */
	if (atomic_fetch_or_explicit(&combined->phase, phase, FUT_ACQ_REL) != 0)
		let_go(combined);
}

/* All of the legs have fired, and nothing was decided before. */
static void settle_at_end(struct combined *combined)
{
	struct fut_job *job = &combined->job;
	future_result_t result;

	if (!fut_cell_claim(&job->cell))
		return;
	result = take_array(combined, combined->mode != ANY ? 0 :
		atomic_load_explicit(&combined->last_error, FUT_RELAXED));
	fut_job_settle(job, &result);
}

/* One leg, or the registration, is over. */
static void close_one(struct combined *combined)
{
	/* The last leg to fire after the others, for their last_error. */
	if (atomic_fetch_sub_explicit(&combined->open, 1, FUT_ACQ_REL) != 1)
		return;
	if (!(atomic_load_explicit(&combined->phase, FUT_RELAXED) & DECIDED))
		settle_at_end(combined);
	fut_job_unref(&combined->job);
}

/* This input alone decides, unless somebody was faster. */
static void decide(struct combined *combined, struct future_cell *input,
	int error)
{
	struct fut_job *job = &combined->job;
	future_result_t result = { NULL, NULL, 0 };

	if (!fut_cell_claim(&job->cell))
		return;
	if (combined->mode == ALL)
		result = take_array(combined, error);
	advance(combined, DECIDED);
	if (combined->mode == ALL)
		fut_job_settle(job, &result);
	else
		fut_job_settle_as(job, input);
}

static bool leg_fire(struct fut_hook *hook, struct future_cell *input,
	bool locked)
{
	struct combined *combined = FUT_OWNER(hook, struct leg, hook)->combined;
	int error;

	if (locked)
		return false;
	error = combined->mode == ALL_SETTLED ? 0 :
		fut_cell_result(input).error;
	if (combined->mode == RACE ||
	    (combined->mode == ALL && error != 0) ||
	    (combined->mode == ANY && error == 0))
		decide(combined, input, error);
	else if (combined->mode == ANY)
		atomic_store_explicit(&combined->last_error, error,
			FUT_RELAXED);
	close_one(combined);
	return true;
}

static bool combined_abandon(struct fut_job *job)
{
	advance(combined_of(job), DECIDED);
	return false;
}

/* The inputs have been let go, or went over to the array. */
static void combined_free(struct fut_job *job)
{
	struct combined *combined = combined_of(job);

	fut_free(combined->array);
	fut_free(combined);
}

/* Under the cell's lock. */
static struct future_cell *combined_need(struct fut_job *job, size_t *at)
{
	struct combined *combined = combined_of(job);
	size_t first = atomic_load_explicit(&combined->first_open, FUT_RELAXED);
	size_t i = *at > first ? *at : first;

	for (; i < combined->count; i++) {
		struct future_cell *input = combined->legs[i].input;

		if (!fut_is_settled(fut_cell_state(input))) {
			*at = i + 1;
			return fut_cell_ref(input);
		}
		if (i == first)
			atomic_store_explicit(&combined->first_open, ++first,
				FUT_RELAXED);
	}
	return NULL;
}

static const struct fut_cell_kind all_cell = {
	.abandon = combined_abandon,
	.free = combined_free,
	.need = combined_need,
};

static const struct fut_cell_kind any_cell = {
	.abandon = combined_abandon,
	.free = combined_free,
	.need = combined_need,
	.needs_one = true,
};

static struct combined *combined_new(enum mode mode,
	future_t *const *futures, size_t count)
{
	struct fut_home home = count > 0 ? fut_home_of_future(futures[0]) :
		fut_home_here();
	struct combined *combined;

	if (count > (SIZE_MAX - sizeof(*combined)) / sizeof(struct leg))
		return NULL;
	combined = fut_alloc(sizeof(*combined) + count * sizeof(struct leg));
	if (combined == NULL)
		return NULL;
	combined->array = mode != RACE ? array_new(count) : NULL;
	if (mode != RACE && combined->array == NULL) {
		fut_free(combined);
		return NULL;
	}
	/* One reference for the caller, one for the legs together. */
	fut_job_init(&combined->job, mode == ALL || mode == ALL_SETTLED ?
		&all_cell : &any_cell, NULL, home, 2 * FUT_CELL_REF);
	combined->mode = mode;
	combined->count = count;
	atomic_store_explicit(&combined->phase, 0, FUT_RELAXED);
	atomic_store_explicit(&combined->open, count + 1, FUT_RELAXED);
	atomic_store_explicit(&combined->first_open, 0, FUT_RELAXED);
	atomic_store_explicit(&combined->last_error, 0, FUT_RELAXED);
	for (size_t i = 0; i < count; i++) {
		struct leg *leg = &combined->legs[i];

		fut_hook_init(&leg->hook, leg_fire);
		leg->combined = combined;
		leg->kept = false;
		leg->input = fut_cell_ref(futures[i]);
	}
	return combined;
}

static int check(enum mode mode, future_t *const *futures, size_t count)
{
	if (count == 0)
		return mode == ANY || mode == RACE ? EINVAL : 0;
	if (futures == NULL)
		return EINVAL;
	for (size_t i = 0; i < count; i++)
		if (futures[i] == NULL)
			return EINVAL;
	for (size_t i = 0; i < count; i++)
		if (!fut_is_settled(fut_cell_state(futures[i])) &&
		    fut_cell_inherited(futures[i]))
			return ECHILD;
	return 0;
}

static future_t *combine(enum mode mode, future_t *const *futures,
	size_t count)
{
	int error = check(mode, futures, count);
	struct combined *combined;

	if (error != 0)
		return fut_job_failed(fut_home_here(), error);
	combined = combined_new(mode, futures, count);
	if (combined == NULL)
		return fut_job_failed(fut_home_here(), ENOMEM);
	for (size_t i = 0; i < count; i++) {
		struct leg *leg = &combined->legs[i];

		if (!fut_cell_hang(leg->input, &leg->hook, 0))
			leg_fire(&leg->hook, leg->input, false);
	}
	advance(combined, REGISTERED);
	close_one(combined);
	return &combined->job.cell;
}

future_t *future_all(future_t *const *futures, size_t count)
{
	return combine(ALL, futures, count);
}

future_t *future_all_settled(future_t *const *futures, size_t count)
{
	return combine(ALL_SETTLED, futures, count);
}

future_t *future_any(future_t *const *futures, size_t count)
{
	return combine(ANY, futures, count);
}

future_t *future_race(future_t *const *futures, size_t count)
{
	return combine(RACE, futures, count);
}
