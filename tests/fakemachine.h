/* SPDX-License-Identifier: MIT */
/*
 * A machine with one PCI device on vfio-pci, which is an mdev as well, and whose
 * device file is that of /dev/null.
 */
#ifndef TESTS_FAKEMACHINE_H
#define TESTS_FAKEMACHINE_H

#include <iommufd/util/util.h>

#include "faketree.h"

#define DEVICE	"sys/devices/pci0000:00/0000:00:02.0"
#define ADDRESS "0000:00:02.0"
#define UUID	"83b8f4f2-509f-382f-3c1e-e6bfe0fa1001"
#define GROUP	"sys/kernel/iommu_groups/5"

/* Every machine has this character device. */
#define NUMBER makedev(1, 3)

/* Discovery is to look there, and to fill this. */
extern struct iommufd_find_opts fake_opts;
extern struct iommufd_node_info fake_info;

void fake_machine(void);

#endif /* TESTS_FAKEMACHINE_H */
