/* SPDX-License-Identifier: MIT */
/* From a device's address to its VFIO device file. */
#include "internal.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

/* sizeof(struct iommufd_find_opts) in 0.1.0. */
#define FIND_OPTS_MIN (8 + 2 * sizeof(void *))

_Static_assert(sizeof(struct iommufd_find_opts) >= FIND_OPTS_MIN, "grown only");
_Static_assert(sizeof(struct iommufd_node_info) >= IOMMUFD__NODE_INFO_MIN,
	       "grown only");

#define NOIOMMU_PREFIX "noiommu-"

struct finder {
	const char *sysfs, *dev;
	struct iommufd_node_info info;
};

/* Caller's structs in; 0 or a typed error. */
static int finder_init(struct finder *finder,
		       const struct iommufd_find_opts *opts,
		       const struct iommufd_node_info *info)
{
	struct iommufd_find_opts known;
	uint32_t cause = iommufd__util_in_check(info, IOMMUFD__NODE_INFO_MIN);

	if (!cause)
		cause = iommufd__util_opts_load(&known, sizeof(known), opts,
						FIND_OPTS_MIN);
	if (!cause && known.reserved)
		cause = IOMMUFD_CAUSE_OPTS_RESERVED;
	if (cause)
		return iommufd__find_refused(cause);
	memset(&finder->info, 0, sizeof(finder->info));
	finder->sysfs = known.sysfs ? known.sysfs : "/sys";
	finder->dev = known.dev ? known.dev : "/dev";
	return 0;
}

/* A directory without "bus" in it is no sysfs: an unused mount point. */
static int check_sysfs(const struct finder *finder)
{
	int root = iommufd__sysfs_dir(AT_FDCWD, finder->sysfs);
	int bus;

	if (root < 0)
		return iommufd__find_failed(root, IOMMUFD_CAUSE_NO_SYSFS);
	bus = iommufd__sysfs_dir(root, "bus");
	close(root);
	if (bus < 0)
		return iommufd__find_failed(bus, IOMMUFD_CAUSE_NO_SYSFS);
	close(bus);
	return 0;
}

static int is_vfio_name(const char *name)
{
	if (!strncmp(name, NOIOMMU_PREFIX, strlen(NOIOMMU_PREFIX)))
		name += strlen(NOIOMMU_PREFIX);
	return !strncmp(name, "vfio", 4) && isdigit((unsigned char)name[4]);
}

/* The name of the device file, which the driver has put below the device. */
static int find_name(int device, char *name, size_t size)
{
	int fd = iommufd__sysfs_dir(device, "vfio-dev");
	const struct dirent *entry;
	int ret = -ENOENT;
	DIR *dir;

	if (fd < 0)
		return fd;
	dir = fdopendir(fd);
	if (!dir) {
		ret = -errno;
		close(fd);
		return ret;
	}
	while (ret == -ENOENT && (entry = readdir(dir))) {
		if (!is_vfio_name(entry->d_name))
			continue;
		ret = strlen(entry->d_name) < size ? 0 : -ENAMETOOLONG;
		if (!ret)
			strcpy(name, entry->d_name);
	}
	closedir(dir);
	return ret;
}

/* What is told of a device apart from its node: all of it may be missing. */
static int fill_device(struct finder *finder, int device, const char *path)
{
	struct iommufd_node_info *info = &finder->info;

	if (!iommufd__sysfs_link(device, "driver", info->driver,
				 sizeof(info->driver)))
		info->valid |= IOMMUFD_NODE_VALID_DRIVER;
	if (!iommufd__sysfs_number(device, "iommu_group", &info->group))
		info->valid |= IOMMUFD_NODE_VALID_GROUP;
	return iommufd__sysfs_realpath(path, info->sysfs, sizeof(info->sysfs));
}

static int fill_node(struct finder *finder, const char *name, dev_t number)
{
	struct iommufd_node_info *info = &finder->info;
	struct iommufd__text node;

	iommufd__text_init(&node, info->node, sizeof(info->node));
	iommufd__text_add(&node, "%s/vfio/devices/%s", finder->dev, name);
	if (!iommufd__text_complete(&node))
		return -ENAMETOOLONG;
	if (!strncmp(name, NOIOMMU_PREFIX, strlen(NOIOMMU_PREFIX)))
		info->flags |= IOMMUFD_NODE_NOIOMMU;
	info->major = major(number);
	info->minor = minor(number);
	return 0;
}

static int is_number_of(const struct iommufd_node_info *info,
			const struct stat *st)
{
	return S_ISCHR(st->st_mode) &&
	       st->st_rdev == makedev(info->major, info->minor);
}

static int check_node(const struct iommufd_node_info *info)
{
	struct stat st;

	if (stat(info->node, &st))
		return iommufd__find_failed(-errno, IOMMUFD_CAUSE_NODE_MISSING);
	if (!is_number_of(info, &st))
		return iommufd__find_refused(IOMMUFD_CAUSE_NODE_IS_ANOTHER);
	return 0;
}

/* @device is the open directory @path. */
static int find_node(struct finder *finder, int device, const char *path)
{
	char name[NAME_MAX + 1], attribute[NAME_MAX + 16];
	dev_t number;
	int ret;

	ret = fill_device(finder, device, path);
	if (ret)
		return iommufd__find_failed(ret, IOMMUFD_CAUSE_NO_SUCH_DEVICE);
	ret = find_name(device, name, sizeof(name));
	if (ret)
		return iommufd__find_failed(ret, IOMMUFD_CAUSE_NO_VFIO_DRIVER);
	snprintf(attribute, sizeof(attribute), "vfio-dev/%s/dev", name);
	ret = iommufd__sysfs_devno(device, attribute, &number);
	if (ret)
		return iommufd__find_failed(ret, IOMMUFD_CAUSE_NO_DEVICE_NODES);
	ret = fill_node(finder, name, number);
	if (ret)
		return iommufd__util_failed(IOMMUFD_OP_FIND,
					    IOMMUFD_CAUSE_BAD_NAME, -ret);
	return check_node(&finder->info);
}

/* What is known of the device goes out, found to the end or not. */
static int found(const struct finder *finder, int ret,
		 struct iommufd_node_info *info)
{
	if (!ret || iommufd_is(ret, IOMMUFD_CAUSE_NO_VFIO_DRIVER) ||
	    iommufd_is(ret, IOMMUFD_CAUSE_NO_DEVICE_NODES) ||
	    iommufd_is(ret, IOMMUFD_CAUSE_NODE_MISSING) ||
	    iommufd_is(ret, IOMMUFD_CAUSE_NODE_IS_ANOTHER))
		iommufd__util_out_store(info, &finder->info,
					sizeof(finder->info));
	return ret;
}

static int find_below(struct finder *finder, const char *bus, const char *name)
{
	struct iommufd__text text;
	char path[PATH_MAX];
	int device, ret;

	iommufd__text_init(&text, path, sizeof(path));
	iommufd__text_add(&text, "%s/bus/%s/devices/%s", finder->sysfs, bus,
			  name);
	if (!iommufd__text_complete(&text))
		return iommufd__find_refused(IOMMUFD_CAUSE_BAD_NAME);
	ret = check_sysfs(finder);
	if (ret)
		return ret;
	device = iommufd__sysfs_dir(AT_FDCWD, path);
	if (device < 0)
		return iommufd__find_failed(device,
					    IOMMUFD_CAUSE_NO_SUCH_DEVICE);
	ret = find_node(finder, device, path);
	close(device);
	return ret;
}

/* The record of a failed search says what was searched. */
static int note_address(int ret, const char *name)
{
	struct iommufd_failure failure = { .size = sizeof(failure) };

	if (!ret || iommufd_failure_get(ret, &failure))
		return ret;
	failure.arg = iommufd__pack_pci(name);
	return iommufd_failure_set(&failure);
}

UTIL_API int iommufd_find_pci(const char *address,
			      const struct iommufd_find_opts *opts,
			      struct iommufd_node_info *info)
{
	struct finder finder;
	char name[32];
	int ret;

	if (!address)
		return iommufd__find_refused(IOMMUFD_CAUSE_NULL_POINTER);
	ret = finder_init(&finder, opts, info);
	if (ret)
		return ret;
	if (!iommufd__name_pci(address, name, sizeof(name)))
		return iommufd__find_refused(IOMMUFD_CAUSE_BAD_NAME);
	ret = found(&finder, find_below(&finder, "pci", name), info);
	return note_address(ret, name);
}

UTIL_API int iommufd_find_mdev(const char *uuid,
			       const struct iommufd_find_opts *opts,
			       struct iommufd_node_info *info)
{
	struct finder finder;
	char name[37];
	int ret;

	if (!uuid)
		return iommufd__find_refused(IOMMUFD_CAUSE_NULL_POINTER);
	ret = finder_init(&finder, opts, info);
	if (ret)
		return ret;
	if (!iommufd__name_mdev(uuid, name, sizeof(name)))
		return iommufd__find_refused(IOMMUFD_CAUSE_BAD_NAME);
	return found(&finder, find_below(&finder, "mdev", name), info);
}

/* @path is the class directory of a VFIO device with this number. */
static int find_class(struct finder *finder, const char *path, dev_t number)
{
	char real[PATH_MAX], device_path[PATH_MAX + 8], subsystem[16];
	int class_dir, device, ret;

	class_dir = iommufd__sysfs_dir(AT_FDCWD, path);
	if (class_dir < 0)
		return iommufd__find_failed(class_dir,
					    IOMMUFD_CAUSE_NOT_VFIO_DEVICE);
	ret = iommufd__sysfs_link(class_dir, "subsystem", subsystem,
				  sizeof(subsystem));
	device = iommufd__sysfs_dir(class_dir, "device");
	close(class_dir);
	if (ret || strcmp(subsystem, "vfio-dev")) {
		if (device >= 0)
			close(device);
		return iommufd__find_refused(IOMMUFD_CAUSE_NOT_VFIO_DEVICE);
	}
	if (device < 0)
		return iommufd__find_failed(device,
					    IOMMUFD_CAUSE_NO_SUCH_DEVICE);
	ret = iommufd__sysfs_realpath(path, real, sizeof(real));
	if (!ret)
		ret = fill_node(finder, iommufd__basename(real), number);
	if (!ret) {
		snprintf(device_path, sizeof(device_path), "%s/device", real);
		ret = fill_device(finder, device, device_path);
	}
	close(device);
	return ret ? iommufd__find_failed(ret, IOMMUFD_CAUSE_NO_SUCH_DEVICE)
		   : 0;
}

UTIL_API int iommufd_find_fd(int fd, const struct iommufd_find_opts *opts,
			     struct iommufd_node_info *info)
{
	struct iommufd__text text;
	struct finder finder;
	char path[PATH_MAX];
	struct stat st;
	int ret;

	ret = finder_init(&finder, opts, info);
	if (ret)
		return ret;
	if (fstat(fd, &st))
		return iommufd__find_refused(IOMMUFD_CAUSE_BAD_FD);
	if (!S_ISCHR(st.st_mode))
		return iommufd__find_refused(IOMMUFD_CAUSE_NOT_VFIO_DEVICE);
	ret = check_sysfs(&finder);
	if (ret)
		return ret;
	iommufd__text_init(&text, path, sizeof(path));
	iommufd__text_add(&text, "%s/dev/char/%u:%u", finder.sysfs,
			  major(st.st_rdev), minor(st.st_rdev));
	if (!iommufd__text_complete(&text))
		return iommufd__find_refused(IOMMUFD_CAUSE_BAD_NAME);
	ret = find_class(&finder, path, st.st_rdev);
	if (!ret)
		iommufd__util_out_store(info, &finder.info,
					sizeof(finder.info));
	return ret;
}

/*
 * Is the open file that of the device that was found? The kernel makes name and
 * number of one index, so that only the device's own directory can tell; and
 * while the file is open the index is not given to another one.
 */
static int check_opened(const struct iommufd_node_info *known, int fd)
{
	char name[NAME_MAX + 1], attribute[NAME_MAX + 16];
	int device = iommufd__sysfs_dir(AT_FDCWD, known->sysfs);
	struct stat st;
	dev_t number;
	int ret;

	if (device < 0)
		return iommufd__find_failed(device,
					    IOMMUFD_CAUSE_NODE_IS_ANOTHER);
	ret = find_name(device, name, sizeof(name));
	if (!ret) {
		snprintf(attribute, sizeof(attribute), "vfio-dev/%s/dev", name);
		ret = iommufd__sysfs_devno(device, attribute, &number);
	}
	close(device);
	if (ret)
		return iommufd__find_failed(ret, IOMMUFD_CAUSE_NODE_IS_ANOTHER);
	if (fstat(fd, &st) || !is_number_of(known, &st) || st.st_rdev != number)
		return iommufd__find_refused(IOMMUFD_CAUSE_NODE_IS_ANOTHER);
	return 0;
}

UTIL_API int iommufd_find_open(const struct iommufd_node_info *info,
			       struct iommufd_vfio **file)
{
	struct iommufd_node_info known;
	struct iommufd_vfio *opened;
	uint32_t cause = file ? iommufd__find_load(&known, info)
			      : IOMMUFD_CAUSE_NULL_POINTER;
	int ret;

	if (cause)
		return iommufd__find_refused(cause);
	ret = iommufd_vfio_open(known.node, &opened);
	if (ret)
		return ret;
	ret = check_opened(&known, iommufd_vfio_fd(opened));
	if (ret) {
		iommufd_vfio_close(opened);
		return ret;
	}
	*file = opened;
	return 0;
}
