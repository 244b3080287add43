/* SPDX-License-Identifier: MIT */
/*
 * One address space with several page tables: what they have in common, and
 * that a change which one of them cannot take is undone in all.
 */
#include <linux/capability.h>
#include <sys/mman.h>

#include "fixture.h"
#include "harness.h"

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

static int try_hwpt(uint32_t type, struct iommufd_hwpt **hwpt)
{
	const struct iommufd_mock_hwpt_data data = { .pagetable_type = type };
	const struct iommufd_hwpt_alloc_opts opts = {
		.size = sizeof(opts),
		.data_type = IOMMUFD_MOCK_HWPT_DATA,
		.data_len = sizeof(data),
		.data = &data,
	};

	return iommufd_hwpt_alloc(f.device, iommufd_ioas_id(ioas),
				  type ? &opts : NULL, hwpt);
}

static struct iommufd_hwpt *hwpt_new(uint32_t type)
{
	struct iommufd_hwpt *hwpt = NULL;

	OK(try_hwpt(type, &hwpt));
	return hwpt;
}

/* The mock's second kind of page table; without it its data is refused. */
static int has_huge(void)
{
	struct iommufd_hwpt *hwpt = NULL;

	if (harness_has(f.ctx, IOMMUFD_NR_IOAS_NOIOMMU_GET_PA))
		return 1;
	FAILS(try_hwpt(IOMMUFD_MOCK_PAGETABLE_HUGE, &hwpt), FEATURE,
	      EOPNOTSUPP);
	end();
	return 0;
}

static void check_both(struct iommufd_hwpt *const *hwpts, uint64_t length,
		       uint64_t iova)
{
	for (int i = 0; i < 2; i++)
		OK(iommufd_mock_check_map(f.ctx, iommufd_hwpt_id(hwpts[i]),
					  memory, length, iova));
}

static void check_neither(struct iommufd_hwpt *const *hwpts, uint64_t length,
			  uint64_t iova)
{
	for (int i = 0; i < 2; i++)
		FAILS(iommufd_mock_check_map(f.ctx, iommufd_hwpt_id(hwpts[i]),
					     memory, length, iova),
		      UNSPECIFIC, EINVAL);
}

START_TEST(all_hold_the_same)
{
	struct iommufd_hwpt *hwpts[2] = { hwpt_new(0), NULL };
	uint64_t before = pinned();

	map_at(ioas, memory, 2 * PAGE, MOCK_FIRST);
	OK(iommufd_hwpt_alloc(f.device, iommufd_ioas_id(ioas),
			      HWPT_FLAGS(IOMMUFD_HWPT_DIRTY_TRACKING),
			      &hwpts[1]));
	check_both(hwpts, 2 * PAGE, MOCK_FIRST);
	/* Pinned and charged once. */
	OK(iommufd_mock_check_refs(f.ctx, memory, 2 * PAGE, 1));
	ck_assert_uint_eq(pinned(), before + 2 * PAGE);
	map_at(ioas, memory, PAGE, MOCK_FIRST + MIB);
	check_both(hwpts, PAGE, MOCK_FIRST + MIB);
	unmap_at(ioas, PAGE, MOCK_FIRST + MIB);
	check_neither(hwpts, PAGE, MOCK_FIRST + MIB);
	OK(iommufd_hwpt_destroy(hwpts[0]));
	OK(iommufd_mock_check_refs(f.ctx, memory, 2 * PAGE, 1));
	OK(iommufd_mock_check_map(f.ctx, iommufd_hwpt_id(hwpts[1]), memory,
				  2 * PAGE, MOCK_FIRST));
	OK(iommufd_hwpt_destroy(hwpts[1]));
	OK(iommufd_mock_check_refs(f.ctx, memory, 2 * PAGE, 0));
	end();
}
END_TEST

/* Ranges are the intersection, alignment is the maximum. */
START_TEST(limits_add_up)
{
	struct iommufd_hwpt *wide, *narrow;

	if (!has_huge())
		return;
	wide = hwpt_new(IOMMUFD_MOCK_PAGETABLE_HUGE);
	check_range(ioas, 0, MOCK_HUGE_LAST, PAGE);
	narrow = hwpt_new(0);
	check_range(ioas, MOCK_FIRST, MOCK_LAST, PAGE);
	OK(iommufd_hwpt_destroy(wide));
	check_range(ioas, MOCK_FIRST, MOCK_LAST, MOCK_PAGE);
	OK(iommufd_hwpt_destroy(narrow));
	check_range(ioas, 0, UINT64_MAX, 1);
	end();
}
END_TEST

/* The second page table cannot take what the first one has. */
START_TEST(a_page_table_that_does_not_fit)
{
	const uint64_t high = UINT64_C(1) << 32;
	struct iommufd_hwpt *wide, *narrow = NULL;

	if (!has_huge())
		return;
	wide = hwpt_new(IOMMUFD_MOCK_PAGETABLE_HUGE);
	map_at(ioas, memory, PAGE, high);
	FAILS(try_hwpt(0, &narrow), OUTSIDE_PAGE_TABLE, EADDRINUSE);
	ck_assert_ptr_null(narrow);
	check_range(ioas, 0, MOCK_HUGE_LAST, PAGE);
	OK(iommufd_mock_check_map(f.ctx, iommufd_hwpt_id(wide), memory, PAGE,
				  high));
	unmap_at(ioas, PAGE, high);
	narrow = hwpt_new(0);
	OK(iommufd_hwpt_destroy(wide));
	OK(iommufd_hwpt_destroy(narrow));
	end();
}
END_TEST

/* Neither page table, no pin, no IOVA: nothing is left of a failed map. */
START_TEST(a_failed_map_leaves_nothing)
{
	struct iommufd_hwpt *hwpts[2] = { hwpt_new(0), hwpt_new(0) };
	uint64_t before = pinned(), iova = MOCK_FIRST;
	char *hole = harness_memory(64 * PAGE);

	OK(iommufd_mock_set_temp_memory_limit(f.ctx, 16));
	ck_assert_int_eq(munmap(hole + 60 * PAGE, PAGE), 0);
	FAILS(iommufd_ioas_map(ioas, hole, 64 * PAGE, FIXED, &iova), UNPINNABLE,
	      EFAULT);
	OK(iommufd_mock_set_temp_memory_limit(f.ctx, 65536));
	OK(iommufd_mock_check_refs(f.ctx, hole, 60 * PAGE, 0));
	OK(iommufd_mock_check_refs(f.ctx, hole + 61 * PAGE, 3 * PAGE, 0));
	ck_assert_uint_eq(pinned(), before);
	for (uint64_t i = 0; i < 64; i++)
		check_neither(hwpts, PAGE, MOCK_FIRST + i * PAGE);
	map_at(ioas, memory, 4 * PAGE, MOCK_FIRST);
	check_both(hwpts, 4 * PAGE, MOCK_FIRST);
	OK(iommufd_hwpt_destroy(hwpts[0]));
	OK(iommufd_hwpt_destroy(hwpts[1]));
	end();
}
END_TEST

START_TEST(a_failed_page_table_leaves_the_others)
{
	struct iommufd_hwpt *hwpt = hwpt_new(0), *second = NULL;
	struct iommufd_ioas *other = ioas;

	map_at(ioas, memory, 2 * PAGE, MOCK_FIRST);
	OK(iommufd_ioas_alloc(f.ctx, 0, &ioas));
	map_at(ioas, memory, PAGE, MOCK_FIRST);
	map_at(ioas, NULL, PAGE, MOCK_FIRST + PAGE);
	FAILS(try_hwpt(0, &second), EARLIER_MAPPING, EFAULT);
	OK(iommufd_mock_check_refs(f.ctx, memory, 2 * PAGE, 1));
	/* The kernel left no page table behind. */
	OK(iommufd_ioas_destroy(ioas));
	ioas = other;
	OK(iommufd_mock_check_map(f.ctx, iommufd_hwpt_id(hwpt), memory,
				  2 * PAGE, MOCK_FIRST));
	OK(iommufd_hwpt_destroy(hwpt));
	end();
}
END_TEST

/* Page tables make earlier mappings count against the limit of who mapped. */
START_TEST(the_limit_of_locked_memory)
{
	struct iommufd_hwpt *hwpt = NULL;
	uint64_t before, iova = MOCK_FIRST + MIB;

	drop_capability(CAP_IPC_LOCK);
	limit_locked_memory(2 * PAGE);
	before = pinned();
	map_at(ioas, memory, 4 * PAGE, MOCK_FIRST);
	FAILS(try_hwpt(0, &hwpt), MEMORY_OR_LIMIT, ENOMEM);
	ck_assert_uint_eq(pinned(), before);
	OK(iommufd_mock_check_refs(f.ctx, memory, 4 * PAGE, 0));
	FAILS(iommufd_device_attach(f.device, iommufd_ioas_id(ioas), NULL),
	      MEMORY_OR_LIMIT, ENOMEM);
	unmap_at(ioas, 4 * PAGE, MOCK_FIRST);
	map_at(ioas, memory, PAGE, MOCK_FIRST);
	hwpt = hwpt_new(0);
	FAILS(iommufd_ioas_map(ioas, memory, 2 * PAGE, FIXED, &iova),
	      MEMORY_OR_LIMIT, ENOMEM);
	ck_assert_uint_eq(pinned(), before + PAGE);
	map_at(ioas, memory, PAGE, iova);
	OK(iommufd_hwpt_destroy(hwpt));
	end();
}
END_TEST

/* One page table serves all devices that fit; the last one frees it. */
START_TEST(devices_share_the_kernels_own)
{
	struct iommufd_device *devices[3];
	uint32_t first = 0, id = 0;

	for (int i = 0; i < 3; i++) {
		OK(iommufd_mock_device_new(f.ctx, iommufd_ioas_id(ioas), 0, &id,
					   &devices[i]));
		first = first ? first : id;
		ck_assert_uint_eq(id, first);
	}
	map_at(ioas, memory, PAGE, MOCK_FIRST);
	for (int i = 0; i < 3; i++) {
		check_range(ioas, MOCK_FIRST, MOCK_LAST, MOCK_PAGE);
		OK(iommufd_mock_check_map(f.ctx, first, memory, PAGE,
					  MOCK_FIRST));
		iommufd_device_close(devices[i]);
	}
	check_range(ioas, 0, UINT64_MAX, 1);
	FAILS(iommufd_mock_check_map(f.ctx, first, memory, PAGE, MOCK_FIRST),
	      OBJECT, ENOENT);
	end();
}
END_TEST

/* Every start, end and offset in a few pages, in both page tables. */
START_TEST(every_alignment)
{
	struct iommufd_hwpt *hwpts[2] = { hwpt_new(0), hwpt_new(0) };

	for (uint64_t start = 0; start < 2 * PAGE; start += MOCK_PAGE) {
		for (uint64_t to = start + MOCK_PAGE; to <= 4 * PAGE;
		     to += MOCK_PAGE) {
			uint64_t length = to - start;

			map_at(ioas, memory + start, length,
			       MOCK_FIRST + start);
			for (int i = 0; i < 2; i++)
				OK(iommufd_mock_check_map(
					f.ctx, iommufd_hwpt_id(hwpts[i]),
					memory + start, length,
					MOCK_FIRST + start));
			unmap_at(ioas, length, MOCK_FIRST + start);
			OK(iommufd_mock_check_refs(f.ctx, memory, 4 * PAGE, 0));
		}
	}
	OK(iommufd_hwpt_destroy(hwpts[0]));
	OK(iommufd_hwpt_destroy(hwpts[1]));
	end();
}
END_TEST

static const TTest **const together[] = {
	&all_hold_the_same, &limits_add_up, &devices_share_the_kernels_own,
	&every_alignment,   NULL,
};

static const TTest **const undone[] = {
	&a_page_table_that_does_not_fit,
	&a_failed_map_leaves_nothing,
	&a_failed_page_table_leaves_the_others,
	&the_limit_of_locked_memory,
	NULL,
};

int main(void)
{
	const struct harness_case cases[] = {
		{ .name = "together", .setup = setup, .tests = together },
		{ .name = "undone", .setup = setup, .tests = undone },
	};

	return harness_run("domains", cases, 2);
}
