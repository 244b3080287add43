/* SPDX-License-Identifier: MIT */
/*
 * Operations on the mock driver with every failure that the kernel can have
 * inside them, one after the other, until none is left.
 */
#ifndef TESTS_SWEEP_H
#define TESTS_SWEEP_H

#include "fixture.h"

#define SWEEP_LENGTH (8 * PAGE)

/*
 * What they work on: a device on f.ioas, which is empty; `other` has the first
 * page of the memory mapped at MOCK_FIRST, and no page table.
 */
struct sweep_base {
	struct fixture f;
	struct iommufd_ioas *other;
	char *memory; /* SWEEP_LENGTH bytes */
};

extern struct sweep_base base;

void sweep_setup(void);
void sweep_end(void);

/* No object, descriptor or pin more or less than before the operation. */
void sweep_check_same(void);

/*
 * Something that can fail: what is there before, the call and nothing else, and
 * a look at what is left after success or failure, which puts it back.
 */
struct operation {
	const char *name;
	void (*before)(void);
	int (*call)(void);
	void (*after)(int ret);
};

/* The number of points at which the kernel was made to fail. */
unsigned int sweep(const struct operation *operation);

#define SWEEP(name, before, call, after)                                       \
	sweep(&(const struct operation){ name, before, call, after })

/* A function for an expression that gives a typed error. */
#define CALL(name, expression)                                                 \
	static int name(void)                                                  \
	{                                                                      \
		return (expression);                                           \
	}

#endif /* TESTS_SWEEP_H */
