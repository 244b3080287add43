/* SPDX-License-Identifier: MIT */
/* Bound physical devices. */
#include "internal.h"

/* sizeof(struct iommufd_device_pasid_opts) in 0.1.0. */
#define PASID_OPTS_MIN 16

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
				    0, &id);
	if (!ret && in_force)
		*in_force = id;
	return ret;
}

IOMMUFD_API int iommufd_device_detach(struct iommufd_device *device)
{
	if (!device)
		return iommufd__refused(IOMMUFD_OP_DEVICE_DETACH,
					IOMMUFD_CAUSE_NULL_POINTER);
	return iommufd__bound_detach(bound_of(device), IOMMUFD_OP_DEVICE_DETACH,
				     0);
}

static int pasid_refused(const struct iommufd_device *device, uint32_t op,
			 uint32_t pasid, uint32_t cause)
{
	const struct iommufd_failure call = { .op = op,
					      .fd = -1,
					      .object_id =
						      iommufd_device_id(device),
					      .memory_fd = -1,
					      .arg = pasid };

	return iommufd__refused_as(&call, cause);
}

/* What the kernel would accept although nothing good comes of it. */
static uint32_t pasid_check(const struct iommufd_device_pasid_opts *o)
{
	if (o->flags & ~(uint32_t)IOMMUFD_PASID_WIDTH_VALID)
		return IOMMUFD_CAUSE_BAD_FLAGS;
	if (!o->pasid)
		return IOMMUFD_CAUSE_BAD_PASID;
	if (!(o->flags & IOMMUFD_PASID_WIDTH_VALID))
		return 0;
	if (!o->max_pasid_log2)
		return IOMMUFD_CAUSE_NO_PASID;
	if (o->max_pasid_log2 < 32 && o->pasid >> o->max_pasid_log2)
		return IOMMUFD_CAUSE_BAD_PASID;
	return 0;
}

IOMMUFD_API int iommufd_device_attach_pasid(
	struct iommufd_device *device,
	const struct iommufd_device_pasid_opts *pasid, uint32_t page_table,
	uint32_t *in_force)
{
	const uint32_t op = IOMMUFD_OP_DEVICE_ATTACH_PASID;
	struct iommufd_device_pasid_opts o;
	uint32_t id = page_table;
	uint32_t cause;
	int ret;

	if (!device || !pasid)
		return iommufd__refused(op, IOMMUFD_CAUSE_NULL_POINTER);
	cause = iommufd__opts_load(&o, sizeof(o), pasid, PASID_OPTS_MIN);
	if (!cause)
		cause = pasid_check(&o);
	if (cause)
		return pasid_refused(device, op, o.pasid, cause);
	ret = iommufd__bound_attach(bound_of(device), op, o.pasid, &id);
	if (!ret && in_force)
		*in_force = id;
	return ret;
}

IOMMUFD_API int iommufd_device_detach_pasid(struct iommufd_device *device,
					    uint32_t pasid)
{
	const uint32_t op = IOMMUFD_OP_DEVICE_DETACH_PASID;

	if (!device)
		return iommufd__refused(op, IOMMUFD_CAUSE_NULL_POINTER);
	if (!pasid)
		return pasid_refused(device, op, pasid,
				     IOMMUFD_CAUSE_BAD_PASID);
	return iommufd__bound_detach(bound_of(device), op, pasid);
}

IOMMUFD_API int iommufd_private_device_new(
	struct iommufd_ctx *ctx, uint32_t id,
	const struct iommufd_private_ops *ops, void *base,
	struct iommufd_device **device)
{
	struct iommufd__bound *bound;
	int ret = iommufd__bound_private(IOMMUFD_OP_DEVICE_FROM_VFIO, ctx, id,
					 ops, base, &bound);

	if (!ret)
		*device = (struct iommufd_device *)bound;
	return ret;
}
