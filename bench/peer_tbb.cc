/*
 * oneTBB: task_arena::enqueue(), which really hands over.  On a worker a
 * task_group instead, whose waiter helps.
 */
#include "bench.h"

#include <oneapi/tbb/concurrent_queue.h>
#include <oneapi/tbb/global_control.h>
#include <oneapi/tbb/task_arena.h>
#include <oneapi/tbb/task_group.h>

static const char peer_name[] = "oneTBB";
static const bool peer_helps = true;
static tbb::task_arena *arena;
static tbb::global_control *control;

typedef struct cell *peer_future_t;

static inline void peer_start(int workers)
{
	control = new tbb::global_control(
		tbb::global_control::max_allowed_parallelism,
		(size_t)workers + 1);
	arena = new tbb::task_arena(workers, 0);
}

static inline void peer_enter(void)
{
}

static inline void peer_collect(void)
{
}

static inline void peer_leave(void)
{
}

static inline void peer_post(bench_fn *fn, void *arg)
{
	arena->enqueue([fn, arg] { fn(arg); });
}

static inline peer_future_t peer_submit(intptr_t n)
{
	struct cell *cell = (struct cell *)malloc(sizeof(*cell));

	bench_check(cell != NULL, "out of memory");
	cell_init(cell, n);
	arena->enqueue([cell] { cell_run(cell); });
	return cell;
}

static inline intptr_t peer_get(peer_future_t cell)
{
	intptr_t value = cell_get(cell);

	free(cell);
	return value;
}

static inline intptr_t peer_recall(intptr_t n)
{
	intptr_t value = 0;
	tbb::task_group group;

	group.run([n, &value] { value = n + 1; });
	group.wait();
	return value;
}

static tbb::concurrent_bounded_queue<void *> queue;

static inline void peer_channel_start(size_t capacity)
{
	queue.set_capacity((std::ptrdiff_t)capacity);
}

static inline void peer_send(void *item)
{
	queue.push(item);
}

static inline void *peer_recv(void)
{
	void *item = nullptr;

	queue.pop(item);
	return item;
}

#include "workloads.h"
#include "w12_channel.h"

int main(int argc, char **argv)
{
	static const struct workload own_workloads[] = {
		{ "W12", w12_channel },
		{ NULL, NULL }
	};

	return bench_main(argc, argv, own_workloads);
}
