/* See timer.h. */
#include "timer.h"
#include "clock.h"
#include "frame.h"
#include "park.h"
#include "pool.h"

#include <errno.h>

/* Of a node that was taken off before it was armed: it never will be. */
static struct fut_heap_node off;

void fut_timers_open(struct fut_timers *timers)
{
	fut_lock(&timers->lock);
	timers->phase = FUT_PHASE_OPEN;
	timers->running = false;
	timers->root = NULL;
	fut_unlock(&timers->lock);
}

/* Under the lock: the thread has to look; the caller unparks it afterwards. */
static void call(struct fut_timers *timers, int64_t awaited_ns)
{
	FUT_ASSERT(fut_lock_held(&timers->lock));
	timers->awaited_ns = awaited_ns;
	fut_pool_bump(&timers->turn);
}

/*
 * Sleeps until the first timer is due; with `over`, until the end.  False: it
 * is time to leave.
 */
static bool await(struct fut_timers *timers, bool over)
{
	for (;;) {
		int64_t deadline = FUT_FOREVER;
		uint32_t turn;
		bool ended;

		fut_lock(&timers->lock);
		ended = timers->phase == FUT_PHASE_ENDED;
		if (timers->root != NULL && !over)
			deadline = timers->root->key;
		timers->awaited_ns = deadline;
		turn = atomic_load_explicit(&timers->turn, FUT_RELAXED);
		fut_unlock(&timers->lock);
		if (ended)
			return false;
		if (fut_park(&timers->turn, turn, deadline) == ETIMEDOUT)
			return true;
	}
}

struct fut_task *fut_timers_pop(struct fut_timers *timers, int64_t now_ns)
{
	struct fut_heap_node *first = timers->root;

	FUT_ASSERT(fut_lock_held(&timers->lock));
	if (first == NULL || first->key > now_ns)
		return NULL;
	fut_heap_remove(&timers->root, first);
	return fut_timer_task(FUT_OWNER(first, struct fut_timer, node));
}

static struct fut_task *pop(struct fut_timers *timers, int64_t now_ns)
{
	struct fut_task *task;

	fut_lock(&timers->lock);
	task = fut_timers_pop(timers, now_ns);
	fut_unlock(&timers->lock);
	return task;
}

/* Which settle, and so fire hooks and call continuations of the inline one. */
static void run_due(struct fut_timers *timers)
{
	int64_t now_ns = fut_clock_now();
	struct fut_task *task;

	while ((task = pop(timers, now_ns)) != NULL)
		task->kind->run(task);
}

static void timers_main(void *argument)
{
	struct fut_pool *pool = argument;
	struct fut_timers *timers = &pool->timers;
	struct fut_frame frame;

	fut_thread_name_as(pool->name, "timer");
	/* Inside the pool, whatever runs here. */
	fut_frame_push(&frame, &pool->executor, NULL);
	while (await(timers, false)) {
		if (!fut_pool_enter(pool)) {
			/* The last worker is on its way to stop this. */
			await(timers, true);
			break;
		}
		run_due(timers);
		fut_pool_exit(pool);
	}
	fut_frame_pop(&frame);
}

/* Under the lock: the first timer that will ever be due starts the thread. */
static int start(struct fut_pool *pool)
{
	struct fut_timers *timers = &pool->timers;
	int error;

	timers->awaited_ns = INT64_MIN;
	error = fut_thread_start(&timers->thread, pool->stack_size, timers_main,
		pool);
	timers->running = error == 0;
	return error;
}

int fut_timers_check(const struct fut_timers *timers, struct fut_timer *timer,
	enum fut_post how, int64_t now_ns)
{
	int error = fut_phase_check(timers->phase, how, true);

	if (timer->node.prev == &off)
		return ECANCELED;
	/* An earlier executor's, in this shell. */
	if (fut_task_is_stale(fut_timer_task(timer)))
		return ESHUTDOWN;
	return error == 0 && timer->node.key <= now_ns ? ETIMEDOUT : error;
}

/* Under the lock. */
static int arm(struct fut_pool *pool, struct fut_timer *timer,
	enum fut_post how, int64_t now_ns)
{
	struct fut_timers *timers = &pool->timers;
	int error = fut_timers_check(timers, timer, how, now_ns);

	FUT_ASSERT(fut_lock_held(&timers->lock));
	if (error == 0 && !timers->running && timer->node.key != FUT_FOREVER)
		error = start(pool);
	if (error == 0)
		fut_heap_insert(&timers->root, &timer->node);
	return error;
}

int fut_pool_arm(struct future_executor *executor, struct fut_timer *timer,
	enum fut_post how)
{
	struct fut_pool *pool = fut_pool_of(executor);
	struct fut_timers *timers = &pool->timers;
	int64_t deadline_ns = timer->node.key, now_ns = fut_clock_now();
	bool wake;
	int error;

	fut_lock(&timers->lock);
	error = arm(pool, timer, how, now_ns);
	wake = error == 0 && timers->running &&
		deadline_ns < timers->awaited_ns;
	if (wake)
		call(timers, deadline_ns);
	fut_unlock(&timers->lock);
	/* The timer may have fired; the word is the shell's. */
	if (wake)
		fut_unpark(&timers->turn, 1);
	return error;
}

bool fut_timers_disarm(struct fut_timers *timers, struct fut_timer *timer)
{
	bool armed;

	fut_lock(&timers->lock);
	armed = timer->node.prev != NULL && timer->node.prev != &off;
	if (armed)
		fut_heap_remove(&timers->root, &timer->node);
	timer->node.prev = &off;
	fut_unlock(&timers->lock);
	return armed;
}

bool fut_pool_disarm(struct future_executor *executor, struct fut_timer *timer)
{
	return fut_timers_disarm(&fut_pool_of(executor)->timers, timer);
}

void fut_timers_shut(struct fut_timers *timers, enum fut_phase phase)
{
	fut_lock(&timers->lock);
	if (timers->phase < phase)
		timers->phase = (uint8_t)phase;
	fut_unlock(&timers->lock);
}

enum fut_phase fut_timers_phase(struct fut_timers *timers)
{
	enum fut_phase phase;

	fut_lock(&timers->lock);
	phase = timers->phase;
	fut_unlock(&timers->lock);
	return phase;
}

struct fut_task *fut_timers_take(struct fut_timers *timers)
{
	struct fut_task *first = NULL, **to = &first;

	while ((*to = pop(timers, FUT_FOREVER)) != NULL)
		to = &(*to)->next;
	return first;
}

struct fut_task *fut_timers_take_of(struct fut_timers *timers,
	const struct future_executor *executor)
{
	struct fut_task *first = NULL, **to = &first, *task;
	struct fut_heap_node *node;

	fut_lock(&timers->lock);
	for (node = timers->root; node != NULL; node = fut_heap_after(node)) {
		task = fut_timer_task(FUT_OWNER(node, struct fut_timer, node));
		if (task->executor != executor)
			continue;
		*to = task;
		to = &task->next;
	}
	*to = NULL;
	for (task = first; task != NULL; task = task->next)
		fut_heap_remove(&timers->root, &fut_timer_of(task)->node);
	fut_unlock(&timers->lock);
	return first;
}

struct fut_task *fut_pool_evict(struct future_executor *executor,
	struct future_executor *lane)
{
	return fut_timers_take_of(&fut_pool_of(executor)->timers, lane);
}

void fut_timers_end(struct fut_timers *timers)
{
	bool running;

	fut_lock(&timers->lock);
	timers->phase = FUT_PHASE_ENDED;
	running = timers->running;
	call(timers, INT64_MIN);
	fut_unlock(&timers->lock);
	if (running) {
		fut_unpark(&timers->turn, 1);
		fut_thread_join(timers->thread);
	}
	fut_tasks_drop(fut_timers_take(timers), ESHUTDOWN);
}

size_t fut_timers_count(struct fut_timers *timers, size_t most,
	int64_t *ret_first_ns)
{
	struct fut_heap_node *node;
	size_t count = 0;

	fut_lock(&timers->lock);
	node = timers->root;
	if (node != NULL)
		*ret_first_ns = node->key;
	for (; node != NULL && count < most; count++)
		node = fut_heap_after(node);
	fut_unlock(&timers->lock);
	return count;
}

struct fut_timers *fut_pool_timers(struct future_executor *executor)
{
	return &fut_pool_of(executor)->timers;
}
