/* SPDX-License-Identifier: MIT */
/* What the files of bulk share. */
#ifndef EXAMPLES_BULK_H
#define EXAMPLES_BULK_H

#include <iommufd/util/util.h>

/*
 * The kernel's mock driver instead of a device, so that memory is pinned; and
 * whether the device finds it. Neither is of use with real devices.
 */
int mock_open(struct iommufd_ctx *ctx, struct iommufd_ioas *ioas,
	      struct iommufd_device **device);
int mock_finds(void *memory, uint64_t length, uint64_t iova);

#endif /* EXAMPLES_BULK_H */
