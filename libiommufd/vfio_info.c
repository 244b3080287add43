/* SPDX-License-Identifier: MIT */
/* What a VFIO device and its regions are, with the kernel's capabilities. */
#include <stdlib.h>
#include <string.h>

#include "internal.h"

/* Sizes of the structs in 0.1.0; they never change. */
#define INFO_MIN   24
#define REGION_MIN 48

/* Sizes that every kernel takes. */
#define RAW_INFO_MIN   16
#define RAW_REGION_MIN 32

#define ANSWER_ROOM 1024

/* The kernel's answer: a struct, then capabilities that it points to. */
union answer {
	uint32_t argsz;
	struct uapi_vfio_info info;
	struct uapi_vfio_region_info region;
	unsigned char bytes[ANSWER_ROOM];
};

static int ask(const struct iommufd_vfio *file, uint32_t op, uint32_t index,
	       union answer *answer, uint32_t room)
{
	uint32_t nr = UAPI_VFIO_GET_INFO;
	int ret;

	answer->argsz = room;
	if (op == IOMMUFD_OP_VFIO_GET_REGION_INFO) {
		nr = UAPI_VFIO_GET_REGION_INFO;
		answer->region.index = index;
	}
	ret = iommufd__ioctl(iommufd_vfio_fd(file), nr, answer);
	return ret < 0 ? iommufd__vfio_failed(file, op, index, -ret) : 0;
}

/*
 * Ask with room on the stack first. Only a chain of capabilities that is longer
 * takes memory: *@big is then the answer, to be freed.
 */
static int ask_all(const struct iommufd_vfio *file, uint32_t op, uint32_t index,
		   union answer *answer, union answer **big)
{
	uint32_t length;
	int ret = ask(file, op, index, answer, sizeof(*answer));

	*big = NULL;
	if (ret || answer->argsz <= sizeof(*answer))
		return ret;
	length = answer->argsz;
	*big = calloc(1, length);
	if (!*big)
		return iommufd__refused(op, IOMMUFD_CAUSE_NO_MEMORY);
	ret = ask(file, op, index, *big, length);
	if (ret) {
		free(*big);
		*big = NULL;
	}
	return ret;
}

/*
 * Find a capability of at least @need bytes in the chain; offsets only ascend,
 * so a broken chain cannot hold us.
 */
static const void *find_cap(const union answer *answer, uint32_t first,
			    uint32_t id, uint64_t need)
{
	struct uapi_vfio_cap cap;

	for (uint32_t at = first;
	     at && (uint64_t)at + sizeof(cap) <= answer->argsz;) {
		memcpy(&cap, answer->bytes + at, sizeof(cap));
		if (cap.id == id)
			return at + need <= answer->argsz ? answer->bytes + at
							  : NULL;
		if (cap.next <= at)
			return NULL;
		at = cap.next;
	}
	return NULL;
}

IOMMUFD_API int iommufd_vfio_get_info(struct iommufd_vfio *file,
				      struct iommufd_vfio_info *info)
{
	const uint32_t op = IOMMUFD_OP_VFIO_GET_INFO;
	const struct uapi_vfio_cap_atomic_comp *atomic;
	struct iommufd_vfio_info filled = { 0 };
	union answer answer = { 0 }, *big, *all;
	uint32_t cause;
	int ret = iommufd__vfio_check(file, op);

	if (ret)
		return ret;
	cause = iommufd__out_check(info, INFO_MIN);
	if (cause)
		return iommufd__refused(op, cause);
	ret = ask_all(file, op, 0, &answer, &big);
	if (ret)
		return ret;
	all = big ? big : &answer;
	filled.flags = all->info.flags;
	filled.num_regions = all->info.num_regions;
	filled.num_irqs = all->info.num_irqs;
	atomic = NULL;
	if (all->info.flags & IOMMUFD_VFIO_INFO_CAPS)
		atomic = find_cap(all, all->info.cap_offset,
				  UAPI_VFIO_INFO_CAP_PCI_ATOMIC_COMP,
				  sizeof(*atomic));
	if (atomic) {
		filled.valid |= IOMMUFD_VFIO_VALID_ATOMIC_COMPLETER;
		filled.atomic_completer = atomic->flags;
	}
	free(big);
	iommufd__out_store(info, &filled, sizeof(filled));
	return 0;
}

/* The capabilities of a region that have members of their own. */
static void region_caps(const union answer *all,
			struct iommufd_region_info *filled,
			const struct uapi_vfio_cap_sparse_mmap **sparse)
{
	const struct uapi_vfio_cap_type *type;
	uint32_t first = all->region.cap_offset;

	*sparse = NULL;
	if (!(all->region.flags & IOMMUFD_REGION_CAPS))
		return;
	*sparse = find_cap(all, first, UAPI_VFIO_REGION_CAP_SPARSE_MMAP,
			   sizeof(**sparse));
	if (*sparse)
		*sparse = find_cap(all, first, UAPI_VFIO_REGION_CAP_SPARSE_MMAP,
				   sizeof(**sparse) +
					   (uint64_t)(*sparse)->nr_areas *
						   sizeof((*sparse)->areas[0]));
	if (*sparse) {
		filled->valid |= IOMMUFD_REGION_VALID_AREAS;
		filled->num_areas = (*sparse)->nr_areas;
	}
	type = find_cap(all, first, UAPI_VFIO_REGION_CAP_TYPE, sizeof(*type));
	if (type) {
		filled->valid |= IOMMUFD_REGION_VALID_TYPE;
		filled->type = type->type;
		filled->subtype = type->subtype;
	}
	if (find_cap(all, first, UAPI_VFIO_REGION_CAP_MSIX_MAPPABLE,
		     sizeof(struct uapi_vfio_cap)))
		filled->valid |= IOMMUFD_REGION_VALID_MSIX_MAPPABLE;
}

/* Copy what fits; whether that is all is the result. */
static int store_areas(const struct uapi_vfio_cap_sparse_mmap *sparse,
		       struct iommufd_extent *areas, uint32_t *count)
{
	uint32_t have = sparse ? sparse->nr_areas : 0;
	uint32_t room = count ? *count : 0;

	for (uint32_t i = 0; i < have && i < room; i++) {
		areas[i].start = sparse->areas[i].offset;
		areas[i].length = sparse->areas[i].size;
	}
	if (count)
		*count = have;
	return !count || have <= room;
}

IOMMUFD_API int iommufd_vfio_get_region_info(struct iommufd_vfio *file,
					     uint32_t index,
					     struct iommufd_region_info *info,
					     struct iommufd_extent *areas,
					     uint32_t *count)
{
	const uint32_t op = IOMMUFD_OP_VFIO_GET_REGION_INFO;
	const struct uapi_vfio_cap_sparse_mmap *sparse;
	struct iommufd_region_info filled = { 0 };
	union answer answer = { 0 }, *big, *all;
	uint32_t cause;
	int ret = iommufd__vfio_check(file, op), fits;

	if (ret)
		return ret;
	cause = iommufd__out_check(info, REGION_MIN);
	if (!cause && (areas ? !count : count && *count))
		cause = IOMMUFD_CAUSE_NULL_POINTER;
	if (cause)
		return iommufd__refused(op, cause);
	ret = ask_all(file, op, index, &answer, &big);
	if (ret)
		return ret;
	all = big ? big : &answer;
	filled.flags = all->region.flags;
	filled.length = all->region.size;
	filled.offset = all->region.offset;
	filled.raw_length = all->argsz;
	region_caps(all, &filled, &sparse);
	fits = store_areas(sparse, areas, count);
	free(big);
	iommufd__out_store(info, &filled, sizeof(filled));
	return fits ? 0
		    : iommufd__vfio_short(file, op, index, filled.num_areas);
}

static int get_raw(struct iommufd_vfio *file, uint32_t op, uint32_t index,
		   void *answer, uint32_t *length, uint32_t min)
{
	unsigned char saved[RAW_REGION_MIN];
	uint32_t room;
	int ret = iommufd__vfio_check(file, op);

	if (ret)
		return ret;
	if (!answer || !length)
		return iommufd__refused(op, IOMMUFD_CAUSE_NULL_POINTER);
	room = *length;
	if (room < min) {
		*length = min;
		return iommufd__vfio_short(file, op, index, min);
	}
	/* The request is written where the answer goes: put it back. */
	memcpy(saved, answer, min);
	ret = ask(file, op, index, answer, room);
	if (ret) {
		memcpy(answer, saved, min);
		return ret;
	}
	memcpy(length, answer, sizeof(*length));
	return *length <= room ? 0
			       : iommufd__vfio_short(file, op, index, *length);
}

IOMMUFD_API int iommufd_vfio_get_info_raw(struct iommufd_vfio *file,
					  void *answer, uint32_t *length)
{
	return get_raw(file, IOMMUFD_OP_VFIO_GET_INFO, 0, answer, length,
		       RAW_INFO_MIN);
}

IOMMUFD_API int iommufd_vfio_get_region_info_raw(struct iommufd_vfio *file,
						 uint32_t index, void *answer,
						 uint32_t *length)
{
	return get_raw(file, IOMMUFD_OP_VFIO_GET_REGION_INFO, index, answer,
		       length, RAW_REGION_MIN);
}
