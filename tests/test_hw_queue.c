/* SPDX-License-Identifier: MIT */
/* Hardware queues: their order, their memory, and what they hold. */
#include <unistd.h>

#include "harness.h"
#include "nesting.h"

#define HUGE_PAGE (2 * MIB)

static char *memory; /* one piece of physical memory */

static void setup(void)
{
	nesting_setup();
	memory = harness_huge_memory(HUGE_PAGE);
}

static int alloc_opts(const struct iommufd_hw_queue_alloc_opts *opts)
{
	struct iommufd_hw_queue *queue = (void *)1;
	int ret = iommufd_hw_queue_alloc(nest.viommu, opts, &queue);

	if (ret)
		ck_assert_ptr_eq(queue, (void *)1);
	else
		OK(iommufd_hw_queue_destroy(queue));
	return ret;
}

/* Tried, and ended again when it works. */
static int alloc(uint32_t index, uint64_t length, uint64_t iova)
{
	return alloc_opts(&(const struct iommufd_hw_queue_alloc_opts){
		.size = sizeof(struct iommufd_hw_queue_alloc_opts),
		.type = IOMMUFD_MOCK_HW_QUEUE,
		.index = index,
		.length = length,
		.iova = iova });
}

static struct iommufd_hw_queue *queue_new(uint32_t index, uint64_t length,
					  uint64_t iova)
{
	const struct iommufd_hw_queue_alloc_opts opts = {
		.size = sizeof(opts),
		.type = IOMMUFD_MOCK_HW_QUEUE,
		.index = index,
		.length = length,
		.iova = iova
	};
	struct iommufd_hw_queue *queue = NULL;

	OK(iommufd_hw_queue_alloc(nest.viommu, &opts, &queue));
	return queue;
}

/*
 * A vIOMMU, and 16 pages for its queues. Without queues that is what the kernel
 * must say.
 */
static int has_queues(void)
{
	if (!harness_has(nest.f.ctx, IOMMUFD_NR_HW_QUEUE_ALLOC)) {
		OK(iommufd_viommu_adopt(nest.f.ctx, UNUSED_ID, 0,
					&nest.viommu));
		FAILS(alloc(0, PAGE, MOCK_FIRST), COMMAND, ENOTTY);
		FAILS(alloc(0, 0, MOCK_FIRST), COMMAND, ENOTTY);
		iommufd_viommu_release(nest.viommu);
		nest.viommu = NULL;
		nesting_end();
		return 0;
	}
	ck_assert_int_eq(nesting_viommu(), 1);
	map_at(nest.f.ioas, memory, 16 * PAGE, MOCK_FIRST);
	return 1;
}

static void end(void)
{
	OK(iommufd_ioas_unmap_all(nest.f.ioas, NULL));
	nesting_end();
}

START_TEST(made_and_ended)
{
	struct iommufd_hw_queue *queue;
	uint32_t id;

	if (!has_queues())
		return;
	id = next_id(nest.f.ctx);
	queue = queue_new(0, PAGE, MOCK_FIRST);
	ck_assert_uint_ne(iommufd_hw_queue_id(queue), 0);
	ck_assert_ptr_eq(iommufd_hw_queue_ctx(queue), nest.f.ctx);
	FAILS(iommufd_viommu_destroy(nest.viommu), IN_USE, EBUSY);
	FAILS(iommufd_hwpt_destroy(nest.parent), IN_USE, EBUSY);
	OK(iommufd_hw_queue_destroy(queue));
	ck_assert_uint_eq(next_id(nest.f.ctx), id);
	/* Any part of the mapping, as long as the hardware likes. */
	OK(alloc(0, 2 * PAGE, MOCK_FIRST + 3 * PAGE));
	OK(alloc(0, 16 * PAGE, MOCK_FIRST));
	OK(iommufd_hw_queue_destroy(NULL));
	iommufd_hw_queue_release(NULL);
	ck_assert_uint_eq(iommufd_hw_queue_id(NULL), 0);
	ck_assert_ptr_null(iommufd_hw_queue_ctx(NULL));
	end();
}
END_TEST

/* From the lowest up, and back from the highest down. */
START_TEST(order)
{
	struct iommufd_hw_queue *first, *second;
	struct iommufd_failure failure;
	int ret;

	if (!has_queues())
		return;
	FAILS(alloc(1, PAGE, MOCK_FIRST), QUEUE_ORDER, EIO);
	first = queue_new(0, PAGE, MOCK_FIRST);
	FAILS(alloc(0, PAGE, MOCK_FIRST + PAGE), QUEUE_EXISTS, EEXIST);
	second = queue_new(1, PAGE, MOCK_FIRST);
	FAILS(alloc(1, PAGE, MOCK_FIRST), QUEUE_EXISTS, EEXIST);
	ret = alloc(IOMMUFD_MOCK_HW_QUEUES, PAGE, MOCK_FIRST);
	FAILS(ret, QUEUE_REFUSED, EINVAL);
	failure = harness_failure(ret);
	ck_assert_uint_eq(failure.op, IOMMUFD_OP_HW_QUEUE_ALLOC);
	ck_assert_uint_eq(failure.object_id, iommufd_viommu_id(nest.viommu));
	ck_assert_uint_eq(failure.other_id, IOMMUFD_MOCK_HW_QUEUE);
	ck_assert_uint_eq(failure.arg, IOMMUFD_MOCK_HW_QUEUES);
	ck_assert_uint_eq(failure.iova, MOCK_FIRST);
	ck_assert_uint_eq(failure.length, PAGE);
	FAILS(iommufd_hw_queue_destroy(first), IN_USE, EBUSY);
	ck_assert_uint_ne(iommufd_hw_queue_id(first), 0);
	OK(iommufd_hw_queue_destroy(second));
	FAILS(iommufd_viommu_destroy(nest.viommu), IN_USE, EBUSY);
	OK(iommufd_hw_queue_destroy(first));
	FAILS(alloc(UINT32_MAX, PAGE, MOCK_FIRST), QUEUE_REFUSED, EINVAL);
	end();
}
END_TEST

/* Each vIOMMU has its own. */
START_TEST(of_two_viommus)
{
	struct iommufd_viommu *second = NULL, *first;
	struct iommufd_hw_queue *queue;

	if (!has_queues())
		return;
	OK(iommufd_viommu_alloc(nest.f.device, nest.parent, IOMMUFD_MOCK_VIOMMU,
				NULL, &second));
	queue = queue_new(0, PAGE, MOCK_FIRST);
	first = nest.viommu;
	nest.viommu = second;
	OK(alloc(0, PAGE, MOCK_FIRST));
	FAILS(alloc(1, PAGE, MOCK_FIRST), QUEUE_ORDER, EIO);
	OK(iommufd_viommu_destroy(second));
	nest.viommu = first;
	OK(iommufd_hw_queue_destroy(queue));
	end();
}
END_TEST

/* All of the mapping it lies in is held, and more than that is not. */
START_TEST(holds_its_memory)
{
	struct iommufd_hw_queue *queue;
	uint64_t length = 16 * PAGE, all = 5;

	if (!has_queues())
		return;
	map_at(nest.f.ioas, memory + 16 * PAGE, PAGE, MOCK_FIRST + MIB);
	queue = queue_new(0, PAGE, MOCK_FIRST + 4 * PAGE);
	FAILS(iommufd_ioas_unmap(nest.f.ioas, &length, MOCK_FIRST),
	      MAPPING_IN_TRANSIT, EBUSY);
	ck_assert_uint_eq(length, 16 * PAGE);
	unmap_at(nest.f.ioas, PAGE, MOCK_FIRST + MIB);
	FAILS(iommufd_ioas_unmap_all(nest.f.ioas, &all), MAPPING_IN_TRANSIT,
	      EBUSY);
	ck_assert_uint_eq(all, 5);
	OK(iommufd_mock_check_map(nest.f.ctx, iommufd_hwpt_id(nest.parent),
				  memory, 16 * PAGE, MOCK_FIRST));
	OK(iommufd_hw_queue_destroy(queue));
	unmap_at(nest.f.ioas, 16 * PAGE, MOCK_FIRST);
	end();
}
END_TEST

/* An access that pins: everything beside it must be page aligned. */
START_TEST(alignment_of_the_address_space)
{
	struct iommufd_hw_queue *queue;
	uint64_t iova = MOCK_FIRST + MIB + MOCK_PAGE;

	if (!has_queues())
		return;
	map_at(nest.f.ioas, memory, MOCK_PAGE, MOCK_FIRST + MIB);
	FAILS(alloc(0, PAGE, MOCK_FIRST), MAPPING_MISALIGNED, EADDRINUSE);
	check_range(nest.f.ioas, MOCK_FIRST, MOCK_LAST, MOCK_PAGE);
	unmap_at(nest.f.ioas, MOCK_PAGE, MOCK_FIRST + MIB);
	queue = queue_new(0, PAGE, MOCK_FIRST);
	check_range(nest.f.ioas, MOCK_FIRST, MOCK_LAST, PAGE);
	FAILS(iommufd_ioas_map(nest.f.ioas, memory, MOCK_PAGE, FIXED, &iova),
	      IOVA_UNUSABLE, EINVAL);
	OK(iommufd_hw_queue_destroy(queue));
	check_range(nest.f.ioas, MOCK_FIRST, MOCK_LAST, MOCK_PAGE);
	end();
}
END_TEST

START_TEST(lengths_and_places)
{
	uint64_t before;

	if (!has_queues())
		return;
	before = pinned();
	FAILS(alloc(0, 0, MOCK_FIRST), ZERO_LENGTH, EINVAL);
	FAILS(alloc(0, UINT64_MAX, MOCK_FIRST), OVERFLOW, EOVERFLOW);
	FAILS(alloc(0, PAGE, UINT64_MAX), OVERFLOW, EOVERFLOW);
	FAILS(alloc(0, PAGE, UINT64_MAX - PAGE + 2), OVERFLOW, EOVERFLOW);
	/* Mapped nowhere, or in part. */
	FAILS(alloc(0, PAGE, 0), QUEUE_MEMORY, ENOENT);
	FAILS(alloc(0, PAGE, MOCK_FIRST + MIB), QUEUE_MEMORY, ENOENT);
	FAILS(alloc(0, 17 * PAGE, MOCK_FIRST), QUEUE_MEMORY, ENOENT);
	FAILS(alloc(0, 2 * PAGE, MOCK_FIRST - PAGE), QUEUE_MEMORY, ENOENT);
	ck_assert_uint_eq(pinned(), before);
	unmap_at(nest.f.ioas, 16 * PAGE, MOCK_FIRST);
	end();
}
END_TEST

/* Memory that the hardware may only write, and memory in pieces. */
START_TEST(unsuitable_memory)
{
	const uint32_t write_only =
		IOMMUFD_MAP_WRITEABLE | IOMMUFD_MAP_FIXED_IOVA;
	const uint32_t read_only =
		IOMMUFD_MAP_READABLE | IOMMUFD_MAP_FIXED_IOVA;
	uint64_t iova = MOCK_FIRST + MIB;

	if (!has_queues())
		return;
	OK(iommufd_ioas_map(nest.f.ioas, memory, PAGE, write_only, &iova));
	FAILS(alloc(0, PAGE, iova), QUEUE_NOT_READABLE, EPERM);
	unmap_at(nest.f.ioas, PAGE, iova);
	OK(iommufd_ioas_map(nest.f.ioas, memory, PAGE, read_only, &iova));
	OK(alloc(0, PAGE, iova));
	unmap_at(nest.f.ioas, PAGE, iova);
	/* One page of the large one, twice: not one after the other. */
	map_at(nest.f.ioas, memory, PAGE, iova);
	map_at(nest.f.ioas, memory, PAGE, iova + PAGE);
	OK(alloc(0, PAGE, iova + PAGE));
	FAILS(alloc(0, 2 * PAGE, iova), QUEUE_NOT_CONTIGUOUS, EFAULT);
	/* But two mappings of what lies together are as good as one. */
	unmap_at(nest.f.ioas, PAGE, iova + PAGE);
	map_at(nest.f.ioas, memory + PAGE, PAGE, iova + PAGE);
	OK(alloc(0, 2 * PAGE, iova));
	end();
}
END_TEST

START_TEST(memory_of_a_device)
{
	const struct iommufd_extent part = extent(0, PAGE);
	uint64_t iova = MOCK_FIRST + MIB;
	int fd;

	if (!has_queues())
		return;
	OK(iommufd_mock_dma_buf_get(nest.f.ctx, PAGE, 0, &fd));
	OK(iommufd_ioas_map_file(nest.f.ioas, fd, &part, FIXED, &iova));
	FAILS(alloc(0, PAGE, iova), QUEUE_REFUSED, EINVAL);
	unmap_at(nest.f.ioas, PAGE, iova);
	close(fd);
	end();
}
END_TEST

/* @id stands for a vIOMMU. */
static int alloc_in(uint32_t id)
{
	struct iommufd_viommu *viommu = nest.viommu;
	int ret;

	OK(iommufd_viommu_adopt(nest.f.ctx, id, 0, &nest.viommu));
	ret = alloc(0, PAGE, MOCK_FIRST);
	iommufd_viommu_release(nest.viommu);
	nest.viommu = viommu;
	return ret;
}

START_TEST(types_and_viommus)
{
	struct iommufd_hw_queue_alloc_opts opts = { .size = sizeof(opts),
						    .length = PAGE,
						    .iova = MOCK_FIRST };
	const uint32_t types[] = { IOMMUFD_HW_QUEUE_DEFAULT,
				   IOMMUFD_HW_QUEUE_TEGRA241_CMDQV,
				   UINT32_MAX };

	if (!has_queues())
		return;
	for (int i = 0; i < 3; i++) {
		opts.type = types[i];
		FAILS(alloc_opts(&opts), FEATURE, EOPNOTSUPP);
	}
	/* Whether the driver has the type comes after the length. */
	opts.length = 0;
	FAILS(alloc_opts(&opts), ZERO_LENGTH, EINVAL);
	opts.type = IOMMUFD_HW_QUEUE_DEFAULT;
	FAILS(alloc_opts(&opts), FEATURE, EOPNOTSUPP);
	FAILS(alloc_in(UNUSED_ID), QUEUE_MEMORY, ENOENT);
	FAILS(alloc_in(iommufd_hwpt_id(nest.parent)), QUEUE_MEMORY, ENOENT);
	end();
}
END_TEST

START_TEST(refused_by_the_library)
{
	struct iommufd_hw_queue_alloc_opts opts = {
		.size = sizeof(opts),
		.type = IOMMUFD_MOCK_HW_QUEUE,
		.length = PAGE,
		.iova = MOCK_FIRST
	};
	struct iommufd_viommu *viommu;

	FAILS(alloc_opts(&opts), NULL_POINTER, EINVAL);
	if (!has_queues())
		return;
	viommu = nest.viommu;
	FAILS(alloc_opts(NULL), NULL_POINTER, EINVAL);
	FAILS(iommufd_hw_queue_alloc(viommu, &opts, NULL), NULL_POINTER,
	      EINVAL);
	opts.flags = 1;
	FAILS(alloc_opts(&opts), FEATURE, EOPNOTSUPP);
	opts.flags = 0;
	OK(alloc_opts(&opts));
	end();
}
END_TEST

START_TEST(adopted)
{
	struct iommufd_hw_queue *queue = (void *)1, *owned;
	uint32_t id;

	FAILS(iommufd_hw_queue_adopt(NULL, 1, 0, &queue), NULL_POINTER, EINVAL);
	FAILS(iommufd_hw_queue_adopt(nest.f.ctx, 1, 0, NULL), NULL_POINTER,
	      EINVAL);
	FAILS(iommufd_hw_queue_adopt(nest.f.ctx, 1, IOMMUFD_ADOPT_VERIFY,
				     &queue),
	      BAD_FLAGS, EINVAL);
	FAILS(iommufd_hw_queue_adopt(nest.f.ctx, 0, 0, &queue), BAD_ID, EINVAL);
	ck_assert_ptr_eq(queue, (void *)1);
	if (!has_queues())
		return;
	owned = queue_new(0, PAGE, MOCK_FIRST);
	id = iommufd_hw_queue_id(owned);
	OK(iommufd_hw_queue_adopt(nest.f.ctx, id, 0, &queue));
	ck_assert_uint_eq(iommufd_hw_queue_id(queue), id);
	FAILS(iommufd_hw_queue_destroy(queue), BORROWED, EPERM);
	iommufd_hw_queue_release(queue);
	iommufd_hw_queue_release(owned);
	FAILS(alloc(0, PAGE, MOCK_FIRST), QUEUE_EXISTS, EEXIST);
	OK(iommufd_hw_queue_adopt(nest.f.ctx, id, IOMMUFD_ADOPT_OWNED, &owned));
	OK(iommufd_hw_queue_adopt(nest.f.ctx, id, IOMMUFD_ADOPT_OWNED, &queue));
	OK(iommufd_hw_queue_destroy(owned));
	FAILS(iommufd_hw_queue_destroy(queue), OBJECT, ENOENT);
	iommufd_hw_queue_release(queue);
	end();
}
END_TEST

/* Asked without making anything. */
START_TEST(probed)
{
	uint32_t next;

	FAILS(iommufd_hw_queue_probe(NULL, 1), NULL_POINTER, EINVAL);
	if (!has_queues())
		return;
	next = next_id(nest.f.ctx);
	OK(iommufd_hw_queue_probe(nest.viommu, IOMMUFD_MOCK_HW_QUEUE));
	FAILS(iommufd_hw_queue_probe(nest.viommu,
				     IOMMUFD_HW_QUEUE_TEGRA241_CMDQV),
	      FEATURE, EOPNOTSUPP);
	FAILS(iommufd_hw_queue_probe(nest.viommu, IOMMUFD_HW_QUEUE_DEFAULT),
	      FEATURE, EOPNOTSUPP);
	ck_assert_uint_eq(next_id(nest.f.ctx), next);
	/* The memory is looked at after the type, and left as it is. */
	map_at(nest.f.ioas, harness_memory(PAGE), MOCK_PAGE,
	       MOCK_LAST - PAGE + 1);
	OK(iommufd_hw_queue_probe(nest.viommu, IOMMUFD_MOCK_HW_QUEUE));
	check_range(nest.f.ioas, MOCK_FIRST, MOCK_LAST, MOCK_PAGE);
	end();
}
END_TEST

static const TTest **const queues[] = {
	&probed,
	&made_and_ended,
	&order,
	&of_two_viommus,
	&types_and_viommus,
	&refused_by_the_library,
	&adopted,
	NULL,
};

static const TTest **const pages[] = {
	&holds_its_memory,   &alignment_of_the_address_space,
	&lengths_and_places, &unsuitable_memory,
	&memory_of_a_device, NULL,
};

int main(void)
{
	const struct harness_case cases[] = {
		{ .name = "queues", .setup = setup, .tests = queues },
		{ .name = "memory", .setup = setup, .tests = pages },
	};

	return harness_run("hw_queue", cases, 2);
}
