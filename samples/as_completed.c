/*
 * Jobs of different lengths, reported in the order in which they complete, the
 * failures told apart.
 *
 *	samples/as_completed			five jobs, one of which fails
 *	samples/as_completed 1000 200000 ...	your own
 *
 * A job counts the primes below its number, the slow way; below 2 there is
 * nothing to count, and more than a million is refused.  Exits with 0 if all
 * succeeded, 1 if some failed, 2 if it could not be tried.
 */
#include <future.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define MOST 1000000

struct job {
	const char *text;	/* the number, as it was given */
	long below;
};

static bool is_prime(long number)
{
	for (long divisor = 2; divisor * divisor <= number; divisor++)
		if (number % divisor == 0)
			return false;
	return true;
}

/* Runs on a worker. */
static future_result_t count_primes(void *arg)
{
	struct job *job = arg;
	intptr_t primes = 0;
	char *end;

	job->below = strtol(job->text, &end, 10);
	if (*job->text == '\0' || *end != '\0')
		return future_fail(EINVAL);
	if (job->below < 2 || job->below > MOST)
		return future_fail(ERANGE);
	for (long number = 2; number < job->below; number++) {
		if (future_cancel_requested())
			return future_fail(ECANCELED);
		primes += is_prime(number);
	}
	return future_ok_int(primes);
}

/* Which job a future is the receipt of. */
static const struct job *job_of(const struct job *jobs,
	future_t *const *futures, size_t count, const future_t *future)
{
	for (size_t i = 0; i < count; i++)
		if (futures[i] == future)
			return &jobs[i];
	abort();
}

/* Prints each as it completes.  Returns how many failed, or -1. */
static int report(future_completion_t *done, const struct job *jobs,
	future_t *const *futures, size_t count)
{
	int failed = 0, error;
	future_t *next;

	while ((error = future_completion_next(done, &next)) == 0) {
		const struct job *job = job_of(jobs, futures, count, next);
		future_result_t result = future_get(next);

		if (result.error == 0) {
			printf("below %s: %" PRIdPTR " primes\n", job->text,
				future_result_int(result));
		} else {
			printf("below %s: %s\n", job->text,
				future_strerror(result.error));
			failed++;
		}
		future_unref(next);
	}
	return error == ENOENT ? failed : -1;
}

static int run(future_executor_t *pool, future_completion_t *done,
	struct job *jobs, future_t **futures, size_t count)
{
	int error = 0, failed = -1;

	for (size_t i = 0; i < count; i++) {
		futures[i] = future_submit(pool, count_primes, &jobs[i]);
		if (error == 0)
			error = future_completion_add(done, futures[i]);
	}
	if (error == 0)
		failed = report(done, jobs, futures, count);
	for (size_t i = 0; i < count; i++) {
		future_cancel(futures[i]);
		(void)!future_join(futures[i], FUTURE_FOREVER);
		future_unref(futures[i]);
	}
	return failed;
}

int main(int argc, char **argv)
{
	static const char *const usual[] = { "400000", "100", "nonsense",
		"50000", "2000" };
	size_t count = argc > 1 ? (size_t)argc - 1 : 5;
	future_executor_t *pool = NULL;
	future_completion_t *done = NULL;
	struct job *jobs = calloc(count, sizeof(*jobs));
	future_t **futures = calloc(count, sizeof(*futures));
	int failed = -1;

	if (jobs != NULL && futures != NULL &&
	    future_pool_new(NULL, &pool) == 0 &&
	    future_completion_new(&done) == 0) {
		for (size_t i = 0; i < count; i++)
			jobs[i].text = argc > 1 ? argv[i + 1] : usual[i];
		failed = run(pool, done, jobs, futures, count);
	}
	future_completion_free(done);
	future_executor_unref(pool);
	free(futures);
	free(jobs);
	if (failed < 0) {
		fprintf(stderr, "as_completed: it could not be tried\n");
		return 2;
	}
	printf("%d of %zu failed\n", failed, count);
	return failed != 0;
}
