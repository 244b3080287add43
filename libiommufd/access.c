/* SPDX-License-Identifier: MIT */
/* Accesses: emulated devices that work on an address space. */
#include "internal.h"

static struct iommufd__bound *bound_of(struct iommufd_access *access)
{
	return (struct iommufd__bound *)access;
}

static const struct iommufd__bound *const_bound_of(
	const struct iommufd_access *access)
{
	return (const struct iommufd__bound *)access;
}

IOMMUFD_API int iommufd_access_from_vfio(struct iommufd_vfio *file,
					 struct iommufd_access **access)
{
	struct iommufd__bound *bound;
	int ret = iommufd__bound_from_vfio(file, IOMMUFD_VFIO_EMULATED,
					   IOMMUFD_OP_ACCESS_FROM_VFIO,
					   access ? &bound : NULL);

	if (!ret)
		*access = (struct iommufd_access *)bound;
	return ret;
}

IOMMUFD_API void iommufd_access_close(struct iommufd_access *access)
{
	iommufd__bound_close(bound_of(access));
}

IOMMUFD_API uint32_t iommufd_access_id(const struct iommufd_access *access)
{
	return access ? const_bound_of(access)->id : 0;
}

IOMMUFD_API struct iommufd_ctx *iommufd_access_ctx(
	const struct iommufd_access *access)
{
	return access ? const_bound_of(access)->ctx : NULL;
}

IOMMUFD_API void *iommufd_private_access_base(
	const struct iommufd_access *access,
	const struct iommufd_private_ops *ops)
{
	const struct iommufd__bound *bound = const_bound_of(access);

	return bound && bound->ops == ops ? bound->base : NULL;
}

IOMMUFD_API struct iommufd_vfio *iommufd_access_vfio(
	const struct iommufd_access *access)
{
	return iommufd_private_access_base(access, &iommufd__vfio_ops);
}

IOMMUFD_API int iommufd_access_attach(struct iommufd_access *access,
				      const struct iommufd_ioas *ioas)
{
	uint32_t id = iommufd_ioas_id(ioas);

	if (!access || !ioas)
		return iommufd__refused(IOMMUFD_OP_ACCESS_ATTACH,
					IOMMUFD_CAUSE_NULL_POINTER);
	if (iommufd_ioas_ctx(ioas) != iommufd_access_ctx(access))
		return iommufd__refused(IOMMUFD_OP_ACCESS_ATTACH,
					IOMMUFD_CAUSE_OTHER_CONTEXT);
	return iommufd__bound_attach(bound_of(access), IOMMUFD_OP_ACCESS_ATTACH,
				     0, &id);
}

IOMMUFD_API int iommufd_access_detach(struct iommufd_access *access)
{
	if (!access)
		return iommufd__refused(IOMMUFD_OP_ACCESS_DETACH,
					IOMMUFD_CAUSE_NULL_POINTER);
	return iommufd__bound_detach(bound_of(access), IOMMUFD_OP_ACCESS_DETACH,
				     0);
}

IOMMUFD_API int iommufd_private_access_new(
	struct iommufd_ctx *ctx, uint32_t id,
	const struct iommufd_private_ops *ops, void *base,
	struct iommufd_access **access)
{
	struct iommufd__bound *bound;
	int ret = iommufd__bound_private(IOMMUFD_OP_ACCESS_FROM_VFIO, ctx, id,
					 ops, base, &bound);

	if (!ret)
		*access = (struct iommufd_access *)bound;
	return ret;
}
