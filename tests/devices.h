/* SPDX-License-Identifier: MIT */
/* VFIO devices of the scenarios, by the variable that holds their address. */
#ifndef TESTS_DEVICES_H
#define TESTS_DEVICES_H

#include <stddef.h>
#include <stdint.h>

#include <iommufd/iommufd.h>
#include <iommufd/util/util.h>

/* The device's node, group and the like. */
struct iommufd_node_info device_node(const char *variable);

/* Its file: opened, and bound to a context as well. */
struct iommufd_vfio *device_open(const char *variable);
struct iommufd_vfio *device_bind(const char *variable, struct iommufd_ctx *ctx);

/* A device, which alone holds its file. */
struct iommufd_device *device_new(const char *variable,
				  struct iommufd_ctx *ctx);

/* Take the device's driver away, or give it vfio-pci again. */
void device_driver(const char *variable, int on);

/* Whether the kernel under test is the old one, 6.12. */
int device_old_kernel(void);

/* Whether the IOMMU of the scenario is this one: "vtd", "amd", "virtio", "smmuv3". */
int device_iommu(const char *name);

/* Where it takes the interrupts of devices, or the kernel maps their target. */
struct iommufd_iova_range device_msi_window(void);

/* The device's config space: memory and bus mastering on or off; any bytes. */
void device_enable(struct iommufd_vfio *file);
void device_disable(struct iommufd_vfio *file);
void device_config_read(struct iommufd_vfio *file, unsigned int offset,
			void *data, size_t length);

/* New objects, which must come. */
struct iommufd_ioas *new_ioas(struct iommufd_ctx *ctx);
struct iommufd_hwpt *new_hwpt(struct iommufd_device *device,
			      struct iommufd_ioas *ioas);

#endif /* TESTS_DEVICES_H */
