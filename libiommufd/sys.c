/* SPDX-License-Identifier: MIT */
/* The only file that makes system calls. None is ever repeated here. */
#include <errno.h>
#include <fcntl.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "internal.h"

int iommufd__open(const char *path)
{
	int fd = open(path, O_RDWR | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

/* The descriptor is gone even when close() is interrupted. */
int iommufd__close(int fd)
{
	return close(fd) ? -errno : 0;
}

int iommufd__dup(int fd)
{
	int copy = fcntl(fd, F_DUPFD_CLOEXEC, 0);

	return copy < 0 ? -errno : copy;
}

/* iommufd and VFIO share the type and encode neither size nor direction. */
int iommufd__ioctl(int fd, uint32_t nr, void *arg)
{
	int ret = ioctl(fd, _IO(';', nr), arg);

	return ret < 0 ? -errno : ret;
}

IOMMUFD_API int iommufd_private_ioctl(int fd, uint32_t nr, void *arg)
{
	return iommufd__ioctl(fd, nr, arg);
}
