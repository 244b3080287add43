/* SPDX-License-Identifier: MIT */
/* A DMA map as a whole: its beginning, its ends, and what is in it. */
#include "dma_map.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* sizeof(struct iommufd_dma_map_info) in 0.1.0. */
#define INFO_MIN 48

_Static_assert(sizeof(struct iommufd_dma_map_info) >= INFO_MIN, "grown");
_Static_assert(offsetof(struct iommufd_dma_map, removals) == 0, "frozen");
_Static_assert(sizeof(struct iommufd__dma_record) == 32, "two in a line");

int iommufd__dma_refused(uint32_t cause, int err,
			 const struct iommufd__dma_call *call)
{
	struct iommufd_failure failure = {
		.size = sizeof(failure),
		.op = IOMMUFD_OP_DMA_MAP,
		.ret = iommufd_make_error(cause, err),
		.fd = -1,
		.memory_fd = -1,
	};

	if (call) {
		failure.flags = call->flags;
		failure.memory = call->memory;
		failure.length = call->length;
		failure.iova = call->iova;
		failure.object_id = call->ioas_id;
	}
	return iommufd_failure_set(&failure);
}

static struct iommufd_dma_map *map_new(struct iommufd_ioas *ioas)
{
	struct iommufd_dma_map *map = aligned_alloc(DMA_LINE, sizeof(*map));

	if (!map)
		return NULL;
	memset(map, 0, sizeof(*map));
	pthread_mutex_init(&map->mutex, NULL);
	pthread_cond_init(&map->settled, NULL);
	map->ioas = ioas;
	map->changes = UINT32_MAX;
	map->info.size = sizeof(map->info);
	map->info.memory = sizeof(*map);
	for (unsigned int i = 0; i < DMA_SIDES; i++)
		iommufd__dma_set(&map->side[i].page,
				 iommufd__dma_page_of(DMA_SHIFT));
	if (iommufd__dma_hints_new(map))
		return map;
	iommufd_dma_map_release(map);
	return NULL;
}

/* The last byte of all is not the kernel's either. */
int iommufd__dma_check_range(const struct iommufd__dma_call *call)
{
	if (!call->length)
		return iommufd__dma_refused(IOMMUFD_CAUSE_ZERO_LENGTH, EINVAL,
					    call);
	if (call->memory > UINT64_MAX - call->length)
		return iommufd__dma_refused(IOMMUFD_CAUSE_OVERFLOW, EOVERFLOW,
					    call);
	return 0;
}

UTIL_API int iommufd_dma_map_new(struct iommufd_ioas *ioas, uint32_t flags,
				 struct iommufd_dma_map **map)
{
	struct iommufd_dma_map *made;

	if (!ioas || !map)
		return iommufd__dma_refused(IOMMUFD_CAUSE_NULL_POINTER, EINVAL,
					    NULL);
	if (flags)
		return iommufd__dma_refused(IOMMUFD_CAUSE_BAD_FLAGS, EINVAL,
					    NULL);
	made = map_new(ioas);
	if (!made)
		return iommufd__dma_refused(IOMMUFD_CAUSE_NO_MEMORY, ENOMEM,
					    NULL);
	*map = made;
	return 0;
}

/*
 * Mutex and condition are not destroyed: in the child of a fork that would wait for
 * threads that are not there. They have nothing but their memory.
 */
UTIL_API void iommufd_dma_map_release(struct iommufd_dma_map *map)
{
	if (!map)
		return;
	iommufd__dma_memory_free(map);
	free(map);
}

UTIL_API int iommufd_dma_map_destroy(struct iommufd_dma_map *map)
{
	uint64_t left;

	if (!map)
		return 0;
	pthread_mutex_lock(&map->mutex);
	left = map->info.regions + map->transit;
	pthread_mutex_unlock(&map->mutex);
	if (left)
		return iommufd__dma_refused(IOMMUFD_CAUSE_IN_USE, EBUSY, NULL);
	iommufd_dma_map_release(map);
	return 0;
}

UTIL_API int iommufd_dma_map_get_info(struct iommufd_dma_map *map,
				      struct iommufd_dma_map_info *info)
{
	uint32_t cause = map ? iommufd__util_in_check(info, INFO_MIN)
			     : IOMMUFD_CAUSE_NULL_POINTER;
	struct iommufd_dma_map_info known;

	if (cause)
		return iommufd__dma_refused(cause, EINVAL, NULL);
	pthread_mutex_lock(&map->mutex);
	known = map->info;
	pthread_mutex_unlock(&map->mutex);
	iommufd__util_out_store(info, &known, sizeof(known));
	return 0;
}
