/* SPDX-License-Identifier: MIT */
/*
 * The kernel's fault injection, for the calling thread. Nothing but the call
 * that is meant may stand between fail_nth() and fail_nth_end(): Check's
 * messages, too, are system calls.
 */
#ifndef TESTS_FAILNTH_H
#define TESTS_FAILNTH_H

/* In each test: all allocations count, also those that may wait. */
void fail_nth_prepare(void);

/* The @n-th step of this thread in the kernel that can fail will do so, once. */
void fail_nth(unsigned int n);

/* Switch it off: 1 if it has happened. */
int fail_nth_end(void);

/*
 * Try @call with every place failing in turn, until none is left: a failure has
 * a reason, and a success nobody minds. @undo makes a success undone; @left
 * looks what a failure left behind. At the end no descriptor is left over.
 */
void fail_nth_sweep(int (*call)(void), void (*undo)(void), void (*left)(void));

#endif /* TESTS_FAILNTH_H */
