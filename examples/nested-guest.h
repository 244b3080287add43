/* SPDX-License-Identifier: MIT */
/* What the parts of nested-guest share. */
#ifndef EXAMPLES_NESTED_GUEST_H
#define EXAMPLES_NESTED_GUEST_H

#include <iommufd/util/util.h>

/* The guest's memory, at guest physical addresses. */
#define GUEST_MEMORY UINT64_C(0x1000000)
#define GUEST_LENGTH UINT64_C(0x10000)

/* The number by which the guest's IOMMU knows the device. */
#define GUEST_DEVICE 0x20

/*
 * The guest's IOMMU is a made-up one. It finds an entry of one word for each
 * device in the guest's memory. On an SMMUv3 it would be a stream table entry,
 * on a VT-d an entry of a PASID table.
 */
enum {
	ENTRY_VALID = 1 << 0, /* else DMA is refused */
	ENTRY_TRANSLATE = 1
			  << 1, /* else DMA goes to guest physical addresses */
	ENTRY_FORMAT = 3 << 2,	/* of the page table: the hardware has but 0 */
};
#define ENTRY_TABLE(entry) ((entry) & ~UINT32_C(0xfff)) /* where it lies */

/* One guest as its VMM sees it. */
struct vmm {
	struct iommufd_ctx *ctx;
	struct iommufd_ioas *ioas; /* the guest's memory */
	void *memory;
	struct iommufd_device *device;
	struct iommufd_hwpt *plain; /* for a guest that uses no IOMMU */
	struct iommufd_nesting *nesting;
	struct iommufd_nested_device *nested;
	/* The events of the vIOMMU, where there is one. */
	struct iommufd_event_reader reader;
	uint64_t records[64];
};

/* --- nested-guest-vmm.c: what a VMM needs; 0 or a typed error ------------- */

/* Open, take the device, give it the guest's memory, end all that. */
int vmm_begin(struct vmm *vmm);
int vmm_end(struct vmm *vmm);

/* The guest switches its IOMMU on, or is reset. */
int vmm_iommu_on(struct vmm *vmm);
int vmm_iommu_off(struct vmm *vmm);

/* The guest wrote the device's entry, or changed an entry of its page table. */
int vmm_entry_written(struct vmm *vmm, uint32_t entry);
int vmm_invalidate(struct vmm *vmm, uint32_t iotlb_entry);

/* When poll(2) reports input of these queues. The number of what there was. */
int vmm_read_events(struct vmm *vmm, uint32_t *count);
int vmm_answer_faults(struct vmm *vmm, uint32_t *count);

/* --- nested-guest-device.c: the hardware, played by the mock driver ------- */

/* Types and data that an SMMUv3 or VT-d has of its own. */
extern const uint32_t device_viommu_type, device_event_type,
	device_event_length, device_table_type, device_invalidation_type;
extern const struct iommufd_nested_table device_abort_table;

int device_open(struct iommufd_ctx *ctx, uint32_t ioas_id,
		struct iommufd_device **device);
int device_makes_fault(struct iommufd_device *device, uint64_t address);
int device_makes_event(struct iommufd_device *device);

/* Whether it has cached this of the guest's page table that it is on. */
int device_has_cached(struct vmm *vmm, uint32_t index, uint32_t value);

/* Whether DMA through this one finds the guest's memory where the guest does. */
int device_finds_memory(struct vmm *vmm, uint32_t page_table);

#endif /* EXAMPLES_NESTED_GUEST_H */
