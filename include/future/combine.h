/*
 * Combinators: one future from several.
 *
 *	FUTURE_AUTO future_t *both = FUTURE_ALL(a, b);
 *	const future_result_t *r = future_get(both).value;	r[0], r[1]
 *
 * The inputs are borrowed during the call.  The home is the first input's.  A
 * combined future that has settled lets go of the inputs it does not hold in
 * its value; its cancel leaves them alone, unless it was made with cancel_rest.
 * The same future may stand twice; a NULL input makes it fail with EINVAL.
 * None of these calls blocks; too little memory is ENOMEM in the future.
 */
#ifndef FUTURE_COMBINE_H
#define FUTURE_COMBINE_H

#include <future/base.h>

FUTURE_BEGIN_DECLS

/* What settles a combined future. */
typedef enum future_combine_mode {
	FUTURE_COMBINE_ALL,		/* as future_all() and so on */
	FUTURE_COMBINE_ALL_SETTLED,
	FUTURE_COMBINE_ANY,
	FUTURE_COMBINE_RACE,
	FUTURE_COMBINE_SOME
} future_combine_mode_t;

/* The long form of all of them. */
typedef struct future_combination {
	future_t *const *futures;
	size_t count;
	future_combine_mode_t mode;
	size_t need;		/* how many, for FUTURE_COMBINE_SOME; else 0 */
	bool cancel_rest;	/* once it settles, cancel what has not */
	future_executor_t *executor;	/* its home; NULL: the first input's */
} future_combine_t;

/*
 * Every success, or the first failure at once.  The value, and the detail of a
 * failure, is a future_result_t[count], borrowed from the inputs, which the
 * array keeps alive; an input that has not settled stands there with
 * EINPROGRESS.  No inputs: success.
 */
FUTURE_API FUTURE_CHECKED future_t *future_all(future_t *const *futures,
	size_t count);

/* Succeeds when all have settled, either way; the value as for future_all. */
FUTURE_API FUTURE_CHECKED future_t *future_all_settled(
	future_t *const *futures, size_t count);

/*
 * The first success: that very value, shared.  If all fail: the last error,
 * with the array as detail.  No inputs: EINVAL.
 */
FUTURE_API FUTURE_CHECKED future_t *future_any(future_t *const *futures,
	size_t count);

/* The first to settle, either way, shared.  No inputs: EINVAL. */
FUTURE_API FUTURE_CHECKED future_t *future_race(future_t *const *futures,
	size_t count);

/*
 * Succeeds when `need` inputs have; the value as for future_all.  Fails as soon
 * as too many have failed for that, with the error of the last of them, and
 * the array as detail.  EINVAL for a `need` of 0 or more than there are.
 */
FUTURE_API FUTURE_CHECKED future_t *future_some(future_t *const *futures,
	size_t count, size_t need);

/*
 * The general form; `how` is read during the call only.  EINVAL for NULL, an
 * unknown mode, or a `need` that the mode does not have.
 *
 * With cancel_rest, the inputs that have not settled when the combined future
 * does, however it does, are cancelled before the call that settled it
 * returns.  The inputs stay until the combined future is freed, and
 * future_join() waits for their functions, too: after it nothing of them runs.
 */
FUTURE_API FUTURE_CHECKED future_t *future_combine(
	const future_combine_t *how);

FUTURE_END_DECLS

#ifdef __cplusplus
namespace future_detail {
template <typename... Futures>
inline future_t *combine(future_t *(*how)(future_t *const *, size_t),
	Futures... futures)
{
	future_t *const list[] = { futures..., nullptr };

	return how(list, sizeof...(futures));
}
}
#define FUTURE_ALL(...) future_detail::combine(future_all, __VA_ARGS__)
#define FUTURE_ALL_SETTLED(...) \
	future_detail::combine(future_all_settled, __VA_ARGS__)
#define FUTURE_ANY(...) future_detail::combine(future_any, __VA_ARGS__)
#define FUTURE_RACE(...) future_detail::combine(future_race, __VA_ARGS__)
#else
#define FUTURE_LIST_(how, ...) how((future_t *const[]){ __VA_ARGS__ }, \
	sizeof((future_t *const[]){ __VA_ARGS__ }) / sizeof(future_t *))
#define FUTURE_ALL(...) FUTURE_LIST_(future_all, __VA_ARGS__)
#define FUTURE_ALL_SETTLED(...) FUTURE_LIST_(future_all_settled, __VA_ARGS__)
#define FUTURE_ANY(...) FUTURE_LIST_(future_any, __VA_ARGS__)
#define FUTURE_RACE(...) FUTURE_LIST_(future_race, __VA_ARGS__)
#endif

#endif
