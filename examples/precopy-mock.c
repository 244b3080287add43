/* SPDX-License-Identifier: MIT */
/* The device of precopy: one of the kernel's mock driver. */
#include <string.h>

#include <iommufd/iommufd-mock.h>

#include "precopy.h"

static uint64_t any(void)
{
	static uint64_t seed = 1;

	seed = seed * UINT64_C(6364136223846793005) + 1442695040888963407;
	return seed >> 33;
}

int device_open(struct iommufd_ctx *ctx, uint32_t ioas_id,
		struct iommufd_device **device)
{
	return iommufd_mock_device_new(ctx, ioas_id, 0, NULL, device);
}

int device_writes(struct iommufd_ctx *ctx, uint32_t page_table,
		  unsigned char *memory, uint32_t pages)
{
	/* The mock's own pages are half as large. */
	const uint64_t two = 3;
	struct iommufd_mock_dirty written = { .length = GUEST_PAGE,
					      .page_size = GUEST_PAGE / 2,
					      .bitmap = &two };
	int ret = 0;

	while (!ret && pages--) {
		const uint64_t at =
			any() % (GUEST_LENGTH / GUEST_PAGE) * GUEST_PAGE;

		memset(memory + at, (int)(any() & 0xff), GUEST_PAGE);
		written.iova = GUEST_IOVA + at;
		ret = iommufd_mock_set_dirty(ctx, page_table, &written, NULL);
	}
	return ret;
}
