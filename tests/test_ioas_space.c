/* SPDX-License-Identifier: MIT */
/* Address spaces: their ranges, their allow list, their options. */
#include <linux/capability.h>
#include <string.h>

#include "fixture.h"
#include "harness.h"

static struct fixture f;

static void setup(void)
{
	fixture_ioas(&f);
}

/* A device on the fixture's address space. */
static void plug(void)
{
	OK(iommufd_mock_device_new(f.ctx, iommufd_ioas_id(f.ioas), 0,
				   &f.hwpt_id, &f.device));
}

/* Three reserved windows make four ranges. */
static void reserve_three(void)
{
	for (uint64_t i = 1; i <= 3; i++)
		OK(iommufd_mock_add_reserved(f.ctx, iommufd_ioas_id(f.ioas),
					     PAGE, i * MIB));
}

START_TEST(ranges)
{
	struct iommufd_iova_range list[5] = { 0 };
	uint64_t alignment = 0;
	uint32_t count = 5;

	reserve_three();
	OK(iommufd_ioas_iova_ranges(f.ioas, list, &count, &alignment));
	ck_assert_uint_eq(count, 4);
	ck_assert_uint_eq(alignment, 1);
	for (uint64_t i = 0; i < 4; i++) {
		ck_assert_uint_eq(list[i].start, i ? i * MIB + PAGE : 0);
		ck_assert_uint_eq(list[i].last,
				  i < 3 ? (i + 1) * MIB - 1 : UINT64_MAX);
	}
	/* Mappings do not narrow them. */
	map_at(f.ioas, harness_memory(PAGE), PAGE, 0);
	OK(iommufd_ioas_iova_ranges(f.ioas, list, &count, NULL));
	ck_assert_uint_eq(list[0].start, 0);
	fixture_end(&f);
}
END_TEST

START_TEST(ranges_without_room)
{
	struct iommufd_iova_range list[5];
	uint64_t alignment = 0;
	struct iommufd_failure failure;
	uint32_t count;
	int ret;

	reserve_three();
	for (uint32_t room = 0; room < 4; room++) {
		memset(list, 0xa5, sizeof(list));
		count = room;
		alignment = 0;
		ret = iommufd_ioas_iova_ranges(f.ioas, room ? list : NULL,
					       &count, &alignment);
		FAILS(ret, ARRAY_SHORT, EMSGSIZE);
		ck_assert_uint_eq(count, 4);
		ck_assert_uint_eq(alignment, 1);
		for (uint32_t i = 0; i < room; i++)
			ck_assert_uint_eq(list[i].last, (i + 1) * MIB - 1);
		ck_assert_uint_eq(list[room].last,
				  UINT64_C(0xa5a5a5a5a5a5a5a5));
		failure = harness_failure(ret);
		ck_assert_uint_eq(failure.op, IOMMUFD_OP_IOAS_IOVA_RANGES);
		ck_assert_uint_eq(failure.arg, 4);
	}
	fixture_end(&f);
}
END_TEST

START_TEST(ranges_fail)
{
	struct iommufd_iova_range list[1];
	uint64_t alignment = 7;
	uint32_t count = 1;

	FAILS(iommufd_ioas_iova_ranges(NULL, list, &count, &alignment),
	      NULL_POINTER, EINVAL);
	FAILS(iommufd_ioas_iova_ranges(f.ioas, list, NULL, &alignment),
	      NULL_POINTER, EINVAL);
	FAILS(iommufd_ioas_iova_ranges(f.ioas, NULL, &count, &alignment),
	      NULL_POINTER, EINVAL);
	FAILS(iommufd_ioas_iova_ranges(f.ioas, (void *)8, &count, &alignment),
	      BAD_BUFFER, EFAULT);
	ck_assert_uint_eq(count, 1);
	ck_assert_uint_eq(alignment, 7);
	fixture_end(&f);
}
END_TEST

/* Everything is used up, or nothing is left at all. */
START_TEST(ranges_can_be_empty)
{
	struct iommufd_iova_range list[1] = { { 7, 7 } };
	uint64_t iova = 0;
	uint32_t count = 1;

	OK(iommufd_mock_add_reserved(f.ctx, iommufd_ioas_id(f.ioas), UINT64_MAX,
				     0));
	OK(iommufd_ioas_iova_ranges(f.ioas, list, &count, NULL));
	ck_assert_uint_eq(count, 1);
	ck_assert_uint_eq(list[0].start, UINT64_MAX);
	FAILS(iommufd_ioas_map(f.ioas, harness_memory(PAGE), PAGE, RW, &iova),
	      NO_IOVA_SPACE, ENOSPC);
	fixture_end(&f);
}
END_TEST

START_TEST(allowed_iovas_are_chosen)
{
	const struct iommufd_iova_range list[] = {
		{ 8 * MIB, 8 * MIB + PAGE - 1 },
		{ 4 * MIB, 4 * MIB + PAGE - 1 },
	};
	char *memory = harness_memory(PAGE);
	uint64_t a = 0, b = 0, c = 5;

	OK(iommufd_ioas_allow_iovas(f.ioas, list, 2));
	OK(iommufd_ioas_map(f.ioas, memory, PAGE, RW, &a));
	OK(iommufd_ioas_map(f.ioas, memory, PAGE, RW, &b));
	ck_assert_uint_eq(a + b, 12 * MIB);
	FAILS(iommufd_ioas_map(f.ioas, memory, PAGE, RW, &c), NO_IOVA_SPACE,
	      ENOSPC);
	ck_assert_uint_eq(c, 5);
	/* Fixed ones are not limited by the list. */
	map_at(f.ioas, memory, PAGE, 16 * MIB);
	OK(iommufd_ioas_allow_iovas(f.ioas, NULL, 0));
	OK(iommufd_ioas_map(f.ioas, memory, PAGE, RW, &c));
	fixture_end(&f);
}
END_TEST

/* A refused list leaves the old one in force. */
static void check_allowed(uint64_t at)
{
	uint64_t iova = 0;

	OK(iommufd_ioas_map(f.ioas, &f, 1, RW, &iova));
	ck_assert_uint_ge(iova, at);
	ck_assert_uint_lt(iova, at + 2 * PAGE);
	unmap_at(f.ioas, 1, iova);
}

START_TEST(allowing_fails)
{
	const struct iommufd_iova_range good = { 4 * MIB, 4 * MIB + 2 * PAGE };
	const struct iommufd_iova_range one = { PAGE, PAGE };
	const struct iommufd_iova_range back = { 2 * PAGE, PAGE };
	const struct iommufd_iova_range twice[] = { { PAGE, 3 * PAGE },
						    { 2 * PAGE, 4 * PAGE } };
	const struct iommufd_iova_range touches = { MIB, 2 * MIB };
	int ret;

	OK(iommufd_ioas_allow_iovas(f.ioas, &good, 1));
	FAILS(iommufd_ioas_allow_iovas(NULL, &good, 1), NULL_POINTER, EINVAL);
	FAILS(iommufd_ioas_allow_iovas(f.ioas, NULL, 1), NULL_POINTER, EINVAL);
	FAILS(iommufd_ioas_allow_iovas(f.ioas, &one, 1), BAD_RANGES, EINVAL);
	FAILS(iommufd_ioas_allow_iovas(f.ioas, &back, 1), BAD_RANGES, EINVAL);
	ret = iommufd_ioas_allow_iovas(f.ioas, twice, 2);
	FAILS(ret, BAD_RANGES, EINVAL);
	ck_assert_uint_eq(harness_failure(ret).arg, 2);
	FAILS(iommufd_ioas_allow_iovas(f.ioas, (void *)8, 1), BAD_BUFFER,
	      EFAULT);
	OK(iommufd_mock_add_reserved(f.ctx, iommufd_ioas_id(f.ioas), PAGE,
				     MIB));
	FAILS(iommufd_ioas_allow_iovas(f.ioas, &touches, 1), RESERVED_IN_USE,
	      EADDRINUSE);
	check_allowed(4 * MIB);
	fixture_end(&f);
}
END_TEST

/* What was promised to be allowed, no device and no page table may take. */
START_TEST(allowed_iovas_keep_page_tables_away)
{
	const struct iommufd_iova_range low = { 0, PAGE };
	struct iommufd_device *device = NULL;

	OK(iommufd_ioas_allow_iovas(f.ioas, &low, 1));
	FAILS(iommufd_mock_device_new(f.ctx, iommufd_ioas_id(f.ioas), 0, NULL,
				      &device),
	      UNSPECIFIC, EADDRINUSE);
	FAILS(iommufd_mock_add_reserved(f.ctx, iommufd_ioas_id(f.ioas), PAGE,
					0),
	      UNSPECIFIC, EADDRINUSE);
	check_range(f.ioas, 0, UINT64_MAX, 1);
	OK(iommufd_ioas_allow_iovas(f.ioas, NULL, 0));
	plug();
	fixture_end(&f);
}
END_TEST

START_TEST(huge_pages)
{
	uint32_t on = 7;

	OK(iommufd_ioas_huge_pages_get(f.ioas, &on));
	ck_assert_uint_eq(on, 1);
	OK(iommufd_ioas_huge_pages_set(f.ioas, 0));
	OK(iommufd_ioas_huge_pages_get(f.ioas, &on));
	ck_assert_uint_eq(on, 0);
	check_range(f.ioas, 0, UINT64_MAX, PAGE);
	OK(iommufd_ioas_huge_pages_set(f.ioas, 1));
	check_range(f.ioas, 0, UINT64_MAX, 1);
	plug();
	OK(iommufd_ioas_huge_pages_set(f.ioas, 0));
	map_at(f.ioas, harness_memory(PAGE), PAGE, MOCK_FIRST);
	OK(iommufd_ioas_huge_pages_set(f.ioas, 1));
	fixture_end(&f);
}
END_TEST

START_TEST(huge_pages_fail)
{
	uint32_t on = 7;
	int ret;

	FAILS(iommufd_ioas_huge_pages_get(NULL, &on), NULL_POINTER, EINVAL);
	FAILS(iommufd_ioas_huge_pages_get(f.ioas, NULL), NULL_POINTER, EINVAL);
	FAILS(iommufd_ioas_huge_pages_set(NULL, 0), NULL_POINTER, EINVAL);
	ret = iommufd_ioas_huge_pages_set(f.ioas, 2);
	FAILS(ret, BAD_VALUE, EINVAL);
	ck_assert_uint_eq(harness_failure(ret).op, IOMMUFD_OP_HUGE_PAGES);
	ck_assert_uint_eq(harness_failure(ret).arg, 2);
	map_at(f.ioas, harness_memory(PAGE), MOCK_PAGE, MOCK_FIRST);
	FAILS(iommufd_ioas_huge_pages_set(f.ioas, 0), MAPPING_MISALIGNED,
	      EADDRINUSE);
	unmap_at(f.ioas, MOCK_PAGE, MOCK_FIRST);
	plug();
	map_at(f.ioas, harness_memory(PAGE), PAGE, MOCK_FIRST);
	FAILS(iommufd_ioas_huge_pages_set(f.ioas, 0), IOAS_MAPPED, EINVAL);
	OK(iommufd_ioas_huge_pages_get(f.ioas, &on));
	ck_assert_uint_eq(on, 1);
	fixture_end(&f);
}
END_TEST

/* Wherever a page table or a setting of it is needed, the alignment grows. */
START_TEST(alignment_grows_and_shrinks)
{
	struct iommufd_access *access = NULL;
	uint64_t iova = 0;

	check_range(f.ioas, 0, UINT64_MAX, 1);
	plug();
	check_range(f.ioas, MOCK_FIRST, MOCK_LAST, MOCK_PAGE);
	OK(iommufd_mock_access_new(f.ctx, iommufd_ioas_id(f.ioas),
				   IOMMUFD_MOCK_ACCESS_NEEDS_PIN, &access));
	check_range(f.ioas, MOCK_FIRST, MOCK_LAST, PAGE);
	FAILS(iommufd_ioas_map(f.ioas, harness_memory(PAGE), MOCK_PAGE, RW,
			       &iova),
	      MISALIGNED, EINVAL);
	iommufd_access_close(access);
	check_range(f.ioas, MOCK_FIRST, MOCK_LAST, MOCK_PAGE);
	iommufd_device_close(f.device);
	f.device = NULL;
	check_range(f.ioas, 0, UINT64_MAX, 1);
	fixture_end(&f);
}
END_TEST

START_TEST(physical_addresses)
{
	uint64_t length = PAGE, physical = 7, iova = MOCK_FIRST;

	FAILS(iommufd_ioas_noiommu_get_pa(NULL, &length, iova, &physical),
	      NULL_POINTER, EINVAL);
	FAILS(iommufd_ioas_noiommu_get_pa(f.ioas, NULL, iova, &physical),
	      NULL_POINTER, EINVAL);
	FAILS(iommufd_ioas_noiommu_get_pa(f.ioas, &length, iova, NULL),
	      NULL_POINTER, EINVAL);
	if (!harness_has(f.ctx, IOMMUFD_NR_IOAS_NOIOMMU_GET_PA)) {
		FAILS(iommufd_ioas_noiommu_get_pa(f.ioas, &length, iova,
						  &physical),
		      COMMAND, ENOTTY);
		fixture_end(&f);
		return;
	}
	FAILS(iommufd_ioas_noiommu_get_pa(f.ioas, &length, iova, &physical),
	      NOTHING_MAPPED, ENOENT);
	plug();
	map_at(f.ioas, harness_memory(PAGE), PAGE, iova);
	/* The mock is an IOMMU. */
	FAILS(iommufd_ioas_noiommu_get_pa(f.ioas, &length, iova, &physical),
	      FEATURE, EOPNOTSUPP);
	FAILS(iommufd_ioas_noiommu_get_pa(f.ioas, &length, UINT64_MAX,
					  &physical),
	      OVERFLOW, EOVERFLOW);
	length = 0;
	FAILS(iommufd_ioas_noiommu_get_pa(f.ioas, &length, iova, &physical),
	      ZERO_LENGTH, EINVAL);
	drop_capability(CAP_SYS_RAWIO);
	length = 5;
	FAILS(iommufd_ioas_noiommu_get_pa(f.ioas, &length, iova, &physical),
	      NEEDS_SYS_RAWIO, EPERM);
	ck_assert_uint_eq(length, 5);
	ck_assert_uint_eq(physical, 7);
	fixture_end(&f);
}
END_TEST

static const TTest **const space[] = {
	&ranges,
	&ranges_without_room,
	&ranges_fail,
	&ranges_can_be_empty,
	&allowed_iovas_are_chosen,
	&allowing_fails,
	&allowed_iovas_keep_page_tables_away,
	NULL,
};

static const TTest **const options[] = {
	&huge_pages,
	&huge_pages_fail,
	&alignment_grows_and_shrinks,
	&physical_addresses,
	NULL,
};

int main(void)
{
	const struct harness_case cases[] = {
		{ .name = "ranges", .setup = setup, .tests = space },
		{ .name = "options", .setup = setup, .tests = options },
	};

	return harness_run("ioas_space", cases, 2);
}
