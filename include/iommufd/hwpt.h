/* SPDX-License-Identifier: MIT */
/**
 * @file hwpt.h
 * @brief Hardware page tables.
 */
#ifndef LIBIOMMUFD_HWPT_H
#define LIBIOMMUFD_HWPT_H

#include <stdint.h>

#include <iommufd/ctx.h>

#ifdef __cplusplus
extern "C" {
#endif

struct iommufd_device;
struct iommufd_viommu;

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
 * @name Types of invalidation entries
 * @{
 */
enum {
	/** Intel VT-d, stage 1, on a nested page table. @since 0.1.0 */
	IOMMUFD_INVALIDATE_VTD_S1 = 0,
	/** Arm SMMUv3 commands, on a vIOMMU. @since 0.1.0 */
	IOMMUFD_INVALIDATE_ARM_SMMUV3 = 1
};
/** @} */

/**
 * @name Flags of a stage 1 page table of Intel VT-d
 * @{
 */
enum {
	/** Supervisor requests are allowed. @since 0.1.0 */
	IOMMUFD_VTD_S1_SRE = 1 << 0,
	/** The extended access flag is used. @since 0.1.0 */
	IOMMUFD_VTD_S1_EAFE = 1 << 1,
	/** Write protection holds for supervisor requests. @since 0.1.0 */
	IOMMUFD_VTD_S1_WPE = 1 << 2
};
/** @} */

/**
 * @name Flags of an invalidation of Intel VT-d
 * @{
 */
enum {
	/** Only entries that map pages have changed, none that points to a
	 *  table. @since 0.1.0 */
	IOMMUFD_VTD_INVALIDATE_LEAF = 1 << 0
};
/** @} */

/**
 * @name Flags of dirty tracking
 * @{
 */
enum {
	/** Record from now on; without it recording stops. @since 0.1.0 */
	IOMMUFD_DIRTY_TRACKING_ENABLE = 1 << 0,
	/** Of a query: leave the record as it is, which is cheaper before the
	 *  memory is unmapped. @since 0.1.0 */
	IOMMUFD_DIRTY_NO_CLEAR = 1 << 0
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
 *   id that does not exist); or when a file mapped into the address space is too
 *   short or no memory file
 * - ::IOMMUFD_CAUSE_NOT_PHYSICAL when the device is gone;
 *   ::IOMMUFD_CAUSE_DEVICE_OR_QUEUE with a fault queue, which may be what is
 *   missing
 * - ::IOMMUFD_CAUSE_OUTSIDE_PAGE_TABLE when a mapping or allowed range lies
 *   outside of what the page table can map, or is not aligned to its pages
 * - ::IOMMUFD_CAUSE_EARLIER_MAPPING, ::IOMMUFD_CAUSE_MEMORY_OR_LIMIT when a
 *   mapping made earlier cannot be pinned now; counted for who mapped it
 * - ::IOMMUFD_CAUSE_BAD_BUFFER, ::IOMMUFD_CAUSE_NO_MEMORY with data: it pins
 *   nothing
 * - ::IOMMUFD_CAUSE_PAGE_TABLE_DATA for data of an SMMUv3 that it does not take
 * - ::IOMMUFD_CAUSE_NEWER_STRUCT with data before 6.7, with a fault queue's id
 *   before 6.11
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
 * @brief A guest's stage 1 page table of Intel VT-d.
 * @since 0.1.0
 */
struct iommufd_hwpt_alloc_vtd_s1_opts {
	/** sizeof(struct iommufd_hwpt_alloc_vtd_s1_opts). */
	uint32_t size;
	/** ::IOMMUFD_HWPT_FAULT_ID_VALID, ::IOMMUFD_HWPT_PASID, or 0. */
	uint32_t flags;
	/** Id of the fault queue, with ::IOMMUFD_HWPT_FAULT_ID_VALID. */
	uint32_t fault_id;
	/** Width of addresses: 48, or 57 where the hardware has five levels. */
	uint32_t addr_width;
	/** `IOMMUFD_VTD_S1_` flags. The kernel does not look for others. */
	uint64_t vtd_flags;
	/** Guest physical address of the table. */
	uint64_t pgtbl_addr;
};

/**
 * @brief A guest's stream table entry of Arm SMMUv3.
 * @since 0.1.0
 */
struct iommufd_hwpt_alloc_arm_smmuv3_opts {
	/** sizeof(struct iommufd_hwpt_alloc_arm_smmuv3_opts). */
	uint32_t size;
	/** ::IOMMUFD_HWPT_FAULT_ID_VALID or 0. */
	uint32_t flags;
	/** Id of the fault queue, with ::IOMMUFD_HWPT_FAULT_ID_VALID. */
	uint32_t fault_id;
	/** 0. */
	uint32_t reserved;
	/** The entry's first two words as they are in the guest's memory:
	 *  little-endian. V = 0 means abort. */
	uint64_t ste[2];
};

/**
 * @brief A guest's device table entry of an AMD IOMMU.
 * @since 0.1.0
 */
struct iommufd_hwpt_alloc_amd_guest_opts {
	/** sizeof(struct iommufd_hwpt_alloc_amd_guest_opts). */
	uint32_t size;
	/** ::IOMMUFD_HWPT_FAULT_ID_VALID, ::IOMMUFD_HWPT_PASID, or 0. */
	uint32_t flags;
	/** Id of the fault queue, with ::IOMMUFD_HWPT_FAULT_ID_VALID. */
	uint32_t fault_id;
	/** 0. */
	uint32_t reserved;
	/** The entry as it is in the guest's memory: little-endian. */
	uint64_t dte[4];
};

/**
 * @brief Make a nested page table of Intel VT-d: IOMMU_HWPT_ALLOC.
 *
 * Width and flags are compared with the hardware when a device is attached, not
 * here. Proven by its layout alone: no test machine has this hardware.
 *
 * @param device a bound device behind the same kind of IOMMU
 * @param parent a page table made with ::IOMMUFD_HWPT_NEST_PARENT
 * @param vtd the guest's table
 * @param[out] hwpt the new page table, which iommufd_hwpt_destroy() ends;
 *             untouched on failure
 * @return 0 or a typed error; a failure changes nothing
 * @failures as iommufd_hwpt_alloc(), and
 * - ::IOMMUFD_CAUSE_OTHER_CONTEXT
 * @threads{any}
 * @syscalls{1 ioctl}
 * @kernel{6.7}
 * @since 0.1.0
 */
int iommufd_hwpt_alloc_vtd_s1(struct iommufd_device *device,
			      const struct iommufd_hwpt *parent,
			      const struct iommufd_hwpt_alloc_vtd_s1_opts *vtd,
			      struct iommufd_hwpt **hwpt);

/**
 * @brief Make a nested page table of Arm SMMUv3: IOMMU_HWPT_ALLOC.
 *
 * Before a device is attached to one that translates, it needs a vDevice.
 *
 * @param device a bound device behind the same SMMU as the vIOMMU
 * @param viommu the vIOMMU
 * @param smmu the guest's entry
 * @param[out] hwpt the new page table, which iommufd_hwpt_destroy() ends;
 *             untouched on failure
 * @return 0 or a typed error; a failure changes nothing
 * @failures as iommufd_hwpt_alloc(), and
 * - ::IOMMUFD_CAUSE_PAGE_TABLE_DATA for a field that a guest may not set (EIO)
 * - ::IOMMUFD_CAUSE_OTHER_CONTEXT
 * @threads{any}
 * @syscalls{1 ioctl}
 * @kernel{6.13}
 * @since 0.1.0
 */
int iommufd_hwpt_alloc_arm_smmuv3(
	struct iommufd_device *device, const struct iommufd_viommu *viommu,
	const struct iommufd_hwpt_alloc_arm_smmuv3_opts *smmu,
	struct iommufd_hwpt **hwpt);

/**
 * @brief Make a nested page table of an AMD IOMMU: IOMMU_HWPT_ALLOC.
 *
 * No kernel up to 7.3 accepts one: ::IOMMUFD_CAUSE_FEATURE. Proven by its
 * layout alone.
 *
 * @param device a bound device behind the same IOMMU as the vIOMMU
 * @param viommu the vIOMMU
 * @param amd the guest's entry
 * @param[out] hwpt the new page table, which iommufd_hwpt_destroy() ends;
 *             untouched on failure
 * @return 0 or a typed error; a failure changes nothing
 * @failures as iommufd_hwpt_alloc(), and
 * - ::IOMMUFD_CAUSE_OTHER_CONTEXT
 * @threads{any}
 * @syscalls{1 ioctl}
 * @kernel{7.0 has the type, none up to 7.3 accepts it}
 * @since 0.1.0
 */
int iommufd_hwpt_alloc_amd_guest(
	struct iommufd_device *device, const struct iommufd_viommu *viommu,
	const struct iommufd_hwpt_alloc_amd_guest_opts *amd,
	struct iommufd_hwpt **hwpt);

/**
 * @brief One invalidation of a stage 1 page table of Intel VT-d.
 *
 * The kernel's own layout, so that an array goes to it as it is.
 * @since 0.1.0
 */
struct iommufd_vtd_s1_invalidation {
	/** First address, 4 KiB aligned; 0 with `npages` UINT64_MAX means all
	 *  that is cached of this page table. */
	uint64_t addr;
	/** Number of 4 KiB pages. */
	uint64_t npages;
	/** ::IOMMUFD_VTD_INVALIDATE_LEAF or 0. */
	uint32_t flags;
	/** 0. */
	uint32_t reserved;
};

/**
 * @brief Invalidate what is cached of a nested page table:
 *        IOMMU_HWPT_INVALIDATE.
 *
 * Entries are handled in order up to the first that is refused.
 *
 * @param hwpt a nested page table
 * @param type an `IOMMUFD_INVALIDATE_` value, or a newer one
 * @param entries array of the kernel's struct of that type
 * @param entry_length size of one entry in bytes
 * @param[in,out] count number of entries; receives how many were handled, after
 *                failures too: the next one is the one that was refused. 0
 *                entries ask whether the type is known.
 * @return 0 or a typed error
 * @failures
 * - ::IOMMUFD_CAUSE_NULL_POINTER
 * - ::IOMMUFD_CAUSE_INVALIDATION_REFUSED for EINVAL: the page table is not a
 *   nested one, the driver does not know the type or length, there are more
 *   than 2^19 entries, or the entry is wrong
 * - ::IOMMUFD_CAUSE_INVALIDATION_ENTRY for EIO: the hardware does not take the
 *   entry
 * - ::IOMMUFD_CAUSE_NEWER_STRUCT for an entry that is longer than the driver's
 *   and has something there
 * - ::IOMMUFD_CAUSE_FEATURE when the driver has no invalidation, or for a flag
 * - ::IOMMUFD_CAUSE_OBJECT when the page table is gone; before 6.13 also when
 *   it is not a nested one
 * - ::IOMMUFD_CAUSE_BAD_BUFFER, ::IOMMUFD_CAUSE_NO_MEMORY
 * - ::IOMMUFD_CAUSE_COMMAND before 6.8
 * @threads{any}
 * @syscalls{1 ioctl}
 * @kernel{6.8}
 * @since 0.1.0
 */
int iommufd_hwpt_invalidate(struct iommufd_hwpt *hwpt, uint32_t type,
			    const void *entries, uint32_t entry_length,
			    uint32_t *count);

/**
 * @brief Invalidate what is cached of a stage 1 page table of Intel VT-d:
 *        IOMMU_HWPT_INVALIDATE.
 *
 * The device's own cache is invalidated too. Proven by its layout alone.
 *
 * @param hwpt a nested page table of VT-d
 * @param entries the invalidations
 * @param[in,out] count number of entries; receives how many were handled, after
 *                failures too. The number is exact.
 * @return 0 or a typed error
 * @failures as iommufd_hwpt_invalidate()
 * @threads{any}
 * @syscalls{1 ioctl}
 * @kernel{6.8}
 * @since 0.1.0
 */
int iommufd_hwpt_invalidate_vtd_s1(
	struct iommufd_hwpt *hwpt,
	const struct iommufd_vtd_s1_invalidation *entries, uint32_t *count);

/**
 * @brief Start or stop recording which pages are written:
 *        IOMMU_HWPT_SET_DIRTY_TRACKING.
 *
 * Starting clears the record first. Repeating the state in force is no failure.
 *
 * @param hwpt a page table made with ::IOMMUFD_HWPT_DIRTY_TRACKING
 * @param flags ::IOMMUFD_DIRTY_TRACKING_ENABLE or 0
 * @return 0 or a typed error
 * @failures
 * - ::IOMMUFD_CAUSE_NULL_POINTER
 * - ::IOMMUFD_CAUSE_FEATURE for a page table made without the flag
 * - ::IOMMUFD_CAUSE_OBJECT when it is gone or a nested one
 * - ::IOMMUFD_CAUSE_COMMAND before 6.7
 * @threads{any}
 * @syscalls{1 ioctl}
 * @kernel{6.7}
 * @since 0.1.0
 */
int iommufd_hwpt_set_dirty_tracking(struct iommufd_hwpt *hwpt, uint32_t flags);

/**
 * @brief Which pages to report, and where.
 * @since 0.1.0
 */
struct iommufd_hwpt_get_dirty_bitmap_opts {
	/** sizeof(struct iommufd_hwpt_get_dirty_bitmap_opts). */
	uint32_t size;
	/** ::IOMMUFD_DIRTY_NO_CLEAR or 0. */
	uint32_t flags;
	/** First address: bit 0 stands for it. */
	uint64_t iova;
	/** Bytes, all of them mapped. */
	uint64_t length;
	/** Bytes per bit, a power of two. */
	uint64_t page_size;
	/** Room of the bitmap in bytes. */
	uint64_t bitmap_length;
};

/**
 * @brief Report which pages have been written: IOMMU_HWPT_GET_DIRTY_BITMAP.
 *
 * Bit i stands for the page at `iova + i * page_size`. The kernel sets bits and
 * clears none: zero the bitmap first, or let several queries add up in it. A
 * page is as large as the IOMMU maps it; with huge pages all bits of one are
 * set together, see iommufd_ioas_huge_pages_set().
 *
 * The kernel reports success where it should not: it stops at the first hole of
 * the range and leaves out what comes after it, and bits for a bitmap that it
 * cannot write are lost. Ask only for what is mapped, with a bitmap that is
 * writable.
 *
 * @param hwpt a page table made with ::IOMMUFD_HWPT_DIRTY_TRACKING
 * @param opts what to report
 * @param[in,out] bitmap one bit per page, the lowest bit of the first word
 *                first; `length / page_size` bits, rounded up to whole words
 * @return 0 or a typed error
 * @failures
 * - ::IOMMUFD_CAUSE_NULL_POINTER, ::IOMMUFD_CAUSE_OPTS_SIZE,
 *   ::IOMMUFD_CAUSE_OPTS_TAIL
 * - ::IOMMUFD_CAUSE_BAD_VALUE when `page_size` is no power of two, which the
 *   kernel does not notice
 * - ::IOMMUFD_CAUSE_ARRAY_SHORT when `bitmap_length` is too small; `arg` of the
 *   failure's record has the bytes that are needed
 * - ::IOMMUFD_CAUSE_DIRTY_RANGE for EINVAL: the range is empty, or not aligned
 *   to `page_size` and the address space
 * - ::IOMMUFD_CAUSE_OVERFLOW, ::IOMMUFD_CAUSE_NO_MEMORY
 * - ::IOMMUFD_CAUSE_FEATURE for a page table made without the flag
 * - ::IOMMUFD_CAUSE_OBJECT when it is gone or a nested one
 * - ::IOMMUFD_CAUSE_COMMAND before 6.7
 * @threads{any}
 * @syscalls{1 ioctl}
 * @kernel{6.7}
 * @since 0.1.0
 */
int iommufd_hwpt_get_dirty_bitmap(
	struct iommufd_hwpt *hwpt,
	const struct iommufd_hwpt_get_dirty_bitmap_opts *opts,
	uint64_t *bitmap);

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
 * @brief The context that a page table is in.
 *
 * @param hwpt the page table, or NULL
 * @return the context, valid as long as the page table is, without a reference of
 *         its own: not to be closed; NULL for NULL
 * @failures none
 * @threads{any}
 * @syscalls{none}
 * @since 0.1.0
 */
struct iommufd_ctx *iommufd_hwpt_ctx(const struct iommufd_hwpt *hwpt);

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
