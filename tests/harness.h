/* SPDX-License-Identifier: MIT */
/*
 * What the test programs share. A program defines its cases with Check and ends
 * with
 *
 *	int main(void)
 *	{
 *		return harness_run("ioas", cases, 2);
 *	}
 *
 * Each test runs in a process of its own. Results go in TAP to the file named by
 * IOMMUFD_TAP, or to standard output.
 */
#ifndef TESTS_HARNESS_H
#define TESTS_HARNESS_H

#include <check.h>
#include <errno.h>
#include <stddef.h>
#include <stdint.h>

#include <iommufd/iommufd.h>

/* One Check test case: a name, its tests, its fixtures, its time limit. */
struct harness_case {
	const char *name;
	void (*setup)(void);
	void (*teardown)(void);
	const TTest **const *tests; /* &test, ... NULL */
	double timeout;		    /* seconds, 0 for the default of 60 */
	const char *tags;	    /* or NULL: see LIMITS */
};

/*
 * How often to repeat what takes long: @usual, or less where suite.sh says that
 * everything is slower.
 */
unsigned int harness_times(unsigned int usual);

/* The tag of cases whose limits or failures valgrind takes to itself. */
#define LIMITS "limits"

int harness_run(const char *suite, const struct harness_case *cases,
		size_t count);

/*
 * End this test as skipped. The suite runner forbids it where the test bed has
 * to have everything; it never counts as passed.
 */
#define SKIP(...) harness_skip(__func__, __VA_ARGS__)
void harness_skip(const char *test, const char *format, ...)
	__attribute__((format(printf, 2, 3), noreturn));

/* The call must succeed, and leave the record of the last failure alone. */
#define OK(call)                                                               \
	(harness_before(), harness_ok((call), #call, __FILE__, __LINE__))
void harness_before(void);
void harness_ok(int ret, const char *what, const char *file, int line);

/*
 * The call must fail with this cause and errno, and the thread's record must be
 * about it. @cause is given without IOMMUFD_CAUSE_.
 */
#define FAILS(call, cause, err)                                                \
	harness_fails((call), IOMMUFD_CAUSE_##cause, err, #call, __FILE__,     \
		      __LINE__)
void harness_fails(int ret, uint32_t cause, int err, const char *what,
		   const char *file, int line);

/* The record of this thread's failure that returned @ret. */
struct iommufd_failure harness_failure(int ret);

/* Which kernel the test bed runs: "main", "lts", "debug", or "" elsewhere. */
const char *harness_kernel(void);

/* Whether the kernel has a command; a test of its own says which ones must be
 * there. */
int harness_has(struct iommufd_ctx *ctx, uint32_t nr);

/* A context of one's own, and the wish to be alone in it. */
struct iommufd_ctx *harness_ctx(void);

/* Anonymous memory, page aligned and touched; ends with the test's process. */
void *harness_memory(size_t length);

/* The same of huge pages, each of which is one piece of physical memory. */
void *harness_huge_memory(size_t length);

/* A memory file of this length, and its descriptor. */
int harness_memfd(size_t length);

/* From here to the matching call the kernel log may have DMA faults. */
void harness_expect_dma_fault(int begin);

/* A variable that the scenario must have set. */
const char *harness_env(const char *name);

#endif /* TESTS_HARNESS_H */
