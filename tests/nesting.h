/* SPDX-License-Identifier: MIT */
/*
 * What tests of nested page tables, vIOMMUs and what is made of them start
 * from: a mock device, and a nest parent on its address space.
 */
#ifndef TESTS_NESTING_H
#define TESTS_NESTING_H

#include "fixture.h"

#define NEST_IOTLB UINT32_C(0xabc)

struct nesting {
	struct fixture f;
	struct iommufd_hwpt *parent;
	struct iommufd_viommu *viommu; /* on the parent; NULL for none */
};

extern struct nesting nest;

/* Options of a nested page table with NEST_IOTLB in its IOTLB. */
extern const struct iommufd_hwpt_alloc_opts nested_opts;

void nesting_setup(void);
/* Everything must be gone then but what `nest` names. */
void nesting_end(void);

/*
 * Make `nest.viommu`: 1 if the kernel has vIOMMUs. If not, that is what it must
 * say; then it is the end of the test.
 */
int nesting_viommu(void);

/* A nested page table on a nest parent or vIOMMU. */
struct iommufd_hwpt *nested_new(uint32_t on);
/* A vDevice of a device in `nest.viommu`. */
struct iommufd_vdevice *vdevice_new(struct iommufd_device *device,
				    uint64_t virt_id);

/* It takes a fault queue and PASIDs, no other flag; the former is left out. */
void check_nested_flags(uint32_t on);

/* All entries of a nested page table's IOTLB, or of a device's cache. */
void check_iotlb(const struct iommufd_hwpt *hwpt, const uint32_t *values);
void check_cache(struct iommufd_device *device, const uint32_t *values);

/* Back to its address space. */
void device_home(void);

/*
 * A page fault of the device goes through a nested page table made on @on to
 * its queue, and the answer goes back. The device is then where it was.
 */
void check_fault_through(uint32_t on);

#endif /* TESTS_NESTING_H */
