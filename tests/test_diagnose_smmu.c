/* SPDX-License-Identifier: MIT */
/* What diagnosis says of the usual mistakes with a real SMMUv3. */
#include <endian.h>
#include <stdio.h>
#include <string.h>

#include "devices.h"
#include "diagnosis.h"
#include "fixture.h"
#include "smmu.h"

static struct iommufd_device *device;
static struct iommufd_viommu *viommu;
static struct iommufd_hwpt *parent;

static void setup(void)
{
	smmu_begin(1);
	device = smmu.device[0].device;
	viommu = iommufd_nesting_viommu(smmu.nesting);
	parent = iommufd_nesting_parent(smmu.nesting);
}

static void diagnose(int ret, uint32_t flags)
{
	diagnose_in(smmu.ctx, ret, flags);
}

/* Words with a number in them. */
static void check_says_id(const char *before, uint32_t id, const char *after)
{
	char words[128];

	snprintf(words, sizeof(words), "%s%u%s", before, id, after);
	check_says(words);
}

/* ---- what a guest writes ---------------------------------------------------- */

START_TEST(refused_entry)
{
	struct guest_space space = smmu_space(3, 1);
	struct guest_ste ste = guest_ste_translate(guest_context(&space));
	int ret;

	ste.word[1] |= htole64(UINT64_C(2) << 28); /* EATS: split stages */
	ret = smmu_set(0, ste);
	FAILS(ret, PAGE_TABLE_DATA, EIO);
	diagnose(ret, 0);
	check_cause(IOMMUFD_CAUSE_PAGE_TABLE_DATA);
	check_says("of type 0x2 and 16 bytes");
	check_says("iommufd_explain_ste() tells which");
	smmu_end();
}
END_TEST

static int make(const struct iommufd_viommu *on, uint32_t type, uint32_t length)
{
	static const uint64_t bypass[3] = { 1 | 4 << 1 };
	const struct iommufd_hwpt_alloc_opts opts = { .size = sizeof(opts),
						      .data_type = type,
						      .data_len = length,
						      .data = bypass };
	struct iommufd_hwpt *hwpt = NULL;

	return iommufd_hwpt_alloc(device, iommufd_viommu_id(on), &opts, &hwpt);
}

/* EINVAL: length, and another IOMMU's type. */
START_TEST(refused_data)
{
	diagnose(make(viommu, IOMMUFD_HWPT_DATA_ARM_SMMUV3, 24), 0);
	check_cause(IOMMUFD_CAUSE_PAGE_TABLE_DATA);
	check_says("device and vIOMMU are right; this driver takes 16 bytes");
	diagnose(make(viommu, IOMMUFD_HWPT_DATA_VTD_S1, 24), 0);
	check_cause(IOMMUFD_CAUSE_PAGE_TABLE_DATA);
	check_says("of type 0x1 and 24 bytes");
	check_other_reason();
	smmu_end();
}
END_TEST

static int give(uint32_t type, uint64_t opcode)
{
	const uint64_t commands[4] = { htole64(0x11), 0, htole64(opcode), 0 };
	uint32_t count = 2;

	return iommufd_viommu_invalidate(viommu, type, commands, 16, &count);
}

/* EIO of a command of the host's; EINVAL of another IOMMU's type. */
START_TEST(refused_command)
{
	int ret = give(IOMMUFD_INVALIDATE_ARM_SMMUV3, 0x20);

	FAILS(ret, INVALIDATION_ENTRY, EIO);
	diagnose(ret, 0);
	check_cause(IOMMUFD_CAUSE_INVALIDATION_ENTRY);
	check_says("there is a command that a guest may not give");
	ret = give(IOMMUFD_INVALIDATE_VTD_S1, 0x20);
	FAILS(ret, INVALIDATION_REFUSED, EINVAL);
	diagnose(ret, 0);
	check_cause(IOMMUFD_CAUSE_INVALIDATION_TYPE);
	check_says_id("object ", iommufd_viommu_id(viommu),
		      " takes no invalidations of type 0x0");
	smmu_end();
}
END_TEST

static const TTest **const guest[] = { &refused_entry, &refused_data,
				       &refused_command, NULL };

/* ---- what a VMM makes -------------------------------------------------------- */

/* EEXIST: the device has one, or the stream id is taken. */
START_TEST(vdevices)
{
	struct iommufd_device *second =
		device_new("IOMMUFD_VM_EDU_OTHER", smmu.ctx);
	struct iommufd_vdevice *vdevice = NULL;

	diagnose(iommufd_vdevice_alloc(viommu, device, 0x77, &vdevice),
		 SCRATCH);
	check_cause(IOMMUFD_CAUSE_DEVICE_HAS_VDEVICE);
	diagnose(
		iommufd_vdevice_alloc(viommu, second, SMMU_STREAM(0), &vdevice),
		SCRATCH);
	check_cause(IOMMUFD_CAUSE_VIRT_ID_TAKEN);
	check_says("has the id 0x20");
	check_other_reason();
	iommufd_device_close(second);
	smmu_end();
}
END_TEST

/* ENOENT: a guest's table in force needs one. */
START_TEST(no_vdevice)
{
	struct iommufd_device *second =
		device_new("IOMMUFD_VM_EDU_OTHER", smmu.ctx);
	struct guest_space space = smmu_space(3, 1);
	int ret;

	smmu_translate(0, &space);
	ret = iommufd_device_attach(
		second, iommufd_nested_device_page_table(smmu.device[0].nested),
		NULL);
	FAILS(ret, PAGE_TABLE, ENOENT);
	diagnose(ret, 0);
	check_cause(IOMMUFD_CAUSE_NO_VDEVICE);
	check_says("in which the device has no vDevice");
	iommufd_device_close(second);
	smmu_end();
}
END_TEST

/* EINVAL: a vIOMMU of this type has no data that could be wrong. */
START_TEST(viommu_on_a_plain_table)
{
	struct iommufd_viommu *second = NULL;
	int ret = iommufd_viommu_alloc(
		device, smmu.plain, IOMMUFD_VIOMMU_ARM_SMMUV3, NULL, &second);

	FAILS(ret, VIOMMU_REFUSED, EINVAL);
	diagnose(ret, 0);
	check_candidates(IOMMUFD_CAUSE_VIOMMU_REFUSED,
			 IOMMUFD_CAUSE_NO_NEST_PARENT,
			 IOMMUFD_CAUSE_OTHER_IOMMU);
	check_says_id("either page table ", iommufd_hwpt_id(smmu.plain),
		      " was not made with IOMMUFD_HWPT_NEST_PARENT");
	smmu_end();
}
END_TEST

/* EBUSY, from the top: each is kept by what is made of it. */
START_TEST(busy)
{
	uint32_t table =
		iommufd_nested_device_page_table(smmu.device[0].nested);

	diagnose(iommufd_ctx_destroy_id(smmu.ctx, iommufd_viommu_id(viommu)),
		 0);
	check_cause(IOMMUFD_CAUSE_IN_USE);
	check_says("it is a vIOMMU, and is kept by");
	check_says("can hold it: nested page tables ");
	diagnose(iommufd_ctx_destroy_id(smmu.ctx, iommufd_hwpt_id(parent)), 0);
	check_says_id("vIOMMU ", iommufd_viommu_id(viommu), ";");
	diagnose(iommufd_ctx_destroy_id(smmu.ctx, table), 0);
	check_says("it is a nested page table, and is kept by the devices");
	check_says_id("can hold it: device ", iommufd_device_id(device), ".");
	smmu_end();
}
END_TEST

static const TTest **const vmm[] = { &vdevices, &no_vdevice,
				     &viommu_on_a_plain_table, &busy, NULL };

/* ---- memory, faults and PASIDs ------------------------------------------------ */

/* The window of interrupts lies in the middle, and what is above has no end. */
START_TEST(places)
{
	uint64_t iova = 0x8000000;

	diagnose(iommufd_ioas_map(smmu.ioas, harness_memory(PAGE), PAGE, FIXED,
				  &iova),
		 0);
	check_cause(IOMMUFD_CAUSE_RESERVED);
	check_range_is(0x8000000, 0x80fffff);
	check_says("the MSI window 0x8000000-0x80fffff of device");
	iova = UINT64_C(1) << 60;
	diagnose(iommufd_ioas_map(smmu.ioas, harness_memory(PAGE), PAGE, FIXED,
				  &iova),
		 0);
	check_cause(IOMMUFD_CAUSE_OUTSIDE_APERTURE);
	check_other_reason();
	smmu_end();
}
END_TEST

/*
 * A device without page requests may have a fault queue: no fault comes, and
 * that is no mistake. With a nest parent it is one.
 */
START_TEST(fault_queue)
{
	struct iommufd_hwpt_alloc_opts opts = {
		.size = sizeof(opts), .flags = IOMMUFD_HWPT_FAULT_ID_VALID
	};
	const uint32_t ioas = iommufd_ioas_id(smmu.ioas);
	struct iommufd_fault_queue *queue = NULL;
	struct iommufd_hwpt *hwpt = NULL;

	OK(iommufd_fault_queue_alloc(smmu.ctx, 0, &queue));
	opts.fault_id = iommufd_fault_queue_id(queue);
	OK(iommufd_hwpt_alloc(device, ioas, &opts, &hwpt));
	OK(iommufd_device_attach(device, iommufd_hwpt_id(hwpt), NULL));
	OK(iommufd_device_attach(device, iommufd_hwpt_id(smmu.plain), NULL));
	OK(iommufd_hwpt_destroy(hwpt));
	opts.flags |= IOMMUFD_HWPT_NEST_PARENT;
	diagnose(iommufd_hwpt_alloc(device, ioas, &opts, &hwpt), 0);
	check_cause(IOMMUFD_CAUSE_FEATURE);
	opts.flags = IOMMUFD_HWPT_FAULT_ID_VALID;
	opts.fault_id = UNUSED_ID;
	diagnose(iommufd_hwpt_alloc(device, ioas, &opts, &hwpt), 0);
	check_cause(IOMMUFD_CAUSE_OBJECT);
	check_says("it is the fault queue that is not");
	iommufd_fault_queue_close_fd(queue);
	OK(iommufd_fault_queue_destroy(queue));
	smmu_end();
}
END_TEST

/* Of a device without PASIDs, whatever the page table is. */
START_TEST(pasids)
{
	const struct iommufd_device_pasid_opts pasid = { .size = sizeof(pasid),
							 .pasid = 5 };
	struct iommufd_hwpt *hwpt = NULL;
	int ret;

	ret = iommufd_device_attach_pasid(device, &pasid,
					  iommufd_hwpt_id(smmu.plain), NULL);
	FAILS(ret, PASID_REFUSED, EINVAL);
	diagnose(ret, 0);
	check_candidates(IOMMUFD_CAUSE_PASID_REFUSED,
			 IOMMUFD_CAUSE_PASID_FLAG_MISSING,
			 IOMMUFD_CAUSE_PAGE_TABLE_MISMATCH);
	check_says("the device has no PASIDs, so nothing would come of it");
	/* Now it is the guest's table that the device itself is on. */
	OK(iommufd_hwpt_alloc(device, iommufd_ioas_id(smmu.ioas),
			      HWPT_FLAGS(IOMMUFD_HWPT_PASID), &hwpt));
	diagnose(iommufd_device_attach_pasid(device, &pasid,
					     iommufd_hwpt_id(hwpt), NULL),
		 0);
	check_says("or the one that the device itself is attached to");
	OK(iommufd_hwpt_destroy(hwpt));
	smmu_end();
}
END_TEST

static const TTest **const rest[] = { &places, &fault_queue, &pasids, NULL };

int main(void)
{
	const struct harness_case cases[] = {
		{ .name = "guest", .setup = setup, .tests = guest },
		{ .name = "vmm", .setup = setup, .tests = vmm },
		{ .name = "rest", .setup = setup, .tests = rest },
	};

	return harness_run("diagnose_smmu", cases, 3);
}
