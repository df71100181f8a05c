/*
 * Floor 6: futures in the order in which they settle.
 *
 * On each that was added hangs a continuation on the inline executor, not under
 * its token, with which it would go unheard; when it runs, who asks first is
 * given the future, or else it is ready.  So of these two lists one is empty.
 *
 * Who asks has a promise, settled or cancelled once: so nobody is given a
 * future who no longer waits for it.  Those that were cancelled are taken off
 * when they would be in the way.  Whoever takes an asker, or an entry, off its
 * list under the lock has it in hand.  No future is made, settled, cancelled or
 * let go under the lock.
 */
#include <future.h>

#include <errno.h>
#include <stdlib.h>

/* Of a ring through its list's head; one that is in none has no next. */
struct node {
	struct node *next, *prev;
};

struct future_completion {
	future_mutex_t lock;
	struct node pending;	/* all of these are under lock */
	struct node ready;
	struct node askers;
	size_t left;		/* added, and not given to anybody */
	long giving;		/* askers in hand: they may be too late */
	long spare;		/* left, less askers: not below -giving */
	size_t refs;		/* the user's, each entry's, who gives */
	bool closed;
	future_token_t *apart;	/* constant; one that is not cancelled */
};

/* One that was added. */
struct entry {
	struct node node;	/* first */
	struct future_completion *of;
	future_t *future;
	future_t *hung;		/* the continuation */
	bool settled;		/* these are under lock */
	int refs;		/* of who has it in hand; the continuation's */
};

struct asker {
	struct node node;	/* first */
	future_promise_t *promise;
	bool returns;		/* an entry not taken comes back */
};

static void list_init(struct node *list)
{
	list->next = list->prev = list;
}

static void list_append(struct node *list, struct node *node)
{
	node->prev = list->prev;
	node->next = list;
	list->prev->next = node;
	list->prev = node;
}

static void list_remove(struct node *node)
{
	node->next->prev = node->prev;
	node->prev->next = node->next;
	node->next = NULL;
}

/* Takes the first off; NULL if there is none. */
static void *list_pop(struct node *list)
{
	struct node *first = list->next;

	if (first == list)
		return NULL;
	list_remove(first);
	return first;
}

static void release(struct future_completion *of)
{
	bool last;

	future_mutex_lock(&of->lock);
	last = --of->refs == 0;
	future_mutex_unlock(&of->lock);
	if (last)
		free(of);
}

/* One of its two holders is done. */
static void entry_put(void *arg)
{
	struct entry *entry = arg;
	struct future_completion *of = entry->of;
	bool last;

	future_mutex_lock(&of->lock);
	last = --entry->refs == 0;
	future_mutex_unlock(&of->lock);
	if (!last)
		return;
	future_unref(entry->hung);
	future_unref(entry->future);
	free(entry);
	release(of);
}

static void drop_future(void *future)
{
	future_unref(future);
}

static void asker_free(struct asker *asker)
{
	future_promise_free(asker->promise);
	free(asker);
}

static void refuse(struct asker *asker, int error)
{
	future_promise_settle(asker->promise, future_fail(error));
	asker_free(asker);
}

static void entry_return(void *entry);

/* Both are in hand.  False: nobody waits any more, and the entry still is. */
static bool answer(struct asker *asker, struct entry *entry)
{
	bool returns = asker->returns, given;

	given = future_promise_settle(asker->promise, returns ?
		future_own(entry, entry_return) :
		future_own(future_ref(entry->future), drop_future));
	asker_free(asker);
	if (returns)
		return true;	/* or it has been returned */
	if (given)
		entry_put(entry);
	return given;
}

/* Has been given: who came to ask in case it came back does so in vain. */
static void given(struct future_completion *of)
{
	struct asker *vain = NULL;

	future_mutex_lock(&of->lock);
	of->giving--;
	if (of->spare + of->giving < 0 && of->askers.prev != &of->askers) {
		vain = (struct asker *)of->askers.prev;
		list_remove(&vain->node);
		of->spare++;
	}
	future_mutex_unlock(&of->lock);
	if (vain != NULL)
		refuse(vain, ENOENT);
}

/* Gives an entry in hand to who asks first, or it is ready; or it is `back`. */
static void give(struct entry *entry, bool back)
{
	struct future_completion *of = entry->of;
	struct asker *asker;
	bool closed, again = false;

	do {
		future_mutex_lock(&of->lock);
		of->left += back;
		of->spare += back;
		of->giving -= again;
		of->refs += !again;
		back = again = true;
		closed = of->closed;
		asker = list_pop(&of->askers);
		if (asker != NULL) {
			of->left--;
			of->giving++;
		} else if (!closed) {
			list_append(&of->ready, &entry->node);
		}
		future_mutex_unlock(&of->lock);
	} while (asker != NULL && !answer(asker, entry));
	if (asker != NULL)
		given(of);
	else if (closed)
		entry_put(entry);
	release(of);
}

static void entry_return(void *entry)
{
	give(entry, true);
}

/*
 * The continuation comes here without, add() with `hung`, in any order; the
 * second has an entry in hand that was added and has settled.
 */
static void offer(struct entry *entry, future_t *hung)
{
	struct future_completion *of = entry->of;
	bool both;

	future_mutex_lock(&of->lock);
	both = hung != NULL ? entry->settled : entry->node.next != NULL;
	if (hung == NULL) {
		entry->settled = true;
		if (both)
			list_remove(&entry->node);
	} else {
		entry->hung = hung;
		of->left++;
		of->spare++;
		if (!both)
			list_append(&of->pending, &entry->node);
	}
	future_mutex_unlock(&of->lock);
	if (both)
		give(entry, false);
}

static future_result_t hear(future_result_t in, void *entry)
{
	(void)in;
	offer(entry, NULL);
	return future_ok(NULL);
}

static struct entry *entry_new(struct future_completion *of, future_t *future)
{
	struct entry *entry = malloc(sizeof(*entry));

	if (entry == NULL)
		return NULL;
	*entry = (struct entry){ .of = of, .future = future_ref(future),
		.refs = 2 };
	future_mutex_lock(&of->lock);
	of->refs++;
	future_mutex_unlock(&of->lock);
	return entry;
}

int future_completion_add(future_completion_t *completion, future_t *future)
{
	struct entry *entry;
	future_t *hung;
	int error;

	if (completion == NULL || future == NULL)
		return EINVAL;
	entry = entry_new(completion, future);
	if (entry == NULL)
		return ENOMEM;
	hung = future_then_with(future, &(future_continuation_t){
		.on = FUTURE_ON_EITHER, .executor = future_inline(),
		.token = completion->apart, .fn = hear, .arg = entry,
		.destroy_arg = entry_put });
	if (future_state(hung) != FUTURE_FAILED) {
		offer(entry, hung);
		return 0;
	}
	/* Refused: what it runs does not fail. */
	error = future_get(hung).error;
	future_unref(hung);
	entry_put(entry);
	return error;
}

/* Under the lock: those who no longer wait go over to `gone`. */
static void sweep(struct future_completion *of, struct node *gone)
{
	struct node *node = of->askers.next, *next;

	for (; node != &of->askers; node = next) {
		struct asker *asker = (struct asker *)node;

		next = node->next;
		if (future_promise_is_settled(asker->promise)) {
			list_remove(node);
			list_append(gone, node);
			of->spare++;
		}
	}
}

/*
 * What is ready, in hand: 0.  Or ENOENT; or EAGAIN: there may be something to
 * wait for, and `asker`, unless it is NULL, is listed.
 */
static int look(struct future_completion *of, struct asker *asker,
	struct entry **ret_entry)
{
	struct asker *swept;
	struct node gone = { &gone, &gone };
	int error = 0;

	future_mutex_lock(&of->lock);
	*ret_entry = list_pop(&of->ready);
	if (*ret_entry != NULL) {
		of->left--;
		of->spare--;
	} else {
		if (of->spare + of->giving == 0)
			sweep(of, &gone);
		error = of->spare + of->giving == 0 ? ENOENT : EAGAIN;
		if (error == EAGAIN && asker != NULL) {
			list_append(&of->askers, &asker->node);
			of->spare--;
		}
	}
	future_mutex_unlock(&of->lock);
	while ((swept = list_pop(&gone)) != NULL)
		asker_free(swept);
	return error;
}

static future_t *ask(struct future_completion *of, bool returns)
{
	struct asker *asker = malloc(sizeof(*asker));
	struct entry *entry;
	future_t *future;
	int error;

	if (asker == NULL)
		return future_ready(future_fail(ENOMEM));
	*asker = (struct asker){ .returns = returns };
	error = future_promise_new(future_current(), &asker->promise);
	if (error != 0) {
		free(asker);
		return future_ready(future_fail(error));
	}
	future = future_promise_future(asker->promise);
	error = look(of, asker, &entry);
	if (error == 0)
		answer(asker, entry);
	else if (error == ENOENT)
		refuse(asker, ENOENT);
	return future;
}

future_t *future_completion_next_async(future_completion_t *completion)
{
	if (completion == NULL)
		return future_ready(future_fail(EINVAL));
	return ask(completion, false);
}

/* A race of `waiting` and of all that are pending; ENOMEM. */
static future_t *race(struct future_completion *of, future_t *waiting)
{
	size_t most = future_completion_left(of), count = 0;
	future_t **list = malloc((most + 1) * sizeof(future_t *)), *race;

	if (list == NULL)
		return future_ready(future_fail(ENOMEM));
	future_mutex_lock(&of->lock);
	for (struct node *node = of->pending.next; node != &of->pending &&
	     count < most; node = node->next)
		list[count++] = future_ref(((struct entry *)node)->hung);
	future_mutex_unlock(&of->lock);
	list[count++] = future_ref(waiting);
	race = future_race(list, count);
	for (size_t i = 0; i < count; i++)
		future_unref(list[i]);
	free(list);
	return race;
}

/*
 * A worker that waits for what is pending, too, can run it.  Of none of these
 * is ENOMEM the outcome.
 */
static int wait(struct future_completion *of, future_t *waiting,
	future_time_t deadline)
{
	int error = 0;

	if (future_current() == NULL || deadline.ns != FUTURE_FOREVER.ns)
		return future_wait(waiting, deadline);
	while (error == 0 && future_state(waiting) == FUTURE_PENDING) {
		future_t *first = race(of, waiting);

		error = future_wait(first, FUTURE_FOREVER);
		if (error == 0 && future_get(first).error == ENOMEM)
			error = ENOMEM;
		future_unref(first);
	}
	return error;
}

/* Gives the reference of an entry that is in hand. */
static void hand_over(struct entry *entry, future_t **ret_future)
{
	*ret_future = entry->future;
	entry->future = NULL;
	entry_put(entry);
}

int future_completion_next_until(future_completion_t *completion,
	future_time_t deadline, future_t **ret_future)
{
	future_result_t result;
	struct entry *entry;
	future_t *waiting;
	int error;

	if (completion == NULL || ret_future == NULL)
		return EINVAL;
	error = look(completion, NULL, &entry);
	if (error == 0)
		hand_over(entry, ret_future);
	if (error != EAGAIN)
		return error;
	if (deadline.ns <= FUTURE_NOW.ns)
		return ETIMEDOUT;
	waiting = ask(completion, true);
	error = wait(completion, waiting, deadline);
	if (error == 0 || !future_cancel(waiting)) {
		/* If this is not to be waited for either, it comes back. */
		result = future_take(waiting);
		error = result.error;
		if (error == 0)
			hand_over(result.value, ret_future);
	}
	future_unref(waiting);
	return error;
}

int future_completion_next(future_completion_t *completion,
	future_t **ret_future)
{
	return future_completion_next_until(completion, FUTURE_FOREVER,
		ret_future);
}

size_t future_completion_left(future_completion_t *completion)
{
	size_t left;

	if (completion == NULL)
		return 0;
	future_mutex_lock(&completion->lock);
	left = completion->left;
	future_mutex_unlock(&completion->lock);
	return left;
}

int future_completion_new(future_completion_t **ret_completion)
{
	struct future_completion *of;
	future_token_t *apart;

	if (ret_completion == NULL)
		return EINVAL;
	of = malloc(sizeof(*of));
	if (of == NULL || future_token_new(NULL, FUTURE_FOREVER, &apart) != 0) {
		free(of);
		return ENOMEM;
	}
	*of = (struct future_completion){ .lock = FUTURE_MUTEX_INIT,
		.refs = 1, .apart = apart };
	list_init(&of->pending);
	list_init(&of->ready);
	list_init(&of->askers);
	*ret_completion = of;
	return 0;
}

void future_completion_free(future_completion_t *completion)
{
	struct future_completion *of = completion;
	struct entry *entry = NULL;
	struct asker *asker = NULL;

	if (of == NULL)
		return;
	do {
		if (entry != NULL) {
			future_cancel(entry->hung);
			entry_put(entry);
		}
		if (asker != NULL)
			refuse(asker, ECANCELED);
		future_mutex_lock(&of->lock);
		of->closed = true;
		entry = list_pop(&of->pending);
		if (entry == NULL)
			entry = list_pop(&of->ready);
		asker = list_pop(&of->askers);
		future_mutex_unlock(&of->lock);
	} while (entry != NULL || asker != NULL);
	future_token_unref(of->apart);
	release(of);
}
