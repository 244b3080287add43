/* SPDX-License-Identifier: MIT */
/* What a device and an access have in common: being made, attached, ended. */
#include <stdlib.h>

#include "internal.h"

struct iommufd__bound *iommufd__bound_new(struct iommufd_ctx *ctx, uint32_t id,
					  const struct iommufd_private_ops *ops,
					  void *base)
{
	struct iommufd__bound *bound = calloc(1, sizeof(*bound));

	if (!bound)
		return NULL;
	bound->ctx = iommufd__ctx_get(ctx);
	bound->id = id;
	bound->ops = ops;
	bound->base = base;
	return bound;
}

/* Over the table of another library, which may be of another release. */
int iommufd__bound_private(uint32_t op, struct iommufd_ctx *ctx, uint32_t id,
			   const struct iommufd_private_ops *ops, void *base,
			   struct iommufd__bound **bound)
{
	if (ops->size != sizeof(*ops))
		return iommufd__refused(op, IOMMUFD_CAUSE_OPTS_SIZE);
	*bound = iommufd__bound_new(ctx, id, ops, base);
	return *bound ? 0 : iommufd__refused(op, IOMMUFD_CAUSE_NO_MEMORY);
}

int iommufd__bound_from_vfio(struct iommufd_vfio *file, uint32_t kind,
			     uint32_t op, struct iommufd__bound **bound)
{
	struct iommufd_ctx *ctx;
	int ret;

	if (!file || !bound)
		return iommufd__refused(op, IOMMUFD_CAUSE_NULL_POINTER);
	ret = iommufd__vfio_get(file, op, kind, &ctx);
	if (ret)
		return ret;
	*bound = iommufd__bound_new(ctx, iommufd_vfio_id(file),
				    &iommufd__vfio_ops, file);
	if (*bound)
		return 0;
	iommufd__vfio_ops.close(file);
	return iommufd__refused(op, IOMMUFD_CAUSE_NO_MEMORY);
}

void iommufd__bound_close(struct iommufd__bound *bound)
{
	if (!bound)
		return;
	bound->ops->close(bound->base);
	iommufd__ctx_put(bound->ctx);
	free(bound);
}

static int failed(const struct iommufd__bound *bound, uint32_t op,
		  uint32_t pasid, uint32_t pt_id, int err)
{
	struct iommufd_failure call = { .op = op,
					.fd = iommufd_ctx_fd(bound->ctx),
					.object_id = bound->id,
					.other_id = pt_id,
					.memory_fd = -1,
					.arg = pasid };

	if (bound->ops == &iommufd__vfio_ops)
		call.fd = iommufd_vfio_fd(bound->base);
	return iommufd__failed(&call, err);
}

int iommufd__bound_attach(struct iommufd__bound *bound, uint32_t op,
			  uint32_t pasid, uint32_t *pt_id)
{
	uint32_t flags = pasid ? UAPI_VFIO_ATTACH_PASID : 0;
	uint32_t wanted = *pt_id;
	int ret = bound->ops->attach(bound->base, flags, pasid, pt_id);

	return ret ? failed(bound, op, pasid, wanted, -ret) : 0;
}

int iommufd__bound_detach(struct iommufd__bound *bound, uint32_t op,
			  uint32_t pasid)
{
	uint32_t flags = pasid ? UAPI_VFIO_DETACH_PASID : 0;
	int ret = bound->ops->detach(bound->base, flags, pasid);

	return ret ? failed(bound, op, pasid, 0, -ret) : 0;
}
