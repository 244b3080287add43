/* SPDX-License-Identifier: MIT */
/*
 * What DMA in flight sees when the guest of an SMMUv3 gives its device another
 * stream table entry, in every way.
 */
#include "fixture.h"
#include "inflight.h"
#include "smmu.h"

#define TRANSFERS 100

static const uint64_t length = INFLIGHT_PAGES * GUEST_PAGE;
static struct inflight flight;
static uint64_t places[2], pattern;

/* Pages that follow each other, at the same address for the guest's bypass. */
static uint64_t pages(void)
{
	uint64_t first = smmu_memory(GUEST_PAGE);

	for (uint64_t i = 1; i < INFLIGHT_PAGES; i++)
		ck_assert_uint_eq(smmu_memory(GUEST_PAGE),
				  first + i * GUEST_PAGE);
	return first;
}

static void setup(void)
{
	smmu_begin(1);
	for (int i = 0; i < 2; i++) {
		places[i] = pages();
		flight.places[i] = guest_at(&smmu.ram, places[i]);
	}
	pattern = smmu_memory(GUEST_PAGE);
	flight.edu = &smmu.device[0].edu;
	flight.pattern = guest_at(&smmu.ram, pattern);
	/* Where bypass finds them too. */
	flight.iova = places[0];
	flight.pattern_iova = pattern;
}

/* A nested table of this entry, for as long as the test lasts. */
static struct iommufd_hwpt *table_of(struct guest_ste ste)
{
	struct iommufd_hwpt_alloc_arm_smmuv3_opts opts = { .size = sizeof(
								   opts) };
	struct iommufd_hwpt *hwpt = NULL;

	opts.ste[0] = ste.word[0];
	opts.ste[1] = ste.word[1];
	OK(iommufd_hwpt_alloc_arm_smmuv3(smmu.device[0].device,
					 iommufd_nesting_viommu(smmu.nesting),
					 &opts, &hwpt));
	return hwpt;
}

/* A space of the guest's in which the places are at the address of the first. */
static struct guest_ste space_to(uint64_t place, uint16_t asid)
{
	struct guest_space space = smmu_space(3, asid);

	for (uint64_t at = 0; at < length; at += GUEST_PAGE)
		smmu_map(&space, places[0] + at, place + at, GUEST_PAGE, 0);
	smmu_map(&space, pattern, pattern, GUEST_PAGE, 0);
	return guest_ste_translate(guest_context(&space));
}

static void between(struct iommufd_hwpt *first, struct iommufd_hwpt *second,
		    const char *name)
{
	flight.tables[0] = iommufd_hwpt_id(first);
	flight.tables[1] = iommufd_hwpt_id(second);
	inflight_run(&flight, TRANSFERS, name);
	OK(iommufd_nested_device_unset(smmu.device[0].nested,
				       iommufd_hwpt_id(smmu.plain), 0));
}

static void destroy(struct iommufd_hwpt *hwpt)
{
	OK(iommufd_hwpt_destroy(hwpt));
}

START_TEST(between_guest_tables)
{
	struct iommufd_hwpt *first = table_of(space_to(places[0], 1));
	struct iommufd_hwpt *second = table_of(space_to(places[1], 2));

	between(first, second, "smmuv3: translate, translate");
	destroy(second);
	destroy(first);
	smmu_end();
}
END_TEST

START_TEST(between_bypass_and_translate)
{
	struct iommufd_hwpt *first = table_of(guest_ste_bypass());
	struct iommufd_hwpt *second = table_of(space_to(places[1], 1));

	between(first, second, "smmuv3: bypass, translate");
	destroy(second);
	destroy(first);
	smmu_end();
}
END_TEST

START_TEST(between_plain_and_translate)
{
	struct iommufd_hwpt *second = table_of(space_to(places[1], 1));

	between(smmu.plain, second, "smmuv3: stage 1, translate");
	destroy(second);
	smmu_end();
}
END_TEST

static const TTest **const tests[] = {
	&between_guest_tables,
	&between_bypass_and_translate,
	&between_plain_and_translate,
	NULL,
};

int main(void)
{
	const struct harness_case cases[] = {
		{ .name = "replace",
		  .setup = setup,
		  .tests = tests,
		  .timeout = 240 },
	};

	return harness_run("smmu_replace", cases, 1);
}
