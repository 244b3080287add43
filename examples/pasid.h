/* SPDX-License-Identifier: MIT */
/* What the files of pasid share. */
#ifndef EXAMPLES_PASID_H
#define EXAMPLES_PASID_H

#include <iommufd/util/util.h>

#define IOVA   UINT64_C(0x10000000) /* the same in every address space */
#define LENGTH UINT64_C(0x10000)

/* An address space, its memory, and the page table that a PASID gets for it. */
struct space {
	const char *owner;
	struct iommufd_ioas *ioas;
	struct iommufd_hwpt *table;
	char *memory;
};

/*
 * The kernel's mock driver instead of a device: a bound device with PASIDs, and
 * what a PASID of it would find at IOVA. Neither is of use with real devices.
 */
int mock_open(struct iommufd_ctx *ctx, uint32_t ioas_id,
	      struct iommufd_device **device);
int mock_finds(struct iommufd_device *device, uint32_t pasid,
	       const struct space *space);

#endif /* EXAMPLES_PASID_H */
