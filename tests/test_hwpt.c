/* SPDX-License-Identifier: MIT */
/* Page tables: making, adopting, ending, and what they do to their space. */
#include <sys/mman.h>

#include "fixture.h"
#include "harness.h"

/* The fixture's device sits on an address space of its own, out of the way. */
static struct fixture f;
static struct iommufd_ioas *ioas;
static char *memory;

static void setup(void)
{
	fixture_device(&f);
	OK(iommufd_ioas_alloc(f.ctx, 0, &ioas));
	memory = harness_memory(4 * PAGE);
}

static void end(void)
{
	OK(iommufd_ioas_destroy(ioas));
	fixture_end(&f);
}

static struct iommufd_hwpt *hwpt_new(uint32_t parent,
				     const struct iommufd_hwpt_alloc_opts *opts)
{
	struct iommufd_hwpt *hwpt = NULL;

	OK(iommufd_hwpt_alloc(f.device, parent, opts, &hwpt));
	return hwpt;
}

static struct iommufd_hwpt *paging(uint32_t flags)
{
	return hwpt_new(iommufd_ioas_id(ioas), HWPT_FLAGS(flags));
}

static const struct iommufd_mock_hwpt_data nested_data = { .iotlb = 0xabc };
static const struct iommufd_hwpt_alloc_opts nested_opts = {
	.size = sizeof(nested_opts),
	.data_type = IOMMUFD_MOCK_HWPT_DATA,
	.data_len = sizeof(nested_data.iotlb), /* all that 6.12 has */
	.data = &nested_data,
};

/* Nobody is attached, and the mappings are there already. */
START_TEST(filled_at_once)
{
	struct iommufd_hwpt *hwpt;
	uint64_t before = pinned();

	map_at(ioas, memory, 2 * PAGE, MOCK_FIRST);
	ck_assert_uint_eq(pinned(), before);
	hwpt = paging(0);
	ck_assert_uint_eq(pinned(), before + 2 * PAGE);
	OK(iommufd_mock_check_map(f.ctx, iommufd_hwpt_id(hwpt), memory,
				  2 * PAGE, MOCK_FIRST));
	map_at(ioas, memory + 2 * PAGE, PAGE, MOCK_FIRST + MIB);
	OK(iommufd_mock_check_map(f.ctx, iommufd_hwpt_id(hwpt),
				  memory + 2 * PAGE, PAGE, MOCK_FIRST + MIB));
	OK(iommufd_mock_check_refs(f.ctx, memory, 3 * PAGE, 1));
	unmap_at(ioas, PAGE, MOCK_FIRST + MIB);
	OK(iommufd_mock_check_refs(f.ctx, memory + 2 * PAGE, PAGE, 0));
	OK(iommufd_hwpt_destroy(hwpt));
	ck_assert_uint_eq(pinned(), before);
	end();
}
END_TEST

START_TEST(linked_to_its_address_space)
{
	struct iommufd_hwpt *hwpt;

	check_range(ioas, 0, UINT64_MAX, 1);
	hwpt = paging(0);
	check_range(ioas, MOCK_FIRST, MOCK_LAST, MOCK_PAGE);
	FAILS(iommufd_ioas_destroy(ioas), IN_USE, EBUSY);
	OK(iommufd_hwpt_destroy(hwpt));
	check_range(ioas, 0, UINT64_MAX, 1);
	end();
}
END_TEST

START_TEST(every_flag)
{
	const uint32_t good[] = { IOMMUFD_HWPT_NEST_PARENT,
				  IOMMUFD_HWPT_DIRTY_TRACKING,
				  IOMMUFD_HWPT_NEST_PARENT |
					  IOMMUFD_HWPT_DIRTY_TRACKING };
	struct iommufd_hwpt *hwpt = (void *)1;
	uint32_t id = iommufd_ioas_id(ioas);

	for (int i = 0; i < 3; i++)
		OK(iommufd_hwpt_destroy(paging(good[i])));
	FAILS(iommufd_hwpt_alloc(f.device, id, HWPT_FLAGS(1u << 31), &hwpt),
	      FEATURE, EOPNOTSUPP);
	if (harness_has(f.ctx, IOMMUFD_NR_VEVENTQ_ALLOC))
		OK(iommufd_hwpt_destroy(paging(IOMMUFD_HWPT_PASID)));
	else
		FAILS(iommufd_hwpt_alloc(f.device, id,
					 HWPT_FLAGS(IOMMUFD_HWPT_PASID), &hwpt),
		      FEATURE, EOPNOTSUPP);
	ck_assert_ptr_eq(hwpt, (void *)1);
	end();
}
END_TEST

START_TEST(dirty_tracking_needs_the_hardware)
{
	struct iommufd_device *device = NULL;
	struct iommufd_hwpt *hwpt = NULL;

	OK(iommufd_mock_device_new(f.ctx, iommufd_ioas_id(f.ioas),
				   IOMMUFD_MOCK_DEVICE_NO_DIRTY, NULL,
				   &device));
	FAILS(iommufd_hwpt_alloc(device, iommufd_ioas_id(ioas),
				 HWPT_FLAGS(IOMMUFD_HWPT_DIRTY_TRACKING),
				 &hwpt),
	      FEATURE, EOPNOTSUPP);
	iommufd_device_close(device);
	end();
}
END_TEST

START_TEST(wrong_arguments)
{
	struct iommufd_hwpt_alloc_opts opts = nested_opts;
	uint32_t id = iommufd_ioas_id(ioas);
	struct iommufd_hwpt *hwpt = (void *)1;
	struct iommufd_failure failure;
	int ret;

	FAILS(iommufd_hwpt_alloc(NULL, id, NULL, &hwpt), NULL_POINTER, EINVAL);
	FAILS(iommufd_hwpt_alloc(f.device, id, NULL, NULL), NULL_POINTER,
	      EINVAL);
	opts.reserved = 1;
	FAILS(iommufd_hwpt_alloc(f.device, id, &opts, &hwpt), OPTS_RESERVED,
	      EINVAL);
	opts.reserved = 0;
	opts.data_len = 0;
	ret = iommufd_hwpt_alloc(f.device, id, &opts, &hwpt);
	FAILS(ret, PAGE_TABLE_REFUSED, EINVAL);
	failure = harness_failure(ret);
	ck_assert_uint_eq(failure.op, IOMMUFD_OP_HWPT_ALLOC);
	ck_assert_uint_eq(failure.object_id, iommufd_device_id(f.device));
	ck_assert_uint_eq(failure.other_id, id);
	ck_assert_uint_eq(failure.arg, IOMMUFD_MOCK_HWPT_DATA);
	opts = (struct iommufd_hwpt_alloc_opts){ .size = sizeof(opts),
						 .data_len = 8,
						 .data = &nested_data };
	FAILS(iommufd_hwpt_alloc(f.device, id, &opts, &hwpt),
	      PAGE_TABLE_REFUSED, EINVAL);
	/* The kernel takes an id that does not exist for a wrong one. */
	FAILS(iommufd_hwpt_alloc(f.device, UNUSED_ID, NULL, &hwpt),
	      PAGE_TABLE_REFUSED, EINVAL);
	FAILS(iommufd_hwpt_alloc(f.device, 0, NULL, &hwpt), PAGE_TABLE_REFUSED,
	      EINVAL);
	FAILS(iommufd_hwpt_alloc(f.device, iommufd_device_id(f.device), NULL,
				 &hwpt),
	      PAGE_TABLE_REFUSED, EINVAL);
	ck_assert_ptr_eq(hwpt, (void *)1);
	end();
}
END_TEST

START_TEST(devices_that_are_gone)
{
	struct iommufd_hwpt_alloc_opts opts = {
		.size = sizeof(opts),
		.flags = IOMMUFD_HWPT_FAULT_ID_VALID,
		.fault_id = UNUSED_ID
	};
	uint32_t id = iommufd_ioas_id(ioas);
	struct iommufd_hwpt *hwpt = NULL;

	/* With a fault queue it may be that one that is missing. */
	if (harness_has(f.ctx, IOMMUFD_NR_VIOMMU_ALLOC))
		FAILS(iommufd_hwpt_alloc(f.device, id, &opts, &hwpt),
		      DEVICE_OR_QUEUE, ENOENT);
	else
		FAILS(iommufd_hwpt_alloc(f.device, id, &opts, &hwpt), FEATURE,
		      EOPNOTSUPP);
	opts.flags |= IOMMUFD_HWPT_NEST_PARENT;
	FAILS(iommufd_hwpt_alloc(f.device, id, &opts, &hwpt), FEATURE,
	      EOPNOTSUPP);
	OK(iommufd_ctx_destroy_id(f.ctx,
				  iommufd_mock_device_object_id(f.device)));
	FAILS(iommufd_hwpt_alloc(f.device, id, NULL, &hwpt), NOT_PHYSICAL,
	      ENOENT);
	ck_assert_ptr_null(hwpt);
	check_range(ioas, 0, UINT64_MAX, 1);
	end();
}
END_TEST

/* Mappings made earlier are looked at now. */
static void refuse_over(void *start, uint64_t length, uint64_t iova,
			uint32_t cause, int err)
{
	struct iommufd_hwpt *hwpt = NULL;
	uint64_t before = pinned();
	int ret;

	map_at(ioas, start, length, iova);
	ret = iommufd_hwpt_alloc(f.device, iommufd_ioas_id(ioas), NULL, &hwpt);
	harness_fails(ret, cause, err, "over a bad mapping", __FILE__,
		      __LINE__);
	ck_assert_ptr_null(hwpt);
	ck_assert_uint_eq(pinned(), before);
	check_range(ioas, 0, UINT64_MAX, 1);
	unmap_at(ioas, length, iova);
}

START_TEST(earlier_mappings_that_do_not_fit)
{
	const struct iommufd_iova_range low = { 0, PAGE };
	struct iommufd_hwpt *hwpt = NULL;

	refuse_over(memory, PAGE, 0, IOMMUFD_CAUSE_OUTSIDE_PAGE_TABLE,
		    EADDRINUSE);
	refuse_over(memory, 2 * PAGE, MOCK_LAST + 1 - PAGE,
		    IOMMUFD_CAUSE_OUTSIDE_PAGE_TABLE, EADDRINUSE);
	refuse_over(memory, 1024, MOCK_FIRST, IOMMUFD_CAUSE_OUTSIDE_PAGE_TABLE,
		    EADDRINUSE);
	refuse_over(NULL, PAGE, MOCK_FIRST, IOMMUFD_CAUSE_EARLIER_MAPPING,
		    EFAULT);
	OK(iommufd_ioas_allow_iovas(ioas, &low, 1));
	FAILS(iommufd_hwpt_alloc(f.device, iommufd_ioas_id(ioas), NULL, &hwpt),
	      OUTSIDE_PAGE_TABLE, EADDRINUSE);
	OK(iommufd_ioas_allow_iovas(ioas, NULL, 0));
	OK(iommufd_hwpt_destroy(paging(0)));
	end();
}
END_TEST

static void map_and_leave(void *unused)
{
	(void)unused;
	map_at(ioas, memory, PAGE, MOCK_FIRST);
}

/* Who mapped must still be there when memory is first pinned ... */
START_TEST(the_mapper_is_gone)
{
	struct iommufd_hwpt *hwpt = NULL;

	in_child(map_and_leave, NULL);
	FAILS(iommufd_hwpt_alloc(f.device, iommufd_ioas_id(ioas), NULL, &hwpt),
	      EARLIER_MAPPING, EFAULT);
	end();
}
END_TEST

/* ... but not after that. */
START_TEST(the_mapper_was_there_in_time)
{
	struct iommufd_hwpt *hwpt = paging(0), *second = NULL;

	in_child(map_and_leave, NULL);
	second = paging(0);
	OK(iommufd_hwpt_destroy(second));
	unmap_at(ioas, PAGE, MOCK_FIRST);
	OK(iommufd_hwpt_destroy(hwpt));
	end();
}
END_TEST

/* Nothing of a nested page table reaches an address space. */
START_TEST(nested_ones)
{
	struct iommufd_hwpt *parent = paging(IOMMUFD_HWPT_NEST_PARENT);
	struct iommufd_hwpt *nested, *hwpt = NULL;
	uint32_t id;

	map_at(ioas, memory, PAGE, MOCK_FIRST);
	nested = hwpt_new(iommufd_hwpt_id(parent), &nested_opts);
	id = iommufd_hwpt_id(nested);
	check_range(ioas, MOCK_FIRST, MOCK_LAST, MOCK_PAGE);
	OK(iommufd_mock_check_iotlb(f.ctx, id, 0, 0xabc));
	FAILS(iommufd_mock_check_map(f.ctx, id, memory, PAGE, MOCK_FIRST),
	      OBJECT, ENOENT);
	FAILS(iommufd_hwpt_destroy(parent), IN_USE, EBUSY);
	FAILS(iommufd_ioas_destroy(ioas), IN_USE, EBUSY);
	/* Mappings reach the device through the parent. */
	OK(iommufd_device_attach(f.device, id, NULL));
	map_at(ioas, memory + PAGE, PAGE, MOCK_FIRST + PAGE);
	OK(iommufd_mock_check_map(f.ctx, iommufd_hwpt_id(parent), memory,
				  2 * PAGE, MOCK_FIRST));
	FAILS(iommufd_hwpt_destroy(nested), IN_USE, EBUSY);
	FAILS(iommufd_hwpt_alloc(f.device, id, &nested_opts, &hwpt),
	      PAGE_TABLE_REFUSED, EINVAL);
	OK(iommufd_device_attach(f.device, iommufd_ioas_id(f.ioas), NULL));
	OK(iommufd_hwpt_destroy(nested));
	OK(iommufd_hwpt_destroy(parent));
	end();
}
END_TEST

START_TEST(nested_fails)
{
	struct iommufd_hwpt *parent = paging(IOMMUFD_HWPT_NEST_PARENT);
	struct iommufd_hwpt_alloc_opts opts = nested_opts;
	struct iommufd_hwpt *plain = paging(0), *hwpt = NULL;
	uint32_t id = iommufd_hwpt_id(parent);

	/* No data; a plain parent; the kernel's own one; flags; lengths. */
	FAILS(iommufd_hwpt_alloc(f.device, id, NULL, &hwpt), FEATURE,
	      EOPNOTSUPP);
	FAILS(iommufd_hwpt_alloc(f.device, iommufd_hwpt_id(plain), &opts,
				 &hwpt),
	      PAGE_TABLE_REFUSED, EINVAL);
	FAILS(iommufd_hwpt_alloc(f.device, f.hwpt_id, &opts, &hwpt),
	      PAGE_TABLE_REFUSED, EINVAL);
	opts.flags = IOMMUFD_HWPT_NEST_PARENT;
	FAILS(iommufd_hwpt_alloc(f.device, id, &opts, &hwpt), FEATURE,
	      EOPNOTSUPP);
	opts.flags = 0;
	opts.data_type = IOMMUFD_HWPT_DATA_VTD_S1;
	FAILS(iommufd_hwpt_alloc(f.device, id, &opts, &hwpt), FEATURE,
	      EOPNOTSUPP);
	opts = nested_opts;
	/* Longer than the kernel's struct is refused, unlike with options. */
	opts.data_len = 4096;
	opts.data = harness_memory(PAGE);
	FAILS(iommufd_hwpt_alloc(f.device, id, &opts, &hwpt),
	      PAGE_TABLE_REFUSED, EINVAL);
	opts = nested_opts;
	opts.data = (void *)8;
	FAILS(iommufd_hwpt_alloc(f.device, id, &opts, &hwpt), BAD_BUFFER,
	      EFAULT);
	ck_assert_ptr_null(hwpt);
	OK(iommufd_hwpt_destroy(plain));
	OK(iommufd_hwpt_destroy(parent));
	end();
}
END_TEST

START_TEST(adopt)
{
	struct iommufd_hwpt *hwpt = paging(0), *adopted = NULL;
	uint32_t id = iommufd_hwpt_id(hwpt);
	const uint32_t verify = IOMMUFD_ADOPT_VERIFY;

	OK(iommufd_hwpt_adopt(f.ctx, id, 0, &adopted));
	ck_assert_uint_eq(iommufd_hwpt_id(adopted), id);
	ck_assert_ptr_eq(iommufd_hwpt_ctx(adopted), f.ctx);
	FAILS(iommufd_hwpt_destroy(adopted), BORROWED, EPERM);
	iommufd_hwpt_release(adopted);
	iommufd_hwpt_release(hwpt);
	OK(iommufd_hwpt_adopt(f.ctx, id, IOMMUFD_ADOPT_OWNED | verify, &hwpt));
	OK(iommufd_hwpt_destroy(hwpt));
	OK(iommufd_hwpt_adopt(f.ctx, f.hwpt_id, verify, &adopted));
	iommufd_hwpt_release(adopted);
	OK(iommufd_hwpt_destroy(NULL));
	iommufd_hwpt_release(NULL);
	ck_assert_uint_eq(iommufd_hwpt_id(NULL), 0);
	ck_assert_ptr_null(iommufd_hwpt_ctx(NULL));
	end();
}
END_TEST

START_TEST(adopt_fails)
{
	struct iommufd_hwpt *parent = paging(IOMMUFD_HWPT_NEST_PARENT);
	struct iommufd_hwpt *nested =
		hwpt_new(iommufd_hwpt_id(parent), &nested_opts);
	struct iommufd_hwpt *hwpt = (void *)1;
	const uint32_t verify = IOMMUFD_ADOPT_VERIFY;
	int ret;

	FAILS(iommufd_hwpt_adopt(NULL, 1, 0, &hwpt), NULL_POINTER, EINVAL);
	FAILS(iommufd_hwpt_adopt(f.ctx, 1, 0, NULL), NULL_POINTER, EINVAL);
	FAILS(iommufd_hwpt_adopt(f.ctx, 1, IOMMUFD_ADOPT_TAKE_FD, &hwpt),
	      BAD_FLAGS, EINVAL);
	FAILS(iommufd_hwpt_adopt(f.ctx, 0, verify, &hwpt), BAD_ID, EINVAL);
	ret = iommufd_hwpt_adopt(f.ctx, UNUSED_ID, verify, &hwpt);
	FAILS(ret, OBJECT, ENOENT);
	ck_assert_uint_eq(harness_failure(ret).op, IOMMUFD_OP_HWPT_ADOPT);
	ck_assert_uint_eq(harness_failure(ret).object_id, UNUSED_ID);
	FAILS(iommufd_hwpt_adopt(f.ctx, iommufd_ioas_id(ioas), verify, &hwpt),
	      OBJECT, ENOENT);
	FAILS(iommufd_hwpt_adopt(f.ctx, iommufd_hwpt_id(nested), verify, &hwpt),
	      OBJECT, ENOENT);
	ck_assert_ptr_eq(hwpt, (void *)1);
	OK(iommufd_hwpt_destroy(nested));
	OK(iommufd_hwpt_destroy(parent));
	end();
}
END_TEST

static const TTest **const plain[] = {
	&filled_at_once,
	&linked_to_its_address_space,
	&every_flag,
	&dirty_tracking_needs_the_hardware,
	&wrong_arguments,
	&devices_that_are_gone,
	&earlier_mappings_that_do_not_fit,
	&the_mapper_is_gone,
	&the_mapper_was_there_in_time,
	NULL,
};

static const TTest **const others[] = {
	&nested_ones, &nested_fails, &adopt, &adopt_fails, NULL,
};

int main(void)
{
	const struct harness_case cases[] = {
		{ .name = "paging", .setup = setup, .tests = plain },
		{ .name = "others", .setup = setup, .tests = others },
	};

	return harness_run("hwpt", cases, 2);
}
