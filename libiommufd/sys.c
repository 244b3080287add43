/* SPDX-License-Identifier: MIT */
/* The only file that makes system calls. None is ever repeated here. */
#include <errno.h>
#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
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

/* Event descriptors never make the caller wait. */
int iommufd__read(int fd, void *buffer, uint32_t length)
{
	ssize_t ret = read(fd, buffer, length);

	return ret < 0 ? -errno : (int)ret;
}

int iommufd__write(int fd, const void *buffer, uint32_t length)
{
	ssize_t ret = write(fd, buffer, length);

	return ret < 0 ? -errno : (int)ret;
}

/* A child would keep the vIOMMU busy without knowing of it. */
int iommufd__mmap(int fd, size_t length, off_t offset, void **address)
{
	void *map = mmap(NULL, length, PROT_READ | PROT_WRITE, MAP_SHARED, fd,
			 offset);

	if (map == MAP_FAILED)
		return -errno;
	if (madvise(map, length, MADV_DONTFORK)) {
		int err = errno;

		(void)munmap(map, length);
		return -err;
	}
	*address = map;
	return 0;
}

int iommufd__munmap(void *address, size_t length)
{
	return munmap(address, length) ? -errno : 0;
}

IOMMUFD_API int iommufd_private_ioctl(int fd, uint32_t nr, void *arg)
{
	return iommufd__ioctl(fd, nr, arg);
}
