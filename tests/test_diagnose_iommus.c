/* SPDX-License-Identifier: MIT */
/* What real IOMMUs and their devices have not, and objects of another one. */
#include <stdio.h>
#include <string.h>

#include "devices.h"
#include "diagnosis.h"
#include "harness.h"
#include "nesting.h"

static struct fixture f;

static void setup(void)
{
	fixture_ioas(&f);
	f.device = device_new("IOMMUFD_VM_EDU", f.ctx);
}

static void diagnose(int ret, uint32_t flags)
{
	diagnose_in(f.ctx, ret, flags);
}

/* A page table with a queue, where there can be one; the device can none. */
static void attach_with_queue(uint32_t fault_id)
{
	const struct iommufd_hwpt_alloc_opts opts = {
		.size = sizeof(opts),
		.flags = IOMMUFD_HWPT_FAULT_ID_VALID,
		.fault_id = fault_id
	};
	struct iommufd_hwpt *hwpt = NULL;
	int ret = iommufd_hwpt_alloc(f.device, iommufd_ioas_id(f.ioas), &opts,
				     &hwpt);

	if (device_iommu("virtio") || device_old_kernel()) {
		FAILS(ret, FEATURE, EOPNOTSUPP);
		return;
	}
	OK(ret);
	ret = iommufd_device_attach(f.device, iommufd_hwpt_id(hwpt), NULL);
	if (device_iommu("amd")) {
		OK(ret);
		OK(iommufd_device_detach(f.device));
	} else {
		diagnose(ret, 0);
		check_cause(IOMMUFD_CAUSE_NO_PAGE_REQUESTS);
		check_says("has a fault queue, and the device has no page "
			   "requests (PRI)");
	}
	OK(iommufd_hwpt_destroy(hwpt));
}

/* One device of conventional PCI, and one of PCI Express. */
START_TEST(no_page_requests)
{
	struct iommufd_fault_queue *queue = NULL;

	OK(iommufd_fault_queue_alloc(f.ctx, 0, &queue));
	attach_with_queue(iommufd_fault_queue_id(queue));
	iommufd_device_close(f.device);
	f.device = device_new("IOMMUFD_VM_NVME", f.ctx);
	attach_with_queue(iommufd_fault_queue_id(queue));
	iommufd_fault_queue_close_fd(queue);
	OK(iommufd_fault_queue_destroy(queue));
	fixture_end(&f);
}
END_TEST

/* EINVAL: of the page table, and of a kernel that has no PASIDs. */
START_TEST(no_pasids)
{
	const struct iommufd_device_pasid_opts pasid = { .size = sizeof(pasid),
							 .pasid = 5 };
	struct iommufd_hwpt *hwpt = new_hwpt(f.device, f.ioas);
	int ret = iommufd_device_attach_pasid(f.device, &pasid,
					      iommufd_hwpt_id(hwpt), NULL);

	FAILS(ret, PASID_REFUSED, EINVAL);
	diagnose(ret, 0);
	if (device_old_kernel()) {
		check_cause(IOMMUFD_CAUSE_PASID_KERNEL);
		check_says("Linux 6.15");
		ret = iommufd_device_detach_pasid(f.device, 5);
		diagnose(ret, 0);
		check_cause(IOMMUFD_CAUSE_FEATURE);
		check_says("Linux 6.15");
	} else {
		check_candidates(IOMMUFD_CAUSE_PASID_REFUSED,
				 IOMMUFD_CAUSE_PASID_FLAG_MISSING,
				 IOMMUFD_CAUSE_PAGE_TABLE_MISMATCH);
		check_says("the device has no PASIDs");
	}
	OK(iommufd_hwpt_destroy(hwpt));
	fixture_end(&f);
}
END_TEST

/* 1 if there are mock devices beside this IOMMU, with a vIOMMU on one. */
static int has_mock(struct iommufd_device **mock)
{
	const uint32_t id = iommufd_ioas_id(f.ioas);
	int ret = iommufd_mock_device_new(f.ctx, id, 0, NULL, mock);

	if (device_old_kernel() && !device_iommu("virtio")) {
		FAILS(ret, UNSPECIFIC, EINVAL);
		return 0;
	}
	OK(ret);
	OK(iommufd_hwpt_alloc(*mock, id, HWPT_FLAGS(IOMMUFD_HWPT_NEST_PARENT),
			      &nest.parent));
	ret = iommufd_viommu_alloc(*mock, nest.parent, IOMMUFD_MOCK_VIOMMU,
				   NULL, &nest.viommu);
	if (!device_old_kernel()) {
		OK(ret);
		return 1;
	}
	FAILS(ret, COMMAND, ENOTTY);
	OK(iommufd_hwpt_destroy(nest.parent));
	iommufd_device_close(*mock);
	return 0;
}

/* EINVAL: what was made for another IOMMU does not do. */
START_TEST(another_iommu)
{
	struct iommufd_vdevice *vdevice = NULL;
	struct iommufd_device *mock = NULL;
	struct iommufd_hwpt *hwpt = NULL;

	if (!has_mock(&mock)) {
		fixture_end(&f);
		return;
	}
	diagnose(iommufd_vdevice_alloc(nest.viommu, f.device, 1, &vdevice), 0);
	check_cause(IOMMUFD_CAUSE_OTHER_IOMMU);
	check_says("is behind another physical IOMMU than vIOMMU");
	diagnose(iommufd_hwpt_alloc(f.device, iommufd_viommu_id(nest.viommu),
				    &nested_opts, &hwpt),
		 0);
	check_cause(IOMMUFD_CAUSE_OTHER_IOMMU);
	diagnose(iommufd_device_attach(f.device, iommufd_hwpt_id(nest.parent),
				       NULL),
		 0);
	ck_assert_uint_eq(d.candidates[d.num_candidates - 1],
			  IOMMUFD_CAUSE_PAGE_TABLE_MISMATCH);
	OK(iommufd_viommu_destroy(nest.viommu));
	OK(iommufd_hwpt_destroy(nest.parent));
	iommufd_device_close(mock);
	fixture_end(&f);
}
END_TEST

static const TTest **const iommus[] = { &no_page_requests, &no_pasids,
					&another_iommu, NULL };

int main(void)
{
	const struct harness_case cases[] = {
		{ .name = "iommus", .setup = setup, .tests = iommus },
	};

	return harness_run("diagnose_iommus", cases, 1);
}
