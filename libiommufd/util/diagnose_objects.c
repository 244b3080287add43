/* SPDX-License-Identifier: MIT */
/* What an id is and what an address space can map: harmless questions. */
#include "diagnose.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* More ranges than any machine has; a bound for the memory we take. */
#define RANGES_MAX 4096

static const char *const words[] = {
	[IOMMUFD__OBJECT_UNKNOWN] = "an object",
	[IOMMUFD__OBJECT_NONE] = "no object",
	[IOMMUFD__OBJECT_NOT_SEEN] = "no object, or one of another kind",
	[IOMMUFD__OBJECT_IOAS] = "an address space",
	[IOMMUFD__OBJECT_PAGING] = "a paging page table",
	[IOMMUFD__OBJECT_NESTED] = "a nested page table",
	[IOMMUFD__OBJECT_VIOMMU] = "a vIOMMU",
	[IOMMUFD__OBJECT_DEVICE] = "a device",
	[IOMMUFD__OBJECT_OTHER] = "an object of another kind",
};

const char *iommufd__object_words(int kind)
{
	return words[kind];
}

void iommufd__object_add(struct iommufd__diag *d, uint32_t id, int kind)
{
	if (kind == IOMMUFD__OBJECT_NONE)
		iommufd__text_add(&d->text, "there is no object %" PRIu32, id);
	else if (kind == IOMMUFD__OBJECT_NOT_SEEN)
		iommufd__text_add(&d->text,
				  "there is no object %" PRIu32
				  ", or it is one of another kind",
				  id);
	else
		iommufd__text_add(&d->text, "object %" PRIu32 " is %s", id,
				  words[kind]);
}

int iommufd__has_command(const struct iommufd__diag *d, uint32_t nr)
{
	int ret;

	if (!d->ctx)
		return -1;
	ret = iommufd_ctx_probe(d->ctx, nr);
	if (ret && !iommufd_is(ret, IOMMUFD_CAUSE_COMMAND))
		return -1;
	return !ret;
}

/* One behind no IOMMU has nothing to tell of it. */
static int is_device(const struct iommufd__diag *d, uint32_t id)
{
	struct iommufd__hw_info info;
	int err = iommufd__ask_hw_info(d, id, &info);

	return !err || err == EOPNOTSUPP;
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

/* The only object that is asked for its queues. -1 when the kernel has none. */
static int is_viommu(struct iommufd_ctx *ctx, uint32_t id)
{
	struct iommufd_viommu *viommu;
	int ret;

	if (iommufd_viommu_adopt(ctx, id, 0, &viommu))
		return -1;
	ret = iommufd_hw_queue_probe(viommu, IOMMUFD__NO_TYPE);
	iommufd_viommu_release(viommu);
	if (!ret)
		return 0;
	return iommufd_is(ret, IOMMUFD_CAUSE_FEATURE) ? 1 : -1;
}

/* What is left of an object that is there: @err is its answer to no type. */
static int kind_of_rest(const struct iommufd__diag *d, uint32_t id, int err)
{
	int viommu;

	/* Before that only nested page tables were found. */
	if (!iommufd__has_command(d, IOMMUFD_NR_VIOMMU_ALLOC))
		return IOMMUFD__OBJECT_NESTED;
	/* No vIOMMU takes these, and before 6.17 nothing tells one. */
	if (!iommufd__ask_invalidation(
		    d, id, IOMMUFD_INVALIDATE_VTD_S1,
		    sizeof(struct iommufd_vtd_s1_invalidation), 0))
		return IOMMUFD__OBJECT_NESTED;
	viommu = is_viommu(d->ctx, id);
	if (viommu)
		return viommu < 0 ? IOMMUFD__OBJECT_UNKNOWN
				  : IOMMUFD__OBJECT_VIOMMU;
	if (err == EOPNOTSUPP)
		return IOMMUFD__OBJECT_NESTED;
	return IOMMUFD__OBJECT_OTHER;
}

/* By questions for one kind, which hold no object of another. */
static int kind_by_name(const struct iommufd__diag *d, uint32_t id,
			unsigned int kinds)
{
	if (kinds & IOMMUFD__KIND(IOAS) && is_ioas(d->ctx, id))
		return IOMMUFD__OBJECT_IOAS;
	if (kinds & IOMMUFD__KIND(PAGING) && is_paging(d->ctx, id))
		return IOMMUFD__OBJECT_PAGING;
	if (kinds & IOMMUFD__KIND(DEVICE) && is_device(d, id))
		return IOMMUFD__OBJECT_DEVICE;
	if (kinds & IOMMUFD__KIND(VIOMMU) && is_viommu(d->ctx, id) > 0)
		return IOMMUFD__OBJECT_VIOMMU;
	return IOMMUFD__OBJECT_NONE;
}

#define ASKED_FIRST                                                            \
	(IOMMUFD__KIND(IOAS) | IOMMUFD__KIND(PAGING) | IOMMUFD__KIND(DEVICE))
#define ASKED_BY_NAME (ASKED_FIRST | IOMMUFD__KIND(VIOMMU))

int iommufd__object_kind(const struct iommufd__diag *d, uint32_t id)
{
	int err, kind;

	if (!d->ctx)
		return IOMMUFD__OBJECT_UNKNOWN;
	if (!id || id > INT32_MAX)
		return IOMMUFD__OBJECT_NONE;
	kind = kind_by_name(d, id, ASKED_FIRST);
	if (kind != IOMMUFD__OBJECT_NONE)
		return kind;
	/* Refused for the type of an object that is there, or for want of it. */
	err = iommufd__ask_invalidation(d, id, IOMMUFD__NO_TYPE, 8, 0);
	if (err == ENOENT)
		return iommufd__has_command(d, IOMMUFD_NR_VIOMMU_ALLOC) > 0
			       ? IOMMUFD__OBJECT_NONE
			       : IOMMUFD__OBJECT_NOT_SEEN;
	if (err == ENOTTY)
		return IOMMUFD__OBJECT_UNKNOWN;
	return kind_of_rest(d, id, err);
}

static int is_there(int kind)
{
	return kind != IOMMUFD__OBJECT_NONE && kind != IOMMUFD__OBJECT_NOT_SEEN;
}

/* The last object of the upper half, where mostly there is none. */
static uint32_t find_highest(const struct iommufd__diag *d)
{
	uint32_t id = IOMMUFD__CENSUS_IDS;

	while (id > IOMMUFD__CENSUS_IDS / 2 &&
	       !is_there(iommufd__object_kind(d, id)))
		id--;
	return id;
}

int iommufd__census(const struct iommufd__diag *d, unsigned int kinds,
		    uint32_t id, struct iommufd__census *census)
{
	int by_name = !(kinds & ~ASKED_BY_NAME);

	memset(census, 0, sizeof(*census));
	if (!d->ctx)
		return -1;
	for (uint32_t i = 1; i <= IOMMUFD__CENSUS_IDS; i++) {
		int kind = i == id   ? IOMMUFD__OBJECT_NONE
			   : by_name ? kind_by_name(d, i, kinds)
				     : iommufd__object_kind(d, i);
		uint32_t nr = census->count[kind]++;

		if (nr < IOMMUFD__CENSUS_MAX)
			census->ids[kind][nr] = i;
		if (is_there(kind))
			census->highest = i;
	}
	if (by_name)
		census->highest = find_highest(d);
	return 0;
}

int iommufd__census_complete(const struct iommufd__census *census)
{
	return census->highest <= IOMMUFD__CENSUS_IDS / 2;
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
	struct iommufd_ioas *scratch;
	uint32_t id;
	int ret = -1;

	memset(ranges, 0, sizeof(*ranges));
	if (!d->ctx || !(d->flags & IOMMUFD_DIAGNOSE_SCRATCH) ||
	    iommufd_ioas_alloc(d->ctx, 0, &scratch))
		return -1;
	if (!iommufd__make_paging(
		    d, dev_id, iommufd_ioas_id(scratch),
		    flags & ~(uint32_t)IOMMUFD_HWPT_FAULT_ID_VALID, &id)) {
		ret = read_ranges(scratch, ranges);
		(void)iommufd_ctx_destroy_id(d->ctx, id);
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
