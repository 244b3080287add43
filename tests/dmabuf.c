/* SPDX-License-Identifier: MIT */
#include <fcntl.h>

#include "dmabuf.h"
#include "harness.h"

int dmabuf_missing(struct iommufd_ctx *ctx)
{
	int fd = -1;

	if (harness_has(ctx, IOMMUFD_NR_IOAS_NOIOMMU_GET_PA))
		return 0;
	FAILS(iommufd_mock_dma_buf_get(ctx, PAGE, 0, &fd), FEATURE, EOPNOTSUPP);
	return 1;
}

int dmabuf_new(struct iommufd_ctx *ctx, uint32_t length)
{
	int fd = -1;

	OK(iommufd_mock_dma_buf_get(ctx, length, O_CLOEXEC, &fd));
	return fd;
}

struct iommufd_hwpt *dmabuf_tracking(struct iommufd_device *device,
				     struct iommufd_ioas *ioas)
{
	struct iommufd_hwpt *hwpt = NULL;

	OK(iommufd_hwpt_alloc(device, iommufd_ioas_id(ioas),
			      HWPT_FLAGS(IOMMUFD_HWPT_DIRTY_TRACKING), &hwpt));
	OK(iommufd_hwpt_set_dirty_tracking(hwpt,
					   IOMMUFD_DIRTY_TRACKING_ENABLE));
	return hwpt;
}

int dmabuf_mapped(struct iommufd_ctx *ctx, struct iommufd_hwpt *hwpt,
		  uint64_t iova, uint64_t length)
{
	const uint64_t all = (UINT64_C(1) << length / PAGE) - 1;
	uint64_t bits = UINT64_MAX;
	const struct iommufd_mock_dirty pages = { .iova = iova,
						  .length = length,
						  .page_size = MOCK_PAGE,
						  .bitmap = &bits };
	const struct iommufd_hwpt_get_dirty_bitmap_opts opts = {
		.size = sizeof(opts),
		.iova = iova,
		.length = length,
		.page_size = PAGE,
		.bitmap_length = sizeof(bits),
	};

	OK(iommufd_mock_set_dirty(ctx, iommufd_hwpt_id(hwpt), &pages, NULL));
	bits = 0;
	OK(iommufd_hwpt_get_dirty_bitmap(hwpt, &opts, &bits));
	ck_assert(bits == all || bits == 0);
	return bits == all;
}
