/* See graph.h.  Nothing here is watched: it is no part of what is explored. */
#include "graph.h"

#include "cell.h"
#include "run.h"

#include <stdio.h>

void shadow_waits(int node, int target)
{
	graph.node[node].now = target;
}

void shadow_woken(int node)
{
	graph.node[node].now = NOBODY;
}

void shadow_begins(int node)
{
	unsigned thread = model_thread();

	graph.node[node].started = true;
	graph.node[node].thread = (int)thread;
	graph.stack[thread][graph.depth[thread]++] = node;
}

void shadow_returns(int node)
{
	graph.node[node].returned = true;
	graph.depth[model_thread()]--;
}

void shadow_cancels(void)
{
	graph.cancels++;
}

void shadow_cancelled(void)
{
	graph.cancelled++;
}

void shadow_works(int place)
{
	graph.worker_of[model_thread()] = place;
}

void shadow_there(int node, const future_t *future)
{
	graph.node[node].future = future;
}

/* The oracle. */

static bool can[NODES], awake[MOST_THREADS];

static uint32_t raw(const future_t *future)
{
	return (uint32_t)*(const volatile uint64_t *)&future->word;
}

bool graph_settled(int node)
{
	return (raw(graph.node[node].future) & FUT_SETTLED) != 0;
}

/* Settled, but those who wait for it have not all been told. */
static bool firing(const future_t *future)
{
	return (raw(future) & (FUT_SETTLED | FUT_FIRING)) ==
		(FUT_SETTLED | FUT_FIRING);
}

/* The thread's innermost function, or NOBODY. */
static int innermost(int thread)
{
	int depth = graph.depth[thread];

	return depth == 0 ? NOBODY : graph.stack[thread][depth - 1];
}

/* What that waits for, or NOBODY. */
static int waits_for(int thread)
{
	int node = innermost(thread);

	return node == NOBODY ? NOBODY : graph.node[node].now;
}

/* A cancel of its function ends its wait. */
static bool asleep(int thread)
{
	int target = waits_for(thread);

	return target != NOBODY && !graph_settled(target) && !awake[thread] &&
		!graph_settled(innermost(thread));
}

static bool runs_in(int thread, int place)
{
	for (int i = 0; i < graph.depth[thread]; i++)
		if (graph.node[graph.stack[thread][i]].place == place)
			return true;
	return false;
}

/* How many of a lane's functions run; on threads that are awake. */
static int running_in(int lane, int *ret_awake)
{
	int running = 0;

	*ret_awake = 0;
	for (int i = 0; i < graph.nodes; i++) {
		const struct node *node = &graph.node[i];

		if (node->place != lane || !node->started || node->returned)
			continue;
		running++;
		*ret_awake += !asleep(node->thread);
	}
	return running;
}

/*
 * True if `node` needs `other`: without a thread between them.  In a ring it
 * goes round until it has made as many steps as there are nodes.
 */
static bool needs_in(int node, int other, int steps)
{
	const struct node *at = &graph.node[node];

	if (node == other)
		return true;
	if (graph_settled(node) || steps == 0)
		return false;
	if (raw(at->future) & FUT_FOLLOWS)
		return needs_in(at->follows, other, steps - 1);
	if (at->started || at->kind == NODE_INNER)
		return false;
	for (int i = 0; i < at->inputs; i++)
		if (needs_in(at->input[i], other, steps - 1))
			return true;
	return false;
}

static bool needs(int node, int other)
{
	return needs_in(node, other, graph.nodes);
}

/* Somebody who sleeps could run it for himself. */
static bool helped(int node)
{
	int place = graph.node[node].place, pool = graph.place[place].pool;
	int running = 0, some;

	if (pool != NOBODY)
		running = running_in(place, &some);
	for (int i = 0; i < MOST_THREADS; i++) {
		bool inside = runs_in(i, place);
		bool near = graph.worker_of[i] == place || inside ||
			(pool != NOBODY && (graph.worker_of[i] == pool ||
				runs_in(i, pool)));

		if (waits_for(i) != NOBODY && near &&
		    (pool == NOBODY || inside ||
				running < graph.place[place].limit) &&
		    needs(waits_for(i), node))
			return true;
	}
	return false;
}

static bool pool_moves(int pool)
{
	int idle = graph.place[pool].limit;

	for (int i = 0; i < MOST_THREADS; i++)
		idle -= graph.worker_of[i] == pool && asleep(i);
	return idle > 0;
}

static bool deep;

/* It waits for a thread. */
static bool queued_moves(int node)
{
	int place = graph.node[node].place, pool = graph.place[place].pool;
	int running, some;

	if (!deep && helped(node))
		return true;
	if (pool == NOBODY)
		return pool_moves(place);
	running = running_in(place, &some);
	return some > 0 || (running < graph.place[place].limit &&
		pool_moves(pool));
}

static bool inputs_move(const struct node *node)
{
	bool open = false;

	for (int i = 0; i < node->inputs; i++) {
		if (firing(graph.node[node->input[i]].future))
			return true;
		open |= !graph_settled(node->input[i]);
		if (!graph_settled(node->input[i]) && can[node->input[i]])
			return true;
	}
	return !open;
}

static bool source_moves(int at)
{
	const struct node *node = &graph.node[at];

	if (node->kind == NODE_TASK && (firing(graph.go) ||
			!(raw(graph.go) & FUT_SETTLED)))
		return true;
	if (node->kind == NODE_THEN && (!graph_settled(node->input[0]) ||
			firing(graph.node[node->input[0]].future)))
		return inputs_move(node);
	return queued_moves(at);
}

static bool node_moves(int at)
{
	const struct node *node = &graph.node[at];

	if (node->future == NULL)
		return false;
	if (graph_settled(at) || node->kind == NODE_TIMER ||
	    node->kind == NODE_TIMEOUT)
		return true;
	if (raw(node->future) & FUT_FOLLOWS)
		return (raw(node->future) & FUT_LINKING) ||
			can[node->follows] ||
			firing(graph.node[node->follows].future);
	if (node->started)
		return node->returned || !asleep(node->thread);
	switch (node->kind) {
	case NODE_PROMISE:
		return true;
	case NODE_TASK:
	case NODE_THEN:
	case NODE_INNER:
		return source_moves(at);
	default:
		return inputs_move(node);
	}
}

static void tell_list(const char *what, const int *list, int count)
{
	for (int i = 0; i < count; i++)
		printf("%s%d", i == 0 ? what : " ", list[i]);
}

static void tell_node(int at)
{
	static const char *const kinds[NODE_KINDS] = { "task", "then", "all",
		"any", "race", "promise", "timer", "timeout", "inner" };
	const struct node *node = &graph.node[at];

	printf("  %d %s", at, kinds[node->kind]);
	tell_list(" of ", node->input, node->inputs);
	if (node->place != NOBODY)
		printf(" in %d", node->place);
	tell_list(node->joins ? " joins " : " waits for ", node->wait,
		node->waits);
	if (node->inner != NOBODY)
		printf(" gets %d", node->inner);
	if (node->cancels != NOBODY)
		printf(" %s %d", node->late ? "then cancels" :
			"first cancels", node->cancels);
	if (node->follows != NOBODY)
		printf(" follows %d", node->follows);
	printf("; %s", node->future == NULL ? "not there" :
		graph_settled(at) ? "settled" : can[at] ? "can move" :
		"cannot move");
	if (node->started)
		printf(", %s by T%d", node->returned ? "was run" : "runs",
			node->thread);
	if (node->now != NOBODY)
		printf(", waiting for %d", node->now);
	putchar('\n');
}

void model_tell(void)
{
	if (graph.nodes == 0)
		return;
	for (int i = 0; i < graph.places; i++)
		printf("  place %d: %s %d of %d\n", i,
			graph.place[i].pool == NOBODY ? "pool" : "lane on",
			graph.place[i].pool, graph.place[i].limit);
	for (int i = 0; i < MOST_THREADS; i++)
		if (graph.worker_of[i] != NOBODY)
			printf("  T%d works in %d%s\n", i, graph.worker_of[i],
				asleep(i) ? ", asleep" : "");
	for (int i = 0; i < graph.nodes; i++)
		tell_node(i);
}

bool graph_can_move(int target, bool nobody_helps)
{
	bool more = true;

	deep = nobody_helps;
	memset(can, 0, sizeof(can));
	memset(awake, 0, sizeof(awake));
	while (more) {
		more = false;
		for (int i = 0; i < graph.nodes; i++)
			if (!can[i] && node_moves(i))
				more = can[i] = true;
		for (int i = 0; i < MOST_THREADS; i++)
			if (asleep(i) && can[waits_for(i)])
				more = awake[i] = true;
	}
	return can[target];
}
