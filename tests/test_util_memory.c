/* SPDX-License-Identifier: MIT */
/* The process runs out of memory: in the helpers that keep books. */
#include <stddef.h>

#include "counter_alloc.h"
#include "iova.h"

START_TEST(iovas)
{
	struct iommufd_iova_limits l = iova_limits(iova_two, 2);
	struct iommufd_iova_space *space = NULL;
	uint64_t taken = 0, iova;
	int ret, refused = 0;

	l.windows = l.excluded = iova_two;
	l.num_windows = 2;
	l.num_excluded = 1;
	UNTIL_ENOUGH(2, iommufd_iova_new(NULL, &l, &space));
	for (int i = 0; i < 1000; i++) {
		counter_alloc_fail(1);
		ret = iommufd_iova_alloc(space, PAGE, NULL, &iova);
		counter_alloc_fail(0);
		if (ret) {
			FAILS(ret, NO_MEMORY, ENOMEM);
			refused++;
			OK(iommufd_iova_alloc(space, PAGE, NULL, &iova));
		}
		ck_assert_uint_eq(iova, MIB + taken++ * PAGE);
	}
	ck_assert_int_gt(refused, 2);
	UNTIL_ENOUGH(2, iommufd_iova_refresh(space, &l, NULL));
	/* To give back needs no memory. */
	while (taken) {
		struct iommufd_extent range =
			extent(MIB + --taken * PAGE, PAGE);

		counter_alloc_fail(1);
		ret = iommufd_iova_free(space, &range);
		counter_alloc_fail(0);
		OK(ret);
	}
	iommufd_iova_release(space);
}
END_TEST

/* Nothing is asked of the address space before the work begins. */
START_TEST(bulk)
{
	char page[PAGE];
	const struct iommufd_bulk_region region = {
		.size = sizeof(region),
		.flags = RW,
		.fd = -1,
		.memory = page,
		.length = PAGE,
	};
	struct iommufd_ioas *ioas = (void *)page;
	struct iommufd_bulk *new = NULL;

	UNTIL_ENOUGH(2, iommufd_bulk_prepare(ioas, &region, 1, NULL, &new));
	OK(iommufd_bulk_undo(new, 0));
}
END_TEST

START_TEST(dirty_walk)
{
	const struct iommufd_extent none[2] = { { 0, 0 }, { 0, 0 } };
	_Alignas(
		max_align_t) char page[PAGE] = { 0 }; /* its context is asked */
	const struct iommufd_dirty_opts opts = { .size = sizeof(opts),
						 .page_size = PAGE };
	struct iommufd_hwpt *hwpt = (void *)page;
	struct iommufd_dirty *dirty = NULL;
	struct iommufd_extent range = { 1, 1 };

	UNTIL_ENOUGH(2,
		     iommufd_dirty_new((void *)page, &hwpt, 1, &opts, &dirty));
	UNTIL_ENOUGH(2, iommufd_dirty_walk(dirty, none, 2, 0));
	OK(iommufd_dirty_next(dirty, &range));
	ck_assert_uint_eq(range.length, 0);
	iommufd_dirty_release(dirty);
}
END_TEST

START_TEST(device_memory)
{
	struct iommufd_device_memory_buffer buffer = { .size = sizeof(buffer),
						       .length = PAGE };
	_Alignas(max_align_t) char page[PAGE] = { 0 }; /* its id is asked */
	struct iommufd_ioas *ioas = (void *)page;
	struct iommufd_device_memory *new = NULL;

	UNTIL_ENOUGH(2, iommufd_device_memory_new(ioas, 0, &new));
	UNTIL_ENOUGH(2, iommufd_device_memory_add_buffer(new, &buffer));
	buffer.offset = PAGE;
	UNTIL_ENOUGH(2, iommufd_device_memory_add_buffer(new, &buffer));
	OK(iommufd_device_memory_destroy(new));
}
END_TEST

static const TTest **const tests[] = { &iovas, &bulk, &dirty_walk,
				       &device_memory, NULL };

int main(void)
{
	const struct harness_case cases[] = {
		{ .name = "memory", .tests = tests },
	};

	return harness_run("util_memory", cases, 1);
}
