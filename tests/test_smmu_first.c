/* SPDX-License-Identifier: MIT */
/*
 * The first look at an emulated SMMUv3: there are nest parents, and vIOMMUs
 * where the platform promises coherent DMA; elsewhere the refusal says so.
 */
#include <errno.h>
#include <string.h>

#include <iommufd/util/util.h>

#include "devices.h"
#include "edu.h"
#include "fixture.h"
#include "harness.h"

#define IOVA UINT64_C(0x100000)

static struct fixture f;
static struct edu edu;
static void *memory;

static void setup(void)
{
	fixture_ioas(&f);
	edu_open(&edu, harness_env("IOMMUFD_VM_EDU"), f.ctx);
	memory = harness_memory(2 * PAGE);
	map_at(f.ioas, memory, 2 * PAGE, IOVA);
}

static void end(void)
{
	edu_close(&edu);
	fixture_end(&f);
}

static int has_viommus(void)
{
	return !strcmp(harness_env("IOMMUFD_VM_SCENARIO"), "smmuv3");
}

/* IDR0: both stages of translation; IDR1: stream ids of 16 bits. */
START_TEST(hardware_information)
{
	struct iommufd_hw_arm_smmuv3_info smmu = { .size = sizeof(smmu) };
	struct iommufd_hw_info info = { .size = sizeof(info) };

	OK(iommufd_device_get_hw_info(edu.device, IOMMUFD_HW_INFO_DEFAULT, NULL,
				      0, &info));
	ck_assert_uint_eq(info.type, IOMMUFD_HW_INFO_ARM_SMMUV3);
	OK(iommufd_device_get_hw_info_arm_smmuv3(edu.device, &smmu));
	ck_assert_uint_eq(smmu.idr[0] & 3, 3);
	ck_assert_uint_eq(smmu.idr[1] & 0x3f, 16);
	end();
}
END_TEST

START_TEST(nest_parent)
{
	struct iommufd_hwpt *parent = NULL;

	OK(iommufd_hwpt_alloc(edu.device, iommufd_ioas_id(f.ioas),
			      HWPT_FLAGS(IOMMUFD_HWPT_NEST_PARENT), &parent));
	OK(iommufd_device_attach(edu.device, iommufd_hwpt_id(parent), NULL));
	ck_assert(edu_works(&edu, IOVA, memory));
	OK(iommufd_device_detach(edu.device));
	OK(iommufd_hwpt_destroy(parent));
	end();
}
END_TEST

START_TEST(guest_iommu)
{
	struct iommufd_nesting *nesting = NULL;
	const uint32_t next = next_id(f.ctx);
	int ret = iommufd_nesting_new(edu.device, f.ioas, NULL, &nesting);

	if (has_viommus()) {
		OK(ret);
		ck_assert_ptr_nonnull(iommufd_nesting_viommu(nesting));
		OK(iommufd_nesting_destroy(nesting));
	} else {
		FAILS(ret, FEATURE, EOPNOTSUPP);
		ck_assert_ptr_null(nesting);
		ck_assert_uint_eq(next_id(f.ctx), next);
	}
	end();
}
END_TEST

static const TTest **const tests[] = { &hardware_information, &nest_parent,
				       &guest_iommu, NULL };

int main(void)
{
	const struct harness_case cases[] = {
		{ .name = "smmu", .setup = setup, .tests = tests },
	};

	return harness_run("smmu_first", cases, 1);
}
