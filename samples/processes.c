/*
 * processes: what threads cannot give.  Tasks run in processes of their own:
 * one that crashes fails alone, one that hangs is killed, and a new process
 * takes the place of the old one.
 */
#define _GNU_SOURCE
#include "workers.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { LIMIT = 1000000, PIECES = 8, FIBS = 4 };

/* In memory that all processes share: so it need not travel. */
static unsigned char *is_prime;

/* Functions for the processes. */

static int64_t fib_of(int64_t n)
{
	return n < 2 ? n : fib_of(n - 1) + fib_of(n - 2);
}

static int64_t fib(const int64_t *numbers)
{
	return fib_of(numbers[0]);
}

/* Marks them, from the first number to before the second; how many. */
static int64_t primes(const int64_t *numbers)
{
	int64_t count = 0;

	for (int64_t n = numbers[0]; n < numbers[1]; n++) {
		int64_t divisor = 2;

		while (divisor * divisor <= n && n % divisor != 0)
			divisor++;
		is_prime[n] = n >= 2 && divisor * divisor > n;
		count += is_prime[n];
	}
	return count;
}

static int64_t crash(const int64_t *numbers)
{
	volatile uintptr_t nowhere = 4096;

	signal(SIGSEGV, SIG_DFL);	/* also where a sanitizer has its own */
	*(volatile int *)nowhere = (int)numbers[0];
	return 0;
}

static int64_t hang(const int64_t *numbers)
{
	for (;;)
		pause();
	return numbers[0];
}

static int64_t leave(const int64_t *numbers)
{
	_exit((int)numbers[0]);
}

enum { FIB, PRIMES, CRASH, HANG, LEAVE };

static workers_fn *const fns[] = { fib, primes, crash, hang, leave };

/* In main's process. */

static int64_t value_of(future_t *future)
{
	int64_t value = future_result_int(future_get(future));

	future_unref(future);
	return value;
}

static future_t *call(future_executor_t *executor, uint32_t fn, int64_t first,
	int64_t second)
{
	struct workers_call call = { .fn = fn, .numbers = { first, second },
		.limit_ms = fn == HANG ? 50 : 0 };

	return workers_call(executor, &call);
}

/* All are under way before the first is waited for; their order stays. */
static bool count_primes(future_executor_t *executor)
{
	future_t *pieces[PIECES];
	int64_t told = 0, seen = 0;

	for (int64_t i = 0; i < PIECES; i++)
		pieces[i] = call(executor, PRIMES, LIMIT / PIECES * i,
			LIMIT / PIECES * (i + 1));
	printf("primes below %d:", LIMIT);
	for (int i = 0; i < PIECES; i++) {
		int64_t count = value_of(pieces[i]);

		printf(" %d", (int)count);
		told += count;
	}
	for (int i = 0; i < LIMIT; i++)
		seen += is_prime[i];
	printf(": %d, in shared memory %d\n", (int)told, (int)seen);
	return told == 78498 && seen == told;
}

/* More die than there are processes, and what comes after them finds others. */
static bool die(future_executor_t *executor, const char *how, uint32_t fn,
	int error)
{
	future_t *fibs[FIBS], *dead[FIBS];
	bool right = true;

	printf("%s:", how);
	for (int i = 0; i < FIBS; i++) {
		dead[i] = call(executor, fn, 3, 0);
		fibs[i] = call(executor, FIB, 20 + i, 0);
	}
	for (int i = 0; i < FIBS; i++) {
		int64_t value = value_of(fibs[i]);

		right &= future_get(dead[i]).error == error &&
			value == fib_of(20 + i);
		future_unref(dead[i]);
		printf(" %d", (int)value);
	}
	printf(", and %d times error %d, %s\n", FIBS, error,
		error < 0 ? strsignal(-error) : strerror(error));
	return right;
}

int main(void)
{
	future_executor_t *executor;
	bool right;
	int error;

	is_prime = mmap(NULL, LIMIT, PROT_READ | PROT_WRITE,
		MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	error = is_prime != MAP_FAILED ? workers_new(2, fns, &executor) : errno;
	if (error != 0) {
		fprintf(stderr, "processes: %s\n", future_strerror(error));
		return 1;
	}
	right = count_primes(executor);
	right &= die(executor, "some crash", CRASH, -SIGSEGV);
	right &= die(executor, "some hang", HANG, ETIMEDOUT);
	right &= die(executor, "some leave", LEAVE, EOWNERDEAD);
	future_executor_unref(executor);
	return right ? 0 : 1;
}
