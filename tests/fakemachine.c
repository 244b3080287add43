/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <string.h>
#include <sys/sysmacros.h>

#include "fakemachine.h"

struct iommufd_find_opts fake_opts;
struct iommufd_node_info fake_info;

void fake_machine(void)
{
	static char sysfs[256], dev[256];

	fake_new();
	fake_link("sys/bus/pci/devices/" ADDRESS,
		  "../../../devices/pci0000:00/" ADDRESS);
	fake_link("sys/bus/mdev/devices/" UUID,
		  "../../../devices/pci0000:00/" ADDRESS);
	fake_file(DEVICE "/vfio-dev/vfio7/dev", "1:3\n");
	fake_link(DEVICE "/vfio-dev/vfio7/device", "../../../" ADDRESS);
	fake_link(DEVICE "/vfio-dev/vfio7/subsystem",
		  "../../../../../class/vfio-dev");
	fake_link(DEVICE "/driver", "../../../bus/pci/drivers/vfio-pci");
	fake_link(DEVICE "/iommu_group", "../../../kernel/iommu_groups/5");
	fake_link("sys/dev/char/1:3",
		  "../../devices/pci0000:00/" ADDRESS "/vfio-dev/vfio7");
	fake_file(GROUP "/reserved_regions",
		  "0x00000000000a0000 0x00000000000bffff direct\n"
		  "0x00000000fee00000 0x00000000feefffff msi\n"
		  "0x000000fd00000000 0x000000ffffffffff reserved\n"
		  "0x0000010000000000 0x0000010000ffffff direct-relaxable\n"
		  "0x0000020000000000 0x0000020000ffffff unheard-of\n");
	fake_dir("sys/class/vfio-dev");
	fake_node("dev/vfio/devices/vfio7", NUMBER);
	snprintf(sysfs, sizeof(sysfs), "%s", fake_path("sys"));
	snprintf(dev, sizeof(dev), "%s", fake_path("dev"));
	fake_opts = (struct iommufd_find_opts){ .size = sizeof(fake_opts),
						.sysfs = sysfs,
						.dev = dev };
	memset(&fake_info, 0, sizeof(fake_info));
	fake_info.size = sizeof(fake_info);
}
