/* SPDX-License-Identifier: MIT */
/*
 * The hardware that nested-guest has instead of an SMMUv3 or a VT-d: a device of
 * the kernel's mock driver. Its IOMMU has four cached translations for each page
 * table of a guest, and all hold where that table lies until they are dropped.
 */
#include <stddef.h>

#include <iommufd/iommufd-mock.h>

#include "nested-guest.h"

const uint32_t device_viommu_type = IOMMUFD_MOCK_VIOMMU;
const uint32_t device_event_type = IOMMUFD_MOCK_VEVENTQ;
const uint32_t device_event_length = sizeof(struct iommufd_mock_vevent);
const uint32_t device_table_type = IOMMUFD_MOCK_HWPT_DATA;
const uint32_t device_invalidation_type = IOMMUFD_MOCK_INVALIDATE;

static const uint32_t nowhere; /* 0 */
const struct iommufd_nested_table device_abort_table = {
	.type = IOMMUFD_MOCK_HWPT_DATA,
	.length = sizeof(nowhere),
	.data = &nowhere,
};

int device_open(struct iommufd_ctx *ctx, uint32_t ioas_id,
		struct iommufd_device **device)
{
	return iommufd_mock_device_new(ctx, ioas_id, 0, NULL, device);
}

int device_makes_fault(struct iommufd_device *device, uint64_t address)
{
	const struct iommufd_mock_fault fault = {
		.permission = IOMMUFD_PGFAULT_PERM_READ, .address = address
	};

	return iommufd_mock_device_trigger_fault(device, &fault);
}

int device_makes_event(struct iommufd_device *device)
{
	return iommufd_mock_device_trigger_vevent(device);
}

int device_has_cached(struct vmm *vmm, uint32_t index, uint32_t value)
{
	return !iommufd_mock_check_iotlb(
		vmm->ctx, iommufd_nested_device_page_table(vmm->nested), index,
		value);
}

int device_finds_memory(struct vmm *vmm, uint32_t page_table)
{
	return !iommufd_mock_check_map(vmm->ctx, page_table, vmm->memory,
				       GUEST_LENGTH, GUEST_MEMORY);
}
