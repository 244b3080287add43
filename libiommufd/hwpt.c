/* SPDX-License-Identifier: MIT */
/* Hardware page tables. */
#include <errno.h>

#include "internal.h"

/* sizeof(struct iommufd_hwpt_alloc_opts) in 0.1.0: six words and a pointer. */
#define OPTS_MIN (24 + sizeof(void *))

static struct iommufd__object *object_of(struct iommufd_hwpt *hwpt)
{
	return (struct iommufd__object *)hwpt;
}

/* Older kernels get the struct that they know, unless it would lose a value. */
static uint32_t shortest(const struct uapi_hwpt_alloc *cmd)
{
	if (cmd->fault_id)
		return UAPI_HWPT_ALLOC_6_11;
	if (cmd->data_type || cmd->data_len || cmd->data_uptr)
		return UAPI_HWPT_ALLOC_6_7;
	return UAPI_HWPT_ALLOC_6_6;
}

static int alloc_failed(int fd, const struct uapi_hwpt_alloc *cmd, int err)
{
	const int nested = cmd->data_type != IOMMUFD_HWPT_DATA_NONE;
	const struct iommufd_failure call = { .op = IOMMUFD_OP_HWPT_ALLOC,
					      .fd = fd,
					      .object_id = cmd->dev_id,
					      .other_id = cmd->pt_id,
					      .flags = cmd->flags,
					      .memory_fd = -1,
					      .length = cmd->data_len,
					      .arg = cmd->data_type };

	/* Nested ones pin nothing: what cannot be read is their data. */
	if (nested && err == EFAULT)
		return iommufd__failed_as(&call, err, IOMMUFD_CAUSE_BAD_BUFFER);
	if (nested && err == ENOMEM)
		return iommufd__failed_as(&call, err, IOMMUFD_CAUSE_NO_MEMORY);
	/* With a fault queue there are two ids that may be missing. */
	if (err == ENOENT && cmd->flags & IOMMUFD_HWPT_FAULT_ID_VALID)
		return iommufd__failed_as(&call, err,
					  IOMMUFD_CAUSE_DEVICE_OR_QUEUE);
	return iommufd__failed(&call, err);
}

/* The device, its context and the size of @cmd are filled in here. */
int iommufd__hwpt_alloc(struct iommufd_device *device,
			struct uapi_hwpt_alloc *cmd, struct iommufd_hwpt **hwpt)
{
	struct iommufd_ctx *ctx = iommufd_device_ctx(device);
	struct iommufd__object *new = iommufd__object_new(ctx);
	int fd = iommufd_ctx_fd(ctx);
	int ret;

	if (!new)
		return iommufd__refused(IOMMUFD_OP_HWPT_ALLOC,
					IOMMUFD_CAUSE_NO_MEMORY);
	cmd->dev_id = iommufd_device_id(device);
	cmd->size = shortest(cmd);
	ret = iommufd__ioctl(fd, IOMMUFD_NR_HWPT_ALLOC, cmd);
	if (ret < 0) {
		iommufd__object_release(new);
		return alloc_failed(fd, cmd, -ret);
	}
	new->id = cmd->out_hwpt_id;
	*hwpt = (struct iommufd_hwpt *)new;
	return 0;
}

IOMMUFD_API int iommufd_hwpt_alloc(struct iommufd_device *device,
				   uint32_t parent_id,
				   const struct iommufd_hwpt_alloc_opts *opts,
				   struct iommufd_hwpt **hwpt)
{
	struct uapi_hwpt_alloc cmd = { .pt_id = parent_id };
	struct iommufd_hwpt_alloc_opts o;
	uint32_t cause;

	if (!device || !hwpt)
		return iommufd__refused(IOMMUFD_OP_HWPT_ALLOC,
					IOMMUFD_CAUSE_NULL_POINTER);
	cause = iommufd__opts_load(&o, sizeof(o), opts, OPTS_MIN);
	if (!cause && o.reserved)
		cause = IOMMUFD_CAUSE_OPTS_RESERVED;
	if (cause)
		return iommufd__refused(IOMMUFD_OP_HWPT_ALLOC, cause);
	cmd.flags = o.flags;
	cmd.data_type = o.data_type;
	cmd.data_len = o.data_len;
	cmd.data_uptr = iommufd__u64(o.data);
	cmd.fault_id = o.fault_id;
	return iommufd__hwpt_alloc(device, &cmd, hwpt);
}

/*
 * Reading the dirty bits of no page at all: a paging page table is found first
 * and the length refused afterwards.
 */
static int verify(struct iommufd_ctx *ctx, uint32_t id)
{
	struct uapi_hwpt_get_dirty_bitmap cmd = { .size = sizeof(cmd),
						  .hwpt_id = id };
	int fd = iommufd_ctx_fd(ctx);
	int ret = iommufd__ioctl(fd, IOMMUFD_NR_HWPT_GET_DIRTY_BITMAP, &cmd);
	const struct iommufd_failure call = { .op = IOMMUFD_OP_HWPT_ADOPT,
					      .fd = fd,
					      .object_id = id,
					      .memory_fd = -1 };

	if (ret >= 0 || ret == -EINVAL || ret == -EOPNOTSUPP)
		return 0;
	return iommufd__failed(&call, -ret);
}

IOMMUFD_API int iommufd_hwpt_adopt(struct iommufd_ctx *ctx, uint32_t id,
				   uint32_t flags, struct iommufd_hwpt **hwpt)
{
	struct iommufd__object *new;
	int ret = iommufd__object_adopt(
		ctx, id, flags, IOMMUFD_ADOPT_OWNED | IOMMUFD_ADOPT_VERIFY,
		IOMMUFD_OP_HWPT_ADOPT, hwpt ? &new : NULL);

	if (ret)
		return ret;
	if (flags & IOMMUFD_ADOPT_VERIFY)
		ret = verify(ctx, id);
	if (ret)
		iommufd__object_release(new);
	else
		*hwpt = (struct iommufd_hwpt *)new;
	return ret;
}

IOMMUFD_API uint32_t iommufd_hwpt_id(const struct iommufd_hwpt *hwpt)
{
	return hwpt ? ((const struct iommufd__object *)hwpt)->id : 0;
}

IOMMUFD_API struct iommufd_ctx *iommufd_hwpt_ctx(
	const struct iommufd_hwpt *hwpt)
{
	return hwpt ? ((const struct iommufd__object *)hwpt)->ctx : NULL;
}

IOMMUFD_API int iommufd_hwpt_destroy(struct iommufd_hwpt *hwpt)
{
	return iommufd__object_destroy(object_of(hwpt));
}

IOMMUFD_API void iommufd_hwpt_release(struct iommufd_hwpt *hwpt)
{
	iommufd__object_release(object_of(hwpt));
}
