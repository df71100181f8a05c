/* Floor 5: futures that run nothing: ready ones, failed ones, the ref count. */
#include "job.h"
#include "block.h"

#include <errno.h>

static void plain_free(struct fut_job *job)
{
	fut_block_free(job, sizeof(*job));
}

static const struct fut_cell_kind plain_cell = { .free = plain_free };

/* Nobody frees the one that says there is no memory. */
static void keep(struct fut_job *job)
{
	fut_cell_ref(&job->cell);
}

static const struct fut_cell_kind immortal_cell = {
	.free = keep,
	.immortal = true,
};

static struct fut_job no_memory = {
	.task.priority = FUTURE_PRIORITY_NORMAL,
	.cell = {
		.word = FUT_CELL_REF | FUT_SETTLED,
		.kind = &immortal_cell,
		.error = ENOMEM,
	},
};

struct fut_home fut_home_here(void)
{
	return fut_home_of(future_current());
}

struct fut_home fut_home_of_timer(struct fut_home home)
{
	return home.executor == future_inline() ? fut_home_of(
		fut_self()->sim != NULL ? NULL : home.executor) : home;
}

struct fut_job *fut_job_new_plain(struct fut_home home)
{
	struct fut_job *job = fut_block_new(sizeof(*job));

	if (job != NULL)
		fut_job_init(job, &plain_cell, NULL, home, FUT_CELL_REF);
	return job;
}

future_t *fut_job_failed(struct fut_home home, int error)
{
	struct fut_job *job = error == ENOMEM ? NULL :
		fut_job_new_plain(home);

	if (job == NULL)
		return fut_cell_ref(&no_memory.cell);
	job->cell.value = NULL;
	job->cell.destroy = NULL;
	job->cell.error = error;
	fut_cell_born_settled(&job->cell);
	return &job->cell;
}

future_t *future_ready(future_result_t result)
{
	struct fut_job *job = fut_job_new_plain(fut_home_here());

	if (job == NULL) {
		fut_job_discard(&result);
		return fut_cell_ref(&no_memory.cell);
	}
	fut_cell_claim(&job->cell);
	fut_job_settle(job, &result);
	return &job->cell;
}

future_t *future_ref(future_t *future)
{
	if (future != NULL && atomic_fetch_add_explicit(&future->word,
			FUT_CELL_REF, FUT_RELAXED) < FUT_CELL_REF)
		fut_die("future_ref: the future has been freed");
	return future;
}

void future_unref(future_t *future)
{
	if (future != NULL)
		fut_job_unref(fut_job_of(future));
}

future_state_t future_state(const future_t *future)
{
	uint32_t state;

	if (future == NULL)
		return FUTURE_FAILED;
	state = fut_cell_state(future);
	switch (state & FUT_STATUS) {
	case FUT_PENDING:
		return FUTURE_PENDING;
	case FUT_RUNNING:
		return FUTURE_RUNNING;
	case FUT_CANCELLED:
		return FUTURE_CANCELLED;
	default:
		break;
	}
	if (future->error == 0)
		return FUTURE_OK;
	fut_cell_see(FUT_OWNER(&future->word, struct future_cell, word));
	return future->error == ECANCELED ? FUTURE_CANCELLED : FUTURE_FAILED;
}
