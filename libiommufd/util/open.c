/* SPDX-License-Identifier: MIT */
/* The usual way from a device's address to a bound device. */
#include "internal.h"

static int open_file(const char *address, const struct iommufd_find_opts *opts,
		     struct iommufd_vfio **file)
{
	struct iommufd_node_info info = { .size = sizeof(info) };
	int ret = iommufd_find_pci(address, opts, &info);

	return ret ? ret : iommufd_find_open(&info, file);
}

/* The descriptor is closed: the record says by the address what was bound. */
static int note_address(int ret, const char *address)
{
	struct iommufd_failure failure = { .size = sizeof(failure) };
	char name[32];

	if (iommufd_failure_get(ret, &failure) ||
	    failure.op != IOMMUFD_OP_VFIO_BIND ||
	    !iommufd__name_pci(address, name, sizeof(name)))
		return ret;
	failure.arg = iommufd__pack_pci(name);
	failure.fd = -1;
	return iommufd_failure_set(&failure);
}

UTIL_API int iommufd_open_pci(struct iommufd_ctx *ctx, const char *address,
			      const struct iommufd_find_opts *opts,
			      struct iommufd_device **device)
{
	struct iommufd_vfio *file;
	int ret;

	if (!ctx || !device)
		return iommufd__util_refused(IOMMUFD_OP_FIND,
					     IOMMUFD_CAUSE_NULL_POINTER);
	ret = open_file(address, opts, &file);
	if (ret)
		return ret;
	ret = iommufd_vfio_bind(file, ctx, NULL);
	if (!ret)
		ret = iommufd_device_from_vfio(file, device);
	/* The device, if there is one, holds the descriptor. */
	iommufd_vfio_close(file);
	return ret ? note_address(ret, address) : 0;
}
