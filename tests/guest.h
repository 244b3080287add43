/* SPDX-License-Identifier: MIT */
/*
 * A guest's IOMMU on the mock driver: its device, the address space that is its
 * memory, and the page table that the device is on before and after.
 */
#ifndef TESTS_GUEST_H
#define TESTS_GUEST_H

#include <iommufd/util/util.h>

#include "fixture.h"

#define GUEST_VIRT_ID 0x1234 /* the device, as the guest knows it */
#define GUEST_ABORT   0xab0  /* IOTLB of the table for abort */

struct guest {
	struct fixture f; /* its device is on `home` */
	struct iommufd_hwpt *home;
	struct iommufd_nesting *nesting;
	struct iommufd_nested_device *nested;
};

/* A table whose IOTLB has this value; good until the test ends. */
const struct iommufd_nested_table *guest_table(uint32_t iotlb);

/* A vIOMMU of the mock driver where the kernel has them, else none. */
uint32_t guest_best_type(void);

/* How to make one with this type of vIOMMU. */
struct iommufd_nesting_opts guest_opts(uint32_t viommu_type, uint32_t flags);
struct iommufd_nested_device_opts guest_device_opts(const struct guest *g);

/* All but the nesting; with it; and with the device in it. */
void guest_prepare(struct guest *g);
void guest_begin(struct guest *g, const struct iommufd_nesting_opts *opts);
void guest_add_device(struct guest *g, uint32_t flags);

/* The device's DMA goes through a table whose IOTLB has this value. */
int guest_translate(struct guest *g, uint32_t iotlb);

/* The device goes home, so that it can be taken out. */
void guest_go_home(struct guest *g);

/* It goes home, and nothing is left. */
void guest_end(struct guest *g);

/* The state, and that the device is on a table with this IOTLB. */
void guest_check(const struct guest *g, uint32_t state, uint32_t iotlb);

/* The device is on this page table. */
void guest_check_on(const struct guest *g, uint32_t page_table);

#endif /* TESTS_GUEST_H */
