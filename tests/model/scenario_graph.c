/*
 * A wait on a worker never hangs, and is told EDEADLK only where nothing that
 * it needs can move: random graphs, against an oracle that looks at all of
 * them at once.
 */
#include "graph.h"

#include <future/lane.h>
#include <stdatomic.h>

struct graph graph;

static bool nobody_helps;
static bool with_cancels;	/* functions may cancel */
static bool vague;	/* whether something could move, see is_vague() */
static char names[POOLS];

static int chosen(int n)
{
	return (int)model_choose((unsigned)n);
}

static _Atomic(future_t *) futures[NODES];

/* NULL if it is not there yet: a timer may have fired early. */
static future_t *of(int node)
{
	return atomic_load_explicit(&futures[node], memory_order_acquire);
}

static void is_there(int node, future_t *future)
{
	shadow_there(node, future);
	atomic_store_explicit(&futures[node], future, memory_order_release);
}

/* A wait, and whether it was right to end so. */
static void await(int node, int target)
{
	future_t *future = of(target);
	int error, before = graph.cancelled;

	if (future == NULL)
		return;
	shadow_waits(node, target);
	error = graph.node[node].joins ? future_join(future, FUTURE_FOREVER) :
		future_wait(future, FUTURE_FOREVER);
	MODEL_CHECK(error == 0 || error == EDEADLK || error == ECANCELED);
	if (error == EDEADLK && graph_can_move(target, nobody_helps)) {
		/* Only to tell others what they need not know any more. */
		model_rest();
		MODEL_CHECK(vague || graph.cancels != before ||
			graph_settled(node) ||
			!graph_can_move(target, nobody_helps));
	}
	shadow_woken(node);
}

static future_result_t inner_run(void *arg);

static void submit_inner(int node)
{
	int inner = graph.node[node].inner;
	int place = graph.node[inner].place;

	is_there(inner, future_submit(graph.place[place].executor,
		inner_run, &graph.node[inner]));
	await(node, inner);
}

static future_result_t follow(future_t *future)
{
	return future == NULL ? future_ok(NULL) :
		future_follow(future_ref(future));
}

static void cancel(int target)
{
	future_t *future = of(target);

	if (future == NULL)
		return;
	shadow_cancels();
	future_cancel(future);
	shadow_cancelled();
}

static future_result_t run(struct node *node)
{
	int at = (int)(node - graph.node);
	future_result_t result = node->fails ? future_fail(EIO) :
		future_ok(NULL);

	shadow_begins(at);
	if (node->cancels != NOBODY && !node->late)
		cancel(node->cancels);
	for (int i = 0; i < node->waits; i++)
		await(at, node->wait[i]);
	if (node->inner != NOBODY)
		submit_inner(at);
	if (node->cancels != NOBODY && node->late)
		cancel(node->cancels);
	if (node->follows != NOBODY)
		result = follow(of(node->follows));
	shadow_returns(at);
	return result;
}

static future_result_t inner_run(void *arg)
{
	return run(arg);
}

static future_result_t then_run(future_result_t in, void *arg)
{
	(void)in;
	return run(arg);
}

static void worker_starts(void *name)
{
	shadow_works((int)((char *)name - names));
}

/* One or two pools of one or two threads, spare ones too, and lanes. */
static void draw_places(void)
{
	int pools = 1 + chosen(POOLS);

	graph.places = 0;
	for (int i = 0; i < pools; i++) {
		struct place *place = &graph.place[graph.places++];
		int most = pools == 1 ? 4 : 2;
		int threads = 1 + chosen(most);
		int spare = threads < most ? chosen(2) : 0;
		future_pool_options_t options = { .threads = (size_t)threads,
			.spare_threads = (size_t)spare,
			.on_thread_start = worker_starts,
			.hook_arg = &names[i] };

		place->pool = NOBODY;
		place->limit = threads + spare;
		MODEL_CHECK(future_pool_new(&options, &place->executor) == 0);
	}
	for (int i = chosen(3); i > 0 && graph.places < PLACES; i--) {
		struct place *place = &graph.place[graph.places++];

		place->pool = chosen(pools);
		place->limit = 1 + chosen(2);
		MODEL_CHECK(future_lane_new(graph.place[place->pool].executor,
			(size_t)place->limit, &place->executor) == 0);
	}
}

static int another(int node)
{
	int other = chosen(graph.nodes - 1);

	return other < node ? other : other + 1;
}

static void draw_function(int at)
{
	struct node *node = &graph.node[at];

	node->place = chosen(graph.places);
	node->waits = chosen(3);
	for (int i = 0; i < node->waits; i++)
		node->wait[i] = another(at);
	/* No rings: those are the matter of who follows. */
	if (at > 0 && chosen(8) == 0)
		node->follows = chosen(at);
	if (with_cancels && chosen(3) == 0) {
		node->cancels = another(at);
		node->late = chosen(2) == 0;
	}
	node->joins = with_cancels && chosen(4) == 0;
}

static void draw_inputs(int at)
{
	struct node *node = &graph.node[at];

	if (node->kind == NODE_THEN || node->kind == NODE_TIMEOUT)
		node->inputs = 1;
	else
		node->inputs = 1 + chosen(INPUTS);
	for (int i = 0; i < node->inputs; i++)
		node->input[i] = chosen(at);
}

static void draw_node(int at)
{
	static const enum node_kind kinds[] = { NODE_TASK, NODE_TASK,
		NODE_TASK, NODE_TASK, NODE_TASK, NODE_THEN, NODE_THEN,
		NODE_THEN, NODE_ALL, NODE_ALL, NODE_ANY, NODE_RACE,
		NODE_PROMISE, NODE_TIMER, NODE_TIMEOUT, NODE_TASK };
	struct node *node = &graph.node[at];

	*node = (struct node){ .follows = NOBODY, .inner = NOBODY,
		.now = NOBODY, .place = NOBODY, .cancels = NOBODY };
	node->kind = at == 0 ? NODE_TASK : kinds[chosen(16)];
	node->fails = chosen(4) == 0;
	if (node->kind == NODE_TASK || node->kind == NODE_THEN)
		draw_function(at);
	if (node->kind == NODE_PROMISE && chosen(4) == 0)
		node->follows = chosen(at);
	if (node->kind != NODE_TASK && node->kind != NODE_PROMISE &&
	    node->kind != NODE_TIMER)
		draw_inputs(at);
}

/* The last is what another submits, and gets. */
static void draw_inner(void)
{
	int owner = chosen(graph.nodes), at = graph.nodes;

	if (graph.node[owner].kind != NODE_TASK &&
	    graph.node[owner].kind != NODE_THEN)
		return;
	graph.nodes++;
	graph.node[at] = (struct node){ .kind = NODE_INNER,
		.place = chosen(graph.places), .follows = NOBODY,
		.inner = NOBODY, .now = NOBODY, .cancels = NOBODY };
	graph.node[owner].inner = at;
}

static future_t *combined(const struct node *node)
{
	future_t *inputs[INPUTS];
	size_t count = (size_t)node->inputs;

	for (int i = 0; i < node->inputs; i++)
		inputs[i] = of(node->input[i]);
	if (node->kind == NODE_ALL)
		return future_all(inputs, count);
	return node->kind == NODE_ANY ? future_any(inputs, count) :
		future_race(inputs, count);
}

static future_time_t soon(void)
{
	return (future_time_t){ future_now().ns + 40000 };
}

static future_t *built(struct node *node)
{
	/* The home of the others: no timer is to be the default pool's. */
	int place = node->place == NOBODY ? 0 : node->place;
	future_executor_t *where = graph.place[place].executor;

	switch (node->kind) {
	case NODE_TASK:
		return future_handle_on(graph.go, where, then_run, node);
	case NODE_THEN:
		return future_handle_on(of(node->input[0]), where, then_run,
			node);
	case NODE_PROMISE:
		MODEL_CHECK(future_promise_new(where, &node->promise) == 0);
		return future_promise_future(node->promise);
	case NODE_TIMER:
		return future_after(where, soon());
	case NODE_TIMEOUT:
		return future_timeout(of(node->input[0]), soon());
	default:
		return combined(node);
	}
}

static void settle(struct node *node)
{
	future_result_t result = node->fails ? future_fail(EIO) :
		future_ok(NULL);

	if (node->follows != NOBODY)
		result = follow(of(node->follows));
	future_promise_settle(node->promise, result);
}

/*
 * By a timeout; or because who was cancelled follows it, in the end.  Nor can
 * the oracle tell what a join needs.
 */
static bool is_vague(const struct node *node)
{
	return node->kind == NODE_TIMEOUT || node->joins ||
		(node->cancels != NOBODY &&
			graph.node[node->cancels].follows != NOBODY);
}

static void draw(void)
{
	int nodes = 3 + chosen(NODES - 3);

	for (int i = 0; i < MOST_THREADS; i++)
		graph.worker_of[i] = NOBODY;
	nobody_helps = chosen(4) == 0;
	if (nobody_helps)
		model_deep();
	draw_places();
	graph.nodes = nodes;
	for (int i = 0; i < nodes; i++)
		draw_node(i);
	for (int i = 0; i < nodes; i++)
		vague |= is_vague(&graph.node[i]);
	if (nodes < NODES)
		draw_inner();
}

static void run_graph(void)
{
	future_promise_t *go;

	draw();
	MODEL_CHECK(future_promise_new(graph.place[0].executor, &go) == 0);
	graph.go = future_promise_future(go);
	for (int i = 0; i < graph.nodes; i++)
		if (graph.node[i].kind != NODE_INNER)
			is_there(i, built(&graph.node[i]));
	future_promise_settle(go, future_ok(NULL));
	for (int i = 0; i < graph.nodes; i++)
		if (graph.node[i].kind == NODE_PROMISE)
			settle(&graph.node[i]);
	for (int i = 0; i < graph.nodes; i++)
		if (graph.node[i].kind != NODE_INNER)
			MODEL_CHECK(future_wait(of(i), FUTURE_FOREVER) == 0);
	for (int i = graph.places; i-- > 0;)
		future_executor_unref(graph.place[i].executor);
	for (int i = 0; i < graph.nodes; i++) {
		future_unref(of(i));
		future_promise_free(graph.node[i].promise);
	}
	future_unref(graph.go);
	future_promise_free(go);
}

SCENARIO(random_waits, .draws = 1000000)
{
	run_graph();
}

/* Some functions cancel others, or what these wait for. */
SCENARIO(random_cancels, .draws = 300000)
{
	with_cancels = true;
	run_graph();
}
