/* SPDX-License-Identifier: MIT */
/* A device with PASIDs where there is none: that of the kernel's mock driver. */
#include <stddef.h>

#include <iommufd/iommufd-mock.h>

#include "pasid.h"

int mock_open(struct iommufd_ctx *ctx, uint32_t ioas_id,
	      struct iommufd_device **device)
{
	return iommufd_mock_device_new(ctx, ioas_id, IOMMUFD_MOCK_DEVICE_PASID,
				       NULL, device);
}

/* The PASID is on that page table, and this one has the memory at IOVA. */
int mock_finds(struct iommufd_device *device, uint32_t pasid,
	       const struct space *space)
{
	uint32_t table = iommufd_hwpt_id(space->table);

	return !iommufd_mock_device_pasid_check(device, pasid, table) &&
	       !iommufd_mock_check_map(iommufd_device_ctx(device), table,
				       space->memory, LENGTH, IOVA);
}
