/* SPDX-License-Identifier: MIT */
/*
 * Counts what a call costs: its system calls, seen by a tracing parent, and its
 * allocations. Exactly one file of a program that counts allocations includes
 * counter_alloc.h, which puts itself before the C library's allocator.
 *
 *	static int probe(void) { return iommufd_ctx_probe(ctx, 0x80); }
 */
#ifndef TESTS_COUNTER_H
#define TESTS_COUNTER_H

#include <stddef.h>

/* One call to be measured; what surrounds it is not. */
struct counter_call {
	const char *function; /* and what is special, after a space */
	const char *expected; /* "1 ioctl", "1 fcntl, 1 ioctl", "none" */
	unsigned int allocations;
	int (*call)(void); /* must give 0, unless */
	int may_fail;
	void (*before)(void);
	void (*after)(void);
};

/*
 * Run them all in a traced child after @setup, and compare. The table goes to
 * the end of the file @name in the folder of IOMMUFD_VM_OUT, if that is set: a
 * line "function, system calls, allocations" for each, tabs between. With
 * NULL for @name there is no table. begin() makes the file empty.
 */
void counter_begin(const char *name);
void counter_run(const char *name, void (*setup)(void),
		 const struct counter_call *calls, size_t count);

/* Allocations of this thread between the two. */
void counter_alloc_start(void);
unsigned int counter_alloc_stop(void);

/* Let the n-th allocation from now on fail, the first being 1; 0 for none. */
void counter_alloc_fail(unsigned int n);

#endif /* TESTS_COUNTER_H */
