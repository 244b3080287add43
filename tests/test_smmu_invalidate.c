/* SPDX-License-Identifier: MIT */
/*
 * What an SMMUv3 has cached of a guest's page tables is used until the guest has
 * it dropped: by address, by address space, all of it. The emulated one does keep
 * what it has once found, so that each case is shown with and without.
 */
#include <endian.h>

#include "fixture.h"
#include "smmu.h"

#define FROM   SMMU_IOVA
#define TO     (SMMU_IOVA + GUEST_PAGE)
#define LENGTH 256

static uint64_t source, places[2];
static struct guest_space space;

static void setup(void)
{
	smmu_begin(1);
	source = smmu_memory(GUEST_PAGE);
	places[0] = smmu_memory(GUEST_PAGE);
	places[1] = smmu_memory(GUEST_PAGE);
	space = smmu_space(3, 1);
	smmu_map(&space, FROM, source, GUEST_PAGE, 0);
	smmu_map(&space, TO, places[0], GUEST_PAGE, 0);
	smmu_translate(0, &space);
	ck_assert(smmu_finds(0, FROM, TO, source, places[0]));
}

/* In which of the two places does DMA arrive? -1 for none or both. */
static int arrives_in(void)
{
	int first, second;

	smmu_fill(source, LENGTH);
	smmu_copy(0, FROM, TO, LENGTH);
	first = smmu_same(source, places[0], LENGTH);
	second = smmu_same(source, places[1], LENGTH);
	return first == second ? -1 : second;
}

/* The guest moves the page; the old place is used until it says so. */
static void check_move(int to, guest_command drop)
{
	smmu_map(&space, TO, places[to], GUEST_PAGE, 0);
	ck_assert_int_eq(arrives_in(), !to);
	smmu_give(drop);
	ck_assert_int_eq(arrives_in(), to);
}

START_TEST(by_address)
{
	check_move(1, guest_drop(1, TO));
	check_move(0, guest_drop(1, TO));
	smmu_end();
}
END_TEST

START_TEST(by_space)
{
	check_move(1, guest_drop_space(1));
	check_move(0, guest_drop_space(1));
	smmu_end();
}
END_TEST

START_TEST(all)
{
	check_move(1, guest_drop_all());
	check_move(0, guest_drop_all());
	smmu_end();
}
END_TEST

/* What is dropped for others changes nothing here. */
START_TEST(of_others)
{
	smmu_map(&space, TO, places[1], GUEST_PAGE, 0);
	ck_assert_int_eq(arrives_in(), 0);
	smmu_give(guest_drop_space(2));
	smmu_give(guest_drop(2, TO));
	smmu_give(guest_drop(1, TO + GUEST_PAGE));
	ck_assert_int_eq(arrives_in(), 0);
	smmu_give(guest_drop(1, TO));
	ck_assert_int_eq(arrives_in(), 1);
	smmu_end();
}
END_TEST

/* A page that is taken away is there until it is dropped. */
START_TEST(unmapped)
{
	guest_unmap(&space, TO);
	ck_assert_int_eq(arrives_in(), 0);
	smmu_give(guest_drop(1, TO));
	ck_assert(smmu_refused(0, FROM, TO, source, places[0]));
	smmu_end();
}
END_TEST

/*
 * Translations are those of an address space, not of a stream table entry: a new
 * one does not drop them.
 */
START_TEST(with_a_new_entry)
{
	smmu_map(&space, TO, places[1], GUEST_PAGE, 0);
	OK(smmu_set(0, guest_ste_abort()));
	smmu_translate(0, &space);
	ck_assert_int_eq(arrives_in(), 0);
	smmu_give(guest_drop_space(1));
	ck_assert_int_eq(arrives_in(), 1);
	smmu_end();
}
END_TEST

/* The context descriptor too is cached. */
START_TEST(context_descriptor)
{
	struct guest_space other = smmu_space(3, 1);
	const uint64_t context = guest_context(&space);
	uint64_t *words = guest_at(&smmu.ram, context);

	smmu_map(&other, FROM, source, GUEST_PAGE, 0);
	smmu_map(&other, TO, places[1], GUEST_PAGE, 0);
	OK(smmu_set(0, guest_ste_translate(context)));
	ck_assert_int_eq(arrives_in(), 0);
	words[1] = htole64(other.root);
	ck_assert_int_eq(arrives_in(), 0);
	smmu_give(guest_config_context(SMMU_STREAM(0)));
	smmu_give(guest_drop_space(1));
	ck_assert_int_eq(arrives_in(), 1);
	smmu_end();
}
END_TEST

/* Many commands at once, the one that matters among them. */
START_TEST(in_a_batch)
{
	guest_command list[150];
	uint32_t count = 150;

	for (uint32_t at = 0; at < count; at += 60) {
		const int to = at / 60 % 2 == 0;

		for (uint32_t i = 0; i < 150; i++)
			list[i] = guest_drop(1, FROM + (i + 8) * GUEST_PAGE);
		list[at] = guest_drop(1, TO);
		smmu_map(&space, TO, places[to], GUEST_PAGE, 0);
		ck_assert_int_eq(arrives_in(), !to);
		count = 150;
		OK(iommufd_nesting_commands_arm_smmuv3(smmu.nesting, list,
						       &count));
		ck_assert_uint_eq(count, 150);
		ck_assert_int_eq(arrives_in(), to);
	}
	smmu_end();
}
END_TEST

/* One that is refused: all before it have been done, however many there are. */
START_TEST(before_a_refused_one)
{
	guest_command list[150];

	for (uint32_t i = 0; i < 150; i++)
		list[i] = guest_drop(1, FROM + (i + 8) * GUEST_PAGE);
	for (uint32_t bad = 2; bad < 150; bad += 49) {
		const int to = arrives_in() == 0;
		uint32_t count = 150;
		int ret;

		list[bad - 1] = guest_drop(1, TO);
		list[bad].cmd[0] = htole64(0xff);
		smmu_map(&space, TO, places[to], GUEST_PAGE, 0);
		ck_assert_int_eq(arrives_in(), !to);
		ret = iommufd_nesting_commands_arm_smmuv3(smmu.nesting, list,
							  &count);
		FAILS(ret, INVALIDATION_ENTRY, EIO);
		ck_assert_uint_eq(count, bad);
		ck_assert_int_eq(arrives_in(), to);
		list[bad] = list[0];
	}
	smmu_end();
}
END_TEST

/* What a guest gives for bridges, and for what has been unplugged. */
START_TEST(streams_of_no_device)
{
	guest_command list[3];
	uint32_t count = 3, one = 1;

	list[0] = guest_config_context(SMMU_STREAM(0) + 1);
	list[1] = guest_drop_space(1);
	list[2] = guest_config_context(0);
	OK(iommufd_viommu_invalidate_arm_smmuv3(
		iommufd_nesting_viommu(smmu.nesting), &list[1], &one));
	FAILS(iommufd_viommu_invalidate_arm_smmuv3(
		      iommufd_nesting_viommu(smmu.nesting), list, &one),
	      INVALIDATION_ENTRY, EIO);
	smmu_map(&space, TO, places[1], GUEST_PAGE, 0);
	OK(iommufd_nesting_commands_arm_smmuv3(smmu.nesting, list, &count));
	ck_assert_uint_eq(count, 3);
	ck_assert_int_eq(arrives_in(), 1);
	smmu_end();
}
END_TEST

static const TTest **const tests[] = {
	&by_address,
	&by_space,
	&all,
	&of_others,
	&unmapped,
	&with_a_new_entry,
	&context_descriptor,
	&in_a_batch,
	&before_a_refused_one,
	&streams_of_no_device,
	NULL,
};

int main(void)
{
	const struct harness_case cases[] = {
		{ .name = "invalidate", .setup = setup, .tests = tests },
	};

	return harness_run("smmu_invalidate", cases, 1);
}
