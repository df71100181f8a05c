/*
 * Combinators: one future from several.
 *
 *	FUTURE_AUTO future_t *both = FUTURE_ALL(a, b);
 *	const future_result_t *r = future_get(both).value;	r[0], r[1]
 *
 * The inputs are borrowed during the call.  The home is the first input's.  A
 * combined future that has settled lets go of the inputs it does not hold in
 * its value; its cancel leaves them alone.  The same future may stand twice; a
 * NULL input makes it fail with EINVAL.
 */
#ifndef FUTURE_COMBINE_H
#define FUTURE_COMBINE_H

#include <future/base.h>

FUTURE_BEGIN_DECLS

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
