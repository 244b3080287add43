/* SPDX-License-Identifier: MIT */
/* Devices behind a guest's IOMMU by the ids that they are known by. */
#include "nesting.h"

#include <errno.h>

int iommufd__nested_name(struct iommufd_nested_device *nested, uint64_t virt_id)
{
	int ret = iommufd_vdevice_alloc(nested->nesting->viommu, nested->device,
					virt_id, &nested->vdevice);

	if (!ret)
		nested->virt_id = virt_id;
	return ret;
}

/* What is gone already is ended. */
int iommufd__nested_unname(struct iommufd_nested_device *nested)
{
	int ret = iommufd_vdevice_destroy(nested->vdevice);

	if (iommufd__nesting_gone(ret)) {
		iommufd_vdevice_release(nested->vdevice);
		ret = 0;
	}
	if (!ret)
		nested->vdevice = NULL;
	return ret;
}

struct iommufd_nested_device *iommufd__nested_by_virt_id(
	const struct iommufd_nesting *nesting, uint64_t virt_id)
{
	struct iommufd_nested_device *n = nesting->devices;

	while (n && !(n->vdevice && n->virt_id == virt_id))
		n = n->next;
	return n;
}

/* The kernel has one id for a device, so the old one goes first. */
static int rename_to(struct iommufd_nested_device *nested, uint64_t virt_id)
{
	struct iommufd_failure failure = { .size = sizeof(failure) };
	const int had_one = nested->vdevice != NULL;
	int ret;

	iommufd_failure_keep(&failure);
	ret = iommufd__nested_unname(nested);
	if (ret)
		return ret;
	iommufd_failure_set(&failure);
	ret = iommufd__nested_name(nested, virt_id);
	if (!ret || !had_one)
		return ret;
	iommufd_failure_keep(&failure);
	(void)iommufd__nested_name(nested, nested->virt_id);
	iommufd_failure_set(&failure);
	return ret;
}

UTIL_API int iommufd_nested_device_set_virt_id(
	struct iommufd_nested_device *nested, uint64_t virt_id)
{
	const struct iommufd_nested_device *other;

	if (!nested)
		return iommufd__nesting_refused(IOMMUFD_CAUSE_NULL_POINTER);
	if (!nested->nesting->viommu)
		return iommufd__nesting_unsuited();
	if (nested->self.state != IOMMUFD_NESTED_UNSET &&
	    nested->self.state != IOMMUFD_NESTED_ABORT)
		return iommufd__nesting_refused(IOMMUFD_CAUSE_NESTED_STATE);
	other = iommufd__nested_by_virt_id(nested->nesting, virt_id);
	if (other == nested)
		return 0;
	if (other)
		return iommufd__util_failed(IOMMUFD_OP_NESTING,
					    IOMMUFD_CAUSE_VDEVICE_EXISTS,
					    EEXIST);
	return rename_to(nested, virt_id);
}

UTIL_API struct iommufd_nested_device *iommufd_nesting_find_device(
	const struct iommufd_nesting *nesting, uint32_t device_id)
{
	struct iommufd_nested_device *n = nesting ? nesting->devices : NULL;

	while (n && iommufd_device_id(n->device) != device_id)
		n = n->next;
	return n;
}

UTIL_API struct iommufd_nested_device *iommufd_nesting_find_virt_id(
	const struct iommufd_nesting *nesting, uint64_t virt_id)
{
	return nesting ? iommufd__nested_by_virt_id(nesting, virt_id) : NULL;
}

UTIL_API struct iommufd_device *iommufd_nested_device_device(
	const struct iommufd_nested_device *nested)
{
	return nested ? nested->device : NULL;
}

UTIL_API struct iommufd_vdevice *iommufd_nested_device_vdevice(
	const struct iommufd_nested_device *nested)
{
	return nested ? nested->vdevice : NULL;
}

UTIL_API uint64_t
iommufd_nested_device_virt_id(const struct iommufd_nested_device *nested)
{
	return nested && nested->vdevice ? nested->virt_id : 0;
}
