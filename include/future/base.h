/* What every other header needs: linkage, attributes, the version. */
#ifndef FUTURE_BASE_H
#define FUTURE_BASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
#define FUTURE_BEGIN_DECLS extern "C" {
#define FUTURE_END_DECLS }
#else
#define FUTURE_BEGIN_DECLS
#define FUTURE_END_DECLS
#endif

#if defined(__GNUC__)
#define FUTURE_API __attribute__((visibility("default")))
#define FUTURE_CHECKED __attribute__((warn_unused_result))
/*
 * A future declared with this is unreferenced at the end of its scope.  It need
 * not be named again: clang would warn.
 */
#define FUTURE_AUTO __attribute__((cleanup(future_unref_auto), unused))
#else
#define FUTURE_API
#define FUTURE_CHECKED
#endif

#define FUTURE_VERSION_MAJOR 0
#define FUTURE_VERSION_MINOR 1
#define FUTURE_VERSION_PATCH 0
#define FUTURE_VERSION "0.1.0"

FUTURE_BEGIN_DECLS

/* One reference to an outcome that may not be there yet. */
typedef struct future_cell future_t;
/* An address that tasks are sent to: a pool, or the calling thread. */
typedef struct future_executor future_executor_t;
/* The writing end of a future whose work the library does not run. */
typedef struct future_promise future_promise_t;
/* What cancels a tree of work at once. */
typedef struct future_token future_token_t;

/* Where a token is asked for: under none, whatever the calling function is. */
#define FUTURE_NO_TOKEN ((future_token_t *)-1)

/* Returns the version of the library that runs, as "major.minor.patch". */
FUTURE_API const char *future_version(void);

/*
 * Returns a short text for an errno value or the library's own use of one
 * (ECANCELED, EALREADY ...); "application error" for a negative code.  The
 * text is static and need not be freed.  Never blocks.
 */
FUTURE_API const char *future_strerror(int error);

FUTURE_END_DECLS

#endif
