/* SPDX-License-Identifier: MIT */
#include "diagnosis.h"
#include "fixture.h"
#include "harness.h"

#define AT UINT64_C(0x2000000)

static struct fixture f;

static void diagnose(int ret, uint32_t flags)
{
	diagnose_in(f.ctx, ret, flags);
}

static void use_device(void)
{
	fixture_device(&f);
}

static void use_ioas(void)
{
	fixture_ioas(&f);
}

static int unmap(uint64_t length, uint64_t iova)
{
	return iommufd_ioas_unmap(f.ioas, &length, iova);
}

START_TEST(nothing_mapped)
{
	unsigned char *memory = harness_memory(PAGE);

	diagnose(unmap(PAGE, AT), SCRATCH);
	check_cause(IOMMUFD_CAUSE_NOTHING_MAPPED);
	check_range_is(AT, AT + PAGE - 1);
	/* Neighbours are not cut. */
	map_at(f.ioas, memory, PAGE, AT - PAGE);
	map_at(f.ioas, memory, PAGE, AT + PAGE);
	diagnose(unmap(PAGE, AT), SCRATCH);
	check_cause(IOMMUFD_CAUSE_NOTHING_MAPPED);
}
END_TEST

/* Mappings that touch are told apart: only one of them is cut. */
START_TEST(mapping_is_cut)
{
	unsigned char *memory = harness_memory(8 * PAGE);

	map_at(f.ioas, memory, 2 * PAGE, AT - 2 * PAGE);
	map_at(f.ioas, memory, 4 * PAGE, AT);
	map_at(f.ioas, memory, 2 * PAGE, AT + 4 * PAGE);
	diagnose(unmap(4 * PAGE, AT + PAGE), SCRATCH);
	check_cause(IOMMUFD_CAUSE_PARTIAL_MAPPING);
	check_range_is(AT, AT + 4 * PAGE - 1);
	check_says("start 0x2001000");
	diagnose(unmap(PAGE, AT), SCRATCH);
	check_cause(IOMMUFD_CAUSE_PARTIAL_MAPPING);
	check_range_is(AT, AT + 4 * PAGE - 1);
	check_says("end 0x2000fff");
	diagnose(unmap(PAGE, AT + 2 * PAGE), SCRATCH);
	check_range_is(AT, AT + 4 * PAGE - 1);
	diagnose(unmap(100, AT + 5), SCRATCH);
	check_cause(IOMMUFD_CAUSE_PARTIAL_MAPPING);
	check_range_is(AT, AT + 4 * PAGE - 1);
	/* The kernel has taken the first one already. */
	diagnose(unmap(3 * PAGE, AT - 2 * PAGE), SCRATCH);
	check_range_is(AT, AT + 4 * PAGE - 1);
	check_says("may be gone");
	unmap_at(f.ioas, 6 * PAGE, AT);
}
END_TEST

/* An address space without page tables has an alignment of 1. */
START_TEST(mapping_is_cut_anywhere)
{
	unsigned char *memory = harness_memory(8 * PAGE);

	map_at(f.ioas, memory + 3, 1001, 0);
	map_at(f.ioas, memory + 3, 1, 1001);
	diagnose(unmap(1000, 0), SCRATCH);
	check_cause(IOMMUFD_CAUSE_PARTIAL_MAPPING);
	check_range_is(0, 1000);
	map_at(f.ioas, memory, PAGE, UINT64_C(0xfffffffffffe0000));
	diagnose(unmap(1, UINT64_C(0xfffffffffffe0fff)), SCRATCH);
	check_cause(IOMMUFD_CAUSE_PARTIAL_MAPPING);
	check_range_is(UINT64_C(0xfffffffffffe0000),
		       UINT64_C(0xfffffffffffe0fff));
}
END_TEST

START_TEST(unmap_without_scratch)
{
	diagnose(unmap(PAGE, AT), 0);
	check_candidates(IOMMUFD_CAUSE_NOT_WHOLE_MAPPINGS,
			 IOMMUFD_CAUSE_NOTHING_MAPPED,
			 IOMMUFD_CAUSE_PARTIAL_MAPPING);
}
END_TEST

START_TEST(address_space_gone)
{
	struct iommufd_ioas *ioas = NULL, *stale = NULL;
	uint64_t length = PAGE;

	OK(iommufd_ioas_alloc(f.ctx, 0, &ioas));
	OK(iommufd_ioas_adopt(f.ctx, iommufd_ioas_id(ioas), 0, &stale));
	OK(iommufd_ioas_destroy(ioas));
	diagnose(iommufd_ioas_unmap(stale, &length, AT), SCRATCH);
	check_cause(IOMMUFD_CAUSE_OBJECT);
	check_says("there is no object");
	iommufd_ioas_release(stale);
}
END_TEST

static int copy(struct iommufd_ioas *to, uint64_t length, uint64_t from)
{
	struct iommufd_extent part = extent(from, length);
	uint64_t iova = AT;

	return iommufd_ioas_copy(to, f.ioas, &part, FIXED, &iova);
}

START_TEST(source_hole)
{
	unsigned char *memory = harness_memory(8 * PAGE);
	struct iommufd_ioas *to = NULL;

	OK(iommufd_ioas_alloc(f.ctx, 0, &to));
	map_at(f.ioas, memory, 4 * PAGE, AT);
	map_at(f.ioas, memory, 4 * PAGE, AT + 6 * PAGE);
	diagnose(copy(to, 10 * PAGE, AT), SCRATCH);
	check_cause(IOMMUFD_CAUSE_SOURCE_HOLE);
	check_range_is(AT + 4 * PAGE, AT + 6 * PAGE - 1);
	diagnose(copy(to, 4 * PAGE, AT + 8 * PAGE), SCRATCH);
	check_range_is(AT + 10 * PAGE, AT + 12 * PAGE - 1);
	diagnose(copy(to, 4 * PAGE, AT - PAGE), SCRATCH);
	check_range_is(AT - PAGE, AT - 1);
	diagnose(copy(to, 4 * PAGE, AT - PAGE), 0);
	check_cause(IOMMUFD_CAUSE_SOURCE_HOLE);
	ck_assert_uint_eq(d.valid, 0);
	OK(iommufd_ioas_destroy(to));
}
END_TEST

START_TEST(copy_into_nothing)
{
	struct iommufd_ioas *to = NULL, *stale = NULL;

	map_at(f.ioas, harness_memory(PAGE), PAGE, AT);
	OK(iommufd_ioas_alloc(f.ctx, 0, &to));
	OK(iommufd_ioas_adopt(f.ctx, iommufd_ioas_id(to), 0, &stale));
	OK(iommufd_ioas_destroy(to));
	diagnose(copy(stale, PAGE, AT), SCRATCH);
	check_cause(IOMMUFD_CAUSE_OBJECT);
	iommufd_ioas_release(stale);
}
END_TEST

static const TTest **const unmap_tests[] = {
	&nothing_mapped,
	&mapping_is_cut,
	&unmap_without_scratch,
	&address_space_gone,
	&source_hole,
	&copy_into_nothing,
	NULL,
};

static const TTest **const bare_tests[] = { &mapping_is_cut_anywhere, NULL };

int main(void)
{
	const struct harness_case cases[] = {
		{ .name = "unmap", .setup = use_device, .tests = unmap_tests },
		{ .name = "bare", .setup = use_ioas, .tests = bare_tests },
	};

	return harness_run("diagnose_unmap", cases, 2);
}
