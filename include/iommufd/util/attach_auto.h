/* SPDX-License-Identifier: MIT */
/**
 * @file attach_auto.h
 * @brief Attaching to a page table that fits, or to a new one.
 */
#ifndef LIBIOMMUFD_UTIL_ATTACH_AUTO_H
#define LIBIOMMUFD_UTIL_ATTACH_AUTO_H

#include <stdint.h>

#include <iommufd/iommufd.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * @defgroup attach_auto Automatic page table
 * @brief The page table for one more device of a virtual machine.
 *
 * Devices that can share a page table should: each one costs memory, and every
 * map and unmap works on all of them. Devices that cannot need one of their
 * own, with the flags that their hardware can do. iommufd_attach_auto() tries
 * those that are there and makes a new one when none fits. Part of
 * libiommufd-util.
 * @{
 */

/**
 * @name Operations of automatic attaching
 * @{
 */
enum {
	/** iommufd_attach_auto(). @since 0.1.0 */
	IOMMUFD_OP_ATTACH_AUTO = IOMMUFD_OP_HELPER + 3
};
/** @} */

/**
 * @brief What to attach to.
 * @since 0.1.0
 */
struct iommufd_attach_auto_opts {
	/** sizeof(struct iommufd_attach_auto_opts). */
	uint32_t size;
	/** `IOMMUFD_HWPT_` flags that a new page table must have. With
	 *  ::IOMMUFD_HWPT_FAULT_ID_VALID goes `fault_id`. */
	uint32_t required_flags;
	/** Flags that it shall have as far as hardware, driver and what is
	 *  mapped allow: ::IOMMUFD_HWPT_NEST_PARENT,
	 *  ::IOMMUFD_HWPT_DIRTY_TRACKING, ::IOMMUFD_HWPT_PASID. Where they
	 *  cannot be had together, an earlier one of this list is kept at the
	 *  cost of later ones. */
	uint32_t wanted_flags;
	/** Number of page tables that are offered. */
	uint32_t num_tables;
	/** Ids of the page tables that are offered, best first. They must be
	 *  ones made by iommufd_hwpt_alloc() of the address space, with the
	 *  flags that are required: the kernel tells neither. */
	const uint32_t *tables;
	/** Id of the page table that is in force, when the device is attached,
	 *  to go back to; 0 when it is not attached. */
	uint32_t old_page_table;
	/** Flags that the old one was made with. */
	uint32_t old_flags;
	/** Id of the fault queue of a new page table, as of
	 *  iommufd_fault_queue_id(); used when
	 *  ::IOMMUFD_HWPT_FAULT_ID_VALID is required. */
	uint32_t fault_id;
	/** 0. */
	uint32_t reserved;
};

/**
 * @brief What a device has been attached to.
 * @since 0.1.0
 */
struct iommufd_attach_auto_info {
	/** Set by the caller: sizeof(struct iommufd_attach_auto_info). */
	uint32_t size;
	/** Id of the page table in force. */
	uint32_t page_table;
	/** Of a new one its flags; 0 for one that was offered, and after a
	 *  failure. */
	uint32_t flags;
	/** Id of a page table that was made in vain and lives on: the scratch
	 *  one of iommufd_replace(), or the new one; else 0. To be destroyed
	 *  with iommufd_ctx_destroy_id() when the device is on another one. */
	uint32_t left_page_table;
	/** Id of the scratch address space of iommufd_replace(), when that
	 *  lives on; else 0. To be destroyed after it. */
	uint32_t left_ioas;
	/** 0. */
	uint32_t reserved;
};

/**
 * @brief Attach a device to the first page table that fits, or to a new one.
 *
 * A page table that was offered fits unless the kernel refuses it as
 * incompatible (::IOMMUFD_CLASS_INCOMPATIBLE) or for what the device cannot use,
 * as a fault queue (::IOMMUFD_CAUSE_ATTACH_UNSUPPORTED). Any other refusal ends
 * the attempt, and so does one from which iommufd_replace() found no way back, or
 * that left behind what cannot be destroyed. A device that is attached already is
 * moved by iommufd_replace().
 *
 * @param device the device
 * @param ioas the address space for a new page table
 * @param opts what is offered and wanted; NULL for a new plain page table
 * @param[out] hwpt the new page table, which iommufd_hwpt_destroy() ends, or
 *             NULL when one that was offered fits; untouched on failure
 * @param[in,out] info `size` must be set; may be NULL. After a failure it tells
 *             what is in force and what lives on when a page table was to be
 *             replaced, or something lives on; else it is untouched.
 * @return 0, or the typed error of the step that failed. What was made is gone
 *         then, but for what @p info tells, and the device is attached as
 *         before, as far as iommufd_replace() can bring that about.
 * @failures
 * - ::IOMMUFD_CAUSE_OTHER_CONTEXT when device and address space are not of one
 * - ::IOMMUFD_CAUSE_NULL_POINTER, ::IOMMUFD_CAUSE_OPTS_SIZE,
 *   ::IOMMUFD_CAUSE_OPTS_TAIL
 * - ::IOMMUFD_CAUSE_OPTS_RESERVED
 * - ::IOMMUFD_CAUSE_BAD_FLAGS when a flag is wanted that is none of the three
 * - as iommufd_device_get_hw_info(), when flags are wanted
 * - as iommufd_device_attach() or iommufd_replace(), of a page table that was
 *   offered when the reason is another than that it does not fit, else of the
 *   new one
 * - as iommufd_hwpt_alloc(): ::IOMMUFD_CAUSE_FEATURE when the flags that are
 *   required cannot be had, ::IOMMUFD_CAUSE_DEVICE_OR_QUEUE when there is no
 *   such fault queue
 * @threads{any, but one attempt at a time for a group}
 * @syscalls{1 ioctl for each page table that is tried, or those of
 *           iommufd_replace() and up to 2 to destroy again what it left; for a new one 1 to ask for the hardware when
 *           flags are wanted, and 1 for each set of flags that is tried}
 * @kernel{6.6}
 * @since 0.1.0
 */
int iommufd_attach_auto(struct iommufd_device *device,
			struct iommufd_ioas *ioas,
			const struct iommufd_attach_auto_opts *opts,
			struct iommufd_hwpt **hwpt,
			struct iommufd_attach_auto_info *info);

/** @} */

#ifdef __cplusplus
}
#endif

#endif /* LIBIOMMUFD_UTIL_ATTACH_AUTO_H */
