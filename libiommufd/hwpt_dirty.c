/* SPDX-License-Identifier: MIT */
/* Which pages devices have written. */
#include "internal.h"

/* sizeof(struct iommufd_hwpt_get_dirty_bitmap_opts) in 0.1.0. */
#define OPTS_MIN 40

static const struct iommufd__object *object_of(const struct iommufd_hwpt *hwpt)
{
	return (const struct iommufd__object *)hwpt;
}

IOMMUFD_API int iommufd_hwpt_set_dirty_tracking(struct iommufd_hwpt *hwpt,
						uint32_t flags)
{
	struct uapi_hwpt_set_dirty_tracking cmd = { .size = sizeof(cmd),
						    .flags = flags };
	struct iommufd_failure call = {
		.op = IOMMUFD_OP_HWPT_SET_DIRTY_TRACKING,
		.flags = flags,
		.memory_fd = -1
	};
	int ret;

	if (!hwpt)
		return iommufd__refused(call.op, IOMMUFD_CAUSE_NULL_POINTER);
	cmd.hwpt_id = object_of(hwpt)->id;
	call.fd = iommufd_ctx_fd(object_of(hwpt)->ctx);
	call.object_id = cmd.hwpt_id;
	ret = iommufd__ioctl(call.fd, IOMMUFD_NR_HWPT_SET_DIRTY_TRACKING, &cmd);
	return ret < 0 ? iommufd__failed(&call, -ret) : 0;
}

/* Whole words: kernels before 7.3 write nothing smaller. */
static uint64_t bytes_needed(uint64_t length, uint64_t page_size)
{
	uint64_t bits = length / page_size + (length % page_size != 0);

	return (bits / 64 + (bits % 64 != 0)) * 8;
}

IOMMUFD_API int iommufd_hwpt_get_dirty_bitmap(
	struct iommufd_hwpt *hwpt,
	const struct iommufd_hwpt_get_dirty_bitmap_opts *opts, uint64_t *bitmap)
{
	struct iommufd_failure call = { .op = IOMMUFD_OP_HWPT_GET_DIRTY_BITMAP,
					.fd = -1,
					.memory_fd = -1 };
	struct uapi_hwpt_get_dirty_bitmap cmd = { .size = sizeof(cmd) };
	struct iommufd_hwpt_get_dirty_bitmap_opts o;
	uint32_t cause;
	int ret;

	if (!hwpt || !bitmap || !opts)
		return iommufd__refused(call.op, IOMMUFD_CAUSE_NULL_POINTER);
	cause = iommufd__opts_load(&o, sizeof(o), opts, OPTS_MIN);
	if (cause)
		return iommufd__refused(call.op, cause);
	call.fd = iommufd_ctx_fd(object_of(hwpt)->ctx);
	call.object_id = object_of(hwpt)->id;
	call.flags = o.flags;
	call.length = o.length;
	call.iova = o.iova;
	call.arg = o.page_size;
	if (!o.page_size || o.page_size & (o.page_size - 1))
		return iommufd__refused_as(&call, IOMMUFD_CAUSE_BAD_VALUE);
	if (o.bitmap_length < bytes_needed(o.length, o.page_size)) {
		call.arg = bytes_needed(o.length, o.page_size);
		return iommufd__refused_as(&call, IOMMUFD_CAUSE_ARRAY_SHORT);
	}
	cmd.hwpt_id = call.object_id;
	cmd.flags = o.flags;
	cmd.iova = o.iova;
	cmd.length = o.length;
	cmd.page_size = o.page_size;
	cmd.data = iommufd__u64(bitmap);
	ret = iommufd__ioctl(call.fd, IOMMUFD_NR_HWPT_GET_DIRTY_BITMAP, &cmd);
	return ret < 0 ? iommufd__failed(&call, -ret) : 0;
}
