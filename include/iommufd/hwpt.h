/* SPDX-License-Identifier: MIT */
/**
 * @file hwpt.h
 * @brief Hardware page tables.
 */
#ifndef LIBIOMMUFD_HWPT_H
#define LIBIOMMUFD_HWPT_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct iommufd_ctx;
struct iommufd_device;

/**
 * @defgroup hwpt Hardware page table
 * @brief A HWPT: what the IOMMU walks.
 *
 * A *paging* page table is made of an address space, holds its mappings from
 * the first moment on, follows all its changes, and narrows its usable IOVAs. A
 * *nested* one belongs to a guest; it is made on a nest parent or a vIOMMU and
 * is never linked to an address space: only its parent is.
 *
 * A device attached straight to an address space gets a page table that the
 * kernel makes and frees by itself. One made here has the flags that are asked
 * for, is there before the device is attached, and can be gone back to: use it
 * for every replacement.
 * @{
 */

/**
 * @struct iommufd_hwpt
 * @brief A hardware page table.
 * @since 0.1.0
 */
struct iommufd_hwpt;

/**
 * @name Flags of page tables
 * They cannot be changed later.
 * @{
 */
enum {
	/** Can be the parent of nested page tables. Linux 6.7. @since 0.1.0 */
	IOMMUFD_HWPT_NEST_PARENT = 1 << 0,
	/** Can record which pages devices write to; devices that cannot are
	 *  refused. Linux 6.7. @since 0.1.0 */
	IOMMUFD_HWPT_DIRTY_TRACKING = 1 << 1,
	/** `fault_id` of the options is valid: page faults of attached devices
	 *  go to that fault queue. Linux 6.11. @since 0.1.0 */
	IOMMUFD_HWPT_FAULT_ID_VALID = 1 << 2,
	/** Can be attached to PASIDs; and to a device while any of its PASIDs
	 *  is attached. Linux 6.15. @since 0.1.0 */
	IOMMUFD_HWPT_PASID = 1 << 3
};
/** @} */

/**
 * @name Types of the data of a page table
 * @{
 */
enum {
	/** No data: a paging page table. @since 0.1.0 */
	IOMMUFD_HWPT_DATA_NONE = 0,
	/** Intel VT-d, stage 1. @since 0.1.0 */
	IOMMUFD_HWPT_DATA_VTD_S1 = 1,
	/** Arm SMMUv3, stream table entry. @since 0.1.0 */
	IOMMUFD_HWPT_DATA_ARM_SMMUV3 = 2,
	/** AMD, guest device table entry. @since 0.1.0 */
	IOMMUFD_HWPT_DATA_AMD_GUEST = 3
};
/** @} */

/**
 * @brief What iommufd_hwpt_alloc() takes beyond the ordinary.
 *
 * `{0}` with `size` set, or no struct at all, is a plain paging page table.
 * @since 0.1.0
 */
struct iommufd_hwpt_alloc_opts {
	/** sizeof(struct iommufd_hwpt_alloc_opts). */
	uint32_t size;
	/** `IOMMUFD_HWPT_` flags. */
	uint32_t flags;
	/** Id of the fault queue, with ::IOMMUFD_HWPT_FAULT_ID_VALID. */
	uint32_t fault_id;
	/** Type of the data: an `IOMMUFD_HWPT_DATA_` value or a newer one. */
	uint32_t data_type;
	/** Bytes of data; 0 with ::IOMMUFD_HWPT_DATA_NONE. */
	uint32_t data_len;
	/** 0. */
	uint32_t reserved;
	/** The data: the kernel's struct of that type. */
	const void *data;
};

/**
 * @brief Make a page table: IOMMU_HWPT_ALLOC.
 *
 * A paging page table takes over all mappings of the address space at once. The
 * reserved windows of a device are not among what it looks at: they enter the
 * address space when the device is attached.
 *
 * @param device a bound device: the page table is made for its IOMMU and can
 *               be used for other devices like it
 * @param parent_id id of an address space for a paging page table; of a nest
 *                  parent or a vIOMMU for a nested one
 * @param opts flags, fault queue, data; NULL for a plain paging page table
 * @param[out] hwpt the new page table, which iommufd_hwpt_destroy() ends;
 *             untouched on failure
 * @return 0 or a typed error; a failure changes nothing
 * @failures
 * - ::IOMMUFD_CAUSE_NULL_POINTER, ::IOMMUFD_CAUSE_OPTS_SIZE,
 *   ::IOMMUFD_CAUSE_OPTS_TAIL, ::IOMMUFD_CAUSE_OPTS_RESERVED
 * - ::IOMMUFD_CAUSE_FEATURE for a flag or type that the kernel, the driver or
 *   the hardware does not have
 * - ::IOMMUFD_CAUSE_PAGE_TABLE_REFUSED when @p parent_id is nothing that can
 *   have a page table, or the data is wrong (the kernel says EINVAL, also for an
 *   id that does not exist)
 * - ::IOMMUFD_CAUSE_NOT_PHYSICAL when the device is gone;
 *   ::IOMMUFD_CAUSE_DEVICE_OR_QUEUE with a fault queue, which may be what is
 *   missing
 * - ::IOMMUFD_CAUSE_OUTSIDE_PAGE_TABLE when a mapping or allowed range lies
 *   outside of what the page table can map, or is not aligned to its pages
 * - ::IOMMUFD_CAUSE_EARLIER_MAPPING, ::IOMMUFD_CAUSE_MEMORY_OR_LIMIT when a
 *   mapping made earlier cannot be pinned now; counted for who mapped it
 * - ::IOMMUFD_CAUSE_BAD_BUFFER, ::IOMMUFD_CAUSE_NO_MEMORY with data: it pins
 *   nothing
 * - ::IOMMUFD_CAUSE_COMMAND before 6.6
 * @threads{any}
 * @syscalls{1 ioctl}
 * @kernel{6.6; flags as noted there; data 6.7}
 * @since 0.1.0
 */
int iommufd_hwpt_alloc(struct iommufd_device *device, uint32_t parent_id,
		       const struct iommufd_hwpt_alloc_opts *opts,
		       struct iommufd_hwpt **hwpt);

/**
 * @brief Make a handle of a page table that exists already.
 *
 * @param ctx the context in which @p id is valid
 * @param id the page table
 * @param flags 0, or ::IOMMUFD_ADOPT_OWNED, ::IOMMUFD_ADOPT_VERIFY. Only
 *              paging page tables can be verified.
 * @param[out] hwpt the new handle; untouched on failure
 * @return 0 or a typed error
 * @failures
 * - ::IOMMUFD_CAUSE_NULL_POINTER, ::IOMMUFD_CAUSE_BAD_FLAGS,
 *   ::IOMMUFD_CAUSE_BAD_ID
 * - ::IOMMUFD_CAUSE_OBJECT with VERIFY, when it is not a paging page table
 * - ::IOMMUFD_CAUSE_COMMAND with VERIFY, before 6.7
 * - ::IOMMUFD_CAUSE_NO_MEMORY
 * @threads{any}
 * @syscalls{1 ioctl to verify, else none}
 * @kernel{6.6; to verify 6.7}
 * @since 0.1.0
 */
int iommufd_hwpt_adopt(struct iommufd_ctx *ctx, uint32_t id, uint32_t flags,
		       struct iommufd_hwpt **hwpt);

/**
 * @brief The id of a page table.
 *
 * @param hwpt the page table, or NULL
 * @return its id; 0 for NULL
 * @failures none
 * @threads{any}
 * @syscalls{none}
 * @since 0.1.0
 */
uint32_t iommufd_hwpt_id(const struct iommufd_hwpt *hwpt);

/**
 * @brief Destroy a page table: IOMMU_DESTROY.
 *
 * @param hwpt the page table, or NULL. Gone after success; valid and unchanged
 *             after a failure.
 * @return 0 or a typed error
 * @failures
 * - ::IOMMUFD_CAUSE_IN_USE while a device is attached to it or a nested page
 *   table or vIOMMU is made on it; under concurrency also when another thread
 *   just works with it
 * - ::IOMMUFD_CAUSE_BORROWED when the handle was adopted without
 *   ::IOMMUFD_ADOPT_OWNED
 * - ::IOMMUFD_CAUSE_OBJECT when somebody else has destroyed it: release the
 *   handle then
 * @threads{any, as the last use of the handle}
 * @syscalls{1 ioctl, and 1 close when it was the last handle of the context}
 * @kernel{6.6}
 * @since 0.1.0
 */
int iommufd_hwpt_destroy(struct iommufd_hwpt *hwpt);

/**
 * @brief Forget the handle; the page table lives on.
 *
 * @param hwpt the page table, or NULL
 * @failures none
 * @threads{any, as the last use of the handle}
 * @syscalls{1 close when it was the last handle of the context, else none}
 * @since 0.1.0
 */
void iommufd_hwpt_release(struct iommufd_hwpt *hwpt);

/** @} */

#ifdef __cplusplus
}
#endif

#endif /* LIBIOMMUFD_HWPT_H */
