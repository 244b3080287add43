/* SPDX-License-Identifier: MIT */
/* Why a device's file cannot be found. */
#include "diagnose.h"

#include <inttypes.h>
#include <string.h>

/* The caller's word for it, or the address in the record. */
int iommufd__diag_wanted(const struct iommufd__diag *d, char *name, size_t size)
{
	struct iommufd__text text;

	if (!d->name)
		return iommufd__unpack_pci(d->failure.arg, name, size);
	iommufd__text_init(&text, name, size);
	iommufd__text_add(&text, "%s", d->name);
	return iommufd__text_complete(&text);
}

/* The device of a failed call: by its address in the record, or descriptor. */
int iommufd__diag_device(const struct iommufd__diag *d,
			 struct iommufd_node_info *info)
{
	const struct iommufd_find_opts opts = { .size = sizeof(opts),
						.sysfs = d->sysfs,
						.dev = d->dev };
	char address[32];

	memset(info, 0, sizeof(*info));
	info->size = sizeof(*info);
	if (d->failure.op == IOMMUFD_OP_VFIO_BIND &&
	    iommufd__unpack_pci(d->failure.arg, address, sizeof(address)))
		return iommufd_find_pci(address, &opts, info);
	return iommufd_find_fd(d->failure.fd, &opts, info);
}

/* Search again, for what is known of the device. */
static int look(const struct iommufd__diag *d, const char *name,
		struct iommufd_node_info *info)
{
	const struct iommufd_find_opts opts = { .size = sizeof(opts),
						.sysfs = d->sysfs,
						.dev = d->dev };
	char kernel[40];

	if (iommufd__name_pci(name, kernel, sizeof(kernel)))
		return iommufd_find_pci(name, &opts, info);
	return iommufd_find_mdev(name, &opts, info);
}

static void no_driver(struct iommufd__diag *d,
		      const struct iommufd_node_info *info)
{
	if (info->valid & IOMMUFD_NODE_VALID_DRIVER)
		iommufd__text_add(
			&d->text,
			"the driver %s has the device; unbind it and bind the "
			"device to vfio-pci (driver_override)",
			info->driver);
	else
		iommufd__text_add(&d->text,
				  "no driver has the device; bind it to "
				  "vfio-pci (driver_override)");
}

static void no_nodes(struct iommufd__diag *d,
		     const struct iommufd_node_info *info)
{
	iommufd__text_add(&d->text,
			  "the driver %s has it, but this kernel offers no "
			  "device file of its own, only that of its VFIO group",
			  info->valid & IOMMUFD_NODE_VALID_DRIVER ? info->driver
								  : "of VFIO");
	if (info->valid & IOMMUFD_NODE_VALID_GROUP)
		iommufd__text_add(&d->text, " %" PRIu32, info->group);
	iommufd__text_add(&d->text,
			  ": it needs CONFIG_VFIO_DEVICE_CDEV, and Linux 6.6 "
			  "(7.3 for a device without an IOMMU)");
}

void iommufd__diag_find(struct iommufd__diag *d)
{
	struct iommufd_node_info info = { .size = sizeof(info) };
	char name[40], address[40];

	if (d->failure.op != IOMMUFD_OP_FIND ||
	    !iommufd__diag_wanted(d, name, sizeof(name)) ||
	    iommufd_cause(look(d, name, &info)) != d->cause)
		return;
	iommufd__diag_found(d, d->cause);
	switch (d->cause) {
	case IOMMUFD_CAUSE_NO_VFIO_DRIVER:
		no_driver(d, &info);
		break;
	case IOMMUFD_CAUSE_NO_DEVICE_NODES:
		no_nodes(d, &info);
		break;
	case IOMMUFD_CAUSE_NODE_MISSING:
		iommufd__text_add(&d->text,
				  "the kernel has it as %" PRIu32 ":%" PRIu32
				  ", but there is no %s here: pass it into the "
				  "container, or look at udev",
				  info.major, info.minor, info.node);
		break;
	case IOMMUFD_CAUSE_NODE_IS_ANOTHER:
		iommufd__text_add(&d->text,
				  "%s is there, but is not the device file "
				  "%" PRIu32 ":%" PRIu32 " that the kernel has",
				  info.node, info.major, info.minor);
		break;
	case IOMMUFD_CAUSE_NO_SYSFS:
		iommufd__text_add(&d->text, "no sysfs is mounted at %s",
				  d->sysfs);
		break;
	default:
		iommufd__text_add(
			&d->text, "the machine has no %s",
			iommufd__name_pci(name, address, sizeof(address))
				? "device of this address (lspci -D lists them)"
				: "emulated device of this UUID "
				  "(/sys/bus/mdev/devices has them)");
	}
}
