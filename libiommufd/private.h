/* SPDX-License-Identifier: MIT */
/*
 * What the mock support (tests/mock/) hooks in with: exported under the version
 * node LIBIOMMUFD_PRIVATE for this one user, without any promise.
 */
#ifndef LIBIOMMUFD_PRIVATE_H
#define LIBIOMMUFD_PRIVATE_H

#include <stdint.h>

#include <iommufd/iommufd.h>

/*
 * How a device or an access is attached and let go of. VFIO device files have
 * one such table, mock devices another. Functions return 0 or a negative errno;
 * `flags` has bit 0 set when `pasid` counts. The size is that of the table the
 * user was built with: no handle is made of another one.
 */
struct iommufd_private_ops {
	uint32_t size;
	int (*attach)(void *base, uint32_t flags, uint32_t pasid,
		      uint32_t *pt_id);
	int (*detach)(void *base, uint32_t flags, uint32_t pasid);
	void (*close)(void *base);
};

/*
 * Make a handle over @base, which it closes at its end. The context gets one
 * more reference. On failure @base is the caller's.
 */
int iommufd_private_device_new(struct iommufd_ctx *ctx, uint32_t id,
			       const struct iommufd_private_ops *ops,
			       void *base, struct iommufd_device **device);
int iommufd_private_access_new(struct iommufd_ctx *ctx, uint32_t id,
			       const struct iommufd_private_ops *ops,
			       void *base, struct iommufd_access **access);

/* The base of a handle with these ops, NULL for one with others. */
void *iommufd_private_device_base(const struct iommufd_device *device,
				  const struct iommufd_private_ops *ops);
void *iommufd_private_access_base(const struct iommufd_access *access,
				  const struct iommufd_private_ops *ops);

/* Record the failure and give the typed error for errno @err. */
int iommufd_private_failed(const struct iommufd_failure *failure, int err);

/* One ioctl of number @nr: what it returned, or a negative errno. */
int iommufd_private_ioctl(int fd, uint32_t nr, void *arg);

#endif /* LIBIOMMUFD_PRIVATE_H */
