/* SPDX-License-Identifier: MIT */
/* What the parts of precopy share. */
#ifndef EXAMPLES_PRECOPY_H
#define EXAMPLES_PRECOPY_H

#include <stdint.h>

#include <iommufd/util/util.h>

/* The guest's memory: at this IOVA for the device. */
#define GUEST_IOVA   UINT64_C(0x10000000)
#define GUEST_LENGTH (UINT64_C(32) << 20)
#define GUEST_PAGE   UINT64_C(4096)

/* --- precopy-mock.c: the device, played by the kernel's mock driver ------- */

int device_open(struct iommufd_ctx *ctx, uint32_t ioas_id,
		struct iommufd_device **device);

/*
 * The device writes to so many pages, anywhere in the guest's memory, and the
 * IOMMU notes it.
 */
int device_writes(struct iommufd_ctx *ctx, uint32_t page_table,
		  unsigned char *memory, uint32_t pages);

#endif /* EXAMPLES_PRECOPY_H */
