/* See known.h. */
#include "known.h"
#include "alloc.h"
#include "clock.h"
#include "lock.h"
#include "lost.h"

#include <future/report.h>
#include <string.h>

enum { FUT_KNOWN_LISTS = 256 };

struct known {
	struct known *next;
	uintptr_t hidden;	/* its address: see hide() */
	struct fut_sight sight;	/* but for that, and the state */
};

static struct list {
	struct fut_lock lock;
	struct known *first;	/* under lock */
} lists[FUT_KNOWN_LISTS];

static _Atomic bool forgets;

/* The parent's are its own. */
static void forget(void)
{
	for (size_t i = 0; i < FUT_KNOWN_LISTS; i++)
		lists[i] = (struct list){ .first = NULL };
}

static bool prepare(void)
{
	if (FUT_LIKELY(atomic_load_explicit(&forgets, FUT_ACQUIRE)))
		return true;
	/* Twice would be harmless, and said twice. */
	if (fut_fork_at_child(forget) != 0)
		return false;
	if (FUT_SAYS_LOST)
		fut_text_at_exit(fut_report_left);
	atomic_store_explicit(&forgets, true, FUT_RELEASE);
	return true;
}

struct fut_where fut_where_is(const struct fut_worker *worker)
{
	struct fut_where where = { .pool = NULL };

	if (worker == NULL)
		return where;
	where.pool = worker->pool;
	where.index = worker->index;
	memcpy(where.name, worker->pool->name, sizeof(where.name));
	return where;
}

/* So that one that nobody has a reference on any more is a leak, for tools. */
static uintptr_t hide(const struct future_cell *cell)
{
	return ~(uintptr_t)cell;
}

static struct list *list_of(const struct future_cell *cell)
{
	return &lists[(uintptr_t)cell / 64 % FUT_KNOWN_LISTS];
}

/* Under the list's lock. */
static struct known **find(struct list *list, const struct future_cell *cell)
{
	struct known **at = &list->first;

	FUT_ASSERT(fut_lock_held(&list->lock));
	while (*at != NULL && (*at)->hidden != hide(cell))
		at = &(*at)->next;
	return at;
}

static void add(struct known *known, const char *name, const char *site)
{
	if (known->sight.name == NULL)
		known->sight.name = name;
	if (known->sight.site == NULL)
		known->sight.site = site;
}

void fut_known_as(struct fut_job *job, const char *name, const char *site)
{
	struct list *list = list_of(&job->cell);
	struct known *found, *made;

	if (job->cell.kind->immortal || fut_cell_inherited(&job->cell) ||
	    !prepare())
		return;
	made = fut_alloc(sizeof(*made));
	if (made == NULL)
		return;
	*made = (struct known){ .hidden = hide(&job->cell),
		.sight.born_ns = fut_clock_now() };
	add(made, name, site);
	fut_lock(&list->lock);
	found = *find(list, &job->cell);
	if (found != NULL) {
		add(found, name, site);
	} else {
		made->next = list->first;
		list->first = made;
	}
	fut_unlock(&list->lock);
	if (found != NULL)
		fut_free(made);
	else
		fut_cell_know(&job->cell);
}

void fut_known_started(struct fut_job *job)
{
	struct list *list = list_of(&job->cell);
	int64_t now = fut_clock_now();
	struct known *known;

	fut_lock(&list->lock);
	known = *find(list, &job->cell);
	if (known != NULL) {
		known->sight.started_ns = now;
		known->sight.where = fut_where_is(fut_self()->worker);
	}
	fut_unlock(&list->lock);
}

void fut_known_end(struct fut_job *job)
{
	struct list *list = list_of(&job->cell);
	struct known **at, *known;

	fut_lock(&list->lock);
	at = find(list, &job->cell);
	known = *at;
	if (known != NULL)
		*at = known->next;
	fut_unlock(&list->lock);
	fut_free(known);
}

static struct fut_sight look(const struct known *known)
{
	struct fut_sight sight = known->sight;

	sight.cell = (const struct future_cell *)~known->hidden;
	sight.state = fut_cell_state(sight.cell);
	return sight;
}

bool fut_known_find(const struct future_cell *cell,
	struct fut_sight *ret_sight)
{
	struct list *list = list_of(cell);
	const struct known *known;

	fut_lock(&list->lock);
	known = *find(list, cell);
	if (known != NULL)
		*ret_sight = look(known);
	fut_unlock(&list->lock);
	return known != NULL;
}

bool fut_sight_runs(const struct fut_sight *sight)
{
	return (sight->state & (FUT_STATUS | FUT_FOLLOWS)) == FUT_RUNNING ||
		(fut_is_settled(sight->state) && (sight->state & FUT_BUSY) &&
		 sight->started_ns != 0);
}

/* Of its kind, or a free place for that; NULL: of those there are too many. */
static struct fut_kin *kin_of(struct fut_census *census,
	const struct fut_sight *sight)
{
	uint64_t hash = ((uint64_t)(uintptr_t)sight->name * 31 +
		(uint64_t)(uintptr_t)sight->site) * 0x9e3779b97f4a7c15;
	size_t at = (size_t)(hash >> 32) % census->places;
	struct fut_kin *kin = &census->kin[at];

	while (kin->count > 0 && (kin->name != sight->name ||
				  kin->site != sight->site)) {
		at = (at + 1) % census->places;
		kin = &census->kin[at];
	}
	if (kin->count == 0 && census->kinds == FUT_CENSUS_MOST)
		return NULL;
	return kin;
}

/* Under the lock of its list: short, and without memory. */
static void count(struct fut_census *census, const struct fut_sight *sight)
{
	struct fut_kin *kin = kin_of(census, sight);
	bool runs = fut_sight_runs(sight);

	census->count++;
	if (runs && sight->where.pool != NULL &&
	    census->running_count < FUT_CENSUS_MOST)
		census->running[census->running_count++] = *sight;
	if (kin == NULL) {
		census->other++;
		return;
	}
	if (kin->count++ == 0) {
		census->kinds++;
		kin->name = sight->name;
		kin->site = sight->site;
		kin->born_ns = sight->born_ns;
	}
	kin->running += runs;
	kin->pending += !runs && !fut_is_settled(sight->state);
	if (sight->born_ns < kin->born_ns)
		kin->born_ns = sight->born_ns;
}

bool fut_census_take(struct fut_census *ret_census)
{
	struct fut_census *census = ret_census;

	/* Half empty, for kin_of(). */
	*census = (struct fut_census){ .places = 2 * FUT_CENSUS_MOST };
	census->kin = fut_alloc(census->places * sizeof(*census->kin));
	census->running = fut_alloc(FUT_CENSUS_MOST *
		sizeof(*census->running));
	if (census->kin == NULL || census->running == NULL)
		return false;
	memset(census->kin, 0, census->places * sizeof(*census->kin));
	for (size_t i = 0; i < FUT_KNOWN_LISTS; i++) {
		fut_lock(&lists[i].lock);
		for (const struct known *known = lists[i].first;
		     known != NULL; known = known->next) {
			struct fut_sight sight = look(known);

			count(census, &sight);
		}
		fut_unlock(&lists[i].lock);
	}
	return true;
}

void fut_census_end(struct fut_census *census)
{
	fut_free(census->kin);
	fut_free(census->running);
}

future_t *future_name(future_t *future, const char *name, const char *site)
{
	if (future != NULL && (name != NULL || site != NULL))
		fut_known_as(fut_job_of(future), name, site);
	return future;
}
