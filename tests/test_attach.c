/* SPDX-License-Identifier: MIT */
/* Attaching, replacing and detaching real devices; what their IOMMU is. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "devices.h"
#include "edu.h"
#include "fixture.h"
#include "harness.h"

#define IOVA UINT64_C(0x4000000)

static struct iommufd_ctx *ctx;
static struct iommufd_device *device;

static void setup(void)
{
	ctx = harness_ctx();
	device = device_new("IOMMUFD_VM_EDU", ctx);
}

/* Leaves nothing: then the next free id is the first one. */
static void finish(void)
{
	iommufd_device_close(device);
	ck_assert_uint_eq(next_id(ctx), 1);
	iommufd_ctx_close(ctx);
}

START_TEST(attach_and_detach)
{
	struct iommufd_ioas *ioas = new_ioas(ctx);
	uint32_t in_force = 0, again = 0;

	OK(iommufd_device_detach(device));
	OK(iommufd_device_attach(device, iommufd_ioas_id(ioas), &in_force));
	ck_assert_uint_ne(in_force, 0);
	ck_assert_uint_ne(in_force, iommufd_ioas_id(ioas));
	FAILS(iommufd_ioas_destroy(ioas), IN_USE, EBUSY);
	/* The same again, by address space and by page table. */
	OK(iommufd_device_attach(device, iommufd_ioas_id(ioas), &again));
	ck_assert_uint_eq(again, in_force);
	OK(iommufd_device_attach(device, in_force, &again));
	ck_assert_uint_eq(again, in_force);
	OK(iommufd_device_attach(device, in_force, NULL));
	OK(iommufd_device_detach(device));
	/* The kernel's own page table has gone with its last device. */
	FAILS(iommufd_ctx_destroy_id(ctx, in_force), OBJECT, ENOENT);
	OK(iommufd_device_detach(device));
	OK(iommufd_ioas_destroy(ioas));
	finish();
}
END_TEST

START_TEST(wrong_ids)
{
	struct iommufd_ioas *ioas = new_ioas(ctx);
	uint32_t in_force = 77;

	FAILS(iommufd_device_attach(device, UNUSED_ID, &in_force), PAGE_TABLE,
	      ENOENT);
	FAILS(iommufd_device_attach(device, 0, &in_force), PAGE_TABLE, ENOENT);
	FAILS(iommufd_device_attach(device, iommufd_device_id(device),
				    &in_force),
	      ATTACH_REFUSED, EINVAL);
	ck_assert_uint_eq(in_force, 77);
	/* The same while attached: the old one stays in force. */
	OK(iommufd_device_attach(device, iommufd_ioas_id(ioas), &in_force));
	FAILS(iommufd_device_attach(device, UNUSED_ID, NULL), PAGE_TABLE,
	      ENOENT);
	FAILS(iommufd_ioas_destroy(ioas), IN_USE, EBUSY);
	OK(iommufd_device_detach(device));
	OK(iommufd_ioas_destroy(ioas));
	finish();
}
END_TEST

START_TEST(replace)
{
	struct iommufd_ioas *one = new_ioas(ctx), *two = new_ioas(ctx);
	struct iommufd_hwpt *first = new_hwpt(device, one);
	struct iommufd_hwpt *second = new_hwpt(device, two);
	uint32_t in_force = 0;

	OK(iommufd_device_attach(device, iommufd_hwpt_id(first), &in_force));
	ck_assert_uint_eq(in_force, iommufd_hwpt_id(first));
	FAILS(iommufd_hwpt_destroy(first), IN_USE, EBUSY);
	OK(iommufd_device_attach(device, iommufd_hwpt_id(second), &in_force));
	ck_assert_uint_eq(in_force, iommufd_hwpt_id(second));
	FAILS(iommufd_hwpt_destroy(second), IN_USE, EBUSY);
	OK(iommufd_hwpt_destroy(first));
	/* To an address space: the kernel makes a page table of its own. */
	OK(iommufd_device_attach(device, iommufd_ioas_id(two), &in_force));
	ck_assert_uint_ne(in_force, iommufd_hwpt_id(second));
	OK(iommufd_hwpt_destroy(second));
	OK(iommufd_ioas_destroy(one));
	OK(iommufd_device_detach(device));
	OK(iommufd_ioas_destroy(two));
	finish();
}
END_TEST

/* DMA goes through the page table that is in force. */
START_TEST(dma_follows)
{
	struct iommufd_ioas *one = new_ioas(ctx), *two = new_ioas(ctx);
	uint8_t *a = harness_memory(2 * PAGE), *b = harness_memory(2 * PAGE);
	struct iommufd_hwpt *first, *second;
	struct edu edu;

	iommufd_device_close(device);
	edu_open(&edu, harness_env("IOMMUFD_VM_EDU"), ctx);
	map_at(one, a, 2 * PAGE, IOVA);
	map_at(two, b, 2 * PAGE, IOVA);
	first = new_hwpt(edu.device, one);
	second = new_hwpt(edu.device, two);
	OK(iommufd_device_attach(edu.device, iommufd_hwpt_id(first), NULL));
	ck_assert(edu_works(&edu, IOVA, a));
	OK(iommufd_device_attach(edu.device, iommufd_hwpt_id(second), NULL));
	ck_assert(edu_works(&edu, IOVA, b));
	OK(iommufd_device_attach(edu.device, iommufd_hwpt_id(first), NULL));
	ck_assert(edu_works(&edu, IOVA, a));
	OK(iommufd_device_detach(edu.device));
	harness_expect_dma_fault(1);
	ck_assert(!edu_works(&edu, IOVA, a));
	harness_expect_dma_fault(0);
	OK(iommufd_hwpt_destroy(first));
	OK(iommufd_hwpt_destroy(second));
	edu_close(&edu);
	OK(iommufd_ioas_destroy(one));
	OK(iommufd_ioas_destroy(two));
}
END_TEST

/* The interrupt window enters the address space with the device. */
START_TEST(reserved_windows)
{
	struct iommufd_ioas *ioas = new_ioas(ctx);
	struct iommufd_reserved_info windows[16];
	struct iommufd_iova_range ranges[8] = { 0 };
	struct iommufd_node_info info = device_node("IOMMUFD_VM_EDU");
	uint32_t count = 8, known = 16;
	struct iommufd_hwpt *hwpt = new_hwpt(device, ioas);
	uint8_t *memory = harness_memory(PAGE);
	const struct iommufd_iova_range window = device_msi_window();
	uint64_t length = PAGE, alignment = 0, iova = window.start;
	int msi = 0;

	OK(iommufd_find_reserved(&info, windows, &known));
	for (uint32_t i = 0; i < known; i++)
		msi |= windows[i].start == window.start &&
		       windows[i].last == window.last;
	ck_assert(msi);
	/* Not with the page table: then it can still be mapped into. */
	map_at(ioas, memory, PAGE, window.start);
	FAILS(iommufd_device_attach(device, iommufd_hwpt_id(hwpt), NULL),
	      ATTACH_CONFLICT, EADDRINUSE);
	FAILS(iommufd_device_attach(device, iommufd_ioas_id(ioas), NULL),
	      ATTACH_CONFLICT, EADDRINUSE);
	OK(iommufd_ioas_unmap(ioas, &length, window.start));
	OK(iommufd_device_attach(device, iommufd_hwpt_id(hwpt), NULL));
	FAILS(iommufd_ioas_map(ioas, memory, PAGE, FIXED, &iova), IOVA_UNUSABLE,
	      EINVAL);
	OK(iommufd_ioas_iova_ranges(ioas, ranges, &count, &alignment));
	ck_assert_uint_ge(count, 2);
	ck_assert_uint_eq(ranges[0].last, window.start - 1);
	ck_assert_uint_eq(ranges[1].start, window.last + 1);
	ck_assert_uint_eq(alignment, PAGE);
	/* And it leaves with the device. */
	OK(iommufd_device_detach(device));
	map_at(ioas, memory, PAGE, window.start);
	OK(iommufd_hwpt_destroy(hwpt));
	count = 8;
	OK(iommufd_ioas_iova_ranges(ioas, ranges, &count, &alignment));
	ck_assert_uint_eq(count, 1);
	ck_assert_uint_eq(ranges[0].start, 0);
	OK(iommufd_ioas_destroy(ioas));
	finish();
}
END_TEST

START_TEST(reserved_and_allowed)
{
	const uint64_t msi = device_msi_window().start;
	const struct iommufd_iova_range range = { msi - PAGE, msi + PAGE };
	struct iommufd_ioas *ioas = new_ioas(ctx);

	OK(iommufd_ioas_allow_iovas(ioas, &range, 1));
	FAILS(iommufd_device_attach(device, iommufd_ioas_id(ioas), NULL),
	      ATTACH_CONFLICT, EADDRINUSE);
	OK(iommufd_ioas_allow_iovas(ioas, NULL, 0));
	OK(iommufd_device_attach(device, iommufd_ioas_id(ioas), NULL));
	FAILS(iommufd_ioas_allow_iovas(ioas, &range, 1), RESERVED_IN_USE,
	      EADDRINUSE);
	OK(iommufd_device_detach(device));
	OK(iommufd_ioas_destroy(ioas));
	finish();
}
END_TEST

/* Pinned when there is a page table, and no longer than that. */
START_TEST(pins)
{
	struct iommufd_ioas *ioas = new_ioas(ctx);
	uint64_t before = pinned();

	map_at(ioas, harness_memory(16 * PAGE), 16 * PAGE, IOVA);
	ck_assert_uint_eq(pinned(), before);
	OK(iommufd_device_attach(device, iommufd_ioas_id(ioas), NULL));
	ck_assert_uint_eq(pinned(), before + 16 * PAGE);
	OK(iommufd_device_detach(device));
	ck_assert_uint_eq(pinned(), before);
	OK(iommufd_ioas_destroy(ioas));
	finish();
}
END_TEST

/* Devices behind one IOMMU share the page table of an address space. */
START_TEST(devices_share)
{
	struct iommufd_device *nvme = device_new("IOMMUFD_VM_NVME", ctx);
	struct iommufd_ioas *ioas = new_ioas(ctx);
	uint32_t first = 0, second = 0;

	OK(iommufd_device_attach(device, iommufd_ioas_id(ioas), &first));
	OK(iommufd_device_attach(nvme, iommufd_ioas_id(ioas), &second));
	ck_assert_uint_eq(first, second);
	OK(iommufd_device_detach(device));
	FAILS(iommufd_ioas_destroy(ioas), IN_USE, EBUSY);
	iommufd_device_close(nvme);
	OK(iommufd_ioas_destroy(ioas));
	finish();
}
END_TEST

/* Page tables with what these IOMMUs cannot do. */
START_TEST(page_table_flags)
{
	struct iommufd_ioas *ioas = new_ioas(ctx);
	struct iommufd_hwpt *hwpt = NULL;
	struct iommufd_hw_info info = { .size = sizeof(info) };
	int ret;

	OK(iommufd_device_get_hw_info(device, 0, NULL, 0, &info));
	ret = iommufd_hwpt_alloc(device, iommufd_ioas_id(ioas),
				 HWPT_FLAGS(IOMMUFD_HWPT_DIRTY_TRACKING),
				 &hwpt);
	if (info.capabilities & IOMMUFD_HW_CAP_DIRTY_TRACKING) {
		OK(ret);
		OK(iommufd_hwpt_destroy(hwpt));
	} else {
		FAILS(ret, FEATURE, EOPNOTSUPP);
	}
	FAILS(iommufd_hwpt_alloc(device, iommufd_ioas_id(ioas),
				 HWPT_FLAGS(UINT32_C(1) << 30), &hwpt),
	      FEATURE, EOPNOTSUPP);
	FAILS(iommufd_hwpt_alloc(device, UNUSED_ID, NULL, &hwpt),
	      PAGE_TABLE_REFUSED, EINVAL);
	OK(iommufd_ioas_destroy(ioas));
	finish();
}
END_TEST

START_TEST(pasid_probe)
{
	struct iommufd_vfio *file = iommufd_device_vfio(device);

	/* vfio-pci has PASIDs since 6.15, whatever the device has. */
	if (device_old_kernel())
		FAILS(iommufd_vfio_probe_pasid(file), FEATURE, EINVAL);
	else
		OK(iommufd_vfio_probe_pasid(file));
	finish();
}
END_TEST

START_TEST(hardware_information)
{
	struct iommufd_hw_info info = { .size = sizeof(info) };
	struct iommufd_hw_vtd_info vtd = { .size = sizeof(vtd) };
	struct iommufd_hw_amd_info amd = { .size = sizeof(amd) };
	struct iommufd_hw_arm_smmuv3_info smmu = { .size = sizeof(smmu) };
	struct iommufd_hw_tegra241_cmdqv_info cmdqv = { .size = sizeof(cmdqv) };
	uint8_t data[64];
	int has_amd = device_iommu("amd") && !device_old_kernel();

	memset(data, 0xff, sizeof(data));
	OK(iommufd_device_get_hw_info(device, IOMMUFD_HW_INFO_DEFAULT, data,
				      sizeof(data), &info));
	ck_assert(info.valid & IOMMUFD_HW_VALID_TYPE);
	ck_assert_uint_eq(data[63], 0);
	if (device_iommu("vtd")) {
		ck_assert_uint_eq(info.type, IOMMUFD_HW_INFO_INTEL_VTD);
		ck_assert_uint_eq(info.data_length, 24);
		OK(iommufd_device_get_hw_info_vtd(device, &vtd));
		ck_assert_mem_eq(&vtd.cap_reg, data + 8, 8);
		ck_assert_mem_eq(&vtd.ecap_reg, data + 16, 8);
		ck_assert_uint_ne(vtd.cap_reg, 0);
	} else {
		FAILS(iommufd_device_get_hw_info_vtd(device, &vtd), FEATURE,
		      EOPNOTSUPP);
		ck_assert_uint_eq(vtd.cap_reg, 0);
	}
	if (has_amd) {
		ck_assert_uint_eq(info.type, IOMMUFD_HW_INFO_AMD);
		OK(iommufd_device_get_hw_info_amd(device, &amd));
		ck_assert_mem_eq(&amd.efr, data, 8);
	} else {
		FAILS(iommufd_device_get_hw_info_amd(device, &amd), FEATURE,
		      EOPNOTSUPP);
	}
	if (device_iommu("smmuv3")) {
		ck_assert_uint_eq(info.type, IOMMUFD_HW_INFO_ARM_SMMUV3);
		OK(iommufd_device_get_hw_info_arm_smmuv3(device, &smmu));
		ck_assert_mem_eq(smmu.idr, data + 8, sizeof(smmu.idr));
	} else {
		FAILS(iommufd_device_get_hw_info_arm_smmuv3(device, &smmu),
		      FEATURE, EOPNOTSUPP);
	}
	FAILS(iommufd_device_get_hw_info_tegra241_cmdqv(device, &cmdqv),
	      FEATURE, EOPNOTSUPP);
	finish();
}
END_TEST

START_TEST(hardware_information_on_request)
{
	struct iommufd_hw_info info = { .size = sizeof(info) };
	struct iommufd_hw_vtd_info small = { .size = 8 };
	uint32_t other = device_iommu("vtd") ? IOMMUFD_HW_INFO_ARM_SMMUV3
					     : IOMMUFD_HW_INFO_INTEL_VTD;

	if (device_iommu("virtio") && !device_old_kernel()) {
		/* No information of any type: the type is not looked at. */
		OK(iommufd_device_get_hw_info(device, other, NULL, 0, &info));
		ck_assert_uint_eq(info.type, 0);
		ck_assert_uint_eq(info.data_length, 0);
	} else {
		FAILS(iommufd_device_get_hw_info(device, other, NULL, 0, &info),
		      FEATURE, EOPNOTSUPP);
		FAILS(iommufd_device_get_hw_info(device, 4711, NULL, 0, &info),
		      FEATURE, EOPNOTSUPP);
	}
	if (device_iommu("vtd") && !device_old_kernel())
		OK(iommufd_device_get_hw_info(device, IOMMUFD_HW_INFO_INTEL_VTD,
					      NULL, 0, &info));
	FAILS(iommufd_device_get_hw_info(device, 0, NULL, 8, &info),
	      NULL_POINTER, EINVAL);
	FAILS(iommufd_device_get_hw_info(device, 0, NULL, 0, NULL),
	      NULL_POINTER, EINVAL);
	FAILS(iommufd_device_get_hw_info_vtd(device, &small), OPTS_SIZE,
	      EINVAL);
	if (device_iommu("vtd"))
		FAILS(iommufd_device_get_hw_info(
			      device, 0, (void *)(uintptr_t)PAGE, 24, &info),
		      BAD_BUFFER, EFAULT);
	finish();
}
END_TEST

/* 200 times from table to table: nothing is left over. */
START_TEST(many_replacements)
{
	struct iommufd_ioas *ioas = new_ioas(ctx);
	struct iommufd_hwpt *first = new_hwpt(device, ioas);
	struct iommufd_hwpt *second = new_hwpt(device, ioas);
	unsigned int before = open_descriptors();

	for (int i = 0; i < 100; i++) {
		OK(iommufd_device_attach(device, iommufd_hwpt_id(first), NULL));
		OK(iommufd_device_attach(device, iommufd_hwpt_id(second),
					 NULL));
	}
	ck_assert_uint_eq(open_descriptors(), before);
	OK(iommufd_device_detach(device));
	OK(iommufd_hwpt_destroy(first));
	OK(iommufd_hwpt_destroy(second));
	OK(iommufd_ioas_destroy(ioas));
	finish();
}
END_TEST

/*
 * On the old kernel a page table of virtio-iommu can map nothing before a device
 * has been attached to it, and so takes no existing mapping.
 */
START_TEST(empty_page_table)
{
	struct iommufd_ioas *ioas = new_ioas(ctx);
	struct iommufd_hwpt *hwpt = NULL;

	map_at(ioas, harness_memory(PAGE), PAGE, IOVA);
	FAILS(iommufd_hwpt_alloc(device, iommufd_ioas_id(ioas), NULL, &hwpt),
	      OUTSIDE_PAGE_TABLE, EADDRINUSE);
	OK(iommufd_device_attach(device, iommufd_ioas_id(ioas), NULL));
	OK(iommufd_device_detach(device));
	OK(iommufd_ioas_destroy(ioas));
	finish();
}
END_TEST

static const TTest **const old_virtio[] = {
	&attach_and_detach,
	&wrong_ids,
	&replace,
	&pins,
	&devices_share,
	&page_table_flags,
	&many_replacements,
	&empty_page_table,
	&pasid_probe,
	&hardware_information,
	NULL,
};

static const TTest **const attaching[] = {
	&attach_and_detach,
	&wrong_ids,
	&replace,
	&dma_follows,
	&pins,
	&devices_share,
	&page_table_flags,
	&many_replacements,
	NULL,
};

static const TTest **const facts[] = {
	&reserved_windows,
	&reserved_and_allowed,
	&pasid_probe,
	&hardware_information,
	&hardware_information_on_request,
	NULL,
};

int main(void)
{
	const struct harness_case cases[] = {
		{ .name = "attaching", .setup = setup, .tests = attaching },
		{ .name = "facts", .setup = setup, .tests = facts },
	};
	const struct harness_case old[] = {
		{ .name = "old_virtio", .setup = setup, .tests = old_virtio },
	};
	const char *scenario = getenv("IOMMUFD_VM_SCENARIO");

	if (device_old_kernel() && scenario && !strcmp(scenario, "virtio"))
		return harness_run("attach", old, 1);
	return harness_run("attach", cases, 2);
}
