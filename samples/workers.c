/*
 * See workers.h.  Who is there:
 *
 *	main's process	a thread for each worker: it takes a task and runs it,
 *			in which it sends a call and sleeps until the answer
 *	the zygote	forks the workers, waits for them, says how each died,
 *			forks another; it has no other threads
 *	a worker	answers calls, one at a time
 *
 * A process with threads may fork, but until it execs the child may call only
 * what is async-signal-safe: another thread may have held the lock of malloc,
 * or of a stream, and in the child nobody will ever release it.  A worker is to
 * run any code at all, and is wanted when there are threads: so it is forked
 * from the zygote, which was forked when there was one.
 *
 * The sockets keep messages apart.  A worker that finds its other end closed
 * leaves, and the zygote with the last: nothing outlives main's process.
 */
#define _GNU_SOURCE
#include "workers.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

struct question {
	uint64_t number;
	struct workers_call call;
};

struct answer {
	uint64_t number;	/* of the question; 0: of a new worker */
	int64_t value;		/* what the function returned; or its pid */
	int error;		/* the worker is dead, says the zygote */
};

struct worker {
	int ours, theirs;	/* the ends of its socket, in main and there */
	pid_t pid;
	uint64_t number;	/* of the last question */
	int works;		/* the pipe's end that its thread reads */
	pthread_t thread;
};

struct workers {
	struct worker workers[WORKERS_MAX];
	size_t count, threads;	/* that have been made, and started */
	pid_t zygote;
	int works[2];		/* a pipe of future_work_t * */
};

/* In the other processes. */

static void serve(int fd, workers_fn *const *fns)
{
	struct answer answer = { 0, getpid(), 0 };
	struct question question;

	while (send(fd, &answer, sizeof(answer), MSG_NOSIGNAL) > 0 &&
	       recv(fd, &question, sizeof(question), 0) > 0) {
		answer.number = question.number;
		answer.value = fns[question.call.fn](question.call.numbers);
	}
}

static void fork_one(struct workers *workers, size_t at,
	workers_fn *const *fns)
{
	pid_t pid = fork();

	if (pid != 0) {
		workers->workers[at].pid = pid;
		return;
	}
	for (size_t i = 0; i < workers->count; i++)
		if (i != at)
			close(workers->workers[i].theirs);
	serve(workers->workers[at].theirs, fns);
	_exit(0);
}

/* Until nobody is there any more to whom a death could be told. */
static void fork_for_ever(struct workers *workers, workers_fn *const *fns)
{
	size_t at;
	int status;
	pid_t pid;

	setrlimit(RLIMIT_CORE, &(struct rlimit){ 0, 0 });
	close(workers->works[0]);
	close(workers->works[1]);
	for (at = 0; at < workers->count; at++) {
		close(workers->workers[at].ours);
		fork_one(workers, at, fns);
	}
	while ((pid = waitpid(-1, &status, 0)) > 0) {
		struct answer death = { .error = WIFSIGNALED(status) ?
			-WTERMSIG(status) : EOWNERDEAD };

		for (at = 0; workers->workers[at].pid != pid; at++)
			;
		if (send(workers->workers[at].theirs, &death, sizeof(death),
				MSG_NOSIGNAL) > 0)
			fork_one(workers, at, fns);
	}
	_exit(0);
}

/* In main's process: tasks, on the threads. */

static _Thread_local struct worker *mine;	/* NULL: no thread of ours */

/* The answer to the last question, or 0: who is there.  Or an error. */
static int hear(struct worker *worker, uint64_t number, int64_t *ret_value)
{
	struct answer answer;

	do
		if (recv(worker->ours, &answer, sizeof(answer), 0) <= 0)
			return EOWNERDEAD;
	while (answer.error == 0 && answer.number != number);
	if (answer.error != 0)
		worker->pid = 0;	/* another will say who it is */
	else
		*ret_value = answer.value;
	return answer.error;
}

static int ask(struct worker *worker, const struct workers_call *call,
	int64_t *ret_value)
{
	struct question question = { ++worker->number, *call };
	struct pollfd answered = { .fd = worker->ours, .events = POLLIN };
	int64_t value;
	int error;

	if (worker->pid == 0) {
		error = hear(worker, 0, &value);
		if (error != 0)
			return error;
		worker->pid = (pid_t)value;
	}
	if (send(worker->ours, &question, sizeof(question), MSG_NOSIGNAL) < 0)
		return EOWNERDEAD;
	if (call->limit_ms <= 0 || poll(&answered, 1, call->limit_ms) != 0)
		return hear(worker, question.number, ret_value);
	kill(worker->pid, SIGKILL);
	/* It may have answered before: until there is word of its death. */
	hear(worker, UINT64_MAX, &value);
	return ETIMEDOUT;
}

static future_result_t call_run(void *call)
{
	int64_t value = 0;
	int error = mine != NULL ? ask(mine, call, &value) : EPERM;

	return error == 0 ? future_ok_int((intptr_t)value) : future_fail(error);
}

future_t *workers_call(future_executor_t *executor,
	const struct workers_call *call)
{
	return future_submit_with(executor, &(future_task_t){ .fn = call_run,
		.arg = (void *)(uintptr_t)call, .arg_size = sizeof(*call) });
}

/*
 * The executor.  Its queue is a pipe, which passes pointers whole, holds some
 * thousand, and wakes one of those who read.  The rest is EAGAIN.
 */

static int post(void *self, future_work_t *work)
{
	const struct workers *workers = self;

	return write(workers->works[1], &work, sizeof(work)) ==
		sizeof(work) ? 0 : errno;
}

static void *thread_main(void *worker)
{
	future_work_t *work;
	sigset_t all;

	/* A signal is for a thread that can afford to be interrupted. */
	sigfillset(&all);
	pthread_sigmask(SIG_BLOCK, &all, NULL);
	mine = worker;
	while (read(mine->works, &work, sizeof(work)) == sizeof(work))
		future_work_run(work);
	return NULL;
}

/* By the last unref, which no task of ours makes: so all can be joined. */
static void end(void *self)
{
	struct workers *workers = self;

	close(workers->works[1]);
	for (size_t i = 0; i < workers->threads; i++)
		pthread_join(workers->workers[i].thread, NULL);
	close(workers->works[0]);
	for (size_t i = 0; i < workers->count; i++)
		close(workers->workers[i].ours);
	if (workers->zygote > 0)
		waitpid(workers->zygote, NULL, 0);
	free(workers);
}

/* The zygote has one end of each socket, the threads the others. */
static int start(struct workers *workers, workers_fn *const *fns)
{
	int error = 0;

	workers->zygote = fork();
	if (workers->zygote < 0)
		error = errno;
	else if (workers->zygote == 0)
		fork_for_ever(workers, fns);
	for (size_t i = 0; i < workers->count; i++) {
		struct worker *worker = &workers->workers[i];

		close(worker->theirs);
		if (error == 0)
			error = pthread_create(&worker->thread, NULL,
				thread_main, worker);
		workers->threads += error == 0;
	}
	return error;
}

int workers_new(size_t count, workers_fn *const *fns,
	future_executor_t **ret_executor)
{
	future_executor_ops_t ops = { .post = post, .free = end };
	struct workers *workers = calloc(1, sizeof(*workers));
	int error = 0, pair[2];

	if (workers == NULL || pipe2(workers->works, O_CLOEXEC) != 0) {
		free(workers);
		return workers == NULL ? ENOMEM : EMFILE;
	}
	/* A pipe that is full refuses; to read from one that is empty waits. */
	fcntl(workers->works[1], F_SETFL, O_NONBLOCK);
	while (error == 0 && workers->count < count) {
		if (workers->count == WORKERS_MAX || socketpair(AF_UNIX,
				SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0)
			error = EMFILE;
		else
			workers->workers[workers->count++] = (struct worker){
				.ours = pair[0], .theirs = pair[1],
				.works = workers->works[0] };
	}
	if (error == 0)
		error = start(workers, fns);
	if (error == 0)
		error = future_executor_new(&ops, workers, ret_executor);
	if (error != 0)
		end(workers);
	return error;
}
