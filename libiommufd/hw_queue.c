/* SPDX-License-Identifier: MIT */
/* Hardware queues. */
#include <errno.h>

#include "internal.h"

/* sizeof(struct iommufd_hw_queue_alloc_opts) in 0.1.0. */
#define OPTS_MIN 32

static struct iommufd__object *object_of(struct iommufd_hw_queue *queue)
{
	return (struct iommufd__object *)queue;
}

static int alloc_failed(int fd, const struct uapi_hw_queue_alloc *cmd, int err)
{
	const struct iommufd_failure call = { .op = IOMMUFD_OP_HW_QUEUE_ALLOC,
					      .fd = fd,
					      .object_id = cmd->viommu_id,
					      .other_id = cmd->type,
					      .flags = cmd->flags,
					      .memory_fd = -1,
					      .length = cmd->length,
					      .iova = cmd->nesting_parent_iova,
					      .arg = cmd->index };

	/* The driver's refusal and an empty range have one errno. */
	if (!cmd->length && err == EINVAL)
		return iommufd__failed_as(&call, err,
					  IOMMUFD_CAUSE_ZERO_LENGTH);
	return iommufd__failed(&call, err);
}

static int refused(uint32_t cause)
{
	return iommufd__refused(IOMMUFD_OP_HW_QUEUE_ALLOC, cause);
}

/*
 * The type is looked at before the memory, and no address space ends so high: a
 * nest parent's mappings are aligned, and the last byte cannot be mapped.
 */
IOMMUFD_API int iommufd_hw_queue_probe(struct iommufd_viommu *viommu,
				       uint32_t type)
{
	struct uapi_hw_queue_alloc cmd = { .size = sizeof(cmd),
					   .viommu_id =
						   iommufd_viommu_id(viommu),
					   .type = type,
					   .nesting_parent_iova =
						   UINT64_MAX - 1,
					   .length = 1 };
	struct iommufd_failure call = { .op = IOMMUFD_OP_HW_QUEUE_PROBE,
					.object_id = cmd.viommu_id,
					.memory_fd = -1,
					.arg = type };
	int ret;

	if (!viommu)
		return iommufd__refused(call.op, IOMMUFD_CAUSE_NULL_POINTER);
	call.fd = iommufd_ctx_fd(iommufd_viommu_ctx(viommu));
	ret = iommufd__ioctl(call.fd, IOMMUFD_NR_HW_QUEUE_ALLOC, &cmd);
	/* Of a type that is there the memory is refused. */
	if (ret >= 0 || ret == -ENOENT || ret == -EADDRINUSE)
		return 0;
	return iommufd__failed(&call, -ret);
}

IOMMUFD_API int iommufd_hw_queue_alloc(
	struct iommufd_viommu *viommu,
	const struct iommufd_hw_queue_alloc_opts *opts,
	struct iommufd_hw_queue **queue)
{
	const struct iommufd__object *of = (struct iommufd__object *)viommu;
	struct uapi_hw_queue_alloc cmd = { .size = sizeof(cmd) };
	struct iommufd_hw_queue_alloc_opts o;
	struct iommufd__object *new;
	uint32_t cause;
	int fd, ret;

	if (!of || !opts || !queue)
		return refused(IOMMUFD_CAUSE_NULL_POINTER);
	cause = iommufd__opts_load(&o, sizeof(o), opts, OPTS_MIN);
	if (cause)
		return refused(cause);
	new = iommufd__object_new(of->ctx);
	if (!new)
		return refused(IOMMUFD_CAUSE_NO_MEMORY);
	cmd.viommu_id = of->id;
	cmd.flags = o.flags;
	cmd.type = o.type;
	cmd.index = o.index;
	cmd.nesting_parent_iova = o.iova;
	cmd.length = o.length;
	fd = iommufd_ctx_fd(of->ctx);
	ret = iommufd__ioctl(fd, IOMMUFD_NR_HW_QUEUE_ALLOC, &cmd);
	if (ret < 0) {
		iommufd__object_release(new);
		return alloc_failed(fd, &cmd, -ret);
	}
	new->id = cmd.out_hw_queue_id;
	*queue = (struct iommufd_hw_queue *)new;
	return 0;
}

IOMMUFD_API int iommufd_hw_queue_adopt(struct iommufd_ctx *ctx, uint32_t id,
				       uint32_t flags,
				       struct iommufd_hw_queue **queue)
{
	struct iommufd__object *new;
	int ret = iommufd__object_adopt(ctx, id, flags, IOMMUFD_ADOPT_OWNED,
					IOMMUFD_OP_HW_QUEUE_ADOPT,
					queue ? &new : NULL);

	if (!ret)
		*queue = (struct iommufd_hw_queue *)new;
	return ret;
}

IOMMUFD_API uint32_t iommufd_hw_queue_id(const struct iommufd_hw_queue *queue)
{
	return queue ? ((const struct iommufd__object *)queue)->id : 0;
}

IOMMUFD_API struct iommufd_ctx *iommufd_hw_queue_ctx(
	const struct iommufd_hw_queue *queue)
{
	return queue ? ((const struct iommufd__object *)queue)->ctx : NULL;
}

IOMMUFD_API int iommufd_hw_queue_destroy(struct iommufd_hw_queue *queue)
{
	return iommufd__object_destroy(object_of(queue));
}

IOMMUFD_API void iommufd_hw_queue_release(struct iommufd_hw_queue *queue)
{
	iommufd__object_release(object_of(queue));
}
