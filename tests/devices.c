/* SPDX-License-Identifier: MIT */
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "devices.h"
#include "harness.h"

#define PCI_COMMAND	      0x04
#define PCI_MEMORY_AND_MASTER 0x06

struct iommufd_node_info device_node(const char *variable)
{
	struct iommufd_node_info info = { .size = sizeof(info) };

	OK(iommufd_find_pci(harness_env(variable), NULL, &info));
	return info;
}

struct iommufd_vfio *device_open(const char *variable)
{
	const struct iommufd_node_info info = device_node(variable);
	struct iommufd_vfio *file = NULL;

	OK(iommufd_vfio_open(info.node, &file));
	return file;
}

struct iommufd_vfio *device_bind(const char *variable, struct iommufd_ctx *ctx)
{
	struct iommufd_vfio *file = device_open(variable);

	OK(iommufd_vfio_bind(file, ctx, NULL));
	return file;
}

struct iommufd_device *device_new(const char *variable, struct iommufd_ctx *ctx)
{
	struct iommufd_vfio *file = device_bind(variable, ctx);
	struct iommufd_device *device = NULL;

	OK(iommufd_device_from_vfio(file, &device));
	iommufd_vfio_close(file);
	return device;
}

void device_driver(const char *variable, int on)
{
	const char *path = on ? "/sys/bus/pci/drivers_probe"
			      : "/sys/bus/pci/drivers/vfio-pci/unbind";
	const char *address = harness_env(variable);
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, address, strlen(address)),
			 (ssize_t)strlen(address));
	close(fd);
}

int device_old_kernel(void)
{
	return !strcmp(harness_kernel(), "lts");
}

int device_iommu(const char *name)
{
	return !strncmp(harness_env("IOMMUFD_VM_SCENARIO"), name, strlen(name));
}

struct iommufd_iova_range device_msi_window(void)
{
	if (device_iommu("smmuv3"))
		return (struct iommufd_iova_range){ 0x8000000, 0x80fffff };
	return (struct iommufd_iova_range){ 0xfee00000, 0xfeefffff };
}

static off_t config_offset(struct iommufd_vfio *file)
{
	struct iommufd_region_info config = { .size = sizeof(config) };

	OK(iommufd_vfio_get_region_info(file, IOMMUFD_REGION_PCI_CONFIG,
					&config, NULL, NULL));
	return (off_t)config.offset;
}

void device_config_read(struct iommufd_vfio *file, unsigned int offset,
			void *data, size_t length)
{
	ck_assert_int_eq(pread(iommufd_vfio_fd(file), data, length,
			       config_offset(file) + offset),
			 (ssize_t)length);
}

static void set_command(struct iommufd_vfio *file, uint16_t set, uint16_t clear)
{
	uint16_t command;

	device_config_read(file, PCI_COMMAND, &command, sizeof(command));
	command = (uint16_t)((command & ~clear) | set);
	ck_assert_int_eq(pwrite(iommufd_vfio_fd(file), &command,
				sizeof(command),
				config_offset(file) + PCI_COMMAND),
			 sizeof(command));
}

void device_enable(struct iommufd_vfio *file)
{
	set_command(file, PCI_MEMORY_AND_MASTER, 0);
}

void device_disable(struct iommufd_vfio *file)
{
	set_command(file, 0, PCI_MEMORY_AND_MASTER);
}

struct iommufd_ioas *new_ioas(struct iommufd_ctx *ctx)
{
	struct iommufd_ioas *ioas = NULL;

	OK(iommufd_ioas_alloc(ctx, 0, &ioas));
	return ioas;
}

struct iommufd_hwpt *new_hwpt(struct iommufd_device *device,
			      struct iommufd_ioas *ioas)
{
	struct iommufd_hwpt *hwpt = NULL;

	OK(iommufd_hwpt_alloc(device, iommufd_ioas_id(ioas), NULL, &hwpt));
	return hwpt;
}
