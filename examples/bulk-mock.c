/* SPDX-License-Identifier: MIT */
/* A device where there is none: that of the kernel's mock driver. */
#include <stddef.h>

#include <iommufd/iommufd-mock.h>

#include "bulk.h"

static struct iommufd_ctx *mock_ctx;
static uint32_t table;

int mock_open(struct iommufd_ctx *ctx, struct iommufd_ioas *ioas,
	      struct iommufd_device **device)
{
	mock_ctx = ctx;
	return iommufd_mock_device_new(ctx, iommufd_ioas_id(ioas), 0, &table,
				       device);
}

int mock_finds(void *memory, uint64_t length, uint64_t iova)
{
	return !iommufd_mock_check_map(mock_ctx, table, memory, length, iova);
}
