/* SPDX-License-Identifier: MIT */
/* Bound physical devices. */
#include "internal.h"

static struct iommufd__bound *bound_of(struct iommufd_device *device)
{
	return (struct iommufd__bound *)device;
}

static const struct iommufd__bound *const_bound_of(
	const struct iommufd_device *device)
{
	return (const struct iommufd__bound *)device;
}

IOMMUFD_API struct iommufd_ctx *iommufd_device_ctx(
	const struct iommufd_device *device)
{
	return device ? const_bound_of(device)->ctx : NULL;
}

IOMMUFD_API int iommufd_device_from_vfio(struct iommufd_vfio *file,
					 struct iommufd_device **device)
{
	struct iommufd__bound *bound;
	int ret = iommufd__bound_from_vfio(file, IOMMUFD_VFIO_PHYSICAL,
					   IOMMUFD_OP_DEVICE_FROM_VFIO,
					   device ? &bound : NULL);

	if (!ret)
		*device = (struct iommufd_device *)bound;
	return ret;
}

IOMMUFD_API void iommufd_device_close(struct iommufd_device *device)
{
	iommufd__bound_close(bound_of(device));
}

IOMMUFD_API uint32_t iommufd_device_id(const struct iommufd_device *device)
{
	return device ? const_bound_of(device)->id : 0;
}

IOMMUFD_API void *iommufd_private_device_base(
	const struct iommufd_device *device,
	const struct iommufd_private_ops *ops)
{
	const struct iommufd__bound *bound = const_bound_of(device);

	return bound && bound->ops == ops ? bound->base : NULL;
}

IOMMUFD_API struct iommufd_vfio *iommufd_device_vfio(
	const struct iommufd_device *device)
{
	return iommufd_private_device_base(device, &iommufd__vfio_ops);
}

IOMMUFD_API int iommufd_device_attach(struct iommufd_device *device,
				      uint32_t page_table, uint32_t *in_force)
{
	uint32_t id = page_table;
	int ret;

	if (!device)
		return iommufd__refused(IOMMUFD_OP_DEVICE_ATTACH,
					IOMMUFD_CAUSE_NULL_POINTER);
	ret = iommufd__bound_attach(bound_of(device), IOMMUFD_OP_DEVICE_ATTACH,
				    &id);
	if (!ret && in_force)
		*in_force = id;
	return ret;
}

IOMMUFD_API int iommufd_device_detach(struct iommufd_device *device)
{
	if (!device)
		return iommufd__refused(IOMMUFD_OP_DEVICE_DETACH,
					IOMMUFD_CAUSE_NULL_POINTER);
	return iommufd__bound_detach(bound_of(device),
				     IOMMUFD_OP_DEVICE_DETACH);
}

IOMMUFD_API int iommufd_private_device_new(
	struct iommufd_ctx *ctx, uint32_t id,
	const struct iommufd_private_ops *ops, void *base,
	struct iommufd_device **device)
{
	struct iommufd__bound *bound = iommufd__bound_new(ctx, id, ops, base);

	if (!bound)
		return iommufd__refused(IOMMUFD_OP_DEVICE_FROM_VFIO,
					IOMMUFD_CAUSE_NO_MEMORY);
	*device = (struct iommufd_device *)bound;
	return 0;
}
