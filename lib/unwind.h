/*
 * Floor 1: a call of the user's that never returns: it has called pthread_exit,
 * which unwinds the stack of its thread frame by frame.  (So does a C++
 * exception that somebody catches further out.)
 *
 *	FUT_WATCH(watch, left, arg);
 *	fn();
 *	FUT_RETURNED(watch);
 *
 * calls left(arg) if fn() is left so, while this frame still stands, and before
 * any further out.  Where it returns all of it costs nothing: what is to be
 * done stands in the tables of the unwinder.
 */
#ifndef FUT_UNWIND_H
#define FUT_UNWIND_H

#include "self.h"

struct fut_watch {
	void (*left)(void *arg);	/* NULL: it has returned */
	void *arg;
};

static inline void fut_watch_end(struct fut_watch *watch)
{
	if (watch->left != NULL)
		watch->left(watch->arg);
}

#define FUT_WATCH(name, left, arg) \
	struct fut_watch name __attribute__((cleanup(fut_watch_end))) = \
		{ left, arg }
#define FUT_RETURNED(name) ((void)((name).left = NULL))

/* The same for what cannot be left: then the sentence, and abort. */
struct fut_must {
	const char *sentence;
};

static inline void fut_must_end(struct fut_must *must)
{
	if (must->sentence != NULL)
		fut_die(must->sentence);
}

#define FUT_MUST_RETURN(name, sentence) \
	struct fut_must name __attribute__((cleanup(fut_must_end))) = \
		{ sentence }
#define FUT_HAS_RETURNED(name) ((void)((name).sentence = NULL))

#endif
