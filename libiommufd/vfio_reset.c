/* SPDX-License-Identifier: MIT */
/* Resets and features of VFIO devices. */
#include <stdlib.h>
#include <string.h>

#include "internal.h"

IOMMUFD_API int iommufd_vfio_reset(struct iommufd_vfio *file)
{
	int ret = iommufd__vfio_check(file, IOMMUFD_OP_VFIO_RESET);

	if (ret)
		return ret;
	ret = iommufd__ioctl(iommufd_vfio_fd(file), UAPI_VFIO_RESET, NULL);
	if (ret < 0)
		return iommufd__vfio_failed(file, IOMMUFD_OP_VFIO_RESET, 0,
					    -ret);
	return 0;
}

#define ENTRIES_ROOM 64
/* All functions of a PCI segment: nobody needs more room. */
#define ENTRIES_MAX 65536u

_Static_assert(sizeof(struct iommufd_hot_reset_info) ==
		       sizeof(struct uapi_vfio_hot_reset_entry),
	       "entries are copied as they are");

static uint32_t hot_reset_size(uint32_t entries)
{
	return (uint32_t)(sizeof(struct uapi_vfio_hot_reset_info) +
			  entries * sizeof(struct uapi_vfio_hot_reset_entry));
}

/* The caller's outputs; nothing but the count when they do not fit. */
static int hot_reset_done(const struct iommufd_vfio *file,
			  const struct uapi_vfio_hot_reset_info *answer,
			  int ret, struct iommufd_hot_reset_info *devices,
			  uint32_t *count, uint32_t *flags)
{
	const uint32_t op = IOMMUFD_OP_VFIO_GET_HOT_RESET_INFO;
	uint32_t cause;

	if (ret < 0) {
		ret = iommufd__vfio_failed(file, op, answer->count, -ret);
		cause = iommufd_cause(ret);
		if (cause == IOMMUFD_CAUSE_ARRAY_SHORT)
			*count = answer->count;
		return ret;
	}
	*count = answer->count;
	if (answer->count)
		memcpy(devices, answer->devices,
		       answer->count * sizeof(*devices));
	if (flags)
		*flags = answer->flags;
	return 0;
}

IOMMUFD_API int iommufd_vfio_get_hot_reset_info(
	struct iommufd_vfio *file, struct iommufd_hot_reset_info *devices,
	uint32_t *count, uint32_t *flags)
{
	const uint32_t op = IOMMUFD_OP_VFIO_GET_HOT_RESET_INFO;
	union {
		struct uapi_vfio_hot_reset_info info;
		unsigned char bytes[12 + 8 * ENTRIES_ROOM];
	} small = { 0 };
	struct uapi_vfio_hot_reset_info *answer = &small.info;
	uint32_t room;
	int ret = iommufd__vfio_check(file, op);

	if (ret)
		return ret;
	if (!count || (*count && !devices))
		return iommufd__refused(op, IOMMUFD_CAUSE_NULL_POINTER);
	room = *count < ENTRIES_MAX ? *count : ENTRIES_MAX;
	if (room > ENTRIES_ROOM) {
		answer = calloc(1, hot_reset_size(room));
		if (!answer)
			return iommufd__refused(op, IOMMUFD_CAUSE_NO_MEMORY);
	}
	answer->argsz = hot_reset_size(room);
	ret = iommufd__ioctl(iommufd_vfio_fd(file),
			     UAPI_VFIO_GET_PCI_HOT_RESET_INFO, answer);
	ret = hot_reset_done(file, answer, ret, devices, count, flags);
	if (answer != &small.info)
		free(answer);
	return ret;
}

/* A device file owns by its context: the list of groups must be empty. */
IOMMUFD_API int iommufd_vfio_hot_reset(struct iommufd_vfio *file)
{
	struct uapi_vfio_hot_reset cmd = { .argsz = sizeof(cmd) };
	int ret = iommufd__vfio_check(file, IOMMUFD_OP_VFIO_HOT_RESET);

	if (ret)
		return ret;
	ret = iommufd__ioctl(iommufd_vfio_fd(file), UAPI_VFIO_PCI_HOT_RESET,
			     &cmd);
	if (ret < 0)
		return iommufd__vfio_failed(file, IOMMUFD_OP_VFIO_HOT_RESET, 0,
					    -ret);
	return 0;
}

IOMMUFD_API int iommufd_vfio_feature(struct iommufd_vfio *file, uint32_t flags,
				     void *buffer, uint32_t length,
				     int32_t *result)
{
	struct uapi_vfio_feature header = { .argsz = sizeof(header),
					    .flags = flags };
	int ret = iommufd__vfio_check(file, IOMMUFD_OP_VFIO_FEATURE);

	if (ret)
		return ret;
	if (!buffer && length)
		return iommufd__refused(IOMMUFD_OP_VFIO_FEATURE,
					IOMMUFD_CAUSE_NULL_POINTER);
	if (buffer && length < sizeof(header))
		return iommufd__refused(IOMMUFD_OP_VFIO_FEATURE,
					IOMMUFD_CAUSE_FEATURE_REQUEST);
	if (buffer) {
		header.argsz = length;
		memcpy(buffer, &header, sizeof(header));
	}
	ret = iommufd__ioctl(iommufd_vfio_fd(file), UAPI_VFIO_FEATURE,
			     buffer ? buffer : &header);
	if (ret < 0)
		return iommufd__vfio_failed(file, IOMMUFD_OP_VFIO_FEATURE,
					    flags, -ret);
	if (result)
		*result = ret;
	return 0;
}

IOMMUFD_API int iommufd_vfio_export_dma_buf(struct iommufd_vfio *file,
					    uint32_t index,
					    const struct iommufd_extent *part,
					    uint32_t flags, int *fd)
{
	struct {
		struct uapi_vfio_feature header;
		struct uapi_vfio_feature_dma_buf data;
	} cmd = { .header = { .argsz = sizeof(cmd),
			      .flags = IOMMUFD_FEATURE_DMA_BUF |
				       IOMMUFD_FEATURE_GET },
		  .data = { .region_index = index,
			    .open_flags = flags,
			    .nr_ranges = 1 } };
	int ret = iommufd__vfio_check(file, IOMMUFD_OP_VFIO_EXPORT_DMA_BUF);

	if (ret)
		return ret;
	if (!part || !fd)
		return iommufd__refused(IOMMUFD_OP_VFIO_EXPORT_DMA_BUF,
					IOMMUFD_CAUSE_NULL_POINTER);
	cmd.data.range.offset = part->start;
	cmd.data.range.size = part->length;
	ret = iommufd__ioctl(iommufd_vfio_fd(file), UAPI_VFIO_FEATURE, &cmd);
	if (ret < 0) {
		const struct iommufd_failure call = {
			.op = IOMMUFD_OP_VFIO_EXPORT_DMA_BUF,
			.fd = iommufd_vfio_fd(file),
			.object_id = iommufd_vfio_id(file),
			.flags = flags,
			.memory_fd = -1,
			.memory = part->start,
			.length = part->length,
			.arg = index,
		};

		return iommufd__failed(&call, -ret);
	}
	*fd = ret;
	return 0;
}
