/* Thread-local destructors that use the library, of workers and of others. */
#define _GNU_SOURCE
#include "support.h"

#include <threads.h>

/* What one destructor is given; the test says what it does with it. */
struct legacy {
	future_executor_t *pool;
	future_t *future;
	void (*act)(struct legacy *legacy);
	atomic_int acted;
	int error;
};

static pthread_key_t key;

static void act(void *argument)
{
	struct legacy *legacy = argument;

	legacy->act(legacy);
	atomic_fetch_add(&legacy->acted, 1);
}

/* Before the first of the library's own keys, or after it. */
static void make_key(bool first)
{
	if (!first)
		future_executor_unref(pool_of(1));
	ck_assert_int_eq(pthread_key_create(&key, act), 0);
}

static void bequeath(void *legacy)
{
	ck_assert_int_eq(pthread_setspecific(key, legacy), 0);
}

static void bequeath_and_exit(void *legacy)
{
	bequeath(legacy);
	pthread_exit(NULL);
}

static void bequeath_and_shut(void *argument)
{
	struct legacy *legacy = argument;

	bequeath(legacy);
	future_executor_shutdown(legacy->pool);
}

static void *bequeath_main(void *legacy)
{
	bequeath(legacy);
	return NULL;
}

/* The last handle. */

static void drop_pool(struct legacy *legacy)
{
	future_executor_unref(legacy->pool);
}

/* The one worker closes its pool, and then drops the last handle of it. */
static void drop_by_own_worker(void (*work)(void *legacy), size_t width)
{
	size_t before = threads_before();
	struct legacy legacy = { .act = drop_pool, .pool = pool_of(width) };

	ck_assert_int_eq(future_execute(legacy.pool, work, &legacy), 0);
	threads_become(before);
	ck_assert_int_eq(legacy.acted, 1);
}

START_TEST(a_worker_may_drop_the_last_handle_of_its_own_pool_at_its_end)
{
	make_key(_i != 0);
	drop_by_own_worker(bequeath_and_shut, 1);
	for (size_t i = 0; i < scaled(100); i++)
		drop_by_own_worker(bequeath_and_shut, 3);
}
END_TEST

START_TEST(a_worker_that_exits_may_drop_the_last_handle_of_its_own_pool)
{
	make_key(_i != 0);
	drop_by_own_worker(bequeath_and_exit, 1);
	for (size_t i = 0; i < scaled(100); i++)
		drop_by_own_worker(bequeath_and_exit, 3);
}
END_TEST

struct many {
	struct gate gate;
	struct legacy legacy;
};

static void bequeath_at_gate(void *argument)
{
	struct many *many = argument;

	bequeath(&many->legacy);
	gate_pass(&many->gate);
}

START_TEST(each_worker_may_drop_one_of_the_last_handles)
{
	size_t before = threads_before();

	make_key(true);
	for (size_t i = 0; i < scaled(100); i++) {
		struct many many = { .gate = GATE_INIT,
			.legacy = { .act = drop_pool } };
		future_executor_t *pool = pool_of(4);

		many.legacy.pool = pool;
		for (int j = 0; j < 4; j++) {
			future_executor_ref(pool);
			ck_assert_int_eq(future_execute(pool, bequeath_at_gate,
				&many), 0);
		}
		gate_await(&many.gate, 4);
		future_executor_shutdown(pool);
		/* The last but those of the workers. */
		future_executor_unref(pool);
		gate_open(&many.gate);
		threads_become(before);
		ck_assert_int_eq(many.legacy.acted, 4);
	}
}
END_TEST

START_TEST(a_foreign_thread_may_drop_the_last_handle_at_its_end)
{
	size_t before = threads_before();
	struct legacy legacy = { .act = drop_pool };
	atomic_int ran = 0;

	make_key(_i != 0);
	legacy.pool = pool_of(2);
	for (int i = 0; i < 100; i++)
		ck_assert_int_eq(future_execute(legacy.pool, count_work, &ran),
			0);
	thread_finish(thread_start(bequeath_main, &legacy));
	/* It has waited: the thread that drops it is none of the pool's. */
	ck_assert_int_eq(ran, 100);
	ck_assert_int_eq(legacy.acted, 1);
	threads_become(before);
}
END_TEST

/* Other calls. */

static void submit_and_get(struct legacy *legacy)
{
	future_t *future = future_submit(legacy->pool, count_task,
		&legacy->acted);

	legacy->error = future_get(future).error;
	future_unref(future);
}

START_TEST(a_worker_that_exits_may_wait_for_a_task_of_its_own_pool)
{
	struct legacy legacy = { .act = submit_and_get };

	make_key(_i != 0);
	legacy.pool = pool_of(1);
	for (int i = 0; i < 3; i++)
		ck_assert_int_eq(future_execute(legacy.pool, bequeath_and_exit,
			&legacy), 0);
	while (atomic_load(&legacy.acted) < 6)
		sched_yield();
	future_executor_unref(legacy.pool);
	ck_assert_int_eq(legacy.error, 0);
}
END_TEST

START_TEST(a_worker_may_submit_to_another_pool_at_its_end)
{
	struct legacy legacy = { .act = submit_and_get };
	future_executor_t *pool;

	make_key(_i != 0);
	legacy.pool = pool_of(1);
	pool = pool_of(1);
	ck_assert_int_eq(future_execute(pool, bequeath, &legacy), 0);
	future_executor_unref(pool);
	ck_assert_int_eq(legacy.acted, 2);
	ck_assert_int_eq(legacy.error, 0);
	future_executor_unref(legacy.pool);
}
END_TEST

START_TEST(a_submit_to_the_own_closed_pool_is_refused)
{
	struct legacy legacy = { .act = submit_and_get };

	make_key(true);
	legacy.pool = pool_of(2);
	future_executor_ref(legacy.pool);
	ck_assert_int_eq(future_execute(legacy.pool, bequeath, &legacy), 0);
	future_executor_shutdown(legacy.pool);
	ck_assert_int_eq(future_executor_join(legacy.pool, FUTURE_FOREVER), 0);
	future_executor_unref(legacy.pool);
	future_executor_unref(legacy.pool);
	ck_assert_int_eq(legacy.acted, 1);
	ck_assert_int_eq(legacy.error, ESHUTDOWN);
}
END_TEST

static void wait_for_pool(struct legacy *legacy)
{
	if (future_executor_drain(legacy->pool, FUTURE_FOREVER) == EDEADLK)
		legacy->error = future_executor_join(legacy->pool,
			FUTURE_FOREVER);
}

START_TEST(a_worker_cannot_wait_for_its_own_pool_at_its_end)
{
	struct legacy legacy = { .act = wait_for_pool };

	make_key(true);
	legacy.pool = pool_of(2);
	ck_assert_int_eq(future_execute(legacy.pool, bequeath, &legacy), 0);
	future_executor_unref(legacy.pool);
	ck_assert_int_eq(legacy.acted, 1);
	ck_assert_int_eq(legacy.error, EDEADLK);
}
END_TEST

static void drop_future(struct legacy *legacy)
{
	future_unref(legacy->future);
}

static future_result_t own_task(void *arg)
{
	return future_own(arg, count_work);
}

START_TEST(the_last_reference_of_a_future_may_go_at_the_end_of_a_thread)
{
	struct legacy legacy = { .act = drop_future };
	atomic_int destroyed = 0;

	make_key(_i != 0);
	legacy.pool = pool_of(1);
	legacy.future = future_submit(legacy.pool, own_task, &destroyed);
	ck_assert_int_eq(future_wait(legacy.future, FUTURE_FOREVER), 0);
	thread_finish(thread_start(bequeath_main, &legacy));
	ck_assert_int_eq(destroyed, 1);
	legacy.future = future_submit(legacy.pool, own_task, &destroyed);
	ck_assert_int_eq(future_wait(legacy.future, FUTURE_FOREVER), 0);
	ck_assert_int_eq(future_execute(legacy.pool, bequeath, &legacy), 0);
	future_executor_unref(legacy.pool);
	ck_assert_int_eq(destroyed, 2);
}
END_TEST

static tss_t slot;

static void set_slot(void *legacy)
{
	ck_assert_int_eq(tss_set(slot, legacy), thrd_success);
}

START_TEST(the_destructors_of_c11_are_no_different)
{
	struct legacy legacy = { .act = submit_and_get };
	future_executor_t *pool = pool_of(1);

	ck_assert_int_eq(tss_create(&slot, act), thrd_success);
	legacy.pool = pool_of(1);
	ck_assert_int_eq(future_execute(pool, set_slot, &legacy), 0);
	future_executor_unref(pool);
	future_executor_unref(legacy.pool);
	ck_assert_int_eq(legacy.acted, 2);
	ck_assert_int_eq(legacy.error, 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("thread_local");
	TCase *last = suite_case(suite, "last");
	TCase *use = suite_case(suite, "use");

	tcase_add_loop_test(last,
		a_worker_may_drop_the_last_handle_of_its_own_pool_at_its_end,
		0, 2);
	tcase_add_loop_test(last,
		a_worker_that_exits_may_drop_the_last_handle_of_its_own_pool,
		0, 2);
	tcase_add_test(last, each_worker_may_drop_one_of_the_last_handles);
	tcase_add_loop_test(last,
		a_foreign_thread_may_drop_the_last_handle_at_its_end, 0, 2);
	tcase_add_loop_test(use,
		a_worker_that_exits_may_wait_for_a_task_of_its_own_pool, 0, 2);
	tcase_add_loop_test(use,
		a_worker_may_submit_to_another_pool_at_its_end, 0, 2);
	tcase_add_test(use, a_submit_to_the_own_closed_pool_is_refused);
	tcase_add_test(use, a_worker_cannot_wait_for_its_own_pool_at_its_end);
	tcase_add_loop_test(use,
		the_last_reference_of_a_future_may_go_at_the_end_of_a_thread,
		0, 2);
	tcase_add_test(use, the_destructors_of_c11_are_no_different);
	return suite_run(suite);
}
