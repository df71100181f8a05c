/* FUTURE_BLOCK: producers that wait for room, and what ends the wait. */
#define _GNU_SOURCE
#include "support.h"

#include <signal.h>

static future_executor_t *blocking(size_t threads, size_t capacity,
	int64_t block_ns)
{
	return pool_with(&(future_pool_options_t){ .threads = threads,
		.queue_capacity = capacity, .when_full = FUTURE_BLOCK,
		.block_ns = block_ns });
}

/* Somebody who submits into a full queue. */
struct producer {
	future_executor_t *pool;
	pthread_t thread;
	_Atomic pid_t tid;
	struct gate ready;
	atomic_int ran;
	atomic_int error;	/* -1 until the call has returned */
};

static void *producer_main(void *arg)
{
	struct producer *producer = arg;

	atomic_store(&producer->tid, thread_id());
	gate_pass(&producer->ready);
	atomic_store(&producer->error, future_execute(producer->pool,
		count_work, &producer->ran));
	return NULL;
}

/* When this returns, the producer sleeps inside the call. */
static void producer_start(struct producer *producer, future_executor_t *pool)
{
	*producer = (struct producer){ .pool = pool, .ready = GATE_OPEN,
		.error = -1 };
	producer->thread = thread_start(producer_main, producer);
	gate_await(&producer->ready, 1);
	thread_sleeps(atomic_load(&producer->tid));
}

static int producer_finish(struct producer *producer)
{
	thread_finish(producer->thread);
	return producer->error;
}

START_TEST(a_producer_waits_for_room)
{
	struct gate gate = GATE_INIT;
	future_executor_t *pool = blocking(1, 1, 0);
	struct producer producer;
	atomic_int ran = 0;

	occupy(pool, 1, &gate);
	ck_assert_int_eq(future_execute(pool, count_work, &ran), 0);
	producer_start(&producer, pool);
	ck_assert_int_eq(producer.error, -1);
	gate_open(&gate);
	ck_assert_int_eq(producer_finish(&producer), 0);
	future_executor_unref(pool);
	ck_assert_int_eq(ran, 1);
	ck_assert_int_eq(producer.ran, 1);
}
END_TEST

START_TEST(a_producer_does_not_wait_while_there_is_room)
{
	struct gate gate = GATE_INIT;
	future_executor_t *pool = blocking(1, 10, 0);
	atomic_int ran = 0;

	occupy(pool, 1, &gate);
	for (int i = 0; i < 10; i++)
		ck_assert_int_eq(future_execute(pool, count_work, &ran), 0);
	gate_open(&gate);
	future_executor_unref(pool);
	ck_assert_int_eq(ran, 10);
}
END_TEST

START_TEST(a_producer_waits_block_ns_at_most_then_gets_eagain)
{
	struct gate gate = GATE_INIT;
	future_executor_t *pool = blocking(1, 1, 20000000);
	atomic_int ran = 0, never = 0;
	future_time_t start;

	occupy(pool, 1, &gate);
	ck_assert_int_eq(future_execute(pool, count_work, &ran), 0);
	start = future_now();
	ck_assert_int_eq(future_execute(pool, count_work, &never), EAGAIN);
	ck_assert_int_ge(future_now().ns - start.ns, 20000000);
	ck_assert_int_eq(outcome_of(future_submit(pool, count_task, &never)),
		EAGAIN);
	gate_open(&gate);
	future_executor_unref(pool);
	ck_assert_int_eq(ran, 1);
	ck_assert_int_eq(never, 0);
}
END_TEST

START_TEST(room_comes_before_the_end_of_block_ns)
{
	struct gate gate = GATE_INIT;
	future_executor_t *pool = blocking(1, 1, INT64_C(3600000000000));
	struct producer producer;
	atomic_int ran = 0;

	occupy(pool, 1, &gate);
	ck_assert_int_eq(future_execute(pool, count_work, &ran), 0);
	producer_start(&producer, pool);
	gate_open(&gate);
	ck_assert_int_eq(producer_finish(&producer), 0);
	future_executor_unref(pool);
}
END_TEST

START_TEST(a_cancelled_task_makes_room_for_a_blocked_producer)
{
	struct gate gate = GATE_INIT;
	future_executor_t *pool = blocking(1, 1, 0);
	struct producer producer;
	future_t *queued;

	occupy(pool, 1, &gate);
	queued = future_submit(pool, nothing_task, NULL);
	producer_start(&producer, pool);
	ck_assert(future_cancel(queued));
	/* The worker still stands at the gate. */
	ck_assert_int_eq(producer_finish(&producer), 0);
	ck_assert_int_eq(producer.ran, 0);
	future_unref(queued);
	gate_open(&gate);
	future_executor_unref(pool);
	ck_assert_int_eq(producer.ran, 1);
}
END_TEST

enum { PRODUCERS = 6 };

/* All blocked on a full queue, with the worker at the gate. */
static void block_all(future_executor_t *pool, struct gate *gate,
	struct producer *producers, atomic_int *ran)
{
	occupy(pool, 1, gate);
	ck_assert_int_eq(future_execute(pool, count_work, ran), 0);
	for (int i = 0; i < PRODUCERS; i++)
		producer_start(&producers[i], pool);
}

START_TEST(shutdown_wakes_every_blocked_producer_with_eshutdown)
{
	struct gate gate = GATE_INIT;
	future_executor_t *pool = blocking(1, 1, 0);
	struct producer producers[PRODUCERS];
	atomic_int ran = 0;

	block_all(pool, &gate, producers, &ran);
	future_executor_shutdown(pool);
	for (int i = 0; i < PRODUCERS; i++)
		ck_assert_int_eq(producer_finish(&producers[i]), ESHUTDOWN);
	gate_open(&gate);
	future_executor_unref(pool);
	ck_assert_int_eq(ran, 1);
	for (int i = 0; i < PRODUCERS; i++)
		ck_assert_int_eq(producers[i].ran, 0);
}
END_TEST

START_TEST(cancel_wakes_every_blocked_producer_with_eshutdown)
{
	struct gate gate = GATE_INIT;
	future_executor_t *pool = blocking(1, 1, 0);
	struct producer producers[PRODUCERS];
	atomic_int ran = 0;

	block_all(pool, &gate, producers, &ran);
	future_executor_cancel(pool);
	for (int i = 0; i < PRODUCERS; i++)
		ck_assert_int_eq(producer_finish(&producers[i]), ESHUTDOWN);
	gate_open(&gate);
	future_executor_unref(pool);
	ck_assert_int_eq(ran, 0);
}
END_TEST

START_TEST(every_blocked_producer_gets_in_when_there_is_room)
{
	struct gate gate = GATE_INIT;
	future_executor_t *pool = blocking(1, 1, 0);
	struct producer producers[PRODUCERS];
	atomic_int ran = 0;

	block_all(pool, &gate, producers, &ran);
	gate_open(&gate);
	for (int i = 0; i < PRODUCERS; i++)
		ck_assert_int_eq(producer_finish(&producers[i]), 0);
	future_executor_unref(pool);
	for (int i = 0; i < PRODUCERS; i++)
		ck_assert_int_eq(producers[i].ran, 1);
}
END_TEST

START_TEST(a_continuation_is_accepted_while_producers_are_blocked)
{
	struct gate gate = GATE_INIT;
	future_executor_t *pool = blocking(1, 1, 0);
	struct producer producers[PRODUCERS];
	future_t *source = future_ready(future_ok(NULL)), *next;
	atomic_int ran = 0;

	block_all(pool, &gate, producers, &ran);
	next = future_then_on(source, pool, count_then, &ran);
	gate_open(&gate);
	ck_assert_int_eq(outcome_of(next), 0);
	for (int i = 0; i < PRODUCERS; i++)
		ck_assert_int_eq(producer_finish(&producers[i]), 0);
	future_unref(source);
	future_executor_unref(pool);
	ck_assert_int_eq(ran, 2);
}
END_TEST

static void ignore_signal(int number)
{
	(void)number;
}

START_TEST(a_signal_does_not_end_the_wait)
{
	struct sigaction action = { .sa_handler = ignore_signal };
	struct gate gate = GATE_INIT;
	future_executor_t *pool = blocking(1, 1, 0);
	struct producer producer;
	atomic_int ran = 0;

	ck_assert_int_eq(sigaction(SIGUSR1, &action, NULL), 0);
	occupy(pool, 1, &gate);
	ck_assert_int_eq(future_execute(pool, count_work, &ran), 0);
	producer_start(&producer, pool);
	for (int i = 0; i < 100; i++) {
		ck_assert_int_eq(pthread_kill(producer.thread, SIGUSR1), 0);
		thread_sleeps(atomic_load(&producer.tid));
	}
	ck_assert_int_eq(producer.error, -1);
	gate_open(&gate);
	ck_assert_int_eq(producer_finish(&producer), 0);
	future_executor_unref(pool);
}
END_TEST

/* A pool's own workers. */

struct inside {
	future_executor_t *pool;
	atomic_int *ran;
	size_t queued;
};

static future_result_t submit_ten(void *arg)
{
	struct inside *inside = arg;

	for (int i = 0; i < 10; i++)
		if (future_execute(inside->pool, count_work, inside->ran) != 0)
			return future_fail(EIO);
	inside->queued = stats_of(inside->pool).queued;
	return future_ok(NULL);
}

START_TEST(a_worker_is_accepted_above_the_capacity_of_its_own_pool)
{
	future_executor_t *pool = blocking(1, 2, 0);
	atomic_int ran = 0;
	struct inside inside = { pool, &ran, 0 };

	ck_assert_int_eq(outcome_of(future_submit(pool, submit_ten, &inside)),
		0);
	ck_assert_uint_eq(inside.queued, 10);
	future_executor_unref(pool);
	ck_assert_int_eq(ran, 10);
}
END_TEST

static future_result_t submit_ten_then(future_result_t in, void *arg)
{
	(void)in;
	return submit_ten(arg);
}

START_TEST(an_inline_continuation_on_a_worker_does_not_block_either)
{
	struct gate gate = GATE_INIT;
	future_executor_t *pool = blocking(1, 2, 0);
	atomic_int ran = 0;
	struct inside inside = { pool, &ran, 0 };
	future_t *source = future_submit(pool, pass_task, &gate);
	future_t *next = future_then_on(source, future_inline(),
		submit_ten_then, &inside);

	gate_open(&gate);
	ck_assert_int_eq(outcome_of(next), 0);
	future_unref(source);
	future_executor_unref(pool);
	ck_assert_int_eq(ran, 10);
}
END_TEST

static future_result_t submit_one(void *arg)
{
	struct inside *inside = arg;

	return future_fail(future_execute(inside->pool, count_work,
		inside->ran));
}

START_TEST(a_worker_of_another_pool_blocks_like_anybody)
{
	struct gate gate = GATE_INIT;
	future_executor_t *pool = blocking(1, 1, 5000000);
	future_executor_t *other = pool_of(1);
	atomic_int ran = 0;
	struct inside inside = { pool, &ran, 0 };

	occupy(pool, 1, &gate);
	ck_assert_int_eq(future_execute(pool, count_work, &ran), 0);
	ck_assert_int_eq(outcome_of(future_submit(other, submit_one,
		&inside)), EAGAIN);
	gate_open(&gate);
	future_executor_unref(pool);
	future_executor_unref(other);
	ck_assert_int_eq(ran, 1);
}
END_TEST

/* Under load. */

struct flow {
	future_executor_t *pool;
	struct gate accepted;
	atomic_int ran, ok, closed, other;
};

static void flow_main(void *arg, size_t index)
{
	struct flow *flow = arg;
	int error;

	if (index == 0) {
		gate_await(&flow->accepted, scaled(2000));
		future_executor_shutdown(flow->pool);
		return;
	}
	do {
		error = future_execute(flow->pool, count_work, &flow->ran);
		atomic_fetch_add(error == 0 ? &flow->ok :
			error == ESHUTDOWN ? &flow->closed : &flow->other, 1);
		gate_pass(&flow->accepted);
	} while (error == 0);
}

START_TEST(shutdown_racing_blocked_producers_loses_nothing)
{
	for (int i = 0; i < 20; i++) {
		struct flow flow = { .pool = blocking(2, (size_t)_i, 0),
			.accepted = GATE_OPEN };

		together(5, flow_main, &flow);
		future_executor_unref(flow.pool);
		ck_assert_int_eq(flow.closed, 4);
		ck_assert_int_eq(flow.other, 0);
		ck_assert_int_eq(flow.ran, flow.ok);
	}
}
END_TEST

static void produce(void *arg, size_t index)
{
	struct flow *flow = arg;

	(void)index;
	for (size_t i = 0; i < scaled(10000); i++)
		if (future_execute(flow->pool, count_work, &flow->ran) != 0)
			atomic_fetch_add(&flow->other, 1);
}

START_TEST(producers_through_a_queue_of_one_lose_nothing)
{
	struct flow flow = { .pool = blocking((size_t)_i, 1, 0) };

	together(4, produce, &flow);
	future_executor_unref(flow.pool);
	ck_assert_int_eq(flow.other, 0);
	ck_assert_int_eq(flow.ran, (int)(4 * scaled(10000)));
}
END_TEST

static void add_wait(Suite *suite)
{
	TCase *tcase = suite_case(suite, "wait");

	tcase_add_test(tcase, a_producer_waits_for_room);
	tcase_add_test(tcase, a_producer_does_not_wait_while_there_is_room);
	tcase_add_test(tcase,
		a_producer_waits_block_ns_at_most_then_gets_eagain);
	tcase_add_test(tcase, room_comes_before_the_end_of_block_ns);
	tcase_add_test(tcase,
		a_cancelled_task_makes_room_for_a_blocked_producer);
	tcase_add_test(tcase,
		shutdown_wakes_every_blocked_producer_with_eshutdown);
	tcase_add_test(tcase,
		cancel_wakes_every_blocked_producer_with_eshutdown);
	tcase_add_test(tcase,
		every_blocked_producer_gets_in_when_there_is_room);
	tcase_add_test(tcase,
		a_continuation_is_accepted_while_producers_are_blocked);
	tcase_add_test(tcase, a_signal_does_not_end_the_wait);
}

static void add_workers(Suite *suite)
{
	TCase *tcase = suite_case(suite, "workers");

	tcase_add_test(tcase,
		a_worker_is_accepted_above_the_capacity_of_its_own_pool);
	tcase_add_test(tcase,
		an_inline_continuation_on_a_worker_does_not_block_either);
	tcase_add_test(tcase, a_worker_of_another_pool_blocks_like_anybody);
}

static void add_load(Suite *suite)
{
	TCase *tcase = suite_case(suite, "load");

	tcase_add_loop_test(tcase,
		shutdown_racing_blocked_producers_loses_nothing, 1, 4);
	tcase_add_loop_test(tcase,
		producers_through_a_queue_of_one_lose_nothing, 1, 4);
}

int main(void)
{
	Suite *suite = suite_create("backpressure");

	add_wait(suite);
	add_workers(suite);
	add_load(suite);
	return suite_run(suite);
}
