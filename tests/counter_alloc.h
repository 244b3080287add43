/* SPDX-License-Identifier: MIT */
/*
 * Stands before the allocator of the C library, or before a sanitizer's, to
 * count and to fail. Included by one file of a program, because it defines
 * malloc() and the like.
 */
#ifndef TESTS_COUNTER_ALLOC_H
#define TESTS_COUNTER_ALLOC_H

#include <errno.h>
#include <stdlib.h>

#include "counter.h"

#ifdef __has_feature
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define COUNTER_SANITIZED
#endif
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define COUNTER_SANITIZED
#endif

#ifdef COUNTER_SANITIZED
#define REAL(function) __interceptor_##function
/* The sanitizer allocates before it is ready to watch anybody. */
#define UNWATCHED __attribute__((no_sanitize("address", "thread")))
#else
#define UNWATCHED
#define REAL(function)	     __libc_##function
#define __libc_aligned_alloc __libc_memalign
#endif

void *REAL(malloc)(size_t size);
void *REAL(calloc)(size_t count, size_t size);
void *REAL(realloc)(void *old, size_t size);
void *REAL(aligned_alloc)(size_t alignment, size_t size);

static _Thread_local struct {
	int counting;
	unsigned int count;
	unsigned int fail; /* how many more until one fails */
} counter_alloc;

UNWATCHED static int counter_alloc_fails(void)
{
	if (counter_alloc.counting)
		counter_alloc.count++;
	if (!counter_alloc.fail || --counter_alloc.fail)
		return 0;
	errno = ENOMEM;
	return 1;
}

UNWATCHED void *malloc(size_t size)
{
	return counter_alloc_fails() ? NULL : REAL(malloc)(size);
}

UNWATCHED void *calloc(size_t count, size_t size)
{
	return counter_alloc_fails() ? NULL : REAL(calloc)(count, size);
}

UNWATCHED void *realloc(void *old, size_t size)
{
	return counter_alloc_fails() ? NULL : REAL(realloc)(old, size);
}

UNWATCHED void *aligned_alloc(size_t alignment, size_t size)
{
	return counter_alloc_fails() ? NULL
				     : REAL(aligned_alloc)(alignment, size);
}

void counter_alloc_start(void)
{
	counter_alloc.count = 0;
	counter_alloc.counting = 1;
}

unsigned int counter_alloc_stop(void)
{
	counter_alloc.counting = 0;
	return counter_alloc.count;
}

void counter_alloc_fail(unsigned int n)
{
	counter_alloc.fail = n;
}

/*
 * Allocation by allocation fails, until none does. It takes so many attempts at
 * least: 2 for a call that is known to allocate.
 */
#define UNTIL_ENOUGH(least, call)                                              \
	do {                                                                   \
		unsigned int n_ = 0;                                           \
		int ret_;                                                      \
                                                                               \
		do {                                                           \
			counter_alloc_fail(++n_);                              \
			ret_ = (call);                                         \
			counter_alloc_fail(0);                                 \
			if (ret_)                                              \
				FAILS(ret_, NO_MEMORY, ENOMEM);                \
		} while (ret_ && n_ < 20);                                     \
		OK(ret_);                                                      \
		ck_assert_uint_ge(n_, least);                                  \
	} while (0)

#endif /* TESTS_COUNTER_ALLOC_H */
