/* SPDX-License-Identifier: MIT */
/* Mapping the memory of a device, and mapping it again. */
#include "device_memory.h"

#include <errno.h>

/* Sizes of the structs in 0.1.0; they never change. */
#define INFO_MIN 32
#define AREA_MIN 48

_Static_assert(sizeof(struct iommufd_device_memory_info) >= INFO_MIN,
	       "grown only");
_Static_assert(sizeof(struct iommufd_device_memory_area) >= AREA_MIN,
	       "grown only");

int iommufd__device_memory_refused(const struct iommufd_device_memory *memory,
				   uint32_t bar, uint32_t cause)
{
	struct iommufd_failure failure = { .size = sizeof(failure) };
	int ret = iommufd__util_refused(IOMMUFD_OP_DEVICE_MEMORY, cause);

	if (!memory)
		return ret;
	iommufd_failure_keep(&failure);
	failure.object_id = iommufd_ioas_id(memory->ioas);
	failure.arg = bar;
	return iommufd_failure_set(&failure);
}

/* ---- one area ------------------------------------------------------------ */

static uint32_t state_of(const struct iommufd__area *area)
{
	const struct iommufd__place *want = &area->want;

	if (!area->held)
		return want->flags ? IOMMUFD_DEVICE_MEMORY_WAITING
				   : IOMMUFD_DEVICE_MEMORY_UNMAPPED;
	if (area->old || !(want->flags & IOMMUFD_MAP_FIXED_IOVA) ||
	    want->iova != area->at)
		return IOMMUFD_DEVICE_MEMORY_STALE;
	return IOMMUFD_DEVICE_MEMORY_MAPPED;
}

/* Where the kernel finds nothing of ours any more there is nothing to do. */
static int unmap_area(struct iommufd_device_memory *memory,
		      struct iommufd__area *area)
{
	struct iommufd_failure before = { .size = sizeof(before) };
	uint64_t length = area->length;

	if (!area->held)
		return 0;
	iommufd_failure_keep(&before);
	area->ret = iommufd_ioas_unmap(memory->ioas, &length, area->at);
	if (iommufd_is(area->ret, IOMMUFD_CAUSE_NOT_WHOLE_MAPPINGS)) {
		iommufd_failure_set(&before);
		area->ret = 0;
	}
	if (!area->ret)
		area->held = area->old = 0;
	return area->ret;
}

/* What is revoked waits. An IOVA that the kernel has chosen is kept. */
static int map_area(struct iommufd_device_memory *memory,
		    struct iommufd__area *area)
{
	const struct iommufd_extent part = { area->start, area->length };
	struct iommufd_failure before = { .size = sizeof(before) };
	uint64_t iova = area->want.iova;

	if (area->held || !area->want.flags)
		return 0;
	iommufd_failure_keep(&before);
	area->ret = iommufd_ioas_map_file(memory->ioas, area->fd, &part,
					  area->want.flags, &iova);
	if (!area->ret) {
		area->held = 1;
		area->at = area->want.iova = iova;
		area->want.flags |= IOMMUFD_MAP_FIXED_IOVA;
	}
	if (!iommufd_is(area->ret, IOMMUFD_CAUSE_REVOKED))
		return area->ret;
	iommufd_failure_set(&before);
	return 0;
}

/* ---- a BAR --------------------------------------------------------------- */

/* The first area of a BAR, or the next one after @area; NULL at the end. */
static struct iommufd__area *next_of(const struct iommufd_device_memory *memory,
				     uint32_t bar, struct iommufd__area *area)
{
	struct iommufd__area *end = memory->areas + memory->count;

	for (area = area ? area + 1 : memory->areas; area < end; area++)
		if (bar == area->bar || bar == IOMMUFD_DEVICE_MEMORY_ALL)
			return area;
	return NULL;
}

#define FOR_EACH(area, memory, bar)                                            \
	for (struct iommufd__area *area = next_of(memory, bar, NULL); area;    \
	     area = next_of(memory, bar, area))

/* As far as it can be seen before the BAR has left its place. */
static uint32_t check_map(const struct iommufd_device_memory *memory,
			  uint32_t bar, uint32_t flags, const uint64_t *iova)
{
	if (!memory || !iova)
		return IOMMUFD_CAUSE_NULL_POINTER;
	if (bar == IOMMUFD_DEVICE_MEMORY_ALL || !next_of(memory, bar, NULL))
		return IOMMUFD_CAUSE_BAD_INDEX;
	if (!(flags & (IOMMUFD_MAP_READABLE | IOMMUFD_MAP_WRITEABLE)))
		return IOMMUFD_CAUSE_NO_ACCESS;
	if (!(flags & IOMMUFD_MAP_FIXED_IOVA))
		return 0;
	FOR_EACH(area, memory, bar)
	if (area->offset + area->length > UINT64_MAX - *iova)
		return IOMMUFD_CAUSE_OVERFLOW;
	return 0;
}

static int leave(struct iommufd_device_memory *memory, uint32_t bar)
{
	int ret = 0;

	FOR_EACH(area, memory, bar)
	{
		area->was = area->want;
		if (!ret)
			ret = unmap_area(memory, area);
	}
	return ret;
}

static int arrive(struct iommufd_device_memory *memory, uint32_t bar,
		  uint32_t flags, uint64_t iova)
{
	int ret = 0;

	FOR_EACH(area, memory, bar)
	{
		area->want.flags = flags;
		area->want.iova = 0;
		if (flags & IOMMUFD_MAP_FIXED_IOVA)
			area->want.iova = iova + area->offset;
		if (!ret)
			ret = map_area(memory, area);
	}
	return ret;
}

/* The first failure is the one to report. */
static int go_back(struct iommufd_device_memory *memory, uint32_t bar,
		   int arrived)
{
	struct iommufd_failure first = { .size = sizeof(first) };

	iommufd_failure_keep(&first);
	FOR_EACH(area, memory, bar)
	{
		/* One with other access flags may be at the same IOVA. */
		if (arrived && unmap_area(memory, area))
			area->old = 1;
		area->want = area->was;
	}
	FOR_EACH(area, memory, bar)
	map_area(memory, area);
	return iommufd_failure_set(&first);
}

UTIL_API int iommufd_device_memory_map(struct iommufd_device_memory *memory,
				       uint32_t bar, uint32_t flags,
				       uint64_t *iova)
{
	uint32_t cause = check_map(memory, bar, flags, iova);
	const struct iommufd__area *first;
	int ret;

	if (cause)
		return iommufd__device_memory_refused(memory, bar, cause);
	ret = leave(memory, bar);
	if (ret)
		return go_back(memory, bar, 0);
	ret = arrive(memory, bar, flags, *iova);
	if (ret)
		return go_back(memory, bar, 1);
	first = next_of(memory, bar, NULL);
	if (first && !(flags & IOMMUFD_MAP_FIXED_IOVA))
		*iova = first->want.iova;
	return 0;
}

UTIL_API int iommufd_device_memory_unmap(struct iommufd_device_memory *memory,
					 uint32_t bar)
{
	struct iommufd_failure first = { .size = sizeof(first) };
	int ret = 0, failed;

	if (!memory)
		return iommufd__device_memory_refused(
			memory, bar, IOMMUFD_CAUSE_NULL_POINTER);
	if (bar != IOMMUFD_DEVICE_MEMORY_ALL && !next_of(memory, bar, NULL))
		return iommufd__device_memory_refused(memory, bar,
						      IOMMUFD_CAUSE_BAD_INDEX);
	FOR_EACH(area, memory, bar)
	{
		area->want.flags = 0;
		area->ret = 0;
		failed = unmap_area(memory, area);
		if (failed && !ret) {
			ret = failed;
			iommufd_failure_keep(&first);
		}
	}
	return ret ? iommufd_failure_set(&first) : 0;
}

/* ---- all of them --------------------------------------------------------- */

static int again(struct iommufd_device_memory *memory,
		 struct iommufd__area *area, uint32_t flags)
{
	int ret;

	if (flags & IOMMUFD_DEVICE_MEMORY_WAITING_ONLY &&
	    state_of(area) == IOMMUFD_DEVICE_MEMORY_MAPPED)
		return 0;
	ret = unmap_area(memory, area);
	if (ret) {
		area->old = 1;
		return ret;
	}
	return map_area(memory, area);
}

static void store_info(const struct iommufd_device_memory *memory,
		       struct iommufd_device_memory_info *info)
{
	struct iommufd_device_memory_info known = { .areas = memory->count };

	FOR_EACH(area, memory, IOMMUFD_DEVICE_MEMORY_ALL)
	{
		switch (state_of(area)) {
		case IOMMUFD_DEVICE_MEMORY_MAPPED:
			known.mapped++;
			known.mapped_bytes += area->length;
			break;
		case IOMMUFD_DEVICE_MEMORY_WAITING:
			known.waiting++;
			break;
		case IOMMUFD_DEVICE_MEMORY_STALE:
			known.stale++;
			break;
		default:
			break;
		}
	}
	iommufd__util_out_store(info, &known, sizeof(known));
}

UTIL_API int iommufd_device_memory_refresh(
	struct iommufd_device_memory *memory, uint32_t flags,
	struct iommufd_device_memory_info *info)
{
	const uint32_t bar = IOMMUFD_DEVICE_MEMORY_ALL;
	struct iommufd_failure first = { .size = sizeof(first) };
	uint32_t cause = 0;
	int ret = 0, failed;

	if (!memory)
		cause = IOMMUFD_CAUSE_NULL_POINTER;
	else if (flags & ~(uint32_t)IOMMUFD_DEVICE_MEMORY_WAITING_ONLY)
		cause = IOMMUFD_CAUSE_BAD_FLAGS;
	else if (info)
		cause = iommufd__util_in_check(info, INFO_MIN);
	if (cause)
		return iommufd__device_memory_refused(memory, bar, cause);
	FOR_EACH(area, memory, bar)
	{
		failed = again(memory, area, flags);
		if (failed && !ret) {
			ret = failed;
			iommufd_failure_keep(&first);
		}
	}
	if (info)
		store_info(memory, info);
	return ret ? iommufd_failure_set(&first) : 0;
}

/* ---- looking ------------------------------------------------------------- */

UTIL_API int iommufd_device_memory_get_info(
	struct iommufd_device_memory *memory,
	struct iommufd_device_memory_info *info)
{
	uint32_t cause = IOMMUFD_CAUSE_NULL_POINTER;

	if (memory)
		cause = iommufd__util_in_check(info, INFO_MIN);
	if (cause)
		return iommufd__device_memory_refused(
			memory, IOMMUFD_DEVICE_MEMORY_ALL, cause);
	store_info(memory, info);
	return 0;
}

UTIL_API int iommufd_device_memory_get_area(
	struct iommufd_device_memory *memory, uint32_t number,
	struct iommufd_device_memory_area *area)
{
	struct iommufd_device_memory_area known = { 0 };
	uint32_t cause = IOMMUFD_CAUSE_NULL_POINTER;
	const struct iommufd__area *a;

	if (memory)
		cause = iommufd__util_in_check(area, AREA_MIN);
	if (!cause && number >= memory->count)
		cause = IOMMUFD_CAUSE_BAD_INDEX;
	if (cause)
		return iommufd__device_memory_refused(
			memory, IOMMUFD_DEVICE_MEMORY_ALL, cause);
	a = &memory->areas[number];
	known.bar = a->bar;
	known.state = state_of(a);
	known.ret = a->ret;
	known.flags = a->want.flags;
	known.fd = a->fd;
	known.offset = a->offset;
	known.length = a->length;
	known.iova = a->want.iova;
	iommufd__util_out_store(area, &known, sizeof(known));
	return 0;
}
