/* SPDX-License-Identifier: MIT */
/* Nested page tables on a nest parent, and what is cached of them. */
#include <string.h>
#include <sys/mman.h>

#include "harness.h"
#include "nesting.h"

#define FILLED                                                                 \
	(const uint32_t[])                                                     \
	{                                                                      \
		NEST_IOTLB, NEST_IOTLB, NEST_IOTLB, NEST_IOTLB                 \
	}

/* One invalidation of an entry, and one that no kernel takes. */
#define ENTRY(i)                                                               \
	{                                                                      \
		.flags = 0, .iotlb_id = (i)                                    \
	}
#define BAD_FLAG                                                               \
	{                                                                      \
		.flags = 0xffff, .iotlb_id = 0                                 \
	}

static struct iommufd_hwpt *nested;

static void setup(void)
{
	nesting_setup();
	nested = nested_new(iommufd_hwpt_id(nest.parent));
}

static void end(void)
{
	OK(iommufd_hwpt_destroy(nested));
	nesting_end();
}

/* The kernel's struct of the data was 4 bytes long, and is now 8. */
static uint32_t data_known(void)
{
	return harness_has(nest.f.ctx, IOMMUFD_NR_IOAS_NOIOMMU_GET_PA) ? 8 : 4;
}

static int alloc_with(uint32_t length, const void *data)
{
	struct iommufd_hwpt_alloc_opts opts = nested_opts;
	struct iommufd_hwpt *hwpt = (void *)1;
	int ret;

	opts.data_len = length;
	opts.data = data;
	ret = iommufd_hwpt_alloc(nest.f.device, iommufd_hwpt_id(nest.parent),
				 &opts, &hwpt);
	if (ret)
		ck_assert_ptr_eq(hwpt, (void *)1);
	else
		OK(iommufd_hwpt_destroy(hwpt));
	return ret;
}

/* Unlike with options, longer than the kernel's is refused even if it is 0. */
START_TEST(data_of_every_length)
{
	char *data = harness_memory(2 * PAGE);

	for (uint32_t length = 0; length < 4; length++)
		FAILS(alloc_with(length, data), PAGE_TABLE_REFUSED, EINVAL);
	for (uint32_t length = 4; length <= data_known(); length++)
		OK(alloc_with(length, data));
	for (uint32_t length = data_known() + 1; length < 64; length++)
		FAILS(alloc_with(length, data), PAGE_TABLE_REFUSED, EINVAL);
	FAILS(alloc_with(4096, data), PAGE_TABLE_REFUSED, EINVAL);
	FAILS(alloc_with(UINT32_MAX, data), PAGE_TABLE_REFUSED, EINVAL);
	FAILS(alloc_with(4, NULL), BAD_BUFFER, EFAULT);
	FAILS(alloc_with(4, (void *)8), BAD_BUFFER, EFAULT);
	end();
}
END_TEST

START_TEST(data_of_other_types)
{
	const uint32_t types[] = { IOMMUFD_HWPT_DATA_VTD_S1,
				   IOMMUFD_HWPT_DATA_ARM_SMMUV3,
				   IOMMUFD_HWPT_DATA_AMD_GUEST, 0x12345678 };
	struct iommufd_hwpt_alloc_opts opts = nested_opts;
	struct iommufd_hwpt *hwpt = NULL;

	for (int i = 0; i < 4; i++) {
		opts.data_type = types[i];
		FAILS(iommufd_hwpt_alloc(nest.f.device,
					 iommufd_hwpt_id(nest.parent), &opts,
					 &hwpt),
		      FEATURE, EOPNOTSUPP);
	}
	ck_assert_ptr_null(hwpt);
	end();
}
END_TEST

/* A mock device is behind no VT-d. */
START_TEST(vtd_s1)
{
	struct iommufd_hwpt_alloc_vtd_s1_opts vtd = { .size = sizeof(vtd),
						      .addr_width = 48,
						      .pgtbl_addr = PAGE };
	struct iommufd_hwpt *hwpt = (void *)1;
	struct iommufd_failure failure;
	struct fixture other;
	int ret;

	ret = iommufd_hwpt_alloc_vtd_s1(nest.f.device, nest.parent, &vtd,
					&hwpt);
	FAILS(ret, FEATURE, EOPNOTSUPP);
	failure = harness_failure(ret);
	ck_assert_uint_eq(failure.op, IOMMUFD_OP_HWPT_ALLOC);
	ck_assert_uint_eq(failure.object_id, iommufd_device_id(nest.f.device));
	ck_assert_uint_eq(failure.other_id, iommufd_hwpt_id(nest.parent));
	ck_assert_uint_eq(failure.arg, IOMMUFD_HWPT_DATA_VTD_S1);
	ck_assert_uint_eq(failure.length, 24);
	FAILS(iommufd_hwpt_alloc_vtd_s1(NULL, nest.parent, &vtd, &hwpt),
	      NULL_POINTER, EINVAL);
	FAILS(iommufd_hwpt_alloc_vtd_s1(nest.f.device, NULL, &vtd, &hwpt),
	      NULL_POINTER, EINVAL);
	FAILS(iommufd_hwpt_alloc_vtd_s1(nest.f.device, nest.parent, NULL,
					&hwpt),
	      NULL_POINTER, EINVAL);
	FAILS(iommufd_hwpt_alloc_vtd_s1(nest.f.device, nest.parent, &vtd, NULL),
	      NULL_POINTER, EINVAL);
	fixture_device(&other);
	FAILS(iommufd_hwpt_alloc_vtd_s1(other.device, nest.parent, &vtd, &hwpt),
	      OTHER_CONTEXT, EXDEV);
	fixture_end(&other);
	ck_assert_ptr_eq(hwpt, (void *)1);
	end();
}
END_TEST

/* Whoever stands on another one is to go first; a refusal changes nothing. */
START_TEST(parents_end_last)
{
	struct iommufd_hwpt *second = nested_new(iommufd_hwpt_id(nest.parent));
	uint32_t id = iommufd_hwpt_id(nested);

	check_iotlb(nested, FILLED);
	check_iotlb(second, FILLED);
	FAILS(iommufd_hwpt_destroy(nest.parent), IN_USE, EBUSY);
	OK(iommufd_hwpt_destroy(second));
	FAILS(iommufd_hwpt_destroy(nest.parent), IN_USE, EBUSY);
	FAILS(iommufd_ioas_destroy(nest.f.ioas), IN_USE, EBUSY);
	OK(iommufd_device_attach(nest.f.device, id, NULL));
	FAILS(iommufd_hwpt_destroy(nested), IN_USE, EBUSY);
	ck_assert_uint_eq(iommufd_hwpt_id(nested), id);
	check_iotlb(nested, FILLED);
	/* Still good as a parent. */
	second = nested_new(iommufd_hwpt_id(nest.parent));
	OK(iommufd_device_attach(nest.f.device, iommufd_hwpt_id(second), NULL));
	OK(iommufd_hwpt_destroy(nested));
	FAILS(iommufd_hwpt_destroy(second), IN_USE, EBUSY);
	FAILS(iommufd_hwpt_destroy(nest.parent), IN_USE, EBUSY);
	device_home();
	nested = second;
	end();
}
END_TEST

/* A device can be made on one, and leave it by ending. */
START_TEST(devices_of_nested_ones)
{
	struct iommufd_device *device = NULL;
	uint32_t in_force = 0;

	OK(iommufd_mock_device_new(nest.f.ctx, iommufd_hwpt_id(nested), 0,
				   &in_force, &device));
	ck_assert_uint_eq(in_force, iommufd_hwpt_id(nested));
	FAILS(iommufd_hwpt_destroy(nested), IN_USE, EBUSY);
	iommufd_device_close(device);
	end();
}
END_TEST

START_TEST(page_faults)
{
	check_fault_through(iommufd_hwpt_id(nest.parent));
	end();
}
END_TEST

START_TEST(flags)
{
	check_nested_flags(iommufd_hwpt_id(nest.parent));
	end();
}
END_TEST

START_TEST(dirty_tracking_is_the_parents)
{
	struct iommufd_hwpt *hwpt = NULL;

	FAILS(iommufd_hwpt_set_dirty_tracking(nested, 0), OBJECT, ENOENT);
	FAILS(iommufd_hwpt_adopt(nest.f.ctx, iommufd_hwpt_id(nested),
				 IOMMUFD_ADOPT_VERIFY, &hwpt),
	      OBJECT, ENOENT);
	ck_assert_ptr_null(hwpt);
	end();
}
END_TEST

static int invalidate(const struct iommufd_mock_hwpt_invalidate *entries,
		      uint32_t *count)
{
	return iommufd_hwpt_invalidate(nested, IOMMUFD_MOCK_INVALIDATE, entries,
				       sizeof(*entries), count);
}

START_TEST(invalidations)
{
	const struct iommufd_mock_hwpt_invalidate one = ENTRY(0);
	const struct iommufd_mock_hwpt_invalidate two[] = { ENTRY(3),
							    ENTRY(1) };
	const struct iommufd_mock_hwpt_invalidate all = {
		.flags = IOMMUFD_MOCK_INVALIDATE_ALL
	};
	struct iommufd_hwpt *second = nested_new(iommufd_hwpt_id(nest.parent));
	uint32_t count = 1;

	OK(invalidate(&one, &count));
	ck_assert_uint_eq(count, 1);
	check_iotlb(nested,
		    (uint32_t[]){ 0, NEST_IOTLB, NEST_IOTLB, NEST_IOTLB });
	count = 2;
	OK(invalidate(two, &count));
	ck_assert_uint_eq(count, 2);
	check_iotlb(nested, (uint32_t[]){ 0, 0, NEST_IOTLB, 0 });
	count = 1;
	OK(invalidate(&all, &count));
	ck_assert_uint_eq(count, 1);
	check_iotlb(nested, (uint32_t[]){ 0, 0, 0, 0 });
	/* Each has its own. */
	check_iotlb(second, FILLED);
	OK(iommufd_hwpt_destroy(second));
	end();
}
END_TEST

START_TEST(none_asks_for_the_type)
{
	const uint32_t length = sizeof(struct iommufd_mock_hwpt_invalidate);
	uint32_t count = 0;

	OK(iommufd_hwpt_invalidate(nested, IOMMUFD_MOCK_INVALIDATE, NULL,
				   length, &count));
	FAILS(iommufd_hwpt_invalidate(nested, IOMMUFD_MOCK_INVALIDATE_INVALID,
				      NULL, length, &count),
	      INVALIDATION_REFUSED, EINVAL);
	FAILS(iommufd_hwpt_invalidate_vtd_s1(nested, NULL, &count),
	      INVALIDATION_REFUSED, EINVAL);
	ck_assert_uint_eq(count, 0);
	check_iotlb(nested, FILLED);
	end();
}
END_TEST

/* The number tells which one was refused, wherever it stands. */
START_TEST(a_bad_entry_anywhere)
{
	enum { ENTRIES = 100 };
	struct iommufd_mock_hwpt_invalidate entries[ENTRIES];
	struct iommufd_failure failure;
	uint32_t count;
	int ret;

	memset(entries, 0, sizeof(entries));
	for (uint32_t bad = 0; bad < ENTRIES; bad++) {
		entries[bad].flags = 0xffff;
		count = ENTRIES;
		ret = invalidate(entries, &count);
		FAILS(ret, FEATURE, EOPNOTSUPP);
		ck_assert_uint_eq(count, bad);
		entries[bad].flags = 0;
		entries[bad].iotlb_id = IOMMUFD_MOCK_IOTLB_ENTRIES;
		count = ENTRIES;
		ret = invalidate(entries, &count);
		FAILS(ret, INVALIDATION_REFUSED, EINVAL);
		ck_assert_uint_eq(count, bad);
		entries[bad].iotlb_id = 0;
	}
	failure = harness_failure(ret);
	ck_assert_uint_eq(failure.op, IOMMUFD_OP_HWPT_INVALIDATE);
	ck_assert_uint_eq(failure.object_id, iommufd_hwpt_id(nested));
	ck_assert_uint_eq(failure.other_id, IOMMUFD_MOCK_INVALIDATE);
	ck_assert_uint_eq(failure.memory, (uintptr_t)entries);
	ck_assert_uint_eq(failure.length, sizeof(entries[0]));
	ck_assert_uint_eq(failure.arg, ENTRIES - 1);
	check_iotlb(nested,
		    (uint32_t[]){ 0, NEST_IOTLB, NEST_IOTLB, NEST_IOTLB });
	end();
}
END_TEST

/* What comes before the bad one is done, what comes after it is not. */
START_TEST(what_is_done_of_them)
{
	const struct iommufd_mock_hwpt_invalidate entries[] = {
		ENTRY(2), ENTRY(0), BAD_FLAG, ENTRY(1)
	};
	uint32_t count = 4, rest;

	FAILS(invalidate(entries, &count), FEATURE, EOPNOTSUPP);
	ck_assert_uint_eq(count, 2);
	check_iotlb(nested, (uint32_t[]){ 0, NEST_IOTLB, 0, NEST_IOTLB });
	/* Going on behind it. */
	rest = 4 - (count + 1);
	OK(invalidate(entries + count + 1, &rest));
	ck_assert_uint_eq(rest, 1);
	check_iotlb(nested, (uint32_t[]){ 0, 0, 0, NEST_IOTLB });
	end();
}
END_TEST

/* An array of which only the beginning can be read. */
START_TEST(unreadable_entries)
{
	struct iommufd_mock_hwpt_invalidate *entries = harness_memory(2 * PAGE);
	uint32_t count = 3;

	munmap((char *)entries + PAGE, PAGE);
	entries = (void *)((char *)entries + PAGE - 2 * sizeof(*entries));
	entries[1].iotlb_id = 3;
	FAILS(invalidate(entries, &count), BAD_BUFFER, EFAULT);
	ck_assert_uint_eq(count, 2);
	check_iotlb(nested, (uint32_t[]){ 0, NEST_IOTLB, NEST_IOTLB, 0 });
	count = 3;
	FAILS(invalidate((void *)8, &count), BAD_BUFFER, EFAULT);
	ck_assert_uint_eq(count, 0);
	end();
}
END_TEST

static void refuse(uint32_t type, const void *entries, uint32_t length,
		   uint32_t given)
{
	uint32_t count = given;

	FAILS(iommufd_hwpt_invalidate(nested, type, entries, length, &count),
	      INVALIDATION_REFUSED, EINVAL);
	ck_assert_uint_eq(count, 0);
}

START_TEST(refused_as_a_whole)
{
	const uint32_t type = IOMMUFD_MOCK_INVALIDATE;
	const char *entries = harness_memory(2 * PAGE);
	uint32_t count;

	refuse(IOMMUFD_MOCK_INVALIDATE_INVALID, entries, 8, 1);
	refuse(IOMMUFD_INVALIDATE_ARM_SMMUV3, entries, 16, 1);
	for (uint32_t length = 0; length < 32; length++)
		if (length != 8)
			refuse(type, entries, length, 1);
	refuse(type, entries, 4096, 1);
	refuse(type, entries, 4097, 1);
	refuse(type, entries, UINT32_MAX, 1);
	refuse(type, entries, 8, (1 << 19) + 1);
	refuse(type, entries, 8, UINT32_MAX);
	count = 5;
	FAILS(iommufd_hwpt_invalidate_vtd_s1(nested, (const void *)entries,
					     &count),
	      INVALIDATION_REFUSED, EINVAL);
	ck_assert_uint_eq(count, 0);
	check_iotlb(nested, FILLED);
	end();
}
END_TEST

/* The library's own refusals count none, too. */
START_TEST(null_pointers)
{
	const struct iommufd_mock_hwpt_invalidate one = ENTRY(0);
	const uint32_t type = IOMMUFD_MOCK_INVALIDATE;
	uint32_t count = 1;

	FAILS(iommufd_hwpt_invalidate(NULL, type, &one, sizeof(one), &count),
	      NULL_POINTER, EINVAL);
	ck_assert_uint_eq(count, 0);
	count = 1;
	FAILS(iommufd_hwpt_invalidate(nested, type, NULL, sizeof(one), &count),
	      NULL_POINTER, EINVAL);
	ck_assert_uint_eq(count, 0);
	FAILS(iommufd_hwpt_invalidate(nested, type, &one, sizeof(one), NULL),
	      NULL_POINTER, EINVAL);
	count = 1;
	FAILS(iommufd_hwpt_invalidate_vtd_s1(NULL, NULL, &count), NULL_POINTER,
	      EINVAL);
	ck_assert_uint_eq(count, 0);
	FAILS(iommufd_hwpt_invalidate_vtd_s1(nested, NULL, NULL), NULL_POINTER,
	      EINVAL);
	check_iotlb(nested, FILLED);
	end();
}
END_TEST

/* Paging page tables have nothing of a guest's. */
START_TEST(on_what_is_no_nested_one)
{
	const struct iommufd_mock_hwpt_invalidate one = ENTRY(0);
	const int viommus = harness_has(nest.f.ctx, IOMMUFD_NR_VIOMMU_ALLOC);
	struct iommufd_hwpt *gone = NULL;
	uint32_t count = 1;
	int ret = iommufd_hwpt_invalidate(nest.parent, IOMMUFD_MOCK_INVALIDATE,
					  &one, sizeof(one), &count);

	if (viommus)
		FAILS(ret, INVALIDATION_REFUSED, EINVAL);
	else
		FAILS(ret, OBJECT, ENOENT);
	ck_assert_uint_eq(count, 0);
	OK(iommufd_hwpt_adopt(nest.f.ctx, UNUSED_ID, 0, &gone));
	count = 1;
	FAILS(iommufd_hwpt_invalidate(gone, IOMMUFD_MOCK_INVALIDATE, &one,
				      sizeof(one), &count),
	      OBJECT, ENOENT);
	ck_assert_uint_eq(count, 0);
	iommufd_hwpt_release(gone);
	end();
}
END_TEST

static const TTest **const tables[] = {
	&data_of_every_length,
	&data_of_other_types,
	&vtd_s1,
	&parents_end_last,
	&devices_of_nested_ones,
	&page_faults,
	&flags,
	&dirty_tracking_is_the_parents,
	NULL,
};

static const TTest **const entries[] = {
	&invalidations,	       &none_asks_for_the_type,	  &a_bad_entry_anywhere,
	&what_is_done_of_them, &unreadable_entries,	  &refused_as_a_whole,
	&null_pointers,	       &on_what_is_no_nested_one, NULL,
};

int main(void)
{
	const struct harness_case cases[] = {
		{ .name = "tables", .setup = setup, .tests = tables },
		{ .name = "invalidations", .setup = setup, .tests = entries },
	};

	return harness_run("nested", cases, 2);
}
