/*
 * An executor for the tests of those: works lie in a list until a test takes
 * them out, or a crew of threads runs them.
 *
 *	struct hands hands = HANDS;
 *	future_executor_t *own = hands_new(&hands, 0);
 *
 *	future_work_run(hands_take(&hands));
 */
#ifndef OWN_H
#define OWN_H

#include "support.h"

enum { HANDS_MAX = 64, CREW_MAX = 4 };

struct hands {
	pthread_mutex_t lock;
	pthread_cond_t came;
	future_work_t *works[HANDS_MAX];	/* under lock: a ring */
	size_t first, count;	/* under lock */
	size_t posted;		/* under lock */
	bool stop;		/* under lock: the crew goes home */
	atomic_int refusal;	/* what post returns if it is not 0 */
	pthread_t crew[CREW_MAX];
	size_t threads;
	atomic_int freed;
};

#define HANDS { .lock = PTHREAD_MUTEX_INITIALIZER, \
	.came = PTHREAD_COND_INITIALIZER }

static inline int hands_post(void *self, future_work_t *work)
{
	struct hands *hands = self;
	int error = atomic_load(&hands->refusal);

	if (error != 0)
		return error;
	pthread_mutex_lock(&hands->lock);
	if (hands->count == HANDS_MAX) {
		error = EAGAIN;
	} else {
		hands->works[(hands->first + hands->count++) % HANDS_MAX] =
			work;
		hands->posted++;
		pthread_cond_signal(&hands->came);
	}
	pthread_mutex_unlock(&hands->lock);
	return error;
}

/* Under the lock. */
static inline future_work_t *hands_pop(struct hands *hands)
{
	future_work_t *work = hands->works[hands->first];

	hands->first = (hands->first + 1) % HANDS_MAX;
	hands->count--;
	return work;
}

/* The oldest; waits until there is one.  NULL: it is time to go home. */
static inline future_work_t *hands_await(struct hands *hands)
{
	future_work_t *work = NULL;

	pthread_mutex_lock(&hands->lock);
	while (hands->count == 0 && !hands->stop)
		pthread_cond_wait(&hands->came, &hands->lock);
	if (hands->count > 0)
		work = hands_pop(hands);
	pthread_mutex_unlock(&hands->lock);
	return work;
}

/* The oldest; there is one. */
static inline future_work_t *hands_take(struct hands *hands)
{
	future_work_t *work;

	pthread_mutex_lock(&hands->lock);
	ck_assert_uint_gt(hands->count, 0);
	work = hands_pop(hands);
	pthread_mutex_unlock(&hands->lock);
	return work;
}

static inline size_t hands_count(struct hands *hands)
{
	size_t count;

	pthread_mutex_lock(&hands->lock);
	count = hands->count;
	pthread_mutex_unlock(&hands->lock);
	return count;
}

/* Runs what lies there, and what that posts. */
static inline void hands_run_all(struct hands *hands)
{
	while (hands_count(hands) > 0)
		future_work_run(hands_take(hands));
}

static inline void *crew_main(void *arg)
{
	future_work_t *work;

	while ((work = hands_await(arg)) != NULL)
		future_work_run(work);
	return NULL;
}

/* On one of the crew: that one cannot be joined here. */
static inline void hands_free(void *self)
{
	struct hands *hands = self;

	pthread_mutex_lock(&hands->lock);
	hands->stop = true;
	pthread_cond_broadcast(&hands->came);
	pthread_mutex_unlock(&hands->lock);
	for (size_t i = 0; i < hands->threads; i++) {
		if (pthread_equal(hands->crew[i], pthread_self()))
			pthread_detach(hands->crew[i]);
		else
			pthread_join(hands->crew[i], NULL);
	}
	atomic_fetch_add(&hands->freed, 1);
}

static inline future_executor_t *own_with(
	int (*post)(void *self, future_work_t *work),
	void (*free_self)(void *self), void *self)
{
	future_executor_ops_t ops = { .post = post, .free = free_self };
	future_executor_t *own = NULL;

	ck_assert_int_eq(future_executor_new(&ops, self, &own), 0);
	ck_assert_ptr_nonnull(own);
	return own;
}

/* With a crew of so many; 0: the test runs what is posted. */
static inline future_executor_t *hands_new(struct hands *hands, size_t threads)
{
	future_executor_t *own = own_with(hands_post, hands_free, hands);

	ck_assert_uint_le(threads, CREW_MAX);
	for (size_t i = 0; i < threads; i++)
		hands->crew[i] = thread_start(crew_main, hands);
	hands->threads = threads;
	return own;
}

#endif
