/* SPDX-License-Identifier: MIT */
/* Virtual devices. */
#include "internal.h"

static struct iommufd__object *object_of(struct iommufd_vdevice *vdevice)
{
	return (struct iommufd__object *)vdevice;
}

static int alloc_failed(int fd, const struct uapi_vdevice_alloc *cmd, int err)
{
	const struct iommufd_failure call = { .op = IOMMUFD_OP_VDEVICE_ALLOC,
					      .fd = fd,
					      .object_id = cmd->dev_id,
					      .other_id = cmd->viommu_id,
					      .memory_fd = -1,
					      .arg = cmd->virt_id };

	return iommufd__failed(&call, err);
}

static int refused(uint32_t cause)
{
	return iommufd__refused(IOMMUFD_OP_VDEVICE_ALLOC, cause);
}

IOMMUFD_API int iommufd_vdevice_alloc(struct iommufd_viommu *viommu,
				      struct iommufd_device *device,
				      uint64_t virt_id,
				      struct iommufd_vdevice **vdevice)
{
	const struct iommufd__object *in = (struct iommufd__object *)viommu;
	struct uapi_vdevice_alloc cmd = { .size = sizeof(cmd),
					  .dev_id = iommufd_device_id(device),
					  .virt_id = virt_id };
	struct iommufd__object *new;
	int fd, ret;

	if (!in || !device || !vdevice)
		return refused(IOMMUFD_CAUSE_NULL_POINTER);
	if (in->ctx != iommufd_device_ctx(device))
		return refused(IOMMUFD_CAUSE_OTHER_CONTEXT);
	new = iommufd__object_new(in->ctx);
	if (!new)
		return refused(IOMMUFD_CAUSE_NO_MEMORY);
	cmd.viommu_id = in->id;
	fd = iommufd_ctx_fd(in->ctx);
	ret = iommufd__ioctl(fd, IOMMUFD_NR_VDEVICE_ALLOC, &cmd);
	if (ret < 0) {
		iommufd__object_release(new);
		return alloc_failed(fd, &cmd, -ret);
	}
	new->id = cmd.out_vdevice_id;
	*vdevice = (struct iommufd_vdevice *)new;
	return 0;
}

IOMMUFD_API int iommufd_vdevice_adopt(struct iommufd_ctx *ctx, uint32_t id,
				      uint32_t flags,
				      struct iommufd_vdevice **vdevice)
{
	struct iommufd__object *new;
	int ret = iommufd__object_adopt(ctx, id, flags, IOMMUFD_ADOPT_OWNED,
					IOMMUFD_OP_VDEVICE_ADOPT,
					vdevice ? &new : NULL);

	if (!ret)
		*vdevice = (struct iommufd_vdevice *)new;
	return ret;
}

IOMMUFD_API uint32_t iommufd_vdevice_id(const struct iommufd_vdevice *vdevice)
{
	return vdevice ? ((const struct iommufd__object *)vdevice)->id : 0;
}

IOMMUFD_API struct iommufd_ctx *iommufd_vdevice_ctx(
	const struct iommufd_vdevice *vdevice)
{
	return vdevice ? ((const struct iommufd__object *)vdevice)->ctx : NULL;
}

IOMMUFD_API int iommufd_vdevice_destroy(struct iommufd_vdevice *vdevice)
{
	return iommufd__object_destroy(object_of(vdevice));
}

IOMMUFD_API void iommufd_vdevice_release(struct iommufd_vdevice *vdevice)
{
	iommufd__object_release(object_of(vdevice));
}
