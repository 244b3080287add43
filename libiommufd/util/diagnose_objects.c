/* SPDX-License-Identifier: MIT */
/* What an id is and what an address space can map: harmless questions. */
#include "diagnose.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* More ranges than any machine has; a bound for the memory we take. */
#define RANGES_MAX 4096

/* IOMMU_GET_HW_INFO, of which only the answer's errno matters here. */
struct get_hw_info {
	uint32_t size, flags, dev_id, data_len;
	uint64_t data;
	uint32_t type, reserved;
};

/* IOMMU_HWPT_INVALIDATE without an entry: no object takes this type. */
struct invalidate {
	uint32_t size, hwpt_id;
	uint64_t data;
	uint32_t type, entry_len, entry_num, reserved;
};

/* IOMMU_HWPT_ALLOC as far as every kernel has it. */
struct hwpt_alloc {
	uint32_t size, flags, dev_id, pt_id, out_id, reserved;
};

/* One behind no IOMMU has nothing to tell of it. */
static int is_device(struct iommufd_ctx *ctx, uint32_t id)
{
	struct get_hw_info cmd = { .size = sizeof(cmd), .dev_id = id };
	int ret = iommufd_ctx_ioctl(ctx, IOMMUFD_NR_GET_HW_INFO, &cmd, NULL);

	return !ret || iommufd_errno(ret) == EOPNOTSUPP;
}

static int is_ioas(struct iommufd_ctx *ctx, uint32_t id)
{
	struct iommufd_ioas *ioas;

	if (iommufd_ioas_adopt(ctx, id, IOMMUFD_ADOPT_VERIFY, &ioas))
		return 0;
	iommufd_ioas_release(ioas);
	return 1;
}

static int is_paging(struct iommufd_ctx *ctx, uint32_t id)
{
	struct iommufd_hwpt *hwpt;

	if (iommufd_hwpt_adopt(ctx, id, IOMMUFD_ADOPT_VERIFY, &hwpt))
		return 0;
	iommufd_hwpt_release(hwpt);
	return 1;
}

int iommufd__object_kind(const struct iommufd__diag *d, uint32_t id)
{
	struct invalidate any = { .size = sizeof(any),
				  .hwpt_id = id,
				  .type = UINT32_MAX,
				  .entry_len = 8 };
	int ret;

	if (!d->ctx)
		return IOMMUFD__OBJECT_UNKNOWN;
	if (!id || id > INT32_MAX)
		return IOMMUFD__OBJECT_NONE;
	if (is_ioas(d->ctx, id))
		return IOMMUFD__OBJECT_IOAS;
	if (is_paging(d->ctx, id))
		return IOMMUFD__OBJECT_PAGING;
	if (is_device(d->ctx, id))
		return IOMMUFD__OBJECT_DEVICE;
	/* Refused for the type of an object that is there, or for want of it. */
	ret = iommufd_ctx_ioctl(d->ctx, IOMMUFD_NR_HWPT_INVALIDATE, &any, NULL);
	if (iommufd_errno(ret) == ENOENT)
		return IOMMUFD__OBJECT_NONE;
	if (iommufd_errno(ret) == ENOTTY)
		return IOMMUFD__OBJECT_UNKNOWN;
	return IOMMUFD__OBJECT_OTHER;
}

/* The number of ranges may change between two calls. */
static int read_ranges(struct iommufd_ioas *ioas,
		       struct iommufd__ranges *ranges)
{
	uint32_t room = 16;
	int ret;

	do {
		iommufd__ranges_put(ranges);
		ranges->ranges = calloc(room, sizeof(*ranges->ranges));
		if (!ranges->ranges)
			return -1;
		ranges->count = room;
		ret = iommufd_ioas_iova_ranges(ioas, ranges->ranges,
					       &ranges->count,
					       &ranges->alignment);
		room = ranges->count;
	} while (iommufd_is(ret, IOMMUFD_CAUSE_ARRAY_SHORT) &&
		 room <= RANGES_MAX);
	if (ret)
		iommufd__ranges_put(ranges);
	return ret ? -1 : 0;
}

/* 0, or -1 when it cannot be asked; ranges_put() is harmless then. */
int iommufd__ranges_get(const struct iommufd__diag *d, uint32_t ioas_id,
			struct iommufd__ranges *ranges)
{
	struct iommufd_ioas *ioas;
	int ret;

	memset(ranges, 0, sizeof(*ranges));
	if (!d->ctx || iommufd_ioas_adopt(d->ctx, ioas_id, 0, &ioas))
		return -1;
	ret = read_ranges(ioas, ranges);
	iommufd_ioas_release(ioas);
	return ret;
}

void iommufd__ranges_put(struct iommufd__ranges *ranges)
{
	free(ranges->ranges);
	memset(ranges, 0, sizeof(*ranges));
}

/*
 * What a page table of this device can map: what is left of an empty address
 * space when it is made there.
 */
int iommufd__aperture_get(const struct iommufd__diag *d, uint32_t dev_id,
			  uint32_t flags, struct iommufd__ranges *ranges)
{
	struct hwpt_alloc cmd = {
		.size = sizeof(cmd),
		.flags = flags & ~(uint32_t)IOMMUFD_HWPT_FAULT_ID_VALID,
		.dev_id = dev_id
	};
	struct iommufd_ioas *scratch;
	int ret = -1;

	memset(ranges, 0, sizeof(*ranges));
	if (!d->ctx || !(d->flags & IOMMUFD_DIAGNOSE_SCRATCH) ||
	    iommufd_ioas_alloc(d->ctx, 0, &scratch))
		return -1;
	cmd.pt_id = iommufd_ioas_id(scratch);
	if (!iommufd_ctx_ioctl(d->ctx, IOMMUFD_NR_HWPT_ALLOC, &cmd, NULL)) {
		ret = read_ranges(scratch, ranges);
		(void)iommufd_ctx_destroy_id(d->ctx, cmd.out_id);
	}
	if (iommufd_ioas_destroy(scratch))
		iommufd_ioas_release(scratch);
	return ret;
}

/*
 * The first part of start..last that no range has, as the whole gap between
 * two ranges; 0 when there is none.
 */
int iommufd__ranges_hole(const struct iommufd__ranges *ranges, uint64_t start,
			 uint64_t last, struct iommufd_iova_range *hole)
{
	hole->start = 0;
	hole->last = UINT64_MAX;
	for (uint32_t i = 0; i < ranges->count; i++) {
		const struct iommufd_iova_range *range = &ranges->ranges[i];

		if (start < range->start) {
			hole->last = range->start - 1;
			return 1;
		}
		if (last <= range->last)
			return 0;
		if (start <= range->last)
			start = range->last + 1;
		hole->start = range->last + 1;
	}
	return 1;
}
