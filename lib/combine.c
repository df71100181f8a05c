/*
 * Floor 5: combinators.
 *
 * A combined future hangs one leg on each input.  Each that fires counts down
 * the successes still missing, or the failures to spare; who finds that its
 * own was the last decides the outcome, and claims the future.
 *
 * `open` counts the legs that have neither fired nor been taken off, and the
 * registration itself; whoever brings it to zero drops the reference that all
 * legs share.  The legs still hanging are taken off by whoever sets the second
 * of REGISTERED and DECIDED, so that none is hung afterwards.
 *
 * With cancel_rest the inputs stay with the combined future for as long as it
 * lives, so that a join finds those that were cancelled and still run.
 */
#include "hope.h"
#include "job.h"
#include "alloc.h"

#include <errno.h>
#include <future/combine.h>

enum phase {
	REGISTERED = 1,
	DECIDED = 2
};

struct leg {
	struct fut_hook hook;
	struct combined *combined;
	struct future_cell *input;	/* with a reference */
	bool kept;			/* which went over to the array */
	_Atomic bool fired;		/* what follows from it is done */
};

/* The value: results, and behind them the inputs that they borrow from. */
struct array {
	size_t count;
	future_result_t results[];
};

struct combined {
	struct fut_job job;
	struct fut_late late;	/* cancels the rest */
	future_combine_mode_t mode;
	bool cancel_rest;
	_Atomic uint32_t phase;
	_Atomic size_t open;
	_Atomic size_t first_open;	/* all before it have fired: a hint */
	_Atomic size_t missing;	/* successes, until it succeeds */
	_Atomic size_t spare;	/* failures that it can still do with */
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
		if (leg->kept && combined->cancel_rest)
			fut_cell_ref(leg->input);
		array->results[i] = leg->kept ? fut_cell_result(leg->input) :
			future_fail(EINPROGRESS);
	}
	return future_result_make(array->results, array_destroy, error);
}

/* Some legs, or the registration, are over. */
static void close_legs(struct combined *combined, size_t count)
{
	if (count > 0 && atomic_fetch_sub_explicit(&combined->open, count,
			FUT_ACQ_REL) == count)
		fut_job_unref(&combined->job);
}

/*
 * Whatever still hangs is taken off, and its input let go, unless that is to be
 * cancelled.  An input that was kept has settled; what hangs on it is being
 * fired.
 */
static void let_go(struct combined *combined)
{
	size_t off = 0;

	for (size_t i = 0; i < combined->count; i++) {
		struct leg *leg = &combined->legs[i];

		if (leg->kept)
			continue;
		off += fut_cell_unhang(leg->input, &leg->hook);
		fut_cell_see(leg->input);
		if (!combined->cancel_rest)
			fut_job_unref(fut_job_of(leg->input));
	}
	close_legs(combined, off);
}

/* When no step is being taken any more: with a reference of its own. */
static void cancel_rest(struct fut_late *late)
{
	struct combined *combined = FUT_OWNER(late, struct combined, late);

	for (size_t i = 0; i < combined->count; i++)
		if (!combined->legs[i].kept)
			fut_job_cancel(fut_job_of(combined->legs[i].input));
	fut_job_unref(&combined->job);
}

/* One more of REGISTERED and DECIDED; the second one cleans up. */
static void advance(struct combined *combined, enum phase phase)
{
	/* The legs hung, and which are kept, before the bit, for let_go(). */
	if (atomic_fetch_or_explicit(&combined->phase, phase,
			FUT_ACQ_REL) == 0)
		return;
	if (combined->cancel_rest) {
		fut_cell_ref(&combined->job.cell);
		fut_job_later(&combined->late, cancel_rest);
	}
	let_go(combined);
}

static bool shares(const struct combined *combined, int error)
{
	return combined->mode == FUTURE_COMBINE_RACE ||
		(combined->mode == FUTURE_COMBINE_ANY && error == 0);
}

/* By the input that decides, unless another was faster; NULL: there is none. */
static void decide(struct combined *combined, struct future_cell *input,
	int error)
{
	struct fut_job *job = &combined->job;
	future_result_t result = { NULL, NULL, 0 };

	if (!fut_cell_claim(&job->cell))
		return;
	if (shares(combined, error)) {
		/* The legs let go of the inputs; its value is needed yet. */
		fut_cell_ref(input);
		advance(combined, DECIDED);
		fut_job_settle_as(job, input);
	} else {
		result = take_array(combined, error);
		advance(combined, DECIDED);
		fut_job_settle(job, &result);
	}
}

/*
 * What follows from a leg is done.  Those asleep whose hope it was are told
 * together with that; one who goes to sleep meanwhile sees the word, or he is
 * seen here.
 */
static void has_been_told(struct combined *combined, struct leg *leg)
{
	bool help = fut_sleepers_help();

	if (FUT_LIKELY(!help)) {
		/* The outcome, if there is one, before it, for has_fired(). */
		atomic_exchange_explicit(&leg->fired, true, FUT_SEQ_CST);
		help = fut_sleepers_help();
	}
	if (FUT_UNLIKELY(help))
		fut_hope_lost(&combined->job.cell, &leg->fired);
}

static bool leg_fire(struct fut_hook *hook, struct future_cell *input,
	bool locked)
{
	struct leg *leg = FUT_OWNER(hook, struct leg, hook);
	struct combined *combined = leg->combined;
	int error;

	if (locked)
		return false;
	error = combined->mode == FUTURE_COMBINE_ALL_SETTLED ? 0 :
		fut_cell_result(input).error;
	/* What counted down before has settled, for take_array(). */
	if (error == 0 ? atomic_fetch_sub_explicit(&combined->missing, 1,
			FUT_ACQ_REL) == 1 :
	    atomic_fetch_sub_explicit(&combined->spare, 1, FUT_ACQ_REL) == 0)
		decide(combined, input, error);
	has_been_told(combined, leg);
	close_legs(combined, 1);
	return true;
}

static bool combined_abandon(struct fut_job *job)
{
	advance(combined_of(job), DECIDED);
	return false;
}

/* The inputs have been let go, or went over to the array; or it joins them. */
static void combined_free(struct fut_job *job)
{
	struct combined *combined = combined_of(job);

	for (size_t i = 0; combined->cancel_rest && i < combined->count; i++)
		fut_job_unref_inside(fut_job_of(combined->legs[i].input));
	fut_free(combined->array);
	fut_free(combined);
}

static bool has_fired(struct leg *leg)
{
	/*
	 * The word before the outcome, for has_been_told().  Who asks has said
	 * before that he helps; if he sees nothing here, that is seen there.
	 */
	return atomic_load_explicit(&leg->fired, FUT_SEQ_CST);
}

/* *at is how many were passed by at the end. */
static struct future_cell *need_back(struct combined *combined, size_t *at)
{
	for (; *at < combined->count; (*at)++) {
		size_t i = combined->count - 1 - *at;

		if (!has_fired(&combined->legs[i])) {
			(*at)++;
			return fut_cell_ref(combined->legs[i].input);
		}
	}
	return NULL;
}

/* Under the cell's lock. */
static struct future_cell *combined_need(struct fut_job *job, size_t *at,
	bool back)
{
	struct combined *combined = combined_of(job);
	size_t first = atomic_load_explicit(&combined->first_open, FUT_RELAXED);
	size_t i = *at > first ? *at : first;

	if (back)
		return need_back(combined, at);
	for (; i < combined->count; i++) {
		struct leg *leg = &combined->legs[i];

		if (!has_fired(leg)) {
			*at = i + 1;
			return fut_cell_ref(leg->input);
		}
		if (i == first)
			atomic_store_explicit(&combined->first_open, ++first,
				FUT_RELAXED);
	}
	return NULL;
}

static struct future_cell *combined_owns(struct fut_job *job, size_t at)
{
	struct combined *combined = combined_of(job);

	return combined->cancel_rest && at < combined->count ?
		combined->legs[at].input : NULL;
}

static const struct fut_cell_kind all_cell = {
	.abandon = combined_abandon,
	.free = combined_free,
	.need = combined_need,
	.owns = combined_owns,
};

static const struct fut_cell_kind any_cell = {
	.abandon = combined_abandon,
	.free = combined_free,
	.need = combined_need,
	.needs_one = true,
	.owns = combined_owns,
};

/* How many have to succeed; the first to settle decides a race. */
static size_t needed(const future_combine_t *how)
{
	switch (how->mode) {
	case FUTURE_COMBINE_ANY:
	case FUTURE_COMBINE_RACE:
		return 1;
	case FUTURE_COMBINE_SOME:
		return how->need;
	default:
		return how->count;
	}
}

static void set_counts(struct combined *combined, size_t need)
{
	size_t spare = combined->mode == FUTURE_COMBINE_RACE ? 0 :
		combined->count - need;

	atomic_store_explicit(&combined->phase, 0, FUT_RELAXED);
	atomic_store_explicit(&combined->open, combined->count + 1,
		FUT_RELAXED);
	atomic_store_explicit(&combined->first_open, 0, FUT_RELAXED);
	atomic_store_explicit(&combined->missing, need, FUT_RELAXED);
	atomic_store_explicit(&combined->spare, spare, FUT_RELAXED);
}

static void set_legs(struct combined *combined, future_t *const *futures)
{
	for (size_t i = 0; i < combined->count; i++) {
		struct leg *leg = &combined->legs[i];

		fut_hook_init(&leg->hook, leg_fire);
		leg->combined = combined;
		leg->kept = false;
		atomic_store_explicit(&leg->fired, false, FUT_RELAXED);
		leg->input = fut_cell_ref(futures[i]);
	}
}

static struct fut_home home_of(const future_combine_t *how)
{
	if (how->executor != NULL)
		return fut_home_of(how->executor);
	return how->count > 0 ? fut_home_of_future(how->futures[0]) :
		fut_home_here();
}

static struct combined *combined_new(const future_combine_t *how)
{
	bool race = how->mode == FUTURE_COMBINE_RACE;
	struct combined *combined;

	if (how->count > (SIZE_MAX - sizeof(*combined)) / sizeof(struct leg))
		return NULL;
	combined = fut_alloc(sizeof(*combined) +
		how->count * sizeof(struct leg));
	if (combined == NULL)
		return NULL;
	combined->array = race ? NULL : array_new(how->count);
	if (!race && combined->array == NULL) {
		fut_free(combined);
		return NULL;
	}
	/* One reference for the caller, one for the legs together. */
	fut_job_init(&combined->job, needed(how) == how->count ? &all_cell :
		&any_cell, NULL, home_of(how), 2 * FUT_CELL_REF);
	combined->mode = how->mode;
	combined->cancel_rest = how->cancel_rest;
	combined->count = how->count;
	set_counts(combined, needed(how));
	set_legs(combined, how->futures);
	return combined;
}

static int check_need(const future_combine_t *how)
{
	switch (how->mode) {
	case FUTURE_COMBINE_ALL:
	case FUTURE_COMBINE_ALL_SETTLED:
		return how->need == 0 ? 0 : EINVAL;
	case FUTURE_COMBINE_ANY:
	case FUTURE_COMBINE_RACE:
		return how->need == 0 && how->count > 0 ? 0 : EINVAL;
	case FUTURE_COMBINE_SOME:
		return how->need > 0 && how->need <= how->count ? 0 : EINVAL;
	}
	return EINVAL;
}

static int check(const future_combine_t *how)
{
	int error = how != NULL ? check_need(how) : EINVAL;

	if (error != 0)
		return error;
	if (how->count > 0 && how->futures == NULL)
		return EINVAL;
	for (size_t i = 0; i < how->count; i++)
		if (how->futures[i] == NULL)
			return EINVAL;
	for (size_t i = 0; i < how->count; i++)
		if (!fut_is_settled(fut_cell_state(how->futures[i])) &&
		    fut_cell_inherited(how->futures[i]))
			return ECHILD;
	return how->executor != NULL && fut_executor_inherited(how->executor) ?
		ECHILD : 0;
}

static void hang_legs(struct combined *combined)
{
	for (size_t i = 0; i < combined->count; i++) {
		struct leg *leg = &combined->legs[i];

		if (!fut_cell_hang(leg->input, &leg->hook, 0))
			leg_fire(&leg->hook, leg->input, false);
	}
	if (combined->count == 0)
		decide(combined, NULL, 0);
}

future_t *future_combine(const future_combine_t *how)
{
	int error = check(how);
	struct combined *combined;

	if (error != 0)
		return fut_job_failed(fut_home_here(), error);
	combined = combined_new(how);
	if (combined == NULL)
		return fut_job_failed(fut_home_here(), ENOMEM);
	hang_legs(combined);
	advance(combined, REGISTERED);
	close_legs(combined, 1);
	fut_job_catch_up();
	return &combined->job.cell;
}

static future_t *combine(future_combine_mode_t mode, future_t *const *futures,
	size_t count)
{
	future_combine_t how = { .futures = futures, .count = count,
		.mode = mode };

	return future_combine(&how);
}

future_t *future_all(future_t *const *futures, size_t count)
{
	return combine(FUTURE_COMBINE_ALL, futures, count);
}

future_t *future_all_settled(future_t *const *futures, size_t count)
{
	return combine(FUTURE_COMBINE_ALL_SETTLED, futures, count);
}

future_t *future_any(future_t *const *futures, size_t count)
{
	return combine(FUTURE_COMBINE_ANY, futures, count);
}

future_t *future_race(future_t *const *futures, size_t count)
{
	return combine(FUTURE_COMBINE_RACE, futures, count);
}

future_t *future_some(future_t *const *futures, size_t count, size_t need)
{
	future_combine_t how = { .futures = futures, .count = count,
		.mode = FUTURE_COMBINE_SOME, .need = need };

	return future_combine(&how);
}
