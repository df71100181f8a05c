/*
 * Sims: for tests of your own code.  A sim is an executor without threads: its
 * tasks run on the thread that made it, one at a time, in an order drawn from
 * a seed, under a clock of its own.  The same seed is the same run, bit for
 * bit; another seed is another order.
 *
 *	static int two_deposits(future_executor_t *sim)
 *	{
 *		struct account account = { 0 };
 *		FUTURE_AUTO future_t *one = deposit(&account, sim, 100);
 *		FUTURE_AUTO future_t *two = deposit(&account, sim, 100);
 *
 *		future_get(one);
 *		future_get(two);
 *		return account.balance == 200 ? 0 : EIO;
 *	}
 *
 *	uint64_t seed;
 *	int error = future_sim_explore(two_deposits, 0, &seed);
 *
 * From future_sim_new() to the last unref, on the thread that made it:
 *
 * Tasks.       They run inside future_sim_run() and inside every wait: a wait
 *              runs the sim until it is over, whether in a task or not.  What
 *              goes on next is drawn each time, among the queued tasks, a
 *              timer that is due, and the waiter itself if it could go on.
 * The default. NULL, future_default() and the timers of the inline executor
 *              (and of futures that live there) are the sim's.  Pools are as
 *              they were: hand the code under test the sim in their place.
 * Time.        future_now(), and so every deadline, is of the sim's clock.  It
 *              starts at the same instant in every sim, and moves when told:
 *              by future_sim_advance(), or by a wait when there is nothing
 *              left to run: to the next timer, or to the wait's own deadline.
 *              A timeout of an hour takes no time.
 * Dead ends.   A wait that nothing can end any more returns EDEADLK; so does
 *              future_mutex_lock().  What threads outside the sim may yet do
 *              does not count: the sim does not wait for them.
 * Nesting.     Tasks that wait stand on one stack.  The upper one has to end
 *              before the lower one can go on: where it waits for just that
 *              (for a mutex that the lower one holds, for an answer to what the
 *              lower one is to read), it gets EDEADLK, as on a pool of one
 *              thread.  So it does when half of the stack is used.  Code that
 *              hands on by continuations has no such limit.
 *
 * What polls without a wait, or with FUTURE_NOW, polls for ever; so does a wait
 * without a deadline for what never comes while a future_every() runs.
 *
 * Tasks may be posted from other threads, which makes an order that no seed
 * repeats.  There is one sim a thread at a time; the last reference has to be
 * given back on its thread.
 */
#ifndef FUTURE_SIM_H
#define FUTURE_SIM_H

#include <future/base.h>
#include <future/executor.h>

FUTURE_BEGIN_DECLS

/*
 * Makes a sim; nothing runs yet.  `seed` is any number below 2^63, or one that
 * future_sim_explore() found.  On success it is in *ret_sim with one reference
 * to give back with future_executor_unref(), which runs what is queued; timers
 * still armed then fail with ESHUTDOWN.  Within one of its own tasks it is the
 * outermost call that runs the sim which does so.
 *
 * future_executor_drain() runs what can run now, future_executor_join() after a
 * shutdown the same, and ends the timers: at once, whatever the deadline, or
 * EDEADLK inside a task, EPERM on another thread.  Stats count as a pool's do.
 *
 * Returns 0, EINVAL, ENOMEM, or EBUSY if the thread has a sim.  Never blocks.
 *
 * (Numbers below 2^63 seed G. Steele, D. Lea, C. Flood, "Fast splittable
 * pseudorandom number generators", 2014: SplitMix64.  Those above are an order
 * written out: digits in mixed radix, one for each choice between more than
 * one, then always the first.)
 */
FUTURE_API FUTURE_CHECKED int future_sim_new(uint64_t seed,
	future_executor_t **ret_sim);

/*
 * Runs tasks, and timers that are due, until there are none.  The clock stays.
 * May be called inside a task.  Returns 0, EINVAL if it is not a sim, EPERM on
 * another thread, ECHILD in a forked child.
 */
FUTURE_API FUTURE_CHECKED int future_sim_run(future_executor_t *sim);

/*
 * Moves the clock on by `ns` and runs nothing: timers that are due now take
 * their turn, earliest first, beside the tasks.  Never blocks.  Returns 0,
 * EINVAL also for a negative number, EPERM, ECHILD.
 */
FUTURE_API FUTURE_CHECKED int future_sim_advance(future_executor_t *sim,
	int64_t ns);

/*
 * Calls `fn` again and again, each time with a new sim and another order of its
 * tasks, until it returns something else than 0, or all orders have been tried,
 * or `budget` calls have been made (0: 10,000).  If there are no more orders
 * than that, all are tried, each once; else as many are drawn.
 *
 * `fn` makes all it needs anew, borrows the sim, and is the same code each
 * time: nothing it does may depend on anything but the sim.  It need not wait
 * for what it has submitted: that is run when it returns, of which it does not
 * learn.
 *
 * Returns 0 if no call failed.  Whether all orders were tried is seen where
 * `fn` counts its calls: if they are fewer than the budget, all; if as many,
 * perhaps not, and a larger budget may tell.  If one failed, what it returned,
 * and the seed of its sim in *ret_seed: future_sim_new() with that seed, and
 * `fn`, give the same run again.  Or, and then *ret_seed is untouched, EINVAL,
 * ENOMEM, EBUSY as future_sim_new().
 *
 * (All orders, and whether there are few: D. Knuth, "Estimating the efficiency
 * of backtrack programs", Mathematics of Computation 29, 1975.)
 */
FUTURE_API FUTURE_CHECKED int future_sim_explore(
	int (*fn)(future_executor_t *sim), size_t budget, uint64_t *ret_seed);

FUTURE_END_DECLS

#endif
