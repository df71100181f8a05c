/*
 * Rounds: in each, main sets a scene, every thread acts on it at the same
 * time, and main looks at what is left.
 */
#ifndef TESTS_STRESS_H
#define TESTS_STRESS_H

#include "check.h"

#define ROUNDS scaled(3000)
#define ACTORS_MAX 8

struct scene {
	future_executor_t *pool;	/* the same in every round */
	future_promise_t *promise;
	future_t *future;		/* each actor has a reference */
	future_promise_t *promises[3];
	future_t *futures[3];
	void *arg;
	size_t number;
	atomic_int made;	/* values given away ... */
	atomic_int destroyed;	/* ... and destroyed */
	atomic_int wins;
	atomic_int calls;
	atomic_int errors;	/* what must not have happened */
};

typedef void act_fn(struct scene *scene);

struct actor {
	struct stage *stage;
	act_fn *act;
	uint32_t random;
};

struct stage {
	pthread_barrier_t barrier;
	struct scene scene;
	size_t rounds;
};

/* A short pause of random length, so that the rounds differ. */
static inline void actor_linger(struct actor *actor)
{
	uint32_t spins;

	actor->random ^= actor->random << 13;
	actor->random ^= actor->random >> 17;
	actor->random ^= actor->random << 5;
	spins = actor->random % 512;
	if (spins == 0)
		sched_yield();
	for (atomic_uint i = 0; i < spins; )
		atomic_fetch_add_explicit(&i, 1, memory_order_relaxed);
}

static inline void *actor_main(void *arg)
{
	struct actor *actor = arg;
	struct stage *stage = actor->stage;

	for (size_t i = 0; i < stage->rounds; i++) {
		pthread_barrier_wait(&stage->barrier);
		actor_linger(actor);
		actor->act(&stage->scene);
		pthread_barrier_wait(&stage->barrier);
	}
	return NULL;
}

/* `before` sets futures and promises; `acts` ends with NULL. */
static inline void stress(future_executor_t *pool, act_fn *before,
	act_fn *const *acts, act_fn *after)
{
	static struct stage stage;
	struct actor actors[ACTORS_MAX];
	pthread_t threads[ACTORS_MAX];
	unsigned count = 0;

	while (acts[count] != NULL)
		count++;
	stage.rounds = ROUNDS;
	pthread_barrier_init(&stage.barrier, NULL, count + 1);
	for (unsigned i = 0; i < count; i++) {
		actors[i] = (struct actor){ &stage, acts[i], i + 2463534242u };
		threads[i] = start(actor_main, &actors[i]);
	}
	for (size_t i = 0; i < stage.rounds; i++) {
		stage.scene = (struct scene){ .pool = pool, .number = i };
		before(&stage.scene);
		for (unsigned n = 0; n < count; n++)
			future_ref(stage.scene.future);
		pthread_barrier_wait(&stage.barrier);
		pthread_barrier_wait(&stage.barrier);
		after(&stage.scene);
	}
	for (unsigned i = 0; i < count; i++)
		finish(threads[i]);
	pthread_barrier_destroy(&stage.barrier);
}

/* Runs the acts that are named against each other. */
#define STRESS(pool, before, after, ...) stress((pool), (before), \
	(act_fn *const[]){ __VA_ARGS__, NULL }, (after))

static inline future_result_t scene_value(struct scene *scene)
{
	atomic_fetch_add(&scene->made, 1);
	return owned(&scene->destroyed);
}

static inline void scene_bad(struct scene *scene, bool bad)
{
	if (bad)
		atomic_fetch_add(&scene->errors, 1);
}

/* One round has gone well. */
#define SCENE_OK(scene) do { \
	if (atomic_load(&(scene)->errors) != 0 || \
			atomic_load(&(scene)->made) != \
			atomic_load(&(scene)->destroyed)) \
		ck_abort_msg("round %zu: %d errors, %d made, %d destroyed", \
			(scene)->number, (scene)->errors, (scene)->made, \
			(scene)->destroyed); \
} while (0)

#endif
