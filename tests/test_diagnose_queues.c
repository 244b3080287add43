/* SPDX-License-Identifier: MIT */
/* Hardware queues, what they hold, invalidations, dirty pages, and faults. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "diagnosis.h"
#include "harness.h"
#include "nesting.h"

#define HUGE_PAGE (2 * MIB)

static char *memory; /* one piece of physical memory */

static void setup(void)
{
	nesting_setup();
	memory = harness_huge_memory(HUGE_PAGE);
}

static void end(void)
{
	OK(iommufd_ioas_unmap_all(nest.f.ioas, NULL));
	nesting_end();
}

static void diagnose(int ret, uint32_t flags)
{
	diagnose_in(nest.f.ctx, ret, flags);
}

static int queue_alloc(uint32_t index, uint64_t length, uint64_t iova,
		       struct iommufd_hw_queue **queue)
{
	const struct iommufd_hw_queue_alloc_opts opts = {
		.size = sizeof(opts),
		.type = IOMMUFD_MOCK_HW_QUEUE,
		.index = index,
		.length = length,
		.iova = iova
	};

	return iommufd_hw_queue_alloc(nest.viommu, &opts, queue);
}

/* A vIOMMU with 16 pages for its queues; 1 if the kernel has such. */
static int has_queues(void)
{
	if (!nesting_viommu())
		return 0;
	map_at(nest.f.ioas, memory, 16 * PAGE, MOCK_FIRST);
	return 1;
}

/* ENOENT: a hole, or no vIOMMU. */
START_TEST(queue_memory)
{
	struct iommufd_viommu *viommu;
	struct iommufd_hw_queue *queue = NULL;
	struct iommufd_ioas *other = NULL;

	if (!has_queues())
		return;
	diagnose(queue_alloc(0, 4 * PAGE, MOCK_FIRST + 14 * PAGE, &queue),
		 SCRATCH);
	check_cause(IOMMUFD_CAUSE_QUEUE_HOLE);
	check_range_is(MOCK_FIRST + 16 * PAGE, MOCK_FIRST + 18 * PAGE - 1);
	check_says("0x1010000-0x1011fff is not, or not all, mapped");
	/* It may be any of two address spaces. */
	OK(iommufd_ioas_alloc(nest.f.ctx, 0, &other));
	diagnose(queue_alloc(0, 4 * PAGE, MOCK_FIRST + 14 * PAGE, &queue),
		 SCRATCH);
	check_cause(IOMMUFD_CAUSE_QUEUE_HOLE);
	ck_assert_uint_eq(d.valid, 0);
	OK(iommufd_ioas_destroy(other));
	viommu = nest.viommu;
	OK(iommufd_viommu_adopt(nest.f.ctx, nest.f.hwpt_id, 0, &nest.viommu));
	diagnose(queue_alloc(0, PAGE, MOCK_FIRST, &queue), SCRATCH);
	check_cause(IOMMUFD_CAUSE_OBJECT);
	check_says("is a paging page table, not a vIOMMU");
	check_other_reason();
	iommufd_viommu_release(nest.viommu);
	nest.viommu = viommu;
	end();
}
END_TEST

/* EINVAL: the index, or the memory of a device. */
START_TEST(queue_refused)
{
	const struct iommufd_extent part = extent(0, PAGE);
	uint64_t iova = MOCK_FIRST + MIB;
	struct iommufd_hw_queue *queue = NULL;
	int fd;

	if (!has_queues())
		return;
	diagnose(queue_alloc(7, PAGE, MOCK_FIRST, &queue), SCRATCH);
	check_cause(IOMMUFD_CAUSE_QUEUE_INDEX);
	check_says("has no index 7");
	diagnose(queue_alloc(7, PAGE, MOCK_FIRST, &queue), 0);
	ck_assert_uint_eq(d.num_candidates, 3);
	check_says("no queue 7, or");
	OK(iommufd_mock_dma_buf_get(nest.f.ctx, PAGE, 0, &fd));
	OK(iommufd_ioas_map_file(nest.f.ioas, fd, &part, FIXED, &iova));
	diagnose(queue_alloc(0, PAGE, iova, &queue), 0);
	check_candidates(IOMMUFD_CAUSE_QUEUE_REFUSED,
			 IOMMUFD_CAUSE_QUEUE_LAYOUT,
			 IOMMUFD_CAUSE_QUEUE_DEVICE_MEMORY);
	check_other_reason();
	diagnose(queue_alloc(1, PAGE, iova, &queue), SCRATCH);
	check_candidates(IOMMUFD_CAUSE_QUEUE_REFUSED,
			 IOMMUFD_CAUSE_QUEUE_LAYOUT,
			 IOMMUFD_CAUSE_QUEUE_DEVICE_MEMORY);
	unmap_at(nest.f.ioas, PAGE, iova);
	close(fd);
	end();
}
END_TEST

/*
 * Queues are made in ascending order: index 0 is in use, and what the hardware
 * has against index 1, as a base that is not aligned, is not the index.
 */
START_TEST(queue_after_the_first)
{
	struct iommufd_failure failure = {
		.size = sizeof(failure),
		.op = IOMMUFD_OP_HW_QUEUE_ALLOC,
		.ret = iommufd_make_error(IOMMUFD_CAUSE_QUEUE_REFUSED, EINVAL),
		.fd = -1,
		.memory_fd = -1,
		.other_id = IOMMUFD_MOCK_HW_QUEUE,
		.length = PAGE,
		.iova = MOCK_FIRST + PAGE,
		.arg = 1,
	};
	struct iommufd_hw_queue *first = NULL, *second = NULL;

	if (!has_queues())
		return;
	OK(queue_alloc(0, PAGE, MOCK_FIRST, &first));
	failure.object_id = iommufd_viommu_id(nest.viommu);
	diagnose(iommufd_failure_set(&failure), SCRATCH);
	ck_assert_uint_eq(d.cause, IOMMUFD_CAUSE_QUEUE_REFUSED);
	ck_assert_uint_eq(d.num_candidates, 3);
	OK(queue_alloc(1, PAGE, MOCK_FIRST + PAGE, &second));
	OK(iommufd_hw_queue_destroy(second));
	OK(iommufd_hw_queue_destroy(first));
	end();
}
END_TEST

/* Of hardware that no test machine has the rules are known. */
START_TEST(queue_of_tegra)
{
	struct iommufd_failure failure = {
		.size = sizeof(failure),
		.op = IOMMUFD_OP_HW_QUEUE_ALLOC,
		.ret = iommufd_make_error(IOMMUFD_CAUSE_QUEUE_REFUSED, EINVAL),
		.fd = -1,
		.memory_fd = -1,
		.other_id = IOMMUFD_HW_QUEUE_TEGRA241_CMDQV,
		.length = 0x3000,
	};

	diagnose(iommufd_failure_set(&failure), 0);
	check_cause(IOMMUFD_CAUSE_QUEUE_LAYOUT);
	check_says("0x3000 is not a power of two");
	end();
}
END_TEST

/* EBUSY of unmap: what holds a mapping. */
START_TEST(queue_holds_a_mapping)
{
	struct iommufd_hw_queue *queue = NULL;
	uint64_t length = 16 * PAGE;
	char words[64];
	int ret;

	if (!has_queues())
		return;
	OK(queue_alloc(0, PAGE, MOCK_FIRST + 3 * PAGE, &queue));
	ret = iommufd_ioas_unmap(nest.f.ioas, &length, MOCK_FIRST);
	FAILS(ret, MAPPING_IN_TRANSIT, EBUSY);
	diagnose(ret, 0);
	check_candidates(IOMMUFD_CAUSE_MAPPING_IN_TRANSIT,
			 IOMMUFD_CAUSE_ANOTHER_THREAD,
			 IOMMUFD_CAUSE_QUEUE_HOLDS_MAPPING);
	snprintf(words, sizeof(words), "of vIOMMU %u lies in a mapping",
		 iommufd_viommu_id(nest.viommu));
	check_says(words);
	OK(iommufd_hw_queue_destroy(queue));
	end();
}
END_TEST

/* Without a vIOMMU there is no queue. */
START_TEST(another_thread_holds_a_mapping)
{
	diagnose(made_up(IOMMUFD_OP_IOAS_UNMAP,
			 IOMMUFD_CAUSE_MAPPING_IN_TRANSIT, EBUSY, -1),
		 0);
	check_cause(IOMMUFD_CAUSE_ANOTHER_THREAD);
	check_says("without a vIOMMU");
	diagnose(made_up(IOMMUFD_OP_CHANGE_PROCESS,
			 IOMMUFD_CAUSE_MAPPING_IN_TRANSIT, EBUSY, -1),
		 0);
	check_cause(IOMMUFD_CAUSE_ANOTHER_THREAD);
	diagnose_in(NULL,
		    made_up(IOMMUFD_OP_IOAS_UNMAP,
			    IOMMUFD_CAUSE_MAPPING_IN_TRANSIT, EBUSY, -1),
		    0);
	check_candidates(IOMMUFD_CAUSE_MAPPING_IN_TRANSIT,
			 IOMMUFD_CAUSE_ANOTHER_THREAD,
			 IOMMUFD_CAUSE_QUEUE_HOLDS_MAPPING);
	check_other_reason();
	end();
}
END_TEST

static const TTest **const queues[] = {
	&queue_memory,
	&queue_refused,
	&queue_after_the_first,
	&queue_of_tegra,
	&queue_holds_a_mapping,
	&another_thread_holds_a_mapping,
	NULL,
};

/* ---- invalidations -------------------------------------------------------- */

static int invalidate(struct iommufd_hwpt *hwpt, uint32_t type, uint32_t length,
		      uint32_t count)
{
	static const struct iommufd_mock_hwpt_invalidate entries[] = {
		{ 0, 0 }, { 0, 1 }, { 0, 77 }, { 0, 2 }
	};

	return iommufd_hwpt_invalidate(hwpt, type, entries, length, &count);
}

/* EINVAL: type, length, value, number. */
START_TEST(invalidations)
{
	struct iommufd_hwpt *nested = nested_new(iommufd_hwpt_id(nest.parent));
	const uint32_t type = IOMMUFD_MOCK_INVALIDATE;

	diagnose(invalidate(nested, type, 8, 4), 0);
	check_cause(IOMMUFD_CAUSE_INVALIDATION_VALUE);
	check_says("the first 2 were accepted");
	diagnose(invalidate(nested, type, 16, 1), 0);
	check_cause(IOMMUFD_CAUSE_INVALIDATION_LENGTH);
	check_says("of type 0xdeadbeef the driver takes 8");
	check_other_reason();
	diagnose(invalidate(nested, IOMMUFD_MOCK_INVALIDATE_INVALID, 8, 1), 0);
	check_cause(IOMMUFD_CAUSE_INVALIDATION_TYPE);
	check_says("no invalidations of type 0xdadbeef");
	check_other_reason();
	diagnose(invalidate(nested, type, 8, UINT32_MAX), 0);
	check_cause(IOMMUFD_CAUSE_INVALIDATION_VALUE);
	check_says("more than 524288");
	check_other_reason();
	diagnose(invalidate(nested, type, 5000, 1), 0);
	check_cause(IOMMUFD_CAUSE_INVALIDATION_LENGTH);
	check_says("cannot have 5000 bytes");
	check_other_reason();
	diagnose_in(NULL, invalidate(nested, type, 5000, 1), 0);
	ck_assert_uint_eq(d.num_candidates, 4);
	OK(iommufd_hwpt_destroy(nested));
	end();
}
END_TEST

/* What is no nested one: a kernel without vIOMMUs does not even find it. */
START_TEST(invalidations_of_paging)
{
	int ret = invalidate(nest.parent, IOMMUFD_MOCK_INVALIDATE, 8, 1);

	diagnose(ret, 0);
	if (harness_has(nest.f.ctx, IOMMUFD_NR_VIOMMU_ALLOC)) {
		check_cause(IOMMUFD_CAUSE_NOT_NESTED);
		check_says("is a paging page table");
	} else {
		check_cause(IOMMUFD_CAUSE_OBJECT);
	}
	end();
}
END_TEST

START_TEST(invalidations_of_viommus)
{
	const struct iommufd_mock_viommu_invalidate entries[] = { { 0, 5, 0 } };
	uint32_t count = 1;

	if (!nesting_viommu())
		return;
	diagnose(iommufd_viommu_invalidate(nest.viommu, IOMMUFD_MOCK_INVALIDATE,
					   entries, sizeof(entries[0]), &count),
		 0);
	check_cause(IOMMUFD_CAUSE_INVALIDATION_VALUE);
	count = 1;
	diagnose(iommufd_viommu_invalidate(nest.viommu,
					   IOMMUFD_MOCK_INVALIDATE_INVALID,
					   entries, sizeof(entries[0]), &count),
		 0);
	check_cause(IOMMUFD_CAUSE_INVALIDATION_TYPE);
	check_other_reason();
	end();
}
END_TEST

/* EIO: what a guest may not give. */
START_TEST(commands_of_an_smmu)
{
	struct iommufd_failure failure = {
		.size = sizeof(failure),
		.op = IOMMUFD_OP_VIOMMU_INVALIDATE,
		.ret = iommufd_make_error(IOMMUFD_CAUSE_INVALIDATION_ENTRY,
					  EIO),
		.fd = -1,
		.other_id = IOMMUFD_INVALIDATE_ARM_SMMUV3,
		.memory_fd = -1,
		.arg = 12,
	};

	diagnose(iommufd_failure_set(&failure), 0);
	check_cause(IOMMUFD_CAUSE_INVALIDATION_ENTRY);
	check_says("after the first 12");
	check_says("TLBI_N");
	/* Of other hardware its commands are not known. */
	failure.other_id = IOMMUFD_MOCK_INVALIDATE;
	diagnose(iommufd_failure_set(&failure), 0);
	check_cause(IOMMUFD_CAUSE_INVALIDATION_ENTRY);
	check_says("there is an entry that the driver does not take");
	check_other_reason();
	end();
}
END_TEST

static const TTest **const invalidating[] = {
	&invalidations,
	&invalidations_of_paging,
	&invalidations_of_viommus,
	&commands_of_an_smmu,
	NULL,
};

/* ---- dirty pages and faults ------------------------------------------------ */

static int query(struct iommufd_hwpt *hwpt, uint64_t length, uint64_t iova,
		 uint64_t page_size)
{
	uint64_t bits[16] = { 0 };
	const struct iommufd_hwpt_get_dirty_bitmap_opts opts = {
		.size = sizeof(opts),
		.iova = iova,
		.length = length,
		.page_size = page_size,
		.bitmap_length = sizeof(bits)
	};

	return iommufd_hwpt_get_dirty_bitmap(hwpt, &opts, bits);
}

/* EINVAL: empty, against the bits, against the address space. */
START_TEST(dirty_ranges)
{
	struct iommufd_hwpt *hwpt = NULL;

	OK(iommufd_hwpt_alloc(nest.f.device, iommufd_ioas_id(nest.f.ioas),
			      HWPT_FLAGS(IOMMUFD_HWPT_DIRTY_TRACKING), &hwpt));
	diagnose(query(hwpt, 0, MOCK_FIRST, PAGE), 0);
	check_cause(IOMMUFD_CAUSE_DIRTY_RANGE);
	check_says("the range is empty");
	diagnose(query(hwpt, PAGE, MOCK_FIRST + 2048, PAGE), 0);
	check_cause(IOMMUFD_CAUSE_DIRTY_RANGE);
	check_says("the first address 0x1000800 is not a multiple of 0x1000");
	ck_assert_uint_eq(d.alignment, PAGE);
	check_other_reason();
	diagnose(query(hwpt, 3 * 1024, MOCK_FIRST, 1024), 0);
	check_says("the length 0xc00 is not a multiple of 0x800, the alignment "
		   "of the address space");
	ck_assert_uint_eq(d.alignment, MOCK_PAGE);
	check_other_reason();
	diagnose_in(NULL, query(hwpt, 3 * 1024, MOCK_FIRST, 1024), 0);
	check_says("less aligned than the address space");
	OK(iommufd_hwpt_destroy(hwpt));
	end();
}
END_TEST

static int respond(struct iommufd_fault_queue *queue, uint32_t cookie)
{
	const struct iommufd_hwpt_page_response response = { .cookie = cookie };
	uint32_t count = 1;

	return iommufd_fault_queue_respond(queue, &response, &count);
}

START_TEST(faults)
{
	struct iommufd_fault_queue *queue = NULL;

	OK(iommufd_fault_queue_alloc(nest.f.ctx, 0, &queue));
	diagnose(respond(queue, 9), 0);
	check_cause(IOMMUFD_CAUSE_FAULT_GONE);
	check_says("the cookie 9: it has been answered");
	check_says("or it is of another queue");
	diagnose(respond(queue, 0), 0);
	check_cause(IOMMUFD_CAUSE_FAULT_GONE);
	check_says("the cookie 0");
	check_other_reason();
	diagnose(iommufd_ctx_destroy_id(nest.f.ctx,
					iommufd_fault_queue_id(queue)),
		 0);
	check_cause(IOMMUFD_CAUSE_IN_USE);
	check_says("its own descriptor");
	iommufd_fault_queue_close_fd(queue);
	OK(iommufd_fault_queue_destroy(queue));
	end();
}
END_TEST

static const TTest **const others[] = { &dirty_ranges, &faults, NULL };

int main(void)
{
	const struct harness_case cases[] = {
		{ .name = "queues", .setup = setup, .tests = queues },
		{ .name = "invalidations",
		  .setup = setup,
		  .tests = invalidating },
		{ .name = "others", .setup = setup, .tests = others },
	};

	return harness_run("diagnose_queues", cases, 3);
}
