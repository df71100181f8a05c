/*
 * Random graphs of waits, and what is true of them.
 *
 * A node is a future: a task or a continuation that waits for other nodes, a
 * combined one, a promise, a timer.  Tasks run on pools and lanes, and any may
 * wait for any other, so that some of them can never end.
 *
 * The shadow says which function runs on which thread, and which node that
 * waits for.  It is written and read between two steps: neither is seen by the
 * explorer, nor explored.
 */
#ifndef GRAPH_H
#define GRAPH_H

#include "scenario.h"

enum { NODES = 9, INPUTS = 3, POOLS = 2, PLACES = 4, MOST_THREADS = 8 };

enum node_kind {
	NODE_TASK,	/* released by `go`; or submitted */
	NODE_THEN,	/* of its one input, whatever its outcome */
	NODE_ALL,
	NODE_ANY,
	NODE_RACE,
	NODE_PROMISE,	/* settled by thread 0 in the end, or follows one */
	NODE_TIMER,
	NODE_TIMEOUT,	/* of its one input */
	NODE_INNER,	/* submitted by the node that is its input, and got */
	NODE_KINDS
};

enum { NOBODY = -1 };

struct node {
	enum node_kind kind;
	int place;			/* where it runs */
	int input[INPUTS], inputs;
	int cancels;			/* what it cancels, or NOBODY */
	bool late;			/* not before its waits, but after */
	int wait[2], waits;		/* what its function waits for, first */
	bool joins;			/* rather than wait */
	int follows;			/* then this, or NOBODY */
	int inner;			/* what it submits, or NOBODY */
	bool fails;
	future_promise_t *promise;
	/* The shadow. */
	const future_t *future;		/* NULL: it is not there yet */
	bool started, returned;
	int thread;			/* that runs it */
	int now;			/* what that waits for in it */
};

/* A pool, or a lane on one. */
struct place {
	future_executor_t *executor;
	int pool;			/* of a lane; NOBODY: it is one */
	int limit;			/* of a lane; of a pool, its threads */
};

struct graph {
	struct node node[NODES];
	int nodes, places;
	struct place place[PLACES];
	future_t *go;			/* releases the tasks */
	int cancels, cancelled;		/* how many have begun, been done */
	int worker_of[MOST_THREADS];	/* a place, or NOBODY */
	int stack[MOST_THREADS][NODES], depth[MOST_THREADS];
};

/* Written once more where its functions begin and end, by those below. */
extern struct graph graph;

/* A wait for `target` begins in `node`, on the calling thread; it has ended. */
void shadow_waits(int node, int target);
void shadow_woken(int node);

/* The function of `node` begins, has returned. */
void shadow_begins(int node);
void shadow_returns(int node);

/* A cancel begins; it has been done. */
void shadow_cancels(void);
void shadow_cancelled(void);

void shadow_works(int place);
/* `node` is there, and its future. */
void shadow_there(int node, const future_t *future);

/* True even where the calling thread could not know it yet. */
bool graph_settled(int node);

/*
 * True if something that `target` needs, at any distance, can still move: of
 * that there is a least set.  `nobody_helps` by running what he waits for.
 */
bool graph_can_move(int target, bool nobody_helps);

#endif
