/* SPDX-License-Identifier: MIT */
/* The memory of a device: exporting it, and the ends. */
#include "device_memory.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define BUFFER_MIN 40 /* sizeof in 0.1.0 */

_Static_assert(sizeof(struct iommufd_device_memory_buffer) >= BUFFER_MIN,
	       "grown only");

UTIL_API int iommufd_device_memory_new(struct iommufd_ioas *ioas,
				       uint32_t flags,
				       struct iommufd_device_memory **memory)
{
	struct iommufd_device_memory *new;

	if (!ioas || !memory)
		return iommufd__util_refused(IOMMUFD_OP_DEVICE_MEMORY,
					     IOMMUFD_CAUSE_NULL_POINTER);
	if (flags)
		return iommufd__util_refused(IOMMUFD_OP_DEVICE_MEMORY,
					     IOMMUFD_CAUSE_BAD_FLAGS);
	new = calloc(1, sizeof(*new));
	if (!new)
		return iommufd__util_refused(IOMMUFD_OP_DEVICE_MEMORY,
					     IOMMUFD_CAUSE_NO_MEMORY);
	new->ioas = ioas;
	*memory = new;
	return 0;
}

/* A last area, which counts when it has its dma-buf. */
static uint32_t make_area(struct iommufd_device_memory *memory, uint32_t bar,
			  uint64_t offset, uint64_t length)
{
	struct iommufd__area *areas;

	for (uint32_t i = 0; i < memory->count; i++) {
		const struct iommufd__area *a = &memory->areas[i];

		if (a->bar == bar && offset < a->offset + a->length &&
		    a->offset < offset + length)
			return IOMMUFD_CAUSE_BAD_VALUE;
	}
	areas = realloc(memory->areas,
			(memory->count + (size_t)1) * sizeof(*areas));
	if (!areas)
		return IOMMUFD_CAUSE_NO_MEMORY;
	memory->areas = areas;
	areas[memory->count] = (struct iommufd__area){
		.bar = bar,
		.fd = -1,
		.offset = offset,
		.length = length,
	};
	return 0;
}

static void shorten(struct iommufd_device_memory *memory, uint32_t count)
{
	while (memory->count > count)
		close(memory->areas[--memory->count].fd);
}

/* ---- a BAR --------------------------------------------------------------- */

/* What a part of a BAR has in common with what is wanted, in whole pages. */
static struct iommufd_extent common(const struct iommufd_extent *area,
				    const struct iommufd_extent *part)
{
	const uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);
	uint64_t start = area->start, end = area->start + area->length;

	if (part->start > start)
		start = part->start;
	if (part->start + part->length < end)
		end = part->start + part->length;
	/* Also because the end of all numbers cannot be rounded up. */
	if (start >= end)
		return (struct iommufd_extent){ 0, 0 };
	start = (start + page - 1) & ~(page - 1);
	end &= ~(page - 1);
	return (struct iommufd_extent){ start, end > start ? end - start : 0 };
}

static int export_area(struct iommufd_device_memory *memory,
		       struct iommufd_vfio *file, uint32_t bar,
		       const struct iommufd_extent *area)
{
	uint32_t cause = make_area(memory, bar, area->start, area->length);
	int ret;

	if (cause)
		return iommufd__device_memory_refused(memory, bar, cause);
	ret = iommufd_vfio_export_dma_buf(file, bar, area, O_RDWR | O_CLOEXEC,
					  &memory->areas[memory->count].fd);
	if (!ret)
		memory->count++;
	return ret;
}

/* The parts that can be mapped: all of the BAR where the kernel names none. */
static int find_parts(struct iommufd_device_memory *memory,
		      struct iommufd_vfio *file, uint32_t bar,
		      struct iommufd_extent **parts, uint32_t *count)
{
	struct iommufd_region_info info = { .size = sizeof(info) };
	int ret, named;

	*count = 0;
	ret = iommufd_vfio_get_region_info(file, bar, &info, NULL, NULL);
	if (ret || !(info.flags & IOMMUFD_REGION_MMAP))
		return ret;
	named = (info.valid & IOMMUFD_REGION_VALID_AREAS) != 0;
	*count = named ? info.num_areas : 1;
	/* One more: nothing of no parts would look like no memory. */
	*parts = calloc(*count + (size_t)1, sizeof(**parts));
	if (!*parts)
		return iommufd__device_memory_refused(memory, bar,
						      IOMMUFD_CAUSE_NO_MEMORY);
	(*parts)[0] = (struct iommufd_extent){ 0, info.length };
	if (!named)
		return 0;
	return iommufd_vfio_get_region_info(file, bar, &info, *parts, count);
}

UTIL_API int iommufd_device_memory_add_bar(struct iommufd_device_memory *memory,
					   struct iommufd_vfio *file,
					   uint32_t bar,
					   const struct iommufd_extent *part,
					   uint32_t *areas)
{
	const struct iommufd_extent wanted =
		part ? *part : (struct iommufd_extent){ 0, UINT64_MAX };
	uint32_t count = 0, before, cause = 0;
	struct iommufd_extent *parts = NULL;
	int ret;

	if (!memory || !file)
		cause = IOMMUFD_CAUSE_NULL_POINTER;
	else if (wanted.length > UINT64_MAX - wanted.start)
		cause = IOMMUFD_CAUSE_OVERFLOW;
	if (cause)
		return iommufd__device_memory_refused(memory, bar, cause);
	before = memory->count;
	ret = find_parts(memory, file, bar, &parts, &count);
	for (uint32_t i = 0; !ret && i < count; i++) {
		const struct iommufd_extent area = common(&parts[i], &wanted);

		if (area.length)
			ret = export_area(memory, file, bar, &area);
	}
	free(parts);
	if (ret)
		shorten(memory, before);
	else if (areas)
		*areas = memory->count - before;
	return ret;
}

/* ---- a buffer ------------------------------------------------------------ */

static uint32_t check_buffer(const struct iommufd_device_memory_buffer *b)
{
	if (b->reserved)
		return IOMMUFD_CAUSE_OPTS_RESERVED;
	if (b->bar == IOMMUFD_DEVICE_MEMORY_ALL)
		return IOMMUFD_CAUSE_BAD_VALUE;
	if (!b->length)
		return IOMMUFD_CAUSE_ZERO_LENGTH;
	if (b->length > UINT64_MAX - b->start ||
	    b->length > UINT64_MAX - b->offset)
		return IOMMUFD_CAUSE_OVERFLOW;
	return 0;
}

/* As the kernel's own errno says. */
static int not_duplicated(const struct iommufd_device_memory *memory,
			  uint32_t bar, int err)
{
	struct iommufd_failure failure = { .size = sizeof(failure) };
	uint32_t cause = IOMMUFD_CAUSE_DESCRIPTORS;

	if (err == EBADF)
		cause = IOMMUFD_CAUSE_BAD_FD;
	iommufd__device_memory_refused(memory, bar, cause);
	iommufd_failure_keep(&failure);
	failure.ret = iommufd_make_error(cause, err);
	return iommufd_failure_set(&failure);
}

UTIL_API int iommufd_device_memory_add_buffer(
	struct iommufd_device_memory *memory,
	const struct iommufd_device_memory_buffer *buffer)
{
	struct iommufd_device_memory_buffer b = { 0 };
	uint32_t cause = IOMMUFD_CAUSE_NULL_POINTER;
	struct iommufd__area *area;

	if (memory && buffer)
		cause = iommufd__util_opts_load(&b, sizeof(b), buffer,
						BUFFER_MIN);
	if (!cause)
		cause = check_buffer(&b);
	if (!cause)
		cause = make_area(memory, b.bar, b.offset, b.length);
	if (cause)
		return iommufd__device_memory_refused(memory, b.bar, cause);
	area = &memory->areas[memory->count];
	area->start = b.start;
	area->fd = fcntl(b.fd, F_DUPFD_CLOEXEC, 0);
	if (area->fd < 0)
		return not_duplicated(memory, b.bar, errno);
	memory->count++;
	return 0;
}

/* ---- the ends ------------------------------------------------------------ */

UTIL_API void iommufd_device_memory_release(
	struct iommufd_device_memory *memory)
{
	if (!memory)
		return;
	shorten(memory, 0);
	free(memory->areas);
	free(memory);
}

UTIL_API int iommufd_device_memory_destroy(struct iommufd_device_memory *memory)
{
	int ret;

	if (!memory)
		return 0;
	ret = iommufd_device_memory_unmap(memory, IOMMUFD_DEVICE_MEMORY_ALL);
	if (!ret)
		iommufd_device_memory_release(memory);
	return ret;
}
