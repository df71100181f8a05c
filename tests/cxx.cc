/*
 * A C++11 program that uses the library beside <future>, with all of std in
 * sight.  check_install.sh builds and runs it against an installed copy.
 */
#include <future>
#include <iostream>
using namespace std;

#include <future.h>

static future_result_t next(void *number)
{
	return future_ok_int(reinterpret_cast<intptr_t>(number) + 1);
}

static future_result_t twice(future_result_t in, void *)
{
	return future_ok_int(2 * future_result_int(in));
}

static intptr_t number(future_t *future)
{
	future_result_t result = future_get(future);

	return result.error == 0 ? future_result_int(result) : -1;
}

static intptr_t sum(future_t *all)
{
	future_result_t result = future_get(all);
	const future_result_t *each =
		static_cast<const future_result_t *>(result.value);

	return result.error == 0 ? future_result_int(each[0]) +
		future_result_int(each[1]) : -1;
}

int main()
{
	future_pool_options_t options = future_pool_options_t();
	future_executor_t *pool;

	options.threads = 2;
	options.name = "cxx";
	if (future_pool_new(&options, &pool) != 0)
		return 1;
	future_t *four = future_submit(pool, next, reinterpret_cast<void *>(3));
	future_t *eight = future_then(four, twice, nullptr);
	future_task_t task = { next, reinterpret_cast<void *>(6), 0, nullptr,
		FUTURE_PRIORITY_HIGH, nullptr, "seven" };
	FUTURE_AUTO future_t *seven = future_submit_with(pool, &task);
	FUTURE_AUTO future_t *both = FUTURE_ALL(four, eight);
	FUTURE_AUTO future_t *settled = FUTURE_ALL_SETTLED(four, eight);
	FUTURE_AUTO future_t *one = FUTURE_ANY(eight);
	FUTURE_AUTO future_t *first = FUTURE_RACE(eight);
	bool right = number(eight) == 8 && number(seven) == 7 &&
		sum(both) == 12 && sum(settled) == 12 && number(one) == 8 &&
		number(first) == 8 &&
		future_wait(eight, FUTURE_NOW) == 0 &&
		future_join(four, FUTURE_FOREVER) == 0 &&
		future_state(four) == FUTURE_OK;

	future_unref(four);
	future_unref(eight);
	future_executor_unref(pool);
	cout << "libfuture " << future_version() << " from C++ beside " <<
		static_cast<int>(future_errc::broken_promise) <<
		(right ? ": ok\n" : ": wrong\n");
	return right ? 0 : 1;
}
