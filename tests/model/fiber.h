/* Cooperative threads, the machine's part: a stack and a switch. */
#ifndef FIBER_H
#define FIBER_H

#include <stddef.h>

/*
 * Returns the point to switch to in order to have `entry` called on the stack
 * that ends at `top`, which is aligned to 16.  It must never return.
 */
void *fiber_new(char *top, void (*entry)(void));

/*
 * Leaves the running stack, keeping the point to come back to in *ret_here,
 * for `there`.  Nothing of a stack below such a point is alive.
 */
void fiber_switch(void **ret_here, void *there);

#endif
