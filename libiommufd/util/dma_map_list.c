/* SPDX-License-Identifier: MIT */
/* Translating many buffers in one call. */
#include "dma_map.h"

#include <errno.h>

struct pieces {
	struct iommufd_extent *list;
	uint64_t room, count;
	uint64_t mask; /* of the boundary, or all bits where there is none */
	struct iommufd_extent last;
};

/* The pieces that do not fit are counted; only the last one can still grow. */
static void piece_begin(struct pieces *p, uint64_t iova, uint64_t length)
{
	p->last.start = iova;
	p->last.length = length;
	p->count++;
}

static void piece_store(struct pieces *p)
{
	if (p->count && p->count <= p->room)
		p->list[p->count - 1] = p->last;
}

/* A range of IOVAs, cut where it has to be. */
static void add_range(struct pieces *p, uint64_t iova, uint64_t length)
{
	while (length) {
		const uint64_t before = iova & p->mask;
		uint64_t bytes = length;

		if (bytes - 1 > p->mask - before)
			bytes = p->mask - before + 1;
		if (before && p->count &&
		    p->last.start + p->last.length == iova) {
			p->last.length += bytes;
		} else {
			piece_store(p);
			piece_begin(p, iova, bytes);
		}
		iova += bytes;
		length -= bytes;
	}
}

/* 0 or the first address that is in no region, by @bad. */
static int add_buffer(struct iommufd_dma_cursor *cursor,
		      const struct iommufd_dma_memory *memory, struct pieces *p,
		      uint64_t *bad)
{
	uint64_t address = (uint64_t)(uintptr_t)memory->start;
	uint64_t left = memory->length;

	while (left) {
		uint64_t offset = address - cursor->address, bytes;

		if ((offset >= cursor->length ||
		     !iommufd__dma_cursor_valid(cursor)) &&
		    !iommufd__dma_cursor_find(cursor, DMA_ADDRESS, address)) {
			*bad = address;
			return 0;
		}
		offset = address - cursor->address;
		bytes = cursor->length - offset;
		if (bytes > left)
			bytes = left;
		add_range(p, cursor->iova + offset, bytes);
		address += bytes;
		left -= bytes;
	}
	return 1;
}

/* As many as fit are there: the last one, too. */
static int tell(struct pieces *p, uint32_t *room)
{
	if (p->count > UINT32_MAX)
		return iommufd__dma_refused(IOMMUFD_CAUSE_OVERFLOW, EOVERFLOW,
					    NULL);
	piece_store(p);
	*room = (uint32_t)p->count;
	if (p->count > p->room)
		return iommufd__dma_refused(IOMMUFD_CAUSE_ARRAY_SHORT, EMSGSIZE,
					    NULL);
	return 0;
}

UTIL_API int iommufd_dma_map_translate_list(
	struct iommufd_dma_cursor *cursor,
	const struct iommufd_dma_memory *memory, uint32_t count,
	uint64_t boundary, struct iommufd_extent *pieces, uint32_t *room)
{
	struct pieces p = { .list = pieces, .mask = boundary - 1 };
	uint64_t bad = 0;

	if (!cursor || !cursor->map || !room || (!memory && count) ||
	    (!pieces && *room))
		return iommufd__dma_refused(IOMMUFD_CAUSE_NULL_POINTER, EINVAL,
					    NULL);
	if (boundary & (boundary - 1))
		return iommufd__dma_refused(IOMMUFD_CAUSE_BAD_VALUE, EINVAL,
					    NULL);
	p.room = *room;
	for (uint32_t i = 0; i < count; i++)
		if (!add_buffer(cursor, &memory[i], &p, &bad)) {
			const struct iommufd__dma_call call = { .memory = bad };

			return iommufd__dma_refused(
				IOMMUFD_CAUSE_NOT_REGISTERED, ENOENT, &call);
		}
	return tell(&p, room);
}
