/* SPDX-License-Identifier: MIT */
#include <stdio.h>

#include "failnth.h"
#include "harness.h"
#include "sweep.h"

struct sweep_base base;

static struct {
	uint32_t id;
	unsigned int descriptors;
	uint64_t pinned;
} before;

void sweep_setup(void)
{
	fail_nth_prepare();
	fixture_device(&base.f);
	base.memory = harness_memory(SWEEP_LENGTH);
	OK(iommufd_ioas_alloc(base.f.ctx, 0, &base.other));
	map_at(base.other, base.memory, PAGE, MOCK_FIRST);
	/* Small batches make more failures. */
	OK(iommufd_mock_set_temp_memory_limit(base.f.ctx, 32));
}

void sweep_end(void)
{
	OK(iommufd_mock_set_temp_memory_limit(base.f.ctx, 65536));
	OK(iommufd_ioas_destroy(base.other));
	fixture_end(&base.f);
}

static void remember(void)
{
	before.id = next_id(base.f.ctx);
	before.descriptors = open_descriptors();
	before.pinned = pinned();
}

void sweep_check_same(void)
{
	ck_assert_uint_eq(next_id(base.f.ctx), before.id);
	ck_assert_uint_eq(open_descriptors(), before.descriptors);
	ck_assert_uint_eq(pinned(), before.pinned);
	OK(iommufd_mock_check_refs(base.f.ctx, base.memory, SWEEP_LENGTH, 0));
}

#define POINTS_MAX 2000

/* Every failure must be one, with a reason and a record. */
static void check_failure(const struct operation *operation, unsigned int n,
			  int fired, int ret)
{
	struct iommufd_failure failure = { .size = sizeof(failure) };

	if (!ret)
		return;
	ck_assert_msg(fired, "%s failed without a reason: %s", operation->name,
		      iommufd_cause_name(iommufd_cause(ret)));
	ck_assert_msg(iommufd_class(ret) && iommufd_errno(ret),
		      "%s, point %u: gave %d", operation->name, n, ret);
	ck_assert_msg(!iommufd_failure_get(ret, &failure),
		      "%s, point %u: no record", operation->name, n);
}

/* With 0 for @n nothing fails. */
static int run_once(const struct operation *operation, unsigned int n)
{
	int fired, ret;

	if (operation->before)
		operation->before();
	fail_nth(n);
	ret = operation->call();
	fired = fail_nth_end() && n;
	check_failure(operation, n, fired, ret);
	operation->after(ret);
	return fired;
}

/* Some commands have nothing inside that can fail; those that map have much. */
unsigned int sweep(const struct operation *operation)
{
	unsigned int n = 1;

	remember();
	/* Once without, so that all memory it touches is there. */
	run_once(operation, 0);
	while (run_once(operation, n)) {
		n++;
		ck_assert_msg(n < POINTS_MAX, "%s never ends", operation->name);
	}
	printf("%s: %u points\n", operation->name, n - 1);
	fflush(stdout);
	return n - 1;
}
