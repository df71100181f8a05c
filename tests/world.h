/* A process in the middle of its work, for a child to inherit. */
#ifndef WORLD_H
#define WORLD_H

#include "child.h"

/* One of each, as a child inherits them. */
struct world {
	struct gate gate;
	future_executor_t *pool;
	future_t *running, *queued, *settled, *promised;
	future_promise_t *promise;
	atomic_int count;
};

static inline void world_start(struct world *world)
{
	*world = (struct world){ .gate = GATE_INIT, .pool = pool_of(2) };
	world->settled = future_submit(world->pool, nothing_task, world);
	ck_assert_int_eq(future_get(world->settled).error, 0);
	occupy(world->pool, 1, &world->gate);
	world->running = future_submit(world->pool, pass_task, &world->gate);
	gate_await(&world->gate, 2);
	world->queued = future_submit(world->pool, count_task, &world->count);
	ck_assert_int_eq(future_promise_new(world->pool, &world->promise), 0);
	world->promised = future_promise_future(world->promise);
}

/* Nothing that a child did has touched the parent. */
static inline void world_end(struct world *world)
{
	gate_open(&world->gate);
	ck_assert_int_eq(outcome_of(world->running), 0);
	ck_assert_int_eq(outcome_of(world->queued), 0);
	ck_assert(future_promise_settle(world->promise, future_ok(NULL)));
	ck_assert_int_eq(outcome_of(world->promised), 0);
	future_promise_free(world->promise);
	ck_assert_int_eq(outcome_of(world->settled), 0);
	future_executor_unref(world->pool);
	ck_assert_int_eq(world->count, 1);
}

static inline void child_passes(void (*body)(void *arg), void *arg)
{
	int status = in_child(body, arg);

	ck_assert_msg(WIFEXITED(status), "ended by signal %d",
		WTERMSIG(status));
	ck_assert_int_eq(WEXITSTATUS(status), 0);
}

static inline void world_passes(void (*body)(void *arg))
{
	struct world world;

	world_start(&world);
	child_passes(body, &world);
	world_end(&world);
}

static inline bool no_threads_in_a_child(void)
{
	return skipped(under_tsan(), "ThreadSanitizer dies when the child of "
		"a process with threads starts one");
}

#endif
