/* SPDX-License-Identifier: MIT */
/*
 * Nested translation where it is not: no emulated IOMMU makes a nest parent. The
 * helper says so, leaves nothing, and disturbs no DMA.
 */
#include <iommufd/util/util.h>

#include "devices.h"
#include "edu.h"
#include "fixture.h"
#include "harness.h"

#define IOVA UINT64_C(0x100000)

static struct fixture f;
static struct edu edu;

static void setup(void)
{
	fixture_ioas(&f);
	edu_open(&edu, harness_env("IOMMUFD_VM_EDU"), f.ctx);
}

START_TEST(hardware_without_nesting)
{
	const struct iommufd_nesting_opts without_viommu = {
		.size = sizeof(without_viommu),
		.flags = IOMMUFD_NESTING_TYPE_VALID,
		.viommu_type = IOMMUFD_VIOMMU_DEFAULT,
	};
	struct iommufd_nesting *nesting = NULL;
	void *memory = harness_memory(2 * PAGE);
	uint32_t next;

	OK(iommufd_device_attach(edu.device, iommufd_ioas_id(f.ioas), NULL));
	map_at(f.ioas, memory, 2 * PAGE, IOVA);
	next = next_id(f.ctx);
	FAILS(iommufd_nesting_new(edu.device, f.ioas, NULL, &nesting), FEATURE,
	      EOPNOTSUPP);
	FAILS(iommufd_nesting_new(edu.device, f.ioas, &without_viommu,
				  &nesting),
	      FEATURE, EOPNOTSUPP);
	ck_assert_ptr_null(nesting);
	ck_assert_uint_eq(next_id(f.ctx), next);
	ck_assert(edu_works(&edu, IOVA, memory));
	edu_close(&edu);
	fixture_end(&f);
}
END_TEST

static const TTest **const tests[] = {
	&hardware_without_nesting,
	NULL,
};

int main(void)
{
	const struct harness_case cases[] = {
		{ .name = "devices", .setup = setup, .tests = tests },
	};

	return harness_run("nesting_devices", cases, 1);
}
