/* The failure tests: threads that cannot be started. */
#ifndef FAIL_THREAD_H
#define FAIL_THREAD_H

/*
 * From now on the `nth` pthread_create() of this process (1 is the next) fails
 * once with EAGAIN, whoever calls it; 0: none.
 */
void fail_thread(int nth);

/* How many have been asked for since fail_thread(). */
int fail_thread_count(void);

#endif
