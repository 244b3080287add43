/* SPDX-License-Identifier: MIT */
/* Whether a device is alone in its group, as nested translation needs it. */
#include "nesting.h"

#include <dirent.h>
#include <string.h>
#include <unistd.h>

/* In the first bytes of a PCI device's class: a bridge between buses. */
#define CLASS_BRIDGE "0x0604"

/* It takes no part in what the group's page table is: it only passes on. */
static int is_bridge(int devices, const char *name)
{
	int device = iommufd__sysfs_dir(devices, name);
	char class[16];
	int found;

	if (device < 0)
		return 0;
	found = iommufd__sysfs_text(device, "class", class, sizeof(class)) >
			0 &&
		!strncmp(class, CLASS_BRIDGE, strlen(CLASS_BRIDGE));
	close(device);
	return found;
}

/* Devices of the group, bridges left out; 0 when they cannot be told. */
static uint32_t count_devices(const struct iommufd_node_info *info)
{
	struct iommufd__text text;
	const struct dirent *entry;
	uint32_t count = 0;
	char path[512];
	DIR *dir;

	iommufd__text_init(&text, path, sizeof(path));
	iommufd__text_add(&text, "%s/iommu_group/devices", info->sysfs);
	dir = opendir(path);
	while (dir && (entry = readdir(dir)))
		count += entry->d_name[0] != '.' &&
			 !is_bridge(dirfd(dir), entry->d_name);
	if (dir)
		closedir(dir);
	return count;
}

/* A device without a file, and one that sysfs does not know, may be. */
int iommufd__nesting_shares_group(struct iommufd_device *device)
{
	struct iommufd_failure failure = { .size = sizeof(failure) };
	struct iommufd_node_info info = { .size = sizeof(info) };
	struct iommufd_vfio *file = iommufd_device_vfio(device);
	int shares = 0;

	if (!file)
		return 0;
	iommufd_failure_keep(&failure);
	if (!iommufd_find_fd(iommufd_vfio_fd(file), NULL, &info))
		shares = count_devices(&info) > 1;
	iommufd_failure_set(&failure);
	return shares;
}
