/* SPDX-License-Identifier: MIT */
/* What the files of nested translation share. */
#ifndef LIBIOMMUFD_UTIL_NESTING_PRIVATE_H
#define LIBIOMMUFD_UTIL_NESTING_PRIVATE_H

#include "internal.h"

/* Word 0 of stream table entries of an SMMUv3 that refuse or bypass: V, Cfg. */
#define SMMUV3_STE_ABORT  (1u << 0)
#define SMMUV3_STE_BYPASS (1u << 0 | 4u << 1)

/* Of an entry of a VT-d's PASID table, what a guest can have: PGTT. */
enum { VTD_PGTT_FIRST_STAGE = 1, VTD_PGTT_PASS_THROUGH = 4 };
#define SCRATCH_MAX 8

/* A page table of a guest: in force, or waiting to be destroyed. */
struct guest_table {
	struct guest_table *next;
	struct iommufd_hwpt *hwpt;
};

/* What the device itself, or one of its PASIDs, is attached to. */
struct attachment {
	struct attachment *next;
	uint32_t pasid; /* 0 for the device itself */
	uint32_t state;
	uint32_t page_table;	   /* id, 0 when it is detached */
	uint32_t flags;		   /* that the page table was made with */
	struct guest_table *table; /* ours to end, or NULL */
	/* Of a VT-d: the guest's domain, where it is known. */
	uint32_t domain;
	int has_domain;
	/* The last refusal has not been undone: the books may lie. */
	int broken;
};

struct iommufd_nested_device {
	struct iommufd_nested_device *next;
	struct iommufd_nesting *nesting;
	struct iommufd_device *device;
	struct iommufd_vdevice *vdevice; /* NULL while it has no virt_id */
	uint64_t virt_id;
	struct iommufd_hwpt *abort, *bypass;
	struct attachment self; /* and after it the PASIDs */
	/* Out of force, and yet to be destroyed. */
	struct guest_table *old;
	/*
	 * Ids of what a way back left, tables before their address spaces, or
	 * 0. More than fit live on.
	 */
	uint32_t scratch[SCRATCH_MAX];
	/* Flags of a guest's page tables. */
	uint32_t table_flags;
	struct iommufd_device_pasid_opts pasid_opts;
};

/* NESTING_OTHER is what the caller alone knows. */
enum nesting_kind { NESTING_OTHER, NESTING_SMMUV3, NESTING_VTD };

struct iommufd_nesting {
	enum nesting_kind kind;
	int repeat; /* SMMUv3: invalidations are to be given twice */
	uint32_t parent_flags;
	struct iommufd_hwpt *parent;
	struct iommufd_viommu *viommu;
	struct iommufd_veventq *events;
	struct iommufd_fault_queue *faults;
	struct iommufd_nested_device *devices;
};

/* nesting.c */
int iommufd__nesting_refused(uint32_t cause);
/* The object is gone: nothing is left to be destroyed, only the handle. */
int iommufd__nesting_gone(int ret);
/* Of a page table that is ended the place is empty. */
int iommufd__nesting_end_hwpt(struct iommufd_hwpt **hwpt);
/* The kind of hardware does not have this. */
int iommufd__nesting_unsuited(void);
/* Words of the guest's memory, which it may change at any time: read once. */
void iommufd__nesting_fetch(uint64_t *own, const uint64_t *words,
			    uint32_t count);

/*
 * nested_switch.c: changes of what is in force. A state that was set stays when
 * it fails. translate() and its kin take over @table, whatever comes of it.
 */
int iommufd__nested_abort(struct iommufd_nested_device *nested,
			  struct attachment *a);
int iommufd__nested_bypass(struct iommufd_nested_device *nested,
			   struct attachment *a);
int iommufd__nested_translate(struct iommufd_nested_device *nested,
			      struct attachment *a, struct guest_table *table);
int iommufd__nested_detach(struct iommufd_nested_device *nested,
			   struct attachment *a);
void iommufd__nested_discard(struct iommufd_nested_device *nested,
			     struct guest_table *table);
int iommufd__nested_bury(struct iommufd_nested_device *nested);

/*
 * nested_pasid.c: PASID 0 is the device itself. take() takes over @table too;
 * @domain is the guest's, or NULL where there is none.
 */
int iommufd__nested_take(struct iommufd_nested_device *nested, uint32_t pasid,
			 struct guest_table *table, const uint32_t *domain);
int iommufd__nested_end_pasids(struct iommufd_nested_device *nested);

/* nested_group.c: 1 when another device has the same page table. */
int iommufd__nesting_shares_group(struct iommufd_device *device);

/* nested_virt_id.c: the vDevice, which gives the device its id. */
int iommufd__nested_name(struct iommufd_nested_device *nested,
			 uint64_t virt_id);
int iommufd__nested_unname(struct iommufd_nested_device *nested);
struct iommufd_nested_device *iommufd__nested_by_virt_id(
	const struct iommufd_nesting *nesting, uint64_t virt_id);

/* nested_device.c: the handles alone, where the kernel's objects live on. */
void iommufd__nested_forget(struct iommufd_nested_device *nested);
/* Page tables have the flags and the fault queue of these. */
uint32_t iommufd__nested_fault_id(const struct iommufd_nested_device *nested);
int iommufd__nested_make_table(const struct iommufd_nested_device *nested,
			       const struct iommufd_nested_table *data,
			       struct iommufd_hwpt **hwpt);

#endif /* LIBIOMMUFD_UTIL_NESTING_PRIVATE_H */
