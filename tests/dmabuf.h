/* SPDX-License-Identifier: MIT */
/* Buffers of the mock driver, and what page tables have of them. */
#ifndef TESTS_DMABUF_H
#define TESTS_DMABUF_H

#include "fixture.h"

/* Before 6.19 there are none, which the mock driver must say: then 1. */
int dmabuf_missing(struct iommufd_ctx *ctx);

/* A buffer's descriptor, which is close-on-exec. */
int dmabuf_new(struct iommufd_ctx *ctx, uint32_t length);

/* A page table that tells what it has: only what is mapped can become dirty. */
struct iommufd_hwpt *dmabuf_tracking(struct iommufd_device *device,
				     struct iommufd_ioas *ioas);

/* Whether it has these pages, up to 16: all of them or none. */
int dmabuf_mapped(struct iommufd_ctx *ctx, struct iommufd_hwpt *hwpt,
		  uint64_t iova, uint64_t length);

#endif /* TESTS_DMABUF_H */
